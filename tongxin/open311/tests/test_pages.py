"""The administrator's pages: keys, services, other servers, subscriptions, deliveries."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from tongxin.accounts.actions import publish
from tongxin.accounts.models import AuditEntry, Delivery, Subscription
from tongxin.accounts.queries import sealer
from tongxin.cases.queries import forget_topics
from tongxin.open311 import actions
from tongxin.open311.models import ClientKey, Forwarding, ForwardRule, Peer, Service
from tongxin.requests.actions import file_request

from .conftest import HERE, Door

pytestmark = pytest.mark.django_db
HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture
def ann(client, world):
    client.force_login(world.ann)
    return client


@pytest.fixture
def peer(world, settings, at):
    settings.TONGXIN_OPEN311_ALLOW_PRIVATE = True
    return actions.save_peer(name="市政平台", url="http://127.0.0.1:9/v2", by=world.ann, at=at)


@pytest.fixture
def target(db):
    return Subscription.objects.create(
        name="数据中台", url=HOOK, secret_sealed=sealer().seal("a-secret-of-theirs")
    )


def sent(target, at, n=1, **changed):
    for i in range(n):
        key = f"e{at:%H%M%S}{i}"
        event = {"id": i, "number": f"120116-20261126-{i:04d}"}
        publish(event=event, words={"request.finish"}, area="12/", key=key, at=at)
    Delivery.objects.filter(state="waiting").update(
        state="sent", sent_at=at, next_at=None, **changed
    )


PAGES = [
    ("home", []), ("new-key", []), ("services", []), ("service", ["0103"]), ("new-peer", []),
    ("webhooks", []), ("new-webhook", []), ("deliveries", []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_only_the_administrator_comes_in(client, world, name, args):
    page = reverse(f"open311:{name}", args=args)
    assert client.get(page).status_code == 302  # to sign in
    for who in (world.gao, world.sun):
        client.force_login(who)
        assert client.get(page).status_code == 404
    client.force_login(world.ann)
    assert client.get(page).status_code == 200


class TestKeys:
    def test_given_shown_once_and_good(self, ann, world):
        forget_topics()
        page = ann.post(
            reverse("open311:new-key"),
            {"name": "随手拍", "may_file": "on", "publishes": "on", "per_minute": "60", "days": "90",
             "region": world.north.code},
        )  # fmt: skip
        key = re.search(r"o3_[\w-]{40}", page.content.decode())[0]
        client = ClientKey.objects.get()
        assert client.region == world.north and not client.may_update
        assert timedelta(days=89) < client.expires_at - now() < timedelta(days=91)
        assert Door(key).post(service_code="0103", description="坑", **HERE).status_code == 200
        page = ann.get(reverse("open311:key", args=[client.pk])).content.decode()
        assert key not in page and key[-4:] in page
        assert '<td class="figure">1</td>' in page
        home = ann.get(reverse("open311:home")).content.decode()
        assert "随手拍" in home and key not in home

    @pytest.mark.parametrize(
        ("wrong", "says"), [({"name": ""}, "名称"), ({"per_minute": "0"}, "1")]
    )
    def test_what_is_wrong_stands_beside_it(self, ann, wrong, says):
        given = {"name": "甲", "per_minute": "60", "days": "0", "region": "", **wrong}
        page = ann.post(reverse("open311:new-key"), given)
        assert "field-error" in page.content.decode() and says in page.content.decode()
        assert not ClientKey.objects.exists()

    def test_changed_and_lasting_longer(self, ann, app, door, world, at):
        ClientKey.objects.filter(pk=app.pk).update(expires_at=at - timedelta(days=1))
        assert door.post(service_code="0103", description="坑", **HERE).status_code == 403
        page = reverse("open311:edit-key", args=[app.pk])
        assert "随手拍" in ann.get(page).content.decode()
        given = {"name": "新名", "may_file": "on", "per_minute": "9", "region": world.north.code}
        ann.post(page, {**given, "days": "keep"})
        app.refresh_from_db()
        assert (app.name, app.per_minute, app.region) == ("新名", 9, world.north)
        assert app.expires_at < now() and not app.publishes
        ann.post(page, {**given, "days": "90"})
        assert door.post(service_code="0103", description="坑", **HERE).status_code == 200
        entry = AuditEntry.objects.filter(action="open311.key.change").last()
        assert set(entry.detail) == {"expires_at"}
        wrong = ann.post(page, {**given, "per_minute": "0", "days": "keep"})
        assert "field-error" in wrong.content.decode()

    def test_an_ended_one_is_not_changed(self, ann, app, world, at):
        actions.end_key(client=app, by=world.ann, at=at)
        page = reverse("open311:edit-key", args=[app.pk])
        given = {"name": "新名", "per_minute": "9", "days": "90", "region": ""}
        assert "已停用" in ann.post(page, given).content.decode()
        app.refresh_from_db()
        assert app.name == "随手拍"

    def test_turned_and_ended(self, ann, app, given):
        turn = reverse("open311:turn-key", args=[app.pk])
        page = ann.post(turn, {"overlap_days": "7"}).content.decode()
        fresh = re.search(r"o3_[\w-]{40}", page)[0]
        assert fresh != given[1]
        assert "前仍可用" in ann.get(reverse("open311:key", args=[app.pk])).content.decode()
        ann.post(reverse("open311:end-key", args=[app.pk]))
        for key in (fresh, given[1]):
            assert Door(key).post(service_code="0103", **HERE).status_code == 403
        words = AuditEntry.objects.filter(action__startswith="open311").values_list(
            "action", flat=True
        )
        assert {"open311.key.turn", "open311.key.end"} <= set(words)
        page = ann.post(turn, {"overlap_days": "7"}, follow=True)
        assert "已停用" in page.content.decode()

    @pytest.mark.parametrize("name", ["turn-key", "end-key"])
    def test_others_cannot(self, client, world, app, name):
        client.force_login(world.gao)
        assert client.post(reverse(f"open311:{name}", args=[app.pk])).status_code == 404
        app.refresh_from_db()
        assert app.ended_at is None and app.old_digest is None


class TestServices:
    def test_withheld_and_in_batches(self, ann, world):
        page = reverse("open311:service", args=["0103"])
        assert ann.post(page, {"handling": "batch"}).status_code == 302
        service = Service.objects.get()
        assert (service.handling, service.is_offered) == ("batch", False)
        assert "0103" not in [s["service_code"] for s in Door().json("services")]
        ann.post(page, {"handling": "batch", "is_offered": "on"})
        assert Door().json("services")[2]["type"] == "batch"
        assert "分批" in ann.get(reverse("open311:services")).content.decode()

    def test_what_is_not_public_is_not_offered(self, ann, world):
        world.pothole.is_public = False
        world.pothole.save()
        page = reverse("open311:service", args=["0103"])
        response = ann.post(page, {"handling": "realtime", "is_offered": "on"})
        assert response.status_code == 422 and "不公开" in response.content.decode()
        assert not Service.objects.exists()


class TestPeers:
    def test_written_down_with_rules(self, ann, world, settings):
        settings.TONGXIN_OPEN311_ALLOW_PRIVATE = True
        given = {
            "name": "市政平台",
            "url": "http://127.0.0.1:9/v2/",
            "key": "theirs",
            "is_active": "on",
        }
        ann.post(reverse("open311:new-peer"), given)
        peer = Peer.objects.get()
        assert peer.url == "http://127.0.0.1:9/v2" and sealer().open(peer.key_sealed) == "theirs"
        page = reverse("open311:peer", args=[peer.pk])
        rule = {"topic": world.pothole.pk, "region": world.north.code, "service_code": "P1"}
        assert ann.post(page, rule).status_code == 302
        again = ann.post(page, rule)
        assert again.status_code == 422 and "已有转交规则" in again.content.decode()
        assert "theirs" not in ann.get(page).content.decode()
        ann.post(reverse("open311:edit-peer", args=[peer.pk]), {**given, "name": "新名", "key": ""})
        peer.refresh_from_db()
        assert peer.name == "新名" and sealer().open(peer.key_sealed) == "theirs"
        ann.post(reverse("open311:drop-rule", args=[peer.pk, ForwardRule.objects.get().pk]))
        assert not ForwardRule.objects.exists()

    def test_an_address_in_the_house_is_refused(self, ann, settings):
        given = {"name": "内网", "url": "http://127.0.0.1:9/v2", "is_active": "on"}
        page = ann.post(reverse("open311:new-peer"), given)
        assert page.status_code == 422 and "内部网络" in page.content.decode()
        assert not Peer.objects.exists()

    def test_what_failed_is_sent_anew(self, ann, world, peer, at):
        case = file_request(
            text="坑", actor=world.sun, topic=world.pothole, region=world.pine, at=at
        )
        row = Forwarding.objects.create(
            case=case,
            peer=peer,
            service_code="P1",
            state="dead",
            created_at=at,
            last_error="HTTP 400",
        )
        page = ann.get(reverse("open311:peer", args=[peer.pk]) + "?state=dead").content.decode()
        assert case.number in page and "HTTP 400" in page and "重新转交" in page
        ann.post(reverse("open311:retry", args=[peer.pk, row.pk]))
        row.refresh_from_db()
        assert row.state == "waiting" and row.next_at
        empty = ann.get(reverse("open311:peer", args=[peer.pk]) + "?state=dead").content.decode()
        assert "没有转交记录" in empty


class TestWebhooks:
    def test_written_down_and_the_secret_shown_once(self, ann, world):
        given = {
            "name": "数据中台", "url": HOOK, "kinds": ["request", "wish"], "moves": "whistle.judge",
            "area": world.north.path, "is_active": "on",
        }  # fmt: skip
        page = ann.post(reverse("open311:new-webhook"), given).content.decode()
        target = Subscription.objects.get()
        secret = sealer().open(target.secret_sealed)
        assert secret in page
        assert (target.words, target.area) == ("request wish whistle.judge", world.north.path)
        shown = ann.get(reverse("open311:webhook", args=[target.pk])).content.decode()
        assert secret not in shown and "北塘街道" in shown
        edit = reverse("open311:edit-webhook", args=[target.pk])
        assert "whistle.judge" in ann.get(edit).content.decode()
        ann.post(edit, {**given, "kinds": []})
        target.refresh_from_db()
        assert target.words == "whistle.judge" and sealer().open(target.secret_sealed) == secret

    def test_a_move_that_is_none(self, ann):
        given = {"name": "甲", "url": HOOK, "moves": "request.fly"}
        page = ann.post(reverse("open311:new-webhook"), given).content.decode()
        assert "request.fly" in page and not Subscription.objects.exists()

    def test_tested_turned_and_replayed(self, ann, target, at):
        ann.post(reverse("open311:test-webhook", args=[target.pk]))
        assert Delivery.objects.get().payload["word"] == "test"
        old = target.secret_sealed
        page = ann.post(reverse("open311:turn-webhook", args=[target.pk]), {"overlap_days": "7"})
        target.refresh_from_db()
        assert target.old_secret_sealed == old
        assert sealer().open(target.secret_sealed) in page.content.decode()
        sent(target, at)
        form = {"since": f"{at - timedelta(hours=20):%Y-%m-%dT%H:%M}",
                "until": f"{at + timedelta(hours=20):%Y-%m-%dT%H:%M}"}  # fmt: skip
        page = ann.post(reverse("open311:replay-webhook", args=[target.pk]), form, follow=True)
        assert "已安排补发 1 条" in page.content.decode()
        assert Delivery.objects.filter(replay_of__isnull=False).count() == 1
        wrong = {"since": form["until"], "until": form["since"]}
        page = ann.post(reverse("open311:replay-webhook", args=[target.pk]), wrong)
        assert page.status_code == 422 and "开始时间之后" in page.content.decode()

    @pytest.mark.parametrize("name", ["test-webhook", "turn-webhook", "replay-webhook"])
    def test_others_cannot(self, client, world, target, name):
        client.force_login(world.gao)
        assert client.post(reverse(f"open311:{name}", args=[target.pk])).status_code == 404
        assert not Delivery.objects.exists()


class TestDeliveries:
    def test_filtered_and_searched(self, ann, target, at, world):
        sent(target, at, 3)
        Delivery.objects.filter(payload__event__id=1).update(state="dead", last_error="HTTP 502")
        Delivery.objects.create(
            channel="sms", user=world.sun, key="sms:1", created_at=at, state="dead",
            payload={"title": "已派单", "text": "王芳马上到，电话 13820261122", "url": "/x"},
        )  # fmt: skip
        page = reverse("open311:deliveries")

        def listed(**query):
            return [row.pk for row in ann.get(page, query).context["rows"]]

        assert len(listed()) == 4 and len(listed(state="dead")) == 2
        assert len(listed(state="dead", channel="webhook")) == 1
        assert len(listed(subscription=target.pk)) == 3
        assert len(listed(q="HTTP 502")) == 1 and len(listed(q="120116-20261126-0002")) == 1
        assert listed(q="nothing") == []

    def test_private_parts_are_masked(self, ann, world, at):
        row = Delivery.objects.create(
            channel="sms", user=world.sun, key="sms:1", created_at=at, state="dead",
            payload={"title": "联系 13820261122", "text": "王芳马上到您家3号楼2单元501室", "url": "/x"},
        )  # fmt: skip
        for page in (
            reverse("open311:deliveries"),
            reverse("open311:delivery", args=[row.pk]),
        ):
            content = ann.get(page).content.decode()
            for secret in ("13820261122", "501室", "孙阿姨"):
                assert secret not in content

    def test_pages(self, ann, target, at):
        sent(target, at, 60)
        first = ann.get(reverse("open311:deliveries"))
        rest = ann.get(reverse("open311:deliveries"), {"cursor": first.context["next_cursor"]})
        assert len(first.context["rows"]) == 50 and len(rest.context["rows"]) == 10
        assert not rest.context["next_cursor"]

    def test_many_sent_again(self, ann, target, at):
        sent(target, at, 2)
        Delivery.objects.filter(payload__event__id=1).update(state="dead")
        ids = list(Delivery.objects.values_list("pk", flat=True))
        page = ann.post(reverse("open311:resend"), {"id": ids, "back": "state=dead"})
        assert page["Location"] == reverse("open311:deliveries") + "?state=dead"
        assert Delivery.objects.filter(state="waiting").count() == 2
        nothing = ann.post(reverse("open311:resend"), follow=True)
        assert "请先勾选" in nothing.content.decode()

    def test_others_cannot(self, client, world, target, at):
        sent(target, at)
        row = Delivery.objects.get()
        client.force_login(world.gao)
        assert client.get(reverse("open311:delivery", args=[row.pk])).status_code == 404
        assert client.post(reverse("open311:resend"), {"id": row.pk}).status_code == 404
        assert Delivery.objects.count() == 1


@pytest.mark.parametrize("name", ["home", "services", "webhooks", "deliveries"])
def test_pages_cost_at_most_eight_queries(ann, target, peer, app, world, at, name):
    sent(target, at, 5)
    ann.get(reverse("open311:home"))  # what a process reads once
    with CaptureQueriesContext(connection) as spent:
        assert ann.get(reverse(f"open311:{name}")).status_code == 200
    assert len(spent) <= 8


def test_the_page_of_a_peer_and_of_a_webhook_too(ann, target, peer, world, at):
    for name, row in (("peer", peer), ("webhook", target)):
        page = reverse(f"open311:{name}", args=[row.pk])
        ann.get(page)
        with CaptureQueriesContext(connection) as spent:
            ann.get(page)
        assert len(spent) <= 8
