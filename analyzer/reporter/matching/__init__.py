"""A module held against a network, drawn for people."""
