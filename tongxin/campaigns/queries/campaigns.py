"""Where a campaign goes, how far it is, what its tasks have answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.cases.flow import get_flow
from tongxin.orgs.scope import reach
from tongxin.regions.models import DEPTH, Region
from tongxin.regions.queries import Land, geojson_of, place_name, world

from ..models import Campaign, CampaignTask
from .words import in_words

OPEN_STEPS = ("issued", "accepted")


def targets_of(path: str, level: str, only: Iterable[str] | None = None) -> list[Land]:
    """Return the grids or communities of a place, by path; `only` keeps those inside some paths."""
    found = [land for land in world().lands if land.level == level and land.path.startswith(path)]
    if only:
        paths = tuple(only)
        found = [land for land in found if land.path.startswith(paths)]
    return sorted(found, key=lambda land: land.path)


@dataclass
class Progress:
    """How far the tasks of a place are."""

    land: Land
    total: int = 0
    issued: int = 0
    accepted: int = 0
    done: int = 0
    closed: int = 0
    void: int = 0
    late: int = 0  # still to be reported, and its day has passed
    children: list[Progress] = field(default_factory=list)

    @property
    def reported(self) -> int:
        return self.done + self.closed

    @property
    def share(self) -> int | None:
        """Reported, of a hundred of those not taken back."""
        base = self.total - self.void
        return round(100 * self.reported / base) if base else None


def progress_of(campaign: Campaign, land: Land, *, at: datetime, actor: Any = None) -> Progress:
    """Return how far a campaign is at a place and in what lies right below it. One query."""
    below = {one.path: Progress(one) for one in world().children_of(land)}
    whole = Progress(land, children=list(below.values()))
    rows = CampaignTask.objects.filter(campaign=campaign, region__path__under=land.path)
    if actor is not None:
        rows = rows.filter(pk__in=CampaignTask.objects.visible_to(actor).values("pk"))
    late = Q(case__step__in=OPEN_STEPS, due_on__lt=at.date())
    counted = (
        rows.order_by()
        .values_list("region__path", "case__step")
        .annotate(n=Count("pk"), late=Count("pk", filter=late))
    )
    depth = DEPTH[land.level] + 1
    for path, step, n, n_late in counted:
        parts = path.split("/")[:-1]
        part = below.get("/".join(parts[:depth]) + "/")
        for one in (whole, part):
            if one is not None:
                one.total += n
                one.late += n_late
                setattr(one, step, getattr(one, step) + n)
    whole.children = [one for one in whole.children if one.total]
    return whole


def areas_of(progress: Progress, url: str) -> dict[str, Any]:
    """Return what lies below a place as GeoJSON with `share`; `url` has CODE where the code goes."""
    by_code = {one.land.code: one for one in progress.children}
    regions = Region.objects.filter(pk__in=[one.land.id for one in progress.children])
    drawn = geojson_of(regions, tolerance_m=15)
    for feature in drawn["features"]:
        one = by_code[feature["properties"]["code"]]
        feature["properties"] = {
            "name": one.land.short_name,
            "share": one.share,
            "url": url.replace("CODE", one.land.code),
        }
    return drawn


def tasks_of(
    campaign: Campaign, actor: Any, path: str, state: str, today: date
) -> QuerySet[CampaignTask]:
    """Return the tasks of a campaign that a reader sees at or below a place, by place."""
    rows = CampaignTask.objects.visible_to(actor).filter(
        campaign=campaign, region__path__under=path
    )
    if state == "late":
        rows = rows.filter(case__step__in=OPEN_STEPS, due_on__lt=today)
    elif state:
        rows = rows.filter(case__step=state)
    return rows.select_related("case__holder", "region").order_by("region__path")


def sums_of(campaign: Campaign, path: str) -> list[tuple[str, str]]:
    """Return what the tasks of a place answered, put together: [(question, words)]. One query."""
    rows = CampaignTask.objects.filter(
        campaign=campaign, region__path__under=path, answered_at__isnull=False
    ).exclude(case__step="void")
    answers = list(rows.values_list("answers", flat=True))
    return [(item["text"], _summed(item, answers)) for item in campaign.items]


def _summed(item: dict[str, Any], answers: list[dict[str, Any]]) -> str:
    given = [one[item["code"]] for one in answers if one.get(item["code"]) not in (None, "")]
    if item["kind"] == "number":
        total = sum(given)
        words = f"{total:g}" if isinstance(total, float) else str(total)
        return f"{words} {item.get('unit', '')}".strip()
    if item["kind"] == "yes_no":
        yes = sum(1 for one in given if one)
        return f"{in_words(item, True)} {yes} · {in_words(item, False)} {len(given) - yes}"
    return str(len(given))


def table_of(campaign: Campaign, actor: Any) -> tuple[list[str], list[list[Any]]]:
    """Return header and rows of the tasks a reader sees, as a sheet. One query."""
    header = [
        _("街镇"),
        _("社区（村）"),
        _("网格"),
        _("状态"),
        _("办理人"),
        _("完成期限"),
        _("超期"),
    ]
    header += [item["text"] for item in campaign.items]
    rows = tasks_of(campaign, actor, campaign.region.path, "", campaign.due_on)
    flow_labels = {step.name: str(step.label) for step in get_flow("grid_task").steps}
    found = []
    for task in rows:
        street, community, grid = _places(task.region.path)
        case = task.case
        found.append(
            [
                street, community, grid, flow_labels[case.step], case.holder.name if case.holder else "",
                task.due_on, _("是") if case.is_late else "",
                *(in_words(item, task.answers.get(item["code"])) for item in campaign.items),
            ]
        )  # fmt: skip
    return header, found


def _places(path: str) -> tuple[str, str, str]:
    parts = place_name(path, below="district").split(" · ")
    parts += [""] * (3 - len(parts))
    return parts[0], parts[1], parts[2]


def own_tasks(actor: Any, *, limit: int = 50) -> list[CampaignTask]:
    """Return the open tasks of the grids and communities a reader works in, soonest first."""
    rows = CampaignTask.objects.filter(
        reach(actor, ("grid_worker", "dispatcher"), column="region__path"),
        case__step__in=OPEN_STEPS,
    )
    return list(
        rows.select_related("case", "campaign", "region").order_by("due_on", "region__path")[:limit]
    )


def tallies_of(campaigns: list[Campaign], actor: Any) -> dict[int, tuple[int, int]]:
    """Return {campaign: (tasks, reported)} of what a reader sees of some campaigns. One query."""
    rows = CampaignTask.objects.visible_to(actor).filter(campaign__in=campaigns)
    counted = (
        rows.exclude(case__step="void")
        .order_by()
        .values_list("campaign")
        .annotate(n=Count("pk"), reported=Count("pk", filter=Q(case__step__in=("done", "closed"))))
    )
    return {pk: (n, reported) for pk, n, reported in counted}
