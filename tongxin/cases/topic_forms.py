"""The administrator's form of a topic: numbers with units, boxes to tick, questions row by row."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    SELECT_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from tongxin.kit.errors import Refused
from tongxin.kit.worktime import parse_norm
from tongxin.orgs.models import Skill

from .actions.catalogue import check_topic, check_unchanged
from .actions.service_classes import check_class
from .models import ServiceClass, Topic
from .service_classes import CLASS_NAMES
from .topics import FIELDS, KINDS, MODES, QUESTION_TYPES, TAKERS, BadTopic, check_value, with_keys

UNITS = [
    ("wh", gettext_lazy("工作时")),
    ("wd", gettext_lazy("工作日")),
    ("m", gettext_lazy("分钟")),
    ("h", gettext_lazy("小时")),
    ("d", gettext_lazy("天")),
]
SPARE_ROWS = 2  # empty rows below the questions there are


class NormWidget(forms.MultiWidget):
    template_name = "cases/admin/norm.html"

    def __init__(self) -> None:
        number = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "size": 6})
        super().__init__([number, UnfoldAdminSelectWidget(choices=UNITS)])

    def decompress(self, value: str | None) -> list[str]:
        try:
            norm = parse_norm(value or "")
        except Refused:
            return [value or "", ""]
        return [f"{norm.amount:g}", norm.unit]


class NormField(forms.MultiValueField):
    """A time limit: "4" and "工作时" are "4wh"."""

    def __init__(self, label: Any, help_text: Any = "") -> None:
        fields = (forms.CharField(), forms.ChoiceField(choices=UNITS))
        super().__init__(fields, label=label, help_text=help_text, widget=NormWidget())

    def compress(self, values: list[str]) -> str:
        return f"{values[0].strip()}{values[1]}" if values else ""


class WordsField(forms.MultipleChoiceField):
    """Several words out of a list, kept as text with blanks between; their order stays."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def prepare_value(self, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> str:
        return " ".join(super().clean(value))


