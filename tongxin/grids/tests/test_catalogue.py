"""The catalogue: the sample, a file of the standard, a district's own kinds, filing conditions."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings

from tongxin.grids import actions, queries
from tongxin.grids.models import CatalogueItem, GridDuty, GridNorm, Kind
from tongxin.kit.codes import (
    BadCode,
    component_code,
    item_code,
    matter_code,
    parse_component,
    parse_matter,
)
from tongxin.kit.errors import NotPermitted
from tongxin.testing import NOON

DAY = date(2026, 8, 1)
SHARED = settings.TONGXIN_DATA_DIR / "urban_cases"


class TestCodes:
    def test_a_component_has_seventeen_digits_and_a_matter_eleven(self):
        code = component_code("120116", "01001", 1)
        assert code == "12011601001000001"
        assert parse_component(code).item == "01001" and parse_component(code).sequence == 1
        assert matter_code("120116", "06010") == "12011606010"
        assert parse_matter("12011606010").district == "120116"

    @pytest.mark.parametrize(
        ("parse", "code", "words"),
        [
            (parse_component, "1201160101000001", "16 位"),
            (parse_component, "12011601001", "应为 17 位"),
            (parse_component, "12011600001000001", "5 位"),
            (parse_component, "12011601001000000", "应为 17 位"),
            (parse_component, "12000001001000001", "不是区"),
            (parse_matter, "1201160601", "10 位"),
            (parse_matter, "120116060101", "应为 11 位"),
            (item_code, "0101", "4 位代码"),
            (item_code, "1", "5 位"),
        ],
    )
    def test_old_and_other_codes_are_named(self, parse, code, words):
        with pytest.raises(BadCode, match=words):
            parse(code)

    def test_a_number_that_does_not_fit_is_refused(self):
        for n in (0, 1_000_000):
            with pytest.raises(BadCode):
                component_code("120116", "01001", n)


class TestLoading:
    def test_the_sample_is_loaded_once_and_marked(self, world):
        assert actions.load_samples(at=NOON) > 100
        assert CatalogueItem.objects.filter(kind=Kind.COMPONENT).count() >= 40
        assert CatalogueItem.objects.filter(kind=Kind.MATTER).count() >= 40
        assert not CatalogueItem.objects.filter(is_sample=False).exists()
        assert GridDuty.objects.count() == 5 and GridNorm.objects.get().value == 500
        assert actions.load_samples(at=NOON) == 0

    def test_a_row_that_cannot_be_read_is_named_and_nothing_is_loaded(self, world):
        for rows, words in (
            ("奖品,01,大类,01001,名称", "第 2 行"),
            ("部件,01,大类,0101,名称", "旧标准|5 位"),
            ("部件,01,大类,01001,", "第 2 行"),
        ):
            data = f"kind,class_code,class_name,code5,name\n{rows}\n".encode()
            with pytest.raises(actions.BadCatalogue, match=words):
                actions.load_catalogue(data, name="x.csv", at=NOON, by=None)
        with pytest.raises(actions.BadCatalogue, match="缺少这些列"):
            actions.load_catalogue(b"a,b\n1,2\n", name="x.csv", at=NOON, by=None)
        assert not CatalogueItem.objects.exists()

    def test_a_condition_that_changes_is_ended_and_followed(self, world, cover):
        head = "kind,code5,condition_no,filing_condition,closing_condition,limit_value,limit_unit\n"
        for at, limit in ((NOON, 2), (NOON.replace(month=5), 4)):
            data = f"{head}部件,01001,1,缺失,补盖,{limit},紧急工作时\n".encode()
            actions.load_catalogue(data, name="c.csv", at=at, by=None)
        assert [
            (one.limit, one.norm) for one in queries.conditions_of([cover.pk], date(2026, 4, 1))
        ] == [(2, "2h")]
        assert [one.limit for one in queries.conditions_of([cover.pk], date(2026, 6, 1))] == [4]

    @pytest.mark.skipif(not SHARED.exists(), reason="the study's data is not here")
    def test_the_whole_files_of_the_study_go_in(self, world):
        done = actions.load_catalogue(
            (SHARED / "gbt47678_5_2026_catalogue.csv").read_bytes(), name="x.csv", at=NOON, by=None
        )
        assert done.created > 350
        again = actions.load_catalogue(
            (SHARED / "gbt47678_5_2026_catalogue.csv").read_bytes(), name="x.csv", at=NOON, by=None
        )
        assert again.created == again.changed == 0


class TestExtension:
    @pytest.fixture(autouse=True)
    def _sample(self, world):
        actions.load_samples(at=NOON)

    def add(self, world, **changes):
        given = {
            "region": world.tong, "kind": "component", "class_code": "01", "name": "海堤护栏", "on": DAY,
            "at": NOON, "by": world.gao,
        } | changes  # fmt: skip
        return actions.add_extension(**given)

    def test_codes_go_downward_and_the_name_is_marked(self, world):
        first, second = self.add(world), self.add(world, name="潮位牌")
        assert (first.code, second.code) == ("01999", "01998")
        assert first.name == "海堤护栏（自定义）" and first.is_extension
        assert first in CatalogueItem.objects.for_land(world.pine.path)
        assert first not in CatalogueItem.objects.for_land("1202/01/")

    def test_only_the_district_adds_its_own(self, world):
        with pytest.raises(NotPermitted):
            self.add(world, by=world.liu)
        with pytest.raises(actions.BadCatalogue, match="区里"):
            self.add(world, region=world.north, by=world.liu)
        with pytest.raises(actions.BadCatalogue, match="没有“88”"):
            self.add(world, class_code="88")
        self.add(world)
        with pytest.raises(actions.CodeTaken):
            self.add(world)

    def test_it_is_ended_but_the_standard_is_not(self, world):
        own = self.add(world)
        actions.end_extension(item=own, on=DAY.replace(month=9), at=NOON, by=world.gao)
        assert own not in CatalogueItem.objects.in_force(DAY.replace(month=10))
        standard = CatalogueItem.objects.filter(region=None).first()
        with pytest.raises(actions.BadCatalogue, match="标准目录"):
            actions.end_extension(item=standard, on=DAY, at=NOON, by=world.gao)

    def test_by_the_pages(self, world, as_):
        client = as_(world.gao)
        assert "样例" in client.get("/grids/catalogue/").content.decode()
        sent = client.post(
            "/grids/catalogue/new/",
            {"region": world.tong.pk, "kind": "component", "class_code": "01", "name": "海堤护栏"},
        )
        assert sent.status_code == 302
        assert "（自定义）" in client.get(sent.url).content.decode()
        assert client.post(f"{sent.url}end/").status_code == 302
        assert as_(world.liu).get("/grids/catalogue/new/").status_code == 404

    def test_conditions_are_found_for_a_topic_at_a_place(self, world):
        item = CatalogueItem.objects.get(kind="component", code="01037")
        item.topic = world.tap
        item.save()
        found = queries.conditions_of_topic("0101", world.pine.path, DAY)
        assert [one.number for one in found] == [1, 2, 3]
