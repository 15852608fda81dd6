"""Servers that follow the updates extension are told how a case we handed on goes on here."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tongxin.cases.actions import make_move
from tongxin.open311 import actions
from tongxin.open311.models import Forwarding, Peer
from tongxin.requests.actions import file_request

from .servers import Fake, drop

MINUTE = timedelta(minutes=1)
UPDATES = "POST servicerequestupdates.json"


@pytest.fixture(autouse=True)
def _private(settings):
    settings.TONGXIN_OPEN311_ALLOW_PRIVATE = True


@pytest.fixture
def fake():
    with Fake() as fake:
        fake.script["POST requests.json"] = [(200, [{"service_request_id": "A-1"}])]
        fake.script[UPDATES] = [(200, [{"update_id": "u"}])]
        yield fake


@pytest.fixture
def start(at):
    return at - timedelta(days=2)


@pytest.fixture
def case(world, fake, start):
    """A pothole that was handed on to a server that is told of our progress."""
    peer = actions.save_peer(
        name="市政平台", url=fake.url, key="theirs", by=world.ann, at=start - MINUTE,
        takes_updates=True,
    )  # fmt: skip
    actions.add_rule(peer=peer, topic=world.pothole, service_code="P1", by=world.ann, at=start)
    case = file_request(
        text="路面坑洼", actor=world.sun, topic=world.pothole, region=world.p1, at=start
    )
    actions.forward_due(at=start)
    return case


def answer(world, case, at, note="已联系施工队，电话 13820261122"):
    return make_move(case, "answer", at=at, actor=world.zhang, note=note)


def told(fake):
    return [form for word, form in fake.got if word == UPDATES]


@pytest.mark.django_db
class TestTelling:
    def test_what_happens_here_is_told_there_once(self, world, case, fake, start):
        actions.tell_peers_due(at=start)
        assert not told(fake)  # their own number is no news to them
        event = answer(world, case, start + MINUTE)
        assert actions.tell_peers_due(at=start + MINUTE) == 1
        assert actions.tell_peers_due(at=start + 2 * MINUTE) == 0
        (form,) = told(fake)
        assert (form["service_request_id"], form["update_id"]) == ("A-1", str(event.pk))
        assert (form["api_key"], form["status"]) == ("theirs", "OPEN")
        assert "已联系施工队" in form["description"] and "13820261122" not in form["description"]
        assert form["updated_datetime"].endswith("+08:00")

    def test_steps_are_told_in_their_order_and_the_end_as_well(self, world, case, fake, start):
        make_move(case, "dispatch", at=start + MINUTE, actor=world.zhang, handler=world.roads)
        make_move(case, "cancel", at=start + 2 * MINUTE, actor=world.sun, note="不用了")
        actions.tell_peers_due(at=start + 3 * MINUTE)
        assert [form["status"] for form in told(fake)] == ["ACTION_SCHEDULED", "NO_FURTHER_ACTION"]
        assert "不用了" not in str(told(fake))  # a note between people here

    def test_what_they_said_is_not_told_back_nor_heard_again(self, world, case, fake, start):
        answer(world, case, start + MINUTE, note="明天修")
        actions.tell_peers_due(at=start + MINUTE)
        row = {
            "service_request_id": "A-1",
            "status": "open",
            "status_notes": "受理：处理中：明天修",
        }
        fake.script["GET requests/A-1.json"] = [(200, [row])]
        actions.forward_due(at=start + 6 * MINUTE)
        assert case.events.filter(name="hear").count() == 1  # that they took it
        row = row | {"status_notes": "已派养护队"}
        fake.script["GET requests/A-1.json"] = [(200, [row])]
        actions.forward_due(at=start + timedelta(hours=2))
        assert case.events.filter(name="hear").count() == 2
        actions.tell_peers_due(at=start + timedelta(hours=2))
        assert len(told(fake)) == 1

    def test_who_silently_fails_is_told_later_with_the_same_id(self, world, case, fake, start):
        event = answer(world, case, start + MINUTE)
        fake.script[UPDATES] = [drop, (200, [{"update_id": "u"}])]
        actions.tell_peers_due(at=start + MINUTE)
        assert Forwarding.objects.get().tell_at == start + 6 * MINUTE
        assert actions.tell_peers_due(at=start + 2 * MINUTE) == 0
        actions.tell_peers_due(at=start + 6 * MINUTE)
        assert {form["update_id"] for form in told(fake)} == {str(event.pk)}
        assert Forwarding.objects.get().tell_at is None

    def test_who_will_not_hear_is_not_asked_again(self, world, case, fake, start):
        answer(world, case, start + MINUTE)
        fake.script[UPDATES] = [(404, [{"code": 404, "description": "no such thing"}])]
        actions.tell_peers_due(at=start + MINUTE)
        assert "对方不收进展" in Forwarding.objects.get().last_error
        assert actions.tell_peers_due(at=start + MINUTE) == 0

    def test_one_that_became_private_is_told_of_no_more(self, world, case, fake, start):
        type(case).objects.update(is_private=True)
        answer(world, case, start + MINUTE)
        actions.tell_peers_due(at=start + MINUTE)
        assert not told(fake)

    def test_only_who_follows_the_extension_and_from_then_on(self, world, case, fake, start):
        Peer.objects.update(takes_updates=False)
        answer(world, case, start + MINUTE, note="早先的")
        assert actions.tell_peers_due(at=start + MINUTE) == 0
        client = Client()
        client.force_login(world.ann)
        peer = Peer.objects.get()
        form = {"name": peer.name, "url": peer.url, "takes_updates": "on", "is_active": "on"}
        assert client.post(reverse("open311:edit-peer", args=[peer.pk]), form).status_code == 302
        page = client.get(reverse("open311:peer", args=[peer.pk])).content.decode()
        assert "本单的进展会发给对方" in page
        answer(world, case, start + 2 * MINUTE, note="后来的")
        actions.tell_peers_due(at=start + 2 * MINUTE)
        (form,) = told(fake)
        assert "后来的" in form["description"]
