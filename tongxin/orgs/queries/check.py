"""The chain district – street – community – grid, looked over: broken links and land without cover.

S0.21, S3.2: 区、街道、社区三级一贯到底; S0.26, S3.38, S4.37, S4.70: 党建对网格全覆盖.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, FilteredRelation, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.regions.models import DEPTH, Region
from tongxin.regions.queries import Land, geojson_of, place_name, world

from ..models import Membership, Org, Pilot, Post, UnitCover, UnitKind, UnitMember
from ..scope import READERS, unit_reach

FINDINGS: dict[str, Promise] = {
    "no_committee": gettext_lazy("没有党组织的街镇、社区"),
    "broken": gettext_lazy("上下级断链"),
    "grid_gap": gettext_lazy("空白网格"),
    "building_gap": gettext_lazy("空白楼栋"),
    "foreign": gettext_lazy("跨辖区覆盖"),
    "no_lead": gettext_lazy("负责人空缺"),
    "expired": gettext_lazy("临时组织逾期"),
    "small": gettext_lazy("正式党员不足"),
}
RUNS_COMMUNITY = (UnitKind.COMMITTEE, UnitKind.GENERAL_BRANCH, UnitKind.BRANCH)
RUNS_STREET = (UnitKind.WORK_COMMITTEE, UnitKind.COMMITTEE)
LEADLESS = (UnitKind.JOINT_COMMITTEE, UnitKind.LEADING_GROUP)


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: what, where, why it matters, what mends it."""

    kind: str
    what: str
    where: str
    why: str
    remedy: str
    url: str = ""

    @property
    def label(self) -> Promise:
        return FINDINGS[self.kind]


@dataclass(frozen=True)
class Unit:
    """What the check knows of a standing unit."""

    id: int
    name: str
    path: str
    kind: str
    parent_id: int | None
    parent_gone: bool
    region_id: int
    is_temporary: bool
    expires_on: date | None

    @property
    def url(self) -> str:
        return reverse("orgs:unit", args=[self.id])


COLUMNS = (
    "pk", "name", "path", "unit_kind", "parent", "parent__dissolved_on", "region",
    "is_temporary", "expires_on",
)  # fmt: skip


