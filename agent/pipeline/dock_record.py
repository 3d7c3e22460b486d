"""Records that a camera docked: once per dock session, under a name that no other docked camera bears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from agent.pipeline.bench import Bench
from agent.pipeline.identify import Identified, facts_of
from agent.rules import changes as c
from agent.rules.footage import DockSession, Presence
from agent.rules.identity import told_apart

log = structlog.get_logger(__name__)

Absence = Callable[[str], datetime | None]
"""Until when an earlier run proves that this camera was not docked here."""
Beside = Callable[[str], list[c.Change]]
"""What is recorded in the same commit, once the camera has its name."""


def _nothing(_camera: str) -> list[c.Change]:
    return []


@dataclass(frozen=True, slots=True)
class DockRecord:
    """One dock session to be."""

    bench: Bench
    presence: Presence
    session: UUID
    absence: Absence

    def commit(
        self, identified: Identified, beside: Beside = _nothing, clock_offset_s: float | None = None
    ) -> DockSession | None:
        """Record the dock. Two cameras that claim one name stay two, and neither is unique."""
        bench, identity = self.bench, identified.identity
        other = bench.name_camera(identity.camera, self.session)
        if other is not None:
            identity = told_apart(identity, facts_of(self.presence))
            bench.name_camera(identity.camera, self.session)
        elif bench.is_contested(identity.camera):
            identity = replace(identity, unique=False)  # the other one was told apart before, and is still here
        at, facts = bench.clock.now(), self.presence.facts
        docked = c.CameraDocked(
            at=at,
            session=self.session,
            key=self.presence.key,
            source=self.presence.source,
            bay=self.presence.bay,
            bay_label=bench.settings.bay_labels.get(self.presence.bay, self.presence.bay),
            camera=identity.camera,
            identity_source=identity.source,
            identity_unique=identity.unique,
            profile=identified.profile.name,
            proves_dock=self.presence.proves_dock,
            seen_at=self.presence.seen_at.wall,
            absent_until=self._absent_until(identity.camera),
            facts=facts,
            clock_offset_s=clock_offset_s,
        )
        records: list[c.Change] = [docked, *beside(identity.camera)]
        if not identified.known_model:
            records.append(c.UnknownCamera(at=at, session=self.session, camera=identity.camera, facts=facts))
        if other is not None:
            records.append(
                c.IdentityClash(at=at, session=self.session, camera=identified.identity.camera, other_session=other)
            )
        bench.ledger.commit(*records)
        return bench.ledger.session(self.session)

    def _absent_until(self, camera: str) -> datetime | None:
        if self.presence.absent_until is not None:
            return self.presence.absent_until.wall
        proven = self.absence(camera)
        return proven if proven is not None and proven <= self.presence.seen_at.wall else None


def say_docked(docked: DockSession | None) -> None:
    """To the log; only once the session itself knows, since writing takes time and rounds look at sessions."""
    if docked is not None:
        where = {"bay": docked.bay, "session": str(docked.session)}
        log.info("camera_docked", **where, camera=docked.camera, profile=docked.profile)
