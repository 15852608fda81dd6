"""The answer to a question: several seeds, all modes, as plain JSON; and its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .arrivals import Shape
from .engine import MODES, replay
from .figures import KEYS, compare, figures_of, lorenz, waiting_curve
from .town import Assumptions, Town

HOURS = (0, 1, 2, 4, 6, 8, 12, 16, 20, 24, 36, 48, 72, 96, 120, 168)
MODE_WORDS = {
    "grab": gettext_lazy("只抢单"),
    "nearest": gettext_lazy("就近派"),
    "rules": gettext_lazy("按权重逐张派"),
    "batch": gettext_lazy("按时批量派"),
}
KEY_WORDS = {
    "waiting_median_h": gettext_lazy("等待中位数（小时）"),
    "waiting_p90_h": gettext_lazy("等待九成以内（小时）"),
    "late_share": gettext_lazy("超过时限"),
    "unserved_share": gettext_lazy("没有志愿者接"),
    "way_mean_km": gettext_lazy("平均路程（公里）"),
    "asked_per_order": gettext_lazy("每单问过几人"),
    "gini": gettext_lazy("接单不均（基尼系数）"),
    "without_share": gettext_lazy("全年没接到单的人"),
    "load_median": gettext_lazy("每人全年接单中位数"),
    "load_p90": gettext_lazy("最忙一成的人至少接"),
    "load_max": gettext_lazy("最多的一人接"),
}
SHARES = frozenset({"late_share", "unserved_share", "without_share"})
WHOLE = frozenset({"load_median", "load_p90", "load_max"})
NOTES = (
    gettext_lazy(
        "人和单子都是按种子随机合成的，四种派法用同一个世界，只比派法，不预测任何真实区县。"
    ),
    gettext_lazy("派单台只在 8:00 到 20:00 派单；抢单大厅随时可看，但只有有空的人会看。"),
    gettext_lazy("单子一旦有人接，就在这个人下一段空闲时间开始办；手上有单的依次办。"),
    gettext_lazy("“等待”从提交算到开始办理，夜里和没空的时间都算在内。"),
    gettext_lazy("七天没有志愿者接的转给单位，算作超过时限。"),
)
ASSUMED_WORDS = {
    "orders": gettext_lazy("全年单子"),
    "volunteers": gettext_lazy("志愿者"),
    "cells": gettext_lazy("社区"),
    "town_km": gettext_lazy("社区分布范围（公里）"),
    "cell_km": gettext_lazy("住处离社区中心（公里）"),
    "skills": gettext_lazy("技能种类"),
    "skilled_share": gettext_lazy("要技能的单子占比"),
    "slot_share": gettext_lazy("一周 21 个时段里有空的占比"),
    "says_yes": gettext_lazy("被问到时答应的占比"),
    "answer_min": gettext_lazy("应答时限（分钟）"),
    "desk_min": gettext_lazy("派单台处理一单（分钟）"),
    "desk_from": gettext_lazy("派单台开始（当天第几分钟）"),
    "desk_until": gettext_lazy("派单台结束（当天第几分钟）"),
    "looks_a_day": gettext_lazy("有空的一天看大厅几次"),
    "activity_sigma": gettext_lazy("看大厅积极性的差别（对数正态 σ）"),
    "reach_km": gettext_lazy("抢单随距离变少的尺度（公里）"),
    "work_min": gettext_lazy("办一单的中位时间（分钟）"),
    "speed_kmh": gettext_lazy("路上速度（公里每小时）"),
    "norm_min": gettext_lazy("开始办理的时限（分钟）"),
    "give_up_days": gettext_lazy("几天没人接就转单位"),
    "batch_hours": gettext_lazy("批量派单间隔（小时）"),
}


def given_of(question: dict[str, Any]) -> Assumptions:
    """Return the assumptions that a question names; the rest as they are."""
    known = {field.name for field in fields(Assumptions)}
    return replace(Assumptions(), **{k: v for k, v in question.items() if k in known})


def begun(given: Assumptions, *, seeds: list[int], shape: Shape, modes: tuple[str, ...] = MODES):
    """Return an answer with nothing in it yet, for `go_on`."""
    return {
        "runs": {mode: [] for mode in modes},
        "curves": {},
        "hours": list(HOURS),
        "assumptions": asdict(given),
        "seeds": seeds,
        "shape": shape.source,
    }


def next_run(found: dict[str, Any]) -> tuple[int, str] | None:
    """Return the seed and mode that an answer lacks next; None where it is whole."""
    for number, seed in enumerate(found["seeds"]):
        for mode, runs in found["runs"].items():
            if len(runs) <= number:
                return seed, mode
    return None


def go_on(
    found: dict[str, Any],
    town: Town,
    mode: str,
    *,
    weights: dict[str, int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Replay one more seed under one mode, and note its figures; of the first seed its curves too."""
    outcome = replay(town, mode, weights=weights, progress=progress)
    found["runs"][mode].append(figures_of(town, outcome))
    if mode not in found["curves"]:
        found["curves"][mode] = {
            "waiting": waiting_curve(outcome, HOURS),
            "lorenz": lorenz(outcome),
        }
    if next_run(found) is None:
        found["modes"] = {name: compare(runs) for name, runs in found["runs"].items()}


