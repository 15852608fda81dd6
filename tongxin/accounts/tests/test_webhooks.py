"""Subscriptions: replay, resend, test message, secrets that overlap, receivers that hang."""

import hmac
from datetime import timedelta

import pytest

from tongxin.accounts import actions, senders
from tongxin.accounts.actions import webhooks
from tongxin.accounts.models import AuditEntry, Delivery, Subscription
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid

from .receivers import Receiver, signed_by

pytestmark = pytest.mark.django_db
minute, day = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def target(receiver, root, at):
    found, _secret = actions.save_subscription(
        name="数据中台", url=f"{receiver.url}/hook", by=root, at=at
    )
    return found


def publish(at, n=1):
    for i in range(n):
        actions.publish(
            event={"id": i + 1, "move": "finish"}, words={"request"}, area="12/",
            key=f"event:{at:%d%H%M}{i}", at=at,
        )  # fmt: skip


def heads(receiver, name):
    return [headers.get(name) for _path, headers, _body in receiver.got]


class TestSaving:
    def test_a_secret_is_made_and_shown_once(self, receiver, root, at):
        target, secret = actions.save_subscription(name="甲", url=receiver.url, by=root, at=at)
        assert len(secret) == 40 and sealer().open(target.secret_sealed) == secret
        again, none = actions.save_subscription(
            name="乙", url=receiver.url, by=root, at=at, subscription=target
        )
        assert none == "" and again.name == "乙" and sealer().open(again.secret_sealed) == secret

    def test_who_may_not(self, receiver, fang, at):
        with pytest.raises(webhooks.NotTheAdministrator):
            actions.save_subscription(name="甲", url=receiver.url, by=fang, at=at)
        assert not Subscription.objects.visible_to(fang).exists()

    @pytest.mark.parametrize("url", ["ftp://x", "http://", "javascript:x"])
    def test_where_to_not(self, root, at, url):
        with pytest.raises(webhooks.BadTarget):
            actions.save_subscription(name="甲", url=url, by=root, at=at)

    def test_a_secret_that_is_too_short(self, receiver, root, at):
        with pytest.raises(Invalid):
            actions.save_subscription(name="甲", url=receiver.url, by=root, at=at, secret="short")
        assert not Subscription.objects.exists()


class TestReplay:
    def test_a_period_goes_again_with_its_numbers_and_a_mark(self, receiver, target, root, at):
        for n in range(3):
            publish(at + n * day)
            actions.deliver_due(at=at + n * day)
        first = Delivery.objects.order_by("pk")[1]
        count = actions.replay(
            subscription=target,
            since=at + minute,
            until=at + day + minute,
            by=root,
            at=at + 3 * day,
        )
        assert count == 1
        actions.deliver_due(at=at + 3 * day)
        assert len(receiver.got) == 4
        assert receiver.bodies()[3] == receiver.bodies()[1]
        assert heads(receiver, "X-Tongxin-Delivery")[3] == str(first.pk)
        assert heads(receiver, "X-Tongxin-Replay") == [None, None, None, "1"]
        entry = AuditEntry.objects.get(action="subscription.replay")
        assert entry.detail["count"] == 1

    def test_replays_and_what_waits_are_not_doubled(self, receiver, target, root, at):
        publish(at)
        period = {"since": at - day, "until": at + day, "by": root}
        assert actions.replay(subscription=target, at=at, **period) == 0
        actions.deliver_due(at=at)
        assert actions.replay(subscription=target, at=at + minute, **period) == 1
        actions.deliver_due(at=at + minute)
        assert actions.replay(subscription=target, at=at + 2 * minute, **period) == 1

    def test_only_of_that_subscription(self, receiver, target, root, at):
        other, _secret = actions.save_subscription(name="乙", url=receiver.url, by=root, at=at)
        publish(at)
        actions.deliver_due(at=at)
        assert (
            actions.replay(
                subscription=other, since=at - day, until=at + day, by=root, at=at + minute
            )
            == 1
        )

    def test_refused(self, receiver, target, root, fang, at, monkeypatch):
        publish(at, 3)
        actions.deliver_due(at=at)
        good = {"subscription": target, "since": at - day, "until": at + day, "by": root, "at": at}
        with pytest.raises(webhooks.NotTheAdministrator):
            actions.replay(**{**good, "by": fang})
        with pytest.raises(Invalid):
            actions.replay(**{**good, "until": at - 2 * day})
        monkeypatch.setattr(webhooks, "MOST_AT_ONCE", 2)
        with pytest.raises(webhooks.TooManyAtOnce):
            actions.replay(**good)
        target.is_active = False
        with pytest.raises(webhooks.SubscriptionOff):
            actions.replay(**good)
        assert Delivery.objects.count() == 3


