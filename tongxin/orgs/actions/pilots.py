"""Features on trial: on in the communities named, off elsewhere while the trial lasts (S0.27)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.regions.models import Region

from ..models import Pilot
from ..scope import REGISTRARS, posts_of


class PilotOff(Refused):
    """The feature is on trial, and not here."""


class BadPilot(Invalid):
    """A trial is of a known feature, in communities, one at a time."""


def pilot_lands(feature: str, *, on: date) -> list[str] | None:
    """Return the paths of the communities a feature is on trial in; None: no trial, on everywhere."""
    running = Pilot.objects.filter(feature=feature, from_date__lte=on)
    pilot = running.filter(Q(to_date=None) | Q(to_date__gt=on)).first()
    if pilot is None:
        return None
    return list(pilot.regions.order_by("path").values_list("path", flat=True))


def is_on(feature: str, path: str, *, on: date) -> bool:
    """Say whether a feature may be used on the land of a path: where no trial runs, everywhere."""
    lands = pilot_lands(feature, on=on)
    return lands is None or any(path.startswith(land) for land in lands)


def must_be_on(feature: str, path: str, *, on: date, field: str | None = None) -> None:
    """:raises PilotOff: if the feature is on trial, and not on this land"""
    if not is_on(feature, path, on=on):
        raise PilotOff(
            _("%s正在试点，这里还不在试点范围内") % Pilot.Feature(feature).label,
            field=field,
            remedy=_("试点范围见“党组织 · 试点”，由区委组织员调整。"),
        )


@transaction.atomic
def start_pilot(
    *, feature: str, regions: Sequence[Region], on: date, at: datetime, by: User, note: str = ""
) -> Pilot:
    """Put a feature on trial in some communities: from then on it is off everywhere else.

    :raises NotPermitted: unless `by` keeps registers over all that land
    :raises BadPilot: for an unknown feature, land that is no community, or a trial that runs
    """
    if feature not in Pilot.Feature.values:
        raise BadPilot(_("没有这个功能"), field="feature")
    if not regions or any(one.level != Region.Level.COMMUNITY for one in regions):
        raise BadPilot(_("请选择试点的社区（村）"), field="regions")
    if Pilot.objects.filter(feature=feature, to_date=None).exists():
        raise BadPilot(_("这个功能已经在试点，请改试点范围，或先结束试点"), field="feature")
    _must_overlook(by, regions)
    pilot = Pilot.objects.create(feature=feature, from_date=on, note=note[:200], by=by)
    pilot.regions.set(regions)
    detail = {"regions": [one.code for one in regions], "on": str(on)}
    audit(actor=by, action="pilot.start", object=feature, detail=detail, at=at)
    return pilot


@transaction.atomic
def change_pilot(
    *, pilot: Pilot, at: datetime, by: User, regions: Sequence[Region] = (), end: bool = False
) -> None:
    """Change where a feature is on trial, or end the trial: then it is on everywhere.

    :raises NotPermitted, BadPilot: as `start_pilot`
    """
    pilot = Pilot.objects.select_for_update().get(pk=pilot.pk)
    if pilot.to_date:
        raise BadPilot(_("这次试点已于 %s 结束") % pilot.to_date)
    _must_overlook(by, [*pilot.regions.all(), *regions])
    if end:
        pilot.to_date = max(localdate(at), pilot.from_date)
        pilot.save(update_fields=["to_date"])
    elif not regions or any(one.level != Region.Level.COMMUNITY for one in regions):
        raise BadPilot(_("请选择试点的社区（村）"), field="regions")
    else:
        pilot.regions.set(regions)
    detail = {"end": end, "regions": [one.code for one in regions]}
    audit(actor=by, action="pilot.change", object=pilot.feature, detail=detail, at=at)


def _must_overlook(by: User, regions: Sequence[Region]) -> None:
    lands = [post.path for post in posts_of(by) if post.role in REGISTRARS and post.org_path]
    for region in regions:
        if not any(region.path.startswith(land) for land in lands):
            raise NotPermitted(
                _("试点由管着“%s”的党委书记或组织员决定") % region,
                remedy=_("请区委或街道党工委的组织员办理。"),
            )
