"""Dispatches and self-initiated activity, each compared with the recordings of its officer."""
