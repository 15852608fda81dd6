"""Who is asked when what a phone sent does not fit what stands."""

from __future__ import annotations

from datetime import datetime

from django.db.models.functions import Length
from django.utils.timezone import localtime

from tongxin.accounts.models import User
from tongxin.orgs.models import Post
from tongxin.regions.queries import prefixes

from ..models import JUDGES, FieldAction


def judges_of(action: FieldAction) -> list[User]:
    """Return who holds the nearest post of a dispatcher over the place, or else of an officer."""
    return _nearest(action.area, JUDGES, action.received_at)


def officers_over(area: str, at: datetime) -> list[User]:
    """Return who holds the nearest post of an officer over a place."""
    return _nearest(area, ("officer",), at)


def _nearest(area: str, roles: tuple[str, ...], at: datetime) -> list[User]:
    posts = Post.objects.held_on(localtime(at).date()).filter(
        role__in=roles, region__path__in=list(prefixes(area)), user__is_active=True
    )
    rows = list(
        posts.annotate(depth=Length("region__path"))
        .values_list("depth", "role", "user")
        .order_by("pk")
    )
    if not rows:
        return []
    nearest = max((depth, role == "dispatcher") for depth, role, _user in rows)
    ids = {user for depth, role, user in rows if (depth, role == "dispatcher") == nearest}
    return list(User.objects.filter(pk__in=ids))
