"""Folders come and go: real directories, real inotify, real mounts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.adapters.folders import FolderSource
from agent.errors import NeedsOperator
from agent.rules.footage import Presence
from tests.sources.clock import RealClock, eventually

Sources = Iterator[FolderSource]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "cameras"
    path.mkdir()
    return path


@pytest.fixture
def woken() -> threading.Event:
    return threading.Event()


@pytest.fixture
def source(base: Path, woken: threading.Event) -> Sources:
    made = FolderSource(base, "dock", 0.5, RealClock())
    made.start(woken.set)
    yield made
    made.close()


def only(source: FolderSource) -> Presence:
    (presence,) = source.truth().present.values()
    return presence


def names(source: FolderSource) -> list[str]:
    return sorted(presence.facts["folder_name"] for presence in source.truth().present.values())


def test_a_folder_that_was_there_before_the_start_is_a_camera_never_seen_absent(base: Path) -> None:
    (base / "BWC0001").mkdir()
    source = FolderSource(base, "dock", 0.5, RealClock())
    source.start(lambda: None)
    presence = only(source)
    source.close()
    assert (presence.bay, presence.absent_until) == ("folder:BWC0001", None)
    assert presence.directory == str(base / "BWC0001")
    assert (presence.settle_s, presence.proves_dock) == (0.5, True)


def test_a_new_folder_wakes_and_was_absent_until_the_look_before(
    source: FolderSource, base: Path, woken: threading.Event
) -> None:
    before = source.truth().at
    (base / "BWC0001").mkdir()
    assert woken.wait(5)
    presence = only(source)
    assert presence.absent_until is not None
    assert before.monotonic_ns <= presence.absent_until.monotonic_ns <= presence.seen_at.monotonic_ns


def test_a_removed_folder_is_gone_from_the_next_truth(source: FolderSource, base: Path) -> None:
    (base / "BWC0001").mkdir()
    (base / "BWC0002").mkdir()
    assert names(source) == ["BWC0001", "BWC0002"]
    (base / "BWC0001").rmdir()
    assert names(source) == ["BWC0002"]
    assert source.truth().listening


def test_a_folder_keeps_its_key_while_files_come_and_go_in_it(source: FolderSource, base: Path) -> None:
    card = base / "BWC0001"
    card.mkdir()
    key = only(source).key
    for number in range(20):
        (card / f"{number}.mp4").write_bytes(b"x")
        assert only(source).key == key
    for number in range(20):
        (card / f"{number}.mp4").unlink()
        assert only(source).key == key
    assert source.events() == []


def test_a_folder_moved_away_and_back_between_two_truths_is_another_plug(
    source: FolderSource, base: Path, tmp_path: Path
) -> None:
    (base / "BWC0001").mkdir()
    key = only(source).key
    (base / "BWC0001").rename(tmp_path / "pocket")
    (tmp_path / "pocket").rename(base / "BWC0001")
    assert only(source).key != key


def test_a_folder_moved_away_filled_and_moved_back_is_another_plug(
    source: FolderSource, base: Path, tmp_path: Path
) -> None:
    (base / "BWC0001").mkdir()
    key = only(source).key
    (base / "BWC0001").rename(tmp_path / "pocket")
    (tmp_path / "pocket" / "new.mp4").write_bytes(b"x")
    (tmp_path / "pocket").rename(base / "BWC0001")
    # Its times cannot tell; the event that follows within half a second can.
    eventually(lambda: only(source).key != key)


def test_a_folder_removed_and_made_again_between_two_truths_is_another_plug(source: FolderSource, base: Path) -> None:
    keys = set()
    for _ in range(5):
        (base / "BWC0001").mkdir()
        keys.add(only(source).key)
        (base / "BWC0001").rmdir()
    assert len(keys) == 5


def test_a_folder_that_comes_back_after_it_was_seen_gone_is_another_plug(
    source: FolderSource, base: Path, tmp_path: Path
) -> None:
    (base / "BWC0001").mkdir()
    key = only(source).key
    (base / "BWC0001").rename(tmp_path / "pocket")
    assert names(source) == []
    (tmp_path / "pocket").rename(base / "BWC0001")
    assert only(source).key != key


def test_an_event_that_comes_late_does_not_make_a_second_plug(source: FolderSource, base: Path) -> None:
    seen: set[bytes] = set()
    left = source._hints.left

    def heard() -> frozenset[bytes]:
        came = left()
        seen.update(came)
        return came

    source._hints.left = heard  # type: ignore[method-assign]
    (base / "BWC0001").mkdir()
    only(source)
    (base / "BWC0001").rmdir()
    (base / "BWC0001").mkdir()
    key = only(source).key
    eventually(lambda: only(source).key == key and b"BWC0001" in seen)
    assert only(source).key == key


def test_the_key_is_the_same_after_the_agent_starts_again(source: FolderSource, base: Path) -> None:
    (base / "BWC0001").mkdir()
    key = only(source).key
    again = FolderSource(base, "dock", 0.5, RealClock())
    again.start(lambda: None)
    assert only(again).key == key
    again.close()


def test_hidden_names_files_and_links_are_no_cameras_and_a_link_is_reported_once(
    source: FolderSource, base: Path, tmp_path: Path
) -> None:
    (base / ".hidden").mkdir()
    (base / "notes.txt").write_text("x")
    os.mkfifo(base / "fifo")
    (base / "link").symlink_to(tmp_path)
    assert names(source) == []
    source.truth()
    assert [(event.kind, event.bay, event.reason) for event in source.events()] == [
        ("device_refused", "folder:link", "symlink")
    ]


def test_names_that_are_not_utf8_are_shown_escaped_and_can_be_opened(source: FolderSource, base: Path) -> None:
    os.mkdir(os.fsencode(base) + b"/BWC\xff")  # noqa: PTH102
    presence = only(source)
    assert presence.bay == "folder:BWC\\xff"
    presence.key.encode()
    assert presence.directory is not None
    assert os.listdir(presence.directory) == []  # noqa: PTH208


def test_a_drop_folder_never_proves_a_dock(base: Path) -> None:
    (base / "BWC0001").mkdir()
    source = FolderSource(base, "none", 0.5, RealClock())
    source.start(lambda: None)
    assert not only(source).proves_dock
    source.close()


def test_a_directory_that_vanishes_is_trouble_and_nobody_left(
    source: FolderSource, base: Path, tmp_path: Path
) -> None:
    (base / "BWC0001").mkdir()
    key = only(source).key
    base.rename(tmp_path / "elsewhere")
    truth = source.truth()
    assert (list(truth.present), truth.listening) == ([key], False)
    (event,) = source.events()
    assert (event.kind, event.reason) == ("bay_trouble", "folder_gone")
    (tmp_path / "elsewhere").rename(base)
    assert source.truth().listening is False
    assert source.truth().listening is True
    assert list(source.truth().present) == [key]
    (event,) = source.events()
    assert (event.kind, event.reason) == ("watch_gap", "folder_gone")
    assert event.since is not None
    assert event.since.monotonic_ns < event.at.monotonic_ns


def test_an_empty_directory_in_place_of_the_full_one_is_an_unmounted_share(
    source: FolderSource, base: Path, tmp_path: Path
) -> None:
    (base / "BWC0001").mkdir()
    key = only(source).key
    base.rename(tmp_path / "elsewhere")
    base.mkdir()
    truth = source.truth()
    assert (list(truth.present), truth.listening) == ([key], False)
    (base / "BWC0002").mkdir()
    assert names(source) == ["BWC0002"]
    reasons = [event.reason for event in source.events() if event.reason != "folder_gone"]
    assert reasons == ["folder_emptied", "folder_emptied"]


def test_hints_come_again_after_the_directory_was_replaced(source: FolderSource, base: Path, tmp_path: Path) -> None:
    base.rename(tmp_path / "elsewhere")
    base.mkdir()
    source.truth()
    (base / "BWC0001").mkdir()
    assert names(source) == ["BWC0001"]
    eventually(source._hints.is_alive)


def test_a_dead_observer_is_started_again_and_replugs_meanwhile_are_seen(
    source: FolderSource, base: Path, tmp_path: Path
) -> None:
    (base / "BWC0001").mkdir()
    key = only(source).key
    source._hints.stop()
    (base / "BWC0001").rename(tmp_path / "pocket")
    (tmp_path / "pocket" / "new.mp4").write_bytes(b"x")
    (tmp_path / "pocket").rename(base / "BWC0001")
    eventually(lambda: only(source).key != key)
    assert source._hints.is_alive()


def test_a_dead_looking_thread_is_started_again_by_truth(source: FolderSource, base: Path) -> None:
    source._stopping.set()
    source._due.set()
    assert source._thread is not None
    source._thread.join(5)
    source._stopping.clear()
    (base / "BWC0001").mkdir()
    assert names(source) == ["BWC0001"]


def test_a_directory_that_never_was_needs_a_person(tmp_path: Path) -> None:
    with pytest.raises(NeedsOperator) as refusal:
        FolderSource(tmp_path / "nowhere", "dock", 0.5, RealClock()).start(lambda: None)
    assert "Create or mount it" in str(refusal.value)


@pytest.mark.part("root")
def test_a_card_mounted_on_its_folder_is_another_plug(source: FolderSource, base: Path) -> None:
    card = base / "BWC0001"
    card.mkdir()
    keys = [only(source).key]
    for _ in range(2):
        subprocess.run(["mount", "-t", "tmpfs", "card", str(card)], check=True)
        try:
            keys.append(only(source).key)
            (card / "A.MP4").write_bytes(b"x")
            assert only(source).key == keys[-1]
        finally:
            subprocess.run(["umount", "-l", str(card)], check=True)
        keys.append(only(source).key)
    assert len(set(keys)) == 5


@pytest.mark.part("fuse")
def test_a_card_that_hangs_in_the_kernel_holds_up_no_other(source: FolderSource, base: Path) -> None:
    (base / "HUNG").mkdir()
    serve = "import sys, mfusepy; mfusepy.FUSE(mfusepy.Operations(), sys.argv[1], foreground=True)"
    server = subprocess.Popen([sys.executable, "-c", serve, str(base / "HUNG")])
    try:
        eventually(lambda: str(base / "HUNG") in Path("/proc/self/mountinfo").read_text())
        server.send_signal(signal.SIGSTOP)
        (base / "BWC0001").mkdir()
        truth = source.truth()
        assert truth.listening
        assert {presence.facts["folder_name"] for presence in truth.present.values()} == {"BWC0001", "HUNG"}
    finally:
        server.kill()
        subprocess.run(["umount", "-l", str(base / "HUNG")], check=False)
        server.wait(10)
