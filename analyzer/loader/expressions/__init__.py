"""Expressions: `$(width * 2)` compiled once and evaluated with the variables in scope."""
