"""What becomes of a letter: a case, a note in one, a place in somebody's queue, or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from tongxin.accounts.actions import deliver_due
from tongxin.accounts.models import Delivery, Notice
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Evidence
from tongxin.mailbox import actions, queries
from tongxin.mailbox.models import Address, Correspondent, Letter
from tongxin.mailbox.tests.post import PINE, SALT, letter, picture
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.DEFAULT_FROM_EMAIL = "tongxin@shequ.example"
    Address.objects.create(address=PINE, region=world.pine)
    Address.objects.create(address=SALT, region=world.salt)
    return world


def take(message, at=NOON) -> Letter:
    return actions.take_letter(raw=bytes(message), at=at)


def sent(at=NOON) -> list:
    mail.outbox.clear()
    deliver_due(at=at)
    return list(mail.outbox)


def test_a_letter_opens_a_request_and_is_answered(world):
    message = letter()
    message.add_attachment(picture(), maintype="image", subtype="jpeg")
    taken = take(message)
    case = Case.objects.get()
    assert (taken.state, taken.case) == ("filed", case)
    assert (case.title, case.region, case.request.channel) == ("水管漏水", world.pine, "email")
    assert case.reporter is None
    assert case.evidence.count() == 1
    (answer,) = sent()
    assert answer.to == ["wang@mail.example"]
    assert case.number in answer.subject
    assert case.number in answer.body
    assert "/mailbox/follow/" in answer.body
    assert answer.extra_headers["In-Reply-To"] == "<1@mail.example>"
    assert answer.extra_headers["Auto-Submitted"] == "auto-replied"
    assert answer.extra_headers["Reply-To"].startswith("pine+t-")


def test_who_wrote_is_sealed(world):
    take(letter())
    one, who, out = Letter.objects.get(), Correspondent.objects.get(), Delivery.objects.get()
    for row in (one, who, out):
        assert "wang@mail.example" not in str(vars(row))
    assert one.sender_shown == "王** w***@mail.example"


def test_a_message_is_read_once(world):
    first = take(letter())
    assert take(letter(), at=NOON + timedelta(hours=1)) == first
    assert Case.objects.count() == 1
    assert len(sent()) == 1


def reply(case, text="还没有人来，更严重了", **more):
    to = queries.reply_address(PINE, case.number)
    return letter(text, to=to, subject="Re: 水管漏水", id="<2@mail.example>", **more)


def test_an_answer_adds_to_its_case(world):
    case = take(letter()).case
    message = reply(case)
    message.add_attachment(picture(), maintype="image", subtype="jpeg")
    added = take(message)
    assert (added.state, added.case) == ("added", case)
    event = case.events.get(name="add")
    assert event.note == "来信补充：还没有人来，更严重了"
    assert Evidence.objects.filter(case=case).count() == 1
    assert Case.objects.count() == 1


def test_an_answer_is_known_by_the_message_it_answers(world):
    case = take(letter()).case
    (answer,) = sent()
    message_id = answer.extra_headers["Message-ID"]
    for n, header in enumerate(("In_Reply_To", "References")):
        message = letter(
            "补充",
            to=PINE,
            subject="其他",
            id=f"<r{n}@x>",
            sender="son@else.example",
            **{header: message_id},
        )
        assert take(message).case == case
    assert case.events.filter(name="add").count() == 2


def test_the_number_in_the_subject_needs_the_one_who_wrote(world):
    case = take(letter()).case
    known = letter("补充一点", subject=f"关于 {case.number}", id="<3@x>")
    assert take(known).state == "added"
    stranger = letter(
        "我是骗子", subject=f"关于 {case.number}", id="<4@x>", sender="x@evil.example"
    )
    held = take(stranger)
    assert held.state == "held"
    assert case.number in held.why
    assert case.events.filter(name="add").count() == 1


def test_a_forged_token_opens_nothing(world):
    case = take(letter()).case
    forged = f"pine+t-{case.number}-{'0' * 20}@shequ.example"
    held = take(letter("我是骗子", to=forged, subject="x", id="<5@x>", sender="x@evil.example"))
    assert held.state == "held"
    assert "凭证不对" in held.why
    assert case.events.count() == 1
    assert queries.number_in(f"<t-{case.number}-{'0' * 20}.1@x>") == ""


def test_a_right_token_adds_a_note_and_no_more(world):
    """Whoever has our address may add words; they become nobody and see nothing."""
    case = take(letter()).case
    take(reply(case, sender="someone@else.example"))
    event = case.events.latest("seq")
    assert (event.name, event.actor) == ("add", None)
    case.refresh_from_db()
    assert case.step == "filed"
    assert Correspondent.objects.get(case=case).address_index == queries.sealer().index(
        "wang@mail.example"
    )


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"List_Id": "<x>"}, {"Return_Path": "<>"},
     {"sender": "postmaster@x.example"}, {"sender": PINE}, {"sender": "tongxin@shequ.example"}],
)  # fmt: skip
def test_machines_open_no_case_and_get_no_answer(world, headers):
    taken = take(letter(**headers))
    assert taken.state == "refused"
    assert taken.why
    assert not Case.objects.exists()
    assert sent() == []


def test_our_own_answer_coming_back_is_refused(world):
    case = take(letter()).case
    (answer,) = sent()
    echo = answer.message()
    del echo["To"]
    echo["To"] = queries.reply_address(PINE, case.number)
    assert take(echo).state == "refused"
    assert case.events.count() == 1


def test_an_unknown_address_waits_for_a_person(world):
    held = take(letter(to="who@shequ.example"))
    assert held.state == "held"
    assert Letter.objects.visible_to(world.gao).count() == 1  # the district's
    for other in (world.zhang, world.liu, world.sun):
        assert Letter.objects.visible_to(other).count() == 0


def test_who_takes_requests_in_is_told_of_what_waits(world):
    case = take(letter()).case
    take(letter("x", subject=f"{case.number}", id="<4@x>", sender="x@evil.example"))
    assert Notice.objects.filter(user=world.zhang, title__startswith="来信待处理").count() == 1
    assert not Notice.objects.filter(user=world.wu).exists()


def test_many_letters_of_one_sender_wait(world):
    states = [take(letter(f"第{n}封", id=f"<{n}@x>")).state for n in range(12)]
    assert states == ["filed"] * 10 + ["held"] * 2
    assert len(sent()) == 10


def test_what_a_request_refuses_waits(world, settings):
    world.pine.polygon = None
    held = take(letter(" ", subject=""))
    assert held.state == "held"
    assert "请填写" in held.why


def test_characters_nobody_sees_do_not_stop_a_letter(world):
    case = take(letter("水管\u200b漏\u202e水\u2028了", subject="水\ufeff管")).case
    assert case.text == "水管漏水了"


def test_attachments_that_are_no_photos_are_named_in_the_answer(world):
    message = letter()
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="说明.pdf")
    message.add_attachment(b"x" * 9000, maintype="image", subtype="jpeg", filename="坏.jpg")
    taken = take(message)
    assert taken.state == "filed"
    (answer,) = sent()
    assert "说明.pdf" in answer.body
    assert "一张照片没有收下" in answer.body


def test_a_letter_after_the_end_is_heard_by_who_had_it(world):
    case = take(letter()).case
    make_move(case, "cancel", at=NOON, actor=None, parts=frozenset({"reporter"}))
    held = take(reply(case))
    assert held.state == "held"  # a cancelled case takes nothing: a person looks
    assert "没有成功" in held.why


def test_progress_is_told_once_in_the_thread(world):
    case = take(letter()).case
    sent()
    make_move(case, "dispatch", at=NOON, actor=world.zhang, holder=world.mei)
    later = NOON + timedelta(minutes=5)
    assert actions.tell_correspondents(at=later) == 1
    (told,) = sent(later)
    assert "派单" in told.body
    assert told.extra_headers["In-Reply-To"] == "<1@mail.example>"
    assert queries.number_in(told.extra_headers["Message-ID"]) == case.number
    assert actions.tell_correspondents(at=later) == 0
    make_move(case, "urge", at=later, actor=None, parts=frozenset({"operator"}))
    assert actions.tell_correspondents(at=later) == 0  # not told to a reporter


def test_the_link_shows_the_case_and_a_made_up_one_nothing(world, client):
    case = take(letter()).case
    path = queries.page_link(case.number).partition("8000")[2]
    html = client.get(path).content.decode()
    assert case.number in html
    assert "三楼水管漏水" not in html  # the text stays with who works on it
    assert client.get(f"/mailbox/follow/{case.number}:x/").status_code == 404
