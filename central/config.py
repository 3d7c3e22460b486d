"""What `central.toml` says, as values. Every key has a default; `config_reading` turns a file into these."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from protocol.settings import Bytes

HOUR = timedelta(hours=1)


class Web(Struct, frozen=True):
    """How people reach the pages."""

    base_url: Annotated[str, Meta(examples=["https://central.example"])] = ""
    time_zone: Annotated[str, Meta(examples=["America/Chicago"])] = "UTC"
    metrics_token_file: Annotated[str, Meta(examples=["/etc/dock/metrics-token"])] = ""
    """Who sends what stands in it may read /metrics. Empty: only this machine itself."""


class Mail(Struct, frozen=True):
    """Where mail is handed over. Without a host, no mail is sent."""

    host: Annotated[str, Meta(examples=["mail.example"])] = ""
    port: Annotated[int, Meta(ge=1, le=65535, examples=[587])] = 25
    sender: Annotated[str, Meta(examples=["dock@example"])] = field(default="", name="from")
    security: Annotated[Literal["none", "starttls", "tls"], Meta(examples=["starttls"])] = "none"
    username: str = ""
    password_file: str = ""


class Storage(Struct, frozen=True):
    url: Annotated[str, Meta(examples=["s3://bucket/prefix"])] = ""
    """Empty: whole plain files under DIR/objects."""


class Database(Struct, frozen=True):
    url: Annotated[str, Meta(examples=["postgresql://user@host/name"])] = ""
    """Empty: SQLite, DIR/central.sqlite3."""


class Roster(Struct, frozen=True):
    """How shifts come in, and when a person should look first."""

    folder: str = ""
    """Empty: DIR/roster. Files that are dropped there are imported."""
    max_age: timedelta = 36 * HOUR
    """An older roster is IT's problem."""
    confirm_moved: Annotated[int, Meta(ge=1)] = 10
    """So many shifts whose ends move by the same span wait for a person's word."""
    confirm_withdrawn: Annotated[int, Meta(ge=0, le=100)] = 10
    """More than so many percent of a window's shifts withdrawn wait."""
    confirm_late: Annotated[int, Meta(ge=0)] = 10
    """More than so many cameras that would be overdue at once wait."""


class Lateness(Struct, frozen=True):
    grace: timedelta = 24 * HOUR
    gap_tolerance: timedelta = timedelta(minutes=15)
    merge_gap: timedelta = 2 * HOUR
    early_tolerance: timedelta = 1 * HOUR


class Notices(Struct, frozen=True):
    mode: Annotated[Literal["live", "shadow"], Meta(examples=["shadow"])] = "live"
    it_recipients: Annotated[tuple[str, ...], Meta(examples=[["it@example"]])] = ()
    digest_delay: timedelta = timedelta(minutes=15)
    reminders: timedelta = 24 * HOUR
    escalation: timedelta = 48 * HOUR
    storm: Annotated[int, Meta(ge=1)] = 25
    """More cameras than this in one digest become a summary with a CSV; more new ones at once are told to IT too."""
    officer_reminder: timedelta | None = None
    """So long after the end of a duty its officer is reminded, where the roster has an address. None: never."""
    pause: timedelta = 24 * HOUR
    """Reminders about a camera pause so long when somebody says that it was docked."""
    contest_due: timedelta = timedelta(days=14)
    """When a contest is to be decided."""


class Unit(Struct, frozen=True):
    """What one unit does differently. None: as everybody else."""

    grace: timedelta | None = None
    gap_tolerance: timedelta | None = None
    merge_gap: timedelta | None = None
    early_tolerance: timedelta | None = None
    mode: Annotated[Literal["live", "shadow"] | None, Meta(examples=["shadow"])] = None
    digest_delay: timedelta | None = None
    digest_times: Annotated[tuple[str, ...] | None, Meta(examples=[["06:00", "14:00"]])] = None
    reminders: timedelta | None = None
    escalation: timedelta | None = None
    delegate: Annotated[str, Meta(examples=["lt.kim@example"])] = ""
    """Gets this unit's notices in the supervisors' place."""
    delegate_from: Annotated[date | None, Meta(examples=["2026-12-01"])] = None
    """First and last day of that, in [web] time_zone. None: open."""
    delegate_until: Annotated[date | None, Meta(examples=["2026-12-14"])] = None


class Stations(Struct, frozen=True):
    stale_after: timedelta = timedelta(minutes=3)
    offline_after: timedelta = timedelta(minutes=15)
    credential_lifetime: timedelta = timedelta(days=90)
    """A station's credential ends so long after it was made; stations renew it after two thirds. 0: never."""
    renewal_grace: timedelta = timedelta(days=90)
    """A credential that ended may be renewed for so long: a station that was away then comes back by itself."""


