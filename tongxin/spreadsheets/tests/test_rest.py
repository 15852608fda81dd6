"""Imports through the API."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tongxin.orgs.models import Membership
from tongxin.orgs.tests.test_sheets_members import HEADER, number, row
from tongxin.spreadsheets.models import SheetImport

from .making import xlsx


def hand_in(api, who="qin", key="k1", rows=None, sheet="members", data=b""):
    data = data or xlsx(rows or [HEADER, row(), row("丁二", "坏")])
    form = {"file": SimpleUploadedFile("名册.xlsx", data), "sheet": sheet}
    return api(who, "POST", "/sheets/imports", data=form, key=key)


def test_the_registers_one_may_import(api):
    codes = {one["code"]: one for one in api("qin", "GET", "/sheets").json()}
    assert {"units", "members"} <= set(codes)
    assert "posts" not in codes
    columns = {column["name"]: column for column in codes["members"]["columns"]}
    assert columns["identity"]["heading"] == "身份证号"
    assert "正式党员" in columns["stage"]["choices"]


def test_from_upload_to_undo(api):
    taken = hand_in(api)
    assert taken.status_code == 201, taken.content
    there = f"/sheets/imports/{taken.json()['id']}"
    checked = api("qin", "POST", f"{there}/check", {}).json()
    assert (checked["state"], checked["counts"]) == ("ready", {"new": 1, "bad": 1})
    rows = api("qin", "GET", f"{there}/rows?verdict=bad").json()
    assert [one["line"] for one in rows["items"]] == [3]
    assert number() not in api("qin", "GET", f"{there}/rows").content.decode()
    done = api(
        "qin",
        "POST",
        f"{there}/confirm",
        {"checked_at": checked["checked_at"].replace("Z", "+00:00")},
    )
    assert done.json()["state"] == "done", done.content
    assert Membership.objects.filter(person__name="丁一").exists()
    assert api("qin", "POST", f"{there}/undo").json()["state"] == "undone"
    assert not Membership.objects.filter(person__name="丁一").exists()


def test_a_file_handed_in_again_with_its_key_is_taken_in_once(api):
    data = xlsx([HEADER, row()])
    first, again = hand_in(api, data=data), hand_in(api, data=data)
    assert first.json()["id"] == again.json()["id"]
    assert again["Idempotency-Replayed"] == "true"
    other = hand_in(api, rows=[HEADER, row(), row("丁二", "坏")])
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert "另一内容" in other.json()["detail"]
    assert SheetImport.objects.count() == 1


def test_refusals_are_problems(api):
    taken = hand_in(api).json()
    there = f"/sheets/imports/{taken['id']}"
    early = api("qin", "POST", f"{there}/confirm", {})
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    wrong = api("qin", "POST", f"{there}/check", {"mapping": {"name": 0}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_mapping")
    assert api("tang", "GET", there).status_code == 404
    assert hand_in(api, who="sun", key="x").status_code == 404
    bad = api(
        "qin",
        "POST",
        "/sheets/imports",
        data={"file": SimpleUploadedFile("a.xlsx", b"PK-"), "sheet": "members"},
    )
    assert (bad.status_code, bad.json()["code"]) == (422, "unreadable_table")
