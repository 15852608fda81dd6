"""五心服务: the five classes of service counted, for officers and leaders (S4.29)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tongxin.cases.queries import ANY, NONE, UNCLASSED
from tongxin.orgs.scope import land_asked, own_lands
from tongxin.regions.models import DEPTH
from tongxin.regions.queries import Land, lands_of, place_name, world

from ..hearts import LEADING, SERVICES, HeartPlace, HeartRow, Hearts, hearts

PERIODS = {
    "month": (30, gettext_lazy("近 30 天")),
    "quarter": (90, gettext_lazy("近 90 天")),
    "year": (365, gettext_lazy("近一年")),
}


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a place, days with both ends, a kind of service."""

    land: Land
    period: str  # one of PERIODS, or "" for days of one's own
    since: date
    until: date
    kind: str

    def here(self, land: Land) -> str:
        days = (
            {"period": self.period} if self.period else {"since": self.since, "until": self.until}
        )
        words: dict[str, Any] = {"region": land.code, **days, "kind": self.kind}
        return f"{reverse('requests:hearts')}?{urlencode({k: v for k, v in words.items() if v})}"

    def cases(self, heart: str, came: str = "", land: Land | None = None) -> str:
        """Return the address of the list of the very cases that a figure counts."""
        words: dict[str, Any] = {
            "region": (land or self.land).code,
            "tab": "any",
            "kind": self.kind,
            "heart": heart,
            "came": came,
            "since": self.since,
            "until": self.until,
        }
        return f"{reverse('portal:desk')}?{urlencode({k: v for k, v in words.items() if v})}"


def _asked(request: HttpRequest) -> Asked:
    """Read the address; raises NotFound for land that is not the reader's to lead."""
    land = land_asked(request.user, request.GET.get("region", ""), LEADING)
    while DEPTH[land.level] > DEPTH["community"]:
        land = world().by_id[land.parent_id or 0]
    kind = request.GET.get("kind", "")
    kind = kind if kind in SERVICES else ""
    try:
        first, last = sorted(date.fromisoformat(request.GET.get(n, "")) for n in ("since", "until"))
    except ValueError:
        period = request.GET.get("period", "")
        period = period if period in PERIODS else "month"
        today = localdate()
        return Asked(land, period, today - timedelta(days=PERIODS[period][0] - 1), today, kind)
    return Asked(land, "", first, last, kind)


@login_required
@require_safe
def by_class(request: HttpRequest) -> HttpResponse:
    """Show what was asked of each class of service and what came of it, in a place and a period."""
    asked = _asked(request)
    found = hearts(asked.land, since=asked.since, until=asked.until, kind=asked.kind)
    days = f"{asked.since:%Y-%m-%d} – {asked.until:%Y-%m-%d}"
    context = {
        "land": asked.land,
        "filters": _filters(request, asked, days),
        "caption": f"{place_name(asked.land.path)} · {days}",
        "whole": found.whole,
        "tiles": _tiles(found.whole, asked),
        "table": _table(found, asked),
        "places": _places(found, asked),
        "places_caption": _("%s · 各区域提出的件数") % days,
        "rows": found.rows,
        "is_sample": any(row.is_sample for row in found.rows),
        "up": _up(request, asked),
    }
    return render(request, "requests/hearts.html", context)


def _tiles(whole: HeartRow, asked: Asked) -> list[dict[str, Any]]:
    return [
        {"label": _("提出"), "value": whole.asked, "unit": _("件"), "url": asked.cases(ANY)},
        {"label": _("办结"), "value": whole.done, "unit": _("件"), "url": asked.cases(ANY, "done")},
        {"label": _("按时办结率"), "value": _or_dash(whole.punctual), "unit": _unit(whole.punctual, "%"),
         "url": asked.cases(ANY, "on_time"), "why": "#why"},
        {"label": _("满意度"), "value": _or_dash(whole.mean), "unit": _unit(whole.mean, _("星")),
         "url": asked.cases(ANY, "rated"), "why": "#why"},
    ]  # fmt: skip


def _or_dash(value: float | None) -> Any:
    return "–" if value is None else value


def _unit(value: float | None, unit: str) -> str:
    return "" if value is None else unit


