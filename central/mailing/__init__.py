"""Hands mail over to the server that [mail] names."""
