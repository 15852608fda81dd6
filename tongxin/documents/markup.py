"""The light markup of a body: paragraphs with the levels of GB/T 9704-2012, 7.3.3.

A line is a paragraph. "# ", "## ", "### ", "#### " number themselves 一、（一）1.（1）; who has typed
the number keeps it. "| a | b |" lines are a table, "---" alone begins a new page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tongxin.kit.text import chinese_number

TYPED = (
    (1, re.compile(r"[一二三四五六七八九十]{1,3}、")),
    (2, re.compile(r"（[一二三四五六七八九十]{1,3}）")),
    (3, re.compile(r"\d{1,2}[.．](?!\d)")),
    (4, re.compile(r"（\d{1,2}）")),
)
MARK = re.compile(r"(#{1,4})\s+(.*)")
RULE = re.compile(r"\|?[\s:|-]+\|?")


@dataclass(frozen=True)
class Block:
    """A paragraph, a table or the end of a page."""

    kind: str  # "text", "table", "break"
    level: int = 0  # 1 to 4: a heading
    head: str = ""  # what stands in the face of the level
    text: str = ""  # what follows in the face of the body
    rows: list[list[str]] = field(default_factory=list)

    @property
    def words(self) -> str:
        return self.head + self.text


def label_of(level: int, n: int) -> str:
    """Return the number of a heading: 一、（一）1.（1）."""
    return (f"{chinese_number(n)}、", f"（{chinese_number(n)}）", f"{n}.", f"（{n}）")[level - 1]


def blocks(body: str) -> list[Block]:
    """Return the blocks of a body."""
    counts, found, table = [0, 0, 0, 0], [], []
    for line in [*body.split("\n"), ""]:
        text = line.strip(" \t\u3000")
        if text.startswith("|") and text.endswith("|") and len(text) > 1:
            if not RULE.fullmatch(text):
                table.append([cell.strip() for cell in text.strip("|").split("|")])
            continue
        if table:
            found.append(Block("table", rows=_even(table)))
            table = []
        if text == "---":
            found.append(Block("break"))
        elif text:
            found.append(_paragraph(text, counts))
    return found


def _even(rows: list[list[str]]) -> list[list[str]]:
    width = max(len(row) for row in rows)
    return [row + [""] * (width - len(row)) for row in rows]


def _paragraph(text: str, counts: list[int]) -> Block:
    if marked := MARK.fullmatch(text):
        level, words = len(marked[1]), marked[2].strip()
        counts[level - 1] += 1
        text = label_of(level, counts[level - 1]) + words
    else:
        level = next((level for level, number in TYPED if number.match(text)), 0)
        if level:
            counts[level - 1] += 1
    if not level:
        return Block("text", text=text)
    counts[level:] = [0] * (4 - level)
    head, rest = _head_of(level, text)
    return Block("text", level, head, rest)


def _head_of(level: int, text: str) -> tuple[str, str]:
    """Split off what is set in the face of the level: all of 一、, the first sentence of （一）."""
    if level == 1:
        return text, ""
    if level == 2:
        end = text.find("。")
        return (text, "") if end < 0 else (text[: end + 1], text[end + 1 :])
    return "", text
