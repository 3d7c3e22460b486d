"""The doors for looking assets up, verifying them and fetching receipts."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from central.custody.assets import find_claimed
from central.custody.models import Asset
from central.custody.object_store import Digest
from central.custody.receipts import signed, valid_receipt
from central.custody.verification import Incomplete, Mismatched, Verified
from central.custody.verifier import Hashing, Unreadable
from central.intake.answers import Refused, json_answer, store_full
from central.intake.doors import door
from central.intake.workplace import verifier
from protocol.messages import HashingAnswer, LookupAnswer, LookupRequest, MismatchAnswer, VerifyRequest

VERIFY_WAIT_S = 1.0
"""How long a verify call waits for its result before it answers 202."""


def own_asset(station: str, asset_id: UUID) -> Asset:
    """The station's own asset.

    Raises:
        Refused: 404, also when it belongs to another station.
    """
    asset = Asset.objects.filter(pk=asset_id, station_id=station).first()
    if asset is None:
        raise Refused(404, "unknown_asset", "this station has no such asset at central", "upload it first")
    return asset


@door("lookup")
def look_up(request: HttpRequest, station: str, message: LookupRequest) -> HttpResponse:
    found = [find_claimed(station, c.camera, c.path_b64, c.sha256, c.size) for c in message.claims]
    return json_answer(LookupAnswer(assets=found))


@door("verify")
def verify(request: HttpRequest, station: str, message: VerifyRequest, asset_id: UUID) -> HttpResponse:
    own_asset(station, asset_id)
    outcome = verifier().ask(asset_id, Digest(message.sha256, message.size), VERIFY_WAIT_S)
    match outcome:
        case Verified(receipt):
            return json_answer(signed(receipt))
        case Mismatched(found):
            return json_answer(MismatchAnswer(sha256=found.sha256, size=found.size), 409)
        case Hashing(hashed):
            return json_answer(HashingAnswer(hashed=hashed, size=message.size), 202)
        case Incomplete(None):
            raise Refused(422, "no_upload", "no bytes of this asset are stored", "upload it, then ask again")
        case Incomplete(offset):
            raise Refused(422, "upload_incomplete", f"the upload ends at byte {offset}", "finish it, then ask again")
        case Unreadable(is_full=True):
            raise store_full()
        case Unreadable(reason):
            raise Refused(
                503,
                "store_unreadable",
                f"the stored bytes could not be read back; no receipt was given ({reason})",
                "keep the file and ask again later",
                Retry_After="5",
            )
    raise AssertionError(outcome)


@door("receipt")
def tell_receipt(request: HttpRequest, station: str, asset_id: UUID) -> HttpResponse:
    receipt = valid_receipt(own_asset(station, asset_id))
    if receipt is None:
        raise Refused(404, "no_receipt", "no receipt of the present store epoch was given", "call verify")
    return json_answer(signed(receipt))
