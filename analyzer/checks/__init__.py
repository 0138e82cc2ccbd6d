"""The sanity check: what is wrong or wasteful with a network that loads, where and why, and what to write instead.

One module a check. Its docstring is its page in docs/checks: a title, why it matters, an example that fires, what to write
instead, the source. `run` asks them all.
"""
