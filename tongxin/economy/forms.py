"""The forms of the economy: shape only; whether it may be is for the actions to say."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.funds.models import Account, Source
from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Photos, Words, Yuan

from .models import BenefitLink, IncomeKind, SalesHelp, Share, VillageProject


class Keyed(Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class IncomeForm(Keyed):
    kind = forms.ModelChoiceField(
        label=gettext_lazy("收入类别"),
        queryset=IncomeKind.objects.order_by("-counts", "code"),
        empty_label=gettext_lazy("请选择"),
    )
    amount = Yuan(label=gettext_lazy("金额（元）"))
    on = Day(label=gettext_lazy("日期"))
    lasts = forms.ChoiceField(
        label=gettext_lazy("是否可持续"), required=False,
        choices=(("", gettext_lazy("按类别")), ("yes", gettext_lazy("可持续")), ("no", gettext_lazy("一次性"))),
    )  # fmt: skip
    project = forms.ModelChoiceField(
        label=gettext_lazy("来自项目"), queryset=VillageProject.objects.none(), required=False,
        empty_label=gettext_lazy("不来自项目"),
    )  # fmt: skip
    text = Words(label=gettext_lazy("说明"), limit=200, required=False)
    photos = Photos(
        label=gettext_lazy("凭证照片"), most=9, required=False,
        help_text=gettext_lazy("合同、收据或到账单。"),
    )  # fmt: skip
    field_order = ("kind", "amount", "on", "lasts", "project", "text", "photos", "key")


class VerifyForm(Form):
    accept = forms.ChoiceField(
        label=gettext_lazy("意见"), widget=forms.RadioSelect,
        choices=(("yes", gettext_lazy("属实，核实通过")), ("no", gettext_lazy("退回修改"))),
    )  # fmt: skip
    remark = Words(
        label=gettext_lazy("核实意见"), limit=200, required=False,
        help_text=gettext_lazy("退回时必须写明要改什么。"),
    )  # fmt: skip


class WhyForm(Form):
    reason = Words(label=gettext_lazy("原因"), limit=200)


class SaleForm(Keyed):
    product = Words(label=gettext_lazy("产品"), limit=60)
    channel = forms.ChoiceField(label=gettext_lazy("渠道"), choices=SalesHelp.Channel)
    quantity = Words(label=gettext_lazy("数量"), limit=40, required=False)
    amount = Yuan(label=gettext_lazy("销售额（元）"))
    helper = Words(label=gettext_lazy("帮卖单位"), limit=80, required=False)
    on = Day(label=gettext_lazy("日期"))
    field_order = ("product", "channel", "quantity", "amount", "helper", "on", "key")


class ProjectForm(Form):
    title = Words(label=gettext_lazy("项目"), limit=80)
    policy = Words(
        label=gettext_lazy("发展思路"), limit=300, rows=3,
        help_text=gettext_lazy("一村一策：靠什么、谁来做、村集体怎么得收益。"),
    )  # fmt: skip
    industry = Words(label=gettext_lazy("产业"), limit=40, required=False)
    started_on = Day(label=gettext_lazy("开始日期"))
    earns_by = Day(label=gettext_lazy("预计见效日期"))
    planned = Yuan(label=gettext_lazy("计划投资（元）"), required=False)
    goal = Yuan(label=gettext_lazy("年收入目标（元）"), required=False)
    stages = Words(
        label=gettext_lazy("阶段"), limit=600, rows=4, required=False,
        help_text=gettext_lazy("一行一个，先写计划完成日期，如：2026-06-30 建成大棚"),
    )  # fmt: skip

    def clean_stages(self) -> list[tuple[str, date]]:
        found = []
        for line in filter(None, map(str.strip, self.cleaned_data["stages"].splitlines())):
            on, _space, name = line.partition(" ")
            try:
                found.append((name.strip(), date.fromisoformat(on)))
            except ValueError:
                raise ValidationError(
                    _("“%s”应先写日期，再空一格写阶段名称。") % line[:30]
                ) from None
            if not name.strip():
                raise ValidationError(_("“%s”没有写阶段名称。") % line[:30])
        return found


class StageForm(Form):
    on = Day(label=gettext_lazy("完成日期"))
    note = Words(label=gettext_lazy("完成情况"), limit=200, required=False)
    photos = Photos(label=gettext_lazy("现场照片"), most=1, required=False)


class ResultForm(Form):
    result = Words(label=gettext_lazy("说明"), limit=300, rows=3)


class AccountForm(Keyed):
    """Moves money of an account the reader keeps."""

    account = forms.ModelChoiceField(
        label=gettext_lazy("账户"), queryset=Account.objects.none(), empty_label=None
    )
    source = forms.ModelChoiceField(
        label=gettext_lazy("资金来源"),
        queryset=Source.objects.none(),
        empty_label=gettext_lazy("请选择"),
    )

    def __init__(self, *args: Any, accounts: Any, sources: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(account=accounts)
        self.choose_from(source=sources)


class MoneyForm(AccountForm):
    """Gives money out of it."""

    due_on = Day(label=gettext_lazy("应付日期"), required=False)


class StartUpForm(MoneyForm):
    amount = Yuan(label=gettext_lazy("金额（元）"))
    field_order = ("account", "source", "amount", "due_on", "key")


class ReserveForm(AccountForm):
    amount = Yuan(label=gettext_lazy("金额（元）"))
    on = Day(label=gettext_lazy("到账日期"))
    field_order = ("account", "source", "amount", "on", "key")


class SubsidyForm(Form):
    title = Words(label=gettext_lazy("建设内容"), limit=120)
    asked = Yuan(label=gettext_lazy("申报补助（元）"))


class BuiltForm(Form):
    on = Day(label=gettext_lazy("建成日期"))
    photos = Photos(label=gettext_lazy("建成后的照片"), most=1)


class AcceptForm(Form):
    passed = forms.ChoiceField(
        label=gettext_lazy("结论"), widget=forms.RadioSelect,
        choices=(("yes", gettext_lazy("验收合格")), ("no", gettext_lazy("不合格，整改后再报"))),
    )  # fmt: skip
    granted = Yuan(label=gettext_lazy("核定补助（元）"), required=False)
    opinion = Words(label=gettext_lazy("验收意见"), limit=200)
    photos = Photos(
        label=gettext_lazy("验收现场照片"), most=1, required=False,
        help_text=gettext_lazy("合格的必须上传。"),
    )  # fmt: skip


class FirmForm(Form):
    name = Words(label=gettext_lazy("名称"), limit=100)
    region = forms.ModelChoiceField(
        label=gettext_lazy("区域"), queryset=Region.objects.none(), empty_label=None
    )
    industry = Words(label=gettext_lazy("行业"), limit=40, required=False)
    pledged = Yuan(label=gettext_lazy("承诺备用金（元）"), required=False)
    joined_on = Day(label=gettext_lazy("参加日期"))


class PairForm(Form):
    village = forms.ModelChoiceField(
        label=gettext_lazy("村（社区）"), queryset=Region.objects.none(), empty_label=None
    )
    text = Words(label=gettext_lazy("帮扶内容"), limit=200)
    since = Day(label=gettext_lazy("结对日期"))


class LinkForm(Form):
    """A contract: its days, and what each party gets of a hundred."""

    title = Words(label=gettext_lazy("合同"), limit=80)
    number = Words(label=gettext_lazy("合同编号"), limit=40, required=False)
    signed_on = Day(label=gettext_lazy("签订日期"))
    ends_on = Day(label=gettext_lazy("到期日期"))
    project = forms.ModelChoiceField(
        label=gettext_lazy("项目"), queryset=VillageProject.objects.none(), required=False,
        empty_label=gettext_lazy("不对应项目"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for party, label in Share.Party.choices:
            self.fields[party] = forms.DecimalField(
                label=_("%s（%%）") % label, required=False, min_value=0, max_value=100,
                max_digits=5, decimal_places=2,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
            )  # fmt: skip
        self.fields[Share.Party.VILLAGE].help_text = _("各方合计应为 100%。")

    def take(self, refusal: Any) -> None:
        """Show what is wrong with the shares beside the first of them."""
        if refusal.field == "shares":
            self.add_error(Share.Party.VILLAGE, str(refusal.message))
            return
        super().take(refusal)

    def shares(self) -> dict[str, int]:
        """Return the shares in hundredths of a per cent."""
        given = {party: self.cleaned_data[party] for party in Share.Party.values}
        return {party: int(n * 100) for party, n in given.items() if n}


class ShareForm(Keyed):
    profit = Yuan(label=gettext_lazy("可分配利润（元）"))
    on = Day(label=gettext_lazy("分配日期"))
    field_order = ("profit", "on", "key")


def link_words(link: BenefitLink) -> str:
    """Return how a contract shares, in a sentence: "村集体 30%，企业 70%"."""
    return "，".join(f"{share.get_party_display()} {share.percent}%" for share in link.shares.all())
