"""The commands for whoever looks after central: stations, users, lists, `doctor`."""

from __future__ import annotations

import argparse
from pathlib import Path

from central.cli_words import command, group, with_format

ROLES = ("it", "supervisor", "auditor", "officer", "admin")
CAMERA_STATES = ("in_use", "repair", "lost", "retired")


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
        "central.administration.commands.replace",
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
    recall = command(
        station,
        "recall",
        "central.administration.recall_rows.tell_recall",
        "After a station died: list the cameras whose footage may be on its PC alone, or on their cards.",
        "From what central holds; up to where that goes is said on stderr. Of a station that speaks, only what an\n"
        "earlier PC or ledger left open. todo: dock_again (anywhere: what is still on its card travels again),\n"
        "in_dock (it is docked elsewhere now), adopt (its card was copied elsewhere since: look on the old disk).\n\n"
        "example:\n  dock-central station recall east-1 --data /var/lib/dock-central",
    )
    recall.add_argument("station", metavar="ID")
    with_format(recall)
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
        user,
        "list",
        "central.administration.user_commands.list_users",
        "List everybody who may log in, or once might.",
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
    _of_user(
        user,
        "reset",
        "reset",
        "Print a link by which this person sets a new password; the present one ends now.",
        "The link is good once and for three days. Hand it over as you hand over keys.",
    )
    _with_file(
        user,
        "users",
        "central.administration.user_commands.import_users",
        "Columns: email role; optional: active(true|false). Whom the file lacks stays as he is. For everybody\n"
        "who is new a CSV with a link is printed, by which he sets his password, once and within three days.\n"
        "`export users --format csv` can be edited and brought back.",
    )


def _of_user(
    user: argparse._SubParsersAction, name: str, run: str, summary: str, more: str = ""
) -> argparse.ArgumentParser:
    parser = command(user, name, f"central.administration.user_commands.{run}", summary, more)
    parser.add_argument("email", metavar="EMAIL", help="the address, which is also the login")
    return parser


def _with_file(commands: argparse._SubParsersAction, what: str, run: str, more: str) -> None:
    summary = f"Import {what} from a CSV file: all of it or, with any error, nothing."
    example = f"\n\nexample:\n  dock-central {what[:-1]} import {what}.csv --dry-run --data /var/lib/dock-central"
    parser = command(commands, "import", run, summary, more + example)
    parser.add_argument("file", metavar="FILE.csv", type=Path, help="the file, UTF-8")
    parser.add_argument("--dry-run", action="store_true", help="check and count, change nothing")


def add_camera(commands: argparse._SubParsersAction) -> None:
    camera = group(commands, "camera", "What is known of each camera, and what people say of it.")
    listed = "List every camera that was docked or that the roster or a person names."
    with_format(command(camera, "list", "central.administration.commands.list_cameras", listed))
    for name, summary in (
        ("add", "Make a camera known that no dock and no roster named yet."),
        ("set", "Say what a camera is called, whether it is in use, and a note."),
    ):
        one = command(
            camera,
            name,
            f"central.administration.importing_commands.{name}_camera",
            summary,
            "The state says nothing of verdicts, alarms or notices: it keeps a camera out of lists of unseen ones.",
        )
        one.add_argument("serial", metavar="SERIAL")
        one.add_argument("--label", metavar="WORDS", help="what people call it; '' takes the words away")
        one.add_argument("--state", choices=CAMERA_STATES, help="in_use, repair, lost or retired")
        one.add_argument("--note", metavar="WORDS", help="'' takes the words away")
    _with_file(
        camera,
        "cameras",
        "central.administration.importing_commands.import_cameras",
        "Columns: camera_serial; optional: label state note. An empty cell leaves what is kept as it is; a camera\n"
        "that the file lacks stays as it is. `export cameras --format csv` can be edited and brought back.",
    )


def add_officer(commands: argparse._SubParsersAction) -> None:
    officer = group(commands, "officer", "What is known of each officer, and what people say beside the roster.")
    listed = "List every officer that a roster or a person named."
    with_format(command(officer, "list", "central.administration.commands.list_officers", listed))
    one = command(
        officer,
        "set",
        "central.administration.importing_commands.set_officer",
        "Say of an officer what the roster does not say.",
        "What the roster says is changed in the roster, and what it says one day takes over what was said here.\n"
        "An officer is recognised as himself by his mail address.",
    )
    one.add_argument("officer", metavar="ID")
    one.add_argument("--name", metavar="WORDS")
    one.add_argument("--email", metavar="ADDRESS", help="the address with which he logs in")
    one.add_argument("--unit", metavar="NAME", help="for lists; whom notices go to is said by each shift")
    one.add_argument("--note", metavar="WORDS")
    one.add_argument("--left", choices=("yes", "no"), help="whether he has left; for lists")
    _with_file(
        officer,
        "officers",
        "central.administration.importing_commands.import_officers",
        "Columns: officer_id; optional: name email unit note left(true|false). An empty cell leaves what is kept as\n"
        "it is; whom the file lacks stays as he is. `export officers --format csv` can be edited and brought back.",
    )


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
