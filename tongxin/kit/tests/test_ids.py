import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from tongxin.kit.ids import CaseNumber, NotACaseNumber, case_number, parse_case_number, uuid7

AT = datetime(2026, 11, 22, 6, 30, 15, 123456, tzinfo=UTC)


class TestUuid7:
    def test_it_is_a_uuid_of_version_7(self):
        for made in (uuid7(), uuid7(AT)):
            assert type(made) is uuid.UUID
            assert (made.version, made.variant) == (7, uuid.RFC_4122)

    def test_it_carries_the_moment(self):
        assert uuid7(AT).int >> 80 == 1795329015123

    def test_it_sorts_by_time_down_to_a_microsecond(self):
        moments = [AT + timedelta(microseconds=n) for n in (0, 1, 2, 999, 100_000, 10**9)]
        made = [uuid7(moment) for moment in moments]
        assert made == sorted(made)

    def test_it_does_not_repeat(self):
        assert len({uuid7(AT) for _ in range(200)}) == 200
        assert len({uuid7() for _ in range(200)}) == 200

    def test_it_rejects_a_naive_moment(self):
        with pytest.raises(ValueError, match="aware"):
            uuid7(AT.replace(tzinfo=None))


class TestCaseNumber:
    def test_it_works(self):
        assert case_number("120116", date(2026, 11, 22), 42) == "120116-20261122-0042"
        assert case_number("120116", date(2026, 11, 22), 12345) == "120116-20261122-12345"

    def test_it_is_read_back(self):
        assert parse_case_number(" 120116-20261122-0042 ") == CaseNumber(
            "120116", date(2026, 11, 22), 42
        )

    @pytest.mark.parametrize(("district", "n"), [("12011", 1), ("12011x", 1), ("120116", 0)])
    def test_it_rejects_what_is_no_district_or_number(self, district, n):
        with pytest.raises(ValueError, match="case number"):
            case_number(district, date(2026, 11, 22), n)

    @pytest.mark.parametrize("text", ["", "42", "120116-20261322-0042", "120116-20261122-42"])
    def test_it_rejects_other_text(self, text):
        with pytest.raises(NotACaseNumber) as caught:
            parse_case_number(text)
        assert "不是订单编号" in caught.value.message