class TestResend:
    def test_dead_ones_are_tried_anew_and_sent_ones_go_again(self, receiver, target, root, at):
        publish(at, 3)
        actions.deliver_due(at=at)
        rows = list(Delivery.objects.order_by("pk"))
        Delivery.objects.filter(pk=rows[0].pk).update(state="dead", tries=6)
        Delivery.objects.filter(pk=rows[1].pk).update(state="waiting", next_at=at + day)
        assert actions.resend(ids=[row.pk for row in rows], by=root, at=at + minute) == 2
        actions.deliver_due(at=at + minute)
        assert len(receiver.got) == 5
        assert sorted(heads(receiver, "X-Tongxin-Delivery")[3:]) == [
            str(rows[0].pk), str(rows[2].pk),
        ]  # fmt: skip

    def test_a_text_message_that_arrived_does_not(self, sun, root, at):
        row = Delivery.objects.create(
            channel="sms", user=sun, key="k", payload={}, created_at=at, state="sent", sent_at=at
        )
        assert actions.resend(ids=[row.pk], by=root, at=at) == 0
        assert not AuditEntry.objects.filter(action="delivery.retry").exists()

    def test_who_may_not(self, fang, at):
        with pytest.raises(webhooks.NotTheAdministrator):
            actions.resend(ids=[1], by=fang, at=at)


class TestSecrets:
    def test_both_signatures_until_the_overlap_is_over(self, receiver, target, root, at):
        old = sealer().open(target.secret_sealed)
        fresh = actions.turn_secret(subscription=target, by=root, at=at, overlap_days=7)
        publish(at)
        actions.deliver_due(at=at)
        _path, headers, body = receiver.got[0]
        assert signed_by(fresh, headers, body) and not signed_by(old, headers, body)
        message = headers["X-Tongxin-Timestamp"].encode() + b"." + body
        assert headers["X-Tongxin-Signature-Previous"] == (
            "sha256=" + hmac.new(old.encode(), message, "sha256").hexdigest()
        )
        later = at + 8 * day
        publish(later)
        actions.deliver_due(at=later)
        assert heads(receiver, "X-Tongxin-Signature-Previous")[1] is None

    def test_at_once_if_it_leaked(self, receiver, target, root, at):
        actions.turn_secret(subscription=target, by=root, at=at, overlap_days=0)
        publish(at)
        actions.deliver_due(at=at)
        assert heads(receiver, "X-Tongxin-Signature-Previous") == [None]
        with pytest.raises(Invalid):
            actions.turn_secret(subscription=target, by=root, at=at, overlap_days=365)


def test_a_test_message(receiver, target, root, at):
    actions.test_subscription(subscription=target, by=root, at=at)
    actions.deliver_due(at=at)
    assert receiver.bodies()[0]["kind"] == "test" and heads(receiver, "X-Tongxin-Event") == ["test"]
    assert actions.replay(
        subscription=target, since=at - day, until=at + day, by=root, at=at + minute
    ) == 0  # fmt: skip


def test_two_subscriptions_of_a_host_that_hangs_cost_one_wait(receiver, root, at, monkeypatch):
    """4.7: one thread and one time-out for a host, and the others get theirs meanwhile."""
    monkeypatch.setattr(senders, "TIMEOUT", 0.2)
    with Receiver() as other:
        for n in range(3):
            actions.save_subscription(name=f"慢{n}", url=f"{receiver.url}/{n}", by=root, at=at)
        actions.save_subscription(name="快", url=other.url, by=root, at=at)
        receiver.hangs.set()
        publish(at, 2)
        assert actions.deliver_due(at=at) == {"sent": 2, "failed": 6}
        assert len(receiver.got) == 1 and len(other.got) == 2
        assert not Delivery.objects.filter(state="waiting", next_at__lte=at).exists()
