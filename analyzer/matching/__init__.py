"""A live torch or Keras module held against a network: what the module has, and which layer of the file that is."""
