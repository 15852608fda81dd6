"""What is asked for seats, take-overs, ratings, plans, pairings, methods, trials."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from tongxin.kit.errors import Refused
from tongxin.kit.tables import BadCell, read_table
from tongxin.regions.models import Region
from tongxin.regions.queries import place_name
from tongxin.ui.forms import Form, Words

from .. import queries
from ..actions import Measure
from ..models import JointMember, Membership, Org, Pilot, RequirementMark, UnitKind, UnitMember
from ..scope import REGISTRARS, posts_of, unit_reach
from .fields import DateField, MembersField, UnitField

MEBI = 1024 * 1024


def kept_units(actor: Any, *kinds: str) -> Any:
    rows = Org.objects.units().filter(unit_reach(actor))
    return (rows.filter(unit_kind__in=kinds) if kinds else rows).order_by("path")


class SeatForm(Form):
    duty = forms.ChoiceField(
        label=_lazy("委员职务"), choices=JointMember.Duty.choices, initial="member"
    )
    name = Words(label=_lazy("姓名"), limit=40)
    title = Words(label=_lazy("原职务"), limit=40, required=False)
    task = Words(label=_lazy("分工"), limit=100, required=False)
    on = DateField(label=_lazy("起始日期"))

    def __init__(self, *args: Any, committee: Org, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate(), "duty": "member"}
        super().__init__(*args, **kwargs)
        land = committee.region
        inside = Org.objects.public().filter(region__path__under=land.path)
        self.fields["origin"] = UnitField(
            label=_("来自单位"), rows=lambda: inside.exclude(pk=committee.pk).order_by("name"),
            help_text=_("驻区单位、两新组织或党组织；主任委员填上级党组织。"),
        )  # fmt: skip
        self.order_fields(["duty", "origin", "name", "title", "task", "on"])


class TakeOverForm(Form):
    title = Words(
        label=_lazy("名称"), limit=80, help_text=_lazy("例如：机构改革接收 18 个单位党组织")
    )
    document = Words(label=_lazy("文号"), limit=60, required=False)
    reason = Words(label=_lazy("事由"), limit=300, rows=2, required=False)
    on = DateField(label=_lazy("生效日期"))
    file = forms.FileField(
        label=_lazy("名单"),
        help_text=_lazy("XLSX 或 CSV；列：党组织名称、类型、上级党组织、领域、组织代码、原单位。"),
        error_messages={"required": _lazy("请选择名单文件。")},
    )

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate()}
        super().__init__(*args, **kwargs)
        self.fields["into"] = UnitField(
            label=_("接收单位"),
            rows=lambda: kept_units(actor, "committee", "work_committee", "general_branch"),
        )
        self.order_fields(["title", "into", "on", "document", "reason", "file"])
        self.rows: list = []

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > 5 * MEBI:
            raise ValidationError(_("名单文件最大 5 MB。"))
        try:
            self.rows = list(read_table(file.read(), name=file.name).rows)
        except BadCell as refusal:
            raise ValidationError(str(refusal)) from refusal
        except Refused as refusal:
            raise ValidationError(str(refusal.message)) from refusal
        return file

    def given(self) -> dict[str, Any]:
        names = ("into", "title", "document", "reason", "on")
        return {name: self.cleaned_data[name] for name in names} | {"rows": self.rows}


class RateForm(Form):
    year = forms.IntegerField(label=_lazy("年度"), min_value=2000, max_value=2100)
    label = forms.ChoiceField(label=_lazy("等次"))
    reason = Words(label=_lazy("理由"), limit=300, rows=3, help_text=_lazy("写事实，不写口号。"))
    on = DateField(label=_lazy("评定日期"))

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        today = localdate()
        initial = {"year": today.year, "on": today} | kwargs.pop("initial", {})
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.labels = {str(one.pk): one for one in queries.labels_on(today)}
        choices: Any = self.fields
        choices["label"].choices = [(pk, one.name) for pk, one in self.labels.items()]
        self.fields["unit"] = UnitField(label=_("党组织"), rows=lambda: kept_units(actor))
        self.order_fields(["unit", "year", "label", "reason", "on"])

    def given(self) -> dict[str, Any]:
        found = self.cleaned_data
        names = ("unit", "year", "reason", "on")
        return {name: found[name] for name in names} | {"label": self.labels[found["label"]]}


class ReasonOfForm(Form):
    reason = Words(label=_lazy("理由"), limit=300, rows=3)


class PlanForm(Form):
    """A plan with up to three measures at once; more are added on its page."""

    causes = Words(label=_lazy("问题原因"), limit=1000, rows=3)
    due = DateField(label=_lazy("完成期限"))
    ROWS = 3

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, self.ROWS + 1):
            first = n == 1
            self.fields[f"text_{n}"] = Words(label=_("措施 %d") % n, limit=200, required=first)
            self.fields[f"who_{n}"] = Words(label=_("责任人"), limit=40, required=False)
            self.fields[f"due_{n}"] = DateField(label=_("期限"), required=first)

    def measure_rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        return [
            (self[f"text_{n}"], self[f"who_{n}"], self[f"due_{n}"]) for n in range(1, self.ROWS + 1)
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for n in range(1, self.ROWS + 1):
            if found.get(f"text_{n}") and not found.get(f"due_{n}") and n > 1:
                self.add_error(f"due_{n}", _("请填写期限。"))
        return found

    def measures(self) -> list[Measure]:
        found = self.cleaned_data
        return [
            Measure(found[f"text_{n}"], found[f"due_{n}"], found[f"who_{n}"])
            for n in range(1, self.ROWS + 1)
            if found[f"text_{n}"]
        ]


class MeasureForm(Form):
    text = Words(label=_lazy("措施"), limit=200)
    who = Words(label=_lazy("责任人"), limit=40, required=False)
    due = DateField(label=_lazy("期限"))


class FinishForm(Form):
    on = DateField(label=_lazy("完成日期"))
    note = Words(label=_lazy("完成情况"), limit=300, rows=2)


class LiftForm(Form):
    on = DateField(label=_lazy("销号日期"))
    reason = Words(label=_lazy("销号意见"), limit=300, rows=2)


class PairForm(Form):
    goals = Words(label=_lazy("帮、带、扶的内容"), limit=300, rows=3)
    on = DateField(label=_lazy("开始日期"))

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate(), **kwargs.pop("initial", {})}
        super().__init__(*args, **kwargs)

        def rated(tone: str) -> Any:
            rows = kept_units(actor, UnitKind.BRANCH, UnitKind.GENERAL_BRANCH)
            years = (localdate().year, localdate().year - 1)
            return rows.filter(
                ratings__withdrawn_on=None, ratings__label__tone=tone, ratings__year__in=years
            ).distinct()

        self.fields["good"] = UnitField(label=_("先进支部"), rows=lambda: rated("good"))
        self.fields["lagging"] = UnitField(label=_("后进支部"), rows=lambda: rated("lagging"))
        self.order_fields(["good", "lagging", "goals", "on"])


class UnpairForm(Form):
    on = DateField(label=_lazy("结束日期"))
    outcome = Words(label=_lazy("成效"), limit=300, rows=3)


class MethodForm(Form):
    title = Words(label=_lazy("名称"), limit=60)
    summary = Words(label=_lazy("一句话"), limit=120)
    steps = Words(label=_lazy("做法"), limit=4000, rows=8)
    effect = Words(label=_lazy("成效"), limit=1000, rows=3, required=False)
    tags = Words(label=_lazy("关键词"), limit=80, required=False, help_text=_lazy("用空格隔开。"))

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"] = UnitField(label=_("党组织"), rows=lambda: kept_units(actor))
        self.order_fields(["unit", "title", "summary", "steps", "effect", "tags"])


class UseForm(Form):
    note = Words(label=_lazy("学用情况"), limit=200, rows=2, required=False)

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"] = UnitField(label=_("学用的党组织"), rows=lambda: kept_units(actor))
        self.order_fields(["unit", "note"])


class MarkForm(Form):
    requirement = forms.IntegerField(widget=forms.HiddenInput)
    state = forms.ChoiceField(label=_lazy("落实情况"), choices=RequirementMark.State.choices)
    note = Words(label=_lazy("说明"), limit=200, required=False)


class PilotForm(Form):
    feature = forms.ChoiceField(label=_lazy("功能"), choices=Pilot.Feature.choices)
    regions = forms.ModelMultipleChoiceField(
        label=_lazy("试点社区（村）"), queryset=Region.objects.public().none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _lazy("请选择试点的社区（村）。")},
    )  # fmt: skip
    on = DateField(label=_lazy("开始日期"))
    note = Words(label=_lazy("说明"), limit=200, required=False)

    def __init__(self, *args: Any, actor: Any, pilot: Pilot | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate(), **kwargs.pop("initial", {})}
        super().__init__(*args, **kwargs)
        paths = {post.path for post in posts_of(actor) if post.role in REGISTRARS}
        rows = Region.objects.public().filter(level="community", valid_to=None)
        reach = rows.none()
        for path in paths:
            reach = reach | rows.filter(path__under=path)
        choices: Any = self.fields
        choices["regions"].queryset = reach.defer("polygon").order_by("path")
        choices["regions"].label_from_instance = lambda one: place_name(one.path)
        if pilot is not None:
            del self.fields["feature"], self.fields["on"], self.fields["note"]
            self.initial["regions"] = [one.pk for one in pilot.regions.all()]

    def clean_regions(self) -> list[Region]:
        return list(self.cleaned_data["regions"])


class ServeForm(Form):
    duty = forms.ChoiceField(
        label=_lazy("职务"), choices=UnitMember.Duty.choices, initial=UnitMember.Duty.MEMBER
    )
    on = DateField(label=_lazy("起始日期"))

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate(), "duty": "member"}
        super().__init__(*args, **kwargs)
        self.fields["person"] = MembersField(
            label=_("党员"), help_text=_("写一个姓名。"),
            rows=lambda: Membership.objects.visible_to(actor).members(),
        )  # fmt: skip
        self.fields["person"].widget.attrs["rows"] = 1
        self.order_fields(["person", "duty", "on"])

    def clean_person(self) -> Any:
        found = self.cleaned_data["person"]
        if len(found) != 1:
            raise ValidationError(_("请写一个姓名。"))
        return found[0].person


class HeadForm(Form):
    on = DateField(label=_lazy("起始日期"))

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate()}
        super().__init__(*args, **kwargs)
        self.fields["person"] = MembersField(
            label=_("组长"), help_text=_("写一个姓名；楼宇党小组组长由离退休老党员担任。"),
            rows=lambda: Membership.objects.visible_to(actor).members(),
        )  # fmt: skip
        self.fields["person"].widget.attrs["rows"] = 1
        self.order_fields(["person", "on"])

    clean_person = ServeForm.clean_person
