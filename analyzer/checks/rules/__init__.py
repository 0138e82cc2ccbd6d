"""The checks: one module each, whose docstring is its page."""
