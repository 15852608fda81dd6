"""The forms of the books: shape only; whether it may be is for the actions to say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs.models import Org
from tongxin.regions.queries import Land, place_name
from tongxin.ui.forms import Day, Form, Photos, Words, Yuan

from .gates import Subject
from .models import Account, BudgetLine, Line, Source, UseCheck

MOST_PHOTOS = 9


def lands_offered(lands: Iterable[Land]) -> list[tuple[int, str]]:
    return [(land.id, place_name(land.path)) for land in lands]


class Keyed(Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class WithSource(Keyed):
    """Offers the sources that are in use."""

    source = forms.ModelChoiceField(
        label=gettext_lazy("资金来源"),
        queryset=Source.objects.none(),
        empty_label=gettext_lazy("请选择"),
    )

    def __init__(self, *args: Any, sources: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["source"]
        field.queryset = sources


class AccountForm(Form):
    org = forms.ModelChoiceField(
        label=gettext_lazy("管理单位"), queryset=Org.objects.none(), empty_label=None
    )
    name = Words(label=gettext_lazy("名称"), limit=80)
    is_special = forms.BooleanField(label=gettext_lazy("资金专账，专款专用"), required=False)
    purpose = Words(
        label=gettext_lazy("用途"), limit=200, required=False,
        help_text=gettext_lazy("专账必须写明用途。"),
    )  # fmt: skip
    opened_on = Day(label=gettext_lazy("开立日期"))

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["org"]
        field.queryset = orgs


class ReceiveForm(WithSource):
    amount = Yuan(label=gettext_lazy("金额（元）"))
    on = Day(label=gettext_lazy("到账日期"))
    payer = Words(label=gettext_lazy("付款方"), limit=80, required=False)
    note = Words(label=gettext_lazy("摘要"), limit=200, required=False)
    photos = Photos(label=gettext_lazy("凭证照片"), most=MOST_PHOTOS, required=False)
    field_order = ("source", "amount", "on", "payer", "note", "photos", "key")


class AllocateForm(WithSource):
    amount = Yuan(label=gettext_lazy("金额（元）"))
    purpose = Words(label=gettext_lazy("用途"), limit=200)
    about = Words(
        label=gettext_lazy("用在哪个对象"), limit=60, required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )  # fmt: skip
    to = forms.ChoiceField(
        label=gettext_lazy("查到的对象"), required=False, widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("没有这个对象，或您看不到它，请重新查找。")},
    )  # fmt: skip
    region = forms.TypedChoiceField(label=gettext_lazy("用在"), coerce=int)
    budget = forms.ModelChoiceField(
        label=gettext_lazy("预算科目"), queryset=BudgetLine.objects.none(), required=False,
        empty_label=gettext_lazy("不对应预算科目"),
    )  # fmt: skip
    due_on = Day(
        label=gettext_lazy("应付日期"), required=False,
        help_text=gettext_lazy("到期未付会提醒经办人和监督员；分期的可以以后再加。"),
    )  # fmt: skip
    field_order = (
        "source",
        "amount",
        "purpose",
        "about",
        "to",
        "region",
        "due_on",
        "budget",
        "key",
    )

    def __init__(
        self, *args: Any, lands: list[Land], budgets: Any, subjects: list[Subject], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.subjects = {one.key: one for one in subjects}
        self.choose_from(region=lands_offered(lands), to=subject_choices(subjects))
        field: Any = self.fields["budget"]
        field.queryset = budgets
        if not budgets.exists():
            del self.fields["budget"]

    def clean_to(self) -> Subject | None:
        return self.subjects.get(self.cleaned_data["to"])

    def clean(self) -> dict[str, Any]:
        """Words that were searched and nothing chosen are no silent nothing."""
        data = super().clean() or {}
        if data.get("about") and not data.get("to") and "to" not in self.errors:
            self.add_error("about", _("请从查到的对象中选一项；不对应具体对象的，请清空这一栏。"))
        return data


def subject_choices(subjects: Iterable[Subject]) -> list[tuple[str, str]]:
    return [(one.key, f"{one.label} · {one.kind_name}") for one in subjects]


class PayForm(Keyed):
    amount = Yuan(label=gettext_lazy("金额（元）"))
    payee = Words(label=gettext_lazy("收款方"), limit=80)
    on = Day(label=gettext_lazy("付款日期"))
    note = Words(label=gettext_lazy("摘要"), limit=200, required=False)
    photos = Photos(
        label=gettext_lazy("凭证照片"), most=MOST_PHOTOS, required=False,
        help_text=gettext_lazy("发票、合同或验收单；以后也可以补。"),
    )  # fmt: skip


class PayableForm(Form):
    due_on = Day(label=gettext_lazy("应付日期"))
    amount = Yuan(label=gettext_lazy("应付金额（元）"))
    note = Words(label=gettext_lazy("说明"), limit=120, required=False)


class MonthForm(Form):
    month = forms.DateField(
        label=gettext_lazy("月份"), input_formats=["%Y-%m"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )  # fmt: skip


class WhyForm(Form):
    reason = Words(label=gettext_lazy("原因"), limit=200)


class ProofForm(Form):
    photos = Photos(label=gettext_lazy("凭证照片"), most=MOST_PHOTOS)


class DecideForm(Form):
    approve = forms.ChoiceField(
        label=gettext_lazy("意见"), widget=forms.RadioSelect,
        choices=(("yes", gettext_lazy("同意付款")), ("no", gettext_lazy("不同意"))),
    )  # fmt: skip
    reason = Words(
        label=gettext_lazy("说明"), limit=200, required=False,
        help_text=gettext_lazy("不同意时必须写明原因。"),
    )  # fmt: skip


class CheckForm(Form):
    line = forms.ModelChoiceField(
        label=gettext_lazy("抽查的付款"), queryset=Line.objects.none(), required=False,
        empty_label=gettext_lazy("整个账户"),
    )  # fmt: skip
    result = forms.ChoiceField(
        label=gettext_lazy("结果"), choices=UseCheck.Result, widget=forms.RadioSelect
    )
    text = Words(label=gettext_lazy("情况"), limit=500, rows=4)
    on = Day(label=gettext_lazy("抽查日期"))
    mend_by = Day(
        label=gettext_lazy("整改期限"),
        required=False,
        help_text=gettext_lazy("发现问题时必须填写。"),
    )
    photos = Photos(label=gettext_lazy("照片"), most=MOST_PHOTOS, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["line"]
        field.queryset = account.lines.filter(kind="pay").order_by("-seq")
        field.label_from_instance = _payment_words


def _payment_words(line: Line) -> str:
    from .queries import yuan

    words = {"n": line.seq, "payee": line.payee, "money": yuan(-line.amount_fen)}
    return _("第 %(n)d 号 · %(payee)s · %(money)s 元") % words


class MendForm(Form):
    text = Words(label=gettext_lazy("整改情况"), limit=300, rows=3)


class SourceForm(Form):
    code = Words(
        label=gettext_lazy("代码"), limit=20, help_text=gettext_lazy("已有的代码会被修改。")
    )
    name = Words(label=gettext_lazy("名称"), limit=60)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Source.Kind)
    level = forms.ChoiceField(label=gettext_lazy("级次"), choices=Source.Level)
    purpose = Words(label=gettext_lazy("用途范围"), limit=200, required=False)
    basis = Words(label=gettext_lazy("依据"), limit=200, required=False)


class RuleForm(Form):
    region = forms.TypedChoiceField(label=gettext_lazy("范围"), coerce=int)
    amount = Yuan(label=gettext_lazy("须审批的金额（元）"))
    effective_from = Day(label=gettext_lazy("启用日期"))
    source = Words(label=gettext_lazy("依据"), limit=200)

    def __init__(self, *args: Any, lands: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=lands_offered(lands))


class BudgetForm(WithSource):
    org = forms.ModelChoiceField(
        label=gettext_lazy("编制单位"), queryset=Org.objects.none(), empty_label=None
    )
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2000, max_value=2100)
    name = Words(label=gettext_lazy("科目"), limit=80)
    amount = Yuan(label=gettext_lazy("预算（元）"))
    for_base = forms.BooleanField(
        label=gettext_lazy("投向基层（社区、村、党支部）"), required=False
    )
    field_order = ("org", "year", "name", "source", "amount", "for_base", "key")

    def __init__(self, *args: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["org"]
        field.queryset = orgs


def first_of_month(on: date) -> date:
    """Return the first day of the month before a day: the one that is closed next."""
    return date(on.year - (on.month == 1), on.month - 1 or 12, 1)
