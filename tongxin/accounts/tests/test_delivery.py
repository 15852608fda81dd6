"""Messages leave the house: to a real HTTP server and a real mail server on this machine."""

import socket
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from aiosmtpd.controller import Controller

from tongxin.accounts import actions, senders
from tongxin.accounts.actions import delivering
from tongxin.accounts.models import AuditEntry, Delivery, Subscription
from tongxin.accounts.queries import sealer

from .conftest import PHONE
from .receivers import Mailbox, Receiver, signed_by

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-theirs"
minute = timedelta(minutes=1)
EVENT = {"case": "120116-20261123-0001", "move": "finish"}


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def other():
    with Receiver() as receiver:
        yield receiver


def subscribe(receiver, **fields):
    return Subscription.objects.create(
        name="数据中台", url=f"{receiver.url}/hook", secret_sealed=sealer().seal(SECRET), **fields
    )


def publish(at, key="e1", words=("request", "request.finish"), area="12/0116/005/", event=EVENT):
    actions.publish(event=event, words=set(words), area=area, key=key, at=at)


def state(**where):
    return Delivery.objects.values_list("state", "tries", "next_at").get(**where)


class TestPublishing:
    @pytest.mark.parametrize(
        ("words", "area", "wanted"),
        [
            ("", "", True),
            ("request", "", True),
            ("wish request.finish", "", True),
            ("request.file", "", False),
            ("wish", "", False),
            ("", "12/0116/", True),
            ("", "12/0116/005/", True),
            ("", "12/0117/", False),
            ("wish", "12/0116/", False),
        ],
    )
    def test_a_subscription_gets_what_it_asked_for(self, receiver, at, words, area, wanted):
        subscribe(receiver, words=words, area=area)
        publish(at)
        assert Delivery.objects.exists() == wanted

    def test_one_that_is_off_gets_nothing(self, receiver, at):
        subscribe(receiver, is_active=False)
        publish(at)
        assert not Delivery.objects.exists()

    def test_the_same_event_goes_once(self, receiver, at):
        subscribe(receiver)
        publish(at)
        publish(at + minute)
        publish(at, key="e2")
        assert Delivery.objects.count() == 2


class TestWebhook:
    def test_it_is_signed_and_named(self, receiver, at):
        subscribe(receiver)
        publish(at)
        assert actions.deliver_due(at=at) == {"sent": 1, "failed": 0}
        [(path, headers, body)] = receiver.got
        assert path == "/hook"
        assert receiver.bodies() == [EVENT]
        assert headers["X-Tongxin-Event"] == "request.finish"
        assert headers["X-Tongxin-Delivery"] == str(Delivery.objects.get().pk)
        assert headers["X-Tongxin-Timestamp"] == str(int(at.timestamp()))
        assert signed_by(SECRET, headers, body)
        assert not signed_by("another secret", headers, body)
        row = Delivery.objects.get()
        assert (row.state, row.tries, row.sent_at, row.next_at) == ("sent", 1, at, None)

    def test_what_is_sent_is_not_sent_again(self, receiver, at):
        subscribe(receiver)
        publish(at)
        actions.deliver_due(at=at)
        assert actions.deliver_due(at=at + 60 * minute) == {"sent": 0, "failed": 0}
        assert len(receiver.got) == 1

    def test_what_is_not_due_waits(self, receiver, at):
        subscribe(receiver)
        publish(at + minute)
        assert actions.deliver_due(at=at) == {"sent": 0, "failed": 0}
        assert receiver.got == []

    def test_a_pass_takes_so_many(self, receiver, at):
        subscribe(receiver)
        for n in range(5):
            publish(at + timedelta(seconds=n), key=f"e{n}", event={"n": n})
        assert actions.deliver_due(at=at + minute, limit=3)["sent"] == 3
        assert [body["n"] for body in receiver.bodies()] == [0, 1, 2]

    def test_an_idle_pass_is_one_query(self, receiver, at, django_assert_num_queries):
        with django_assert_num_queries(1):
            actions.deliver_due(at=at)

    @pytest.mark.parametrize("answer", [500, 404, 302, 301])
    def test_any_answer_but_success_fails_and_redirects_are_not_followed(
        self, receiver, at, answer
    ):
        receiver.answers = [answer]
        subscribe(receiver)
        publish(at)
        assert actions.deliver_due(at=at) == {"sent": 0, "failed": 1}
        assert [path for path, *_rest in receiver.got] == ["/hook"]
        assert state() == ("waiting", 1, at + minute)
        assert Delivery.objects.get().last_error == f"HTTP {answer}"

    def test_it_is_tried_again_with_growing_pauses_then_laid_aside(self, receiver, at):
        receiver.answers = [500] * 6
        subscribe(receiver)
        publish(at)
        pauses, moment = [], at
        while (due := Delivery.objects.get().next_at) is not None:
            pauses.append(int((due - moment) / minute))
            moment = due
            actions.deliver_due(at=moment)
        assert pauses == [0, 1, 5, 30, 120, 480]
        assert state() == ("dead", 6, None)
        assert len(receiver.got) == 6

    def test_a_dead_one_can_be_tried_anew(self, receiver, root, at):
        subscribe(receiver)
        publish(at)
        Delivery.objects.update(state="dead", tries=6, next_at=None)
        actions.retry_delivery(delivery=Delivery.objects.get(), by=root, at=at)
        assert AuditEntry.objects.get().action == "delivery.retry"
        assert actions.deliver_due(at=at)["sent"] == 1
        with pytest.raises(delivering.NotDead, match="不用重发"):
            actions.retry_delivery(delivery=Delivery.objects.get(), by=root, at=at)

    def test_a_subscription_switched_off_meanwhile_gets_nothing(self, receiver, at):
        subscribe(receiver)
        publish(at)
        Subscription.objects.update(is_active=False)
        assert actions.deliver_due(at=at)["failed"] == 1
        assert receiver.got == []
        assert Delivery.objects.get().last_error == "订阅已停用"

    def test_a_seal_of_a_lost_key_fails_alone(self, receiver, other, at):
        subscribe(receiver)
        broken = subscribe(other)
        Subscription.objects.filter(pk=broken.pk).update(secret_sealed="s1.deadbeef.AAAA")
        publish(at)
        assert actions.deliver_due(at=at) == {"sent": 1, "failed": 1}
        assert "密钥" in Delivery.objects.get(subscription=broken).last_error


