"""The JSON Schema of model files, made from the layer types and the grammar."""
