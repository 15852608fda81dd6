"""What the pages of this app share: gates, tabs, who and what may be chosen, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.photos.actions import keep_photo
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, prefixes, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from .. import queries
from ..models import RenovationCampaign, Site
from ..models.campaigns import ISSUERS, OVERSEERS

PAGE = 50
FORM = ["GET", "POST"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TONES = {
    "unplanned": "idle", "planned": "waiting", "building": "working", "checking": "verify",
    "accepted": "verify", "closed": "done", "in_use": "done", "exempt": "idle",
}  # fmt: skip
TABS = (
    ("campaign", gettext_lazy("总览")),
    ("wall", gettext_lazy("挂图")),
    ("sites", gettext_lazy("点位")),
    ("ledgers", gettext_lazy("三本账")),
    ("matching", gettext_lazy("房源匹配")),
    ("alarms", gettext_lazy("督促")),
    ("push", gettext_lazy("组织推进")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, campaign: RenovationCampaign | None = None,
    tab: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Draw a page, under the row of views of its campaign."""
    tabs: list[dict[str, Any]] = []
    if campaign is not None:
        tabs = app_tabs("renovation", TABS, tab, args=(campaign.pk,))
    words = {"tabs": tabs, "campaign": campaign, **context}
    return render(request, f"renovation/{template}.html", words, status=status)


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str,
    campaign: RenovationCampaign | None = None, tab: str = "", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, "ask", context, campaign=campaign, tab=tab, status=status)


def seen_campaign(request: SignedIn, pk: int) -> RenovationCampaign:
    rows = RenovationCampaign.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("region", "org", "partner", "head"), pk=pk)


def led_campaign(request: SignedIn, pk: int) -> RenovationCampaign:
    """:raises NotFound: unless the reader is an officer over the whole area"""
    one = seen_campaign(request, pk)
    if not leads(request, one):
        raise NotFound(_("没有找到这项改造，或不由您牵头。"))
    return one


def leads(request: SignedIn, campaign: RenovationCampaign) -> bool:
    return not roles_over(request.user, campaign.region.path).isdisjoint(ISSUERS)


def overlooks(request: SignedIn) -> bool:
    return any(post.role in OVERSEERS for post in posts_of(request.user))


def seen_site(request: SignedIn, pk: int) -> Site:
    return get_object_or_404(
        queries.in_full(Site.objects.visible_to(request.user), request.user), pk=pk
    )


def land_in(request: SignedIn, campaign: RenovationCampaign) -> Land:
    """Return the place looked at: `?region=` if it is the reader's, else what of the area is theirs.

    :raises NotFound: for who has no land in it
    """
    own = queries.own_lands(request.user, campaign.region.path)
    asked = request.GET.get("region", "")
    if asked:
        land = get_land(asked[:18])
        if any(land.path.startswith(one.path) for one in own):
            return land
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    if not own:
        raise NotFound(_("这项改造里没有您管的区域。"))
    return own[0]


def crumbs(
    request: SignedIn, campaign: RenovationCampaign, land: Land, url: str
) -> list[tuple[str, str]]:
    """Return the lands from the reader's own down to the one looked at: [(name, address)]."""
    own = tuple(one.path for one in queries.own_lands(request.user, campaign.region.path))
    by_path = world().by_path
    chain = [by_path[path] for path in prefixes(land.path) if path in by_path]
    return [
        (one.short_name, f"{url}?{urlencode({'region': one.code})}")
        for one in chain
        if one.path.startswith(own)
    ]


def regions_of(lands: list[Land]) -> Any:
    rows = Region.objects.public().filter(pk__in=[land.id for land in lands])
    return rows.defer("polygon").order_by("path")


def kept_photos(request: SignedIn, given: dict[str, Any], at: Any) -> list[Any]:
    key = given.get("key", "")
    return [
        keep_photo(data=data, by=request.user, at=at, key=f"{key}:{n}" if key else None)
        for n, data in enumerate(given.get("photos") or [])
    ]
