from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kit.chain import GENESIS, event_hash, verify

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
texts = st.text('ab字"\\\n:,{}\u2028👍', max_size=6)
plain = st.none() | st.booleans() | st.integers() | texts
payloads = st.dictionaries(texts, plain | st.lists(plain, max_size=3), max_size=5)


def chained(payloads):
    prev = GENESIS
    for payload in payloads:
        digest = event_hash(prev, payload)
        yield digest, prev, payload
        prev = digest


class TestEventHash:
    def test_it_never_changes(self):
        # Written down once: a change here breaks every log that is already kept.
        payload = {"verb": "派单", "at": NOON, "n": 1, "more": {"b": [True, None], "a": 0.5}}
        assert (
            event_hash(GENESIS, payload)
            == "2e8f2e61780f0e15bc57511ce257a5dde50c891817be061cd5416041fe383b2d"
        )

    def test_it_does_not_mind_the_order_of_keys(self):
        assert event_hash(GENESIS, {"a": 1, "b": 2}) == event_hash(GENESIS, {"b": 2, "a": 1})

    def test_it_sees_the_same_moment_in_every_zone(self):
        local = NOON.astimezone(ZoneInfo("Asia/Shanghai"))
        assert event_hash(GENESIS, {"at": local}) == event_hash(GENESIS, {"at": NOON})

    def test_it_takes_days_ids_and_decimals_as_text(self):
        number = UUID(int=7)
        assert event_hash(GENESIS, {"d": date(2026, 1, 2), "i": number, "x": Decimal("1.50")}) == (
            event_hash(GENESIS, {"d": "2026-01-02", "i": str(number), "x": "1.50"})
        )

    @given(payloads, payloads)
    def test_it_tells_payloads_apart(self, a, b):
        same = event_hash(GENESIS, a) == event_hash(GENESIS, b)
        assert same == (repr(sorted(a.items())) == repr(sorted(b.items())))

    @pytest.mark.parametrize("value", [NOON.replace(tzinfo=None), float("nan"), float("inf")])
    def test_it_rejects_values_without_one_meaning(self, value):
        with pytest.raises(ValueError):  # noqa: PT011 - the json module words it
            event_hash(GENESIS, {"value": value})

    def test_it_rejects_objects(self):
        with pytest.raises(TypeError, match="object cannot be hashed"):
            event_hash(GENESIS, {"value": object()})


class TestVerify:
    @given(st.lists(payloads, max_size=6))
    def test_it_accepts_a_sound_chain(self, rows):
        assert verify(chained(rows)) is None

    @given(st.lists(payloads, min_size=1, max_size=6), st.data())
    def test_it_finds_the_row_that_was_changed(self, payloads, data):
        rows = list(chained(payloads))
        index = data.draw(st.integers(0, len(rows) - 1))
        digest, prev, payload = rows[index]
        rows[index] = (digest, prev, {**payload, "slipped in": 1})
        assert verify(rows) == index

    def test_it_finds_a_row_that_is_missing(self):
        rows = list(chained([{"n": n} for n in range(4)]))
        assert verify(rows[:1] + rows[2:]) == 1
        assert verify(rows[1:]) == 0

    def test_it_finds_two_rows_that_changed_places(self):
        rows = list(chained([{"n": n} for n in range(4)]))
        assert verify([rows[0], rows[2], rows[1], rows[3]]) == 1
