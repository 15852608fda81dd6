"""What members fill in on a phone, and a community at its desk."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.queries import Land
from tongxin.ui.forms import Form, Phone, Words

from .models import DutyArea, DutyTurn, VolunteerPost
from .models.rosters import Times
from .queries.rules import kinds

WEEKDAYS = [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]


def day_field(label: Any, *, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


def time_field(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget)


def words_of(group: str, on: date) -> list[tuple[str, str]]:
    return [(one.code, one.name) for one in kinds(group, on).values()]


def places(lands: list[Land]) -> list[tuple[str, str]]:
    return [(land.code, land.short_name) for land in lands]


class Keyed(Form):
    """A form that acts once, however often it is sent: the key is made with the page."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": str(uuid.uuid4())} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)


class HomeForm(Form):
    """Where a member lives: street, community, and the grid if they know it."""

    street = forms.CharField(required=False, max_length=18)
    community = forms.CharField(label=_("居住社区"), max_length=18)
    grid = forms.CharField(label=_("网格"), required=False, max_length=18)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].error_messages["required"] = gettext("请选择居住的社区或村")


class ReportForm(HomeForm):
    """A member's report: where they live, what they would like to do, when they can."""

    wants = forms.MultipleChoiceField(
        label=_("愿意做什么"), required=False, widget=forms.CheckboxSelectMultiple
    )
    times = forms.MultipleChoiceField(
        label=_("什么时候方便"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=Times.choices,
    )  # fmt: skip
    note = Words(label=_("特长"), limit=100, required=False)
    agreed = forms.BooleanField(
        label=_("我已阅读并同意上述信息使用说明"),
        error_messages={"required": _("请先阅读并同意信息使用说明，再报到。")},
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(wants=words_of("service", on))


class NoteForm(Form):
    """A sentence: why something is refused, ended or handed back."""

    note = Words(label=_("原因"), limit=100)


class UnitForm(Form):
    """A unit's report, filed at the community's desk or by the unit."""

    unit = forms.ModelChoiceField(
        Org.objects.none(), label=_("单位党组织"), empty_label=_("请选择"),
        error_messages={"required": _("请选择单位党组织")},
    )  # fmt: skip
    community = forms.ChoiceField(label=_("报到社区"))
    contact = Words(label=_("联系人"), limit=40)
    phone = Phone(label=_("联系电话"), required=False)
    offers = Words(label=_("可以提供的资源"), limit=300, rows=3, required=False)

    def __init__(self, *args: Any, units: Any, lands: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(unit=units)
        self.choose_from(community=places(lands))


class PactForm(Form):
    title = Words(label=_("协议名称"), limit=80)
    text = Words(label=_("约定内容"), limit=5000, rows=10)
    from_date = day_field(_("生效日期"))
    to_date = day_field(_("到期日期"))


class TaskForm(Form):
    title = Words(label=_("任务"), limit=80)
    due_on = day_field(_("完成期限"))


class ProofForm(Form):
    proof = Words(label=_("完成情况"), limit=500, rows=3)


class RosterForm(Form):
    """A roster: duty, place, point on the map, and one weekly time on chosen days."""

    community = forms.ChoiceField(label=_("社区"))
    name = Words(label=_("名称"), limit=40)
    role = forms.ChoiceField(label=_("角色"))
    service = forms.ChoiceField(label=_("服务类别"))
    place = Words(label=_("签到点"), limit=60)
    lng = forms.FloatField(widget=forms.HiddenInput, min_value=-180, max_value=180)
    lat = forms.FloatField(widget=forms.HiddenInput, min_value=-90, max_value=90)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("哪几天"), coerce=int, widget=forms.CheckboxSelectMultiple,
        choices=list(enumerate(WEEKDAYS)),
        error_messages={"required": _("请至少选一天")},
    )  # fmt: skip
    starts = time_field(_("开始时间"))
    ends = time_field(_("结束时间"))
    wanted = forms.IntegerField(label=_("每班人数"), min_value=1, max_value=20, initial=1)

    def __init__(self, *args: Any, lands: list[Land], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(community=places(lands))
        self.choose_from(role=words_of("role", on))
        self.choose_from(service=words_of("service", on))
        for name in ("lng", "lat"):
            self.fields[name].error_messages["required"] = gettext("请在地图上点出签到点")


class PlanForm(Form):
    since = day_field(_("从"))
    until = day_field(_("到"))


class JoinForm(Form):
    times = forms.MultipleChoiceField(
        label=_("什么时候方便"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=Times.choices,
    )  # fmt: skip


class VerdictForm(Form):
    verdict = forms.ChoiceField(
        label=_("鉴定"), choices=DutyTurn.Verdict.choices, widget=forms.RadioSelect,
        error_messages={"required": _("请选择鉴定结果。")},
    )  # fmt: skip
    note = Words(label=_("说明"), limit=200, required=False)


class PostForm(Keyed):
    """A post to claim, on one day."""

    community = forms.ChoiceField(label=_("社区"))
    title = Words(label=_("岗位"), limit=40)
    service = forms.ChoiceField(label=_("服务类别"))
    text = Words(label=_("做什么"), limit=300, rows=3, required=False)
    place = Words(label=_("地点"), limit=60)
    day = day_field(_("日期"))
    starts = time_field(_("开始时间"))
    ends = time_field(_("结束时间"))
    wanted = forms.IntegerField(label=_("人数"), min_value=1, max_value=200, initial=5)
    who = forms.ChoiceField(
        label=_("谁可以认领"), choices=VolunteerPost.Who.choices, widget=forms.RadioSelect,
        initial=VolunteerPost.Who.ALL,
    )  # fmt: skip

    def __init__(self, *args: Any, lands: list[Land], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(community=places(lands))
        self.choose_from(service=words_of("service", on))

    def moments(self) -> dict[str, Any]:
        given = self.cleaned_data
        zone = get_current_timezone()

        def at(clock: time) -> datetime:
            return datetime.combine(given["day"], clock, zone)

        return {"starts_at": at(given["starts"]), "ends_at": at(given["ends"])}

    def take(self, refusal: Any) -> None:
        if refusal.field == "starts_at":
            self.add_error("starts", str(refusal.message))
        else:
            super().take(refusal)


class MinutesForm(Form):
    minutes = forms.IntegerField(label=_("分钟"), min_value=0, max_value=1440)


class CorrectionForm(MinutesForm):
    reason = Words(label=_("更正原因"), limit=200)


class VisitPlanForm(Form):
    household = Words(label=_("住户"), limit=40)
    planned_on = day_field(_("计划日期"))


class VisitForm(Form):
    note = Words(label=_("走访情况"), limit=300, rows=3)
    needs = Words(label=_("需要解决的事"), limit=200, rows=2, required=False)


class PointForm(Form):
    """A leader's contact point."""

    leader = forms.CharField(label=_("领导的用户名"), max_length=150)
    region = forms.ChoiceField(label=_("联系点"))
    wanted = forms.IntegerField(label=_("全年应访户数"), min_value=1, max_value=500, initial=12)

    def __init__(self, *args: Any, lands: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=places(lands))


class WalkForm(Form):
    """A round of visits: who, where, which kind, and for a list of one's own its lines."""

    walker = forms.CharField(label=_("走访人的用户名"), max_length=150)
    region = forms.ChoiceField(label=_("范围"))
    kind = forms.ChoiceField(label=_("走遍"))
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    labels = Words(label=_("走访清单"), limit=20_000, rows=4, required=False)

    def __init__(self, *args: Any, lands: list[Land], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=places(lands))
        self.choose_from(kind=words_of("walk", on))


class TickForm(Form):
    note = Words(label=_("走访情况"), limit=200, required=False)


class DutyAreaForm(Form):
    """An area of duty or a pioneer post of a member."""

    kind = forms.ChoiceField(
        label=_("类型"), choices=DutyArea.Kind.choices, widget=forms.RadioSelect,
        initial=DutyArea.Kind.AREA,
    )  # fmt: skip
    member = Words(label=_("党员姓名"), limit=80)
    place = Words(label=_("范围或岗位"), limit=60)
    duty = Words(label=_("职责"), limit=200)


class ContestForm(Form):
    """A contest: its name, and a line for each member with name and score."""

    title = Words(label=_("名称"), limit=60)
    subject = Words(label=_("比什么"), limit=60)
    held_on = day_field(_("举办日期"))
    scores = Words(label=_("成绩"), limit=5000, rows=6)


class PledgeForm(Form):
    window = forms.ModelChoiceField(
        Org.objects.none(), label=_("窗口"), empty_label=None,
        error_messages={"required": _("请选择窗口")},
    )  # fmt: skip
    post = Words(label=_("岗位"), limit=40)
    text = Words(label=_("承诺"), limit=200, rows=3)
    shows_member = forms.BooleanField(label=_("同时亮明党员身份"), required=False)
    agreed = forms.BooleanField(
        label=_("我同意在公开页面展示姓名、岗位和承诺，可随时撤下"),
        error_messages={"required": _("同意公开后才能展示。")},
    )

    def __init__(self, *args: Any, windows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(window=windows)
