"""The ledger on one page, its sheet, and what it counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn

from .. import queries
from ..models import Finding, FindingQuerySet, FindingUnit
from ..queries import SOURCES, Asked, asked_of
from ..queries.access import REPORTERS
from .common import must_overlook, overlooks, own_paths, show


def rows_of(request: SignedIn, asked: Asked) -> FindingQuerySet:
    rows = Finding.objects.visible_to(request.user)
    return queries.with_late(queries.narrowed(rows, asked), localdate())


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """Every finding the reader sees, with its state; counts on top are links."""
    asked, at = asked_of(request.GET), now()
    rows = rows_of(request, asked)
    page, following = queries.page_of(
        queries.of_step(rows, asked.step), request.GET.get("cursor", "")
    )
    kinds = list(queries.kinds_on(localdate(at)))
    context = {
        "lines": [queries.line_of(one, request.user, at) for one in page],
        "next": following,
        "tiles": _tiles(request, queries.counts(rows)),
        "filters": _filters(asked, kinds),
        "search": {"name": "q", "value": asked.text, "placeholder": _("编号、问题或点位")},
        "hidden": _hidden(request),
        "unit": asked.unit,
        "asked": asked,
        "may_record": bool(own_paths(request.user, REPORTERS)),
        "overlooks": overlooks(request.user),
        "at": at,
    }
    return show(request, "home", context, tab="home")


def _tiles(request: SignedIn, counts: dict[str, int]) -> list[dict[str, Any]]:
    def link(**words: Any) -> str:
        query = request.GET.copy()
        for word in ("cursor", "step", "repeats"):
            query.pop(word, None)
        for name, value in words.items():
            query[name] = value
        return f"?{query.urlencode()}" if query else "?"

    tiles = [
        (_("问题总数"), counts["all"], link(), ""),
        (_("待处置"), counts["open"], link(step="open"), ""),
        (_("整改中"), counts["ordered"], link(step="ordered"), ""),
        (_("逾期未改"), counts["overdue"], link(step="late"), "late" if counts["overdue"] else ""),
        (_("现场纠正"), counts["corrected"], link(step="corrected"), ""),
        (_("已销号"), counts["closed"], link(step="closed"), ""),
        (_("反复出现"), counts["repeats"], link(repeats="1"), ""),
    ]
    return [
        {"label": label, "value": value, "url": url, "tone": tone}
        for label, value, url, tone in tiles
    ]


def _hidden(request: SignedIn) -> list[tuple[str, str]]:
    kept = ("unit", "repeats", "region", "category")
    return [(name, request.GET[name]) for name in kept if request.GET.get(name)]


def _filters(asked: Asked, kinds: list) -> list[dict[str, Any]]:
    today = localdate()
    steps = [("", _("全部状态")), ("unsettled", _("未销号")), ("late", _("逾期未改"))]
    periods = [("", _("全部时间"))]
    month = today.replace(day=1)
    periods.append((month.isoformat(), _("本月")))
    periods.append(((today - timedelta(days=90)).isoformat(), _("近 90 天")))
    periods.append((today.replace(month=1, day=1).isoformat(), _("今年")))
    since = asked.since.isoformat() if asked.since else ""
    if since and since not in {value for value, _words in periods}:
        periods.append((since, _("%s 起") % since))
    return [
        {"name": "step", "label": _("状态"), "value": asked.step, "choices": [*steps, *Finding.Step.choices]},
        {"name": "kind", "label": _("类别"), "value": asked.kind, "choices": [("", _("全部类别")), *((k.code, k.name) for k in kinds)]},
        {"name": "duty", "label": _("责任"), "value": asked.duty, "choices": [("", _("全部责任")), *FindingUnit.Responsibility.choices]},
        {"name": "source", "label": _("来源"), "value": f"{asked.source}:{asked.source_id}" if asked.source_id else asked.source, "choices": [("", _("全部来源")), *SOURCES.items(), *_one_source(asked)]},
        {"name": "since", "label": _("发现时间"), "value": since, "choices": periods},
    ]  # fmt: skip


def _one_source(asked: Asked) -> list[tuple[str, Any]]:
    """Return one operation or visit as a choice, where the address names it."""
    if not asked.source_id:
        return []
    kind = SOURCES.get(asked.source, asked.source)
    return [(f"{asked.source}:{asked.source_id}", _("这一次%s") % kind)]


@login_required
@require_GET
def figures(request: SignedIn) -> HttpResponse:
    """What was found and settled, by kind, month and unit; every figure leads to its findings."""
    must_overlook(request.user)
    asked, today = asked_of(request.GET), localdate()
    since = asked.since or (today.replace(day=1) - timedelta(days=335)).replace(day=1)
    duty = asked.duty or FindingUnit.Responsibility.MAIN
    asked = Asked(since=since, until=asked.until, area=asked.area, category=asked.category)
    rows = queries.narrowed(Finding.objects.visible_to(request.user), asked).standing()
    words = {"since": since.isoformat()} | ({"until": asked.until.isoformat()} if asked.until else {})  # fmt: skip
    if request.GET.get("region"):
        words["region"] = request.GET["region"]
    months = queries.by_month(rows)
    context = {
        "kinds": _table(
            queries.by_kind(rows), words, "kind",
            lambda row: (row["kind__code"] or "", row["kind__name"] or _("未分类")), _("类别"),
        ),
        "units": _unit_table(rows, words, duty, today),
        "months": _month_table(months, words),
        "chart": _chart(months),
        "chart_rows": [
            (f"{localdate(row['month']):%Y-%m}", [row["found"], row["corrected"] + row["closed"]])
            for row in months
        ],
        "caption": _("%(since)s 至 %(until)s") % {"since": since, "until": asked.until or today},
        "filters": [
            _period(since, today),
            {
                "name": "duty", "label": _("责任"), "value": duty,
                "choices": FindingUnit.Responsibility.choices,
            },
        ],
        "hidden": [("region", request.GET["region"])] if request.GET.get("region") else [],
        "n": sum(row["found"] for row in months),
    }  # fmt: skip
    return show(request, "figures", context, tab="figures")


Label = Callable[[dict[str, Any]], tuple[str, str]]
COLUMNS = ("found", "corrected", "closed", "running", "repeats")


def _columns(first: Any) -> list[dict[str, Any]]:
    labels = [_("发现"), _("现场纠正"), _("已销号"), _("未销号"), _("反复"), _("整改率")]
    return [{"label": first}, *({"label": label, "figure": True} for label in labels)]


def _cells(row: dict[str, Any], words: dict[str, str]) -> list[dict[str, Any]]:
    asked: dict[str, dict[str, str]] = {
        "found": {}, "corrected": {"step": "corrected"}, "closed": {"step": "closed"},
        "running": {"step": "unsettled"}, "repeats": {"repeats": "1"},
    }  # fmt: skip
    home_url = reverse("findings:home")
    cells = [
        {"value": row[name], "url": f"{home_url}?{urlencode(words | more)}" if row[name] else ""}
        for name, more in asked.items()
    ]
    rate = queries.rate_of(row)
    return [*cells, {"value": "—" if rate is None else f"{rate}%"}]


def _table(
    rows: list[dict[str, Any]], words: dict[str, str], name: str, label: Label, first: Any
) -> dict[str, Any]:
    lines = []
    for row in rows:
        value, shown = label(row)
        mine = words | ({name: value} if value else {})
        lines.append({"label": shown, "cells": _cells(row, mine)})
    return {"columns": _columns(first), "rows": lines}


def _month_table(rows: list[dict[str, Any]], words: dict[str, str]) -> dict[str, Any]:
    lines = []
    for row in rows:
        start = localdate(row["month"])
        end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        mine = words | {"since": start.isoformat(), "until": end.isoformat()}
        lines.append({"label": f"{start:%Y-%m}", "cells": _cells(row, mine)})
    return {"columns": _columns(_("月份")), "rows": lines}


def _unit_table(
    rows: FindingQuerySet, words: dict[str, str], duty: str, today: date
) -> dict[str, Any]:
    """Units in the order in which the register first names them: nobody is ranked."""
    table = _table(
        queries.by_unit(rows, duty), words | {"duty": duty}, "unit",
        lambda row: (row["name"], row["name"]), _("责任单位"),
    )  # fmt: skip
    late = queries.late_by_unit(rows, today)
    home_url = reverse("findings:home")
    table["columns"].append({"label": _("逾期"), "figure": True})
    for line in table["rows"]:
        n = late.get(line["label"], 0)
        query = urlencode(words | {"unit": line["label"], "step": "late"})
        line["cells"].append(
            {"value": n, "late": bool(n), "url": f"{home_url}?{query}" if n else ""}
        )
    return table


def _chart(months: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": "bar",
        "x": [f"{localdate(row['month']):%Y-%m}" for row in months],
        "unit": _("个"),
        "series": [
            {"name": _("发现"), "data": [row["found"] for row in months], "tone": "waiting"},
            {
                "name": _("现场纠正和销号"),
                "data": [row["corrected"] + row["closed"] for row in months],
                "tone": "done",
            },
        ],
    }


def _period(since: date, today: date) -> dict[str, Any]:
    starts = {
        today.replace(day=1): _("本月"),
        (today - timedelta(days=90)): _("近 90 天"),
        today.replace(month=1, day=1): _("今年"),
        (today.replace(day=1) - timedelta(days=335)).replace(day=1): _("近 12 个月"),
    }
    choices = [(day.isoformat(), words) for day, words in starts.items()]
    if since not in starts:
        choices.append((since.isoformat(), _("%s 起") % since))
    return {
        "name": "since", "label": _("发现时间"), "value": since.isoformat(), "choices": choices,
    }  # fmt: skip
