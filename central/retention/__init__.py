"""How long footage is kept, what keeps it longer, and the one way in which a person deletes it."""
