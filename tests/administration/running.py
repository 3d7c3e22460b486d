"""Runs a command of dock-central in this process, as its own main would once Django is set up."""

from __future__ import annotations

from importlib import import_module

from central.cli import build_parser


def run(*words: str) -> int:
    """Raises CommandRefused as the command does; SystemExit for wrong usage."""
    options = build_parser().parse_args([*words, "--data", "/nowhere"])
    module, _, name = options.run.rpartition(".")
    return getattr(import_module(module), name)(options) or 0
