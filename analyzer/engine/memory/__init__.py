"""The memory model: what a network holds while it runs and trains, and what a device makes of it."""
