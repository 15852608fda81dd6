"""The register of phones (S3.50), and the signs they read on the spot."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.accounts.models import AuditEntry, Notice
from tongxin.cases.models import Case
from tongxin.fieldwork.actions import plan_visit
from tongxin.grids.actions import add_component
from tongxin.grids.models import CatalogueItem, Component
from tongxin.mobile.actions.kinds import HANDLERS
from tongxin.mobile.actions.reading import KINDS
from tongxin.mobile.models import Device, FieldAction
from tongxin.mobile.queries import sign_of_region, site_of
from tongxin.mobile.queries.sites import BadSign
from tongxin.mobile.queries.told import LABELS

from .phone import Phone, browser, picture

AGENT = "Mozilla/5.0 (Linux; Android 12; ANA-AN00 Build/HUAWEI) AppleWebKit/537.36"


def report(phone: Phone) -> dict:
    return phone.act("report", topic="0101", text="水管漏水")


@pytest.fixture
def known(phone) -> Device:
    """Mei's phone, which has been heard of."""
    phone.api(
        "mei", "POST", "/field/sync", phone.body(report(phone)), headers={"User-Agent": AGENT}
    )
    return Device.objects.get()


@pytest.fixture
def given(world, known) -> Device:
    browser(world.liu).post(f"/field/devices/{known.pk}/", form(world))
    known.refresh_from_db()
    return known


def form(world, **more) -> dict:
    return {
        "label": "北塘-007",
        "org": world.pine_office.pk,
        "holder": world.mei.pk,
        "given_on": str(localdate()),
    } | more


@pytest.mark.mission("S3.50")
class TestRegister:
    def test_a_phone_is_known_from_its_first_call(self, world, known, phone):
        assert (str(known.uid), known.model, known.last_user) == (
            str(phone.id),
            "ANA-AN00",
            world.mei,
        )
        assert (known.app_version, known.state) == ("1.2", "new")

    def test_an_officer_writes_down_who_carries_it(self, world, given):
        assert (given.label, given.holder, given.state) == ("北塘-007", world.mei, "given")
        assert AuditEntry.objects.filter(action="device.give", actor=world.liu).exists()

    @pytest.mark.parametrize(("who", "status"), [("zhang", 404), ("wu", 404), ("mei", 404)])
    def test_nobody_else_does(self, world, known, who, status):
        page = f"/field/devices/{known.pk}/"
        assert browser(getattr(world, who)).post(page, form(world)).status_code == status
        known.refresh_from_db()
        assert known.holder is None

    @pytest.mark.parametrize("change", [{"label": ""}, {"org": ""}, {"given_on": "2999-01-01"}])
    def test_what_is_missing_or_to_come_is_refused(self, world, known, change):
        response = browser(world.liu).post(f"/field/devices/{known.pk}/", form(world, **change))
        assert response.status_code == 422
        known.refresh_from_db()
        assert known.state == "new"

    def test_an_office_elsewhere_is_none_of_the_officers(self, world, known):
        data = form(world, org=world.salt_office.pk)
        assert browser(world.liu).post(f"/field/devices/{known.pk}/", data).status_code == 422

    def test_handed_back_it_is_signed_out(self, world, given):
        client = browser(world.liu)
        client.post(f"/field/devices/{given.pk}/return/", {"returned_on": str(localdate())})
        given.refresh_from_db()
        assert (given.state, given.token_digest) == ("returned", "")
        again = client.post(f"/field/devices/{given.pk}/return/", {"returned_on": str(localdate())})
        assert again.status_code == 409

    def test_the_list_shows_those_of_ones_land_and_ones_own(self, world, given):
        for who, seen in (("liu", True), ("mei", True), ("ann", True), ("wu", False)):
            page = browser(getattr(world, who)).get("/field/devices/").content.decode()
            assert ("北塘-007" in page) is seen, who

    def test_the_list_takes_eight_statements(self, world, api, django_assert_max_num_queries):
        for _n in range(20):
            Phone(api, "mei").send()
        client = browser(world.liu)
        with django_assert_max_num_queries(8):
            client.get("/field/devices/")


