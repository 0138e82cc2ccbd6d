"""A network as Keras code."""