def answer(
    given: Assumptions,
    *,
    seeds: list[int],
    shape: Shape,
    weights: dict[str, int] | None = None,
    modes: tuple[str, ...] = MODES,
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, Any]:
    """Replay each seed under each mode: figures with their range, and curves of the first seed."""
    found, town = begun(given, seeds=seeds, shape=shape, modes=modes), None
    while (step := next_run(found)) is not None:
        seed, mode = step
        if town is None or town.seed != seed:
            town = Town(given, shape, seed)
        tell = (lambda done, mode=mode: progress(mode, done)) if progress else None
        go_on(found, town, mode, weights=weights, progress=tell)
    return found


def written(key: str, value: float) -> str:
    """Return a figure as people read it."""
    if key in SHARES:
        return f"{100 * value:.1f}%"
    return f"{value:,.0f}" if key in WHOLE else f"{value:.2f}"


def table_of(found: dict[str, Any]) -> dict[str, Any]:
    """Return the table: modes across, figures down; with the range where there are several seeds."""
    modes = found["modes"]
    rows = []
    for key in KEYS:
        texts = []
        for mode in modes:
            one = modes[mode][key]
            text = written(key, one["mean"])
            least, most = written(key, one["least"]), written(key, one["most"])
            texts.append(text if least == most else f"{text}（{least}–{most}）")
        rows.append((str(KEY_WORDS[key]), texts))
    return {"columns": [str(MODE_WORDS[mode]) for mode in modes], "rows": rows}


def assumed(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return every assumption in words with its number."""
    return [(str(ASSUMED_WORDS[k]), f"{v:,g}") for k, v in found["assumptions"].items()]


def plots_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    curves = found["curves"]
    parts = len(next(iter(curves.values()))["lorenz"]) - 1
    return [
        {
            "title": _("多少单子在几小时内开始办理"),
            "x": found["hours"],
            "x_word": _("小时"),
            "series": [
                (mode, str(MODE_WORDS[mode]), one["waiting"]) for mode, one in curves.items()
            ],
        },
        {
            "title": _("接单最少的人合起来办了多少单子"),
            "x": [100 * n / parts for n in range(parts + 1)],
            "x_word": _("接单最少的百分之几的人"),
            "series": [
                (mode, str(MODE_WORDS[mode]), one["lorenz"]) for mode, one in curves.items()
            ],
        },
    ]


def lede_of(found: dict[str, Any]) -> str:
    words = _(
        "%(orders)s 张单子、%(people)s 名志愿者的一年，%(seeds)d 个种子，到达规律：%(shape)s。"
    )
    given = found["assumptions"]
    return words % {
        "orders": f"{given['orders']:,}",
        "people": f"{given['volunteers']:,}",
        "seeds": len(found["seeds"]),
        "shape": _("系统附带的样例") if found["shape"] == "sample" else found["shape"],
    }


def report(found: dict[str, Any]) -> str:
    """Return the answer as one self-contained page of HTML."""
    from .report import page

    return page(
        title=_("派单方式模拟"),
        lede=lede_of(found),
        table=table_of(found),
        plots=plots_of(found),
        assumptions=assumed(found),
        notes=[str(note) for note in NOTES],
        assumed_words=_("假设了什么"),
    )
