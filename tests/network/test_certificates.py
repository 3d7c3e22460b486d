"""Promise: a station speaks only to a server whose certificate the site's CA has signed, for that name, for today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.network.certificates import new_authority
from tests.network.place import MIB, Place, until


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("expired", "expired"),
        ("wrong_name", "IP address mismatch"),
        ("wrong_ca", "self-signed|unable to get local issuer"),
    ],
)
def test_a_wrong_certificate_is_shown_no_credential_and_no_byte(
    place_at: Callable[..., Place], tmp_path: Path, trouble: str, says: str
) -> None:
    """Neither the credential nor footage ever goes to a server that cannot prove who it is; status tells IT why."""
    ours, theirs = new_authority(tmp_path, "ours"), new_authority(tmp_path, "theirs")
    shown = {
        "expired": ours.server(expired=True),
        "wrong_name": ours.server("10.0.0.9"),
        "wrong_ca": theirs.server(),
    }[trouble]
    place = place_at(tls=shown, ca_file=ours.file)
    place.stage(2 * MIB)
    place.stage(10, seed=2)
    with place.transferring() as transfer:
        place.until_named("tls")
        until(lambda: any(one.attempts > 1 for one in transfer.status().in_trouble), "it tried again")
        said = transfer.status().central_message
        assert any(word in said for word in says.split("|")), said
        assert "ca_file" in said
        assert "clock" in said
        place.assert_nothing_lost()
        assert not place.is_done()
    assert place.proxy.requests == []


def test_footage_arrives_over_tls_whatever_breaks_in_between(place_at: Callable[..., Place], tmp_path: Path) -> None:
    """What holds for a plain connection holds under TLS: cuts cost one chunk, silence ends, nothing is lost."""
    ours = new_authority(tmp_path, "ours")
    place = place_at(tls=ours.server(), ca_file=ours.file)
    place.link.cut_every = 700 * 1024
    place.stage(2 * MIB)
    with place.transferring():
        until(lambda: place.link.cuts >= 2, "the link was cut")
        place.link.cut_every, place.link.black_hole = None, True
        until(lambda: "stalled" in place.named(), "silence was noticed")
        place.heal()
        place.assert_all_arrived()
