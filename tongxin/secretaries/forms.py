"""What people fill in for the secretaries' registers."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.orgs.models import Org
from tongxin.ui.forms import Form, Photos, Words

from . import queries
from .models import Nomination, RuleVersion, Thanks
from .rules import Rules

FEN = 100
MOST_YUAN = 10_000_000


class Offering(Form):
    """A form whose choices depend on who fills it in."""

    def offer(
        self, name: str, *, rows: Any = None, choices: Iterable[tuple[str, str]] = ()
    ) -> None:
        field: Any = self.fields[name]
        if rows is not None:
            field.queryset = rows
        else:
            field.choices = list(choices)


class UserName(Words):
    """Somebody by their user name; nobody is looked up by anything else here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=150, **kwargs)

    def clean(self, value: Any) -> User | None:  # type: ignore[override]
        name = super().clean(value)
        if not name:
            return None
        user = queries.user_by_name(name)
        if user is None:
            raise ValidationError(_("没有账号“%s”，请核对后重填。") % name[:30])
        return user


class Members(Words):
    """Members of a team, one a line: user name, blank, duty."""

    def clean(self, value: Any) -> list[tuple[User, str]]:  # type: ignore[override]
        found = []
        for line in super().clean(value).splitlines():
            name, _blank, duty = line.strip().partition(" ")
            if not name:
                continue
            user = queries.user_by_name(name)
            if user is None:
                raise ValidationError(_("没有账号“%s”，请核对后重填。") % name[:30])
            found.append((user, duty.strip()[:60]))
        return found


class Yuan(forms.DecimalField):
    """An amount in yuan, handed on in fen."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"min_value": 0, "max_value": MOST_YUAN, "decimal_places": 2} | kwargs
        super().__init__(widget=forms.NumberInput(attrs={"inputmode": "decimal"}), **kwargs)

    def clean(self, value: Any) -> int:
        amount = super().clean(value)
        return int(amount * FEN) if amount is not None else 0


class Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, **kwargs)


class Reason(Words):
    """Why, in at least four characters."""

    def __init__(self, label: Any, *, limit: int = 500, **kwargs: Any) -> None:
        super().__init__(label=label, limit=limit, rows=3, **kwargs)


class Unit(forms.ModelChoiceField):
    """A party unit out of those that may be chosen here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Org.objects.none(), empty_label=_("请选择"), **kwargs)


class WhyForm(Form):
    reason = Reason(gettext_lazy("理由"))


