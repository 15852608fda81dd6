"""Posts to claim: what is offered near somebody, what they hold, what waits to be confirmed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Count, Prefetch, Q

from tongxin.ui.paging import pk_of

from ..models import PostClaim, VolunteerPost
from .turns import moments

State = PostClaim.State
LIVE = (State.HELD, State.WAITING)
PAGE = 20


def open_posts(
    *, under: str, at: datetime, service: str = "", cursor: str = ""
) -> tuple[list[VolunteerPost], str]:
    """Return a page of posts to come in a place, in the order they were offered, and the next cursor."""
    rows = VolunteerPost.objects.public().open(at)
    if under:
        rows = rows.filter(community__path__under=under)
    if service:
        rows = rows.filter(service=service)
    rows = rows.filter(pk__gt=pk_of(cursor)).select_related("community").order_by("pk")
    found = list(rows[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else ""


def claims_of(user, posts: list[VolunteerPost]) -> dict[int, PostClaim]:
    """Return the user's live claims of these posts, by post."""
    rows = PostClaim.objects.filter(user=user.pk, post__in=posts).exclude(state=State.RELEASED)
    return {claim.post_id: claim for claim in rows}


def coming(user, at: datetime) -> list[PostClaim]:
    """Return what a user holds or waits for, the nearest first."""
    rows = PostClaim.objects.filter(user=user.pk, state__in=LIVE, post__ends_at__gt=at)
    return list(rows.select_related("post__community").order_by("post__starts_at")[:PAGE])


def posts_at_desk(actor, *, under: str, at: datetime, cursor: str = "") -> tuple[list[Any], str]:
    """Return a page of posts of the actor's land, newest first: with claims, and how many wait."""
    rows = VolunteerPost.objects.visible_to(actor).filter(community__path__under=under)
    if start := pk_of(cursor):
        rows = rows.filter(pk__lt=start)
    live = PostClaim.objects.exclude(state=State.RELEASED).select_related("user").order_by("pk")
    rows = rows.annotate(
        to_confirm=Count("claims", filter=Q(claims__state=State.HELD, ends_at__lte=at)),
        waiting=Count("claims", filter=Q(claims__state=State.WAITING)),
    ).select_related("community")
    rows = rows.prefetch_related(Prefetch("claims", live, to_attr="live")).order_by("-pk")
    found = list(rows[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else ""


def claimed(path: str, since: date, until: date) -> dict[str, int]:
    """Return how posts of a place in a period were claimed (S3.27): {"wanted", "claimed", "done"}."""
    starts, ends = moments(since, until)
    posts = VolunteerPost.objects.public().filter(
        community__path__under=path, starts_at__gte=starts, starts_at__lt=ends
    )
    wanted = sum(posts.values_list("wanted", flat=True))
    rows = PostClaim.objects.filter(post__in=posts).values_list("state").annotate(n=Count("pk"))
    n_of = dict(rows.order_by())
    done = n_of.get(State.DONE, 0)
    return {
        "wanted": wanted,
        "claimed": n_of.get(State.HELD, 0) + done + n_of.get(State.ABSENT, 0),
        "done": done,
    }
