"""What people fill in about meetings."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext_lazy as _

from tongxin.kit.errors import Refused
from tongxin.ui.forms import Form, Photos, Words

from ..models import Attendance, Decision, Meeting, Photo


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class HourInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class TimeForm(Form):
    """Where and when: shared by planning and changing."""

    title = Words(label=_("主题"), limit=100)
    day = forms.DateField(label=_("日期"), widget=DayInput)
    starts = forms.TimeField(label=_("开始"), widget=HourInput)
    ends = forms.TimeField(label=_("结束"), widget=HourInput)
    venue_kind = forms.ChoiceField(label=_("场所类型"), choices=Meeting.Venue.choices)
    venue = Words(label=_("地点"), limit=100)
    chair = Words(label=_("主持人"), limit=40)
    speaker = Words(label=_("主讲人"), limit=60, required=False)
    aim = forms.ChoiceField(
        label=_("服务方向"), required=False, choices=[("", _("不指定")), *Meeting.Aim.choices]
    )
    agenda = Words(label=_("议程"), limit=5000, rows=6, required=False)
    PLACES = {"starts_at": "starts", "ends_at": "ends"}

    def take(self, refusal: Refused) -> None:
        if refusal.field in self.PLACES:
            refusal.field = self.PLACES[refusal.field]
        super().take(refusal)

    def given(self) -> dict[str, Any]:
        """Return what the actions take: moments instead of a day and two hours."""
        data = dict(self.cleaned_data)
        day, starts, ends = data.pop("day"), data.pop("starts"), data.pop("ends")
        data["starts_at"] = make_aware(datetime.combine(day, starts))
        data["ends_at"] = make_aware(datetime.combine(day, ends))
        return data

    @staticmethod
    def initial_of(meeting: Meeting) -> dict[str, Any]:
        starts, ends = localtime(meeting.starts_at), localtime(meeting.ends_at)
        names = ("title", "venue_kind", "venue", "chair", "speaker", "aim", "agenda")
        return {
            **{name: getattr(meeting, name) for name in names},
            "day": starts.date(), "starts": starts.time(), "ends": ends.time(),
        }  # fmt: skip


class PlanForm(TimeForm):
    """A new meeting; series, groups and lessons of the unit can be chosen where there are any."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    series: Any = forms.ModelChoiceField(label=_("系列会议"), queryset=None, required=False)
    group: Any = forms.ModelChoiceField(label=_("学习小组"), queryset=None, required=False)
    lesson: Any = forms.ModelChoiceField(label=_("学习计划课次"), queryset=None, required=False)

    def __init__(self, *args: Any, choices: dict[str, Any], at: datetime, **kwargs: Any) -> None:
        start = localtime(at).replace(minute=0) + timedelta(days=3)
        first = {
            "key": str(uuid.uuid4()), "day": start.date(), "starts": "14:30", "ends": "16:30",
            "venue_kind": Meeting.Venue.ROOM,
        }  # fmt: skip
        kwargs["initial"] = first | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name in ("series", "group", "lesson"):
            rows = choices.get(name)
            if rows is None or not rows.exists():
                del self.fields[name]
            else:
                self.choose_from(**{name: rows})


class SubstituteForm(Form):
    """Who comes instead, and why."""

    name = Words(label=_("代会人"), limit=40)
    reason = Words(label=_("请假事由"), limit=100)


class ReasonForm(Form):
    """A sentence: why a meeting is cancelled, minutes sent back, leave asked for, or corrected."""

    text = Words(label=_("说明"), limit=500, rows=3)

    def __init__(self, *args: Any, label: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label:
            self.fields["text"].label = label


class RollForm(Form):
    """The list of a meeting, to be marked by hand."""

    def __init__(self, *args: Any, rows: list[Attendance], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[f"status_{row.pk}"] = forms.ChoiceField(
                label=row.name, choices=Attendance.Status.choices, initial=row.status
            )
            self.fields[f"reason_{row.pk}"] = Words(
                label=_("请假事由"), limit=100, required=False, initial=row.reason
            )

    def lines(self) -> list[tuple[Attendance, Any, Any]]:
        return [(row, self[f"status_{row.pk}"], self[f"reason_{row.pk}"]) for row in self.rows]

    def given(self) -> dict[int, tuple[str, str]]:
        data = self.cleaned_data
        return {row.pk: (data[f"status_{row.pk}"], data[f"reason_{row.pk}"]) for row in self.rows}


class GuestForm(Form):
    """Somebody from outside: name, as what, from where."""

    name = Words(label=_("姓名"), limit=40)
    part = forms.ChoiceField(
        label=_("身份"), choices=[one for one in Attendance.Part.choices if one[0] != "member"]
    )
    agency = Words(label=_("单位"), limit=60, required=False)


def count_field(label: Any, *, required: bool = True) -> forms.IntegerField:
    field = forms.IntegerField(label=label, min_value=0, max_value=9999, required=required)
    field.widget.attrs["inputmode"] = "numeric"
    return field


class VoteForm(Form):
    """A vote and its figures."""

    text = Words(label=_("决议内容"), limit=500, rows=3)
    method = forms.ChoiceField(
        label=_("表决方式"), choices=Decision.Method.choices, widget=forms.RadioSelect,
        initial=Decision.Method.HANDS,
    )  # fmt: skip
    issued = count_field(_("发出票"), required=False)
    returned = count_field(_("收回票"), required=False)
    in_favour = count_field(_("赞成"))
    against = count_field(_("反对"))
    abstain = count_field(_("弃权"))
    invalid = count_field(_("无效票"), required=False)

    def given(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["invalid"] = data["invalid"] or 0
        if data["method"] != Decision.Method.BALLOT:
            data["issued"] = data["issued"] or None
            data["returned"] = data["returned"] or None
        return data


class MinutesForm(Form):
    """The record of a meeting: which steps were gone through, and what was said."""

    steps = forms.MultipleChoiceField(
        label=_("已完成的流程"), required=False, widget=forms.CheckboxSelectMultiple
    )
    minutes = Words(
        label=_("会议记录"), limit=20_000, rows=14,
        help_text=_("写明议了什么、谁说了什么、定了什么。提交后由书记或组织员审定，审定后不能改。"),
    )  # fmt: skip

    def __init__(self, *args: Any, titles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if titles:
            self.choose_from(steps=[(one, one) for one in titles])
        else:
            del self.fields["steps"]


class PhotoForm(Form):
    what = forms.ChoiceField(
        label=_("内容"), choices=[one for one in Photo.What.choices if one[0] != "signature"]
    )
    photos = Photos(label=_("照片"), most=6)
