"""One suite per port. Each runs on the simulator's double and on the real adapter, so that neither can drift."""