def _table(found: Hearts, asked: Asked) -> dict[str, Any]:
    """Return the classes as `ui/parts/table.html` draws them; each figure leads to its cases."""

    def cells(row: HeartRow) -> list[dict[str, Any]]:
        return [
            _figure(row.asked, asked.cases(row.code)),
            {"value": "–" if row.share is None else f"{row.share}%"},
            _figure(row.done, asked.cases(row.code, "done")),
            _figure(row.on_time, asked.cases(row.code, "on_time")),
            {"value": "–" if row.punctual is None else f"{row.punctual}%"},
            {"value": _took(row)},
            {"value": _or_dash(row.mean)},
            _figure(row.rated, asked.cases(row.code, "rated")),
        ]

    labels = [
        _("服务类别"), _("提出"), _("占比"), _("办结"), _("按时办结"), _("按时率"), _("用时中位数"),
        _("平均星级"), _("评价数"),
    ]  # fmt: skip
    return {
        "columns": [{"label": label, "figure": n > 0} for n, label in enumerate(labels)],
        "rows": [{"label": row.name, "cells": cells(row)} for row in found.rows],
        "total": {"label": found.whole.name, "cells": cells(found.whole)},
    }


def _figure(n: int, url: str) -> dict[str, Any]:
    return {"value": n, "url": url} if n else {"value": n}


def _took(row: HeartRow) -> str:
    if row.took is None or row.hours is None:
        return "–"
    if row.hours < 1:
        return _("%d 分钟") % (row.took.total_seconds() // 60)
    return _("%.1f 小时") % row.hours if row.hours < 48 else _("%.1f 天") % (row.hours / 24)  # noqa: PLR2004


def _places(found: Hearts, asked: Asked) -> dict[str, Any]:
    """Return what was asked in each place below, a column for each class; {} where none lies below."""
    codes = [row.code for row in found.rows]

    def cells(one: HeartPlace) -> list[dict[str, Any]]:
        counts = [(code, one.asked[UNCLASSED if code == NONE else code]) for code in codes]
        counts.append((ANY, one.asked.total()))
        if one.land is None:
            return [{"value": n} for _code, n in counts]
        return [_figure(n, asked.cases(code, land=one.land)) for code, n in counts]

    if not found.places:
        return {}
    labels = [_("区域"), *(row.name for row in found.rows), _("合计")]
    return {
        "columns": [{"label": label, "figure": n > 0} for n, label in enumerate(labels)],
        "rows": [
            {"label": one.land.short_name, "url": asked.here(one.land), "cells": cells(one)}
            if one.land
            else {"label": _("未落到下级区域"), "cells": cells(one)}
            for one in found.places
        ],
        "total": {
            "label": _("合计"),
            "cells": [
                *(_figure(row.asked, asked.cases(row.code)) for row in found.rows),
                _figure(found.whole.asked, asked.cases(ANY)),
            ],
        },
    }


def _above(request: HttpRequest, land: Land) -> list[Land]:
    """Return what lies above a place within the reader's reach, and the place itself."""
    tops = [one.path for one in own_lands(request.user, LEADING)]
    return [up for up in lands_of(land.path) if up.path.startswith(tuple(tops))]


def _up(request: HttpRequest, asked: Asked) -> dict[str, str]:
    above = [up for up in _above(request, asked.land) if up.id != asked.land.id]
    return {"name": above[-1].short_name, "url": asked.here(above[-1])} if above else {}


def _filters(request: HttpRequest, asked: Asked, days: str) -> list[dict[str, Any]]:
    land = asked.land
    below = [one for one in world().children_of(land) if DEPTH[one.level] <= DEPTH["community"]]
    beside = world().children_of(world().by_id.get(land.parent_id or 0)) if not below else []
    near = {one.code: one.short_name for one in _above(request, land)}
    tops = tuple(one.path for one in own_lands(request.user, LEADING))
    near |= {one.code: one.short_name for one in [*below, *beside] if one.path.startswith(tops)}
    periods = [(name, words) for name, (_days, words) in PERIODS.items()]
    filters = [
        ("region", _("区域"), land.code, list(near.items())),
        ("period", _("时间"), asked.period, periods + ([] if asked.period else [("", days)])),
        ("kind", _("类别"), asked.kind, [("", _("全部服务")), *SERVICES.items()]),
    ]
    names = ("name", "label", "value", "choices")
    return [dict(zip(names, one, strict=True)) for one in filters]