class TestTrouble:
    def test_one_that_hangs_holds_up_nobody_and_all_its_own(self, receiver, other, at, monkeypatch):
        monkeypatch.setattr(senders, "TIMEOUT", 0.2)
        receiver.hangs.set()
        slow, quick = subscribe(receiver), subscribe(other)
        for n in range(3):
            publish(at, key=f"e{n}", event={"n": n})
        assert actions.deliver_due(at=at, limit=4) == {"sent": 2, "failed": 3}
        assert len(receiver.got) == 1, "after the first, the rest of its queue waits untried"
        assert len(other.got) == 2
        hanging = Delivery.objects.filter(subscription=slow)
        assert set(hanging.values_list("tries", "next_at")) == {(1, at + minute)}
        assert all("ReadTimeout" in row.last_error for row in hanging)
        receiver.hangs.clear()
        assert actions.deliver_due(at=at + minute) == {"sent": 4, "failed": 0}
        assert Delivery.objects.filter(subscription=quick, state="sent").count() == 3

    def test_nobody_listens(self, receiver, at):
        with socket.socket() as closed:  # bound, not listening
            closed.bind(("127.0.0.1", 0))
            row = subscribe(receiver)
            row.url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            row.save()
            publish(at)
            assert actions.deliver_due(at=at) == {"sent": 0, "failed": 1}
        assert "ConnectError" in Delivery.objects.get().last_error

    def test_a_slow_receiver_gets_part_of_a_pass(self, receiver, at, monkeypatch):
        monkeypatch.setattr(delivering, "QUEUE_SECONDS", -1)
        subscribe(receiver)
        publish(at)
        assert actions.deliver_due(at=at) == {"sent": 0, "failed": 0}
        assert state() == ("waiting", 0, at)

    def test_a_worker_that_dies_after_the_claim_loses_nothing(self, receiver, at, monkeypatch):
        def killed(*_args):
            raise SystemExit

        subscribe(receiver)
        publish(at)
        with monkeypatch.context() as patch:
            patch.setattr(delivering, "ThreadPoolExecutor", killed)
            with pytest.raises(SystemExit):
                actions.deliver_due(at=at)
        soon = at + delivering.LEASE - minute
        assert actions.deliver_due(at=soon) == {"sent": 0, "failed": 0}
        assert actions.deliver_due(at=at + delivering.LEASE) == {"sent": 1, "failed": 0}
        assert len(receiver.got) == 1

    def test_a_claimed_message_is_not_claimed_twice(self, receiver, at):
        subscribe(receiver)
        publish(at)
        assert len(delivering._claim(at, 50)) == 1
        assert delivering._claim(at, 50) == []

    def test_an_odd_error_stops_nobody(self, receiver, sun, at, monkeypatch):
        def odd(phone, text, at):
            raise ZeroDivisionError("odd")

        monkeypatch.setitem(senders.SMS_SENDERS, "console", odd)
        sun.channels = "inbox sms"
        subscribe(receiver)
        publish(at)
        actions.tell(users=[sun], title="已派单", text="", url="/", key="k", at=at)
        assert actions.deliver_due(at=at) == {"sent": 1, "failed": 1}
        assert "ZeroDivisionError" in Delivery.objects.get(channel="sms").last_error


