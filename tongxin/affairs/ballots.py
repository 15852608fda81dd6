"""The arithmetic of an election, each check with its sentence. Plain numbers in, a verdict out.

《中国共产党基层组织选举工作条例》: not fewer than 4/5 of those entitled are present (more than 4/5
before 2020); candidates exceed the seats by 20 %; ballots returned are not more than those issued; who has more votes in favour
than half of those entitled and present is elected, most votes first; a tie at the last seat is
voted on again; missing seats are voted on again, or given up if more than half agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from django.utils.translation import gettext as _

from .rules import TermRule


@dataclass(frozen=True)
class Check:
    """One sum: whether it holds, the field it is about, and why in a sentence."""

    field: str
    ok: bool
    why: str


@dataclass(frozen=True)
class Marks:
    """What one candidate got on the valid ballots."""

    in_favour: int
    against: int
    abstained: int

    @property
    def total(self) -> int:
        return self.in_favour + self.against + self.abstained


@dataclass(frozen=True)
class Count:
    """A round of voting as it was counted; `marks` by candidate."""

    seats: int
    entitled: int
    present: int
    issued: int
    returned: int
    valid: int
    marks: Mapping[int, Marks]
    is_runoff: bool = False
    is_for_secretary: bool = False


@dataclass(frozen=True)
class Outcome:
    """Who is elected, who tied for the last seat, how many seats are left open."""

    elected: list[int] = field(default_factory=list)
    tied: list[int] = field(default_factory=list)
    short: int = 0
    why: str = ""


def least_candidates(seats: int, rule: TermRule) -> int:
    """Return how many candidates a committee of so many seats needs at least."""
    return seats + ceil(seats * rule.more_candidates)


def check_candidates(seats: int, candidates: int, rule: TermRule, *, contested: bool) -> Check:
    """Say whether there are enough candidates; `contested`: the rule of 20 % applies."""
    percent = int(rule.more_candidates * 100)
    least = least_candidates(seats, rule) if contested else 1
    words = {"seats": seats, "percent": percent, "least": least, "n": candidates}
    ok = candidates >= least
    if not contested:
        why = _("等额选举，候选人 %(n)d 人，至少 1 人") % words
    elif ok:
        why = _(
            "应选 %(seats)d 人，差额不少于 %(percent)d%%，至少 %(least)d 名候选人；现有 %(n)d 名，够"
        )
        why %= words
    else:
        why = _(
            "应选 %(seats)d 人，差额不少于 %(percent)d%%，至少 %(least)d 名候选人；现有 %(n)d 名，不够"
        )
        why %= words
    return Check("candidates", ok, why)


def check_quorum(entitled: int, present: int, rule: TermRule) -> Check:
    """Say whether enough came: the rule's share of those entitled, or more than it by its edge."""
    share: Fraction = rule.quorum
    words = {
        "entitled": entitled,
        "present": present,
        "share": f"{share.numerator}/{share.denominator}",
        "edge": f"{float(entitled * share):g}",
    }
    if present > entitled:
        why = _("实到 %(present)d 人多于应到 %(entitled)d 人，请核对") % words
        return Check("present", False, why)
    edge = entitled * share
    ok = present > edge or (rule.is_edge_enough and present == edge)
    if ok and rule.is_edge_enough:
        why = _(
            "应到 %(entitled)d 人的 %(share)s 是 %(edge)s 人，实到 %(present)d 人，不少于，会议有效"
        )
    elif ok:
        why = _(
            "应到 %(entitled)d 人的 %(share)s 是 %(edge)s 人，实到 %(present)d 人，超过，会议有效"
        )
    else:
        why = _(
            "应到 %(entitled)d 人的 %(share)s 是 %(edge)s 人，实到 %(present)d 人，人数不够，不能选举"
        )
    return Check("present", ok, why % words)


