"""Which video a sidecar belongs to: same folder, and the sidecar's stem is the video's stem or its whole name."""

from __future__ import annotations


def video_names(video: bytes) -> frozenset[bytes]:
    """The names under which a sidecar may claim this video. Letter case does not matter, cards ignore it."""
    folder, slash, name = video.rpartition(b"/")
    return frozenset({folder + slash + _stem(name).lower(), folder + slash + name.lower()})


def claimed_by(sidecar: bytes) -> bytes:
    """The name under which this sidecar claims a video: its own path without the last ending."""
    folder, slash, name = sidecar.rpartition(b"/")
    return folder + slash + _stem(name).lower()


def _stem(name: bytes) -> bytes:
    head, dot, _ = name.rpartition(b".")
    return head if dot and head else name
