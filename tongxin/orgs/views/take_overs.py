"""Units taken over by list: uploaded, looked at row by row, applied, confirmed or taken back."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.kit.tables import write_csv

from .. import actions, queries
from ..forms import registers as forms
from ..models import TakeOver
from .people_of_units import ask

SHOWN = 100


def must_keep_some(user) -> None:
    """:raises NotFound: for who keeps no register"""
    if not queries.kept_units(user).exists():
        raise NotFound(_("您不管组织名册。"))


@login_required
@require_GET
def take_overs(request: SignedIn) -> HttpResponse:
    """List the take-overs into units whose registers the reader keeps."""
    must_keep_some(request.user)
    rows = TakeOver.objects.visible_to(request.user).select_related("into", "by").order_by("-pk")
    rows = rows.annotate(n=Count("items"), bad=Count("items", filter=Q(items__verdict="")))
    return render(request, "orgs/units/take_overs.html", {"rows": rows[:SHOWN]})


@login_required
@require_http_methods(["GET", "POST"])
def new_take_over(request: SignedIn) -> HttpResponse:
    """Upload a list; nothing happens yet."""
    must_keep_some(request.user)
    form = forms.TakeOverForm(request.POST or None, request.FILES or None, actor=request.user)
    made: list[TakeOver] = []

    def act() -> None:
        made.append(actions.draft_take_over(at=now(), by=request.user, **form.given()))

    answer = ask(
        request, form, act, done=_("名单已读入，请逐行看过再执行。"),
        back=reverse("orgs:take-overs"), heading=_("成批接收"), verb=_("上传并预览"),
        back_label=_("成批接收"),
        lede=_("一张表接收多个单位的党组织：先预览每一行，再一次执行；确认之前可以整批撤回。"),
    )  # fmt: skip
    return redirect("orgs:take-over", made[0].pk) if made else answer


@login_required
@require_GET
def template(request: SignedIn) -> HttpResponse:
    """Give the empty form of a list, with one row as an example."""
    must_keep_some(request.user)
    headings = list(actions.COLUMNS.values())
    rows = [["区某某局", "区某某局机关党委", "", "党委", "机关", ""],
            ["区某某局", "区某某局第一党支部", "", "党支部", "机关", "区某某局机关党委"]]  # fmt: skip
    buffer = io.StringIO()
    write_csv(buffer, headings, rows)
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="take-over.csv"'
    return response


@login_required
@require_GET
def take_over(request: SignedIn, pk: int) -> HttpResponse:
    """Show a list with the verdict on each row, and what may be done with it."""
    batch = _batch(request, pk)
    bad_only = request.GET.get("view") == "bad"
    items = batch.items.select_related("unit").order_by("line")
    counts = batch.items.aggregate(
        found=Count("pk", filter=Q(verdict="found")), move=Count("pk", filter=Q(verdict="move")),
        bad=Count("pk", filter=Q(verdict="")), sources=Count("source", distinct=True),
    )  # fmt: skip
    after = request.GET.get("cursor", "")
    line = int(after) if after.isdecimal() and len(after) < 10 else 0
    shown = items.filter(verdict="") if bad_only else items
    page = list(shown.filter(line__gt=line)[: SHOWN + 1])
    context: dict[str, Any] = {
        "batch": batch,
        "items": page[:SHOWN],
        "next_cursor": str(page[SHOWN - 1].line) if len(page) > SHOWN else "",
        "counts": counts,
        "segments": [
            {"label": _("全部"), "url": "?", "active": not bad_only,
             "count": sum(counts[name] for name in ("found", "move", "bad"))},
            {"label": _("不能用"), "url": "?view=bad", "active": bad_only, "count": counts["bad"]},
        ],
    }  # fmt: skip
    return render(request, "orgs/units/take_over.html", context)


def _batch(request: SignedIn, pk: int) -> TakeOver:
    rows = TakeOver.objects.visible_to(request.user).select_related("into", "by")
    return get_object_or_404(rows, pk=pk)


STEPS = ("apply", "undo", "confirm")


@login_required
@require_POST
def step(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """Apply a list, confirm it, or take it back."""
    batch = _batch(request, pk)
    if verb not in STEPS:
        raise NotFound(_("没有这一步。"))
    given: dict[str, Any] = {"batch": batch, "at": now(), "by": request.user}
    if verb == "apply":
        actions.apply_take_over(**given, skip_bad=request.POST.get("skip") == "1")
        words = _("已执行。核对无误后请确认；确认之前可以整批撤回。")
    elif verb == "undo":
        actions.undo_take_over(**given)
        words = _("已整批撤回。")
    else:
        actions.confirm_take_over(**given)
        words = _("已确认，写入各组织的全程纪实。")
    messages.success(request, words)
    return redirect("orgs:take-over", pk)
