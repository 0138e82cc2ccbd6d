"""The text of modules and functions that PyTorch does not have: a file has those that it uses."""
