"""Units taken over by one list: each row's verdict, all or nothing, undone or confirmed."""

from __future__ import annotations

import time
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tongxin.orgs import actions, queries
from tongxin.orgs.models import LogEntry, Membership, Org, OrgChange, Person, TakeOver
from tongxin.testing import NOON

ON = date(2026, 3, 1)
HEADER = "原单位,党组织名称,组织代码,类型,领域,上级党组织"


def upload(client, world, *lines: str, into: Org | None = None):
    unit = into or world.north_party
    text = "\n".join([HEADER, *lines]).encode()
    return client.post("/orgs/take-overs/new/", {
        "title": "机构改革接收", "into": f"x #{unit.pk}", "on": ON.isoformat(),
        "file": SimpleUploadedFile("名单.csv", text),
    })  # fmt: skip


def draft(world, rows: list[dict[str, str]], by=None, into=None) -> TakeOver:
    return actions.draft_take_over(
        into=into or world.north_party, title="接收", on=ON, rows=enumerate(rows, 2), at=NOON,
        by=by or world.tang,
    )  # fmt: skip


def eighteen() -> list[dict[str, str]]:
    """Return 18 units with 249 party units: a committee each, the branches under them."""
    rows = []
    for n in range(18):
        source = f"第{n + 1:02d}局"
        rows.append(
            {"原单位": source, "党组织名称": f"{source}机关党委", "类型": "党委", "领域": "机关"}
        )
        rows += [
            {"原单位": source, "党组织名称": f"{source}第{k}党支部", "类型": "党支部",
             "领域": "机关", "上级党组织": f"{source}机关党委"}
            for k in range(1, 14 if n < 15 else 13)
        ]  # fmt: skip
    return rows


@pytest.mark.mission("S2.21")
def test_eighteen_units_with_249_party_units_are_shown_applied_undone_applied_confirmed(world):
    rows = eighteen()
    assert len(rows) == 249
    batch = draft(world, rows)
    assert batch.items.filter(verdict="found").count() == 249
    assert not Org.objects.filter(name="第01局机关党委").exists()  # shown, not done
    began = time.process_time()
    actions.apply_take_over(batch=batch, at=NOON, by=world.tang)
    assert time.process_time() - began < 2
    branch = Org.objects.get(name="第18局第12党支部")
    assert branch.path.startswith(f"{world.north_party.path}{branch.parent_id}/")
    assert len(queries.tree_on(ON)) == 249 + 5
    assert not LogEntry.objects.filter(unit=branch).exists()  # not before it is final

    batch.refresh_from_db()
    actions.undo_take_over(batch=batch, at=NOON, by=world.tang)
    assert not Org.objects.filter(name__startswith="第").exists()
    assert len(queries.tree_on(ON)) == 5
    with pytest.raises(actions.NotApplied):
        actions.confirm_take_over(batch=batch, at=NOON, by=world.tang)

    again = draft(world, rows)
    actions.apply_take_over(batch=again, at=NOON, by=world.tang)
    actions.confirm_take_over(batch=again, at=NOON, by=world.tang)
    assert LogEntry.objects.filter(key__startswith="change:").count() == 249
    with pytest.raises(actions.NotApplied):  # afterwards not
        actions.undo_take_over(batch=again, at=NOON, by=world.tang)
    told = [notice.title for notice in world.he.notices.model.objects.filter(user=world.he)]
    assert told == ["接收完成：接收"]


