"""Training on many devices: the memory of one rank, by strategy, from the same step on one device."""
