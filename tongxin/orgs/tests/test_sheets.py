"""Units, posts and volunteers by spreadsheet; and what every sheet must be able to do."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.orgs.models import Org, OrgChange, Post, Volunteer
from tongxin.orgs.tests.test_sheets_members import HEADER, number, row
from tongxin.spreadsheets import actions
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

UNITS = ["组织代码", "党组织名称", "上级组织代码", "党组织类型", "领域", "所在社区", "成立日期"]


def undone(taken):
    actions.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    return actions.work_off(taken=taken, at=NOON)


@pytest.fixture
def coded(world):
    """The units of the world with the codes of their register."""
    for code, unit in (("A", world.tong_party), ("B", world.north_party), ("C", world.branch)):
        unit.code = code
        unit.save(update_fields=["code"])
    return world


NEW = [
    ["N1", "松社区第二党总支", "B", "党总支", "社区", "松社区", date(2020, 1, 1)],
    ["N2", "松社区第三党支部", "N1", "党支部", "社区", "", "2021.5"],
]


def test_units_come_in_under_those_above_them_in_the_sheet(coded):
    taken = take_in("units", [UNITS, *NEW], coded.tang)
    assert taken.outcome == {"new": 2}
    upper, lower = Org.objects.get(code="N1"), Org.objects.get(code="N2")
    assert upper.path == f"{coded.north_party.path}{upper.pk}/"
    assert lower.path == f"{upper.path}{lower.pk}/"
    assert (upper.region, lower.region) == (coded.pine, coded.pine)
    assert lower.founded_on == date(2021, 5, 1)
    change = OrgChange.objects.get(unit=lower)
    assert (change.kind, change.parent_after) == ("found", upper)
    assert check("units", [UNITS, *NEW], coded.tang).counts == {"same": 2}


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (["N1", "新支部", "", "党支部"], "parent", "要填上级"),
        (["N1", "新支部", "A", "党支部"], "parent", "不在您的管理范围"),
        (["N1", "新支部", "N1", "党支部"], "parent", "不能是它自己"),
        (["N1", "新支部", "B", "小组"], "unit_kind", "不在可选范围"),
        (["A", "滨海区委", "", "党委"], "code", "不在您的管理范围"),
        (["C", "松社区第一党支部", "B", "党支部"], "parent", "调整隶属"),
        (["N1", "新支部", "B", "党支部", "", "盐社区"], "region", None),
        (["N1", "新支部", "B", "党支部", "", "无此地"], "region", "没有“无此地”"),
        (["", "新支部", "B", "党支部"], "code", "请填写组织代码"),
    ],
)
def test_a_wrong_unit_is_told_why(coded, line, column, words):
    taken = check("units", [UNITS, line + [""] * (len(UNITS) - len(line))], coded.tang)
    if words is None:
        assert taken.counts == {"new": 1}  # a unit may lie anywhere: people work elsewhere
        return
    [[name, sentence], *_rest] = problems(taken)[2]
    assert name == column
    assert words in sentence


def test_a_unit_below_its_own_parent_in_the_sheet_is_asked_to_move(coded):
    taken = check("units", [UNITS, NEW[1], NEW[0]], coded.tang)
    [[column, sentence]] = problems(taken)[2]
    assert column == "parent"
    assert "N1" in sentence


def test_units_are_updated_by_code_and_undone(coded):
    line = ["C", "松社区第一党支部（改）", "", "党支部", "社区", "", ""]
    taken = take_in("units", [UNITS, line], coded.tang)
    coded.branch.refresh_from_db()
    assert coded.branch.name == "松社区第一党支部（改）"
    assert undone(taken).state == "undone"
    coded.branch.refresh_from_db()
    assert coded.branch.name == "松社区第一党支部"


def test_new_units_are_taken_back_unless_somebody_belongs_to_them(coded):
    taken = take_in("units", [UNITS, *NEW], coded.tang)
    members = take_in("members", [HEADER, row(unit="松社区第三党支部")], coded.tang)
    with pytest.raises(actions.CannotUndo) as refusal:
        actions.undo_import(taken=taken, by=coded.tang, at=NOON)
    assert refusal.value.extra["lines"] == [3]
    assert undone(members).state == "undone"
    assert undone(taken).state == "undone"
    assert not Org.objects.filter(code__startswith="N").exists()


@pytest.mark.mission("S4.2")
@pytest.mark.parametrize("code", ["units", "members"])
def test_a_large_sheet_asks_no_more_than_a_small_one(coded, code):
    """A block is judged and written by a fixed number of statements, whatever its rows."""
    asked = []
    for many in (3, 60):
        if code == "units":
            lines = [
                [f"U{many}-{n}", f"第{n}支部{many}", "B", "党支部", "", "", ""] for n in range(many)
            ]
            lines.insert(0, UNITS)
        else:
            lines = [
                HEADER,
                *(row(f"人{many}{n}", number(serial=f"{many + n:03}")) for n in range(many)),
            ]
        with CaptureQueriesContext(connection) as judging:
            taken = check(code, lines, coded.tang)
        assert taken.counts == {"new": many}
        asked.append(len(judging))
        actions.confirm_import(taken=taken, by=coded.tang, at=NOON)
        taken.refresh_from_db()
        with CaptureQueriesContext(connection) as writing:
            taken = actions.work_off(taken=taken, at=NOON)
        assert taken.outcome == {"new": many}
        asked.append(
            len(writing) - (2 * many if code == "units" else 0)
        )  # a unit is two statements
    assert asked[2] <= asked[0]
    assert asked[3] <= asked[1] + 2


POSTS = ["用户名", "姓名", "手机号", "组织", "角色", "管辖范围", "任职日期", "离任日期"]


def test_posts_open_accounts_and_give_offices(world):
    rows = [POSTS,
            ["newbie", "新同志", "13900001111", "松社区居委会", "社区派单员", "", "", ""],
            ["newbie", "新同志", "", "松社区居委会", "网格员", "第一网格", "", ""]]  # fmt: skip
    taken = take_in("posts", rows, world.ann)
    assert taken.outcome == {"new": 2}
    user = User.objects.get(username="newbie")
    assert sealer().open(user.phone_sealed) == "13900001111"
    assert set(user.posts.values_list("role", "region")) == {
        ("dispatcher", world.pine.pk), ("grid_worker", world.p1.pk),
    }  # fmt: skip
    assert check("posts", rows, world.ann).counts == {"same": 2}
    assert undone(taken).state == "undone"
    assert not User.objects.filter(username="newbie").exists()


def test_a_post_is_ended_by_its_row_and_given_back(world):
    line = ["zhang", "", "", "松社区居委会", "社区派单员", "", "", date(2026, 6, 30)]
    taken = take_in("posts", [POSTS, line], world.ann)
    post = Post.objects.get(user=world.zhang)
    assert (taken.outcome, post.to_date) == ({"changed": 1}, date(2026, 6, 30))
    assert undone(taken).state == "undone"
    post.refresh_from_db()
    assert post.to_date is None


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (["nobody", "", "", "松社区居委会", "社区派单员"], "name"),
        (["zhang", "", "", "没有的单位", "社区派单员"], "org"),
        (["zhang", "", "", "松社区居委会", "皇帝"], "role"),
        (["zhang", "", "", "松社区居委会", "网格员", "盐社区"], "region"),
        (["zhang", "", "", "松社区居委会", "社区派单员", "", "2001-01-01"], "from_date"),
    ],
)
def test_a_wrong_post_is_told_why(world, line, column):
    taken = check("posts", [POSTS, line + [""] * (len(POSTS) - len(line))], world.ann)
    assert [name for name, _words in problems(taken)[2]] == [column]


def test_posts_are_for_the_administrator(world):
    with pytest.raises(actions.NoSuchSheet):
        check("posts", [POSTS, ["zhang", "", "", "松社区居委会", "领导", "", "", ""]], world.liu)


PEOPLE = ["姓名", "手机号码", "所在社区", "特长", "同时接单上限"]


def test_volunteers_come_in_with_account_team_and_skills(world):
    rows = [PEOPLE, ["郑好", "13900002222", "松社区", "理发，水电", 5]]
    taken = take_in("volunteers", rows, world.zhang)
    assert taken.outcome == {"new": 1}
    known = Volunteer.objects.get(user__name="郑好")
    assert (known.home, known.cap) == (world.pine, 5)
    assert set(known.skills.values_list("name", flat=True)) == {"理发", "水电"}
    assert known.user.posts.get().role == "volunteer"
    assert check("volunteers", rows, world.zhang).counts == {"same": 1}
    rows[1][3] = "理发"
    changed = take_in("volunteers", rows, world.zhang)
    assert changed.outcome == {"changed": 1}
    assert undone(changed).state == "undone"
    assert known.skills.count() == 2
    with pytest.raises(
        actions.CannotUndo
    ):  # set back and forth, but the same again: the first may go
        User.objects.filter(pk=known.pk).update(last_login=NOON)
        actions.undo_import(taken=taken, by=world.zhang, at=NOON)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (["郑好", "", "松社区", "", ""], ""),
        (["郑好", "13900002222", "盐社区", "", ""], "home"),
        (["郑好", "13900002222", "松社区", "", 99], "cap"),
        (["郑好", "139", "松社区", "", ""], "phone"),
    ],
)
def test_a_wrong_volunteer_is_told_why(world, line, column):
    taken = check("volunteers", [PEOPLE, line], world.zhang)
    assert [name for name, _words in problems(taken)[2]][:1] == [column]


# Every sheet there is.

KEEPER = {"units": "tang", "members": "qin", "posts": "ann", "volunteers": "zhang"}
OURS = [pytest.param(code, id=code) for code in KEEPER]


def exported(code: str, by, reason: str = "") -> list[list]:
    out = io.BytesIO()
    actions.export_sheet(sheet=code, out=out, by=by, at=NOON, reason=reason)
    out.seek(0)
    lines = CalamineWorkbook.from_filelike(out).get_sheet_by_index(0).to_python()
    return [[v if v != "" else "" for v in line] for line in lines]


@pytest.mark.parametrize("code", OURS)
@pytest.mark.parametrize("reason", ["", "年度核对名册"])
def test_what_is_exported_can_be_imported_unchanged(coded, code, reason):
    take_in("members", [HEADER, row(), row("丁二", number(serial="002"), phone="")], coded.qin)
    Volunteer.objects.filter(user=coded.wang).update(cap=7, is_paused=True)
    by = getattr(coded, KEEPER[code])
    if code == "units":  # those without a code cannot be told apart
        coded.pine_party.code = "P"
        coded.pine_party.save(update_fields=["code"])
    if code == "members":  # those of the world have neither number nor birth
        for person in (coded.wang_member.person, coded.zhao_member.person):
            person.born_on = date(1970, 1, 1)
            person.save(update_fields=["born_on"])
    lines = exported(code, by, reason)
    assert len(lines) > 2
    taken = check(code, lines, by)
    assert problems(taken) == {}
    assert taken.counts == {"same": len(lines) - 1}


def test_every_sheet_is_declared_soundly(world):
    sheets = all_sheets()
    assert set(KEEPER) <= set(sheets)
    for code, sheet in sheets.items():
        names = [column.name for column in sheet.columns]
        headings = [column.heading for column in sheet.columns]
        assert len(set(names)) == len(names), code
        assert len(set(headings)) == len(headings), code
        assert {name for key in sheet.keys for name in key} <= set(names), code
        assert set(sheet.shown) <= set(names), code
        assert not sheet.may(AnonymousUser()), code
        assert not sheet.may_export(world.sun), code
