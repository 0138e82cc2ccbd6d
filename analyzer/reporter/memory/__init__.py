"""The report of `analyzer memory`."""
