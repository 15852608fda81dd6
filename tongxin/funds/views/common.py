"""What the pages of the books share: tabs, gates, a form answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo
from tongxin.regions.queries import Land, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from .. import actions
from ..models import Account, Allocation, Source
from ..models.accounts import KEEPERS, READERS
from ..models.allocations import LOCALS

PAGE = 50
FORM = ["GET", "POST"]
TABS = (
    ("home", gettext_lazy("账户")),
    ("allocations", gettext_lazy("拨付")),
    ("overdue", gettext_lazy("逾期未付")),
    ("orders", gettext_lazy("付款审批")),
    ("checks", gettext_lazy("使用抽查")),
    ("budget", gettext_lazy("预算投向")),
    ("sources", gettext_lazy("来源与规则")),
)


def reads_books(user: Any) -> bool:
    wanted = {*READERS, *LOCALS}
    return any(post.role in wanted for post in posts_of(user))


def keeps_any(user: Any) -> bool:
    """Say whether somebody keeps the books of any organisation."""
    return any(post.role in KEEPERS for post in posts_of(user))


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app. :raises NotFound: for who reads no books"""
    if not reads_books(request.user):
        raise NotFound(_("没有找到这个页面，或您的岗位看不到它。"))
    tabs = app_tabs("funds", TABS, tab)
    return render(request, f"funds/{template}.html", {"tabs": tabs, **context}, status=status)


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: Any, tab: str = "home",
    template: str = "ask", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=str(done))
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, template, context, tab=tab, status=status)


def seen_account(request: SignedIn, pk: int) -> Account:
    rows = Account.objects.visible_to(request.user).select_related("org", "region")
    return get_object_or_404(rows, pk=pk)


def kept_account(request: SignedIn, pk: int) -> Account:
    """Return an account the reader keeps. :raises NotFound: for any other"""
    account = seen_account(request, pk)
    if not actions.keeps_books(request.user, account.org):
        raise NotFound(_("没有找到这个账户，或不由您经办。"))
    return account


def seen_allocation(request: SignedIn, pk: Any) -> Allocation:
    rows = Allocation.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("account__org", "account__region", "source", "region", "org", "by", "budget"),
        pk=pk,
    )  # fmt: skip


def kept_allocation(request: SignedIn, pk: Any) -> Allocation:
    found = seen_allocation(request, pk)
    if not actions.keeps_books(request.user, found.account.org):
        raise NotFound(_("没有找到这笔拨付，或不由您经办。"))
    return found


def kept_orgs(user: Any) -> Any:
    """Return the organisations whose own books the user keeps."""
    ids = [post.org_id for post in posts_of(user) if post.role in KEEPERS]
    return Org.objects.public().filter(pk__in=ids).select_related("region").order_by("pk")


def open_sources(user: Any) -> Any:
    return Source.objects.visible_to(user).filter(is_open=True)


def lands_under(path: str) -> list[Land]:
    """Return the lands money may go to: down to communities and villages, by path."""
    levels = ("district", "street", "community")
    found = [one for one in world().lands if one.path.startswith(path) and one.level in levels]
    return sorted(found, key=lambda land: land.path)


def url_of(allocation: Allocation) -> str:
    return reverse("funds:allocation", args=[allocation.pk])


def keep_photos(data: Iterable[bytes], by: User, at: datetime, key: str = "") -> list[Photo]:
    """Keep what was handed in, each once."""
    return [
        keep_photo(data=one, by=by, at=at, key=f"{key}:{n}"[:80] if key else None)
        for n, one in enumerate(data)
    ]


def pictures_of(photos: Iterable[Photo], words: str) -> list[dict[str, Any]]:
    """Return photos as the grid of thumbnails draws them."""
    return [
        {"url": reverse("photos:file", args=[one.pk]), "thumb": reverse("photos:thumb", args=[one.pk]),
         "alt": words, "kind": ""}
        for one in photos
    ]  # fmt: skip
