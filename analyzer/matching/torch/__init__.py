"""Watching a torch module: what it owns, how it is called without data, what it uses, and putting it back."""