class TestTargets:
    @pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd", "javascript:1"])
    def test_only_http(self, receiver, at, url):
        row = subscribe(receiver)
        Subscription.objects.filter(pk=row.pk).update(url=url)
        publish(at)
        assert actions.deliver_due(at=at)["failed"] == 1
        assert Delivery.objects.get().last_error == "不是 http 或 https 地址"

    def test_private_networks_can_be_closed(self, receiver, at, settings):
        settings.TONGXIN_WEBHOOK_PRIVATE = False
        subscribe(receiver)
        publish(at)
        assert actions.deliver_due(at=at)["failed"] == 1
        assert receiver.got == []
        assert Delivery.objects.get().last_error.startswith("地址在内部网络中")

    @pytest.mark.parametrize("host", ["10.1.2.3", "192.168.1.1", "169.254.169.254", "[::1]"])
    def test_what_is_private(self, settings, host):
        settings.TONGXIN_WEBHOOK_PRIVATE = False
        assert "内部网络" in senders.refuse_target(f"http://{host}/")
        settings.TONGXIN_WEBHOOK_PRIVATE = True
        assert senders.refuse_target(f"http://{host}/") == ""


class TestSms:
    @pytest.fixture(autouse=True)
    def _by_webhook(self, settings, receiver):
        settings.TONGXIN_SMS = "webhook"
        settings.TONGXIN_SMS_URL = f"{receiver.url}/sms"
        settings.TONGXIN_SMS_SECRET = SECRET
        settings.TONGXIN_URL = "https://tx.example.cn/"

    def test_a_notice_goes_to_the_phone(self, receiver, sun, at):
        sun.channels = "inbox sms"
        actions.tell(users=[sun], title="已派单", text="王海生", url="/c/1", key="k", at=at)
        assert PHONE not in str(Delivery.objects.values())
        assert actions.deliver_due(at=at)["sent"] == 1
        [(path, headers, body)] = receiver.got
        assert path == "/sms"
        assert signed_by(SECRET, headers, body)
        text = "【同心】已派单 王海生 https://tx.example.cn/c/1"
        assert receiver.bodies() == [{"phone": PHONE, "text": text}]

    def test_a_code_goes_to_the_phone(self, receiver, db, at):
        code = actions.send_code(phone=PHONE, address="10.0.0.7", at=at)
        assert code in receiver.bodies()[0]["text"]

    def test_a_code_that_is_not_taken_is_said(self, receiver, db, at):
        receiver.answers = [500]
        with pytest.raises(actions.CodeNotSent, match="短信暂时发不出去"):
            actions.send_code(phone=PHONE, address="10.0.0.7", at=at)


class TestMail:
    @pytest.fixture
    def mailbox(self, settings):
        mailbox = Mailbox()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        controller = Controller(mailbox, hostname="127.0.0.1", port=port)
        controller.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = port
        yield mailbox
        controller.stop()

    def tell(self, user, at, email="sun@example.com", key="k"):
        user.channels, user.email = "inbox email", email
        user.save()
        text = "王海生 16:00 前上门"
        actions.tell(users=[user], title="已派单\n给志愿者", text=text, url="/c/1", key=key, at=at)

    def test_a_notice_goes_to_the_mailbox(self, mailbox, sun, at):
        self.tell(sun, at)
        assert actions.deliver_due(at=at) == {"sent": 1, "failed": 0}
        [letter] = mailbox.letters
        assert letter.rcpt_tos == ["sun@example.com"]
        parsed = message_from_bytes(letter.content, policy=policy.default)
        assert str(make_header(decode_header(parsed["Subject"]))) == "已派单 给志愿者"
        assert "王海生 16:00 前上门" in parsed.get_content()
        assert "/c/1" in parsed.get_content()

    def test_a_mailbox_that_is_refused_does_not_hold_up_others(self, mailbox, sun, fang, at):
        self.tell(sun, at, email="nobody@refused.example")
        self.tell(fang, at, email="fang@example.com")
        assert actions.deliver_due(at=at) == {"sent": 1, "failed": 1}
        assert "550" in Delivery.objects.get(user=sun).last_error

    def test_no_mail_server(self, mailbox, sun, at, settings):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            settings.EMAIL_PORT = closed.getsockname()[1]
            self.tell(sun, at)
            self.tell(sun, at, key="k2")
            assert actions.deliver_due(at=at, limit=1) == {"sent": 0, "failed": 2}
        assert set(Delivery.objects.values_list("tries", flat=True)) == {1}
