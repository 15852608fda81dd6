import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kit.initials import LONGEST, SURNAMES, initials_of


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("张敏", "zm"),
        ("王小芳", "wxf"),
        ("欧阳雪", "oyx"),
        ("吕布", "lb"),
        ("阿依古丽·买买提", "aygmmt"[:3] + "lmmt"),
        ("Ann 安", "anna"),
        ("", ""),
        ("𠮷", ""),
    ],
)
def test_it_works(name, letters):
    assert initials_of(name) == letters


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("单雄信", "sxx"),
        ("曾国庆", "zgq"),
        ("仇英", "qy"),
        ("解缙", "xj"),
        ("查良", "zl"),
        ("区志", "oz"),
        ("尉迟恭", "ycg"),
        ("万俟明", "mqm"),
        ("朴文", "pw"),
        ("召平", "sp"),
    ],
)
def test_surnames_are_read_as_surnames(name, letters):
    assert initials_of(name) == letters


def test_the_same_character_is_read_otherwise_in_a_given_name():
    assert initials_of("王单") == "wd"
    assert initials_of("李解") == "lj"


def test_the_table_has_a_letter_for_each_character():
    assert all(len(surname) == len(read) for surname, read in SURNAMES.items())


@given(st.text(max_size=60))
def test_it_never_fails_and_stays_short(name):
    read = initials_of(name)
    assert len(read) <= LONGEST
    assert read == read.lower()
    assert read.isascii()
