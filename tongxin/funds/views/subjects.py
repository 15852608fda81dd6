"""What a subject of another app got: a fragment that its page loads by name."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn

from .. import queries
from ..models import Allocation


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
