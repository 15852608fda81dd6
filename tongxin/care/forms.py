"""What is filled in at the door, at the desk, and by people about themselves."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.regions.queries import Land
from tongxin.ui.forms import Form, Phone, Photos, Words

from .models import (
    Aid,
    CareFile,
    CareVisit,
    Errand,
    ExtraRound,
    Fund,
    RightsRequest,
    RoundHousehold,
    Stay,
    StayService,
)
from .queries.rules import kinds

Choices = list[tuple[Any, Any]]


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


def money_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=required, min_value=0, max_value=1_000_000, decimal_places=2,
        help_text=help_text, error_messages={"invalid": _("请填金额，如 23.50")},
    )  # fmt: skip


def fen_of(yuan: Decimal | None) -> int:
    """Return yuan as fen."""
    return int(((yuan or Decimal(0)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def choice(
    label: Any, choices: Iterable, *, required: bool = True, **more: Any
) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices), required=required, **more)


def one_photo(label: Any, help_text: Any = "") -> Photos:
    return Photos(label=label, most=1, required=False, help_text=help_text)


def lands(rows: list[Land]) -> Choices:
    return [(one.code, one.short_name) for one in rows]


def kind_choices(on: date) -> Choices:
    return [(one.code, one.name) for one in kinds(on).values()]


def blank(rows: Iterable) -> Choices:
    return [("", _("请选择")), *rows]


class Keyed(Form):
    """A form that acts once, however often it is sent: the key is made with the page."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": str(uuid.uuid4())} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)


class BodyFields(Form):
    """What a file says in its sealed part."""

    name = Words(label=_("姓名"), limit=40)
    building = Words(
        label=_("楼栋"), limit=40, required=False, help_text=_("列表里会显示，只写到楼栋。")
    )
    door = Words(label=_("门牌"), limit=60, required=False)
    phone = Phone(
        label=_("本人电话"), required=False,
        help_text=_("填本人用的手机号，本人登录后可以查看自己的档案。"),
    )  # fmt: skip
    contact = Words(label=_("紧急联系人"), limit=40, required=False)
    contact_phone = Words(label=_("紧急联系人电话"), limit=20, required=False)
    needs = Words(label=_("需要什么"), limit=500, rows=3, required=False)
    situation = Words(
        label=_("基本情况"), limit=500, rows=3, required=False,
        help_text=_("只写开展关爱必须知道的；不写病历、身份证号、银行账号。"),
    )  # fmt: skip

    BODY = ("phone", "door", "needs", "situation", "contact", "contact_phone")

    def body(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.BODY}


