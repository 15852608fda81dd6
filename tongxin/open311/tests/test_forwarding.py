"""Handing on to another Open311 server: to our own, and to one that behaves badly."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.accounts.models import Notice
from tongxin.cases.actions import make_move, settle_events
from tongxin.cases.models import Case, Event
from tongxin.open311 import actions, guarded
from tongxin.open311.models import Forwarding, Peer
from tongxin.requests.actions import file_request

from .servers import Fake, drop

MINUTE = timedelta(minutes=1)
START = now() - timedelta(days=4)  # nothing may be written down that is yet to happen


@pytest.fixture(autouse=True)
def _private(settings):
    settings.TONGXIN_OPEN311_ALLOW_PRIVATE = True


@pytest.fixture
def fake():
    with Fake() as fake:
        yield fake


@pytest.fixture
def peer(world, fake):
    """The fake as a peer that gets the potholes of North."""
    found = actions.save_peer(
        name="市政平台", url=fake.url, key="theirs", by=world.ann, at=now() - MINUTE
    )
    actions.add_rule(
        peer=found, topic=world.pothole, region=world.north, service_code="P1", by=world.ann,
        at=now(),
    )  # fmt: skip
    return found


def pothole(world, **changed):
    given = {
        "text": "路面坑洼，联系 13820261122", "actor": world.sun, "topic": world.pothole,
        "lng": 117.55, "lat": 39.25, "at": START, "address": "松社区东门", **changed,
    }  # fmt: skip
    return file_request(**given)


def forward(at=None):
    return actions.forward_due(at=at or START)


def the():
    return Forwarding.objects.get()


def notes(case):
    return [event.note for event in case.events.filter(name="hear").order_by("seq")]


@pytest.mark.django_db
class TestHandingOn:
    def test_a_case_goes_there_once(self, world, peer, fake):
        fake.script["POST requests.json"] = [(200, [{"service_request_id": "A-1"}])]
        case = pothole(world)
        forward()
        forward()
        (form,) = fake.posts()
        assert form["api_key"] == "theirs" and form["service_code"] == "P1"
        assert (form["lat"], form["long"]) == ("39.250000", "117.550000")
        assert case.number in form["description"] and form["account_id"] == case.number
        assert "13820261122" not in str(form) and "孙" not in str(form)
        one = the()
        assert (one.state, one.their_id, one.tries) == ("taken", "A-1", 0)
        assert notes(case) == ["已转交市政平台，对方编号 A-1"]

    @pytest.mark.parametrize(
        "changed",
        [
            {"is_private": True},
            {"lng": 117.55, "lat": 38.85},  # in Salt, outside the rule
        ],
    )
    def test_others_stay(self, world, peer, fake, changed):
        pothole(world, **changed)
        file_request(text="漏水", actor=world.sun, topic=world.tap, region=world.pine, at=now())
        assert forward() == 0 and not fake.got

    def test_what_was_filed_before_the_rule_stays(self, world, fake):
        pothole(world)
        peer = actions.save_peer(name="市政平台", url=fake.url, by=world.ann, at=now())
        actions.add_rule(peer=peer, topic=world.pothole, service_code="P1", by=world.ann, at=now())
        assert forward() == 0

    def test_one_that_becomes_a_pothole_goes(self, world, peer, fake):
        fake.script["POST requests.json"] = [(200, [{"service_request_id": "A-1"}])]
        case = pothole(world, topic=world.tap)
        forward()
        make_move(
            case, "correct", at=now(), actor=world.zhang, topic=world.pothole, note="是路面的事"
        )
        forward()
        assert the().their_id == "A-1"

    def test_a_token_becomes_a_number(self, world, peer, fake):
        fake.script = {
            "POST requests.json": [(200, [{"token": "t1"}])],
            "GET tokens/t1.json": [
                (200, [{"token": "t1", "service_request_id": ""}]),
                (200, [{"token": "t1", "service_request_id": "B-7"}]),
            ],
        }
        case, at = pothole(world), START
        forward(at)
        forward(at + 10 * MINUTE)
        assert the().their_id is None
        forward(at + 60 * MINUTE)
        assert the().their_id == "B-7"
        assert notes(case) == ["已转交市政平台，对方编号 B-7"]

    def test_what_came_from_there_is_not_sent_back(self, world, peer, fake, app, door):
        Peer.objects.update(client=app)
        door.file()
        assert forward() == 0 and not fake.got


@pytest.mark.django_db
class TestHearing:
    @pytest.fixture
    def case(self, world, peer, fake):
        fake.script["POST requests.json"] = [(200, [{"service_request_id": "A-1"}])]
        case = pothole(world)
        forward()
        return case

    def says(self, fake, *answers):
        fake.script["GET requests/A-1.json"] = [
            (200, [{"service_request_id": "A-1", **answer}]) for answer in answers
        ]

    def test_progress_is_a_line_of_the_case_once(self, case, fake, world):
        self.says(
            fake,
            {"status": "open"},
            {"status": "open", "status_notes": "已派工，电话 13820261122", "agency_responsible": "养护一队"},
        )  # fmt: skip
        at = START
        for hours in range(1, 40, 6):
            forward(at + timedelta(hours=hours))
        assert notes(case)[1:] == ["市政平台（养护一队）办理中：已派工，电话 138********"]
        settle_events(at=at)
        assert Notice.objects.filter(user=world.sun, title__startswith="外部进展").exists()

    def test_closed_there_is_told_here_and_a_person_decides(self, case, fake, world):
        self.says(fake, {"status": "closed", "status_notes": "已修补"})
        at = START
        forward(at + 10 * MINUTE)
        forward(at + 100 * MINUTE)
        assert notes(case)[1:] == ["市政平台已办结：已修补。请核实后再办结本单"]
        assert Case.objects.get(pk=case.pk).is_open and the().state == "closed"
        assert fake.words().count("GET requests/A-1.json") == 1
        settle_events(at=at)
        told = Notice.objects.filter(title__startswith="外部进展", text__contains="已修补")
        assert {notice.user for notice in told} >= {world.zhang, world.sun}

    def test_looks_grow_rarer_while_there_is_no_news(self, case, fake):
        self.says(fake, {"status": "open"})
        at = the().next_at
        waits = []
        for _n in range(6):
            forward(at)
            waits.append((the().next_at - at) // MINUTE)
            at = the().next_at
        assert waits == [5, 15, 60, 240, 720, 720]

    def test_our_own_end_ends_the_looking(self, case, fake, world):
        make_move(case, "cancel", at=now(), actor=world.sun)
        forward(START + 10 * MINUTE)
        assert the().state == "ended" and the().next_at is None

    @pytest.mark.parametrize(
        "answer",
        [
            (200, [{"service_request_id": "A-2", "status": "closed"}]),
            (200, [{"service_request_id": "A-1", "status": "done"}]),
            (200, [{"service_request_id": "A-1", "status": "closed"}] * 2),
            (200, "办结".encode("gbk")),
            (200, b"<html>"),
            (200, {"nothing": 1}),
            (200, b"[" + b"1," * 2_000_000 + b"1]"),
            (302, b""),
            (500, b""),
            (404, [{"code": 404, "description": "gone"}]),
        ],
    )
    def test_nonsense_changes_nothing_and_is_written_down(self, case, fake, answer):
        fake.script["GET requests/A-1.json"] = [answer]
        forward(START + 10 * MINUTE)
        one = the()
        assert one.state == "taken" and one.last_error and one.next_at
        assert len(notes(case)) == 1


@pytest.mark.django_db
class TestTrouble:
    def test_after_a_hang_up_it_is_looked_for_before_it_is_sent_again(self, world, peer, fake):
        case = pothole(world)
        fake.script = {
            "POST requests.json": [drop],
            "GET requests.json": [
                (
                    200,
                    [{"service_request_id": "A-9", "description": f"x［来源编号 {case.number}］"}],
                )
            ],
        }
        at = START
        forward(at)
        assert the().state == "waiting" and the().unsure_since
        forward(at + 2 * MINUTE)
        assert the().their_id == "A-9"
        assert fake.words() == ["POST requests.json", "GET requests.json"]

    def test_if_it_is_not_there_it_is_sent_again(self, world, peer, fake):
        pothole(world)
        fake.script = {
            "POST requests.json": [(502, b""), (200, [{"service_request_id": "A-9"}])],
            "GET requests.json": [(200, [])],
        }
        at = START
        forward(at)
        forward(at + 2 * MINUTE)
        assert the().their_id == "A-9" and len(fake.posts()) == 2

    def test_latin_1_is_no_answer(self, world, peer, fake):
        pothole(world)
        fake.script = {"POST requests.json": [(200, b'[{"service_request_id": "Stra\xdfe"}]')]}
        forward()
        assert the().their_id is None and the().unsure_since

    def test_a_refusal_is_final_and_says_why(self, world, peer, fake):
        case = pothole(world)
        fake.script = {
            "POST requests.json": [(400, [{"code": 400, "description": "service_code 不对"}])]
        }
        at = START
        forward(at)
        one = the()
        assert one.state == "dead" and "service_code 不对" in one.last_error
        assert notes(case) == []
        fake.script = {"POST requests.json": [(200, [{"service_request_id": "A-1"}])]}
        with pytest.raises(actions.NotTheAdministrator):
            actions.retry_forwarding(forwarding=one, by=world.gao, at=at)
        actions.retry_forwarding(forwarding=one, by=world.ann, at=at)
        forward(at)
        assert the().state == "taken"
        with pytest.raises(actions.NotDead):
            actions.retry_forwarding(forwarding=one, by=world.ann, at=at)

    def test_it_is_given_up_after_some_ten_hours(self, world, peer, fake):
        pothole(world)
        fake.script = {"POST requests.json": [(503, b"")], "GET requests.json": [(503, b"")]}
        at, waits = START, []
        while (one := Forwarding.objects.filter(next_at__isnull=False).first()) or not waits:
            at = one.next_at if one else at
            forward(at)
            if the().next_at:
                waits.append((the().next_at - at) // MINUTE)
        assert waits == [1, 5, 30, 120, 480] and the().state == "dead"

    def test_the_number_of_another_case_is_not_taken(self, world, peer, fake):
        fake.script["POST requests.json"] = [(200, [{"service_request_id": "A-1"}])]
        pothole(world)
        second = pothole(world, text="另一处坑")
        forward()
        one = Forwarding.objects.get(case=second)
        assert one.state == "dead" and "A-1" in one.last_error and one.their_id is None

    @pytest.mark.parametrize("number", ["../../admin", "1 2", "<b>", "号", "x" * 65])
    def test_a_number_that_is_none(self, world, peer, fake, number):
        fake.script["POST requests.json"] = [(200, [{"service_request_id": number}])]
        pothole(world)
        forward()
        assert the().their_id is None and the().last_error

    def test_one_that_hangs_is_left_alone_for_all(self, world, peer, fake, monkeypatch):
        monkeypatch.setattr(guarded, "TIMEOUT", 0.1)
        fake.script["POST requests.json"] = [(200, [{"service_request_id": "A-1"}])]
        pothole(world)
        at = START
        forward(at)
        Forwarding.objects.update(their_id="A-1", next_at=at)
        fake.script["GET requests/A-1.json"] = [lambda handler: fake.released.wait(2) and None]
        for n in range(3):
            pothole(world, text=f"坑{n}")
        forward(at)
        assert len(fake.got) == 2  # one was tried, the others wait
        assert not Forwarding.objects.filter(next_at__lte=at).exists()

    def test_a_trickle_is_cut_off(self, world, peer, fake, monkeypatch):
        monkeypatch.setattr(guarded, "WHOLE", 0.1)

        def trickle(handler):
            handler.send_response(200)
            handler.end_headers()
            try:
                for _n in range(50):
                    handler.wfile.write(b" ")
                    handler.wfile.flush()
                    fake.released.wait(0.02)
            except OSError:
                pass

        fake.script["POST requests.json"] = [trickle]
        pothole(world)
        forward()
        assert the().unsure_since and the().their_id is None


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1/v2", "http://[::1]/v2", "http://10.0.0.8/v2", "http://localhost/v2",
            "http://169.254.169.254/latest", "http://0x7f000001/", "ftp://example.org",
            "file:///etc/passwd", "http://", "http://user@93.184.216.34/", "http://x:99999/",
        ],
    )  # fmt: skip
    def test_into_the_house_or_nowhere(self, settings, url):
        settings.TONGXIN_OPEN311_ALLOW_PRIVATE = False
        assert guarded.refuse_address(url)

    def test_out_of_the_house(self, settings):
        settings.TONGXIN_OPEN311_ALLOW_PRIVATE = False
        assert guarded.refuse_address("https://93.184.216.34/open311/v2") == ""

    @pytest.mark.django_db
    def test_what_is_refused_is_not_called(self, settings, world, peer, fake):
        fake.script["POST requests.json"] = [(200, [{"service_request_id": "A-1"}])]
        settings.TONGXIN_OPEN311_ALLOW_PRIVATE = False
        pothole(world)
        forward()
        assert not fake.got and "内部网络" in the().last_error
        with pytest.raises(actions.BadAddress):
            actions.save_peer(name="x", url=fake.url, by=world.ann, at=now())

    @pytest.mark.django_db
    def test_the_address_that_was_checked_is_the_one_that_is_called(
        self, world, peer, fake, monkeypatch
    ):
        """A name that leads elsewhere a moment later is not asked twice."""
        port = fake.server.server_port
        monkeypatch.setattr(guarded, "address_of", lambda url: ("peer.example", port, "127.0.0.1"))
        Peer.objects.update(url=f"http://peer.example:{port}/v2")
        hosts = []

        def answer(handler):
            hosts.append(handler.headers["Host"])
            return 200, [{"service_request_id": "A-1"}]

        fake.script["POST requests.json"] = [answer]
        pothole(world)
        forward()
        assert the().their_id == "A-1" and hosts == [f"peer.example:{port}"]


@pytest.mark.django_db(transaction=True)
def test_from_house_to_house(world, live_server, at):
    """Our own server as the other side: filed there, answered there, closed there."""
    from tongxin.cases.queries import forget_topics

    forget_topics()
    _client, key = actions.give_key(name="本府", by=world.ann, at=at - MINUTE)
    peer = actions.save_peer(
        name="邻区", url=f"{live_server.url}/open311/v2", key=key, by=world.ann, at=at - MINUTE
    )
    actions.add_rule(peer=peer, topic=world.pothole, service_code="0101", by=world.ann, at=at)
    ours = pothole(world)
    forward()
    theirs = Case.objects.get(topic=world.tap)
    assert theirs.number == the().their_id and ours.number in theirs.text
    assert theirs.lng == pytest.approx(117.55)
    make_move(theirs, "answer", at=now(), actor=world.zhang, note="明天上午来补")
    forward(START + 10 * MINUTE)
    assert notes(ours)[-1] == "邻区办理中：待派单：明天上午来补"
    Case.objects.filter(pk=theirs.pk).update(step="closed", closed_at=now())
    forward(START + 60 * MINUTE)
    assert notes(ours)[-1].startswith("邻区已办结：已完成：明天上午来补")
    assert Event.objects.filter(case=ours, name="hear").count() == 3
