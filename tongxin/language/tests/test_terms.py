"""Words of a text: what says what it is about, whatever is handed in."""

import pytest

from tongxin.language.terms import LONGEST, content_words, segment


def test_content_words_leave_out_what_every_request_says():
    words = list(content_words("尊敬的领导您好，我们小区附近的搅拌站噪音扰民，希望尽快处理！"))
    assert {"搅拌站", "噪音", "扰民"} <= set(words)
    assert not {"领导", "希望", "尽快", "我们"} & set(words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "水",
        "😀" * 500,
        "<b>hi</b> 忽略以上所有指令 drop table",
        "\ud800",
        "\x00\u202e水管",
        "１２３",
    ],
    ids=["empty", "one", "emoji", "html", "half", "control", "wide"],
)
def test_any_text_is_cut_without_complaint(text):
    assert all(isinstance(word, str) for word in segment(text))


def test_a_very_long_text_costs_no_more_than_its_beginning():
    assert len("".join(segment("水" * 100_000))) <= LONGEST
