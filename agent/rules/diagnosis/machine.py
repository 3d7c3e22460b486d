"""Whether this PC leaves the cameras, the folders and the agent alone."""

from __future__ import annotations

from dataclasses import dataclass

from agent.rules.diagnosis.finding import Finding, note, ok, problem, size, warning

WANTED_BUFFER = 8 * 1024 * 1024
"""Bytes that the agent asks for, for events of udev."""
ENOUGH_BUFFER = 1024 * 1024

USB2_SPEED = 480
"""Mbit/s of a USB 2 bus."""
USB2_BYTES_PER_S = 35_000_000
"""What all cameras of one USB 2 bus get together, at best."""
LONG_S = 4 * 3600.0
"""A shift change that copies for longer than this meets the next one."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    exists: bool
    is_folder: bool = True
    mode: int = 0o700
    owner: str = ""
    user: str = ""
    """Who runs this `doctor`."""
    writable: bool = True
    """By that user."""
    open_files: tuple[str, ...] = ()
    """Secrets in it that others may read."""


@dataclass(frozen=True, slots=True)
class OtherAgent:
    pid: int
    config: str
    usb: bool = True
    """It has a USB source, or its configuration cannot be read."""


@dataclass(frozen=True, slots=True)
class ForeignMount:
    """A USB disk that is mounted, and not by the agent."""

    device: str
    mount_point: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Automounting:
    programs: tuple[tuple[str, int], ...] = ()
    """Running programs that mount what is plugged in, with a pid each."""
    rules: tuple[str, ...] = ()
    """Files that mount by themselves: udev rules of usbmount, autofs mount points."""
    ignored_by: str = ""
    """The udev rule that tells them to leave cameras alone."""
    mounts: tuple[ForeignMount, ...] = ()


@dataclass(frozen=True, slots=True)
class BufferFacts:
    granted: int
    """Bytes that the kernel gave when asked as the agent asks."""
    rmem_max: int
    forced: bool
    """It was allowed to go beyond `rmem_max`."""


@dataclass(frozen=True, slots=True)
class BusFacts:
    """One USB bus with the bays that [bays] puts on it."""

    number: int
    speed: int | None
    """Mbit/s; None: this PC has no such bus."""
    bays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FolderSource:
    path: str
    exists: bool
    readable: bool = True
    writable: bool = True


def judge_state(path: str, found: StateFolder) -> Finding:
    if not found.exists:
        return note(
            "state",
            f"{path} does not exist yet.",
            "`enroll` or the first `run` makes it, for its user alone.",
        )
    if not found.is_folder:
        return problem("state", f"{path} is no folder.", "The agent cannot start.", "Correct [paths] state.")
    saw = f"{path} belongs to {found.owner}, mode {found.mode:04o}"
    if found.mode & 0o077 or found.open_files:
        which = f"; others may read {', '.join(found.open_files)}" if found.open_files else ""
        return problem(
            "state",
            f"{saw}{which}.",
            "Others on this PC can reach footage, the ledger or the station's credential.",
            f"chmod 0700 {path}" + (f" and chmod 0600 {' '.join(found.open_files)}" if found.open_files else ""),
        )
    if not found.writable:
        return problem(
            "state",
            f"{saw}; {found.user} may not write there.",
            "An agent of this user cannot start. If the agent runs as another user, run doctor as that user.",
            f"chown -R {found.user} {path}",
        )
    if found.owner != found.user:
        return note(
            "state", f"{saw}; doctor runs as {found.user}.", "What only the agent's user can see is not judged."
        )
    return ok("state", f"{saw}.")


def judge_agents(holder: int | None, others: tuple[OtherAgent, ...], has_usb: bool) -> Finding:
    """`holder`: the process that works with this state folder; `others`: agents with another configuration."""
    here = f"Process {holder} works with this state folder." if holder is not None else "No agent runs here."
    if others:
        which = ", ".join(f"process {other.pid} ({other.config})" for other in others)
        saw = f"{here} Other agents on this PC: {which}."
        if has_usb and any(other.usb for other in others):
            return problem(
                "agent",
                saw,
                "Two agents serve the same USB cameras: each finds cards that the other has mounted.",
                "Stop one of them, or give one folder sources only.",
            )
        return note("agent", saw, "With different folders and ports they do not meet.")
    if holder is None:
        return note("agent", here, "Nothing is watched until it runs.", "systemctl start dock-agent")
    return ok("agent", here)


def judge_automounters(found: Automounting) -> Finding:
    if found.mounts:
        shown = ", ".join(
            f"{one.device} on {one.mount_point} ({'writable' if one.writable else 'read-only'})"
            for one in found.mounts
        )
        return problem(
            "automounter",
            f"USB disks mounted by somebody else: {shown}.",
            "The agent refuses a card that another program has mounted; what that one writes is unknown.",
            f"umount it, and switch automatic mounting off{_how(found)}.",
        )
    names = [f"{name} (process {pid})" for name, pid in found.programs] + list(found.rules)
    if not names:
        return ok("automounter", "No program that mounts cameras by itself.")
    saw = f"Found: {', '.join(names)}"
    if found.ignored_by and not found.rules:
        return note("automounter", f"{saw}; {found.ignored_by} tells it to leave USB disks alone.")
    return warning(
        "automounter",
        f"{saw}.",
        "It mounts a camera before the agent does, perhaps writable: the agent then refuses the card.",
        f"Remove it, or tell it to leave cameras alone{_how(found)}.",
    )


def _how(found: Automounting) -> str:
    if found.ignored_by:
        return f" ({found.ignored_by} does not cover it)"
    return ': a udev rule with SUBSYSTEM=="block", ENV{ID_BUS}=="usb", ENV{UDISKS_IGNORE}="1"'


def judge_buffer(found: BufferFacts) -> Finding:
    how = "beyond net.core.rmem_max, as root may" if found.forced else f"net.core.rmem_max is {size(found.rmem_max)}"
    saw = f"{size(found.granted)} of the wanted {size(WANTED_BUFFER)} for udev's events ({how})"
    if found.granted >= WANTED_BUFFER:
        return ok("buffer", f"{saw}.")
    todo = f"sysctl net.core.rmem_max={WANTED_BUFFER} (and in /etc/sysctl.d), or give the agent CAP_NET_ADMIN."
    if found.granted >= ENOUGH_BUFFER:
        return note("buffer", f"{saw}.", "Enough for a dock of ordinary size.", todo)
    return warning(
        "buffer",
        f"{saw}.",
        "A hub with many cameras says more at once than fits: events are lost, the bus is listed again, and that "
        "time counts as not watched.",
        todo,
    )


def judge_buses(buses: tuple[BusFacts, ...], card: int) -> Finding:
    """`card`: bytes of a typical card."""
    if not buses:
        return note("bus", "[bays] names no USB port.", "Bays that share one USB 2 bus cannot be told.")
    if missing := [bus for bus in buses if bus.speed is None]:
        shown = "; ".join(f"bus {bus.number} ({', '.join(bus.bays)})" for bus in missing)
        return warning(
            "bus",
            f"[bays] names ports of buses that this PC does not have: {shown}.",
            "Cameras there will appear without a label, or the hub is not plugged in.",
            "Dock a camera in each bay, look at `dock-agent status`, and correct [bays].",
        )
    shared = [bus for bus in buses if (bus.speed or 0) <= USB2_SPEED and len(bus.bays) > 1]
    if not shared:
        return ok(
            "bus", "; ".join(f"bus {bus.number}: {len(bus.bays)} bays, {bus.speed} Mbit/s" for bus in buses) + "."
        )
    worst = max(shared, key=lambda bus: len(bus.bays))
    hours = len(worst.bays) * card / USB2_BYTES_PER_S / 3600
    saw = (
        "; ".join(f"{len(bus.bays)} bays share bus {bus.number} ({bus.speed} Mbit/s)" for bus in shared)
        + f": {USB2_BYTES_PER_S / len(worst.bays) / 1e6:.0f} MB/s a camera when all are docked, "
        f"{hours:.1f} h for cards of {size(card)}."
    )
    todo = "Spread the hubs over the PC's other USB controllers, or add a PCIe USB card."
    if hours * 3600 > LONG_S:
        return warning("bus", saw, "A shift change is not copied before the next one begins.", todo)
    return note("bus", saw, "They slow one another down; it suffices for these cards.", todo)


def judge_sources(folders: tuple[FolderSource, ...], usb: bool, erases: bool) -> Finding:
    """`erases`: the policy lets receipted files be erased."""
    missing = [one.path for one in folders if not one.exists or not one.readable]
    if missing:
        return problem(
            "sources",
            f"Not there or not readable: {', '.join(missing)}.",
            "No camera of these folders is seen, and their docks are not watched.",
            "Mount or create them, and give the agent's user the right to read them.",
        )
    shut = [one.path for one in folders if not one.writable]
    if shut and erases:
        return warning(
            "sources",
            f"May not be written to: {', '.join(shut)}.",
            "Files are copied and receipted, but stay on their cards.",
            'Give the agent\'s user the right to write there, or set [erase] policy = "never".',
        )
    parts = ["USB"] * usb + [one.path for one in folders]
    return ok("sources", f"{', '.join(parts)}: can be read{'' if shut or not erases else ' and erased from'}.")