class SelectionForm(Offering):
    unit = Unit(label=gettext_lazy("决定机关"))
    title = Words(label=gettext_lazy("名称"), limit=80)
    opens_on = Day(label=gettext_lazy("开始推荐"))
    closes_on = Day(label=gettext_lazy("推荐截止"))
    wanted = forms.IntegerField(label=gettext_lazy("选派人数"), min_value=1, max_value=500)

    def __init__(self, *args: Any, units, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("unit", rows=units)


class NominateForm(Offering):
    channel = forms.ChoiceField(label=gettext_lazy("推荐渠道"), choices=Nomination.Channel.choices)
    by_unit = Unit(label=gettext_lazy("推荐单位"))
    candidate = UserName(label=gettext_lazy("人选账号"))
    text = Reason(gettext_lazy("推荐理由"))

    def __init__(self, *args: Any, units, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("by_unit", rows=units)


class PointsForm(Form):
    """Points by every criterion of a list."""

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = [row["code"] for row in rules]
        own = {
            row["code"]: forms.IntegerField(
                label=row["title"],
                help_text=_("满分 %(most)s 分。%(note)s")
                % {"most": row["most"], "note": row["note"]},
                min_value=0,
                max_value=int(row["most"]),
            )
            for row in rules
        }
        self.fields = own | self.fields

    @property
    def points(self) -> dict[str, int]:
        return {code: self.cleaned_data[code] for code in self.codes}


class MarkNominationForm(PointsForm):
    shortlist = forms.BooleanField(label=gettext_lazy("列入入围名单"), required=False)


class MarkSurveyForm(PointsForm):
    note = Reason(gettext_lazy("评语"), limit=300, required=False)


class DecideForm(Offering):
    outcome = forms.ChoiceField(
        label=gettext_lazy("决定"),
        choices=[choice for choice in Nomination.Outcome.choices if choice[0]],
        widget=forms.RadioSelect,
    )
    village = Unit(label=gettext_lazy("派驻村"), required=False)
    reason = Reason(gettext_lazy("决定理由"))

    def __init__(self, *args: Any, villages, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("village", rows=villages)


class SendForm(Form):
    user = UserName(label=gettext_lazy("人选账号"))
    reason = Reason(gettext_lazy("选派理由"))


class TeamForm(Form):
    leader = UserName(label=gettext_lazy("队长账号"))
    sender = Words(label=gettext_lazy("派出单位"), limit=80)
    members = Members(
        label=gettext_lazy("队员"),
        limit=2000,
        rows=4,
        required=False,
        help_text=gettext_lazy("每行一人：账号 分工"),
    )


class JoinForm(Form):
    user = UserName(label=gettext_lazy("队员账号"))
    duty = Words(label=gettext_lazy("分工"), limit=60, required=False)


class DiaryForm(Form):
    day = Day(label=gettext_lazy("日期"))
    place = Words(
        label=gettext_lazy("地点"),
        limit=60,
        required=False,
        help_text=gettext_lazy("如：三组、村委会、王家大棚"),
    )
    text = Words(label=gettext_lazy("今天做了什么"), limit=2000, rows=6)
    photo = Photos(
        label=gettext_lazy("照片"),
        most=1,
        required=False,
        help_text=gettext_lazy("只有您和管理台账的人能看到"),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, *args: Any, adds: bool = False, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].initial, self.fields["key"].initial = today, uuid.uuid4().hex
        if adds:
            del self.fields["day"], self.fields["place"]
            self.fields["text"].label = _("补充内容")

    def given(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        photos = given.pop("photo")
        return given | {"photo": photos[0] if photos else None}


class ThanksForm(Form):
    text = Words(label=gettext_lazy("想说的话"), limit=1000, rows=6)
    signed = Words(
        label=gettext_lazy("怎么称呼您"),
        limit=20,
        required=False,
        help_text=gettext_lazy("可以不写，或写“三组王女士”"),
    )
    consent = forms.BooleanField(
        label=gettext_lazy("同意村里公开这封信（不同意的只留存）"), required=False
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex


class ModerateForm(Form):
    state = forms.ChoiceField(
        label=gettext_lazy("处理"),
        choices=[choice for choice in Thanks.State.choices if choice[0] != "waiting"],
        widget=forms.RadioSelect,
    )
    reason = Reason(
        gettext_lazy("理由"), limit=200, required=False, help_text=gettext_lazy("不予公开时填写")
    )


class PlanForm(Form):
    household = Words(
        label=gettext_lazy("户主"),
        limit=40,
        help_text=gettext_lazy("加密保存，列表里只显示姓；同名的注明组别"),
    )
    people = forms.IntegerField(
        label=gettext_lazy("家庭人口"), min_value=1, max_value=30, initial=1
    )
    need = Words(
        label=gettext_lazy("需要"),
        limit=300,
        rows=3,
        help_text=gettext_lazy("写要办的事，不写病情、证件号和电话"),
    )
    aim = Words(label=gettext_lazy("目标"), limit=300, rows=2, required=False)
    helper = Words(label=gettext_lazy("帮扶单位"), limit=80, required=False)


class HelpForm(Offering):
    kind = forms.ChoiceField(label=gettext_lazy("方式"))
    title = Words(label=gettext_lazy("内容"), limit=120)
    quantity = Words(
        label=gettext_lazy("数量"),
        limit=30,
        required=False,
        help_text=gettext_lazy("如：40 只、2 场"),
    )
    worth_fen = Yuan(label=gettext_lazy("折合金额（元）"), required=False)
    due = Day(label=gettext_lazy("完成期限"))

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("kind", choices=choices)


class ProofForm(Form):
    photo = Photos(label=gettext_lazy("照片"), most=1)

    @property
    def picture(self) -> bytes | None:
        photos = self.cleaned_data["photo"]
        return photos[0] if photos else None


class FinishForm(ProofForm):
    note = Words(label=gettext_lazy("完成情况"), limit=300, rows=3)


class SubsidyForm(Offering):
    kind = forms.ChoiceField(label=gettext_lazy("项目"))
    title = Words(label=gettext_lazy("建设内容"), limit=120)
    cost = Yuan(label=gettext_lazy("预计投入（元）"))
    asked = Yuan(label=gettext_lazy("申请补助（元）"))

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("kind", choices=choices)


class InspectForm(Form):
    passed = forms.ChoiceField(
        label=gettext_lazy("验收结论"),
        choices=[("yes", gettext_lazy("合格")), ("no", gettext_lazy("不合格，整改后重报"))],
        widget=forms.RadioSelect,
    )
    granted = Yuan(
        label=gettext_lazy("核定补助（元）"),
        required=False,
        help_text=gettext_lazy("合格时填写，不超过申请数"),
    )
    finding = Reason(gettext_lazy("验收意见"), limit=300)


class PayForm(Form):
    voucher = Words(label=gettext_lazy("凭证号"), limit=40)
    key = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex


class TakeBackForm(Form):
    amount = Yuan(label=gettext_lazy("退回金额（元）"))
    voucher = Words(label=gettext_lazy("凭证号"), limit=40)
    reason = Reason(gettext_lazy("退回原因"), limit=200)


class ClosePlanForm(Form):
    closing = Words(label=gettext_lazy("结果"), limit=300, rows=3)


class SurveyForm(Offering):
    unit = Unit(label=gettext_lazy("组织单位"))
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2000, max_value=2100)
    title = Words(label=gettext_lazy("名称"), limit=80)
    opens_on = Day(label=gettext_lazy("开始"))
    closes_on = Day(label=gettext_lazy("截止"))

    def __init__(self, *args: Any, units, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("unit", rows=units)


class AnswerForm(Form):
    """What one did, by every criterion."""

    def __init__(self, *args: Any, rules: Rules, answers: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in rules:
            self.fields[row["code"]] = Words(
                label=row["title"],
                limit=800,
                rows=3,
                help_text=row["note"],
                initial=answers.get(row["code"], ""),
            )


class GradeForm(Offering):
    grade = forms.ChoiceField(label=gettext_lazy("等次"), widget=forms.RadioSelect)
    reason = Reason(gettext_lazy("评定理由"), help_text=gettext_lazy("会告知本人"))

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("grade", choices=choices)


class RemoveOneForm(Offering):
    """A secretary who leaves office without a survey: by unit and account."""

    unit = Unit(label=gettext_lazy("党组织"))
    user = UserName(label=gettext_lazy("书记账号"))
    reason = forms.ChoiceField(label=gettext_lazy("原因类别"))
    text = Reason(gettext_lazy("具体原因"), help_text=gettext_lazy("会告知本人"))

    def __init__(
        self, *args: Any, units, choices: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer("unit", rows=units)
        self.offer("reason", choices=[("", _("请选择")), *choices])


class RemoveForm(Offering):
    reason = forms.ChoiceField(label=gettext_lazy("原因类别"))
    text = Reason(gettext_lazy("具体原因"), help_text=gettext_lazy("会告知本人"))

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("reason", choices=choices)


class HonourForm(Offering):
    code = forms.ChoiceField(label=gettext_lazy("称号"))
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=1949, max_value=2100)
    issuer = Unit(label=gettext_lazy("命名机关"))
    unit = Unit(label=gettext_lazy("党组织"))
    user = UserName(
        label=gettext_lazy("书记账号"),
        required=False,
        help_text=gettext_lazy("授予个人时填写"),
    )
    reason = Reason(gettext_lazy("事迹"), limit=300)
    document = Words(label=gettext_lazy("文号"), limit=60, required=False)

    def __init__(
        self, *args: Any, units, choices: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer("issuer", rows=units)
        self.offer("unit", rows=units)
        self.offer("code", choices=choices)


class DrawForm(Offering):
    unit = Unit(
        label=gettext_lazy("党组织"), help_text=gettext_lazy("它和它下面所有的党组织、书记")
    )
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2000, max_value=2100)

    def __init__(self, *args: Any, units, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("unit", rows=units)


class DutyForm(Form):
    evidence = Words(
        label=gettext_lazy("完成情况"),
        limit=500,
        rows=4,
        help_text=gettext_lazy("写时间、做法和结果，至少 4 个字"),
    )
    photo = Photos(label=gettext_lazy("照片"), most=1, required=False)

    @property
    def picture(self) -> bytes | None:
        photos = self.cleaned_data["photo"]
        return photos[0] if photos else None


class RulesForm(Form):
    kind = forms.ChoiceField(label=gettext_lazy("清单"), choices=RuleVersion.Kind.choices)
    version = Words(label=gettext_lazy("版本号"), limit=20)
    effective_from = Day(label=gettext_lazy("生效日期"))
    source = Words(label=gettext_lazy("依据"), limit=200)
    file = forms.FileField(
        label=gettext_lazy("表格"),
        help_text=gettext_lazy("XLSX 或 CSV，列与下载的现行版本相同"),
    )
