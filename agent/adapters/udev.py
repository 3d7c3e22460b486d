"""Cameras on USB, by udev. Events only say when; what is plugged in is read from the whole bus each time."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pyudev

from agent.adapters.usb_book import UsbBook
from agent.adapters.usb_bus import devnum_of, list_bus
from agent.adapters.usb_ports import SYSFS, PortBook, list_ports
from agent.errors import NeedsOperator
from agent.ports import Clock, SourceEvent, Truth
from agent.rules.footage import Instant
from agent.rules.profiles import Profile

RECEIVE_BUFFER = 8 * 1024 * 1024
"""Bytes. A hub that drops out with eight cameras says a lot at once."""
NO_FILE_SYSTEM_S = 10.0
POLL_MS = 1000
STARVED_NS = 3_000_000_000
STALLED_NS = 10_000_000_000
"""Two looks at the queue further apart than this are a gap in watching."""
LISTEN_AGAIN_AFTER_S = 0.05
REOPEN_AFTER_S = 1.0
"""A monitor that cannot be opened is tried again after this."""


class UsbSource:
    """Watches the bus in a thread of its own. A monitor that fails in any way is made anew and the bus is listed
    again, with a `watch_gap`; a thread that died is started again by the next `truth()`."""

    name = "usb"

    def __init__(
        self,
        clock: Clock,
        *,
        receive_buffer: int = RECEIVE_BUFFER,
        no_file_system_s: float = NO_FILE_SYSTEM_S,
        sysfs: Path = SYSFS,
        models: Sequence[Profile] = (),
        bays: Collection[str] = frozenset(),
    ) -> None:
        """`models`: profiles say which cameras are locked and what each may offer beside storage. `bays`: the ports
        that have a label."""
        self._clock = clock
        self._receive_buffer = receive_buffer
        # libudev contexts are not thread-safe: this one only under the lock, the monitor's in its thread.
        self._context = pyudev.Context()
        self._book = UsbBook(no_file_system_s, models, bays)
        self._sysfs = sysfs
        self._ports = PortBook(no_file_system_s)
        self._lock = threading.Lock()
        self._wake: Callable[[], None] = lambda: None
        self._monitor: pyudev.Monitor | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._stop_read, self._stop_write = os.pipe()
        self._events: list[SourceEvent] = []
        self._compared_at: Instant | None = None
        self._unbroken: Instant | None = None
        """The last instant at which the monitor was alive and had nothing lost."""
        self._broken = ""
        """Why it is not, until it is again."""
        self._gap = False

    def start(self, wake: Callable[[], None]) -> None:
        """Subscribe, then enumerate.

        Raises:
            NeedsOperator: udev cannot be heard.
        """
        self._wake = wake
        try:
            self._monitor = self._opened()
        except OSError as error:
            raise NeedsOperator(
                f"USB devices cannot be watched: {error.strerror or error}.",
                code="source_unreadable",
                hint="The agent needs AF_NETLINK and the host's network namespace (no PrivateNetwork).",
            ) from None
        with self._lock:
            self._compare()
            self._unbroken = self._compared_at
        self._revive()

    def truth(self) -> Truth:
        """What is plugged in, after a full enumeration."""
        with self._lock:
            if self._revive():
                self._broken = self._broken or "thread_died"
            listening = self._compare() and not self._broken and not self._gap
            self._gap = False
            return Truth(
                self._book.present(),
                self._compared_at or self._clock.now(),
                listening,
                unwatched=(*self._book.unwatched(), *self._ports.unwatched()),
                unsettled=self._book.unsettled(),
                away=self._book.away(),
            )

    def events(self) -> list[SourceEvent]:
        with self._lock:
            happened, self._events = self._events, []
        return happened

    def expect(self, key: str, serial: str) -> None:
        with self._lock:
            self._book.expect(key, serial)

    def close(self) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        os.write(self._stop_write, b".")
        if self._thread is not None:
            self._thread.join(5)
            if self._thread.is_alive():
                return
        os.close(self._stop_read)
        os.close(self._stop_write)

    def _opened(self) -> pyudev.Monitor:
        # `udev`, not `kernel`: the rules have run, the node exists and the file system is known.
        monitor = pyudev.Monitor.from_netlink(pyudev.Context(), "udev")
        monitor.filter_by("block")
        monitor.filter_by("usb", "usb_device")
        # Beyond the allowed size only root may go; what is allowed has to do.
        with contextlib.suppress(OSError):
            monitor.set_receive_buffer_size(self._receive_buffer)
        monitor.start()
        return monitor

    def _compare(self) -> bool:
        """With the lock held: list the bus and take over what it shows; False when that failed."""
        # Taken first: a device that is not shown was absent then, or came after it.
        before = self._clock.now()
        try:
            bus = list_bus(self._context)
        except OSError:
            self._broken = self._broken or "bus_unreadable"
            return False
        ports = list_ports(self._sysfs)
        empty = {port.bay for port in ports if port.is_empty}
        self._book.compare(bus, self._compared_at, self._clock.now(), empty)
        self._ports.compare(ports, self._clock.now())
        self._events.extend((*self._book.reports(), *self._ports.reports()))
        self._compared_at = before
        return True

    def _revive(self) -> bool:
        """Start the thread unless it runs; True when one had died."""
        if self._stopping.is_set() or (self._thread is not None and self._thread.is_alive()):
            return False
        died = self._thread is not None
        self._thread = threading.Thread(target=self._run, name="usb source", daemon=True)
        self._thread.start()
        return died

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = REOPEN_AFTER_S
            try:
                if self._monitor is None or self._broken:
                    self._drop_monitor()
                    self._monitor = self._opened()
                if self._mended():
                    pause = LISTEN_AGAIN_AFTER_S
                    self._listen(self._monitor)
            except OSError as error:
                self._break(error)
            self._stopping.wait(pause)
        self._drop_monitor()

    def _drop_monitor(self) -> None:
        """It closes its descriptor when it goes, and aborts the program when that is closed already."""
        if self._monitor is not None:
            try:
                os.fstat(self._monitor.fileno())
            except OSError:
                nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
                if nothing != self._monitor.fileno():
                    os.dup2(nothing, self._monitor.fileno(), inheritable=False)
                    os.close(nothing)
        self._monitor = None

    def _listen(self, monitor: pyudev.Monitor) -> None:
        """Until told to stop.

        Raises:
            OSError: the monitor failed, or lost events.
        """
        poll = select.poll()
        poll.register(monitor.fileno(), select.POLLIN)
        poll.register(self._stop_read, select.POLLIN)
        while not self._stopping.is_set() and not self._broken:
            ready = dict(poll.poll(POLL_MS))
            seen = ready.get(monitor.fileno(), 0)
            if seen & ~select.POLLIN:
                raise _failure(monitor.fileno())
            at = self._clock.now()
            is_news = False
            while seen and (device := monitor.poll(timeout=0)) is not None:
                is_news |= self._heard(device, at)
            with self._lock:
                if self._unbroken is not None and at.monotonic_ns - self._unbroken.monotonic_ns > STALLED_NS:
                    # Suspended or stopped: what came and went meanwhile is in no comparison.
                    raise OSError(errno.ETIME, "stalled")
                self._unbroken = at
                is_waiting = self._book.is_waiting(at)
            if is_news or is_waiting:
                self._wake()

    def _heard(self, device: pyudev.Device, at: Instant) -> bool:
        own = device.properties
        with self._lock:
            if device.action == "remove":
                devnum = own.get("DEVNUM", "").lstrip("0")
                self._book.removed(device.device_path, devnum, own.get("DISKSEQ", ""), at)
            # SYNTH_UUID: somebody asked the kernel to say it again, for a device that was there all along.
            elif device.action == "add" and device.subsystem == "usb" and "SYNTH_UUID" not in own:
                self._book.arrived(device.device_path, devnum_of(device), self._absent_until(at), at)
        return device.action in ("add", "remove", "change", "bind", "unbind")

    def _absent_until(self, at: Instant) -> Instant:
        """The event's own instant; but the last look at the queue when that was long ago, since the event may
        have waited in it while we did not run."""
        last = self._unbroken
        return last if last is not None and at.monotonic_ns - last.monotonic_ns > STARVED_NS else at

    def _break(self, error: OSError) -> None:
        with self._lock:
            self._broken = self._broken or error.strerror or str(error)
        self._wake()

    def _mended(self) -> bool:
        """With a monitor that listens: after a break list the bus again, and say for how long nobody listened."""
        with self._lock:
            if not self._broken:
                return True
            reason, self._broken = self._broken, ""
            if not self._compare():
                self._broken = reason
                return False
            at = self._clock.now()
            self._events.append(
                SourceEvent("watch_gap", at, reason="monitor_lost", detail=reason, since=self._unbroken)
            )
            self._gap, self._unbroken = True, at
        self._wake()
        return True


def _failure(fileno: int) -> OSError:
    """Why poll complains about a socket."""
    try:
        with socket.socket(fileno=os.dup(fileno)) as own:
            code = own.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    except OSError as error:
        return error
    return OSError(code, os.strerror(code)) if code else OSError("the monitor hung up")
