"""What is filled in about courses, their tests, and visits received."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Words

from ..models import Course, CourseQuestion
from .common import FILE_HELP, Day, Key, Moment, OneFile


class CourseForm(Form):
    org = forms.ModelChoiceField(label=_("主办单位"), queryset=Org.objects.none(), empty_label=None)
    kind = forms.ChoiceField(label=_("类型"), choices=Course.Kind)
    title = Words(label=_("课程"), limit=80)
    summary = Words(label=_("简介"), limit=500, rows=3, required=False)
    lecturer = Words(label=_("主讲"), limit=40, required=False)
    hours = forms.DecimalField(
        label=_("学时"), max_digits=4, decimal_places=1,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.5"}),
    )  # fmt: skip
    pass_share = forms.IntegerField(
        label=_("测试及格线（%）"), min_value=1, max_value=100, help_text=_("有测试题时才用到。")
    )
    tries = forms.IntegerField(label=_("可考次数"), min_value=1, max_value=20)
    key = Key()

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)


class SessionForm(Form):
    starts_at = Moment(label=_("开始"))
    ends_at = Moment(label=_("结束"))
    venue = Words(label=_("地点"), limit=80)
    places = forms.IntegerField(label=_("名额"), min_value=1)


class MaterialForm(Form):
    title = Words(label=_("名称"), limit=80)
    text = Words(label=_("正文"), limit=20_000, rows=8, required=False)
    upload = OneFile(label=_("文件"), required=False, help_text=FILE_HELP)


class Questions(Words):
    """Questions as people write them: a line for the question, below it its choices, * before the right ones."""

    def clean(self, value: Any) -> list[tuple[str, list[str], list[int]]]:  # type: ignore[override]
        found = []
        for block in re.split(r"\n\s*\n", super().clean(value).strip()):
            lines = [line.strip() for line in block.splitlines() if line.strip()]
            if not lines:
                continue
            if len(lines) < 3:
                raise ValidationError(gettext("“%s”至少要有两个选项。") % lines[0][:30])
            choices = [re.sub(r"^[*＊]\s*", "", line) for line in lines[1:]]
            right = [n for n, line in enumerate(lines[1:]) if line[0] in "*＊"]
            found.append((lines[0], choices, right))
        return found


class QuestionsForm(Form):
    questions = Questions(
        label=_("测试题"), limit=20_000, rows=14, required=False,
        help_text=_("一题一段，空一行隔开：第一行写题目，下面一行一个选项，正确的前面加 *。"),
    )  # fmt: skip


def questions_as_text(rows: list[CourseQuestion]) -> str:
    """Write questions as the form takes them."""
    return "\n\n".join(
        "\n".join([one.text, *(f"{'*' if n in one.answers else ''}{c}" for n, c in enumerate(one.choices))])
        for one in rows
    )  # fmt: skip


class TestForm(Form):
    """A question with several right answers takes several."""

    __test__ = False

    def __init__(self, *args: Any, questions: list[CourseQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for n, one in enumerate(questions, start=1):
            many = len(one.answers) > 1
            kind = forms.TypedMultipleChoiceField if many else forms.TypedChoiceField
            label = f"{n}. {one.text}" + (f"（{gettext('多选')}）" if many else "")
            self.fields[f"q{one.pk}"] = kind(
                label=label, coerce=int, required=False,
                choices=[(str(k), choice) for k, choice in enumerate(one.choices)],
                widget=forms.CheckboxSelectMultiple if many else forms.RadioSelect,
            )  # fmt: skip

    @property
    def answers(self) -> dict[int, list[int]]:
        given = {one.pk: self.cleaned_data[f"q{one.pk}"] for one in self.questions}
        return {
            pk: value if isinstance(value, list) else [value] if value != "" else []
            for pk, value in given.items()
        }


class ReceptionForm(Form):
    org = forms.ModelChoiceField(label=_("接待单位"), queryset=Org.objects.none(), empty_label=None)
    on = Day(label=_("日期"))
    from_name = Words(label=_("来访单位"), limit=80)
    topic = Words(label=_("考察主题"), limit=100)
    people = forms.IntegerField(label=_("人数"), min_value=1)
    led_by = Words(label=_("带队"), limit=40, required=False)
    route = Words(label=_("点位"), limit=200, required=False)
    reception = Words(label=_("接待安排"), limit=300, rows=2, required=False)
    feedback = Words(label=_("来访方反馈"), limit=500, rows=3, required=False)
    key = Key()

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)
