"""What a phone sent and what stands disagree: a person decides, the sender is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.fieldwork.actions import AlreadyDecided as RivalDecided
from tongxin.fieldwork.actions import decide_rival
from tongxin.fieldwork.models import RivalAnswers
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import roles_over

from ..models import JUDGES, FieldAction
from . import kinds
from .applying import given_photos

State, Decision = FieldAction.State, FieldAction.Decision
# From where an order is brought back to who did it, by whom: moves of the desk, then of the doer.
BACK = {
    "accepted": ("release", "recall"),
    "hall": ("recall",),
    "offered": ("recall",),
    "dispatched": ("recall",),
    "filed": (),
}


class NotToJudge(NotPermitted):
    """A conflict is decided by the dispatchers and officers of the place, never by who sent it."""


class NothingToDecide(Refused):
    """It was decided, or taken back, already."""


class AlreadyDone(Refused):
    """What was acted on cannot be taken back by the phone."""


class CannotTake(Refused):
    """The thing has ended, so what the phone says can only be noted."""


@transaction.atomic
def decide(*, action: FieldAction, decision: str, why: str, by: User, at: datetime) -> FieldAction:
    """Take the phone's, keep the server's, or add what the phone says as a note; tell its sender.

    :raises NotToJudge: for who sent it, and for who does not dispatch there
    :raises NothingToDecide: if it is no longer in conflict
    :raises CannotTake, Refused: if the phone's cannot be taken any more
    """
    row = FieldAction.objects.select_for_update().get(pk=action.pk)
    row.user = User.objects.get(pk=row.user_id)
    may = row.user_id != by.pk and not roles_over(by, row.area).isdisjoint(JUDGES)
    if not may:
        raise NotToJudge(_("由当地的派单员或管理员核对，不能自己核对自己的。"))
    if row.state != State.CONFLICT:
        raise NothingToDecide(_("这一条已经处理过了。"))
    why = clean_text(why, limit=200, field_label=_("说明"), required=decision != Decision.PHONE)
    if decision not in DECIDE:
        raise Invalid(_("请选择怎样处理。"), field="decision")
    DECIDE[decision](row, why, by, at)
    row.decision, row.decided_by, row.decided_at, row.decided_why = decision, by, at, why
    row.applied_at = at
    row.save()
    audit(
        actor=by, action="field.decide", object=f"{row.kind} {row.key}", reason=why, at=at,
        detail={"decision": decision},
    )  # fmt: skip
    tell(
        users=[row.user],
        title=_("离线办理的事有结果了"),
        text=f"{row.about.get('title', '')}：{row.sentence or row.get_decision_display()}",
        url=row.about.get("url") or "/field/",
        key=f"field-decided:{row.pk}",
        at=at,
    )
    return row


def _take_phone(row: FieldAction, why: str, by: User, at: datetime) -> None:
    if row.kind == "visit.finish" and row.found:
        _decide_rival(row, RivalAnswers.Decision.SECOND, why, by, at)
    else:
        if row.kind == "order.move":
            _bring_back(row, why, by, at)
        row.based_on = None
        photos = given_photos(row)
        if photos is None:
            raise CannotTake(_("这一条的照片还没有传完，请等照片到齐，或先作为说明保存。"))
        row.about = kinds.act(row, photos)
    row.state, row.code = State.DONE, "phone_taken"
    row.sentence = _("%s核对后采用了您手机上的。") % by.name


def _bring_back(row: FieldAction, why: str, by: User, at: datetime) -> None:
    """Give an order that went on meanwhile back to who did it, in the open: each step an event."""
    case = Case.objects.filter(pk=row.found.get("case")).first()
    if case is None or not case.is_open or case.step in ("done", "verified"):
        raise CannotTake(
            _("这张单子已经办结，不能再改成手机上的。"), remedy=_("可以“作为补充说明”保存。")
        )
    name = str(row.data.get("move", ""))
    move = case.flow.move_of.get(name)
    if move is None or (case.step in move.sources and case.holder_id == row.user_id):
        return
    if case.kind != "request" or case.step not in BACK:
        raise CannotTake(
            _("这张单子在“%s”，不能直接改成手机上的。") % case.flow.step_of[case.step].label,
            remedy=_("可以“作为补充说明”保存，或先把单子派回给他。"),
        )
    note = _("按手机记录更正：%s") % (why or row.user.name)
    for step in BACK[case.step]:
        make_move(case, step, at=at, actor=by, note=note)
    make_move(case, "dispatch", at=at, actor=by, holder=row.user, note=note)
    if name != "accept":
        make_move(case, "accept", at=at, actor=row.user)
    row.at = at  # in the order of the book; when it happened stands in the note of the move
    moment = localtime(row.claimed_at or row.received_at).strftime("%m月%d日 %H:%M")
    said = row.data.get("note")
    row.data = row.data | {
        "note": _("%(note)s（%(when)s 办理）") % {"note": said, "when": moment} if said else ""
    }


def _keep_server(row: FieldAction, why: str, by: User, at: datetime) -> None:
    if row.kind == "visit.finish" and row.found:
        _decide_rival(row, RivalAnswers.Decision.FIRST, why, by, at)
    row.state, row.code = State.REFUSED, "server_kept"
    row.sentence = _("%(who)s核对后保留了系统里的：%(why)s") % {"who": by.name, "why": why}


def _add_note(row: FieldAction, why: str, by: User, at: datetime) -> None:
    """Write what the phone says into the book of the order, with its photos; no step is taken."""
    if row.kind != "order.move" or not row.found.get("case"):
        raise CannotTake(_("只有单子可以作为补充说明保存。"), remedy=_("请选择另外两种之一。"))
    case = Case.objects.get(pk=row.found["case"])
    moment = localtime(row.at).strftime("%m月%d日 %H:%M")
    words = _("外勤补充（%(who)s，%(when)s，%(move)s）：%(note)s") % {
        "who": row.user.name,
        "when": moment,
        "move": row.found.get("move_label") or row.data.get("move"),
        "note": row.data.get("note") or why,
    }
    parts = frozenset({"system"})
    name = "hear" if case.kind == "request" else "add"
    make_move(case, name, at=at, actor=by, note=words[:2000], parts=parts)
    for evidence in kinds.evidence_of(given_photos(row) or []):
        evidence.case = case
        evidence.save(force_insert=True)
    row.about = kinds.about_case(case)
    row.state, row.code = State.DONE, "note_added"
    row.sentence = _("%s核对后把您的记录作为说明加到了单子里。") % by.name


def _decide_rival(row: FieldAction, which: str, why: str, by: User, at: datetime) -> None:
    rival = RivalAnswers.objects.filter(visit=row.found["visit"], key=row.key[:80]).first()
    if rival is None:
        raise NothingToDecide(_("这份填报已经不在了。"))
    try:
        decide_rival(rival=rival, decision=which, reason=why or _("采用后到的"), by=by, at=at)
    except RivalDecided:
        rival.refresh_from_db()
        if rival.decision != which:
            raise


DECIDE: dict[str, Callable[[FieldAction, str, User, datetime], None]] = {
    Decision.PHONE: _take_phone,
    Decision.SERVER: _keep_server,
    Decision.NOTE: _add_note,
}


@transaction.atomic
def withdraw(*, action: FieldAction, by: User, at: datetime) -> FieldAction:
    """Take back what one sent, while it waits, is refused or in conflict; again changes nothing.

    :raises AlreadyDone: if it was acted on
    """
    row = FieldAction.objects.select_for_update().get(pk=action.pk)
    if row.state == State.WITHDRAWN:
        return row
    if row.state == State.DONE or (row.kind == "visit.finish" and row.found):
        raise AlreadyDone(_("这一条已经办成，不能撤回。要更正请联系派单员。"))
    row.state, row.code, row.applied_at = State.WITHDRAWN, "withdrawn", at
    row.sentence = _("已撤回，没有办理。")
    row.save(update_fields=["state", "code", "sentence", "applied_at"])
    return row
