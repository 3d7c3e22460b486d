"""The child process: killed at any moment it leaves nothing that counts; it stays small; it dies with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agent.adapters.card_worker import CardWorker
from agent.adapters.system_clock import SystemClock
from agent.errors import CardError, CardGone, CardStalled
from agent.rules.footage import StageVerdict
from protocol.sidecar import decode_sidecar
from tests.card.conftest import Dock, eventually, listed, mounted, order_for, quiet
from tests.scale import amount

MIB = 1024 * 1024
GIB = 1024 * MIB
BIG = amount(ci=2 * GIB + 1, soak=4 * GIB - 1)
"""More than 31 bits can say. In a soak it is the largest file that FAT knows: cameras fill it and begin the next.
10 GiB take over a minute on a slow disk; done by hand, they peak at the same 27 MiB."""
DIGEST_OF_ZEROS = {
    2 * GIB + 1: "b8030a8ab89280935633d8d991da3d9907c0f12e8b6fc3bfc515f4d440872b6e",
    4 * GIB - 1: "318eea1453f3a536e42d9637db593982c5c297220b2019bd4b7ad08e88d91e4b",
}


def peak_memory(pid: int) -> int:
    """Bytes: the most this process ever held in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def staging(worker: CardWorker, dock: Dock, path: bytes) -> tuple[threading.Thread, list[BaseException]]:
    errors: list[BaseException] = []
    begun = threading.Event()

    def stage() -> None:
        try:
            worker.stage(order_for(listed(dock.card, path)), lambda _done: begun.set())
        except CardError as error:
            errors.append(error)

    thread = threading.Thread(target=stage)
    thread.start()
    assert begun.wait(20)
    return thread, errors


def sparse(dock: Dock, size: int) -> None:
    with (dock.card / "big.mp4").open("wb") as file:
        file.truncate(size)


def test_a_child_that_is_killed_mid_copy_leaves_nothing_after_a_sweep(dock: Dock) -> None:
    sparse(dock, 2 * GIB)
    worker = dock.worker()
    thread, errors = staging(worker, dock, b"big.mp4")
    os.kill(worker.pid, signal.SIGKILL)
    thread.join(20)
    assert [type(error) for error in errors] == [CardStalled]
    assert isinstance(errors[0], CardStalled)
    assert errors[0].code == "card_process_ended"
    with pytest.raises(CardStalled) as again:
        worker.list()
    assert again.value.code == "card_process_ended", "who calls again to tidy up is told the same, no new story"
    assert [name.rpartition(".")[2] for name in dock.names()] == ["part"]
    assert dock.spool.sweep() == 1
    assert dock.names() == []


def test_closing_mid_copy_removes_the_partial_copy_and_ends_the_child(dock: Dock) -> None:
    sparse(dock, 2 * GIB)
    worker = dock.worker()
    thread, errors = staging(worker, dock, b"big.mp4")
    worker.close()
    thread.join(20)
    assert [type(error) for error in errors] == [CardGone]
    assert dock.names() == []
    eventually(lambda: not is_alive(worker.pid), "the child ended")


def test_a_closed_worker_says_so_and_may_be_closed_again(dock: Dock) -> None:
    worker = dock.worker()
    worker.close()
    worker.close()
    with pytest.raises(CardGone):
        worker.list()


def test_interrupts_are_the_parents_to_decide_on(dock: Dock) -> None:
    dock.write("clip.mp4", b"footage")
    worker = dock.worker()
    os.kill(worker.pid, signal.SIGINT)
    os.kill(worker.pid, signal.SIGTERM)
    assert [file.path for file in worker.list().files] == [b"clip.mp4"]


def test_the_child_dies_with_its_parent(dock: Dock) -> None:
    program = (
        "import sys, time\n"
        "from agent.adapters.card_worker import CardWorker\n"
        "from agent.adapters.spool_disk import SpoolFolder\n"
        "from agent.adapters.system_clock import SystemClock\n"
        "worker = CardWorker(SpoolFolder(sys.argv[1], 0), SystemClock())\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(dock.spool.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": os.pathsep.join(sys.path)}) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    eventually(lambda: not is_alive(child), "the child died with its parent")


