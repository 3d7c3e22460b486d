"""Labels in a configuration's text, and which may be given: rules alone, and the one file that they go into."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.adapters.config_file import ConfigFile
from agent.errors import Refused
from agent.rules.bay_labels import label_problem, next_label
from agent.rules.first_dock import first_dock
from agent.rules.footage import Asset, DockSession, FileKind, Receipt, State
from agent.rules.labelled_toml import with_label

STATION = '[station]\nid = "east-1"\n[central]\nurl = "https://central.example"\n'
PORTS = st.from_regex(r"[1-9]-[1-9](\.[1-9]){0,3}", fullmatch=True)
LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40)
FILLING = st.sampled_from(["", "# a comment", "   # another", '"2-1" = "Yard"   # kept', "1-7 = 'Cellar'"])
PIECES = st.lists(FILLING, max_size=6, unique=True)


@given(PORTS, LABELS, PIECES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_a_label_is_added_and_no_other_letter_changes(
    port: str, label: str, pieces: list[str], end: str, is_last: bool, ends_with_line: bool
) -> None:
    bays = ["[bays] # here", *pieces]
    others = STATION.strip().split("\n")
    lines = [*others, *bays] if is_last else [*bays, *others]
    text = end.join(lines) + (end if ends_with_line else "")
    changed = with_label(text, port, label)
    document = tomllib.loads(text)
    assert tomllib.loads(changed) == {**document, "bays": {**document["bays"], port: label}}
    was = [line for line in text.split(end) if line and not line.startswith((f'"{port}"', f"{port} "))]
    assert [line for line in changed.split(end) if line in was] == was


@given(PORTS, LABELS)
def test_a_label_given_again_takes_the_place_of_the_old_one_and_its_comment_stays(port: str, label: str) -> None:
    text = STATION + f'[bays]\n  "{port}"  =  "old"   # painted\n# end\n'
    changed = with_label(text, port, label)
    assert changed.split("\n")[:5] == text.split("\n")[:5]
    assert changed.split("\n")[5].endswith("   # painted")
    assert changed.split("\n")[6:] == text.split("\n")[6:]
    assert tomllib.loads(changed)["bays"] == {port: label}


@pytest.mark.parametrize(
    "text",
    [
        'bays = { "1-1" = "Bay 1" }\n' + STATION,
        STATION.replace('"east-1"', '"""\n[bays]\n"""'),
        'bays."1-1" = "Bay 1"\n' + STATION,
    ],
)
def test_bays_that_are_written_in_another_way_are_refused_and_never_guessed_at(text: str) -> None:
    tomllib.loads(text)
    with pytest.raises(ValueError, match="write them as"):
        with_label(text, "1-4", "Bay 4")


def test_what_is_offered_counts_on_and_no_two_bays_get_one_label() -> None:
    assert next_label([]) == "Bay 1"
    assert next_label(["Bay 9", "Door", "Bay 10"]) == "Bay 11"
    labels = {"1-1": "Bay 1"}
    assert label_problem("Bay 1", "1-1", labels) == ""
    assert "1-1 is Bay 1 already" in label_problem("Bay 1", "1-2", labels)
    assert "40 letters" in label_problem("B" * 41, "1-2", labels)
    assert "printable" in label_problem("Bay\x1b[31m", "1-2", labels)


def test_a_file_that_would_not_be_accepted_or_that_somebody_else_changed_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(STATION)
    path.chmod(0o640)
    file = ConfigFile(path)
    seen = file.text()
    with pytest.raises(Refused, match=r"agent\.toml: bays"):
        file.replace(seen, STATION + '[bays]\n"1-1" = 7\n')
    path.write_text(STATION + "# mine\n")
    with pytest.raises(Refused, match="somebody else"):
        file.replace(seen, STATION + '[bays]\n"1-1" = "Bay 1"\n')
    assert path.read_text() == STATION + "# mine\n"
    file.replace(file.text(), STATION + '# mine\n[bays]\n"1-1" = "Bay 1"\n')
    file.replace(file.text(), STATION + '# mine\n[bays]\n"1-1" = "Bay 2"\n')
    assert path.with_name("agent.toml.old").read_text() == STATION + "# mine\n", "as it was before the first change"
    assert path.stat().st_mode & 0o777 == 0o640
    assert {one.name for one in tmp_path.iterdir()} == {"agent.toml", "agent.toml.old"}


def test_whoever_is_stopped_while_he_writes_leaves_the_old_file_or_the_new_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "agent.toml"
    fresh = STATION + '[bays]\n"1-1" = "Bay 1"\n'
    ended = []
    for stop_at in range(30):
        path.write_text(STATION)
        calls = count()
        with monkeypatch.context() as patch:
            for name in ("open", "write", "fsync", "replace", "fchmod", "close"):
                patch.setattr(os, name, _stopping(getattr(os, name), calls, stop_at))
            try:
                ConfigFile(path).replace(STATION, fresh)
                ended.append(stop_at)
            except KeyboardInterrupt:
                pass
        assert path.read_text() in (STATION, fresh), stop_at
        if path.read_text() == fresh:
            assert path.with_name("agent.toml.old").read_text() == STATION
        assert not path.with_name("agent.toml.new").exists()
    assert ended, "the last ones were not stopped any more"
    assert ended[0] >= 10, "many were"


def _stopping(call: Callable[..., object], calls: Iterator[int], stop_at: int) -> Callable[..., object]:
    """As Ctrl-C or SIGTERM, just before the call of that number."""

    def either(*given: object, **named: object) -> object:
        if next(calls) == stop_at:
            raise KeyboardInterrupt
        return call(*given, **named)

    return either


def test_a_camera_counts_when_every_new_file_is_receipted_and_an_old_one_never_does() -> None:
    begun = datetime(2026, 11, 2, 8, tzinfo=UTC)

    def asset(camera: str, found_s: float, verified_s: float | None) -> Asset:
        at = begun + timedelta(seconds=found_s)
        verified = None if verified_s is None else begun + timedelta(seconds=verified_s)
        some = uuid4()
        receipt = Receipt(b"", b"", "k", some, "east-1", "0" * 64, 1000, at, 1, False, uuid4())
        return Asset(
            asset_id=some,
            camera=camera,
            session=None,
            path=b"a",
            size=1000,
            mtime_ns=0,
            kind=FileKind.VIDEO,
            state=State.STAGED if verified is None else State.VERIFIED,
            found_at=at,
            docked_at=at,
            staged_at=at + timedelta(seconds=1),
            verified_at=verified,
            receipt=None if verified is None else receipt,
        )

    def dock(camera: str, bay: str, seen_s: float) -> DockSession:
        at = begun + timedelta(seconds=seen_s)
        return DockSession(uuid4(), bay, "usb", bay, bay, camera, "marker", True, "generic-msc", True, at, None)

    half = [asset("A", 5, 9), asset("A", 5, None)]
    assert first_dock([*half, asset("B", -5, -2)], [], begun) is None
    docks = [dock("C", "1-1", 9), dock("C", "1-2", 14), dock("A", "1-3", 9)]
    done = first_dock([*half, asset("C", 10, 12), asset("C", 10, 15)], docks, begun)
    assert done is not None
    assert (done.camera, done.bay, done.safe_after_s, done.size) == ("C", "1-1", 6.0, 2000), "moved while it was sent"
    assert (done.copied_per_s, done.sent_per_s) == (1000.0, 500.0)
