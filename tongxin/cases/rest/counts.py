"""What may be asked for, and what the figures say."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from ninja import Query

from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.regions.models import DEPTH
from tongxin.regions.queries import Land, get_land, world
from tongxin.ui.wire import reply

from ..figures import stats
from ..flow import get_flow
from ..models import Topic
from ..queries import catalogue, topic_of
from .router import router
from .shapes import CatalogueOut, Code, Stats

LISTS = ("takers", "modes", "skills")
PLAIN = (
    *(
        "code",
        "name",
        "summary",
        "kind",
        "service_class",
        "accept_norm",
        "norm",
        "verify_norm",
        "is_urgent",
    ),
    *("proof", "verify", "points", "is_public", "needs_receipt", "is_sample", "questions"),
)


@router.get(
    "/catalogue",
    response=CatalogueOut,
    auth=None,
    tags=["catalogue"],
    summary="What may be asked for",
)
def get_catalogue(request: HttpRequest) -> HttpResponse:
    """Every active topic by category, with its norms and extra questions. Public."""
    categories = [
        {
            "code": one.code,
            "name": one.name,
            "topics": [_topic(topic) for topic in one.topics.all()],
        }
        for one in catalogue()
    ]
    return reply({"categories": categories})


def _topic(topic: Topic) -> dict[str, Any]:
    told = {name: getattr(topic, name) for name in PLAIN}
    return told | {name: getattr(topic, name).split() for name in LISTS}


@router.get("/stats", response=Stats, tags=["figures"], summary="Counts of a region and a period")
def get_stats(
    request: HttpRequest,
    region: Code,
    since: Annotated[
        date | None, Query(description="first day; default: the first of this month")
    ] = None,
    until: Annotated[date | None, Query(description="last day, included; default: today")] = None,
    kind: Annotated[str, Query(max_length=20)] = "",
) -> HttpResponse:
    """Cases opened in the period, by step, topic and the regions one level below; exact now."""
    land = get_land(region)
    if DEPTH[land.level] > DEPTH["community"]:
        raise Invalid(_("统计到社区（村）为止，请选择社区或更大的区域。"), field="region")
    until = until or localdate()
    since = since or until.replace(day=1)
    if since > until:
        raise Invalid(_("开始日期应不晚于结束日期。"), field="since")
    kind = clean_text(kind, limit=20, field_label="kind")
    return reply(
        _told(land, since, until, stats(path=land.path, since=since, until=until, kind=kind))
    )


def _told(land: Land, since: date, until: date, found: dict[str, Any]) -> dict[str, Any]:
    by_region = [
        {"code": below.code, "name": below.name, **counts}
        for path, counts in found["by_region"].items()
        if (below := world().by_path.get(path))
    ]
    totals = {name: found[name] for name in ("total", "open", "late")}
    if land.level == "city":  # tallies start at the district
        totals = {name: sum(row[name] for row in by_region) for name in totals}
    return totals | {
        "region": {"code": land.code, "name": land.name},
        "since": since,
        "until": until,
        "by_step": [_step(key, n) for key, n in found["by_step"].items()],
        "by_topic": [_topic_count(pk, n) for pk, n in found["by_topic"].items()],
        "by_region": by_region,
    }


def _step(key: str, n: int) -> dict[str, Any]:
    kind, step = key.split(".")
    return {"kind": kind, "step": step, "label": get_flow(kind).step_of[step].label, "n": n}


def _topic_count(pk: int, n: int) -> dict[str, Any]:
    topic = topic_of(pk)
    return {"code": topic.code, "name": topic.name, "n": n}
