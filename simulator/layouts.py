"""How the cards of different camera models look: which files, under which names, in which zone. One layout for each
shipped profile; what the profile's file calls unproven is as unproven here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.adapters.local_zone import local_zone
from agent.rules.recording_time import zone_named
from simulator.clips import CardPlan, Clip, sidecar_of

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Layout:
    """One model's card. Each function gets the serial, the clip's number and its start as the camera shows it."""

    videos: Callable[[str, int, datetime], tuple[str, ...]]
    """A file for each lens."""
    beside: Callable[[str, int, datetime, bytes], Files]
    """What a finished clip leaves beside its video; the last argument is the simulated camera's metadata."""
    once: Callable[[str], Files]
    """What is on the card from the beginning."""
    local: bool = False
    """Names, containers and the digits of a FAT show the camera's local time."""

    def shown(self, at: datetime) -> datetime:
        """The instant as the camera's clock shows it, without a zone."""
        return (at.astimezone(zone_named(local_zone())) if self.local else at).replace(tzinfo=None)


def _plain_stem(serial: str, number: int, at: datetime) -> str:
    return f"DCIM/{at:%Y%m%d}/{serial}_{at:%Y%m%d%H%M%S}_{number:04d}"


def _blackvue(at: datetime, number: int) -> str:
    return f"BlackVue/Record/{at:%Y%m%d_%H%M%S}_{'E' if number % 3 == 0 else 'N'}"


def _recording(serial: str, at: datetime) -> str:
    return f"0b6c1c1a-17e5-4f0e-9d57-2f6b1d1f7a01_{serial}_{at:%Y%m%d_%H%M%S}"


def _axis_clip(number: int, at: datetime) -> str:
    return f"{at:%Y%m%d_%H%M%S}_{number:04X}"


def _axis_beside(serial: str, number: int, at: datetime, metadata: bytes) -> Files:
    folder, clip = _recording(serial, at), _axis_clip(number, at)
    trail = f"{clip}_{serial}_gpstrail.json"
    mark = f"bookmark_{at:%Y%m%dT%H%M%SZ}_{number}"
    described = [f"{clip}.mkv", f"{clip}.key", trail, mark]
    return {
        f"{folder}/{clip}.key": b'{"EncryptedKey": "simulated"}\n',
        f"{folder}/{trail}": metadata,
        f"{folder}/{mark}": b"",
        **{f"{folder}/{folder}.{name}.metadata.json": b'{"FileType": "simulated"}\n' for name in described},
        f"{folder}/{folder}.metadata.json": b'{"Status": "Complete"}\n',
        f"{folder}/complete": b"",
    }


LAYOUTS = {
    "generic-msc": Layout(
        videos=lambda serial, number, at: (f"{_plain_stem(serial, number, at)}.MP4",),
        beside=lambda serial, number, at, data: {f"{_plain_stem(serial, number, at)}.JSON": data},
        once=lambda serial: {"BWC.ID": f"{serial}\n".encode()},
    ),
    "novatek": Layout(
        videos=lambda _serial, number, at: (
            f"CARDV/MOVIE/{'RO/' if number % 3 == 0 else ''}{at:%Y_%m%d_%H%M%S}_{number:03d}.MP4",
        ),
        beside=lambda _serial, number, at, _data: {
            f"CARDV/PHOTO/{at:%Y_%m%d_%H%M%S}_{number:03d}.JPG": b"\xff\xd8 simulated"
        },
        once=lambda _serial: {},
        local=True,
    ),
    "blackvue": Layout(
        videos=lambda _serial, number, at: (f"{_blackvue(at, number)}F.mp4", f"{_blackvue(at, number)}R.mp4"),
        beside=lambda _serial, number, at, data: {
            f"{_blackvue(at, number)}.gps": data,
            f"{_blackvue(at, number)}.3gf": bytes(10),
            f"{_blackvue(at, number)}F.thm": b"\xff\xd8 front",
            f"{_blackvue(at, number)}R.thm": b"\xff\xd8 rear",
        },
        once=lambda _serial: {"BlackVue/Config/config.ini": b"[Tab1]\nTimeSet=0\n"},
        local=True,
    ),
    "transcend-body": Layout(
        videos=lambda _serial, number, at: (f"DPB30/{at:%Y_%m%d_%H%M%S}_{number:03d}.MP4",),
        beside=lambda *_: {},
        once=lambda _serial: {},
        local=True,
    ),
    "axis-export": Layout(
        videos=lambda serial, number, at: (f"{_recording(serial, at)}/{_axis_clip(number, at)}.mkv",),
        beside=_axis_beside,
        once=lambda _serial: {},
    ),
    "gat947": Layout(
        videos=lambda serial, number, at: (
            f"DCIM/{at:%Y%m%d}/{serial}_000117_{at:%Y%m%d%H%M%S}_{number:04d}{'_IMP' if number % 3 == 0 else ''}.MP4",
        ),
        beside=lambda serial, number, at, data: {
            f"DCIM/{at:%Y%m%d}/{serial}_000117_{at:%Y%m%d%H%M%S}_{number:04d}.GPS": data
        },
        once=lambda _serial: {},
        local=True,
    ),
}
PLAIN = "generic-msc"


def files_beside(layout: Layout, plan: CardPlan, clip: Clip, seconds: float) -> Files:
    """What this clip leaves beside its video."""
    return layout.beside(plan.serial, clip.number, layout.shown(clip.started_at), sidecar_of(plan, clip, seconds))
