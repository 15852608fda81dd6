"""The API drafts, presses, receives, answers and judges as the pages do."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tongxin.documents import actions
from tongxin.documents.models import Document
from tongxin.testing import NOON

from .conftest import BODY

pytestmark = pytest.mark.usefixtures("quick")
FAR = "2099-03-20"


@pytest.fixture
def call(office, api):
    """The API as somebody of the office or the world."""
    for name in ("drafter", "checker", "leader"):
        setattr(office.world, name, getattr(office, name))
    return api


def body(office, **more):
    return {
        "kind": "advice_letter", "unit": office.org.pk, "title": "关于公示的建议书", "reply_by": FAR,
        "recipients": [{"name": "城市管理委"}, {"name": "水务局", "part": "copy"}],
        "context": {"body": BODY}, "source": ["operation", "7", "专项检查", "/x/"],
    } | more  # fmt: skip


def drafted(office, call, **more) -> dict:
    answer = call("drafter", "POST", "/documents", body(office, **more), key="one")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_from_draft_to_verdict(office, call):
    made = drafted(office, call)
    assert made["verbs"] == ["submit", "void"] and made["step"] == "drafted"
    again = call("drafter", "POST", "/documents", body(office), key="one").json()
    assert again["id"] == made["id"] and Document.objects.count() == 1
    actions.open_register(org=office.org, prefix="津滨纪监", by=office.drafter, at=NOON)
    steps = f"/documents/{made['id']}/steps"
    for who, verb in (("drafter", "submit"), ("checker", "review"), ("leader", "sign"), ("drafter", "issue")):  # fmt: skip
        answer = call(who, "POST", steps, {"verb": verb, "note": "可"}, key=verb)
        assert answer.status_code == 200, answer.content
    assert answer.json()["number"].startswith("津滨纪监〔")

    items = call("li", "GET", "/documents/inbox?waiting=true").json()["items"]
    assert [one["reply_step"] for one in items] == ["asked"]
    incoming = items[0]["id"]
    assert call("li", "POST", f"/documents/inbox/{incoming}/receive").json()["received_at"]
    said = call("li", "POST", f"/documents/inbox/{incoming}/replies", {"text": "已办。"}, key="r")
    assert said.status_code == 201
    verdict = f"/documents/replies/{said.json()['id']}/verdict"
    assert call("li", "POST", verdict, {"accepted": True}).status_code == 404
    assert call("checker", "POST", verdict, {"accepted": True}).json()["verdict"] == "accepted"
    assert Document.objects.get().step == "closed"


def test_a_recipient_reads_the_letter_and_not_how_it_came_about(office, call):
    made = office.issued(reply_by=date(2099, 3, 20))
    whole = call("drafter", "GET", f"/documents/{made.pk}").json()
    theirs = call("li", "GET", f"/documents/{made.pk}").json()
    assert [one["step"] for one in whole["opinions"]] == ["submit", "review", "sign", "issue"]
    assert theirs["opinions"] == [] and theirs["verbs"] == []
    assert [one["unit"]["name"] for one in theirs["recipients"]] == ["城市管理委"]
    file = theirs["files"][0]["id"]
    assert call("li", "GET", f"/documents/files/{file}").status_code == 200
    for who in ("wu", "gao", "ann"):
        assert call(who, "GET", f"/documents/{made.pk}").status_code == 404
        assert call(who, "GET", f"/documents/files/{file}").status_code == 404


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"kind": "poem"}, 422, "unknown_kind"),
        ({"reply_by": "2020-01-01"}, 422, "deadline_passed"),
        ({"recipients": [{"name": "甲"}, {"name": "甲"}]}, 422, "recipient_twice"),
        ({"countersigns": ["没有的单位"]}, 404, "not_found"),
        ({"unit": 999_999}, 404, "not_found"),
        ({"source": ["a", "b", "c", "//evil"]}, 422, "invalid"),
    ],
)
def test_what_cannot_be_drafted_is_refused_in_words(office, call, more, status, code):
    answer = call("drafter", "POST", "/documents", body(office, **more))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Document.objects.exists()


def test_nobody_approves_their_own(office, call):
    made = drafted(office, call)
    steps = f"/documents/{made['id']}/steps"
    call("drafter", "POST", steps, {"verb": "submit"})
    answer = call("drafter", "POST", steps, {"verb": "review"})
    assert (answer.status_code, answer.json()["code"]) == (403, "own_draft")


def test_a_draft_is_written_anew_and_given_a_file(office, call):
    made = drafted(office, call)
    words = {
        "title": "新",
        "body": "新正文。",
        "recipients": [{"name": "城市管理委"}],
        "reply_by": FAR,
    }
    assert call("drafter", "PUT", f"/documents/{made['id']}", words).json()["body"] == "新正文。"
    file = SimpleUploadedFile("清单.pdf", b"%PDF-1.4")
    answer = call("drafter", "POST", f"/documents/{made['id']}/files", data={"file": file})
    assert answer.status_code == 201
    macro = SimpleUploadedFile("清单.xlsm", b"PK")
    answer = call("drafter", "POST", f"/documents/{made['id']}/files", data={"file": macro})
    assert (answer.status_code, answer.json()["code"]) == (422, "macro_file")


def test_lists_are_paged_by_key(office, call, django_assert_max_num_queries):
    for _n in range(5):
        office.letter()
    with django_assert_max_num_queries(8):
        first = call("drafter", "GET", "/documents?limit=3").json()
    second = call("drafter", "GET", f"/documents?limit=3&cursor={first['next']}").json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 2, None)
    assert call("drafter", "GET", "/documents?cursor=x").status_code == 422
    assert len(call("drafter", "GET", "/documents?mine=true").json()["items"]) == 5
    assert call("li", "GET", "/documents").json()["items"] == []


def test_the_register_and_the_kinds(office, call):
    office.issued()
    actions.void_number(office.register, reason="重号", by=office.drafter, at=NOON)
    rows = call("drafter", "GET", f"/documents/registers/{office.register.pk}?year=2026").json()
    assert [(one["serial"], one["is_void"]) for one in rows["items"]] == [(2, True), (1, False)]
    assert call("li", "GET", f"/documents/registers/{office.register.pk}").status_code == 404
    kinds = call("li", "GET", "/documents/kinds").json()
    assert {"advice_letter", "minutes", "resolution"} <= {one["code"] for one in kinds}
