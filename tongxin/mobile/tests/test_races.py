"""The same batch on two connections, the last piece on two connections: once."""

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

from tongxin.accounts.models import User
from tongxin.cases.models import Case, Evidence
from tongxin.kit.errors import Refused
from tongxin.kit.ids import uuid7
from tongxin.mobile.actions import receive_batch, take_chunk
from tongxin.mobile.actions.uploads import WrongHash
from tongxin.mobile.models import Duty, FieldAction, IncomingPhoto
from tongxin.photos.models import Photo
from tongxin.testing import World

from .phone import HERE, picture

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def land(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    return World().build()


def at_once(work, n=12):
    def one(_n):
        try:
            return work()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=n) as pool:
        return list(pool.map(one, range(n)))


def action(kind: str, *, photos=(), ago=timedelta(), **data) -> dict:
    at = now() - ago
    return {
        "id": str(uuid7(at)), "kind": kind, "at": at.isoformat(), "place": HERE, "data": data,
        "photos": list(photos),
    }  # fmt: skip


def send(user: User, *items: dict) -> list[str]:
    mine = User.objects.get(pk=user.pk)
    rows = receive_batch(user=mine, device=None, items=items, skew=0, at=now())
    return [row.state for row in rows]


def test_the_same_batch_on_many_connections_acts_once(land):
    batch = [
        action("report", topic="0101", text="水管漏水"),
        action("report", topic="0103", text="路上有坑"),
        action("duty.start"),
    ]
    told = at_once(lambda: send(land.mei, *batch))
    assert {tuple(one) for one in told} == {("done", "done", "done")}
    assert (Case.objects.count(), Duty.objects.count(), FieldAction.objects.count()) == (2, 1, 3)


def test_the_same_id_with_two_contents_is_one_deed_and_one_refusal(land):
    one = action("report", topic="0101", text="水管漏水")
    other = one | {"data": {"topic": "0101", "text": "别的"}}
    at_once(lambda: [send(land.mei, one), send(land.mei, other)], n=6)
    states = sorted(FieldAction.objects.values_list("state", flat=True))
    assert (states, Case.objects.count()) == (["done", "refused"], 1)


def test_two_duties_begun_at_once_are_one(land):
    told = at_once(lambda: send(land.mei, action("duty.start")))
    assert Duty.objects.filter(ended_at=None).count() == 1
    assert {state for one in told for state in one} == {"done"}


def test_the_last_piece_on_many_connections_keeps_and_acts_once(land, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    data = picture(size=(300, 200))
    photo = {
        "id": str(uuid.uuid4()), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data),
        "slot": "photo",
    }  # fmt: skip
    assert send(land.mei, action("report", topic="0101", text="漏", photos=[photo])) == ["waiting"]
    uid = uuid.UUID(photo["id"])

    def put():
        mine = User.objects.get(pk=land.mei.pk)
        return take_chunk(user=mine, uid=uid, offset=0, data=data, at=now()).state

    told = at_once(put, n=8)
    assert not [one for one in told if isinstance(one, WrongHash)]
    assert IncomingPhoto.objects.get().state == "kept"
    assert (Photo.objects.count(), Case.objects.count(), Evidence.objects.count()) == (1, 1, 1)
