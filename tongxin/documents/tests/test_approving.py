"""A document goes from hand to hand; nobody approves their own, and every word said is kept."""

from datetime import timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.cases.actions import ring_clocks
from tongxin.cases.models import Case
from tongxin.cases.queries import Guarded, NoSuchMove
from tongxin.documents import actions
from tongxin.documents.models import Document, Opinion
from tongxin.kit.errors import NotFound, NotPermitted, Refused
from tongxin.testing import NOON

pytestmark = pytest.mark.usefixtures("quick")


def step(document) -> str:
    return Case.objects.get(pk=document.case_id).step


def test_it_goes_from_draft_to_signature_with_an_opinion_at_each_step(office):
    made = office.signed()
    assert step(made) == "signed"
    said = made.opinions.order_by("id").values_list("step", "by__name", "role")
    assert list(said) == [
        ("submit", "郝宁", "inspector"), ("review", "陆远", "officer"), ("sign", "薄文", "leader"),
    ]  # fmt: skip
    assert Document.objects.get(pk=made.pk).signer == office.leader


def test_whose_turn_it_is_is_told(office):
    made = office.letter()
    actions.submit(made, by=office.drafter, at=NOON)
    told = Notice.objects.filter(title__startswith="待核稿").values_list("user__name", flat=True)
    assert sorted(told) == sorted(["陆远", "薄文"])  # not the drafter


@pytest.mark.parametrize("verb", ["review", "sign"])
def test_nobody_approves_what_they_drafted(office, verb):
    made = office.letter(by=office.leader)
    office.world.person("ni", "倪秋", office.org, "leader")
    actions.submit(made, by=office.leader, at=NOON)
    if verb == "sign":
        actions.review(made, by=office.checker, at=NOON)
    with pytest.raises(actions.OwnDraft):
        getattr(actions, verb)(made, by=office.leader, at=NOON)


def test_who_signs_is_a_post(office):
    made = office.letter()
    actions.submit(made, by=office.drafter, at=NOON)
    actions.review(made, by=office.checker, at=NOON)
    with pytest.raises(NotPermitted):
        actions.sign(made, by=office.checker, at=NOON)  # an officer checks, and does not sign
    assert step(actions.sign(made, by=office.leader, at=NOON)) == "signed"


def test_steps_cannot_be_skipped(office):
    made = office.letter()
    with pytest.raises((NoSuchMove, Guarded)):
        actions.sign(made, by=office.leader, at=NOON)
    with pytest.raises(actions.NotSigned):
        actions.issue(made, by=office.drafter, at=NOON)
    assert step(made) == "drafted" and not made.opinions.exists()


def test_an_unfinished_draft_stays(office):
    for more, words in (
        ({"context": {}}, "没有填写"),
        ({"reply_by": None}, "回复期限"),
        ({"recipients": []}, "主送单位"),
    ):
        made = office.letter(**more)
        with pytest.raises(actions.NotFinished, match=words):
            actions.submit(made, by=office.drafter, at=NOON)
        assert step(made) == "drafted"


def test_a_deadline_that_passes_meanwhile_stops_it(office):
    made = office.letter()
    with pytest.raises(actions.DeadlinePassed):
        actions.submit(made, by=office.drafter, at=NOON + timedelta(days=30))


def test_a_recipient_without_anybody_to_read_it_is_named(office):
    made = office.letter(recipients=[office.world.salt_branch, office.world.tong_party])
    office.world.salt_branch.posts.all().delete()
    with pytest.raises(actions.NobodyReads, match="盐社区党支部"):
        actions.submit(made, by=office.drafter, at=NOON)


def test_a_unit_without_anybody_to_sign_is_told_so(world):
    made = actions.draft(
        kind="notice",
        org=world.roads,
        title="通知",
        context={"body": "正文。"},
        by=world.li,
        at=NOON,
    )
    with pytest.raises(actions.NobodyApproves, match="核稿"):
        actions.submit(made, by=world.li, at=NOON)


