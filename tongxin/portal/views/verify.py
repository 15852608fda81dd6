"""The verifier's page: done work beside the trouble it mended."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of

from ..queries.verify import JUDGES, to_verify


@login_required
@require_GET
def verify(request: HttpRequest) -> HttpResponse:
    """Show what waits for a verdict, before and after side by side."""
    if not any(post.role in JUDGES for post in posts_of(request.user)):
        raise NotFound("")
    waiting, total = to_verify(request.user, at=now())
    for one in waiting:
        one["key"] = str(uuid.uuid4())
    context = {"waiting": waiting, "total": total}
    return render(request, "portal/verify.html", context)
