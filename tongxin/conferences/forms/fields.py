"""Fields that the forms of this app share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class Hour(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class Hidden(forms.CharField):
    """A key that makes a form act once."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, required=False, max_length=80)


class Yuan(forms.DecimalField):
    """Money in yuan on the screen, in fen behind it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"min_value": 0, "max_digits": 14, "decimal_places": 2, "required": False} | kwargs
        super().__init__(widget=forms.NumberInput(attrs={"inputmode": "decimal"}), **kwargs)

    def clean(self, value: Any) -> int:
        return int((super().clean(value) or Decimal(0)) * 100)


class Among(forms.ModelChoiceField):
    """One of some rows; which ones is said when the form is made."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label=label, queryset=None, **kwargs)


class AmongMany(forms.ModelMultipleChoiceField):
    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label=label, queryset=None, **kwargs)


NOBODY = _("不指定")
