"""Each shipped camera profile with its simulated card, through the whole pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.adapters.local_zone import local_zone
from agent.adapters.profile_files import load_profiles
from agent.rules.bay_words import BayState
from agent.rules.footage import FileKind, State
from agent.rules.profiles import Profile, classify, in_zone
from tests.hostile.bay import HostileBay, digests
from tests.profiles.conftest import FACTS, SERIAL, Card

PROFILES = {one.name: in_zone(one, local_zone()) for one in load_profiles()}
MODELS = sorted(FACTS.keys() & PROFILES.keys())
each_model = pytest.mark.parametrize("model", MODELS)


@pytest.fixture
def bays(tmp_path: Path) -> Iterator[list[HostileBay]]:
    made: list[HostileBay] = []
    yield made
    for bay in made:
        bay.close()


def served(bays: list[HostileBay], folder: Path, model: str, profiles: list[Profile], **facts: str) -> HostileBay:
    """The card played to the end, with these profiles."""
    home = folder.parent / f"station-{len(bays)}"
    home.mkdir()
    usable = [one for one in profiles if one.name != "unknown"]
    bays.append(HostileBay(home, folder, usable, {**FACTS[model], **facts}))
    bays[-1].to_the_end()
    return bays[-1]


@each_model
def test_everything_is_receipted_and_nothing_erased_until_it_switches_that_on(
    model: str, card: Card, bays: list[HostileBay]
) -> None:
    folder = card(model)
    before = digests(folder)
    bay = served(bays, folder, model, list(PROFILES.values()))
    assert bay.session is not None
    assert bay.session.docked is not None
    assert bay.session.docked.profile == model
    assert digests(folder) == before
    bay.reckon(before)
    assert bay.says() is BayState.SAFE_TO_REMOVE


@each_model
def test_switched_on_it_erases_what_it_names_when_the_camera_has_a_name_of_its_own(
    model: str, card: Card, bays: list[HostileBay]
) -> None:
    folder = card(model)
    before = digests(folder)
    switched = [replace(one, erase_enabled=True) if one.name == model else one for one in PROFILES.values()]
    bay = served(bays, folder, model, switched)
    bay.reckon(before)
    assert bay.session is not None
    assert bay.session.docked is not None
    profile = PROFILES[model]
    if bay.session.docked.identity_unique:
        assert bay.session.docked.camera == SERIAL
        assert set(digests(folder)) == {p for p in before if classify(profile, p) not in profile.erase_kinds}
    else:
        assert digests(folder) == before, "another camera might bear its name: its card is never written to"
    assert bay.says() is BayState.SAFE_TO_REMOVE


@each_model
def test_every_video_has_its_time_and_every_sidecar_its_video(model: str, card: Card, bays: list[HostileBay]) -> None:
    bay = served(bays, card(model), model, list(PROFILES.values()))
    videos = [asset for path in digests(bay.card) for asset in bay.at(path) if asset.kind is FileKind.VIDEO]
    assert len(videos) == (8 if model == "blackvue" else 4)
    starts = {asset.recorded_at for asset in videos}
    assert starts == {datetime(2026, 11, 22, 12, minute, 58, tzinfo=UTC) for minute in (19, 22, 25, 28)}
    assert all(asset.state is State.KEPT for asset in videos)


def test_two_novatek_cameras_with_the_reference_serial_are_two(card: Card, bays: list[HostileBay]) -> None:
    folder = card("novatek")
    names = set()
    for uuid in ("AAAA-0001", "AAAA-0002"):
        bay = served(bays, folder, "novatek", list(PROFILES.values()), fs_uuid=uuid)
        assert bay.session is not None
        assert bay.session.docked is not None
        names.add(bay.session.docked.camera)
        assert not bay.session.docked.identity_unique
    assert names == {"AAAA-0001", "AAAA-0002"}


def test_a_track_of_two_lenses_outlives_the_first_of_them(card: Card, bays: list[HostileBay]) -> None:
    """The rear lens's video stays on the card, since it cannot be read: its track stays, too."""
    folder = card("blackvue")
    rear = min(folder.glob("BlackVue/Record/*_NR.mp4"))
    named = replace(
        PROFILES["blackvue"], erase_enabled=True, identity=(replace(PROFILES["blackvue"].identity[0], unique=True),)
    )
    home = folder.parent / "station"
    home.mkdir()
    bay = HostileBay(home, folder, [named], FACTS["blackvue"])
    bays.append(bay)
    bay.dock()
    bay.deliver()
    rear.write_bytes(rear.read_bytes() + b"more")
    bay.round()
    left = {path.name for path in folder.rglob("*") if path.is_file()}
    stem = rear.name.removesuffix("R.mp4")
    assert {rear.name, f"{stem}.gps", f"{stem}.3gf"} <= left
    assert f"{stem}F.mp4" not in left
    bay.to_the_end()
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {"config.ini"}
