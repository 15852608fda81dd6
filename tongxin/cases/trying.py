"""A dry run: what another table of rules would have chosen for the cases of a period."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid

from .models import Case, Event
from .routing import Asked, Choice, Offices, Table, decide, offices, table_at

MOST_CASES = 50_000  # read in one dry run; what is older is left out, and that is said
MOST_SHOWN = 200
ROUTED = ("request",)  # kinds of cases that the rules are for


class BadPeriod(Invalid):
    """A dry run needs a period that begins before it ends."""


@dataclass(frozen=True)
class Changed:
    """A case that would have gone elsewhere, with both reasons."""

    id: Any
    number: str
    title: str
    at: datetime
    before: str
    after: str
    why_before: str
    why_after: str


@dataclass
class Trial:
    """What a dry run found. `before` is what the tables in force would choose for the same cases."""

    since: datetime
    until: datetime
    n: int = 0
    changed: int = 0
    direct: int = 0  # that would go straight to a handler
    hits: Counter[str] = field(default_factory=Counter)  # code -> cases
    turns: Counter[tuple[str, str]] = field(default_factory=Counter)  # (from, to) -> cases
    rows: list[Changed] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)  # codes of rules that fitted no case
    is_cut: bool = False

    @property
    def share(self) -> float:
        return self.changed / self.n if self.n else 0.0

    def brief(self) -> dict[str, Any]:
        """Return the figures that are kept with the table when it is published."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "n": self.n,
            "changed": self.changed,
            "direct": self.direct,
        }


FIELDS = (
    *("pk", "number", "title", "opened_at", "area", "topic_id", "topic__category_id"),
    *("topic__name", "is_fast", "source"),
)


def try_rules(
    table: Table, *, since: datetime, until: datetime, area: str = "", actor=None
) -> Trial:
    """Try a table on the cases opened in [since, until) below `area`; one query and the rules' own.

    Both tables are asked with the organisations of the last day, so that what differs is the rules.
    Only cases that the actor sees are listed and counted, where one is given. Nothing is written.

    :raises BadPeriod: if it does not begin before it ends
    """
    if since >= until:
        raise BadPeriod(_("开始日期应早于结束日期。"), field="since")
    trial = Trial(since, until)
    hits, decided = trial.hits, Decided(offices(localdate(until)))
    for pk, number, title, at, path, topic, category, name, is_fast, source in _cases(
        table, since, until, area, actor
    ):
        if trial.n == MOST_CASES:
            trial.is_cut = True
            break
        trial.n += 1
        asked = Asked(path, at, topic, category, source or "", is_fast, name or "")
        before, after = decided.by(table_at(path, at), asked), decided.by(table, asked)
        if after is not None:
            hits[after.rule.code] += 1
            trial.direct += after.is_direct
        places = decided.place(before), decided.place(after)
        if places[0] != places[1]:
            trial.changed += 1
            trial.turns[places] += 1
            if len(trial.rows) < MOST_SHOWN:
                words = (*places, why_of(before), why_of(after))
                trial.rows.append(Changed(pk, number, title, at, *words))
    trial.unused = [rule.code for rule in table.rules if not hits[rule.code]]
    return trial


def _cases(table: Table, since: datetime, until: datetime, area: str, actor):
    rows = Case.objects.visible_to(actor) if actor is not None else Case.objects.all()
    opening = Event.objects.filter(case=OuterRef("pk"), seq=1).values("data__channel")[:1]
    rows = rows.filter(
        kind__in=ROUTED, area__under=area or table.path, opened_at__gte=since, opened_at__lt=until
    )
    rows = rows.annotate(source=Subquery(opening)).order_by("-id")
    return rows.values_list(*FIELDS)[: MOST_CASES + 1].iterator(chunk_size=2000)


class Decided:
    """What tables say, each rule and place worked out once: where it leads depends on no more."""

    def __init__(self, known: Offices) -> None:
        self.known = known
        self._choices: dict[tuple[int, str], Choice] = {}
        self._places: dict[tuple[int, bool] | None, str] = {}

    def by(self, table: Table | None, asked: Asked) -> Choice | None:
        rule = table.first(asked) if table else None
        if rule is None:
            return None
        key = (rule.pk, asked.area)
        if key not in self._choices:
            self._choices[key] = decide(rule, asked, self.known)
        return self._choices[key]

    def place(self, choice: Choice | None) -> str:
        """Return where a choice leads, in words; the same words mean the same place."""
        handler = choice.handler if choice else None
        key = (handler.id, choice.is_direct) if choice and handler else None
        if key not in self._places:
            words = where_to(choice)
            twice = words in self._places.values()
            self._places[key] = f"{words}（{key[0]}）" if twice and key else words
        return self._places[key]


def where_to(choice: Choice | None) -> str:
    """Return where a case goes, in words."""
    if choice is None or choice.handler is None:
        return _("社区派单")
    name = choice.handler.name
    return _("%s（直接派达）") % name if choice.is_direct else name


def why_of(choice: Choice | None) -> str:
    return choice.why if choice else _("没有规则符合，由社区派单")