class Survey:
    """Units, land and cover below a place on a day, read once: six queries, whatever its size."""

    def __init__(self, land: Land, actor: User, *, on: date) -> None:
        self.land, self.on = land, on
        self.lands = world().by_id
        rows = Org.objects.units().filter(region__path__under=land.path).order_by("path")
        self.units = [
            Unit(pk, name, path, kind, parent, gone is not None, region, temporary, ends)
            for pk, name, path, kind, parent, gone, region, temporary, ends in rows.values_list(
                *COLUMNS
            )
        ]
        self.at: dict[int, list[Unit]] = defaultdict(list)
        for unit in self.units:
            self.at[unit.region_id].append(unit)
        self.led = _led(land, on)
        self.small_land, self.cover = _small_land(land, on)
        self.pilot = _pilot_lands(on)
        self.full, self.joint = _sizes(land, actor)

    def findings(self) -> list[Finding]:
        """Return everything found, the gravest kinds first."""
        found = [*self._committees(), *self._chains(), *self._gaps(), *self._people()]
        order = list(FINDINGS)
        return sorted(found, key=lambda one: order.index(one.kind))

    def _committees(self) -> Iterator[Finding]:
        runs = {"street": RUNS_STREET, "community": RUNS_COMMUNITY}
        for place in world().lands:
            if place.level not in runs or not place.path.startswith(self.land.path):
                continue
            own = self.at.get(place.id, ())
            if not any(u.kind in runs[place.level] and not u.is_temporary for u in own):
                yield Finding(
                    "no_committee",
                    place.short_name,
                    place_name(place.path),
                    _("没有常设的党组织，上下级到这里断开"),
                    _("由上级党组织新建，或调整隶属。"),
                )

    def _chains(self) -> Iterator[Finding]:
        for unit in self.units:
            why = self._why_broken(unit)
            if why:
                where = self._where(unit)
                yield Finding("broken", unit.name, where, why, _("请调整隶属关系。"), unit.url)

    def _why_broken(self, unit: Unit) -> str:
        place = self.lands.get(unit.region_id)
        if unit.parent_id is None:
            top = place is None or place.level in ("city", "district")
            return "" if top else _("没有上级党组织")
        if unit.parent_gone:
            return _("上级党组织已撤销")
        if place is None or place.level != "community" or unit.kind not in RUNS_COMMUNITY:
            return ""
        street = world().by_path.get("/".join(place.path.split("/")[: DEPTH["street"]]) + "/")
        own = {u.id for u in self.at.get(street.id, ())} if street else set()
        if own and not own & {int(part) for part in unit.path.split("/") if part}:
            return _("不在本街镇党组织之下，街道到社区的链条断开")
        return ""

    def _gaps(self) -> Iterator[Finding]:
        for pk, path, name, level in self.small_land:
            units = self.cover.get(pk, ())
            if not units:
                if level == "building" and not self._asked_for(path):
                    continue
                yield Finding(
                    f"{level}_gap", name, place_name(path),
                    _("没有党组织覆盖"), _("在党组织页面“调整网格”里绑定。"),
                )  # fmt: skip
            for unit_id, unit_name, home in units:
                if not path.startswith(home):
                    yield Finding(
                        "foreign", name, place_name(path),
                        _("由辖区以外的“%s”覆盖") % unit_name, _("请改由本辖区的党组织覆盖。"),
                        reverse("orgs:unit", args=[unit_id]),
                    )  # fmt: skip

    def _asked_for(self, path: str) -> bool:
        """Say whether groups of buildings are asked for here: everywhere, or where the trial runs."""
        return self.pilot is None or any(path.startswith(land) for land in self.pilot)

    def _people(self) -> Iterator[Finding]:
        for unit in self.units:
            where = self._where(unit)
            if unit.kind not in LEADLESS and unit.id not in self.led:
                yield Finding(
                    "no_lead", unit.name, where, _("没有书记（组长）"),
                    _("请任命，或由上级派人兼任。"), unit.url,
                )  # fmt: skip
            if unit.is_temporary and unit.expires_on and unit.expires_on < self.on:
                yield Finding(
                    "expired", unit.name, where, _("已于 %s 到期") % unit.expires_on,
                    _("请撤销，或者写明理由延期。"), unit.url,
                )  # fmt: skip
            n = self.full.get(unit.id)
            if n is not None and n < 3 and unit.id not in self.joint:
                yield Finding(
                    "small", unit.name, where,
                    _("正式党员 %d 名，不足 3 名，又不是联合党支部") % n,
                    _("请并入其他党支部，或与相邻单位联合。"), unit.url,
                )  # fmt: skip

    def _where(self, unit: Unit) -> str:
        place = self.lands.get(unit.region_id)
        return place_name(place.path) if place else ""


def _led(land: Land, on: date) -> set[int]:
    """Return the units that somebody leads on a day. One query."""
    posts = Post.objects.held_on(on).filter(
        role=Post.Role.SECRETARY, org__region__path__under=land.path
    )
    heads = UnitMember.objects.standing().filter(
        duty__in=UnitMember.LEADS, unit__region__path__under=land.path
    )
    both = posts.order_by().values_list("org").union(heads.order_by().values_list("unit"))
    return {unit for (unit,) in both}


Cover = dict[int, list[tuple[int, str, str]]]


def _small_land(land: Land, on: date) -> tuple[list[tuple[int, str, str, str]], Cover]:
    """Return the grids and buildings (id, path, name, level) of a place, and who covers which.

    The cover is (unit, its name, its land) of the standing units, by grid or building. One query.
    """
    rows = (
        Region.objects.valid_on(on)
        .filter(level__in=("grid", "building"), path__under=land.path)
        .annotate(
            standing=FilteredRelation(
                "party_units", condition=Q(party_units__dissolved_on__isnull=True)
            )
        )
        .order_by("path")
    )
    columns = (
        *("pk", "path", "name", "level"),
        *("standing", "standing__name", "standing__region__path"),
    )
    lands: dict[int, tuple[int, str, str, str]] = {}
    cover: Cover = defaultdict(list)
    for pk, path, words, level, unit, name, home in rows.values_list(*columns):
        lands[pk] = (pk, path, words, level)
        if name is not None:
            cover[pk].append((unit, name, home))
    return list(lands.values()), cover


