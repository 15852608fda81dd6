"""A number is taken once; what is issued goes out, rings for its reply, and is replaced by another only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils.timezone import localtime

from tongxin.accounts.models import Notice
from tongxin.cases.actions import ring_clocks
from tongxin.cases.models import Case
from tongxin.documents import actions
from tongxin.documents.models import Document, DocumentNumber, NumberRegister
from tongxin.kit.errors import Invalid, NotFound, NotPermitted
from tongxin.orgs.models import Org
from tongxin.testing import NOON

from .conftest import DUE

pytestmark = pytest.mark.usefixtures("quick")


def step(document) -> str:
    return Case.objects.get(pk=document.case_id).step


class TestNumbers:
    def test_they_follow_each_other_in_the_year_and_begin_anew(self, office):
        first, second = office.issued(), office.issued()
        assert [str(one.number) for one in (first, second)] == [
            "津滨纪监〔2026〕1号", "津滨纪监〔2026〕2号",
        ]  # fmt: skip
        later = actions.void_number(
            office.register, reason="试编", by=office.drafter, at=NOON + timedelta(days=365)
        )
        assert (later.year, later.serial) == (2027, 1)

    def test_paper_goes_on_where_it_stood(self, office):
        actions.load_kinds(at=NOON)
        register = actions.open_register(
            org=office.org, prefix="津滨纪函", by=office.drafter, at=NOON, kinds=["letter"], last=11
        )
        number = actions.void_number(register, reason="纸质公文已用", by=office.drafter, at=NOON)
        assert number.serial == 12

    def test_one_that_is_taken_or_void_or_ahead_is_refused(self, office):
        first = office.issued()
        with pytest.raises(actions.NumberIsTaken, match="已被另一份公文使用"):
            actions.issue(office.signed(), by=office.drafter, at=NOON, serial=1)
        actions.void_number(office.register, reason="重号", by=office.drafter, at=NOON)
        with pytest.raises(actions.NumberIsTaken, match="已作废（重号）"):
            actions.issue(office.signed(), by=office.drafter, at=NOON, serial=2)
        with pytest.raises(actions.NumberSkips, match="下一个序号是 3"):
            actions.issue(office.signed(), by=office.drafter, at=NOON, serial=9)
        assert str(actions.issue(office.signed(), by=office.drafter, at=NOON, serial=3).number).endswith("3号")  # fmt: skip
        assert first.number.serial == 1

    def test_without_a_register_it_waits(self, office):
        made = office.signed()
        with pytest.raises(actions.NoRegister, match="登记簿"):
            actions.issue(made, by=office.drafter, at=NOON)
        assert step(made) == "signed" and not DocumentNumber.objects.exists()

    def test_a_kind_is_numbered_in_one_register(self, office):
        office.issued()
        with pytest.raises(actions.PrefixTaken):
            actions.open_register(org=office.org, prefix="另", by=office.drafter, at=NOON)
        actions.open_register(org=office.org, prefix="津滨纪通", kinds=["bulletin"], by=office.drafter, at=NOON)  # fmt: skip
        with pytest.raises(actions.PrefixTaken, match="通报"):
            actions.open_register(org=office.org, prefix="津滨报", kinds=["bulletin"], by=office.drafter, at=NOON)  # fmt: skip
        with pytest.raises(Invalid, match="汉字"):
            actions.open_register(org=office.org, prefix="JB-1", kinds=["notice"], by=office.drafter, at=NOON)  # fmt: skip
        with pytest.raises(NotPermitted):
            actions.open_register(org=office.org, prefix="津", kinds=["notice"], by=office.world.li, at=NOON)  # fmt: skip


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_two_numbers():
    from tongxin.accounts.models import User
    from tongxin.orgs.models import Post
    from tongxin.regions.models import Region

    land = Region.objects.create(code="12", name="市", level="city", path="12/")
    org = Org.objects.create(name="办", kind="government", region=land)
    user = User.objects.create(username="one", name="一")
    Post.objects.create(user=user, org=org, role="officer", region=land)
    register = NumberRegister.objects.create(org=org, prefix="津")

    def take(_n: int) -> int:
        try:
            return actions.void_number(register, reason="并发", by=user, at=NOON).serial
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        serials = sorted(pool.map(take, range(24)))
    assert serials == list(range(1, 25))


class TestDelivery:
    def test_recipients_are_told_and_the_clock_runs_to_the_end_of_the_day_named(self, office):
        made = office.issued()
        told = set(
            Notice.objects.filter(title__startswith="收到来文").values_list("user__name", flat=True)
        )
        assert told == {"李强", "周涛"}
        owed = office.recipient(made)
        assert localtime(owed.case.due_at).replace(tzinfo=None).isoformat() == "2026-03-21T00:00:00"
        assert office.recipient(made, 1).case is None  # a copy owes no reply
        assert step(made) == "issued"

    def test_what_asks_no_reply_is_done_once_it_is_out(self, office):
        made = office.issued(kind="bulletin", reply_by=None)
        assert step(made) == "closed"

    def test_the_land_around_a_recipient_sees_no_case_of_it(self, office):
        from tongxin.cases.sight import sees

        world = office.world
        made = office.issued(recipients=[world.branch])
        case = office.recipient(made).case
        assert sees(world.qin, case)  # the branch itself
        for who in (world.chen, world.zhang, world.liu, world.mei, world.sun):
            assert not sees(who, case)

    def test_files_are_kept_and_made_once(self, office):
        made = office.issued()
        assert sorted(made.files.values_list("slot", flat=True)) == ["docx", "pdf"]
        assert actions.keep_files(made, at=NOON) == []

    def test_a_file_that_is_missing_is_made_later(self, office):
        made = office.issued()
        made.files.filter(slot="docx").delete()
        assert actions.files_due(at=NOON) == 1
        assert actions.files_due(at=NOON) == 0
        assert sorted(made.files.values_list("slot", flat=True)) == ["docx", "pdf"]

    def test_without_a_face_there_is_no_pdf_and_nobody_tries_again(self, office, monkeypatch):
        from tongxin.documents.actions import files

        def refuse(_there):
            raise files.NoChineseFont("没有中文字体")

        monkeypatch.setattr(files, "chosen_faces", refuse)
        monkeypatch.setattr(files, "pdf_of", lambda sheet: refuse(None))
        made = office.issued()
        assert list(made.files.values_list("slot", flat=True)) == ["docx"]
        assert actions.files_due(at=NOON) == 0

    def test_a_receipt_is_noted_once_by_the_unit_itself(self, office):
        made, world = office.issued(), office.world
        row = office.recipient(made)
        with pytest.raises(NotFound):
            actions.receive(row, by=world.zhou, at=NOON)
        actions.receive(row, by=world.li, at=NOON)
        actions.receive(row, by=world.li, at=NOON + timedelta(days=1))
        row.refresh_from_db()
        assert row.received_at == NOON and row.received_by == world.li


@pytest.mark.mission("S0.74")
class TestReplies:
    def test_an_overdue_reply_rings_for_both_sides(self, office):
        made = office.issued()
        for _card in range(3):
            ring_clocks(at=NOON + timedelta(days=40))
        case = office.recipient(made).case
        case.refresh_from_db()
        assert (case.card, case.is_late) == ("red", True)
        told = [
            e.data["tells"]
            for e in case.events.filter(name__in=["yellow", "red", "escalate"]).order_by("seq")
        ]
        assert told == ["handler_org", "handler_org reporter", "handler_org reporter"]

    def test_a_reply_that_suffices_ends_it(self, office):
        made, world = office.issued(), office.world
        answer = actions.reply(office.recipient(made), text="已公示并建账。", by=world.li, at=NOON)
        assert step(made) == "issued" and not answer.is_late
        with pytest.raises(NotFound):
            actions.judge(answer, accepted=True, by=world.li, at=NOON)  # not by who answered
        actions.judge(answer, accepted=True, by=office.checker, at=NOON)
        assert step(made) == "closed"
        with pytest.raises(actions.NothingOwed):
            actions.judge(answer, accepted=False, note="再想想", by=office.checker, at=NOON)

    def test_one_that_does_not_comes_back_with_a_new_day(self, office):
        made, world = office.issued(), office.world
        row = office.recipient(made)
        answer = actions.reply(row, text="正在办。", by=world.li, at=NOON)
        with pytest.raises(actions.NothingOwed):
            actions.reply(row, text="再回一次。", by=world.li, at=NOON)
        with pytest.raises(Invalid, match="认定意见"):
            actions.judge(answer, accepted=False, by=office.drafter, at=NOON, reply_by=DUE)
        with pytest.raises(Invalid, match="期限"):
            actions.judge(answer, accepted=False, note="缺依据", by=office.drafter, at=NOON)
        actions.judge(answer, accepted=False, note="缺依据", reply_by=date(2026, 4, 1), by=office.drafter, at=NOON)  # fmt: skip
        row.case.refresh_from_db()
        assert row.case.step == "asked" and row.case.handler == world.roads
        assert localtime(row.case.due_at).date() == date(2026, 4, 2)
        late = actions.reply(row, text="补充依据。", by=world.li, at=NOON + timedelta(days=60))
        assert late.is_late

    def test_more_time_is_given_by_who_asked_and_only_later(self, office):
        made = office.issued()
        row = office.recipient(made)
        with pytest.raises(NotPermitted):
            actions.extend_reply(row, reply_by=date(2026, 4, 1), by=office.world.li, at=NOON)
        with pytest.raises(Invalid, match="晚于"):
            actions.extend_reply(row, reply_by=date(2026, 3, 10), by=office.checker, at=NOON)
        actions.extend_reply(row, reply_by=date(2026, 4, 1), by=office.checker, at=NOON)
        row.case.refresh_from_db()
        assert localtime(row.case.due_at).date() == date(2026, 4, 2)

    def test_a_reply_by_letter_is_an_issued_letter_of_the_unit(self, office):
        made, world = office.issued(), office.world
        own = actions.draft(kind="letter", org=world.roads, title="复函", context={"body": "复。"}, by=world.li, at=NOON)  # fmt: skip
        with pytest.raises(actions.NotYetIssued):
            actions.reply(office.recipient(made), document=own, by=world.li, at=NOON)
        Document.objects.filter(pk=own.pk).update(issued_at=NOON)
        own.refresh_from_db()
        actions.reply(office.recipient(made), document=own, by=world.li, at=NOON)
        assert office.recipient(made).replies.get().document == own

    def test_nobody_else_answers(self, office):
        made = office.issued()
        for who in (office.world.zhou, office.world.liu, office.drafter):
            with pytest.raises(NotFound):
                actions.reply(office.recipient(made), text="回复", by=who, at=NOON)
        with pytest.raises(actions.NothingOwed):  # a copy owes none
            actions.reply(office.recipient(made, 1), text="回复", by=office.world.zhou, at=NOON)


class TestReplacing:
    def test_only_another_document_revokes_it(self, office):
        made = office.issued()
        new = actions.begin_again(made, revokes=True, by=office.drafter, at=NOON)
        assert "津滨纪监〔2026〕1号" in new.title and step(made) == "issued"
        actions.submit(new, by=office.drafter, at=NOON)
        actions.review(new, by=office.checker, at=NOON)
        actions.sign(new, by=office.leader, at=NOON)
        actions.issue(new, by=office.drafter, at=NOON)
        assert step(made) == "closed"
        assert Case.objects.get(owed_reply__document=made).step == "cancelled"
        with pytest.raises(actions.NotIssued):
            actions.begin_again(made, revokes=False, by=office.drafter, at=NOON)

    def test_a_draft_is_neither_revoked_nor_replaced(self, office):
        with pytest.raises(actions.NotIssued):
            actions.begin_again(office.letter(), revokes=False, by=office.drafter, at=NOON)


def test_what_a_party_unit_owes_is_in_its_to_do(office):
    from tongxin.documents.queries import documents_check

    world = office.world
    office.issued(recipients=[world.branch])
    [one] = documents_check([world.branch, world.pine_party], DUE)
    assert (one["unit"], one["kind"], one["due"]) == (world.branch, "reply", DUE)
    assert "津滨纪监〔2026〕1号" in one["sentence"] and "党务公开" not in one["sentence"]
    made = office.letter()
    actions.submit(made, by=office.drafter, at=NOON)
    assert [one["kind"] for one in documents_check([office.org], DUE)] == ["reviewing"]
