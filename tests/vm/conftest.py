"""The guest is made once (.parts/vm), our package installed once for each build of it, the station enrolled once in a
run. Each test then resumes that guest within seconds, with a central of its own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from debian.build import build
from simulator.network.certificates import new_authority
from simulator.network.fault_proxy import FaultProxy
from tests.central_server import CentralServer
from tests.vm.camera_cards import CardMaker
from tests.vm.dock_pc import DockPc
from tests.vm.guest import Guest
from tests.vm.shell import CommandFailed

ROOT = Path(__file__).resolve().parent.parent.parent
MADE = ROOT / ".parts/vm"
NAME = "central.test"
"""How the guest calls the host (build-guest writes it into its /etc/hosts)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(scope="session")
def bare() -> Path:
    """The folder with a dock PC that has none of our software."""
    built = subprocess.run([Path(__file__).parent / "build-guest", MADE], check=False, timeout=1200)
    assert built.returncode == 0, "the guest could not be made"
    return MADE


@pytest.fixture(scope="session")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of this work tree, as `make deb` builds it, uncompressed."""
    return build(tmp_path_factory.mktemp("dist"), compression="none")


def kept(folder: Path, name: str, made_from: str, make: Callable[[Guest], None]) -> Path:
    """A warm guest that `make` got running, from an earlier run if that was made from the same."""
    digest = hashlib.sha256((made_from + (folder / "made").read_text()).encode()).hexdigest()[:12]
    target = folder / f"{name}-{digest}.qcow2"
    if not target.exists():
        for old in folder.glob(f"{name}-*.qcow2"):
            old.unlink()
        guest = Guest(folder / name, folder)
        try:
            guest.disk.unlink(missing_ok=True)
            make(guest)
            guest.keep_warm(target)
        finally:
            guest.close()
    return target


@pytest.fixture(scope="session")
def warm_bare(bare: Path) -> Path:
    """A dock PC without our software, booted."""
    return kept(bare, "bare", "", lambda guest: print(f"booted in {guest.boot():.0f} s"))


@pytest.fixture(scope="session")
def warm_installed(bare: Path, warm_bare: Path, deb: Path) -> Path:
    """A dock PC on which IT has installed the package and done nothing else."""

    def install(guest: Guest) -> None:
        guest.resume(warm_bare)
        guest.shell.put(deb, "/root/dock-agent.deb")
        guest.shell.run("apt-get install -y --no-install-recommends /root/dock-agent.deb", within_s=900)

    return kept(bare, "installed", _what_matters_in(deb), install)


def _what_matters_in(deb: Path) -> str:
    """Its program and scripts. Pages carry the commit's time, and would have it installed anew for each."""
    command = ["dpkg-deb", "--info", str(deb), "md5sums", "preinst", "postinst", "prerm", "postrm"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "\n".join(line for line in said.splitlines() if "usr/share/doc" not in line and "/man1/" not in line)


@dataclass(frozen=True)
class Ready:
    """An enrolled station, warm, and the central that knows it; both are copied for each test."""

    warm: Path
    central: Path
    front: FaultProxy
    url: str


@pytest.fixture(scope="session")
def ready(bare: Path, warm_installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    folder = tmp_path_factory.mktemp("ready")
    authority = new_authority(folder, "site")
    with CentralServer(folder / "central") as central:
        central.init()
        code = central.add_station("east-1")
        central.start()
        with FaultProxy("127.0.0.1", int(central.url.rpartition(":")[2]), tls=authority.server(NAME)) as front:
            url = f"https://{NAME}:{front.port}"
            guest = Guest(folder / "guest", bare)
            try:
                guest.resume(warm_installed)
                pc = DockPc(guest, central, url)
                pc.configure()
                guest.shell.put(authority.file, "/etc/dock-agent/site-ca.pem")
                guest.shell.run(
                    f"dock-agent enroll --config /etc/dock-agent/agent.toml --central {url} --code {code}"
                )
                guest.keep_warm(folder / "ready.qcow2")
            finally:
                guest.close()
            central.stop()
            yield Ready(folder / "ready.qcow2", central.data_dir, front, url)


@pytest.fixture
def dock_pc(ready: Ready, bare: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[DockPc]:
    """A dock PC, enrolled, its agent not yet started. What it logged stays in .parts/vm/logs."""
    with CentralServer(shutil.copytree(ready.central, tmp_path / "central")) as central:
        central.start()
        ready.front.heal()
        ready.front.target = ("127.0.0.1", int(central.url.rpartition(":")[2]))
        guest = Guest(tmp_path / "guest", bare)
        try:
            guest.resume(ready.warm)
            yield DockPc(guest, central, ready.url)
        finally:
            _keep_log(guest, request.node.name)
            guest.close()
            _forget(guest, tmp_path)


@pytest.fixture
def guest(warm_bare: Path, bare: Path, tmp_path: Path) -> Iterator[Guest]:
    """A dock PC without our software."""
    one = Guest(tmp_path / "guest", bare)
    try:
        one.resume(warm_bare)
        yield one
    finally:
        one.close()


@pytest.fixture
def cards(tmp_path: Path) -> CardMaker:
    folder = tmp_path / "cards"
    folder.mkdir()
    return CardMaker(folder)


def _keep_log(guest: Guest, name: str) -> None:
    folder = MADE / "logs"
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(CommandFailed):
        said = guest.shell.run("journalctl -q -o short-precise", must=False).out if guest.alive() else "no power\n"
        (folder / f"{re.sub('[^a-z0-9]+', '-', name.lower())}.log").write_text(said)


def _forget(guest: Guest, folder: Path) -> None:
    """Disks and cards are large."""
    if not os.environ.get("DOCK_VM_KEEP"):
        guest.disk.unlink(missing_ok=True)
        shutil.rmtree(folder / "cards", ignore_errors=True)
