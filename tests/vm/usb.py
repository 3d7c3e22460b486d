"""The guest's USB ports, seen from outside: cameras are put in, pulled out, slowed down and damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.vm.qmp import Qmp

SECTOR = 512


@dataclass(frozen=True)
class Plug:
    """One camera in a port, as USB mass storage. Its vendor and product id are always 46f4:0001."""

    image: Path
    serial: str
    port: str | None = None
    """The port's number; None: any free one."""
    bytes_per_s: int = 0
    """How fast it is read and written; 0: as fast as it can."""
    bad_sector: int | None = None
    """Reading this sector of the image fails."""
    write_protected: bool = False


class UsbPorts:
    """What is plugged stays so over a power cut: it is there again before the first instruction."""

    def __init__(self, qmp: Callable[[], Qmp | None]) -> None:
        """`qmp()` is None while the guest has no power."""
        self._qmp = qmp
        self.plugged: dict[str, Plug] = {}

    def plug(self, name: str, image: Path, serial: str, **how: object) -> None:
        """Put a camera in; `how` are the other fields of `Plug`."""
        assert name not in self.plugged, f"{name} is plugged already"
        one = Plug(image, serial, **how)  # type: ignore[arg-type]
        self.plugged[name] = one
        if self._qmp() is not None:
            self.attach(name, one)

    def pull(self, name: str) -> None:
        """Take it out, without warning, also in the middle of a transfer."""
        one = self.plugged.pop(name)
        qmp = self._qmp()
        if qmp is None:
            return
        qmp.do("device_del", id=name)
        qmp.wait_for("DEVICE_DELETED", lambda data: data.get("device") == name)
        for layer in ("slow", *(["bad"] if one.bad_sector is not None else []), "file"):
            qmp.do("blockdev-del", node_name=f"{name}-{layer}")
        qmp.do("object-del", id=f"{name}-limits")

    def slow(self, name: str, bytes_per_s: int) -> None:
        """Change how fast a plugged camera is; 0: as fast as it can."""
        self.plugged[name] = replace(self.plugged[name], bytes_per_s=bytes_per_s)
        qmp = self._qmp()
        assert qmp is not None
        qmp.do("qom-set", path=f"/objects/{name}-limits", property="limits", value=_limits(bytes_per_s))

    def attach(self, name: str, one: Plug) -> None:
        """Build its layers, from the image up, and plug the device in."""
        qmp = self._qmp()
        assert qmp is not None
        read_only = one.write_protected
        qmp.do("object-add", qom_type="throttle-group", id=f"{name}-limits", limits=_limits(one.bytes_per_s))
        qmp.do("blockdev-add", driver="file", node_name=f"{name}-file", filename=str(one.image), read_only=read_only)
        below = f"{name}-file"
        if one.bad_sector is not None:
            fault = {"event": "none", "iotype": "read", "errno": 5, "sector": one.bad_sector}
            qmp.do(
                "blockdev-add",
                driver="blkdebug",
                node_name=f"{name}-bad",
                image=below,
                read_only=read_only,
                inject_error=[fault],
            )
            below = f"{name}-bad"
        group = f"{name}-limits"
        layer = f"{name}-slow"
        qmp.do(
            "blockdev-add", driver="throttle", node_name=layer, throttle_group=group, file=below, read_only=read_only
        )
        qmp.do(
            "device_add",
            driver="usb-storage",
            id=name,
            bus="usb.0",
            drive=layer,
            serial=one.serial,
            port=one.port,
            removable=True,
            rerror="report",
            werror="report",
        )


def _limits(bytes_per_s: int) -> dict[str, int]:
    return {"bps-read": bytes_per_s, "bps-write": bytes_per_s}
