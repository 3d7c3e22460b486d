"""A real central, and servers and proxies that are in its way."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from agent.adapters import probe_central, probe_tls
from agent.adapters.http_session import HttpSession
from agent.adapters.system_clock import SystemClock
from agent.adapters.system_trust import system_trust
from agent.errors import RetryLater
from agent.rules.diagnosis import network
from agent.rules.diagnosis.finding import Severity
from protocol import VERSION_HEADER
from simulator.network.certificates import new_authority
from tests.central_server import CentralServer
from tests.doctor.buffering_proxy import BufferingProxy
from tests.upload.liar import Liar, answer

TOKEN = "nobody"
NOON = "Fri, 20 Nov 2026 12:00:00 GMT"


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    with CentralServer(tmp_path_factory.mktemp("central") / "data") as server:
        server.init()
        server.start()
        yield server


def test_central_answers_before_it_has_the_body(central: CentralServer) -> None:
    seen = probe_central.early_answer(central.url, TOKEN, None)
    assert (seen.status, seen.from_central) == (401, True)
    assert seen.sent < probe_central.ANNOUNCED
    assert network.judge_proxy(seen).severity is Severity.OK


def test_a_proxy_that_keeps_requests_until_they_are_whole_is_found(central: CentralServer) -> None:
    where = urlsplit(central.url)
    with BufferingProxy(where.hostname or "", where.port or 0) as proxy:
        # Whole requests pass: nothing but a slow one shows what this proxy does.
        http = HttpSession(proxy.url)
        assert http.request("OPTIONS", f"{proxy.url}/api/v1/uploads").status == 204
        http.close()
        seen = probe_central.early_answer(proxy.url, TOKEN, None, within_s=0.8)
    assert (seen.status, seen.sent) == (None, probe_central.SENT)
    assert network.judge_proxy(seen).severity is Severity.PROBLEM


def test_a_proxy_that_answers_in_centrals_place_is_found() -> None:
    with Liar(lambda _: answer(413, Server="nginx")) as liar:
        finding = network.judge_proxy(probe_central.early_answer(liar.url, TOKEN, None))
    assert finding.severity is Severity.PROBLEM
    assert "413" in finding.saw
    assert "nginx" in finding.saw


def test_a_connection_that_is_closed_proves_nothing() -> None:
    with Liar(lambda _: None) as liar:
        finding = network.judge_proxy(probe_central.early_answer(liar.url, TOKEN, None))
    assert finding.severity is Severity.NOTE
    with pytest.raises(RetryLater):
        probe_central.early_answer(liar.url, TOKEN, None)


def test_centrals_clock_is_ours_on_one_machine(central: CentralServer) -> None:
    http = HttpSession(central.url)
    measured = probe_central.clock_offset(http, central.url, SystemClock())
    http.close()
    assert measured is not None
    assert abs(measured[0]) <= measured[1] + 0.5


@pytest.mark.parametrize(
    ("ahead_s", "severity"), [(0, Severity.OK), (-60, Severity.WARNING), (7200, Severity.PROBLEM)]
)
def test_a_clock_that_differs_from_centrals_is_found(ahead_s: int, severity: Severity) -> None:
    at = datetime.now(UTC) - timedelta(seconds=ahead_s)
    with _dated(format_datetime(at, usegmt=True)) as liar:
        http = HttpSession(liar.url)
        measured = probe_central.clock_offset(http, liar.url, SystemClock())
        http.close()
    assert measured is not None
    assert measured[0] == pytest.approx(ahead_s, abs=10)
    assert network.judge_clock(network.ClockFacts(*measured, synchronised=True)).severity is severity


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 20 Nov 2026 12:00:00 -0000", NOON])
def test_no_usable_date_or_not_centrals_tells_no_time(date: str) -> None:
    with _dated(date, by_central=date != NOON) as liar:
        http = HttpSession(liar.url)
        assert probe_central.clock_offset(http, liar.url, SystemClock()) is None
        http.close()


def _dated(date: str, *, by_central: bool = True) -> Liar:
    headers = {"Date": date} if date else {}
    if by_central:
        headers[VERSION_HEADER] = "1"
    return Liar(lambda _: answer(401, **headers))


def shown(context: ssl.SSLContext, trust: Path | None, host: str = "127.0.0.1") -> network.CertificateFacts:
    with Liar(lambda _: answer(200), tls=context) as liar:
        return probe_tls.certificate(host, urlsplit(liar.url).port or 0, trust)


def judged(facts: network.CertificateFacts) -> tuple[Severity, str]:
    finding = network.judge_certificate(facts, datetime.now(UTC), None)
    return finding.severity, finding.todo


def test_a_good_certificate_has_its_days_counted(tmp_path: Path) -> None:
    site = new_authority(tmp_path, "site")
    facts = shown(site.server(), site.file)
    assert (facts.trusted, facts.issuer, facts.names, facts.sent) == (True, "site", ("127.0.0.1",), 1)
    severity, todo = judged(facts)  # valid for one day
    assert severity is Severity.PROBLEM
    assert "Renew" in todo


def test_an_expired_certificate_is_told_from_an_untrusted_one(tmp_path: Path) -> None:
    site, other = new_authority(tmp_path, "site"), new_authority(tmp_path, "Fortinet")
    expired = shown(site.server(expired=True), site.file)
    assert (expired.trusted, expired.why_not) == (False, "certificate has expired")
    assert "expired" in network.judge_certificate(expired, datetime.now(UTC), None).saw
    intercepted = shown(other.server(), site.file)
    assert not intercepted.trusted
    assert judged(intercepted)[0] is Severity.PROBLEM
    assert "exempted" in judged(intercepted)[1]


def test_a_certificate_for_another_name_is_told(tmp_path: Path) -> None:
    site = new_authority(tmp_path, "site")
    facts = shown(site.server("10.1.1.1"), site.file)
    assert (facts.name_matches, facts.names) == (False, ("10.1.1.1",))
    assert "central.url" in judged(facts)[1]


def test_the_systems_cas_do_not_trust_a_site_by_itself(tmp_path: Path) -> None:
    facts = shown(new_authority(tmp_path, "site").server(), system_trust())
    assert not facts.trusted
    assert judged(facts)[0] is Severity.PROBLEM


def test_a_station_trusts_the_cas_of_its_system_and_no_packages_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, packaged = new_authority(tmp_path, "ours"), new_authority(tmp_path, "packaged")
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(packaged.file))
    built_in = ssl.get_default_verify_paths()._replace(openssl_cafile=str(ours.file))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: built_in)
    with Liar(lambda _: answer(204), tls=packaged.server()) as liar, pytest.raises(RetryLater) as refused:
        HttpSession(liar.url).request("GET", liar.url)
    assert refused.value.code == "tls"
    with Liar(lambda _: answer(204), tls=ours.server()) as liar:
        assert HttpSession(liar.url).request("GET", liar.url).status == 204


def test_a_port_that_speaks_no_tls_is_no_certificate() -> None:
    with Liar(lambda _: answer(200)) as liar, pytest.raises(OSError, match="timed out"):
        probe_tls.certificate("127.0.0.1", urlsplit(liar.url).port or 0, None, within_s=0.5)
