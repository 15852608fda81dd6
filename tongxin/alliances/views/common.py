"""What the pages of this app share: tabs, a form answered, gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.scope import posts_of
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from .. import queries
from ..models import Alliance, AllianceProject, Dossier, Park

PAGE = 50
FORM = ["GET", "POST"]
TABS = (
    ("home", _("联盟")),
    ("work", _("我单位要办的")),
    ("leads", _("建设周期")),
    ("parks", _("园区与建设者之家")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app."""
    tabs = app_tabs("alliances", TABS, tab)
    return render(request, f"alliances/{template}.html", {"tabs": tabs, **context}, status=status)


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: Any, tab: str, **words: Any
) -> HttpResponse:
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=str(done))
    template = words.pop("template", "ask")
    return went or show(
        request, template, {"form": form, "remedy": remedy, **words}, tab=tab, status=status
    )


def given(request: HttpRequest) -> dict[str, Any]:
    """Return what a form is bound to: {"data", "files"} of a post, else nothing."""
    if request.method != "POST":
        return {}
    return {"data": request.POST, "files": request.FILES}


def fresh_key() -> str:
    return str(uuid4())


def has_roles(request: HttpRequest, *roles: str) -> bool:
    return any(post.role in roles for post in posts_of(request.user))


def seen_alliance(request: SignedIn, pk: int) -> Alliance:
    rows = Alliance.objects.visible_to(request.user).select_related("region", "convenor")
    return get_object_or_404(rows, pk=pk)


def seen_project(request: SignedIn, pk: int) -> AllianceProject:
    seen = AllianceProject.objects.visible_to(request.user)
    rows = queries.with_seat(seen, request.user).select_related(
        "alliance__region", "alliance__convenor", "desk__head", "owner", "contact", "region",
        "dossier__region", "dossier__chain", "dossier__keeper",
    )  # fmt: skip
    return get_object_or_404(rows, pk=pk)


def seen_dossier(request: SignedIn, pk: int) -> Dossier:
    rows = Dossier.objects.visible_to(request.user).select_related(
        "region", "owner", "keeper", "chain", "project__desk", "project__alliance__region"
    )
    return get_object_or_404(rows, pk=pk)


def seen_park(request: SignedIn, pk: int) -> Park:
    rows = Park.objects.visible_to(request.user).select_related(
        "region", "operator", "branch", "centre", "manager", "project"
    )
    return get_object_or_404(rows, pk=pk)


def later(action: Callable[..., Any], subject: Any, form: Form, user: Any) -> Callable[[], Any]:
    """Return what a form does once it is filled in: `action` on `subject`, by `user`, at that moment."""
    return lambda: action(subject, at=now(), by=user, **form.cleaned_data)