@pytest.mark.mission("S2.20")
def test_standing_units_of_the_list_move_and_come_back(world):
    """The district reorganises: Pine's committee goes to the new bureau, with all below it."""
    rows = [
        {"党组织名称": "新局党委", "类型": "党委", "领域": "机关"},
        {"党组织名称": "松社区党委", "上级党组织": "新局党委"},
    ]
    batch = draft(world, rows, by=world.he, into=world.tong_party)
    assert [item.verdict for item in batch.items.order_by("line")] == ["found", "move"]
    actions.apply_take_over(batch=batch, at=NOON, by=world.he)
    world.branch.refresh_from_db()
    new = Org.objects.get(name="新局党委")
    assert world.branch.path == f"{new.path}{world.pine_party.pk}/{world.branch.pk}/"
    assert queries.tree_on(ON)[world.pine_party.pk].parent_id == new.pk
    actions.undo_take_over(batch=batch, at=NOON, by=world.he)
    world.branch.refresh_from_db()
    world.pine_party.refresh_from_db()
    assert world.pine_party.parent_id == world.north_party.pk
    assert world.branch.path == f"{world.pine_party.path}{world.branch.pk}/"
    assert queries.tree_on(ON)[world.pine_party.pk].parent_id == world.north_party.pk
    assert OrgChange.objects.filter(kind="give_back").count() == 1  # written, not wiped


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"党组织名称": ""}, "没有填"),
        ({"党组织名称": "甲", "类型": "公司"}, "没有“公司”这个类型"),
        ({"党组织名称": "甲", "类型": "党支部", "领域": "天上"}, "没有“天上”这个领域"),
        ({"党组织名称": "甲"}, "要填类型"),
        ({"党组织名称": "甲", "类型": "党小组"}, "党小组不能设在"),
        ({"党组织名称": "甲", "类型": "党支部", "上级党组织": "没有的"}, "找不到上级"),
        ({"党组织名称": "甲", "类型": "党支部", "上级党组织": "甲"}, "上级不能是它自己"),
        ({"党组织名称": "滨海区委", "组织代码": "QW"}, "组织代码"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(world, row, why):
    if row.get("组织代码"):
        world.salt_branch.code = row["组织代码"]
        world.salt_branch.save()
    item = draft(world, [row]).items.get()
    assert (item.verdict, why in item.why) == ("", True), item.why


def test_rows_under_a_bad_row_and_in_a_circle_cannot_be_used(world):
    batch = draft(world, [
        {"党组织名称": "甲", "类型": "党委", "上级党组织": "乙"},
        {"党组织名称": "乙", "类型": "党委", "上级党组织": "甲"},
        {"党组织名称": "丙", "类型": "飞机"},
        {"党组织名称": "丁", "类型": "党支部", "上级党组织": "丙"},
        {"党组织名称": "戊", "类型": "党支部"},
    ])  # fmt: skip
    whys = {item.name: item.why for item in batch.items.all()}
    assert "绕成了圈" in whys["甲"] and "上级（第 2 行）不能用" in whys["乙"]
    assert whys["戊"] == "新接收" and whys["丁"]
    with pytest.raises(actions.BadRows) as refused:
        actions.apply_take_over(batch=batch, at=NOON, by=world.tang)
    assert "4 行不能用" in str(refused.value)
    assert not Org.objects.filter(name="戊").exists()  # all or nothing
    actions.apply_take_over(batch=batch, at=NOON, by=world.tang, skip_bad=True)
    assert Org.objects.get(name="戊").parent == world.north_party


def test_what_is_in_use_is_not_taken_back(world):
    batch = draft(world, [{"党组织名称": "甲", "类型": "党支部"}])
    actions.apply_take_over(batch=batch, at=NOON, by=world.tang)
    unit = Org.objects.get(name="甲")
    Membership.objects.create(
        person=Person.objects.create(name="某"), unit=unit, stage="full", from_date=ON
    )
    with pytest.raises(actions.InUse) as refused:
        actions.undo_take_over(batch=batch, at=NOON, by=world.tang)
    assert "“甲”" in str(refused.value)
    batch.refresh_from_db()
    assert batch.state == "applied" and OrgChange.objects.filter(unit=unit).exists()


def test_the_list_goes_in_by_the_page(world, client):
    client.force_login(world.tang)
    answer = upload(client, world, "某局,某局党委,,党委,机关,", "某局,某支部,,党支部,机关,某局党委")
    batch = TakeOver.objects.get()
    assert answer.url == f"/orgs/take-overs/{batch.pk}/"
    page = client.get(answer.url).content.decode()
    assert "某局党委" in page and "新接收" in page
    client.post(f"{answer.url}apply/")
    assert Org.objects.filter(name="某支部").exists()
    assert "整批撤回" in client.get(answer.url).content.decode()
    client.post(f"{answer.url}undo/")
    assert not Org.objects.filter(name="某支部").exists()
    assert client.post(f"{answer.url}confirm/").status_code == 409
    for who in (world.yue, world.qin, world.liu):
        client.force_login(who)
        assert client.get(answer.url).status_code == 404
        assert client.post(f"{answer.url}apply/").status_code == 404


def test_a_list_that_is_none_is_refused_in_words(world, client):
    client.force_login(world.tang)
    assert "没有数据行" in upload(client, world).content.decode()
    bad = client.post("/orgs/take-overs/new/", {
        "title": "x", "into": f"x #{world.north_party.pk}", "on": "2026-03-01",
        "file": SimpleUploadedFile("a.csv", "别的\n1".encode()),
    })  # fmt: skip
    assert bad.status_code == 422 and "党组织名称" in bad.content.decode()
    assert not TakeOver.objects.exists()
    with pytest.raises(actions.NotYourUnit):
        draft(world, [{"党组织名称": "甲", "类型": "党支部"}], by=world.qin)
