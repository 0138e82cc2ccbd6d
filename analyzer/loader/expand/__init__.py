"""The expansion: a description to a placed network."""
