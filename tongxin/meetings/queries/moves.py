"""The states of a meeting and what leads from one to the next: the one table, and who may do what."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import REGISTRARS, posts_of, unit_roles

from ..models import Meeting
from ..models.meetings import GATHERERS, LEADS_COMMUNITY, OWN_GATHERER, desks_of

S = Meeting.State


@dataclass(frozen=True)
class Move:
    """From which states, to which ("" stays), by which part."""

    name: str
    label: str | Promise
    frm: tuple[str, ...]
    to: str
    by: str  # "runs": whoever holds the unit's meetings · "approves": keeps the register, not recorder


MOVES = {
    move.name: move
    for move in (
        Move("change", _("修改"), (S.PLANNED, S.NOTICED), "", "runs"),
        Move("notice", _("发通知"), (S.PLANNED,), S.NOTICED, "runs"),
        Move("mark", _("登记到会"), (S.NOTICED, S.HELD), "", "runs"),
        Move("hold", _("确认到会，开会"), (S.NOTICED,), S.HELD, "runs"),
        Move("decide", _("登记表决"), (S.HELD,), "", "runs"),
        Move("photo", _("上传照片"), (S.NOTICED, S.HELD, S.RECORDED), "", "runs"),
        Move("record", _("提交记录"), (S.HELD,), S.RECORDED, "runs"),
        Move("approve", _("审定"), (S.RECORDED,), S.APPROVED, "approves"),
        Move("send_back", _("退回补充"), (S.RECORDED,), S.HELD, "approves"),
        Move("correct", _("追加更正"), (S.APPROVED,), "", "runs"),
        Move("cancel", _("取消会议"), (S.PLANNED, S.NOTICED), S.CANCELLED, "runs"),
    )
}
DOTS = (
    ("定", _("计划"), "created_at"),
    ("通", _("通知"), "noticed_at"),
    ("到", _("到会"), "held_at"),
    ("记", _("记录"), "recorded_at"),
    ("审", _("审定"), "approved_at"),
)
REACHED = {S.PLANNED: 1, S.NOTICED: 2, S.HELD: 3, S.RECORDED: 4, S.APPROVED: 5, S.CANCELLED: 0}


def runs(actor, unit_path: str) -> bool:
    """Say whether the actor plans and holds a unit's meetings.

    Its secretary or organiser, those above it, and the commissioners of the unit itself.
    """
    if unit_roles(actor, unit_path) & set(REGISTRARS):
        return True
    return any(
        post.role == "commissioner" and post.org_path == unit_path for post in posts_of(actor)
    )


def gathers(actor, unit: Org) -> bool:
    """Say whether the actor calls gatherings of a unit: who runs its meetings, or leads the office.

    Officers and leaders of the organisation or of one above it, a department's own handlers, and
    the dispatcher of a community for the committee that leads it (S3.33). At most one query.
    """
    if runs(actor, unit.path) or unit_roles(actor, unit.path) & set(GATHERERS):
        return True
    if any(post.role == OWN_GATHERER and post.org_id == unit.pk for post in posts_of(actor)):
        return True
    return (
        unit.region_id in desks_of(actor)
        and Org.objects.filter(LEADS_COMMUNITY, pk=unit.pk).exists()
    )


def parts_of(actor, meeting: Meeting) -> set[str]:
    """Return what the actor is in a meeting: "runs", "approves"."""
    parts = set()
    path = meeting.unit.path
    if gathers(actor, meeting.unit) if meeting.is_gathering else runs(actor, path):
        parts.add("runs")
    approvers = {*REGISTRARS, *(GATHERERS if meeting.is_gathering else ())}
    keeps = unit_roles(actor, path) & approvers
    if keeps and meeting.recorder_id != actor.pk:
        parts.add("approves")
    return parts


def moves_open_to(actor, meeting: Meeting) -> list[Move]:
    """Return what the actor may do with a meeting now: the buttons, and what actions check."""
    parts = parts_of(actor, meeting)
    return [move for move in MOVES.values() if meeting.state in move.frm and move.by in parts]


def line_of(meeting: Meeting) -> dict:
    """Return the meeting as `ui`'s line of dots draws it: 定通到记审."""
    reached, dots = REACHED[S(meeting.state)], []
    is_cancelled = meeting.state == S.CANCELLED
    for n, (char, title, field) in enumerate(DOTS):
        if is_cancelled:
            state = "done" if getattr(meeting, field) else "skipped"
        else:
            state = "done" if n < reached else "now" if n == reached else "todo"
        at = getattr(meeting, field) if state == "done" else None
        dots.append({"char": char, "title": title, "state": state, "at": at, "who": ""})
    tone = "waiting" if is_cancelled else "done" if reached == len(DOTS) else "ok"
    return {"dots": dots, "left": meeting.get_state_display(), "tone": tone}
