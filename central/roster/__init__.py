"""Who works which shift with which camera."""
