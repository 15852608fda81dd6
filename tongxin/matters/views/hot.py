"""The board of hot topics, one topic with its requests, and what people mend of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from tongxin.cases.queries import card_of
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import lands_of, place_name
from tongxin.ui.forms import Form

from .. import actions, queries
from ..models import SEES_TOPICS, HotRun, HotTopic

CASES = 60
RANKS = 3  # whose mark on the map stands out


class PeriodForm(Form):
    """The days of a run: from the first to the last, both within it."""

    since = forms.DateField(
        label=gettext_lazy("从"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("到"), widget=forms.DateInput(attrs={"type": "date"})
    )


class TitleForm(Form):
    title = forms.CharField(label=gettext_lazy("标题"), max_length=60)


def _gate(request: HttpRequest) -> None:
    user = request.user
    if not user.is_superuser and not any(post.role in SEES_TOPICS for post in posts_of(user)):
        raise NotPermitted(_("热点分析供派单员、街镇和区管理员、领导和监督员查看。"))


def _mends(request: HttpRequest, run: HotRun) -> bool:
    return bool(roles_over(request.user, run.region.path) & queries.MENDS)


@login_required
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the topics of a run in their order, and where they lie."""
    _gate(request)
    runs = queries.runs_seen_by(request.user)
    wanted = request.GET.get("run", "")
    run = next((one for one in runs if str(one.pk) == wanted), runs[0] if runs else None)
    gone = request.GET.get("view") == "dismissed"
    topics = (
        queries.board(run, actor=request.user, state="dismissed" if gone else "") if run else []
    )
    lately = queries.lately(topics, run) if run else {}
    context = {
        "run": run,
        "last_day": run and run.until - timedelta(days=1),
        "rows": [
            {"rank": n, "topic": one, "lately": lately.get(one.pk, 0)}
            for n, one in enumerate(topics, 1)
        ],
        "points": _points(topics),
        "map_url": _map_url(run.region.code) if run else "",
        "filters": [_run_filter(runs, run)] if len(runs) > 1 else [],
        "segments": [
            {"label": _("在榜"), "url": _url(run), "active": not gone},
            {"label": _("已排除"), "url": _url(run, view="dismissed"), "active": gone},
        ],
        "mends": _mends(request, run) if run else False,
        "districts": _districts(request),
        "form": PeriodForm(initial=_last_weeks()),
    }
    return render(request, "matters/hot.html", context)


def _url(run: HotRun | None, **words: str) -> str:
    query: dict[str, Any] = {**({"run": run.pk} if run else {}), **words}
    return f"{reverse('matters:hot')}?{urlencode(query)}"


def _run_filter(runs: list[HotRun], run: HotRun | None) -> dict[str, Any]:
    return {
        "name": "run",
        "label": _("哪一期"),
        "value": run.pk if run else "",
        "choices": [
            (
                one.pk,
                f"{one.region.name} {one.since:%Y-%m-%d} – {one.until - timedelta(days=1):%m-%d}",
            )
            for one in runs
        ],
    }


def _points(topics: list[HotTopic]) -> list[dict[str, Any]]:
    return [
        {
            "lng": one.lng,
            "lat": one.lat,
            "title": one.title,
            "note": _("%(n)d 件，热度 %(heat).1f") % {"n": one.n, "heat": one.heat},
            "url": reverse("matters:topic", args=[one.pk]),
            "tone": "late" if rank <= RANKS else "waiting",
            "char": str(rank),
        }
        for rank, one in enumerate(topics, 1)
        if one.lng is not None
    ]


def _map_url(code: str) -> str:
    return f"{reverse('api:children_geojson', args=[code])}?tolerance_m=20"


def _districts(request: HttpRequest) -> list[Any]:
    """Return the areas the actor may have looked through: those their posts cover as a whole."""
    held = [post for post in posts_of(request.user) if post.role in queries.MENDS]
    paths = dict.fromkeys(post.path for post in held)
    lands = [land for path in paths for land in lands_of(path) if land.path == path]
    return [land for land in lands if land.level in (Region.Level.DISTRICT, Region.Level.STREET)]


