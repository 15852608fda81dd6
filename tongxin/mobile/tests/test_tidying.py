"""What the worker forgets, and what the settings may not be."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.cases.models import Case
from tongxin.mobile.actions import forget_contents
from tongxin.mobile.actions.reading import storable
from tongxin.mobile.apps import check_limits
from tongxin.mobile.models import FieldAction
from tongxin.portal.worker import JOBS

DAY = timedelta(days=1)


def test_the_worker_does_all_of_it():
    names = {job.name for job in JOBS}
    assert {"apply_field_actions", "end_duties", "forget_tracks", "forget_parts", "forget_contents"} <= names  # fmt: skip


def test_what_was_done_keeps_no_content_beyond_ninety_days(phone):
    done, refused = phone.act("report", topic="0101", text="水管漏水"), phone.act("report", text="没位置", place=None)  # fmt: skip
    phone.results(done, refused)
    assert forget_contents(at=now() + 89 * DAY) == 0
    assert forget_contents(at=now() + 91 * DAY) == 1
    row = FieldAction.objects.get(key=done["id"])
    assert (row.data, row.place, row.about["number"]) == ({}, None, Case.objects.get().number)
    assert FieldAction.objects.get(key=refused["id"]).data["text"] == "没位置"
    assert phone.result(done)["state"] == "done"  # a phone that asks again is answered as before
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("TONGXIN_TRACK_DAYS", 31, "mobile.E001"),
        ("TONGXIN_TRACK_DAYS", 0, "mobile.E001"),
        ("TONGXIN_FIELD_DAY_MB", 0, "mobile.E002"),
        ("TONGXIN_FIELD_LEFT_DAYS", -1, "mobile.E002"),
    ],
)
def test_a_setting_that_breaks_a_promise_is_said_at_the_start(settings, name, value, id):
    assert check_limits() == []
    setattr(settings, name, value)
    assert [one.id for one in check_limits()] == [id]


def test_what_no_database_can_keep_is_made_so_that_it_can():
    deep: list = []
    for _n in range(40):
        deep = [deep]
    found = storable({"a\x00": "b\x00", "c": float("inf"), "d": deep, "e": [1, None, True]})
    assert (found["a\ufffd"], found["c"], found["e"]) == ("b\ufffd", "inf", [1, None, True])
    assert "[" in str(found["d"])
