"""What people fill in about packages and shared activities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from tongxin.ui.forms import Day, Form, Words

from ..models import PackageItem, Series
from .fields import Among, AmongMany, Hour, Yuan


class PackageForm(Form):
    street = Among(_("街镇"), empty_label=None)
    org = Among(_("下放单位"), empty_label=None)
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    name = Words(label=_("名称"), limit=60)
    policy = Words(label=_("政策"), limit=5000, rows=6)

    def __init__(self, *args: Any, streets: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(street=streets)
        self.choose_from(org=orgs)


class PackageItemForm(Form):
    kind = forms.ChoiceField(label=_("类别"), choices=PackageItem.Kind.choices)
    title = Words(label=_("项目"), limit=80)
    amount_fen = Yuan(label=_("资金（元）"), help_text=_("没有资金的填 0。"))
    due_on = Day(label=_("完成期限"))


class IssueForm(Form):
    account = Among(_("拨付账户"), required=False, empty_label=_("不带资金"))
    source = Among(_("资金来源"), required=False, empty_label=_("不带资金"))

    def __init__(self, *args: Any, accounts: Any, sources: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(account=accounts)
        self.choose_from(source=sources)


class ProgressForm(Form):
    note = Words(label=_("落实情况"), limit=500, rows=3)
    served = forms.IntegerField(label=_("服务人次"), min_value=0)
    is_done = forms.BooleanField(label=_("已经完成，请确认"), required=False)


class ActivityForm(Form):
    title = Words(label=_("活动"), limit=80)
    text = Words(label=_("内容"), limit=500, rows=3, required=False)
    series = forms.ChoiceField(
        label=_("系列"), required=False, choices=[("", _("不属于系列")), *Series.choices]
    )
    host = Among(_("牵头单位"), empty_label=None)
    region = Among(_("区域"), empty_label=None)
    place = Words(label=_("地点"), limit=100)
    day = Day(label=_("日期"))
    starts = Hour(label=_("开始"))
    ends = Hour(label=_("结束"))
    orgs = AmongMany(_("邀请单位"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, hosts: Any, regions: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("host", hosts), ("region", regions), ("orgs", orgs)):
            self.choose_from(**{name: rows})

    def given(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        day, starts, ends = data.pop("day"), data.pop("starts"), data.pop("ends")
        return data | {
            "starts_at": make_aware(datetime.combine(day, starts)),
            "ends_at": make_aware(datetime.combine(day, ends)),
        }


class JoinForm(Form):
    joins = forms.ChoiceField(
        label=_("回复"), choices=[("yes", _("参加")), ("no", _("不参加"))], widget=forms.RadioSelect
    )
    people = forms.IntegerField(label=_("人数"), min_value=0, required=False)
    brings = Words(label=_("承担内容"), limit=100, required=False)


class HoldForm(Form):
    residents = forms.IntegerField(label=_("参加居民"), min_value=0)
    result = Words(label=_("开展情况"), limit=500, rows=3)
