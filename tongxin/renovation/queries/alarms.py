"""What is wrong with places, as sentences: schedule and quality (督促提速提质, S1.20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from ..models import Acceptance, RenovationCampaign, UseCheck
from .board import Board, is_late


@dataclass(frozen=True)
class Alarm:
    """Something to press on: "schedule" or "quality", at which place, why."""

    kind: str
    site_id: int
    name: str
    path: str
    text: str
    days: int = 0


def alarms_of(campaign: RenovationCampaign, board: Board, path: str) -> list[Alarm]:
    """Return the alarms of an area, the latest first, then quality. Two queries."""
    found = [
        Alarm("schedule", place.pk, place.name, place.path, _late_words(place, board.day), (board.day - place.due_on).days)
        for place in board.under(path)
        if is_late(place, board.day) and place.due_on
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.days, one.path))
    return found + _quality(campaign, board, path)


def _late_words(place: Any, day: date) -> str:
    words = {
        "stage": place.stage or _("工序"),
        "due": place.due_on,
        "days": (day - place.due_on).days,
    }
    return _("“%(stage)s”应在 %(due)s 前完成，已晚 %(days)d 天") % words


def _quality(campaign: RenovationCampaign, board: Board, path: str) -> list[Alarm]:
    names = {place.pk: place for place in board.under(path)}
    failed = (
        Acceptance.objects.filter(site__campaign=campaign, site__path__under=path, site__state="checking")
        .values("site")
        .annotate(n=Count("pk", filter=Q(passed=False)))
        .filter(n__gt=0)
        .order_by("-n", "site")
    )  # fmt: skip
    found = []
    for row in failed:
        place = names[row["site"]]
        text = _("验收 %d 次未通过") % row["n"]
        found.append(Alarm("quality", place.pk, place.name, place.path, text, row["n"]))
    bad = UseCheck.objects.filter(
        site__campaign=campaign, site__path__under=path, site__use_ok_on=None, passed=False
    ).order_by("site", "-on", "-pk")
    seen = set()
    for check in bad:
        if check.site_id in seen:
            continue
        seen.add(check.site_id)
        place = names[check.site_id]
        text = _("使用不规范：%s") % check.note
        found.append(Alarm("quality", place.pk, place.name, place.path, text))
    return found
