"""Puts this folder on the path of the tests below it: they share `building`."""

import analyzer.api  # noqa: F401  (gives records their `to_dict`, whatever a test imports itself)
