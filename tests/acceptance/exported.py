"""What central's exports say."""

from __future__ import annotations

import json

from tests.central_server import CentralServer


def exported(central: CentralServer, what: str) -> list[dict[str, object]]:
    """The rows of one export."""
    done = central.command("export", what, "--format", "json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))
