"""The JSON report as a contract: its keys, its schemas, and how far a saved one is trusted."""
