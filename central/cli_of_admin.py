"""The commands for whoever looks after central: stations, users, lists, `doctor`."""

from __future__ import annotations

import argparse
from pathlib import Path

from central.cli_words import command, group, with_format

ROLES = ("it", "supervisor", "auditor", "officer", "admin")


def add_station(commands: argparse._SubParsersAction) -> None:
    station = group(commands, "station", "Add dock stations, say where they stand, put a new PC in the place of one.")
    add = command(
        station,
        "add",
        "central.administration.commands.add",
        "Make a station known and print its one-time enrolment code, alone on stdout.",
        "The code is good for 7 days and for one PC. Adding a station that never enrolled prints a fresh code.\n"
        "--csv adds all stations of a file, or with any error none, and prints a CSV of codes; one that is enrolled\n"
        "already gets its site and label, and no code. Columns: station_id; optional: site label.\n\n"
        "examples:\n  dock-central station add east-1 --data /var/lib/dock-central\n"
        "  dock-central station add --csv stations.csv --data /var/lib/dock-central > codes.csv",
    )
    add.add_argument("station", metavar="ID", nargs="?", help="its name: letters, digits, '.', '_', '-'; at most 64")
    add.add_argument("--csv", metavar="FILE", type=Path, help="a file of stations instead, UTF-8")
    _where_it_stands(add)
    replace = command(
        station,
        "replace",
        "central.fleet.commands.replace",
        "Print a code for a new PC in the old one's place, alone on stdout.",
        "When the new PC enrols, the old one's credential is revoked and its ledgers are closed where they stand.",
    )
    replace.add_argument("station", metavar="ID", help="the station whose PC is replaced")
    replace.add_argument(
        "--revoke-now", action="store_true", help="revoke the old PC at once, e.g. when it was stolen"
    )
    _add_station_changes(station)


def _add_station_changes(station: argparse._SubParsersAction) -> None:
    with_format(
        command(
            station, "list", "central.administration.commands.list_stations", "List all stations and how they are."
        )
    )
    one = command(
        station,
        "set",
        "central.administration.commands.set_one",
        "Say where a station stands and what people call it.",
        "Stations of one site that are all silent are told to IT as one.\n\n"
        "example:\n  dock-central station set east-1 --site East --label 'Front desk' --data DIR",
    )
    one.add_argument("station", metavar="ID")
    _where_it_stands(one)
    revoke = command(
        station,
        "revoke",
        "central.administration.commands.revoke",
        "From now on accept nothing from its PC, and no code for it. What it delivered stays.",
    )
    revoke.add_argument("station", metavar="ID")
    revoke.add_argument("--reason", required=True, help="why; it is kept")


def _where_it_stands(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", metavar="NAME", help="where it stands; '' for nowhere in particular")
    parser.add_argument("--label", metavar="WORDS", help="what people call it")


def add_user(commands: argparse._SubParsersAction) -> None:
    user = group(commands, "user", "People who may log in.")
    add = _of_user(
        user,
        "add",
        "add_user",
        "Add a person. The password is read from stdin.",
        "example:\n  dock-central user add pat@example --role it --password-stdin --data DIR < password",
    )
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--password-stdin", action="store_true", required=True, help="read the password from stdin")
    listed = command(
        user, "list", "central.dashboard.commands.list_users", "List everybody who may log in, or once might."
    )
    with_format(listed)
    role = _of_user(user, "set-role", "set_role", "Give a person this role and no other.")
    role.add_argument("--role", choices=ROLES, required=True)
    word = _of_user(
        user, "set-password", "set_password", "Give a person a new password; whoever has the old one is logged out."
    )
    word.add_argument("--password-stdin", action="store_true", required=True, help="read the password from stdin")
    _of_user(user, "disable", "disable", "From now on this person may not log in. What he said and did stays.")
    _of_user(user, "enable", "enable", "This person may log in again.")


def _of_user(
    user: argparse._SubParsersAction, name: str, run: str, summary: str, more: str = ""
) -> argparse.ArgumentParser:
    parser = command(user, name, f"central.dashboard.commands.{run}", summary, more)
    parser.add_argument("email", metavar="EMAIL", help="the address, which is also the login")
    return parser


def add_lists(commands: argparse._SubParsersAction) -> None:
    for name, run, summary in (
        ("camera", "list_cameras", "List every camera that was docked or that the roster names."),
        ("officer", "list_officers", "List every officer that a roster named."),
    ):
        listed = group(commands, name, f"What is known of each {name}.")
        with_format(command(listed, "list", f"central.administration.commands.{run}", summary))


def add_doctor(commands: argparse._SubParsersAction) -> None:
    parser = command(
        commands,
        "doctor",
        "central.administration.examination.command.doctor",
        "Look at what central needs, and say what is wrong, what it means and what to do. Changes nothing.",
        "Works beside a running server. Exit status: 0 no problem, 1 a problem, 2 wrong usage.\n\n"
        "example:\n  dock-central doctor --data /var/lib/dock-central",
    )
    parser.add_argument("--json", action="store_true", help="the same for machines")
    parser.add_argument(
        "--sample",
        metavar="N",
        type=int,
        default=20,
        help="so many stored files are read back and held against their hash (default 20)",
    )
