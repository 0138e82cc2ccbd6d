"""The propagation engine: a network whose layers are placed one by one, and the passes over it."""
