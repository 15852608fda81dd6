"""The register of party units: lists, one unit, the tree of any day, new ones of a year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, CharField, Count, DateField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.regions.queries import Land

from ..models import (
    JointMember,
    Membership,
    Org,
    OrgChange,
    Post,
    UnitCover,
    UnitKind,
    UnitMember,
)
from ..scope import READERS, keeps_register, posts_of, unit_roles

PAGE = 50
LEAST_FULL = 3  # full members of a branch: 支部工作条例（试行）第四条
LEADS = (Post.Role.SECRETARY,)


STATES = {
    "": Q(dissolved_on=None),
    "temporary": Q(dissolved_on=None, is_temporary=True),
    "dissolved": Q(dissolved_on__isnull=False),
    "any": Q(),
}


def find_units(
    actor: User,
    *,
    q: str = "",
    sector: str = "",
    kind: str = "",
    land: Land | None = None,
    under: Org | None = None,
    state: str = "",
) -> QuerySet[Org]:
    """Return party units the actor may read, by id; standing ones unless `state` says otherwise.

    `state`: "" standing, "temporary", "dissolved", "any". `q` is part of a name, or a code.
    """
    rows = Org.objects.visible_to(actor).select_related("region", "parent").order_by("pk")
    rows = rows.filter(STATES.get(state, STATES[""]))
    exact = {"sector": sector, "unit_kind": kind}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if land is not None:
        rows = rows.filter(region__path__under=land.path)
    if under is not None:
        rows = rows.filter(path__under=under.path)
    if q:
        rows = rows.filter(Q(name__contains=q) | Q(code=q))
    return rows


def leads_of(units: Iterable[Org], *, on: date) -> dict[int, list[str]]:
    """Return the names of who leads each unit on a day: secretaries, and heads of groups. One query."""
    ids = [unit.pk for unit in units]
    posts = Post.objects.held_on(on).filter(org__in=ids, role__in=LEADS)
    people = UnitMember.objects.standing().filter(unit__in=ids, duty__in=UnitMember.LEADS)
    found: dict[int, list[str]] = defaultdict(list)
    rows = posts.order_by().values_list("org", "user__name")
    for unit, name in sorted(rows.union(people.order_by().values_list("unit", "person__name"))):
        found[unit].append(name)
    return dict(found)


# What leads the Party's work of a place; a branch inside it does not.
LEADING = (UnitKind.COMMITTEE, UnitKind.WORK_COMMITTEE, UnitKind.GENERAL_BRANCH)


def leading_units() -> dict[str, Org]:
    """Return {path of a place: the standing party unit that leads it}, the highest one. One query."""
    rows = Org.objects.units().filter(unit_kind__in=LEADING)
    return {one.region.path: one for one in rows.select_related("region").order_by("-path")}


def kept_units(actor: User) -> QuerySet[Org]:
    """Return the standing party units whose registers the actor keeps, nearest the root first."""
    from ..scope import unit_reach

    rows = Org.objects.units().filter(unit_reach(actor))
    return rows.select_related("region").order_by("path")


def top_units(actor: User) -> list[Org]:
    """Return the party units in which the actor holds a post today, highest first."""
    ids = {post.org_id for post in posts_of(actor)}
    return list(Org.objects.units().filter(pk__in=ids).select_related("region").order_by("path"))


@dataclass(frozen=True)
class Serving:
    """Somebody's office in a unit: by a post, or by a duty in a temporary unit or group."""

    name: str
    label: str
    since: date | None
    ground: str = ""
    duty_id: int | None = None  # of a duty, which is ended on the page


@dataclass(frozen=True)
class Covered:
    """A firm or other unit that a branch covers."""

    name: str
    headcount: int
    since: date


@dataclass
class UnitPage:
    """What the page of a unit shows; what the reader may not see is None."""

    unit: Org
    above: list[Org]  # from the root down to the parent
    below: list[Org]
    below_more: int
    people: list[Serving]
    is_led: bool
    grids: list[str]  # paths of the grids and buildings it covers
    covers: list[Covered]
    seats: list[JointMember]
    changes: list[OrgChange]
    stages: list[tuple[str, int]] | None  # members by stage; None: not the reader's to see
    may_change: bool  # keeps the register of the unit above
    may_keep: bool  # keeps the register of this one


CHANGES_SHOWN, CHILDREN_SHOWN = 20, 30


