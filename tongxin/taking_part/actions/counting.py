"""A poll closes, is counted, published; what depended on it follows. Secret ballots are stirred."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.cases.actions import system_move
from tongxin.kit.errors import Refused

from ..models import Ballot, Convention, Poll, RollEntry
from ..queries.polls import counted, judged, why_of
from .common import must_keep
from .polls import State, WrongState, hold, open_poll, tell_voters

BITE = 20


def stir(poll: Poll) -> None:
    """Write all ballots of a secret poll anew in random order, and the marks of its roll.

    Afterwards neither the order of rows nor the transaction that wrote them says who cast which.
    To be called in a transaction that holds the poll.
    """
    rows = list(Ballot.objects.filter(poll=poll))
    secrets.SystemRandom().shuffle(rows)
    Ballot.objects.filter(poll=poll).delete()
    for row in rows:
        row.pk = uuid.uuid4()
    Ballot.objects.bulk_create(rows, 500)
    RollEntry.objects.filter(poll=poll).update(has_voted=F("has_voted"))


@transaction.atomic
def close_poll(poll: Poll, *, at: datetime) -> Poll:
    """Close a poll whose time is over and count it. Nobody can close it earlier.

    :raises WrongState: before its time, or unless it is open
    """
    poll = hold(poll)
    if poll.state != State.OPEN or at < poll.closes_at:
        raise WrongState(_("到了截止时间才能计票。"))
    if poll.is_secret:
        stir(poll)
    poll.batches.filter(counted_at=None).delete()  # counted by one clerk only: it never counted
    poll.result = judged(poll, *counted(poll))
    poll.state = State.CLOSED
    poll.save(update_fields=["state", "result"])
    return poll


@transaction.atomic
def publish_poll(poll: Poll, *, by: User, at: datetime) -> Poll:
    """Publish the result: its motion is settled, a convention comes into force, voters are told.

    :raises WrongState: unless it is closed
    :raises NotPermitted: unless `by` keeps the community
    """
    poll = hold(poll)
    must_keep(by, poll.community.path, what=_("公布表决结果"))
    if poll.state != State.CLOSED:
        raise WrongState(_("表决截止以后才能公布，且只公布一次。"))
    passed = poll.result["passed"]
    said = _("通过") if passed else _("未通过")
    why = "".join(why_of(poll))
    if poll.motion is not None:
        system_move(poll.motion.case, "settle", at=at, note=f"{said}。{why}")
    poll.state, poll.published_at, poll.published_by = State.PUBLISHED, at, by
    poll.save(update_fields=["state", "published_at", "published_by"])
    convention = Convention.objects.filter(poll=poll).first()
    if convention is not None:
        _settle_convention(convention, passed, at)
    audit(
        actor=by, action="taking_part.publish", object=f"poll {poll.pk}", at=at,
        detail={"passed": passed},
    )  # fmt: skip
    title = _("表决结果公布：%(title)s（%(said)s）") % {"title": poll.title[:60], "said": said}
    tell_voters(poll, title=title, key=f"poll-result:{poll.pk}", at=at)
    return poll


def _settle_convention(convention: Convention, passed: bool, at: datetime) -> None:
    if not passed:
        Convention.objects.filter(pk=convention.pk).update(state=Convention.State.REJECTED)
        return
    Convention.objects.filter(
        community=convention.community_id, name=convention.name, state=Convention.State.ADOPTED
    ).update(state=Convention.State.SUPERSEDED)
    Convention.objects.filter(pk=convention.pk).update(
        state=Convention.State.ADOPTED, adopted_on=localdate(at)
    )


def polls_due(*, at: datetime, limit: int = BITE) -> int:
    """Open and close the polls whose moment has come; each is held by one worker at a time."""
    n = 0
    for pk in _due(State.POSTED, "opens_at", at, limit):
        n += _each(pk, open_poll, at)
    for pk in _due(State.OPEN, "closes_at", at, limit - n):
        n += _each(pk, close_poll, at)
    return n


def _due(state: str, column: str, at: datetime, limit: int) -> list[int]:
    rows = Poll.objects.filter(state=state, **{f"{column}__lte": at}).order_by(column, "pk")
    return list(rows.values_list("pk", flat=True)[: max(0, limit)])


def _each(pk: int, act, at: datetime) -> int:
    with transaction.atomic():
        rows = Poll.objects.select_for_update(
            skip_locked=connection.features.has_select_for_update_skip_locked
        )
        poll = rows.filter(pk=pk).first()
        if poll is None:
            return 0
        try:
            with transaction.atomic():
                act(poll, at=at)
        except Refused:
            return 0  # an objection waits for its answer, or another worker was here
    return 1


def stir_due(*, at: datetime, limit: int = BITE) -> int:
    """Stir the ballots of open secret polls, so that a look at the tables tells little meanwhile."""
    n = 0
    for pk in Poll.objects.filter(state=State.OPEN, is_secret=True).order_by("pk")[:limit].values_list("pk", flat=True):  # fmt: skip
        with transaction.atomic():
            poll = Poll.objects.select_for_update().filter(pk=pk, state=State.OPEN).first()
            if poll is not None:
                stir(poll)
                n += 1
    return n
