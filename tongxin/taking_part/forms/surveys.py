"""What people fill in about surveys; the questions of a survey as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Words

from ..queries.surveys import asked_of, options_of
from .common import Lines, key_field


class SurveyForm(Form):
    region = forms.ModelChoiceField(
        label=_("范围"), queryset=Region.objects.none(), empty_label=None
    )
    template = forms.ChoiceField(
        label=_("从样例开始"), required=False,
        choices=[("", _("空白问卷")), ("satisfaction", _("满意度")), ("wellbeing", _("幸福指数"))],
    )  # fmt: skip
    title = Words(label=_("名称"), limit=60)
    wave = Words(
        label=_("期次"), limit=20, help_text=_("例：2026 年上半年。同一系列的各期连成趋势。")
    )
    intro = Words(label=_("给居民的话"), limit=500, rows=3, required=False)
    opens_on = Day(label=_("开始"))
    closes_on = Day(label=_("截止"))
    takes_open = forms.BooleanField(
        label=_("同时开放链接"), required=False,
        help_text=_("谁都可以答，结果单独列出，不算误差。"),
    )  # fmt: skip
    key = key_field()

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)


class QuestionForm(Form):
    kind = forms.ChoiceField(
        label=_("题型"),
        choices=[
            ("scale", _("打分（很满意到很不满意）")), ("choice", _("单选")), ("multi", _("多选")),
            ("number", _("数字")), ("text", _("文字")),
        ],
    )  # fmt: skip
    text = Words(label=_("题目"), limit=100)
    options = Lines(label=_("选项"), required=False, help_text=_("单选、多选才填，每行一个。"))
    required = forms.BooleanField(label=_("必答"), required=False, initial=True)
    show_if = forms.ChoiceField(label=_("什么时候问"), required=False, choices=())

    def __init__(
        self, *args: Any, conditions: list[tuple[str, str]], mends: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """`mends`: the question that is mended; its kind stays."""
        super().__init__(*args, **kwargs)
        self.choose_from(show_if=[("", _("都问")), *conditions])
        if mends is not None:
            del self.fields["kind"]
            if mends["kind"] not in ("choice", "multi"):
                del self.fields["options"]
            self.initial = {**self.initial, **_said(mends)}


def _said(question: dict[str, Any]) -> dict[str, Any]:
    rule = question.get("show_if")
    return {
        "text": question["text"],
        "options": "\n".join(option["text"] for option in question["options"]),
        "required": question["required"],
        "show_if": f"{rule['code']}={rule['value']}" if rule else "",
    }


class SampleForm(Form):
    total = forms.IntegerField(
        label=_("总抽样数"), min_value=1, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )

    def __init__(self, *args: Any, communities: list[tuple[int, str]], known: dict[int, int], **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        for pk, name in communities:
            self.fields[f"c{pk}"] = forms.IntegerField(
                label=name, min_value=0, required=False, initial=known.get(pk),
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip
        self.ids = [pk for pk, _name in communities]

    def populations(self) -> dict[int, int]:
        return {pk: self.cleaned_data.get(f"c{pk}") or 0 for pk in self.ids}


class AnswerForm(Form):
    """The questions of a survey as fields; what must be answered is judged by the action.

    A question that is not asked of who answered so far takes nothing: a control that is disabled is
    not sent by a browser, and what somebody sends to it all the same is neither judged nor kept.
    """

    def __init__(self, *args: Any, questions: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[question["code"]] = _question_field(question)
        for code in set(self.fields) - set(self.asked()):
            self.fields[code].disabled, self.fields[code].required = True, False

    def asked(self) -> list[str]:
        """Return the codes of the questions that are asked of who filled in this much."""
        given: dict[str, Any] = {}
        if self.is_bound:
            given = {code: self[code].data for code in self.fields}
        return asked_of(self.questions, given)

    def unseen(self) -> list[str]:
        """Return those asked that the page sent had not shown: without a script it asks again."""
        shown = set(self.data.getlist("shown")) if hasattr(self.data, "getlist") else set()
        rules = {question["code"]: question.get("show_if") for question in self.questions}
        return [code for code in self.asked() if rules[code] and code not in shown]


def _question_field(question: dict[str, Any]) -> forms.Field:
    label, choices = question["text"], options_of(question)
    always = bool(question.get("required")) and not question.get("show_if")
    told: dict[str, Any] = {
        "label": label,
        "required": always,
        "error_messages": {"required": _("请回答这一题。")},
    }
    if question["kind"] in ("scale", "choice"):
        return forms.ChoiceField(**told, choices=choices, widget=forms.RadioSelect)
    if question["kind"] == "multi":
        return forms.MultipleChoiceField(
            **told, choices=choices, widget=forms.CheckboxSelectMultiple
        )
    if question["kind"] == "number":
        return forms.FloatField(
            **told, min_value=0, widget=forms.NumberInput(attrs={"inputmode": "decimal"})
        )
    return Words(**told, limit=500, rows=3)


class TokenForm(Form):
    token = Words(label=_("邀请码"), limit=40, help_text=_("纸条上的字母和数字。"))
