"""The rating of a day: one tap for the ordinary day, one page for the other; what is missing; sums."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.kit.errors import Invalid, NotFound
from tongxin.regions.queries import get_land, region_of, world

from .. import actions
from ..forms import CriterionForm, RatingForm
from ..models import DailyRating, RatingCriterion, Secondment
from ..queries.ratings import merged, missing_on, span_of, sums_of
from ..queries.rules import criteria_on
from ..scope import rates, rates_somewhere, reads_ratings
from .common import ask, carried_out, found, me

MOST_PLACES = 40


def _day(request: HttpRequest) -> date:
    """Return the day looked at; today unless another is named."""
    text = request.POST.get("day") or request.GET.get("day") or ""
    try:
        return date.fromisoformat(text) if text else localdate()
    except ValueError:
        raise Invalid(_("日期读不懂，请写成 2026-03-02 的样子"), field="day") from None


@login_required
@require_GET
def ratings(request: HttpRequest) -> HttpResponse:
    """Show who is to be rated on a day: of one's community, or how many are missing in each."""
    day, today = _day(request), localdate()
    rows = Secondment.objects.visible_to(request.user).serving_on(day)
    code = request.GET.get("region", "")
    counted = dict(_counted(rows))
    lands = [world().by_id[pk] for pk in counted if pk in world().by_id]
    land = get_land(code) if code else (lands[0] if len(lands) == 1 else None)
    context: dict[str, Any] = {
        "day": day,
        "is_today": day == today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "land": land,
        "may_import": rates_somewhere(request.user),
        "may_export": reads_ratings(request.user),
    }
    if land is not None:
        context |= _of_one(request, rows.filter(community=land.id), day, land)
    else:
        missing = missing_on(day)
        places = sorted(lands, key=lambda one: (-missing.get(one.id, 0), one.path))
        context["places"] = [
            {"land": one, "n": counted[one.id], "missing": missing.get(one.id, 0)}
            for one in places[:MOST_PLACES]
        ]
        context["total"] = sum(counted.values())
        context["missing"] = sum(missing.get(one.id, 0) for one in lands)
        context["more"] = max(0, len(places) - MOST_PLACES)
    return render(request, "cadres/ratings.html", context)


def _counted(rows):
    return rows.values_list("community").annotate(n=Count("pk")).order_by("community__path")


def _of_one(request: HttpRequest, rows, day: date, land) -> dict[str, Any]:
    """Return who serves in one community on a day, each with the rating there is."""
    people = list(rows.select_related("person", "from_unit").order_by("pk")[:200])
    given = DailyRating.objects.visible_to(request.user).filter(
        day=day, secondment__in=[one.pk for one in people]
    )
    by_row = {one.secondment_id: one for one in given}
    criteria = criteria_on(day)
    names = {one.code: one.name for one in criteria}
    may = rates(request.user, land.path)
    listed = [
        {"row": one, "rating": by_row.get(one.pk), "is_self": one.person.user_id == request.user.pk,
         "words": words_of(by_row[one.pk], names) if one.pk in by_row else []}
        for one in people
    ]  # fmt: skip
    left = [one for one in listed if one["rating"] is None and not one["is_self"]]
    return {"people": listed, "left": len(left), "may_rate": may, "criteria": criteria}


def words_of(rating: DailyRating, names: dict[str, str]) -> list[tuple[str, str]]:
    """Return the marks of a rating as (words, tone)."""
    tones = {3: "done", 2: "waiting", 1: "late"}
    labels = dict(DailyRating.Level.choices)
    if rating.attendance != DailyRating.Attendance.PRESENT:
        tone = "late" if rating.attendance == DailyRating.Attendance.ABSENT else "idle"
        return [(str(rating.get_attendance_display()), tone)]
    return [
        (
            f"{names.get(code, code)}：{labels[level]}" if level < 3 else names.get(code, code),
            tones[level],
        )
        for code, level in rating.marks.items()
    ]


@login_required
@require_POST
def rate_all(request: HttpRequest, code: str) -> HttpResponse:
    """Everybody left was there and did well: one tap."""
    day, region = _day(request), region_of(get_land(code))
    number = actions.rate_all(community=region, day=day, at=now(), by=me(request))
    messages.success(request, _("%d 人已评为在岗、到位。") % number)
    return redirect(_back(day, code))


def _back(day: date, code: str) -> str:
    return f"{reverse('cadres:ratings')}?{urlencode({'day': str(day), 'region': code})}"


@login_required
@require_POST
def rate_good(request: HttpRequest, pk: int) -> HttpResponse:
    """One cadre was there and did well: one tap."""
    row = _row(request, pk)
    day = _day(request)
    marks = {one.code: int(DailyRating.Level.GOOD) for one in criteria_on(day)}
    actions.rate_day(
        secondment=row, day=day, attendance="present", marks=marks, at=now(), by=me(request)
    )
    return redirect(_back(day, row.community.code))


def _row(request: HttpRequest, pk: int) -> Secondment:
    rows = Secondment.objects.visible_to(request.user).select_related("person", "community")
    return found(rows.defer("community__polygon"), pk)


