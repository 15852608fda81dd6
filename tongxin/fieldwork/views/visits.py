"""A visit as people at work read it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from tongxin.accounts.queries import SignedIn

from ..models import Visit


@login_required
@require_safe
def visit(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show a visit."""
    row = get_object_or_404(Visit.objects.visible_to(request.user), pk=pk)
    return render(request, "fieldwork/visit.html", {"visit": row})


@login_required
@require_safe
def round(request: SignedIn) -> HttpResponse:
    return render(request, "fieldwork/visit.html", {})
