"""The folded model: blocks, repetitions and structures that a person would have written."""