def test_it_comes_back_with_a_reason_and_can_be_mended(office):
    made = office.letter()
    actions.submit(made, by=office.drafter, at=NOON)
    with pytest.raises(Refused):
        actions.send_back(made, by=office.checker, at=NOON, note="")
    actions.send_back(made, by=office.checker, at=NOON, note="第二条依据不足")
    assert step(made) == "drafted"
    back = Opinion.objects.get(document=made, agrees=False)
    assert back.text == "第二条依据不足"
    actions.change(made, title="改", body="改。", recipients=[office.world.roads], by=office.drafter, at=NOON, reply_by=made.reply_by)  # fmt: skip
    actions.submit(made, by=office.drafter, at=NOON)
    assert step(made) == "reviewing"


class TestCountersigning:
    @pytest.fixture
    def made(self, office):
        made = office.letter(countersigns=[office.world.roads, office.world.water])
        actions.submit(made, by=office.drafter, at=NOON)
        return actions.review(made, by=office.checker, at=NOON)

    def test_every_unit_asked_agrees_before_it_is_signed(self, office, made):
        assert step(made) == "countersigning"
        actions.countersign(made, by=office.world.li, at=NOON)
        assert step(made) == "countersigning"
        with pytest.raises(NoSuchMove):
            actions.sign(made, by=office.leader, at=NOON)
        actions.countersign(made, by=office.world.zhou, at=NOON, note="建议补充时限")
        assert step(made) == "signing"

    def test_only_a_unit_asked_and_only_once(self, office, made):
        with pytest.raises(NotFound):
            actions.countersign(made, by=office.world.liu, at=NOON)
        actions.countersign(made, by=office.world.li, at=NOON)
        with pytest.raises(NotFound, match="已经会签"):
            actions.countersign(made, by=office.world.li, at=NOON)

    def test_an_objection_sends_it_back_and_releases_the_others(self, office, made):
        with pytest.raises(Refused):
            actions.countersign(made, by=office.world.li, at=NOON, agrees=False)
        actions.countersign(made, by=office.world.li, at=NOON, agrees=False, note="职责不在我委")
        assert step(made) == "drafted"
        with pytest.raises(NotFound):
            actions.countersign(made, by=office.world.zhou, at=NOON)
        assert not Case.objects.filter(kind="document_countersign", closed_at=None).exists()

    def test_the_unit_asked_reads_it_only_while_it_is_asked(self, office, made):
        assert made in Document.objects.visible_to(office.world.li)
        other = office.letter()
        assert other not in Document.objects.visible_to(office.world.li)

    def test_an_opinion_that_is_late_rings(self, office, made):
        for _card in ("yellow", "red"):
            ring_clocks(at=NOON + timedelta(days=7))
        cards = Case.objects.filter(kind="document_countersign").values_list("card", flat=True)
        assert set(cards) == {"red"}


def test_a_draft_is_given_up_with_a_reason(office):
    made = office.letter()
    with pytest.raises(Refused):
        actions.void(made, by=office.drafter, at=NOON, reason="")
    actions.void(made, by=office.drafter, at=NOON, reason="并入另一份")
    assert step(made) == "void"


class TestSight:
    def test_before_it_is_issued_only_the_unit_and_those_above_see_it(self, office):
        made, world = office.letter(), office.world
        seeing = [office.drafter, office.checker, office.leader]
        hidden = [world.li, world.zhou, world.liu, world.gao, world.sun, world.ann, world.zhang]
        for who in seeing:
            assert made in Document.objects.visible_to(who)
        for who in hidden:
            assert made not in Document.objects.visible_to(who)

    def test_after_it_is_issued_its_recipients_do(self, office):
        made, world = office.issued(), office.world
        for who in (world.li, world.zhou):
            assert made in Document.objects.visible_to(who)
        for who in (world.liu, world.gao, world.ann):
            assert made not in Document.objects.visible_to(who)

    def test_the_case_says_nothing_of_what_it_is_about(self, office):
        made = office.signed()
        case = Case.objects.get(pk=made.case_id)
        events = "".join(str(event.data) + event.note for event in case.events.all())
        for words in ("党务公开", "公示不及时", "同意"):
            assert words not in case.title + case.text + events
