"""What people fill in at the window, about the catalogue, and when they count people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.places.models import Centre, Room
from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Phone, Photos, Words

from .models import DelegatedPower, DelegatedService, Window


class WindowForm(Form):
    number = forms.IntegerField(label=_("窗口号"))
    name = Words(label=_("名称"), limit=30)


class HonourForm(Form):
    window = forms.ModelChoiceField(
        label=_("窗口"), queryset=Window.objects.none(), empty_label=None
    )
    title = Words(label=_("荣誉"), limit=30, initial="党员先锋岗")
    holder = Words(label=_("岗位人员"), limit=30)
    basis = Words(label=_("评定依据"), limit=200, rows=2)
    pledge = Words(label=_("承诺"), limit=200, rows=2, required=False)
    from_date = Day(label=_("起"))
    to_date = Day(label=_("止"))

    def __init__(self, *args: Any, windows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(window=windows)


class TakeInForm(Form):
    """Who came, with what, for which service. `asked` says whose materials the page has shown."""

    phone = Phone(label=_("手机号"))
    name = Words(label=_("姓名"), limit=20)
    service = forms.ModelChoiceField(
        label=_("事项"), queryset=DelegatedService.objects.none(), empty_label="—"
    )
    note = Words(label=_("情况说明"), limit=300, rows=2, required=False)
    result = Words(
        label=_("办理结果"), limit=300, required=False, help_text=_("如：优待证一本，已交本人。")
    )
    photos = Photos(
        label=_("照片"), most=6, required=False, help_text=_("拍下交出的证件、凭证或签收单。")
    )
    asked = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(service=services)


class ReferForm(Form):
    phone = Phone(label=_("手机号"))
    name = Words(label=_("姓名"), limit=20)
    service = forms.ModelChoiceField(
        label=_("事项"), queryset=DelegatedService.objects.none(), empty_label=None
    )
    to = forms.ModelChoiceField(
        label=_("引导到"),
        queryset=Centre.objects.none(),
        required=False,
        empty_label=_("区政务服务中心或其他部门"),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, services: Any, centres: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(service=services)
        self.choose_from(to=centres)


class ResultForm(Form):
    result = Words(label=_("办理结果"), limit=300, rows=2)


class HandForm(Form):
    to = Words(label=_("领取人签名"), limit=40, help_text=_("本人或代领人的姓名。"))
    photos = Photos(label=_("签收单照片"), most=1, required=False)


class WhyForm(Form):
    why = Words(label=_("原因"), limit=100)


class PowerForm(Form):
    region = forms.ModelChoiceField(
        label=_("适用范围"), queryset=Region.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(label=_("类别"), choices=DelegatedPower.Kind.choices)
    name = Words(label=_("下放事项"), limit=100)
    from_name = Words(label=_("原单位"), limit=60)
    to_level = forms.ChoiceField(label=_("下放到"), choices=DelegatedPower.Level.choices)
    basis = Words(label=_("依据"), limit=200, rows=2)
    since = Day(label=_("起"))

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)


class EndForm(Form):
    on = Day(label=_("日期"))
    why = Words(label=_("收回原因"), limit=100)


class OffersForm(Form):
    codes = forms.MultipleChoiceField(
        label=_("开办的事项"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, services: list[DelegatedService], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [(one.code, f"{one.code} {one.name}") for one in services]
        self.choose_from(codes=words)


class CountForm(Form):
    """People of a day: room by room, and those who came at large."""

    day = Day(label=_("日期"))

    def __init__(self, *args: Any, rooms: list[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = rooms
        for room in rooms:
            self.fields[f"room{room.pk}"] = forms.IntegerField(label=room.name, required=False)
        self.fields["political"] = forms.IntegerField(
            label=_("其他政治活动"), required=False, help_text=_("没有算进功能室的，如广场宣讲。")
        )
        self.fields["convenience"] = forms.IntegerField(
            label=_("其他便民服务"), required=False, help_text=_("没有算进功能室和窗口的。")
        )

    def given(self) -> list[tuple[Room | None, str, int]]:
        """Return what was filled in: (room, side, people)."""
        data = self.cleaned_data
        rows: list[tuple[Room | None, str, int]] = [
            (room, room.kind.use, data[f"room{room.pk}"]) for room in self.rooms
        ]
        rows += [(None, use, data[use]) for use in ("political", "convenience")]
        return [row for row in rows if row[2] is not None]


class FollowForm(Form):
    number = Words(label=_("受理编号"), limit=40)
    tail = Words(label=_("手机号后四位"), limit=4)
