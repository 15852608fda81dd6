"""Where everybody starts, as whom they act, and a resident's number."""

import pytest
from django.urls import reverse
from django.utils.timezone import now

from tongxin.accounts.actions import set_phone
from tongxin.accounts.models import AuditEntry
from tongxin.cases.actions import make_move
from tongxin.orgs.models import Post
from tongxin.requests.actions import file_request

pytestmark = pytest.mark.django_db


def home(client, user):
    client.force_login(user)
    return client.get("/")


class TestHome:
    @pytest.mark.parametrize(
        ("who", "name"),
        [
            ("zhang", "portal:desk"), ("li", "portal:desk"), ("chen", "portal:verify"),
            ("liu", "portal:street"), ("gao", "portal:street"), ("wang", "requests:hall"),
            ("mei", "requests:hall"), ("sun", "requests:home"), ("ann", "admin:index"),
        ],
    )  # fmt: skip
    def test_everybody_comes_to_the_page_of_their_role(self, client, world, who, name):
        response = home(client, getattr(world, who))
        assert response["Location"] == reverse(name)
        assert client.get(response["Location"]).status_code == 200

    def test_a_leader_and_an_inspector_see_the_overview(self, client, world):
        for role in ("leader", "inspector"):
            user = world.person(role, role, world.district_office, role)
            assert home(client, user)["Location"] == reverse("portal:street")

    def test_a_post_that_ended_leads_nowhere(self, client, world):
        Post.objects.filter(user=world.zhang).update(to_date=now().date())
        assert home(client, world.zhang)["Location"] == reverse("requests:home")


class TestSwitch:
    def switch(self, client, user, role):
        client.force_login(user)
        return client.post(reverse("portal:switch"), {"role": role})

    def test_somebody_with_two_roles_changes_between_them(self, client, world):
        Post.objects.create(user=world.zhang, org=world.team, role="volunteer", region=world.pine)
        assert (
            "志愿者" in home(client, world.zhang).url
            or "志愿者" in client.get("/desk/").content.decode()
        )
        assert self.switch(client, world.zhang, "volunteer")["Location"] == reverse("requests:hall")
        assert client.get("/")["Location"] == reverse("requests:hall")
        assert self.switch(client, world.zhang, "dispatcher")["Location"] == reverse("portal:desk")

    @pytest.mark.parametrize("role", ["officer", "administrator", "", "x"])
    def test_not_to_one_they_do_not_hold(self, client, world, role):
        assert self.switch(client, world.zhang, role)["Location"] == reverse("portal:desk")

    def test_the_navigation_is_that_of_the_role(self, client, world):
        client.force_login(world.zhang)
        labels = {item.get("label") for item in client.get("/desk/").context["nav"]}
        assert "收件箱" in labels
        assert not {"吹哨", "验单", "管理"} & labels
        client.force_login(world.liu)
        assert "吹哨" in {item.get("label") for item in client.get("/desk/").context["nav"]}


class TestBell:
    def test_it_counts_what_is_unread(self, client, world):
        world.zhang.notices.create(at=now(), title="新单子", key="k")
        client.force_login(world.zhang)
        assert "1 条未读消息" in client.get("/desk/").content.decode()


class TestContact:
    @pytest.fixture
    def case(self, world):
        set_phone(user=world.sun, phone="13812345678", by=None, at=now())
        return file_request(
            text="水管漏水", topic=world.tap, region=world.p1, at=now(), actor=world.sun,
            beneficiary="王桂兰", consent="电话同意",
        )  # fmt: skip

    def ask(self, client, user, case, reason):
        client.force_login(user)
        return client.post(reverse("portal:contact", args=[case.pk]), {"reason": reason})

    def test_the_number_is_shown_for_a_reason_that_is_kept(self, client, world, case):
        text = self.ask(client, world.zhang, case, "约上门时间").content.decode()
        assert "13812345678" in text
        assert "王桂兰" in text
        entry = AuditEntry.objects.get(action="contact.reveal")
        assert (entry.actor, entry.object, entry.reason) == (world.zhang, case.number, "约上门时间")

    def test_the_one_named_in_the_request_comes_first(self, client, world):
        other = file_request(
            text="灯",
            topic=world.tap,
            region=world.p1,
            at=now(),
            actor=world.sun,
            contact="13900001234",
        )
        assert "13900001234" in self.ask(client, world.zhang, other, "约上门时间").content.decode()

    def test_the_holder_may_call(self, client, world, case):
        make_move(case, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
        assert "13812345678" in self.ask(client, world.wang, case, "约上门时间").content.decode()

    @pytest.mark.parametrize("reason", ["", "看看"])
    def test_not_without_a_reason(self, client, world, case, reason):
        response = self.ask(client, world.zhang, case, reason)
        assert response.status_code in (200, 422)
        assert "13812345678" not in response.content.decode()
        assert not AuditEntry.objects.filter(action="contact.reveal").exists()

    def test_not_by_who_need_not_call(self, client, world, case):
        assert self.ask(client, world.chen, case, "约上门时间").status_code == 403
        assert self.ask(client, world.wu, case, "约上门时间").status_code == 404
        assert not AuditEntry.objects.filter(action="contact.reveal").exists()
