"""Profiles as files: the shipped ones, a site's own, and wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.adapters.profile_files import load_profiles, shipped_folder
from agent.errors import ConfigError


def test_the_shipped_profiles_load_and_are_the_ones_that_the_program_relies_on() -> None:
    assert {profile.name for profile in load_profiles()} == {"folder", "generic-msc", "unknown"}
    assert shipped_folder().is_dir()


def test_a_site_profile_comes_first_and_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "generic-msc"\n[erase]\nenabled = true\nkinds = ["video"]\n')
    (tmp_path / "notes.txt").write_text("no profile")
    profiles = load_profiles(tmp_path)
    assert [profile.name for profile in profiles] == ["generic-msc", "folder", "unknown"]
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
    with pytest.raises(ConfigError) as refusal:
        load_profiles(tmp_path)
    keys = [problem.split(": ")[1] for problem in refusal.value.problems]
    assert sorted(keys) == sorted(
        [
            "colour",
            "name",
            "match[1].source",
            "match[1].fs_label",
            "identity[1].unique",
            "identity[2].source",
            "files.video",
            "files.movies",
            "time.name_patterns[1]",
            "time.name_zone",
            "erase.kinds",
            "erase.enabled",
            "not TOML",
        ]
    )
    assert all(str(tmp_path) in problem for problem in refusal.value.problems)


def test_two_profiles_of_one_name_in_one_folder_are_a_problem(tmp_path: Path) -> None:
    for file in ("a.toml", "b.toml"):
        (tmp_path / file).write_text('name = "acme"')
    with pytest.raises(ConfigError, match="another profile"):
        load_profiles(tmp_path)


def test_a_site_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profiles(tmp_path / "nowhere")