class TestLost:
    @pytest.fixture
    def lost(self, world, given) -> Device:
        browser(world.mei).post(f"/field/devices/{given.pk}/lose/", {"why": "菜场被偷"})
        given.refresh_from_db()
        return given

    def test_its_token_is_stopped(self, world, lost, phone):
        assert lost.state == "lost"
        assert phone.send().status_code == 401
        assert AuditEntry.objects.filter(action="device.lose", actor=world.mei).exists()

    def test_its_session_is_ended(self, world):
        import json
        import uuid

        client = browser(world.mei)
        body = json.dumps({"device": str(uuid.uuid4()), "actions": []})
        client.post("/api/v1/field/sync", body, content_type="application/json")
        device = Device.objects.get()
        Device.objects.update(holder=world.mei)
        browser(world.mei).post(f"/field/devices/{device.pk}/lose/", {"why": "菜场被偷"})
        response = client.post("/api/v1/field/sync", body, content_type="application/json")
        assert response.status_code == 401

    def test_what_still_comes_from_it_is_kept_for_a_person(self, world, lost, phone):
        phone.api.tokens.clear()  # signed in anew
        response = phone.send(report(phone)).json()
        assert response["device"]["state"] == "lost"
        assert response["results"][0]["state"] == "conflict"
        assert (Case.objects.count(), FieldAction.objects.get(state="conflict").marks) == (1, ["lost_device"])  # fmt: skip
        told = Notice.objects.filter(user=world.zhang, title="已报失的手机还在发送")
        assert "1 条" in told.get().text
        row = FieldAction.objects.get(state="conflict")
        browser(world.zhang).post(
            f"/field/conflicts/{row.pk}/", {"decision": "phone", "why": "是梅雪本人发的"}
        )
        assert Case.objects.count() == 2

    def test_found_it_goes_on(self, world, lost, phone):
        assert browser(world.mei).post(f"/field/devices/{lost.pk}/find/").status_code == 403
        browser(world.liu).post(f"/field/devices/{lost.pk}/find/")
        phone.api.tokens.clear()
        assert phone.result(report(phone))["state"] == "done"

    def test_a_reason_is_needed_and_somebody_who_may(self, world, given):
        page = f"/field/devices/{given.pk}/lose/"
        browser(world.liu).post(page, {"why": ""})
        assert browser(world.wu).post(page, {"why": "丢了"}).status_code == 404
        given.refresh_from_db()
        assert given.state == "given"


def test_every_kind_that_is_read_is_acted_on():
    assert set(HANDLERS) == KINDS == set(LABELS)


class TestSigns:
    def test_a_sign_may_be_typed_or_read_from_its_address(self, world):
        site = sign_of_region(world.p1.code)
        for text in (
            site.code,
            f" {site.code.lower()} ",
            f"https://x.example/field/s/{site.code}/",
        ):
            assert site_of(text).area == world.p1.path

    @pytest.mark.parametrize("text", ["", "R120116001001001-AAAAAAAA", "T1-AAAAAAAA", "随便写"])
    def test_none_can_be_made_up(self, world, text):
        with pytest.raises(BadSign):
            site_of(text)

    def test_another_installation_has_others(self, world, settings):
        site = sign_of_region(world.p1.code)
        settings.TONGXIN_INDEX_KEY = "another"
        with pytest.raises(BadSign):
            site_of(site.code)

    def test_checking_in_by_a_sign_needs_no_place(self, world, phone):
        site = sign_of_region(world.p1.code)
        told = phone.result(phone.act("checkin", code=site.code, place=None))
        assert (told["state"], told["about"]["title"]) == ("done", "签到：第一网格")
        assert phone.result(phone.act("checkin", place=None))["code"] == "no_place"

    def test_a_camera_that_reads_it_opens_the_app_there(self, world):
        site = sign_of_region(world.p1.code)
        response = browser(world.mei).get(f"/field/s/{site.code}/")
        assert response["Location"] == f"/field/#/sign/{site.code}"
        assert browser(world.mei).get("/field/s/R1-AAAAAAAA/").status_code == 422

    def test_signs_are_printed_by_who_keeps_them(self, world):
        page = f"/field/signs/print/?region={world.p1.code}"
        shown = browser(world.zhang).get(page).content.decode()
        assert "<svg" in shown
        assert sign_of_region(world.p1.code).code in shown
        assert browser(world.wu).get(page).status_code == 404
        assert browser(world.sun).get(page).status_code == 403
        assert "第一网格" in browser(world.zhang).get("/field/signs/").content.decode()


