"""Figures of a version as the components of a page draw them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import queries
from .models import TextModel

MOST_VERSIONS = 50
VERSION_COLUMNS = [
    {"label": gettext_lazy("版本")},
    {"label": gettext_lazy("训练数据")},
    {"label": gettext_lazy("文本"), "figure": True},
    {"label": gettext_lazy("事项"), "figure": True},
    {"label": gettext_lazy("宏平均 F1"), "figure": True},
    {"label": gettext_lazy("前三命中"), "figure": True},
    {"label": gettext_lazy("完成时间")},
    {"label": gettext_lazy("状态")},
]
CLASS_COLUMNS = [
    {"label": gettext_lazy("事项")},
    {"label": gettext_lazy("留出的文本"), "figure": True},
    {"label": gettext_lazy("查准"), "figure": True},
    {"label": gettext_lazy("查全"), "figure": True},
    {"label": "F1", "figure": True},
]
MIX_COLUMNS = [
    {"label": gettext_lazy("本来是")},
    {"label": gettext_lazy("常被认作")},
    {"label": gettext_lazy("次数"), "figure": True},
]
WEAK = 0.5  # an F1 below which a class is marked


def percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.1f}%"


def tiles(version: TextModel) -> list[dict[str, Any]]:
    """Return what a version is worth, at a glance."""
    figures, outcome = version.figures, queries.outcome_of(version)
    if not figures:
        return []
    held = _("%(folds)d 份轮流留出，%(n)d 条") % {"folds": figures["folds"], "n": figures["n"]}
    used = (
        _("已结 %(n)d 件中采纳 %(right)d 件") % outcome if outcome["n"] else _("还没有办结的单可比")
    )
    return [
        {"label": _("宏平均 F1"), "value": f"{figures['macro_f1']:.3f}", "note": held},
        {
            "label": _("前三个里有一个对"),
            "value": percent(figures["top3"]),
            "note": _("居民从三个里选一个"),
        },
        {
            "label": _("把握与实际相差"),
            "value": percent(figures["calibration_error"]),
            "note": _("说九成把握，就该十次对九次"),
        },
        {"label": _("上线后首选被采纳"), "value": percent(outcome["share"]), "note": used},
    ]


def version_rows(versions: list[TextModel]) -> list[dict[str, Any]]:
    return [_version_row(version) for version in versions]


def _version_row(version: TextModel) -> dict[str, Any]:
    figures = version.figures
    done = date_format(localtime(version.ready_at), "Y-m-d H:i") if version.ready_at else "—"
    words = (
        version.trained_on or "—",
        version.n or "—",
        version.classes or "—",
        f"{figures['macro_f1']:.3f}" if figures else "—",
        percent(figures["top3"]) if figures else "—",
        done,
        _("在用") if version.is_used else version.get_state_display(),
    )
    return {
        "label": str(version) + (_("（样例）") if version.is_sample else ""),
        "url": reverse("texts:version", args=[version.pk]),
        "cells": [
            {"value": value, "is_text": place in {0, 5, 6}} for place, value in enumerate(words)
        ],
    }


def class_rows(version: TextModel) -> list[dict[str, Any]]:
    """Return a row for each topic, the weakest first: where more lessons would help most."""
    classes = sorted(version.figures.get("classes", []), key=lambda one: (one["f1"], -one["n"]))
    return [
        {
            "label": one["label"],
            "cells": [
                {"value": one["n"]},
                {"value": percent(one["precision"])},
                {"value": percent(one["recall"])},
                {"value": f"{one['f1']:.3f}", "late": one["f1"] < WEAK},
            ],
        }
        for one in classes
    ]


def mix_rows(version: TextModel) -> list[dict[str, Any]]:
    return [
        {
            "label": one["label"],
            "cells": [{"value": one["taken_for"], "is_text": True}, {"value": one["n"]}],
        }
        for one in version.figures.get("confusions", [])
    ]


def rival_words(version: TextModel) -> str:
    """Say how a version compares with the one that was in use when it was trained."""
    rival = version.rival
    if not rival:
        return ""
    if "macro_f1" not in rival:
        return _("两个版本都没学过的单只有 %d 张，还不能比较；是否启用由您判断。") % rival["n"]
    return _(
        "在两个版本都没学过的 %(n)d 张单上：这一版宏平均 F1 %(new).3f，当时在用的第 %(old_version)d 版 %(old).3f。"
    ) % {
        "n": rival["n"],
        "new": rival["new_macro_f1"],
        "old": rival["macro_f1"],
        "old_version": rival["version"],
    }
