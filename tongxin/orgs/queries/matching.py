"""Which good unit might be set beside a lagging one, each with the reason; a person decides (S2.26)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.regions.models import DEPTH

from ..models import Org, RatingLabel, UnitKind, UnitPairing, UnitRating
from ..scope import unit_reach

PAIRED = (UnitKind.BRANCH, UnitKind.GENERAL_BRANCH)
MOST_LAGGING, CHOICES = 30, 3


@dataclass(frozen=True)
class Choice:
    """A good unit for a lagging one, and why in a sentence."""

    good: Org
    reason: str
    rank: tuple[int, int, int, int]


@dataclass(frozen=True)
class Suggestion:
    lagging: Org
    choices: list[Choice]


def suggested_pairings(actor: User, *, on: date) -> list[Suggestion]:
    """Return the lagging units nobody is set beside yet, each with the best good units. Two queries.

    Of those whose register the actor keeps, rated this year or last. Same field goes before
    nearness, nearness before how many it helps already. Nothing is decided by this.
    """
    rated = UnitRating.objects.filter(
        unit_reach(actor, column="unit__parent__path"), withdrawn_on=None,
        year__in=(on.year, on.year - 1), unit__dissolved_on=None, unit__unit_kind__in=PAIRED,
    ).exclude(plan__lifted_on__isnull=False)  # fmt: skip
    good: dict[int, UnitRating] = {}
    lagging: dict[int, UnitRating] = {}
    related = rated.select_related("unit__region", "label").defer("unit__region__polygon")
    for one in related.order_by("year", "pk"):
        side = lagging if one.label.tone == RatingLabel.Tone.LAGGING else good
        side[one.unit_id] = one
    pairings = UnitPairing.objects.filter(to_date=None).filter(
        Q(good__in=good) | Q(lagging__in=lagging)
    )
    helping: dict[int, int] = defaultdict(int)
    helped = set()
    for giver, taker in pairings.values_list("good", "lagging"):
        helping[giver] += 1
        helped.add(taker)
    found = []
    for pk, one in list(lagging.items())[:MOST_LAGGING]:
        if pk in helped:
            continue
        choices = [
            _choice(one, other, helping[other.unit_id])
            for other in good.values()
            if other.unit_id != pk and other.unit_id not in lagging
        ]
        choices.sort(key=lambda choice: (choice.rank, choice.good.pk))
        if choices:
            found.append(Suggestion(one.unit, choices[:CHOICES]))
    return found


def _choice(lagging: UnitRating, good: UnitRating, busy: int) -> Choice:
    mine, other = lagging.unit, good.unit
    same_field = bool(mine.sector) and mine.sector == other.sector
    level = _nearest(mine.region.path, other.region.path)
    near = {"community": _("在同一个社区（村）"), "street": _("在同一个街镇"), "": _("在别的街镇")}
    words = [
        _("同为%s领域") % mine.get_sector_display() if same_field else _("领域不同"),
        near[level],
        _("%(year)d 年评为%(label)s") % {"year": good.year, "label": good.label.name},
        _("正在帮 %d 个") % busy if busy else _("还没有结对"),
    ]
    rank = (not same_field, list(near).index(level), busy, -good.year)
    return Choice(other, "，".join(words), rank)


def _nearest(one: str, other: str) -> str:
    """Return the smallest level both stand in: community, street, or "" for neither."""
    for level in ("community", "street"):
        depth = DEPTH[level]
        here, there = one.split("/")[:depth], other.split("/")[:depth]
        if here == there and len([part for part in here if part]) == depth:
            return level
    return ""
