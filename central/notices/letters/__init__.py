"""What each mail says. Values in, a `Letter` out: nothing here knows the database, the clock or the mail server."""

from central.notices.letters.digests import compose
from central.notices.letters.officers import OfficerReminder, compose_officer_reminder
from central.notices.letters.summaries import Summary, compose_summary
from central.notices.letters.to_it import compose_it

__all__ = ["OfficerReminder", "Summary", "compose", "compose_it", "compose_officer_reminder", "compose_summary"]
