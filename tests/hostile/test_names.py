"""Whatever a card calls its files: each is staged, receipted and erased under exactly its own name."""

from __future__ import annotations

import os
import random
import unicodedata
from uuid import uuid4

from agent.rules.bay_words import BayState
from agent.rules.footage import State
from tests.hostile.bay import HostileBay, digests, write

NAMES = {
    "not UTF-8": b"\xff\xfe\x80 clip.mp4",
    "half a UTF-8 character": b"clip\xe2\x82.mp4",
    "a surrogate in UTF-8": b"clip\xed\xa0\x80.mp4",
    "overlong slash": b"..\xc0\xaf..\xc0\xafetc.mp4",
    "newline": b"two\nlines.mp4",
    "carriage return": b"a\r.mp4",
    "every control character": bytes(range(1, 32)).replace(b"/", b"") + b"\x7f.mp4",
    "255 bytes": b"x" * 251 + b".mp4",
    "255 bytes of 3-byte characters": "録".encode() * 83 + b"xx.mp4",
    "looks like the folder above": b"..mp4",
    "looks like it with a space": b".. .mp4",
    "dots of other alphabets": "․․／․․／clip.mp4".encode(),
    "backslashes": b"..\\..\\windows\\clip.mp4",
    "right to left": "‮4pm.pilc‬.mp4".encode(),
    "isolates and zero widths": "⁦cl​ip⁩\u200e\ufeff.mp4".encode(),
    "composed": unicodedata.normalize("NFC", "é clip.mp4").encode(),
    "decomposed": unicodedata.normalize("NFD", "é clip.mp4").encode(),
    "ligature": "ﬁlm.mp4".encode(),
    "the same without": b"film.mp4",
    "upper case twin": b"TWIN.MP4",
    "lower case twin": b"twin.mp4",
    "mixed case twin": b"Twin.Mp4",
    "dotted and dotless i": "İıIi.mp4".encode(),
    "sharp s": "straße.mp4".encode(),
    "its capital": b"STRASSE.MP4",
    "only spaces": b"   .mp4",
    "an option": b"-rf.mp4",
    "a shell": b"$(reboot);`id`&&'\"|.mp4",
    "a glob": b"[a-z]*?.mp4",
    "a format": b"%s%n{0}{}.mp4",
    "SQL": b"'; DROP TABLE assets; --.mp4",
    "JSON": b'","state":"ERASED","x":".mp4',
    "HTML": b"<img src=x onerror=alert(1)>.mp4",
    "terminal escapes": b"\x1b]0;owned\x07\x1b[2J.mp4",
    "a device name of another system": b"CON.mp4",
    "a stream of another system": b"clip.mp4:$DATA.mp4",
    "emoji with joiners": "👮🏽‍♀️🎥.mp4".encode(),
    "one of our own partial copies": f"{uuid4()}.part.mp4".encode(),
}


def test_every_kind_of_name_is_staged_receipted_and_erased_under_exactly_itself(bay: HostileBay) -> None:
    for number, name in enumerate(NAMES.values()):
        write(bay.card, b"DCIM/" + name, b"footage %d" % number)
    before = digests(bay.card)
    assert len(before) == len(NAMES), "this file system folds names; the test needs one that does not"
    bay.to_the_end()
    bay.reckon(before)
    assert digests(bay.card) == {}
    assert bay.says() is BayState.SAFE_TO_REMOVE
    for number, name in enumerate(NAMES.values()):
        (asset,) = bay.at(b"DCIM/" + name)
        assert asset.state is State.ERASED
        assert bay.central.objects[asset.sha256 or ""] == b"footage %d" % number


def test_case_twins_with_sidecars_lose_no_file_that_was_not_receipted(bay: HostileBay) -> None:
    twins = [b"DCIM/CLIP.MP4", b"DCIM/clip.mp4", b"DCIM/Clip.JSON", b"DCIM/clip.json", b"dcim/clip.MP4"]
    for number, name in enumerate(twins):
        write(bay.card, name, b"%d" % number)
    before = digests(bay.card)
    bay.dock()
    bay.deliver()
    write(bay.card, b"DCIM/clip.mp4", b"other content of the same length of life")
    bay.round()
    assert digests(bay.card).keys() >= {b"DCIM/clip.mp4"}, "what was not receipted stays"
    changed = digests(bay.card)[b"DCIM/clip.mp4"]
    bay.to_the_end()
    bay.reckon(before | {b"DCIM/clip.mp4": changed})
    assert digests(bay.card) == {}
    assert len(bay.central.objects) == len(twins) + 1


def test_names_of_our_own_files_on_a_card_are_files_like_any_other(bay: HostileBay) -> None:
    own = f"{uuid4()}"
    names = [f"{own}.footage", f"{own}.json", f"{own}.part", f"{own}.json.part", "ledger.sqlite", "agent.toml"]
    for name in names:
        write(bay.card, name.encode(), name.encode())
    before = digests(bay.card)
    bay.to_the_end()
    bay.reckon(before)
    assert {asset.state for name in names for asset in bay.at(name.encode())} <= {State.ERASED, State.KEPT}
    assert bay.spool.orphans() == []


def test_random_bytes_as_names_travel_unchanged(bay: HostileBay) -> None:
    chance = random.Random(5)
    legal = [byte for byte in range(1, 256) if byte != ord("/")]
    for number in range(60):
        name = bytes(chance.choices(legal, k=chance.choice([1, 2, 3, 8, 60, 251]))) + b".mp4"
        write(bay.card, name, b"%d" % number)
    before = digests(bay.card)
    bay.to_the_end()
    bay.reckon(before)
    assert not os.listdir(bay.card)  # noqa: PTH208
