"""Duty and positions: after the notice was agreed to, on duty only, thinned, read for a reason, forgotten."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.accounts.models import AuditEntry
from tongxin.mobile.actions import end_duties, forget_tracks
from tongxin.mobile.models import Duty, FieldAction, TrackPoint
from tongxin.mobile.queries import notice_on

from .phone import Phone, browser

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def agree(phone: Phone, **given) -> dict:
    return phone.act("notice.agree", **({"version": notice_on(localdate()).version} | given))


def points(phone: Phone, *steps: tuple[float, float]) -> dict:
    """A track of (minutes ago, metres to the north)."""
    made = [
        {"lng": 117.55, "lat": 39.25 + metres / 111_195, "accuracy": 8, "at": phone.clock(ago * MINUTE).isoformat()}
        for ago, metres in steps
    ]  # fmt: skip
    return phone.act("track", points=made)


@pytest.fixture
def walking(phone) -> Phone:
    """Mei, who agreed and has been on duty for an hour."""
    told = phone.results(agree(phone), phone.act("duty.start", ago=HOUR))
    assert [one["state"] for one in told] == ["done", "done"]
    return phone


class TestNotice:
    def test_without_agreeing_no_position_is_kept_not_even_in_the_refusal(self, phone):
        told = phone.results(phone.act("duty.start", ago=HOUR), points(phone, (10, 0), (4, 0)))
        assert [one["state"] for one in told] == ["done", "refused"]
        assert told[1]["code"] == "notice_not_agreed"
        assert not TrackPoint.objects.exists()
        assert FieldAction.objects.get(kind="track").data == {"n": 2}

    def test_an_old_version_does_not_count(self, phone):
        told = phone.result(agree(phone, version="2001-01"))
        assert (told["state"], told["code"]) == ("refused", "old_notice")

    def test_it_is_in_the_bundle_with_when_it_was_agreed_to(self, api, walking):
        notice = api("mei", "GET", "/field/bundle").json()["notice"]
        assert notice["agreed_at"]
        assert "30 天" in notice["text"]

    def test_taken_back_it_takes_what_was_kept_along(self, walking):
        walking.result(points(walking, (10, 0)))
        assert TrackPoint.objects.count() == 1
        assert walking.result(walking.act("notice.revoke"))["state"] == "done"
        assert not TrackPoint.objects.exists()
        assert walking.result(points(walking, (1, 0)))["code"] == "notice_not_agreed"


class TestDuty:
    def test_on_and_off(self, api, walking):
        assert api("mei", "GET", "/field/bundle").json()["on_duty"]["since"]
        assert walking.result(walking.act("duty.stop"))["state"] == "done"
        assert api("mei", "GET", "/field/bundle").json()["on_duty"] is None
        duty = Duty.objects.get()
        assert HOUR - MINUTE < duty.ended_at - duty.started_at < HOUR + MINUTE

    def test_twice_on_is_once_and_off_without_on_is_refused(self, phone):
        told = phone.results(phone.act("duty.start", ago=HOUR), phone.act("duty.start"))
        assert [one["state"] for one in told] == ["done", "done"]
        assert Duty.objects.count() == 1
        told = phone.results(phone.act("duty.stop", ago=MINUTE), phone.act("duty.stop"))
        assert [one["code"] for one in told] == ["", "not_on_duty"]

    def test_one_that_nobody_ends_ends_by_itself(self, walking):
        assert end_duties(at=now() + 14 * HOUR) == 0
        assert end_duties(at=now() + 16 * HOUR) == 1
        duty = Duty.objects.get()
        assert (duty.ended_at - duty.started_at, duty.is_timed_out) == (16 * HOUR, True)


class TestTrack:
    def test_what_is_near_and_soon_is_dropped(self, walking):
        told = walking.result(points(walking, (30, 0), (29, 20), (28, 49), (27, 60), (21, 70)))
        assert told["about"]["number"] == "3"  # the first, 60 m on, six minutes later
        assert TrackPoint.objects.count() == 3

    def test_also_across_batches_and_never_twice(self, walking):
        first = points(walking, (30, 0))
        walking.results(first, points(walking, (29, 10)))
        walking.results(first)
        assert TrackPoint.objects.count() == 1

    def test_only_what_lies_within_a_duty_is_kept(self, walking):
        told = walking.result(points(walking, (200, 0), (30, 0), (10, 500)))
        assert told["about"]["number"] == "2"
        walking.result(walking.act("duty.stop", ago=5 * MINUTE))
        assert walking.result(points(walking, (2, 900)))["code"] == "not_on_duty"
        assert TrackPoint.objects.count() == 2

    def test_the_points_of_a_phone_with_a_wrong_clock_are_corrected(self, api, walking):
        walking.ahead = timedelta(hours=-5)
        assert walking.result(points(walking, (30, 0)))["state"] == "done"
        assert abs(now() - TrackPoint.objects.get().at - 30 * MINUTE) < MINUTE

    @pytest.mark.parametrize("bad", [None, "x", [{}] * 501])
    def test_what_is_no_track_is_refused(self, walking, bad):
        assert walking.result(walking.act("track", points=bad))["code"] == "bad_points"

    def test_what_cannot_be_read_in_a_track_is_left_out(self, walking):
        good = points(walking, (30, 0))
        good["data"]["points"] += [None, {}, {"lng": 999, "lat": 0, "at": good["at"]}]
        assert walking.result(good)["about"]["number"] == "1"

    def test_forgotten_after_thirty_days(self, walking):
        walking.result(points(walking, (30, 0)))
        assert forget_tracks(at=now() + timedelta(days=29)) == 0
        assert forget_tracks(at=now() + timedelta(days=31)) == 1
        assert not TrackPoint.objects.exists()


class TestLooking:
    @pytest.fixture
    def page(self, world, walking) -> str:
        walking.result(points(walking, (30, 0), (10, 800)))
        day = localdate(TrackPoint.objects.latest("at").at)
        return f"/field/duty/{world.mei.pk}/{day}/"

    def test_ones_own_at_once(self, world, page):
        assert 'id="track-map"' in browser(world.mei).get(page).content.decode()
        assert not AuditEntry.objects.filter(action="track.look").exists()

    def test_an_officer_for_a_reason_that_is_written_down(self, world, page):
        liu = browser(world.liu)
        assert 'id="track-map"' not in liu.get(page).content.decode()
        assert liu.post(page, {"reason": "看"}).status_code == 422
        assert not AuditEntry.objects.filter(action="track.look").exists()
        shown = liu.post(page, {"reason": "失联，查最后位置"}).content.decode()
        assert 'id="track-map"' in shown
        entry = AuditEntry.objects.get(action="track.look")
        assert (entry.actor, entry.reason) == (world.liu, "失联，查最后位置")
        own = browser(world.mei).get(page).content.decode()
        assert "刘洋" in own
        assert "失联，查最后位置" in own

    @pytest.mark.parametrize("who", ["zhang", "wu", "wang", "ann"])
    def test_nobody_else_not_even_for_a_reason(self, world, page, who):
        client = browser(getattr(world, who))
        assert client.get(page).status_code == 404
        assert client.post(page, {"reason": "失联，查最后位置"}).status_code == 404

    def test_no_day_is_no_page(self, world, page):
        assert browser(world.mei).get(f"/field/duty/{world.mei.pk}/today/").status_code == 404

    def test_who_is_on_duty_is_shown_without_where(self, world, page):
        shown = browser(world.liu).get("/field/duty/").content.decode()
        assert "梅雪" in shown
        assert "117.55" not in shown
        assert "梅雪" not in browser(world.wang).get("/field/duty/").content.decode()
