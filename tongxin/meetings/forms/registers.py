"""What people fill in about study, reviews, talks, medals, series."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.timezone import localdate, now
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Membership, Org, Person, Sector
from tongxin.ui.forms import Form, Photos, Words

from ..models import HardTask, Lesson, MeetingRule, Photo, ReviewResult, RuleSet, StudyGroup
from .meetings import DayInput, count_field

GRADES = ReviewResult.Grade.choices
BALLOT_FIELDS = ("excellent", "qualified", "basic", "unqualified")


def day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput, **more)


def members_of(unit: Org):
    """Return the people of a unit's register, for a list to choose from."""
    inside = Membership.objects.members().filter(unit__path__under=unit.path)
    return Person.objects.filter(pk__in=inside.values("person")).order_by("initials", "name")


class PlanQuarterForm(Form):
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    quarter = forms.TypedChoiceField(
        label=_("季度"), coerce=int, choices=[(n, _("第 %d 季度") % n) for n in range(1, 5)]
    )


class LessonsForm(Form):
    """The lessons of a draft, in order; a lesson without content is left out."""

    def __init__(self, *args: Any, lessons: list[Lesson], spare: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.size = len(lessons) + spare
        for n in range(1, self.size + 1):
            old = lessons[n - 1] if n <= len(lessons) else None
            self.fields[f"subject_{n}"] = forms.ChoiceField(
                label=_("类别"), choices=Lesson.Subject.choices, required=False,
                initial=old.subject if old else "theory",
            )  # fmt: skip
            self.fields[f"title_{n}"] = Words(
                label=_("内容"), limit=100, required=False, initial=old.title if old else ""
            )
            self.fields[f"form_{n}"] = Words(
                label=_("形式"),
                limit=40,
                required=False,
                initial=old.form if old else _("集中学习"),
            )
            self.fields[f"hours_{n}"] = forms.DecimalField(
                label=_("学时"), min_value=0, max_value=40, decimal_places=1, required=False,
                initial=old.hours if old else 2,
            )  # fmt: skip
            self.fields[f"due_{n}"] = day_field(
                _("完成时间"), required=False, initial=old.due_on if old else None
            )

    def lines(self) -> list[tuple[int, Any]]:
        names = ("subject", "title", "form", "hours", "due")
        return [(n, [self[f"{name}_{n}"] for name in names]) for n in range(1, self.size + 1)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for n in range(1, self.size + 1):
            if data.get(f"title_{n}") and not (data.get(f"due_{n}") and data.get(f"hours_{n}")):
                self.add_error(f"due_{n}", str(_("请填写学时和完成时间。")))
        return data

    def given(self) -> list[dict[str, Any]]:
        data = self.cleaned_data
        return [
            {"subject": data[f"subject_{n}"], "title": data[f"title_{n}"],
             "form": data[f"form_{n}"], "hours": data[f"hours_{n}"], "due_on": data[f"due_{n}"]}
            for n in range(1, self.size + 1)
            if data.get(f"title_{n}")
        ]  # fmt: skip


class GroupForm(Form):
    kind = forms.ChoiceField(label=_("类型"), choices=StudyGroup.Kind.choices)
    name = Words(label=_("名称"), limit=60)
    founded_on = day_field(_("成立日期"))
    leader: Any = forms.ModelChoiceField(label=_("组长（领学人）"), queryset=None, required=False)
    members: Any = forms.ModelMultipleChoiceField(
        label=_("成员"), queryset=None, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, unit: Org, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = members_of(unit)
        self.choose_from(leader=people)
        self.choose_from(members=people)


class TaskForm(Form):
    tag = forms.ChoiceField(label=_("类型"), choices=HardTask.Tag.choices)
    title = Words(label=_("任务"), limit=100)
    text = Words(label=_("要求"), limit=500, rows=3, required=False)
    due_on = day_field(_("完成时限"))


class TakeForm(Form):
    group: Any = forms.ModelChoiceField(label=_("青年理论学习小组"), queryset=None)

    def __init__(self, *args: Any, groups: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(group=groups)


class AppCountForm(Form):
    registered = count_field(_("已注册人数"))
    on = day_field(_("统计日期"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate(now())} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)


class SelfForm(Form):
    grade = forms.ChoiceField(label=_("自评等次"), choices=GRADES, widget=forms.RadioSelect)
    text = Words(
        label=_("自评内容"), limit=2000, rows=8,
        help_text=_("对照党员标准写：做到了什么、差在哪里、怎么改。加密保存，只有您和负责名册的人能看。"),
    )  # fmt: skip


class BallotsForm(Form):
    """The ballots of 民主测评: four figures for everybody."""

    issued = count_field(_("发出票"))
    returned = count_field(_("收回票"))

    def __init__(self, *args: Any, rows: list[ReviewResult], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            for name in BALLOT_FIELDS:
                label = f"{row.membership.person.name} {ReviewResult.Grade(name).label}"
                self.fields[f"{name}_{row.pk}"] = count_field(label)

    def lines(self) -> list[tuple[ReviewResult, list]]:
        return [(row, [self[f"{name}_{row.pk}"] for name in BALLOT_FIELDS]) for row in self.rows]

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        votes = {
            row.pk: tuple(data[f"{name}_{row.pk}"] for name in BALLOT_FIELDS) for row in self.rows
        }
        return {"issued": data["issued"], "returned": data["returned"], "votes": votes}


class GradesForm(Form):
    """组织评定: a grade for everybody."""

    def __init__(self, *args: Any, rows: list[ReviewResult], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[f"grade_{row.pk}"] = forms.ChoiceField(
                label=row.membership.person.name, choices=[("", _("请选择")), *GRADES]
            )

    def lines(self) -> list[tuple[ReviewResult, Any]]:
        return [(row, self[f"grade_{row.pk}"]) for row in self.rows]

    def given(self) -> dict[int, str]:
        return {row.pk: self.cleaned_data[f"grade_{row.pk}"] for row in self.rows}


class TalkForm(Form):
    who: Any = forms.ModelChoiceField(label=_("谈话人"), queryset=None)
    whom: Any = forms.ModelChoiceField(label=_("谈话对象"), queryset=None)
    on = day_field(_("日期"))
    note = Words(
        label=_("备注"), limit=200, rows=2, required=False,
        help_text=_("不记谈话内容。备注加密保存，例如“约定下月再谈”。"),
    )  # fmt: skip

    def __init__(self, *args: Any, unit: Org, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": localdate(now())} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        people = members_of(unit)
        for name in ("who", "whom"):
            self.fields[name].queryset = people  # type: ignore[attr-defined]


class DeliverForm(Form):
    on = day_field(_("送达日期"))
    place = Words(label=_("颁发地点"), limit=100)
    deliverer = Words(label=_("颁发人"), limit=40)
    what = forms.ChoiceField(
        label=_("凭证"), widget=forms.RadioSelect, initial="scene",
        choices=[(Photo.What.SCENE, _("颁发现场照片")), (Photo.What.SIGNATURE, _("本人签字的签收单"))],
    )  # fmt: skip
    photos = Photos(label=_("照片"), most=3, required=False)


class SeriesForm(Form):
    subject = Words(label=_("议题"), limit=100)


class PointForm(Form):
    text = Words(label=_("待办"), limit=200)
    owner = Words(label=_("责任单位（人）"), limit=60)
    due_on = day_field(_("完成时限"))


class TargetForm(Form):
    programme = Words(label=_("规划"), limit=60)
    measure = Words(label=_("指标"), limit=60)
    sector = forms.ChoiceField(
        label=_("领域"), required=False, choices=[("", _("全部领域")), *Sector.choices]
    )
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    target = forms.DecimalField(label=_("目标（%）"), max_digits=5, decimal_places=1)


class ActualForm(Form):
    done = count_field(_("达标数"))
    total = count_field(_("总数"))
    on = day_field(_("统计日期"))


class SuccessorForm(Form):
    """Another version of a rule set: how often, in which words, which figures."""

    version = Words(label=_("版本"), limit=20)
    effective_from = day_field(_("施行日期"))
    source = Words(label=_("依据"), limit=300)

    def __init__(self, *args: Any, rule_set: RuleSet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = list(rule_set.rules.order_by("pk"))
        self.numbers = [one for one in rule_set.numbers.order_by("pk") if one.is_figure]
        for rule in self.rules:
            self.fields[f"per_{rule.pk}"] = forms.ChoiceField(
                label=_("周期"), choices=MeetingRule.Per.choices, required=False, initial=rule.per
            )
            self.fields[f"times_{rule.pk}"] = forms.IntegerField(
                label=_("次数"), min_value=1, max_value=31, initial=rule.times
            )
            self.fields[f"norm_{rule.pk}"] = Words(label=_("要求"), limit=300, initial=rule.norm)
        for one in self.numbers:
            self.fields[f"number_{one.pk}"] = Words(label=one.norm, limit=20, initial=one.value)

    def rule_lines(self) -> list[tuple[MeetingRule, list]]:
        names = ("per", "times", "norm")
        return [(rule, [self[f"{name}_{rule.pk}"] for name in names]) for rule in self.rules]

    def number_fields(self) -> list:
        return [self[f"number_{one.pk}"] for one in self.numbers]

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            **{name: data[name] for name in ("version", "effective_from", "source")},
            "rules": {
                rule.pk: {name: data[f"{name}_{rule.pk}"] for name in ("per", "times", "norm")}
                for rule in self.rules
            },
            "numbers": {one.pk: data[f"number_{one.pk}"] for one in self.numbers},
        }
