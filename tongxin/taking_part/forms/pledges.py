"""What members fill in about campaigns of items and discussions."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.ui.forms import Day, Form, Photos, Words

from .common import Lines, key_field


class ItemLines(Lines):
    """Items, one a line: "十联 L01 联系一户困难群众"; nothing: the sample list."""

    def clean(self, value: Any) -> Any:
        found = []
        for line in super().clean(value):
            words = line.split(None, 2)
            if len(words) < 3:
                raise forms.ValidationError(_("“%s”读不懂：每行写“组 编号 内容”。") % line[:30])
            found.append({"group": words[0], "code": words[1], "text": words[2]})
        return found or None


class ItemCampaignForm(Form):
    org = forms.ModelChoiceField(
        label=_("发起党组织"), queryset=Org.objects.none(), empty_label=None
    )
    name = Words(label=_("名称"), limit=60)
    text = Words(label=_("要求"), limit=500, rows=3, required=False)
    least = forms.IntegerField(label=_("每人至少认领"), min_value=1, initial=1)
    from_on = Day(label=_("开始"))
    due_on = Day(label=_("截止"))
    items = ItemLines(
        label=_("清单"), rows=6, required=False,
        help_text=_("每行：组 编号 内容。不填就用“十联十送十带头”30 项样例。"),
    )  # fmt: skip
    key = key_field()

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)


class DoneForm(Form):
    note = Words(label=_("做了什么"), limit=300, rows=3)
    on = Day(label=_("完成日期"))
    photos = Photos(label=_("照片"), most=1, required=False)


class SummaryForm(Form):
    summary = Words(label=_("总结"), limit=2000, rows=6)


class Rounds(Lines):
    """Rounds, one a line: "2026-03-10 哪些流程可以减"."""

    def clean(self, value: Any) -> Any:
        found = []
        for line in super().clean(value):
            day, _blank, question = line.partition(" ")
            try:
                found.append((question.strip(), date.fromisoformat(day)))
            except ValueError:
                raise forms.ValidationError(
                    _("“%s”读不懂：每行写“截止日期 问题”，例：2026-03-10 哪些流程可以减。")
                    % line[:30]
                ) from None
        return found


class DiscussionForm(Form):
    org = forms.ModelChoiceField(
        label=_("发起党组织"), queryset=Org.objects.none(), empty_label=None
    )
    topic = Words(label=_("主题"), limit=100)
    text = Words(label=_("讨论什么"), limit=500, rows=3, required=False)
    rounds = Rounds(
        label=_("轮次"), rows=4, help_text=_("每行：截止日期 问题。例：2026-03-10 哪些流程可以减。")
    )
    key = key_field()

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)


class ContributeForm(Form):
    text = Words(label=_("发言"), limit=500, rows=3)
    key = key_field()


class AdoptForm(Form):
    text = Words(label=_("措施"), limit=200, rows=2)
    doer = Words(label=_("责任人（单位）"), limit=60)
    due_on = Day(label=_("期限"))


class AdoptedDoneForm(Form):
    result = Words(label=_("结果"), limit=200, rows=2)
