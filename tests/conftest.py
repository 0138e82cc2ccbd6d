"""Puts this folder on the path of the tests below it: they share `building`."""

import gc

import analyzer.api  # noqa: F401  (gives records their `to_dict`, whatever a test imports itself)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: walking them at each collection would take an eighth of the time."""
    gc.collect()
    gc.freeze()
