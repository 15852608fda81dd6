"""我也是: joining and leaving a matter; requests of one matter merged at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Event
from tongxin.kit.errors import Invalid, NotFound, Refused

from ..models import Joining

MOST_MERGED = 10


class OwnMatter(Refused):
    """Nobody joins what they asked for themselves."""


class MatterOver(Refused):
    """The case has ended: there is nothing to join."""


class NothingToMerge(Invalid):
    """Merging takes one case that leads and at least one other."""


def _joinable(case: Case) -> Case:
    """Return the public request itself, or the one that leads it.

    :raises NotFound: for what is not public
    """
    found = Case.objects.public().filter(pk=case.pk, kind="request").first()
    if found is not None and found.step == "merged" and found.parent_id:
        found = Case.objects.public().filter(pk=found.parent_id).first()
    if found is None:
        raise NotFound(_("没有找到这件事，或您看不到它。"))
    return found


@transaction.atomic
def join_matter(*, case: Case, actor: User, at: datetime) -> Joining:
    """我也是: have the same matter as an open public request; twice is once.

    What was merged is joined where it is led. Who joins is told how it goes on; nobody else learns
    who they are.

    :raises NotFound: for what is not public
    :raises MatterOver: if it has ended
    :raises OwnMatter: for one's own request
    """
    found = _joinable(case)
    if not found.is_open:
        raise MatterOver(_("这件事已经办完，还没解决的话请另提一单。"))
    if found.reporter_id == actor.pk:
        raise OwnMatter(_("这就是您提的单子，进度会直接告诉您。"))
    joining, _is_new = Joining.objects.get_or_create(case=found, user=actor, defaults={"at": at})
    return joining


@transaction.atomic
def leave_matter(*, case: Case, actor: User) -> bool:
    """Take one's joining back; return whether there was one."""
    gone, _rows = Joining.objects.filter(case=case.pk, user=actor.pk).delete()
    return bool(gone)


@transaction.atomic
def merge_cases(
    *, leader: Case, others: Sequence[Case], at: datetime, actor: User, note: str = ""
) -> list[Event]:
    """Let cases follow the one that leads; all of them or none. Who joined them follows too.

    :raises NothingToMerge: without another case, or with more than ten
    :raises Refused: whatever forbids one of the moves (see `requests.merging`)
    """
    others = [case for case in {one.pk: one for one in others}.values() if case.pk != leader.pk]
    if not others:
        raise NothingToMerge(_("请至少选两张单子，并指定由哪一张牵头。"), field="leader")
    if len(others) > MOST_MERGED:
        raise NothingToMerge(_("一次最多并 %d 张单子。") % MOST_MERGED, field="leader")
    # In one order, so that two people who merge at once wait for each other and not for ever.
    events = [
        make_move(case, "merge", at=at, actor=actor, leader=leader, note=note)
        for case in sorted(others, key=lambda case: case.pk)
    ]
    _move_joinings(leader, others)
    return events


def _move_joinings(leader: Case, others: Sequence[Case]) -> None:
    moved = Joining.objects.filter(case__in=others)
    people = [
        Joining(case=leader, user_id=user, at=at)
        for user, at in moved.values_list("user_id", "at")
        if user != leader.reporter_id
    ]
    Joining.objects.bulk_create(people, ignore_conflicts=True)
    moved.delete()
