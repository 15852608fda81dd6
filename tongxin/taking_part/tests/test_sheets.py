"""A roll comes in once, row by row judged, and is taken back while its poll has not opened."""

from __future__ import annotations

from datetime import timedelta

from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

HEADER = ["表决编号", "楼门户", "姓名", "手机号"]


def test_a_roll_comes_in_and_is_taken_back(rules, make_poll):
    poll = make_poll(stage="draft", rows=[])
    rows = [
        [poll.pk, "1-1-101", "孙桂兰", "13900000001"], [poll.pk, "1-1-102", "马建国", ""],
    ]  # fmt: skip
    taken = take_in("poll_roll", [HEADER, *rows], rules.zhang)
    assert taken.outcome == {"new": 2} and poll.roll.count() == 2
    entry = poll.roll.get(place="1-1-101")
    assert entry.name_shown == "孙*兰" and "13900000001" not in entry.phone_sealed
    assert check("poll_roll", [HEADER, *rows], rules.zhang).counts == {"same": 2}
    sheets.undo_import(taken=taken, by=taken.by, at=NOON + timedelta(hours=2))
    taken.refresh_from_db()
    sheets.work_off(taken=taken, at=NOON + timedelta(hours=2))
    assert poll.roll.count() == 0


def test_rows_that_cannot_be_are_refused_in_words(rules, make_poll):
    poll, opened = make_poll(stage="draft", rows=[]), make_poll()
    rows = [
        [poll.pk, "1-1-101", "孙桂兰", ""], [poll.pk, "1-1-101", "别人", ""],
        [opened.pk, "9-9-999", "新来的", ""], [10**6, "1", "甲", ""], [poll.pk, "", "乙", ""],
    ]  # fmt: skip
    found = check("poll_roll", [HEADER, *rows], rules.zhang)
    assert found.counts == {"new": 1, "bad": 4}
    assert check("poll_roll", [HEADER, rows[0]], rules.wu).counts == {"bad": 1}
