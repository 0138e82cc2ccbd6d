"""Watching a Keras model: its layers and variables, how it is called without data, and putting it back."""
