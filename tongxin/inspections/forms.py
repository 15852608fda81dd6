"""Forms of supervision."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.fieldwork.models import Checklist
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.ui.forms import Form, Photos, Words

from .actions import LETTERS
from .models import (
    POLICY_TAGS,
    Condition,
    FirmClass,
    Mode,
    Site,
    SiteKind,
    SubjectKind,
    Team,
)
from .models.operations import LAND_KINDS

DEPARTMENTS = [one for one in SubjectKind.choices if one[0] not in LAND_KINDS]
SEVERITIES = (
    ("normal", gettext_lazy("一般")),
    ("serious", gettext_lazy("较重")),
    ("grave", gettext_lazy("严重")),
)
LETTER_LABELS = {
    "advice_letter": gettext_lazy("纪检监察建议书"),
    "reminder_letter": gettext_lazy("提示函"),
}
MOST_PHOTOS = 6


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


class OneOf(forms.ModelChoiceField):
    """One of a few rows."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(queryset=model.objects.none(), **kwargs)
        self.error_messages["required"] = _("请选择%s。") % self.label


class SomeOf(forms.ModelMultipleChoiceField):
    """Any of a few rows, as boxes to tick."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        widget = forms.CheckboxSelectMultiple
        super().__init__(queryset=model.objects.none(), widget=widget, **kwargs)
        self.error_messages["required"] = _("请选择%s。") % self.label


class OperationForm(Form):
    """The plan of an operation."""

    name = Words(label=gettext_lazy("名称"), limit=80)
    org = OneOf(Org, label=gettext_lazy("组织单位"), empty_label=None)
    region = OneOf(Region, label=gettext_lazy("监督范围"), empty_label=None)
    number = Words(label=gettext_lazy("方案文号"), limit=40, required=False)
    starts_on = DayField(label=gettext_lazy("开始日期"))
    ends_on = DayField(label=gettext_lazy("结束日期"))
    scope = Words(
        label=gettext_lazy("监督内容"), limit=2000, rows=4,
        help_text=gettext_lazy("看什么：责任落实、物资保障、资金发放……"),
    )  # fmt: skip
    requirements = Words(label=gettext_lazy("工作要求"), limit=2000, rows=3, required=False)
    tags = forms.MultipleChoiceField(
        label=gettext_lazy("政策标签"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(tag, tag) for tag in POLICY_TAGS],
    )  # fmt: skip
    more_tags = Words(
        label=gettext_lazy("其他标签"), limit=100, required=False,
        help_text=gettext_lazy("多个标签用顿号隔开。"),
    )  # fmt: skip
    is_unannounced = forms.BooleanField(
        label=gettext_lazy("四不两直（暗访）"), required=False,
        help_text=gettext_lazy("结束前只有组织单位和监督组看得到；到场开始检查前，被检查单位和当地都看不到。"),
    )  # fmt: skip

    def __init__(
        self, *args: Any, orgs: QuerySet[Org], regions: QuerySet[Region], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs)
        self.choose_from(region=regions)

    def given(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        more = [tag for tag in re.split(r"[、，,\s]+", found.pop("more_tags")) if tag]
        found["tags"] = [*found["tags"], *more]
        return found


class TeamForm(Form):
    """A team: who leads, who is in it, which streets it looks after."""

    name = Words(label=gettext_lazy("名称"), limit=40)
    leader = OneOf(User, label=gettext_lazy("带队"))
    leader_title = Words(
        label=gettext_lazy("带队职务"), limit=60, required=False,
        help_text=gettext_lazy("例如：区纪委副书记、监委副主任。"),
    )  # fmt: skip
    is_class_led = forms.BooleanField(label=gettext_lazy("班子成员带队"), required=False)
    members = SomeOf(User, label=gettext_lazy("成员"), required=False)
    others = Words(
        label=gettext_lazy("其他单位抽调的人员"), limit=400, required=False,
        help_text=gettext_lazy("填写用户名，用顿号隔开。"),
    )  # fmt: skip
    areas = SomeOf(Region, label=gettext_lazy("负责街镇"), required=False)

    def __init__(
        self, *args: Any, people: QuerySet[User], streets: QuerySet[Region], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(leader=people)
        self.choose_from(members=people)
        self.choose_from(areas=streets)

    def clean_others(self) -> list[User]:
        names = [n for n in re.split(r"[、，,\s]+", self.cleaned_data["others"]) if n]
        found = list(User.objects.filter(username__in=names, posts__isnull=False).distinct())
        missing = set(names) - {one.username for one in found}
        if missing:
            raise ValidationError(_("没有找到用户“%s”。") % "、".join(sorted(missing)))
        return found

    def given(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        found["members"] = [*found["members"], *found.pop("others")]
        return found


class DispatchForm(Form):
    """A dispatch: the day, who goes, which sites."""

    on = DayField(label=gettext_lazy("日期"))
    members = SomeOf(User, label=gettext_lazy("出动人员"))
    mode = forms.ChoiceField(
        label=gettext_lazy("监督方式"), required=False,
        choices=[("", gettext_lazy("自动：第一次为一线监督，以后为跟进监督")), *Mode.choices],
    )  # fmt: skip
    checklist = forms.ModelChoiceField(
        queryset=Checklist.objects.none(), label=gettext_lazy("检查清单"), required=False,
        empty_label=gettext_lazy("不用清单"),
    )  # fmt: skip
    is_unannounced = forms.BooleanField(
        label=gettext_lazy("四不两直（暗访）"), required=False,
        help_text=gettext_lazy("开始检查前，当地和被检查单位都看不到。"),
    )  # fmt: skip
    note = Words(label=gettext_lazy("说明"), limit=200, required=False)
    sites = SomeOf(Site, label=gettext_lazy("点位"))
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(
        self, *args: Any, team: Team, sites: QuerySet[Site], checklists: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        crew = User.objects.filter(
            inspection_teams__team__operation=team.operation_id, inspection_teams__left_at=None
        ).distinct()
        self.choose_from(members=crew.order_by("name"))
        self.choose_from(sites=sites)
        self.choose_from(checklist=checklists)
        if team.operation.is_unannounced:
            del self.fields["is_unannounced"]

    def given(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        mode = found.pop("mode")
        found["stops"] = [{"site": site, "mode": mode} for site in found.pop("sites")]
        return found


class StopsForm(Form):
    """Sites added to a dispatch."""

    sites = SomeOf(Site, label=gettext_lazy("点位"))

    def __init__(self, *args: Any, sites: QuerySet[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(sites=sites)


class CrewForm(Form):
    """Who of the crew was there."""

    there = SomeOf(User, label=gettext_lazy("到场人员"))

    def __init__(self, *args: Any, crew: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(there=crew)


class ReasonForm(Form):
    reason = Words(label=gettext_lazy("原因"), limit=200, rows=2)


class SubjectsForm(Form):
    """Whom an operation looks at: land by ticking, departments by their field and name."""

    streets = SomeOf(Region, label=gettext_lazy("街镇（开发区）"), required=False)
    below = forms.ChoiceField(
        label=gettext_lazy("村和社区"), required=False,
        choices=[
            ("", gettext_lazy("不列")),
            ("village", gettext_lazy("列出全部村")),
            ("community", gettext_lazy("列出全部社区")),
        ],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=gettext_lazy("重点部门领域"), required=False,
        choices=[("", gettext_lazy("不添加部门")), *DEPARTMENTS],
    )  # fmt: skip
    org = forms.ModelChoiceField(
        queryset=Org.objects.none(), label=gettext_lazy("部门"), required=False
    )
    name = Words(
        label=gettext_lazy("部门名称"), limit=80, required=False,
        help_text=gettext_lazy("名册里没有的部门，在这里填写名称。"),
    )  # fmt: skip

    def __init__(
        self, *args: Any, streets: QuerySet[Region], orgs: QuerySet[Org], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(streets=streets)
        self.choose_from(org=orgs)


class FindingForm(Form):
    """A finding in three taps: a photo, a kind, a sentence; put right at once, or not."""

    photos = Photos(label=gettext_lazy("拍照"), most=MOST_PHOTOS, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("类别"), required=False, widget=forms.RadioSelect, choices=[]
    )
    text = Words(label=gettext_lazy("问题"), limit=2000, rows=3, required=False)
    severity = forms.ChoiceField(
        label=gettext_lazy("程度"), choices=SEVERITIES, initial="normal", widget=forms.RadioSelect
    )
    named = Words(
        label=gettext_lazy("涉及人员"), limit=200, required=False,
        help_text=gettext_lazy("加密保存，只有负责监督的人员说明理由后才能查看。"),
    )  # fmt: skip
    mended = Words(
        label=gettext_lazy("现场已纠正：怎么纠正的"), limit=300, required=False,
        help_text=gettext_lazy("已经现场纠正的，写一句并拍一张纠正后的照片；没有纠正的不填。"),
    )  # fmt: skip
    after = Photos(label=gettext_lazy("纠正后照片"), most=MOST_PHOTOS, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(kind=kinds)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not found.get("text"):
            # Three taps are enough: a photo, a kind, and it is registered.
            kinds = dict(self.fields["kind"].choices)  # type: ignore[attr-defined]
            found["text"] = kinds.get(found.get("kind") or "", "")
        if not found["text"]:
            self.add_error("text", _("请选一个类别，或写一句问题。"))
        if found.get("mended") and not found.get("after"):
            self.add_error("after", _("现场纠正要有一张纠正后的照片。"))
        return found


class DrawForm(Form):
    """A draw: kinds, sizes, seed, why."""

    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("点位类型"), choices=SiteKind.choices,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    per_stratum = NumberField(
        label=gettext_lazy("每类每街镇抽取"), min_value=1, max_value=50, initial=1
    )
    per_site = NumberField(label=gettext_lazy("每个点位人数"), min_value=1, max_value=10, initial=2)
    seed = Words(
        label=gettext_lazy("随机种子"), limit=40,
        help_text=gettext_lazy("用公开的号码（如当天开奖号码）或现场摇号结果；同一种子、同一名册，谁来算结果都一样。"),
    )  # fmt: skip
    reason = Words(label=gettext_lazy("抽样说明"), limit=300, rows=2)
    redraw_reason = Words(
        label=gettext_lazy("重抽原因"), limit=300, rows=2,
        help_text=gettext_lazy("原来的结果会保留，重抽记入审计。"),
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, is_redraw: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].error_messages["required"] = _("请选择点位类型。")
        if not is_redraw:
            del self.fields["redraw_reason"]


class LetterForm(Form):
    """A letter on what is common to many findings."""

    kind = forms.ChoiceField(
        label=gettext_lazy("文种"), widget=forms.RadioSelect,
        choices=[(kind, LETTER_LABELS[kind]) for kind in LETTERS], initial=LETTERS[0],
    )  # fmt: skip
    recipients = SomeOf(Org, label=gettext_lazy("主送单位"))
    requirements = Words(
        label=gettext_lazy("整改要求"), limit=2000, rows=4, help_text=gettext_lazy("一行一条。")
    )
    reply_by = DayField(label=gettext_lazy("回复期限"))

    def __init__(self, *args: Any, orgs: QuerySet[Org], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(recipients=orgs)


class SiteForm(Form):
    """A site of the register."""

    name = Words(label=gettext_lazy("名称"), limit=80)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), choices=SiteKind.choices)
    region = OneOf(Region, label=gettext_lazy("所在社区（村）或街镇"))
    address = Words(label=gettext_lazy("地址"), limit=120, required=False)
    owner = Words(
        label=gettext_lazy("责任单位名称"), limit=80, required=False,
        help_text=gettext_lazy("负主体责任的单位。"),
    )  # fmt: skip
    regulator = OneOf(Org, label=gettext_lazy("监管部门"), required=False)
    lng = forms.FloatField(widget=forms.HiddenInput, required=False)
    lat = forms.FloatField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, regions: QuerySet[Region], orgs: QuerySet[Org], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)
        self.choose_from(regulator=orgs)


class CloseSiteForm(Form):
    on = DayField(label=gettext_lazy("注销日期"))


class BatchForm(Form):
    region = OneOf(Region, label=gettext_lazy("区域"), empty_label=None)
    firm_class = forms.ChoiceField(label=gettext_lazy("企业类别"), choices=FirmClass.choices)
    planned_on = DayField(label=gettext_lazy("计划复工日期"))

    def __init__(self, *args: Any, regions: QuerySet[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)


class ApplyForm(Form):
    """A firm's application: who, how many people, which conditions it says it meets."""

    site = OneOf(Site, label=gettext_lazy("企业（点位）"))
    people = NumberField(label=gettext_lazy("返岗人数"), min_value=0, max_value=1_000_000)
    conditions = forms.MultipleChoiceField(
        label=gettext_lazy("企业自报已具备的条件"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(
        self, *args: Any, sites: QuerySet[Site], conditions: list[Condition], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asked = conditions
        self.choose_from(site=sites)
        self.choose_from(
            conditions=[(one.code, f"{one.get_group_display()}：{one.text}") for one in conditions]
        )

    def given(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        met = set(found.pop("conditions"))
        return found | {"declared": {one.code: one.code in met for one in self.asked}}


class ProlongForm(Form):
    ends_on = DayField(label=gettext_lazy("结束日期"))
