"""A place is exempt or not, measured, reported on with photos."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.photos.models import Photo
from tongxin.places.actions import set_area as set_area_of_centre

from ..models import Site, SiteEvent, SitePlan
from ..models.campaigns import REPORTERS
from .common import hold_site, may_decide, must_hold, note, past, scoped

MOST_AREA = 200_000
# As the register of centres has it: both are written together.
MEASURERS = ("officer", "dispatcher", "secretary", "first_secretary")


class NotExempt(Refused):
    """It cannot be exempted, or taken back: it is being built, or it is none."""


class BelowStandard(Refused):
    """A place that was accepted cannot shrink below what it must have."""


class BadArea(Invalid):
    """An area that cannot be."""


@transaction.atomic
def exempt_site(site: Site, *, reason: str, by: User, at: datetime, document: str = "") -> Site:
    """Take a place out of the base, with reason and approval (拆迁除外, S1.7, S1.9).

    :raises NotPermitted: unless `by` decides for the whole campaign, or commands the area with that power
    :raises NotExempt: once work has begun there, or if it is exempt already
    """
    site = hold_site(site)
    if not may_decide(by, site, "exempt"):
        raise NotPermitted(
            _("免建要由本次改造的牵头单位，或得到授权的战区指挥长核准。"),
            remedy=_("请把情况报牵头单位。"),
        )
    if site.state not in (Site.State.UNPLANNED, Site.State.PLANNED):
        words = {"name": site.name, "state": site.get_state_display()}
        raise NotExempt(_("%(name)s%(state)s，不能免建。") % words)
    reason = clean_text(reason, limit=200, field_label=_("免建原因"), required=True)
    site.exempt_document = clean_text(document, limit=60, field_label=_("批准文号"))
    site.state, site.exempt_reason, site.exempt_by, site.exempt_at = "exempt", reason, by, at
    site.due_on, site.stage = None, ""
    site.save()
    note(site, "exempt", _("免建：%s") % reason, on=localdate(at), by=by, at=at)
    audit(actor=by, action="renovation.exempt", object=site.name, at=at, reason=reason)
    return site


@transaction.atomic
def take_back(site: Site, *, reason: str, by: User, at: datetime) -> Site:
    """Count an exempt place again. :raises NotPermitted, NotExempt: as `exempt_site`"""
    site = hold_site(site)
    if not may_decide(by, site, "exempt"):
        raise NotPermitted(_("恢复列入要由牵头单位办理。"))
    if site.state != Site.State.EXEMPT:
        raise NotExempt(_("%s没有免建。") % site.name)
    reason = clean_text(reason, limit=200, field_label=_("原因"), required=True)
    has_plan = SitePlan.objects.filter(site=site).exists()
    site.state = Site.State.PLANNED if has_plan else Site.State.UNPLANNED
    site.exempt_reason = site.exempt_document = ""
    site.exempt_by = site.exempt_at = None
    site.save()
    note(site, "exempt", _("恢复列入：%s") % reason, on=localdate(at), by=by, at=at)
    return site


@transaction.atomic
def set_area(site: Site, *, area_m2: int, reason: str, by: User, at: datetime) -> Site:
    """Write down how large the place is now; the first level follows from it (S1.33).

    :raises BadArea: for an area out of bounds
    :raises BelowStandard: for one below the standard where a later level was reached
    """
    site = hold_site(site)
    must_hold(by, MEASURERS, site.path, what=_("登记这里的面积"))
    if not 0 <= area_m2 <= MOST_AREA:
        raise BadArea(_("面积应在 0 到 %d 平方米之间。") % MOST_AREA, field="area_m2")
    reason = clean_text(reason, limit=200, field_label=_("原因"), required=True)
    grow_to(site, area_m2, reason, by=by, at=at)
    return site


def grow_to(site: Site, area_m2: int, reason: str, *, by: User, at: datetime) -> None:
    """Give a locked place its new area, the centre's register with it. :raises BelowStandard:"""
    if area_m2 < site.needed_m2 and site.work_ok_on:
        words = {"name": site.name, "needed": site.needed_m2}
        raise BelowStandard(
            _("%(name)s已改造达标，面积不能低于 %(needed)d 平方米。") % words, field="area_m2"
        )
    before = site.area_m2
    site.area_m2 = area_m2
    if area_m2 >= site.needed_m2 > 0:
        site.area_ok_on = site.area_ok_on or localdate(at)
    else:
        site.area_ok_on = None
    site.save(update_fields=["area_m2", "area_ok_on"])
    if site.centre is not None and area_m2 and area_m2 != site.centre.area_m2:
        set_area_of_centre(centre=site.centre, area_m2=area_m2, reason=reason, by=by, at=at)
    words = {"before": before, "after": area_m2, "reason": reason}
    note(
        site, "area", _("面积 %(before)d → %(after)d 平方米：%(reason)s") % words,
        on=localdate(at), by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def report(
    site: Site, *, text: str, on: date, by: User, at: datetime, photos: Iterable[Photo] = (),
    key: str = "",
) -> SiteEvent:  # fmt: skip
    """Tell how a place is going, with photos; the community does it on a phone. A key acts once."""
    kept = scoped(by, key)
    if kept and (old := SiteEvent.objects.filter(key=kept).first()):
        return old
    site = hold_site(site)
    must_hold(by, REPORTERS, site.path, what=_("上报这里的进展"))
    if site.state == Site.State.EXEMPT:
        raise NotExempt(_("%s已免建，不用上报进展。") % site.name)
    words = clean_text(text, limit=500, field_label=_("进展"), required=True, multiline=True)
    day = past(on, at, since=site.campaign.begun_on)
    return note(site, "report", words, on=day, by=by, at=at, photos=photos, key=kept)
