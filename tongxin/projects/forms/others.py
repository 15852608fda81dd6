"""Forms of targets, benchmarks, promises, duties and problems."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Words

from ..models import BenchmarkCheck, Exemplar, Field, ProblemKind, Target, Task
from .fields import Figure, NearForm, OrgName, Steps, person_in


class TargetForm(NearForm):
    side_by_side = (
        ("value", "unit", "baseline"),
        ("region", "org"),
        ("from_year", "to_year", "from_on"),
    )
    name = Words(label=_("目标"), limit=80)
    field = forms.ChoiceField(label=_("领域"), choices=Field.choices)
    value = Figure(label=_("目标值"))
    unit = Words(label=_("单位"), limit=12)
    baseline = Figure(label=_("基数"), required=False)
    region = forms.ModelChoiceField(
        label=_("区域"), queryset=Region.objects.none(), empty_label=None
    )
    org = OrgName(label=_("责任单位"), required=False)
    from_year = forms.IntegerField(label=_("起始年度"), min_value=2000, max_value=2100)
    to_year = forms.IntegerField(label=_("终止年度"), min_value=2000, max_value=2100)
    from_on = Day(
        label=_("起始日期"),
        required=False,
        help_text=_("不填从起始年度的 1 月 1 日起；此前的不计。"),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)


class SplitForm(Form):
    """A figure for each place right below, or for each year of the target; empty ones have no share.

    `places` are (region, what it has now), `years` (year, what it has now).
    """

    def __init__(
        self, *args: Any, places: Sequence[tuple[Region, Decimal | None]],
        years: Sequence[tuple[int, Decimal | None]], **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.regions = {f"place-{region.pk}": region for region, _n in places}
        self.years = {f"year-{year}": year for year, _n in years}
        for region, number in places:
            self._offer(f"place-{region.pk}", region.short_name, number)
        for year, number in years:
            self._offer(f"year-{year}", gettext("%d 年") % year, number)

    def _offer(self, name: str, label: str, number: Decimal | None) -> None:
        self.fields[name] = Figure(label=label, required=False, min_value=0)
        self.initial.setdefault(name, None if number is None else f"{number.normalize():f}")

    @property
    def place_fields(self) -> list[Any]:
        return [self[name] for name in self.regions]

    @property
    def year_fields(self) -> list[Any]:
        return [self[name] for name in self.years]

    @property
    def shares(self) -> list[tuple[Region | None, int | None, Decimal]]:
        """Return (place or None, year or None, figure) of each share that was given."""
        given = ((name, self.cleaned_data.get(name)) for name in self.fields)
        return [(self.regions.get(name), self.years.get(name), number) for name, number in given if number]  # fmt: skip


class ValueForm(Form):
    value = Figure(label=_("目标值"), help_text=_("下级合计不能少于它；它与同级合计不能少于上级。"))


class TargetName(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.region.name} · {obj.years}"


class MoveTargetForm(Form):
    parent = TargetName(
        label=_("改由哪个目标统领"), queryset=Target.objects.none(), empty_label=_("请选择"),
        help_text=_("只列出同领域、同计量单位、范围和年度都包得住它的目标。"),
    )  # fmt: skip

    def __init__(self, *args: Any, targets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(parent=targets)


class FigureForm(Form):
    side_by_side = (("on", "value"),)
    on = Day(label=_("截至日期"))
    value = Figure(label=_("完成值"), min_value=0, help_text=_("从起始日期到截至日期的累计数。"))
    note = Words(label=_("说明和佐证"), limit=300, rows=2, required=False)


class PairForm(NearForm):
    side_by_side = (("exemplar", "kind"),)
    org = OrgName(label=_("单位"), help_text=_("写单位全称。"))
    exemplar = Words(label=_("标杆"), limit=40, help_text=_("城市、开发区或园区的名称。"))
    kind = forms.ChoiceField(label=_("标杆类型"), choices=Exemplar.Kind.choices)


class ProjectForm(Form):
    side_by_side = (("measure", "unit"), ("baseline", "theirs", "target"))
    name = Words(label=_("对标项目"), limit=80)
    measure = Words(label=_("指标"), limit=60)
    unit = Words(label=_("单位"), limit=12, required=False)
    less_is_better = forms.BooleanField(label=_("数值越小越好（如办理天数）"), required=False)
    baseline = Figure(label=_("基线值"))
    theirs = Figure(label=_("标杆值"))
    target = Figure(label=_("目标值"))
    gap = Words(label=_("差距和原因"), limit=500, rows=2, required=False)
    measures = Words(label=_("改进措施"), limit=1000, rows=3, required=False)
    due_on = Day(label=_("完成期限"))


class CheckForm(Form):
    side_by_side = (("on", "value", "verdict"),)
    on = Day(label=_("检查日期"))
    value = Figure(label=_("现值"))
    verdict = forms.ChoiceField(label=_("结论"), choices=BenchmarkCheck.Verdict.choices)
    note = Words(label=_("情况和佐证"), limit=500, rows=3)


class ManyTargets(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.region.name} · {obj.years}"


class ManyTasks(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} · {obj.org.name}"


class FiguresForm(NearForm):
    """What a promise says and by which figures it is read; who made it, and of which year, stays."""

    side_by_side = (("org", "person", "year"),)
    text = Words(label=_("承诺"), limit=300, rows=2)
    measures = Words(label=_("兑现措施"), limit=500, rows=2, required=False)
    targets = ManyTargets(label=_("用哪些目标考核"), queryset=Target.objects.none(), required=False)
    tasks = ManyTasks(label=_("用哪些任务考核"), queryset=Task.objects.none(), required=False)

    def __init__(self, *args: Any, targets: Any, tasks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(targets=targets.select_related("region"))
        self.choose_from(tasks=tasks.select_related("org"))


class PromiseForm(FiguresForm):
    org = OrgName(label=_("单位"), help_text=_("写党组织全称。"))
    person = Words(label=_("承诺人"), limit=20, help_text=_("该单位书记的姓名。"))
    year = forms.IntegerField(label=_("年度"))
    field_order = ("org", "person", "year", "text", "measures", "targets", "tasks")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["person"] = person_in(self, data.get("org"), data.get("person") or "", "person")
        return data


class JudgeForm(Form):
    verdict = forms.ChoiceField(
        label=_("考核结论"), widget=forms.RadioSelect,
        choices=[("kept", _("已兑现")), ("partly", _("部分兑现")), ("not", _("未兑现"))],
    )  # fmt: skip
    why = Words(label=_("考核理由"), limit=500, rows=3)


class TickForm(Form):
    note = Words(
        label=_("做了什么、凭什么"),
        limit=300,
        rows=2,
        help_text=_("如会议纪要、走访记录的名称和日期。"),
    )


class DemonstrationForm(Form):
    theme = Words(label=_("示范主题"), limit=60)
    plan = Words(label=_("打造措施"), limit=500, rows=3)


class WhyForm(Form):
    why = Words(label=_("理由"), limit=300, rows=2)


class ProblemForm(NearForm):
    side_by_side = (("org", "owner"), ("region", "due_on"))
    kind = forms.ChoiceField(label=_("类型"), choices=ProblemKind.choices)
    title = Words(label=_("难题"), limit=110)
    text = Words(label=_("情况"), limit=3000, rows=3, required=False)
    goal = Words(label=_("要达到什么"), limit=300, rows=2)
    region = forms.ModelChoiceField(
        label=_("所在区域"), queryset=Region.objects.none(), empty_label=None
    )
    org = OrgName(label=_("领办党组织"), help_text=_("写党组织全称。"))
    owner = Words(label=_("领办书记"), limit=20, help_text=_("该党组织书记的姓名。"))
    due_on = Day(label=_("攻坚期限"))
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["owner"] = person_in(self, data.get("org"), data.get("owner") or "", "owner")
        return data


class PlanForm(Form):
    plan = Words(label=_("攻坚方案"), limit=3000, rows=5)
    steps = Steps(
        label=_("步骤和期限"),
        days=False,
        help_text=_("每行一步，空一格写期限。例：与两局会商 2026-05-01。"),
    )


class NoteForm(Form):
    note = Words(label=_("完成情况"), limit=300, rows=2)


class ReviewForm(Form):
    side_by_side = (("on", "meeting"),)
    on = Day(label=_("研究日期"))
    meeting = Words(label=_("会议"), limit=120)
    url = Words(
        label=_("会议页面的地址"),
        limit=200,
        required=False,
        help_text=_("本系统内会议页面的地址，以 / 开头。"),
    )
    text = Words(label=_("研究意见"), limit=500, rows=3)


class EscalateForm(NearForm):
    side_by_side = (("org", "owner"),)
    org = OrgName(label=_("上一级党组织"), help_text=_("写党组织全称。"))
    owner = Words(label=_("领办书记"), limit=20)
    reason = Words(label=_("提请理由"), limit=1000, rows=3)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["owner"] = person_in(self, data.get("org"), data.get("owner") or "", "owner")
        return data
