"""Our uploads beside those of curl, rclone and tuspy, each pair to the same server."""

from __future__ import annotations

import json
import shutil
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from agent.adapters.central_api import CentralApi, uploads_url
from agent.adapters.http_session import HttpSession
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.tus import TusStore
from agent.errors import RetryLater
from agent.pipeline.transfer import Transfer
from agent.ports import SignedStatement, VerifyAnswer
from agent.rules.footage import State
from tests.bench.linked_station import LinkedStation, digest_of
from tests.bench.processes_cpu import own_cpu
from tests.bench.racing import command, race, random_file
from tests.bench.rows import Row, Run
from tests.bench.servers import Door, our_central, seaweed, tls_front, tus_node
from tests.upload.station import STATION

GIB = 1 << 30
WORKERS = 4


class Load:
    """Files to be sent, with their digests."""

    def __init__(self, folder: Path, name: str, count: int, size: int) -> None:
        folder.mkdir()
        self.name = name
        self.folder = folder
        self.files = [random_file(folder / f"{number:04}.mp4", size) for number in range(count)]
        self.digests = [digest_of(file) for file in self.files]
        self.bytes = count * size

    @contextmanager
    def linked(self) -> Iterator[LinkedStation]:
        """A new station that has all of it staged; gone afterwards."""
        station = LinkedStation(self.folder.parent / f"station-{uuid4()}")
        try:
            for file, sha256 in zip(self.files, self.digests, strict=True):
                station.link(file, sha256)
            yield station
        finally:
            station.close()
            shutil.rmtree(station.folder)


def upload_rows(folder: Path, size: int, many: int, runs: int) -> list[Row]:
    loads = [
        Load(folder / "one", f"upload {size >> 20} MiB", 1, size),
        Load(folder / "many", f"upload {many} × 5 MiB", many, 5 << 20),
    ]
    rows: list[Row] = []
    with our_central(folder) as (_, plain), tls_front(folder / "tls", plain) as secure:
        for load in loads:
            for door, over in ((plain, "HTTP"), (secure, "TLS")):
                rows += _pair(load, door, f"curl, {over}", lambda d=door, n=load: _curl(d, n), runs, (1.0, 1.0))  # type: ignore[misc]
    with tus_node(folder) as door:
        tuspy = _tuspy()
        if tuspy:
            for load in loads:
                rows += _pair(load, door, "tuspy", lambda d=door, n=load: _run_tuspy(tuspy, d, n), runs, (1.0, None))  # type: ignore[misc]
    if shutil.which("rclone"):
        with seaweed(folder) as (server, door):
            for load in loads:
                rows += _pair(load, door, "rclone", lambda n=load, s=server: _rclone(s.s3, n), runs, (1.0, None))  # type: ignore[misc]
    return rows


def _pair(
    load: Load, door: Door, peer: str, theirs: Callable[[], Run], runs: int, goals: tuple[float | None, float | None]
) -> list[Row]:
    mine, other = race(lambda: send(load, door), theirs, runs)
    to = f"{peer}, to {door.name.split(' behind')[0]}"
    speed = Row(
        load.name,
        "MB/s",
        tuple(load.bytes / 1e6 / run.wall_s for run in mine),
        to,
        tuple(load.bytes / 1e6 / run.wall_s for run in other),
        goals[0],
    )
    cpu = Row(
        f"{load.name}, client CPU",
        "CPU s/GiB",
        tuple(run.cpu_s * GIB / load.bytes for run in mine),
        to,
        tuple(run.cpu_s * GIB / load.bytes for run in other),
        goals[1],
        more_is_better=False,
    )
    return [speed, cpu]


class Countdown:
    """Waits until so many files are through, without asking the ledger again and again."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = threading.Lock()
        self._over = threading.Event()

    def one_less(self, _: UUID) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._over.set()

    def wait(self) -> None:
        """Raises TimeoutError after half an hour."""
        if not self._over.wait(1800):
            raise TimeoutError(f"{self._left} files did not get through")


class NoReceipts:
    """Only the upload is measured: nobody verifies."""

    def verify(self, *_: object) -> VerifyAnswer:
        raise RetryLater("not now", retry_after_s=3600)

    def is_signed(self, _: SignedStatement) -> bool:
        return False


def send(load: Load, door: Door, *, receipts: bool = False) -> Run:
    """Everything in `load`, by the station's own workers, ledger and spool; until uploaded, or until receipted."""
    with load.linked() as station:
        return drive(station, door, receipts=receipts)


