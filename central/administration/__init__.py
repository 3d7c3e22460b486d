"""Stations, people and the state of central itself, by command."""
