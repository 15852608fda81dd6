"""One place: its plan, how it goes, what may be done there now."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.photos.queries import as_told
from tongxin.regions.queries import place_name

from .. import queries
from ..models import Site, SiteEvent
from .campaigns import tone_of
from .common import FORM, ask, seen_site, show
from .verbs import VERBS, Verb, verbs_open

ICONS = {
    "plan": "file-text", "stage": "progress-check", "report": "camera", "trouble": "alert-triangle",
    "area": "ruler-measure", "check": "clipboard-check", "close": "circle-check", "use": "building-community",
    "visit": "walk", "exempt": "circle-minus",
}  # fmt: skip


@login_required
@require_GET
def site(request: SignedIn, pk: int) -> HttpResponse:
    """A place with its plan, its levels, its parts and its ledger."""
    one, today = seen_site(request, pk), localdate()
    found = queries.whole(one)
    may = queries.may_on(request.user, one)
    verbs = verbs_open(one, found, may)
    context = {
        "one": one, "today": today, "tone": tone_of(one, today), "where": place_name(one.path, below="city"),
        "plan": found.plan, "stages": _stages(found, today), "whole": found, "slips": found.slips,
        "levels": [
            (_("面积达标"), one.area_ok_on), (_("改造达标"), one.work_ok_on), (_("规范使用"), one.use_ok_on),
        ],
        "dates": _dates(found.plan),
        "events": [_told(event) for event in found.events],
        "primary": verbs[0] if verbs else None, "verbs": verbs[1:], "may": may,
        "may_slip": "decide_slip" in may,
    }  # fmt: skip
    return show(request, "site", context, campaign=one.campaign)


def _stages(found: queries.Whole, today: Any) -> list[dict[str, Any]]:
    rows, turn = [], True
    for stage in found.stages:
        is_late = stage.end_on < (stage.done_on or today)
        tone = "done" if stage.done_on else "late" if is_late else "working" if turn else "idle"
        words = (
            _("已完成")
            if stage.done_on
            else _("已滞后")
            if is_late
            else _("进行中")
            if turn
            else _("未开始")
        )
        days = (((stage.done_on or today) - stage.end_on).days) if is_late else 0
        rows.append(
            {
                "stage": stage,
                "tone": tone,
                "words": words,
                "days": days,
                "is_next": turn and not stage.done_on,
            }
        )
        if not stage.done_on:
            turn = False
    return rows


def _dates(plan: Any) -> list[tuple[str, Any, str]]:
    """Return the three dates with the days between them (S1.45)."""
    if plan is None:
        return []
    rows, before = [], plan.decided_on
    for label, day in (
        (_("开工"), plan.started_on),
        (_("建成"), plan.built_on),
        (_("使用"), plan.used_on),
    ):
        took = _("历时 %d 天") % (day - before).days if day and before else ""
        rows.append((label, day, took))
        before = day
    return rows


def _told(event: SiteEvent) -> dict[str, Any]:
    photos = [as_told(photo) for photo in event.photos.all()]
    return {
        "who": event.by.name if event.by else _("系统"), "what": event.get_kind_display(), "at": event.at,
        "note": event.text, "icon": ICONS.get(event.kind, "point"),
        "tone": "late" if event.kind == "trouble" else "done" if event.kind in ("close", "use") else "",
        "evidence": [
            {"thumb": photo["thumb"], "url": photo["url"], "alt": event.text[:60]} for photo in photos
        ],
    }  # fmt: skip


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """One verb of a place: its form, its act."""
    one = seen_site(request, pk)
    found = VERBS.get(name)
    if found is None or not (found.needs & queries.may_on(request.user, one)):
        raise NotFound(_("没有这件事可办，或不归您办。"))
    return run_verb(request, one, found)


def run_verb(request: SignedIn, one: Site, found: Verb) -> HttpResponse:
    """Ask what a verb asks and do it."""
    form = found.make(request, one)
    back = reverse("renovation:site", args=[one.pk])

    def act() -> str:
        found.act(request, one, form)
        return back

    return ask(
        request, form, act, done=str(found.done), campaign=one.campaign, heading=f"{one.name} · {found.label}",
        lede=str(found.lede), verb=found.label, back=back,
    )  # fmt: skip
