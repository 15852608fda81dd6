"""Forms of visits, plans, checklists and office points; the answers of a visit as its checklist asks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.worktime import SHANGHAI
from tongxin.ui.forms import Form, Photos, Words

from .models import Checklist, Item, Plan, RivalAnswers, Visit, VisitKind

PER_ITEM, PER_VISIT = 3, 6
YES_NO = (("yes", gettext_lazy("是")), ("no", gettext_lazy("否")))


class DayField(forms.DateField):
    """A day, by the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, **kwargs)
        self.error_messages["required"] = _("请填写%s。") % self.label
        self.error_messages["invalid"] = _("日期写成 2026-03-02 这样。")


class MomentField(forms.DateTimeField):
    """A day and an hour, in China."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M"], **kwargs)
        self.error_messages["required"] = _("请填写%s。") % self.label
        self.error_messages["invalid"] = _("时间写成 2026-03-02 09:00 这样。")

    def to_python(self, value: Any) -> datetime | None:
        found = super().to_python(value)
        return found.replace(tzinfo=SHANGHAI) if found else None


class NumberField(forms.IntegerField):
    """A whole number, with our own sentences."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["required"] = _("请填写%s。") % self.label
        self.error_messages["invalid"] = _("请填写整数。")


class Choice(forms.ChoiceField):
    """One of some, with our own sentence for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["required"] = _("请选择%s。") % self.label
        self.error_messages["invalid_choice"] = _("请选择%s。") % self.label


class Several(forms.MultipleChoiceField):
    """Some of many."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["required"] = _("请选择%s。") % self.label
        self.error_messages["invalid_choice"] = _("请选择%s。") % self.label


class PlaceForm(Form):
    """Where the phone is, when a visit begins."""

    lng = forms.FloatField(widget=forms.HiddenInput, required=False)
    lat = forms.FloatField(widget=forms.HiddenInput, required=False)
    accuracy = forms.FloatField(widget=forms.HiddenInput, required=False)
    code = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def place(self) -> dict[str, float] | None:
        said = self.cleaned_data
        if said.get("lng") is None or said.get("lat") is None:
            return None
        return {"lng": said["lng"], "lat": said["lat"], "accuracy": said.get("accuracy") or 0}