def check_ballots(count: Count) -> list[Check]:
    """Say whether the ballots add up: out, in, valid."""
    n = {
        "present": count.present,
        "issued": count.issued,
        "returned": count.returned,
        "valid": count.valid,
        "invalid": count.returned - count.valid,
    }
    issued_ok = 0 < count.issued <= count.present
    returned_ok = count.returned <= count.issued
    valid_ok = 0 <= count.valid <= count.returned
    return [
        Check(
            "issued",
            issued_ok,
            (
                _("实到 %(present)d 人，发出 %(issued)d 张，一人一票")
                if issued_ok
                else _("发出 %(issued)d 张，实到 %(present)d 人：一人一票，不能多发，也不能不发")
            )
            % n,
        ),
        Check(
            "returned",
            returned_ok,
            (
                _("收回 %(returned)d 张，不多于发出的 %(issued)d 张，选举有效")
                if returned_ok
                else _("收回 %(returned)d 张，多于发出的 %(issued)d 张，选举无效，应当重新选举")
            )
            % n,
        ),
        Check(
            "valid",
            valid_ok,
            (
                _("有效 %(valid)d 张，无效 %(invalid)d 张，合计 %(returned)d 张")
                if valid_ok
                else _("有效 %(valid)d 张，多于收回的 %(returned)d 张，请核对")
            )
            % n,
        ),
    ]


def check_marks(count: Count, names: Mapping[int, str]) -> list[Check]:
    """Say whether each candidate's marks add up to the valid ballots, and all to the seats."""
    checks = []
    for who, marks in count.marks.items():
        if marks.total != count.valid:
            words = {
                "name": names[who],
                "a": marks.in_favour,
                "b": marks.against,
                "c": marks.abstained,
                "sum": marks.total,
                "valid": count.valid,
            }
            why = _(
                "%(name)s：赞成 %(a)d + 不赞成 %(b)d + 弃权 %(c)d = %(sum)d，应等于有效票 %(valid)d"
            )
            checks.append(Check(f"votes_{who}", False, why % words))
    favour, most = sum(m.in_favour for m in count.marks.values()), count.valid * count.seats
    words = {"favour": favour, "valid": count.valid, "seats": count.seats, "most": most}
    if favour > most:
        why = _(
            "赞成票合计 %(favour)d，多于有效票 %(valid)d × 应选 %(seats)d = %(most)d："
            "有选票选得多于应选名额，应记为无效票"
        )
        checks.append(Check("votes", False, why % words))
    if not checks:
        why = _("每名候选人的票数都等于有效票 %(valid)d，赞成票合计 %(favour)d，不多于 %(most)d")
        checks.append(Check("votes", True, why % words))
    return checks


def checks_of(count: Count, rule: TermRule, names: Mapping[int, str]) -> list[Check]:
    """Return every check of a round, in the order in which a meeting makes them."""
    contested = not count.is_runoff and not count.is_for_secretary
    return [
        check_quorum(count.entitled, count.present, rule),
        check_candidates(count.seats, len(count.marks), rule, contested=contested),
        *check_ballots(count),
        *check_marks(count, names),
    ]


def outcome_of(count: Count) -> Outcome:
    """Return who is elected; the checks must hold before this means anything."""
    half = Fraction(count.present, 2)
    passed = [who for who, marks in count.marks.items() if marks.in_favour > half]
    passed.sort(key=lambda who: -count.marks[who].in_favour)
    words = {"present": count.present, "half": f"{float(half):g}", "n": len(passed)}
    why = _("实到 %(present)d 人的半数是 %(half)s，赞成票超过半数的有 %(n)d 人") % words
    if len(passed) <= count.seats:
        return Outcome(passed, [], count.seats - len(passed), why)
    last = count.marks[passed[count.seats - 1]].in_favour
    if count.marks[passed[count.seats]].in_favour < last:
        why += _("，多于应选名额，以得票多的当选")
        return Outcome(passed[: count.seats], [], 0, why)
    sure = [who for who in passed if count.marks[who].in_favour > last]
    tied = [who for who in passed if count.marks[who].in_favour == last]
    why += _("，其中 %(n)d 人同得 %(votes)d 票，不能确定当选人，应就他们再次投票") % {
        "n": len(tied),
        "votes": last,
    }
    return Outcome(sure, tied, count.seats - len(sure), why)
