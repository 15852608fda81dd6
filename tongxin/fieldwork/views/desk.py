"""Visits on the desk: the list, one visit, arranging, calling off, opening again, deciding rivals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.findings.models import Finding
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import roles_over
from tongxin.regions.queries import place_name

from .. import actions, queries
from ..actions.visits import ARRANGERS, OVER_VISITS
from ..forms import RivalForm, TeamForm, VisitForm, WhyForm
from ..models import SIGNED, Visit, VisitKind
from ..queries.reading import history_of, read_answers, read_rival
from .common import (
    FORM,
    PAGE,
    ask,
    checklist_choices,
    checklist_named,
    goers,
    land_choices,
    must_oversee,
    paths_of,
    period_asked,
    region_named,
    show,
    users_named,
)

State = Visit.State


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """List the visits the reader may see, with filters in the address."""
    must_oversee(request.user)
    asked = {name: request.GET.get(name, "") for name in ("kind", "state", "look", "region")}
    area = region_named(asked["region"]).path if asked["region"] else ""
    name, first, last = period_asked(request)
    rows = queries.filtered(
        Visit.objects.visible_to(request.user), kind=asked["kind"], state=asked["state"],
        area=area, look=asked["look"], first=first, last=last, today=localdate(),
    )  # fmt: skip
    page, cursor = queries.page_of_visits(rows, request.GET.get("cursor", ""), PAGE)
    context = {
        "rows": queries.rows_of(page, now()),
        "next_cursor": cursor,
        "counts": queries.counts_of(rows, localdate()),
        "filters": _filters(asked, name),
        "hidden": [("on", request.GET["on"])] if request.GET.get("on") else [],
        "region": place_name(area) if area else "",
        "first": first,
        "last": last,
        "may_arrange": bool(paths_of(request.user, ARRANGERS)),
    }
    return show(request, "list", context, tab="list")


def _filters(asked: dict[str, str], period: str) -> list[dict[str, Any]]:
    everything = ("", _("全部"))
    periods = [
        ("week", _("本周")),
        ("month", _("本月")),
        ("quarter", _("本季度")),
        ("year", _("本年")),
    ]
    looks = [
        ("bad", _("有问题")),
        ("marks", _("有提示")),
        ("rivals", _("待裁定")),
        ("late", _("超期")),
    ]
    return [
        {"name": "period", "label": _("时间"), "value": period, "choices": periods},
        {"name": "kind", "label": _("类型"), "value": asked["kind"],
         "choices": [everything, *VisitKind.choices]},
        {"name": "state", "label": _("状态"), "value": asked["state"],
         "choices": [everything, *State.choices]},
        {"name": "look", "label": _("要看的"), "value": asked["look"], "choices": [everything, *looks]},
    ]  # fmt: skip


def seen_visit(request: HttpRequest, pk: UUID) -> Visit:
    rows = Visit.objects.visible_to(request.user)
    wanted = rows.select_related("region", "checklist", "plan", "target", "org", "visited", "made_by", "finished_by", "point")  # fmt: skip
    return get_object_or_404(queries.with_whole(wanted), pk=pk)


@login_required
@require_safe
def visit(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show a visit whole: answers, photos, marks, findings, history, and what may be done now."""
    row = seen_visit(request, pk)
    over = not roles_over(request.user, row.area).isdisjoint(OVER_VISITS)
    on_team = any(one.user_id == request.user.pk for one in row.team.all())
    leads = any(one.user_id == request.user.pk and one.is_lead for one in row.team.all())
    manages = over or leads or row.made_by_id == request.user.pk
    rivals = [read_rival(row, one) for one in row.rivals.select_related("by", "decided_by")] if row.has_rivals else []  # type: ignore[attr-defined]  # fmt: skip
    pictures = list(row.photos.select_related("photo")) if row.has_photos else []  # type: ignore[attr-defined]
    context = {
        "visit": row,
        "tone": queries.state_tone(row, localdate()),
        "where": place_name(row.area),
        "answers": read_answers(row) if row.state == State.DONE or row.finished_by else [],
        "dimensions": queries.dimensions_of(row) if row.score is not None else [],
        "photos": [photo_of(one.photo, row.title) for one in pictures if one.slot != SIGNED],
        "signatures": [
            photo_of(one.photo, _("当面签字")) | {"kind": ""} for one in pictures if one.slot == SIGNED
        ],
        "marks": queries.sentences(row.marks),
        "findings": Finding.objects.visible_to(request.user).filter(source_kind="visit", source_id=str(row.pk)).order_by("pk"),
        "history": history_of(row),
        "rivals": rivals,
        "matters": list(row.matters.order_by("pk")) if row.has_matters else [],  # type: ignore[attr-defined]
        "points": _places(row),
        "waits": queries.waits_for(row) if row.state in (State.PLANNED, State.MISSED) else "",
        "may": {
            "go": on_team and row.state in (State.PLANNED, State.BEGUN, State.MISSED),
            "cancel": manages and row.state in (State.PLANNED, State.MISSED),
            "team": manages and row.state in (State.PLANNED, State.BEGUN, State.MISSED),
            "reopen": over and row.state == State.DONE,
            "decide": over or leads,
        },
    }  # fmt: skip
    return show(request, "visit", context, tab="list")