class Alarms(Struct, frozen=True):
    """What IT is told, and by which other channel."""

    wait: timedelta | None = None
    """An alarm is told so long after it opened, so that what has one cause comes in one mail.
    None: a tenth of [stations] offline_after."""
    repeat: timedelta = 24 * HOUR
    """An alarm that stays open is told again after so long."""
    webhook: Annotated[str, Meta(examples=["https://alerts.example/dock"])] = ""
    """Every alarm is posted there too, as JSON. It works while mail does not."""
    ping_url: Annotated[str, Meta(examples=["https://hc.example/ping/1234"])] = ""
    """Fetched by the alert worker as long as it works: who misses it knows that central is dead."""
    ping_interval: timedelta = timedelta(minutes=5)
    weekly: Annotated[str, Meta(examples=["Mon 07:00"])] = "Mon 07:00"
    """When IT gets the mail that all is accounted for, in [web] time_zone. Empty: never."""
    disk_low: Annotated[Bytes, Meta(examples=["20GiB"])] = Bytes(20 * 2**30)
    """Less free space at a station, or at central, is told."""
    unreceipted_after: timedelta = 24 * HOUR
    """A file that waits longer for its receipt is told."""
    not_safe_after: timedelta = 24 * HOUR
    """A camera that is docked for longer and has files without a receipt is told."""
    full_within: timedelta = 6 * HOUR
    """A station whose disk will be full sooner, if it goes on filling as in the last hours, is told."""
    min_version: Annotated[str, Meta(examples=["1.2.0"])] = ""
    """A station with an older version is told at once. Empty: none is too old by itself."""
    version_after: timedelta = timedelta(days=7)
    """A station that still has an older version than another, so long after that one came up, is told."""
    drift_after: timedelta = 4 * HOUR
    """Stations whose configuration or profiles differ from most others' for so long are told."""


class Footage(Struct, frozen=True):
    """Who may see and take footage itself, each time with a reason that is kept."""

    viewers: Annotated[
        tuple[Literal["it", "admin", "supervisor", "auditor"], ...], Meta(examples=[["admin", "supervisor"]])
    ] = ("it", "admin", "supervisor")
    """A supervisor sees that of his units' shifts. An auditor needs no footage, so by default he sees none."""


REASONS = {
    "private_residence": "Private residence, at its occupant's request",
    "medical_facility": "Medical facility",
    "restroom_or_locker_room": "Restroom or locker room",
    "juvenile": "Juvenile",
    "sexual_assault_victim": "Victim of a sexual assault",
    "informant": "Informant, or undercover officer",
    "place_of_worship": "Place of worship",
    "safety": "Unsafe to switch it on then",
    "equipment_failure": "Equipment failure",
    "battery_empty": "Battery empty",
    "forgot": "Forgot",
}


class Dispatches(Struct, frozen=True):
    """Which dispatches are compared with recordings, and what may be said where a recording is late or missing."""

    exclude_types: Annotated[tuple[str, ...], Meta(examples=[["Phone report"]])] = ()
    """Types of calls that need no recording. Case does not matter."""
    exclude_dispositions: Annotated[tuple[str, ...], Meta(examples=[["Cancelled en route"]])] = ()
    tolerance: timedelta = timedelta(seconds=60)
    """A recording that begins no later after arrival, and ends no earlier before the call is cleared, is complete."""
    reasons: dict[str, str] = field(default_factory=REASONS.copy)
    """What may be given as the reason of an exception: its name in rows, and its words on pages."""


FOREVER = "forever"


class Category(Struct, frozen=True):
    """How long footage of one category must be kept."""

    minimum: Annotated[str, Meta(examples=["365d"])]
    """A duration, or "forever". It begins when the recording ended or arrived, whichever is later."""


SAFE_CATEGORIES = {
    "non_evidence": Category("365d"),
    "training": Category("365d"),
    "traffic": Category("1095d"),
    "arrest": Category("3650d"),
    "complaint": Category("3650d"),
    "use_of_force": Category(FOREVER),
    "investigation": Category(FOREVER),
}


class Retention(Struct, frozen=True):
    """Categories of footage. Central deletes nothing by itself: a person does, after the minimum."""

    bin: timedelta = timedelta(days=30)
    """What a person deletes can be brought back for so long."""
    expiring: timedelta = timedelta(days=30)
    """Footage whose retention could end within so long is looked at before (M16)."""
    late: timedelta = 24 * HOUR
    """Footage that arrived so long after its recording ended arrived late (M16)."""
    categorise_within: timedelta = timedelta(days=7)
    """So soon after its arrival somebody says what footage is (M14)."""
    category: dict[str, Category] = {}
    """Beside the safe ones, or in their place."""

    def categories(self) -> dict[str, Category]:
        """Those of the file, and of the safe set all that the file does not name."""
        return {**SAFE_CATEGORIES, **self.category}


