"""Promise: an answer is believed only as far as it proves itself. No refusal, early or late, costs a byte, is asked
about in circles, or leaves IT guessing."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product

import pytest

from agent.rules.footage import State
from protocol.messages import SignedReceipt, encode
from simulator.network.fault_proxy import Intercept, Reply, Then
from simulator.network.http_messages import LOGIN_PAGE, RequestHead, answer, tus
from tests.network.place import MIB, Place, until

MOST_REQUESTS = 20
"""While a fault holds: the way to the first refusal, five steps of halving, a curve that doubles from a second on."""

REFUSALS = {
    401: "auth_refused",
    403: "auth_refused",
    409: "offset_conflict",
    413: "chunk_too_large",
    423: "upload_locked",
    429: "central_busy",
    503: "central_busy",
    507: "central_full",
}
FOLLOWED = {429, 503, 507}
"""Where Retry-After counts; the others keep to the curve."""


def to_patches(reply: Reply) -> Intercept:
    """This reply to every chunk; all else goes through."""
    return lambda request: reply if request.method == "PATCH" else None


def to_everything(raw: bytes) -> Intercept:
    return lambda _: Reply(raw, after_body=True)


def endure(place: Place, code: str) -> list[RequestHead]:
    """Let a fault hold for a while: it is named and costs no byte. Returns the requests that it was met with."""
    place.until_named(code)
    seen = place.requests()
    time.sleep(0.5)
    until(lambda: place.requests() > seen, f"{code}: it asks again")
    time.sleep(0.5)
    place.assert_nothing_lost()
    assert not place.is_done()
    return list(place.proxy.requests)


def refused_variant(place: Place, status: int, wait_s: int | None, then: Then) -> None:
    """One way in which a chunk is refused while it is still on its way; then the network heals."""
    asset_id = place.stage(3 * MIB)
    more = {} if wait_s is None else {"Retry_After": str(wait_s)}
    began = time.monotonic()
    with place.transferring(to_patches(Reply(tus(status, **more), then=then))):
        met = endure(place, REFUSALS[status])
        took = time.monotonic() - began
        assert len(met) <= MOST_REQUESTS + took, (status, wait_s, then, [request.method for request in met])
        assert place.station.asset(asset_id).state is State.STAGED
        place.heal()
        place.assert_all_arrived()
    chunks = [request.at for request in met if request.method == "PATCH"]
    if wait_s is not None and status in FOLLOWED:
        gaps = [later - earlier for earlier, later in pairwise(chunks)]
        assert all(gap >= wait_s - 0.01 for gap in gaps), (status, then, gaps)


@pytest.mark.parametrize("status", REFUSALS)
def test_an_early_refusal_is_heard_named_and_obeyed(
    status: int, place_at: Callable[..., Place], tally: Callable[[str], None]
) -> None:
    """No refusal starts an upload anew or costs a byte; each has its name; nobody comes back before they were told.

    Each is answered while the body is in flight: with the connection kept and the body read on, closed at once, and
    kept without another byte being read; with and without Retry-After.
    """
    variants = list(product((None, 1), Then))
    with ThreadPoolExecutor(len(variants)) as pool:
        runs = {
            pool.submit(refused_variant, place_at(f"{wait_s}-{then}"), status, wait_s, then): (wait_s, then)
            for wait_s, then in variants
        }
    problems = {variant: run.exception() for run, variant in runs.items() if run.exception() is not None}
    assert problems == {}
    tally(f"network: {status} in {len(variants)} ways while the body was in flight")


LIES = {
    "more_than_was_sent": tus(204, Upload_Offset=str(10 * MIB)),
    "less_than_was_sent": tus(204, Upload_Offset="1"),
    "no_offset": tus(204),
    "no_number": tus(204, Upload_Offset="all of it"),
    "login_page": LOGIN_PAGE,
    "redirect": answer(302, Location="https://elsewhere.example/uploads/1"),
    "temporary_redirect": answer(307, Location="http://127.0.0.1:9/uploads/1"),
    "empty_200": answer(200),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_claims_other_than_it_was_sent_is_not_believed(place: Place, lie: str) -> None:
    """An offset moves only by what was sent; a page is no answer; a redirect is not followed: nothing is advanced."""
    asset_id = place.stage(2 * MIB)
    with place.transferring(to_patches(Reply(LIES[lie], after_body=True))):
        met = endure(place, "protocol_violation")
        assert len(met) <= MOST_REQUESTS
        asset = place.station.asset(asset_id)
        assert (asset.state, asset.upload_offset) == (State.STAGED, 0)
        place.heal()
        place.assert_all_arrived()


@pytest.mark.parametrize(
    "raw", [LOGIN_PAGE, answer(301, Location="https://portal.example/")], ids=["page", "redirect"]
)
def test_a_captive_portal_that_answers_everything_gets_nothing(place: Place, raw: bytes) -> None:
    """A portal's cheerful 200 is no success: no footage goes out, nothing advances, and status says what is wrong."""
    place.stage(2 * MIB)
    place.stage(10, seed=2)
    with place.transferring(to_everything(raw)):
        met = endure(place, "protocol_violation")
        assert len(met) <= MOST_REQUESTS
        assert not [request for request in met if request.method == "PATCH"]
        said = place.transfer.status().central_message
        assert "central.url" in said or "login page" in said
        place.heal()
        place.assert_all_arrived()


