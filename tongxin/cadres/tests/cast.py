"""An operation in the named world: Bo, Dai and Fang of the roads department, Gu of the water office.

Bo and Dai live in Pine, Fang in Reed, Gu in Salt; each has an account. The operation is the whole
district's, ordered by its committee.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.cadres import actions
from tongxin.cadres.actions import Offer, Sending
from tongxin.cadres.models import Operation, Secondment
from tongxin.orgs.models import Person
from tongxin.testing import NOON

TODAY = localdate(NOON)
FIRST, LAST = date(2026, 3, 3), date(2026, 4, 30)
NAMES = {"bo": "薄海", "dai": "戴宁", "fang": "方圆", "gu": "顾城"}


def add_cadres(world) -> None:
    homes = {"bo": world.pine, "dai": world.pine, "fang": world.reed, "gu": world.salt}
    units = {"bo": world.roads, "dai": world.roads, "fang": world.roads, "gu": world.water}
    for username, name in NAMES.items():
        user = User.objects.create(username=username, name=name)
        setattr(world, username, user)
        person = Person.objects.create(
            name=name, user=user, home=homes[username], employer=units[username]
        )
        setattr(world, f"{username}_person", person)


def start(world, **changes) -> Operation:
    given = {
        "name": "疫情防控应急行动",
        "region": world.tong,
        "ordered_by": world.tong_party,
        "document_no": "滨党发〔2026〕3号",
        "reason": "全区动员，力量下沉一线",
        "ends_on": date(2026, 5, 31),
        "at": NOON,
        "by": world.gao,
    }
    return actions.start_operation(**given | changes)


def offer(world, operation, *who: str, **changes):
    offers = []
    for username in who or tuple(NAMES):
        person = getattr(world, f"{username}_person")
        given = {
            "person": person,
            "unit": person.employer,
            "home": person.home,
            "from_date": FIRST,
            "to_date": LAST,
        }
        offers.append(Offer(**given | changes))
    return actions.offer_cadres(operation=operation, offers=offers, at=NOON, by=world.gao)


def need(world, operation, **wishes: tuple[int, int]) -> None:
    for place, (minimum, wish) in wishes.items():
        actions.set_need(
            operation=operation,
            community=getattr(world, place),
            minimum=minimum,
            wish=wish,
            basis="",
            at=NOON,
            by=world.gao,
        )


def draft(world, operation, **changes):
    given = {"first": FIRST, "last": LAST, "at": NOON, "by": world.gao}
    return actions.allocate(operation=operation, **given | changes)


def send(
    world, operation, who: str, community, *, first: date = TODAY, last: date = LAST
) -> Secondment:
    person = getattr(world, f"{who}_person")
    one = Sending(person, person.employer, community, first, last)
    return actions.begin_secondments(operation=operation, sendings=[one], at=NOON, by=world.gao)[0]


def later(days: int = 0, hours: int = 0) -> datetime:
    return NOON + timedelta(days=days, hours=hours)
