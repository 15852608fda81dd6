"""Cadres offered by the thousand: people registered and entries written in bulk, taken back whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Person

from ..models import Operation, PoolEntry
from .operations import check_running
from .pool import Offer, offer_cadres

FIELDS = ("home_id", "from_date", "to_date", "most_km", "note")


class AlreadySent(Refused):
    """Somebody who was placed or sent since cannot be taken out of the list that brought them."""


@transaction.atomic
def register_people(people: Sequence[Person]) -> None:
    """Write prepared people into the register; an account of their telephone becomes theirs."""
    indexes = {one.phone_index for one in people if one.phone_index}
    accounts = {
        user.phone_index: user
        for user in User.objects.filter(
            phone_index__in=indexes, is_active=True, person__isnull=True
        )
    }
    for one in people:
        one.user = accounts.pop(one.phone_index, None)
    Person.objects.bulk_create(people, 500)


@transaction.atomic
def import_offers(
    *, operation: Operation, offers: Sequence[Offer], at: datetime, by: User
) -> list[PoolEntry]:
    """Offer many, writing those who are new into the register of people first.

    :raises: what `offer_cadres` raises
    """
    register_people([one.person for one in offers if one.person.pk is None])
    return offer_cadres(operation=operation, offers=offers, at=at, by=by)


@transaction.atomic
def change_offers(*, entries: Sequence[PoolEntry], at: datetime, by: User) -> None:
    """Write changed homes, days, limits and notes of entries in the pool. Raises NotRunning."""
    for operation in {entry.operation for entry in entries}:
        check_running(operation)
    PoolEntry.objects.bulk_update(entries, FIELDS, 200)
    audit(actor=by, action="pool.change", object="", detail={"n": len(entries)}, at=at)


@transaction.atomic
def take_back_offers(*, ids: Sequence[int], people: Sequence[int], at: datetime, by: User) -> None:
    """Take entries out as if they had never been; people whom they alone brought go too.

    :raises AlreadySent: if one was placed by a run that is a draft or confirmed
    """
    rows = PoolEntry.objects.filter(pk__in=ids)
    placed = rows.filter(placements__run__state__in=("draft", "confirmed")).select_related("person")
    if names := sorted({entry.person.name for entry in placed[:5]}):
        raise AlreadySent(
            _("已进入分配方案：%s") % "、".join(names), remedy=_("请先放弃草案，或逐人撤出")
        )
    rows.delete()
    alone = Person.objects.filter(
        pk__in=people, memberships=None, pool_entries=None, secondments=None, user=None
    )
    alone.delete()
    audit(actor=by, action="pool.undo", object="", detail={"n": len(ids)}, at=at)


def facts_of_entry(entry: PoolEntry) -> dict[str, Any]:
    """Return what an import compares and takes back."""
    days = {"from_date": str(entry.from_date), "to_date": str(entry.to_date)}
    return {"home_id": entry.home_id, "most_km": entry.most_km, "note": entry.note, **days}
