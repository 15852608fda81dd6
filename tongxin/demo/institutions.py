"""Who answers for what: party units, departments, streets, communities. Names are of kinds, not of
real offices' staff; which party unit covers which grid is made up, with gaps (S0.26)."""

from __future__ import annotations

from random import Random

from tongxin.orgs.actions import place_orgs
from tongxin.orgs.models import Org, Sector, UnitKind
from tongxin.regions.models import Region

# A department, and the items of the catalogue that are handed to it.
DEPARTMENTS = {
    "城市管理委员会": "0302 0303 0304 0501 0502 0504 0601 0602 0603 0701",
    "住房和建设委员会": "0401 0403 0404 0405 0704 0801 0803 0805",
    "水务局": "0402 0804",
    "交通运输局": "0503",
    "公安分局": "0703 0705 0902 1403",
    "消防救援支队": "0301 0702",
    "应急管理局": "0203 1402",
    "生态环境局": "0604",
    "市场监督管理局": "0202 0802",
    "民政局": "1101 1102 1104 1105 1106 1201 1202 1203",
    "卫生健康委员会": "0101 0102 0103 1003",
    "人力资源和社会保障局": "1301 1302",
    "司法局": "0901 0903 1401",
    "教育体育局": "0505 1502",
    "文化和旅游局": "1501",
    "政务服务办公室": "0201 1001 1002 1103",
}
DEPARTMENT_OF_ITEM = {item: name for name, items in DEPARTMENTS.items() for item in items.split()}
UNCOVERED = 0.07  # share of grids that no party unit covers yet
Kind = Org.Kind


def make_institutions(district: Region, dice: Random) -> int:
    """Make all organisations of a district; return how many."""
    make, name = Org.objects.create, district.short_name
    party = make(name=f"{name}区委", kind=Kind.PARTY, region=district, unit_kind=UnitKind.COMMITTEE)
    make(name=f"{name}基层治理指挥中心", kind=Kind.GOVERNMENT, region=district, phone="022-12345")
    Org.objects.bulk_create(
        Org(name=f"{name}{office}", kind=Kind.DEPARTMENT, region=district) for office in DEPARTMENTS
    )
    make_streets(district, party)
    cover_grids(dice)
    return Org.objects.count()


def make_streets(district: Region, party: Org) -> None:
    streets = list(Region.objects.filter(parent=district, valid_to=None).order_by("path"))
    communities = Region.objects.filter(parent__in=streets, valid_to=None).order_by("path")
    above = {}
    for street in streets:
        above[street.pk] = Org.objects.create(
            name=_committee(street),
            kind=Kind.PARTY,
            region=street,
            parent=party,
            unit_kind=UnitKind.COMMITTEE if street.kind == "town" else UnitKind.WORK_COMMITTEE,
            sector=Sector.STREET,
        )
        Org.objects.create(name=_office(street), kind=Kind.GOVERNMENT, region=street)
    rows: list[Org] = []
    for place in communities.defer("polygon"):
        parent = above[place.parent_id or 0]
        rows += (
            Org(
                name=f"{place.short_name}党委",
                kind=Kind.PARTY,
                region=place,
                parent=parent,
                unit_kind=UnitKind.COMMITTEE,
                sector=Sector.VILLAGE if place.kind == "village" else Sector.COMMUNITY,
            ),
            Org(name=place.name, kind=Kind.COMMUNITY, region=place),
            Org(name=f"{place.short_name}志愿服务队", kind=Kind.TEAM, region=place),
        )
    Org.objects.bulk_create(rows, 500)
    place_orgs()


def _committee(street: Region) -> str:
    return f"{street.name}{'党委' if street.kind == Region.Kind.TOWN else '党工委'}"


def _office(street: Region) -> str:
    if street.kind == Region.Kind.TOWN:
        return f"{street.name}人民政府"
    return f"{street.name}{'管委会' if street.kind == Region.Kind.ZONE else '办事处'}"


def cover_grids(dice: Random) -> None:
    """Bind each community's party committee to its grids, all but a few."""
    committee_of = dict(
        Org.objects.filter(kind=Kind.PARTY, region__level=Region.Level.COMMUNITY).values_list(
            "region_id", "pk"
        )
    )
    grids = Region.objects.filter(parent__in=committee_of, valid_to=None).order_by("path")
    through = Org.grids.through
    through.objects.bulk_create(
        (
            through(org_id=committee_of[community], region_id=grid)
            for grid, community in grids.values_list("pk", "parent_id")
            if dice.random() > UNCOVERED
        ),
        500,
    )
