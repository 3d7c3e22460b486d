"""What IT is told, and that it is told once."""
