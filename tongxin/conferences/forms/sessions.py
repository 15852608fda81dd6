"""What people fill in about bodies, sessions and resolutions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from tongxin.ui.forms import Day, Form, Words

from ..models import AgendaItem
from .fields import NOBODY, Among, AmongMany, Hidden, Hour


class CharterForm(Form):
    text = Words(label=_("章程"), limit=5000, rows=12)
    effective_from = Day(label=_("施行日期"))
    source = Words(label=_("依据"), limit=200, required=False)


class ConvenerForm(Form):
    org = Among(
        _("召集单位"), empty_label=None, help_text=_("本区域或上级的党组织，书记主持会议。")
    )

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)


class SeatForm(Form):
    kind = Among(_("成员类型"), empty_label=None)
    org = Among(
        _("单位"), required=False, empty_label=_("没有在系统登记，填写名称"),
        help_text=_("优先选择系统里的单位，决议才能派给它。"),
    )  # fmt: skip
    name = Words(label=_("单位名称"), limit=60, required=False)
    rep_name = Words(label=_("代表"), limit=40, help_text=_("代表这个单位参加会议的人。"))
    rep_title = Words(label=_("职务"), limit=40, required=False)
    why = Words(label=_("推选理由"), limit=200, rows=2, help_text=_("代表性、影响力。"))
    from_date = Day(label=_("加入日期"))

    def __init__(self, *args: Any, kinds: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(kind=kinds)
        self.choose_from(org=orgs)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not given.get("org") and not given.get("name"):
            self.add_error("name", _("请选择单位，或填写单位名称。"))
        return given


class SessionForm(Form):
    title = Words(
        label=_("会议名称"), limit=100, required=False, help_text=_("不填则按年度和次数命名。")
    )
    day = Day(label=_("日期"))
    starts = Hour(label=_("开始"))
    ends = Hour(label=_("结束"))
    venue = Words(label=_("地点"), limit=100)
    key = Hidden()
    PLACES = {"starts_at": "starts", "ends_at": "ends"}

    def take(self, refusal) -> None:
        refusal.field = self.PLACES.get(refusal.field, refusal.field)
        super().take(refusal)

    def given(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        day, starts, ends = data.pop("day"), data.pop("starts"), data.pop("ends")
        return data | {
            "starts_at": make_aware(datetime.combine(day, starts)),
            "ends_at": make_aware(datetime.combine(day, ends)),
        }


class ProposeForm(Form):
    kind = forms.ChoiceField(label=_("类别"), choices=AgendaItem.Kind.choices)
    title = Words(label=_("议题"), limit=100)
    text = Words(label=_("情况"), limit=2000, rows=4, required=False)
    key = Hidden()


class DecideForm(Form):
    decision = Words(label=_("议定意见"), limit=2000, rows=4)
    defer = forms.BooleanField(label=_("这次没有议定，下次再议"), required=False)


class ResolveForm(Form):
    item = Among(_("对应议题"), required=False, empty_label=_("不对应议题"))
    title = Words(label=_("决议"), limit=100, help_text=_("一句话写清做什么。"))
    work = Words(label=_("工作内容"), limit=2000, rows=4)
    place = Words(label=_("地点"), limit=100, help_text=_("路名、小区或楼号。"))
    region = Among(_("所在区域"), empty_label=None)
    units = AmongMany(
        _("责任单位"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("可选几家，第一家牵头；每家都会收到任务。"),
    )  # fmt: skip
    holder = Among(
        _("责任人"), required=False, empty_label=NOBODY,
        help_text=_("没有合适单位时，指定一位责任人。"),
    )  # fmt: skip
    due_on = Day(label=_("完成期限"))
    key = Hidden()

    def __init__(
        self, *args: Any, items: Any, regions: Any, units: Any, people: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("item", items), ("region", regions), ("units", units), ("holder", people)
        ):  # fmt: skip
            self.choose_from(**{name: rows})


class ExtendForm(Form):
    due_on = Day(label=_("新的完成期限"))
    reason = Words(label=_("延期理由"), limit=300, rows=2)
