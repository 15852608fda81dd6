"""What a poll says: fractions, quorum, majority, who may vote for whom, and why it passed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused

from ..models import Electorate, Poll, PollRule, RollEntry

State = Poll.State
DECISION = [
    {"code": "yes", "text": "赞成"}, {"code": "no", "text": "反对"}, {"code": "abstain", "text": "弃权"},
]  # fmt: skip
WORDS = {"yes": gettext_lazy("赞成"), "no": gettext_lazy("反对"), "abstain": gettext_lazy("弃权")}


class NotYetClosed(Refused):
    """Until the last moment nobody learns how the votes stand, the clerks neither."""


def least_of(whole: int, num: int, den: int, strict: bool) -> int:
    """Return the smallest number that is more than (`strict`) or at least num/den of a whole."""
    return whole * num // den + 1 if strict else -(-whole * num // den)


def meets(part: int, whole: int, num: int, den: int, strict: bool) -> bool:
    """Say whether a part is more than, or at least, num/den of a whole; nothing of nothing is not."""
    return whole > 0 and (part * den > whole * num if strict else part * den >= whole * num)


def fraction_words(num: int, den: int, strict: bool) -> str:
    """Say a fraction as a rule does: 过半数, 三分之二以上."""
    if (num, den, strict) == (1, 2, True):
        return _("过半数")
    if (num, den) == (1, 2):
        return _("半数以上")
    if (num, den) == (2, 3) and not strict:
        return _("三分之二以上")
    if (num, den) == (3, 4) and not strict:
        return _("四分之三以上")
    return _("超过 %(num)d/%(den)d") % {"num": num, "den": den} if strict else f"≥ {num}/{den}"


def judged(poll: Poll, counts: dict[str, int], areas: dict[str, int]) -> dict[str, Any]:
    """Return the result of ballots counted: who took part, whether quorum and majority are met.

    `counts` and `areas` (0.01 m²) are by option. A choice among several is won by the first option
    that has the majority; without one nothing is passed.
    """
    rule: PollRule = poll.rule
    cast, cast_area = sum(counts.values()), sum(areas.values())
    quorum = (rule.quorum_num, rule.quorum_den, rule.quorum_strict)
    is_quorate = meets(cast, poll.roll_size, *quorum)
    if rule.by_area:
        is_quorate = is_quorate and meets(cast_area, poll.roll_area, *quorum)
    base, base_area = (
        (poll.roll_size, poll.roll_area) if rule.majority_of == rule.Of.ROLL else (cast, cast_area)
    )
    majority = (rule.majority_num, rule.majority_den, rule.majority_strict)
    winner = ""
    for code in _may_win(poll, counts):
        ok = meets(counts.get(code, 0), base, *majority)
        if rule.by_area:
            ok = ok and meets(areas.get(code, 0), base_area, *majority)
        if ok:
            winner = code
            break
    return {
        "cast": cast, "cast_area": cast_area, "counts": counts, "areas": areas,
        "quorate": is_quorate, "winner": winner, "passed": bool(is_quorate and winner),
    }  # fmt: skip


def _may_win(poll: Poll, counts: dict[str, int]) -> list[str]:
    if poll.kind == Poll.Kind.DECISION:
        return ["yes"]
    codes = [option["code"] for option in poll.options]
    return sorted(codes, key=lambda code: (-counts.get(code, 0), code))


def why_of(poll: Poll) -> list[str]:
    """Return how the result follows from the figures and the rule, in sentences.

    :raises NotYetClosed: while votes are still cast
    """
    result = result_of(poll)
    rule = poll.rule
    unit = _("户") if poll.electorate == Electorate.HOUSEHOLDS else _("人")
    quorum = (rule.quorum_num, rule.quorum_den, rule.quorum_strict)
    words = [
        _("名册 %(roll)d %(unit)s，参加表决 %(cast)d %(unit)s；规则要求%(rule)s参加，即至少 %(least)d %(unit)s：%(verdict)s。")
        % {
            "roll": poll.roll_size, "unit": unit, "cast": result["cast"],
            "rule": fraction_words(*quorum), "least": least_of(poll.roll_size, *quorum),
            "verdict": _("达到") if meets(result["cast"], poll.roll_size, *quorum) else _("没有达到"),
        }
    ]  # fmt: skip
    if rule.by_area:
        words.append(
            _("专有部分面积 %(roll).2f 平方米，参加表决 %(cast).2f 平方米：%(verdict)s。")
            % {
                "roll": poll.roll_area / 100, "cast": result["cast_area"] / 100,
                "verdict": _("达到") if meets(result["cast_area"], poll.roll_area, *quorum) else _("没有达到"),
            }
        )  # fmt: skip
    if is_shown(poll):
        words += _majority_words(poll, result)
    return words


def _majority_words(poll: Poll, result: dict[str, Any]) -> list[str]:
    rule = poll.rule
    of_roll = rule.majority_of == rule.Of.ROLL
    base = poll.roll_size if of_roll else result["cast"]
    base_area = poll.roll_area if of_roll else result["cast_area"]
    majority = (rule.majority_num, rule.majority_den, rule.majority_strict)
    code = result["winner"] or _may_win(poll, result["counts"])[0]
    said = {
        "option": option_text(poll, code), "n": result["counts"].get(code, 0),
        "of": _("名册全体") if of_roll else _("参加表决的"), "rule": fraction_words(*majority),
        "least": least_of(base, *majority),
        "verdict": _("达到") if meets(result["counts"].get(code, 0), base, *majority) else _("没有达到"),
    }  # fmt: skip
    words = [
        _("“%(option)s” %(n)d 票；规则要求%(of)s%(rule)s，即至少 %(least)d 票：%(verdict)s。")
        % said
    ]
    if rule.by_area:
        area = result["areas"].get(code, 0)
        words.append(
            _("“%(option)s”面积 %(area).2f 平方米，占参加表决面积 %(share).1f%%：%(verdict)s。")
            % {
                "option": said["option"], "area": area / 100,
                "share": 100 * area / base_area if base_area else 0,
                "verdict": _("达到") if meets(area, base_area, *majority) else _("没有达到"),
            }
        )  # fmt: skip
    return words


def result_of(poll: Poll) -> dict[str, Any]:
    """Return the result of a closed poll.

    :raises NotYetClosed: before
    """
    if poll.state not in (State.CLOSED, State.PUBLISHED):
        raise NotYetClosed(_("表决还没有截止，结果要等截止后才有。"))
    return poll.result


def is_shown(poll: Poll) -> bool:
    """Say whether figures by option may be shown: a small secret poll would tell who voted how."""
    return not poll.is_secret or poll.result.get("cast", 0) >= poll.rule.least_shown


def option_text(poll: Poll, code: str) -> str:
    if code in WORDS:
        return str(WORDS[code])
    return next((one["text"] for one in poll.options if one["code"] == code), code)


def figures_of(poll: Poll) -> list[dict[str, Any]]:
    """Return [{"code", "text", "n", "share", "area"}] of a closed poll; empty where they are kept back."""
    result = result_of(poll)
    if not is_shown(poll):
        return []
    cast = result["cast"] or 1
    return [
        {
            "code": one["code"], "text": option_text(poll, one["code"]),
            "n": result["counts"].get(one["code"], 0),
            "share": round(100 * result["counts"].get(one["code"], 0) / cast, 1),
            "area": result["areas"].get(one["code"], 0) / 100,
        }
        for one in poll.options
    ]  # fmt: skip


def own_q(user, *, way: str = "") -> Q:
    """Return the entries that are a user's own: named by account, or by the telephone they signed in with."""
    mine = Q(**{f"{way}user": user.pk})
    if user.phone_index:
        mine |= Q(**{f"{way}phone_index": user.phone_index})
    return mine


