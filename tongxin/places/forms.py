"""What people fill in about centres, rooms, hours, signs, papers, bookings and care."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Phone, Photos, Words

from .models import Centre, CentrePaper, CentrePhoto, PhaseItem, Room, RoomKind, SignStandard

WEEKDAYS = (
    _("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"),
)  # fmt: skip
HOURS_HELP = _("如 08:30-12:00 14:00-17:30，不开放就留空。")


class Clock(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")


class CentreForm(Form):
    name = Words(label=_("名称"), limit=60)
    address = Words(label=_("地址"), limit=120, required=False)
    phone = Words(label=_("公开电话"), limit=30, required=False)
    intro = Words(label=_("简介"), limit=300, rows=3, required=False)
    lng = forms.FloatField(label=_("经度"), required=False)
    lat = forms.FloatField(label=_("纬度"), required=False)


class NewCentreForm(CentreForm):
    kind = forms.ChoiceField(label=_("类型"), choices=Centre.Kind.choices)
    region = forms.ModelChoiceField(label=_("所在区域"), queryset=Region.objects.none())
    area_m2 = forms.IntegerField(label=_("面积（平方米）"), required=False, min_value=1)
    org = forms.ModelChoiceField(
        label=_("管理单位"), queryset=Org.objects.none(), required=False, empty_label="—"
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    field_order = (
        "kind", "region", "name", "address", "area_m2", "phone", "org", "intro", "lng", "lat", "key",
    )  # fmt: skip

    def __init__(self, *args: Any, regions: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)
        self.choose_from(org=orgs)


class AreaForm(Form):
    area_m2 = forms.IntegerField(label=_("现面积（平方米）"))
    on = Day(label=_("日期"))
    reason = Words(label=_("原因"), limit=200)


class StateForm(Form):
    state = forms.ChoiceField(label=_("改为"))
    on = Day(label=_("日期"))

    def __init__(self, *args: Any, onward: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [(one.value, one.label) for one in onward]
        self.choose_from(state=words)


class RoomForm(Form):
    kind = forms.ModelChoiceField(
        label=_("类型"), queryset=RoomKind.objects.all(), empty_label=None
    )
    name = Words(label=_("名称"), limit=40)
    capacity = forms.IntegerField(label=_("容纳人数"))
    area_m2 = forms.IntegerField(label=_("面积（平方米）"), required=False)
    note = Words(label=_("设备与说明"), limit=120, required=False)
    is_bookable = forms.BooleanField(label=_("开放预约"), required=False)
    needs_approval = forms.BooleanField(label=_("预约须审核"), required=False)


class ServiceForm(Form):
    name = Words(label=_("服务"), limit=40)
    text = Words(label=_("说明"), limit=200, rows=2, required=False)
    hours = Words(label=_("时间"), limit=60, required=False)
    fee = Words(label=_("收费"), limit=40, required=False, help_text=_("免费就留空。"))


class PhotoForm(Form):
    kind = forms.ChoiceField(label=_("部位"), choices=CentrePhoto.Kind.choices)
    photos = Photos(label=_("照片"), most=1)
    caption = Words(label=_("说明"), limit=60, required=False)


class WeekForm(Form):
    effective_from = Day(label=_("启用日期"))
    day0 = Words(label=WEEKDAYS[0], limit=60, required=False, help_text=HOURS_HELP)
    day1 = Words(label=WEEKDAYS[1], limit=60, required=False)
    day2 = Words(label=WEEKDAYS[2], limit=60, required=False)
    day3 = Words(label=WEEKDAYS[3], limit=60, required=False)
    day4 = Words(label=WEEKDAYS[4], limit=60, required=False)
    day5 = Words(label=WEEKDAYS[5], limit=60, required=False)
    day6 = Words(label=WEEKDAYS[6], limit=60, required=False)
    holiday = Words(label=_("法定节假日"), limit=60, required=False)

    def days(self) -> list[str]:
        return [self.cleaned_data[f"day{n}"] for n in range(7)]


class DayForm(Form):
    day = Day(label=_("日期"))
    spans = Words(label=_("开放时间"), limit=60, required=False, help_text=HOURS_HELP)
    reason = Words(label=_("原因"), limit=100)


class SignForm(Form):
    standard = forms.ModelChoiceField(
        label=_("标识"), queryset=SignStandard.objects.none(), empty_label=None
    )
    on = Day(label=_("悬挂日期"))
    photos = Photos(label=_("悬挂后的照片"), most=1)

    def __init__(self, *args: Any, standards: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(standard=standards)


class JudgeForm(Form):
    right = forms.ChoiceField(
        label=_("核对"), choices=(("yes", _("符合规范")), ("no", _("不符合"))),
        widget=forms.RadioSelect,
    )  # fmt: skip
    note = Words(label=_("核对意见"), limit=100, required=False, help_text=_("不符合时要写明。"))


class PaperForm(Form):
    kind = forms.ChoiceField(label=_("类型"), choices=CentrePaper.Kind.choices)
    title = Words(label=_("标题"), limit=60)
    text = Words(label=_("正文"), limit=20_000, rows=14)
    effective_from = Day(label=_("启用日期"))


class LandPaperForm(PaperForm):
    region = forms.ModelChoiceField(
        label=_("适用范围"), queryset=Region.objects.none(), empty_label=None
    )
    field_order = ("region", "kind", "title", "text", "effective_from")

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)


class ScoreForm(Form):
    """One line for each item of the checklist: points and, if fewer than full, why."""

    def __init__(self, *args: Any, items: list[PhaseItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            words = _("%(text)s（%(points)d 分）") % {"text": item.text, "points": item.points}
            self.fields[f"points{item.pk}"] = forms.IntegerField(label=words, initial=item.points)
            self.fields[f"why{item.pk}"] = Words(
                label=_("%s：扣分说明") % item.code, limit=100, required=False
            )
        self.fields["note"] = Words(label=_("评语"), limit=200, rows=2, required=False)

    def given(self) -> dict[int, tuple[int, str]]:
        data = self.cleaned_data
        return {one.pk: (data[f"points{one.pk}"], data[f"why{one.pk}"]) for one in self.items}


class SpanForm(Form):
    """A day and two clocks, read as two moments of that day."""

    day = Day(label=_("日期"))
    start = Clock(label=_("开始"))
    end = Clock(label=_("结束"))

    def span(self) -> tuple[datetime, datetime]:
        data = self.cleaned_data
        return (
            make_aware(datetime.combine(data["day"], data["start"])),
            make_aware(datetime.combine(data["day"], data["end"])),
        )


NAMES = {"starts_at": "start", "ends_at": "end"}


class BookForm(SpanForm):
    purpose = Words(label=_("用途"), limit=60)
    people = forms.IntegerField(label=_("人数"))
    group = Words(label=_("团队"), limit=40, required=False)
    org = forms.ModelChoiceField(
        label=_("以单位名义"), queryset=Org.objects.none(), required=False, empty_label=_("个人")
    )
    until = Day(
        label=_("每周同一时间，到"), required=False, help_text=_("只约一次就留空；单位和中心可用。")
    )
    wait = forms.BooleanField(label=_("被约走时排队候补"), required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, orgs: Any, repeats: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if orgs is not None:
            self.choose_from(org=orgs)
        else:
            del self.fields["org"]
        if not repeats:
            del self.fields["until"]

    def take(self, refusal: Any) -> None:
        """Show what is said of the moments beside the clocks they came from."""
        refusal.field = NAMES.get(refusal.field, refusal.field)
        super().take(refusal)


class PlainForm(Form):
    """Nothing to fill in: the button says it."""


class OnForm(Form):
    on = Day(label=_("日期"))


class ReasonForm(Form):
    reason = Words(label=_("说明"), limit=100, required=False)


class WhyForm(Form):
    reason = Words(label=_("原因"), limit=100)


class CameForm(Form):
    came = forms.IntegerField(label=_("到场人数"), help_text=_("没有人来填 0。"))


class SessionForm(SpanForm):
    room = forms.ModelChoiceField(label=_("场所"), queryset=Room.objects.none(), empty_label=None)
    title = Words(label=_("内容"), limit=40)
    places = forms.IntegerField(label=_("名额"))
    field_order = ("room", "title", "day", "start", "end", "places")

    def __init__(self, *args: Any, rooms: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(room=rooms)

    def take(self, refusal: Any) -> None:
        refusal.field = NAMES.get(refusal.field, refusal.field)
        super().take(refusal)


class SignUpForm(Form):
    name = Words(label=_("姓名"), limit=20, help_text=_("来的老人或孩子的姓名。"))
    phone = Phone(label=_("联系电话"))
    need = Words(
        label=_("照料需要"), limit=100, required=False, help_text=_("如：腿脚不便、花生过敏。")
    )
    wait = forms.BooleanField(label=_("名额满了就排队候补"), required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
