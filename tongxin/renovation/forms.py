"""What people fill in about a campaign, its places, its ledgers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.ui.forms import Day, Form, Photos, Words, Yuan, fen_of

from .models import (
    CommandArea,
    Criterion,
    Difficulty,
    FollowUp,
    GroupMember,
    Holding,
    PlaceKind,
    ResearchTeam,
    Rhythm,
)
from .models.campaigns import Mode

TASK = re.compile(r"[\s，,]+")


class Number(forms.IntegerField):
    def __init__(self, *, most: int, least: int = 0, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        super().__init__(min_value=least, max_value=most, widget=widget, **kwargs)


class Picked(forms.ModelChoiceField):
    """One of some rows; `label_of` says how a row is called."""

    def __init__(self, rows: Any, *, label_of: Any = str, **kwargs: Any) -> None:
        self.label_of = label_of
        super().__init__(queryset=rows, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(self.label_of(obj))


class Tasks(forms.Field):
    """The task sheet, one a line: “清理旧家具 张敏 3月底”."""

    max_length = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), required=False, **kwargs)

    def clean(self, value: Any) -> list[dict[str, str]]:
        found = []
        for line in str(value or "").splitlines():
            words = TASK.split(line.strip())
            if words == [""]:
                continue
            if len(words) < 2:
                raise ValidationError(
                    gettext("“%s”要写明责任人：每行写“任务 责任人 完成时间”。") % line[:30]
                )
            found.append({"what": words[0], "who": words[1], "by": " ".join(words[2:])[:20]})
        return found


def tasks_as_text(tasks: Iterable[dict[str, str]]) -> str:
    return "\n".join(" ".join(filter(None, (t["what"], t["who"], t.get("by", "")))) for t in tasks)


class Chosen(Form):
    """A form some of whose fields choose from rows given by the view: `choices={"org": queryset}`."""

    def __init__(self, *args: Any, choices: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (choices or {}).items():
            self.choose_from(**{name: rows})


class CampaignForm(Chosen):
    name = Words(label=_("名称"), limit=60)
    programme = Words(
        label=_("所属工程"), limit=60, required=False, help_text=_("如：20项民心工程。")
    )
    region = Picked(Region.objects.none(), label=_("范围"), empty_label=None)
    org = Picked(Org.objects.none(), label=_("牵头部门"), empty_label=None)
    partner = Picked(Org.objects.none(), label=_("会同部门"), required=False, empty_label=_("没有"))
    head = Picked(
        User.objects.none(),
        label=_("第一责任人"),
        empty_label=None,
        help_text=_("只能是党（工）委书记，不能由他人代管。"),
    )
    begun_on = Day(label=_("启动日期"))
    final_on = Day(label=_("最后期限"), help_text=_("启动后不能改。各点位的工序由它倒排。"))
    text = Words(label=_("目标要求"), limit=2000, rows=4, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class ReasonForm(Form):
    reason = Words(label=_("原因"), limit=200, rows=2)


class ExemptForm(ReasonForm):
    document = Words(label=_("批准文号"), limit=60, required=False)


class AreaForm(Form):
    area_m2 = Number(label=_("现有面积（平方米）"), most=200_000)
    reason = Words(label=_("依据"), limit=200, help_text=_("如：实测、扩建两间。"))


class ReportForm(Form):
    text = Words(label=_("进展"), limit=500, rows=3)
    on = Day(label=_("日期"))
    photos = Photos(label=_("照片"), most=9, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class PlanForm(Chosen):
    mode = forms.ChoiceField(label=_("方式"), choices=Mode.choices, widget=forms.RadioSelect)
    text = Words(
        label=_("方案"),
        limit=4000,
        rows=6,
        help_text=_("场所从哪里来、怎么改、功能怎么布置、钱从哪里来。"),
    )
    tasks = Tasks(
        label=_("任务书"),
        help_text=_("每行一条：任务、责任人、完成时间。例：清理旧家具 张敏 3月底。"),
    )
    lead = Picked(
        User.objects.none(),
        label=_("施工负责人"),
        empty_label=None,
        help_text=_("负责人不能验收自己的点位。"),
    )
    builder = Words(label=_("施工单位"), limit=100, required=False)


class SubmitForm(Chosen):
    committee = Picked(Org.objects.none(), label=_("审议机构"), empty_label=None)


YES_NO = (("yes", _("通过")), ("no", _("退回")))


class DecideForm(Form):
    approve = forms.ChoiceField(label=_("结果"), choices=YES_NO, widget=forms.RadioSelect)
    decision = Words(label=_("审议意见"), limit=300, rows=3)
    on = Day(label=_("审议日期"))


class DayForm(Form):
    on = Day(label=_("日期"))


class SlipForm(Form):
    to_on = Day(label=_("调整到"))
    reason = Words(label=_("理由"), limit=300, rows=3)


class SlipDecideForm(Form):
    approve = forms.ChoiceField(
        label=_("结论"), choices=(("yes", _("同意")), ("no", _("不同意"))), widget=forms.RadioSelect
    )
    words = Words(label=_("审批意见"), limit=300, rows=2, required=False)


class AcceptForm(Form):
    """One yes or no for each criterion, with words where it is not met."""

    on = Day(label=_("验收日期"))
    photos = Photos(label=_("验收照片"), most=12)
    words = Words(label=_("验收意见"), limit=300, rows=2, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, criteria: list[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {name: self.fields.pop(name) for name in ("on", "photos", "words", "key")}
        self.codes = [row.code for row in criteria]
        for row in criteria:
            self.fields[row.code] = forms.ChoiceField(
                label=row.name,
                choices=(("yes", _("有")), ("no", _("没有"))),
                widget=forms.RadioSelect,
            )
            self.fields[f"{row.code}-note"] = Words(
                label=_("情况（没有达到时填）"), limit=200, required=False
            )
        self.fields |= own

    def answers(self) -> dict[str, dict[str, Any]]:
        given = self.cleaned_data
        return {
            code: {"ok": given.get(code) == "yes", "note": given.get(f"{code}-note", "")}
            for code in self.codes
        }


class MoveInForm(Form):
    text = Words(label=_("入住情况"), limit=300, rows=3)
    on = Day(label=_("入住日期"))
    photos = Photos(label=_("照片"), most=6, required=False)


class UseForm(Form):
    is_open = forms.BooleanField(label=_("正常开放"), required=False)
    is_own_use = forms.BooleanField(label=_("没有挪作他用"), required=False)
    is_posted = forms.BooleanField(label=_("服务信息已公示"), required=False)
    words = Words(label=_("情况"), limit=300, rows=2, required=False)
    on = Day(label=_("检查日期"))


class TroubleForm(Form):
    kind = forms.ChoiceField(label=_("类别"), choices=Difficulty.Kind.choices)
    text = Words(label=_("难点"), limit=300, rows=3)


class SolveForm(Form):
    solution = Words(label=_("解决办法"), limit=300, rows=3)
    on = Day(label=_("解决日期"))


class PartForm(Chosen):
    org = Picked(Org.objects.none(), label=_("责任部门"), empty_label=None)
    what = Words(label=_("任务"), limit=200, rows=2)
    due_on = Day(label=_("期限"))


class ChargeForm(Chosen):
    leader = Picked(User.objects.none(), label=_("包保领导"), empty_label=None)


class VisitForm(Chosen):
    team = Picked(
        ResearchTeam.objects.none(), label=_("调研组"), required=False, empty_label=_("不是调研走访"),
        help_text=_("选了就记为这个组的走访，带队人要是组员。"),
    )  # fmt: skip
    leader = Picked(User.objects.none(), label=_("带队人"), empty_label=None)
    on = Day(label=_("日期"))
    text = Words(label=_("现场情况"), limit=500, rows=3)
    org = Picked(
        Org.objects.none(), label=_("拍板事项交给"), required=False, empty_label=_("没有拍板事项")
    )
    what = Words(
        label=_("拍板事项"), limit=200, required=False, help_text=_("写了就交办为任务，到期提醒。")
    )
    due_on = Day(label=_("完成期限"), required=False)
    photos = Photos(label=_("照片"), most=6, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        filled = [bool(given.get(name)) for name in ("org", "what", "due_on")]
        if any(filled) and not all(filled):
            self.add_error("what", gettext("拍板事项要写明交给谁、做什么、什么时候完成。"))
        return given


class Holder(Chosen):
    """What a line of a ledger says: its words, what it takes to make it fit, where it lies."""

    name = Words(label=_("名称"), limit=80)
    owner = Words(label=_("权属单位"), limit=80, required=False)
    address = Words(label=_("地址"), limit=120, required=False)
    area_m2 = Number(label=_("面积（平方米）"), least=1, most=1_000_000)
    cost = Yuan(
        label=_("改造费用（元）"), required=False, min_value=0,
        help_text=_("修到能用大约要多少钱；匹配房源时，效果一样的先用花钱少的。"),
    )  # fmt: skip
    note = Words(label=_("备注"), limit=200, required=False)
    lng = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=73, max_value=136)
    lat = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=3, max_value=54)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors.keys() & {"lng", "lat"}:
            self.add_error(None, gettext("位置不对，请在地图上重新点选。"))
        if "cost" in given:
            given["cost_fen"] = fen_of(given.pop("cost"))
        return given


class HoldingForm(Holder):
    ledger = forms.ChoiceField(label=_("台账"), choices=Holding.Ledger.choices)
    region = Picked(Region.objects.none(), label=_("社区（村）"), empty_label=None)
    field_order = ("ledger", "region")


class CheckForm(Form):
    area_m2 = Number(
        label=_("复核面积（平方米）"),
        least=1,
        most=1_000_000,
        help_text=_("请到现场自己量，不要照抄。"),
    )
    address = Words(label=_("复核地址"), limit=120, required=False)
    note = Words(label=_("说明"), limit=200, required=False)


class SettleForm(Form):
    # Django takes declared fields off the class: `Form.take` stays the method.
    take = forms.ChoiceField(  # type: ignore[assignment]  # see above
        label=_("以哪次为准"),
        choices=(("second", _("复核结果")), ("first", _("原登记"))),
        widget=forms.RadioSelect,
    )
    reason = Words(label=_("核定说明"), limit=200)


class HoldingChangeForm(Holder):
    reason = Words(label=_("修改原因"), limit=200)


class RunForm(Chosen):
    region = Picked(Region.objects.none(), label=_("范围"), empty_label=None)
    most_m = Number(label=_("最远距离（米）"), least=1, most=20_000, initial=1500)


class GiveForm(Chosen):
    site = Picked(Region.objects.none(), label=_("给哪个点位"), empty_label=None)


class SeatForm(Chosen):
    user = Picked(
        User.objects.none(), label=_("系统用户"), required=False, empty_label=_("不是系统用户")
    )
    name = Words(label=_("姓名"), limit=40, required=False, help_text=_("选了系统用户就不用填。"))
    title = Words(label=_("职务"), limit=60, required=False)
    part = forms.ChoiceField(label=_("组内职务"), choices=GroupMember.Part.choices)
    duty = Words(label=_("分工"), limit=200)


class CommandForm(Chosen):
    region = Picked(Region.objects.none(), label=_("战区"), empty_label=None)
    head = Picked(
        User.objects.none(),
        label=_("指挥长"),
        empty_label=None,
        help_text=_("只能是这个街镇的党工委书记。"),
    )
    powers = forms.MultipleChoiceField(
        label=_("下放权限"), choices=list(CommandArea.DELEGATED.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


class NormForm(Form):
    kind = forms.ChoiceField(label=_("类别"), choices=PlaceKind.choices)
    area_m2 = Number(label=_("面积标准（平方米）"), least=1, most=100_000)
    effective_from = Day(label=_("启用日期"))
    source = Words(label=_("依据"), limit=200)


class CriteriaForm(Form):
    group = forms.ChoiceField(label=_("类别"), choices=Criterion.Group.choices)
    names = Words(
        label=_("内容"), limit=2000, rows=10, help_text=_("每行一条，从今天起按新的验收。")
    )
    source = Words(label=_("依据"), limit=200)


class FollowUpForm(Form):
    kind = forms.ChoiceField(label=_("类别"), choices=FollowUp.Kind.choices)
    goal = Words(label=_("目标"), limit=200)
    due_on = Day(label=_("期限"))


class MarkForm(Chosen):
    follow_up = Picked(FollowUp.objects.none(), label=_("后续提升"), empty_label=None)
    note_text = Words(label=_("说明"), limit=200)
    on = Day(label=_("日期"))


class RhythmForm(Chosen):
    kind = forms.ChoiceField(label=_("类别"), choices=Rhythm.Kind.choices)
    region = Picked(Region.objects.none(), label=_("片区"), empty_label=None)
    org = Picked(Org.objects.none(), label=_("召集单位"), empty_label=None)
    chair = Picked(User.objects.none(), label=_("主持人"), empty_label=None)
    venue = Words(label=_("地点"), limit=80)
    every_days = Number(label=_("每隔几天"), least=1, most=120, initial=14)
    next_on = Day(label=_("首次日期"))
    hour = Number(label=_("几点"), least=7, most=20, initial=9)


class TeamForm(Chosen):
    number = Number(label=_("组号"), least=1, most=99)
    regions = forms.ModelMultipleChoiceField(label=_("走访范围"), queryset=Region.objects.none())
    members = forms.ModelMultipleChoiceField(
        label=_("组员"), queryset=User.objects.none(), help_text=_("第一位是组长。")
    )


class SecretForm(Chosen):
    sites = forms.ModelMultipleChoiceField(label=_("暗访点位"), queryset=Region.objects.none())
    workers = forms.ModelMultipleChoiceField(label=_("暗访人员"), queryset=User.objects.none())
    due_from = Day(label=_("起始日"))
    due_on = Day(label=_("截止日"))
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
