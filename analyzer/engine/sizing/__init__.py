"""Which sizes of its input a network accepts, by trying them: `analyzer sizes`."""
