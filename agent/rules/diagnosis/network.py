"""Whether this station can reach central as it must: time, certificate, credential, and nothing that buffers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.rules.diagnosis.finding import Finding, note, ok, problem, unseen, warning

CLOCK_WARNING_S = 5.0
CLOCK_PROBLEM_S = 300.0
EXPIRES_SOON_DAYS = 21.0
EXPIRES_NOW_DAYS = 5.0

INTERCEPTORS = (
    "zscaler", "netskope", "fortinet", "fortigate", "palo alto", "blue coat", "bluecoat", "cisco umbrella",
    "sophos", "check point", "barracuda", "watchguard", "forcepoint", "websense", "kaspersky", "eset", "avast",
    "bitdefender", "mcafee", "skyhigh", "squid", "mitmproxy", "untangle", "smoothwall", "iboss", "lightspeed",
)  # fmt: skip
"""Names in an issuer that belong to products which open TLS and close it again."""


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """How far this clock is from central's, and whether anybody keeps it."""

    offset_s: float | None
    """Positive: we are ahead. None: central gave no time."""
    uncertainty_s: float = 0.0
    synchronised: bool | None = None
    """As the kernel says; None: it did not say."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a server showed."""

    host: str
    trusted: bool
    why_not: str = ""
    """OpenSSL's words."""
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    self_signed: bool = False
    sent: int | None = None
    """How many certificates it sent; None when unknown."""
    name_matches: bool = True


@dataclass(frozen=True, slots=True)
class EarlyAnswer:
    """What came back while most of a request's body was still here."""

    sent: int
    announced: int
    waited_s: float
    limit_s: float
    status: int | None = None
    """None: nothing came."""
    from_central: bool = False
    server: str = ""
    """Its `Server` or `Via` header."""
    trouble: str = ""


def judge_clock(facts: ClockFacts) -> Finding:
    kept = {True: "synchronised", False: "not synchronised", None: "synchronisation unknown"}[facts.synchronised]
    if facts.offset_s is None:
        saw = f"Central gave no time to compare with; {kept}."
        if facts.synchronised is False:
            return warning("clock", saw, *_UNKEPT)
        return note("clock", saw, "How far this clock is off is unknown.")
    side = "ahead of" if facts.offset_s > 0 else "behind"
    saw = f"{abs(facts.offset_s):.1f} s {side} central (± {facts.uncertainty_s:.1f} s), {kept}."
    least = abs(facts.offset_s) - facts.uncertainty_s
    if least > CLOCK_PROBLEM_S:
        return problem(
            "clock",
            saw,
            "Certificates may look expired, and the times of docks are uncertain by as much.",
            "Set the clock (`timedatectl set-ntp true`) and check the PC's battery. "
            "If central's is wrong, correct it there.",
        )
    if least > CLOCK_WARNING_S:
        return warning(
            "clock",
            saw,
            "Docks near a deadline cannot be judged: they become indeterminate.",
            "Let NTP keep both clocks (`timedatectl set-ntp true`; systemd-timesyncd or chrony).",
        )
    if facts.synchronised is False:
        return warning("clock", saw, *_UNKEPT)
    return ok("clock", saw)


_UNKEPT = (
    "Nobody keeps this clock: it drifts by seconds a day.",
    "Switch NTP on: `timedatectl set-ntp true`, or install chrony. Allow UDP port 123 to a time server.",
)


