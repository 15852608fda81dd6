"""Where a message of another system lies: by code, by point, by the names of street and community.

Messages without a place can be spread over a district's communities by the words they use. That
is made up, and only for demos and load tests: the same words always give the same place.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from hashlib import sha256

from django.utils.translation import gettext as _

from tongxin.kit.codes import parse_division
from tongxin.kit.errors import Invalid
from tongxin.kit.geo import bbox
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, locate, region_at, world

TRIES = 40  # random points before a community's centre is taken instead
_CODED_AREA = re.compile(r"[A-Z]\d*[市区县]")  # "A3区": how anonymised messages name a place
_NAMED_SPOT = re.compile(
    r"[\u4e00-\u9fff]{2,6}?(?:小区|社区|花园|家园|公寓|广场|小学|中学|学院|医院|路|街|镇|村|苑|城|府|里)"
)


class UnknownPlace(Invalid):
    """No street or community of that name, or several."""


class Places:
    """Finds lands by what a row says; `home` is where a row lies that says nothing."""

    def __init__(self, home: Land) -> None:
        self.home = home
        self._named: dict[str, list[Land]] = defaultdict(list)
        for land in world().lands:
            if land.level in (Region.Level.STREET, Region.Level.COMMUNITY):
                for name in {land.name, land.short_name}:
                    self._named[name].append(land)

    def find(self, *, code: str, street: str, community: str, lng, lat) -> tuple[Land, bool]:
        """Return the land, and whether the row named it.

        :raises UnknownPlace, UnknownRegion, BadCode: for a name or code that does not exist, or a
            name that fits several places
        :raises OutsideArea: for a point outside the districts served
        """
        if lng is not None and lat is not None:
            return locate(lng, lat), True
        if code:
            return self._by_code(code), True
        if not (street or community):
            return self.home, False
        above = self._by_name(street, "street", self.home) if street else self.home
        return (self._by_name(community, "community", above) if community else above), True

    def _by_code(self, code: str) -> Land:
        return get_land(parse_division(code).short if len(code) == 12 else code)

    def _by_name(self, name: str, level: str, above: Land) -> Land:
        found = [land for land in self._named[name] if land.level == level]
        near = [land for land in found if land.path.startswith(above.path)] or found
        if len(near) != 1:
            sentence = (
                _("有 %(n)d 个地方叫“%(name)s”，请写明街道或代码")
                if near
                else _("没有叫“%(name)s”的地方")
            )
            raise UnknownPlace(sentence % {"name": name[:30], "n": len(near)})
        return near[0]


def number_of(text: str) -> int:
    """Return a number that is the same for the same text in every process."""
    return int(sha256(text.encode()).hexdigest()[:12], 16)


def spread(title: str, text: str, *, over: Land) -> Land:
    """Return the community that stands for the place a message speaks of.

    "A3区" stands for three neighbouring streets; the estate or road that is named picks the street
    and the community, so that messages about one spot lie together.
    """
    words = f"{title} {text}"
    area, spot = _CODED_AREA.search(words), _NAMED_SPOT.search(words)
    spot_name = spot[0] if spot else words[:60]
    streets = world().children_of(over)
    if not streets:
        return over
    first = number_of(area[0] if area else "") * 3
    street = streets[(first + number_of(spot_name) % 3) % len(streets)]
    communities = world().children_of(street)
    return communities[number_of(spot_name) // 3 % len(communities)] if communities else street


def spot_in(land: Land, key: str) -> tuple[float, float] | None:
    """Return a point inside the land, the same for the same key; None if it has no border."""
    polygon = Region.objects.values_list("polygon", flat=True).get(pk=land.id)
    if not polygon:
        return None
    west, south, east, north = bbox(polygon)
    dice = random.Random(number_of(key))  # noqa: S311 (a place on a demo map, no secret)
    for _n in range(TRIES):
        lng, lat = dice.uniform(west, east), dice.uniform(south, north)
        at = region_at(lng, lat)
        if at and at.path.startswith(land.path):
            return round(lng, 6), round(lat, 6)
    return (land.lng, land.lat) if land.lng is not None and land.lat is not None else None
