import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kit import text
from tongxin.kit.text import clean_text

TRICKY = (
    "字 aé\u0301\u0307\u3000\u00a0\n\r\t\u2028\ufeff\u200b\u200d\u180eᠮ👨🏽\ufe0f\0\u202e각ᄀ\uf900"
)


def clean(value, **options):
    return clean_text(value, **{"limit": 20, "field_label": "标题", **options})


class TestCleanText:
    @pytest.mark.parametrize(
        ("value", "cleaned"),
        [
            ("  路灯坏了　\n", "路灯坏了"),
            ("e\u0301", "é"),
            (None, ""),
            ("\ufeff\u200b路灯", "路灯"),
            ("👨‍👩‍👧 三口之家 👍🏽", "👨‍👩‍👧 三口之家 👍🏽"),
            ("ᠮᠣᠩᠭᠣᠯ\u180eᠠ", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ"),
            ("𠮷野家 葛󠄀", "𠮷野家 葛󠄀"),
        ],
    )
    def test_it_works(self, value, cleaned):
        assert clean(value) == cleaned

    def test_it_keeps_lines_where_there_may_be_many(self):
        assert clean("一\r\n二\r三\u2028四\t五", multiline=True) == "一\n二\n三\n四\t五"

    @pytest.mark.parametrize("value", ["一\n二", "一\t二", "一\r\n二"])
    def test_it_rejects_lines_where_there_is_one(self, value):
        with pytest.raises(text.BadCharacters) as caught:
            clean(value)
        assert caught.value.message == "标题只能写一行，请去掉换行和制表符"

    @pytest.mark.parametrize(
        "bad",
        ["\0", "\x07", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u200f", "\u061c", "\u00ad"]
        + ["\u200c", "\u200d", "\u2060", "\u3164", "\ufffd", "\ud800", "\U000e0041"]
        + ["\u0301\u0301\u0301\u0301\u0301", "\u180e"],
    )
    @pytest.mark.parametrize("multiline", [True, False])
    def test_it_rejects_what_cannot_be_seen(self, bad, multiline):
        with pytest.raises(text.BadCharacters) as caught:
            clean(f"路灯{bad}坏了", multiline=multiline)
        assert caught.value.message.startswith("标题“路灯")
        assert "U+" in caught.value.message
        caught.value.message.encode()

    def test_it_says_when_the_first_character_is_bad(self):
        with pytest.raises(text.BadCharacters) as caught:
            clean("\u202e路灯")
        assert caught.value.message == "标题开头有看不见的特殊字符（U+202E），请删去后重新输入"

    def test_it_counts_characters_not_bytes(self):
        assert clean("字" * 20) == "字" * 20
        with pytest.raises(text.TooLong) as caught:
            clean("字" * 23)
        assert caught.value.message == "标题最多 20 个字，现在多了 3 个字，请删减"

    @pytest.mark.parametrize("value", [None, "", "  　\n"])
    def test_it_demands_what_is_required(self, value):
        assert clean(value) == ""
        with pytest.raises(text.Missing) as caught:
            clean(value, required=True)
        assert caught.value.message == "请填写标题"

    @pytest.mark.parametrize("value", [7, ["a"], {"a": 1}, b"a"])
    def test_it_rejects_what_is_no_text(self, value):
        with pytest.raises(text.BadCharacters):
            clean(value)

    @given(st.text(st.sampled_from(TRICKY), max_size=12), st.booleans())
    def test_what_is_clean_stays_as_it_is(self, value, multiline):
        try:
            once = clean(value, limit=50, multiline=multiline)
        except text.BadCharacters:
            return
        assert clean(once, limit=50, multiline=multiline) == once
        assert unicodedata.is_normalized("NFC", once)
        assert all(unicodedata.category(mark) != "Cc" or mark in "\n\t" for mark in once)


class TestMasks:
    @pytest.mark.parametrize(
        ("mask", "value", "masked"),
        [
            (text.mask_phone, "13812345678", "138****5678"),
            (text.mask_phone, "66201234", "******34"),
            (text.mask_phone, "119", "***"),
            (text.mask_phone, "", ""),
            (text.mask_name, "王小芳", "王*芳"),
            (text.mask_name, "王芳", "王*"),
            (text.mask_name, "欧阳小芳", "欧**芳"),
            (text.mask_name, "王", "*"),
            (text.mask_name, "", ""),
        ],
    )
    def test_they_work(self, mask, value, masked):
        assert mask(value) == masked


class TestNormalPhone:
    @pytest.mark.parametrize(
        "typed",
        ["13812345678", " 138 1234 5678", "138-1234-5678", "+86 13812345678", "008613812345678"]
        + ["8613812345678", "１３８１２３４５６７８"],
    )
    def test_it_works(self, typed):
        assert text.normal_phone(typed) == "13812345678"

    @pytest.mark.parametrize(
        "typed", ["", None, "1381234567", "12812345678", "022-66201234", "abc"]
    )
    def test_it_rejects_other_numbers(self, typed):
        with pytest.raises(text.BadNumber) as caught:
            text.normal_phone(typed)
        assert "11 位" in caught.value.message
