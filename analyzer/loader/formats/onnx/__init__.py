"""ONNX, read by our own code: the graph without the weights, in milliseconds and without a library."""
