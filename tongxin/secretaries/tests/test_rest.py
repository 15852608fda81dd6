"""The registers of secretaries over HTTP; the book of a unit's year."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry
from tongxin.secretaries import actions
from tongxin.secretaries.models import DutyItem, Removal, SubsidyEntry


def test_villages_with_who_is_missing(api, world, village):
    answer = api("he", "GET", "/secretaries/villages").json()
    assert (answer["covered"], answer["total"]) == (0, 1)
    assert answer["items"][0]["first_secretary"] is None and "柳村" in answer["sentence"]
    assert api("sun", "GET", "/secretaries/villages").json()["items"] == []
    assert api("", "GET", "/secretaries/villages").status_code == 401


class TestDiary:
    def test_it_is_written_once_by_key_and_read_by_cursor(self, api, world, village, first):
        body = {"village": village.pk, "day": str(localdate()), "text": "入户走访"}
        answer = api("ling", "POST", "/secretaries/diary", body, key="k")
        assert answer.status_code == 201
        again = api("ling", "POST", "/secretaries/diary", body, key="k")
        assert again.json()["id"] == answer.json()["id"]
        api("ling", "POST", "/secretaries/diary", body | {"text": "修渠"})
        page = api("he", "GET", "/secretaries/diary?limit=1").json()
        assert [one["text"] for one in page["items"]] == ["修渠"]
        rest = api("he", "GET", f"/secretaries/diary?limit=1&cursor={page['next']}").json()
        assert [one["text"] for one in rest["items"]] == ["入户走访"] and rest["next"] is None
        assert api("tang", "GET", "/secretaries/diary").json()["items"] == []

    def test_it_rejects_tomorrow_and_strangers(self, api, world, village, first):
        tomorrow = str(localdate() + timedelta(days=1))
        body = {"village": village.pk, "day": tomorrow, "text": "入户"}
        answer = api("ling", "POST", "/secretaries/diary", body)
        assert answer.status_code in (409, 422) and answer.json()["field"] == "day"
        assert api("hua", "POST", "/secretaries/diary", body).status_code == 404


def test_plans_without_names_and_a_subsidy_paid_once(
    api, world, village, first, picture, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    plan = actions.open_plan(
        village=village, household="王金柱", need="羊圈", by=world.ling, at=now()
    )
    one = actions.apply_subsidy(
        plan=plan, kind="breeding", title="羊圈", cost_fen=200_000, asked_fen=100_000,
        by=world.ling, at=now(),
    )  # fmt: skip
    url = f"/secretaries/plans/{plan.pk}/subsidies/{one.pk}/pay"
    refused = api("gao", "POST", url, {"voucher": "1"}, key="p")
    assert refused.status_code == 409 and refused.json()["code"] == "wrong_order"
    actions.report_built(subsidy=one, photo=picture, by=world.ling, at=now())
    actions.inspect_subsidy(
        subsidy=one, passed=True, finding="现场属实", granted_fen=100_000, by=world.he, at=now()
    )
    for _n in range(2):
        assert api("gao", "POST", url, {"voucher": "1"}, key="p").json()["fen"] == 100_000
    assert SubsidyEntry.objects.count() == 1
    (listed,) = api("he", "GET", "/secretaries/plans").json()["items"]
    assert (listed["household"], listed["paid_fen"]) == ("王**", 100_000)
    assert api("tang", "POST", url, {"voucher": "1"}).status_code == 404


def test_honours_removals_surveys(api, world, village):
    actions.give_honour(
        code="good_branch", year=localdate().year, issuer=world.tong_party, unit=world.branch,
        reason="服务有实效", by=world.he, at=now(),
    )  # fmt: skip
    (honour,) = api("sun", "GET", "/secretaries/honours").json()["items"]
    assert (honour["title"], honour["unit"]["name"]) == ("好支部", "松社区第一党支部")
    post = world.yue.posts.get()
    actions.remove_secretary(post=post, reason="moved", text="调任街道工作", by=world.he, at=now())
    page = api("he", "GET", "/secretaries/removals").json()
    assert page["counts"]["all"] == 1 and page["items"][0]["reason"] == "工作调动"
    assert api("qin", "GET", "/secretaries/removals").json()["counts"]["all"] == 0
    assert Removal.objects.count() == 1
    actions.open_survey(
        unit=world.tong_party, year=2026, title="排查", opens_on=localdate(),
        closes_on=localdate(), by=world.he, at=now(),
    )  # fmt: skip
    assert len(api("qin", "GET", "/secretaries/surveys").json()["items"]) == 1
    assert api("gao", "GET", "/secretaries/surveys").json()["items"] == []


def test_duties_are_reported(api, world):
    actions.draw_duty_lists(units=[world.branch], year=localdate().year, by=world.qin, at=now())
    items = api("qin", "GET", "/secretaries/duties").json()["items"]
    assert len(items) == 2 and all(one["done"] == 0 for one in items)
    item = DutyItem.objects.filter(list__user=None).first()
    url = f"/secretaries/duties/{item.list_id}/{item.pk}/report"
    assert api("qin", "POST", url, {"evidence": "好"}).status_code == 422
    assert api("qin", "POST", url, {"evidence": "已经完成上报"}).json()["is_done"] is True
    assert api("yue", "POST", url, {"evidence": "已经完成上报"}).status_code == 404


@pytest.mark.mission("S4.11")
class TestLog:
    def test_a_book_with_its_head_by_cursor(self, api, world):
        for n in range(3):
            write_log(
                unit=world.branch, kind="meeting", text=f"会议{n}", at=now(), recorded_at=now(),
                source="t", key=str(n),
            )  # fmt: skip
        url = f"/units/{world.branch.pk}/log?limit=2"
        book = api("qin", "GET", url).json()
        assert (book["count"], book["broken"], book["next"]) == (3, None, "2")
        assert [one["text"] for one in book["items"]] == ["会议0", "会议1"]
        rest = api("liu", "GET", f"{url}&cursor=2").json()
        assert [one["text"] for one in rest["items"]] == ["会议2"] and rest["next"] is None
        assert book["head"] == rest["items"][0]["hash"]
        LogEntry.objects.filter(seq=2).update(text="改")
        assert api("qin", "GET", url).json()["broken"] == 2

    def test_strangers_find_none(self, api, world):
        for who in ("yue", "wang", "sun", "ann"):
            assert api(who, "GET", f"/units/{world.branch.pk}/log").status_code == 404
