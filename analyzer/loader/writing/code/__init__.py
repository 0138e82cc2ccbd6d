"""What the writers of Python code share."""
