"""All places of a campaign at one version, read once: the wall map, the figures, the order of finishing.

A board is kept in the process by the campaign's version, which every change of a place raises; the
day is part of the key, because what is late depends on it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
from django.urls import reverse

from tongxin.regions.models import DEPTH
from tongxin.regions.queries import world

from ..models import RenovationCampaign, Site

KEPT = 8  # boards in the memory of a process
COLUMNS = (
    *("pk", "name", "kind", "path", "state", "area_m2", "needed_m2", "area_ok_on", "work_ok_on"),
    *("use_ok_on", "stage", "due_on", "number", "closed_on", "in_use_on", "lng", "lat"),
)
# In the order of the legend; the character stands in the tile, so that colour is never alone.
SYMBOLS = {
    "unplanned": "未", "planned": "案", "building": "建", "checking": "验", "accepted": "待",
    "closed": "销", "in_use": "用", "exempt": "免",
}  # fmt: skip
STATES = tuple(SYMBOLS)
UNDER_WAY = ("unplanned", "planned", "building", "checking", "accepted")


class Place(NamedTuple):
    """A place of a board; fields mean what they mean on `Site`."""

    pk: int
    name: str
    kind: str
    path: str
    state: str
    area_m2: int
    needed_m2: int
    area_ok_on: date | None
    work_ok_on: date | None
    use_ok_on: date | None
    stage: str
    due_on: date | None
    number: int | None
    closed_on: date | None
    in_use_on: date | None
    lng: float | None
    lat: float | None


@dataclass
class Figures:
    """How far the places of an area are; the base is all but the exempt (S1.7–S1.10, S1.39)."""

    total: int = 0
    exempt: int = 0
    area_ok: int = 0
    work_ok: int = 0
    use_ok: int = 0
    planned: int = 0
    building: int = 0
    closed: int = 0
    in_use: int = 0
    late: int = 0
    short_m2: int = 0

    @property
    def base(self) -> int:
        return self.total - self.exempt

    def share(self, name: str) -> int | None:
        """Return a figure as whole per cent of the base, 100 only when it is all; None without a base."""
        return getattr(self, name) * 100 // self.base if self.base else None

    def take(self, place: Place, day: date) -> None:
        """Count a place in."""
        self.total += 1
        if place.state == "exempt":
            self.exempt += 1
            return
        self.area_ok += place.area_ok_on is not None
        self.work_ok += place.work_ok_on is not None
        self.use_ok += place.use_ok_on is not None
        self.planned += place.state != "unplanned"
        self.building += place.state == "building"
        self.closed += place.number is not None
        self.in_use += place.in_use_on is not None
        self.late += is_late(place, day)
        self.short_m2 += max(0, place.needed_m2 - place.area_m2)


def is_late(place: Place, day: date) -> bool:
    """Say whether a place's stage under way should have ended."""
    return place.due_on is not None and place.due_on < day and place.state in UNDER_WAY


class Summary(NamedTuple):
    """What stands above the tiles: places by state, the figures, the districts and streets shown."""

    counts: dict[str, int]
    figures: Figures
    lands: tuple[str, ...]


