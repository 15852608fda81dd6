"""The three ledgers: entered by one, checked by another, changed with a reason (S1.26, S1.27, S1.31)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import Holding, HoldingChange, HoldingCheck
from ..models.campaigns import ISSUERS, REPORTERS
from .common import must_hold

MOST_AREA = 1_000_000
CHANGEABLE = ("name", "owner", "address", "area_m2", "cost_fen", "lng", "lat", "note")
LIMITS = {"name": 80, "owner": 80, "address": 120, "note": 200}


class BadHolding(Invalid):
    """A line of a ledger needs its place, name and an area that can be."""


class CodeTaken(Refused):
    """The ledger has a line of this code."""


class SameEyes(Refused):
    """Who entered it does not check it: a second look is another's (双人复核, S1.26)."""


class HoldingFixed(Refused):
    """It was given to a place, or struck off."""


def _area(value: Any, field: str = "area_m2") -> int:
    if not isinstance(value, int) or not 0 < value <= MOST_AREA:
        raise BadHolding(_("面积应在 1 到 %d 平方米之间。") % MOST_AREA, field=field)
    return value


def _sound(lng: float | None, lat: float | None, cost_fen: int) -> None:
    if cost_fen < 0:
        raise BadHolding(_("改造费用不能是负数。"), field="cost_fen")
    if (lng is None) != (lat is None):
        raise BadHolding(_("经度和纬度要一起填。"), field="lng")


@transaction.atomic
def add_holding(
    *, ledger: str, region: Region, name: str, area_m2: int, by: User, at: datetime, code: str = "",
    owner: str = "", address: str = "", cost_fen: int = 0, lng: float | None = None,
    lat: float | None = None, note: str = "",
) -> Holding:  # fmt: skip
    """Enter what was found into one of the three ledgers; somebody else checks it.

    :raises BadHolding: for an unknown ledger, land that is no community, an area that cannot be
    :raises CodeTaken:
    """
    must_hold(by, REPORTERS, region.path, what=_("登记这里的资源台账"))
    if ledger not in Holding.Ledger.values:
        raise BadHolding(_("请选择台账。"), field="ledger")
    if region.level != Region.Level.COMMUNITY:
        raise BadHolding(_("请选择社区（村）。"), field="region")
    _sound(lng, lat, cost_fen)
    code = clean_text(code, limit=30, field_label=_("编号")) or _next_code(ledger, region)
    try:
        with transaction.atomic():
            return Holding.objects.create(
                ledger=ledger, code=code, region=region, area_m2=_area(area_m2), by=by, at=at,
                name=clean_text(name, limit=80, field_label=_("名称"), required=True),
                owner=clean_text(owner, limit=80, field_label=_("权属单位")),
                address=clean_text(address, limit=120, field_label=_("地址")), cost_fen=cost_fen,
                lng=lng, lat=lat, note=clean_text(note, limit=200, field_label=_("备注")),
            )  # fmt: skip
    except IntegrityError as error:
        raise CodeTaken(_("编号 %s 已在台账里。") % code, field="code") from error


def _next_code(ledger: str, region: Region) -> str:
    letter = {"centre": "Z", "stock": "K", "ancillary": "P"}[ledger]
    Region.objects.select_for_update().only("pk").get(pk=region.pk)  # one writer for each place
    n = Holding.objects.filter(ledger=ledger, region=region).count() + 1
    while Holding.objects.filter(ledger=ledger, code=f"{letter}{region.code}-{n:02d}").exists():
        n += 1
    return f"{letter}{region.code}-{n:02d}"


def _hold(holding: Holding) -> Holding:
    rows = Holding.objects.select_for_update(of=("self",)).select_related("region")
    return rows.get(pk=holding.pk)


@transaction.atomic
def check_holding(
    holding: Holding, *, area_m2: int, by: User, at: datetime, address: str = "", note: str = ""
) -> HoldingCheck:
    """Look a second time; where both readings differ the line waits until it is settled.

    :raises SameEyes: by who entered it, or who looked last
    :raises HoldingFixed: once it was given or struck off
    """
    holding = _hold(holding)
    must_hold(by, REPORTERS, holding.region.path, what=_("复核这里的资源台账"))
    if holding.state in (Holding.State.GIVEN, Holding.State.GONE):
        raise HoldingFixed(_("“%s”已调配或注销，不用复核。") % holding.name)
    if by.pk == holding.by_id:
        raise SameEyes(_("登记人不能复核自己登记的，请另一人复核。"))
    address = clean_text(address, limit=120, field_label=_("复核地址")) or holding.address
    differences: dict[str, list[int | str]] = {}
    if _area(area_m2) != holding.area_m2:
        differences["area_m2"] = [holding.area_m2, area_m2]
    if address != holding.address:
        differences["address"] = [holding.address, address]
    made = HoldingCheck.objects.create(
        holding=holding, area_m2=area_m2, address=address, differences=differences, by=by, at=at,
        note=clean_text(note, limit=200, field_label=_("说明")),
    )  # fmt: skip
    holding.state = Holding.State.DISPUTED if differences else Holding.State.CHECKED
    holding.save(update_fields=["state"])
    return made


