"""What is filled in about brands."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Photos, Words

from ..models import Brand, BrandFamily, BrandIndicator, Exemplar
from .common import Day, Key


class Indicators(Words):
    """Lines of name, unit and target ("带动户数 户 120"); the target may be left out."""

    def clean(self, value: Any) -> list[tuple[str, str, Decimal | None]]:  # type: ignore[override]
        found: list[tuple[str, str, Decimal | None]] = []
        for line in super().clean(value).splitlines():
            words = re.split(r"[ 　\t,，]+", line.strip())
            if words == [""]:
                continue
            try:
                target = Decimal(words[2]) if len(words) > 2 else None
            except InvalidOperation:
                raise ValidationError(gettext("“%s”的目标请填数字。") % line[:30]) from None
            found.append((words[0], words[1] if len(words) > 1 else "", target))
        return found


class BrandWords(Form):
    slogan = Words(label=_("一句话"), limit=100, required=False)
    product = Words(label=_("一品（特色产业）"), limit=60, required=False)
    plan = Words(label=_("一策（发展思路）"), limit=500, rows=3, required=False)
    story = Words(label=_("品牌故事"), limit=4000, rows=6, required=False)
    method = forms.ModelChoiceField(
        label=_("工作法"), queryset=Exemplar.objects.none(), required=False, empty_label=_("不选")
    )

    def __init__(self, *args: Any, methods: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(method=methods)


class BrandForm(BrandWords):
    family = forms.ModelChoiceField(
        label=_("系列"), queryset=BrandFamily.objects.none(), empty_label=None
    )
    org = forms.ModelChoiceField(label=_("所属单位"), queryset=Org.objects.none(), empty_label=None)
    name = Words(label=_("品牌名称"), limit=40)
    since = Day(label=_("创建日期"))
    indicators = Indicators(
        label=_("指标"), limit=600, rows=4, required=False,
        help_text=_("一行一个，写名称、单位、目标，如：带动户数 户 120。留空用系列的指标。"),
    )  # fmt: skip
    key = Key()
    field_order = ("family", "org", "name", "since", "slogan", "product", "plan", "story", "method", "indicators", "key")  # fmt: skip

    def __init__(self, *args: Any, families: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(family=families)
        self.choose_from(org=orgs)


class IndicatorsForm(Form):
    indicators = Indicators(
        label=_("指标"),
        limit=600,
        rows=6,
        help_text=_("一行一个，写名称、单位、目标，如：带动户数 户 120。"),
    )


class ValuesForm(Form):
    period = Words(label=_("时期"), limit=7, help_text=_("按年写 2026，按季写 2026-Q1。"))

    def __init__(self, *args: Any, indicators: list[BrandIndicator], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.indicators = indicators
        for one in indicators:
            self.fields[f"i{one.pk}"] = forms.DecimalField(
                label=f"{one.name}（{one.unit}）" if one.unit else one.name, required=False,
                max_digits=12, decimal_places=2,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
            )  # fmt: skip

    @property
    def values(self) -> dict[int, Decimal]:
        found = {one.pk: self.cleaned_data[f"i{one.pk}"] for one in self.indicators}
        return {pk: value for pk, value in found.items() if value is not None}


class BrandStateForm(Form):
    state = forms.ChoiceField(label=_("状态"), choices=Brand.State)
    reason = Words(label=_("理由"), limit=200)


class BrandPhotosForm(Form):
    photos = Photos(label=_("照片"), most=6)
    caption = Words(label=_("图注"), limit=60, required=False)
