"""Fields that several forms of this app use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _


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


def rule_help(newer: Iterable[str]) -> str:
    """Say beside a choice of rules that some rest on an older text than the one in force; "" if none does."""
    words = _(
        "标“待核对”的规则依据旧文本，已有新文本施行：%s。请先对照现行文本核对，不一致的由街镇（区）管理员装载新版本。"
    )
    return words % "；".join(newer) if newer else ""
