"""Private data in text: found where it stands, hidden for strangers, and nothing else touched."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongxin.language.private import KINDS, Span, find, kinds_of, mask

from .private_cases import CLEAN, MARKED

MARK = re.compile("【(.*?)】")


def marked(line: str) -> tuple[str, set[tuple[int, int]]]:
    """Return a line without its marks, and where they were."""
    spans, plain, at = set(), "", 0
    for found in MARK.finditer(line):
        plain += line[at : found.start()]
        spans.add((len(plain), len(plain) + len(found[1])))
        plain += found[1]
        at = found.end()
    return plain + line[at:], spans


CASES = [marked(line) for line in MARKED.strip().splitlines() if MARK.search(line)]


@pytest.mark.parametrize("text,spans", CASES, ids=[text for text, _spans in CASES])
def test_it_is_found_where_it_stands(text, spans):
    assert {(span.start, span.end) for span in find(text)} == spans


@pytest.mark.parametrize("text", CLEAN.splitlines())
def test_what_is_not_private_stays(text):
    assert find(text) == [] and mask(text) == text


def test_masks_by_kind():
    text = "我叫张三丰，电话13800138000，车牌津A12345，邮箱a@b.cn，住3号楼2单元501室"
    assert mask(text) == "我叫张**，电话138********，车牌津A*****，邮箱***，住3号楼***"
    assert kinds_of(text) == ["phone", "plate", "email", "name", "door"]
    assert set(kinds_of(text)) <= set(KINDS)


def test_what_was_hidden_cannot_be_read_back():
    assert "8000" not in mask("13800138000") and "501" not in mask("3号楼2单元501室")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="张王业主我叫电话13800一三号楼单元室-@.a 微信【京A*", max_size=60))
def test_any_text_is_masked_once(text):
    hidden = mask(text)
    assert mask(hidden) == hidden
    spans = find(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))
    assert all(isinstance(span, Span) for span in spans)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_no_text_breaks_it(text):
    assert mask(mask(text)) == mask(text)


def test_a_long_text_is_masked_to_its_end_in_time():
    text = "水管漏水1" * 20_000 + "，电话13800138000"
    assert mask(text).endswith("138********")
