"""The lists of a place, and one line with its history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import place_name, world
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import (
    ChangeForm,
    ItemForm,
    NoteForm,
    ReviewForm,
)
from ..models import ListItem, ListKind, Matter
from ..scope import desk_paths, keeps_lists, org_ids
from .common import (
    FORM,
    PAGE,
    around,
    ask,
    desk_regions,
    own_lands,
    own_orgs,
    show,
)

TONES = {"proposed": "waiting", "open": "working", "closed": "done", "declined": "idle",
         "expired": "idle"}  # fmt: skip
HALF_YEAR = timedelta(days=180)


def _path(request: SignedIn) -> str:
    """Return the path of the land the lists are shown for: that of `?region=`, or all one sees."""
    asked = request.GET.get("region", "")[:18]
    land = world().by_code.get(asked)
    return land.path if land is not None else ""


@login_required
@require_GET
def lists(request: SignedIn) -> HttpResponse:
    """Show a list of a kind with filters; the tiles count what one may see."""
    kind = request.GET.get("kind", "need")
    kind = kind if kind in ListKind.values else "need"
    state, matter = request.GET.get("state", "open"), request.GET.get("matter", "")
    path = _path(request)
    seen = ListItem.objects.visible_to(request.user)
    if path:
        seen = seen.filter(book__region__path__under=path)
    asked = request.GET.get("q", "")[:40]
    of_kind = seen.filter(book__kind=kind)
    rows = queries.narrowed(of_kind, state=state, matter=matter, text=asked).distinct()
    found, cursor = page_of(rows, request.GET.get("cursor", ""), PAGE)
    usage = queries.usage_of([one.pk for one in found])
    board = queries.board(seen)
    keeps = bool(desk_paths(request.user))
    context = {
        "kind": ListKind(kind), "board": board,
        "segments": [
            {"label": line["label"], "url": f"?{urlencode({'kind': line['kind'], 'state': state})}",
             "active": line["kind"] == kind, "count": line["open"]}
            for line in board
        ],
        "filters": [
            {"name": "state", "label": _("状态"), "value": state,
             "choices": [("all", _("全部状态")), *ListItem.State.choices]},
            {"name": "matter", "label": _("内容类型"), "value": matter,
             "choices": [("", _("全部类型")), *Matter.choices]},
        ],
        "search": {"name": "q", "value": asked, "placeholder": _("事项、单位")},
        "hidden": [("kind", kind), *([("region", request.GET["region"])] if path else [])],
        "rows": [_row(one, usage) for one in found], "next_cursor": cursor, "keeps": keeps,
        "may_offer": keeps or (kind != "need" and bool(org_ids(request.user))),
        "series": queries.series_board(of_kind) if kind == "project" else [],
        "met": queries.met_words(path or _widest(request)) if keeps else None,
    }  # fmt: skip
    return show(request, "lists", context, tab="lists")


def _widest(request: SignedIn) -> str:
    lands = own_lands(request.user)
    return lands[0].path if lands else "-"


def _row(one: ListItem, usage: Any) -> dict[str, Any]:
    left = queries.left_of(one, usage)
    return {
        "one": one, "tone": TONES[one.state], "place": place_name(one.region.path),
        "quantity": queries.quantity_words(one.matter, one.quantity),
        "left": queries.quantity_words(one.matter, left) if left != one.quantity else "",
        "is_met": left == 0,
    }  # fmt: skip


def _seen(request: SignedIn, pk: int) -> ListItem:
    rows = ListItem.objects.visible_to(request.user).distinct()
    return get_object_or_404(
        rows.select_related("book__region", "region", "home", "org", "by", "requires"), pk=pk
    )


@login_required
@require_GET
def item(request: SignedIn, pk: int) -> HttpResponse:
    """Show a line with its agreements and its history."""
    one = _seen(request, pk)
    usage = queries.usage_of([one.pk])
    is_need = one.book.kind == ListKind.NEED
    deals = (one.met_by if is_need else one.given_to).select_related("case", "need", "supply")
    keeps = keeps_lists(request.user, one.book.region.path)
    own = one.by_id == request.user.pk or one.org_id in org_ids(request.user)
    living = one.state in ("proposed", "open")
    context = {
        **_row(one, usage), "item": one, "is_need": is_need,
        "left_words": queries.quantity_words(one.matter, queries.left_of(one, usage)),
        "deals": [
            {"deal": deal, "words": queries.quantity_words(one.matter, deal.quantity),
             "step": deal.case.flow.step_of[deal.case.step]}
            for deal in deals.order_by("-at")[:30]
        ],
        "changes": [
            {"what": change.what, "who": change.by.name if change.by else _("系统"), "at": change.at}
            for change in one.changes.select_related("by").order_by("-at", "-pk")[:30]
        ],
        "may_review": keeps and one.state == "proposed" and one.by_id != request.user.pk,
        "may_change": living and (keeps or own),
        "may_agree": keeps and is_need and one.state == "open",
    }  # fmt: skip
    return show(request, "item", context, tab="lists")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn, kind: str) -> HttpResponse:
    """Add a line: what the place needs, or what a unit can give."""
    if kind not in ListKind.values:
        raise NotFound(_("没有这种清单。"))
    keeps = bool(desk_paths(request.user))
    regions = desk_regions(request.user) if keeps and kind == "need" else (
        desk_regions(request.user) | around(request.user) if keeps else around(request.user)
    )  # fmt: skip
    orgs = own_orgs(request.user)
    if not keeps and not orgs.exists():
        raise NotFound(_("清单由社区、街镇和成员单位填写。"))
    on = localdate()
    form = ItemForm(
        request.POST or None, kind=kind, regions=regions, orgs=orgs, keeps=keeps,
        initial={"key": uuid4().hex, "from_date": on, "to_date": on + HALF_YEAR,
                 "org": None if keeps else orgs.first()},
    )  # fmt: skip
    label = ListKind(kind).label

    def act() -> str:
        made = actions.add_to_list(kind=kind, by=request.user, at=now(), **form.given())
        return reverse("conferences:item", args=[made.pk])

    return ask(
        request, form, act, done=_("已列入，或等待审核。"), tab="lists",
        heading=_("列入%s") % label,
        lede=_("写清内容、数量和时间，系统才能配对。"), verb=_("提交"),
        back=f"{reverse('conferences:lists')}?kind={kind}",
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def review(request: SignedIn, pk: int) -> HttpResponse:
    """Open a line that was proposed, or say why not."""
    one = _seen(request, pk)
    if not keeps_lists(request.user, one.book.region.path):
        raise NotFound(_("没有找到，或不由您审核。"))
    form = ReviewForm(request.POST or None)
    back = reverse("conferences:item", args=[pk])

    def act() -> str:
        given = form.cleaned_data
        actions.review_item(
            item=one, accept=given["accept"] == "yes", note=given["note"], by=request.user,
            at=now(),
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("审核意见已送达。"), tab="lists", heading=_("审核"),
        lede=f"{one.party}：{one.title}", verb=_("提交审核"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Put a line right."""
    one = _seen(request, pk)
    names = ("title", "text", "words", "to_date", "expires_on")
    scale = 100 if one.matter == Matter.MONEY else 1
    initial = {name: getattr(one, name) for name in names} | {"quantity": one.quantity / scale}
    form = ChangeForm(request.POST or None, initial=initial)
    back = reverse("conferences:item", args=[pk])

    def act() -> str:
        given = dict(form.cleaned_data)
        given["quantity"] = int(given["quantity"] * scale)
        actions.change_item(item=one, by=request.user, at=now(), **given)
        return back

    return ask(
        request, form, act, done=_("已修改。"), tab="lists", heading=_("修改清单事项"),
        lede=one.title, verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Close a line with what came of it."""
    one = _seen(request, pk)
    form = NoteForm(request.POST or None, label=_("办理结果"))
    back = reverse("conferences:item", args=[pk])

    def act() -> str:
        actions.close_item(item=one, result=form.cleaned_data["note"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已办结。"), tab="lists", heading=_("办结"), lede=one.title,
        verb=_("办结"), back=back,
    )  # fmt: skip
