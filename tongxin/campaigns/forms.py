"""What people fill in about campaigns, approvals, burdens and plates."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Photos, Words

from .models import AdmissionItem, BurdenKind, Campaign, CampaignKind

KIND_WORDS = {"是否": "yes_no", "数字": "number", "文字": "text"}
ASKED = [kind for kind in BurdenKind.choices if kind[0] != BurdenKind.PLATE]
NO_ITEM = _("不在目录内")


class Items(forms.Field):
    """Questions, one a line: “排查场所 数字 处”, “发现隐患 是否”."""

    max_length = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), required=False, **kwargs)

    def clean(self, value: Any) -> list[dict[str, str]]:
        found = []
        for line in str(value or "").splitlines():
            words = re.split(r"[\s，,]+", line.strip())
            if words == [""]:
                continue
            if len(words) < 2 or words[1] not in KIND_WORDS:
                raise ValidationError(
                    gettext("“%s”读不懂：每行写“问什么 怎么填 单位”，怎么填写 是否、数字 或 文字。")
                    % line[:30]
                )
            unit = words[2] if len(words) > 2 else ""
            found.append({"text": words[0], "kind": KIND_WORDS[words[1]], "unit": unit})
        return found


def items_as_text(items: list[dict[str, Any]]) -> str:
    words = {kind: word for word, kind in KIND_WORDS.items()}
    return "\n".join(
        " ".join(filter(None, (item["text"], words[item["kind"]], item.get("unit", ""))))
        for item in items
    )


class ItemChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        times = gettext("每年 %d 次") % obj.times_a_year if obj.times_a_year else gettext("按需")
        return f"{obj.code} {obj.name}（{obj.get_kind_display()}，{times}）"


class DraftForm(Form):
    name = Words(label=_("名称"), limit=60)
    text = Words(label=_("要求"), limit=2000, rows=4, required=False)
    from_on = Day(label=_("开始日期"))
    due_on = Day(label=_("完成期限"))
    items = Items(
        label=_("填报项"),
        help_text=_("每行一项：问什么、怎么填（是否、数字、文字）、单位。例：排查场所 数字 处。"),
    )
    needs_photo = forms.BooleanField(label=_("上报时须附照片"), required=False, initial=True)
    admitted_by = ItemChoice(
        label=_("准入目录里的事项"), queryset=AdmissionItem.objects.none(), required=False,
        empty_label=NO_ITEM,
        help_text=_("不在目录内的，要写明理由申请准入，经区里另一位管理员审批后才能下发。"),
    )  # fmt: skip

    def __init__(self, *args: Any, admitted: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(admitted_by=admitted)


class CampaignForm(DraftForm):
    kind = forms.ChoiceField(label=_("类型"), choices=CampaignKind.choices)
    region = forms.ModelChoiceField(
        label=_("范围"), queryset=Region.objects.none(), empty_label=None
    )
    level = forms.ChoiceField(label=_("下到"), choices=Campaign.Level.choices)
    burden = forms.ChoiceField(
        label=_("计入"), choices=ASKED, help_text=_("按哪一类计入社区负担。")
    )
    org = forms.ModelChoiceField(label=_("下发单位"), queryset=Org.objects.none(), empty_label=None)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    field_order = (
        "kind", "name", "text", "region", "level", "from_on", "due_on", "items", "needs_photo",
        "burden", "admitted_by", "org", "key",
    )  # fmt: skip

    def __init__(self, *args: Any, regions: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)
        self.choose_from(org=orgs)


class PlanItemForm(Form):
    item = ItemChoice(
        label=_("准入目录里的事项"), queryset=AdmissionItem.objects.none(), empty_label=None,
        help_text=_("类型和每年次数都合得上，计划就开始。"),
    )  # fmt: skip

    def __init__(self, *args: Any, admitted: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(item=admitted)


class ReasonForm(Form):
    reason = Words(label=_("理由"), limit=500, rows=3)


class ExtendForm(Form):
    due_on = Day(label=_("新的完成期限"))
    reason = Words(label=_("理由"), limit=200, rows=2)


class CloseForm(Form):
    report = Words(
        label=_("总结"),
        limit=2000,
        rows=5,
        help_text=_("数字会自动写在前面，这里写做法、问题和下一步。"),
    )


class DecideForm(Form):
    approve = forms.ChoiceField(
        label=_("结论"), choices=[("yes", _("同意")), ("no", _("不同意"))], widget=forms.RadioSelect
    )
    expires_on = Day(
        label=_("有效期至"), required=False, help_text=_("同意时填：过了这天还没下发就作废。")
    )
    decision = Words(label=_("审批意见"), limit=300, rows=3, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if (
            given.get("approve") == "yes"
            and not given.get("expires_on")
            and "expires_on" not in self.errors
        ):
            self.add_error("expires_on", gettext("同意时请填有效期。"))
        return given


class TaskForm(Form):
    """The questions of a campaign, a note, photos: reported in one go."""

    note = Words(label=_("办理情况"), limit=2000, rows=3)
    photos = Photos(label=_("照片"), most=6, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(
        self, *args: Any, items: list[dict[str, Any]], needs_photo: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        own = {name: self.fields.pop(name) for name in ("note", "photos", "key")}
        for item in items:
            self.fields[item["code"]] = _field(item)
        self.fields |= own
        self.fields["photos"].required = needs_photo
        self.codes = [item["code"] for item in items]

    def answers(self) -> dict[str, Any]:
        return {code: self.cleaned_data.get(code) for code in self.codes}


def _field(item: dict[str, Any]) -> forms.Field:
    label = f"{item['text']}（{item['unit']}）" if item.get("unit") else item["text"]
    if item["kind"] == "yes_no":
        return forms.ChoiceField(
            label=label, choices=[("yes", _("是")), ("no", _("否"))], widget=forms.RadioSelect
        )
    if item["kind"] == "number":
        return forms.FloatField(
            label=label, min_value=0, widget=forms.NumberInput(attrs={"inputmode": "decimal"})
        )
    return Words(label=label, limit=200)


class BurdenForm(Form):
    community = forms.ModelChoiceField(
        label=_("社区（村）"), queryset=Region.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(label=_("类型"), choices=ASKED)
    title = Words(label=_("事项"), limit=100)
    from_name = Words(label=_("谁下达的"), limit=100)
    item = ItemChoice(
        label=_("准入目录里的事项"), queryset=AdmissionItem.objects.none(), required=False,
        empty_label=NO_ITEM,
    )  # fmt: skip
    on = Day(label=_("日期"))
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, communities: Any, admitted: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(community=communities)
        self.choose_from(item=admitted)


class PlateForm(Form):
    community = forms.ModelChoiceField(
        label=_("社区（村）"), queryset=Region.objects.none(), empty_label=None
    )
    text = Words(label=_("牌子"), limit=100, help_text=_("牌子上写的字。"))
    from_name = Words(label=_("谁要求挂的"), limit=100)
    reason = Words(label=_("理由"), limit=200)
    item = ItemChoice(
        label=_("准入目录里的事项"), queryset=AdmissionItem.objects.none(), required=False,
        empty_label=NO_ITEM,
    )  # fmt: skip
    is_outside = forms.BooleanField(label=_("挂在室外"), required=False)
    hung_on = Day(label=_("挂牌日期"))

    def __init__(self, *args: Any, communities: Any, admitted: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(community=communities)
        self.choose_from(item=admitted)


class RemovalForm(Form):
    on = Day(label=_("摘牌日期"))
    removal = Words(label=_("摘牌说明"), limit=200)


class ListForm(Form):
    region = forms.ModelChoiceField(
        label=_("适用范围"), queryset=Region.objects.none(), empty_label=None
    )
    name = Words(label=_("名称"), limit=60)
    version = Words(label=_("版本"), limit=20, help_text=_("如：2026-2。"))
    effective_from = Day(label=_("启用日期"))
    source = Words(label=_("依据"), limit=200, required=False)
    file = forms.FileField(
        label=_("目录表"),
        help_text=_("CSV 或 XLSX，第一行列名：code,kind,name,department,basis,times_a_year。"),
    )

    def __init__(self, *args: Any, regions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=regions)
