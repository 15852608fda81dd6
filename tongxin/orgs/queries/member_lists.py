"""The register of members: pages by initials, one box to find people by, figures down the tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid
from tongxin.kit.identity import normal_id_number
from tongxin.kit.text import BadNumber, clean_text, normal_phone

from ..models import GrowthEntry, Membership, MobileStay, Org, Person
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
WORDS = ("q", "stage", "flag", "unit", "cursor")


class BadCursor(Invalid):
    """A page was asked for by a cursor that we did not give."""


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


def members_page(
    actor, chosen: MemberFilter, *, on: date, cursor: str = "", size: int = PAGE
) -> tuple[list[Membership], str]:
    """Return a page of the memberships whose register the actor reads, by initials; and its next.

    At most two queries. Raises BadCursor.
    """
    rows = _chosen(actor, chosen, on)
    if cursor:
        initials, pk = _read_cursor(cursor)
        rows = rows.filter(
            Q(person__initials__gt=initials) | Q(person__initials=initials, pk__gt=pk)
        )
    rows = rows.select_related("person", "unit").order_by("person__initials", "pk")
    page = list(rows[: size + 1])
    more = len(page) > size
    last = page[size - 1] if more else None
    return page[:size], f"{last.person.initials}~{last.pk}" if last else ""


def _read_cursor(cursor: str) -> tuple[str, int]:
    initials, _tilde, pk = cursor.rpartition("~")
    if not re.fullmatch(r"\d{1,18}", pk, re.ASCII):
        raise BadCursor("页码不对，请从第一页重新打开", field="cursor")
    return initials, int(pk)


def _chosen(actor, chosen: MemberFilter, on: date) -> QuerySet[Membership]:
    rows = _of_reach(actor, chosen.unit)
    if chosen.stage == "over":
        rows = rows.filter(to_date__isnull=False)
    else:
        rows = rows.filter(to_date__isnull=True)
        if chosen.stage == "members":
            rows = rows.filter(stage__in=Membership.MEMBERS)
        elif chosen.stage in Membership.Stage.values:
            rows = rows.filter(stage=chosen.stage)
    if chosen.flag == "medal":
        rows = rows.filter(reached_medal(on))
    elif chosen.flag in FLAGS:
        rows = rows.filter(FLAGS[chosen.flag])
    if chosen.q:
        rows = rows.filter(_found_by(actor, chosen.q))
    return rows


def _of_reach(actor, unit: str) -> QuerySet[Membership]:
    """Return the memberships an actor reads, of one unit and those under it if one is named."""
    units = Org.objects.filter(unit_reach(actor, READERS), kind=Org.Kind.PARTY)
    if unit.isascii() and unit.isdigit() and len(unit) < 19:
        path = Org.objects.filter(pk=int(unit)).values_list("path", flat=True).first()
        units = units.filter(path__under=path) if path else units.none()
    ids = list(units.values_list("pk", flat=True)[: FEW_UNITS + 1])
    if len(ids) <= FEW_UNITS:
        return Membership.objects.filter(unit__in=ids)
    return Membership.objects.filter(unit__in=units.values("pk"))


def _found_by(actor, text: str) -> Q:
    """Return what one box finds: a name or part of it, its initials, a telephone or its end, a number.

    A whole identity number is for who keeps a register; what is shown stays masked.
    """
    compact = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"\d{4}", compact, re.ASCII):
        return Q(person__phone_tail=tail_index(compact))
    for reads, field in ((normal_phone, "phone"), (_identity_for(actor), "identity")):
        try:
            return Q(**{f"person__{field}_index": sealer().index(reads(compact))})
        except BadNumber:
            continue
    if compact.isascii() and compact.isalpha():
        return Q(person__initials__begins=compact.lower())
    return Q(person__name__contains=text)


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
    "in_service": Count("pk", filter=FLAGS["in_service"]),
    "mobile": Count("pk", filter=FLAGS["mobile"]),
    "lost": Count("pk", filter=FLAGS["lost"]),
    "hardship": Count("pk", filter=FLAGS["hardship"]),
    "veteran": Count("pk", filter=FLAGS["veteran"]),
    "learning": Count("pk", filter=Q(person__learning_since__isnull=False)),
}


def figures_below(actor, above: Org) -> tuple[list[MemberFigures], MemberFigures]:
    """Return the figures of each unit that stands directly under one, and of all together.

    A unit without any under it is counted by itself. Only what the actor reads is counted. Learning
    is counted along the same tree as membership (S4.44). Three queries, whatever the size.
    """
    counted: Any = (
        Membership.objects.members()
        .filter(unit_reach(actor, READERS, column="unit__path"), unit__path__under=above.path)
        .values("unit_id", "unit__path")
        .annotate(**COUNTS)
        .order_by()
    )
    units = list(
        Org.objects.units()
        .filter(unit_reach(actor, READERS), path__under=above.path)
        .order_by("path")
    )
    sums: dict[str, dict[str, int]] = {}
    children = {unit.path: unit for unit in units if unit.parent_id == above.pk}
    below = len(above.path.split("/"))

    def child_path(path: str) -> str:
        return "/".join(path.split("/")[:below]) + "/"

    for row in counted:
        for path in {child_path(row["unit__path"]), above.path}:
            total = sums.setdefault(path, dict.fromkeys(COUNTS, 0))
            for name in COUNTS:
                total[name] += row[name]
    stands: dict[str, int] = {}
    for unit in units:
        for path in {child_path(unit.path), above.path}:
            stands[path] = stands.get(path, 0) + 1

    def of(path: str, unit: Org) -> MemberFigures:
        counts = sums.get(path) or dict.fromkeys(COUNTS, 0)
        return MemberFigures(unit=unit, units=stands.get(path, 0), **counts)

    rows = [of(path, unit) for path, unit in children.items()]
    return rows, of(above.path, above)


def guests_of(actor) -> QuerySet[MobileStay]:
    """Return the mobile members who have reported to branches of the actor's, newest first (S3.43)."""
    rows = MobileStay.objects.open().filter(unit_reach(actor, READERS, column="host__path"))
    return rows.select_related("membership__person", "membership__unit", "host").order_by(
        "-reported_on", "-pk"
    )


def paired_members(actor) -> dict[str, int]:
    """Return how many members help and how many are helped now, of those the actor reads (S2.48)."""
    kept = Membership.objects.members().filter(unit_reach(actor, READERS, column="unit__path"))
    inside = Person.objects.filter(pk__in=kept.values("person"))
    return {
        "helpers": inside.filter(helps__until__isnull=True, helps__isnull=False).distinct().count(),
        "helped": inside.filter(helped_by__until__isnull=True, helped_by__isnull=False)
        .distinct()
        .count(),
        "in_need": kept.filter(Q(is_hardship=True) | Q(is_veteran=True)).count(),
    }


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
