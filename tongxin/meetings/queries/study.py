"""Hours of study, plans and how far units are, groups, tasks, lectures of three years."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum

from tongxin.orgs.models import Membership, Org, Post

from ..models import (
    OF_FACT,
    AppCount,
    HardTask,
    HeartTalk,
    Kind,
    LessonDone,
    Meeting,
    ReviewResult,
    StudyGroup,
    StudyHour,
    StudyPlan,
)
from .honours import jubilee
from .rules import NoRules, decimal

TENTH = Decimal("0.1")
COMMITTEE = ("secretary", "commissioner")


def hours_of(user, on: date) -> dict[str, Any]:
    """Return {"done", "wanted", "rows"} of a person's hours this year; committee members owe more.

    《党员教育管理工作条例》第二十条: 32 hours; secretaries and committee members 56.
    """
    rows = list(
        StudyHour.objects.filter(person__user=user.pk, on__year=on.year).order_by("-on", "-pk")
    )
    done = sum((row.hours for row in rows), Decimal(0))
    office = Post.objects.held_on(on).filter(user=user.pk, role__in=COMMITTEE).exists()
    name = "hours_a_year_committee" if office else "hours_a_year"
    try:
        wanted = decimal("education", name, on)
    except NoRules:
        wanted = Decimal(0)
    return {"done": done, "wanted": wanted, "rows": rows[:20]}


def hours_board(actor, unit: Org, on: date, most: int = 100) -> dict[str, Any] | None:
    """Return the hours of a branch's members this year, the fewest first; None above a branch.

    Only for who may read the register: rows come through what the actor may see.
    """
    if unit.unit_kind not in ("branch", "group"):
        return None
    members = Membership.objects.visible_to(actor).members().filter(unit__path__under=unit.path)
    year = Q(person__study_hours__on__year=on.year)
    rows = members.annotate(done=Sum("person__study_hours__hours", filter=year))
    offices = set(
        Post.objects.held_on(on).filter(org=unit, role__in=COMMITTEE).values_list("user", flat=True)
    )
    plain = decimal("education", "hours_a_year", on)
    more = decimal("education", "hours_a_year_committee", on)
    lines: list[dict[str, Any]] = []
    for row in rows.select_related("person")[:most]:
        wanted = more if row.person.user_id in offices else plain
        done = (row.done or Decimal(0)).quantize(TENTH)  # SQLite adds up floating numbers
        lines.append(
            {"name": row.person.name, "done": done, "wanted": wanted, "met": done >= wanted}
        )
    lines.sort(key=lambda one: (one["done"] - one["wanted"], one["name"]))
    return {"rows": lines, "met": sum(one["met"] for one in lines)}


def my_talks(user) -> list[HeartTalk]:
    """Return the talks somebody had, newest first."""
    mine = Q(who__user=user.pk) | Q(whom__user=user.pk)
    rows = HeartTalk.objects.filter(mine).select_related("who", "whom")
    return list(rows.order_by("-on", "-pk")[:10])


def my_reviews(user) -> list[ReviewResult]:
    """Return one's own results of reviews, newest first."""
    rows = ReviewResult.objects.filter(membership__person__user=user.pk)
    return list(rows.select_related("review__unit").order_by("-review__year")[:10])


def lectures(unit: Org, on: date) -> dict[str, Any]:
    """Return how many lectures were given in the last years, where, and the goal (S2.8).

    `years` and `goal` are of the rules that hold on the day; the window is full years back to the
    same day.
    """
    years = int(decimal("study", "lecture_years", on))
    since = jubilee(on, -years)
    rows = Meeting.objects.took_place().filter(
        kind=Kind.LECTURE, unit__path__under=unit.path, month__gte=since.year * 100 + since.month
    )
    rows = rows.filter(starts_at__date__gt=since, starts_at__date__lte=on)
    by_venue = dict(rows.values_list("venue_kind").order_by().annotate(n=Count("pk")))
    total = sum(by_venue.values())
    return {
        "total": total,
        "goal": int(decimal("study", "lecture_goal", on)),
        "years": years,
        "since": since,
        "on_site": total
        - by_venue.get(Meeting.Venue.ROOM, 0)
        - by_venue.get(Meeting.Venue.ONLINE, 0),
        "venues": [(Meeting.Venue(kind).label, n) for kind, n in sorted(by_venue.items())],
    }


