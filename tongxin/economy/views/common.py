"""What the pages of the economy share: tabs, the village or land looked at, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.funds.actions import keeps_books
from tongxin.funds.models import Account, Source
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of, reach
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, prefixes, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from ..actions import looks_over, works_in
from ..models.incomes import READERS

PAGE = 50
FORM = ["GET", "POST"]
TABS = (
    ("home", gettext_lazy("村集体收入")),
    ("projects", gettext_lazy("一村一策一项目")),
    ("firms", gettext_lazy("帮扶企业")),
)


def reads(user: Any) -> bool:
    return any(post.role in READERS for post in posts_of(user))


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views. :raises NotFound: for who reads nothing here"""
    if not reads(request.user):
        raise NotFound(_("没有找到这个页面，或您的岗位看不到它。"))
    tabs = app_tabs("economy", TABS, tab)
    return render(request, f"economy/{template}.html", {"tabs": tabs, **context}, status=status)


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: Any, tab: str = "home",
    **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=str(done))
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, "ask", context, tab=tab, status=status)


def own_lands(user: Any) -> list[Land]:
    """Return the lands of the reader's posts, the widest first, none inside another."""
    paths = sorted({post.path for post in posts_of(user) if post.role in READERS}, key=len)
    outer = [path for n, path in enumerate(paths) if not path.startswith(tuple(paths[:n]))]
    by_path = world().by_path
    return [by_path[path] for path in outer if path in by_path]


def land_of(request: HttpRequest) -> Land:
    """Return the land looked at: that of `?region=` if one's posts reach it, else one's own.

    :raises NotFound: for who works on no land
    """
    lands = own_lands(request.user)
    if not lands:
        raise NotFound(_("没有找到这个页面，或您的岗位看不到它。"))
    asked = request.GET.get("region", "")
    if not asked:
        return lands[0]
    land = get_land(asked[:18])
    if not any(land.path.startswith(one.path) for one in lands):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


def year_asked(request: HttpRequest) -> int:
    """Return `?year=` from 2000 to this one; without it this year."""
    asked, today = request.GET.get("year", ""), localdate()
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year
    return min(max(year, 2000), today.year)


def crumbs_of(request: HttpRequest, land: Land) -> list[tuple[str, str]]:
    own = tuple(one.path for one in own_lands(request.user))
    chain = [world().by_path[path] for path in prefixes(land.path) if path in world().by_path]
    return [
        (one.short_name, f"{reverse('economy:home')}?region={one.code}")
        for one in chain
        if own and one.path.startswith(own)
    ]


def seen_village(request: SignedIn, code: str) -> Region:
    """Return a village or community the reader reads the income of."""
    rows = Region.objects.public().filter(
        reach(request.user, READERS, column="path"), level=Region.Level.COMMUNITY
    )
    return get_object_or_404(rows.defer("polygon"), code=code[:18])


def worked_village(request: SignedIn, code: str) -> Region:
    """Return a village the reader reports for. :raises NotFound: for any other"""

    village = seen_village(request, code)
    if not works_in(request.user, village.path) and not looks_over(request.user, village.path):
        raise NotFound(_("没有找到这个村，或不由您登记。"))
    return village


def kept_accounts(user: Any) -> Any:
    """Return the standing accounts whose books the reader keeps."""
    rows = Account.objects.visible_to(user).standing().select_related("org")
    return Account.objects.visible_to(user).filter(
        pk__in=[one.pk for one in rows if keeps_books(user, one.org)]
    )


def sources_of(user: Any, **words: Any) -> Any:
    return Source.objects.visible_to(user).filter(is_open=True, **words)


def keep_one(data: list[bytes], by: User, at: datetime) -> Photo | None:
    """Keep the one photo that was handed in, if any."""
    return keep_photo(data=data[0], by=by, at=at) if data else None


def village_url(village: Region) -> str:
    return reverse("economy:village", args=[village.code])