@transaction.atomic
def settle(holding: Holding, *, take_second: bool, reason: str, by: User, at: datetime) -> Holding:
    """Settle two readings that differ: the second look's are taken, or the first ones stay.

    :raises HoldingFixed: unless it waits for that
    :raises SameEyes: by who entered it
    """
    holding = _hold(holding)
    must_hold(by, ISSUERS, holding.region.path, what=_("核定这里的资源台账"))
    check = holding.checks.order_by("-pk").first()
    if holding.state != Holding.State.DISPUTED or check is None:
        raise HoldingFixed(_("“%s”没有待核定的差异。") % holding.name)
    if by.pk == holding.by_id:
        raise SameEyes(_("登记人不能核定自己登记的。"))
    reason = clean_text(reason, limit=200, field_label=_("核定说明"), required=True)
    if take_second:
        changes = {name: second for name, (_first, second) in check.differences.items()}
        _write(holding, changes, reason, by, at)
    holding.state = Holding.State.CHECKED
    holding.save()
    return holding


@transaction.atomic
def change_holding(
    holding: Holding, *, reason: str, by: User, at: datetime, **changes: Any
) -> Holding:
    """Change a line; what it was stays in its history, and it is checked anew if its area changed.

    :raises HoldingFixed: once it was given or struck off
    """
    holding = _hold(holding)
    must_hold(by, REPORTERS, holding.region.path, what=_("修改这里的资源台账"))
    if holding.state in (Holding.State.GIVEN, Holding.State.GONE):
        raise HoldingFixed(_("“%s”已调配或注销，不能再改。") % holding.name)
    if unknown := set(changes) - set(CHANGEABLE):
        raise TypeError(f"unknown fields {sorted(unknown)}")
    reason = clean_text(reason, limit=200, field_label=_("原因"), required=True)
    for name, limit in LIMITS.items():
        if name in changes:
            label = Holding._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            changes[name] = clean_text(
                changes[name], limit=limit, field_label=str(label), required=name == "name"
            )
    if "area_m2" in changes:
        _area(changes["area_m2"])
    new = {name: changes.get(name, getattr(holding, name)) for name in ("lng", "lat", "cost_fen")}
    _sound(**new)
    old_area = holding.area_m2
    _write(holding, changes, reason, by, at)
    if holding.area_m2 != old_area:
        holding.state, holding.by = Holding.State.FOUND, by
    holding.save()
    return holding


def _write(holding: Holding, changes: dict[str, Any], reason: str, by: User, at: datetime) -> None:
    rows = []
    for name, value in changes.items():
        before = getattr(holding, name)
        if before != value:
            setattr(holding, name, value)
            rows.append(
                HoldingChange(holding=holding, field=name, before=str(before if before is not None else "")[:120],
                              after=str(value if value is not None else "")[:120], reason=reason, by=by, at=at)
            )  # fmt: skip
    HoldingChange.objects.bulk_create(rows)


@transaction.atomic
def strike_off(holding: Holding, *, reason: str, by: User, at: datetime) -> Holding:
    """Strike a line off; it stays in the ledger's history. :raises HoldingFixed: once it was given"""
    holding = _hold(holding)
    must_hold(by, ISSUERS, holding.region.path, what=_("注销这里的资源台账"))
    if holding.state in (Holding.State.GIVEN, Holding.State.GONE):
        raise HoldingFixed(_("“%s”已调配或注销。") % holding.name)
    reason = clean_text(reason, limit=200, field_label=_("原因"), required=True)
    HoldingChange.objects.create(
        holding=holding, field="state", before=holding.state, after="gone", reason=reason, by=by, at=at
    )  # fmt: skip
    holding.state = Holding.State.GONE
    holding.save(update_fields=["state"])
    return holding
