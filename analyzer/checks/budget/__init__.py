"""Budgets: what a file or a command line limits, and what would bring a network within it."""
