"""What people say on the pages of dispatching."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.ui.forms import Form, Words

from .queries.weights import NUMBERS, PEOPLE, UNITS, Weights


class WeightsForm(Form):
    """The weights of a district from a day on."""

    effective_from = forms.DateField(
        label=_("施行日期"), widget=forms.DateInput(attrs={"type": "date"})
    )
    source = Words(label=_("依据"), limit=200, help_text=_("谁定的、根据什么定的。"))

    def __init__(self, *args: Any, now_in_force: Weights, **kwargs: Any) -> None:
        known = {**now_in_force.of, **{name: getattr(now_in_force, name) for name in NUMBERS}}
        super().__init__(*args, initial=known, **kwargs)
        for code, label in (PEOPLE | UNITS).items():
            self.fields[code] = forms.IntegerField(label=label, min_value=0, max_value=100)
        self.fields["far_m"] = forms.IntegerField(
            label=_("距离计分上限（米）"), help_text=_("超过这个距离不再加分。")
        )
        self.fields["limit_m"] = forms.IntegerField(
            label=_("最远推荐距离（米）"), help_text=_("本街镇人手不够时，看到多远的街镇。")
        )
        self.fields["floor"] = forms.IntegerField(
            label=_("评单计分的最少件数"), help_text=_("同类评单不到这个数，不计好差。")
        )
        self.order_fields([*PEOPLE, *UNITS, *NUMBERS, "effective_from", "source"])

    def people(self) -> list[forms.BoundField]:
        return [self[code] for code in PEOPLE]

    def units(self) -> list[forms.BoundField]:
        return [self[code] for code in UNITS]

    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in (*NUMBERS, "effective_from", "source")]

    def numbers(self) -> dict[str, int]:
        return {code: self.cleaned_data[code] for code in (*PEOPLE, *UNITS, *NUMBERS)}
