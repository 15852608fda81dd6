"""The book of a unit's year: browsed, verified, printed; and who may read it (S4.11)."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from docx import Document

from tongxin.orgs.actions import write_log
from tongxin.orgs.documents import NoChineseFont, book_docx, book_pdf, pdf
from tongxin.orgs.models import LogEntry
from tongxin.orgs.queries import open_book
from tongxin.portal.checking import check_everything
from tongxin.testing import NOON


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def write(world, text="召开支部党员大会", *, kind="meeting", days=0, key="", unit=None):
    at = NOON + timedelta(days=days)
    return write_log(
        unit=unit or world.branch, kind=kind, text=text, at=at, recorded_at=at,
        source="test", key=key or text, actor=world.qin,
    )  # fmt: skip


@pytest.fixture
def book(world):
    for n in range(3):
        write(world, f"第 {n + 1} 次支委会", days=n)
    write(world, "缴纳党费 120.00 元", kind="dues", days=40)
    return open_book(world.branch, 2026)


def tamper(entry, **fields) -> None:
    LogEntry.objects.filter(pk=entry.pk).update(**fields)


@pytest.mark.mission("S4.11")
class TestPage:
    def url(self, world, more=""):
        return f"/orgs/{world.branch.pk}/log/2026/{more}"

    def test_it_shows_the_book_and_says_that_it_is_whole(self, world, book):
        page = as_user(world.qin).get(self.url(world)).content.decode()
        assert "本册 4 条，链完整。" in page
        assert page.index("缴纳党费") < page.index("第 3 次支委会") < page.index("第 1 次支委会")

    @pytest.mark.parametrize("fields", [{"text": "改过的话"}, {"at": NOON}, {"prev": "0" * 64}])
    def test_a_changed_entry_is_named(self, world, book, fields):
        tamper(book.entries[1], **fields)
        page = as_user(world.qin).get(self.url(world)).content.decode()
        assert "第 2 条（2026-03-" in page and "可能被改动过" in page and "链完整" not in page

    def test_a_removed_entry_is_noticed(self, world, book):
        LogEntry.objects.filter(pk=book.entries[1].pk).delete()
        assert open_book(world.branch, 2026).broken.seq == 3

    def test_by_kind_and_by_month(self, world, book):
        client = as_user(world.qin)
        dues = client.get(self.url(world), {"kind": "dues"}).content.decode()
        assert "缴纳党费" in dues and "支委会" not in dues
        march = client.get(self.url(world), {"month": "3"}).content.decode()
        assert "缴纳党费" not in march and "第 1 次支委会" in march

    def test_long_books_come_in_pages_of_key(self, world):
        for n in range(60):
            write(world, f"事项{n:03}", key=str(n))
        client = as_user(world.qin)
        first = client.get(self.url(world))
        assert first.context["next_cursor"] == 11
        rest = client.get(self.url(world), {"before": "11"})
        assert [entry.seq for entry in rest.context["entries"]] == list(range(10, 0, -1))

    def test_the_page_costs_eight_queries(self, world, book, django_assert_max_num_queries):
        client = as_user(world.qin)
        client.get(self.url(world))
        with django_assert_max_num_queries(8):
            client.get(self.url(world))

    @pytest.mark.parametrize(
        "who,status",
        [("qin", 200), ("tang", 200), ("he", 200), ("liu", 200), ("gao", 200),
         ("yue", 404), ("wu", 404), ("wang", 404), ("sun", 404), ("ann", 404)],
    )  # fmt: skip
    def test_who_may_read(self, world, book, who, status):
        client = as_user(getattr(world, who))
        assert client.get(self.url(world)).status_code == status
        assert client.get(self.url(world, "book.docx")).status_code == status
        seen = LogEntry.objects.visible_to(getattr(world, who)).count()
        assert seen == (4 if status == 200 else 0)

    def test_it_leads_to_the_newest_book(self, world, book):
        answer = as_user(world.qin).get(f"/orgs/{world.branch.pk}/log/")
        assert answer["Location"] == self.url(world)

    def test_an_empty_book_says_so_and_is_no_document(self, world):
        client = as_user(world.qin)
        assert "这一册还没有记录" in client.get(self.url(world)).content.decode()
        assert client.get(self.url(world, "book.pdf")).status_code == 404


@pytest.mark.mission("S4.11")
class TestWord:
    def read(self, book):
        return Document(BytesIO(book_docx(book, at=NOON)))

    def test_it_has_cover_contents_and_every_entry(self, book):
        document = self.read(book)
        lines = [paragraph.text for paragraph in document.paragraphs]
        assert "松社区第一党支部" in lines and "2026 年度全程纪实册" in lines
        assert "一、组织生活" in lines and "二、党费收缴" in lines
        cover, contents, meetings, dues = document.tables
        words = {row.cells[0].text: row.cells[1].text for row in cover.rows}
        assert words["记录"] == "4 条"
        assert words["末条校验码"].replace(" ", "") == book.head
        assert [cell.text for cell in contents.rows[1].cells] == [
            "一", "组织生活", "3", "03-02 – 03-04",
        ]  # fmt: skip
        assert [row.cells[2].text for row in meetings.rows[1:]] == [
            "第 1 次支委会", "第 2 次支委会", "第 3 次支委会",
        ]  # fmt: skip
        assert dues.rows[1].cells[3].text == "秦岚"

    def test_it_wears_the_dress_of_official_papers(self, book):
        section = self.read(book).sections[0]
        assert [round(one.mm) for one in (section.top_margin, section.left_margin)] == [37, 28]
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
        xml = self.read(book).element.xml
        for face in ("方正小标宋_GBK", "仿宋_GB2312", "黑体"):
            assert face in xml
        assert " PAGE " in section.footer._element.xml
        assert "tblHeader" in xml and "outlineLvl" in xml

    def test_a_broken_book_says_so_on_its_cover(self, world, book):
        tamper(book.entries[0], text="别的")
        document = self.read(open_book(world.branch, 2026))
        assert any("可能被改动过" in paragraph.text for paragraph in document.paragraphs)


@pytest.mark.mission("S4.11")
class TestPdf:
    def test_it_is_set_in_a_chinese_face(self, book):
        if not pdf.installed_faces() & {*pdf.SONG, *pdf.HEI}:
            pytest.skip("no Chinese face on this machine")
        data = book_pdf(book, at=NOON)
        assert data.startswith(b"%PDF-")
        assert len(pdf.book_pages(book, at=NOON, ppi=20)) == 3

    def test_without_one_it_refuses_and_names_the_package(self, world, book, monkeypatch):
        monkeypatch.setattr(pdf, "installed_faces", lambda: frozenset({"DejaVu Sans"}))
        with pytest.raises(NoChineseFont, match="没有中文字体") as refusal:
            book_pdf(book, at=NOON)
        assert "fonts-noto-cjk" in refusal.value.remedy
        answer = as_user(world.qin).get(f"/orgs/{world.branch.pk}/log/2026/book.pdf")
        assert answer.status_code == 503
        assert "fonts-noto-cjk" in answer.content.decode()

    def test_official_faces_come_first(self):
        faces = frozenset({"FangSong_GB2312", "FZXiaoBiaoSong-B05", "SimHei", "Noto Serif CJK SC"})
        chosen = pdf.chosen_faces(faces)
        assert chosen["body"][0] == "FangSong_GB2312"
        assert chosen["title"][0] == "FZXiaoBiaoSong-B05"
        assert chosen["head"] == ["SimHei"]

    def test_words_are_words_and_never_markup(self, world):
        write(world, '#panic("x") $ * _ [ ] \\ <a> @b // ```', key="odd")
        if not pdf.installed_faces() & {*pdf.SONG, *pdf.HEI}:
            pytest.skip("no Chinese face on this machine")
        assert book_pdf(open_book(world.branch, 2026), at=NOON).startswith(b"%PDF-")


@pytest.mark.mission("S4.11")
def test_taking_a_book_is_written_down(world, book):
    from tongxin.accounts.models import AuditEntry

    as_user(world.liu).get(f"/orgs/{world.branch.pk}/log/2026/book.docx")
    entry = AuditEntry.objects.get(action="log.take")
    assert (entry.actor, entry.detail) == (world.liu, {"form": "docx", "count": 4})


@pytest.mark.mission("S4.11")
def test_verify_names_a_book_that_was_changed(world, book):
    assert check_everything() == []
    tamper(book.entries[2], text="改过")
    (fault,) = check_everything()
    assert "松社区第一党支部" in fault and "2026" in fault and "第 3 条" in fault
