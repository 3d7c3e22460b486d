"""What travels between a station and central: message types, the event chain, the table of calls.

Both sides import this room; it imports neither. Unknown fields are accepted everywhere (stations are
updated one by one) and every answer names the protocol version.
"""

PROTOCOL_VERSION = 1

VERSION_HEADER = "Dock-Protocol"
"""Header of every answer of central: the protocol version as a decimal number."""