class CentralConfig(Struct, frozen=True):
    web: Web = Web()
    mail: Mail = Mail()
    storage: Storage = Storage()
    database: Database = Database()
    roster: Roster = Roster()
    lateness: Lateness = Lateness()
    notices: Notices = Notices()
    unit: dict[str, Unit] = {}
    stations: Stations = Stations()
    alarms: Alarms = Alarms()
    footage: Footage = Footage()
    dispatches: Dispatches = Dispatches()
    retention: Retention = Retention()

    def grace_for(self, unit: str) -> timedelta:
        """How long after its end a shift of this unit may still dock in time."""
        own = self.unit.get(unit)
        return self.lateness.grace if own is None or own.grace is None else own.grace


NEW_FILE = """\
# central.toml: everything here is optional. `dock-central serve` reads it once, when it starts.
# Durations are written like "24h", "15min" or "5s". Unknown keys are refused.

[web]
# base_url = "https://central.example"      # how people reach the pages; https makes the cookies secure
# time_zone = "America/Chicago"             # for local times in roster files and on pages
# metrics_token_file = "/etc/dock/metrics-token"  # who sends it may read /metrics; default: this machine alone

[mail]
# host = "mail.example"
# port = 587
# from = "dock@example"
# security = "starttls"                     # none, starttls or tls
# username = "dock"
# password_file = "/etc/dock/mail-password"

[roster]
# folder = "/srv/roster"                    # files dropped here are imported; default DIR/roster
# max_age = "36h"                           # an older roster is told to IT
# confirm_moved = 10                        # ends that move alike, percent withdrawn, cameras overdue at once:
# confirm_withdrawn = 10                    # beyond these an import waits for `roster confirm`
# confirm_late = 10

[lateness]
# grace = "24h"
# gap_tolerance = "15min"
# merge_gap = "2h"
# early_tolerance = "60min"

[notices]
# mode = "live"                             # or "shadow": shows what would be sent, mails no supervisor
# it_recipients = ["it@example"]
# digest_delay = "15min"
# reminders = "24h"
# escalation = "48h"
# storm = 25                                # more cameras in one digest become a summary with a CSV
# officer_reminder = "30min"                # after the end of a duty, to the officer; default: never
# pause = "24h"                             # of reminders, once somebody says that it was docked
# contest_due = "14d"                       # by then a contest is to be decided

# [unit."East Patrol"]                      # what one unit does differently
# grace = "12h"
# digest_times = ["06:30", "14:30", "22:30"]  # when digests leave, instead of digest_delay after the first news
# delegate = "lt.kim@example"               # gets this unit's notices in the supervisor's place
# delegate_from = 2026-12-01                # first and last day of that
# delegate_until = 2026-12-14

[footage]
# viewers = ["it", "admin", "supervisor"]   # who may play and download, with a reason; "auditor" only if named

[dispatches]                                # calls compared with recordings; see docs/dispatches.md
# exclude_types = ["Phone report"]          # these need no recording
# exclude_dispositions = ["Cancelled en route"]
# tolerance = "60s"                         # a recording may begin so late after arrival and end so early
# reasons = { private_residence = "Private residence", forgot = "Forgot" }  # instead of the usual ones
[retention]                                 # how long footage is kept at least; nothing is ever deleted by itself
# bin = "30d"                               # what a person deleted can be brought back for so long
# expiring = "30d"                          # shown so long before its minimum is over, if nobody categorised it
# late = "24h"                              # arrived so long after its recording: its retention began late, too
# categorise_within = "7d"
# [retention.category."traffic"]            # beside the safe set; see docs/retention.md
# minimum = "1095d"                         # or "forever"

[stations]
# stale_after = "3min"
# offline_after = "15min"
# credential_lifetime = "90d"               # stations renew it by themselves after two thirds; "0s" for no end
# renewal_grace = "90d"                     # one that ended while its station was away may be renewed for so long

[alarms]                                    # what IT is told; see docs/alarms.md
# webhook = "https://alerts.example/dock"   # the other channel: JSON for every alarm, also while mail fails
# ping_url = "https://hc.example/ping/1234" # fetched while the alert worker works
# weekly = "Mon 07:00"                      # the mail that all is accounted for; "" for none
# disk_low = "20GiB"
# unreceipted_after = "24h"
# not_safe_after = "24h"                    # docked for longer, and files without a receipt
# full_within = "6h"                        # a disk that will be full sooner, if it goes on so
# min_version = "1.2.0"                     # an older station is told at once; default: none is too old by itself
# version_after = "7d"                      # an older one than another is told after so long
# drift_after = "4h"                        # another configuration than most stations, for so long
# repeat = "24h"
"""
