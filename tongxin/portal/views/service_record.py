"""One's record of service, on the phone and on paper; that of the members of one's branch."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.dual_report.queries.coverage import coverage
from tongxin.dual_report.queries.desk import land_of
from tongxin.dual_report.queries.turns import verdicts
from tongxin.kit.errors import Invalid, NotFound, NotPermitted
from tongxin.orgs.models import Org
from tongxin.orgs.scope import READERS, posts_of

from ..actions import write_service_year
from ..queries import service_record as queries
from ..queries.street import PERIODS, Period

SHOWN = 50


def _year(words: Any, default: int) -> int:
    given = words.get("year", "")
    return int(given) if given.isdecimal() and len(given) == 4 else default


@login_required
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """Show one's own record; `year` of the address shows one year."""
    context = _record(request, request.user) | {"tabs": _tabs(request)}
    return render(request, "portal/service_record.html", context)


@login_required
@require_safe
def paper(request: SignedIn) -> HttpResponse:
    """Show one's own record on A4: a record, no certificate."""
    return render(request, "portal/service_record_print.html", _record(request, request.user))


def _record(request: SignedIn, user: Any) -> dict[str, Any]:
    record = queries.record_of(user, localdate(now()))
    year = _year(request.GET, 0)
    lines = record.of_year(year) if year else record.lines
    return {
        "who": user,
        "record": record,
        "year": year,
        "lines": lines,
        "shown": lines[:SHOWN],
        "minutes": sum(line.minutes for line in lines),
        "segments": [
            {"label": _("全部"), "url": "?", "active": not year},
            *(
                {"label": str(one), "url": f"?{urlencode({'year': one})}", "active": one == year}
                for one, _minutes in record.by_year
            ),
        ],
        "print_url": f"{reverse('portal:service-print')}{f'?year={year}' if year else ''}",
    }


def _tabs(request: SignedIn) -> list[dict[str, Any]]:
    items = (
        (_("报到"), "dual_report:me", "home-heart"),
        (_("轮值"), "dual_report:turns", "calendar-user"),
        (_("岗位"), "dual_report:posts", "hand-grab"),
        (_("记录"), "portal:service-record", "certificate-2"),
    )
    return [
        {
            "label": label,
            "url": reverse(url),
            "icon": icon,
            "active": url == "portal:service-record",
        }
        for label, url, icon in items
    ]


@login_required
@require_safe
def branch(request: SignedIn) -> HttpResponse:
    """Show what the members of one's units who reported in gave in a year."""
    if not any(post.role in READERS for post in posts_of(request.user)):
        raise NotPermitted(
            _("党员服务记录由所在党组织查看。"), remedy=_("看自己的，请到“我的服务记录”。")
        )
    today = localdate(now())
    year = _year(request.GET, today.year)
    cursor = request.GET.get("cursor", "")
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid(_("页码不对，请从第一页重新打开"), field="cursor")
    found = queries.branch_year(request.user, year, after=int(cursor or 0), size=queries.PAGE + 1)
    shown = found[: queries.PAGE]
    context = {
        "year": year,
        "rows": shown,
        "next_cursor": str(shown[-1].membership_id) if len(found) > queries.PAGE else "",
        "segments": [
            {"label": str(one), "url": f"?year={one}", "active": one == year}
            for one in (today.year, today.year - 1, today.year - 2)
        ],
        "units": queries.units_kept(request.user) if year < today.year else [],
    }
    return render(request, "portal/service_branch.html", context)


@login_required
@require_safe
def member(request: SignedIn, pk: int) -> HttpResponse:
    """Show the record of a member of one's units who reported in."""
    found = (
        queries.members_seen(request.user).filter(person=pk).select_related("person__user").first()
    )
    if found is None:
        raise NotFound(_("没有找到这名党员，或您看不到。"))
    record = queries.record_of_person(found.person, localdate(now()))
    context = {"who": found.person, "record": record, "shown": record.lines[:SHOWN]}
    return render(request, "portal/service_member.html", context)


@login_required
@require_safe
def participation(request: SignedIn) -> HttpResponse:
    """Show how many people took part in a place and a period, each once, and what was claimed."""
    today = localdate(now())
    land = land_of(request.user, request.GET.get("region", ""), watching=True)
    period = Period.read(request.GET, today)
    whole, rows = coverage(land, today)
    people = queries.participants(land.path, period.since, period.until)
    context = {
        "land": land,
        "period": period,
        "people": people,
        "claims": queries.claims(land.path, period.since, period.until),
        "verdicts": verdicts(land.path, period.since, period.until),
        "members": whole.members,
        "rows": sorted((row for row in rows if row.members.base), key=lambda row: -row.members.done),
        "filters": [
            {"name": "period", "label": _("时间"), "value": period.name,
             "choices": list(PERIODS.items())}
        ],
        "hidden": [("region", land.code)],
    }  # fmt: skip
    return render(request, "portal/participation.html", context)


@login_required
@require_POST
def write_year(request: SignedIn, pk: int) -> HttpResponse:
    """Write a unit's year of service into its life log."""
    unit = get_object_or_404(Org.objects.public(), pk=pk)
    year = _year(request.POST, 0)
    entry = write_service_year(unit=unit, year=year, by=request.user, at=now())
    messages.success(request, _("已写入全程纪实：%s") % entry.text)
    return redirect(f"{reverse('portal:service-branch')}?{urlencode({'year': year})}")