def plans_for(actor, unit: Org, year: int) -> list[StudyPlan]:
    """Return the plans a unit follows in a year: its own, and those issued by units above it."""
    above = [int(one) for one in unit.path.strip("/").split("/")]
    rows = StudyPlan.objects.visible_to(actor).filter(unit__in=above, year=year)
    return list(
        rows.select_related("unit").annotate(
            n=Count("lessons", distinct=True),
            done=Count("lessons", filter=Q(lessons__done__unit=unit), distinct=True),
        ).order_by("-quarter", "unit__path")
    )  # fmt: skip


def plan_progress(plan: StudyPlan, *, after: int = 0, size: int = 40) -> dict[str, Any]:
    """Return a page of the branches a plan was issued to, each with how many lessons it did."""
    units = Org.objects.public().filter(
        path__under=plan.unit.path, unit_kind__in=("branch", "general_branch")
    )
    total = plan.lessons.count()
    page = list(units.filter(pk__gt=after).order_by("pk")[: size + 1])
    shown = page[:size]
    done = dict(
        LessonDone.objects.filter(lesson__plan=plan, unit__in=shown)
        .values_list("unit").order_by().annotate(n=Count("pk"))
    )  # fmt: skip
    complete = (
        LessonDone.objects.filter(lesson__plan=plan, unit__in=units)
        .values("unit").annotate(n=Count("pk")).filter(n=total).count()
    ) if total else 0  # fmt: skip
    return {
        "rows": [(unit, done.get(unit.pk, 0)) for unit in shown],
        "lessons": total,
        "units": units.count(),
        "complete": complete,
        "next": str(shown[-1].pk) if len(page) > size else "",
    }


def groups_board(actor, unit: Org, on: date) -> dict[str, Any]:
    """Return the study groups of a unit and those under it, with sessions this year (S2.4, S2.9)."""
    rows = StudyGroup.objects.visible_to(actor).filter(unit__path__under=unit.path, ended_on=None)
    counts = dict(rows.values_list("kind").order_by().annotate(n=Count("pk")))
    sessions = Q(sessions__state__in=OF_FACT, sessions__month__gte=on.year * 100)
    shown = (
        rows.select_related("unit", "leader")
        .annotate(
            people=Count("members", distinct=True),
            held=Count("sessions", filter=sessions, distinct=True),
        )
        .order_by("kind", "unit__path", "pk")[:60]
    )
    return {
        "rows": list(shown),
        "central": counts.get(StudyGroup.Kind.CENTRAL, 0),
        "youth": counts.get(StudyGroup.Kind.YOUTH, 0),
        "goal": int(decimal("study", "youth_groups", on)),
    }


def tasks_board(actor, unit: Org) -> list[HardTask]:
    """Return the hard tasks of a unit and those above and under it, open ones first."""
    above = [int(one) for one in unit.path.strip("/").split("/")]
    rows = HardTask.objects.filter(Q(unit__path__under=unit.path) | Q(unit__in=above))
    return list(
        rows.select_related("unit")
        .annotate(
            taken=Count("take_ups"), reported=Count("take_ups", filter=~Q(take_ups__done_at=None))
        )
        .order_by(F("closed_at").desc(nulls_first=True), "due_on")[:40]
    )


def app_rates(actor, unit: Org) -> list[dict[str, Any]]:
    """Return the latest count of each unit at and directly under one, as the tree is (S4.44)."""
    units = list(
        Org.objects.public().filter(Q(pk=unit.pk) | Q(parent=unit), kind=Org.Kind.PARTY)
        .order_by("path")[:120]
    )  # fmt: skip
    latest: dict[int, AppCount] = {}
    counts = AppCount.objects.visible_to(actor).filter(unit__in=units)
    for row in counts.order_by("on", "pk"):
        latest[row.unit_id] = row
    rows = []
    for one in units:
        row = latest.get(one.pk)
        share = round(100 * row.registered / row.members, 1) if row and row.members else None
        rows.append({"unit": one, "count": row, "share": share})
    return rows
