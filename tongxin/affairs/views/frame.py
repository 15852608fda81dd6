"""What every page of affairs shares: the gates, the row of views, the answer to a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import keeps_register
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

TABS = (
    ("home", _("待办")),
    ("terms", _("任期换届")),
    ("admissions", _("发展党员")),
    ("dues-units", _("党费")),
    ("disclosures", _("党务公开")),
)
PAGE = 50
PHONE = "ui/phone.html"  # what a member sees of themselves


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of affairs; on the phone it has the phone's own tabs."""
    if context.get("layout") == PHONE:
        return render(request, f"affairs/{template}.html", context, status=status)
    tabs = app_tabs("affairs", TABS, tab)
    return render(request, f"affairs/{template}.html", {"tabs": tabs, **context}, status=status)


def me(request: HttpRequest) -> User:
    """Return who is signed in; every page that writes is behind `login_required`."""
    return cast(User, request.user)


def unit_kept(request: HttpRequest, pk: int) -> Org:
    """Return a party unit whose registers the reader keeps; anything else is not there."""
    rows = Org.objects.public().filter(kind=Org.Kind.PARTY).select_related("parent", "region")
    unit = rows.filter(pk=pk).first()
    if unit is None or not keeps_register(request.user, unit.path):
        raise NotFound(_("没有找到这个党组织，或您不负责它。"))
    return unit


def one_of(rows: Any, pk: Any, words: Any) -> Any:
    """Return the row with this key among those the reader may see.

    :raises NotFound: if it is not there
    """
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(words)
    return row


def tried(form: Form, act: Callable[[], Any]) -> Any:
    """Do what a valid form asks; a refusal stands beside its field, and None comes back."""
    if not form.is_valid():
        return None
    try:
        return act() or True
    except Refused as refusal:
        form.take(refusal)
        if refusal.remedy:
            form.add_error(None, str(refusal.remedy))
        return None


def status_of(form: Form) -> int:
    """Return 422 for a form that was sent and has errors."""
    return 422 if form.is_bound and form.errors else 200
