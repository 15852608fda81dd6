"""The pages: for who may, for who may not, for strangers; a full loop by clicking; queries counted."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate, now

from tongxin.affairs import actions
from tongxin.affairs.models import Admission, Asking, Disclosure, Election, Payment, Term
from tongxin.affairs.queries import affairs_check
from tongxin.orgs.models import Org

from .helpers import PAPERS, PDF, member

TODAY = localdate()
BUDGET = 8  # two of them are the frame's: session, and the user with posts and bell


@pytest.fixture
def qin(world, client):
    client.force_login(world.qin)
    return client


@pytest.fixture
def tang(world, client):
    from django.test import Client

    other = Client()
    other.force_login(world.tang)
    return other


def url(name, *args):
    return reverse(f"affairs:{name}", args=args)


def upload(name="材料.pdf"):
    return SimpleUploadedFile(name, PDF)


@pytest.fixture
def term(world):
    return actions.begin_term(
        unit=world.branch, number=1, from_date=TODAY - timedelta(days=5 * 365 - 30), seats=3,
        at=now(), by=world.qin,
    )  # fmt: skip


@pytest.fixture
def file(world):
    return actions.admit_applicant(
        unit=world.branch, name="申同志", born_on=date(1999, 1, 1),
        applied_on=TODAY - timedelta(days=20), papers=PAPERS, at=now(), by=world.qin,
    )  # fmt: skip


PLAIN = ["home", "terms", "admissions", "dues-units", "disclosures", "my-dues"]


@pytest.mark.parametrize("name", PLAIN)
def test_every_list_opens_for_keeper_and_for_who_keeps_nothing(world, client, name):
    for who in (world.qin, world.sun, world.ann):
        client.force_login(who)
        assert client.get(url(name)).status_code == 200
    client.logout()
    assert client.get(url(name)).status_code == 302


def test_a_stranger_finds_nothing(world, client, term, file):
    client.force_login(world.yue)
    unit = world.branch.pk
    for name, *args in (
        ("term", term.pk),
        ("new-term", unit),
        ("new-election", unit),
        ("admission", file.pk),
        ("step", file.pk),
        ("new-admission", unit),
        ("dues", unit),
        ("quarter", unit),
        ("quarter-sheet", unit),
        ("dues-member", world.wang_member.pk),
        ("pay", world.wang_member.pk),
        ("publish", unit),
        ("paper", file.steps.first().papers.first().pk),
    ):
        assert client.get(url(name, *args)).status_code == 404, name


@pytest.mark.mission("S4.18")
def test_what_is_due_is_a_sentence_with_a_link(world, qin, term, file):
    page = qin.get(url("home")).content.decode()
    assert url("term", term.pk) in page
    assert "请准备换届" in page
    assert "党组织派人谈话应在" in page
    assert url("publish", world.branch.pk) in page


@pytest.mark.mission("S4.18")
def test_findings_have_the_shape_that_a_to_do_merges(world, term, file):
    found = affairs_check([world.branch], TODAY)
    assert {"term", "admission", "disclosure"} <= {one["kind"] for one in found}
    for one in found:
        assert set(one) == {"unit", "kind", "sentence", "due", "url", "late"}
        assert one["unit"] == world.branch
        assert one["url"].startswith("/affairs/")
    assert not any("申同志" in one["sentence"] for one in found)  # read by more than the files are
    assert [one["late"] for one in found] == sorted((o["late"] for o in found), reverse=True)


def test_home_asks_few_queries_however_many_units(world, qin, term, file):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert qin.get(url("home")).status_code == 200
        return len(asked)

    one = count()
    for n in range(5):
        unit = Org.objects.create(
            name=f"第{n}党小组", kind="party", unit_kind="group", region=world.pine,
            parent=world.branch, sector="community",
        )  # fmt: skip
        who = member(world, f"组员{n}", unit=unit)
        actions.begin_term(
            unit=unit, number=1, from_date=term.from_date, seats=1, at=now(), by=world.qin
        )
        actions.set_base(membership=who, kind="student", from_month=TODAY, at=now(), by=world.qin)
        actions.charge_month(unit=unit, month=TODAY, at=now(), by=world.qin)
    assert count() == one
    assert one <= 8


@pytest.mark.parametrize("name", ["terms", "admissions", "disclosures", "dues-units"])
def test_lists_ask_few_queries(world, qin, term, file, django_assert_max_num_queries, name):
    qin.get(url(name))
    with django_assert_max_num_queries(BUDGET):
        qin.get(url(name))


class TestTerms:
    def test_a_term_is_registered_and_extended(self, world, qin, tang):
        answer = qin.post(
            url("new-term", world.branch.pk),
            {"number": 1, "seats": 3, "from_date": str(TODAY - timedelta(days=1500))},
        )
        term = Term.objects.get()
        assert answer["Location"] == url("term", term.pk)
        qin.post(url("term", term.pk), {"months": 6, "reason": "同步换届"})
        asking = Asking.objects.get()
        assert url("asking", asking.pk) in tang.get(url("home")).content.decode()
        assert "批复" in tang.get(url("asking", asking.pk)).content.decode()
        assert 'name="agree"' not in qin.get(url("asking", asking.pk)).content.decode()
        tang.post(url("asking", asking.pk), {"agree": "1", "decision": "同意", "number": "〔1〕号"})
        term.refresh_from_db()
        assert term.extended_to
        assert "已延期" in qin.get(url("terms")).content.decode()
        assert "秦岚（书记）" in qin.get(url("term", term.pk)).content.decode()

    def test_a_refusal_stands_beside_its_field(self, world, qin, term):
        answer = qin.post(url("term", term.pk), {"months": 12, "reason": "再延"})
        assert answer.status_code == 302
        answer = qin.post(url("new-term", world.branch.pk), {"number": 2, "seats": 3})
        assert answer.status_code == 422
        answer = qin.post(
            url("new-term", world.branch.pk),
            {"number": 2, "seats": 3, "from_date": str(TODAY)},
        )
        assert "已登记本届任期" in answer.content.decode()


class TestElection:
    def start(self, world, qin):
        for name in ("甲同志", "乙同志"):
            member(world, name, user=True)
        qin.post(
            url("new-election", world.branch.pk),
            {"decided_on": str(TODAY), "has_committee": "on", "seats": 3},
        )
        return Election.objects.get()

    def agree(self, tang):
        asking = Asking.objects.get(verdict="")
        tang.post(url("asking", asking.pk), {"agree": "1", "decision": "同意"})

    def to_the_meeting(self, world, qin, tang):
        election = self.start(world, qin)
        page = url("election", election.pk)
        qin.post(page, {"do": "ask", "reason": "请示换届"})
        self.agree(tang)
        qin.post(page, {"do": "candidates", "people": self.people()})
        qin.post(page, {"do": "ask", "reason": "上报候选人"})
        self.agree(tang)
        election.refresh_from_db()
        assert election.step == "ready"
        return election

    def people(self):
        from tongxin.orgs.models import Person

        names = ["甲同志", "乙同志", "王芳", "赵磊"]
        return list(Person.objects.filter(name__in=names).values_list("pk", flat=True))

    def count(self, election, favour, valid=4, **numbers):
        numbers = {
            "entitled": 4,
            "present": 4,
            "issued": 4,
            "returned": 4,
            "valid": valid,
            **numbers,
        }
        data = {"do": "round", "held_on": str(TODAY), "tellers": "监票甲", **numbers}
        for one in election.candidates.select_related("person"):
            if one.person.name in favour:
                yes = favour[one.person.name]
                data |= {f"a_{one.pk}": yes, f"b_{one.pk}": valid - yes, f"c_{one.pk}": 0}
        return data

    @pytest.mark.mission("S4.18")
    def test_the_whole_way_by_clicking(self, world, qin, tang, term):
        election = self.to_the_meeting(world, qin, tang)
        page = url("election", election.pk)
        favour = {"甲同志": 4, "乙同志": 3, "王芳": 3, "赵磊": 2}
        assert qin.post(page, self.count(election, favour)).status_code == 302
        three = {"entitled": 3, "present": 3, "issued": 3, "returned": 3}
        assert qin.post(page, self.count(election, {"甲同志": 3}, 3, **three)).status_code == 302
        assert "报告选举结果" in qin.get(page).content.decode()
        assert qin.get(url("report", election.pk)).status_code == 200
        qin.post(page, {"do": "ask", "reason": "报告结果"})
        self.agree(tang)
        assert "任职方案" in qin.get(page).content.decode()
        qin.post(page, {"do": "confirm"})
        election.refresh_from_db()
        assert election.step == "closed"

    def test_the_sums_are_answered_while_one_types(self, world, qin, tang, term):
        election = self.to_the_meeting(world, qin, tang)
        favour = {"甲同志": 4, "乙同志": 3, "王芳": 3, "赵磊": 2}
        page = url("tally", election.pk)
        good = qin.post(page, self.count(election, favour)).content.decode()
        assert "不少于，会议有效" in good
        assert "甲同志" in good
        bad = qin.post(page, self.count(election, favour, returned=5)).content.decode()
        assert "选举无效" in bad
        empty = qin.post(page, {"entitled": "4"}).content.decode()
        assert "填完数字后" in empty
        assert election.rounds.count() == 0

    def test_a_count_that_fails_stays_on_the_page(self, world, qin, tang, term):
        election = self.to_the_meeting(world, qin, tang)
        favour = {"甲同志": 4, "乙同志": 3, "王芳": 3, "赵磊": 2}
        answer = qin.post(url("election", election.pk), self.count(election, favour, returned=5))
        assert answer.status_code == 422
        assert "选举无效" in answer.content.decode()

    def test_minutes_are_kept_with_it(self, world, qin, client, term):
        election = self.start(world, qin)
        page = url("election", election.pk)
        qin.post(page, {"do": "papers", "papers": upload("会议记录.pdf")})
        assert "会议记录.pdf" in qin.get(page).content.decode()
        qin.post(page, {"do": "papers"})
        assert election.papers.count() == 1
        paper = url("paper", election.papers.get().pk)
        client.force_login(world.yue)
        assert client.get(paper).status_code == 404

    def test_a_commissioner_reads_and_writes_nothing(self, world, qin, tang, client, term):
        election = self.start(world, qin)
        world.person("commissioner", "魏同志", world.branch, "commissioner")
        from tongxin.accounts.models import User

        client.force_login(User.objects.get(username="commissioner"))
        page = client.get(url("election", election.pk))
        assert page.status_code == 200
        assert 'name="do"' not in page.content.decode()
        client.post(url("election", election.pk), {"do": "ask", "reason": "请示"})
        election.refresh_from_db()
        assert election.step == "decided"


class TestAdmission:
    def test_a_file_is_opened_and_a_step_taken(self, world, qin):
        applied = str(TODAY - timedelta(days=10))
        answer = qin.post(
            url("new-admission", world.branch.pk),
            {"name": "申同志", "born_on": "1999-01-01", "applied_on": applied, "papers": upload()},
        )
        file = Admission.objects.get()
        assert answer["Location"] == url("admission", file.pk)
        page = qin.get(url("admission", file.pk)).content.decode()
        assert "不晚于" in page
        assert "党组织派人谈话" in page
        answer = qin.post(url("step", file.pk), {"code": "talk", "done_on": str(TODAY)})
        assert answer.status_code == 422
        answer = qin.post(
            url("step", file.pk), {"code": "talk", "done_on": str(TODAY), "papers": upload()}
        )
        assert answer["Location"] == url("admission", file.pk)
        file.refresh_from_db()
        assert file.next_code == "propose"
        again = qin.post(
            url("step", file.pk), {"code": "talk", "done_on": str(TODAY), "papers": upload()}
        )
        assert again.status_code == 302
        assert file.steps.count() == 2

    def test_too_young_leaves_no_applicant(self, world, qin):
        answer = qin.post(
            url("new-admission", world.branch.pk),
            {"name": "小同志", "born_on": str(TODAY), "applied_on": str(TODAY), "papers": upload()},
        )
        assert answer.status_code == 422
        assert "年满 18" in answer.content.decode()
        assert not world.branch.memberships.filter(stage="applicant").exists()

    def test_one_reads_ones_own_file_and_changes_nothing(self, world, client, file):
        person = file.membership.person
        person.user = world.sun
        person.save()
        client.force_login(world.sun)
        page = client.get(url("admission", file.pk))
        assert page.status_code == 200
        assert url("step", file.pk) not in page.content.decode()
        assert client.get(url("step", file.pk)).status_code == 404
        paper = file.steps.first().papers.first()
        assert b"".join(client.get(url("paper", paper.pk)).streaming_content) == PDF
        assert url("admission", file.pk) in client.get(url("home")).content.decode()

    def test_review_helpers_and_end(self, world, qin, file):
        qin.post(url("review", file.pk), {"on": str(TODAY), "text": "表现良好"})
        qin.post(url("helpers", file.pk, "mentor"), {"people": [world.wang_member.person_id]})
        page = qin.get(url("admission", file.pk)).content.decode()
        assert "表现良好" in page
        assert "王芳" in page
        qin.post(url("end-admission", file.pk), {"on": str(TODAY), "reason": "本人撤回"})
        assert "已终止" in qin.get(url("admission", file.pk)).content.decode()

    def test_a_file_asks_few_queries(self, world, qin, file, django_assert_max_num_queries):
        with django_assert_max_num_queries(BUDGET):
            qin.get(url("admission", file.pk))


class TestDues:
    def base(self, world):
        return actions.set_base(
            membership=world.wang_member, kind="salaried", base=Decimal(4000),
            from_month=TODAY.replace(month=1, day=1), at=now(), by=world.qin,
        )  # fmt: skip

    def test_base_charge_pay_receipt_refund(self, world, qin):
        wang, unit = world.wang_member.pk, world.branch.pk
        month = f"{TODAY:%Y-%m}"
        qin.post(url("base", wang), {"kind": "salaried", "base": "4000", "from_month": month})
        qin.post(url("charge", unit))
        assert "40.00" in qin.get(url("dues", unit)).content.decode()
        form = {
            "key": "k1", "amount": "40", "paid_on": str(TODAY), "method": "cash", "kind": "dues",
        }  # fmt: skip
        for _ in range(2):
            assert qin.post(url("pay", wang), form).status_code == 302
        payment = Payment.objects.get()
        assert payment.receipt in qin.get(url("receipt", payment.pk)).content.decode()
        qin.post(url("refund", payment.pk), {"reason": "误交"})
        assert Payment.objects.count() == 2
        assert "-40.00" in qin.get(url("dues-member", wang)).content.decode()

    def test_one_sees_ones_own_dues(self, world, client):
        self.base(world)
        client.force_login(world.wang)
        page = client.get(url("my-dues")).content.decode()
        assert "4000" in page
        assert url("pay", world.wang_member.pk) not in page
        assert client.get(url("pay", world.wang_member.pk)).status_code == 404
        assert client.get(url("dues-member", world.zhao_member.pk)).status_code == 404

    def test_a_commissioner_does_not_see_what_people_earn(self, world, client):
        self.base(world)
        one = world.person("commissioner", "魏同志", world.branch, "commissioner")
        client.force_login(one)
        assert client.get(url("dues-member", world.wang_member.pk)).status_code == 404
        assert client.get(url("dues", world.branch.pk)).status_code == 404

    def test_the_quarter_on_page_paper_and_sheet(self, world, qin):
        self.base(world)
        actions.take_payment(
            membership=world.wang_member, amount=Decimal(100), paid_on=TODAY, key="k", at=now(),
            by=world.qin,
        )  # fmt: skip
        unit = world.branch.pk
        answer = qin.post(
            url("forward", unit), {"key": "f", "amount": "60", "on": str(TODAY), "note": ""}
        )
        assert answer.status_code == 302
        for name in ("quarter", "quarter-print"):
            page = qin.get(url(name, unit)).content.decode()
            assert "60.00" in page
            assert "40.00" in page
        sheet = qin.get(url("quarter-sheet", unit))
        from io import BytesIO

        from openpyxl import load_workbook

        book = load_workbook(BytesIO(sheet.content))
        rows = list(book.active.iter_rows(values_only=True))
        assert rows[1][0] == "松社区第一党支部"
        assert rows[1][8:10] == (60, 40)
        assert rows[-1][0] == "合计"
        assert (
            qin.post(
                url("forward", unit), {"key": "g", "amount": "60", "on": str(TODAY)}
            ).status_code
            == 422
        )

    def test_the_ledger_shows_every_move_and_that_it_balances(self, world, qin, client):
        self.base(world)
        actions.charge_month(unit=world.branch, month=TODAY, at=now(), by=world.qin)
        actions.take_payment(
            membership=world.wang_member, amount=Decimal(30), paid_on=TODAY, key="k", at=now(),
            by=world.qin,
        )  # fmt: skip
        page = qin.get(url("ledger", world.branch.pk)).content.decode()
        assert "各科目借贷相抵 0.00" in page
        assert "30.00" in page
        assert "王芳" in page
        client.force_login(world.wang)
        assert client.get(url("ledger", world.branch.pk)).status_code == 404

    def test_a_waiver_is_asked_and_seen_by_few(self, world, qin, tang, client):
        month = f"{TODAY:%Y-%m}"
        qin.post(
            url("waiver", world.wang_member.pk),
            {
                "from_month": month, "to_month": month, "pays": "0", "meeting_on": str(TODAY),
                "reason": "长期住院",
            },
        )  # fmt: skip
        asking = Asking.objects.get()
        assert "长期住院" in tang.get(url("asking", asking.pk)).content.decode()
        one = world.person("commissioner", "魏同志", world.branch, "commissioner")
        client.force_login(one)
        page = client.get(url("asking", asking.pk)).content.decode()
        assert "长期住院" not in page
        assert "王芳" not in page

    def test_the_grid_asks_few_queries(self, world, qin):
        def count():
            with CaptureQueriesContext(connection) as asked:
                assert qin.get(url("dues", world.branch.pk)).status_code == 200
            return len(asked)

        count()  # the land is known
        one = count()
        for n in range(5):
            member(world, f"党员{n}")
        assert count() <= one <= BUDGET


class TestDisclosure:
    def test_nothing_is_missed_before_a_unit_keeps_its_registers(self, world, qin):
        assert "去公开" not in qin.get(url("disclosures")).content.decode()
        assert {o["kind"] for o in affairs_check([world.branch], TODAY)} == set()

    def test_what_is_missed_leads_to_its_form(self, world, qin, term):
        page = qin.get(url("disclosures")).content.decode()
        assert "去公开" in page
        assert "code=dues" in page

    def publish(self, world, qin, **given):
        data = {
            "title": "一季度党费", "content": "合计 100 元", "place": "both", "public_from": str(TODAY),
            "public_to": str(TODAY + timedelta(days=8)), **given,
        }  # fmt: skip
        return qin.post(url("publish", world.branch.pk) + "?code=other&period=p1", data)

    def test_published_seen_by_anybody_proved(self, world, qin, client):
        answer = self.publish(world, qin)
        row = Disclosure.objects.get()
        assert answer["Location"] == url("disclosure", row.pk)
        from django.test import Client

        nobody = Client()
        assert "一季度党费" in nobody.get(url("public", world.branch.pk)).content.decode()
        answer = qin.post(url("disclosure", row.pk), {"papers": upload()})
        assert answer.status_code == 302
        assert "材料.pdf" in qin.get(url("disclosure", row.pk)).content.decode()
        qin.post(url("withdraw", row.pk), {"reason": "数字有误"})
        assert "一季度党费" not in nobody.get(url("public", world.branch.pk)).content.decode()

    def test_a_board_is_not_on_the_public_page(self, world, qin, client):
        self.publish(world, qin, place="board")
        assert "一季度党费" not in client.get(url("public", world.branch.pk)).content.decode()

    def test_a_refusal_beside_its_field(self, world, qin):
        answer = self.publish(world, qin, content="电话 13812345678")
        assert answer.status_code == 422
        assert "手机号" in answer.content.decode()

    def test_no_public_page_of_an_office(self, world, client):
        assert client.get(url("public", world.pine_office.pk)).status_code == 404
