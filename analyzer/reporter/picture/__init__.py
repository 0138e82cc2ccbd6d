"""Pictures of a network: its boxes and edges (`scene`), where they are drawn, and one module for each format."""