def drive(
    station: LinkedStation,
    door: Door,
    *,
    receipts: bool,
    uploaded: Callable[[UUID], None] = lambda _: None,
    verified: Callable[[UUID], None] = lambda _: None,
) -> Run:
    """Run the station's workers until all it has is uploaded, or receipted; whoever asks is told of each asset."""
    enrolled = door.enrolled
    http = HttpSession(
        door.url,
        verify=str(door.ca_file) if door.ca_file else True,
        credential=lambda: enrolled.credential if enrolled else None,
    )
    none = NoReceipts()
    if enrolled:
        station.ledger.remember(store_epoch=str(enrolled.store_epoch))
    left = Countdown(station.count(State.STAGED))

    def is_verified(asset_id: UUID) -> None:
        verified(asset_id)
        left.one_less(asset_id)

    transfer = Transfer(
        ledger=station.ledger,
        spool=station.spool,
        store=TusStore(http, uploads_url(door.url) if enrolled else door.url),
        central=CentralApi(http, door.url) if receipts else none,  # type: ignore[arg-type]
        keys=PinnedKeys([enrolled.receipt_key]) if receipts and enrolled else none,  # type: ignore[arg-type]
        clock=station.clock,
        station=STATION,
        workers=WORKERS,
        when_verified=is_verified,
        interrupt=http.interrupt,
    )
    uploads, verifications = transfer.work

    def is_uploaded(asset_id: UUID) -> None:
        uploaded(asset_id)
        if receipts:
            verifications.offer(asset_id)
        else:
            left.one_less(asset_id)

    uploads.when_uploaded = is_uploaded  # type: ignore[attr-defined]
    used, began = own_cpu(), time.perf_counter()
    transfer.start()
    left.wait()
    run = Run(time.perf_counter() - began, own_cpu() - used)
    transfer.stop()
    http.close()
    return run


def _curl(door: Door, load: Load) -> Run:
    """The fewest requests that tus allows: each file in the request that creates its upload, four at a time."""
    assert door.enrolled is not None
    lines = []
    for file in load.files:
        asset = str(uuid4())
        metadata = f"asset_id {b64encode(asset.encode()).decode()},camera {b64encode(b'BWC0412').decode()}"
        lines += [
            f'url = "{uploads_url(door.url)}"',
            'request = "POST"',
            f'upload-file = "{file}"',
            'output = "/dev/null"',
            "silent",
            "show-error",
            "fail",
            *([f'cacert = "{door.ca_file}"'] if door.ca_file else []),
            'header = "Tus-Resumable: 1.0.0"',
            'header = "Content-Type: application/offset+octet-stream"',
            'header = "Expect:"',
            f'header = "Authorization: Bearer {door.enrolled.credential}"',
            f'header = "Upload-Length: {file.stat().st_size}"',
            f'header = "Upload-Metadata: {metadata}"',
            f'header = "Idempotency-Key: {asset}"',
            "next",
        ]
    config = load.folder.parent / "curl.conf"
    config.write_text("\n".join(lines[:-1]) + "\n")
    return command(["curl", "--parallel", "--parallel-max", str(WORKERS), "-K", str(config)])


def _rclone(endpoint: str, load: Load) -> Run:
    """Into the same server's S3 door: rclone knows no tus."""
    remote = f":s3,provider=Other,access_key_id=any,secret_access_key=any,endpoint='{endpoint}':bench/{uuid4()}"
    return command(
        [
            "env",
            "-u",
            "AWS_CA_BUNDLE",
            "rclone",
            "--config",
            "/dev/null",
            "copy",
            "--transfers",
            str(WORKERS),
            str(load.folder),
            remote,
        ]
    )


TUSPY = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from tusclient.client import TusClient
endpoint, workers, files = json.load(sys.stdin)
def send(path):
    TusClient(endpoint).uploader(path, chunk_size=64 << 20, metadata={"filename": path}).upload()
with ThreadPoolExecutor(workers) as pool:
    list(pool.map(send, files))
"""


def _tuspy() -> Path | None:
    python = Path(__file__).resolve().parents[2] / ".parts/bench/bin/python"
    return python if python.exists() else None


def _run_tuspy(python: Path, door: Door, load: Load) -> Run:
    told = load.folder.parent / "tuspy.json"
    told.write_text(json.dumps([door.url, WORKERS, [str(file) for file in load.files]]))
    script = load.folder.parent / "tuspy_run.py"
    script.write_text(TUSPY)
    return command(["sh", "-c", f"exec {python} {script} < {told}"])
