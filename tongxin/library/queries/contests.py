"""Contests as they are read: whose unit is whose, what a judge still has to mark, how a rank came about."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Membership, Org, Post
from tongxin.regions.queries import prefixes

from ..models import Contest, ContestEntry, Judge, Mark


def related_units(user: Any) -> Callable[[Org], bool]:
    """Return a test: is a unit the user's own, above or below it? Of posts, membership and employer."""
    orgs = Q(pk__in=Post.objects.filter(user=user, to_date__isnull=True).values("org"))
    orgs |= Q(pk__in=Membership.objects.standing().filter(person__user=user).values("unit"))
    orgs |= Q(staff__user=user)
    paths = set(Org.objects.filter(orgs).values_list("path", flat=True))

    def is_related(org: Org) -> bool:
        return any(org.path.startswith(path) or path.startswith(org.path) for path in paths)

    return is_related


def people_around(org: Org, roles: Collection[str], on: date) -> Any:
    """Return who holds one of the roles on the land of a unit or above it: whom it may ask to judge.

    Each with `where`: the unit of their oldest such post.
    """
    lands = Q(region__path__in=list(prefixes(org.region.path))) | Q(
        region__path__under=org.region.path
    )
    held = Post.objects.held_on(on).filter(lands, role__in=roles)
    oldest = held.filter(user=OuterRef("pk")).order_by("from_date", "pk").values("org__name")[:1]
    rows = User.objects.filter(pk__in=held.values("user"), is_active=True)
    return rows.annotate(where=Subquery(oldest)).order_by("name", "pk")


def judge_of(actor: Any, contest: Contest) -> Judge | None:
    return contest.judges.filter(user=actor.pk).first()


def to_mark(actor: Any, contest: Contest) -> list[dict[str, Any]]:
    """Return the entries as a judge sees them: number, own mark, and whether to stand aside."""
    judge = judge_of(actor, contest)
    if judge is None:
        return []
    is_related = related_units(actor)
    marks = {mark.entry_id: mark for mark in Mark.objects.filter(judge=judge)}
    rows = contest.entries.select_related("exemplar__org", "exemplar__kind").order_by("number")
    return [
        {
            "entry": entry,
            "title": blind_title(entry, contest),
            "mark": marks.get(entry.pk),
            "aside": is_related(entry.exemplar.org),
        }
        for entry in rows
    ]


def blind_title(entry: ContestEntry, contest: Contest) -> str:
    """Return what a judge reads of whose it is: nothing, in a blind contest."""
    if contest.is_blind:
        return _("%d 号案例") % entry.number
    return f"{entry.number} · {entry.exemplar.title}"


def hidden(text: str, exemplar: Any) -> str:
    """Return a text without the names of its unit and authors, for a blind contest."""
    words = [exemplar.org.name, exemplar.org.region.name, exemplar.org.region.short_name]
    words += [word for word in exemplar.authors.replace("、", " ").split() if len(word) > 1]
    for word in sorted({word for word in words if word}, key=len, reverse=True):
        text = text.replace(word, "〇" * min(len(word), 4))
    return text


def ranking(contest: Contest) -> list[ContestEntry]:
    rows = contest.entries.select_related("exemplar__org", "exemplar__kind")
    return list(rows.annotate(marked=Count("marks")).order_by("rank", "number"))


def why(entry: ContestEntry) -> str:
    """Say in a sentence how a score came about."""
    if entry.score is None:
        return ""
    if entry.marks_cut:
        return _("去掉最低 %(low)s 分、最高 %(high)s 分，其余 %(n)d 份评分平均 %(score)s 分") % {
            "low": entry.marks_cut[0], "high": entry.marks_cut[1], "n": entry.marks_counted,
            "score": entry.score,
        }  # fmt: skip
    return _("%(n)d 份评分平均 %(score)s 分") % {"n": entry.marks_counted, "score": entry.score}
