"""Whether units meet the items of a standard, each verdict with its reason and the facts behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from tongxin.orgs.models import LogEntry, Org
from tongxin.orgs.queries import add_months

from ..models import StandardItem, StandardSet, Verdict
from .facts import APPLIES, CHECKS, Facts, Found, facts_of, row_of

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
ROWS_KEPT = 12


@dataclass(frozen=True)
class Judged:
    """What the computer finds of one item of one unit."""

    item: StandardItem
    verdict: str
    reason: str
    rows: list[dict[str, str]]


def judge(
    units: Sequence[Org], standard: StandardSet, year: int, on: date
) -> dict[int, list[Judged]]:
    """Return what is found of each unit by the items that concern it; ten queries, any number.

    `on` is the last day looked at. Sentences are kept, so they are Chinese whoever computes.
    """
    items = list(standard.items.all())
    with override("zh-hans"):
        return {
            facts.unit.pk: [
                Judged(item, *_one(item, facts, year))
                for item in items
                if item.concerns(facts.unit)
            ]
            for facts in facts_of(units, year, on)
        }


def _one(item: StandardItem, facts: Facts, year: int) -> Found:
    if item.applies:
        asked, why_not = APPLIES[item.applies]
        if not asked(facts):
            return Verdict.NOT_ASKED.value, why_not(), []
    if item.how == StandardItem.How.HAND:
        return Verdict.OPEN.value, _("由人核查，请写明佐证"), []
    if item.how == StandardItem.How.REGISTER:
        return CHECKS[item.check_name](facts)
    return _by_log(item, facts, year)


def periods(year: int, per: str, on: date, since: date | None) -> list[tuple[str, date, date]]:
    """Return (name, first day, first day after) of the periods of a year that have ended by a day.

    What began before the unit did is not asked. The whole year is there once it is over.
    """
    months = MONTHS[per]
    found = []
    for n in range(12 // months):
        first = date(year, n * months + 1, 1)
        after = add_months(first, months)
        if after - timedelta(days=1) <= on and (since is None or since <= first):
            found.append((_period_name(per, n), first, after))
    return found


def _period_name(per: str, n: int) -> str:
    if per == "month":
        return _("%d 月") % (n + 1)
    if per == "quarter":
        return _("%s季度") % "一二三四"[n]
    return (_("上半年"), _("下半年"))[n] if per == "half" else _("全年")


def _matches(item: StandardItem, entry: LogEntry) -> bool:
    if entry.kind != item.log_kind:
        return False
    what = item.log_what
    if not what:
        return True
    return (entry.data or {}).get("kind") == what or entry.source.startswith(f"{what}:")


def _by_log(item: StandardItem, facts: Facts, year: int) -> Found:
    """Count the facts of each period that is over; the same source twice in a period is one fact."""
    entries = [entry for entry in facts.log if _matches(item, entry)]
    asked = periods(year, item.per, facts.on, facts.unit.founded_on)
    rows = [row_of(entry) for entry in entries[-ROWS_KEPT:]]
    days = [(localtime(entry.at).date(), entry.source) for entry in entries]
    words = {"per": item.get_per_display(), "least": item.least, "all": len(set(days))}
    if not asked:
        if item.per == "year" and len(set(days)) >= item.least:
            return Verdict.MET.value, _("本年度已有 %(all)d 次，要求 %(least)d 次") % words, rows
        if facts.on >= date(year, 12, 31):
            day = facts.unit.founded_on
            return Verdict.NOT_ASKED.value, _("%s 才成立，本年度没有完整的期间") % day, rows
        return Verdict.OPEN.value, _("期间还没有结束：目前 %(all)d 次，%(per)s要求 %(least)d 次") % words, rows  # fmt: skip
    short = []
    for name, first, after in asked:
        n = len({(day, source) for day, source in days if first <= day < after})
        if n < item.least:
            short.append(name if not n else _("%(name)s（%(n)d 次）") % {"name": name, "n": n})
    words |= {"over": len(asked), "short": "、".join(short)}
    if not short:
        return Verdict.MET.value, _("%(per)s至少 %(least)d 次，已过的 %(over)d 个期间都做到，共 %(all)d 次") % words, rows  # fmt: skip
    return Verdict.NOT_MET.value, (_("%(per)s至少 %(least)d 次，缺：%(short)s") % words)[:300], rows


@dataclass(frozen=True)
class Outcome:
    """What verdicts come to by a standard: share of what applies, musts that fail, what is open."""

    met: int
    asked: int
    failed_musts: tuple[str, ...]
    open: int
    least_share: int

    @property
    def share(self) -> float | None:
        """Of a hundred; None where nothing applies."""
        return round(100 * self.met / self.asked, 1) if self.asked else None

    @property
    def passes(self) -> bool:
        """Every must met, and the share reached; what is open counts as not met."""
        reached = self.asked > 0 and 100 * self.met >= self.least_share * self.asked
        return reached and not self.failed_musts

    @property
    def sentence(self) -> str:
        """Say the arithmetic in words."""
        words = {
            "asked": self.asked, "met": self.met, "share": self.share or 0,
            "least": self.least_share, "open": self.open,
        }  # fmt: skip
        text = _("适用 %(asked)d 项，达标 %(met)d 项（%(share)s%%），达标线 %(least)d%%") % words
        if self.failed_musts:
            text += _("；必备项未达标：%s") % "、".join(self.failed_musts)
        if self.open:
            text += _("；还有 %(open)d 项待核查") % words
        return text


def outcome_of(verdicts: Iterable[tuple[StandardItem, str]], least_share: int) -> Outcome:
    """Return what (item, verdict) pairs come to."""
    met = asked = waiting = 0
    failed = []
    for item, verdict in verdicts:
        if verdict == Verdict.NOT_ASKED:
            continue
        asked += 1
        met += verdict == Verdict.MET
        waiting += verdict == Verdict.OPEN
        if item.is_must and verdict == Verdict.NOT_MET:
            failed.append(item.title)
    return Outcome(met, asked, tuple(failed), waiting, least_share)