@dataclass(frozen=True)
class Vote:
    """A vote that somebody may cast: their own, or another's by proxy."""

    entry: RollEntry
    is_proxy: bool


def votes_of(user, poll: Poll) -> list[Vote]:
    """Return the votes a user may cast in a poll, their own first, those already cast too."""
    rows = RollEntry.objects.standing().filter(poll=poll).select_related("proxy")
    rows = rows.filter(own_q(user) | own_q(user, way="proxy__")).order_by("pk")
    votes = [Vote(one, not _is_own(user, one)) for one in rows]
    return sorted(votes, key=lambda vote: (vote.is_proxy, vote.entry.pk))


def _is_own(user, entry: RollEntry) -> bool:
    return entry.user_id == user.pk or bool(
        user.phone_index and entry.phone_index == user.phone_index
    )


@dataclass(frozen=True)
class Turnout:
    roll: int
    voted: int
    online: int
    paper: int

    @property
    def share(self) -> float:
        return round(100 * self.voted / self.roll, 1) if self.roll else 0.0


def turnout_of(poll: Poll) -> Turnout:
    """Return how many have voted, never what: one query."""
    rows = RollEntry.objects.standing().filter(poll=poll)
    found = rows.aggregate(
        roll=Count("pk"), voted=Count("pk", filter=Q(has_voted=True)),
        online=Count("pk", filter=Q(way="online")), paper=Count("pk", filter=Q(way="paper")),
    )  # fmt: skip
    return Turnout(**found)


def counted(poll: Poll) -> tuple[dict[str, int], dict[str, int]]:
    """Return ({option: ballots}, {option: area}) of what was cast; for closing only."""
    rows = poll.ballots.values("choice").annotate(n=Count("pk"), area=Sum("entry__area"))
    counts = dict.fromkeys((one["code"] for one in poll.options), 0)
    areas = dict(counts)
    for row in rows:
        counts[row["choice"]], areas[row["choice"]] = row["n"], row["area"] or 0
    return counts, areas


def is_counted(poll: Poll, receipt: str) -> bool:
    """Say whether the ballot of a receipt is in the box; nothing else can be asked of a receipt."""
    code = re.sub(r"[\s\-]", "", receipt or "").upper()
    mark = hashlib.sha256(f"{poll.pk}:{code}".encode()).hexdigest()
    return poll.ballots.filter(receipt_hash=mark).exists()
