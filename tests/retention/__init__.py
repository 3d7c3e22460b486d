"""How long footage is kept, what keeps it longer, and its deliberate deletion."""