def judge_certificate(facts: CertificateFacts, now: datetime, ca_file: str | None) -> Finding:
    shown = (
        f"{facts.host} shows {facts.subject or 'a certificate without a name'}, issued by {facts.issuer or 'nobody'}"
    )
    if facts.not_before is not None and now < facts.not_before:
        return problem(
            "certificate",
            f"{shown}, valid only from {facts.not_before:%Y-%m-%d %H:%M} UTC on.",
            "Nothing reaches central. Most often this PC's clock is behind.",
            "See the finding `clock`; otherwise give central a certificate that is valid now.",
        )
    if facts.not_after is not None and now > facts.not_after:
        return problem(
            "certificate",
            f"{shown}, expired since {facts.not_after:%Y-%m-%d %H:%M} UTC.",
            "Nothing reaches central; footage stays in the spool.",
            "Renew central's certificate. If it is new, this PC's clock is wrong.",
        )
    if not facts.name_matches:
        return problem(
            "certificate",
            f"{shown}, for {', '.join(facts.names) or 'no name at all'}.",
            "The certificate is for other names than central.url: nothing is sent there.",
            "Correct central.url, or give central a certificate with this name.",
        )
    if not facts.trusted:
        return _untrusted(facts, shown, ca_file)
    if _intercepted(facts.issuer):
        return warning(
            "certificate",
            f"{shown}.",
            "Something on the way opens the connection: it sees all footage, and may buffer, cut or refuse uploads.",
            "Have this PC's connections to central exempted from TLS inspection.",
        )
    if facts.not_after is None:
        return ok("certificate", f"{shown}, trusted.")
    days = (facts.not_after - now).total_seconds() / 86400
    saw = f"{shown}, trusted, good for {days:.0f} more days."
    renew = "Renew central's certificate, and see why that does not happen by itself."
    if days < EXPIRES_NOW_DAYS:
        return problem("certificate", saw, "Then nothing reaches central any more.", renew)
    if days < EXPIRES_SOON_DAYS:
        return warning("certificate", saw, "Then nothing reaches central any more.", renew)
    return ok("certificate", saw)


def _untrusted(facts: CertificateFacts, shown: str, ca_file: str | None) -> Finding:
    trust = f"central.ca_file = {ca_file}" if ca_file else "the system's CAs"
    if _intercepted(facts.issuer):
        means = "Something on the way opens TLS connections and shows its own certificate (TLS inspection)."
        todo = "Have this PC's connections to central exempted from it. Do not trust its CA: it could forge central."
    elif facts.self_signed:
        means = "It vouches for itself; this station trusts it only when told to."
        todo = "Compare its fingerprint with central's, then name it in central.ca_file."
    elif facts.sent == 1:
        means = (
            "The server sent its certificate alone: the one between it and its CA is missing, or the CA is not ours."
        )
        todo = "Let central send the whole chain (fullchain.pem), or name the site's CA in central.ca_file."
    else:
        means = "Its CA is not one that this station trusts: the site's own, or somebody in between."
        todo = "If it is the site's CA, name its file in central.ca_file; if not, find out who opens this connection."
    return problem(
        "certificate",
        f"{shown}; not trusted by {trust} ({facts.why_not or 'no reason given'}).",
        f"Nothing reaches central; footage stays in the spool. {means}",
        todo,
    )


def _intercepted(issuer: str) -> bool:
    return any(name in issuer.lower() for name in INTERCEPTORS)


def judge_proxy(answer: EarlyAnswer) -> Finding:
    """Central answers a request that it will refuse before it has the body; what buffers holds both back."""
    asked = f"{answer.sent // 1024} KiB of a request of {answer.announced // 1024} KiB were sent"
    by = f" ({answer.server})" if answer.server else ""
    if answer.trouble:
        return unseen("proxy", answer.trouble)
    if answer.status is None:
        return problem(
            "proxy",
            f"{asked}; no answer within {answer.limit_s:.0f} s.",
            "Something between here and central keeps whole requests before it passes them on: an upload that breaks "
            "off begins anew, and large pieces time out.",
            "Switch request buffering off there (nginx: proxy_request_buffering off; HAProxy: no option "
            "http-buffer-request), and raise its body limit to 64 MiB.",
        )
    if not answer.from_central:
        return problem(
            "proxy",
            f"{asked}; {answer.status} came back from something else than central{by}.",
            "A proxy answers in central's place.",
            "Set central.url to the address that passes everything on unchanged, or exempt it from the proxy.",
        )
    return ok("proxy", f"{asked}; central answered {answer.status} after {answer.waited_s:.2f} s: nothing buffers.")
