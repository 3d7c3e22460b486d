"""The agent as a service: systemd, checkers, reloads, stops."""
