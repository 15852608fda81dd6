"""The administrator's home: what is missing, what waits, and where to mend it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from tongxin.accounts.models import Delivery
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Topic
from tongxin.kit.worktime import known_years
from tongxin.open311.models import Forwarding, Peer
from tongxin.orgs.models import Org, Post
from tongxin.portal.checklist import to_set_up, to_watch
from tongxin.regions.models import DayException, Region
from tongxin.requests.actions import file_request

LAST = max(known_years())
AT = datetime(LAST, 3, 2, 2, 0, tzinfo=UTC)


def item(title, at=AT):
    found = [one for one in [*to_set_up(at), *to_watch(at)] if one.title == title]
    assert len(found) == 1, title
    return found[0]


def test_an_empty_house_is_told_what_to_do(db):
    states = {one.title: one.state for one in to_set_up(AT)}
    for title in ("区划", "事项目录", "人员与岗位", "每个社区有派单员", "红网格"):
        assert states[title] == "open", title
    assert "tongxin import regions" in item("区划").words


class TestSetUp:
    def test_land_is_counted(self, world):
        assert item("区划").words == "2 个街镇、3 个社区（村）、2 个网格。"
        Region.objects.filter(pk=world.reed.pk).update(valid_to=localdate(AT))
        assert "2 个社区" in item("区划").words

    def test_samples_wait_to_be_approved(self, world):
        assert item("事项目录").state == "done"
        Topic.objects.filter(pk=world.tap.pk).update(is_sample=True)
        assert (item("事项目录").state, "1 项还是示例" in item("事项目录").words) == ("warn", True)

    def test_volunteers_are_no_staff(self, world):
        assert item("人员与岗位").words == "12 名工作人员在岗。"
        Post.objects.exclude(role="volunteer").delete()
        assert item("人员与岗位").state == "open"

    def test_every_community_needs_its_people(self, world):
        assert item("每个社区有派单员").words == "1 个社区还没有：苇社区"
        Post.objects.create(
            user=world.ma, org=world.north_office, role="dispatcher", region=world.north
        )
        assert item("每个社区有派单员").state == "done", "the street's desk reaches all below"
        Post.objects.filter(role="dispatcher").update(to_date=localdate(AT))
        assert item("每个社区有派单员").state == "open"

    @pytest.mark.mission("S0.26")
    def test_grids_without_a_party_unit_are_a_gap(self, world):
        world.pine_party.grids.add(world.p1)
        assert item("红网格").words.startswith("1 个网格还没有党组织覆盖")
        world.pine_party.grids.add(world.p2)
        assert item("红网格").state == "done"
        Org.objects.filter(pk=world.pine_party.pk).update(dissolved_on=localdate(AT))
        assert item("红网格").words.startswith("2 个网格")

    def test_the_calendar_of_next_year_is_asked_for_from_november_on(self, world):
        assert item("工作日历").state == "done"
        november = AT.replace(month=11)
        asked = item("工作日历", november)
        assert (asked.state, str(LAST + 1) in asked.words) == ("warn", True)
        DayException.objects.create(
            region=world.city, day=AT.date().replace(year=LAST + 1), is_workday=False, name="元旦"
        )
        assert item("工作日历", november).state == "done"

    def test_what_carries_messages_out_is_named(self, world, settings):
        assert {item("短信").state, item("邮件").state} == {"warn"}
        settings.TONGXIN_SMS, settings.TONGXIN_SMS_URL = "webhook", "https://sms.example/send"
        settings.EMAIL_HOST = "mail.example"
        assert item("短信").words == "由 sms.example 发送。"
        assert item("邮件").words == "由 mail.example 发送。"


class TestWatch:
    def test_a_worker_that_sleeps_is_noticed_by_what_waits(self, world):
        at = now()
        assert item("后台进程", at).state == "done"
        case = file_request(
            text="水管漏水了请来修", topic=world.tap, region=world.p1, at=at, actor=world.sun
        )
        assert item("后台进程", at + timedelta(minutes=1)).state == "done"
        assert item("后台进程", at + timedelta(minutes=3)).state == "warn"
        case.events.update(settled_at=at)
        Case.objects.update(rings_at=None)
        assert item("后台进程", at + timedelta(minutes=3)).state == "done"

    def test_what_never_arrived_is_counted(self, world):
        assert item("送不到的消息").state == "done"
        Delivery.objects.create(
            channel="sms", user=world.sun, key="x", payload={}, created_at=AT, state="dead"
        )
        asked = item("送不到的消息")
        assert asked.words.startswith("1 条")
        assert asked.url == "/open311/deliveries/?state=dead"

    def test_what_another_system_would_not_take_is_named(self, world):
        assert "转交失败的事项" not in [one.title for one in to_watch(AT)]
        case = file_request(
            text="路面坑洼", topic=world.pothole, region=world.p1, at=AT, actor=world.sun
        )
        peer = Peer.objects.create(name="市政平台", url="https://311.example.cn", created_at=AT)
        Forwarding.objects.create(
            case=case, peer=peer, service_code="P1", state="dead", created_at=AT
        )
        asked = item("转交失败的事项")
        assert asked.state == "warn" and "市政平台" in asked.words
        assert asked.url == f"/open311/peers/{peer.pk}/?state=dead"

    def test_the_demo_says_that_it_is_one(self, world, settings):
        assert "演示模式开着" not in [one.title for one in to_watch(AT)]
        settings.TONGXIN_DEMO = True
        assert item("演示模式开着").state == "warn"


class TestPage:
    def test_it_is_the_home_of_the_administrator(
        self, client, world, django_assert_max_num_queries
    ):
        client.force_login(world.ann)
        with django_assert_max_num_queries(30):
            shown = client.get(reverse("admin:index")).content.decode()
        for word in ("先把这些建好", "平时看这些", "苇社区", "新增岗位", "同心", "退出"):
            assert word in shown

    def test_every_link_opens(self, client, world):
        client.force_login(world.ann)
        for one in [*to_set_up(AT), *to_watch(AT)]:
            if one.url:
                assert client.get(one.url).status_code == 200, one.url

    def test_only_the_administrators_pages_may_make_code_from_text(self, client, world):
        client.force_login(world.ann)
        policy = client.get(reverse("admin:index"))["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval'" in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert "frame-ancestors 'none'" in policy
        other = client.get(reverse("accounts:me"))["Content-Security-Policy"]
        assert "unsafe-eval" not in other


def test_orders_in_the_hands_of_who_has_left_are_named(world):
    assert item("离任人员手里的单子", now()).state == "done"
    case = file_request(
        text="水管漏水", topic=world.tap, region=world.p1, actor=world.sun,
        at=now() - timedelta(hours=1),
    )  # fmt: skip
    make_move(case, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
    make_move(case, "accept", at=now(), actor=world.wang)
    assert item("离任人员手里的单子", now()).state == "done"
    Post.objects.filter(user=world.wang).update(to_date=localdate())
    found = item("离任人员手里的单子", now())
    assert (found.state, case.number in found.words) == ("warn", True)