def test_a_head_that_claims_bytes_nobody_sent_is_not_believed(place: Place) -> None:
    """Central can never move a station past what it sent, not even by an honest looking HEAD."""
    place.stage(6 * MIB)
    torn = Reply(b"", then=Then.CLOSE)
    claim = Reply(tus(200, Upload_Offset=str(6 * MIB), Upload_Length=str(6 * MIB)))
    replies = {"PATCH": torn, "HEAD": claim}
    with place.transferring(lambda request: replies.get(request.method)):
        met = endure(place, "protocol_violation")
        assert len(met) <= MOST_REQUESTS
        place.heal()
        place.assert_all_arrived()


def test_a_server_that_takes_everything_and_keeps_nothing_earns_no_receipt(place: Place) -> None:
    """Complete is a claim; only a receipt is evidence. What central never got is sent again, and not in circles."""
    asset_id = place.stage(2 * MIB)

    def swallow(request: RequestHead) -> Reply | None:
        if request.method != "PATCH":
            return None
        end = int(request.headers["upload-offset"]) + request.length
        return Reply(tus(204, Upload_Offset=str(end)), after_body=True)

    with place.transferring(swallow):
        until(lambda: place.station.asset(asset_id).upload_attempt >= 2, "verify found out, and it begins anew")
        before = place.requests()
        time.sleep(0.9)
        assert place.requests() - before <= MOST_REQUESTS
        place.assert_nothing_lost()
        place.heal()
        place.until_done()
        place.assert_nothing_lost()


def test_a_receipt_for_another_file_is_refused(place: Place, place_at: Callable[..., Place]) -> None:
    """A receipt counts for exactly the bytes, the asset and the station that it names, however well it is signed."""
    first = place_at("first")
    first_id = first.stage(1000)
    with first.transferring():
        first.until_done()
    receipt = first.station.asset(first_id).receipt
    assert receipt is not None
    asset_id = place.stage(1000, seed=2)
    body = encode(
        SignedReceipt(
            receipt=receipt.content.decode(), signature=b64encode(receipt.signature).decode(), key_id=receipt.key_id
        )
    )
    forged = Reply(answer(200, body, Content_Type="application/json", Dock_Protocol="1"), after_body=True)
    with place.transferring(lambda request: forged if request.path.endswith("/verify") else None):
        until(lambda: [one for one in place.proxy.seen("POST") if one.path.endswith("/verify")][1:], "it asks twice")
        assert place.station.asset(asset_id).state is State.UPLOADED
        assert place.station.asset(asset_id).receipt is None
        place.heal()
        place.assert_all_arrived()


def test_a_server_that_asks_for_no_wait_is_not_hammered(place: Place) -> None:
    """`Retry-After: 0` is no leave to ask in circles."""
    place.stage(2 * MIB)
    with place.transferring(lambda _: Reply(answer(503, Retry_After="0"), after_body=True)):
        met = endure(place, "central_busy")
        assert len(met) <= 8
        place.heal()
        place.assert_all_arrived()


def test_one_file_that_is_locked_for_ever_holds_up_no_other(place: Place) -> None:
    """One asset's trouble never holds up the others: 423 for one upload, and forty more files arrive."""
    locked = place.stage(2 * MIB)
    with place.transferring(to_patches(Reply(tus(423, Retry_After="0"), after_body=True))):
        place.until_named("upload_locked")
        (path,) = {request.path for request in place.proxy.seen("PATCH")}
        place.proxy.intercept = lambda request: (
            Reply(tus(423, Retry_After="0"), after_body=True) if request.path == path else None
        )
        others = [place.stage(1000 + n, seed=n % 4) for n in range(40)]
        until(
            lambda: all(place.station.asset(one).state is State.VERIFIED for one in others),
            "the others are receipted",
        )
        assert place.station.asset(locked).state is State.STAGED
        asked = sum(request.path == path for request in place.proxy.requests)
        assert asked <= MOST_REQUESTS
        place.heal()
        place.assert_all_arrived()
    assert {request.path for request in place.proxy.seen("PATCH")} == {path}, "the upload was never begun anew"