class VisitForm(Form):
    """One visit arranged by hand; whoever has nobody under them goes alone."""

    kind = Choice(label=gettext_lazy("走访类型"), choices=VisitKind.choices)
    title = Words(label=gettext_lazy("名称"), limit=100)
    region = Choice(label=gettext_lazy("区域"))
    place_name = Words(label=gettext_lazy("地点"), limit=100, required=False)
    checklist = Choice(label=gettext_lazy("检查清单"), required=False)
    workers = Several(label=gettext_lazy("走访人员"), required=False)
    due_from = DayField(label=gettext_lazy("起始日"))
    due_on = DayField(label=gettext_lazy("截止日"))
    unannounced = forms.BooleanField(
        label=gettext_lazy("不打招呼（开始前只有走访人员和安排的人看得到）"), required=False
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(
        self, *args: Any, regions: Iterable, checklists: Iterable, people: Iterable, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, region=regions, workers=people)
        self.choose_from(checklist=[("", _("不用清单")), *checklists])
        if not people:
            del self.fields["workers"]


FEW = 12


def _fill(form: Form, **choices: Iterable) -> None:
    for name, found in choices.items():
        field: Any = form.fields[name]
        options = list(found)
        if isinstance(field, Several):  # a few are ticked, many are a list that scrolls
            few = len(options) <= FEW
            field.widget = forms.CheckboxSelectMultiple() if few else forms.SelectMultiple()
            field.widget.attrs |= {} if few else {"size": 10}
            field.widget.is_required = field.required
        field.choices = options


class PlanForm(Form):
    """A plan: what for, where, how often, who."""

    name = Words(label=gettext_lazy("名称"), limit=80)
    kind = Choice(label=gettext_lazy("走访类型"), choices=VisitKind.choices)
    region = Choice(label=gettext_lazy("区域"))
    target_kind = Choice(
        label=gettext_lazy("走访对象"),
        choices=[("grid", gettext_lazy("区域内全部网格")), ("community", gettext_lazy("区域内全部社区（村）")), ("building", gettext_lazy("区域内全部楼栋")), ("branch", gettext_lazy("区域内全部党支部")), ("unit", gettext_lazy("区域内全部驻区单位")), ("site", gettext_lazy("自己列出地点")), ("household", gettext_lazy("自己列出住户"))],
    )  # fmt: skip
    places = Words(
        label=gettext_lazy("地点"), limit=4000, rows=4, required=False,
        help_text=gettext_lazy("对象选“自己列出”时填，一行一处，住户写门牌；多的先列一处，再用表格导入。"),
    )  # fmt: skip
    checklist = Choice(label=gettext_lazy("检查清单"), required=False)
    every = Choice(label=gettext_lazy("频次"), choices=Plan.Every.choices)
    times = NumberField(label=gettext_lazy("每期次数"), min_value=1, max_value=31, initial=1, required=False)  # fmt: skip
    period = Choice(label=gettext_lazy("周期"), choices=Plan.Period.choices, required=False)
    weekday = Choice(
        label=gettext_lazy("星期"), required=False,
        choices=[(n, gettext_lazy("周%s") % day) for n, day in enumerate("一二三四五六日", start=1)],
    )  # fmt: skip
    month_day = NumberField(label=gettext_lazy("几号"), min_value=1, max_value=31, initial=1, required=False)  # fmt: skip
    days = NumberField(
        label=gettext_lazy("几天内完成"), min_value=1, max_value=366, initial=1,
        help_text=gettext_lazy("从起始日算起；“每期若干次”按期平分，不看这一项。"),
    )  # fmt: skip
    assign = Choice(label=gettext_lazy("由谁去"), choices=Plan.Assign.choices)
    people = Several(label=gettext_lazy("人员"), required=False)
    starts_on = DayField(label=gettext_lazy("开始日期"))
    ends_on = DayField(label=gettext_lazy("结束日期"), required=False)
    unannounced = forms.BooleanField(
        label=gettext_lazy("不打招呼（开始前只有走访人员和安排的人看得到）"), required=False
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(
        self, *args: Any, regions: Iterable, checklists: Iterable, people: Iterable, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, region=regions, people=people)
        self.choose_from(checklist=[("", _("不用清单")), *checklists])

    def clean_places(self) -> str:
        self.listed = [line.strip() for line in self.cleaned_data["places"].splitlines()]
        self.listed = [line for line in self.listed if line]
        return self.cleaned_data["places"]


class ChangePlanForm(Form):
    """What may be changed while a plan runs."""

    name = Words(label=gettext_lazy("名称"), limit=80)
    every = Choice(label=gettext_lazy("频次"), choices=Plan.Every.choices)
    times = NumberField(label=gettext_lazy("每期次数"), min_value=1, max_value=31)
    period = Choice(label=gettext_lazy("周期"), choices=Plan.Period.choices)
    weekday = NumberField(
        label=gettext_lazy("星期"), min_value=1, max_value=7, help_text=gettext_lazy("1 是周一。")
    )
    month_day = NumberField(label=gettext_lazy("几号"), min_value=1, max_value=31)
    days = NumberField(label=gettext_lazy("几天内完成"), min_value=1, max_value=366)
    assign = Choice(label=gettext_lazy("由谁去"), choices=Plan.Assign.choices)
    people = Several(label=gettext_lazy("人员"), required=False)
    ends_on = DayField(label=gettext_lazy("结束日期"), required=False)
    reason = Words(label=gettext_lazy("理由"), limit=200, rows=2)

    def __init__(self, *args: Any, people: Iterable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, people=people)


class WhyForm(Form):
    reason = Words(label=gettext_lazy("理由"), limit=200, rows=2)


class TeamForm(Form):
    workers = Several(
        label=gettext_lazy("走访人员"), help_text=gettext_lazy("第一位是负责人。"),
    )  # fmt: skip

    def __init__(self, *args: Any, people: Iterable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, workers=people)


class RivalForm(Form):
    decision = Choice(
        label=gettext_lazy("以哪一份为准"), widget=forms.RadioSelect,
        choices=[one for one in RivalAnswers.Decision.choices if one[0]],
    )  # fmt: skip
    reason = Words(label=gettext_lazy("理由"), limit=200, rows=2)


class ChecklistForm(Form):
    code = Words(
        label=gettext_lazy("代码"), limit=20,
        help_text=gettext_lazy("小写字母、数字和连字符，例如 shop-check；各版本共用。"),
    )  # fmt: skip
    name = Words(label=gettext_lazy("名称"), limit=60)
    kind = Choice(label=gettext_lazy("用途"), choices=VisitKind.choices)
    region = Choice(label=gettext_lazy("适用区域"))
    about = Words(label=gettext_lazy("说明"), limit=300, rows=2, required=False)
    source = Words(label=gettext_lazy("依据"), limit=200, required=False)

    def __init__(self, *args: Any, regions: Iterable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, region=regions)


class OwnForm(Form):
    """A sample taken over to one's own land."""

    code = Words(label=gettext_lazy("新代码"), limit=20)
    region = Choice(label=gettext_lazy("适用区域"))

    def __init__(self, *args: Any, regions: Iterable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, region=regions)


class PublishForm(Form):
    effective_from = DayField(label=gettext_lazy("启用日期"))


class PublishStageForm(PublishForm):
    """Of an acceptance: which stage it follows, and what has to be reached."""

    after_code = Choice(
        label=gettext_lazy("前一阶段"), required=False,
        help_text=gettext_lazy("前一阶段做完并合格后，才能开始这一阶段。"),
    )  # fmt: skip
    pass_percent = NumberField(
        label=gettext_lazy("合格线（%）"), min_value=0, max_value=100,
        help_text=gettext_lazy("得分占满分的百分比；0 表示做完就算合格。"),
    )  # fmt: skip

    def __init__(self, *args: Any, stages: Iterable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(after_code=[("", _("没有，这是第一阶段")), *stages])


OPTION = re.compile(r"[、,，;；\n]")


class ItemForm(Form):
    """One item of a checklist."""

    code = Words(label=gettext_lazy("代码"), limit=20)
    text = Words(label=gettext_lazy("检查内容"), limit=200)
    help = Words(label=gettext_lazy("说明"), limit=200, required=False)
    type = Choice(label=gettext_lazy("答法"), choices=Item.Type.choices)
    options = Words(
        label=gettext_lazy("选项"), limit=600, rows=2, required=False,
        help_text=gettext_lazy("单选时填，用顿号隔开；要计分就写“好|5、差|0”。"),
    )  # fmt: skip
    required = forms.BooleanField(label=gettext_lazy("必填"), required=False, initial=True)
    needs_photo = Choice(label=gettext_lazy("照片"), choices=Item.Photos.choices)
    bad_when = Words(
        label=gettext_lazy("何时算有问题"), limit=120, required=False,
        help_text=gettext_lazy("是／否写 yes 或 no；单选写选项，多个用 | 隔开；数字和打分写 <5 这样；文字写 any。"),
    )  # fmt: skip
    finding_kind = Choice(label=gettext_lazy("有问题时登记为"), required=False)
    asked_if_item = Choice(label=gettext_lazy("只在这一项"), required=False)
    asked_if_value = Words(
        label=gettext_lazy("答为此值时才问"), limit=60, required=False,
        help_text=gettext_lazy("是／否写 yes 或 no；单选写选项。"),
    )  # fmt: skip
    max_score = forms.DecimalField(
        label=gettext_lazy("满分"), min_value=0, max_value=1000, decimal_places=1, initial=0,
        error_messages={"invalid": gettext_lazy("请填数字。"), "required": gettext_lazy("请填写满分，不计分写 0。")},
    )  # fmt: skip
    dimension = Words(label=gettext_lazy("维度"), limit=20, required=False)
    number = NumberField(label=gettext_lazy("排在第几项"), min_value=1, required=False)

    def __init__(self, *args: Any, items: Iterable[Item], kinds: dict[str, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        _fill(
            self,
            asked_if_item=[("", _("总是问")), *((one.code, str(one)) for one in items)],
            finding_kind=[("", _("不登记")), *kinds.items()],
        )

    def clean_options(self) -> str:
        self.listed = []
        for part in OPTION.split(self.cleaned_data["options"]):
            value, _bar, score = part.strip().partition("|")
            if not value:
                continue
            try:
                points = float(score) if score else None
            except ValueError as error:
                raise ValidationError(_("“%s”的分数不是数字。") % value) from error
            self.listed.append({"value": value.strip(), "score": points})
        return self.cleaned_data["options"]


class FinishForm(Form):
    """The answers of a visit: a-code the value, n-code a note, p-code photos, k-code photos kept."""

    def __init__(self, *args: Any, checklist: Checklist | None, items: list[Item], asks_mood: bool, **kwargs: Any):  # fmt: skip
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            self.fields[f"a-{item.code}"] = answer_field(item)
            self.fields[f"n-{item.code}"] = Words(label=_("说明"), limit=500, required=False)
            if item.needs_photo != Item.Photos.NO or item.type == Item.Type.PHOTO:
                self.fields[f"p-{item.code}"] = Photos(
                    most=PER_ITEM, label=_("照片"), required=False
                )
                self.fields[f"k-{item.code}"] = _kept()
        self.fields["photos"] = Photos(most=PER_VISIT, label=_("现场照片"), required=False)
        self.fields["kept"] = _kept()
        self.fields["note"] = Words(label=_("走访记录"), limit=4000, rows=4, required=False)
        if asks_mood:
            self.fields["mood"] = forms.ChoiceField(
                label=_("居民情绪"), choices=Visit.Mood.choices, required=False
            )
        self.fields["version"] = forms.IntegerField(
            widget=forms.HiddenInput, required=False, initial=checklist.version if checklist else None
        )  # fmt: skip
        self.fields["key"] = forms.CharField(
            widget=forms.HiddenInput, required=False, max_length=80
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return what a page draws for each item; drawn after the answers were read."""
        for item in self.items:  # whether one is needed depends on the others: the action judges
            self.fields[f"a-{item.code}"].required = item.required
        return [
            {
                "item": item,
                "answer": self[f"a-{item.code}"],
                "note": self[f"n-{item.code}"],
                "photos": self[f"p-{item.code}"] if f"p-{item.code}" in self.fields else None,
                "kept": self[f"k-{item.code}"] if f"k-{item.code}" in self.fields else None,
            }
            for item in self.items
        ]


def _kept() -> forms.CharField:
    return forms.CharField(widget=forms.HiddenInput, required=False, max_length=400)


def answer_field(item: Item) -> forms.Field:
    """Return the field that takes an answer; whether one is needed is judged by the action."""
    given: dict[str, Any] = {"label": f"{item.number}. {item.text}", "required": False, "help_text": item.help}  # fmt: skip
    if item.type == Item.Type.YES_NO:
        return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect, **given)
    if item.type == Item.Type.CHOICE:
        choices = [(one["value"], one["value"]) for one in item.options]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **given)
    if item.type == Item.Type.TEXT:
        return Words(limit=500, rows=2, **given)
    if item.type == Item.Type.PHOTO:
        return forms.CharField(widget=forms.HiddenInput, **given)
    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.CharField(widget=widget, max_length=20, **given)


class PointForm(Form):
    """A mobile office point: where, when, which services, who sits there."""

    title = Words(label=gettext_lazy("名称"), limit=100)
    region = Choice(label=gettext_lazy("区域"))
    place_name = Words(label=gettext_lazy("地点"), limit=100)
    opens_at = MomentField(label=gettext_lazy("开始时间"))
    closes_at = MomentField(label=gettext_lazy("结束时间"))
    services = Words(label=gettext_lazy("办理事项"), limit=200)
    who = Words(label=gettext_lazy("查找人员"), limit=30, required=False)
    workers = Several(label=gettext_lazy("值守人员"))
    announce = forms.BooleanField(
        label=gettext_lazy("现在就向居民公布"), required=False, initial=True
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, regions: Iterable, people: Iterable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, region=regions)
        # Never a list of a whole district: those of the street chosen, or whose name is looked for.
        self.fields["workers"].widget = forms.CheckboxSelectMultiple()
        self.choose_from(workers=list(people))
        asks = {
            "hx-get": reverse("fieldwork:point-people"), "hx-target": "#point-people",
            "hx-include": "closest form", "hx-params": "region,who,workers",
        }  # fmt: skip
        self.fields["region"].widget.attrs |= asks | {"hx-trigger": "change"}
        self.fields["who"].widget.attrs |= asks | {
            "hx-trigger": "input changed delay:300ms", "autocomplete": "off",
            "placeholder": gettext_lazy("姓名或单位"),
        }  # fmt: skip


class MatterForm(Form):
    text = Words(label=gettext_lazy("事项"), limit=200)
    is_settled = forms.BooleanField(label=gettext_lazy("当场办结"), required=False)
    case_number = Words(
        label=gettext_lazy("转办编号"), limit=30, required=False,
        help_text=gettext_lazy("已转成工单的，写工单编号。"),
    )  # fmt: skip


class ReceivedForm(Form):
    received = NumberField(label=gettext_lazy("接待人数"), min_value=0, max_value=9999)
