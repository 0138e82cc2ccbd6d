"""The findings of `analyzer check`, one module a format."""
