"""The layers and functions that Keras does not have, as the text that a file of code has where it needs them."""
