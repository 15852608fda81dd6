"""Pages: each reader sees their part, writes, presses what is theirs, and is told what is wrong."""

from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from tongxin.accounts.models import AuditEntry
from tongxin.documents import actions
from tongxin.documents.models import Document
from tongxin.testing import NOON

from .conftest import BODY

FAR = date(2099, 3, 20)
pytestmark = pytest.mark.usefixtures("quick")


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, "tongxin.orgs.signing.Backend")
    return client


def words(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def later(office, monkeypatch):
    """A letter whose reply is due long after today: pages ask the real clock."""
    letter = office.letter
    monkeypatch.setattr(office, "letter", lambda **more: letter(**{"reply_by": FAR} | more))
    return office


def test_a_document_is_begun_from_another_page_and_knows_where_from(office):
    client = as_user(office.drafter)
    url = (
        "/documents/new/?kind=reminder_letter&source=operation:7&label=专项检查&url=/inspections/7/"
    )
    assert "专项检查" in words(client.get(url))
    answer = client.post(
        url, {"kind": "reminder_letter", "org": office.org.pk, "source": "专项检查"}
    )
    made = Document.objects.get()
    assert answer["Location"] == f"/documents/{made.pk}/edit/"
    assert (made.source_kind, made.source_id, made.source_url) == (
        "operation",
        "7",
        "/inspections/7/",
    )
    fragment = words(
        client.get("/documents/of/?source=operation:7&new=advice_letter&label=x&url=/x/")
    )
    assert made.title in fragment and "拟写建议书" in fragment
    assert made.title not in words(
        as_user(office.world.li).get("/documents/of/?source=operation:7")
    )


class TestWriting:
    def form(self, **more):
        return {
            "title": "关于公示的建议书", "main": "城市管理委\n区园林中心", "copies": "水务局", "body": BODY,
            "reply_by": "2099-03-20", "urgency": "", "countersigns": "",
        } | more  # fmt: skip

    def test_names_become_units_where_they_work_here(self, later):
        made, client = later.letter(), as_user(later.drafter)
        answer = client.post(f"/documents/{made.pk}/edit/", self.form())
        assert answer.status_code == 302
        rows = made.recipients.order_by("order").values_list("name", "org__name", "part")
        assert list(rows) == [
            ("城市管理委", "城市管理委", "main"), ("区园林中心", None, "main"), ("水务局", "水务局", "copy"),
        ]  # fmt: skip

    def test_saved_and_handed_on_in_one(self, later):
        made = later.letter()
        as_user(later.drafter).post(f"/documents/{made.pk}/edit/", self.form(then="submit"))
        assert Document.objects.get(pk=made.pk).step == "reviewing"

    @pytest.mark.parametrize(
        ("more", "sentence"),
        [
            ({"reply_by": "2020-01-01"}, "已经过去"),
            ({"title": ""}, "请填写标题"),
            ({"countersigns": "不存在的单位"}, "没有找到会签单位"),
            ({"main": "城市管理委", "copies": "城市管理委"}, "填了两次"),
            ({"body": "", "then": "submit"}, "正文还是空的"),
        ],
    )
    def test_what_is_wrong_stands_beside_it(self, later, more, sentence):
        made = later.letter()
        answer = as_user(later.drafter).post(f"/documents/{made.pk}/edit/", self.form(**more))
        assert answer.status_code in (404, 409, 422)
        assert sentence in words(answer)
        assert Document.objects.get(pk=made.pk).step == "drafted"

    def test_an_attachment_is_kept_and_one_of_30_mb_refused(self, later, monkeypatch):
        made, client = later.letter(), as_user(later.drafter)
        good = SimpleUploadedFile("问题清单.pdf", b"%PDF-1.7 x")
        client.post(f"/documents/{made.pk}/edit/", self.form(files=good))
        assert made.files.get().name == "问题清单.pdf"
        big = SimpleUploadedFile("录像.pdf", b"%PDF-" + b"0" * (30 * 1024 * 1024))
        answer = client.post(f"/documents/{made.pk}/edit/", self.form(files=big))
        assert answer.status_code == 422 and "最大 20 MB" in words(answer)
        fake = SimpleUploadedFile("问题.docx", b"MZ not a document")
        answer = client.post(f"/documents/{made.pk}/edit/", self.form(files=fake))
        assert "不是可以随文发送的文件" in words(answer)
        assert made.files.count() == 1

    def test_others_do_not_find_the_draft(self, later):
        made = later.letter()
        for who in (later.world.li, later.world.gao, later.world.ann, later.world.sun):
            client = as_user(who)
            for path in ("", "edit/", "page.png", "sheet/"):
                assert client.get(f"/documents/{made.pk}/{path}").status_code == 404

    def test_the_first_page_is_shown_as_it_is_written(self, later, monkeypatch):
        from tongxin.documents.views import writing

        seen = []
        monkeypatch.setattr(writing, "first_page", lambda sheet, ppi: seen.append(sheet) or b"png")
        made = later.letter()
        answer = as_user(later.drafter).post(
            f"/documents/{made.pk}/preview/", self.form(title="新题")
        )
        assert "data:image/png;base64," in words(answer)
        assert seen[0].title == ["新题"] and seen[0].recipients == "城市管理委、区园林中心"
        assert Document.objects.get(pk=made.pk).title != "新题"  # looking saves nothing
        actions.submit(made, by=later.drafter, at=NOON)
        late = as_user(later.drafter).post(f"/documents/{made.pk}/preview/", self.form())
        assert late.status_code == 204 and len(seen) == 1  # it was handed on meanwhile


class TestTheWay:
    def press(self, who, made, verb, **data):
        return as_user(who).post(f"/documents/{made.pk}/do/{verb}/", data, follow=True)

    def test_from_draft_to_reply_and_verdict(self, later):
        made, world = later.letter(), later.world
        later.register = actions.open_register(org=later.org, prefix="津滨纪监", by=later.drafter, at=NOON)  # fmt: skip
        self.press(later.drafter, made, "submit")
        page = words(as_user(later.checker).get(f"/documents/{made.pk}/"))
        assert "核稿通过" in page and "签发</button>" not in page
        assert made.title in words(as_user(later.checker).get("/documents/"))
        self.press(later.checker, made, "review", note="依据清楚")
        assert "依据清楚" in words(self.press(later.leader, made, "sign"))
        assert "已印发：津滨纪监" in words(self.press(later.drafter, made, "issue"))
        row = made.recipients.get(org=world.roads)

        li = as_user(world.li)
        assert made.title in words(li.get("/documents/inbox/"))
        page = words(li.get(f"/documents/{made.pk}/"))
        assert "依据清楚" not in page and "水务局" not in page  # how it came about is not theirs
        li.post(f"/documents/in/{row.pk}/receive/")
        proof = SimpleUploadedFile("公示.png", b"\x89PNG\r\n\x1a\n")
        li.post(f"/documents/in/{row.pk}/", {"text": "已补公示。", "files": proof})
        answer = row.replies.get()
        assert answer.files.get().name == "公示.png"

        bo = as_user(later.checker)
        assert "已补公示" in words(bo.get(f"/documents/replies/{answer.pk}/"))
        bo.post(f"/documents/replies/{answer.pk}/", {"verdict": "accepted"})
        assert Document.objects.get(pk=made.pk).step == "closed"
        assert li.get(f"/documents/replies/{answer.pk}/").status_code == 404

    def test_the_drafter_has_no_button_to_approve(self, later):
        made = later.letter()
        self.press(later.drafter, made, "submit")
        page = words(as_user(later.drafter).get(f"/documents/{made.pk}/"))
        assert "核稿通过" not in page
        answer = as_user(later.drafter).post(f"/documents/{made.pk}/do/review/", follow=True)
        assert "拟稿人不能" in words(answer)

    def test_a_recipient_reads_no_other_units_reply(self, later):
        world = later.world
        made = later.issued(recipients=[world.roads, world.water])
        mine, theirs = (made.recipients.get(org=org) for org in (world.roads, world.water))
        answer = actions.reply(theirs, text="水务局的回复", by=world.zhou, at=NOON, files=[actions.Upload("清单.pdf", b"%PDF-1")])  # fmt: skip
        li = as_user(world.li)
        assert "水务局的回复" not in words(li.get(f"/documents/{made.pk}/"))
        assert li.get(f"/documents/files/{answer.files.get().pk}/").status_code == 404
        assert (
            as_user(later.checker).get(f"/documents/files/{answer.files.get().pk}/").status_code
            == 200
        )
        assert li.get(f"/documents/in/{theirs.pk}/").status_code == 404
        assert li.get(f"/documents/in/{mine.pk}/").status_code == 200

    def test_taking_an_issued_paper_is_written_down(self, later):
        made = later.issued()
        file = made.files.get(slot="pdf")
        answer = as_user(later.world.li).get(f"/documents/files/{file.pk}/?inline=1")
        assert answer["Content-Type"] == "application/pdf"
        assert (
            AuditEntry.objects.filter(action="document.download", actor=later.world.li).count() == 1
        )
        assert as_user(later.world.wu).get(f"/documents/files/{file.pk}/").status_code == 404

    def test_urging_and_more_time(self, later):
        made = later.issued()
        row = made.recipients.get(org=later.world.roads)
        client = as_user(later.checker)
        client.post(f"/documents/in/{row.pk}/urge/")
        client.post(f"/documents/in/{row.pk}/extend/", {"reply_by": "2099-05-01"})
        row.case.refresh_from_db()
        assert row.case.due_at.year == 2099 and row.case.events.filter(name="urge").exists()
        assert as_user(later.world.li).post(f"/documents/in/{row.pk}/urge/").status_code == 404

    def test_a_new_paper_replaces_and_says_so(self, later):
        made = later.issued()
        as_user(later.drafter).post(f"/documents/{made.pk}/again/", {"how": "replace"})
        new = Document.objects.get(replaces=made)
        assert new.title == made.title
        actions.change(new, title="新", body="正文。", recipients=[later.world.roads], reply_by=FAR, by=later.drafter, at=NOON)  # fmt: skip
        for act, who in ((actions.submit, later.drafter), (actions.review, later.checker), (actions.sign, later.leader), (actions.issue, later.drafter)):  # fmt: skip
            act(new, by=who, at=NOON)
        assert "本文已被代替" in words(as_user(later.world.li).get(f"/documents/{made.pk}/"))

    def test_the_approval_sheet_is_for_who_wrote_it(self, later):
        made = later.issued()
        page = words(as_user(later.drafter).get(f"/documents/{made.pk}/sheet/"))
        assert "同意签发" in page and "薄文（领导）" in page
        assert as_user(later.world.li).get(f"/documents/{made.pk}/sheet/").status_code == 404


class TestTheRegister:
    def test_it_lists_what_was_issued_and_what_is_void(self, later):
        made = later.issued()
        actions.void_number(later.register, reason="重复编号", by=later.drafter, at=NOON)
        client = as_user(later.drafter)
        page = words(client.get("/documents/register/?year=2026"))
        assert made.title in page and "作废：重复编号" in page
        data = client.get(f"/documents/register/{later.register.pk}/2026.xlsx").content
        rows = list(load_workbook(BytesIO(data)).active.values)
        assert rows[1][:4] == ("津滨纪监〔2026〕1号", made.title, "建议书", "城市管理委")
        assert rows[2][0] == "津滨纪监〔2026〕2号" and rows[2][-1] == "作废：重复编号"
        assert AuditEntry.objects.filter(action="documents.register").exists()
        assert (
            as_user(later.world.li)
            .get(f"/documents/register/{later.register.pk}/2026.xlsx")
            .status_code
            == 404
        )

    def test_one_is_opened_on_the_page(self, office):
        client = as_user(office.drafter)
        client.get("/documents/register/new/")
        client.post(
            "/documents/register/new/", {"org": office.org.pk, "prefix": "津滨纪监", "last": "4"}
        )
        page = words(client.get("/documents/register/"))
        assert "津滨纪监（滨海新区纪委监委）" in page
        answer = client.post(
            "/documents/register/new/", {"org": office.org.pk, "prefix": "津滨纪监", "last": "0"}
        )
        assert answer.status_code == 422


def test_who_has_no_desk_has_no_documents(office):
    for who in (office.world.sun, office.world.mei, office.world.wang, office.world.ann):
        for path in ("", "all/", "inbox/", "new/", "register/", "templates/"):
            assert as_user(who).get(f"/documents/{path}").status_code == 404
    assert Client().get("/documents/").status_code == 302


@pytest.mark.parametrize("path", ["", "all/", "inbox/", "register/", "templates/"])
def test_lists_cost_the_same_however_long(later, path, django_assert_max_num_queries):
    for _n in range(4):
        later.issued(recipients=[later.world.roads, later.world.water])
    for who in (later.drafter, later.world.li):
        client = as_user(who)
        with django_assert_max_num_queries(8):
            assert client.get(f"/documents/{path}?year=2026").status_code == 200


def test_a_document_costs_eight_statements_and_ten_with_all_it_can_have(
    later, django_assert_max_num_queries
):
    world = later.world
    plain = later.issued()
    draft = later.letter()
    for path in (f"{plain.pk}/", f"{plain.pk}/sheet/", f"{draft.pk}/edit/"):
        client = as_user(later.drafter)
        with django_assert_max_num_queries(8):
            assert client.get(f"/documents/{path}").status_code == 200
    full = later.letter(recipients=[world.roads, world.water], countersigns=[world.district_office])
    actions.submit(full, by=later.drafter, at=NOON)
    actions.review(full, by=later.checker, at=NOON)
    actions.countersign(full, by=world.gao, at=NOON)
    for name, by in (("sign", later.leader), ("issue", later.drafter)):
        full = getattr(actions, name)(full, by=by, at=NOON)
    for org, by in ((world.roads, world.li), (world.water, world.zhou)):
        proof = actions.Upload("清单.pdf", b"%PDF-1")
        actions.reply(full.recipients.get(org=org), text="已办。", by=by, at=NOON, files=[proof])
    new = actions.begin_again(full, revokes=True, by=later.drafter, at=NOON)
    for name, by in (("submit", later.drafter), ("review", later.checker), ("sign", later.leader), ("issue", later.drafter)):  # fmt: skip
        new = getattr(actions, name)(new, by=by, at=NOON)
    client = as_user(later.drafter)
    with django_assert_max_num_queries(10):
        page = words(client.get(f"/documents/{full.pk}/"))
    assert page.count("清单.pdf") == 2 and "本文已被撤销" in page
