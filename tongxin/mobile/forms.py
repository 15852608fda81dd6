"""What is filled in at the desk of phones: a decision, a phone handed out, lost, handed back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Words

from .models import FieldAction
from .queries.devices import holders_for, orgs_for

WHAT_IT_MEANS = {
    FieldAction.Decision.PHONE: _("采用手机上的：照手机办，需要时单子先派回本人"),
    FieldAction.Decision.SERVER: _("保留系统里的：手机上的这一步不算"),
    FieldAction.Decision.NOTE: _("作为补充说明：连照片记到单子里，环节不变"),
}


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class DecideForm(Form):
    """Which of two records stands, and why."""

    decision = forms.ChoiceField(label=_("怎样处理"), widget=forms.RadioSelect)
    why = Words(
        label=_("说明"), limit=200, rows=2, required=False,
        help_text=_("会告诉提交的人；保留系统里的、作为补充说明时必填。"),
    )  # fmt: skip

    def __init__(self, *args: Any, action: FieldAction, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        Decision = FieldAction.Decision  # noqa: N806 - a class
        wanted = [Decision.PHONE, Decision.SERVER]
        if action.kind == "order.move" and action.found.get("case"):
            wanted.append(Decision.NOTE)
        self.choose_from(decision=[(one.value, WHAT_IT_MEANS[one]) for one in wanted])


class GiveForm(Form):
    """Who gets a phone, from whom."""

    label = Words(label=_("编号或名称"), limit=60, help_text=_("贴在手机背面的资产编号。"))
    org: Any = forms.ModelChoiceField(Org.objects.none(), label=_("配发单位"))
    holder: Any = forms.ModelChoiceField(User.objects.none(), label=_("领用人"))
    given_on = forms.DateField(label=_("领用日期"), widget=day_input())

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=orgs_for(actor))
        self.choose_from(holder=holders_for(actor))


class ReturnForm(Form):
    """The day a phone came back."""

    returned_on = forms.DateField(label=_("交回日期"), widget=day_input())


class LostForm(Form):
    """How a phone was lost."""

    why = Words(label=_("报失说明"), limit=200, rows=2, help_text=_("什么时候、在哪里丢的。"))
