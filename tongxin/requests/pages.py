"""What the pages on the phone list: topics and places to choose from, own requests, wishes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils.timezone import localtime

from tongxin.cases.models import Case, Tally, Topic
from tongxin.cases.queries import card_of, outlined
from tongxin.orgs.models import Volunteer
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, lands_of, place_name, world
from tongxin.ui.paging import bad_cursor

from .models import ServiceRequest, Wish

PAGE = 20
COMMON = 6
KINDS = ("request", "wish")
RELATED = ("topic__category", "region", "holder", "handler")


def after(rows: QuerySet, cursor: str) -> QuerySet:
    """Return the rows behind a cursor, newest first; ids are ordered by time."""
    if not cursor:
        return rows
    try:
        return rows.filter(pk__lt=uuid.UUID(cursor))
    except ValueError:
        raise bad_cursor() from None


def cut(rows: list, size: int = PAGE) -> tuple[list, str]:
    """Return a page, and the cursor of the next ("" at the end)."""
    return rows[:size], str(rows[size - 1].pk) if len(rows) > size else ""


def card(case: Case, *, at: datetime) -> dict[str, Any]:
    """Return the card of a case that leads to its page on the phone."""
    return card_of(case, at=at) | {"url": reverse("requests:case", args=[case.pk])}


# Topics and places to choose from.


def active_topics() -> list[Topic]:
    return list(Topic.objects.filter(is_active=True).select_related("category"))


def topic_by_code(code: str) -> Topic | None:
    return Topic.objects.filter(is_active=True, code=code).first()


def common_topics(
    topics: list[Topic], path: str, at: datetime, *, most: int = COMMON
) -> list[Topic]:
    """Return what is asked for most often in a place (three months), filled up by the catalogue."""
    since = (localtime(at) - timedelta(days=90)).date().replace(day=1)
    counted = Tally.objects.filter(path=path, kind="request", span="m", dim="t", start__gte=since)
    n_of = dict(counted.values_list("key").annotate(Sum("n")).order_by())
    asked = sorted(topics, key=lambda topic: -n_of.get(str(topic.pk), 0))
    return asked[:most]


def districts() -> list[Land]:
    return [land for land in world().lands if land.level == Region.Level.DISTRICT]


def streets() -> list[tuple[str, list[Land]]]:
    """Return (district, its streets) of all land served."""
    return [(one.name, world().children_of(one)) for one in districts()]


def communities(street_code: str) -> list[Land]:
    street = world().by_code.get(street_code)
    return world().children_of(street) if street and street.level == Region.Level.STREET else []


def path_of(code: str) -> str:
    land = world().by_code.get(code)
    return land.path if land else ""


def street_of(path: str) -> Land | None:
    return _level_of(path, Region.Level.STREET)


def community_of(path: str) -> Land | None:
    return _level_of(path, Region.Level.COMMUNITY)


def _level_of(path: str, level: str) -> Land | None:
    return next((land for land in lands_of(path) if land.level == level), None)


def last_path(user) -> str:
    """Return where the user last asked for something, or is at home as a volunteer; "" if nowhere."""
    last = Case.objects.filter(reporter=user.pk).order_by("-id").values_list("area", flat=True)
    home = Volunteer.objects.filter(user=user.pk).values_list("home__path", flat=True)
    return last.first() or home.first() or ""


# A resident's own.


def my_cases(user, *, is_open: bool, cursor: str = "") -> tuple[list[Case], str]:
    """Return a page of what a user asked for, newest first, and the next cursor.

    What was merged is under way for its resident for as long as the case that leads.
    """
    is_under_way = Q(closed_at__isnull=True) | Q(step="merged", parent__closed_at__isnull=True)
    rows: QuerySet[Case] = Case.objects.filter(
        is_under_way if is_open else ~is_under_way, reporter=user.pk, kind__in=KINDS
    )
    rows = after(rows, cursor).select_related(*RELATED).order_by("-id")
    return cut(list(rows[: PAGE + 1]))


def alike(*, region: Land, topic: Topic, limit: int = 3) -> list[Case]:
    """Return open public requests on the same topic in the same community, newest first."""
    community = community_of(region.path)
    if community is None:
        return []
    rows = Case.objects.public().open().filter(community=community.id, topic=topic, kind="request")
    return list(rows.select_related("topic").order_by("-id")[:limit])


def stars_given(case: Case) -> ServiceRequest | None:
    """Return the rating of a request, if there is one."""
    return ServiceRequest.objects.filter(pk=case.pk, stars__isnull=False).first()


# Wishes.


def published_wishes(*, under: str, cursor: str = "") -> tuple[list[Case], str]:
    """Return the wishes that wait to be claimed in a place, newest first."""
    rows: QuerySet[Case] = Case.objects.public().open().filter(kind="wish", step="published")
    if under:
        rows = rows.filter(area__under=under)
    rows = after(rows, cursor).select_related("wish", "topic").order_by("-id")
    return cut(list(rows[: PAGE + 1]))


def my_wishes(user) -> list[Case]:
    """Return the wishes that a user has claimed and not finished."""
    rows = Case.objects.open().filter(kind="wish", holder=user.pk, step="claimed")
    return list(rows.select_related("wish", "topic").order_by("due_at")[:PAGE])


def thanks(*, under: str, limit: int = 6) -> list[Wish]:
    """Return the latest words of thanks."""
    rows = Wish.objects.exclude(thanks="").filter(case__is_private=False, case__step="closed")
    if under:
        rows = rows.filter(case__area__under=under)
    return list(rows.select_related("case__holder").order_by("-pk")[:limit])


def wish_card(case: Case) -> dict[str, Any]:
    return {
        "case": outlined(case),
        "wish": case.wish,
        "place": place_name(community_path(case.area), below="district"),
    }


def community_path(path: str) -> str:
    """Return the path down to the community: what the public may know of a place."""
    community = community_of(path)
    return community.path if community else path
