"""The command `doctor`."""

from __future__ import annotations

import argparse
import json
import sys

from django.conf import settings

from central import clock
from central.administration.examination.finding import Finding, Severity
from central.administration.examination.probing import Examination

SHAPES = {Severity.OK: "✓", Severity.NOTE: "·", Severity.WARNING: "!", Severity.PROBLEM: "✗"}


def doctor(options: argparse.Namespace) -> int:
    """Exit status: 0 no problem, 1 a problem."""
    look = Examination(settings.DATA, settings.CONFIG, clock.now().timestamp(), max(0, options.sample))
    findings = []
    for finding in look.findings():
        findings.append(finding)
        if not options.json:
            print(_shown(finding), flush=True)
    problems = sum(one.severity is Severity.PROBLEM for one in findings)
    warnings = sum(one.severity is Severity.WARNING for one in findings)
    if options.json:
        json.dump(_as_json(findings, problems, warnings), sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        print(f"{len(findings)} findings: {problems} problems, {warnings} warnings. Nothing was changed.")
    return 1 if problems else 0


def _shown(finding: Finding) -> str:
    is_loud = finding.severity in (Severity.WARNING, Severity.PROBLEM)
    said = f"{finding.severity.upper()}: {finding.saw}" if is_loud else finding.saw
    more = (finding.means, f"→ {finding.todo}" if finding.todo else "")
    return "\n".join(
        [f"{SHAPES[finding.severity]} {finding.name:<14}{said}", *(f"{'':16}{one}" for one in more if one)]
    )


def _as_json(findings: list[Finding], problems: int, warnings: int) -> dict[str, object]:
    return {
        "problems": problems,
        "warnings": warnings,
        "findings": [
            {"name": one.name, "severity": one.severity, "saw": one.saw, "means": one.means, "todo": one.todo}
            for one in findings
        ],
    }
