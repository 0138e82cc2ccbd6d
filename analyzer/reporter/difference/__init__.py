"""The report of `analyzer diff`."""
