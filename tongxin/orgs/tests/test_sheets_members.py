"""The register of members in and out by spreadsheet, as the secretary of a branch does it."""

from datetime import date

import pytest

from tongxin.accounts.queries import sealer
from tongxin.kit.identity import id_check_digit
from tongxin.orgs.models import LogEntry, Membership, Person
from tongxin.spreadsheets import actions
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401

HEADER = [
    "姓名",
    "公民身份号码",
    "所在党支部",
    "人员类别",
    "加入党组织日期",
    "转为正式党员日期",
    "手机号码",
]
BRANCH = "松社区第一党支部"


def number(born: str = "19750305", serial: str = "001") -> str:
    first = f"120116{born}{serial}"
    return first + id_check_digit(first)


def row(name="丁一", identity=None, unit=BRANCH, stage="正式党员", admitted=date(1998, 7, 1), full=date(1999, 7, 1), phone="13800001111"):  # fmt: skip
    return [name, number() if identity is None else identity, unit, stage, admitted, full, phone]


def test_members_come_in_sealed_and_with_what_their_number_says(world):
    taken = take_in("members", [HEADER, row()], world.qin)
    assert (taken.state, taken.outcome) == ("done", {"new": 1})
    person = Person.objects.get(name="丁一")
    assert (person.gender, person.born_on, person.initials) == ("m", date(1975, 3, 5), "dy")
    assert sealer().open(person.identity_sealed) == number()
    member = person.memberships.get()
    assert (member.unit, member.stage) == (world.branch, "full")
    assert (member.from_date, member.full_on) == (date(1998, 7, 1), date(1999, 7, 1))
    assert "新增 1 名" in LogEntry.objects.get(unit=world.branch, kind="people").text


def test_importing_twice_changes_nothing(world):
    take_in("members", [HEADER, row()], world.qin)
    again = check("members", [HEADER, row()], world.qin)
    assert again.counts == {"same": 1}
    with pytest.raises(actions.NotReady):
        actions.confirm_import(taken=again, by=world.qin, at=again.created_at)


def test_a_known_member_is_updated_by_the_number_and_the_rest_stays(world):
    take_in("members", [HEADER, row()], world.qin)
    changed = row(admitted=date(1998, 6, 1), phone="")
    taken = take_in("members", [HEADER, changed], world.qin)
    assert taken.outcome == {"changed": 1}
    member = Membership.objects.get(person__name="丁一")
    assert member.admitted_on == date(1998, 6, 1)
    assert sealer().open(member.person.phone_sealed) == "13800001111"


@pytest.mark.parametrize(
    ("wrong", "column", "words"),
    [
        ({"identity": number()[:17] + ("0" if number()[17] != "0" else "1")}, "identity", "校验位"),
        ({"unit": "盐社区党支部"}, "unit_name", "不在您的管理范围"),
        ({"unit": ""}, "unit_name", "请填写所在党组织"),
        ({"stage": "老党员"}, "stage", "不在可选范围"),
        ({"admitted": ""}, "admitted_on", "入党日期"),
        ({"full": date(1997, 1, 1)}, "full_on", "早于入党日期"),
        ({"admitted": date(1990, 1, 1)}, "admitted_on", "未满 18"),
        ({"phone": "1380000"}, "phone", "手机号"),
        ({"name": ""}, "name", "请填写姓名"),
        ({"stage": "预备党员"}, "full_on", "正式党员"),
        ({"identity": 1.2011619750305e17}, "identity", "后几位已丢失"),
        ({"admitted": 1998.1}, "admitted_on", "1998-10"),
    ],
)
def test_a_wrong_row_is_told_why_and_left_out(world, wrong, column, words):
    taken = check("members", [HEADER, row(**wrong), row("好人", number(serial="002"))], world.qin)
    assert taken.counts == {"bad": 1, "new": 1}
    [[name, sentence], *_rest] = problems(taken)[2]
    assert name == column
    assert words in sentence


def test_somebody_in_another_branch_is_not_taken_over_by_a_sheet(world):
    take_in("members", [HEADER, row(unit="盐社区党支部")], world.yue)
    taken = check("members", [HEADER, row()], world.qin)
    [[column, sentence]] = problems(taken)[2]
    assert column == "identity"
    assert "转接" in sentence
    assert "盐社区" not in sentence  # where else they belong is not for everybody to know


def test_a_move_or_a_step_in_development_is_not_made_by_a_sheet(world):
    take_in("members", [HEADER, row()], world.tang)
    taken = check("members", [HEADER, row(stage="预备党员", full="")], world.tang)
    assert [name for name, _words in problems(taken)[2]] == ["stage"]
    taken = check("members", [HEADER, row(unit="松社区党委")], world.tang)
    assert [name for name, _words in problems(taken)[2]] == ["identity"]


def test_the_same_person_twice_in_a_sheet_is_said(world):
    taken = check("members", [HEADER, row(), row()], world.qin)
    assert problems(taken) == {3: [("identity", "与第 2 行重复")]}


def test_without_a_number_name_birth_and_branch_tell_people_apart(world):
    header = ["姓名", "出生年月", "所在党支部", "类别", "入党时间"]
    rows = [header, ["丁一", "1975.3", BRANCH, "预备", "2025年9月1日"]]
    assert take_in("members", rows, world.qin).outcome == {"new": 1}
    person = Person.objects.get(name="丁一")
    assert (person.born_on, person.identity_sealed) == (date(1975, 3, 1), "")
    assert check("members", rows, world.qin).counts == {"same": 1}


def test_who_keeps_no_register_imports_no_members(world):
    for who in (world.zhang, world.ann, world.sun, world.liu):
        with pytest.raises(actions.NoSuchSheet):
            check("members", [HEADER, row()], who)


def test_undo_takes_all_back(world):
    before = set(Person.objects.values_list("pk", flat=True))
    taken = take_in("members", [HEADER, row(), row("丁二", number(serial="002"))], world.qin)
    actions.undo_import(taken=taken, by=world.qin, at=taken.created_at)
    taken.refresh_from_db()
    taken = actions.work_off(taken=taken, at=taken.created_at)
    assert taken.state == "undone"
    assert set(Person.objects.values_list("pk", flat=True)) == before


def test_undo_gives_back_what_was_there(world):
    take_in("members", [HEADER, row()], world.qin)
    taken = take_in(
        "members", [HEADER, row(admitted=date(1998, 6, 1), phone="13900002222")], world.qin
    )
    actions.undo_import(taken=taken, by=world.qin, at=taken.created_at)
    taken.refresh_from_db()
    actions.work_off(taken=taken, at=taken.created_at)
    member = Membership.objects.get(person__name="丁一")
    assert member.admitted_on == date(1998, 7, 1)
    assert sealer().open(member.person.phone_sealed) == "13800001111"


def test_what_was_changed_since_is_not_undone(world):
    taken = take_in("members", [HEADER, row(), row("丁二", number(serial="002"))], world.qin)
    Person.objects.filter(name="丁二").update(occupation="医生")
    with pytest.raises(actions.CannotUndo) as refusal:
        actions.undo_import(taken=taken, by=world.qin, at=taken.created_at)
    assert refusal.value.extra["lines"] == [3]
    assert Person.objects.filter(name="丁一").exists()