def _last_weeks() -> dict[str, date]:
    today = localdate()
    return {"since": today - timedelta(days=27), "until": today}


@login_required
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Look through a period that the actor names."""
    form = PeriodForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填写起止日期。"))
        return redirect("matters:hot")
    code = request.POST.get("region", "")
    regions = Region.objects.public().filter(pk__in=[land.id for land in _districts(request)])
    region = get_object_or_404(regions, code=code)
    given = form.cleaned_data
    made = actions.find_hot_topics(
        region=region, since=given["since"], until=given["until"] + timedelta(days=1), at=now(),
        actor=request.user,  # type: ignore[arg-type]
    )  # fmt: skip
    if not made.topics.exists():
        messages.info(request, _("读了 %d 件诉求，没有三件以上说的是同一件事。") % made.n)
        return redirect("matters:hot")
    messages.success(request, _("读了 %d 件诉求，热点在下面。") % made.n)
    return redirect(f"{reverse('matters:hot')}?run={made.pk}")


def _topic(request: HttpRequest, pk: int) -> HotTopic:
    topics = HotTopic.objects.visible_to(request.user).select_related("run__region", "into")
    return get_object_or_404(topics, pk=pk)


@login_required
@require_safe
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one topic: its figures, how they came about, its weeks, and the requests in reach."""
    one, at = _topic(request, pk), now()
    cases = list(queries.cases_of(one, request.user).select_related("topic", "region")[: CASES + 1])
    weeks = queries.by_week(one)
    mends = _mends(request, one.run) and one.state != HotTopic.State.MERGED
    context = {
        "topic": one,
        "last_day": one.run.until - timedelta(days=1),
        "why": queries.why_hot(one),
        "place": place_name(one.run.region.path),
        "cards": [card_of(case, at=at) for case in cases[:CASES]],
        "hidden": one.n - len(cases),
        "points": [
            {"lng": case.lng, "lat": case.lat, "title": case.title, "tone": "waiting",
             "url": reverse("cases:detail", args=[case.pk])}
            for case in cases if case.lng is not None
        ],
        "chart": {
            "kind": "bar",
            "x": [f"{day:%m-%d}" for day, _n in weeks],
            "unit": _("件"),
            "series": [{"name": _("每周诉求"), "data": [n for _day, n in weeks], "tone": "working"}],
        },
        "chart_rows": [(f"{day:%m-%d}", [n]) for day, n in weeks],
        "mends": mends,
        "form": TitleForm(initial={"title": one.title}),
        "others": [
            o for o in queries.board(one.run, actor=request.user) if o.pk != one.pk
        ] if mends else [],
    }  # fmt: skip
    return render(request, "matters/topic.html", context)


MENDED = {
    "rename": gettext_lazy("标题已改，下一期同一件事会沿用。"),
    "dismiss": gettext_lazy("已从榜上排除，下一期也不再上榜。"),
    "restore": gettext_lazy("已放回榜上。"),
    "merge": gettext_lazy("已合并，下一期也按同一件事统计。"),
    "split": gettext_lazy("已拆出，下一期也分开统计。"),
}


@login_required
@require_POST
def mend(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Name, dismiss, restore, merge or split a topic; the next run keeps to it."""
    one = _topic(request, pk)
    given: dict[str, Any] = {"topic": one, "actor": request.user, "at": now()}
    post = request.POST
    try:
        if what == "rename":
            actions.rename_topic(title=post.get("title", ""), **given)
        elif what == "merge":
            other = _topic(request, int(post["other"]) if post.get("other", "").isdecimal() else 0)
            actions.merge_topics(other=other, **given)
        elif what == "split":
            seen = queries.cases_of(one, request.user).values_list("pk", flat=True)
            chosen = [pk for pk in seen if str(pk) in post.getlist("case")]
            one = actions.split_topic(cases=chosen, title=post.get("title", ""), **given)
        elif what == "dismiss":
            actions.dismiss_topic(**given)
        else:
            actions.restore_topic(**given)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return redirect("matters:topic", pk=pk)
    messages.success(request, str(MENDED[what]))
    return redirect("matters:topic", pk=one.pk)
