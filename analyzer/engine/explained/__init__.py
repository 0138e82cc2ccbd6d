"""The arithmetic of layers as data: formulas with letters and numbers, traced through the answers of the layers."""
