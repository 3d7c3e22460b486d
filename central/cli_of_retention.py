"""The commands about keeping and deleting footage: `retention`, `hold`, `links`."""

from __future__ import annotations

import argparse
from pathlib import Path

from central.cli_words import command, group, with_format

COMMANDS = "central.retention.commands"
LISTS = ("conflict", "expiring_unclassified", "arrived_late", "unclassified", "came_back", "in_bin")


def add_retention(commands: argparse._SubParsersAction) -> None:
    retention = group(commands, "retention", "How long footage is kept, and its deliberate deletion.")
    plan = command(
        retention,
        "plan",
        f"{COMMANDS}.plan",
        "Say of every file whether a person may delete it, and else why not. Deletes nothing.",
        "example:\n  dock-central retention plan --data /var/lib/dock-central > plan.csv",
    )
    with_format(plan)
    lists = command(
        retention,
        "list",
        f"{COMMANDS}.tell_lists",
        "List what somebody should look at, and who answers for it.",
        "conflict: in the lowest category with a citation, arrest or report (M15). expiring_unclassified: nobody\n"
        "said what it is, and the lowest minimum is nearly over. arrived_late: unclassified, and docked late (M16).\n"
        "unclassified: for longer than [retention] categorise_within (M14). came_back: deleted bytes that a station\n"
        "sent again. in_bin: what can still be restored. The owner is the shift's supervisor, else `admin`.",
    )
    lists.add_argument("list", metavar="LIST", nargs="?", choices=LISTS, help="this one alone: " + ", ".join(LISTS))
    with_format(lists)
    say = _of_assets(
        retention,
        "categorise",
        "categorise_assets",
        "Say what footage is. What was said before stays in the history.",
        "Categories and their minimums stand in central.toml; see docs/retention.md.",
    )
    say.add_argument("--as", dest="category", required=True, metavar="CATEGORY")
    say.add_argument("--reason", default="", help="why; it is kept")
    gone = _of_assets(
        retention,
        "delete",
        "delete",
        "Put footage into the bin: all of it or, with any refusal, none. No byte is deleted yet.",
        "Refused: what is on hold, unclassified, before the end of its minimum, in conflict with a citation, arrest\n"
        "or report, or perhaps still on a camera. There is no way round it.\n\n"
        "example:\n  dock-central retention delete ASSET --by chief@example --reason 'minimum over' --data DIR",
    )
    gone.add_argument("--reason", required=True, help="why; it stays on the tombstone")
    back = _of_assets(retention, "restore", "bring_back", "Take footage out of the bin again.")
    back.add_argument("--reason", default="", help="why; it is kept")
    empty = command(
        retention,
        "empty-bin",
        f"{COMMANDS}.empty",
        "Delete what has lain in the bin for [retention] bin. This is the only command that deletes footage.",
        "Everything is asked again for each file; what may not go any more stays in the bin and is named (exit\n"
        "status 1). Each deletion leaves a tombstone: `export tombstones`. Nothing runs this by itself.",
    )
    _by(empty)


def add_hold(commands: argparse._SubParsersAction) -> None:
    hold = group(commands, "hold", "Keep footage, here and on its camera, whatever its category says.")
    place = _of_assets(hold, "place", "hold", "Place a hold on each asset and print the numbers, one a line.")
    place.add_argument("--request", required=True, metavar="NUMBER", help="of the case, request or complaint")
    place.add_argument("--reason", required=True, help="why; it is kept")
    over = command(hold, "release", f"{COMMANDS}.release", "End one hold; others of the same file go on.")
    over.add_argument("number", metavar="NUMBER", type=int, help="as `hold place` printed it")
    over.add_argument("--reason", required=True, help="why; it is kept")
    _by(over)


def add_links(commands: argparse._SubParsersAction) -> None:
    links = group(commands, "links", "Citations, arrests and reports that footage belongs to.")
    add = command(
        links,
        "import",
        f"{COMMANDS}.import_links",
        "Import links from a CSV file: all of it or, with any error, nothing.",
        "Columns: kind(citation|arrest|report) reference; and asset_id, or officer_id and at. Instants are RFC 3339\n"
        "with offset, or local in [web] time_zone. Footage that arrives later is found by officer and instant, too.\n"
        "Importing a file again changes nothing.",
    )
    add.add_argument("file", metavar="FILE.csv", type=Path, help="the file, UTF-8")
    add.add_argument("--dry-run", action="store_true", help="check and count, change nothing")


def _of_assets(
    commands: argparse._SubParsersAction, name: str, run: str, summary: str, more: str = ""
) -> argparse.ArgumentParser:
    parser = command(commands, name, f"{COMMANDS}.{run}", summary, more)
    parser.add_argument("assets", metavar="ASSET", nargs="+", help="an asset's id")
    _by(parser)
    return parser


def _by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", required=True, metavar="EMAIL", help="whose act this is: somebody who may log in")
