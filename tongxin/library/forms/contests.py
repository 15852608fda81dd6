"""What an organiser and a judge fill in."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Words

from ..models import Criterion, Exemplar
from .common import Day, Key

LINE = re.compile(r"^(.+?)[ 　:：]*(\d{1,3})\s*(?:分|名|个)?$")


class Pairs(Words):
    """Lines of a name and a number ("创新性 40"); a list of (name, number)."""

    def clean(self, value: Any) -> list[tuple[str, int]]:  # type: ignore[override]
        found = []
        for line in filter(None, (line.strip() for line in super().clean(value).splitlines())):
            match = LINE.match(line)
            if match is None:
                raise ValidationError(gettext("“%s”请写成“名称 数字”。") % line[:30])
            found.append((match[1].strip(), int(match[2])))
        return found


class ContestForm(Form):
    org = forms.ModelChoiceField(label=_("主办单位"), queryset=Org.objects.none(), empty_label=None)
    title = Words(label=_("名称"), limit=80)
    rules = Words(label=_("征集要求和评选规则"), limit=4000, rows=6, required=False)
    opens_on = Day(label=_("征集开始"))
    closes_on = Day(label=_("征集截止"))
    judging_until = Day(label=_("评审截止"))
    criteria = Pairs(
        label=_("评分项"),
        limit=500,
        rows=4,
        help_text=_("一行一项，写名称和满分，相加 100 分。如：创新性 40"),
    )
    prizes = Pairs(
        label=_("奖项"),
        limit=300,
        rows=3,
        help_text=_("一行一项，写奖项和名额，高的在前。如：一等奖 1"),
    )
    is_blind = forms.BooleanField(
        label=_("匿名评审"), required=False, help_text=_("评委看不到单位、地名和作者。")
    )
    least_marks = forms.IntegerField(label=_("每个案例至少几位评委评分"), min_value=1, max_value=30)
    trims_from = forms.IntegerField(
        label=_("几位评委以上去掉最高最低分"),
        min_value=0,
        max_value=30,
        help_text=_("填 0 不去掉。"),
    )
    key = Key()

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.where}"


class JudgeForm(Form):
    user = PersonChoice(label=_("评委"), queryset=User.objects.none(), empty_label=None)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(user=people)


class EntryForm(Form):
    exemplar = forms.ModelChoiceField(
        label=_("参评案例"), queryset=Exemplar.objects.none(), empty_label=None,
        help_text=_("只列出已送审的本单位案例。"),
    )  # fmt: skip

    def __init__(self, *args: Any, exemplars: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(exemplar=exemplars)


class MarkForm(Form):
    """A field for each criterion, then the comment."""

    comment = Words(label=_("评语"), limit=300, rows=3)

    def __init__(self, *args: Any, criteria: list[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        for one in criteria:
            self.fields[f"c{one.pk}"] = forms.DecimalField(
                label=gettext("%(name)s（%(most)d 分）") % {"name": one.name, "most": one.most},
                min_value=0, max_value=one.most, decimal_places=1,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.5"}),
            )  # fmt: skip
        self.order_fields([*(f"c{one.pk}" for one in criteria), "comment"])

    @property
    def points(self) -> dict[int, Any]:
        return {one.pk: self.cleaned_data[f"c{one.pk}"] for one in self.criteria}
