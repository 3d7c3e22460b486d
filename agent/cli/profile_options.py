"""What `dock-agent profile` understands."""

from __future__ import annotations

import argparse
from pathlib import Path
from textwrap import dedent

_TEST = """\
Tells what a camera profile makes of a card: which profile fits and why the others do not, who the camera is, each
file's role, the videos that a sidecar belongs to, when each video was recorded and which source said so, what may be
erased once it is receipted and what never. Nothing on the card is changed, and nothing is sent.

DIR is a mounted card, or a folder with a copy of one. For a mounted card the facts of USB and of its file system are
asked of udev; for a folder they are not known, and can be given with --fact.
"""
_TEST_MORE = """\
examples:
  dock-agent profile test /media/card
  dock-agent profile test /media/card --config /etc/dock-agent/agent.toml
  dock-agent profile test copy/ --as usb --fact usb_vendor_id=0603 --fact usb_model_id=8611
  dock-agent profile test copy/ --profile ./acme-x1.toml

facts:
  usb_vendor_id usb_model_id usb_vendor usb_model usb_serial fs_label fs_type fs_uuid folder_name bay

A file's fate is after_receipt, or why it stays: profile_keeps_kind (no rule of the profile lets it go),
profile_erase_off (IT has not switched it on), identity_not_unique (another camera might bear this name).

exit codes:
  0  a profile fits, and there is nothing to warn of
  1  there are warnings
  2  refused: no such folder, a profile that is wrong, wrong usage

How to write a profile: docs/profiles.md
"""
_LIST = """\
Every profile that this station would use, with its file, what is wrong with others, and whether erasing is on.
A site's own profile (in [paths] profiles) takes the place of a shipped one of its name.
"""


def add_options(command: argparse.ArgumentParser) -> None:
    """`test` and `list`, each with its help."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    test = _action(actions, "test", "what a profile makes of a card", _TEST, _TEST_MORE)
    test.add_argument("directory", metavar="DIR", type=Path, help="a mounted card, or a folder with a copy of one")
    test.add_argument(
        "--profile", metavar="NAME", help="this profile instead of the one that fits; or a file that ends in .toml"
    )
    test.add_argument(
        "--as",
        dest="source",
        choices=("usb", "folder"),
        help="which kind of source shows it (default: usb for a mounted card; for a folder, whichever fits better)",
    )
    test.add_argument(
        "--fact",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        type=_fact,
        help="something that USB or the file system would tell; may be given several times",
    )
    _action(actions, "list", "every profile of this station, and where it comes from", _LIST, "")


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, short: str, text: str, more: str
) -> argparse.ArgumentParser:
    action = actions.add_parser(
        name,
        help=short,
        description=dedent(text),
        epilog=more or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    action.add_argument("--json", action="store_true", help="one JSON object, for machines")
    action.add_argument(
        "--config", type=Path, metavar="FILE", help="the station's agent.toml: its own profiles and erase switches"
    )
    return action


def _fact(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE, such as fs_label=BWC")
    return key, value
