"""Builds the Debian package of the dock station: `python -m debian.build`. Nothing that ships imports it."""
