"""Parks and homes: set up, enterprises moving in and out, use of facilities, talent figures."""

from __future__ import annotations

import csv
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.places.models import Centre
from tongxin.regions.models import Region

from ..models import AllianceProject, Enterprise, FacilityUse, IndexRule, Park, TalentCount
from ..models.alliances import own_orgs
from ..queries.parks import facilities_of
from ..queries.parts import keeps_park
from .approvals import DATA, SAMPLE
from .common import BadDay, OverAlready, lines, money, must, not_to_come, text

MOST_PEOPLE = 1_000_000
TEXTS = {"name": 80, "credit_code": 18, "industry": 40, "room": 60}
LABELS = {
    "name": gettext_lazy("企业名称"),
    "credit_code": gettext_lazy("统一社会信用代码"),
    "industry": gettext_lazy("行业"),
    "room": gettext_lazy("位置"),
}


class ParkThere(Refused):
    """There is one of that name."""


class InsideAlready(Refused):
    """The enterprise is in the park."""


def load_index() -> int:
    """Bring in the sample weights of the index that are not there yet; return how many are new."""
    known = set(IndexRule.objects.values_list("code", "version"))
    with (DATA / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if (r["code"], r["version"]) not in known]
    made = [
        IndexRule(
            code=row["code"], version=row["version"], name=row["name"], weight=int(row["weight"]),
            effective_from=date.fromisoformat(row["effective_from"]), source=SAMPLE, is_sample=True,
        )
        for row in rows
    ]  # fmt: skip
    return len(IndexRule.objects.bulk_create(made))


@transaction.atomic
def found_park(
    *, kind: str, name: str, region: Region, operator: Org, opened_on: date, by: User, at: datetime,
    branch: Org | None = None, centre: Centre | None = None, manager: User | None = None,
    project: AllianceProject | None = None, project_name: str = "", project_fen: int = 0,
    address: str = "", lng: float | None = None, lat: float | None = None, about: str = "",
) -> Park:  # fmt: skip
    """Set up a park, a makers' space or a home for builders (S3.41, S3.44, S4.77).

    A home stands beside one big project: of an alliance, or named. With a party branch the branch's
    book keeps the day.

    :raises NotYours: unless `by` is an officer over the land or answers for the operator
    :raises ParkThere, Invalid, BadDay:
    """
    allowed = "officer" in roles_over(by, region.path) or operator.pk in own_orgs(by)
    must(allowed, what=_("登记园区"), remedy=_("请街镇管理员或运营单位办理。"))
    if kind not in Park.Kind.values:
        raise Invalid(_("请选择类型。"), field="kind")
    if kind == Park.Kind.HOME and project is None and not project_name:
        raise Invalid(_("建设者之家要写明依托的项目。"), field="project_name")
    if branch is not None and branch.kind != Org.Kind.PARTY:
        raise Invalid(_("请选择党组织。"), field="branch")
    not_to_come(opened_on, at, field="opened_on")
    try:
        with transaction.atomic():
            park = Park.objects.create(
                kind=kind, name=text(name, _("名称"), limit=60), region=region, operator=operator,
                branch=branch, centre=centre, manager=manager, project=project,
                project_name=text(project_name, _("依托项目"), limit=80, required=False),
                project_fen=money(project_fen, field="project_fen"), opened_on=opened_on,
                address=text(address, _("地址"), limit=120, required=False), lng=lng, lat=lat,
                text=lines(about, _("简介"), required=False), by=by, at=at,
            )  # fmt: skip
    except IntegrityError:
        raise ParkThere(_("这里已有名为“%s”的园区。") % name, field="name") from None
    if branch is not None:
        write_log(
            unit=branch, kind="service", at=at, recorded_at=at,
            text=_("%(kind)s“%(name)s”启用") % {"kind": park.get_kind_display(), "name": park.name},
            source=f"alliances.park:{park.pk}", key=f"park:{park.pk}", actor=by,
        )  # fmt: skip
    audit(actor=by, action="alliances.park", object=park.name, at=at)
    return park


def _kept(park: Park, by: User, what: Any) -> None:
    must(keeps_park(by, park), what=what, remedy=_("请园区服务专员或街镇管理员办理。"))
    if park.closed_on is not None:
        raise OverAlready(_("%s已停用。") % park.name)


@transaction.atomic
def change_park(park: Park, *, by: User, at: datetime, **changes: Any) -> Park:
    """Change the manager, branch, centre, address or words of a park. :raises NotYours, OverAlready:"""
    park = Park.objects.select_for_update(of=("self",)).select_related("region").get(pk=park.pk)
    _kept(park, by, _("修改园区"))
    if "address" in changes:
        changes["address"] = text(changes["address"], _("地址"), limit=120, required=False)
    if "text" in changes:
        changes["text"] = lines(changes["text"], _("简介"), required=False)
    for name, value in changes.items():
        setattr(park, name, value)
    park.save(update_fields=[*changes])
    return park


