"""`dock-central`: reads the command line, prepares Django, and hands over to one command."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from central.cli_of_admin import add_camera, add_doctor, add_officer, add_station, add_user
from central.cli_of_audit import add_package
from central.cli_of_retention import add_hold, add_links, add_retention
from central.cli_words import command, group, with_format
from central.data_dir import DataDir
from central.logs import set_up_command_logs, set_up_logs
from central.refusals import CommandRefused
from protocol.settings import SettingsError, parse_duration

DONE, REFUSED, USAGE = 0, 1, 2
ROW_MEASURES = ("M1", "M2", "M3", "M4a", "M4b", "M5", "M9", "M9b", "M10", "M10b", "M11", "M12")


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dock-central",
        description="The endpoint that dock stations report to: keeps footage, proves it arrived.",
        epilog="Exit status: 0 done, 1 refused (the reason is on stderr), 2 wrong usage. "
        "serve logs to stdout, every other command to stderr.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_init(commands)
    _add_serve(commands)
    add_station(commands)
    add_user(commands)
    add_camera(commands)
    add_officer(commands)
    _add_roster(commands)
    _add_supervisors(commands)
    _add_dispatch(commands)
    _add_key(commands)
    _add_answer(commands)
    _add_alarm(commands)
    _add_export(commands)
    _add_measures(commands)
    _add_custody(commands)
    _add_review(commands)
    add_retention(commands)
    add_hold(commands)
    add_links(commands)
    add_package(commands)
    _add_epoch(commands)
    _add_mail(commands)
    add_doctor(commands)
    return parser


def _add_init(commands: argparse._SubParsersAction) -> None:
    command(
        commands,
        "init",
        "central.setting_up.init",
        "Create the database, the keys and DIR/central.toml. What exists is kept.",
        "Makes DIR (0700) with central.sqlite3, receipt_key.pem, secret_key (0600), central.toml, objects/, parts/\n"
        "and rotten/. Running it again is harmless: it completes what is missing and overwrites nothing.\n\n"
        "example:\n  dock-central init --data /var/lib/dock-central",
    )


def _add_serve(commands: argparse._SubParsersAction) -> None:
    parser = command(
        commands,
        "serve",
        "central.setting_up.serve",
        "Serve pages and the API in the foreground; upgrades the schema first.",
        "Logs JSON lines to stdout. The line with event central_listening names the real address, also for port 0.\n"
        "SIGTERM or SIGINT stop it: bodies under way are committed as far as they arrived.\n\n"
        "examples:\n  dock-central serve --data /var/lib/dock-central --listen 127.0.0.1:8080\n"
        "  dock-central serve --data /var/lib/dock-central --listen '[::]:8080'",
    )
    parser.add_argument(
        "--listen", metavar="HOST:PORT", type=_listen, required=True, help="where to listen; port 0 picks a free one"
    )
    parser.add_argument(
        "--stall-timeout",
        metavar="DURATION",
        type=_duration,
        default="30s",
        help="a client that sends nothing for so long in the middle of a request is given up (default 30s)",
    )


def _add_roster(commands: argparse._SubParsersAction) -> None:
    roster = group(commands, "roster", "Bring the roster in.")
    add = command(
        roster,
        "import",
        "central.judging.roster_commands.import_roster",
        "Import shifts from a CSV file: all of it or, with any error, nothing.",
        "Columns: shift_id officer_id officer_name camera_serial starts_at ends_at supervisor_email station_id\n"
        "(several stations by ';'); optional: unit officer_email status(scheduled|actual|cancelled) end_source.\n"
        "Instants are RFC 3339 with offset, or local in [web] time_zone. Importing a file again changes nothing\n"
        "and undoes no correction made since.\n"
        "A file that looks like a mistake ([roster] confirm_*) waits: see `roster pending` and `roster confirm`.\n\n"
        "example:\n  dock-central roster import november.csv --replace-window 2026-11-01..2026-12-01 --data DIR",
    )
    add.add_argument("file", metavar="FILE.csv", type=Path, help="the file, UTF-8")
    add.add_argument("--dry-run", action="store_true", help="check and count, change nothing")
    add.add_argument(
        "--replace-window",
        metavar="FROM..TO",
        help="withdraw the shifts that start from FROM until before TO and are not in the file",
    )
    command(
        roster,
        "pending",
        "central.judging.roster_commands.pending",
        "List imports that wait for a person's word, and why.",
    )
    for name, run, summary in (
        ("confirm", "confirm", "Apply an import that waits."),
        ("discard", "drop", "Drop an import that waits."),
    ):
        decide = command(roster, name, f"central.judging.roster_commands.{run}", summary)
        decide.add_argument("number", metavar="NUMBER", type=int, help="as `roster pending` lists it")
    out = command(
        roster,
        "without-shift",
        "central.judging.roster_commands.list_without_shift",
        "List cameras that are out and on nobody's shift: no notice will ever name them.",
    )
    with_format(out)


def _add_supervisors(commands: argparse._SubParsersAction) -> None:
    supervisors = group(commands, "supervisors", "Say whom each unit's notices go to.")
    add = command(
        supervisors,
        "import",
        "central.roster.commands.import_supervisors",
        "Import units from a CSV file: all of it or, with any error, nothing.",
        "Columns: unit supervisor_email; optional: escalate_to_email on_duty_email. A unit that the file lacks\n"
        "stays as it is. Importing a file again changes nothing.\n\n"
        "example:\n  dock-central supervisors import supervisors.csv --data /var/lib/dock-central",
    )
    add.add_argument("file", metavar="FILE.csv", type=Path, help="the file, UTF-8")
    add.add_argument("--dry-run", action="store_true", help="check and count, change nothing")


def _add_dispatch(commands: argparse._SubParsersAction) -> None:
    dispatch = group(commands, "dispatch", "Compare calls with their recordings.")
    add = command(
        dispatch,
        "import",
        "central.dispatches.commands.import_dispatches",
        "Import dispatches from a CAD export (CSV): all of it or, with any error, nothing.",
        "Columns: dispatch_id officer_id kind(call|self_initiated) type priority dispatched_at arrived_at\n"
        "cleared_at disposition. Two officers on one dispatch are two rows. Instants are RFC 3339 with\n"
        "offset, or local in [web] time_zone; one that the CAD does not know is empty. Each row is\n"
        "used, excluded by a named rule, or refused with a reason. Importing a file again changes nothing;\n"
        "a corrected file corrects.\n\n"
        "example:\n  dock-central dispatch import august.csv --dry-run --data /var/lib/dock-central",
    )
    add.add_argument("file", metavar="FILE.csv", type=Path, help="the file, UTF-8")
    add.add_argument("--dry-run", action="store_true", help="check and count, change nothing")
    add.add_argument(
        "--leave-out-refused", action="store_true", help="import the other rows; keep the refused ones' reasons"
    )
    add.add_argument(
        "--withdraw-missing",
        action="store_true",
        help="officers that the file's dispatches do not name any more were not sent there",
    )
    again = command(
        dispatch,
        "compare",
        "central.dispatches.commands.compare",
        "Compare dispatches with recordings now. A running server does so by itself.",
    )
    again.add_argument("--all", action="store_true", help="every dispatch, not only those of which there is news")


def _add_key(commands: argparse._SubParsersAction) -> None:
    key = group(commands, "key", "Keys for programs that post a roster to /api/v1/roster/imports.")
    for name, run, summary in (
        ("add", "key_add", "Make a key and print it, alone on stdout. It is shown this once."),
        ("revoke", "key_revoke", "From now on the key opens nothing."),
    ):
        one = command(key, name, f"central.roster.commands.{run}", summary)
        one.add_argument("name", metavar="NAME", help="who uses it: letters, digits, '.', '_', '-'; at most 64")
    command(key, "list", "central.roster.commands.key_list", "List all keys, and when each was last used.")


def _add_answer(commands: argparse._SubParsersAction) -> None:
    answer = group(commands, "answer", "What people said about shifts and cameras.")
    out = command(
        answer,
        "list",
        "central.answers.commands.list_answers",
        "List every answer, who gave it, and how it ended.",
        "example:\n  dock-central answer list --open --data /var/lib/dock-central",
    )
    out.add_argument("--open", action="store_true", help="only those that nothing has ended")
    with_format(out)


def _add_alarm(commands: argparse._SubParsersAction) -> None:
    alarm = group(commands, "alarm", "What IT is told, and what it asked not to be told.")
    out = command(alarm, "list", "central.alarms.commands.list_alarms", "List alarms that are open.")
    out.add_argument("--all", action="store_true", help="also those that are over")
    with_format(out)
    quiet = command(
        alarm,
        "silence",
        "central.alarms.commands.silence_alarm",
        "Tell nobody of an alarm for a while, also when it ends and opens again. It stays on the page.",
        "To lift a silence, silence the alarm until now: --until 0s.\n\n"
        'example:\n  dock-central alarm silence 12 --until 8h --reason "moving house" --data /var/lib/dock-central',
    )
    quiet.add_argument("number", metavar="NUMBER", type=int, help="as `alarm list` has it")
    quiet.add_argument("--until", required=True, metavar="WHEN", help="a span like 8h, or an instant")
    quiet.add_argument("--reason", required=True, help="why; whoever looks at the alarm sees it")
    quiet.add_argument("--by", default="", metavar="WHO", help="who says so (default: who runs the command)")


def _add_export(commands: argparse._SubParsersAction) -> None:
    parser = command(
        commands,
        "export",
        "central.administration.commands.export",
        "Write rows to stdout; works beside a running server.",
        "Instants are RFC 3339 in UTC; unknown values are empty (CSV) or null (JSON). JSON is one array.\n"
        "ledgers: one row per custody chain, with what it follows and where it is not whole. forks: other events\n"
        "that a station offered for a taken place. parked: events that are kept and not understood. shifts: one row\n"
        "per shift, with its deadline and the verdict that stands. answers: what people said of shifts and cameras,\n"
        "and how it ended. dispatches: one row per dispatch and officer, and what is found of its recordings.\n"
        "notices: one row per mail and shift that it names, also those that were only shown (mode shadow) or never\n"
        "arrived. alarms: what IT is told, and since when. cameras and officers: one row each, with what was last\n"
        "seen of it. units: whom notices go to. users: who may log in. admin: who changed what. views: who looked\n"
        "at footage, and why. categories: what people said footage is. holds: what keeps it whatever its category.\n"
        "tombstones: what a person deleted, and what made it legal.\n\n"
        "example:\n  dock-central export assets --format csv --data /var/lib/dock-central > assets.csv",
    )
    kinds = (
        *("assets", "docks", "shifts", "answers", "dispatches", "exceptions", "notices", "alarms", "stations"),
        *("flips", "ledgers", "forks", "parked", "cameras", "officers", "units", "users", "admin", "views"),
        *("papers", "reviews", "categories", "holds", "tombstones"),
    )
    parser.add_argument("what", choices=kinds)
    parser.add_argument("--format", choices=("csv", "json"), required=True)


def _add_measures(commands: argparse._SubParsersAction) -> None:
    parser = command(
        commands,
        "measures",
        "central.measures.commands.measures",
        "Say how many cameras were back in time, how many videos arrived within a day, how many calls have one.",
        "M1 M2 M3 count duties by their end, M4a M4b M5 videos by their recording, M9 to M12 dispatches by their\n"
        "beginning (docs/measures.md). Every figure is given twice:\n"
        "with excuses ignored, and with excused duties left out. What cannot be said is beside and in no count.\n"
        "FROM and TO are dates, meaning the first instant of that day in [web] time_zone, or instants.\n\n"
        "examples:\n  dock-central measures --from 2026-10-01 --to 2026-11-01 --data DIR\n"
        "  dock-central measures --rows M2 --format csv --data DIR > m2.csv",
    )
    parser.add_argument("--from", dest="begins", metavar="FROM", help="from this instant on")
    parser.add_argument("--to", dest="ends", metavar="TO", help="until before this instant")
    parser.add_argument("--unit", metavar="NAME", help="this unit alone")
    parser.add_argument("--as-of", metavar="INSTANT", help="as it stood then, without what became known later")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="everything, also by unit and by month")
    what.add_argument("--keep", action="store_true", help="print nothing; keep the figures for central's page")
    what.add_argument("--rows", choices=ROW_MEASURES, help="the rows behind this measure instead")
    parser.add_argument("--format", choices=("csv", "json"), default="csv", help="of --rows (default csv)")


def _add_custody(commands: argparse._SubParsersAction) -> None:
    parser = command(
        commands,
        "custody",
        "central.papers.commands.custody",
        "Issue the custody record of one file, signed, with drafts of certificates.",
        "Makes OUT/custody_PAPER and prints its name: record.json with its signature, receipts, the public key,\n"
        "drafts in the sense of FRE 902(13) and (14), and README.txt, which says how openssl checks them; with\n"
        "--format html or pdf also the record to read. The issue is kept for good (`export papers`).\n\n"
        "example:\n  dock-central custody ASSET --format pdf --out /tmp --reason trial --data DIR",
    )
    parser.add_argument("asset", metavar="ASSET", help="the file's number, as `export assets` has it")
    parser.add_argument("--format", choices=("json", "html", "pdf"), default="pdf", help="to read (default pdf)")
    parser.add_argument("--out", metavar="OUT", type=Path, required=True, help="a folder that exists")
    parser.add_argument(
        "--reason", metavar="WHY", default="no reason given", help="why; it is kept, and in the record"
    )
    parser.add_argument("--request-number", metavar="NUMBER", default="", help="of the request, case or complaint")


def _add_review(commands: argparse._SubParsersAction) -> None:
    review = group(commands, "review", "Random reviews of videos.")
    draw = command(
        review,
        "draw",
        "central.reviews.commands.draw",
        "Draw a quarter's reviews: so many videos of each officer, by a seed that is kept.",
        "A quarter is drawn once; the same command again changes nothing. In the middle of a quarter it draws from\n"
        "what was recorded until now.\n\n"
        "example:\n  dock-central review draw --quarter 2026Q4 --seed 4711 --per-officer 2 --data DIR",
    )
    draw.add_argument("--quarter", required=True, metavar="QUARTER", help="like 2026Q4, in [web] time_zone")
    draw.add_argument("--seed", required=True, metavar="SEED", help="any text of at most 64 characters")
    draw.add_argument("--per-officer", required=True, type=int, metavar="N", help="videos of each officer")
    listed = command(
        review, "list", "central.reviews.commands.list_reviews", "List reviews and what was said of them."
    )
    with_format(listed)


def _add_epoch(commands: argparse._SubParsersAction) -> None:
    epoch = group(commands, "epoch", "The store's epoch.")
    command(
        epoch,
        "raise",
        "central.custody.commands.raise_epoch",
        "After central was restored from a backup: receipts given before no longer permit an erase.",
        "Prints the new epoch. Stations learn it with their next heartbeat and have their assets verified again.",
    )


def _add_mail(commands: argparse._SubParsersAction) -> None:
    mail = group(commands, "mail", "Mail as central sends it.")
    test = command(
        mail,
        "test",
        "central.mailing.commands.send_test",
        "Send one mail with the settings of [mail] and say who took it.",
        "example:\n  dock-central mail test it@example --data /var/lib/dock-central",
    )
    test.add_argument("address", metavar="ADDRESS", help="who gets it")


def _listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535 or ("[" in host) != host.startswith("["):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise argparse.ArgumentTypeError(f"put an IPv6 address in brackets: [{host}]:{port}")
    return text


def _duration(text: str) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    options = build_parser().parse_args(argv)
    data = DataDir(options.data.absolute())
    if options.run != "central.setting_up.init" and not data.is_initialised():
        return _say(f"{data.root} holds no central; run: dock-central init --data {data.root}")
    os.environ["DOCK_CENTRAL_DATA"] = str(data.root)
    os.environ["DJANGO_SETTINGS_MODULE"] = "central.settings"
    module, _, name = options.run.rpartition(".")
    try:
        _prepare(serving=options.command == "serve")
        status: int | None = getattr(import_module(module), name)(options)
        sys.stdout.flush()
    except SettingsError as error:
        return _say(f"{len(error.problems)} problem(s) in the configuration; nothing was started\n{error}")
    except CommandRefused as error:
        return _say(str(error))
    except BrokenPipeError:
        # The reader of our output went away. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    return status or DONE


def _prepare(*, serving: bool) -> None:
    """Logs first, then Django with the settings of DIR.

    Raises:
        SettingsError: central.toml cannot be used.
    """
    if serving:
        set_up_logs(sys.stdout)
    else:
        set_up_command_logs()
    import django

    django.setup()


def _say(message: str) -> int:
    print(f"dock-central: {message}", file=sys.stderr)
    return REFUSED
