"""One central for all stories, a station for each; USB is played by umockdev with real file systems below it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.acceptance.test_usb_cameras import Bus
from tests.central_server import CentralServer
from tests.commissioning.terminal import Terminal
from tests.dock_station import DOCK_SIM, ROOT, DockStation
from tests.leaving_nothing import ext4_image, loop_device

_NUMBERS = count(1)


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    with CentralServer(tmp_path_factory.mktemp("central") / "data") as server:
        server.init()
        server.start()
        yield server


@pytest.fixture
def station(tmp_path: Path, central: CentralServer) -> Iterator[DockStation]:
    one = DockStation(tmp_path, central, f"east-{next(_NUMBERS)}")
    one.enroll()
    yield one
    one.kill()


@pytest.fixture
def bus() -> Iterator[Bus]:
    one = Bus()
    yield one
    one.owner.end()


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes a card with one video on a loop device; its node."""
    with ExitStack() as stack:

        def make(serial: str) -> str:
            content = tmp_path / f"{serial}.content"
            camera = ["camera", str(content), "--serial", serial, "--files", "1", "--size", "300KiB"]
            subprocess.run([*DOCK_SIM, *camera], cwd=ROOT, check=True, capture_output=True)
            return stack.enter_context(loop_device(ext4_image(tmp_path / f"{serial}.img", "16M", content=content)))

        yield make


@pytest.fixture
def terminal(station: DockStation) -> Iterator[Callable[..., Terminal]]:
    """Starts `dock-agent commission` of the station in a terminal."""
    with ExitStack() as stack:

        def start(*options: str, alone: bool = False, **environment: str) -> Terminal:
            made = Terminal(station, *options, alone=alone, **environment)
            stack.callback(made.close)
            return made

        yield start