def photo_of(photo: Any, alt: str) -> dict[str, str]:
    warnings = photo.warnings
    return {
        "thumb": reverse("photos:thumb", args=[photo.pk]),
        "url": reverse("photos:file", args=[photo.pk]),
        "alt": alt,
        "kind": warnings[0] if warnings else "",
    }


def _places(row: Visit) -> list[dict[str, Any]]:
    found = []
    if row.lng is not None:
        found.append({"lng": row.lng, "lat": row.lat, "title": _("计划地点"), "tone": "waiting", "url": ""})  # fmt: skip
    if row.check_lng is not None:
        found.append({"lng": row.check_lng, "lat": row.check_lat, "title": _("签到位置"), "tone": "done", "url": ""})  # fmt: skip
    return found


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Arrange one visit by hand; who oversees nobody goes alone."""
    if not paths_of(request.user, ARRANGERS):
        raise NotFound(_("您的岗位不能安排走访。"))
    today = localdate()
    initial = {"due_from": today, "due_on": today, "key": uuid4().hex, "kind": request.GET.get("kind", "patrol"), "region": request.GET.get("region", "")}  # fmt: skip
    form = VisitForm(
        request.POST or None, regions=land_choices(request.user, ARRANGERS),
        checklists=checklist_choices(request.user, today), people=goers(request.user),
        initial=initial,
    )  # fmt: skip

    def act() -> str:
        said = dict(form.cleaned_data)
        made = actions.plan_visit(
            region=region_named(said.pop("region")), by=request.user, at=now(),
            checklist=checklist_named(request.user, said.pop("checklist")),
            workers=users_named(said.pop("workers", [])), **said,
        )  # fmt: skip
        return reverse("fieldwork:visit", args=[made.pk])

    return ask(
        request, form, act, done=_("走访已安排。"), tab="list", heading=_("安排走访"),
        lede=_("不选人员就是自己去。"), verb=_("安排"),
        back=reverse("fieldwork:list" if paths_of(request.user) else "fieldwork:round"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def cancel(request: SignedIn, pk: UUID) -> HttpResponse:
    """Call a visit off."""
    row, form = seen_visit(request, pk), WhyForm(request.POST or None)

    def act() -> str:
        actions.cancel_visit(visit=row, by=request.user, at=now(), **form.cleaned_data)
        return reverse("fieldwork:visit", args=[pk])

    return _about(
        request, row, form, act, _("走访已取消。"), heading=_("取消走访"), verb=_("取消走访")
    )


@login_required
@require_http_methods(FORM)
def reopen(request: SignedIn, pk: UUID) -> HttpResponse:
    """Give a finished visit back to its team."""
    row, form = seen_visit(request, pk), WhyForm(request.POST or None)

    def act() -> str:
        actions.reopen_visit(visit=row, by=request.user, at=now(), **form.cleaned_data)
        return reverse("fieldwork:visit", args=[pk])

    return _about(request, row, form, act, _("已退回重填。"), heading=_("退回重填"), verb=_("退回"))


@login_required
@require_http_methods(FORM)
def team(request: SignedIn, pk: UUID) -> HttpResponse:
    """Say anew who goes."""
    row = seen_visit(request, pk)
    there = sorted(row.team.all(), key=lambda one: (not one.is_lead, one.pk))
    known = dict(goers(request.user))
    people = {str(one.user_id): known.get(str(one.user_id), str(one.user)) for one in there} | known
    form = TeamForm(
        request.POST or None, people=people.items(),
        initial={"workers": [str(one.user_id) for one in there]},
    )  # fmt: skip

    def act() -> str:
        actions.change_team(
            visit=row, workers=users_named(form.cleaned_data["workers"]), by=request.user, at=now()
        )
        return reverse("fieldwork:visit", args=[pk])

    return _about(
        request, row, form, act, _("走访人员已更新。"), heading=_("调整走访人员"), verb=_("保存")
    )


@login_required
@require_http_methods(FORM)
def decide(request: SignedIn, pk: UUID, rival: int) -> HttpResponse:
    """Decide which of two reports of one visit stands."""
    row = seen_visit(request, pk)
    other = get_object_or_404(row.rivals.select_related("by"), pk=rival)
    form = RivalForm(request.POST or None)

    def act() -> str:
        actions.decide_rival(rival=other, by=request.user, at=now(), **form.cleaned_data)
        return reverse("fieldwork:visit", args=[pk])

    return _about(request, row, form, act, _("已裁定。"), heading=_("裁定两份填报"), verb=_("裁定"))


def _about(
    request: SignedIn, row: Visit, form: Any, act: Callable[[], str], done: str, *,
    heading: str, verb: str,
) -> HttpResponse:  # fmt: skip
    return ask(
        request, form, act, done=done, tab="list", heading=heading, verb=verb,
        lede=f"{row.number} {row.title}", back=reverse("fieldwork:visit", args=[row.pk]),
    )  # fmt: skip
