"""What people fill in about groups, conventions and matters of three lines."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Words

from ..models import ResidentGroup
from .common import Lines, Moment, rule_help


class GroupForm(Form):
    community = forms.ModelChoiceField(
        label=_("社区（村）"), queryset=Region.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(label=_("类型"), choices=ResidentGroup.Kind.choices)
    name = Words(label=_("名称"), limit=60)
    purpose = Words(label=_("做什么"), limit=200, rows=2, required=False)
    leader = Words(label=_("负责人"), limit=40)
    people = forms.IntegerField(label=_("人数"), min_value=0, initial=0)
    founded_on = Day(label=_("成立日期"), required=False)

    def __init__(self, *args: Any, communities: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(community=communities)


class ActivityForm(Form):
    title = Words(label=_("活动"), limit=60)
    on = Day(label=_("日期"))
    place = Words(label=_("地点"), limit=60, required=False)
    people = forms.IntegerField(label=_("参加人数"), min_value=0, initial=0)
    note = Words(label=_("情况"), limit=300, rows=3, required=False)


class ConventionForm(Form):
    community = forms.ModelChoiceField(
        label=_("社区（村）"), queryset=Region.objects.none(), empty_label=None
    )
    name = Words(label=_("名称"), limit=60)
    text = Words(label=_("正文"), limit=10_000, rows=12)

    def __init__(self, *args: Any, communities: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(community=communities)


class ConventionPollForm(Form):
    rule = forms.ChoiceField(label=_("表决规则"), choices=())
    is_secret = forms.BooleanField(label=_("无记名"), required=False, initial=True)
    opens_at = Moment(label=_("开始"))
    closes_at = Moment(label=_("截止"))

    def __init__(self, *args: Any, rules: Any, newer: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(rule=rules)
        self.fields["rule"].help_text = rule_help(newer)


LINE_WORDS = {"社区": "community", "单位": "unit", "行业": "sector", "居民组织": "residents"}


class Parties(Lines):
    """Parties, one a line: "单位 北塘街道卫生院 每月义诊"."""

    def clean(self, value: Any) -> list[dict[str, str]]:  # type: ignore[override]
        found = []
        for line in super().clean(value):
            words = line.replace("，", " ").replace(",", " ").split(None, 2)
            if len(words) < 3 or words[0] not in LINE_WORDS:
                raise forms.ValidationError(
                    _("“%s”读不懂：每行写“哪条线 谁 做什么”，线写社区、单位、行业或居民组织。")
                    % line[:30]
                )
            found.append({"line": LINE_WORDS[words[0]], "name": words[1], "task": words[2]})
        return found


class MatterForm(Form):
    community = forms.ModelChoiceField(
        label=_("社区（村）"), queryset=Region.objects.none(), empty_label=None
    )
    title = Words(label=_("事项"), limit=60)
    text = Words(label=_("说明"), limit=300, rows=2, required=False)
    parties = Parties(
        label=_("参与方"), rows=5,
        help_text=_("每行：哪条线 谁 做什么。例：单位 北塘卫生院 每月一次义诊。"),
    )  # fmt: skip

    def __init__(self, *args: Any, communities: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(community=communities)


class ResultForm(Form):
    result = Words(label=_("结果"), limit=300, rows=3)
