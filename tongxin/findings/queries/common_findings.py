"""Which findings may be of one sort, and why: a suggestion that a person confirms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.language.likeness import Sketch, likeness, quick_grams, quick_likeness
from tongxin.language.places import named_places

from ..models import Finding, FindingGroup, SelfCheck, SelfCheckRound
from ..models.findings import own_orgs

LOOKS_BACK = timedelta(days=180)
MOST = 300  # of the latest findings that are compared
ROUGH = 0.2  # the quick likeness below which a pair is not looked at
ALIKE = 0.35  # of the whole likeness: places do not count, so it is lower than for one matter
MOST_PAIRS = 4000


@dataclass(frozen=True)
class Suggestion:
    """Findings that look alike, with the words that say why."""

    title: str
    why: str
    findings: list[Finding]

    @cached_property
    def sites(self) -> int:
        return len({(one.area, one.site) for one in self.findings})


def suggest_groups(rows: QuerySet[Finding], at: datetime, *, most: int = 8) -> list[Suggestion]:
    """Return groups of ungrouped findings of half a year, the largest first.

    Two belong together if they are of one kind and their words, without the names of places, are
    alike. `rows` are those the reader oversees.
    """
    recent = list(
        rows.filter(group__isnull=True, kind__isnull=False, found_at__gte=at - LOOKS_BACK)
        .exclude(step=Finding.Step.VOID)
        .select_related("kind")
        .order_by("-pk")[:MOST]
    )
    of_kind: dict[int, list[Finding]] = defaultdict(list)
    for one in recent:
        of_kind[one.kind_id].append(one)  # type: ignore[index]
    found = [group for alike in of_kind.values() for group in _groups(alike)]
    return sorted(found, key=lambda one: (-len(one.findings), one.findings[0].number))[:most]


def _groups(rows: Sequence[Finding]) -> list[Suggestion]:
    sketches = [Sketch(without_places(one.text)) for one in rows]
    grams = [quick_grams(sketch.text) for sketch in sketches]
    leader = list(range(len(rows)))
    words: dict[int, dict[str, int]] = defaultdict(dict)

    def head(n: int) -> int:
        while leader[n] != n:
            n = leader[n]
        return n

    looked = 0
    for n in range(len(rows)):
        for m in range(n + 1, len(rows)):
            if looked >= MOST_PAIRS or quick_likeness(grams[n], grams[m]) < ROUGH:
                continue
            looked += 1
            judged = likeness(sketches[n], sketches[m])
            if judged.score < ALIKE:
                continue
            leader[head(m)] = head(n)
            _count(words[n], sketches[n], sketches[m])
    members: dict[int, list[int]] = defaultdict(list)
    for n in range(len(rows)):
        members[head(n)].append(n)
    return [
        _suggestion([rows[n] for n in group], [words[n] for n in group])
        for group in members.values()
        if len(group) > 1
    ]


def _count(counts: dict[str, int], one: Sketch, other: Sketch) -> None:
    for word in set(one.matter) & set(other.matter):
        if len(word) > 1:
            counts[word] = counts.get(word, 0) + 1


def without_places(text: str) -> str:
    """Return a text without the names of places in it: a common fault is at many places."""
    for place in sorted(named_places(text), key=len, reverse=True):
        text = text.replace(place, "")
    return text


def _suggestion(findings: list[Finding], counts: list[dict[str, int]]) -> Suggestion:
    total: dict[str, int] = defaultdict(int)
    for words in counts:
        for word, n in words.items():
            total[word] += n
    # Numbers of buildings are places too.
    total = {word: n for word, n in total.items() if "号" not in word}
    telling = sorted(total, key=lambda word: (-total[word], word))[:4]
    findings = sorted(findings, key=lambda one: one.number)
    kind = findings[0].kind
    spots = len({(one.area, one.site) for one in findings})
    why = _("同为“%(kind)s”，涉及 %(n)d 处") % {"kind": kind, "n": spots}
    if telling:
        why += _("，都提到%s") % "".join(f"“{word}”" for word in telling)
    return Suggestion(title=str(kind), why=why, findings=findings)


def groups_of(rows: QuerySet[FindingGroup]) -> QuerySet[FindingGroup]:
    """Return groups with how many findings they hold, and how their self-checks stand."""
    return rows.select_related("kind", "region", "made_by").annotate(
        n=Count("findings", distinct=True),
        unsettled=Count(
            "findings", distinct=True,
            filter=Q(findings__step__in=(Finding.Step.OPEN, Finding.Step.ORDERED)),
        ),
        asked=Count("rounds__checks", distinct=True),
        answered=Count("rounds__checks", distinct=True, filter=~Q(rounds__checks__answer="")),
    )  # fmt: skip


def rounds_of(group: FindingGroup) -> QuerySet[SelfCheckRound]:
    """Return the rounds of a group with their progress: asked, answered, has."""
    return (
        group.rounds.select_related("region", "started_by")
        .annotate(
            asked=Count("checks"),
            answered=Count("checks", filter=~Q(checks__answer="")),
            having=Count("checks", filter=Q(checks__answer=SelfCheck.Answer.HAS)),
        )
        .order_by("-pk")
    )


def checks_of(round_: SelfCheckRound) -> QuerySet[SelfCheck]:
    """Return the items of a round in the order of the land, those that wait first."""
    return round_.checks.select_related("org", "finding", "answered_by").order_by(
        "org__region__path", "org__name", "pk"
    )


def checks_asked_of(rows: QuerySet[SelfCheck], actor) -> list[SelfCheck]:
    """Return the items of the actor's own units: those that wait, then the last hundred answered."""
    mine = rows.filter(org__in=own_orgs(actor)).select_related("round__group", "org")
    waiting = mine.filter(answer="").order_by("round__due_on", "pk")
    answered = mine.exclude(answer="").order_by("-answered_at", "-pk")[:100]
    return [*waiting, *answered]