class TestVisits:
    @pytest.fixture
    def visit(self, world):
        return plan_visit(
            kind="patrol", title="早巡查", region=world.p1, by=world.mei,
            at=now() - timedelta(hours=5), workers=[world.mei],
        )  # fmt: skip

    def act(self, phone, kind, visit, **data):
        return phone.act(kind, visit=str(visit.pk), **data)

    @pytest.mark.mission("S4.33")
    def test_a_round_made_without_a_network_is_in_its_log(self, phone, visit):
        begin = self.act(phone, "visit.begin", visit, how="gps", ago=timedelta(hours=2))
        finish = self.act(phone, "visit.finish", visit, note="一切正常", answers={}, ago=timedelta(hours=1))  # fmt: skip
        assert [one["state"] for one in phone.results(begin, finish)] == ["done", "done"]
        visit.refresh_from_db()
        assert (visit.state, visit.note, visit.check_how) == ("done", "一切正常", "gps")
        assert now() - visit.begun_at > timedelta(minutes=119)
        assert now() - visit.recorded_at < timedelta(minutes=1)

    def test_by_the_sign_on_the_spot_and_by_no_other(self, world, phone, visit):
        here, there = sign_of_region(world.p1.code), sign_of_region(world.p2.code)
        wrong = phone.result(self.act(phone, "visit.begin", visit, code=there.code))
        assert (wrong["state"], wrong["code"]) == ("refused", "wrong_site")
        assert "第二网格" in wrong["sentence"]
        unread = phone.result(self.act(phone, "visit.begin", visit, how="qr"))
        assert unread["code"] == "wrong_site"
        assert (
            phone.result(self.act(phone, "visit.begin", visit, code=here.code))["state"] == "done"
        )
        visit.refresh_from_db()
        assert (visit.state, visit.check_how) == ("begun", "qr")

    def test_a_word_afterwards_stands_in_its_history(self, phone, visit):
        told = phone.result(self.act(phone, "visit.note", visit, note="门口又堆了纸箱"))
        assert told["state"] == "done"
        assert visit.changes.get(kind="noted").text == "补记：门口又堆了纸箱"
        assert phone.result(self.act(phone, "visit.note", visit, note=" "))["state"] == "refused"
        other = self.act(Phone(phone.api, "wu"), "visit.note", visit, note="外人")
        assert Phone(phone.api, "wu").result(other)["code"] == "not_found"

    def test_a_signature_stands_apart_from_the_photos(self, world, phone, visit):
        begin = self.act(phone, "visit.begin", visit, ago=timedelta(hours=2))
        finish = self.act(
            phone, "visit.finish", visit, ago=timedelta(hours=1),
            photos=[("visit-signature", picture(1)), ("visit", picture(2))],
        )  # fmt: skip
        phone.results(begin, finish)
        phone.upload(finish)
        assert sorted(visit.photos.values_list("slot", flat=True)) == ["", "signature"]
        shown = browser(world.mei).get(f"/fieldwork/visits/{visit.pk}/").content.decode()
        assert shown.count("/photos/") and "当面签字" in shown
        bundle = phone.api("mei", "GET", "/field/bundle").json()  # a word can still be added
        assert [(one["id"], one["state"]) for one in bundle["visits"]] == [(str(visit.pk), "done")]

    def test_a_visit_that_is_not_theirs_is_not_there(self, api, visit):
        other = Phone(api, "wu")
        assert other.result(self.act(other, "visit.begin", visit))["code"] == "not_found"

    def test_two_phones_that_finish_one_visit_are_both_kept(self, world, api, visit):
        from tongxin.fieldwork.models import RivalAnswers, VisitWorker

        VisitWorker.objects.create(visit=visit, user=world.wang)
        mei, wang = Phone(api, "mei"), Phone(api, "wang")
        mei.result(self.act(mei, "visit.begin", visit, ago=timedelta(hours=2)))
        first = self.act(mei, "visit.finish", visit, note="正常", ago=timedelta(hours=1))
        second = self.act(wang, "visit.finish", visit, note="有堆物", ago=timedelta(minutes=30))
        assert mei.result(first)["state"] == "done"
        told = wang.result(second)
        assert (told["state"], told["code"]) == ("conflict", "moved_on")
        assert wang.result(second) == told
        row = FieldAction.objects.get(state="conflict")
        page = f"/field/conflicts/{row.pk}/"
        assert browser(world.zhang).post(page, {"decision": "phone", "why": "后到的更全"}).status_code == 302  # fmt: skip
        visit.refresh_from_db()
        assert (visit.note, RivalAnswers.objects.get().decision) == ("有堆物", "second")
        assert wang.result(second)["state"] == "done"


class TestComponents:
    @pytest.fixture
    def cover(self, world) -> Component:
        item = CatalogueItem.objects.create(
            kind="component", code="01001", name="上水井盖", class_name="公用设施",
            effective_from=date(2020, 1, 1),
        )  # fmt: skip
        return add_component(item=item, lng=117.55, lat=39.25, at=now() - timedelta(days=9), by=world.mei)  # fmt: skip

    @pytest.mark.parametrize("by", ["pk", "code"])
    def test_how_it_was_found_is_written_down_once_at_its_time(self, world, phone, cover, by):
        action = phone.act(
            "component.state", component=getattr(cover, by), state="broken", note="井圈裂了",
            ago=timedelta(hours=2), photos=[("photo", picture())],
        )  # fmt: skip
        phone.result(action)
        phone.upload(action)
        told = phone.results(action, action)[0]
        assert (told["state"], told["about"]["number"]) == ("done", cover.code)
        cover.refresh_from_db()
        event = cover.events.get(after="broken")
        assert (cover.state, event.note, event.photos.count()) == ("broken", "井圈裂了", 1)
        assert event.recorded_at - event.at > timedelta(minutes=119)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"component": 999_999}, "not_found"),
            ({"component": None}, "not_found"),
            ({"component": "x" * 30}, "not_found"),
            ({"component": [1]}, "not_found"),
            ({"state": "flying"}, "bad_component"),
            ({"state": "lost"}, "bad_component"),
        ],
    )
    def test_what_is_not_there_or_cannot_be_is_refused(self, phone, cover, change, code):
        data = {"component": cover.pk, "state": "broken"} | change
        told = phone.result(phone.act("component.state", **data))
        assert (told["state"], told["code"]) == ("refused", code)
        cover.refresh_from_db()
        assert cover.state == "good"
