"""The register of sites: registered, put right, struck off (S0.67)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import Site, SiteKind
from ..scope import keeps_sites
from .common import not_ahead

LEVELS = (Region.Level.STREET, Region.Level.COMMUNITY, Region.Level.GRID)


class NotYourLand(NotPermitted):
    """The register of sites is kept by officers and inspectors of the land."""


class SiteTaken(Refused):
    """A site of that name, or that number, is registered there."""


class BadPlace(Invalid):
    """A site lies in a street, community or grid, and its point on the map is whole."""


class SiteClosed(Refused):
    """A site struck off is changed no more."""


def _must_keep(by: User, region: Region) -> None:
    if not keeps_sites(by, region.path):
        raise NotYourLand(_("由%s的管理员或监督员登记点位。") % region.name, field="region")


def _check_place(region: Region, lng: float | None, lat: float | None) -> None:
    if region.level not in LEVELS:
        raise BadPlace(_("点位要登记到街镇或社区（村）。"), field="region")
    if (lng is None) != (lat is None):
        raise BadPlace(_("经度和纬度要一起填。"), field="lng")
    if lng is not None and lat is not None and not (-180 <= lng <= 180 and -90 <= lat <= 90):
        raise BadPlace(_("经纬度不对，请核对。"), field="lng")


def _kind(kind: str) -> str:
    if kind not in SiteKind.values:
        raise BadPlace(_("请选择点位类型。"), field="kind")
    return kind


def _next_code(region: Region) -> str:
    """Return the next number of the street: its code and a running number, never used again."""
    street = region.ancestor_path(Region.Level.STREET)
    code = Region.objects.filter(path=street).values_list("code", flat=True).get()
    # One writer for each street while a number is taken.
    list(Region.objects.select_for_update().filter(path=street).values_list("pk", flat=True))
    used = Site.objects.filter(code__startswith=f"{code}-").values_list("code", flat=True)
    tails = [int(one.rpartition("-")[2]) for one in used if one.rpartition("-")[2].isdigit()]
    return f"{code}-{max(tails, default=0) + 1:04d}"


@transaction.atomic
def register_site(
    *, name: str, kind: str, region: Region, by: User, at: datetime, code: str = "",
    address: str = "", lng: float | None = None, lat: float | None = None, org: Org | None = None,
    owner: str = "", regulator: Org | None = None,
) -> Site:  # fmt: skip
    """Register a site; without a code it gets the next number of its street.

    :raises NotYourLand, BadPlace, SiteTaken:
    """
    _must_keep(by, region)
    _check_place(region, lng, lat)
    name = clean_text(name, limit=80, field_label=_("名称"), required=True)
    code = clean_text(code, limit=30, field_label=_("点位编号")) or _next_code(region)
    try:
        with transaction.atomic():
            site = Site(
                code=code, name=name, kind=_kind(kind), region=region, lng=lng, lat=lat, org=org,
                address=clean_text(address, limit=120, field_label=_("地址")),
                owner=clean_text(owner, limit=80, field_label=_("责任单位名称")),
                regulator=regulator, made_by=by, made_at=at,
            )  # fmt: skip
            site.save(force_insert=True)
            return site
    except IntegrityError as error:
        raise SiteTaken(
            _("%(place)s已经登记了“%(name)s”，或编号已被使用。")
            % {"place": region.name, "name": name},
            field="name",
        ) from error


@transaction.atomic
def change_site(*, site: Site, by: User, at: datetime, **given: Any) -> Site:
    """Put a site right; what it was is kept in the audit.

    :raises NotYourLand, BadPlace, SiteTaken, SiteClosed:
    """
    rows = Site.objects.select_for_update(of=("self",)).select_related("region")
    row = rows.get(pk=site.pk)
    _must_keep(by, row.region)
    if row.closed_on is not None:
        raise SiteClosed(_("点位“%s”已经注销。") % row.name)
    region = given.get("region", row.region)
    _must_keep(by, region)
    _check_place(region, given.get("lng", row.lng), given.get("lat", row.lat))
    limits = {
        "name": (80, _("名称")),
        "address": (120, _("地址")),
        "owner": (80, _("责任单位名称")),
    }
    for name, (limit, label) in limits.items():
        if name in given:
            given[name] = clean_text(
                given[name], limit=limit, field_label=label, required=name == "name"
            )
    if "kind" in given:
        _kind(given["kind"])
    before = {name: str(getattr(row, name)) for name in given}
    for name, value in given.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise SiteTaken(_("%s已经登记了同名的点位。") % region.name, field="name") from error
    changed = {n: [old, str(given[n])] for n, old in before.items() if old != str(given[n])}
    if changed:
        audit(actor=by, action="inspection.site", object=row.code, at=at, detail=changed)
    return row


@transaction.atomic
def close_site(*, site: Site, on: date, by: User, at: datetime) -> Site:
    """Strike a site off; its visits stay.

    :raises NotYourLand, BadDay, SiteClosed:
    """
    rows = Site.objects.select_for_update(of=("self",)).select_related("region")
    row = rows.get(pk=site.pk)
    _must_keep(by, row.region)
    if row.closed_on is not None:
        raise SiteClosed(_("点位“%s”已经注销。") % row.name)
    not_ahead(on, at)
    row.closed_on = on
    row.save(update_fields=["closed_on"])
    audit(actor=by, action="inspection.close_site", object=row.code, at=at, detail={"on": str(on)})
    return row
