"""What an operator fills in: a number, a call, a promise, a rating."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Topic
from tongxin.cases.queries import catalogue
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.forms import Day, Form, Words

from .models import Call, QuickAnswer
from .queries import place_groups

STARS = [
    (5, _("5 星，非常满意")),
    (4, _("4 星，满意")),
    (3, _("3 星，一般")),
    (2, _("2 星，不满意")),
    (1, _("1 星，非常不满意")),
]
MOMENT = "%Y-%m-%dT%H:%M"


class NumberForm(Form):
    """Who calls."""

    phone = Words(
        label=_("来电号码"), limit=30, required=False,
        help_text=_("手机或带区号的座机；没有显示就留空，直接接起。"),
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip


class CallForm(Form):
    """What is written while they talk: for a request, or for an answer on the spot."""

    text = Words(label=_("说了什么"), limit=10_000, rows=5)
    topic: Any = forms.ModelChoiceField(
        Topic.objects.filter(is_active=True), to_field_name="code", required=False, label=_("事项")
    )
    region = forms.ChoiceField(label=_("社区（村）"), required=False)
    address = Words(label=_("详细地址"), limit=120, required=False)
    is_fast = forms.BooleanField(label=_("紧急，走绿色通道"), required=False)
    is_private = forms.BooleanField(label=_("不公开"), required=False)
    answer = Words(label=_("答复"), limit=1000, rows=3, required=False)

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region, topic = self.fields["region"], self.fields["topic"]
        region.choices = [("", _("建单前选一个")), *place_groups(call.region.path)]  # type: ignore[attr-defined]
        groups = [
            (one.name, [(topic.code, topic.name) for topic in one.topics.all()])
            for one in catalogue()
        ]
        topic.widget.choices = [("", _("不确定，请社区分类")), *groups]
        region.error_messages["invalid_choice"] = _("请从列表里选社区")

    def place(self) -> Region | None:
        code = self.cleaned_data["region"]
        return region_of(get_land(code)) if code else None


class AnswerForm(Form):
    """A question that comes every day, and what is said to it."""

    code = Words(
        label=_("代码"), limit=12, required=False,
        help_text=_("大写字母和数字；留空由系统编"),
    )  # fmt: skip
    title = Words(label=_("问题"), limit=60)
    text = Words(
        label=_("答复"), limit=1000, rows=6, help_text=_("话务员照着念的话，说清楚去哪里、带什么")
    )
    keywords = Words(
        label=_("常用说法"), limit=200, required=False,
        help_text=_("居民会怎么说，用空格分开；通话中听到就会提示这一条"),
    )  # fmt: skip
    source = Words(label=_("出处"), limit=120, required=False, help_text=_("依据的文件或办事指南"))
    checked_on = Day(label=_("核对日期"), required=False, help_text=_("最近一次和出处核对的日子"))
    is_active = forms.BooleanField(label=_("启用"), required=False, initial=True)
    expect = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, answer: QuickAnswer | None = None, **kwargs: Any) -> None:
        if answer is not None:
            names = ("title", "text", "keywords", "source", "checked_on", "is_active")
            initial = {name: getattr(answer, name) for name in names}
            kwargs["initial"] = initial | {"expect": answer.versions.count()}
        super().__init__(*args, **kwargs)
        if answer is not None:
            del self.fields["code"]
        else:
            del self.fields["expect"]


class PromiseForm(Form):
    due_at = forms.DateTimeField(
        label=_("什么时候回拨"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S"],
    )
    reason = Words(label=_("为什么回拨"), limit=200)

    def __init__(self, *args: Any, at: Any, **kwargs: Any) -> None:
        soon = localtime(at + timedelta(hours=2)).replace(minute=0)
        kwargs["initial"] = {"due_at": soon} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)


class NoteForm(Form):
    note = Words(label=_("补充什么"), limit=2000, rows=4)


class StarsForm(Form):
    """What the caller says of their own request."""

    stars = forms.TypedChoiceField(
        label=_("居民给几星"), coerce=int, widget=forms.RadioSelect,
        choices=STARS,
        error_messages={"required": _("请选择 1 到 5 星")},
    )  # fmt: skip
    words = Words(label=_("居民怎么说"), limit=500, rows=3, required=False)


class BackForm(Form):
    reached = forms.TypedChoiceField(
        label=_("打通了吗"), coerce=lambda value: value == "1", widget=forms.RadioSelect,
        choices=[("1", _("打通了")), ("0", _("没有打通"))],
        error_messages={"required": _("请选择是否打通")},
    )  # fmt: skip
    stars = forms.TypedChoiceField(
        label=_("居民给几星"), coerce=int, empty_value=None, required=False,
        choices=[("", _("没有评")), *STARS],
    )  # fmt: skip
    result = Words(label=_("结果"), limit=300, rows=3, required=False)

    def __init__(self, *args: Any, asks_stars: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_stars:
            del self.fields["stars"]
