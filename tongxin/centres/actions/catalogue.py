"""Services are loaded and offered by centres; powers are entered and taken back."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.places.models import Centre
from tongxin.regions.models import Region

from ..models import DelegatedPower, DelegatedService, ServiceOffer
from .common import locked, must_hold, must_serve

DATA = Path(__file__).parent.parent / "data"
SINCE = date(2024, 1, 1)


class BadOffer(Invalid):
    """No such service in force, a centre that is not open, a day that cannot be."""


class OfferThere(Refused):
    """The centre offers it, or has stopped already."""


class BadPower(Invalid):
    """A power without its facts, or from a day that cannot be."""


class PowerThere(Refused):
    """It is on the list already, or was taken back."""


def _rows(name: str) -> list[dict]:
    path = DATA / name
    return [dict(row) for _line, row in read_table(path.read_bytes(), name=name).rows]


@transaction.atomic
def load_services() -> int:
    """Bring in the sample of 23 delegated services (S1.52) that are not there; return how many."""
    made = 0
    for row in _rows("services.csv"):
        given = {
            name: row[name] for name in ("name", "category", "department", "decided_by", "fee")
        }
        made += DelegatedService.objects.get_or_create(
            code=row["code"], version=1,
            defaults=given | {
                "materials": row["materials"].split("；"), "days": int(row["days"]),
                "effective_from": SINCE, "source": "自编样例，请按本地文件核定", "is_sample": True,
            },
        )[1]  # fmt: skip
    return made


@transaction.atomic
def load_powers(*, region: Region, by: User | None, at: datetime) -> int:
    """Bring in the sample list of powers for a district; return how many are new.

    :raises NotPermitted: unless `by` is an officer over it
    """
    if by is not None:
        must_hold(by, ("officer",), region.path, what=_("编制下放清单"))
    made = 0
    for row in _rows("powers.csv"):
        made += DelegatedPower.objects.get_or_create(
            region=region, kind=row["kind"], name=row["name"], to_level=row["to_level"],
            defaults={"from_name": row["from_name"], "basis": row["basis"], "is_sample": True,
                      "since": date.fromisoformat(row["since"]), "by": by, "at": at},
        )[1]  # fmt: skip
    return made


@transaction.atomic
def offer_service(
    *, centre: Centre, code: str, way: str, on: date, by: User | None, at: datetime
) -> ServiceOffer:  # fmt: skip
    """Say that a centre takes a service in from a day on.

    :raises BadOffer: for a service that is not in force, or a centre that is closed
    :raises OfferThere: if it does so already
    :raises NotPermitted:
    """
    centre = locked(centre)
    if by is not None:
        must_serve(by, centre.region.path, what=_("开办下沉事项"))
    if centre.state == Centre.State.CLOSED:
        raise BadOffer(_("这个中心已关闭。"))
    if way not in ServiceOffer.Way.values:
        raise BadOffer(_("请选择办理方式。"), field="way")
    if not DelegatedService.objects.on(on).filter(code=code).exists():
        raise BadOffer(_("目录里没有这一事项。"), field="code")
    if ServiceOffer.objects.filter(centre=centre, code=code, to_date__isnull=True).exists():
        raise OfferThere(_("这个中心已经开办这一事项。"), field="code")
    return ServiceOffer.objects.create(
        centre=centre, code=code, way=way, from_date=on, by=by, at=at
    )


@transaction.atomic
def offer_all(*, centre: Centre, codes: list[str], on: date, by: User, at: datetime) -> int:
    """Let a centre offer exactly these services: new ones are opened, others stopped; return changes.

    Raises as `offer_service`.
    """
    centre = locked(centre)
    must_serve(by, centre.region.path, what=_("开办下沉事项"))
    now_offered = {
        one.code: one for one in ServiceOffer.objects.filter(centre=centre, to_date__isnull=True)
    }
    changed = 0
    for code in codes:
        if code not in now_offered:
            offer_service(centre=centre, code=code, way=ServiceOffer.Way.TAKE, on=on, by=by, at=at)
            changed += 1
    for code, one in now_offered.items():
        if code not in codes:
            one.to_date = max(on, one.from_date)
            one.save(update_fields=["to_date"])
            changed += 1
    return changed


@transaction.atomic
def pass_down(
    *, region: Region, kind: str, name: str, from_name: str, to_level: str, basis: str,
    since: date, by: User, at: datetime, from_org: Org | None = None,
) -> DelegatedPower:  # fmt: skip
    """Enter a power, staff or means passed down (S4.66).

    :raises BadPower: without its facts
    :raises PowerThere: if it is on the list
    :raises NotPermitted: unless `by` is an officer over the land
    """
    must_hold(by, ("officer",), region.path, what=_("编制下放清单"))
    Region.objects.select_for_update().only("pk").get(pk=region.pk)
    if kind not in DelegatedPower.Kind.values:
        raise BadPower(_("请选择类别。"), field="kind")
    if to_level not in DelegatedPower.Level.values:
        raise BadPower(_("请选择下放到哪一级。"), field="to_level")
    name = clean_text(name, limit=100, field_label=_("下放事项"), required=True)
    there = DelegatedPower.objects.filter(
        region=region, kind=kind, name=name, to_level=to_level, until__isnull=True
    )
    if there.exists():
        raise PowerThere(_("清单里已有“%s”。") % name, field="name")
    return DelegatedPower.objects.create(
        region=region, kind=kind, name=name, to_level=to_level, since=since, by=by, at=at,
        from_org=from_org,
        from_name=clean_text(from_name, limit=60, field_label=_("原单位"), required=True),
        basis=clean_text(basis, limit=200, field_label=_("依据"), required=True),
    )  # fmt: skip


@transaction.atomic
def take_back(
    power: DelegatedPower, *, on: date, why: str, by: User, at: datetime
) -> DelegatedPower:
    """Write down that a power was taken back, and why. Raises PowerThere, BadPower, NotPermitted."""
    rows = DelegatedPower.objects.select_for_update(of=("self",)).select_related("region")
    power = rows.get(pk=power.pk)
    must_hold(by, ("officer",), power.region.path, what=_("编制下放清单"))
    if power.until is not None:
        raise PowerThere(_("“%s”已收回。") % power.name)
    if not power.since <= on <= localdate(at):
        raise BadPower(_("日期应在下放之后、今天之前。"), field="on")
    power.until = on
    power.ended_why = clean_text(why, limit=100, field_label=_("收回原因"), required=True)
    power.save(update_fields=["until", "ended_why"])
    return power
