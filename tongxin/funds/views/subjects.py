"""What money is for: what a subject of another app got, as a fragment of its page; the search for one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound

from .. import gates, queries
from ..forms import subject_choices
from ..models import Allocation
from .common import keeps_any


@login_required
@require_GET
def of(request: SignedIn) -> HttpResponse:
    """Show what `?kind=&id=` got, as far as the reader sees it; nothing at all where that is nothing."""
    kind, pk = request.GET.get("kind", "")[:20], request.GET.get("id", "")[:40]
    rows = Allocation.objects.visible_to(request.user).filter(subject_kind=kind, subject_id=pk)
    seen = (
        list(rows.select_related("source", "account").order_by("-pk")[:20]) if kind and pk else []
    )
    if not seen:
        return HttpResponse("")
    context = {"rows": seen, "sums": queries.of_subject(kind, pk, on=localdate(), among=rows)}
    return render(request, "funds/parts/of.html", context)


def subjects_asked(request: SignedIn) -> list[gates.Subject]:
    """Return what the words `about` find, the one chosen before (`to`) first; only what the reader sees."""
    given = request.POST if request.method == "POST" else request.GET
    kept = gates.chosen(request.user, given.get("to", "")[:60])
    found = gates.found(request.user, given.get("about", "")[:60])
    return [*([kept] if kept else []), *(one for one in found if one != kept)]


@login_required
@require_GET
def find(request: SignedIn) -> HttpResponse:
    """List what the words find, to be chosen from, for who keeps books."""
    if not keeps_any(request.user):
        raise NotFound(_("没有找到这个页面，或您的岗位看不到它。"))
    asked = subjects_asked(request)
    context = {"choices": subject_choices(asked), "looked": bool(request.GET.get("about"))}
    return render(
        request, "funds/parts/found.html", context | {"chosen": request.GET.get("to", "")}
    )
