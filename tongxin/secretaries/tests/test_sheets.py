"""Villages by spreadsheet: sent and stationed by the same verbs, refused like them, taken back."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.test import Client

from tongxin.orgs.models import LogEntry, Post
from tongxin.secretaries import actions
from tongxin.secretaries.models import TeamMember, VillageTeam
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.models import SheetImport
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

HEADER = ["村党组织", "第一书记", "第一书记姓名", "第一书记任职日期", "选派理由", "工作队队长", "派出单位", "队员"]  # fmt: skip
FULL = ["柳村党支部", "ling", "凌云", "", "接任第一书记", "ling", "农业农村局", "hua（产业）"]
BARE = [*FULL[:5], "", "", ""]


def row(**changes):
    names = ("village", "first", "name", "since", "reason", "leader", "sender", "members")
    return [changes.get(name, value) for name, value in zip(names, FULL, strict=True)]


def held(village):
    return list(
        Post.objects.filter(org=village, to_date=None, role__in=("first_secretary", "team_leader"))
        .order_by("role")
        .values_list("user__username", "role")
    )


def undone(taken):
    sheets.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    taken = sheets.work_off(taken=taken, at=NOON)
    taken.refresh_from_db()
    return taken


@pytest.mark.mission("S4.54")
def test_a_village_is_manned_by_one_row(world, village):
    assert take_in("villages", [HEADER, FULL], world.he).outcome == {"new": 1}
    assert held(village) == [("ling", "first_secretary"), ("ling", "team_leader")]
    team = VillageTeam.objects.get()
    assert (team.leader, team.sender) == (world.ling, "农业农村局")
    assert list(team.members.values_list("user__username", "duty")) == [("hua", "产业")]
    assert LogEntry.objects.filter(unit=village, text__contains="接任第一书记").exists()
    assert check("villages", [HEADER, FULL], world.he).counts == {"same": 1}


def test_who_is_new_in_the_list_joins_the_team(world, village):
    take_in("villages", [HEADER, FULL], world.he)
    taken = take_in("villages", [HEADER, row(members="hua（产业）、wang（宣传）")], world.he)
    assert taken.outcome == {"changed": 1}
    assert TeamMember.objects.get(user=world.wang).duty == "宣传"
    assert check("villages", [HEADER, FULL], world.he).counts == {"same": 1}  # nobody leaves
    assert undone(taken).state == SheetImport.State.UNDONE
    assert not TeamMember.objects.filter(user=world.wang, to_date=None).exists()


def test_what_goes_out_goes_in_again(world, village):
    take_in("villages", [HEADER, FULL], world.he)
    out = io.BytesIO()
    assert sheets.export_sheet(sheet="villages", out=out, by=world.he, at=NOON) == 1
    data = out.getvalue()
    taken = sheets.upload_sheet(sheet="villages", data=data, name="导出.xlsx", by=world.he, at=NOON)
    taken = sheets.choose_columns(taken=taken, mapping=taken.mapping, at=NOON)
    taken = sheets.work_off(taken=taken, at=NOON)
    assert (taken.counts, problems(taken)) == ({"same": 1}, {})


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"village": "无此村"}, "village", "没有“无此村”"),
        ({"first": "nobody"}, "first", "没有用户名"),
        ({"name": "别人"}, "first_name", "凌云"),
        ({"reason": "接任"}, "reason", "选派理由"),
        ({"since": date(2026, 3, 9)}, "first_from", "还没有到"),
        ({"leader": "hua", "members": ""}, "leader", "由第一书记兼任"),
        ({"leader": ""}, "leader", "队长的用户名"),
        ({"sender": ""}, "sender", "派出单位"),
        ({"members": "hua、ling"}, "members", "不能包括队长"),
        ({"members": "hua、nobody（产业）"}, "members", "没有用户名"),
    ],
)
def test_rows_that_cannot_be_are_refused_in_words(world, village, changes, column, words):
    said = problems(check("villages", [HEADER, row(**changes)], world.he))[2]
    assert said[0][0] == column and words in said[0][1]
    assert held(village) == []


def test_who_is_there_is_not_replaced(world, village, first):
    said = problems(check("villages", [HEADER, [FULL[0], "hua", *BARE[2:]]], world.he))[2]
    assert ("first", "已有第一书记凌云，换人请先在页面上办理离任") in said


def test_it_is_for_who_keeps_the_unit_above(world, village):
    sheet = all_sheets()["villages"]
    assert problems(check("villages", [HEADER, BARE], world.bai))[2][0][1].startswith("这件事由")
    assert check("villages", [HEADER, BARE], world.tang).counts == {"bad": 1}  # of another land
    assert not sheet.may(world.gao) and sheet.may_export(world.gao)
    assert [one["village"] for one in sheet.export(world.gao, whole=False)] == ["柳村党支部"]
    assert not sheet.may_export(world.ann) and list(sheet.export(world.tang, whole=False)) == []


def test_an_import_is_taken_back_whole(world, village):
    taken = take_in("villages", [HEADER, FULL], world.he)
    assert undone(taken).state == SheetImport.State.UNDONE
    assert held(village) == [] and not VillageTeam.objects.standing().exists()
    assert LogEntry.objects.filter(unit=village, text__contains="撤销表格导入").count() == 2


def test_not_once_somebody_left(world, village):
    taken = take_in("villages", [HEADER, FULL], world.he)
    member = TeamMember.objects.get()
    actions.leave_team(member=member, reason="回原单位工作", by=world.he, at=NOON)
    with pytest.raises(sheets.CannotUndo):
        undone(taken)


def test_its_register_leads_to_it(world, village):
    client = Client()
    client.force_login(world.he)
    page = client.get("/secretaries/villages/").content.decode()
    assert "/sheets/new/villages/" in page and "/sheets/export/villages/" in page
