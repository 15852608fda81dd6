import pytest

from tongxin.kit.codes import (
    BadCode,
    community_kind,
    grid_code,
    parse_division,
    parse_grid,
    short_name,
)


class TestParseDivision:
    @pytest.mark.parametrize(
        ("code", "level", "short", "parent"),
        [
            ("12", 1, "12", None),
            ("120000000000", 1, "12", None),
            ("1201", 2, "1201", "120000000000"),
            ("120116", 3, "120116", "120100000000"),
            ("120116005", 4, "120116005", "120116000000"),
            ("120116005003", 5, "120116005003", "120116005000"),
            # A city without districts: its streets hang under the city itself.
            ("441900003000", 4, "441900003", "441900000000"),
        ],
    )
    def test_it_works(self, code, level, short, parent):
        division = parse_division(code)
        assert (division.level, division.short, division.parent) == (level, short, parent)
        assert len(division.code) == 12

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("120116001", "street"),
            ("120116099", "street"),
            ("120116100", "town"),
            ("120116200", "township"),
            ("120116399", "township"),
            ("120116406", "zone"),
            ("120116600", "other"),
            ("120116005003", "street"),
            ("120116", ""),
        ],
    )
    def test_it_knows_the_kind_of_street(self, code, kind):
        assert parse_division(code).street_kind == kind

    @pytest.mark.parametrize("code", ["", "1", "123", "12011600500", "012345", "12011x", "１２"])
    def test_it_rejects_other_text(self, code):
        with pytest.raises(BadCode) as caught:
            parse_division(code)
        assert "不是行政区划代码" in caught.value.message


class TestNames:
    @pytest.mark.parametrize(
        ("name", "kind", "short"),
        [
            ("紫云园社区居委会", "community", "紫云园社区"),
            ("渡江社区居民委员会", "community", "渡江社区"),
            ("清溪路居委会", "community", "清溪路"),
            ("新村居委会", "community", "新村"),
            ("孟村社区居民委员会", "community", "孟村社区"),
            ("蔚蓝社区居民管理委员会", "community", "蔚蓝社区"),
            ("潼关村社区", "community", "潼关村社区"),
            ("九斗村委会", "village", "九斗村"),
            ("赵丁村村民委员会", "village", "赵丁村"),
            ("和平村民委员会", "village", "和平村"),
            ("大村村村民委员会", "village", "大村村"),
            ("路集社区村民委员会", "village", "路集社区"),
            ("官庄大队村民委员会", "village", "官庄大队"),
            ("诺干诺尔嘎查委员会", "village", "诺干诺尔嘎查"),
            ("笃庆村", "village", "笃庆村"),
            ("九连生活区", "other", "九连生活区"),
        ],
    )
    def test_they_tell_the_kind_and_the_short_form(self, name, kind, short):
        assert (community_kind(name), short_name(name)) == (kind, short)

    def test_a_street_office_is_shortened_too(self):
        assert short_name("保康街道办事处") == "保康街道"


class TestGrid:
    def test_it_works(self):
        code = grid_code("120116005003", 7)
        community, sequence = parse_grid(code)
        assert (code, community.code, sequence) == ("120116005003007", "120116005003", 7)

    @pytest.mark.parametrize(
        ("community", "sequence"),
        [("120116005003", 0), ("120116005003", 1000), ("120116005000", 1), ("120116", 1)],
    )
    def test_it_rejects_what_is_no_community_or_number(self, community, sequence):
        with pytest.raises(BadCode):
            grid_code(community, sequence)

    @pytest.mark.parametrize("code", ["", "120116005003", "120116005003000", "120116005000001"])
    def test_it_rejects_other_text(self, code):
        with pytest.raises(BadCode):
            parse_grid(code)
