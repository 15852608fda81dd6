"""What every action of this app asks first, and what each change of a place leaves behind."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.photos.models import Photo

from ..models import CommandArea, RenovationCampaign, Site, SiteEvent
from ..models.campaigns import ISSUERS

MOST_PHOTOS = 12


class NotYet(Refused):
    """What has to come first has not: a level, a stage, a decision."""


class CampaignOver(Refused):
    """The campaign has ended; its books stay as they are."""


class WrongDay(Invalid):
    """A day in the future, or one before what it follows."""


def must_hold(by: Any, roles: Collection[str], path: str, *, what: str) -> None:
    """:raises NotPermitted: unless `by` holds one of the roles over the land of a path"""
    if roles_over(by, path).isdisjoint(roles):
        raise NotPermitted(_("您的岗位不能%s。") % what, remedy=_("请管这片区域的管理员办理。"))


def may_decide(by: User, site: Site, power: str) -> bool:
    """Say whether `by` decides for a place: an officer over the whole campaign, or the commander of
    its area to whom the power was handed down (权下放, S1.54)."""
    whole = site.campaign.region.path
    if any(post.role in ISSUERS and whole.startswith(post.path) for post in posts_of(by)):
        return True
    areas = CommandArea.objects.filter(campaign=site.campaign_id, head=by.pk)
    return any(
        power in area.powers and site.path.startswith(area.region.path)
        for area in areas.select_related("region")
    )


def scoped(by: Any, key: str) -> str | None:
    """Return a key as it is kept: each caller's own; None if none was given."""
    text = clean_text(key, limit=80, field_label="Idempotency-Key")
    return f"{by.pk if by is not None else 0}:{text}" if text else None


def hold_campaign(campaign: RenovationCampaign) -> RenovationCampaign:
    """Lock a campaign that is under way. :raises CampaignOver:"""
    rows = RenovationCampaign.objects.select_for_update(of=("self",)).select_related("region")
    held = rows.get(pk=campaign.pk)
    if held.state == RenovationCampaign.State.CLOSED:
        raise CampaignOver(_("“%s”已经收官，台账不再改动。") % held.name)
    return held


def hold_site(site: Site) -> Site:
    """Lock a place, its campaign before it: all writers of a campaign take the same order.

    :raises CampaignOver:
    """
    campaign = hold_campaign(site.campaign)
    rows = Site.objects.select_for_update(of=("self",)).select_related("region", "centre__region")
    held = rows.get(pk=site.pk)
    held.campaign = campaign
    return held


def past(on: date, at: datetime, *, since: date | None = None, field: str = "on") -> date:
    """Return a day that is neither ahead nor before `since`. :raises WrongDay:"""
    if on > localdate(at):
        raise WrongDay(_("日期不能晚于今天。"), field=field)
    if since is not None and on < since:
        raise WrongDay(_("日期不能早于 %s。") % since, field=field)
    return on


def touch(campaign_id: int) -> None:
    """Let the wall map know that something of a campaign has changed."""
    RenovationCampaign.objects.filter(pk=campaign_id).update(version=F("version") + 1)


def note(
    site: Site, kind: str, text: str, *, on: date, by: User | None, at: datetime,
    photos: Iterable[Photo] = (), key: str | None = None,
) -> SiteEvent:  # fmt: skip
    """Write into a place's ledger (S1.27) and let the wall map know."""
    event = SiteEvent.objects.create(
        site=site, kind=kind, text=text[:500], on=on, by=by, at=at, key=key
    )
    if photos := list(photos):
        if len(photos) > MOST_PHOTOS:
            raise Invalid(_("一次最多 %d 张照片。") % MOST_PHOTOS, field="photos")
        event.photos.set(photos)
    touch(site.campaign_id)
    return event