class FileForm(Keyed, BodyFields):
    """A new file: who, for what, on which ground."""

    grid = choice(_("网格"), [])
    kind = choice(_("类别"), [])
    impact = choice(_("处理目的"), [], help_text=_("只能选已经通过影响评估的目的。"))
    basis = choice(_("依据"), CareFile.Basis.choices, widget=forms.RadioSelect)
    consented_by = choice(_("谁同意"), blank(CareFile.Consenter.choices), required=False)
    consented_how = choice(_("怎样同意"), blank(CareFile.How.choices), required=False)
    consented_on = day_field(_("同意日期"), required=False)
    paper = one_photo(_("纸质同意书照片"))
    statute = Words(
        label=_("法律条款"), limit=200, required=False,
        help_text=_("依据法定职责的填写，如“《社会救助暂行办法》第十三条”。"),
    )  # fmt: skip

    field_order = (
        *("grid", "kind", "name", "building", "door", "phone", "contact", "contact_phone"),
        *("needs", "situation", "impact", "basis", "consented_by", "consented_how"),
        *("consented_on", "paper", "statute"),
    )

    def __init__(
        self, *args: Any, grids: list[Land], impacts: Choices, on: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(grid=lands(grids))
        self.choose_from(kind=kind_choices(on))
        self.choose_from(impact=impacts)


class ChangeForm(BodyFields):
    kind = choice(_("类别"), [])
    expect = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(kind=kind_choices(on))


class RenewForm(Form):
    consented_on = day_field(_("再次同意日期"), required=False)
    paper = one_photo(_("纸质同意书照片"))


class CloseForm(Form):
    end = choice(
        _("结束原因"),
        [one for one in CareFile.End.choices if one[0] in ("moved", "died", "better")],
        widget=forms.RadioSelect,
    )


class NoteForm(Form):
    """One sentence: why, or what came of it."""

    note = Words(label=_("说明"), limit=300, rows=3)

    def __init__(self, *args: Any, label: Any = None, required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label:
            self.fields["note"].label = label
        self.fields["note"].required = required


class VisitForm(Keyed):
    how = choice(_("方式"), CareVisit.How.choices, widget=forms.RadioSelect)
    on = day_field(_("走访日期"))
    condition = Words(
        label=_("情况"), limit=500, rows=3, required=False,
        help_text=_("吃住、安全、精神怎么样；不写病历。"),
    )  # fmt: skip
    wishes = Words(label=_("心愿"), limit=300, rows=2, required=False)
    promised = Words(label=_("答应办的事"), limit=300, rows=2, required=False)
    promise_due_on = day_field(_("哪天前办好"), required=False)
    photo = one_photo(_("走访照片"), _("拍照前请征得本人同意。"))


class WishForm(Form):
    number = Words(label=_("微心愿编号"), limit=24)


class CarerForm(Form):
    user = choice(_("关爱人"), [])

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(user=blank(people))


class HandOverForm(CarerForm):
    note = Words(label=_("交接说明"), limit=200, rows=2, help_text=_("写明约好的事、常去的时间。"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].label, self.fields["user"].required = _("交给"), False


class AidForm(Keyed):
    kind = choice(_("方式"), Aid.Kind.choices, widget=forms.RadioSelect)
    what = Words(label=_("内容"), limit=120)
    yuan = money_field(_("金额或折价（元）"), required=False)
    fund = choice(_("资金来源"), [], required=False)
    org = choice(_("帮扶单位"), [], required=False)
    on = day_field(_("日期"))
    receipt = one_photo(_("收据或发放照片"))
    signature = one_photo(_("签字照片"))

    def __init__(self, *args: Any, funds: Choices, orgs: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(fund=blank(funds))
        self.choose_from(org=blank(orgs))


class PairForm(Form):
    org = choice(_("帮扶单位"), [], required=False)
    helper = choice(_("帮扶人"), [], required=False, help_text=_("帮扶人从此可以查看这份档案。"))
    aim = Words(label=_("帮扶目标"), limit=120)

    def __init__(self, *args: Any, orgs: Choices, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(org=blank(orgs))
        self.choose_from(helper=blank(people))


class MeasureForm(Form):
    text = Words(label=_("帮扶措施"), limit=300, rows=2)
    due_on = day_field(_("完成期限"))


class ImpactForm(Form):
    region = choice(_("适用区域"), [])
    purpose = Words(label=_("处理目的"), limit=60)
    legality = Words(label=_("目的、方式是否合法、正当、必要"), limit=1000, rows=3)
    data = Words(  # type: ignore[assignment]  # a field, told apart from what was sent
        label=_("收集哪些信息，为什么不能再少"), limit=1000, rows=3
    )
    risks = Words(label=_("对个人权益的影响和安全风险"), limit=1000, rows=3)
    measures = Words(label=_("保护措施是否合法、有效、与风险相适应"), limit=1000, rows=3)
    valid_until = day_field(_("有效期至"), help_text=_("最长三年。"))

    def __init__(self, *args: Any, places: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=lands(places))


class SettleForm(Form):
    accept = choice(
        _("结论"), [("yes", _("可以开展")), ("no", _("不能开展"))], widget=forms.RadioSelect
    )
    note = Words(label=_("意见"), limit=300, rows=2, required=False)


class OfficerForm(CarerForm):
    region = choice(_("社区"), [])

    def __init__(self, *args: Any, places: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].label = _("关爱专员")
        self.choose_from(region=lands(places))


class RightForm(Form):
    kind = choice(_("要办的事"), RightsRequest.Kind.choices, widget=forms.RadioSelect)
    text = Words(
        label=_("说明"), limit=500, rows=3, required=False,
        help_text=_("要更正的，请写明哪里不对、应是什么。"),
    )  # fmt: skip


class AnswerForm(SettleForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["accept"]
        field.choices = [("yes", _("已办理")), ("no", _("不同意"))]
        self.fields["note"].label, self.fields["note"].required = _("答复"), True


class ExtraForm(Form):
    region = choice(_("区域"), [])
    why = choice(_("原因"), ExtraRound.Why.choices)
    kinds_of = forms.MultipleChoiceField(label=_("类别"), widget=forms.CheckboxSelectMultiple)
    every_days = forms.IntegerField(label=_("每几天走访一次"), min_value=1, max_value=30, initial=2)
    starts_on = day_field(_("开始"))
    ends_on = day_field(_("结束"))

    def __init__(self, *args: Any, places: list[Land], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=lands(places))
        self.choose_from(kinds_of=kind_choices(on))


class RoundForm(Form):
    name = Words(label=_("名称"), limit=60, help_text=_("如“2027 年春节慰问”。"))
    region = choice(_("范围"), [])
    starts_on = day_field(_("开始"))
    ends_on = day_field(_("结束"))
    goods = Words(label=_("每户慰问品"), limit=120)
    yuan = money_field(_("每户折价（元）"), required=False)
    fund = choice(_("资金来源"), [], required=False)

    def __init__(self, *args: Any, places: list[Land], funds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=lands(places))
        self.choose_from(fund=blank(funds))


class ListForm(Form):
    """Who comes on the list of a round: kinds of files, or households typed in, one a line."""

    kinds_of = forms.MultipleChoiceField(
        label=_("从关爱档案加入"), required=False, widget=forms.CheckboxSelectMultiple
    )
    grid = choice(_("网格"), [], required=False)
    lines = Words(
        label=_("逐户加入"), limit=20000, rows=6, required=False,
        help_text=_("每行一户：姓名，楼栋，门牌（用逗号隔开）。"),
    )  # fmt: skip

    def __init__(self, *args: Any, grids: list[Land], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(kinds_of=kind_choices(on))
        self.choose_from(grid=blank(lands(grids)))

    def households(self) -> list[dict[str, str]]:
        """Return the lines as households."""
        found = []
        for line in self.cleaned_data["lines"].splitlines():
            parts = [part.strip() for part in line.replace("，", ",").split(",")]
            if parts[0]:
                found.append(dict(zip(("name", "building", "door"), parts, strict=False)))
        return found


class ReachForm(Form):
    state = choice(
        _("结果"), [one for one in RoundHousehold.State.choices if one[0] != "todo"],
        widget=forms.RadioSelect,
    )  # fmt: skip
    photo = one_photo(_("慰问照片"), _("不拍到本人也可以，拍慰问品和门牌。"))
    signature = one_photo(_("签收照片"))
    note = Words(label=_("说明"), limit=120, required=False)


class FundForm(Form):
    name = Words(label=_("名称"), limit=60)
    source = choice(_("来源"), Fund.Source.choices)
    region = choice(_("使用范围"), [])

    def __init__(self, *args: Any, places: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(region=lands(places))


class PayForm(Keyed):
    yuan = money_field(_("入账金额（元）"))
    text = Words(label=_("摘要"), limit=120)


class AgreeForm(Form):
    mode = choice(_("怎么付钱"), Errand.Mode.choices, widget=forms.RadioSelect)
    yuan = money_field(_("已给的钱（元）"), required=False, help_text=_("先给钱的填写。"))


class SignForm(Form):
    signature = Photos(label=_("签字单据照片"), most=1, required=True)


class DecideForm(Form):
    yuan = money_field(_("核定金额（元）"))
    verdict = Words(label=_("处理意见"), limit=300, rows=2)


class StayFields(Keyed):
    grid = choice(_("网格"), [])
    name = Words(label=_("姓名"), limit=40)
    phone = Phone(label=_("手机号"))
    building = Words(label=_("楼栋"), limit=40, required=False)
    door = Words(label=_("门牌"), limit=40, required=False)
    why = choice(_("居住事由"), Stay.Why.choices)
    since = day_field(_("居住自"))
    until = day_field(_("预计至"), help_text=_("最长一年，到期可续。"))

    def __init__(self, *args: Any, grids: list[Land], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_from(grid=lands(grids))


class AskStayForm(StayFields):
    """For the person: with the text they agree to."""

    agreed = forms.BooleanField(
        label=_("我已阅读并同意上述说明"),
        error_messages={"required": _("同意后才能登记。")},
    )


class RegisterStayForm(StayFields):
    basis = choice(_("依据"), CareFile.Basis.choices, widget=forms.RadioSelect)


class UntilForm(Form):
    until = day_field(_("住到"))


class ServiceForm(Form):
    kind = choice(_("需要的服务"), StayService.Kind.choices)
