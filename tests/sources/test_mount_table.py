"""The kernel's table of mounts in places where it says one thing twice."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.adapters.mount_table import mount_at, mount_of, mounts
from tests.leaving_nothing import mounted


@pytest.mark.part("root")
def test_of_two_mounts_at_one_place_it_is_the_one_that_the_path_leads_into(tmp_path: Path) -> None:
    """As in a sandbox with ReadWritePaths=-/media: a card that is mounted later appears there and underneath."""
    with ExitStack() as stack:
        host = stack.enter_context(mounted("host", tmp_path / "host", "-t", "tmpfs"))
        subprocess.run(["mount", "--make-shared", str(host)], check=True)
        media = host / "media"
        media.mkdir()
        stack.enter_context(mounted(str(media), media, "--bind"))
        card = stack.enter_context(mounted("card", media / "card", "-t", "tmpfs"))
        there = [one.number for one in mounts() if one.point == str(card)]
        assert len(there) == 2
        handle = os.open(card, os.O_RDONLY)
        reached = mount_of(handle)
        os.close(handle)
        found = mount_at(str(card))
        assert found is not None
        assert found.number == reached
        assert found.source == "card"


def test_a_plain_folder_is_no_mount(tmp_path: Path) -> None:
    assert mount_at(str(tmp_path)) is None
    assert mount_at(str(tmp_path / "missing")) is None
