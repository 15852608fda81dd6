"""The pool by spreadsheet: read, checked, written in bulk, updated by telephone, undone whole."""

from datetime import date

import pytest

from tongxin.accounts.actions import set_phone
from tongxin.cadres.models import PoolEntry
from tongxin.orgs.models import Person
from tongxin.spreadsheets import actions
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

from .cast import draft, need, offer

HEADER = ["姓名", "手机号", "派出单位", "居住社区", "起始日期", "截止日期", "最远公里数", "备注"]
DAYS = [date(2026, 3, 3), "2026/4/30"]
ROWS = [
    ["郝一", "13900001231", "城市管理委", "松社区", *DAYS, "", ""],
    ["郝二", "13900001232", "水务局", "120116001002", *DAYS, "10", "照顾老人"],
]


def undone(taken):
    actions.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    return actions.work_off(taken=taken, at=NOON)


@pytest.mark.mission("S0.17", "S0.18")
class TestPoolSheet:
    def test_a_list_goes_in_as_it_is(self, cadres, operation):
        set_phone(user=cadres.ma, phone="13900001231", by=None, at=NOON)
        taken = take_in("cadre-pool", [HEADER, *ROWS], cadres.gao)
        assert taken.outcome == {"new": 2}
        one, two = PoolEntry.objects.order_by("person__phone_index").order_by("pk")
        assert (one.unit, one.home, one.person.user) == (cadres.roads, cadres.pine, cadres.ma)
        assert (two.unit, two.home, two.most_km, two.note) == (
            cadres.water, cadres.reed, 10, "照顾老人",
        )  # fmt: skip
        assert check("cadre-pool", [HEADER, *ROWS], cadres.gao).counts == {"same": 2}

    def test_a_later_list_updates_by_telephone(self, cadres, operation):
        take_in("cadre-pool", [HEADER, *ROWS], cadres.gao)
        changed = [*ROWS[0]]
        changed[3], changed[6] = "苇社区", "15"
        assert take_in("cadre-pool", [HEADER, changed], cadres.gao).outcome == {"changed": 1}
        entry = PoolEntry.objects.get(person__name="郝一")
        assert (entry.home, entry.most_km) == (cadres.reed, 15)

    @pytest.mark.parametrize(
        ("place", "value", "column", "words"),
        [
            (2, "无此局", "unit", "没有登记“无此局”"),
            (3, "无此地", "home", "没有“无此地”"),
            (3, "北塘街道", "home", "没有“北塘街道”"),
            (5, "2026-03-01", "to_date", "早于起始日"),
            (6, "900", "most_km", "1 到 200"),
            (1, "139", "phone", "手机号"),
        ],
    )
    def test_a_wrong_row_is_told_why(self, cadres, operation, place, value, column, words):
        line = [*ROWS[0]]
        line[place] = value
        [[name, sentence], *_rest] = problems(check("cadre-pool", [HEADER, line], cadres.gao))[2]
        assert name == column
        assert words in sentence

    def test_the_same_telephone_twice_is_one_too_many(self, cadres, operation):
        taken = check("cadre-pool", [HEADER, ROWS[0], ["郝三", *ROWS[0][1:]]], cadres.gao)
        assert taken.counts["bad"] >= 1

    def test_a_unit_that_is_not_ones_own_is_refused(self, cadres, operation):
        [[column, sentence], *_rest] = problems(check("cadre-pool", [HEADER, ROWS[0]], cadres.yue))[
            2
        ]
        assert column == "unit"
        assert "不管理" in sentence

    def test_without_an_operation_nothing_goes_in(self, cadres):
        [[column, _sentence], *_rest] = problems(
            check("cadre-pool", [HEADER, ROWS[0]], cadres.gao)
        )[2]
        assert column == "operation"

    def test_it_is_undone_whole_unless_somebody_was_placed(self, cadres, operation):
        before = Person.objects.count()
        taken = take_in("cadre-pool", [HEADER, *ROWS], cadres.gao)
        undone(taken)
        assert PoolEntry.objects.count() == 0
        assert Person.objects.count() == before

    def test_a_placed_one_stays(self, cadres, operation):
        taken = take_in("cadre-pool", [HEADER, *ROWS], cadres.gao)
        need(cadres, operation, pine=(1, 2))
        draft(cadres, operation)
        undone(taken)
        assert PoolEntry.objects.count() == 2

    def test_who_may_and_what_leaves(self, cadres, operation):
        from tongxin.spreadsheets.declaring import all_sheets

        sheet = all_sheets()["cadre-pool"]
        offer(cadres, operation, "bo", "gu")
        assert sheet.may(cadres.gao)
        assert not sheet.may(cadres.zhang)
        assert {row["name"] for row in sheet.export(cadres.gao, whole=False)} == {"薄海", "顾城"}
        assert list(sheet.export(cadres.liu, whole=False)) == []
