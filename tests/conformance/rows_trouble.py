"""What must hold when two write at once, when the server is killed, and when its disk is not as it left it."""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress

from tests.conformance.client import Client, NotOffered, must, status_of
from tests.conformance.rows_protocol import KIB, MIB


def one_of_two_writers_wins(client: Client) -> None:
    ours, theirs = os.urandom(MIB), os.urandom(MIB)
    url = client.create(MIB)
    first = client.half(url, 0, ours, MIB // 2)
    client.wait_arrived(ours, MIB // 2)
    second = client.begin("PATCH", url, MIB, Upload_Offset="0")
    second_said = _finished(second, theirs)
    first_said = _finished(first, ours[MIB // 2 :])
    must((first_said, second_said) != (204, 204), "says 204 to both")
    if not any(client.server.holds(url, data) for data in (ours, theirs)):
        # Neither got through: what is there must be the beginning of one of them.
        at = client.settled_offset(url)
        part = client.server.part_of(ours) or client.server.part_of(theirs)
        must(at == 0 or part is not None, "the two are mixed")
        client.finish(url, ours if client.server.part_of(theirs) is None else theirs)


def head_during_a_patch_tells_an_offset_that_holds(client: Client) -> None:
    data = os.urandom(2 * MIB)
    url = client.create(len(data))
    stuck = client.half(url, 0, data, MIB)
    client.wait_arrived(data, MIB)
    at = client.offset(url)
    must(at <= MIB, f"says {at} of {MIB} sent bytes")
    answer = client.patch(url, at, data[at:])
    stuck.close()
    must(answer.status_code in (204, 409, 423), f"going on answers {answer.status_code}")
    client.finish(url, data)


def a_kill_after_204_loses_nothing(client: Client) -> None:
    data = os.urandom(2 * MIB)
    url = client.create(len(data))
    answer = client.patch(url, 0, data[:MIB])
    _back_after_kill(client)
    must(answer.status_code == 204, f"PATCH answers {answer.status_code}")
    at = client.offset(url)
    must(at >= MIB, f"says {at} after it had acknowledged {MIB}")
    client.finish(url, data)


def a_kill_in_the_middle_of_a_patch_is_resumed(client: Client) -> None:
    data = os.urandom(6 * MIB)
    url = client.create(len(data))
    client.patch(url, 0, data[:MIB])
    client.half(url, MIB, data[MIB:], 3 * MIB)
    client.wait_arrived(data, 2 * MIB)
    _back_after_kill(client)
    at = client.offset(url)
    must(at >= MIB, f"says {at} after it had acknowledged {MIB}")
    must(at <= 4 * MIB, f"says {at} of {4 * MIB} sent bytes")
    client.finish(url, data)


def the_offset_after_a_kill_is_backed_by_bytes(client: Client) -> None:
    data = os.urandom(4 * MIB)
    url = client.create(len(data))
    client.half(url, 0, data, 3 * MIB)
    client.wait_arrived(data, 2 * MIB)
    client.server.kill()
    part = client.server.part_of(data)
    there = part.stat().st_size if part is not None else 0
    client.server.start()
    at = client.offset(url)
    if part is None and at > 0:
        raise NotOffered
    must(at <= there, f"says {at}, its file has {there}")


def a_kill_during_creation_can_be_done_again(client: Client) -> None:
    data, key = os.urandom(2 * MIB), uuid.uuid4()
    with_body = "creation-with-upload" in client.extensions()
    told = {"Upload_Length": str(len(data)), "Idempotency_Key": str(key)}
    metadata = client.creation(uuid.uuid4(), Upload_Length="1").request.headers["Upload-Metadata"]
    connection = client.begin(
        "POST", client.server.creation_url(key), len(data) if with_body else 0, **told, Upload_Metadata=str(metadata)
    )
    if with_body:
        connection.sendall(data[:MIB])
    _back_after_kill(client)
    client.finish(client.create(len(data), key), data)


def a_restart_keeps_every_unfinished_upload(client: Client) -> None:
    contents = [os.urandom(256 * KIB) for _ in range(3)]
    urls = [client.create(len(data)) for data in contents]
    for reached, (url, data) in enumerate(zip(urls, contents, strict=True)):
        client.patch(url, 0, data[: reached * 100 * KIB]) if reached else None
    _back_after_kill(client)
    offsets = [client.offset(url) for url in urls]
    must(offsets == [0, 100 * KIB, 200 * KIB], f"says {offsets}")
    for url, data in zip(urls, contents, strict=True):
        client.finish(url, data)


def a_finished_upload_says_so_after_a_kill(client: Client) -> None:
    data = os.urandom(256 * KIB)
    url = client.create(len(data))
    client.patch(url, 0, data)
    _back_after_kill(client)
    client.check_stored(url, data)
    answer = client.head(url)
    must(answer.status_code in (200, 204), f"HEAD answers {answer.status_code}")
    must(answer.headers.get("Upload-Offset") == str(len(data)), "HEAD says another offset")


def a_torn_tail_is_noticed(client: Client) -> None:
    """The disk lost the end of what was acknowledged: the bytes must be asked for again, never be a hole."""
    data = os.urandom(2 * MIB)
    url = client.create(len(data))
    client.patch(url, 0, data[:MIB])
    client.server.kill()
    part = client.server.part_of(data)
    if part is not None:
        os.truncate(part, MIB // 2 + 1)
    client.server.start()
    if part is None:
        raise NotOffered
    answer = client.head(url)
    if answer.status_code >= 400:
        return  # it gives the upload up: the client begins anew
    told = int(answer.headers.get("Upload-Offset", "0"))
    must(told <= MIB // 2 + 1, f"still says {told}, its file has {MIB // 2 + 1}")
    client.finish(url, data)


def foreign_bytes_behind_a_part_are_not_taken(client: Client) -> None:
    """A torn write left bytes behind the acknowledged end that no client sent."""
    data = os.urandom(2 * MIB)
    url = client.create(len(data))
    client.patch(url, 0, data[:MIB])
    client.server.kill()
    part = client.server.part_of(data)
    if part is not None:
        with part.open("ab") as file:
            file.write(b"\xee" * 5000)
    client.server.start()
    if part is None:
        raise NotOffered
    told = client.offset(url)
    must(told <= MIB, f"says {told}: it takes 5000 bytes that nobody sent")
    client.finish(url, data)


def _finished(connection: socket.socket, rest: bytes) -> int | None:
    """Send the rest of a body as far as it is taken; the answer's status."""
    with suppress(OSError):
        connection.sendall(rest)
    said = status_of(connection)
    connection.close()
    return said


def _back_after_kill(client: Client) -> None:
    client.server.kill()
    client.server.start()


ROWS = {
    "two at once": (one_of_two_writers_wins, head_during_a_patch_tells_an_offset_that_holds),
    "SIGKILL": (
        a_kill_after_204_loses_nothing,
        a_kill_in_the_middle_of_a_patch_is_resumed,
        the_offset_after_a_kill_is_backed_by_bytes,
        a_kill_during_creation_can_be_done_again,
        a_restart_keeps_every_unfinished_upload,
        a_finished_upload_says_so_after_a_kill,
    ),
    "a disk that lost or gained bytes": (a_torn_tail_is_noticed, foreign_bytes_behind_a_part_are_not_taken),
}
