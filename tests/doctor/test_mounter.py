"""Whether a card could be mounted: asked of UDisks2 and polkit, judged for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from agent.adapters import probe_mounter
from agent.adapters.mount_notes import MountNotes, noted_roots
from agent.rules.diagnosis.finding import Severity
from agent.rules.diagnosis.mounting import ACTIONS, MounterFacts, judge_own_mounter, judge_udisks
from tests.sources.dock_bus import DockBus

OUR_RULE = (Path(__file__).resolve().parents[2] / "systemd/udev/90-dock-agent.rules").read_text()
FINE = MounterFacts("dock-agent", "2.9.4")


@pytest.mark.parametrize(
    ("found", "severity", "word"),
    [
        (FINE, Severity.OK, "lets dock-agent mount"),
        (MounterFacts("x", trouble="no bus."), Severity.PROBLEM, "systemctl status udisks2"),
        (MounterFacts("x", "2.9.4", refused=ACTIONS[1:]), Severity.PROBLEM, "50-dock-agent.rules"),
        (MounterFacts("x", "2.9.4", unasked="no polkit."), Severity.NOTE, "not known"),
        (MounterFacts("x", "2.9.4", has_udev_rule=False), Severity.WARNING, "90-dock-agent.rules"),
    ],
)
def test_what_keeps_cards_from_being_mounted_is_said_with_what_to_do(
    found: MounterFacts, severity: Severity, word: str
) -> None:
    finding = judge_udisks(found)
    assert (finding.name, finding.severity) == ("mounter", severity)
    assert word in f"{finding.saw} {finding.means} {finding.todo}"


def test_an_agent_that_mounts_itself_must_be_root() -> None:
    assert judge_own_mounter(is_root=True).severity is Severity.OK
    assert judge_own_mounter(is_root=False).severity is Severity.PROBLEM


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[DockBus]:
    with TemporaryDirectory() as short:
        made = DockBus(Path(short))
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", made.environment["DBUS_SYSTEM_BUS_ADDRESS"])
        yield made
        made.end()


@pytest.mark.part("dbus")
def test_udisks_and_polkit_are_asked_over_the_bus_and_nothing_is_mounted(bus: DockBus) -> None:
    assert probe_mounter.mounter("me", (OUR_RULE,)) == MounterFacts("me", "2.9.4-double")
    bus.fault("refused_actions", [ACTIONS[1]])
    assert probe_mounter.mounter("me", ()).refused == (ACTIONS[1],)
    assert not probe_mounter.mounter("me", ("# another rule",)).has_udev_rule
    assert bus.calls() == []
    bus.kill_bus()
    assert "D-Bus cannot be reached" in probe_mounter.mounter("me", ()).trouble


def test_what_a_running_station_has_mounted_is_known_as_its_own(tmp_path: Path) -> None:
    assert noted_roots(tmp_path / "none") == ()
    notes = MountNotes(tmp_path)
    notes.write("8:1", "/media/dock-agent/BWC")
    notes.write("8:17")
    assert noted_roots(tmp_path) == (Path("/media/dock-agent/BWC"),)