class QuestionsWidget(forms.Widget):
    """A row for each question, and spare ones; a row without words is none."""

    template_name = "cases/admin/questions.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [
            {**one, "choices": "、".join(one["choices"])} for one in (value or []) if one["label"]
        ]
        return super().get_context(name, value, attrs) | {
            "rows": rows + [{} for _n in range(SPARE_ROWS)],
            "types": QUESTION_TYPES.items(),
            "input_class": " ".join(INPUT_CLASSES),
            "select_class": " ".join(SELECT_CLASSES),
            "box_class": " ".join(CHECKBOX_CLASSES),
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        numbers = range(int(data.get(f"{name}-rows") or 0) if data else 0)
        rows = [{key: data.get(f"{name}-{n}-{key}", "") for key in QUESTION} for n in numbers]
        return [
            {
                "key": row["key"].strip(),
                "label": row["label"].strip(),
                "type": row["type"],
                "choices": row["choices"].replace("，", "、").split("、") if row["choices"] else [],
                "required": bool(row["required"]),
            }
            for row in rows
            if row["label"].strip()
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-rows" not in data


QUESTION = ("key", "label", "type", "choices", "required")


class QuestionsField(forms.Field):
    widget = QuestionsWidget

    def clean(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        trimmed = [
            one | {"choices": [c.strip() for c in one["choices"] if c.strip()]} for one in value
        ]
        return with_keys(trimmed)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.clean(data)


class JudgedForm(forms.ModelForm):
    """A form whose whole row is judged by the rule its action asks too."""

    def judge(self) -> None:
        """Raise what is wrong with `instance`."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                self.judge()
            except Refused as wrong:
                self.add_error(
                    wrong.field if wrong.field in self.fields else None, str(wrong.message)
                )


class TopicForm(JudgedForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("性质"), choices=list(KINDS.items()), widget=UnfoldAdminSelectWidget
    )
    service_class = forms.ChoiceField(
        label=gettext_lazy("五心服务"),
        required=False,
        choices=CLASS_NAMES.items,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("居民服务归入哪一类；统计按它分"),
    )
    accept_norm = NormField(gettext_lazy("接单时限"), gettext_lazy("派单后多久要有人接"))
    norm = NormField(gettext_lazy("办理时限"), gettext_lazy("接单后多久要办结"))
    verify_norm = NormField(gettext_lazy("验单时限"), gettext_lazy("办结后多久要验收"))
    takers = WordsField(label=gettext_lazy("谁可承接"), choices=list(TAKERS.items()))
    modes = WordsField(label=gettext_lazy("派单方式"), choices=list(MODES.items()))
    skills = WordsField(
        label=gettext_lazy("所需技能"),
        required=False,
        help_text=gettext_lazy("会其中一样即可；不选为不限。可选项在“技能”里登记"),
    )
    questions = QuestionsField(
        label=gettext_lazy("附加问题"),
        required=False,
        help_text=gettext_lazy("清空问题即删除这一行；保存后会再空出两行"),
    )
    reason = forms.CharField(
        label=gettext_lazy("修改原因"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("会记入这一项的修改历史"),
        widget=UnfoldAdminTextInputWidget,
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Topic
        fields = ["code", "category", *FIELDS]
        widgets = {
            "summary": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "keywords": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "sample_rate": UnfoldAdminIntegerFieldWidget,
        }
        help_texts = {
            "code": gettext_lazy("四位数字；建好后不能改"),
            "name": gettext_lazy("居民看到的名称"),
            "summary": gettext_lazy("一两句话说清什么情况选这一项"),
            "keywords": gettext_lazy("居民常说的词，用空格隔开；用来从描述猜事项"),
            "is_urgent": gettext_lazy("排在最前；宜配不分昼夜的时限"),
            "sample_rate": gettext_lazy("只在“抽查验单”时起作用"),
            "is_public": gettext_lazy("涉及隐私的事项不公开"),
            "is_sample": gettext_lazy("由本系统编写、尚未经本地核定"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "skills" in self.fields:
            known = [*Skill.objects.order_by("name").values_list("name", flat=True)]
            words = dict.fromkeys([*known, *self.instance.skills.split()])
            self.fields["skills"].choices = [(word, word) for word in words]  # type: ignore[attr-defined]
        if self.instance.pk:
            last = self.instance.versions.first()
            self.initial["seen"] = last.pk if last else 0

    def clean(self) -> None:
        super().clean()
        for name in ("takers", "modes", "skills"):
            old, new = self.initial.get(name) or "", self.cleaned_data.get(name)
            if new and set(new.split()) == set(old.split()):
                self.cleaned_data[name] = old  # boxes know no order, the sheet does
        for name in FIELDS:
            if name in self.cleaned_data:
                self._check(name)
        if self.instance.pk and self.cleaned_data.get("seen") is not None:
            try:
                check_unchanged(self.instance, self.cleaned_data["seen"])
            except Refused as refusal:
                self.add_error(None, str(refusal.message))

    def _check(self, name: str) -> None:
        try:
            check_value(name, self.cleaned_data[name])
        except BadTopic as wrong:
            self.add_error(name, wrong.extra["why"])

    def judge(self) -> None:
        check_topic(self.instance)

    @property
    def changes(self) -> list[str]:
        """What of the topic itself was changed."""
        return [name for name in self.changed_data if name not in ("reason", "seen")]


class ServiceClassForm(JudgedForm):
    class Meta:
        model = ServiceClass
        fields = ["code", "name", "text", "order", "effective_from", "source", "is_sample"]
        help_texts = {
            "code": gettext_lazy("小写字母；同一代码再写一条，就是这一类从那天起的新写法"),
            "text": gettext_lazy("一两句话说清哪些服务归入这一类"),
            "source": gettext_lazy("哪份文件，哪一条"),
        }

    def judge(self) -> None:
        check_class(self.instance)


class SheetForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("目录表（.xlsx 或 .csv）"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": gettext_lazy("请选择文件")},
    )


class WhyForm(BaseDialogForm):
    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, widget=UnfoldAdminTextInputWidget
    )
