"""Papers are listed for the archive and when their time is over; people decide, nothing is destroyed."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from tongxin.accounts.models import AuditEntry, Notice
from tongxin.documents import actions
from tongxin.documents.models import Document, DocumentFile, Retention
from tongxin.kit.errors import Invalid, NotPermitted, Refused

pytestmark = pytest.mark.usefixtures("quick")
NEXT = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, "tongxin.orgs.signing.Backend")
    return client


@pytest.fixture
def closed(office):
    """A notice that asked no reply: issued, and with that dealt with."""
    return office.issued(kind="notice", reply_by=None)


@pytest.fixture
def listed(closed):
    actions.retention_due(at=NEXT)
    return Retention.objects.get()


@pytest.fixture
def expired(office, listed):
    """The notice went into the archive for ten years, and they are over."""
    actions.archive_papers([listed], by=office.drafter, at=NEXT, box="2026-WS-D10-1")
    actions.retention_due(at=datetime(2037, 1, 4, tzinfo=UTC))
    return Retention.objects.get(kind="expired")


AFTER = datetime(2037, 2, 2, tzinfo=UTC)


class TestListing:
    def test_what_was_closed_is_listed_once_in_the_year_after(self, office, closed):
        office.issued()  # a letter that still waits for its reply is not dealt with
        assert actions.retention_due(at=NEXT - timedelta(days=7)) == 0
        assert actions.retention_due(at=NEXT) == 1
        assert actions.retention_due(at=NEXT + timedelta(hours=1)) == 0
        row = Retention.objects.get()
        assert (row.document, row.kind, row.due_on) == (closed, "archive", date(2027, 6, 30))
        told = Notice.objects.filter(title="有公文待归档").values_list("user__name", flat=True)
        assert sorted(told) == sorted(["郝宁", "陆远", "薄文"])

    def test_an_archived_paper_is_listed_when_its_time_is_over_and_one_for_ever_never(
        self, office, listed
    ):
        other = office.issued(kind="notice", reply_by=None)
        actions.retention_due(at=NEXT)
        for_ever = Retention.objects.get(document=other)
        actions.archive_papers([listed], by=office.drafter, at=NEXT)
        actions.archive_papers([for_ever], by=office.drafter, at=NEXT, years=0)
        assert Document.objects.get(pk=listed.document_id).kept_until == date(2036, 12, 31)
        assert actions.retention_due(at=datetime(2036, 12, 30, tzinfo=UTC)) == 0
        assert actions.retention_due(at=datetime(2037, 1, 4, tzinfo=UTC)) == 1
        assert actions.retention_due(at=datetime(2090, 1, 4, tzinfo=UTC)) == 0
        assert Notice.objects.filter(title__contains="期满").get().user == office.leader


class TestArchiving:
    def test_by_the_desk_of_the_unit_and_written_down(self, office, listed):
        with pytest.raises(NotPermitted):
            actions.archive_papers([listed], by=office.world.li, at=NEXT)
        with pytest.raises(Invalid):
            actions.archive_papers([listed], by=office.drafter, at=NEXT, years=7)
        actions.archive_papers([listed], by=office.drafter, at=NEXT, box="2026-1", years=30)
        with pytest.raises(actions.AlreadyDecided):
            actions.archive_papers([listed], by=office.checker, at=NEXT)
        row = Retention.objects.get()
        assert (row.decision, row.years, row.box, row.decided_by) == ("archived", 30, "2026-1", office.drafter)  # fmt: skip
        assert AuditEntry.objects.filter(action="document.archived").count() == 1

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_decide_once(self, office, listed):
        gate, said = Barrier(2), []

        def act(by) -> None:
            gate.wait()
            try:
                actions.archive_papers([listed], by=by, at=NEXT)
                said.append("done")
            except actions.AlreadyDecided:
                said.append("refused")
            finally:
                connection.close()

        threads = [Thread(target=act, args=(one,)) for one in (office.drafter, office.checker)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(said) == ["done", "refused"]


class TestDeciding:
    def test_a_head_decides_with_a_reason_and_nothing_is_destroyed(self, office, expired):
        before = (Document.objects.count(), DocumentFile.objects.count())
        with pytest.raises(actions.NotHead):
            actions.decide_expired(expired, decision="destroy", reason="无保存价值", by=office.checker, at=AFTER)  # fmt: skip
        for wrong in ({"reason": ""}, {"decision": "burn"}, {"decision": "extended"}):
            given = {"decision": "destroy", "reason": "无保存价值"} | wrong
            with pytest.raises(Invalid):
                actions.decide_expired(expired, by=office.leader, at=AFTER, **given)
        actions.decide_expired(expired, decision="destroy", reason="无保存价值", by=office.leader, at=AFTER)  # fmt: skip
        told = AuditEntry.objects.get(action="document.destroy")
        assert (told.actor, told.reason) == (office.leader, "无保存价值")
        with pytest.raises(actions.AlreadyDecided):
            actions.decide_expired(expired, decision="kept", reason="又要了", by=office.leader, at=AFTER)  # fmt: skip
        assert actions.retention_due(at=datetime(2040, 1, 4, tzinfo=UTC)) == 0
        assert (Document.objects.count(), DocumentFile.objects.count()) == before

    def test_kept_on_it_comes_again_and_kept_for_ever_never(self, office, expired):
        actions.decide_expired(expired, decision="extended", years=10, reason="仍有查考价值", by=office.leader, at=AFTER)  # fmt: skip
        assert actions.retention_due(at=datetime(2046, 12, 30, tzinfo=UTC)) == 0
        assert actions.retention_due(at=datetime(2047, 1, 4, tzinfo=UTC)) == 1
        again = Retention.objects.get(kind="expired", decision="")
        actions.decide_expired(again, decision="kept", reason="转永久", by=office.leader, at=datetime(2047, 2, 2, tzinfo=UTC))  # fmt: skip
        assert actions.retention_due(at=datetime(2090, 1, 4, tzinfo=UTC)) == 0

    def test_that_people_destroyed_it_is_recorded_with_two_who_watched(self, office, expired):
        day = {"on": date(2037, 2, 3), "at": AFTER + timedelta(days=2)}
        with pytest.raises(actions.AlreadyDecided):
            actions.note_destroyed(expired, witnesses="张三、李四", by=office.drafter, **day)
        actions.decide_expired(expired, decision="destroy", reason="无保存价值", by=office.leader, at=AFTER)  # fmt: skip
        for wrong in (
            {"witnesses": "张三"}, {"witnesses": "张三、张三"}, {"witnesses": "张三、薄文"},
            {"by": office.leader}, {"by": office.world.li}, {"on": date(2037, 1, 1)},
            {"on": date(2038, 1, 1)},
        ):  # fmt: skip
            with pytest.raises(Refused):
                actions.note_destroyed(expired, **{"witnesses": "张三、李四", "by": office.drafter} | day | wrong)  # fmt: skip
        actions.note_destroyed(expired, witnesses="张三，李四", by=office.drafter, **day)
        expired.refresh_from_db()
        assert expired.noted_by == office.drafter and Document.objects.filter(pk=expired.document_id).exists()  # fmt: skip


class TestPages:
    def test_listed_archived_decided_recorded(self, office, listed, django_assert_max_num_queries):
        drafter, leader = as_user(office.drafter), as_user(office.leader)
        title = listed.document.title
        with django_assert_max_num_queries(8):
            assert title in drafter.get("/documents/retention/").content.decode()
        none = drafter.post("/documents/retention/archive/", {"box": "A"}, follow=True)
        assert "请选择 1 到" in none.content.decode()
        drafter.post("/documents/retention/archive/", {"row": listed.pk, "box": "2026-1"})
        page = drafter.get("/documents/retention/?kind=done").content.decode()
        assert "已归档" in page and "2026-1" in page
        actions.retention_due(at=datetime(2037, 1, 4, tzinfo=UTC))
        row = Retention.objects.get(kind="expired")
        url = f"/documents/retention/{row.pk}/decide/"
        assert drafter.get(url).status_code == 404  # no head
        assert leader.post(url, {"decision": "destroy", "reason": ""}).status_code == 422
        leader.post(url, {"decision": "destroy", "reason": "无保存价值"})
        assert "登记销毁" in drafter.get("/documents/retention/?kind=destroy").content.decode()
        url = f"/documents/retention/{row.pk}/destroyed/"
        assert leader.get(url).status_code == 404  # who approved it does not record it
        assert "至少两人" in drafter.post(url, {"on": "2037-02-03", "witnesses": "张三"}).content.decode()  # fmt: skip
        for who in (office.world.li, office.world.ann):
            assert title not in as_user(who).get("/documents/retention/").content.decode()

    def test_over_the_api(self, office, listed, api):
        office.world.hao, office.world.bo = office.drafter, office.leader
        (row,) = api("hao", "GET", "/documents/retention").json()["items"]
        assert (row["kind"], row["verbs"]) == ("archive", ["archive"])
        path = f"/documents/retention/{row['id']}"
        assert api("li", "POST", path, {"decision": "archived"}).status_code == 404
        assert api("hao", "POST", path, {"decision": "archived"}).json()["kept_until"] == "2036-12-31"  # fmt: skip
        assert api("hao", "POST", path, {"decision": "archived"}).status_code == 409
        actions.retention_due(at=datetime(2037, 1, 4, tzinfo=UTC))
        (row,) = api("bo", "GET", "/documents/retention?state=expired").json()["items"]
        given = {"decision": "kept", "reason": "有长期查考价值"}
        assert api("hao", "POST", f"/documents/retention/{row['id']}", given).status_code == 403
        answer = api("bo", "POST", f"/documents/retention/{row['id']}", given).json()
        assert (answer["decision"], answer["kept_until"]) == ("kept", None)
