"""A test run that is killed leaves no process, no mount and no loop device on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import leaving_nothing
from tests.dock_station import ROOT, eventually
from tests.kills.in_flight import is_alive

RUN = """
import json, sys
from pathlib import Path
from tests import leaving_nothing as n

n.keep_mounts_to_ourselves()
home = Path(sys.argv[1])
child = n.start(["sleep", "600"])
told = {"child": child.pid}
with n.loop_device(n.ext4_image(home / "image", "8M")) as node, n.mounted(node, home / "mounted") as at:
    (at / "file").write_bytes(b"held open")
    holder = n.start(["tail", "-f", str(at / "file")], stdout=-3)
    print(json.dumps(told | {"node": node, "holder": holder.pid}), flush=True)
    sys.stdin.read()
"""


@pytest.mark.part("loop")
def test_a_killed_run_leaves_no_process_no_mount_and_no_loop_device(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    run = leaving_nothing.start([sys.executable, "-c", RUN, str(tmp_path)], cwd=ROOT, stdin=pipe, stdout=pipe)
    assert run.stdin is not None
    assert run.stdout is not None
    told = json.loads(run.stdout.readline())
    backing = Path("/sys/block") / Path(told["node"]).name / "loop/backing_file"
    assert _is_over(backing, tmp_path)
    assert is_alive(told["child"])
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text(), "nobody else ever saw the mount"

    run.kill()
    run.wait(20)
    for stream in (run.stdin, run.stdout):
        stream.close()
    eventually(lambda: not is_alive(told["child"]) and not is_alive(told["holder"]))
    eventually(lambda: not _is_over(backing, tmp_path), why="its loop device is free")


def _is_over(backing: Path, folder: Path) -> bool:
    """Whether a loop device still stands over a file in this folder."""
    try:
        return str(folder) in backing.read_text()
    except OSError:
        return False
