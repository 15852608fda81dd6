"""Reminding: duties and help before they are late, diaries that stopped; each thing once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import Notice, User
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region

from ..models import DutyItem, DutyList
from ..queries import secretaries_check
from ..queries.checks import SOON

ROLES = (Post.Role.SECRETARY, Post.Role.FIRST_SECRETARY)
# A first secretary is reminded of the village's work, the unit's secretary of all of it.
OF_THE_FIRST = {"diary", "help"}


def remind_due(*, at: datetime, limit: int = 200) -> int:
    """Tell the secretaries of units what is due within two weeks, once each; return how many.

    Safe beside itself: the inbox takes a key once. Only villages and units with duties are asked.
    """
    today = localdate(at)
    rows = Org.objects.filter(kind=Org.Kind.PARTY, dissolved_on=None)
    with_duties = DutyList.objects.filter(
        pk__in=DutyItem.objects.filter(done_at=None, due__lte=today + SOON).values("list")
    )
    units = list(
        rows.filter(region__kind=Region.Kind.VILLAGE)
        .select_related("region")
        .defer("region__polygon")
    )
    seen = [unit.pk for unit in units]
    units += list(rows.filter(pk__in=with_duties.values("unit")).exclude(pk__in=seen))
    found = secretaries_check(units, today)
    told, people = 0, _people(units, at)
    keys = [_key(one) for one in found]
    there = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True).distinct())
    for one, key in zip(found, keys, strict=True):
        users = [
            user
            for role, user in people[one["unit"].pk]
            if role == Post.Role.SECRETARY or one["kind"] in OF_THE_FIRST
        ]
        if told >= limit or key in there or not users:
            continue
        words = {"unit": one["unit"].name, "day": one["due"]}
        tell(
            users=users,
            title=one["sentence"],
            text=_("%(unit)s，期限 %(day)s") % words,
            url=one["url"],
            key=key,
            at=at,
        )
        told += 1
    return told


def _key(one: dict) -> str:
    """Return what makes a reminder once: the unit, what it is about, and its day."""
    return f"due:{one['unit'].pk}:{one['kind']}:{one['url']}:{one['due']:%Y%m%d}"[:80]


def _people(units: list[Org], at: datetime) -> dict[int, list[tuple[str, User]]]:
    posts = Post.objects.held_on(localdate(at)).filter(org__in=units, role__in=ROLES)
    found: dict[int, list[tuple[str, User]]] = defaultdict(list)
    for post in posts.select_related("user"):
        found[post.org_id].append((post.role, post.user))
    return found
