"""Parts of other apps' pages: the approvals of a subject."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn

from .. import queries
from ..models import Dossier


@login_required
@require_GET
def approvals_of(request: SignedIn) -> HttpResponse:
    """Show the approvals of a subject `?kind=&id=`; nothing where there are none the reader sees."""
    rows = Dossier.objects.visible_to(request.user).filter(
        source_kind=request.GET.get("kind", "")[:30], source_id=request.GET.get("id", "")[:60]
    )
    one = rows.select_related("region", "chain").first()
    board = queries.board_of(one, today=localdate()) if one else None
    return render(request, "alliances/parts/approvals_of.html", {"dossier": one, "board": board})
