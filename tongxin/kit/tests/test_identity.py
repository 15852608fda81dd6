from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kit import identity
from tongxin.kit.text import BadNumber

TODAY = date(2026, 3, 2)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
births = st.dates(date(1900, 1, 1), TODAY)


@st.composite
def numbers(draw):
    first = f"{draw(st.integers(110000, 659999))}{draw(births):%Y%m%d}"
    first += f"{draw(st.integers(0, 999)):03d}"
    return first + identity.id_check_digit(first)


class TestIdNumber:
    # The specimens printed in GB 11643-1999.
    @pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
    def test_it_works(self, number):
        assert identity.normal_id_number(number) == number

    def test_it_forgives_blanks_small_letters_and_wide_ones(self):
        assert identity.normal_id_number(" 110105 19491231 ００２x ") == "11010519491231002X"

    @pytest.mark.parametrize(
        ("number", "hint"),
        [
            ("110105194912310021", "校验位"),
            ("110105194913310028", "出生日期"),
            ("110105190002290021", "出生日期"),
            ("110105000012310021", "出生日期"),
            ("110105491231002", "18 位"),
            ("", "18 位"),
            (None, "18 位"),
        ],
    )
    def test_it_rejects_wrong_numbers(self, number, hint):
        with pytest.raises(BadNumber) as caught:
            identity.normal_id_number(number)
        assert hint in caught.value.message
        assert caught.value.field == "identity"

    @given(numbers(), st.integers(0, 16), st.integers(1, 9))
    def test_it_notices_every_single_wrong_digit(self, number, place, more):
        wrong = str((int(number[place]) + more) % 10)
        mistyped = number[:place] + wrong + number[place + 1 :]
        assert identity.id_check_digit(mistyped[:17]) != number[17]

    @given(numbers(), st.integers(0, 15))
    def test_it_notices_neighbours_that_changed_places(self, number, place):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        if swapped != number and place < 15:
            assert identity.id_check_digit(swapped[:17]) != number[17]


class TestReadIdentity:
    def test_it_tells_birth_gender_and_division(self):
        read = identity.read_identity("11010519491231002X", on=TODAY)
        assert read == identity.Identity("11010519491231002X", "110105", date(1949, 12, 31), "f")

    @given(births, st.integers(0, 999))
    def test_it_reads_what_was_written(self, born, order):
        first = f"120116{born:%Y%m%d}{order:03d}"
        read = identity.read_identity(first + identity.id_check_digit(first), on=TODAY)
        assert read.born_on == born
        assert read.gender == ("m" if order % 2 else "f")

    def test_it_rejects_the_unborn(self):
        first = f"120116{TODAY + timedelta(days=1):%Y%m%d}001"
        number = first + identity.id_check_digit(first)
        with pytest.raises(BadNumber) as caught:
            identity.read_identity(number, on=TODAY)
        assert "还没有到" in caught.value.message
        assert identity.read_identity(number).gender == "m"

    def test_it_rejects_who_would_be_too_old(self):
        with pytest.raises(BadNumber) as caught:
            identity.read_identity("440524188001010014", on=TODAY)
        assert "太早" in caught.value.message


class TestCreditCode:
    # The specimen of GB 32100-2015.
    def test_it_works(self):
        assert identity.normal_credit_code("91350100m000100y43") == "91350100M000100Y43"

    @pytest.mark.parametrize(
        ("code", "hint"),
        [
            ("91350100M000100Y44", "校验位"),
            ("91350100M000100O43", "18 位"),
            ("9135010", "18 位"),
            (None, "18 位"),
        ],
    )
    def test_it_rejects_wrong_codes(self, code, hint):
        with pytest.raises(BadNumber) as caught:
            identity.normal_credit_code(code)
        assert hint in caught.value.message

    @given(st.text(ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 30))
    def test_it_notices_every_single_wrong_mark(self, first17, place, more):
        right = identity.credit_code_check_digit(first17)
        wrong = ALPHABET[(ALPHABET.index(first17[place]) + more) % 31]
        assert (
            identity.credit_code_check_digit(first17[:place] + wrong + first17[place + 1 :])
            != right
        )


class TestMask:
    @given(numbers())
    def test_it_hides_the_birth_date(self, number):
        masked = identity.mask_id_number(number)
        assert masked == f"{number[:3]}{'*' * 11}{number[14:]}"
        assert number[6:14] not in masked

    def test_it_hides_all_of_a_short_number(self):
        assert identity.mask_id_number("12345") == "*****"
