"""What the forms ask for. Services decide what may be kept; a form repeats their refusals beside its field."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from central.administration.camera_file import STATES
from central.administration.user_file import ROLES

STATE_WORDS = {"in_use": "in use", "repair": "in repair", "lost": "lost", "retired": "retired"}


class OnceForm(forms.Form):
    """A form that is carried out once: each that is shown has a token of its own."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class WhereForm(forms.Form):
    site = forms.CharField(label="Site", max_length=64, required=False, help_text="Where it stands.")
    label = forms.CharField(
        label="Label", max_length=255, required=False, help_text="What people call it, for example Front desk."
    )


class NewStationForm(OnceForm, WhereForm):
    station_id = forms.CharField(
        label="Station",
        max_length=64,
        help_text="Its name: letters, digits, dots, dashes, underscores. It stays for ever.",
    )
    field_order = ("station_id", "site", "label")


class CodeForm(OnceForm):
    """A fresh code for a station that waits for its PC."""


class ReplaceForm(OnceForm):
    revoke_now = forms.BooleanField(
        label="The old PC is gone: trust it no more from now on",
        required=False,
        help_text="Else it may deliver what it has until the new one enrols.",
    )


class RevokeForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=255, help_text="It is kept for ever.")
    typed = forms.CharField(label="Type the station's name to confirm", max_length=64)

    def __init__(self, *args: Any, station_id: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._station_id = station_id

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self._station_id:
            raise forms.ValidationError(f"This is not {self._station_id}. Nothing was changed.")
        return typed


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=[(one, one) for one in ROLES])


class NewUserForm(OnceForm, RoleForm):
    email = forms.CharField(
        label="Mail address",
        max_length=150,
        help_text="With it he logs in.",
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    field_order = ("email", "role")


class ResetForm(OnceForm):
    """A link by which somebody sets a new password."""


def _password(label: str, complete: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": complete})
    return forms.CharField(label=label, max_length=4096, strip=False, widget=widget, help_text=help_text)


class NewPasswordForm(OnceForm):
    password = _password("New password", "new-password", "At least 12 characters, and none that everybody uses.")
    again = _password("The same again", "new-password")

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if self.cleaned_data.get("password") not in (None, again):
            raise forms.ValidationError("This is not the same.")
        return again


class OwnPasswordForm(NewPasswordForm):
    present = _password("Present password", "current-password")
    field_order = ("present", "password", "again")


class CameraForm(forms.Form):
    label = forms.CharField(label="Label", max_length=255, required=False)
    state = forms.ChoiceField(
        label="State",
        choices=[(one, STATE_WORDS[one]) for one in STATES],
        help_text="For lists alone: no verdict, notice or alarm asks for it. Repair and loss that excuse a "
        "deadline are said on the page of the shift.",
    )
    note = forms.CharField(label="Note", max_length=255, required=False)


class NewCameraForm(CameraForm):
    camera_serial = forms.CharField(label="Serial", max_length=255, help_text="As its card or its roster has it.")
    field_order = ("camera_serial", "label", "state", "note")


class OfficerForm(forms.Form):
    name = forms.CharField(label="Name", max_length=255, required=False)
    email = forms.CharField(
        label="Mail address",
        max_length=255,
        required=False,
        help_text="By it an officer is recognised when he logs in.",
    )
    unit = forms.CharField(
        label="Unit",
        max_length=255,
        required=False,
        help_text="For lists. Whom notices go to is said by each shift.",
    )
    note = forms.CharField(label="Note", max_length=255, required=False)
    has_left = forms.BooleanField(
        label="Has left",
        required=False,
        help_text="For lists. Shifts are judged as ever; the login is disabled apart.",
    )


class KeyForm(OnceForm):
    name = forms.CharField(
        label="Name", max_length=64, help_text="Who uses it: letters, digits, dots, dashes, underscores."
    )


class MailForm(OnceForm):
    address = forms.CharField(label="To", max_length=255, widget=forms.TextInput(attrs={"inputmode": "email"}))


class FileForm(forms.Form):
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="CSV, UTF-8 or UTF-16; commas, semicolons or tabs; at most 1 MiB. Nothing is changed yet.",
    )


class CheckedFileForm(OnceForm):
    """A file that was checked, sent again with the word to bring it in."""

    content = forms.CharField(widget=forms.HiddenInput, strip=False, required=False)
    file_name = forms.CharField(widget=forms.HiddenInput, required=False)
