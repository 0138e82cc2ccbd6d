"""The checks: what is wrong or wasteful with a network that can be built.

One module in `rules/` is one check. Its docstring is its page in docs/checks: a title, why it matters, an example that
fires, what to write instead, and the source.
"""
