"""The register of members: pages by initials, one box to find people by, figures down the tree."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from tongxin.accounts.queries import sealer
from tongxin.kit.identity import normal_id_number
from tongxin.kit.text import BadNumber, clean_text, normal_phone
from tongxin.ui.paging import bad_cursor

from ..models import GrowthEntry, MemberPairing, Membership, MobileStay, Org, Person
from ..scope import READERS, REGISTRARS, unit_reach
from .people import reached_medal, tail_index

PAGE = 50
FEW_UNITS = 60  # up to so many, the units are named in the query: its plan begins with them
FLAGS = {
    "in_service": Q(in_service=True),
    "mobile": Q(is_mobile=True),
    "lost": Q(lost_since__isnull=False),
    "hardship": Q(is_hardship=True),
    "veteran": Q(is_veteran=True),
    "not_learning": Q(person__learning_since__isnull=True),
}
RARE = {"mobile", "lost", "medal", "hardship"}


@dataclass(frozen=True)
class MemberFilter:
    """What a page of the register shows; the words of its address."""

    q: str = ""
    stage: str = ""  # of Membership.Stage, "members" for both kinds of members, "over" for ended
    flag: str = ""  # of FLAGS, or "medal"
    unit: str = ""  # id: the unit and all under it

    @classmethod
    def read(cls, words: Any) -> MemberFilter:
        return cls(
            q=clean_text(words.get("q", ""), limit=40, field_label="q"),
            stage=words.get("stage", ""),
            flag=words.get("flag", ""),
            unit=words.get("unit", ""),
        )

    @property
    def is_rare(self) -> bool:
        """Say whether few of many members are like this, so that they are looked for directly."""
        return self.flag in RARE or self.stage not in ("", "members", Membership.Stage.FULL)

    def of_membership(self, on: date | None) -> Q:
        """Return the memberships meant; `on` is the day on which years are counted."""
        found = Q(to_date__isnull=self.stage != "over")
        if self.stage == "members":
            found &= Q(stage__in=Membership.MEMBERS)
        elif self.stage in Membership.Stage.values:
            found &= Q(stage=self.stage)
        if self.flag == "medal" and on is not None:
            found &= reached_medal(on)
        elif self.flag in FLAGS and not (self.flag == "not_learning" and on is None):
            found &= FLAGS[self.flag]
        return found


def members_page(
    actor, chosen: MemberFilter, *, on: date, cursor: str = "", size: int = PAGE
) -> tuple[list[Membership], str]:
    """Return a page of the memberships whose register the actor reads, by initials; and its next.

    At most four queries. A wide reach walks along the index of names and asks of each person
    whether they are inside; a narrow one, or a rare mark, begins with the memberships.
    Raises BadCursor.
    """
    units = reached_units(actor, chosen.unit)
    after = _read_cursor(cursor) if cursor else None
    if len(units) > FEW_UNITS and not chosen.is_rare:
        page = _along_the_names(actor, chosen, units, after, size + 1)
    else:
        page = _of_the_units(actor, chosen, units, after, size + 1, on)
    more = len(page) > size
    last = page[size - 1] if more else None
    following = f"{last.person.initials}~{last.person_id}~{last.pk}" if last else ""
    return page[:size], following


After = tuple[str, int, int]  # initials, person, membership


def _read_cursor(cursor: str) -> After:
    found = re.fullmatch(r"([a-z0-9]{0,20})~(\d{1,18})~(\d{1,18})", cursor, re.ASCII)
    if found is None:
        raise bad_cursor()
    return found[1], int(found[2]), int(found[3])


def memberships_chosen(actor, chosen: MemberFilter, *, on: date) -> QuerySet[Membership]:
    """Return all memberships that the pages of the register show, in no order."""
    return _chosen(actor, chosen, reached_units(actor, chosen.unit), on)


def _chosen(actor, chosen: MemberFilter, units: Reach, on: date) -> QuerySet[Membership]:
    rows = Membership.objects.filter(units.having("unit"), chosen.of_membership(on))
    return rows.filter(_found_by(actor, chosen.q, "person__")) if chosen.q else rows


def _of_the_units(
    actor, chosen: MemberFilter, units: Reach, after: After | None, most: int, on: date
) -> list[Membership]:
    rows = _chosen(actor, chosen, units, on)
    if after:
        initials, person, pk = after
        same = Q(person__initials=initials)
        rows = rows.filter(
            Q(person__initials__gt=initials)
            | same & Q(person__gt=person)
            | same & Q(person=person, pk__gt=pk)
        )
    rows = rows.select_related("person", "unit").order_by("person__initials", "person", "pk")
    return list(rows[:most])


def _along_the_names(
    actor, chosen: MemberFilter, units: Reach, after: After | None, most: int
) -> list[Membership]:
    mine = Membership.objects.filter(units.having("unit"), chosen.of_membership(None))
    # A value and no EXISTS: PostgreSQL would turn that into a join that begins with all members
    # as soon as it plans for letters and a limit it does not know yet.
    inside = Subquery(mine.filter(person=OuterRef("pk")).values("pk")[:1])
    people = Person.objects.alias(inside=inside).filter(inside__isnull=False)
    if chosen.flag == "not_learning":
        people = people.filter(learning_since__isnull=True)
    if chosen.q:
        people = people.filter(_found_by(actor, chosen.q, ""))
    if after:
        initials, person, _pk = after
        people = people.filter(
            Q(initials__gt=initials) | Q(initials=initials, pk__gt=person),
            initials__gte=initials,  # said again, so that the index is entered here
        )
    found = list(people.order_by("initials", "pk")[:most])
    held = Membership.objects.standing().filter(person__in=found).select_related("unit")
    by_person = {one.person_id: one for one in held}
    for one in found:
        by_person[one.pk].person = one
    return [by_person[one.pk] for one in found]


class Reach:
    """The party units whose registers an actor reads, or those of them under one unit."""

    def __init__(self, rows: QuerySet[Org]) -> None:
        self._rows = rows
        self.few = list(rows.values_list("pk", flat=True)[: FEW_UNITS + 1])

    def __len__(self) -> int:
        """Return how many there are, or one more than a few."""
        return len(self.few)

    def having(self, column: str) -> Q:
        """Return the rows whose unit is one of them."""
        few = len(self.few) <= FEW_UNITS
        return Q(**{f"{column}__in": self.few if few else self._rows.values("pk")})


def reached_units(actor, unit: str = "") -> Reach:
    """Return the units an actor reads; `unit` is an id that narrows them to it and all under it."""
    units = Org.objects.filter(unit_reach(actor, READERS), kind=Org.Kind.PARTY)
    if unit.isascii() and unit.isdigit() and len(unit) < 19:
        path = Org.objects.filter(pk=int(unit)).values_list("path", flat=True).first()
        units = units.filter(path__under=path) if path else units.none()
    return Reach(units)


def _found_by(actor, text: str, to: str) -> Q:
    """Return what one box finds: a name or part of it, its initials, a telephone or its end, a number.

    A whole identity number is for who keeps a register; what is shown stays masked. `to` is the way
    to the person from the row.
    """
    compact = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"\d{4}", compact, re.ASCII):
        return Q(**{f"{to}phone_tail": tail_index(compact)})
    for reads, field in ((normal_phone, "phone"), (_identity_for(actor), "identity")):
        try:
            return Q(**{f"{to}{field}_index": sealer().index(reads(compact))})
        except BadNumber:
            continue
    if compact.isascii() and compact.isalpha():
        letters = compact.lower()
        # The second is true of all of them too: it says where the index by initials is entered.
        return Q(**{f"{to}initials__begins": letters, f"{to}initials__gte": letters})
    return Q(**{f"{to}name__contains": text})


def _identity_for(actor):
    def read(text: str) -> str:
        if not may_search_identity(actor):
            raise BadNumber("")
        return normal_id_number(text)

    return read


def may_search_identity(actor) -> bool:
    """Say whether the actor keeps the register of any unit."""
    from ..scope import posts_of

    return any(post.role in REGISTRARS and post.org_path for post in posts_of(actor))


@dataclass(frozen=True)
class MemberFigures:
    """The members of a unit and all under it; those who learn are of the members."""

    unit: Org
    units: int
    members: int
    probationary: int
    in_service: int
    mobile: int
    lost: int
    hardship: int
    veteran: int
    learning: int

    @property
    def learning_rate(self) -> float | None:
        """Return the share of members registered with the learning platform, in percent (S4.42)."""
        return 100 * self.learning / self.members if self.members else None


COUNTS = {
    "members": Count("pk"),
    "probationary": Count("pk", filter=Q(stage=Membership.Stage.PROBATIONARY)),
    **{
        name: Count("pk", filter=FLAGS[name])
        for name in ("in_service", "mobile", "lost", "hardship", "veteran")
    },
    "learning": Count("pk", filter=Q(person__learning_since__isnull=False)),
}


def figures_below(actor, above: Org) -> tuple[list[MemberFigures], MemberFigures]:
    """Return the figures of each unit that stands directly under one, and of all together.

    Only what the actor reads is counted. Learning is counted along the same tree as membership
    (S4.44). Two queries, whatever the size: members are counted by branch and added up here.
    """
    reach = Org.objects.units().filter(unit_reach(actor, READERS), path__under=above.path)
    units = {unit.pk: unit for unit in reach.order_by("path")}
    depth = len(above.path.split("/"))
    own = {
        pk: "/".join(unit.path.split("/")[:depth]) + "/" if pk != above.pk else above.path
        for pk, unit in units.items()
    }
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for pk, counts in _counted(units).items():
        for path in {own[pk], above.path}:
            sums[path].update(counts)
    for path in own.values():
        for one in {path, above.path}:
            sums[one]["units"] += 1

    def of(unit: Org) -> MemberFigures:
        counts = sums[unit.path]
        return MemberFigures(unit=unit, **{name: counts[name] for name in NAMES})

    return [of(unit) for unit in units.values() if unit.parent_id == above.pk], of(above)


NAMES = ("units", *COUNTS)


def _counted(units: Collection[int]) -> dict[int, dict[str, int]]:
    """Return the figures of members by unit: {unit: {name: count}}. One query."""
    members = Membership.objects.members()
    if len(units) <= FEW_UNITS:
        members = members.filter(unit__in=list(units))
    rows: Any = members.values("unit_id").annotate(**COUNTS).order_by()
    found = {row.pop("unit_id"): row for row in rows}
    return {unit: counts for unit, counts in found.items() if unit in units}


def guests_of(actor) -> QuerySet[MobileStay]:
    """Return the mobile members who have reported to branches of the actor's, newest first (S3.43)."""
    rows = MobileStay.objects.open().filter(unit_reach(actor, READERS, column="host__path"))
    return rows.select_related("membership__person", "membership__unit", "host").order_by(
        "-reported_on", "-pk"
    )


