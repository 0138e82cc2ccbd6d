"""What each layer type becomes: one module a family, as in the catalogue."""
