"""Forms of programmes, tasks and their schedules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Photos, Words

from ..models import Field, Node, Programme, ProgrammeKind, ScheduleTemplate, Target
from .fields import Figure, NearForm, OrgName, Parts, Steps, person_in


class ProgrammeForm(NearForm):
    side_by_side = (
        ("kind", "name"),
        ("region", "org"),
        ("source", "parent"),
        ("start_on", "end_on"),
    )
    kind = forms.ChoiceField(label=_("类型"), choices=ProgrammeKind.choices)
    name = Words(label=_("名称"), limit=80)
    text = Words(label=_("总体要求"), limit=5000, rows=4, required=False)
    source = Words(label=_("依据"), limit=200, required=False)
    region = forms.ModelChoiceField(
        label=_("范围"), queryset=Region.objects.none(), empty_label=None
    )
    org = OrgName(label=_("牵头督办单位"), help_text=_("写单位全称。"))
    parent = forms.ModelChoiceField(
        label=_("所属总体布局"),
        queryset=Programme.objects.none(),
        required=False,
        empty_label=_("不属于"),
    )
    start_on = Day(label=_("开始日期"))
    end_on = Day(label=_("完成日期"))
    is_fixed = forms.BooleanField(label=_("完成日期卡死：任何任务都不能延到它之后"), required=False)
    risk_gap = forms.IntegerField(
        label=_("进度滞后预警（百分点）"), min_value=1, max_value=100, initial=20,
        help_text=_("进度落后于时间多少个百分点时提示有风险。"),
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, regions: Any, frames: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)
        self.choose_from(parent=frames)


class NodeForm(Form):
    side_by_side = (("kind", "parent"),)
    kind = forms.ChoiceField(label=_("层次"), choices=Node.Kind.choices)
    parent = forms.ModelChoiceField(
        label=_("放在哪个方面下"), queryset=Node.objects.none(), required=False,
        empty_label=_("最上层"), help_text=_("“项”放在一个“方面”下，“方面”和“板块”在最上层。"),
    )  # fmt: skip
    name = Words(label=_("名称"), limit=120)
    text = Words(label=_("说明"), limit=300, required=False)
    serves = forms.ModelChoiceField(
        label=_("服务的板块"), queryset=Node.objects.none(), required=False, empty_label=_("不对应")
    )

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(parent=programme.nodes.filter(kind="aspect"))
        sections = Node.objects.filter(kind="section", programme=programme.parent_id)
        self.choose_from(serves=sections)


class ItemChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.parent.name} / {obj.name}" if obj.parent else obj.name


class TargetChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.region.name} · {obj.years}"


class TaskForm(NearForm):
    side_by_side = (
        ("item", "field"),
        ("org", "owner"),
        ("start_on", "due_on"),
        ("measure", "unit", "target"),
    )
    item = ItemChoice(
        label=_("所在的项"), queryset=Node.objects.none(), required=False, empty_label=_("不归项")
    )
    title = Words(label=_("任务"), limit=110)
    text = Words(label=_("要求"), limit=3000, rows=3, required=False)
    field = forms.ChoiceField(
        label=_("领域"), choices=[("", _("不分领域")), *Field.choices], required=False
    )
    org = OrgName(label=_("责任单位"), help_text=_("写单位全称。"))
    owner = Words(
        label=_("责任人"), limit=20, required=False, help_text=_("责任单位里在岗人员的姓名。")
    )
    start_on = Day(label=_("开始日期"))
    due_on = Day(label=_("完成期限"))
    hard_end = forms.BooleanField(label=_("期限卡死：不受理延期"), required=False)
    measure = Words(label=_("衡量指标"), limit=60, required=False)
    unit = Words(label=_("单位"), limit=12, required=False)
    target = Figure(label=_("目标值"), required=False)
    aim = TargetChoice(
        label=_("对应目标"), queryset=Target.objects.none(), required=False, empty_label=_("不对应")
    )
    parts = Parts(
        label=_("协同分工"), help_text=_("每行一个：单位：分工 期限。例：水务局：通水 2026-05-01。")
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, programme: Programme, targets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = Node.objects.filter(programme=programme, kind="item").select_related("parent")
        self.choose_from(item=items)
        self.choose_from(aim=targets.select_related("region"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["owner"] = person_in(self, data.get("org"), data.get("owner") or "", "owner")
        return data


class ReportForm(Form):
    value = Figure(label=_("完成值"), min_value=0, help_text=_("从开始到现在的累计数。"))
    percent = forms.IntegerField(label=_("进度（%）"), min_value=0, max_value=100)
    note = Words(label=_("进展"), limit=1000, rows=3)
    photos = Photos(label=_("佐证照片"), most=6, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, measured: bool, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["percent" if measured else "value"]
        if measured:
            self.fields["value"].label = label


class PartForm(Form):
    note = Words(label=_("完成情况"), limit=300, rows=3)


class AddPartForm(NearForm):
    side_by_side = (("org", "due_on"),)
    org = OrgName(label=_("协同单位"), help_text=_("写单位全称。"))
    text = Words(label=_("分工"), limit=200)
    due_on = Day(label=_("期限"), required=False)


class StagesForm(Form):
    template = forms.ModelChoiceField(
        label=_("套用工作法"), queryset=ScheduleTemplate.objects.none(), required=False,
        empty_label=_("不套用，按下面写的排"),
    )  # fmt: skip
    stages = Steps(
        label=_("阶段和天数"), days=True, required=False,
        help_text=_("每行一个阶段，空一格写天数，按先后顺序。例：施工 20。选了工作法时不看这里。"),
    )  # fmt: skip
    by_workdays = forms.BooleanField(
        label=_("按工作日计算（含调休）"), required=False, initial=True
    )

    def __init__(self, *args: Any, templates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(template=templates)


class StageDoneForm(Form):
    on = Day(label=_("完成日期"))
    note = Words(label=_("说明"), limit=300, required=False)


class SlipForm(Form):
    end_on = Day(label=_("顺延到"))
    reason = Words(label=_("原因"), limit=300, rows=2, required=False)
