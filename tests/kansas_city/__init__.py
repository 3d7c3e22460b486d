"""Kansas City, simulated: central finds what was planted."""
