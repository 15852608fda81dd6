"""What an editor of a volume fills in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Words

from ..models import Exemplar, VolumePart
from .common import Key, Lines


class VolumeForm(Form):
    title = Words(label=_("书名"), limit=60)
    subtitle = Words(label=_("副题"), limit=80, required=False)
    foreword = Words(label=_("前言"), limit=4000, rows=8, required=False)
    parts = Lines(label=_("篇名"), limit=400, rows=4, help_text=_("一行一篇，按顺序写。"))


class NewVolumeForm(VolumeForm):
    org = forms.ModelChoiceField(label=_("编印单位"), queryset=Org.objects.none(), empty_label=None)
    year = forms.IntegerField(label=_("年度"), min_value=1949, max_value=2200)
    key = Key()
    field_order = ("org", "title", "subtitle", "year", "foreword", "parts", "key")

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)


class ExemplarChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, one: Any) -> str:
        return f"{one.title} · {one.kind.name} · {one.org.name}"


class BindForm(Form):
    part = forms.ModelChoiceField(
        label=_("收入哪一篇"), queryset=VolumePart.objects.none(), empty_label=None
    )
    exemplars = ExemplarChoices(
        label=_("已发布、还没收入的案例"), queryset=Exemplar.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, parts: Any, exemplars: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(part=parts)
        self.choose_from(exemplars=exemplars)
