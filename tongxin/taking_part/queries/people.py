"""Who keeps the deliberations of a community: the people an objection or a motion comes to."""

from __future__ import annotations

from datetime import date

from django.db.models.functions import Length

from tongxin.accounts.models import User
from tongxin.orgs.models import Post
from tongxin.regions.queries import prefixes

from ..models.common import DESK


def keepers_of(path: str, on: date) -> list[User]:
    """Return who keeps a community's deliberations by the posts nearest to it: its own, else the street's."""
    posts = Post.objects.held_on(on).filter(role__in=DESK, region__path__in=list(prefixes(path)))
    rows = list(posts.annotate(depth=Length("region__path")).values_list("depth", "user"))
    nearest = max((depth for depth, _user in rows), default=0)
    ids = {user for depth, user in rows if depth == nearest}
    return list(User.objects.filter(pk__in=ids, is_active=True)) if ids else []
