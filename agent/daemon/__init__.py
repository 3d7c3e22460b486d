"""The only place that wires: builds every adapter from the configuration, runs the loops, stops cleanly."""
