"""The result of a trial: those that take part beside the rest."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Pilot

from ..queries.pilots import compare, lands_for


@login_required
@require_GET
def pilot(request: SignedIn, pk: int) -> HttpResponse:
    """Show the figures of both sides to who overlooks land of the trial."""
    one = get_object_or_404(Pilot.objects.public().prefetch_related("regions"), pk=pk)
    lands = lands_for(request.user, one)
    if not lands:
        raise NotFound(_("没有找到这次试点，或不归您管。"))
    found = compare(one, lands, today=localdate())
    return render(request, "portal/pilot.html", {"pilot": one, "found": found})
