"""The parser: a tree to a description, with every structural mistake."""
