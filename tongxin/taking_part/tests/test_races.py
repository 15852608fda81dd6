"""Two at the same moment: one vote, one answer of a token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils.timezone import localdate

from tongxin.kit.errors import Refused
from tongxin.taking_part import actions
from tongxin.taking_part.models import Answer, Ballot, Invite
from tongxin.taking_part.queries.surveys import token_of
from tongxin.testing import NOON

from .conftest import DAY, ROLL, entry_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HANDS = 6


def at_once(act) -> list[bool]:
    """Run an act on several connections at one moment; return who was let through."""
    ready = Barrier(HANDS)

    def one(_n) -> bool:
        ready.wait()
        try:
            act()
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(one, range(HANDS)))


def test_one_vote_of_many_at_once(rules, make_poll):
    poll = make_poll(rows=ROLL)
    row = entry_of(poll, "1-1-101")

    def act() -> None:
        actions.cast_vote(
            poll, row, choice="yes", receipt=actions.new_receipt(), by=rules.sun, at=NOON + 6 * DAY
        )

    assert sum(at_once(act)) == 1
    assert Ballot.objects.count() == 1


def test_one_answer_of_a_token_at_once(rules):
    day = localdate(NOON)
    survey = actions.make_survey(
        region=rules.pine, title="满意度", wave="一", opens_on=day, closes_on=day + timedelta(days=9),
        template="satisfaction", by=rules.zhang, at=NOON,
    )  # fmt: skip
    actions.draw_sample(survey, populations={rules.pine.pk: 50}, total=10, by=rules.zhang, at=NOON)
    actions.open_survey(survey, by=rules.zhang, at=NOON)
    token = token_of(Invite.objects.order_by("n")[0].pk)
    given = {"q1": "5", "q2": "4", "q3": "4", "q4": "3", "q5": "5", "q6": "a1"}
    assert sum(at_once(lambda: actions.answer_by_token(token, given, at=NOON))) == 1
    assert Answer.objects.count() == 1
