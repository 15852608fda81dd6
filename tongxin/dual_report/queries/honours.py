"""Areas of duty, pioneer posts, contests with places, and the boards of pledges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Membership, Org, Person, Post
from tongxin.orgs.scope import REGISTRARS, unit_reach

from ..models import Contest, ContestResult, DutyArea, Pledge

PAGE = 50


class BadScores(Invalid):
    """A line is not a name and a score, or names nobody of the unit."""


def areas_seen(actor, *, after: int = 0, size: int = PAGE) -> list[DutyArea]:
    """Return the standing areas and posts an actor sees, in order, behind an id."""
    rows = DutyArea.objects.visible_to(actor).filter(to_date__isnull=True, pk__gt=after)
    return list(rows.select_related("unit", "person", "region").order_by("pk")[:size])


@dataclass(frozen=True)
class Placed:
    """A result with its place; equal scores share one."""

    place: int
    name: str
    score: Decimal


@dataclass(frozen=True)
class Held:
    contest: Contest
    results: list[Placed]


def contests_seen(actor, limit: int = 20) -> list[Held]:
    """Return the newest contests an actor sees, with places. Two queries."""
    results = ContestResult.objects.select_related("person").order_by("-score", "pk")
    rows = Contest.objects.visible_to(actor).select_related("unit")
    rows = rows.prefetch_related(Prefetch("results", results, to_attr="ranked"))
    return [
        Held(contest, _placed(contest.ranked))
        for contest in rows.order_by("-held_on", "-pk")[:limit]
    ]


def _placed(results: Iterable[ContestResult]) -> list[Placed]:
    found: list[Placed] = []
    for n, one in enumerate(results, start=1):
        shared = bool(found) and found[-1].score == one.score
        found.append(Placed(found[-1].place if shared else n, one.person.name, one.score))
    return found


class NoSuchMember(Invalid):
    """No member, or several, are called so in the units whose registers the actor keeps."""


def member_named(actor, words: str) -> Membership:
    """Return the member meant by "王芳" or, if several are called so, "王芳 松社区第一党支部".

    :raises NoSuchMember: with what to add
    """
    name, _blank, unit = words.partition(" ")
    rows = Membership.objects.members().filter(
        unit_reach(actor, REGISTRARS, column="unit__path"),
        person__name=name.strip(),
        unit__name__contains=unit.strip(),
    )
    found = list(rows.select_related("person", "unit__region").order_by("pk")[:2])
    if not found:
        raise NoSuchMember(_("您管理的党员里没有“%s”。") % words, field="member")
    if len(found) > 1:
        raise NoSuchMember(_("有不止一位%s，请在姓名后空一格写所在支部。") % name, field="member")
    return found[0]


def units_kept(actor) -> QuerySet[Org]:
    """Return the party units whose registers the actor keeps, the upper first."""
    rows = Org.objects.public().filter(unit_reach(actor, REGISTRARS), kind=Org.Kind.PARTY)
    return rows.order_by("path")


def read_scores(text: str, unit: Org) -> dict[Person, Decimal]:
    """Return the scores out of lines "张三 95.5", of members of the unit or of one under it.

    :raises BadScores: naming the line
    """
    kept = Membership.objects.members().filter(unit__path__under=unit.path).select_related("person")
    by_name: dict[str, list[Person]] = {}
    for one in kept:
        by_name.setdefault(one.person.name, []).append(one.person)
    found: dict[Person, Decimal] = {}
    for n, line in enumerate(filter(None, map(str.strip, text.splitlines())), start=1):
        name, _blank, score = line.replace("\t", " ").replace("，", " ").rpartition(" ")
        people = by_name.get(name.strip(), [])
        if len(people) != 1:
            words = _("有同名的人") if people else _("不是本党组织的党员")
            raise BadScores(
                _("第 %(n)d 行“%(name)s”%(words)s。")
                % {"n": n, "name": name.strip() or line, "words": words},
                field="scores",
            )
        try:
            found[people[0]] = Decimal(score)
        except ArithmeticError:
            raise BadScores(_("第 %d 行的成绩不是数字。") % n, field="scores") from None
    return found


# Pledges.


@dataclass(frozen=True)
class Window:
    """A window with what its people pledge."""

    org: Org
    pledges: list[Pledge]


def board(under: str, limit: int = 200) -> list[Window]:
    """Return the windows of a place with the pledges shown there. One query."""
    rows = Pledge.objects.public().select_related("window__region").order_by("window", "pk")
    if under:
        rows = rows.filter(window__region__path__under=under)
    found: dict[int, Window] = {}
    for pledge in rows[:limit]:
        found.setdefault(pledge.window_id, Window(pledge.window, [])).pledges.append(pledge)
    return list(found.values())


def windows_of(user, at) -> QuerySet[Org]:
    """Return the organisations where a user holds a post now."""
    posts = Post.objects.held_on(localdate(at)).filter(user=user.pk)
    return Org.objects.public().filter(pk__in=posts.values("org")).order_by("name")


def pledges_of(user) -> list[Pledge]:
    """Return a user's own pledges that stand."""
    rows = Pledge.objects.filter(user=user.pk, withdrawn_at__isnull=True)
    return list(rows.select_related("window").order_by("pk"))