def _pilot_lands(on: date) -> list[str] | None:
    """Return the land where groups of buildings are on trial; None if no trial runs."""
    running = Pilot.objects.filter(feature=Pilot.Feature.BUILDING_GROUP, from_date__lte=on)
    rows = running.filter(Q(to_date=None) | Q(to_date__gt=on))
    paths = list(rows.values_list("regions__path", flat=True))
    return [path for path in paths if path] if paths else None


def _sizes(land: Land, actor: User) -> tuple[dict[int, int], set[int]]:
    """Return how many full members branches have, and which are joint; only where one may read that."""
    inside = unit_reach(actor, READERS)
    branches = Org.objects.units().filter(
        inside, unit_kind=UnitKind.BRANCH, is_temporary=False, region__path__under=land.path
    )
    standing = Q(memberships__to_date=None, memberships__stage=Membership.Stage.FULL)
    counts = dict(branches.annotate(n=Count("memberships", filter=standing)).values_list("pk", "n"))
    if not counts:
        return {}, set()
    covers = UnitCover.objects.filter(to_date=None, unit__region__path__under=land.path)
    joint = Counter(covers.values_list("unit", flat=True))
    return counts, {pk for pk, n in joint.items() if n > 1}


def cover_areas(survey: Survey, *, url_of) -> dict[str, Any]:
    """Return the land of a survey as GeoJSON: its grids covered or not; above a street, the gaps of each place below."""
    land = survey.land
    if land.level in ("street", "community", "grid"):
        ids = [pk for pk, _path, _name, level in survey.small_land if level == "grid"]
        drawn = geojson_of(Region.objects.public().filter(pk__in=ids), tolerance_m=0)
        open_ = {one[0] for one in survey.small_land if not survey.cover.get(one[0])}
        codes = {survey.lands[pk].code: pk for pk in ids if pk in survey.lands}
        for feature in drawn["features"]:
            pk = codes.get(feature["properties"]["code"])
            names = [unit for _id, unit, _home in survey.cover.get(pk, ())] if pk else []
            place = survey.lands[pk].short_name if pk else ""
            words = "、".join(names) or _("没有党组织覆盖")
            feature["properties"] = {
                "name": f"{place} {words}",
                "gaps": 1 if pk in open_ else None,
                "url": "",
            }
        return drawn
    below = world().children_of(land)
    regions = Region.objects.public().filter(pk__in=[one.id for one in below])
    drawn = geojson_of(regions, tolerance_m=60)
    by_code = {one.code: one for one in below}
    gaps = [one for one in survey.small_land if one[3] == "grid" and not survey.cover.get(one[0])]
    for feature in drawn["features"]:
        lower = by_code[feature["properties"]["code"]]
        n = sum(path.startswith(lower.path) for _pk, path, _name, _level in gaps)
        feature["properties"] = {"name": lower.short_name, "gaps": n, "url": url_of(lower)}
    return drawn


def building_points(survey: Survey) -> list[dict[str, Any]]:
    """Return the buildings of a survey as pins: covered, or not."""
    ids = [pk for pk, _path, _name, level in survey.small_land if level == "building"][:600]
    places = Region.objects.public().filter(pk__in=ids, lng__isnull=False)
    points = []
    for pk, name, lng, lat in places.values_list("pk", "name", "lng", "lat"):
        units = survey.cover.get(pk, ())
        words = "、".join(unit for _id, unit, _home in units) or _("没有党组织覆盖")
        tone = "done" if units else "late"
        points.append({"lng": lng, "lat": lat, "title": name, "note": words, "tone": tone})
    return points
