"""What the unit above decides (批复): never by who asked, never from inside the unit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused

from ..models import Asking
from .common import require_above, require_keeper
from .dues import waiver_decided
from .elections import candidates_decided, election_decided, result_decided
from .terms import extension_decided

Verdict = Asking.Verdict

AFTER = {
    Asking.Kind.EXTENSION: extension_decided,
    Asking.Kind.ELECTION: election_decided,
    Asking.Kind.CANDIDATES: candidates_decided,
    Asking.Kind.RESULT: result_decided,
    Asking.Kind.WAIVER: waiver_decided,
}


class OwnAsking(NotPermitted):
    """Nobody decides what they asked for."""


class DecidedAlready(Refused):
    """An answer is given once."""


class NoDecision(Invalid):
    """A refusal says why."""


@transaction.atomic
def decide(
    *, asking: Asking, agree: bool, decision: str, at: datetime, by: User, number: str = ""
) -> Asking:
    """Answer what a unit asked; what follows from it happens in the same transaction.

    :raises OwnAsking, DecidedAlready, NoDecision, NotAbove: as their names say
    """
    asking = _locked(asking)
    require_above(by, asking.unit)
    if by.pk == asking.asked_by_id:
        raise OwnAsking(_("请示人不能批复自己的请示，请由其他同志批复"))
    if asking.verdict:
        raise DecidedAlready(_("已于 %s 批复") % _day(asking))
    if not agree and not decision.strip():
        raise NoDecision(_("不同意请写明理由"), field="decision")
    asking.verdict = Verdict.AGREED if agree else Verdict.REFUSED
    asking.decided_by, asking.decided_at = by, at
    asking.decision, asking.number = decision, number
    asking.save()
    AFTER[Asking.Kind(asking.kind)](asking, at=at, by=by)
    tell(
        users=[asking.asked_by],
        title=_("上级批复：%s") % asking.get_verdict_display(),
        text=f"{asking.get_kind_display()}：{decision or asking.get_verdict_display()}",
        url=reverse("affairs:asking", args=[asking.pk]),
        key=f"affairs.decided:{asking.pk}",
        at=at,
    )
    return asking


@transaction.atomic
def withdraw(*, asking: Asking, at: datetime, by: User) -> Asking:
    """Take a question back before it is decided.

    :raises DecidedAlready: once it is
    """
    asking = _locked(asking)
    require_keeper(by, asking.unit)
    if asking.verdict:
        raise DecidedAlready(_("已于 %s 批复") % _day(asking))
    asking.verdict, asking.decided_at = Verdict.WITHDRAWN, at
    asking.save()
    AFTER[Asking.Kind(asking.kind)](asking, at=at, by=by)
    return asking


def _locked(asking: Asking) -> Asking:
    rows = Asking.objects.select_for_update(of=("self",)).select_related(
        "unit__parent", "term__unit", "election__unit", "waiver__membership", "asked_by"
    )
    return rows.get(pk=asking.pk)


def _day(asking: Asking) -> str:
    return f"{asking.decided_at:%Y-%m-%d}" if asking.decided_at else ""
