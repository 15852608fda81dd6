"""Fields that the forms of this app share."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.documents.actions.files import MEBI, MOST_MEBI, Upload, check_size
from tongxin.kit.errors import Refused
from tongxin.ui.forms import Day, Form, Words


class Moment(forms.DateTimeField):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class OneFile(forms.FileField):
    """A file as an `Upload`, or None; its kind is judged where it is kept."""

    def clean(self, value: Any, initial: Any = None) -> Upload | None:
        found = super().clean(value, initial)
        if not found:
            return None
        try:
            check_size(found.name, found.size)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal
        return Upload(name=found.name, data=found.read())


class Lines(Words):
    """Several words, one a line or with 、， between them; a list."""

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        text = super().clean(value)
        return [word.strip() for word in re.split(r"[\n、，,；;]+", text) if word.strip()]


class Key(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.HiddenInput, required=False, max_length=80, **kwargs)


class NoteForm(Form):
    note = Words(label=_("意见"), limit=500, rows=4)

    def __init__(self, *args: Any, label: Any = None, required: bool = True, help_text: Any = "", **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        field = self.fields["note"]
        field.label, field.required, field.help_text = label or field.label, required, help_text


FILE_HELP = _("PDF、OFD、Word、Excel、图片或 ZIP，不超过 %d MB。") % MOST_MEBI
__all__ = ["FILE_HELP", "MEBI", "Day", "Form", "Key", "Lines", "Moment", "NoteForm", "OneFile", "Words"]  # fmt: skip
