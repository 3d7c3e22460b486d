"""What `dock-agent doctor` looks at, in which order, and with which adapter. Changes nothing, leaves nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from agent.adapters import credential_file, probe_central, probe_disk, probe_machine, probe_tls
from agent.adapters.central_api import CentralApi
from agent.adapters.http_session import HttpSession
from agent.adapters.mount_notes import noted_roots
from agent.adapters.profile_files import load_profiles, read_profiles
from agent.adapters.system_clock import SystemClock
from agent.adapters.system_trust import system_trust
from agent.config import Config
from agent.daemon.opening import mount_notes, mounts_itself, switched
from agent.errors import AuthRefused, DockError, NeedsOperator, Refused, RetryLater
from agent.ledger.health import LedgerHealth, look
from agent.rules.diagnosis import disk, machine, mounting, network, standing
from agent.rules.diagnosis.finding import Finding, ok, unseen

Probe = Callable[[], Finding]
ASK_WITHIN_S = 10.0


class Examination:
    """One look at one station. Close it."""

    def __init__(self, settings: Config, file: Path) -> None:
        """Raises DockError: a camera profile cannot be used."""
        load_profiles(settings.site_profiles)
        switched(read_profiles(settings.site_profiles), settings)
        self._settings = settings
        self._file = file
        self._state = settings.state
        self._clock = SystemClock()
        self._trust = Path(settings.central.ca_file) if settings.central.ca_file else system_trust()
        self._http = HttpSession(
            settings.central.url, verify=str(self._trust), credential=lambda: self._token, stall_s=ASK_WITHIN_S
        )
        self._offset: tuple[float, float] | None = None
        self._unreachable: DockError | None = None

    def probes(self) -> Iterator[tuple[str, Probe]]:
        """Each by the name of its finding. The order matters: central is asked once, for `clock`."""
        yield "state", self._state_folder
        yield "agent", self._agents
        yield "ledger", self._ledger
        yield "volume", lambda: disk.judge_volume(self._file_system, probe_disk.expected_mount(self._state))
        yield "filesystem", lambda: disk.judge_file_system(self._file_system)
        yield "fsync", self._fsync
        yield "space", self._space
        yield "clock", self._time
        yield "certificate", self._certificate
        yield "central", self._central
        yield "credential", self._credential
        yield "proxy", self._proxy
        yield "sources", self._sources
        yield "mounter", self._mounter
        yield "automounter", self._automounters
        if self._has_usb:
            yield "buffer", lambda: machine.judge_buffer(probe_machine.receive_buffer())
            yield "bus", lambda: machine.judge_buses(probe_machine.buses(self._settings.bays), self._card)

    def close(self) -> None:
        self._http.close()

    # --- this PC --------------------------------------------------------------------------------------

    @property
    def _has_usb(self) -> bool:
        return any(source.kind == "usb" for source in self._settings.source)

    @cached_property
    def _file_system(self) -> disk.FileSystem:
        return probe_disk.file_system(self._spool)

    @property
    def _spool(self) -> Path:
        return self._state / "spool"

    def _state_folder(self) -> Finding:
        found = probe_machine.state_folder(self._state, self._settings.credential_file)
        return machine.judge_state(str(self._state), found)

    def _agents(self) -> Finding:
        holder = probe_machine.holder_of(self._state / "lock")
        return machine.judge_agents(holder, probe_machine.other_agents(self._file), self._has_usb)

    def _fsync(self) -> Finding:
        return disk.judge_sync(self._file_system, probe_disk.time_sync(self._spool))

    def _space(self) -> Finding:
        free, total = probe_disk.space(self._spool)
        return disk.judge_space(free, total, self._settings.spool.min_free, len(self._settings.bays), self._history)

    def _sources(self) -> Finding:
        folders = tuple(
            probe_machine.folder_source(Path(source.path))
            for source in self._settings.source
            if source.path is not None
        )
        return machine.judge_sources(folders, self._has_usb, self._settings.erase.policy == "after-receipt")

    def _mounter(self) -> Finding:
        if not self._has_usb:
            return ok("mounter", "No USB source: nothing has to be mounted.")
        if mounts_itself(self._settings):
            return mounting.judge_own_mounter(os.geteuid() == 0)
        # Imported here: a station without USB bays needs no D-Bus.
        from agent.adapters import probe_mounter

        return mounting.judge_udisks(probe_mounter.mounter(probe_machine.user(), probe_machine.udev_rules()))

    def _automounters(self) -> Finding:
        if not self._has_usb:
            return ok("automounter", "No USB source: cameras are folders that somebody else provides.")
        return machine.judge_automounters(
            probe_machine.automounting((self._state, *noted_roots(mount_notes(self._settings))))
        )

    # --- the ledger -----------------------------------------------------------------------------------

    @cached_property
    def _health(self) -> LedgerHealth | None:
        """None: there is no ledger. Raises LedgerBroken."""
        path = self._state / "ledger.db"
        return look(path) if path.exists() else None

    def _ledger(self) -> Finding:
        path, station = str(self._state / "ledger.db"), self._settings.station.id
        try:
            found = self._health
        except NeedsOperator as error:
            facts = standing.LedgerFacts(station, 0, "", "", (str(error),), whole=False)
            return standing.judge_ledger(path, station, facts)
        if found is None:
            return standing.judge_ledger(path, station, None)
        facts = standing.LedgerFacts(
            found.station, found.events, found.fork, found.follows, found.complaints, found.whole
        )
        return standing.judge_ledger(path, station, facts)

    @property
    def _history(self) -> disk.CardHistory | None:
        try:
            found = self._health
        except NeedsOperator:
            return None
        return None if found is None else disk.CardHistory(found.bays, found.cards, found.releasable)

    @property
    def _card(self) -> int:
        return disk.typical_card(self._history)[0]

    # --- central --------------------------------------------------------------------------------------

    @cached_property
    def _enrolled(self) -> credential_file.Credential | NeedsOperator:
        try:
            return credential_file.read(self._settings.credential_file)
        except NeedsOperator as error:
            return error

    @property
    def _token(self) -> str:
        """Empty unless the credential is this station's and this central's: it is shown to nobody else."""
        enrolled = self._enrolled
        return enrolled.token if isinstance(enrolled, credential_file.Credential) and self._misfit() is None else ""

    def _misfit(self) -> Finding | None:
        enrolled, settings = self._enrolled, self._settings
        if isinstance(enrolled, NeedsOperator):
            return standing.judge_enrolment(
                settings.station.id, None, settings.central.url, "", str(enrolled.args[0])
            )
        return standing.judge_enrolment(
            settings.station.id, enrolled.station, settings.central.url, enrolled.central_url, ""
        )

    def _time(self) -> Finding:
        kept = probe_machine.is_clock_kept()
        try:
            self._offset = probe_central.clock_offset(self._http, self._settings.central.url, self._clock)
        except (RetryLater, Refused) as error:
            self._unreachable = error
        offset, uncertainty = self._offset or (None, 0.0)
        return network.judge_clock(network.ClockFacts(offset, uncertainty, kept))

    def _certificate(self) -> Finding:
        where = urlsplit(self._settings.central.url)
        if where.scheme != "https":
            return ok("certificate", "Central is on this PC and speaks plain http: there is none.")
        found = probe_tls.certificate(where.hostname or "", where.port or 443, self._trust)
        return network.judge_certificate(found, self._clock.now().wall, self._settings.central.ca_file)

    @cached_property
    def _standing(self) -> int | DockError:
        """Central's epoch, or why it gave none."""
        try:
            return CentralApi(self._http, self._settings.central.url).standing()
        except DockError as error:
            return error

    def _central(self) -> Finding:
        url = self._settings.central.url
        trouble = self._unreachable if self._unreachable is not None else self._standing
        if isinstance(trouble, int | AuthRefused):
            return standing.judge_central(url, "", "")
        return standing.judge_central(url, trouble.code, str(trouble))

    def _credential(self) -> Finding:
        if (misfit := self._misfit()) is not None:
            return misfit
        if self._unreachable is not None or isinstance(self._standing, RetryLater):
            return unseen("credential", "central did not answer.")
        if isinstance(self._standing, DockError):
            return standing.judge_credential(self._settings.station.id, None, str(self._standing))
        return standing.judge_credential(self._settings.station.id, self._standing, "")

    def _proxy(self) -> Finding:
        if self._unreachable is not None:
            return unseen("proxy", "central did not answer.")
        return network.judge_proxy(probe_central.early_answer(self._settings.central.url, self._token, self._trust))
