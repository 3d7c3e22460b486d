"""What `dock-agent commission` understands, and its page of help."""

from __future__ import annotations

import argparse
from textwrap import dedent

from agent.rules.bay_labels import label_problem, port_problem
from protocol.settings import parse_duration

DESCRIPTION = """\
Brings this station into service, step by step, and prints an acceptance sheet:

  1  doctor      problems stop here and say what to do; warnings are recorded
  2  bays        plug one camera into each bay: the one that lights up gets a label, in agent.toml and at once
                 in the running agent. Cameras that come as folders have no bays to label
  3  receipt     one camera goes from dock to receipt; central is asked whether it stands by each receipt
  4  heartbeat   central is asked when it last heard this station

Keys, each followed by Enter: Enter alone takes what is offered in brackets, s skips a bay or a step, f finishes
the bays. Ctrl-C or the end of input stops. Every label is written as a whole before the next bay is asked for, so
nothing is ever half written: run the same command again, and it goes on where it was.

It needs: enrolment (`dock-agent enroll`); the right to write agent.toml and the state folder, and to signal the
agent: run it as root, or as the service user where agent.toml is his. It works beside a running agent. Without one it
starts one for as long as it lasts, as the owner of the state folder.
"""
EPILOG = """\
files:
  agent.toml.old                 agent.toml as it was before the first label of this run
  STATE/commissioning.json       how far it came
  STATE/acceptance/              the sheets, unless --sheet says otherwise

The sheet stands alone on stdout; everything else is said on stderr.

exit codes:
  0  everything was seen: doctor found no problem, a camera was receipted, central heard the station, each
     USB bay that was used has a label
  1  the sheet says what is missing; or doctor found a problem, and no sheet was made
  2  refused: wrong arguments or configuration, not enrolled, not allowed to write
  130  stopped by Ctrl-C or the end of input; run it again to go on

examples:
  sudo dock-agent commission --config /etc/dock-agent/agent.toml
  dock-agent commission --config agent.toml --yes --label 1-1.4="Bay 7" --by "Pat Example" --sheet east-1 --json
"""


def add_options(command: argparse.ArgumentParser) -> None:
    command.description = dedent(DESCRIPTION)
    command.epilog = EPILOG
    command.add_argument("--by", metavar="NAME", help="who commissions it, for the sheet; else it asks")
    command.add_argument(
        "--label",
        action="append",
        default=[],
        type=_label,
        metavar="PORT=LABEL",
        help="label a bay without plugging anything in; may be given again",
    )
    command.add_argument("--yes", action="store_true", help="ask nothing: every default counts; for scripts")
    command.add_argument(
        "--bays",
        type=_count,
        default=0,
        metavar="N",
        help="with --yes: wait for N bays to light up, labelled in turn",
    )
    command.add_argument(
        "--wait",
        type=_duration,
        default=600.0,
        metavar="DURATION",
        help="with --yes: how long to wait for the next bay and for a receipt (default 10m)",
    )
    command.add_argument(
        "--sheet", metavar="FILE", help="where the sheet goes: FILE.txt and FILE.html (default: see below)"
    )
    command.add_argument("--json", action="store_true", help="the sheet on stdout as one JSON object, for machines")


def _label(word: str) -> tuple[str, str]:
    port, is_there, label = word.partition("=")
    problem = port_problem(port) if is_there else "it must be PORT=LABEL"
    if problem := problem or label_problem(label, port, {}):
        raise argparse.ArgumentTypeError(f"{word!r}: {problem}")
    return port, label


def _count(word: str) -> int:
    if not word.isascii() or not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word!r} is no number of bays")
    return int(word)


def _duration(word: str) -> float:
    try:
        return float(parse_duration(word))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{word!r}: {error}") from error
