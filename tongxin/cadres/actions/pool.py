"""Who is offered, which units stay together, how many each community needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.actions import add_person, link_user
from tongxin.orgs.models import Org, Person
from tongxin.orgs.queries import account_for
from tongxin.orgs.scope import keeps_register
from tongxin.regions.models import Region
from tongxin.regions.queries import world

from ..models import Need, Operation, PoolEntry, Together
from ..queries.needs import suggestions
from ..scope import leads
from .operations import check_leads, check_running
from .rules import NotYours

MOST_NEEDED = 500


class InPool(Refused):
    """Somebody is offered once."""


class BadOffer(Invalid):
    """An offer lacks a home on the map, or its days do not fit."""


class BadNeed(Invalid):
    """A community wishes at least what it needs."""


@dataclass(frozen=True)
class Offer:
    """One cadre as a unit offers them."""

    person: Person
    unit: Org
    home: Region
    from_date: date
    to_date: date
    most_km: int | None = None
    note: str = ""


@transaction.atomic
def offer_cadres(
    *, operation: Operation, offers: Sequence[Offer], at: datetime, by: User
) -> list[PoolEntry]:
    """Put cadres into the pool; all or, if one is refused, none (S0.14, S0.17).

    :raises NotYours: unless `by` directs the operation, or keeps every one of the units
    :raises NotRunning: as its name says
    :raises BadOffer: naming who has no home with a place on the map, or days that do not fit
    :raises InPool: naming who is in it already
    """
    check_running(operation)
    units = {one.unit.pk: one.unit for one in offers}
    kept = all(keeps_register(by, unit.path) for unit in units.values())
    if not kept and not leads(by, operation):
        raise NotYours(_("您不是行动的指挥方，也不管理这些干部的派出单位"))
    lands = world().by_id
    for one in offers:
        _check_offer(one, lands.get(one.home.pk))
    people = [one.person.pk for one in offers]
    twice = PoolEntry.objects.ready().filter(operation=operation, person__in=people)
    if there := [entry.person.name for entry in twice.select_related("person")[:5]]:
        raise InPool(_("已在统筹池：%s") % "、".join(there), field="person")
    try:
        with transaction.atomic():
            rows = PoolEntry.objects.bulk_create(
                [PoolEntry(operation=operation, **vars(one)) for one in offers], 500
            )
    except IntegrityError as error:
        raise InPool(_("名单中有人重复，请每人只报一次"), field="person") from error
    audit(actor=by, action="pool.offer", object=operation.name, detail={"n": len(rows)}, at=at)
    return rows


def _check_offer(one: Offer, land) -> None:
    if one.home.level != Region.Level.COMMUNITY or land is None or land.lng is None:
        raise BadOffer(
            _("%(who)s 的居住地“%(home)s”不是有位置的社区，算不出距离")
            % {"who": one.person, "home": one.home},
            field="home",
        )
    if one.to_date < one.from_date:
        raise BadOffer(_("%s 的截止日早于起始日") % one.person, field="to_date")
    if one.most_km is not None and not 1 <= one.most_km <= 200:
        raise BadOffer(_("最远公里数在 1 到 200 之间，或不填"), field="most_km")


@transaction.atomic
def withdraw_cadre(*, entry: PoolEntry, at: datetime, by: User) -> None:
    """Take somebody out of the pool; a secondment that has begun goes on.

    :raises NotYours: unless `by` directs the operation or keeps the unit
    """
    if not (leads(by, entry.operation) or keeps_register(by, entry.unit.path)):
        raise NotYours(_("只有行动的指挥方，或派出单位，可以撤出"))
    PoolEntry.objects.filter(pk=entry.pk, withdrawn_at__isnull=True).update(withdrawn_at=at)
    audit(actor=by, action="pool.withdraw", object=entry.person.name, detail={}, at=at)


@transaction.atomic
def keep_together(*, operation: Operation, unit: Org, level: str, at: datetime, by: User) -> None:
    """Let a unit's cadres work in one street or community; "" lets them go anywhere again.

    :raises NotYours, NotRunning: as their names say
    """
    check_leads(by, operation)
    check_running(operation)
    if level:
        Together.objects.update_or_create(operation=operation, unit=unit, defaults={"level": level})
    else:
        Together.objects.filter(operation=operation, unit=unit).delete()
    audit(actor=by, action="pool.together", object=unit.name, detail={"level": level}, at=at)


@transaction.atomic
def suggest_needs(*, operation: Operation, at: datetime, by: User) -> int:
    """Write what each community needs by the rule; what was set by hand stays. Return how many.

    :raises NotYours, NotRunning, NoRule: as their names say
    """
    check_leads(by, operation)
    check_running(operation)
    by_hand = set(operation.needs.filter(by_hand=True).values_list("community_id", flat=True))
    rows = [
        Need(
            operation=operation, community_id=one.community_id, minimum=one.minimum,
            wish=one.wish, basis=one.basis, changed_by=by, changed_at=at,
        )
        for one in suggestions(operation, at=at)
        if one.community_id not in by_hand
    ]  # fmt: skip
    Need.objects.bulk_create(
        rows,
        500,
        update_conflicts=True,
        unique_fields=["operation", "community"],
        update_fields=["minimum", "wish", "basis", "changed_by", "changed_at"],
    )
    return len(rows)


@transaction.atomic
def set_need(
    *, operation: Operation, community: Region, minimum: int, wish: int, basis: str, at: datetime,
    by: User,
) -> Need:  # fmt: skip
    """Say by hand what a community needs, and on what grounds.

    :raises NotYours, NotRunning: as their names say
    :raises BadNeed: if it wishes less than its minimum, or more than any community could use
    """
    check_leads(by, operation)
    check_running(operation)
    inside = community.path.startswith(operation.region.path)
    if community.level != Region.Level.COMMUNITY or not inside:
        raise BadNeed(
            _("“%(place)s”不是%(land)s的社区") % {"place": community, "land": operation.region},
            field="community",
        )
    if not 0 <= minimum <= wish <= MOST_NEEDED:
        raise BadNeed(_("期望人数不能少于至少人数，也不能超过 %d") % MOST_NEEDED, field="wish")
    need, _made = Need.objects.update_or_create(
        operation=operation,
        community=community,
        defaults={
            "minimum": minimum, "wish": wish, "basis": basis or str(_("人工填报")),
            "by_hand": True, "changed_by": by, "changed_at": at,
        },
    )  # fmt: skip
    detail = {"minimum": minimum, "wish": wish}
    audit(actor=by, action="need.set", object=community.name, detail=detail, at=at)
    return need


@transaction.atomic
def enrol_cadre(
    *, operation: Operation, name: str, phone: str, unit: Org, at: datetime, by: User, **days: Any
) -> PoolEntry:
    """Offer one cadre by name and telephone: known by it, or written into the register of people.

    An account that signs in with the telephone is theirs. `days` as in `Offer`.

    :raises BadOffer: if the telephone is somebody else's by name
    :raises: what `offer_cadres` raises
    """
    person = known_person(phone)
    if person is not None and person.name != name:
        raise BadOffer(_("这个手机号登记的是另一个人，请核对姓名和手机号"), field="phone")
    if person is None:
        check_running(operation)
        if not (keeps_register(by, unit.path) or leads(by, operation)):
            raise NotYours(_("您不是行动的指挥方，也不管理这些干部的派出单位"))
        person = add_person(name=name, phone=phone, home=days["home"], employer=unit, at=at, by=by)
        if (user := account_for(person)) is not None:
            link_user(person=person, user=user, at=at, by=None)
    offer = Offer(person=person, unit=unit, **days)
    return offer_cadres(operation=operation, offers=[offer], at=at, by=by)[0]


def known_person(phone: str) -> Person | None:
    """Return whom the register knows by a telephone."""
    index = sealer().index(phone)
    return Person.objects.filter(phone_index=index).order_by("pk").first() if index else None