def paired_members(actor) -> dict[str, int]:
    """Return how many members help and how many are helped now, of those the actor reads (S2.48)."""
    kept = Membership.objects.members().filter(unit_reach(actor, READERS, column="unit__path"))
    found = MemberPairing.objects.standing().aggregate(
        **{
            name: Count(side, distinct=True, filter=Exists(kept.filter(person=OuterRef(side))))
            for name, side in (("helpers", "helper"), ("helped", "helped"))
        }
    )
    in_need = kept.filter(Q(is_hardship=True) | Q(is_veteran=True)).count()
    return {**found, "in_need": in_need}


def growth_below(actor, above: Org) -> dict[str, int]:
    """Return how many members were hired, trained or became key workers, in a unit and under it.

    Counted by person and only where the actor reads the register (S4.78).
    """
    rows = GrowthEntry.objects.filter(
        unit_reach(actor, READERS, column="unit__path"), unit__path__under=above.path
    )
    counted = dict(
        rows.values_list("kind").annotate(people=Count("person", distinct=True)).order_by()
    )
    return {str(kind): counted.get(kind, 0) for kind in GrowthEntry.Kind.values}


def units_reached(actor) -> QuerySet[Org]:
    """Return the party units whose registers the actor reads, top first."""
    return Org.objects.units().filter(unit_reach(actor, READERS)).order_by("path")
