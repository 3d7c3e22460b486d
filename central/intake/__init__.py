"""The doors for stations: parse, one transaction, answer."""
