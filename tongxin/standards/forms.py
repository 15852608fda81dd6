"""Forms of programmes, goals, verdicts, frames and duties."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.images import MEBI
from tongxin.orgs.models import Org, Sector
from tongxin.ui.forms import Form, Words

from .models import Aim, BuildingDuty, Goal, Programme, StandardSet, Verdict

MOST_MEBI = 2
RULED = [(one.value, one.label) for one in (Verdict.MET, Verdict.NOT_MET, Verdict.NOT_ASKED)]


class DayField(forms.DateField):
    """A day, by the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, **kwargs)
        self.error_messages["required"] = _("请填写%s。") % self.label
        self.error_messages["invalid"] = _("日期写成 2026-03-02 这样。")


class NumberField(forms.IntegerField):
    """A whole number, with our own sentences."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["required"] = _("请填写%s。") % self.label
        self.error_messages["invalid"] = _("请填写整数。")


class UnitField(forms.ModelChoiceField):
    """One of a few units."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Org.objects.none(), **kwargs)
        self.error_messages["required"] = _("请选择%s。") % self.label


class ProgrammeForm(Form):
    """A programme with its aims (one a line) and papers (one a line: title, number, day)."""

    unit = UnitField(label=gettext_lazy("牵头党组织"))
    name = Words(label=gettext_lazy("名称"), limit=60)
    from_year = NumberField(label=gettext_lazy("起始年度"), min_value=2000, max_value=2100)
    to_year = NumberField(label=gettext_lazy("结束年度"), min_value=2000, max_value=2100)
    summary = Words(label=gettext_lazy("总体要求"), limit=2000, rows=3, required=False)
    aims = Words(
        label=gettext_lazy("目标方向"), limit=700, rows=3, required=False,
        help_text=gettext_lazy("一行一个，例如：党员党性树起来。"),
    )  # fmt: skip
    papers = Words(
        label=gettext_lazy("依据文件"), limit=4000, rows=3, required=False,
        help_text=gettext_lazy("一行一份：标题，文号，印发日期；后两项可以不填，用逗号隔开。"),
    )  # fmt: skip

    def __init__(self, *args: Any, units: QuerySet[Org], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(unit=units)

    def given(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        found["aims"] = [line.strip() for line in found["aims"].splitlines() if line.strip()]
        found["papers"] = self.papers_said
        return found

    def clean_papers(self) -> str:
        self.papers_said = []
        for line in self.cleaned_data["papers"].splitlines():
            parts = [part.strip() for part in re.split(r"[，,]", line)]
            if not parts[0]:
                continue
            on = parts[2] if len(parts) > 2 else ""
            try:
                day = date.fromisoformat(on) if on else None
            except ValueError as error:
                raise ValidationError(_("“%s”不是日期，写成 2026-03-02 这样。") % on) from error
            number = parts[1] if len(parts) > 1 else ""
            self.papers_said.append({"title": parts[0], "number": number, "issued_on": day})
        return self.cleaned_data["papers"]


class CampaignForm(Form):
    year = NumberField(label=gettext_lazy("活动年度"), min_value=2000, max_value=2100)
    title = Words(
        label=gettext_lazy("活动名称"), limit=60,
        help_text=gettext_lazy("例如：基层党组织标准化建设年。"),
    )  # fmt: skip
    standard = forms.ModelChoiceField(
        queryset=StandardSet.objects.none(), label=gettext_lazy("考核标准"), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = StandardSet.objects.public().order_by("-effective_from", "-version")
        self.choose_from(standard=rows)


class GoalForm(Form):
    sector = forms.ChoiceField(
        label=gettext_lazy("领域"), required=False,
        choices=[("", gettext_lazy("全部领域")), *Sector.choices],
    )  # fmt: skip
    year = NumberField(label=gettext_lazy("年度"), min_value=2000, max_value=2100)
    aim = forms.ModelChoiceField(
        queryset=Aim.objects.none(), label=gettext_lazy("目标方向"), required=False
    )
    title = Words(label=gettext_lazy("任务"), limit=120)
    measure = Words(label=gettext_lazy("指标"), limit=60)
    counts = forms.ChoiceField(label=gettext_lazy("取数"), choices=Goal.Counts.choices)
    unit_of = forms.ChoiceField(label=gettext_lazy("计量"), choices=Goal.Unit.choices)
    target = forms.DecimalField(
        label=gettext_lazy("目标值"), max_digits=9, decimal_places=1, initial=100
    )
    owner = UnitField(label=gettext_lazy("责任党组织"))
    due = DayField(label=gettext_lazy("完成期限"))

    def __init__(self, *args: Any, programme: Programme, units: QuerySet[Org], **kwargs: Any):
        super().__init__(*args, **kwargs)
        aims = Aim.objects.filter(programme=programme).order_by("order")
        self.choose_from(aim=aims)
        self.choose_from(owner=units)


class ChangeGoalForm(Form):
    target = forms.DecimalField(label=gettext_lazy("目标值"), max_digits=9, decimal_places=1)
    owner = UnitField(label=gettext_lazy("责任党组织"))
    due = DayField(label=gettext_lazy("完成期限"))
    reason = Words(label=gettext_lazy("理由"), limit=300, rows=2)

    def __init__(self, *args: Any, units: QuerySet[Org], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(owner=units)


class EntryForm(Form):
    """A step towards a goal; figures are asked for only where the goal counts them."""

    on = DayField(label=gettext_lazy("日期"))
    text = Words(label=gettext_lazy("进展"), limit=500, rows=3)
    done = NumberField(label=gettext_lazy("累计完成数"), min_value=0, required=False)
    total = NumberField(label=gettext_lazy("总数"), min_value=1, required=False)
    evidence = Words(
        label=gettext_lazy("佐证"), limit=300, required=False,
        help_text=gettext_lazy("文号、照片存放处、台账名称。"),
    )  # fmt: skip
    corrects = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, goal: Goal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if goal.counts == Goal.Counts.STANDARD or goal.unit_of == Goal.Unit.DONE:
            del self.fields["done"], self.fields["total"]
        elif goal.unit_of == Goal.Unit.COUNT:
            del self.fields["total"]


class AcceptForm(Form):
    on = DayField(label=gettext_lazy("验收日期"))
    note = Words(label=gettext_lazy("验收意见"), limit=300, rows=2)


class RulingForm(Form):
    verdict = forms.ChoiceField(label=gettext_lazy("结论"), choices=RULED, widget=forms.RadioSelect)
    reason = Words(
        label=gettext_lazy("理由和佐证"), limit=300, rows=3,
        help_text=gettext_lazy("看了什么、在哪里能查到；系统核算的结果会保留在旁边。"),
    )  # fmt: skip


class CloseForm(Form):
    on = DayField(label=gettext_lazy("结束日期"))


class WhyForm(Form):
    reason = Words(label=gettext_lazy("理由"), limit=300, rows=2)


class FrameForm(Form):
    """A version of the frame as a table."""

    code = Words(label=gettext_lazy("代码"), limit=30)
    version = NumberField(label=gettext_lazy("版本"), min_value=1, max_value=32_000)
    name = Words(label=gettext_lazy("名称"), limit=60)
    least_share = NumberField(label=gettext_lazy("达标线（%）"), min_value=1, max_value=100)
    effective_from = DayField(label=gettext_lazy("启用日期"))
    source = Words(label=gettext_lazy("依据"), limit=200)
    file = forms.FileField(
        label=gettext_lazy("条目表"), allow_empty_file=False,
        help_text=gettext_lazy("CSV 或 XLSX，列与“下载条目表”的相同。"),
        error_messages={"required": gettext_lazy("请选择条目表。")},
    )  # fmt: skip

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_MEBI * MEBI:
            raise ValidationError(_("条目表最大 %d MB。") % MOST_MEBI)
        return file


class DutyForm(Form):
    unit = UnitField(label=gettext_lazy("党组织"))
    duty = forms.ChoiceField(
        label=gettext_lazy("职责"), choices=BuildingDuty.choices, widget=forms.RadioSelect
    )
    on = DayField(label=gettext_lazy("日期"))
    text = Words(label=gettext_lazy("做了什么"), limit=300, rows=2)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, units: QuerySet[Org], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(unit=units)
