"""Everything a phone needs for a day without a network, in one answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import orjson
from django.db.models import OuterRef, Subquery
from django.utils.timezone import localtime

from tongxin.accounts.models import User
from tongxin.fieldwork.queries import done_on, offline_bundle, offline_done, round_of
from tongxin.grids.queries import offline_components
from tongxin.orgs.models import Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import in_datum, place_name, world

from ..models import Consent, Device, Duty, home_of
from .duty import notice_on
from .orders import offline_orders
from .results import as_result, latest_of
from .topics import offline_topics

PROTOCOL = "1"
MOST_GRIDS = 30


def bundle_of(user: User, *, device: Device | None, at: datetime) -> dict[str, Any]:
    """Return the bundle but for the server's time and the CSRF token, with its `version` (a print)."""
    home, today = home_of(user), localtime(at).date()
    notice, walked = notice_on(today), _grids(user)
    since, agreed_at = _standing(user, notice.version)
    told = {
        "protocol": PROTOCOL,
        "user": {
            "id": user.pk,
            "name": user.name,
            "roles": sorted({post.role for post in posts_of(user)}),
            "place": place_name(home) if home else "",
        },
        "device": device_told(device),
        "on_duty": {"since": since} if since else None,
        "notice": {
            "version": notice.version,
            "title": notice.title,
            "text": notice.text,
            "effective_from": notice.effective_from,
            "agreed_at": agreed_at,
        },
        "grids": walked,
        "topics": offline_topics(home, at),
        "visits": _visits(user, today),
        "orders": offline_orders(user, at),
        "results": [as_result(one) for one in latest_of(user)],
        "components": offline_components([one["code"] for one in walked]) if walked else [],
    }
    return told | {"version": _print_of(told)}


def _print_of(told: dict[str, Any]) -> str:
    """Return a print of the bundle without what only the hour changes."""
    orders = [
        {name: one[name] for name in one if name not in ("left", "tone")} for one in told["orders"]
    ]
    whole = orjson.dumps(told | {"orders": orders}, default=str, option=orjson.OPT_SORT_KEYS)
    return sha256(whole).hexdigest()[:32]


def _visits(user: User, today: date) -> list[dict[str, Any]]:
    """Return the day's visits in order, each with its checklist, as `fieldwork.queries.as_offline`.

    Those finished today close the row, so that a word can be added; their checklist stays behind.
    """
    found = offline_bundle(round_of(user, today))
    lists = {(one["code"], one["version"]): one for one in found["checklists"]}
    return [
        one | {"checklist": lists.get((one["checklist_code"], one["checklist_version"]))}
        for one in found["visits"]
    ] + [one | {"checklist": None} for one in offline_done(done_on(user, today))]


def _standing(user: User, version: str) -> tuple[datetime | None, datetime | None]:
    """Return since when somebody is on duty, and when they agreed to the notice: one query."""
    duty = Duty.objects.filter(user=OuterRef("pk"), ended_at=None).values("started_at")[:1]
    consent = Consent.objects.filter(user=OuterRef("pk"), version=version, revoked_at=None)
    row = User.objects.filter(pk=user.pk).values_list(
        Subquery(duty), Subquery(consent.values("agreed_at")[:1])
    )
    return row[0]


def device_told(device: Device | None) -> dict[str, Any] | None:
    if device is None:
        return None
    return {"id": str(device.uid), "label": str(device), "state": device.state}


def _grids(user: User) -> list[dict[str, Any]]:
    """Return the grids somebody walks: those of their posts, or below these."""
    known = world()
    paths = {post.path for post in posts_of(user) if post.role == Post.Role.GRID_WORKER}
    wanted = [
        land
        for land in known.lands
        if land.level == Region.Level.GRID and any(land.path.startswith(path) for path in paths)
    ][:MOST_GRIDS]
    polygons = dict(
        Region.objects.filter(pk__in=[one.id for one in wanted]).values_list("pk", "polygon")
    )
    return [
        {
            "code": one.code,
            "name": one.name,
            "path": one.path,
            "lng": one.lng,
            "lat": one.lat,
            "polygon": _drawn(polygons.get(one.id)),
        }
        for one in wanted
    ]


def _drawn(polygon: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return in_datum(polygon, "wgs84") if polygon else None
