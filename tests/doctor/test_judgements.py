"""What `doctor` concludes, as tables: facts in, one finding out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.rules.diagnosis import disk, machine, network, standing
from agent.rules.diagnosis.finding import NAMES, Finding, Severity, unseen

OK, NOTE, WARNING, PROBLEM = Severity.OK, Severity.NOTE, Severity.WARNING, Severity.PROBLEM
GIB = 1 << 30
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

SSD = disk.FileSystem("/spool", "ext4", "/var/lib/dock-agent", frozenset({"rw", "relatime"}), "sda", "ata", False)
ROTATING = replace(SSD, rotating=True)
USB_DISK = replace(SSD, bus="usb", write_cache="write through")


def syncs(per_second: float) -> disk.SyncTimes:
    return disk.SyncTimes(16 << 20, 0.01, 0.2, 64, 64 / per_second)


def check(finding: Finding, name: str, severity: Severity) -> None:
    """Whatever a finding says, it is one of the known names and tells a person enough."""
    assert (finding.name, finding.severity) == (name, severity), finding
    assert name in NAMES
    assert finding.saw
    if severity in (WARNING, PROBLEM):
        assert finding.means
        assert finding.todo


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (SSD, OK),
        (replace(SSD, kind="xfs"), OK),
        (replace(SSD, kind="tmpfs"), PROBLEM),
        (replace(SSD, kind="nfs4"), PROBLEM),
        (replace(SSD, kind="cifs"), PROBLEM),
        (replace(SSD, kind="fuse.sshfs"), PROBLEM),
        (replace(SSD, options=frozenset({"ro", "relatime"})), PROBLEM),
        (replace(SSD, options=frozenset({"rw", "nobarrier"})), PROBLEM),
        (replace(SSD, options=frozenset({"rw", "barrier=0"})), PROBLEM),
        (replace(SSD, kind="overlay", options=frozenset({"rw", "volatile"})), PROBLEM),
        (replace(SSD, kind="overlay"), WARNING),
        (replace(SSD, kind="exfat"), WARNING),
    ],
)
def test_a_file_system_that_cannot_keep_footage_is_named(found: disk.FileSystem, severity: Severity) -> None:
    check(disk.judge_file_system(found), "filesystem", severity)


@pytest.mark.parametrize(
    ("found", "per_second", "severity"),
    [
        (ROTATING, 90, OK),
        (ROTATING, 399, OK),
        (ROTATING, 401, PROBLEM),
        (SSD, 3000, OK),
        (SSD, 50_000, PROBLEM),
        (replace(USB_DISK, write_cache="write back"), 300, OK),
        (USB_DISK, 300, WARNING),
        (USB_DISK, 9000, PROBLEM),
        (replace(SSD, bus="nvme"), 50_000, OK),
        (replace(ROTATING, bus="virtio"), 5000, NOTE),
        (replace(ROTATING, bus="loop"), 5000, OK),
        (SSD, 3, WARNING),
        (replace(SSD, kind="tmpfs", device="", bus=""), 500_000, PROBLEM),
    ],
)
def test_flushes_faster_than_the_medium_are_a_lie(
    found: disk.FileSystem, per_second: float, severity: Severity
) -> None:
    check(disk.judge_sync(found, syncs(per_second)), "fsync", severity)


def test_a_disk_of_fstab_that_is_not_mounted_is_a_problem() -> None:
    missing = disk.ExpectedMount("/var/lib/dock-agent", "UUID=1", mounted=False)
    on_root = replace(SSD, mount_point="/")
    check(disk.judge_volume(on_root, missing), "volume", PROBLEM)
    check(disk.judge_volume(SSD, replace(missing, mounted=True)), "volume", OK)
    check(disk.judge_volume(on_root, None), "volume", NOTE)


HISTORY = disk.CardHistory(bays=2, cards=(10 * GIB,) * 8)


@pytest.mark.parametrize(
    ("free", "bays", "history", "severity"),
    [
        (100 * GIB, 8, HISTORY, OK),
        (100 * GIB, 8, None, WARNING),
        (80 * GIB, 8, HISTORY, WARNING),
        (80 * GIB, 8, replace(HISTORY, releasable=20 * GIB), OK),
        (100 * GIB, 0, replace(HISTORY, bays=20), WARNING),
        (100 * GIB, 1, replace(HISTORY, bays=1, cards=(2 * GIB,) * 4), OK),
        (9 * GIB, 0, None, PROBLEM),
    ],
)
def test_the_spool_must_hold_a_shift_change(
    free: int, bays: int, history: disk.CardHistory | None, severity: Severity
) -> None:
    check(disk.judge_space(free, 200 * GIB, 10 * GIB, bays, history), "space", severity)


def test_few_docks_tell_nothing_about_the_size_of_a_card() -> None:
    assert disk.typical_card(None)[0] == disk.TYPICAL_CARD
    assert disk.typical_card(replace(HISTORY, cards=(1,) * 4))[0] == disk.TYPICAL_CARD
    assert disk.typical_card(replace(HISTORY, cards=(1, 2, 3, 4)))[0] == disk.TYPICAL_CARD
    assert disk.typical_card(replace(HISTORY, cards=(1, 2, 3, 4, 100)))[0] == 4


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        (network.ClockFacts(0.2, 0.6, True), OK),
        (network.ClockFacts(0.2, 0.6, None), OK),
        (network.ClockFacts(0.2, 0.6, False), WARNING),
        (network.ClockFacts(-7.0, 0.6, True), WARNING),
        (network.ClockFacts(5.5, 0.6, True), OK),
        (network.ClockFacts(-400.0, 0.6, True), PROBLEM),
        (network.ClockFacts(3600.0, 0.6, False), PROBLEM),
        (network.ClockFacts(None, synchronised=True), NOTE),
        (network.ClockFacts(None, synchronised=False), WARNING),
    ],
)
def test_a_clock_is_judged_by_its_least_possible_error(facts: network.ClockFacts, severity: Severity) -> None:
    check(network.judge_clock(facts), "clock", severity)


GOOD = network.CertificateFacts(
    "central.example:443", True, "", "central.example", "Site CA", ("central.example",), NOW - DAY, NOW + 90 * DAY
)
BAD = replace(GOOD, trusted=False, why_not="unable to get local issuer certificate")


@pytest.mark.parametrize(
    ("facts", "severity", "word"),
    [
        (GOOD, OK, ""),
        (replace(GOOD, not_after=NOW + 20 * DAY), WARNING, "Renew"),
        (replace(GOOD, not_after=NOW + 4 * DAY), PROBLEM, "Renew"),
        (replace(BAD, not_after=NOW - DAY), PROBLEM, "Renew"),
        (replace(BAD, not_before=NOW + DAY), PROBLEM, "clock"),
        (replace(BAD, name_matches=False), PROBLEM, "central.url"),
        (replace(BAD, self_signed=True), PROBLEM, "fingerprint"),
        (replace(BAD, sent=1), PROBLEM, "fullchain"),
        (replace(BAD, sent=3), PROBLEM, "central.ca_file"),
        (replace(BAD, issuer="FortiGate CA, Fortinet"), PROBLEM, "exempted"),
        (replace(GOOD, issuer="Zscaler Intermediate Root CA"), WARNING, "exempted"),
    ],
)
def test_each_way_in_which_a_certificate_fails_has_its_advice(
    facts: network.CertificateFacts, severity: Severity, word: str
) -> None:
    finding = network.judge_certificate(facts, NOW, None)
    check(finding, "certificate", severity)
    assert word in finding.todo


EARLY = network.EarlyAnswer(65536, 1 << 20, 0.01, 6.0, 404, from_central=True)


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        (EARLY, OK),
        (replace(EARLY, status=401), OK),
        (replace(EARLY, status=None, from_central=False, waited_s=6.0), PROBLEM),
        (replace(EARLY, status=413, from_central=False, server="nginx"), PROBLEM),
        (replace(EARLY, status=None, from_central=False, trouble="closed"), NOTE),
    ],
)
def test_silence_while_a_body_is_held_back_means_a_buffering_proxy(
    answer: network.EarlyAnswer, severity: Severity
) -> None:
    check(network.judge_proxy(answer), "proxy", severity)


FOLDER = machine.StateFolder(True, True, 0o700, "dock", "dock")


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (FOLDER, OK),
        (machine.StateFolder(False), NOTE),
        (replace(FOLDER, is_folder=False), PROBLEM),
        (replace(FOLDER, mode=0o755), PROBLEM),
        (replace(FOLDER, mode=0o711), PROBLEM),
        (replace(FOLDER, open_files=("/etc/credential.json",)), PROBLEM),
        (replace(FOLDER, owner="root", writable=False), PROBLEM),
        (replace(FOLDER, user="root"), NOTE),
    ],
)
def test_a_state_folder_is_for_the_agents_user_alone(found: machine.StateFolder, severity: Severity) -> None:
    check(machine.judge_state("/state", found), "state", severity)


OTHER = (machine.OtherAgent(7, "/etc/other.toml"),)


@pytest.mark.parametrize(
    ("holder", "others", "usb", "severity"),
    [
        (5, (), True, OK),
        (None, (), True, NOTE),
        (5, OTHER, True, PROBLEM),
        (5, OTHER, False, NOTE),
        (5, (replace(OTHER[0], usb=False),), True, NOTE),
    ],
)
def test_two_agents_never_serve_the_same_cameras(
    holder: int | None, others: tuple[machine.OtherAgent, ...], usb: bool, severity: Severity
) -> None:
    check(machine.judge_agents(holder, others, usb), "agent", severity)


QUIET = machine.Automounting()
UDISKIE = (("udiskie", 12),)


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (QUIET, OK),
        (replace(QUIET, programs=UDISKIE), WARNING),
        (replace(QUIET, programs=UDISKIE, ignored_by="/etc/udev/rules.d/90.rules"), NOTE),
        (replace(QUIET, rules=("/lib/udev/rules.d/usbmount.rules",)), WARNING),
        (replace(QUIET, rules=("autofs at /media",), ignored_by="/etc/udev/rules.d/90.rules"), WARNING),
        (replace(QUIET, mounts=(machine.ForeignMount("/dev/sdb1", "/media/x", True),)), PROBLEM),
    ],
)
def test_whoever_mounts_cameras_beside_us_is_named(found: machine.Automounting, severity: Severity) -> None:
    check(machine.judge_automounters(found), "automounter", severity)


@pytest.mark.parametrize(("granted", "severity"), [(8 << 20, OK), (1 << 20, NOTE), (212_992, WARNING)])
def test_a_small_udev_buffer_loses_a_hubs_events(granted: int, severity: Severity) -> None:
    check(machine.judge_buffer(machine.BufferFacts(granted, granted, forced=False)), "buffer", severity)


def bus(bays: int, speed: int | None = 480) -> machine.BusFacts:
    return machine.BusFacts(1, speed, tuple(f"Bay {n}" for n in range(bays)))


@pytest.mark.parametrize(
    ("buses", "severity"),
    [
        ((), NOTE),
        ((bus(1),), OK),
        ((bus(8, 5000),), OK),
        ((bus(4),), NOTE),
        ((bus(16),), WARNING),
        ((bus(2, None),), WARNING),
    ],
)
def test_bays_that_share_a_usb_2_bus_are_counted(buses: tuple[machine.BusFacts, ...], severity: Severity) -> None:
    check(machine.judge_buses(buses, 64 * 10**9), "bus", severity)


PLACE = machine.FolderSource("/srv/cameras", True)


@pytest.mark.parametrize(
    ("place", "erases", "severity"),
    [
        (PLACE, True, OK),
        (replace(PLACE, exists=False), True, PROBLEM),
        (replace(PLACE, readable=False), True, PROBLEM),
        (replace(PLACE, writable=False), True, WARNING),
        (replace(PLACE, writable=False), False, OK),
    ],
)
def test_a_folder_source_must_be_there(place: machine.FolderSource, erases: bool, severity: Severity) -> None:
    check(machine.judge_sources((place,), False, erases), "sources", severity)


LEDGER = standing.LedgerFacts("east-1", 12, "", "", (), True)


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (LEDGER, OK),
        (None, NOTE),
        (replace(LEDGER, whole=False), NOTE),
        (replace(LEDGER, station="west-1"), PROBLEM),
        (replace(LEDGER, fork="event 7"), PROBLEM),
        (replace(LEDGER, follows="forked: ledger 7 ended and is kept"), NOTE),
        (replace(LEDGER, complaints=("row 4 missing from index x",)), PROBLEM),
    ],
)
def test_a_ledger_that_is_not_ours_or_not_whole_is_a_problem(
    found: standing.LedgerFacts | None, severity: Severity
) -> None:
    check(standing.judge_ledger("/state/ledger.db", "east-1", found), "ledger", severity)


def test_a_credential_is_shown_only_to_the_central_that_gave_it() -> None:
    url = "https://central.example"
    assert standing.judge_enrolment("east-1", "east-1", url, f"{url}/", "") is None
    for wrong in (
        standing.judge_enrolment("east-1", None, url, "", "not enrolled"),
        standing.judge_enrolment("east-1", "west-1", url, url, ""),
        standing.judge_enrolment("east-1", "east-1", url, "https://other.example", ""),
    ):
        assert wrong is not None
        check(wrong, "credential", PROBLEM)
    check(standing.judge_credential("east-1", 3, ""), "credential", OK)
    check(standing.judge_credential("east-1", None, "refused"), "credential", PROBLEM)


def test_a_central_that_does_not_answer_and_a_wrong_configuration_are_problems() -> None:
    check(standing.judge_central("https://c", "", ""), "central", OK)
    for code in ("tls", "name_unknown", "protocol_violation", "unreachable", "stalled"):
        check(standing.judge_central("https://c", code, "it broke"), "central", PROBLEM)
    check(standing.judge_configuration("agent.toml", ()), "configuration", OK)
    check(standing.judge_configuration("agent.toml", ("line 1: wrong",)), "configuration", PROBLEM)


def test_a_probe_that_could_not_look_claims_nothing() -> None:
    check(unseen("proxy", "no route"), "proxy", NOTE)
