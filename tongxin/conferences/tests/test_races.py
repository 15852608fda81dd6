"""One supply, two hands: only as much is promised as there is (PostgreSQL)."""

from threading import Thread

import pytest
from django.db import connection

from tongxin.conferences import actions
from tongxin.conferences.models import Agreement, ListItem
from tongxin.kit.errors import Refused
from tongxin.testing import NOON, World

from .test_lists import need, supply


@pytest.mark.skipif(connection.vendor != "postgresql", reason="rows are locked on PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_one_supply_is_not_given_twice_at_the_same_moment():
    world = World().build()
    gives = supply(world, quantity=10)
    wanted = [need(world, title=f"需求{n}", quantity=10) for n in range(3)]
    outcomes: list[str] = []

    def take(one: ListItem) -> None:
        try:
            actions.agree(need=one, supply=gives, quantity=10, by=world.zhang, at=NOON)
            outcomes.append("agreed")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=take, args=(one,)) for one in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["agreed", "supply_taken", "supply_taken"]
    assert Agreement.objects.count() == 1
