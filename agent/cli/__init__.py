"""`dock-agent`: arguments, printing, exit codes. No decisions."""

from agent.cli.arguments import main

__all__ = ["main"]
