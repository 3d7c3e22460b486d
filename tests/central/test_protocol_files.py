"""The recorded samples and schemas are fresh, central reads them, and the published document tells the truth."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import requests

from protocol import events, messages
from protocol.__main__ import documents, stale
from protocol.calls import CALLS, document
from protocol.chain import GENESIS, event_hash
from tests.central.conftest import StockedServer

SAMPLES = Path(__file__).resolve().parent.parent.parent / "protocol" / "samples"


def test_schemas_and_samples_are_what_the_structs_say() -> None:
    assert stale() == [], "run: python -m protocol"


@pytest.mark.parametrize("name", sorted(p.stem for p in SAMPLES.glob("*.json")))
def test_every_recorded_sample_is_read_by_its_struct_also_with_unknown_fields(name: str) -> None:
    struct = getattr(messages, name)
    text = (SAMPLES / f"{name}.json").read_bytes()
    read = msgspec.json.decode(text, type=struct)
    newer = {**msgspec.json.decode(text), "field_of_a_newer_version": {"deep": [1]}}
    assert msgspec.json.decode(msgspec.json.encode(newer), type=struct) == read


def test_every_message_of_the_table_has_a_sample() -> None:
    wanted = {s.__name__ for c in CALLS for s in (c.request, *c.answers.values()) if s is not None}
    assert wanted <= {p.stem for p in SAMPLES.glob("*.json")}


def test_the_recorded_chain_holds_and_its_bodies_are_understood() -> None:
    batch = msgspec.json.decode((SAMPLES / "EventBatch.json").read_bytes(), type=messages.EventBatch)
    previous = GENESIS
    for number, envelope in enumerate(batch.events, start=1):
        assert (envelope.number, envelope.previous_hash) == (number, previous.hex())
        assert isinstance(events.decode_body(envelope.body), events.Event)
        previous = event_hash(envelope.ledger_uuid, number, previous, envelope.body.encode())


def test_the_published_document_is_the_one_of_the_table(central: StockedServer) -> None:
    answer = requests.get(f"{central.url}/api/v1/openapi.json", timeout=20)
    assert answer.json() == msgspec.json.decode(documents()["schemas/openapi.json"])
    assert answer.json()["openapi"] == "3.1.0"
    schemas = document()["components"]["schemas"]
    for reference in _references(document()):
        assert reference.removeprefix("#/components/schemas/") in schemas


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if "$ref" in node else []
        return here + [ref for value in node.values() for ref in _references(value)]
    return [ref for value in node for ref in _references(value)] if isinstance(node, list) else []


def test_every_call_of_the_table_has_a_door(central: StockedServer) -> None:
    uid = "00000000-0000-4000-8000-000000000000"
    for call in CALLS:
        path = call.path.replace("{asset_id}", uid).replace("{upload_id}", uid)
        answer = requests.request(call.method, f"{central.url}/api/v1{path}", timeout=20)
        assert answer.status_code != 405, call.name
        assert answer.status_code in call.answers, (call.name, answer.status_code)
        assert answer.headers["Dock-Protocol"] == "1"
        if not call.open:
            assert answer.status_code == 401
