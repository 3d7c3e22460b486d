"""Kansas City, simulated: 800 cameras for two months, a planted truth, and what central says of it."""
