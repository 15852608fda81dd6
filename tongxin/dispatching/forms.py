"""What people say on the pages of dispatching."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.regions.queries import Land, place_name
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
        kwargs["initial"] = known
        super().__init__(*args, **kwargs)
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


class PlanForm(Form):
    """For which area to plan, and how its lines are carried out."""

    region = forms.ChoiceField(label=_("范围"))
    way = forms.ChoiceField(
        label=_("确认后怎么办"),
        choices=[
            ("dispatch", _("直接派单")),
            ("offer", _("推荐：先问合适的人，不应答就问下一位")),
        ],
        widget=forms.RadioSelect,
        initial="dispatch",
    )
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, lands: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lands = {land.code: land for land in lands}
        field = cast(forms.ChoiceField, self.fields["region"])
        field.choices = [(land.code, place_name(land.path)) for land in lands]

    def land(self) -> Land:
        return self.lands[self.cleaned_data["region"]]


class SimulationForm(Form):
    """What a simulation assumes; everything else is as it comes."""

    orders = forms.IntegerField(label=_("一年多少张单子"), initial=20_000)
    volunteers = forms.IntegerField(label=_("多少名志愿者"), initial=2_400)
    slot_share = forms.FloatField(
        label=_("志愿者有空的时段占比"), initial=0.3, help_text=_("0 到 1；一周分 21 个时段。")
    )
    says_yes = forms.FloatField(label=_("被问到时答应的占比"), initial=0.8, help_text=_("0 到 1。"))
    norm_min = forms.IntegerField(label=_("几分钟内应开始办理"), initial=1440)
    batch_hours = forms.FloatField(label=_("批量派单隔几小时一次"), initial=2.0)
    seeds = forms.IntegerField(
        label=_("重复几个种子"), initial=3, help_text=_("多个种子给出范围，最多 5 个。")
    )
