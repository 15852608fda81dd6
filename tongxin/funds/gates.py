"""What money may be for: every register offers its rows where an allocation is written down.

A register says so once, when it starts (`apps.ready`); what is offered are only rows the reader sees:

    gates.offer("key_task", _("重点任务"), rows=Task.objects.visible_to, words=("title",), url=…)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from tongxin.accounts.models import User

MOST = 6  # of each kind


@dataclass(frozen=True)
class Subject:
    """One thing money may be for, as an allocation keeps it: four words, and its kind's name."""

    kind: str
    id: str
    label: str
    url: str
    kind_name: Any

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Offer:
    kind: str
    name: Any
    rows: Callable[[User], QuerySet]
    words: tuple[str, ...]  # columns a search reads
    url: Callable[[Any], str]
    label: Callable[[Any], str]

    def subject(self, row: Any) -> Subject:
        return Subject(self.kind, str(row.pk), self.label(row)[:120], self.url(row), self.name)


_offers: dict[str, Offer] = {}


def offer(
    kind: str, name: Any, *, rows: Callable[[User], QuerySet], words: tuple[str, ...],
    url: Callable[[Any], str], label: Callable[[Any], str] = str,
) -> None:  # fmt: skip
    """Let rows of a register be what money is for; `kind` is that of its soft links (again: replaces)."""
    _offers[kind] = Offer(kind, name, rows, words, url, label)


def kinds() -> list[Any]:
    """Return the names of what is offered."""
    return [one.name for one in _offers.values()]


def found(actor: User, text: str) -> list[Subject]:
    """Return what the actor sees of every kind that has all words of a text, newest first of each."""
    words = text.split()[:5]
    return [one for kind in _offers.values() for one in _found(kind, actor, words)] if words else []


def _found(kind: Offer, actor: User, words: list[str]) -> Iterable[Subject]:
    rows = kind.rows(actor)
    for word in words:
        here = Q(pk__in=[])
        for column in kind.words:
            here |= Q(**{f"{column}__icontains": word})
        rows = rows.filter(here)
    return [kind.subject(row) for row in rows.order_by("-pk")[:MOST]]


def chosen(actor: User, key: str) -> Subject | None:
    """Return the subject of a `kind:id`, if there is one that the actor sees."""
    kind, _, pk = key.partition(":")
    if kind not in _offers or not pk:
        return None
    try:
        row = _offers[kind].rows(actor).filter(pk=pk).first()
    except (ValueError, ValidationError):
        return None
    return None if row is None else _offers[kind].subject(row)
