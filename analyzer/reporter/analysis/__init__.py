"""The report of an analysis, one module a format."""
