"""What a command raises when it does not do what was asked."""


class CommandRefused(Exception):
    """Nothing (more) was changed; the message says why and what to do. The exit status is 1."""
