"""Writers: a placed network as a file."""
