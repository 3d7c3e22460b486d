"""What tus 1.0 says a server does, row by row. A row returns, or raises Differs or NotOffered."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tests.conformance.client import STREAM, Client, NotOffered, checksum, must

KIB = 1024
MIB = 1 << 20
SHA = ("sha256", "sha1")


def options_names_version_and_extensions(client: Client) -> None:
    answer = client.ask("OPTIONS", client.server.creation_url(uuid.uuid4()), Tus_Resumable=None)
    must(answer.status_code in (200, 204), f"answers {answer.status_code}")
    must("1.0.0" in answer.headers.get("Tus-Version", ""), "names no Tus-Version")
    must("creation" in answer.headers.get("Tus-Extension", ""), "names no extension creation")


def every_answer_names_the_version(client: Client) -> None:
    url = client.create(10)
    answers = {
        "HEAD": client.head(url),
        "PATCH": client.patch(url, 0, b"0123456789"),
        "409": client.patch(url, 3, b"x"),
    }
    silent = [name for name, answer in answers.items() if answer.headers.get("Tus-Resumable") != "1.0.0"]
    must(not silent, f"no Tus-Resumable on {', '.join(silent)}")


def pieces_are_stored_exactly_as_sent(client: Client) -> None:
    data = os.urandom(300 * KIB + 1)
    url = client.create(len(data))
    for start, end in ((0, 1), (1, 100 * KIB), (100 * KIB, len(data))):
        answer = client.patch(url, start, data[start:end])
        must(answer.status_code == 204, f"PATCH answers {answer.status_code}")
        must(answer.headers.get("Upload-Offset") == str(end), f"says {answer.headers.get('Upload-Offset')} for {end}")
    client.check_stored(url, data)


def head_tells_offset_and_length(client: Client) -> None:
    url = client.create(20)
    client.patch(url, 0, b"0123456")
    answer = client.head(url)
    must(answer.status_code in (200, 204), f"answers {answer.status_code}")
    told = (answer.headers.get("Upload-Offset"), answer.headers.get("Upload-Length"))
    must(told == ("7", "20"), f"says {told[0]} of {told[1]}")


def head_is_never_cached(client: Client) -> None:
    answer = client.head(client.create(20))
    told = answer.headers.get("Cache-Control", "")
    must("no-store" in told, f"says Cache-Control: {told}" if told else "says no Cache-Control")


def another_offset_is_refused_with_409(client: Client) -> None:
    data = os.urandom(8 * KIB)
    url = client.create(len(data))
    client.patch(url, 0, data[: 4 * KIB])
    for wrong in (0, 1, 5 * KIB):
        answer = client.patch(url, wrong, data[wrong : wrong + KIB])
        must(answer.status_code == 409, f"offset {wrong} answers {answer.status_code}")
    client.finish(url, data)


def another_content_type_is_refused_with_415(client: Client) -> None:
    url = client.create(10)
    answer = client.patch(url, 0, b"0123456789", Content_Type="application/octet-stream")
    must(answer.status_code == 415, f"answers {answer.status_code}")
    must(client.offset(url) == 0, "takes the bytes")


def another_version_is_refused_with_412(client: Client) -> None:
    url = client.create(10)
    for version in (None, "0.2.2"):
        answer = client.patch(url, 0, b"0123456789", Tus_Resumable=version)
        must(answer.status_code == 412, f"Tus-Resumable {version or 'missing'} answers {answer.status_code}")
        must("1.0.0" in answer.headers.get("Tus-Version", ""), "412 without Tus-Version")
    must(client.offset(url) == 0, "takes the bytes")


def an_unknown_upload_is_not_found(client: Client) -> None:
    known = client.create(10)
    unknown = known[:-6] + ("000000" if not known.endswith("000000") else "111111")
    head, patch = client.head(unknown), client.patch(unknown, 0, b"x")
    must(head.status_code in (403, 404, 410), f"HEAD answers {head.status_code}")
    must(patch.status_code in (403, 404, 410), f"PATCH answers {patch.status_code}")
    must("Upload-Offset" not in head.headers, "HEAD tells an offset")


def a_missing_or_odd_offset_is_refused(client: Client) -> None:
    url = client.create(10)
    for odd in (None, "-1", "1e1", "abc"):
        answer = client.patch(url, 0, b"x", Upload_Offset=odd)
        must(400 <= answer.status_code < 500, f"Upload-Offset {odd} answers {answer.status_code}")
    must(client.offset(url) == 0, "takes the bytes")


def bytes_past_the_length_are_refused(client: Client) -> None:
    data = os.urandom(4 * KIB)
    url = client.create(len(data))
    answer = client.patch(url, 0, data + b"more")
    must(400 <= answer.status_code < 500, f"answers {answer.status_code}")
    client.finish(url, data)


def a_patch_can_come_as_a_post(client: Client) -> None:
    url = client.create(10)
    told = {"Content_Type": STREAM, "Upload_Offset": "0", "X_HTTP_Method_Override": "PATCH"}
    answer = client.ask("POST", url, b"0123456789", **told)
    must(answer.status_code == 204, f"answers {answer.status_code}")
    must(client.offset(url) == 10, "stores nothing")


def a_broken_request_keeps_what_arrived(client: Client) -> None:
    data = os.urandom(2 * MIB)
    url = client.create(len(data))
    client.half(url, 0, data, MIB).close()
    client.wait_arrived(data, MIB)  # a question that comes sooner may end a request whose bytes are still on the way
    at = client.settled_offset(url)
    must(at <= MIB, f"says {at} of {MIB} sent bytes")
    client.finish(url, data)
    must(at == MIB, f"keeps {at} of {MIB} sent bytes")


def an_upload_without_metadata_is_an_upload(client: Client) -> None:
    data = os.urandom(4 * KIB)
    url = client.place(client.creation(Upload_Length=str(len(data)), Upload_Metadata=None))
    client.patch(url, 0, data[:KIB])
    client.finish(url, data)


def creation_of_nothing_is_complete(client: Client) -> None:
    must(client.offset(client.create(0)) == 0, "says another offset")


def an_odd_length_is_refused(client: Client) -> None:
    for odd in ("-1", "abc", "", None):
        answer = client.creation(Upload_Length=odd)
        must(400 <= answer.status_code < 500, f"Upload-Length {odd!r} answers {answer.status_code}")


def a_deferred_length_is_honoured_or_refused(client: Client) -> None:
    answer = client.creation(Upload_Defer_Length="1")
    if "creation-defer-length" not in client.extensions():
        must(400 <= answer.status_code < 500, f"not offered, but answers {answer.status_code}")
        return
    url, data = client.place(answer), os.urandom(4 * KIB)
    must(client.head(url).headers.get("Upload-Defer-Length") == "1", "HEAD does not say Upload-Defer-Length")
    first = client.patch(url, 0, data[:KIB])
    must(first.status_code == 204, f"PATCH before the length answers {first.status_code}")
    rest = client.patch(url, KIB, data[KIB:], Upload_Length=str(len(data)))
    must(rest.status_code == 204, f"PATCH with the length answers {rest.status_code}")
    client.check_stored(url, data)


def creation_takes_the_first_bytes_along(client: Client) -> None:
    client.needs("creation-with-upload")
    data = os.urandom(64 * KIB)
    answer = client.creation(data=data[: 40 * KIB], Upload_Length=str(len(data)))
    url = client.place(answer)
    told = answer.headers.get("Upload-Offset")
    must(told == str(40 * KIB), f"creation says Upload-Offset: {told}")
    client.finish(url, data)


def creation_takes_a_whole_file_along(client: Client) -> None:
    client.needs("creation-with-upload")
    data = os.urandom(64 * KIB)
    client.check_stored(client.place(client.creation(data=data, Upload_Length=str(len(data)))), data)


def the_same_key_gives_the_same_upload(client: Client) -> None:
    key, data = uuid.uuid4(), os.urandom(4 * KIB)
    first = client.create(len(data), key)
    client.patch(first, 0, data[:KIB])
    again = client.creation(key, Upload_Length=str(len(data)))
    if again.status_code != 201 or client.place(again) != first:
        raise NotOffered
    must(again.headers.get("Upload-Offset") in (None, str(KIB)), "says another offset")
    client.finish(first, data)


def _algorithm(client: Client) -> str:
    client.needs("checksum")
    answer = client.ask("OPTIONS", client.server.creation_url(uuid.uuid4()))
    known = answer.headers.get("Tus-Checksum-Algorithm", "").replace(" ", "").split(",")
    return next((name for name in SHA if name in known), "sha1")


def a_right_checksum_is_taken(client: Client) -> None:
    algorithm, data = _algorithm(client), os.urandom(8 * KIB)
    url = client.create(len(data))
    answer = client.patch(url, 0, data, Upload_Checksum=checksum(data, algorithm))
    must(answer.status_code == 204, f"{algorithm} answers {answer.status_code}")
    client.check_stored(url, data)


def sha1_is_known(client: Client) -> None:
    client.needs("checksum")
    data = os.urandom(4 * KIB)
    url = client.create(len(data))
    answer = client.patch(url, 0, data, Upload_Checksum=checksum(data, "sha1"))
    must(answer.status_code == 204, f"answers {answer.status_code}")
    client.check_stored(url, data)


def a_wrong_checksum_is_refused_with_460(client: Client) -> None:
    algorithm, data = _algorithm(client), os.urandom(8 * KIB)
    url = client.create(len(data))
    client.patch(url, 0, data[: 4 * KIB])
    bad = checksum(b"other bytes", algorithm)
    answer = client.patch(url, 4 * KIB, os.urandom(4 * KIB), Upload_Checksum=bad)
    must(answer.status_code == 460, f"answers {answer.status_code}")
    must(client.offset(url) == 4 * KIB, "counts the bytes")
    client.finish(url, data)


def an_unknown_checksum_is_refused_with_400(client: Client) -> None:
    client.needs("checksum")
    url = client.create(10)
    answer = client.patch(url, 0, b"0123456789", Upload_Checksum="crc7 AAAA")
    must(answer.status_code == 400, f"answers {answer.status_code}")
    must(client.offset(url) == 0, "takes the bytes")


def half_a_checked_piece_counts_nothing(client: Client) -> None:
    algorithm, data = _algorithm(client), os.urandom(2 * MIB)
    url = client.create(len(data))
    client.half(url, 0, data, MIB, Upload_Checksum=checksum(data, algorithm)).close()
    at = client.settled_offset(url)
    must(at == 0, f"counts {at} bytes that it could not check")
    client.finish(url, data)


def an_unfinished_upload_says_when_it_expires(client: Client) -> None:
    client.needs("expiration")
    url = client.create(10)
    told = client.patch(url, 0, b"01234").headers.get("Upload-Expires", "")
    if not told:
        raise NotOffered  # nothing expires with this server's defaults, so there is nothing to say
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        at = datetime.min.replace(tzinfo=UTC)
    must(told.endswith("GMT") and at > datetime.now(UTC), f"says Upload-Expires: {told}")


def nothing_can_be_deleted(client: Client) -> None:
    data = os.urandom(4 * KIB)
    url = client.create(len(data))
    client.patch(url, 0, data[:KIB])
    answer = client.ask("DELETE", url)
    must(answer.status_code >= 400, f"DELETE answers {answer.status_code}")
    client.finish(url, data)


ROWS = {
    "core": (
        options_names_version_and_extensions,
        every_answer_names_the_version,
        pieces_are_stored_exactly_as_sent,
        head_tells_offset_and_length,
        head_is_never_cached,
        another_offset_is_refused_with_409,
        another_content_type_is_refused_with_415,
        another_version_is_refused_with_412,
        an_unknown_upload_is_not_found,
        a_missing_or_odd_offset_is_refused,
        bytes_past_the_length_are_refused,
        a_patch_can_come_as_a_post,
        a_broken_request_keeps_what_arrived,
    ),
    "creation": (
        an_upload_without_metadata_is_an_upload,
        creation_of_nothing_is_complete,
        an_odd_length_is_refused,
        a_deferred_length_is_honoured_or_refused,
        creation_takes_the_first_bytes_along,
        creation_takes_a_whole_file_along,
        the_same_key_gives_the_same_upload,
    ),
    "checksum": (
        a_right_checksum_is_taken,
        sha1_is_known,
        a_wrong_checksum_is_refused_with_460,
        an_unknown_checksum_is_refused_with_400,
        half_a_checked_piece_counts_nothing,
    ),
    "expiration": (an_unfinished_upload_says_when_it_expires,),
    "termination": (nothing_can_be_deleted,),
}
