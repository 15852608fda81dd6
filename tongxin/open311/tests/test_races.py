"""Races at the door, on a real PostgreSQL: a retry beside its first, two workers beside each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

from tongxin.cases.models import Case
from tongxin.cases.queries import forget_topics
from tongxin.open311 import actions
from tongxin.open311.models import CallCount, ClientKey, Forwarding
from tongxin.requests.actions import file_request
from tongxin.testing import World

from .conftest import HERE, Door
from .servers import Fake

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def land(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    forget_topics()
    return World().build()


def at_once(work, items):
    def one(item):
        try:
            return work(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(one, items))


def test_the_same_content_from_many_threads_is_one_case(land):
    client, key = actions.give_key(name="随手拍", by=land.ann, at=now(), per_minute=1000)

    def file(_n):
        response = Door(key).post(service_code="0103", description="同一件事", **HERE)
        return response.json()[0]["service_request_id"]

    numbers = at_once(file, range(16))
    assert len(set(numbers)) == 1 and Case.objects.count() == 1
    assert sum(CallCount.objects.values_list("n", flat=True)) == 16
    client.refresh_from_db()
    assert ClientKey.objects.get().minute_calls <= 16


def test_many_workers_hand_each_case_on_once(land, settings):
    settings.TONGXIN_OPEN311_ALLOW_PRIVATE = True
    at = now() - timedelta(hours=1)
    with Fake() as fake:
        numbers = iter(range(1000))
        fake.script["POST requests.json"] = [
            lambda handler: (200, [{"service_request_id": f"A-{next(numbers)}"}])
        ]
        peer = actions.save_peer(name="市政平台", url=fake.url, by=land.ann, at=at)
        actions.add_rule(peer=peer, topic=land.pothole, service_code="P1", by=land.ann, at=at)
        for n in range(12):
            file_request(text=f"坑{n}", actor=land.sun, topic=land.pothole, region=land.p1, at=at)
        at_once(lambda _n: actions.forward_due(at=at), range(8))
        assert Forwarding.objects.filter(state="taken").count() == 12
        assert len(fake.posts()) == 12
        told = Case.objects.filter(events__name="hear")
        assert told.count() == 12
