"""What there is to look at in a visit, and how it is told. Marks are kept, nothing is refused by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.geo import BadGeometry, distance_m, metres_outside
from tongxin.regions.models import Region

from ..models import Visit


class BadPlace(Invalid):
    """A place is a longitude, a latitude and perhaps how far it may be off."""


def read_place(place: Mapping[str, Any] | None) -> tuple[float, float, float] | None:
    """Return (lng, lat, accuracy in metres) of a place a phone told, None for none.

    :raises BadPlace: for numbers that are no place on earth
    """
    if not place:
        return None
    try:
        lng, lat = float(place["lng"]), float(place["lat"])
        accuracy = float(place.get("accuracy") or 0)
    except (KeyError, TypeError, ValueError) as error:
        raise BadPlace(_("位置要有经度和纬度。"), field="place") from error
    if not (-180 <= lng <= 180 and -90 <= lat <= 90 and 0 <= accuracy <= 100_000):
        raise BadPlace(_("这不是一个位置，请重新定位。"), field="place")
    return lng, lat, accuracy


def place_marks(
    visit: Visit, place: tuple[float, float, float] | None, norms: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return how far the check-in lies outside the region and from the place that was planned."""
    if place is None:
        return [{"code": "no_place"}]
    lng, lat, accuracy = place
    found: list[dict[str, Any]] = []
    polygon = Region.objects.filter(pk=visit.region_id).values_list("polygon", flat=True).first()
    outside = _outside(polygon, lng, lat) - accuracy
    if "outside_m" in norms and outside > norms["outside_m"]:
        found.append({"code": "outside", "metres": round(outside)})
    if "far_m" in norms and visit.lng is not None and visit.lat is not None:
        away = distance_m(lng, lat, visit.lng, visit.lat) - accuracy
        if away > norms["far_m"]:
            found.append({"code": "far", "metres": round(away)})
    return found


def _outside(polygon: Any, lng: float, lat: float) -> float:
    if not polygon:
        return 0
    try:
        return metres_outside(polygon, lng, lat)
    except BadGeometry:
        return 0


def sentences(marks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return marks as sentences for people."""
    return [_sentence(mark) for mark in marks]


def _sentence(mark: Mapping[str, Any]) -> str:
    words = {
        "no_place": _("没有签到位置"),
        "outside": _("签到位置在区域边界外 %(metres)s 米"),
        "far": _("签到位置离计划地点 %(metres)s 米"),
        "after_due": _("晚于截止日 %(days)s 天"),
        "late_sent": _("事后 %(hours)s 小时才上传"),
        "before_planned": _("手机上的时间早于安排的时间"),
        "short": _("停留只有 %(minutes)s 分钟"),
        "old_checklist": _("按第 %(version)s 版清单填写，现行为第 %(now)s 版"),
        "rival": _("有第二份填报，等待裁定"),
        "reopened": _("曾退回重填"),
        "revisit": _("居民情绪激动，建议 %(by)s 前回访"),
    }[mark["code"]]
    return words % mark
