"""What `dock-agent` understands, and what its exit codes mean."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from textwrap import dedent

from agent import __version__
from agent.cli import commission_options, profile_options
from agent.cli.check_options import add_options
from agent.errors import ConfigError, DockError

EXIT_FINDINGS = 1
EXIT_REFUSED = 2
EXIT_UNKNOWN = 3

EPILOG = """\
exit codes:
  0  done; nothing to complain about
  1  `verify`, `status`, `doctor` or `may-purge` found something that a person should look at
  2  refused: wrong arguments or configuration, not enrolled; nothing was changed
  `check` has exit codes of its own: see its help

files (below [paths] state, default /var/lib/dock-agent):
  ledger.db        asset states and the append-only custody events
  spool/           durable copies, each with a sidecar from which a lost ledger is rebuilt
  credential.json  what enrolment left; readable by the agent alone
Run as root, every command works as the user that owns this folder.

A file on a camera is erased only with a valid receipt for exactly its bytes. There is no override.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="dock-agent",
        description="Takes footage off docked cameras, proves that it arrived, and only then erases the card.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"dock-agent {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    _add_work(commands)
    _add_proofs(commands)
    return top


def _add_work(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What a station is made of and shows."""
    _command(
        commands,
        "run",
        "work as this station, in the foreground",
        """\
        Detects cameras, copies, uploads, verifies, erases, reports. Logs JSON lines to stdout. Stops within
        ten seconds on SIGTERM or SIGINT; whatever is under way is taken up by the next start.""",
    )

    enroll = _command(
        commands,
        "enroll",
        "make this PC a station of central",
        """\
        Turns a one-time code (from `dock-central station add ID`) into a credential and pins the key that
        signs receipts. The code is good for one PC; a PC enrolled as another station is refused.""",
    )
    enroll.add_argument("--central", required=True, metavar="URL", help="central's address, as in the configuration")
    enroll.add_argument("--code", required=True, help="the one-time code")

    status = _command(
        commands,
        "status",
        "what every bay, the queue and the spool are doing",
        """\
        Works beside a running agent and without one (then from the ledger alone, and says so). With --watch on a
        terminal: a picture that stays; elsewhere a line for everything that changes. NO_COLOR is honoured.""",
    )
    status.add_argument("--json", action="store_true", help="one JSON object, for machines; with --watch a line each")
    status.add_argument("--watch", action="store_true", help="stay, and show progress as it happens")


def _add_proofs(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What finds faults, and what mends one."""
    verify = _command(
        commands,
        "verify",
        "recompute the custody chain; compare ledger, spool and receipts",
        """\
        Works beside a running agent. Reads every copy in the spool again. Work in flight is no finding.""",
    )
    verify.add_argument("--json", action="store_true", help="one JSON object, for machines")
    verify.add_argument("--quick", action="store_true", help="do not read the copies in the spool")

    _command(
        commands,
        "check-config",
        "say everything that is wrong with the configuration",
        """\
        Lists every problem at once with file, line, key, value, reason and an example. Changes nothing.""",
    )

    doctor = _command(
        commands,
        "doctor",
        "look for what breaks stations: disk, clock, certificate, proxy, automounters, USB",
        """\
        Says what it saw, what that means and what to do. Works beside a running agent and without one. Changes
        nothing and leaves nothing, here or at central. Exits with 1 only when there is a problem.""",
    )
    doctor.add_argument("--json", action="store_true", help="one JSON object, for machines")

    _add_of_installers(commands)

    check = _command(
        commands,
        "check",
        "one line and an exit code for a monitoring system",
        """\
        For Nagios and its like: exit code 0 ok, 1 warning, 2 critical, 3 nobody can say (also for wrong usage). An
        agent that does not run is critical. Each --warn-X below has its --crit-X; both defaults are in brackets.""",
    )
    add_options(check)

    profile_options.add_options(
        commands.add_parser(
            "profile",
            help="try camera profiles on a card",
            description="Try camera profiles on a card, and list them. Changes nothing. See docs/profiles.md.",
        )
    )

    retry = _command(
        commands,
        "retry",
        "send quarantined files back to work",
        """\
        Without ASSET: all of them. A file goes back to where it was when it was put aside.""",
    )
    retry.add_argument("asset", nargs="?", metavar="ASSET", help="the asset's id, as `status` shows it")

    _command(
        commands,
        "may-purge",
        "say whether everything on this PC is at central, so that its state may be deleted",
        """\
        For a PC that is taken out of service, with the agent stopped. Exits with 0 only when central has receipted
        every copy in the spool and acknowledged every custody event. Changes nothing.
        Removing the package asks it, too.""",
    )


def _add_of_installers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What brings a station into service, and a dead one's footage with it."""
    commission_options.add_options(
        _command(commands, "commission", "bring a station into service, and print its acceptance sheet", "")
    )

    adopt = _command(
        commands,
        "adopt",
        "take in what a dead PC's spool holds",
        """\
        DIR is the state folder of the old disk, or its spool, mounted (read-only, if you can) or copied. Without
        --apply it only shows what would be copied. With it, each copy of this station is read, hashed, and durable in
        this spool under its old asset id before the next one begins; the old ledger is kept beside as evidence.
        Nothing on the old disk is changed or removed. What this station has already is not copied again, so it may be
        stopped at any instant and run again. Another station's copies are left. A copy that the disk cannot read to
        its end is kept as far as it reads (a salvage), unless central holds it whole. This station's agent must be
        stopped for --apply, and started afterwards: it sends what was adopted. Run it as root or as the service user.
        Exits with 1 when something is left on the old disk that a person should look at.""",
    )
    adopt.add_argument("folder", type=Path, metavar="DIR", help="the old disk's state folder, or its spool")
    adopt.add_argument("--apply", action="store_true", help="do it; without, nothing is copied")
    adopt.add_argument("--json", action="store_true", help="one JSON object, for machines")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, short: str, description: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=short,
        description=dedent("        " + description.lstrip()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--config", required=True, type=Path, metavar="FILE", help="the station's agent.toml")
    return command


STAY_ROOT = frozenset({"commission", "adopt", "profile"})
"""They touch what is not the station's: `agent.toml`, another PC's disk, a card that anybody mounted. What they leave
belongs to the owner of the state folder all the same; `profile` leaves nothing."""


def _become_the_station(path: Path) -> None:
    """Root works as the state folder's owner. What is wrong with the configuration the command itself says."""
    if os.geteuid() == 0:
        from agent import config
        from agent.adapters.process_user import become_owner_of

        with suppress(ConfigError):
            become_owner_of(config.load(path).state)


MODULES = {
    "run": "run",
    "enroll": "enroll",
    "status": "status",
    "verify": "verify",
    "check-config": "check_config",
    "doctor": "doctor",
    "check": "check",
    "commission": "commission",
    "profile": "profile",
    "adopt": "adopt",
    "retry": "retry",
    "may-purge": "may_purge",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Each command loads only what it needs: `run` never loads a terminal UI."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as error:
        asked = sys.argv[1:] if argv is None else argv
        if error.code and list(asked[:1]) == ["check"]:
            return EXIT_UNKNOWN  # 2 would say "critical" to a monitoring system
        raise
    try:
        if arguments.command not in STAY_ROOT:
            _become_the_station(arguments.config)
        command = import_module(f"agent.cli.{MODULES[arguments.command]}")
        return int(command.main(arguments))
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return EXIT_REFUSED
    except DockError as error:
        print(f"dock-agent: {error}", file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
