"""What each layer type becomes in Keras."""
