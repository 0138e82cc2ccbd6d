"""What a file is that is not a model: other formats, told by their content and then by their ending."""
