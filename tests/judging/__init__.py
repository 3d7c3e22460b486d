"""Judging: real rows made by real events; the rule itself is tested in tests/timeliness."""
