"""What every write here shares: who works in a village, who looks over it, keys, proof."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region

from ..models.incomes import REPORTERS

# Who verifies and accepts for the street or above it.
VERIFIERS = ("officer", "secretary", "organiser")
ABOVE = ("street", "district", "city")
MOST_FEN = 10**13
SHORT = 200


class NotReporter(NotPermitted):
    """What a village earns is written down by those who work in it."""


class NotVerifier(NotPermitted):
    """The street verifies and accepts, by somebody else than who reported."""


class NotAVillage(Invalid):
    """A village or community is meant."""


class BadAmount(Invalid):
    """An amount is above nothing, in whole fen."""


class BadDay(Invalid):
    """A day that has been, or days in their order."""


def works_in(actor: Any, path: str) -> bool:
    return not roles_over(actor, path).isdisjoint(REPORTERS)


def looks_over(actor: Any, path: str) -> bool:
    """Say whether the actor verifies what a village reports: by a post of the street or above."""
    return any(
        post.role in VERIFIERS and post.level in ABOVE and path.startswith(post.path)
        for post in posts_of(actor)
    )


def must_work_in(by: Any, village: Region) -> None:
    """:raises NotReporter, NotAVillage: as their names say"""
    if village.level != Region.Level.COMMUNITY:
        raise NotAVillage(_("请选择村或社区。"), field="village")
    if not works_in(by, village.path) and not looks_over(by, village.path):
        raise NotReporter(_("%s 的集体经济由本村书记、第一书记、工作队等登记。") % village.name)


def must_look_over(by: Any, village: Region) -> None:
    """:raises NotVerifier: unless `by` looks over the village for the street or above"""
    if not looks_over(by, village.path):
        raise NotVerifier(_("这一步由街镇或区里的管理员、组织员办理。"))


def check_fen(fen: Any, *, field: str = "amount", least: int = 1) -> int:
    """:raises BadAmount: unless it is a whole number of fen from `least` on"""
    if isinstance(fen, bool) or not isinstance(fen, int) or not least <= fen <= MOST_FEN:
        raise BadAmount(_("金额应大于 0，精确到分。"), field=field)
    return fen


def check_past(on: date, at: datetime, *, field: str = "on") -> None:
    """:raises BadDay: for a day to come"""
    if on > localdate(at):
        raise BadDay(_("日期不能晚于今天。"), field=field)


def scoped(by: User | None, key: str | None) -> str | None:
    """Return a key as it is kept: each caller's own; None if none was given."""
    text = clean_text(key, limit=80, field_label="Idempotency-Key")
    return f"{by.pk if by is not None else 0}:{text}" if text else None
