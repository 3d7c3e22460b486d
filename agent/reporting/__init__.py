"""What the station tells central and asks of it."""