class Board:
    """The places of a campaign by path, on a day. Never changes; a newer one replaces it."""

    def __init__(self, campaign: RenovationCampaign, day: date) -> None:
        self.campaign_id, self.version, self.day = campaign.pk, campaign.version, day
        self.final_on = campaign.final_on
        rows = Site.objects.filter(campaign=campaign.pk).order_by("path").values_list(*COLUMNS)
        self.places = [Place(*row) for row in rows]
        self._payloads: dict[tuple[str, ...], tuple[bytes, str]] = {}
        self._summaries: dict[tuple[str, ...], Summary] = {}

    def under(self, path: str) -> Iterator[Place]:
        return (place for place in self.places if place.path.startswith(path))

    def figures(self, path: str, kind: str = "") -> Figures:
        """Return the figures of an area, of one kind of place if asked."""
        found = Figures()
        for place in self.under(path):
            if not kind or place.kind == kind:
                found.take(place, self.day)
        return found

    def by_child(self, path: str) -> dict[str, Figures]:
        """Return the figures of what lies one level below an area: {path: Figures}."""
        depth = path.count("/") + 1
        found: dict[str, Figures] = {}
        for place in self.under(path):
            child = "/".join(place.path.split("/")[:depth]) + "/"
            found.setdefault(child, Figures()).take(place, self.day)
        return found

    def counts(self, paths: Iterable[str]) -> dict[str, int]:
        """Return how many places stand in each state, and how many are late."""
        roots = tuple(paths)
        found = dict.fromkeys(STATES, 0) | {"late": 0}
        for place in self.places:
            if place.path.startswith(roots):
                found[place.state] += 1
                found["late"] += is_late(place, self.day)
        return found

    def summary(self, paths: tuple[str, ...]) -> Summary:
        """Return what stands above the tiles of some areas; made once for each."""
        if paths not in self._summaries:
            figures, lands = Figures(), dict.fromkeys(paths)
            for place in self.places:
                if place.path.startswith(paths):
                    figures.take(place, self.day)
                    district, street, *_rest = place.path.split("/")[1:]
                    above = f"{place.path.split('/', 1)[0]}/{district}/"
                    lands |= {above: None, f"{above}{street}/": None}
            shown = tuple(path for path in lands if path.startswith(paths))
            self._summaries[paths] = Summary(self.counts(paths), figures, shown)
        return self._summaries[paths]

    def payload(self, paths: tuple[str, ...]) -> tuple[bytes, str]:
        """Return the wall map of some areas as JSON, and its tag; made once for each.

        {"version", "day", "url", "states": [[code, symbol]], "counts": {code: n},
         "groups": [[district, [[street, path, [[pk, name, state, late, short m², due, lng, lat, number]]]]]]}
        """
        if paths not in self._payloads:
            body = orjson.dumps(self._shape(paths))
            self._payloads[paths] = body, blake2b(body, digest_size=12).hexdigest()
        return self._payloads[paths]

    def _shape(self, paths: tuple[str, ...]) -> dict[str, Any]:
        order = {state: n for n, state in enumerate(STATES)}
        lands = world().by_path
        groups: list[list[Any]] = []
        district = street = None
        for place in self.places:
            if not place.path.startswith(paths):
                continue
            parts = place.path.split("/")
            above = "/".join(parts[: DEPTH["district"]]) + "/"
            near = "/".join(parts[: DEPTH["street"]]) + "/"
            if above != district:
                groups.append([lands[above].short_name if above in lands else "", []])
                district, street = above, None
            if near != street:
                groups[-1][1].append([lands[near].short_name if near in lands else "", near, []])
                street = near
            groups[-1][1][-1][2].append(
                [
                    place.pk, place.name, order[place.state], int(is_late(place, self.day)),
                    max(0, place.needed_m2 - place.area_m2) if place.state != "exempt" else 0,
                    f"{place.due_on:%m-%d}" if place.due_on else "",
                    place.lng, place.lat, place.number or 0,
                ]
            )  # fmt: skip
        return {
            "version": self.version, "day": self.day.isoformat(),
            "url": reverse("renovation:site", args=[0]).replace("0", "{}"),
            "states": [[state, symbol] for state, symbol in SYMBOLS.items()],
            "counts": self.summary(paths).counts, "groups": groups,
        }  # fmt: skip

    def ranking(self, path: str) -> list[dict[str, Any]]:
        """Return what lies one level below in the order of finishing (S1.15, S1.21).

        Who has written off all comes first, the earlier day before the later; then by share of the
        base, then by name. {"path", "name", "base", "closed", "share", "finished_on", "place"}
        """
        lands = world().by_path
        last: dict[str, date] = {}
        depth = path.count("/") + 1
        for place in self.under(path):
            if place.closed_on:
                child = "/".join(place.path.split("/")[:depth]) + "/"
                last[child] = max(last.get(child, place.closed_on), place.closed_on)
        rows: list[dict[str, Any]] = []
        for child, figures in self.by_child(path).items():
            if not figures.base:
                continue
            done = figures.closed == figures.base
            rows.append(
                {
                    "path": child, "name": lands[child].short_name if child in lands else child,
                    "base": figures.base, "closed": figures.closed, "share": figures.share("closed"),
                    "finished_on": last.get(child) if done else None,
                }
            )  # fmt: skip
        rows.sort(key=lambda row: (row["finished_on"] or date.max, -row["closed"] / row["base"], row["path"]))  # fmt: skip
        before: tuple[Any, ...] | None = None
        for n, row in enumerate(rows, start=1):
            mark = row["finished_on"], row["closed"] / row["base"]
            row["place"] = rows[n - 2]["place"] if mark == before else n
            before = mark
        return rows


_lock = threading.Lock()
_boards: OrderedDict[tuple[int, int, date], Board] = OrderedDict()


def board_of(campaign: RenovationCampaign, day: date) -> Board:
    """Return the board of a campaign as the row in hand knows its version. One query when it is new."""
    key = campaign.pk, campaign.version, day
    with _lock:
        if board := _boards.get(key):
            _boards.move_to_end(key)
            return board
    board = Board(campaign, day)
    with _lock:
        _boards[key] = board
        while len(_boards) > KEPT:
            _boards.popitem(last=False)
    return board


def forget_boards() -> None:
    """Forget what is kept; tests and the bench begin cold."""
    with _lock:
        _boards.clear()
