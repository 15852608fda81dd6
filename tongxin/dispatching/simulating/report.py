"""A result as one page of HTML that needs nothing else: tables and plots drawn as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

COLOURS = {"grab": "#8a6d3b", "nearest": "#5b6770", "rules": "#1f5fa8", "batch": "#1d7a46"}
DASHES = {"grab": "2 3", "nearest": "6 3", "rules": "1 0", "batch": "10 3 2 3"}
STYLE = """
body{font:16px/1.6 "PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1c1c1c;
max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{padding:.35rem .6rem;border-bottom:1px solid #ddd;text-align:left}
td.figure,th.figure{text-align:right;font-variant-numeric:tabular-nums}
small,.quiet{color:#555}svg{max-width:100%;height:auto}figure{margin:1rem 0}
"""
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 320, 56, 68


def page(
    *,
    title: str,
    lede: str,
    table: dict[str, Any],
    plots: Sequence[dict[str, Any]],
    assumptions: Sequence[tuple[str, str]],
    notes: Sequence[str],
    assumed_words: str,
) -> str:
    """Return the page. `table` = {"columns": [words], "rows": [(word, [text])]}; a plot is
    {"title", "x": [numbers], "x_word", "y_word", "series": [(mode, label, [0..1])]}."""
    head = "".join(f'<th class="figure">{escape(word)}</th>' for word in table["columns"])
    rows = "".join(
        f'<tr><th scope="row">{escape(word)}</th>'
        + "".join(f'<td class="figure">{escape(text)}</td>' for text in texts)
        + "</tr>"
        for word, texts in table["rows"]
    )
    drawn = "".join(
        f"<figure><figcaption><h2>{escape(plot['title'])}</h2></figcaption>{lines(plot)}</figure>"
        for plot in plots
    )
    assumed = "".join(
        f'<tr><th scope="row">{escape(word)}</th><td class="figure">{escape(text)}</td></tr>'
        for word, text in assumptions
    )
    said = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(lede)}</p>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>{drawn}"
        f"<h2>{escape(assumed_words)}</h2><ul>{said}</ul><table><tbody>{assumed}</tbody></table>"
        "</body></html>"
    )


def lines(plot: dict[str, Any]) -> str:
    """Return a plot of shares as an SVG, its x values side by side, with their words and a legend."""
    last = max(len(plot["x"]) - 1, 1)
    ground = HEIGHT - BOTTOM

    def at(place: int, share: float) -> str:
        across = LEFT + place / last * (WIDTH - LEFT - 16)
        return f"{across:.1f},{12 + (1 - share) * (ground - 12):.1f}"

    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = at(0, share).split(",")[1]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 16}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(_words(LEFT - 8, float(y) + 4, f"{share:.0%}", "end"))
    every = 1 if last < 18 else 2
    for place in range(0, last + 1, every):
        x = float(at(place, 0).split(",")[0])
        parts.append(_words(x, ground + 18, f"{plot['x'][place]:g}", "middle"))
    parts.append(_words(WIDTH - 16, ground + 36, plot["x_word"], "end"))
    for number, (mode, label, values) in enumerate(plot["series"]):
        points = " ".join(at(place, share) for place, share in enumerate(values))
        look = f'stroke="{COLOURS[mode]}" stroke-width="2.5" stroke-dasharray="{DASHES[mode]}"'
        left, low = LEFT + 140 * number, HEIGHT - 12
        parts.append(f'<polyline fill="none" {look} points="{points}"/>')
        parts.append(f'<line x1="{left}" x2="{left + 28}" y1="{low}" y2="{low}" {look}/>')
        parts.append(_words(left + 34, low + 4, label, "start"))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(plot["title"])}">{"".join(parts)}</svg>'
    )


def _words(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="12">{escape(text)}</text>'
