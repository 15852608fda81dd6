"""Places picked out of a board, and the same as a table; difficulties; norms in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.regions.models import DEPTH
from tongxin.regions.queries import world

from ..models import Difficulty, RenovationCampaign, Site
from .board import Board, Place, is_late

# What a figure counts, as a list of its places.
SHOWN = {
    "exempt": gettext_lazy("免建"),
    "area_ok": gettext_lazy("面积达标"),
    "area_short": gettext_lazy("面积不足"),
    "planned": gettext_lazy("已编方案"),
    "closed": gettext_lazy("已销号"),
    "in_use": gettext_lazy("投入使用"),
    "late": gettext_lazy("工序滞后"),
}


def _tests(day: date) -> dict[str, Callable[[Place], bool]]:
    return {
        "exempt": lambda place: place.state == "exempt",
        "area_ok": lambda place: place.area_ok_on is not None and place.state != "exempt",
        "area_short": lambda place: place.area_ok_on is None and place.state != "exempt",
        "planned": lambda place: place.state not in ("exempt", "unplanned"),
        "closed": lambda place: place.number is not None,
        "in_use": lambda place: place.in_use_on is not None,
        "late": lambda place: is_late(place, day),
    }


def picked(
    board: Board, path: str, *, state: str = "", kind: str = "", show: str = ""
) -> list[Place]:
    """Return the places of an area in a state, of a kind, that one figure counts; by path."""
    test = _tests(board.day).get(show)
    return [
        place
        for place in board.under(path)
        if (not state or place.state == state)
        and (not kind or place.kind == kind)
        and (test is None or test(place))
    ]


def table_of(board: Board, path: str) -> tuple[list[str], Iterator[list[Any]]]:
    """Return header and rows of the places of an area, for a spreadsheet."""
    header = [
        _("区"), _("街镇"), _("社区（村）"), _("类别"), _("状态"), _("应有面积"), _("现有面积"), _("缺口"),
        _("面积达标"), _("改造达标"), _("规范使用"), _("当前工序"), _("工序期限"), _("滞后"), _("销号编号"),
        _("销号日期"), _("投入使用日期"),
    ]  # fmt: skip
    return header, _lines(board, path)


def _lines(board: Board, path: str) -> Iterator[list[Any]]:
    lands = world().by_path
    states, kinds = dict(Site.State.choices), {"community": _("社区"), "village": _("村")}
    for place in board.under(path):
        parts = place.path.split("/")
        above = ["/".join(parts[: DEPTH[level]]) + "/" for level in ("district", "street")]
        exempt = place.state == "exempt"
        yield [
            *(lands[one].short_name if one in lands else "" for one in above), place.name,
            kinds[place.kind], str(states[place.state]), place.needed_m2, place.area_m2,
            0 if exempt else max(0, place.needed_m2 - place.area_m2),
            *(day or "" for day in (place.area_ok_on, place.work_ok_on, place.use_ok_on)),
            place.stage, place.due_on or "", _("是") if is_late(place, board.day) else "",
            place.number or "", place.closed_on or "", place.in_use_on or "",
        ]  # fmt: skip


def troubles_of(campaign: RenovationCampaign, actor: Any, path: str) -> list[Difficulty]:
    """Return the open difficulties of an area that the actor sees, the highest and oldest first."""
    order = {"city": 0, "district": 1, "street": 2}
    rows = Difficulty.objects.visible_to(actor).filter(
        site__campaign=campaign, site__path__under=path, solved_on=None
    )
    found = list(rows.select_related("site").order_by("raised_at", "pk")[:200])
    return sorted(found, key=lambda row: order[row.level])


def norm_words(campaign: RenovationCampaign, day: date) -> list[dict[str, Any]]:
    """Return the area norms in force: [{"kind", "area_m2", "source", "is_sample"}]."""
    rows = campaign.area_norms.filter(effective_from__lte=day).order_by("effective_from")
    newest = {row.kind: row for row in rows}
    return [
        {"kind": row.get_kind_display(), "area_m2": row.area_m2, "source": row.source, "is_sample": row.is_sample}
        for row in newest.values()
    ]  # fmt: skip
