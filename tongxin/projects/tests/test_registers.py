"""Promises, duties and contact points come in by sheets, are taken back, and go out as they came in."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.dual_report.models import ContactPoint
from tongxin.projects import actions
from tongxin.projects.models import Demonstration, DutyItem, DutyList, DutyTick, Promise
from tongxin.projects.sheets import DutyListSheet, DutyTickSheet, PointSheet, PromiseSheet
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import Sheet
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON


def undo(taken) -> None:
    sheets.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    sheets.work_off(taken=taken, at=NOON)


def as_rows(sheet: Sheet, actor) -> list[list]:
    """Return what leaves as rows of a file, headings first."""
    table = [[column.heading for column in sheet.columns]]
    for facts in sheet.export(actor, whole=True):
        table.append([column.show(facts.get(column.name)) for column in sheet.columns])
    return table


PROMISES = ["年度", "单位", "承诺人", "承诺", "兑现措施", "考核目标", "考核任务"]
KEPT = [2026, "北塘街道党工委", "唐颖", "建成六个中心", "逐月调度", "新建中心", "建设党群服务中心"]


class TestPromises:
    @pytest.fixture
    def target(self, world):
        top = actions.set_target(
            name="新建中心", field="party", unit="个", value=10, region=world.tong, from_year=2026,
            to_year=2026, by=world.gao, at=NOON,
        )  # fmt: skip
        shares = [actions.Share(6, world.north), actions.Share(4, world.south)]
        return actions.split_target(top, shares=shares, by=world.gao, at=NOON)[0]

    @pytest.mark.mission("S1.5")
    def test_they_come_in_with_their_figures_are_changed_and_taken_back(self, world, target, given):
        task = given()
        first = take_in("promises", [PROMISES, KEPT], world.gao)
        assert first.outcome == {"new": 1}
        promise = Promise.objects.get()
        assert (promise.person, promise.targets.get(), promise.tasks.get()) == (
            world.tang,
            target,
            task,
        )
        assert check("promises", as_rows(PromiseSheet(), world.gao), world.gao).counts == {
            "same": 1
        }
        second = take_in("promises", [PROMISES, [*KEPT[:4], "按周调度", "（清空）"]], world.tang)
        promise.refresh_from_db()
        assert second.outcome == {"changed": 1} and promise.measures == "按周调度"
        assert not promise.targets.exists() and promise.tasks.get() == task
        undo(second)
        promise.refresh_from_db()
        assert promise.measures == "逐月调度" and promise.targets.get() == target
        undo(first)
        assert not Promise.objects.exists()

    def test_what_cannot_be_promised_is_refused_in_words(self, world, target):
        bad = [[*KEPT[:5]] for _n in range(5)]
        bad[0][2] = "刘洋"
        bad[1][0] = 2020
        bad[2] += ["没有的目标"]
        bad[3][1] = "没有的党委"
        for n, row in enumerate(bad):
            row[3] = f"承诺{n}"
        said = str(problems(check("promises", [PROMISES, *bad], world.gao)))
        for words in ("没有在岗的", "今年、去年或明年", "没有找到“没有的目标”", "没有找到单位"):
            assert words in said, words
        mine = str(problems(check("promises", [PROMISES, KEPT[:5]], world.qin)))
        assert "只能登记本人的承诺" in mine and not Promise.objects.exists()
        assert not PromiseSheet().may(world.wu) and not PromiseSheet().may_export(world.sun)

    def test_a_judged_promise_is_not_changed_by_a_sheet(self, world):
        take_in("promises", [PROMISES, KEPT[:5]], world.tang)
        december = NOON.replace(month=12, day=20)
        actions.judge_promise(
            Promise.objects.get(), verdict="kept", why="已建成", by=world.gao, at=december
        )
        found = check("promises", [PROMISES, [*KEPT[:4], "又改"]], world.tang)
        assert "已经考核过" in str(problems(found))
        with pytest.raises(actions.WrongState):
            actions.drop_promise(Promise.objects.get(), by=world.tang, at=december)


LISTS = ["清单代码", "清单名称", "层级", "责任", "依据", "启用日期", "序号", "责任内容", "佐证"]


def a_list(first: date, *texts: str) -> list[list]:
    head = ["jz", "街镇清单", "街镇", "直接责任", "区委〔2026〕3号", str(first)]
    return [LISTS, *([*head, n, text, "会议纪要"] for n, text in enumerate(texts, 1))]


class TestDuties:
    @pytest.mark.mission("S3.9")
    def test_a_new_version_of_a_list_ends_the_one_before_and_can_be_taken_back(self, world):
        old = a_list(date(2026, 1, 1), "每月研究一次", "每季度走访一次")
        assert take_in("duty_lists", old, world.gao).outcome == {"new": 2}
        taken = take_in("duty_lists", a_list(date(2026, 3, 1), "每周研究一次"), world.gao)
        first, second = DutyList.objects.order_by("version")
        assert (first.effective_to, second.version) == (date(2026, 3, 1), 2)
        assert not second.is_sample and second.items.get().text == "每周研究一次"
        assert check("duty_lists", as_rows(DutyListSheet(), world.gao), world.gao).counts == {
            "same": 3
        }
        undo(taken)
        first.refresh_from_db()
        assert DutyList.objects.get() == first and first.effective_to is None
        late = check("duty_lists", a_list(date(2025, 1, 1), "补一版"), world.gao)
        assert "要晚于现行版本" in str(problems(late))

    def test_words_by_which_something_was_recorded_stay(self, world):
        take_in("duty_lists", a_list(date(2026, 1, 1), "每月研究一次"), world.gao)
        item = DutyItem.objects.get()
        actions.tick_duty(
            item=item,
            org=world.north_party,
            year=2026,
            quarter=1,
            note="纪要",
            by=world.tang,
            at=NOON,
        )
        changed = check("duty_lists", a_list(date(2026, 1, 1), "每周研究一次"), world.gao)
        assert "另立一版" in str(problems(changed))
        twice = a_list(date(2026, 5, 1), "甲", "乙")
        twice[2][1] = "别的名称"
        assert "同一份清单" in str(problems(check("duty_lists", twice, world.gao)))
        assert not DutyListSheet().may(world.liu) and not DutyListSheet().may(world.tang)

    @pytest.mark.mission("S3.9")
    def test_a_quarter_is_recorded_by_a_sheet_of_ones_own_unit(self, world):
        take_in("duty_lists", a_list(date(2026, 1, 1), "每月研究一次"), world.gao)
        head = ["年度", "季度", "单位", "责任内容", "做了什么、凭什么"]
        row = [2026, 1, "北塘街道党工委", "每月研究一次", "1—3月会议纪要"]
        taken = take_in("duty_ticks", [head, row], world.tang)
        assert taken.outcome == {"new": 1} and DutyTick.objects.get().org == world.north_party
        assert check("duty_ticks", as_rows(DutyTickSheet(), world.tang), world.tang).counts == {
            "same": 1
        }
        assert not list(DutyTickSheet().export(world.wu, whole=True))
        bad = [[*row] for _n in range(4)]
        bad[0][1], bad[1][2], bad[2][3], bad[3][4] = 4, "盐社区党支部", "没有这一项", "别的说法"
        said = str(problems(check("duty_ticks", [head, *bad], world.tang)))
        for words in ("还没有开始", "不是您的单位", "没有这一项", "已经记录过"):
            assert words in said, words
        undo(taken)
        assert not DutyTick.objects.exists()


POINTS = ["联系领导", "所在单位", "联系点", "全年应访户数", "示范主题", "打造措施"]


class TestPoints:
    @pytest.mark.mission("S3.6")
    def test_points_are_arranged_begun_and_taken_back(self, world):
        boss = world.person("boss", "邓书记", world.tong_party, "leader")
        row = ["邓书记", world.tong_party.name, "松社区", 20, "红色网格", "建中心"]
        taken = take_in("contact_points", [POINTS, row], world.gao)
        point = ContactPoint.objects.get()
        assert (point.leader, point.region, point.wanted) == (boss, world.pine, 20)
        assert point.demonstration.theme == "红色网格"
        out = as_rows(PointSheet(), world.gao)
        assert check("contact_points", out, world.gao).counts == {"same": 1}
        assert len(list(PointSheet().export(boss, whole=True))) == 1
        assert not list(PointSheet().export(world.wu, whole=True))
        undo(taken)
        point.refresh_from_db()
        assert point.to_date is not None and not Demonstration.objects.exists()

    def test_what_cannot_be_arranged_is_refused_in_words(self, world):
        world.person("boss", "邓书记", world.tong_party, "leader")
        good = ["邓书记", world.tong_party.name, "松社区", 20]
        take_in("contact_points", [POINTS, good], world.gao)
        bad = [[*good], [*good], [*good], [*good]]
        bad[0][3], bad[1][2], bad[2][0] = 30, "没有的社区", "无名"
        bad[3][2:] = ["苇社区", 20, "红色网格"]
        said = str(problems(check("contact_points", [POINTS, *bad], world.gao)))
        for words in ("双报到", "没有“没有的社区”", "没有在岗的", "要一起填"):
            assert words in said, words
        assert ContactPoint.objects.count() == 1 and not PointSheet().may(world.ann)