def unit_page(unit: Org, actor: User, *, on: date) -> UnitPage:
    """Return what a reader may know of a unit. At most six queries."""
    chain = [int(part) for part in unit.path.split("/") if part][:-1]
    near = Org.objects.filter(Q(pk__in=chain) | Q(parent=unit, dissolved_on=None))
    near = near.filter(kind=Org.Kind.PARTY).order_by("path")
    found = list(near[: CHILDREN_SHOWN + len(chain) + 1])
    above = [one for one in found if one.pk in chain]
    below = [one for one in found if one.parent_id == unit.pk]
    reads = not unit_roles(actor, unit.path).isdisjoint(READERS)
    people, is_led = _serving(unit, on, reads=reads)
    grids, covers = _covered(unit)
    return UnitPage(
        unit=unit,
        above=above,
        below=below[:CHILDREN_SHOWN],
        below_more=max(0, len(below) - CHILDREN_SHOWN),
        people=people,
        is_led=is_led,
        grids=grids,
        covers=covers,
        seats=_seats(unit),
        changes=list(changes_of(unit)[:CHANGES_SHOWN]),
        stages=stages_under(unit) if reads else None,
        may_change=unit.parent_id is not None and keeps_register(actor, _path_above(unit)),
        may_keep=keeps_register(actor, unit.path),
    )


def _serving(unit: Org, on: date, *, reads: bool) -> tuple[list[Serving], bool]:
    """Return who holds an office in a unit, and whether somebody leads it. One query.

    Duties tell that somebody is a member: they are for readers of the register.
    """
    posts = Post.objects.held_on(on).filter(org=unit).order_by()
    duties = UnitMember.objects.standing().filter(unit=unit).order_by()
    none, duty, post = Value(""), Value("duty"), Value("post")
    rows = posts.values_list("pk", post, "role", "user__name", "from_date", none)
    more = duties.values_list("pk", duty, "duty", "person__name", "from_date", "ground")
    found, is_led = [], False
    for pk, what, role, name, since, ground in sorted(
        rows.union(more, all=True), key=lambda row: (row[1] != "post", row[0])
    ):
        is_led |= role in (LEADS if what == "post" else UnitMember.LEADS)
        if what == "post":
            found.append(Serving(name, str(Post.Role(role).label), since))
        elif reads:
            found.append(Serving(name, str(UnitMember.Duty(role).label), since, ground, pk))
    return found, is_led


def _covered(unit: Org) -> tuple[list[str], list[Covered]]:
    """Return the land and the firms that a unit covers. One query."""
    day = Cast(Value(None), DateField())
    grids = Org.grids.through.objects.filter(org=unit).order_by()
    firms = UnitCover.objects.filter(unit=unit, to_date=None).order_by()
    rows = grids.values_list(Value("grid"), "region__path", Value(0), day)
    more = firms.values_list(Value("firm"), "org__name", "org__headcount", "from_date")
    found = sorted(rows.union(more, all=True), key=lambda row: (row[0], row[1]))
    covers = [Covered(name, people, since) for what, name, people, since in found if what == "firm"]
    return [path for what, path, _n, _since in found if what == "grid"], covers


def todo_of(page: UnitPage, *, on: date) -> list[str]:
    """Return what is to be done about a unit, each as a sentence."""
    if page.unit.dissolved_on:
        return []
    return [words for words in (_expiring(page, on), _headless(page), _small(page)) if words]


SOON = 14  # days before its end that a temporary unit asks for a decision


def _expiring(page: UnitPage, on: date) -> str:
    unit = page.unit
    left = (unit.expires_on - on).days if unit.is_temporary and unit.expires_on else None
    if left is None or left > SOON:
        return ""
    if left < 0:
        return _("已过期 %d 天：请撤销，或者写明理由延期。") % -left
    return _("还有 %d 天到期：到期前请撤销或延期。") % left


def _headless(page: UnitPage) -> str:
    if page.unit.unit_kind == UnitKind.JOINT_COMMITTEE:
        chaired = any(seat.duty == JointMember.Duty.CHAIR for seat in page.seats)
        return "" if chaired else _("还没有主任委员。")
    return "" if page.is_led else _("还没有负责人：请任命书记（组长）。")


def _small(page: UnitPage) -> str:
    unit = page.unit
    home = unit.unit_kind == UnitKind.BRANCH and not unit.is_temporary
    if not home or page.stages is None or len(page.covers) > 1:
        return ""
    full = page.stages[0][1]
    if full >= LEAST_FULL:
        return ""
    return _("正式党员 %d 名，不足 3 名：请补齐，或并入其他党支部。") % full


def _path_above(unit: Org) -> str:
    return unit.path[: -len(f"{unit.pk}/")]


def _seats(unit: Org) -> list[JointMember]:
    if unit.unit_kind != UnitKind.JOINT_COMMITTEE:
        return []
    order = Case(
        When(duty="chair", then=Value("1")), When(duty="deputy", then=Value("2")),
        default=Value("3"), output_field=CharField(),
    )  # fmt: skip
    rows = JointMember.objects.filter(committee=unit, to_date=None).select_related("origin")
    return list(rows.order_by(order, "pk"))


def stages_under(unit: Org) -> list[tuple[str, int]]:
    """Return (stage in words, how many) of everybody in the unit and below, full members first."""
    rows = Membership.objects.standing().filter(unit__path__under=unit.path)
    counts = dict(rows.order_by().values_list("stage").annotate(n=Count("pk")))
    stages = reversed(Membership.Stage.choices)
    return [(str(label), counts.get(value, 0)) for value, label in stages]


