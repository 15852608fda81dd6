from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.accounts.actions import set_phone
from tongxin.taking_part import actions
from tongxin.taking_part.models import Motion, Poll, RollEntry
from tongxin.testing import NOON

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PHONES = {"sun": "13900000001", "ma": "13900000002"}


@pytest.fixture
def rules(world):
    """The sample rules; three residents must support a motion here."""
    actions.load_rules(at=NOON, by=world.ann)
    for name, phone in PHONES.items():
        set_phone(user=getattr(world, name), phone=phone, by=world.ann, at=NOON)
    return world


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def raised(rules) -> Motion:
    """Sun asks for charging posts; four others of five are still needed."""
    return actions.raise_motion(
        community=rules.pine, raiser="residents", title="加装充电桩", text="地面停车位加装两处充电桩。",
        by=rules.sun, at=NOON,
    )  # fmt: skip


@pytest.fixture
def ready(rules, raised) -> Motion:
    """The same, admitted, talked over, with its final text."""
    raised = move(raised, "admit", rules.zhang, NOON + HOUR, "受理，请大家讨论。")
    return move(raised, "draft", rules.zhang, NOON + 12 * DAY, "在三号楼东侧加装两处充电桩。")


def move(motion: Motion, name: str, by, at, note: str = "") -> Motion:
    actions.move_motion(motion, name, by=by, at=at, note=note)
    return Motion.objects.select_related("case", "community").get(pk=motion.pk)


ROLL = [
    {"name": "孙桂兰", "place": "1-1-101", "phone": PHONES["sun"]},
    {"name": "马建国", "place": "1-1-102", "phone": PHONES["ma"]},
    *({"name": f"住户{n}", "place": f"1-2-{n}"} for n in range(201, 209)),
]


@pytest.fixture
def make_poll(rules):
    """A poll of ten households, set at noon, open from the fifth day to the tenth."""

    def make(*, stage: str = "open", rows=ROLL, **changes) -> Poll:
        given = {
            "community": rules.pine, "title": "加装充电桩", "text": "在三号楼东侧加装两处充电桩。",
            "rule": "community_households", "is_secret": True, "opens_at": NOON + 5 * DAY,
            "closes_at": NOON + 10 * DAY, "by": rules.zhang, "at": NOON,
        } | changes  # fmt: skip
        poll = actions.set_poll(**given)
        if rows:
            actions.add_to_roll(poll, rows, by=given["by"], at=given["at"])
        if stage in ("posted", "open"):
            actions.post_roll(poll, by=given["by"], at=given["at"])
        if stage == "open":
            assert actions.polls_due(at=given["opens_at"]) == 1
        poll.refresh_from_db()
        return poll

    return make


def entry_of(poll: Poll, place: str) -> RollEntry:
    return poll.roll.get(place=place)


def vote(poll: Poll, user, place: str, choice: str = "yes", *, at=None, receipt=None) -> str:
    return actions.cast_vote(
        poll, entry_of(poll, place), choice=choice, receipt=receipt or actions.new_receipt(),
        by=user, at=at or NOON + 6 * DAY,
    )  # fmt: skip


def papers(poll: Poll, counts, by, second, *, places=None, at=None):
    """Two clerks count the papers of the households 1-2-201 and on."""
    at = at or NOON + 6 * DAY
    n = sum(counts.values())
    rows = poll.roll.filter(place__startswith="1-2-").order_by("place")
    ids = [poll.roll.get(place=p).pk for p in places] if places else [r.pk for r in rows[:n]]
    batch = actions.count_papers(poll, entries=ids, counts=counts, by=by, at=at)
    return actions.confirm_papers(batch, counts=counts, by=second, at=at)
