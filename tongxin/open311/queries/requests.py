"""Requests as anybody may see them: in full or in outline, with their photos."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.cases.models import Case, Event, Evidence
from tongxin.kit.errors import Invalid, NotFound
from tongxin.language.private import mask
from tongxin.regions.models import Region
from tongxin.regions.queries import lands_of, place_name, world

from ..models import Submission
from .services import OTHER

SPAN = timedelta(days=90)
MOST_ROWS = 1000
# A case may carry a time of its own that is up to a day from the one in its id.
ID_SLACK = timedelta(days=1)
# Moves whose note is meant for whoever asked.
TOLD = ("answer", "wait", "finish", "hear", "reopen", "suspend")


class NoSuchRequest(NotFound):
    """No public request has that number."""


class SpanTooLong(Invalid):
    """A list covers at most 90 days."""


@dataclass(frozen=True)
class Asked:
    """Which requests are asked for. `numbers` overrides all others."""

    end: datetime
    start: datetime
    numbers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset()
    box: tuple[float, float, float, float] | None = None  # west, south, east, north
    area: str = ""  # a region's path
    page: int = 1
    size: int = MOST_ROWS


def public_requests() -> QuerySet[Case]:
    """Return the requests that anybody may know of: public, and of a topic that is."""
    rows = Case.objects.public().filter(kind="request")
    return rows.exclude(topic__is_public=False).select_related(
        "topic", "handler", "open311__client"
    )


def requests_asked(asked: Asked) -> list[Case]:
    """Return the requests asked for, newest first; at most `asked.size`."""
    rows = public_requests()
    if asked.area:
        rows = rows.filter(area__under=asked.area)
    if asked.numbers:
        return list(rows.filter(number__in=asked.numbers[:MOST_ROWS]).order_by("-id"))
    rows = rows.filter(
        id__gte=_first_id(asked.start - ID_SLACK), id__lt=_first_id(asked.end + ID_SLACK),
        opened_at__gte=asked.start, opened_at__lte=asked.end,
    )  # fmt: skip
    if asked.codes:
        wanted = Q(topic__code__in=[code for code in asked.codes if code != OTHER])
        rows = rows.filter(wanted | Q(topic=None) if OTHER in asked.codes else wanted)
    if len(asked.statuses) == 1:
        rows = rows.filter(closed_at__isnull="open" in asked.statuses)
    if asked.box:
        rows = rows.filter(_inside(asked.box))
    first = (asked.page - 1) * asked.size
    return list(rows.order_by("-id")[first : first + asked.size])


def _first_id(at: datetime) -> uuid.UUID:
    """Return the smallest id of a moment: ids are ordered by the time they carry."""
    return uuid.UUID(int=max(int(at.timestamp() * 1000), 0) << 80)


def _inside(box: tuple[float, float, float, float]) -> Q:
    """Return the cases whose shown place lies in a box.

    By the place that is shown: else a narrow box would find out the one that is not.
    """
    west, south, east, north = box
    here = [
        land.id
        for land in world().lands
        if land.level == Region.Level.COMMUNITY
        and land.lng is not None and land.lat is not None
        and west <= land.lng <= east and south <= land.lat <= north
    ]  # fmt: skip
    exact = Q(open311__client__publishes=True, lat__range=(south, north), lng__range=(west, east))
    vague = ~Q(open311__client__publishes=True) | Q(open311=None) | Q(lat=None)
    return exact | (vague & Q(community__in=here))


def request_of(number: str, *, area: str = "") -> Case:
    """Return a public request by its number.

    :raises NoSuchRequest:
    """
    rows = public_requests().filter(area__under=area) if area else public_requests()
    case = rows.filter(number=number).first()
    if case is None:
        raise NoSuchRequest(_("没有编号为“%s”的公开诉求。") % number[:40])
    return case


def published_of(case: Case) -> Submission | None:
    """Return what a case came in by, if its client publishes: it is shown in full, masked."""
    submission: Submission | None = getattr(case, "open311", None)
    return submission if submission is not None and submission.client.publishes else None


def is_published(case: Case) -> bool:
    return published_of(case) is not None


def last_words(cases: Iterable[Case]) -> dict[uuid.UUID, Event]:
    """Return the last event whose note was meant for who asked, of published cases. One query."""
    wanted = [case.pk for case in cases if is_published(case)]
    if not wanted:
        return {}
    rows = Event.objects.filter(case__in=wanted, name__in=TOLD).exclude(note="")
    return {event.case_id: event for event in rows.order_by("case", "seq")}


def shown(case: Case, said: Event | None) -> dict[str, Any]:
    """Return a request as the contract has it; `said` is the last word meant for who asked.

    In full where the client publishes, else in outline: title and community. Always masked.
    """
    submission = published_of(case)
    full = submission is not None
    label = str(case.flow.step_of[case.step].label)
    updated = case.closed_at or (max(case.stepped_at, said.at) if said else case.stepped_at)
    lng, lat = _place(case, full)
    return {
        "service_request_id": case.number,
        "status": "open" if case.is_open else "closed",
        "status_notes": mask(f"{label}：{said.note}" if said else label),
        "service_name": case.topic.name if case.topic else _("其他诉求"),
        "service_code": case.topic.code if case.topic else OTHER,
        "description": mask(submission.description if submission else case.title),
        "agency_responsible": case.handler.name if case.handler else None,
        "service_notice": case.topic.summary or None if case.topic else None,
        "requested_datetime": case.opened_at,
        "updated_datetime": updated,
        "expected_datetime": case.due_at if case.step == "accepted" else None,
        "address": mask(case.address) if full and case.address else place_name(_shown_area(case)),
        "address_id": _address_id(case),
        "zipcode": None,
        "lat": lat,
        "long": lng,
        "media_url": (submission.media_url or None) if submission else None,
    }


def _shown_area(case: Case) -> str:
    """Return the path of a case down to its community: what an outline tells of its place."""
    lands = [one for one in lands_of(case.area) if one.level != Region.Level.BUILDING]
    lands = [one for one in lands if one.level != Region.Level.GRID]
    return lands[-1].path if lands else case.area


def _address_id(case: Case) -> str | None:
    land = world().by_path.get(_shown_area(case))
    return land.code if land else None


def _place(case: Case, full: bool) -> tuple[float | None, float | None]:
    if full and case.lng is not None and case.lat is not None:
        return round(case.lng, 6), round(case.lat, 6)
    land = world().by_path.get(_shown_area(case))
    return (land.lng, land.lat) if land else (None, None)


def first_photos(cases: Iterable[Case]) -> dict[uuid.UUID, uuid.UUID]:
    """Return {case: its first photo} of published cases, if handed in with the request. One query."""
    wanted = [case.pk for case in cases if is_published(case) and not case.open311.media_url]
    if not wanted:
        return {}
    rows = Evidence.objects.filter(case__in=wanted, event__seq=1).order_by("-id")
    return dict(rows.values_list("case", "pk"))


def public_photo(pk: uuid.UUID) -> Evidence | None:
    """Return a photo that came with a published request, or nothing."""
    photo = Evidence.objects.select_related("event").filter(pk=pk, event__seq=1).first()
    case = public_requests().filter(pk=photo.case_id).first() if photo else None
    return photo if case is not None and is_published(case) else None
