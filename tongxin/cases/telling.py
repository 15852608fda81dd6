"""Who is told: parts become people."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q
from django.db.models.functions import Length
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.orgs.models import Post

from .models import Case, Event

OWN = {"reporter": "reporter_id", "holder": "holder_id", "offeree": "offeree_id"}


def words_of(event: Event) -> str:
    """Return the parts to tell of an event: the move's `tells`, a clock's, or the opening's."""
    flow = event.case.flow
    if event.name == "open":
        return flow.tells_opening
    move = flow.move_of.get(event.name)
    return move.tells if move else event.data.get("tells", "")


def people_of(case: Case, words: str, *, also: Collection[int] = ()) -> list[User]:
    """Return the people who play the parts named: "holder", "dispatcher", "officer@street".

    A role without a level means its holders nearest to the case: the community's, or else the
    street's, or else the district's (首接负责, the upper level as backstop). `also` are the ids of
    people who are told although the case no longer names them.
    """
    ids = {getattr(case, OWN[word]) for word in words.split() if word in OWN} | set(also)
    for word in words.split():
        if word == "handler_org" and case.handler_id:
            ids |= set(_posts().filter(org=case.handler_id).values_list("user", flat=True))
        elif word not in OWN and word != "handler_org":
            ids |= _holders(case, *word.partition("@")[::2])
    ids.discard(None)
    return list(User.objects.filter(pk__in=ids, is_active=True)) if ids else []


def _posts():
    return Post.objects.held_on(localdate())


def _holders(case: Case, role: str, level: str) -> set[int]:
    parts = case.area.split("/")[:-1]
    above = ["/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)]
    posts = _posts().filter(Q(role=role), region__path__in=above)
    if level:
        posts = posts.filter(region__level=level)
    rows = list(posts.annotate(depth=Length("region__path")).values_list("depth", "user"))
    nearest = max((depth for depth, _user in rows), default=0)
    return {user for depth, user in rows if depth == nearest}
