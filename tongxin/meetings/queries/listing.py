"""Meetings for a calendar, a day, a person; units somebody may look at."""

from __future__ import annotations

from calendar import Calendar
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localdate, make_aware

from tongxin.orgs.models import Org
from tongxin.orgs.scope import READERS, posts_of, unit_reach

from ..models import Attendance, Kind, Meeting
from .checking import rule_check

MOST_ON_GRID = 400
PAGE = 30


def units_read_by(actor) -> QuerySet[Org]:
    """Return the party units whose organisation life the actor may read, from the top down."""
    rows = Org.objects.public().filter(unit_reach(actor, READERS), kind=Org.Kind.PARTY)
    return rows.order_by("path")


def home_unit(actor) -> int | None:
    """Return the id of the unit in which the actor holds an office, the highest first."""
    held = [post for post in posts_of(actor) if post.role in READERS and post.org_path]
    return min(held, key=lambda post: len(post.org_path)).org_id if held else None


def between(
    actor, first: date, last: date, *, unit: Org | None = None, below: bool = False
) -> QuerySet[Meeting]:
    """Return the visible meetings that start on a day from `first` to `last`, in order.

    Of one unit, or of all under it too; without a unit those one is asked to.
    """
    rows = Meeting.objects.visible_to(actor).exclude(state=Meeting.State.CANCELLED)
    rows = rows.filter(starts_at__gte=_midnight(first), starts_at__lt=_midnight(last, 1))
    if unit is None:
        rows = rows.filter(pk__in=Attendance.objects.filter(user=actor.pk).values("meeting"))
    elif below:
        rows = rows.filter(unit__path__under=unit.path)
    else:
        rows = rows.filter(unit=unit)
    return rows.select_related("unit").order_by("starts_at", "pk")


def _midnight(day: date, plus: int = 0) -> datetime:
    return make_aware(datetime.combine(day + timedelta(days=plus), time()))


def month_grid(year: int, month: int, meetings: list[Meeting], today: date) -> list[list[dict]]:
    """Return weeks of days (Monday first) with their meetings, as the calendar draws them."""
    by_day: dict[date, list[Meeting]] = {}
    for meeting in meetings:
        by_day.setdefault(localdate(meeting.starts_at), []).append(meeting)
    return [
        [
            {
                "day": day,
                "is_other": day.month != month,
                "is_today": day == today,
                "meetings": by_day.get(day, [])[:3],
                "more": max(0, len(by_day.get(day, [])) - 3),
            }
            for day in week
        ]
        for week in Calendar().monthdatescalendar(year, month)
    ]


def shifted(year: int, month: int, by: int) -> str:
    """Return the month so many later as "2026-03"."""
    n = year * 12 + month - 1 + by
    return f"{n // 12}-{n % 12 + 1:02d}"


def asked_to(user, at: datetime) -> list[Attendance]:
    """Return what a person is asked to from yesterday on, each with its meeting, soonest first."""
    rows = Attendance.objects.filter(
        user=user.pk, meeting__starts_at__gte=at - timedelta(days=1)
    ).exclude(meeting__state__in=(Meeting.State.PLANNED, Meeting.State.CANCELLED))
    return list(rows.select_related("meeting__unit").order_by("meeting__starts_at")[:PAGE])


def roll_of(meeting: Meeting) -> dict[str, Any]:
    """Return who was asked, members first, and the counts of the page and the minutes. One query."""
    rows = list(meeting.attendances.order_by("pk"))
    members = [row for row in rows if row.part == Attendance.Part.MEMBER]
    guests = [row for row in rows if row.part != Attendance.Part.MEMBER]
    statuses = Counter(row.status for row in members)
    voters = [row for row in members if row.votes]
    counts = {
        "asked": len(members),
        **{status: statuses[status] for status in ("present", "leave", "absent")},
        "voters": len(voters),
        "voters_present": sum(row.status == "present" for row in voters),
    }
    return {"members": members, "guests": guests, "counts": counts}


def just(unit: Org) -> QuerySet[Org]:
    return Org.objects.filter(pk=unit.pk)


def reads(actor, unit_path: str) -> bool:
    """Say whether the actor may read a unit's registers."""
    return any(
        post.role in READERS and post.org_path and unit_path.startswith(post.org_path)
        for post in posts_of(actor)
    )


def meeting_to_sign(pk: int) -> Meeting:
    """Return a meeting to one who holds its code."""
    return Meeting.objects.select_related("unit").get(pk=pk)


def qr_svg(text: str) -> str:
    """Draw a QR code as an SVG that takes the size of its place; black on white, for scanners."""
    import io

    import segno

    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, dark="#000",
        light="#fff", svgclass="qr", lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()


def check_board(
    unit: Org, on: date, *, kind: str, whole_year: bool, after: int, size: int
) -> dict[str, Any]:
    """Return which units under one lack what: the totals, and a page of units with sentences."""
    units = Org.objects.public().filter(path__under=unit.path, kind=Org.Kind.PARTY)
    findings = rule_check(units, on, whole_year=whole_year)
    by_kind: dict[str, int] = {}
    by_unit: dict[int, list] = {}
    for one in findings:
        by_kind[one.kind] = by_kind.get(one.kind, 0) + 1
        if not kind or one.kind == kind:
            by_unit.setdefault(one.unit_id, []).append(one)
    lacking = sorted(pk for pk in by_unit if pk > after)
    page = lacking[:size]
    found = units.select_related("parent").in_bulk(page)
    rows = [
        {
            "unit": found[pk],
            "lines": [
                {"text": one.sentence(on), "is_late": one.is_late(on), "norm": one.norm}
                for one in sorted(by_unit[pk], key=lambda one: one.due)
            ],
        }
        for pk in page
    ]
    return {
        "rows": rows,
        "next": str(page[-1]) if len(lacking) > size else "",
        "units": units.count(),
        "lacking": len(by_unit),
        "kinds": by_kind,
        "kind_rows": [
            (Kind(k).label, n, k) for k, n in sorted(by_kind.items(), key=lambda i: -i[1])
        ],
        "late": sum(one.is_late(on) for one in findings),
        "total": len(findings),
    }
