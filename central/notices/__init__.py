"""What people are told about cameras that have not docked, when, and by which mail."""
