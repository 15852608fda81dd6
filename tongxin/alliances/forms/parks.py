"""What people fill in about parks, homes, enterprises, the use of facilities and talent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org
from tongxin.places.models import Centre
from tongxin.regions.models import Region
from tongxin.ui.forms import Form, Words

from ..models import AllianceProject, Park, TalentCount
from .common import Day, One, Wan, choose, lands_of, orgs_of, people_of


class ParkForm(Form):
    kind = forms.ChoiceField(label=_("类型"), choices=Park.Kind.choices)
    name = Words(label=_("名称"), limit=60)
    region = One(Region, label=_("所在区域"))
    address = Words(label=_("地址"), limit=120, required=False)
    operator = One(Org, label=_("运营单位"))
    branch = One(Org, label=_("党组织"), required=False)
    centre = One(Centre, label=_("党群服务中心"), required=False)
    project = One(AllianceProject, label=_("依托的联盟项目"), required=False)
    project_name = Words(
        label=_("依托的其他项目"), limit=80, required=False,
        help_text=_("建设者之家必填其一：联盟项目，或在这里写项目名称。"),
    )  # fmt: skip
    investment = Wan(label=_("该项目投资额（万元）"), required=False)
    opened_on = Day(label=_("启用日期"))
    about = Words(label=_("简介"), limit=2000, rows=3, required=False)

    def __init__(self, *args: Any, actor: Any, land: Region, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = (Org.Kind.UNIT, Org.Kind.GOVERNMENT, Org.Kind.COMMUNITY)
        centres = Centre.objects.visible_to(actor).standing()
        choose(
            self, region=lands_of(actor), operator=orgs_of(land, *kinds),
            branch=orgs_of(land, Org.Kind.PARTY), centre=centres.order_by("name"),
            project=AllianceProject.objects.visible_to(actor).order_by("name"),
        )  # fmt: skip


class ParkChangeForm(Form):
    manager = One(User, label=_("服务专员"), required=False, help_text=_("企业的难题先到他这里。"))
    branch = One(Org, label=_("党组织"), required=False)
    centre = One(Centre, label=_("党群服务中心"), required=False)
    address = Words(label=_("地址"), limit=120, required=False)
    about = Words(label=_("简介"), limit=2000, rows=3, required=False)

    def __init__(self, *args: Any, actor: Any, park: Park, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        centres = Centre.objects.visible_to(actor).standing()
        choose(
            self, branch=orgs_of(park.region, Org.Kind.PARTY), centre=centres.order_by("name"),
            manager=people_of(park.operator_id, park.branch_id),
        )  # fmt: skip


class EnterpriseForm(Form):
    name = Words(label=_("企业名称"), limit=80)
    credit_code = Words(label=_("统一社会信用代码"), limit=18, required=False)
    industry = Words(label=_("行业"), limit=40, required=False)
    staff = forms.IntegerField(label=_("从业人数"), min_value=0, max_value=1_000_000, initial=0)
    members = forms.IntegerField(label=_("党员人数"), min_value=0, max_value=1_000_000, initial=0)
    room = Words(label=_("位置"), limit=60, required=False, help_text=_("楼栋、房间。"))


class AdmitForm(EnterpriseForm):
    moved_in_on = Day(label=_("入驻日期"))


class UseForm(Form):
    on = Day(label=_("日期"))
    facility = Words(label=_("设施"), limit=40)
    people = forms.IntegerField(label=_("人次"), min_value=0, max_value=1_000_000)

    def __init__(self, *args: Any, facilities: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if facilities:
            self.fields["facility"] = forms.ChoiceField(
                label=_("设施"), choices=[(name, name) for name in facilities]
            )


class TalentForm(Form):
    kind = forms.ChoiceField(label=_("类别"), choices=TalentCount.Kind.choices)
    month = Day(label=_("月份"), help_text=_("填这个月的任意一天。"))
    people = forms.IntegerField(label=_("人数"), min_value=0, max_value=1_000_000)
    note = Words(label=_("说明"), limit=200, required=False)