# Enterprises.


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    for name, limit in TEXTS.items():
        if name in values:
            values[name] = text(values[name], LABELS[name], limit=limit, required=name == "name")
    for name in ("staff", "members"):
        if not 0 <= values.get(name, 0) <= MOST_PEOPLE:
            raise Invalid(_("人数不会是这个数，请核对。"), field=name)
    if values.get("members", 0) > values.get("staff", MOST_PEOPLE):
        raise Invalid(_("党员人数不能多于从业人数。"), field="members")
    return values


@transaction.atomic
def admit_enterprise(
    park: Park, *, name: str, moved_in_on: date, by: User, at: datetime, org: Org | None = None,
    contact: User | None = None, **facts: Any,
) -> Enterprise:  # fmt: skip
    """Register an enterprise that moved in. facts: credit_code, industry, staff, members, room.

    :raises NotYours, OverAlready, InsideAlready, Invalid, BadDay:
    """
    _kept(park, by, _("登记入驻企业"))
    if park.kind == Park.Kind.HOME:
        raise Invalid(_("建设者之家不登记入驻企业。"), field="park")
    not_to_come(moved_in_on, at, field="moved_in_on")
    values = _clean({"name": name, **facts})
    try:
        with transaction.atomic():
            return Enterprise.objects.create(
                park=park, org=org, contact=contact, moved_in_on=moved_in_on, **values
            )
    except IntegrityError:
        raise InsideAlready(_("“%s”已在园区内。") % name, field="name") from None


@transaction.atomic
def change_enterprise(
    enterprise: Enterprise, *, by: User, at: datetime, **facts: Any
) -> Enterprise:
    """Change what is said of an enterprise. :raises NotYours, OverAlready, InsideAlready, Invalid:"""
    rows = Enterprise.objects.select_for_update(of=("self",)).select_related("park__region")
    enterprise = rows.get(pk=enterprise.pk)
    _kept(enterprise.park, by, _("修改入驻企业"))
    if enterprise.moved_out_on is not None:
        raise OverAlready(_("%s已迁出。") % enterprise.name)
    known = {"staff": enterprise.staff, "members": enterprise.members}
    for name, value in _clean(known | facts).items():
        setattr(enterprise, name, value)
    try:
        with transaction.atomic():
            enterprise.save()
    except IntegrityError:
        raise InsideAlready(_("“%s”已在园区内。") % enterprise.name, field="name") from None
    return enterprise


@transaction.atomic
def move_out(enterprise: Enterprise, *, on: date, by: User, at: datetime) -> Enterprise:
    """Write down that an enterprise left. :raises NotYours, OverAlready, BadDay:"""
    rows = Enterprise.objects.select_for_update(of=("self",)).select_related("park__region")
    enterprise = rows.get(pk=enterprise.pk)
    _kept(enterprise.park, by, _("登记迁出"))
    if enterprise.moved_out_on is not None:
        raise OverAlready(_("%s已迁出。") % enterprise.name)
    if not enterprise.moved_in_on <= on <= localdate(at):
        raise BadDay(_("迁出日期应在入驻之后、今天或之前。"), field="on")
    enterprise.moved_out_on = on
    enterprise.save(update_fields=["moved_out_on"])
    return enterprise


# Figures.


@transaction.atomic
def record_use(
    park: Park, *, facility: str, on: date, people: int, by: User, at: datetime
) -> FacilityUse:
    """Write down how many used a facility on a day; said again, the last word counts (S3.42).

    A park with a centre counts its rooms only, by their names.

    :raises NotYours, OverAlready, BadDay, Invalid:
    """
    _kept(park, by, _("填报设施使用"))
    not_to_come(on, at, field="on")
    if on < park.opened_on:
        raise BadDay(_("日期不能早于启用日期 %s。") % park.opened_on, field="on")
    if not 0 <= people <= MOST_PEOPLE:
        raise Invalid(_("人次不会是这个数，请核对。"), field="people")
    facility = text(facility, _("设施"), limit=40)
    known = facilities_of(park)
    if known and facility not in known:
        raise Invalid(
            _("没有“%s”这个设施，请先在党群阵地里登记房间。") % facility, field="facility"
        )
    use, _is_new = FacilityUse.objects.update_or_create(
        park=park, facility=facility, on=on, defaults={"people": people, "by": by, "at": at}
    )
    return use


@transaction.atomic
def record_talent(
    park: Park, *, kind: str, month: date, people: int, by: User, at: datetime, note: str = ""
) -> TalentCount:
    """Write down a month's figure of talent work; said again, the last word counts (S4.78).

    :raises NotYours, OverAlready, BadDay, Invalid:
    """
    _kept(park, by, _("填报人才工作"))
    if kind not in TalentCount.Kind.values:
        raise Invalid(_("请选择类别。"), field="kind")
    if not 0 <= people <= MOST_PEOPLE:
        raise Invalid(_("人数不会是这个数，请核对。"), field="people")
    first = month.replace(day=1)
    not_to_come(first, at, field="month")
    values = {"people": people, "note": text(note, _("说明"), required=False), "by": by, "at": at}
    made, _is_new = TalentCount.objects.update_or_create(
        park=park, kind=kind, month=first, defaults=values
    )
    return made
