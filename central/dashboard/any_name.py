"""Addresses with a name in them: import this where `<name:…>` is used."""

from __future__ import annotations

from django.urls import register_converter


class AnyName:
    """A name as a roster or a card has it: slashes and line breaks too."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(AnyName, "name")
