"""`dock-sim camera`: what a folder looks like after it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.card_folder import CardRefused, write_card
from simulator.cli import main
from simulator.clips import CardPlan
from simulator.sizes import parse_size

UNTIL = "2026-11-22T20:00:00Z"


def _camera(directory: Path, *more: str) -> int:
    return main(["camera", str(directory), "--recorded-until", UNTIL, "--size", "64KiB", *more])


def _content(directory: Path) -> dict[str, tuple[bytes, float]]:
    return {
        str(path.relative_to(directory)): (path.read_bytes(), path.stat().st_mtime)
        for path in directory.rglob("*")
        if path.is_file()
    }


def _videos(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*.MP4"))


def _probe(video: Path) -> dict[str, object]:
    show = "stream=nb_read_frames,codec_name:format_tags=creation_time"
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", show, "-of", "json", str(video)]
    answer = subprocess.run(command, capture_output=True, check=True, text=True)
    assert answer.stderr == ""
    found: dict[str, object] = json.loads(answer.stdout)
    return found


@pytest.mark.part("ffprobe")
@pytest.mark.parametrize("size", ["4KiB", "64KiB", "2MiB"])
def test_every_frame_of_every_video_plays_and_tells_when_it_was_recorded(tmp_path: Path, size: str) -> None:
    assert _camera(tmp_path / "BWC1", "--size", size, "--files", "2") == 0
    for video in _videos(tmp_path)[:-1]:
        assert video.stat().st_size == parse_size(size)
        found = _probe(video)
        assert found["streams"] == [{"codec_name": "h264", "nb_read_frames": found["streams"][0]["nb_read_frames"]}]
        assert int(found["streams"][0]["nb_read_frames"]) >= {"4KiB": 100, "64KiB": 20, "2MiB": 600}[size]
        started = datetime.strptime(video.name.split("_")[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        assert datetime.fromisoformat(found["format"]["tags"]["creation_time"]) == started
        assert started.timestamp() < video.stat().st_mtime <= datetime.fromisoformat(UNTIL).timestamp()


@pytest.mark.part("ffprobe")
def test_the_last_clip_is_half_written_and_has_no_sidecar(tmp_path: Path) -> None:
    _camera(tmp_path / "BWC1", "--files", "2")
    *whole, last = _videos(tmp_path)
    assert len(whole) == 2
    assert [video.with_suffix(".JSON").is_file() for video in (*whole, last)] == [True, True, False]
    assert last.stat().st_size == 32 * 1024
    with pytest.raises(subprocess.CalledProcessError) as refused:
        _probe(last)
    assert "moov" in refused.value.stderr


def test_names_sidecars_and_marker_are_those_of_a_camera(tmp_path: Path) -> None:
    _camera(tmp_path / "BWC0412", "--files", "2", "--no-half-written")
    names = sorted(_content(tmp_path / "BWC0412"))
    clip = r"DCIM/20261122/BWC0412_20261122\d{6}_000%d\.%s"
    wanted = [r"BWC\.ID", clip % (1, "JSON"), clip % (1, "MP4"), clip % (2, "JSON"), clip % (2, "MP4")]
    assert [bool(re.fullmatch(want, name)) for want, name in zip(wanted, names, strict=True)] == [True] * 5
    assert (tmp_path / "BWC0412/BWC.ID").read_text() == "BWC0412\n"
    sidecar = json.loads((tmp_path / "BWC0412" / names[1]).read_text())
    assert sidecar["camera"] == "BWC0412"
    assert sidecar["gps"][0]["at"] == sidecar["started_at"]
    assert "officer" not in str(sidecar)


def test_the_same_options_give_the_same_card_and_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        _camera(tmp_path / name, "--serial", "S1", "--seed", seed)
    a, b, c = (_content(tmp_path / name) for name in "abc")
    assert a == b
    assert a.keys() == c.keys()
    differing = {name for name in a if a[name][0] != c[name][0]}
    assert differing == set(a) - {"BWC.ID"}


def test_no_two_videos_of_a_card_are_alike(tmp_path: Path) -> None:
    _camera(tmp_path / "x", "--files", "5")
    contents = [video.read_bytes() for video in _videos(tmp_path)]
    assert len(set(contents)) == len(contents) == 6


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "holiday.jpg").write_bytes(b"mine")
    assert _camera(tmp_path / "x") == 1
    assert "Use --add" in capsys.readouterr().err
    assert list(_content(tmp_path)) == ["x/holiday.jpg"]


def test_add_puts_more_clips_on_a_card_and_touches_none_that_is_there(tmp_path: Path) -> None:
    _camera(tmp_path / "x", "--files", "1")
    before = _content(tmp_path / "x")
    assert _camera(tmp_path / "x", "--add", "--files", "1") == 0
    after = _content(tmp_path / "x")
    assert {name: after[name] for name in before} == before
    assert sorted(int(video.stem[-4:]) for video in _videos(tmp_path)) == [1, 2, 3, 4]
    assert len({content for content, _ in after.values()}) == len(after)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_add_refuses_the_card_of_another_camera(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _camera(tmp_path / "x", "--serial", "A1")
    before = _content(tmp_path)
    assert _camera(tmp_path / "x", "--serial", "B2", "--add") == 1
    assert "card of A1" in capsys.readouterr().err
    assert _content(tmp_path) == before


def test_who_watches_the_parent_folder_never_sees_half_a_card(tmp_path: Path) -> None:
    sightings: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for card in tmp_path.iterdir():
                if not card.name.startswith("."):
                    sightings.add(len(list(card.rglob("*.*"))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        _camera(tmp_path / "BWC1", "--files", "40")
    finally:
        done.set()
        watcher.join()
    sightings.add(len(list((tmp_path / "BWC1").rglob("*.*"))))
    assert sightings == {1 + 2 * 40 + 1}


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path) -> None:
    def disk_breaks(done: int, total: int) -> None:
        raise OSError("no space left")

    plan = CardPlan("S1", datetime.fromisoformat(UNTIL), size=65536)
    with pytest.raises(OSError, match="no space"):
        write_card(tmp_path / "x", plan, written=disk_breaks)
    assert list(tmp_path.iterdir()) == []


def test_a_card_that_does_not_fit_is_refused_before_the_first_byte(tmp_path: Path) -> None:
    with pytest.raises(CardRefused, match="are free"):
        write_card(tmp_path / "x", CardPlan("S1", datetime.fromisoformat(UNTIL), size=1 << 55))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--size", "huge"], "'huge' is no size"),
        (["--size", "1KiB"], "at least 4096 bytes"),
        (["--files", "-1"], "not between 0 and"),
        (["--files", "two"], "no whole number"),
        (["--recorded-until", "yesterday"], "no instant with offset"),
        (["--recorded-until", "2026-11-22T20:00:00"], "no instant with offset"),
        (["--serial", "a/b"], "a serial is"),
    ],
)
def test_a_wrong_option_gets_one_clear_error_and_writes_nothing(
    tmp_path: Path, options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["camera", str(tmp_path / "x"), *options])
    except SystemExit as ended:
        status = int(ended.code or 0)
    assert status in (1, 2)
    errors = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(errors) == 1
    assert complaint in errors[0]
    assert list(tmp_path.iterdir()) == []


def test_a_camera_that_recorded_nothing_has_only_its_marker(tmp_path: Path) -> None:
    _camera(tmp_path / "x", "--files", "0")
    assert list(_content(tmp_path)) == ["x/BWC.ID"]


def test_ending_it_early_leaves_nothing_behind(tmp_path: Path) -> None:
    card = tmp_path / "cards" / "x"
    command = [sys.executable, "-m", "simulator.cli", "camera", str(card), "--files", "1000", "--size", "16MiB"]
    process = subprocess.Popen(command)
    try:
        while not list(card.parent.glob(".x.filling-*/DCIM/*/*.MP4")):
            assert process.poll() is None
        process.terminate()
        assert process.wait(30) == 143
    finally:
        process.kill()
    assert list(card.parent.iterdir()) == []


@pytest.mark.part("root")
def test_a_card_that_is_a_file_system_of_its_own_is_filled_in_place(tmp_path: Path) -> None:
    mounted = tmp_path / "card"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", mounted], check=True)
    try:
        assert _camera(mounted, "--serial", "S1", "--files", "2") == 0
        assert len(_content(mounted)) == 1 + 2 * 2 + 1
        assert _camera(mounted, "--add", "--files", "1", "--no-half-written") == 0
        assert len(_videos(mounted)) == 4
        assert sorted(path.name for path in mounted.iterdir()) == ["BWC.ID", "DCIM"]
        assert _camera(mounted, "--add", "--size", "64MiB") == 1
        assert len(_videos(mounted)) == 4
    finally:
        subprocess.run(["umount", mounted], check=True)
