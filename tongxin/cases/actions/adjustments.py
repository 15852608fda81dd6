"""延期, 挂账, 退回, 作废: changes to a running case that somebody else must approve.

Ceilings are those of domain.md B.2: an extension adds one original norm, at most two are approved,
none once the case is overdue; a suspension lasts up to a year and is had once.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from tongxin.kit.errors import Invalid, Refused

from ..clocks import set_times
from ..flow import STAY, Move, Words
from ..models import Adjustment, Case

MOST_EXTENSIONS, LONGEST_SUSPENSION = 2, timedelta(days=365)


# Whole words, not parts put together: what is added up at import stays in one language.
ASKS = {
    "extend": (_("申请延期"), "note"),
    "suspend": (_("申请挂账"), "note until"),
    "return": (_("申请退回"), "note"),
    "void": (_("申请作废"), "note"),
}
GRANTS = {
    "extend": _("同意延期"),
    "suspend": _("同意挂账"),
    "return": _("同意退回"),
    "void": _("同意作废"),
}


class CeilingReached(Refused):
    """No more adjustments of this kind for this case."""


def adjustable(*, doing: str, back: str, suspended: str, judge: str, by: str) -> tuple[Move, ...]:
    """Return the moves that ask for an adjustment and those that decide on it.

    `doing`: steps in which work goes on; `back`: the step a returned case goes to; `judge`, `by`:
    the parts that decide and ask.
    """
    asks = tuple(
        Move(f"ask_{kind}", label, doing, STAY, by, needs, "", judge, _may_ask)
        for kind, (label, needs) in ASKS.items()
    )
    target = {"extend": STAY, "suspend": suspended, "return": back, "void": "void"}
    grants = tuple(
        Move(f"approve_{kind}", label, doing, target[kind], judge, "", "note", by, _waits(kind))
        for kind, label in GRANTS.items()
    )
    refuse = Move("refuse", _("不同意"), doing, STAY, judge, "note", "", by, _waits())
    return (*asks, *grants, refuse)


def adjusting(moves: tuple[Move, ...]) -> tuple[dict, dict]:
    """Return the `before` and `after` hooks of the moves that `adjustable` made."""
    before = {move.name: _before_ask for move in moves if move.name.startswith("ask_")}
    after = {move.name: _write_ask for move in moves if move.name.startswith("ask_")}
    for move in moves:
        if move.name.startswith("approve_") or move.name == "refuse":
            before[move.name], after[move.name] = _before_decision, _write_decision
    return before, after


def _may_ask(case: Case, actor) -> Words | None:
    return _("已有一项申请等待审批。") if case.asked else None


def _waits(kind: str = ""):
    def guard(case: Case, actor) -> Words | None:
        if not case.asked or (kind and case.asked != kind):
            return _("没有等待审批的申请。")
        if actor is not None and case.holder_id == actor.pk:
            return _("不能审批自己的申请。")
        return None

    return guard


def _before_ask(case: Case, event, given) -> None:
    kind = event.name.removeprefix("ask_")
    granted = case.adjustments.filter(kind=kind, verdict=Adjustment.Verdict.APPROVED).count()
    if kind == "extend":
        if granted >= MOST_EXTENSIONS:
            raise CeilingReached(_("已延期 2 次，不能再延。请与街镇协商或申请挂账。"))
        if case.due_at and case.due_at < event.at:
            raise CeilingReached(_("已超过时限，不能再申请延期。请尽快办结并说明原因。"))
    if kind == "suspend":
        if granted:
            raise CeilingReached(_("已挂账 1 次，不能再次挂账。"))
        if not event.at < given["until"] <= event.at + LONGEST_SUSPENSION:
            raise Invalid(_("挂账截止时间应在今天之后、一年以内。"), field="until")
        case.until = None  # set when it is approved, not when it is asked
    case.asked = kind


def _write_ask(case: Case, event, given) -> None:
    Adjustment.objects.create(
        case=case,
        kind=event.name.removeprefix("ask_"),
        reason=event.note,
        until=given.get("until"),
        asked_by=event.actor,
        asked_at=event.at,
    )


def _before_decision(case: Case, event, given) -> None:
    """Let the approved thing take effect on the clock; the step was already entered."""
    kind, case.asked = case.asked, ""
    if event.name == "refuse":
        event.data["kind"] = kind
    elif kind == "extend":
        case.norms += 1
        case.rung, case.card = 0, ""
        set_times(case)
    elif kind == "suspend":
        case.until = case.adjustments.get(verdict="").until
        case.due_at = case.rings_at = case.until
    elif kind == "return":
        case.holder = case.handler = None


def _write_decision(case: Case, event, given) -> None:
    approved = event.name != "refuse"
    case.adjustments.filter(verdict="").update(
        verdict=Adjustment.Verdict.APPROVED if approved else Adjustment.Verdict.REFUSED,
        decided_by=event.actor,
        decided_at=event.at,
        decision=event.note,
    )
