"""What people at work fill in about grids, components and hard problems."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.cases.models import Topic
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Photos, Words

from .models import CatalogueItem, Component, Kind, Problem, State


class ProfileForm(Form):
    households = forms.IntegerField(label=_("户数"), min_value=0, max_value=100_000)
    population = forms.IntegerField(label=_("人口"), min_value=0, max_value=100_000)
    note = Words(label=_("备注"), limit=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("households", "population"):  # in the language of this request
            field = self.fields[name]
            field.error_messages["required"] = gettext("请填写%s。") % field.label
            field.error_messages["invalid"] = gettext("请填写整数。")


class HeadForm(Form):
    head = forms.ModelChoiceField(
        label=_("网格长"), queryset=User.objects.none(), required=False, empty_label=_("暂不设")
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["head"]
        field.queryset = people
        field.label_from_instance = lambda user: user.name


class ServiceForm(Form):
    name = Words(label=_("名称"), limit=60, help_text=_("如：党群服务站、“微”休息角。"))
    place = Words(label=_("地点"), limit=100, required=False)
    hours = Words(label=_("时间"), limit=60, required=False)
    phone = Words(label=_("公开电话"), limit=30, required=False)


class ProblemForm(Form):
    region = forms.ModelChoiceField(label=_("社区或网格"), queryset=Region.objects.none())
    title = Words(label=_("问题"), limit=100)
    urgency = forms.ChoiceField(label=_("类型"), choices=Problem.Urgency.choices)
    text = Words(label=_("情况"), limit=2000, rows=4, required=False)
    measures = Words(label=_("措施"), limit=2000, rows=3, required=False)
    lead = forms.ModelChoiceField(label=_("牵头单位"), queryset=Org.objects.none())
    due_on = Day(label=_("计划解决日期"))
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, regions: Any, leads: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)
        self.choose_from(lead=leads)


class ProblemNoteForm(Form):
    text = Words(label=_("进展"), limit=500, rows=3)
    due_on = Day(label=_("推迟到"), required=False, help_text=_("要推迟时填，进展里写明原因。"))
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class CloseProblemForm(Form):
    result = Words(label=_("结果"), limit=500, rows=3, help_text=_("怎么解决的，群众认不认可。"))


class StateForm(Form):
    state = forms.ChoiceField(label=_("状态"), choices=State.choices, widget=forms.RadioSelect)
    note = Words(label=_("说明"), limit=500, rows=2, required=False)
    photos = Photos(label=_("照片"), most=4, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class ComponentForm(Form):
    item = forms.ModelChoiceField(label=_("类别"), queryset=CatalogueItem.objects.none())
    lng = forms.FloatField(widget=forms.HiddenInput)
    lat = forms.FloatField(widget=forms.HiddenInput)
    name = Words(label=_("名称"), limit=60, required=False, help_text=_("不填就用类别的名称。"))
    address = Words(label=_("位置"), limit=120, required=False)
    accuracy = forms.ChoiceField(
        label=_("定位精度"), choices=Component.Accuracy.choices, initial="C"
    )
    owner = Words(label=_("权属单位"), limit=100, required=False)
    maintainer = Words(label=_("养护单位"), limit=100, required=False)
    note = Words(label=_("备注"), limit=1000, rows=2, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, items: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["item"]
        field.queryset = items
        field.label_from_instance = lambda one: f"{one.code} {one.name}"
        field.widget.choices = field.choices

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if ({"lng", "lat"} & set(self.errors)) and "item" in self.fields:
            self.add_error("address", _("请在地图上点出位置。"))
        return given


class FactsForm(Form):
    """The facts of a component that may be put right; its place and kind stay."""

    name = Words(label=_("名称"), limit=60)
    address = Words(label=_("位置"), limit=120, required=False)
    department = Words(label=_("主管部门"), limit=100, required=False)
    department_code = Words(label=_("主管部门代码"), limit=18, required=False)
    owner = Words(label=_("权属单位"), limit=100, required=False)
    maintainer = Words(label=_("养护单位"), limit=100, required=False)
    note = Words(label=_("备注"), limit=1000, rows=2, required=False)


class ExtensionForm(Form):
    region = forms.ModelChoiceField(label=_("区"), queryset=Region.objects.none())
    kind = forms.ChoiceField(label=_("类型"), choices=Kind.choices)
    class_code = forms.ChoiceField(label=_("大类"))
    name = Words(label=_("名称"), limit=50, help_text=_("会自动加上“（自定义）”。"))
    department = Words(label=_("主管部门"), limit=100, required=False)
    topic = forms.ModelChoiceField(
        label=_("服务事项"), queryset=Topic.objects.none(), required=False,
        help_text=_("居民反映这类问题时按哪一项点单。"),
    )  # fmt: skip

    def __init__(self, *args: Any, regions: Any, classes: Any, topics: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)
        self.choose_from(topic=topics)
        self.choose_from(class_code=classes)
