"""What a person fills in to decide about a letter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.ui.forms import Form


class FileForm(Form):
    region = forms.ChoiceField(label=_("由哪个社区受理"))
    title = forms.CharField(label=_("标题"), max_length=60)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=places)


class AddForm(Form):
    number = forms.CharField(
        label=_("单子编号"), max_length=40, help_text=_("例如 120116-20261122-0042")
    )


class RefuseForm(Form):
    reason = forms.CharField(label=_("不受理的理由"), max_length=200)
