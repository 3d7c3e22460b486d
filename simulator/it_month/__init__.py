"""How much IT hears in a month: a fleet with its usual troubles, told to a real central's alarm watch."""
