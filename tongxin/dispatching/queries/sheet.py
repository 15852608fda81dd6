"""What the pages of plans show: where orders wait, what a plan gains, its lines in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, world
from tongxin.requests.queries import way_words

from ..models import DESK, Plan, PlanLine
from .assign import NOBODY, cost_of
from .drafts import POINT, Draft
from .planning import STEPS

TONES = {"proposed": "waiting", "out": "idle", "done": "done", "stale": "late", "refused": "late"}
MOST_POINTS = 300


def lands_to_plan(actor) -> list[Land]:
    """Return the areas somebody may plan for: where they dispatch, and what lies right below."""
    found: dict[int, Land] = {}
    for post in posts_of(actor):
        land = world().by_path.get(post.path)
        if (
            post.role in DESK
            and land is not None
            and land.level in ("district", "street", "community")
        ):
            found[land.id] = land
            if land.level == "district":
                found |= {below.id: below for below in world().children_of(land)}
    return sorted(found.values(), key=lambda land: land.path)


def waiting_in(lands: list[Land], actor, at: datetime) -> dict[str, Any]:
    """Return how many orders wait for somebody on these lands, and since when the oldest does."""
    inside = Q(pk__in=[])
    for land in lands:
        inside |= Q(area__under=land.path)
    rows = Case.objects.visible_to(actor).open().filter(inside, kind="request", step__in=STEPS)
    late = Count("pk", filter=Q(due_at__lt=at))
    return rows.aggregate(n=Count("pk"), late=late, oldest=Min("opened_at"))


def with_counts(plans: list[Plan]) -> list[dict[str, Any]]:
    """Return plans with how many orders each has and how many were given away. One query."""
    rows = (
        PlanLine.objects.filter(plan__in=plans)
        .values_list("plan")
        .annotate(
            n=Count("pk"),
            done=Count("pk", filter=Q(state="done")),
            left=Count("pk", filter=Q(person=None)),
        )
        .order_by()
    )
    counts = {plan: rest for plan, *rest in rows}
    tones = {"draft": "waiting", "confirmed": "done", "dropped": "idle"}
    return [
        {
            "plan": plan,
            "tone": tones[plan.state],
            "orders": counts.get(plan.pk, (0, 0, 0))[0],
            "done": counts.get(plan.pk, (0, 0, 0))[1],
            "left": counts.get(plan.pk, (0, 0, 0))[2],
        }
        for plan in plans
    ]


def names_of(ids: list[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))


def way_of(draft: Draft, row: int, who: int) -> str:
    """Return the way of a pair in words; "" where nobody knows it."""
    pairs = np.flatnonzero((draft.instance.order == row) & (draft.instance.person == who))
    metres = int(draft.arrays["metres"][pairs[0]]) if len(pairs) else -1
    return way_words(metres if metres >= 0 else None).strip("（）")


def more_words(more: int) -> str:
    """Return what a change costs, in a sentence."""
    if more > 0:
        return _("已改，方案比原来多 %.1f 分代价。") % (more / POINT)
    if more < 0:
        return _("已改，方案比原来少 %.1f 分代价。") % (-more / POINT)
    return _("已改，代价不变。")


def sheet_of(plan: Plan, lines: list[PlanLine]) -> dict[str, Any]:
    """Return what the page of a plan shows: tiles, chart, points on the map, rows."""
    draft = Draft(plan, lines)
    desk = cost_of(draft.instance, draft.desk())
    given = int((draft.person != NOBODY).sum())
    words, before, after = draft.spread()
    return {
        "rows": [_row(one, draft, plan) for one in lines],
        "given": given,
        "left": sum(one.person_id is None and one.state != "out" for one in lines),
        "taken_out": int(draft.out.sum()),
        "cost": draft.cost / POINT,
        "saved": (desk - plan.cost) / POINT,
        "saved_share": f"{100 * (desk - plan.cost) / desk:.1f}" if desk else "0",
        "is_proved": draft.bound == plan.cost,
        "bound": draft.bound / POINT,
        "planned": plan.cost / POINT,
        "is_changed": any(one.is_changed for one in lines),
        **_compared(plan, draft, lines),
        "chart": {
            "kind": "bar",
            "x": words[1:],
            "unit": _("人"),
            "series": [
                {"name": _("派单前"), "data": before[1:], "tone": "idle"},
                {"name": _("派单后"), "data": after[1:], "tone": "working"},
            ],
        },
        "chart_rows": [(word, [b, a]) for word, b, a in zip(words, before, after, strict=True)],
        "points": _points(lines),
    }


def _compared(plan: Plan, draft: Draft, lines: list[PlanLine]) -> dict[str, Any]:
    """Return the table of before, this plan, and one order after the other."""
    waits = np.array([(plan.at - one.case.opened_at).total_seconds() / 3600 for one in lines])
    nobody = np.full(len(draft.person), NOBODY)
    rows = np.array([one.row for one in lines], np.int64)
    ways = [_measured(draft, who, waits, rows) for who in (nobody, draft.person, draft.desk())]
    labels = (
        _("没有人接的单"),
        _("其中等得最久（小时）"),
        _("手上有单的人"),
        _("一人最多在手"),
        _("平均路程（公里）"),
    )
    return {
        "columns": [
            {"label": _("比什么")},
            {"label": _("派单前"), "figure": True},
            {"label": _("本方案"), "figure": True},
            {"label": _("逐张派单"), "figure": True},
        ],
        "compared": [
            {"label": label, "cells": [{"value": way[n]} for way in ways]}
            for n, label in enumerate(labels)
        ],
    }


def _measured(draft: Draft, who: np.ndarray, waits: np.ndarray, rows: np.ndarray) -> list[str]:
    """Return the figures of one way of giving the orders away, in the order of the table."""
    left = waits[who[rows] == NOBODY]
    held = draft.held + np.bincount(who[who >= 0], minlength=len(draft.held))
    metres = draft.metres(who)
    return [
        str(len(left)),
        f"{left.max():.1f}" if len(left) else "–",
        str(int((held > 0).sum())),
        str(int(held.max())) if len(held) else "0",
        f"{metres.mean() / 1000:.1f}" if len(metres) else "–",
    ]


def _row(line: PlanLine, draft: Draft, plan: Plan) -> dict[str, Any]:
    who = int(draft.person[line.row])
    return {
        "line": line,
        "case": line.case,
        "tone": TONES[line.state],
        "way": way_of(draft, line.row, who) if who != NOBODY else "",
        "is_late": line.case.due_at is not None and line.case.due_at < plan.at,
    }


def _points(lines: list[PlanLine]) -> list[dict[str, Any]]:
    """Return the orders as points on a map: those given away, and those left over."""
    found = []
    for one in lines[:MOST_POINTS]:
        land = world().by_path.get(one.case.area)
        lng = one.case.lng if one.case.lng is not None else (land.lng if land else None)
        lat = one.case.lat if one.case.lat is not None else (land.lat if land else None)
        if lng is None or lat is None:
            continue
        found.append(
            {
                "lng": lng,
                "lat": lat,
                "title": one.case.title,
                "note": one.person.name if one.person else one.why,
                "tone": "working" if one.person_id else "late",
                "char": one.person.name[:1] if one.person else _("缺"),
            }
        )
    return found
