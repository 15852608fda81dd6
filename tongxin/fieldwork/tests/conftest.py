"""A published checklist, its norms, a visit of Mei's to her grid; photos of one pixel."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from tongxin.fieldwork import actions
from tongxin.fieldwork.models import Checklist, FieldNorm, Item, Visit
from tongxin.photos.models import Photo
from tongxin.testing import NOON

DAY = date(2026, 3, 2)
NORMS = {"far_m": 200, "outside_m": 50, "late_sent_h": 24, "short_min": 1}
# In the middle of grid P1, and some ten metres west of it.
INSIDE = {"lng": 117.55, "lat": 39.25, "accuracy": 15}
OUTSIDE = {"lng": 117.49, "lat": 39.25, "accuracy": 15}

ITEMS = (
    {"code": "road", "text": "路面和井盖完好", "bad_when": "no", "needs_photo": "when_bad",
     "finding_kind": "facility"},
    {"code": "hole", "text": "损坏处数", "type": "number", "asked_if_item": "road",
     "asked_if_value": "no", "bad_when": ">3"},
    {"code": "quarrel", "text": "邻里有无纠纷", "type": "choice", "bad_when": "有",
     "options": [{"value": "无", "score": None}, {"value": "有", "score": None}],
     "finding_kind": "dispute", "required": False},
    {"code": "talk", "text": "听到的意见", "type": "text", "required": False},
)  # fmt: skip
GOOD = {"road": {"value": "yes"}, "quarrel": {"value": "无"}}


@pytest.fixture
def norms(db) -> None:
    FieldNorm.objects.bulk_create(
        FieldNorm(code=code, value=value, effective_from=date(2020, 1, 1))
        for code, value in NORMS.items()
    )


def publish(code="street", version=1, items=ITEMS, region=None, **more) -> Checklist:
    made = Checklist.objects.create(
        code=code, version=version, name="街面巡查", region=region,
        area=region.path if region else "", published_at=NOON - timedelta(days=9),
        **{"effective_from": date(2026, 1, 1), "kind": "patrol"} | more,
    )  # fmt: skip
    Item.objects.bulk_create(
        Item(checklist=made, number=n, **item) for n, item in enumerate(items, start=1)
    )
    return made


@pytest.fixture
def checklist(world, norms) -> Checklist:
    return publish()


@pytest.fixture
def visit(world, checklist) -> Visit:
    return plan(world, checklist=checklist)


def plan(world, **changes) -> Visit:
    given = {
        "kind": "patrol", "title": "第一网格巡查", "region": world.p1, "by": world.zhang, "at": NOON,
        "workers": [world.mei], "due_from": DAY, "due_on": DAY,
    } | changes  # fmt: skip
    return actions.plan_visit(**given)


def begin(world, visit: Visit, **changes) -> Visit:
    given = {"at": NOON + timedelta(hours=1), "by": world.mei, "place": INSIDE} | changes
    return actions.begin_visit(visit, **given)


def finish(world, visit: Visit, answers=GOOD, **changes) -> Visit:
    given = {"at": NOON + timedelta(hours=2), "by": world.mei} | changes
    return actions.finish_visit(visit, answers=answers, **given)


def photo(user, at: datetime = NOON) -> Photo:
    return Photo.objects.create(
        id=uuid4(), sha256="0" * 64, size=1, uploaded_by=user, uploaded_at=at, file="a.jpg",
        thumb="b.jpg", marks=["no_exif"],
    )  # fmt: skip
