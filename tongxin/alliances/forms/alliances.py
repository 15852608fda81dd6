"""What people fill in about alliances, desks, projects, problems and meetings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.ui.forms import Form, Photos, Words

from ..models import (
    Alliance,
    AllianceMember,
    AllianceProject,
    ApprovalChain,
    ApprovalItem,
    Desk,
    Indicator,
    Industry,
    ProblemType,
)
from .common import Day, Key, Moment, One, Wan, choose, lands_of, orgs_of, people_of, under


class AllianceForm(Form):
    name = Words(label=_("名称"), limit=60)
    convenor = One(Org, label=_("召集单位"))
    region = One(Region, label=_("范围"))
    purpose = Words(label=_("目的"), limit=300, rows=3)
    founded_on = Day(label=_("成立日期"))
    desks = forms.IntegerField(
        label=_("工作部数"), min_value=0, max_value=30, initial=3,
        help_text=_("按序号建立：第一工作部、第二工作部……，负责人之后再定。"),
    )  # fmt: skip

    def __init__(self, *args: Any, actor: Any, orgs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, convenor=orgs, region=lands_of(actor))


class MemberForm(Form):
    org = One(Org, label=_("单位"))
    kind = forms.ChoiceField(label=_("类型"), choices=AllianceMember.Kind.choices)
    duty = Words(label=_("职责"), limit=100, required=False)
    on = Day(label=_("加入日期"))

    def __init__(self, *args: Any, alliance: Alliance, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = alliance.members.filter(left_on=None).values("org")
        choose(self, org=orgs_of(alliance.region).exclude(kind=Org.Kind.TEAM).exclude(pk__in=taken))


class DeskForm(Form):
    number = forms.IntegerField(label=_("序号"), min_value=1, max_value=30)
    name = Words(label=_("名称"), limit=40, required=False, help_text=_("不填按序号取名。"))
    head = One(User, label=_("负责人"), required=False)
    duty = Words(label=_("职责"), limit=200, required=False)

    def __init__(self, *args: Any, alliance: Alliance, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, head=_people(alliance))


class SeatForm(Form):
    user = One(User, label=_("人员"))
    on = Day(label=_("开始日期"))

    def __init__(self, *args: Any, alliance: Alliance, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, user=_people(alliance))


def _people(alliance: Alliance) -> Any:
    orgs = alliance.members.filter(left_on=None).values_list("org", flat=True)
    return people_of(*orgs, alliance.convenor_id)


class ExampleForm(Form):
    label = Words(
        label=_("案例名称"), limit=100, required=False, help_text=_("留空即取消典型标记。")
    )
    url = Words(
        label=_("案例页面"), limit=200, required=False,
        help_text=_("案例与学习里的页面地址，以 / 开头。"),
    )  # fmt: skip


class ProjectForm(Form):
    desk = One(Desk, label=_("工作部"))
    name = Words(label=_("项目名称"), limit=80)
    owner = One(Org, label=_("项目单位"))
    contact = One(
        User, label=_("项目联系人"), required=False,
        help_text=_("项目单位里有账号的人；没有的，确认和评价用链接。"),
    )  # fmt: skip
    region = One(Region, label=_("所在区域"))
    address = Words(label=_("地址"), limit=120, required=False)
    industry = forms.ChoiceField(label=_("行业"), choices=Industry.choices)
    investment = Wan(label=_("投资额（万元）"), required=False)
    is_major = forms.BooleanField(label=_("重大项目"), required=False)
    starts_on = Day(label=_("启动日期"))
    chain = One(
        ApprovalChain, label=_("审批链"), required=False,
        help_text=_("按模板列出审批事项、时限和先后，之后可以增减。"),
    )  # fmt: skip
    about = Words(label=_("简介"), limit=2000, rows=3, required=False)
    key = Key()

    def __init__(self, *args: Any, alliance: Alliance, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = orgs_of(alliance.region, Org.Kind.UNIT)
        choose(
            self, desk=alliance.desks.order_by("number"), owner=owners, region=under(alliance.region),
            contact=people_of(*owners.values_list("pk", flat=True)),
            chain=ApprovalChain.objects.filter(effective_to=None).order_by("code", "-version"),
        )  # fmt: skip


class ProjectChangeForm(Form):
    name = Words(label=_("项目名称"), limit=80)
    contact = One(User, label=_("项目联系人"), required=False)
    address = Words(label=_("地址"), limit=120, required=False)
    industry = forms.ChoiceField(label=_("行业"), choices=Industry.choices)
    investment = Wan(label=_("投资额（万元）"), required=False)
    is_major = forms.BooleanField(label=_("重大项目"), required=False)
    about = Words(label=_("简介"), limit=2000, rows=3, required=False)

    def __init__(self, *args: Any, project: AllianceProject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, contact=people_of(project.owner_id))


class HandOverForm(Form):
    desk = One(Desk, label=_("移交给"))
    reason = Words(label=_("原因"), limit=200, rows=2)

    def __init__(self, *args: Any, project: AllianceProject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Desk.objects.filter(alliance=project.alliance_id).exclude(pk=project.desk_id)
        choose(self, desk=others.order_by("number"))


class IndicatorForm(Form):
    name = Words(label=_("指标"), limit=60)
    rule = forms.ChoiceField(label=_("要求"), choices=Indicator.Rule.choices)
    needed = forms.DecimalField(label=_("应达到"), max_digits=14, decimal_places=2)
    unit = Words(label=_("单位"), limit=12, required=False)
    due_on = Day(label=_("期限"), required=False)
    basis = Words(label=_("依据"), limit=120, required=False)


class ReadingForm(Form):
    value = forms.DecimalField(label=_("数值"), max_digits=14, decimal_places=2)
    on = Day(label=_("日期"))
    note = Words(label=_("说明"), limit=200, required=False)


class ProblemForm(Form):
    type = One(ProblemType, label=_("类型"))
    title = Words(label=_("问题"), limit=120)
    text = Words(label=_("具体情况"), limit=2000, rows=4, required=False)
    item = One(ApprovalItem, label=_("涉及的审批事项"), required=False, empty_label=_("不涉及"))
    photos = Photos(label=_("照片"), most=6, required=False)
    key = Key()

    def __init__(self, *args: Any, scope: str, items: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, type=ProblemType.objects.filter(scope=scope, effective_to=None))
        if items is None:
            del self.fields["item"]
        else:
            choose(self, item=items)


class MeetingForm(Form):
    title = Words(label=_("议题"), limit=100)
    starts_at = Moment(label=_("开始时间"))
    ends_at = Moment(label=_("结束时间"))
    venue = Words(label=_("地点"), limit=100)
    on_site = forms.BooleanField(label=_("在项目现场召开"), required=False)
    chair = Words(label=_("主持人"), limit=40)
    agenda = Words(
        label=_("议程"), limit=1500, rows=4, required=False,
        help_text=_("上次没办结的待办会自动列在最前面。"),
    )  # fmt: skip
    agencies = Words(
        label=_("外部机构"), limit=200, required=False,
        help_text=_("中介机构等，用顿号隔开。成员审批部门、工作部和项目单位自动列入名单。"),
    )  # fmt: skip

    def clean_agencies(self) -> list[str]:
        said = self.cleaned_data["agencies"].replace("，", "、").replace(",", "、")
        return [word.strip() for word in said.split("、") if word.strip()][:20]


class PointForm(Form):
    text = Words(label=_("待办"), limit=200, rows=2)
    owner = Words(label=_("责任单位（人）"), limit=60)
    due_on = Day(label=_("完成时限"))


class AnswerForm(Form):
    answer = Words(label=_("办理结果"), limit=300, rows=3)
