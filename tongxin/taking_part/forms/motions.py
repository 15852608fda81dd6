"""What people fill in about motions, polls and rolls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.ui.forms import Form, Phone, Words

from ..models import Motion, RaiserKind, Statement
from .common import Lines, Moment, key_field, rule_help


class MotionForm(Form):
    raiser = forms.ChoiceField(label=_("以什么身份提出"), choices=RaiserKind.choices)
    title = Words(label=_("议题"), limit=60)
    text = Words(label=_("议题内容"), limit=2000, rows=5)
    org = forms.ModelChoiceField(label=_("单位"), queryset=Org.objects.none(), required=False)
    hides_name = forms.BooleanField(label=_("公开时只显示姓氏"), required=False)
    key = key_field()

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if orgs.exists():
            self.choose_from(org=orgs)
        else:
            del self.fields["org"]
            choices = [one for one in RaiserKind.choices if one[0] != RaiserKind.ORG]
            self.choose_from(raiser=choices)


class SpeakForm(Form):
    stance = forms.ChoiceField(
        label=_("态度"), choices=Statement.Stance.choices, widget=forms.RadioSelect,
        initial=Statement.Stance.OTHER,
    )  # fmt: skip
    text = Words(label=_("意见"), limit=500, rows=3)
    hides_name = forms.BooleanField(label=_("公开时只显示姓氏"), required=False)
    key = key_field()


class WhyForm(Form):
    reason = Words(label=_("理由"), limit=200, rows=2)


class AnswerObjectionForm(Form):
    answer = Words(label=_("答复"), limit=300, rows=3)


class MeetingForm(Form):
    unit = forms.ModelChoiceField(
        label=_("召集单位"), queryset=Org.objects.none(), empty_label=None
    )
    starts_at = Moment(label=_("开始"))
    ends_at = Moment(label=_("结束"))
    venue = Words(label=_("地点"), limit=60)
    chair = Words(label=_("主持人"), limit=40)
    key = key_field()

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(unit=units)


class PollForm(Form):
    community = forms.ModelChoiceField(
        label=_("社区（村）"), queryset=Region.objects.none(), empty_label=None
    )
    motion = forms.ModelChoiceField(
        label=_("议题"), queryset=Motion.objects.none(), required=False,
        empty_label=_("不是议题，单独表决"),
        help_text=_("选了议题，事项和内容就用议题的表决稿。"),
    )  # fmt: skip
    title = Words(label=_("表决事项"), limit=100, required=False)
    text = Words(label=_("表决内容"), limit=5000, rows=5, required=False)
    options = Lines(
        label=_("方案"), required=False, rows=3,
        help_text=_("每行一个方案，从中选一个；不填就是赞成、反对、弃权。"),
    )  # fmt: skip
    rule = forms.ChoiceField(label=_("表决规则"), choices=())
    is_secret = forms.BooleanField(
        label=_("无记名"), required=False, initial=True,
        help_text=_("无记名时，系统也查不出谁投了什么。"),
    )  # fmt: skip
    unit = forms.ModelChoiceField(
        label=_("党组织"), queryset=Org.objects.none(), required=False,
        help_text=_("只有党员表决要选。"),
    )  # fmt: skip
    opens_at = Moment(label=_("开始"))
    closes_at = Moment(label=_("截止"))
    key = key_field()

    def __init__(
        self, *args: Any, communities: Any, motions: Any, rules: Any, units: Any,
        newer: Iterable[str] = (), **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.choose_from(community=communities)
        self.choose_from(motion=motions)
        self.choose_from(rule=rules)
        self.choose_from(unit=units)
        self.fields["rule"].help_text = rule_help(newer)
        if not units.exists():
            del self.fields["unit"]


class EntryForm(Form):
    name = Words(label=_("姓名"), limit=40)
    place = Words(label=_("楼门户"), limit=60, required=False)
    phone = Phone(label=_("手机号"), required=False)
    area = forms.DecimalField(
        label=_("面积（平方米）"), min_value=0, max_digits=9, decimal_places=2, required=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
    )  # fmt: skip

    def __init__(self, *args: Any, by_area: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_area:
            del self.fields["area"]


class ObjectionForm(Form):
    text = Words(label=_("异议"), limit=300, rows=3)


class ProxyForm(Form):
    entry = Words(label=_("委托人楼门户"), limit=60)
    to = Words(label=_("受托人楼门户"), limit=60)
    note = Words(
        label=_("委托书"),
        limit=100,
        help_text=_("写明日期和保管处，例：2026-03-01 书面，存档 12 号。"),
    )


class PapersForm(Form):
    """How many papers say what; who handed one in is ticked on the roll."""

    def __init__(self, *args: Any, options: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, text in options:
            self.fields[code] = forms.IntegerField(
                label=text, min_value=0, initial=0,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip
        self.codes = [code for code, _text in options]

    def counts(self) -> dict[str, int]:
        return {code: self.cleaned_data.get(code) or 0 for code in self.codes}


class RulesForm(Form):
    file = forms.FileField(label=_("表决规则表（XLSX 或 CSV）"))
