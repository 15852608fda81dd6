"""Who may enter a page at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse

from tongxin.accounts.queries import SignedIn

Page = Callable[..., HttpResponse]


def for_administrators(page: Page) -> Page:
    """Let in who installs the system; for all others the page is not there."""

    @login_required
    @wraps(page)
    def gated(request: SignedIn, *args, **kwargs) -> HttpResponse:
        if not request.user.is_superuser:
            raise Http404
        return page(request, *args, **kwargs)

    return gated
