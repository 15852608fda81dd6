"""Asking to be a volunteer: the phone of who asks, the desk of the community that admits them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from tongxin.accounts.models import Notice
from tongxin.kit.errors import Invalid
from tongxin.orgs import actions
from tongxin.orgs.models import OpenDoor, Post, Skill, Volunteer, VolunteerRequest
from tongxin.testing import NOON, World

PHONE, DESK = "/requests/volunteer/", reverse("orgs:joining")


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer) -> str:
    return answer.content.decode()


def ask(world, who=None, home=None, **more) -> VolunteerRequest:
    found = actions.ask_to_volunteer(
        user=who or world.sun, home=home or world.pine, at=NOON, **more
    )
    assert isinstance(found, VolunteerRequest)
    return found


class TestAsking:
    def test_from_the_phone_to_the_hall(self, world):
        sun, skill = browser(world.sun), Skill.objects.get()
        sent = {"region": world.pine.code, "skills": [skill.pk], "times": ["weekday-morning"]}
        page = text(sun.post(PHONE, sent, follow=True))
        assert "等松社区审核" in page and "现在还不能接单" in page
        assert sun.get("/requests/hall/").status_code == 403
        assert not Volunteer.objects.filter(user=world.sun).exists()
        assert Notice.objects.filter(user=world.zhang, title="有人申请当志愿者").count() == 1

        zhang = browser(world.zhang)
        assert "孙阿姨" in text(zhang.get(DESK))
        asked = VolunteerRequest.objects.get()
        done = zhang.post(reverse("orgs:admit-volunteer", args=[asked.pk]), follow=True)
        assert "孙阿姨已成为松社区志愿者" in text(done)
        volunteer = Volunteer.objects.get(user=world.sun)
        assert list(volunteer.skills.all()) == [skill] and volunteer.times.count() == 5
        assert Post.objects.get(user=world.sun).org == world.team
        assert browser(world.sun).get("/requests/hall/").status_code == 200
        assert Notice.objects.filter(user=world.sun, title="您已成为志愿者").exists()

    def test_a_no_says_why_and_one_may_ask_again(self, world):
        asked, zhang = ask(world), browser(world.zhang)
        refuse = reverse("orgs:refuse-volunteer", args=[asked.pk])
        short = zhang.post(refuse, {"reason": "不行"})
        assert short.status_code == 422 and "至少 4 个字" in text(short)
        zhang.post(refuse, {"reason": "请先到社区登记身份"})
        page = text(browser(world.sun).get(PHONE))
        assert "请先到社区登记身份" in page and "可以补充后再申请" in page
        assert Notice.objects.get(user=world.sun).text == "请先到社区登记身份"
        assert ask(world).state == "waiting"

    def test_it_can_be_taken_back(self, world):
        ask(world)
        page = browser(world.sun).post("/requests/volunteer/withdraw/", follow=True)
        assert "已撤回申请" in text(page) and "我要当志愿者" in text(page)
        with pytest.raises(actions.NotWaiting):
            actions.withdraw_volunteering(user=world.sun, at=NOON)

    def test_an_open_door_makes_one_at_once(self, world):
        zhang = browser(world.zhang)
        door = reverse("orgs:volunteer-door", args=[world.pine.code])
        assert "登记后直接成为志愿者" in text(zhang.post(door, {"open": "1"}, follow=True))
        sent = browser(world.sun).post(PHONE, {"region": world.pine.code})
        assert sent["Location"] == "/requests/hall/"
        zhang.post(door, {"open": "0"})
        assert not OpenDoor.objects.exists()

    def test_without_a_dispatcher_the_street_is_told(self, world):
        ask(world, home=world.reed)
        assert Notice.objects.get(title="有人申请当志愿者").user == world.liu


class TestRefusing:
    def test_asking_twice_or_being_one_already(self, world):
        ask(world)
        with pytest.raises(actions.AskedAlready):
            ask(world, home=world.reed)
        with pytest.raises(actions.AlreadyVolunteer):
            ask(world, who=world.wang)
        with pytest.raises(actions.NotACommunity):
            ask(world, who=world.ma, home=world.north)
        assert VolunteerRequest.objects.count() == 1

    def test_it_is_decided_once(self, world):
        asked = ask(world)
        actions.admit_volunteer(asked=asked, by=world.zhang, at=NOON)
        with pytest.raises(actions.NotWaiting):
            actions.refuse_volunteer(asked=asked, reason="重复了一次", by=world.liu, at=NOON)
        with pytest.raises(actions.NotWaiting):
            actions.admit_volunteer(asked=asked, by=world.liu, at=NOON)

    def test_not_by_others_nor_by_oneself(self, world):
        asked = ask(world)
        admit = reverse("orgs:admit-volunteer", args=[asked.pk])
        for who in (world.wu, world.wang, world.sun, world.mei):
            assert browser(who).post(admit).status_code == 404
            assert browser(who).get(DESK).status_code == (200 if who is world.wu else 404)
        assert "孙阿姨" not in text(browser(world.wu).get(DESK))
        own = ask(world, who=world.zhang)
        for who, one in ((world.wu, asked), (world.zhang, own)):
            with pytest.raises(actions.NotAdmitter):
                actions.admit_volunteer(asked=one, by=who, at=NOON)
        with pytest.raises(actions.NotAdmitter):
            actions.open_door(region=world.pine, is_open=True, by=world.wu, at=NOON)
        with pytest.raises(Invalid):
            actions.open_door(region=world.north, is_open=True, by=world.liu, at=NOON)

    def test_the_list_costs_few_queries(self, world, django_assert_max_num_queries):
        for who in (world.sun, world.ma, world.li, world.zhou):
            ask(world, who=who)
        zhang = browser(world.zhang)
        with django_assert_max_num_queries(8):
            assert len(zhang.get(DESK).context["rows"]) == 4


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_admit_at_once_make_one_volunteer(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("races are proved on PostgreSQL")
    world = World().build()
    asked = ask(world)

    def admit(by):
        try:
            actions.admit_volunteer(asked=asked, by=by, at=now())
            return True
        except actions.NotWaiting:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert sum(pool.map(admit, [world.zhang, world.liu, world.gao, world.liu])) == 1
    assert Volunteer.objects.filter(user=world.sun).count() == 1
    assert Post.objects.filter(user=world.sun).count() == 1
