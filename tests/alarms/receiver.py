"""What a webhook was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Receiver:
    """What was posted to a real server, and what it answers."""

    status: int = 204
    posts: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    def events(self) -> list[str]:
        return [f"{one['kind']} {one['subject']} {one['event']}" for one in self.posts]
