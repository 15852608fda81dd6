"""Who may be in the teams of an operation, and who goes out with a dispatch."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from tongxin.accounts.models import User

from ..models import Dispatch, DispatchMember, Operation
from ..scope import INSIDE


def people_for(operation: Operation) -> QuerySet[User]:
    """Return who may be put into a team: people of the organising unit, and who is in one already."""
    ours = Q(posts__org=operation.org_id, posts__role__in=INSIDE, posts__to_date=None)
    theirs = Q(inspection_teams__team__operation=operation)
    return User.objects.filter(ours | theirs).distinct().order_by("name", "pk")


def crew_of(dispatch: Dispatch) -> QuerySet[User]:
    return User.objects.filter(pk__in=dispatch.members.values("user")).order_by("name", "pk")


def seats_of(user: User) -> QuerySet:
    """Return the ids of the dispatches somebody goes out with."""
    return DispatchMember.objects.filter(user=user.pk).values("dispatch")
