"""A file as text: read, limited, and made a tree with places."""