@login_required
@require_http_methods(["GET", "POST"])
def rate(request: HttpRequest, pk: int) -> HttpResponse:
    """Rate one cadre's day, criterion by criterion; a rating that is there is corrected."""
    row, day = _row(request, pk), _day(request)
    rating = DailyRating.objects.visible_to(request.user).filter(secondment=row, day=day).first()
    criteria = criteria_on(day)
    initial: dict[str, Any] = {}
    if rating is not None:
        initial = {"attendance": rating.attendance, "note": rating.note}
        initial |= {f"mark_{code}": level for code, level in rating.marks.items()}
    form = RatingForm(
        request.POST or None, criteria=criteria, correcting=rating is not None, initial=initial
    )

    def act(data: dict[str, Any]) -> None:
        given = {"at": now(), "by": request.user, **form.given()}
        if rating is None:
            actions.rate_day(secondment=row, day=day, **given)
        else:
            actions.correct_rating(rating=rating, reason=data["reason"], **given)

    back = _back(day, row.community.code)
    if carried_out(request, form, act):
        messages.success(
            request, _("已评价。") if rating is None else _("已更正，原来的评价留有记录。")
        )
        return redirect(back)
    heading = _("评价%s") if rating is None else _("更正%s的评价")
    return ask(
        request, form, heading=heading % row.person, back=back, icon="clipboard-check",
        verb=_("提交评价") if rating is None else _("更正"),
        lede=_("%(day)s · %(place)s") % {"day": day, "place": row.community},
    )  # fmt: skip


@login_required
@require_GET
def summary(request: HttpRequest) -> HttpResponse:
    """Sum up a week or a month: by cadre in one community, by community above."""
    period = "month" if request.GET.get("period") == "month" else "week"
    first, last = span_of(period, _day(request))
    today = localdate()
    rows = Secondment.objects.visible_to(request.user).filter(from_date__lte=min(last, today))
    rows = rows.exclude(ended_on__lt=first).filter(to_date__gte=first)
    code = request.GET.get("region", "")
    land = get_land(code) if code else None
    if land is not None:
        rows = rows.filter(community__path__under=land.path)
    sums = sums_of(
        rows.select_related("person").order_by("community__path", "pk"), first, last, today
    )
    criteria = criteria_on(min(last, today))
    places = {row.community_id for row, _sum in sums.values()}
    by_place = land is None and len(places) > 1
    context = {
        "period": period, "first": first, "last": last, "land": land, "by_place": by_place,
        "periods": [
            {"label": label, "url": f"?{urlencode({'period': name, 'region': code})}", "active": name == period}
            for name, label in (("week", _("本周")), ("month", _("本月")))
        ],
        "columns": [
            {"label": label, "figure": n > 0}
            for n, label in enumerate([
                _("社区") if by_place else _("姓名"), _("应评"), _("已评"), _("未评"), _("在岗"),
                _("请假"), _("未到岗"), *(_("%s%%") % one.name for one in criteria),
            ])
        ],
        "table_rows": _place_rows(sums, criteria, period) if by_place else _person_rows(sums, criteria),
        "caption": _("%(first)s 至 %(last)s") % {"first": first, "last": min(last, today)},
    }  # fmt: skip
    return render(request, "cadres/summary.html", context)


def _cells(one, criteria) -> list[dict[str, Any]]:
    shares = [one.good(c.code) for c in criteria]
    return [
        {"value": one.due}, {"value": one.rated},
        {"value": one.missing, "late": one.missing > 0}, {"value": one.present},
        {"value": one.leave}, {"value": one.absent, "late": one.absent > 0},
        *({"value": "–" if share is None else share} for share in shares),
    ]  # fmt: skip


def _person_rows(sums, criteria) -> list[dict[str, Any]]:
    return [
        {"label": row.person.name, "url": reverse("cadres:secondment", args=[row.pk]),
         "cells": _cells(one, criteria)}
        for row, one in sums.values()
    ]  # fmt: skip


def _place_rows(sums, criteria, period: str) -> list[dict[str, Any]]:
    found_rows = []
    for place, one in merged(sums).items():
        land = world().by_id.get(place)
        if land is None:
            continue
        url = f"{reverse('cadres:summary')}?{urlencode({'period': period, 'region': land.code})}"
        found_rows.append({"label": land.short_name, "url": url, "cells": _cells(one, criteria)})
    return found_rows


@login_required
@require_http_methods(["GET", "POST"])
def criteria(request: HttpRequest) -> HttpResponse:
    """Set what is looked at every day, and from which day on."""
    if not actions.may_set_criteria(me(request)):
        raise NotFound(_("没有找到，或您看不到它。"))
    today = localdate()
    form = CriterionForm(request.POST or None, initial={"from_date": today + timedelta(days=1)})

    def act(data: dict[str, Any]) -> None:
        actions.add_criterion(at=now(), by=me(request), **data)

    if carried_out(request, form, act):
        messages.success(request, _("已新增评价项。"))
        return redirect("cadres:criteria")
    rows = RatingCriterion.objects.public().order_by("order", "code")
    context = {"rows": rows, "form": form, "today": today}
    return render(request, "cadres/criteria.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def stop_criterion(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at something no more from tomorrow on."""
    one = found(RatingCriterion.objects.public(), pk)
    tomorrow = localdate() + timedelta(days=1)
    actions.stop_criterion(criterion=one, on=tomorrow, at=now(), by=me(request))
    messages.success(request, _("明天起不再评“%s”。") % one.name)
    return redirect("cadres:criteria")
