"""Whether the spool's disk keeps what it says it keeps, and holds a shift change."""

from __future__ import annotations

from dataclasses import dataclass

from agent.rules.diagnosis.finding import Finding, note, ok, problem, size, warning

GB = 10**9
TYPICAL_CARD = 64 * GB
"""Bytes of a card when the ledger has no history yet."""
ENOUGH_HISTORY = 5
"""Docks that tell more than an assumption."""

FLEETING = frozenset({"tmpfs", "ramfs", "devtmpfs"})
NETWORKED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "glusterfs", "afs", "fuse.sshfs",
     "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"}
)  # fmt: skip
FOREIGN = frozenset({"vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "hfsplus"})
NO_BARRIER = frozenset({"nobarrier", "barrier=0", "barrier=none", "volatile", "fsync=volatile"})

FASTEST_HONEST: dict[str, float] = {"rotating": 400.0, "usb": 4000.0, "ata": 12000.0, "mmc": 3000.0}
"""Flushes per second beyond which a disk of this kind cannot have reached its medium each time: a disk of 15 000
turns makes 250; flash behind USB or SATA needs about 0.1 ms and more. A battery-backed cache may be faster."""


@dataclass(frozen=True, slots=True)
class FileSystem:
    """What the kernel says of the file system below a path, and of its disk."""

    path: str
    kind: str
    mount_point: str
    options: frozenset[str]
    device: str = ""
    """`sda`; empty where there is no one block device."""
    bus: str = ""
    """`usb`, `ata`, `nvme`, `virtio`, `mmc`, `loop`; empty when unknown."""
    rotating: bool | None = None
    write_cache: str = ""
    """`write back`, `write through`, or empty when unknown."""


@dataclass(frozen=True, slots=True)
class SyncTimes:
    """One file written and made durable, then many small ones."""

    written: int
    write_s: float
    """Handing the bytes to the kernel."""
    sync_s: float
    """Until fsync of all of them returned."""
    syncs: int
    syncs_s: float
    """For so many rounds of writing 4 KiB and fdatasync."""

    @property
    def syncs_per_s(self) -> float:
        return self.syncs / max(self.syncs_s, 1e-9)


@dataclass(frozen=True, slots=True)
class ExpectedMount:
    """A line of fstab that covers the state folder."""

    mount_point: str
    source: str
    mounted: bool


@dataclass(frozen=True, slots=True)
class CardHistory:
    """What the docks of the past brought, from the ledger."""

    bays: int
    """Bays that had a camera in the last docks."""
    cards: tuple[int, ...]
    """Bytes of each of the last docks that brought anything."""
    releasable: int = 0
    """Bytes of receipted copies that the spool may give up under pressure."""


def judge_file_system(found: FileSystem) -> Finding:
    where = f"{found.path} is on {found.kind}, mounted at {found.mount_point}"
    if found.kind in FLEETING:
        return problem(
            "filesystem",
            f"{where}: memory, not a disk.",
            "A power cut loses every copy and the ledger; an erased card's footage could be nowhere.",
            "Move [paths] state to a local disk.",
        )
    if found.kind in NETWORKED:
        return problem(
            "filesystem",
            f"{where}: a disk of another machine.",
            "Locks and fsync of network file systems do not promise what ledger and spool rely on.",
            "Move [paths] state to a local disk with ext4 or xfs.",
        )
    if "ro" in found.options:
        return problem(
            "filesystem",
            f"{where}, read-only.",
            "Nothing can be copied. The kernel does this by itself after a disk error.",
            "Look at `dmesg`; check or replace the disk. Footage waits on its cameras.",
        )
    if off := sorted(NO_BARRIER & found.options):
        return problem(
            "filesystem",
            f"{where}, with {', '.join(off)}.",
            "fsync returns before the disk has the bytes: a power cut can lose what was called durable.",
            f"Remove {', '.join(off)} from the mount options and mount it again.",
        )
    if found.kind in FOREIGN:
        return warning(
            "filesystem",
            f"{where}.",
            "It keeps no rights and has no journal: everybody can read the footage, a power cut can damage it.",
            "Format the spool's disk with ext4 or xfs.",
        )
    if found.kind == "overlay":
        return warning(
            "filesystem",
            f"{where}: the throw-away layer of a container.",
            "The spool and the ledger vanish with the container.",
            "Mount a local disk there as a volume.",
        )
    disk = f", disk {found.device} ({found.bus or 'unknown bus'})" if found.device else ""
    return ok("filesystem", f"{where}{disk}.")


def judge_sync(found: FileSystem, times: SyncTimes) -> Finding:
    rate = times.syncs_per_s
    saw = (
        f"{size(times.written)} written in {times.write_s:.2f} s and made durable in another {times.sync_s:.2f} s; "
        f"{rate:.0f} small flushes a second"
    )
    disk = f"{found.device or found.kind}{f' on {found.bus}' if found.bus else ''}"
    if found.kind in FLEETING:
        return problem(
            "fsync", f"{saw}: memory.", "There is no medium that could keep it.", "See the finding `filesystem`."
        )
    kind = "rotating" if found.rotating and found.bus not in ("virtio", "loop") else found.bus
    limit = FASTEST_HONEST.get(kind)
    if limit is not None and rate > limit:
        return problem(
            "fsync",
            f"{saw}; a disk like this ({disk}, {kind}) honestly makes at most {limit:.0f}.",
            "The disk or its controller calls bytes durable that are in a cache; a power cut loses them.",
            f"Switch the write cache off (`hdparm -W0 /dev/{found.device}`), or use a disk with power-loss "
            "protection. With a battery-backed controller this is as it should be.",
        )
    if found.bus == "usb" and found.write_cache == "write through":
        return warning(
            "fsync",
            f"{saw}; the USB disk {found.device} says that it has no write cache.",
            "The kernel believes it and sends no flush; many USB bridges say this wrongly.",
            "Use an internal disk, or test this one: cut its power while writing, then run `dock-agent verify`.",
        )
    if rate < 5:
        return warning(
            "fsync",
            f"{saw} ({disk}).",
            "Every file needs several flushes: a card with thousands of small files takes hours.",
            "Use another disk, or look what else keeps this one busy.",
        )
    if found.bus == "virtio":
        return note(
            "fsync",
            f"{saw} ({disk}, write cache: {found.write_cache or 'unknown'}).",
            "This is a virtual disk: whether a flush reaches the real one is the host's decision, unseen from here.",
            "Make sure that the host does not run it with cache=unsafe.",
        )
    return ok("fsync", f"{saw} ({disk}, write cache: {found.write_cache or 'unknown'}).")


def judge_volume(found: FileSystem, expected: ExpectedMount | None) -> Finding:
    if expected is not None and not expected.mounted:
        return problem(
            "volume",
            f"fstab says that {expected.source} belongs at {expected.mount_point}, but nothing is mounted there.",
            f"The agent would write to {found.mount_point} and begin a new ledger: the old spool is out of sight.",
            f"Mount it (`mount {expected.mount_point}`) before the agent starts; add RequiresMountsFor= to its unit.",
        )
    if found.mount_point == "/":
        return note(
            "volume",
            f"{found.path} is on the system's own disk.",
            "Logs and updates compete with footage for space.",
            "A disk of its own for [paths] state keeps them apart.",
        )
    return ok("volume", f"{found.path} is on {found.mount_point}, a disk of its own.")


def typical_card(history: CardHistory | None) -> tuple[int, str]:
    """Bytes that a card brings here, and where that is known from."""
    cards = sorted(history.cards) if history is not None else []
    if len(cards) < ENOUGH_HISTORY:
        return TYPICAL_CARD, "assumed: no history yet"
    return cards[len(cards) * 3 // 4], f"three of four of the last {len(cards)} docks brought less"


def judge_space(free: int, total: int, min_free: int, bays: int, history: CardHistory | None) -> Finding:
    """`bays`: how many [bays] names; the ledger's history counts where it names more."""
    card, source = typical_card(history)
    count = max(bays, history.bays if history is not None else 0, 1)
    releasable = history.releasable if history is not None else 0
    wanted, there = count * card, free + releasable - min_free
    saw = (
        f"{size(free)} of {size(total)} free and {size(releasable)} releasable, {size(min_free)} of it reserved; "
        f"a shift change of {count} bays brings {size(wanted)} ({size(card)} a card, {source})"
    )
    if free < min_free:
        return problem(
            "space",
            f"{saw}.",
            "Less than the reserve is free: new files wait on their cameras.",
            "Free the disk, or see why central gives no receipts (`dock-agent status`).",
        )
    if there < wanted:
        return warning(
            "space",
            f"{saw}.",
            "If central is away during a shift change, the spool fills up and cameras must stay docked.",
            "Give the spool a larger disk, or central a faster link.",
        )
    return ok("space", f"{saw}.")
