"""The doors to the world. Each adapter implements one port, translates errors and decides nothing."""
