"""What people write into cells."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kit import cells
from tongxin.kit.errors import Refused


@pytest.mark.parametrize(
    "written",
    [
        date(1985, 3, 5), datetime.combine(date(1985, 3, 5), time(0)), "1985-03-05", "1985-3-5", "1985.3.5", "1985/3/5",
        "1985年3月5日", "1985 年 3 月 5 日", "１９８５．３．５", "19850305", 19850305, "'1985-03-05", "1985-03-05 00:00:00",
    ],
)  # fmt: skip
def test_a_day_however_it_is_written(written):
    assert cells.read_day(written) == date(1985, 3, 5)


@pytest.mark.parametrize("written", ["1985.3", "1985年3月", "1985-03", "198503", 198503, 1985.3])
def test_a_month_is_its_first_day(written):
    assert cells.read_day(written) == date(1985, 3, 1)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (1985.1, "10 月"),
        (31111, "设为“日期”"),
        (1985, "只写了年份"),
        ("85.3.5", "不是日期"),
        ("1985-02-30", "不是日期"),
        ("去年", "不是日期"),
        ("1085-02-03", "合理范围"),
    ],
)
def test_a_day_that_may_mean_two_things_is_refused(written, words):
    with pytest.raises(cells.BadValue, match=words):
        cells.read_day(written)


def test_the_text_1985_1_is_january_since_text_keeps_its_zeros():
    assert cells.read_day("1985.1") == date(1985, 1, 1)
    assert cells.read_day("1985.10") == date(1985, 10, 1)


@given(st.dates(cells.EARLIEST, date(2199, 12, 31)))
def test_what_is_written_is_read_back(day):
    for form in (
        "{:%Y-%m-%d}",
        "{0.year}.{0.month}.{0.day}",
        "{0.year}年{0.month}月{0.day}日",
        "{:%Y%m%d}",
    ):
        assert cells.read_day(form.format(day)) == day


@pytest.mark.parametrize("lost", [1.2011619750305e17, "1.20116E+17", "3.2e17"])
def test_a_number_that_lost_its_last_digits_is_said_to_have(lost):
    for read in (cells.read_identity, cells.read_phone):
        with pytest.raises(cells.BadValue, match="后几位已丢失"):
            read(lost)
    with pytest.raises(cells.BadValue, match="后几位已丢失"):
        cells.read_code(lost, label="代码")


def test_codes_and_telephones_are_half_width():
    assert cells.read_code(" １２０ａ ", label="代码") == "120A"
    assert cells.read_code(120116, label="代码") == "120116"
    assert cells.read_phone("１３８ ００００ １１１１") == "13800001111"
    assert cells.read_phone(13800001111) == "13800001111"
    assert cells.read_text("'0012", label="编号") == "0012"


@pytest.mark.parametrize(("written", "meant"), [("是", True), ("√", True), (1, True), (True, True), ("否", False), ("无", False), (0, False)])  # fmt: skip
def test_yes_and_no(written, meant):
    assert cells.read_flag(written) is meant


@pytest.mark.parametrize(
    ("read", "written"),
    [(cells.read_flag, "也许"), (cells.read_int, "1.5"), (cells.read_int, "三"), (cells.read_money, "1.234"), (cells.read_money, "NaN"), (cells.read_money, "免费")],
)  # fmt: skip
def test_what_is_none_of_it_is_refused(read, written):
    with pytest.raises(Refused):
        read(written)


def test_money_is_exact():
    assert cells.read_money("1,234.50 元") == Decimal("1234.50")
    assert cells.read_money(0.1) == Decimal("0.10")