def changes_of(unit: Org) -> QuerySet[OrgChange]:
    """Return the history of a unit, newest first."""
    rows = OrgChange.objects.filter(unit=unit)
    return rows.select_related("parent_before", "parent_after", "other", "by").order_by(
        "-on", "-pk"
    )


@dataclass(frozen=True)
class Node:
    """A unit as it stood on a day."""

    id: int
    name: str
    unit_kind: str
    sector: str
    parent_id: int | None


def tree_on(day: date) -> dict[int, Node]:
    """Return every party unit as it stood on a day, by id: what was founded, not yet dissolved.

    Read out of the history: the last change of parent or name up to that day counts; where there
    is none, what the first later one says it was before; else what it is now. Two queries.
    """
    units = Org.objects.filter(kind=Org.Kind.PARTY)
    alive = units.filter(
        Q(founded_on=None) | Q(founded_on__lte=day), Q(dissolved_on=None) | Q(dissolved_on__gt=day)
    )
    names: dict[int, str] = {}
    parents: dict[int, int | None] = {}
    told = Q(parent_before__isnull=False) | Q(parent_after__isnull=False) | ~Q(name_after="")
    changes = OrgChange.objects.filter(told).exclude(kind=OrgChange.Kind.DISSOLVE)
    columns = "unit", "on", "parent_before", "parent_after", "name_before", "name_after"
    for unit, on, old, new, old_name, new_name in changes.order_by("on", "pk").values_list(
        *columns
    ):
        if on <= day:
            if new is not None:
                parents[unit] = new
            if new_name:
                names[unit] = new_name
        else:
            if old is not None:
                parents.setdefault(unit, old)
            if old_name:
                names.setdefault(unit, old_name)
    rows = alive.order_by("path").values_list("pk", "name", "unit_kind", "sector", "parent")
    return {
        pk: Node(pk, names.get(pk, name), kind, sector, parents.get(pk, parent))
        for pk, name, kind, sector, parent in rows
    }


@dataclass(frozen=True)
class Growth:
    """What changed in the tree in a year: units by kind of change, and new ones by sector."""

    year: int
    by_kind: dict[str, int]
    new_by_sector: dict[str, int]


def growth_of(year: int, actor: User) -> Growth:
    """Return how the tree grew in a year, of what the actor may read (S2.23, S4.73). One query."""
    units = Org.objects.visible_to(actor)
    rows = OrgChange.objects.filter(on__year=year, unit__in=units).order_by()
    new = rows.filter(kind__in=("found", "take_over"), unit__founded_on__year=year)

    def counted(rows: QuerySet, what: str, by: str) -> QuerySet:
        named = rows.annotate(what=Value(what, output_field=CharField()), its=F(by))
        counts = named.values("what", "its").annotate(n=Count("unit", distinct=True))
        return counts.values_list("what", "its", "n")

    found: dict[str, dict[str, int]] = {"kind": {}, "sector": {}}
    for what, its, n in counted(rows, "kind", "kind").union(
        counted(new, "sector", "unit__sector"), all=True
    ):
        found[what][its] = n
    return Growth(year, found["kind"], found["sector"])


def rows_under(nodes: dict[int, Node], root: int | None) -> list[tuple[int, Node]]:
    """Return (depth, node) of a tree in the order people read it, from a root down."""
    below: dict[int | None, list[Node]] = defaultdict(list)
    for node in nodes.values():
        below[node.parent_id].append(node)
    rows: list[tuple[int, Node]] = []
    waiting = [(0, nodes[root])] if root in nodes else []
    seen: set[int] = set()
    while waiting:
        depth, node = waiting.pop()
        if node.id in seen:
            continue  # a circle would be the fault of the data; it must not hang the page
        seen.add(node.id)
        rows.append((depth, node))
        waiting += [(depth + 1, one) for one in reversed(below[node.id])]
    return rows


def serving_in(units: Iterable[Org]) -> dict[int, int]:
    """Return how many people serve in each of the units. One query."""
    rows = UnitMember.objects.standing().filter(unit__in=[unit.pk for unit in units])
    return dict(rows.order_by().values_list("unit").annotate(n=Count("pk")))


def temporary_counts(actor: User, *, on: date) -> dict[str, int]:
    """Return {"branch", "group", "task_force", "over"}: temporary units that stand, by kind. One query."""
    rows = Org.objects.visible_to(actor).filter(dissolved_on=None, is_temporary=True)
    return rows.aggregate(
        branch=Count("pk", filter=Q(unit_kind=UnitKind.BRANCH)),
        group=Count("pk", filter=Q(unit_kind=UnitKind.GROUP)),
        task_force=Count("pk", filter=Q(unit_kind=UnitKind.TASK_FORCE)),
        over=Count("pk", filter=Q(expires_on__lt=on)),
    )
