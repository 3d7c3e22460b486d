"""The dock-station daemon: takes footage off docked cameras, proves it arrived, and only then erases the card."""

__version__ = "0.1.0"
