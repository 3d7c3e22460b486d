"""Profiles as files: the shipped ones, a site's own, and wrong ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.adapters.local_zone import local_zone
from agent.adapters.profile_files import load_profiles, read_profiles, shipped_folder
from agent.errors import ConfigError
from agent.rules.footage import FileKind
from agent.rules.profiles import may_erase_kind

CAMERAS = {"generic-msc", "novatek", "blackvue", "transcend-body", "axis-export", "gat947"}
SHIPPED = {"folder", "unknown"} | CAMERAS


def test_the_shipped_profiles_load_and_are_the_ones_that_the_program_relies_on() -> None:
    assert {profile.name for profile in load_profiles()} == SHIPPED
    assert shipped_folder().is_dir()


def test_a_site_profile_comes_first_and_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "generic-msc"\n[erase]\nenabled = true\nkinds = ["video"]\n')
    (tmp_path / "notes.txt").write_text("no profile")
    profiles = load_profiles(tmp_path)
    assert profiles[0].name == "generic-msc"
    assert {profile.name for profile in profiles} == SHIPPED
    assert profiles[0].erase_enabled


def test_every_problem_of_every_file_is_listed_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        """
        name = "Acme X"
        colour = "red"
        [[match]]
        source = "bluetooth"
        fs_label = "("
        [[identity]]
        source = "port"
        unique = true
        [[identity]]
        pattern = "x"
        [files]
        video = "*.mp4"
        movies = []
        [time]
        name_patterns = ['(?P<year>\\d+)']
        name_zone = "Mars/Phobos"
        [erase]
        kinds = ["marker"]
        enabled = "yes"
        """
    )
    (tmp_path / "b.toml").write_text("name = ")
    (tmp_path / "c.toml").write_text(
        'name = "c"\n[unlock]\nusb_vendor_id = ["1"]\nusb_vender = 1\n[usb]\ninterfaces = ["03"]\n'
    )
    with pytest.raises(ConfigError) as refusal:
        load_profiles(tmp_path)
    problems = [problem.removeprefix(str(tmp_path) + "/") for problem in refusal.value.problems]
    told = {tuple(problem.split(": ")[:2]) for problem in problems}
    keys = {(place, key.partition(" = ")[0]) for place, key in told}
    assert keys == {
        ("a.toml:2", "name"),
        ("a.toml:3", "colour"),
        ("a.toml:5", "match[0].source"),
        ("a.toml:6", "match[0].fs_label"),
        ("a.toml:10", "identity[1].source"),
        ("a.toml:13", "files.video"),
        ("a.toml:14", "files.movies"),
        ("a.toml:16", "time.name_patterns"),
        ("a.toml:17", "time.name_zone"),
        ("a.toml:19", "erase.kinds"),
        ("a.toml:20", "erase.enabled"),
        ("b.toml", "this is not TOML"),
        ("c.toml:3", "unlock.usb_vendor_id"),
        ("c.toml:4", "unlock.usb_vender"),
        ("c.toml:2", "unlock.usb_model_id"),
        ("c.toml:6", "usb.interfaces"),
    }


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[[match]]\nfs_label = "("', "match[0].fs_label"),
        ("[[match]]", "match[0]"),
        ('[[identity]]\nsource = "port"\nunique = true', "identity[0].unique"),
        ('[[identity]]\nsource = "unlock"', "identity[0].source"),
        ('[[identity]]\nsource = "marker"', "identity[0].source"),
        ('[files]\npair_by_name = ["x"]', "files.pair_by_name"),
        ("[time]\nname_patterns = ['(?P<year>x)']", "time.name_patterns"),
        ('[time]\nname_zone = "Mars/Phobos"', "time.name_zone"),
        ('[usb]\ninterfaces = ["03"]', "usb.interfaces"),
        ('[usb]\ninterfaces = ["e0"]', "usb.interfaces"),
    ],
)
def test_what_no_type_can_say_is_refused_with_file_line_and_key(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "acme.toml"
    file.write_text(f'name = "acme"\n{text}\n')
    with pytest.raises(ConfigError) as refusal:
        load_profiles(tmp_path)
    (problem,) = refusal.value.problems
    place, named, _ = problem.split(": ", 2)
    assert place.startswith(f"{file}:")
    assert named.partition(" = ")[0] == key


def test_profiles_for_cameras_come_with_erasing_off() -> None:
    assert not any(profile.erase_enabled for profile in load_profiles() if profile.name in CAMERAS)


def test_a_wrong_file_disables_nothing_but_itself(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text('name = "acme"\n[[match]]\nsource = "usb"\nfs_label = "ACME"\n')
    (tmp_path / "broken.toml").write_text('name = "other"\ncolour = "red"\n')
    found = read_profiles(tmp_path)
    assert {profile.name for profile in found.profiles} == {"acme"} | SHIPPED
    assert len(found.problems) == 1
    assert "colour" in found.problems[0]
    assert found.wrong == {"broken", "other"}


@pytest.mark.parametrize("text", ['name = "generic-msc"\ncolour = 1\n', "name = "])
def test_for_a_sites_wrong_file_the_shipped_profile_stands_in_and_never_erases(tmp_path: Path, text: str) -> None:
    (tmp_path / "generic-msc.toml").write_text(text)
    found = read_profiles(tmp_path)
    assert found.held_back == ("generic-msc",)
    (stands_in,) = (profile for profile in found.profiles if profile.name == "generic-msc")
    assert not any(may_erase_kind(replace(stands_in, erase_enabled=True), kind) for kind in FileKind)


def test_which_file_counts_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('name = "novatek"\n')
    found = read_profiles(tmp_path)
    assert found.overridden == ("novatek",)
    assert dict(found.files)["novatek"] == tmp_path / "own.toml"
    assert dict(found.files)["blackvue"] == shipped_folder() / "blackvue.toml"


def test_the_stations_zone_is_the_one_that_the_pc_is_set_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    clock = tmp_path / "localtime"
    assert local_zone(clock) == "UTC"
    clock.symlink_to("/usr/share/zoneinfo/America/Chicago")
    assert local_zone(clock) == "America/Chicago"
    monkeypatch.setenv("TZ", ":Europe/Berlin")
    assert local_zone(clock) == "Europe/Berlin"
    monkeypatch.setenv("TZ", "CST6CDT,M3.2.0,M11.1.0/nonsense")
    assert local_zone(clock) == "America/Chicago"


def test_two_profiles_of_one_name_in_one_folder_are_a_problem(tmp_path: Path) -> None:
    for file in ("a.toml", "b.toml"):
        (tmp_path / file).write_text('name = "acme"')
    with pytest.raises(ConfigError, match="another profile"):
        load_profiles(tmp_path)


def test_a_site_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profiles(tmp_path / "nowhere")
