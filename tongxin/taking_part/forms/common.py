"""Fields that several forms of this app use."""

from __future__ import annotations

from typing import Any

from django import forms


class Moment(forms.DateTimeField):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class Lines(forms.Field):
    """Texts, one a line."""

    max_length = None

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def clean(self, value: Any) -> list[str]:
        super().clean(value)
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]


def key_field() -> forms.CharField:
    return forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
