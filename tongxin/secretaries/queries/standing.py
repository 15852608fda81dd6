"""Surveys with their arithmetic, removals counted, honours of a year, duties and how far they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Count, Q, QuerySet, Value
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org, Post

from ..models import DutyList, Honour, Removal, SecretarySurvey, SurveyMark
from ..rules import Rules, in_force, of_version


class NotSecretary(Invalid):
    """Somebody holds no post of secretary in the unit named."""


@dataclass(frozen=True)
class Suggestion:
    """What the marks come to: a grade to think about, and the arithmetic in a sentence."""

    grade: str
    title: str
    points: float
    why: str


def suggestion(survey: SecretarySurvey, marks: Iterable[SurveyMark]) -> Suggestion | None:
    """Return what the marks suggest, by the thresholds of the survey's first day; None without
    marks. A person decides."""
    rules = of_version("survey", survey.version, survey.round.opens_on)
    return suggested(rules, in_force("grades", survey.round.opens_on), marks)


def suggested(rules: Rules, grades: Rules, marks: Iterable[SurveyMark]) -> Suggestion | None:
    sums = [sum(mark.points.values()) * 100 / rules.most for mark in marks]
    if not sums:
        return None
    points = round(sum(sums) / len(sums), 1)
    ordered = sorted(grades, key=lambda row: -int(row["least"]))
    row = next(row for row in ordered if points >= int(row["least"]))
    why = _("%(n)d 人评分：%(sums)s，平均 %(points)s 分；“%(title)s”从 %(least)s 分起。") % {
        "n": len(sums),
        "sums": "、".join(f"{one:g}" for one in sums),
        "points": f"{points:g}",
        "title": row["title"],
        "least": row["least"],
    }
    return Suggestion(row["code"], row["title"], points, why)


def survey_counts(rows: QuerySet[SecretarySurvey], grades: Rules) -> dict[str, int]:
    """Return how many were asked, answered and graded, and how many of each grade. One query."""
    each = {row["code"]: Count("pk", filter=Q(grade=row["code"])) for row in grades}
    return rows.order_by().aggregate(
        asked=Count("pk"),
        answered=Count("pk", filter=Q(submitted_at__isnull=False)),
        graded=Count("pk", filter=~Q(grade="")),
        **each,
    )


def removal_counts(rows: QuerySet[Removal]) -> dict[str, int]:
    """Return {"all", "graded", code of a reason: n}: how many were taken out, and for what.

    "graded" are those who were graded 基本称职 or 不称职, the figure of S4.26 (131).
    """
    counts = dict(rows.order_by().values_list("reason").annotate(n=Count("pk")))
    graded = rows.filter(survey__grade__in=("basic", "poor")).count()
    return {"all": sum(counts.values()), "graded": graded, **counts}


def honours_of(year: int, *, rules: Rules) -> list[dict]:
    """Return [{"code", "title", "rows"}] of a year's standing honours in the order of the rule."""
    rows = Honour.objects.public().filter(year=year).select_related("unit", "user", "issuer")
    found: dict[str, dict] = {
        row["code"]: {"code": row["code"], "title": row["title"], "rows": []} for row in rules
    }
    for honour in rows.order_by("unit__path", "pk"):
        group = {"code": honour.code, "title": honour.title, "rows": []}
        found.setdefault(honour.code, group)["rows"].append(honour)
    return list(found.values())


def with_progress(rows: QuerySet[DutyList], *, at: datetime) -> QuerySet[DutyList]:
    """Add `n`, `done`, `late` to lists of duties."""
    today = localdate(at)
    return rows.annotate(
        n=Count("items"),
        done=Count("items", filter=Q(items__done_at__isnull=False)),
        late=Count("items", filter=Q(items__done_at=None, items__due__lt=today)),
    )


def units_below(unit: Org) -> QuerySet[Org]:
    """Return the standing party units at and under one."""
    return Org.objects.filter(
        kind=Org.Kind.PARTY, path__under=unit.path, dissolved_on=None
    ).order_by("path")


def standing_post(unit: Org, user: User, on: date) -> Post:
    """Return the post by which somebody is secretary of a unit. :raises NotSecretary: without one"""
    post = Post.objects.held_on(on).filter(
        org=unit, user=user, role__in=(Post.Role.SECRETARY, Post.Role.FIRST_SECRETARY)
    )
    found = post.first()
    if found is None:
        raise NotSecretary(
            _("%(user)s现在不是%(unit)s的书记") % {"user": user, "unit": unit}, field="user"
        )
    return found


def honour_years(on: date) -> list[int]:
    """Return the years with honours, newest first, and this one."""
    years = set(Honour.objects.public().values_list("year", flat=True).order_by().distinct())
    return sorted(years | {on.year}, reverse=True)


def counted(**rows: QuerySet) -> dict[str, int]:
    """Return how many rows each of the queries has, under its name. One query for all of them."""
    counts = [
        one.order_by()
        .annotate(which=Value(name, output_field=CharField()))
        .values("which")
        .annotate(n=Count("pk", distinct=True))
        .values_list("which", "n")
        for name, one in rows.items()
    ]
    return {**dict.fromkeys(rows, 0), **dict(counts[0].union(*counts[1:], all=True))}
