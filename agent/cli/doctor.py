"""`dock-agent doctor`"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from agent import __version__, config
from agent.cli.arguments import EXIT_FINDINGS
from agent.cli.examination import Examination
from agent.errors import ConfigError, DockError
from agent.rules.diagnosis.finding import Finding, Severity, unseen
from agent.rules.diagnosis.standing import judge_configuration

SLOW_S = 2.0
"""A probe that takes longer says that it is at work."""
SHAPES = {Severity.OK: "✓", Severity.NOTE: "·", Severity.WARNING: "!", Severity.PROBLEM: "✗"}


def main(arguments: argparse.Namespace) -> int:
    file: Path = arguments.config
    station, findings = "", []
    for name, finding in look(file):
        station = name
        findings.append(finding)
        if not arguments.json:
            print(shown(finding), flush=True)
    problems = sum(finding.severity is Severity.PROBLEM for finding in findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    if arguments.json:
        print(json.dumps(_as_json(station, findings, problems, warnings), indent=2, ensure_ascii=False))
    else:
        print(f"{len(findings)} findings: {problems} problems, {warnings} warnings. Nothing was changed.")
    return EXIT_FINDINGS if problems else 0


def look(file: Path) -> Iterator[tuple[str, Finding]]:
    """Every finding as soon as it is there, with the station's name.

    Raises:
        ConfigError: there is no such file: a wrong command, not a sick station.
    """
    try:
        settings = config.load(file)
        examination = Examination(settings, file)
    except ConfigError as error:
        if not file.is_file():
            raise
        yield "", judge_configuration(str(file), tuple(error.problems))
        return
    except DockError as error:
        yield "", judge_configuration(str(file), (str(error),))
        return
    try:
        yield settings.station.id, judge_configuration(str(file), ())
        for name, probe in examination.probes():
            yield settings.station.id, _probed(name, probe)
    finally:
        examination.close()


def _probed(name: str, probe: Callable[[], Finding]) -> Finding:
    """One finding, whatever happens; a slow probe tells on stderr that it is at work."""
    told = threading.Timer(SLOW_S, lambda: print(f"dock-agent doctor: looking at {name} …", file=sys.stderr))
    told.daemon = True
    told.start()
    try:
        return probe()
    except (OSError, DockError) as error:
        return unseen(name, f"{error}.".replace("..", "."))
    finally:
        told.cancel()


def shown(finding: Finding) -> str:
    """One finding as lines for people."""
    lines = [f"{SHAPES[finding.severity]} {finding.name:<14}{finding.saw}"]
    if finding.severity in (Severity.WARNING, Severity.PROBLEM):
        lines[0] = f"{SHAPES[finding.severity]} {finding.name:<14}{finding.severity.upper()}: {finding.saw}"
    lines += [f"{'':16}{line}" for line in (finding.means, f"→ {finding.todo}" if finding.todo else "") if line]
    return "\n".join(lines)


def _as_json(station: str, findings: list[Finding], problems: int, warnings: int) -> dict[str, object]:
    return {
        "station": station or None,
        "version": __version__,
        "problems": problems,
        "warnings": warnings,
        "findings": [
            {"name": one.name, "severity": one.severity, "saw": one.saw, "means": one.means, "todo": one.todo}
            for one in findings
        ],
    }
