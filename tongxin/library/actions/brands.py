"""A brand is registered, its indicators get values period by period, it is named or given up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org
from tongxin.photos.actions import keep_photo
from tongxin.regions.models import Region

from ..models import (
    Brand,
    BrandFamily,
    BrandIndicator,
    BrandPhoto,
    BrandValue,
    Exemplar,
)
from .common import WrongStep, must_write_for, scoped

MOST_INDICATORS, MOST_PHOTOS = 12, 12
PERIOD = re.compile(r"^(20\d{2})(?:-Q([1-4]))?$")
State = Brand.State


class BrandThere(Refused):
    """The unit has a brand of that name already, or the village has one (一村一品)."""


class BadIndicator(Invalid):
    """No such indicator, a period that has not begun, or a value that cannot be."""


@transaction.atomic
def register_brand(
    *, family: BrandFamily, org: Org, name: str, since: date, by: User, at: datetime,
    region: Region | None = None, slogan: str = "", product: str = "", plan: str = "", story: str = "",
    method: Exemplar | None = None, indicators: Sequence[tuple[str, str, Decimal | None]] = (), key: str = "",
) -> Brand:  # fmt: skip
    """Register a brand with the indicators of its family, or with its own: [(name, unit, target)].

    :raises BrandThere: a unit has one brand of a name, a village one brand of 一村一品一策 (S4.57)
    :raises NotYourUnit: unless `by` writes for the unit
    :raises Invalid: for a day to come, or a unit of another field than the family's
    """
    kept = scoped(by, key)
    if kept and (old := Brand.objects.filter(key=kept).first()):
        return old
    Org.objects.select_for_update().only("pk").get(pk=org.pk)
    must_write_for(by, org, what=_("登记品牌"))
    name = clean_text(name, limit=40, field_label=_("品牌名称"), required=True)
    if since > localdate(at):
        raise Invalid(_("创建日期还没到。"), field="since")
    if family.sector and org.sector and org.sector != family.sector:
        raise Invalid(
            _("“%(family)s”是%(sector)s领域的品牌系列，与单位的领域不符。")
            % {"family": family.name, "sector": family.get_sector_display()},
            field="family",
        )
    region = region or org.region
    standing = Brand.objects.exclude(state=State.RETIRED)
    if standing.filter(org=org, name=name).exists():
        raise BrandThere(_("本单位已有品牌“%s”。") % name, field="name")
    if family.sector == "village" and (
        other := standing.filter(family=family, region=region).first()
    ):
        raise BrandThere(_("一村一品：%(region)s已有品牌“%(name)s”。") % {"region": region.name, "name": other.name}, field="region")  # fmt: skip
    if method is not None and method.state != Exemplar.State.PUBLISHED:
        raise Invalid(_("只能选已发布的工作法。"), field="method")
    brand = Brand.objects.create(
        family=family, org=org, region=region, name=name, since=since, by=by, at=at, key=kept,
        method=method, slogan=clean_text(slogan, limit=100, field_label=_("一句话")),
        product=clean_text(product, limit=60, field_label=_("一品")),
        plan=clean_text(plan, limit=500, field_label=_("一策"), multiline=True),
        story=clean_text(story, limit=4000, field_label=_("品牌故事"), multiline=True),
    )  # fmt: skip
    given = list(indicators) or [(one["name"], one["unit"], None) for one in family.indicators]
    set_indicators(brand, indicators=given, by=by, at=at)
    write_log(
        unit=org, kind="honour", at=at, recorded_at=at, actor=by, source=f"library.brand:{brand.pk}",
        text=_("登记品牌“%(name)s”（%(family)s）。") % {"name": name, "family": family.name},
        key=f"brand:{brand.pk}",
    )  # fmt: skip
    return brand


def _kept(brand: Brand, by: User) -> Brand:
    brand = Brand.objects.select_for_update(of=("self",)).select_related("org").get(pk=brand.pk)
    must_write_for(by, brand.org, what=_("管理品牌"))
    if brand.state == State.RETIRED:
        raise WrongStep(_("品牌“%s”已撤销。") % brand.name)
    return brand


@transaction.atomic
def set_indicators(
    brand: Brand, *, indicators: Sequence[tuple[str, str, Decimal | None]], by: User, at: datetime
) -> None:
    """Set what a brand is measured by: [(name, unit, target)]; one with values stays.

    :raises BadIndicator: for names twice, too many, or one dropped that has values
    """
    brand = _kept(brand, by)
    names = [
        clean_text(n, limit=40, field_label=_("指标"), required=True) for n, _u, _t in indicators
    ]
    if len(set(names)) != len(names) or len(names) > MOST_INDICATORS:
        raise BadIndicator(_("指标最多 %d 个，不能重名。") % MOST_INDICATORS, field="indicators")
    dropped = brand.indicators.exclude(name__in=names)
    if used := dropped.filter(values__isnull=False).first():
        raise BadIndicator(_("“%s”已有数值，不能删去。") % used.name, field="indicators")
    dropped.delete()
    for n, (name, (_n, given, target)) in enumerate(zip(names, indicators, strict=True), start=1):
        unit = clean_text(given, limit=10, field_label=_("单位"))
        BrandIndicator.objects.update_or_create(
            brand=brand, name=name, defaults={"order": n, "unit": unit, "target": target}
        )


@transaction.atomic
def record_values(
    brand: Brand, *, period: str, values: Mapping[int, Decimal], by: User, at: datetime
) -> int:
    """Write down the values of a period ("2026" or "2026-Q1"): {indicator id: value}; return how many.

    One that stands already is corrected, and what stood before is kept with who and when.

    :raises BadIndicator: for a period that has not begun, a value below nothing, an unknown indicator
    """
    brand = _kept(brand, by)
    match = PERIOD.match(period)
    if match is None:
        raise BadIndicator(_("时期请写成 2026 或 2026-Q1。"), field="period")
    begins = date(int(match[1]), 3 * int(match[2] or 1) - 2, 1)
    if begins > localdate(at):
        raise BadIndicator(_("%s 还没开始。") % period, field="period")
    known = {one.pk: one for one in brand.indicators.all()}
    for pk, value in values.items():
        if pk not in known or not value.is_finite() or not 0 <= value < 10**9:
            raise BadIndicator(_("指标数值不对，请核对。"), field=f"i{pk}")
    old = {
        row.indicator_id: row
        for row in BrandValue.objects.filter(indicator__in=known, period=period)
    }
    for pk, value in values.items():
        row = old.get(pk)
        if row is None:
            BrandValue.objects.create(indicator=known[pk], period=period, value=value, by=by, at=at)
        elif row.value != value:
            row.before = [*row.before, [str(row.value), row.by_id, row.at.isoformat()]]
            row.value, row.by, row.at = value, by, at
            row.save()
    return len(values)


@transaction.atomic
def set_brand_state(brand: Brand, *, state: str, reason: str, by: User, at: datetime) -> Brand:
    """Name a brand (命名) or give it up, saying why. :raises Invalid: without a reason"""
    brand = _kept(brand, by)
    if state not in State.values or state == brand.state:
        raise Invalid(_("请选另一个状态。"), field="state")
    brand.state_reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    brand.state = state
    brand.save(update_fields=["state", "state_reason"])
    write_log(
        unit=brand.org, kind="honour", at=at, recorded_at=at, actor=by, source=f"library.brand:{brand.pk}",
        text=_("品牌“%(name)s”%(state)s：%(reason)s")
        % {"name": brand.name, "state": brand.get_state_display(), "reason": brand.state_reason},
        key=f"brand:{brand.pk}:{state}",
    )  # fmt: skip
    return brand


@transaction.atomic
def change_brand(
    brand: Brand, *, slogan: str, product: str, plan: str, story: str, by: User, at: datetime,
    method: Exemplar | None = None,
) -> Brand:  # fmt: skip
    """Put the words of a brand right. :raises Invalid: for a method that is not published"""
    brand = _kept(brand, by)
    if method is not None and method.state != Exemplar.State.PUBLISHED:
        raise Invalid(_("只能选已发布的工作法。"), field="method")
    brand.method = method
    brand.slogan = clean_text(slogan, limit=100, field_label=_("一句话"))
    brand.product = clean_text(product, limit=60, field_label=_("一品"))
    brand.plan = clean_text(plan, limit=500, field_label=_("一策"), multiline=True)
    brand.story = clean_text(story, limit=4000, field_label=_("品牌故事"), multiline=True)
    brand.save()
    return brand


@transaction.atomic
def add_brand_photo(brand: Brand, *, data: bytes, by: User, at: datetime, caption: str = "") -> BrandPhoto:  # fmt: skip
    """Put a picture with a brand. :raises Invalid: if it is no picture, or one too many"""
    brand = _kept(brand, by)
    if brand.photos.count() >= MOST_PHOTOS:
        raise Invalid(_("最多 %d 张照片。") % MOST_PHOTOS, field="photos")
    photo = keep_photo(data=data, by=by, at=at)
    caption = clean_text(caption, limit=60, field_label=_("图注"))
    return BrandPhoto.objects.create(brand=brand, photo=photo, caption=caption)
