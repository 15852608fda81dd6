"""One matter, several requests: one case leads, the others follow it, and can be taken out again.

A follower keeps its number, its history and its reporter; `parent` names the case that leads. It
is closed as merged, so that one matter is one piece of work in every figure.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from tongxin.cases.models import Case, Event
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.orgs.scope import roles_over

from .hooks import clear_doer

MERGES = frozenset({"dispatcher", "officer"})
LEAST_REASON = 4  # characters of a person's word for joining what is public with what is not


class CannotLead(Invalid):
    """The case chosen cannot lead this one: not open, not a request, or itself a follower."""


class NeedsWord(Invalid):
    """A private and a public case are joined only with a person's reason."""


class LeaderOver(Refused):
    """The case that leads has ended: what is left to do there is a reopening."""


def follow_leader(case: Case, event: Event, given: dict) -> None:
    """Check the case chosen, and let this one follow it; the doer of this one is let go.

    :raises CannotLead, NeedsWord: as they say
    :raises NotPermitted: if the actor merges in the follower's area only
    """
    leader = _locked(given["leader"])
    _check_leader(case, leader)
    if event.actor is not None and not roles_over(event.actor, leader.area) & MERGES:
        raise NotPermitted(_("牵头的单子不在您的管辖范围，请由上一级并单。"))
    if leader.is_private != case.is_private and len(event.note) < LEAST_REASON:
        raise NeedsWord(
            _("一张公开、一张不公开：请写明为什么可以并在一起（至少 %d 个字）。") % LEAST_REASON,
            field="note",
        )
    event.data["taken_from"] = [user for user in (case.holder_id, case.offeree_id) if user]
    clear_doer(case, event, given)
    case.parent = leader
    Case.objects.filter(pk=case.pk).update(parent=leader)
    # It joins as an open child; the engine counts it out again, since this move closes it.
    Case.objects.filter(pk=leader.pk).update(open_children=F("open_children") + 1)


def _locked(leader: Case) -> Case:
    """Lock the leading case: it cannot end or follow another while this one joins it."""
    skip = connection.features.has_select_for_update_skip_locked
    rows = Case.objects.select_for_update(of=("self",) if skip else (), skip_locked=skip)
    locked = rows.filter(pk=leader.pk).first()
    if locked is None:
        raise CannotLead(_("牵头的单子正在被其他人办理，请稍后再试。"), field="leader")
    return locked


def _check_leader(case: Case, leader: Case) -> None:
    why = None
    if leader.pk == case.pk:
        why = _("不能并到自己。")
    elif leader.kind != case.kind:
        why = _("只能并到同一类的单子。")
    elif leader.step == "merged":
        why = _("%s 自己已经并到另一张单子，请选那一张。") % leader.number
    elif not leader.is_open:
        why = _("%s 已经结束，不能牵头。") % leader.number
    elif Case.objects.filter(parent=case.pk, step="merged").exists():
        why = _("已有单子并到 %s，请让它牵头，把另一张并进来。") % case.number
    if why:
        raise CannotLead(why, field="leader")


def leave_leader(case: Case, event: Event, given: dict) -> None:
    """Let a follower go its own way again, while its leader is under way or was withdrawn.

    :raises LeaderOver: if the matter was finished there
    """
    leader = case.parent
    if leader is not None and leader.step == "closed":
        raise LeaderOver(
            _("牵头的 %s 已经办结。没有解决的，请在那一张上重新办理。") % leader.number
        )
    event.data["left"] = {"id": str(leader.pk), "name": leader.number} if leader else None
    case.parent = None
    Case.objects.filter(pk=case.pk).update(parent=None)
