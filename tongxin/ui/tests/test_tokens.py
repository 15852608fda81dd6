"""The palette: every pair of text and ground reaches 4.5 : 1 (WCAG 2.2 AA 1.4.3)."""

import re
from pathlib import Path

import pytest

TOKENS = dict(
    re.findall(
        r"--tx-([\w-]+): (#[0-9a-f]{6});",
        (Path(__file__).parents[3] / "frontend" / "tokens.css").read_text(),
    )
)
STATES = ["waiting", "working", "verify", "done", "late", "idle"]
GROUNDS = ["surface", "paper", "sunk"]
TEXT_PAIRS = [
    *[(ink, ground) for ink in ["ink", "ink-2", "ink-3", "link"] for ground in GROUNDS],
    *[(f"{state}-ink", ground) for state in STATES for ground in [f"{state}-soft", *GROUNDS]],
    *[("surface", f"{state}-solid") for state in STATES],
    ("on-brand", "brand"),
    ("on-brand-2", "brand"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("accent", "accent-soft"),
    ("accent", "surface"),
    ("surface", "ink"),
]
EDGE_PAIRS = [("line-strong", "surface"), ("focus", "surface"), ("focus", "paper")]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted([luminance(TOKENS[one]), luminance(TOKENS[other])], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21():
    assert (luminance("#ffffff") + 0.05) / (luminance("#000000") + 0.05) == pytest.approx(21)


@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read(ink, ground):
    assert contrast(ink, ground) >= 4.5


@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_of_controls_can_be_seen(edge, ground):
    assert contrast(edge, ground) >= 3