def test_the_child_outlives_the_thread_that_asked_for_it(dock: Dock) -> None:
    dock.write("clip.mp4", b"footage")
    thread = threading.Thread(target=dock.worker)
    thread.start()
    thread.join()
    assert [file.path for file in dock.workers[0].list().files] == [b"clip.mp4"]


def test_no_handle_on_the_card_is_held_between_two_calls(dock: Dock) -> None:
    order = order_for(dock.write("clip.mp4", b"footage"))
    worker = dock.worker()
    worker.list()
    worker.stage(order, quiet)
    held = [str(entry.readlink()) for entry in Path(f"/proc/{worker.pid}/fd").iterdir()]
    held.append(str(Path(f"/proc/{worker.pid}/cwd").readlink()))
    assert not [path for path in held if path.startswith(str(dock.card))]


def test_the_station_clock_dates_the_copy(dock: Dock) -> None:
    order = order_for(dock.write("clip.mp4", b"footage"))
    clock = SystemClock()
    before = clock.now().wall
    dock.worker().stage(order, quiet)
    ((_, sidecar),) = dock.spool.sidecars()
    staged_at = decode_sidecar(sidecar).staged_at
    assert staged_at is not None
    assert before <= staged_at <= clock.now().wall


def test_a_small_file_is_read_to_its_limit_and_a_missing_one_is_none(dock: Dock) -> None:
    dock.write("BWC.ID", b"BWC0412\n")
    (dock.card / "link").symlink_to("BWC.ID")
    worker = dock.worker()
    assert worker.read_small(b"BWC.ID", 3) == b"BWC"
    assert worker.read_small(b"BWC.ID", 4096) == b"BWC0412\n"
    assert worker.read_small(b"missing", 10) is None
    assert worker.read_small(b"link", 10) is None


def test_progress_is_told_at_most_ten_times_a_second(dock: Dock) -> None:
    sparse(dock, 512 * MIB)
    progress: list[int] = []
    started = time.monotonic()
    outcome = dock.worker().stage(order_for(listed(dock.card, b"big.mp4")), progress.append)
    took = time.monotonic() - started
    assert outcome.verdict is StageVerdict.STAGED
    assert progress == sorted(progress)
    assert len(progress) <= took * 10 + 1


def test_a_bug_in_the_child_fails_one_call_and_is_named(dock: Dock) -> None:
    file = dock.write("clip.mp4", b"footage")
    worker = dock.worker()
    with pytest.raises(CardError, match="ValidationError"):
        worker.stage(replace(order_for(file), sidecar=b"{}"), quiet)
    assert dock.names() == []
    assert worker.stage(order_for(file), quiet).verdict is StageVerdict.STAGED


def test_a_caller_that_breaks_off_never_gets_a_stale_answer(dock: Dock) -> None:
    sparse(dock, GIB)
    worker = dock.worker()

    def break_off(_done: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        worker.stage(order_for(listed(dock.card, b"big.mp4")), break_off)
    with pytest.raises(CardStalled):
        worker.list()
    worker.close()
    assert dock.names() == []


def test_a_camera_of_the_wrong_volume_is_not_opened(dock: Dock, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    card = mounted(other)
    other.rename(tmp_path / "gone")
    worker = CardWorker(dock.spool, SystemClock())
    dock.workers.append(worker)
    with pytest.raises(CardGone):
        worker.open(card)


@pytest.mark.soak
def test_memory_stays_flat_for_a_file_of_any_size(dock: Dock) -> None:
    sparse(dock, BIG)
    worker = dock.worker()
    order = order_for(listed(dock.card, b"big.mp4"))
    started = time.monotonic()
    outcome = worker.stage(order, quiet)
    took = time.monotonic() - started
    peak = peak_memory(worker.pid)
    print(f"{BIG / GIB:.0f} GiB in {took:.1f} s, peak {peak / MIB:.1f} MiB")
    dock.spool.release(order.asset_id)
    assert (outcome.verdict, outcome.size) == (StageVerdict.STAGED, BIG)
    assert outcome.sha256 == DIGEST_OF_ZEROS[BIG]
    assert peak < 100 * MIB
