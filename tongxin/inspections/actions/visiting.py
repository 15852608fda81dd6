"""What a team finds at a site: registered in three taps, with who answers for it (S0.63, S0.68, S0.73)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.findings import actions as findings
from tongxin.findings.models import Finding
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.orgs.models import Org
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..models import Site, SiteVisit
from ..scope import runs


class NotThere(NotPermitted):
    """Findings are registered by who went there, or by who runs the operation."""


class NotBegun(Refused):
    """A finding belongs to a visit that has begun."""


class OperationOver(Refused):
    """An operation that is closed takes no more findings: its report has been made."""


def responsible(site: Site) -> list[tuple[Org | None, str, str]]:
    """Return who answers for a site: the land (属地), the department (监管), the owner (主体); S0.63."""
    units: list[tuple[Org | None, str, str]] = []
    street = site.region.ancestor_path(Region.Level.STREET)
    office = (
        Org.objects.filter(region__path=street, kind=Org.Kind.GOVERNMENT, dissolved_on=None)
        .order_by("pk")
        .first()
    )
    if office:
        units.append((office, office.name, "territory"))
    if site.regulator:
        units.append((site.regulator, site.regulator.name, "regulator"))
    if site.owner_name or site.name:
        units.append((site.org, site.owner_name or site.name, "main"))
    return units


@transaction.atomic
def record_at_site(
    *, stop: SiteVisit, text: str, by: User, at: datetime, kind: str = "",
    severity: str = "normal", photos: Sequence[Photo] = (), named: str = "", mended: str = "",
    after: Sequence[Photo] = (), key: str = "",
) -> Finding:  # fmt: skip
    """Register a finding of a visit; with `mended` it was put right on the spot, as said there.

    The finding names the visit, never the operation: who reads the ledger need not know of it.
    :raises NotThere, NotBegun, OperationOver, and what `findings` refuses:
    """
    operation = stop.dispatch.team.operation
    if not (runs(by, operation) or stop.dispatch.members.filter(user=by).exists()):
        raise NotThere(_("由这次出动的人员登记问题。"))
    visit = stop.visit
    if visit.begun_at is None:
        raise NotBegun(_("请先开始检查，再登记问题。"))
    if not operation.is_open:
        raise OperationOver(
            _("专项监督已经结束，不能再补登问题。"), remedy=_("请在问题台账中直接登记。")
        )
    site = stop.site
    made = findings.record_finding(
        region=site.region, text=text, kind=kind, severity=severity, units=responsible(site),
        found_at=at, by=by, at=at, site=site.name, lng=site.lng, lat=site.lat, photos=photos,
        named=named, tags=() if operation.is_unannounced else tuple(operation.tags),
        source=(
            "visit", str(visit.pk), f"{visit.number} {visit.title}"[:100],
            reverse("fieldwork:visit", args=[visit.pk]),
        ),
        key=f"stop:{stop.pk}:{key[:60]}" if key else "",
    )  # fmt: skip
    if mended and not made.is_settled:
        findings.correct_on_the_spot(made, note=mended, photos=after, at=at, by=by)
        made.refresh_from_db()
    return made
