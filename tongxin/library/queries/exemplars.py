"""Exemplars as they are read: who plays which part, what lies with me, what is told of a thing."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum

from tongxin.accounts.models import User
from tongxin.documents.queries import writes_for
from tongxin.documents.scope import DESK_ROLES, REVIEWERS, SIGNERS, desks_of, roles_in
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of
from tongxin.photos.models import Photo
from tongxin.regions.queries import prefixes

from ..models import Brand, Exemplar, ExemplarKind, ReadCount

State = Exemplar.State


def parts_in(actor: Any, exemplar: Exemplar) -> frozenset[str]:
    """Return the parts the actor plays: its author never checks or signs, who checked never signs."""
    parts = set()
    is_author = actor.pk == exemplar.by_id
    if is_author or exemplar.org_id in desks_of(actor):
        parts.add("author")
    roles = roles_in(actor, exemplar.desk_id)
    if roles & set(DESK_ROLES):
        parts.add("publisher")
    if not is_author:
        parts |= {"reviewer"} if roles & set(REVIEWERS) else set()
        parts |= {"signer"} if roles & set(SIGNERS) else set()
    return frozenset(parts)


def own_units(actor: Any) -> Any:
    """Return the units the actor writes for: those at whose desk they sit."""
    return Org.objects.public().filter(pk__in=desks_of(actor)).order_by("pk")


def desks_for(org: Org, on: date) -> Any:
    """Return the units a text of `org` may be sent to: itself, those above it, the offices of its land.

    Only where one may check and another sign today; the nearest land first.
    """
    held = Post.objects.held_on(on)
    checks = held.filter(role__in=REVIEWERS).values("org").annotate(n=Count("user", distinct=True))
    above = {int(one) for one in org.path.strip("/").split("/") if one}
    lands = list(prefixes(org.region.path))
    return (
        Org.objects.public()
        .filter(Q(pk__in=above) | Q(kind__in=("party", "government"), region__path__in=lands))
        .filter(pk__in=checks.filter(n__gte=2).values("org"))
        .filter(pk__in=held.filter(role__in=SIGNERS).values("org"))
        .order_by("-region__path", "pk")
    )


def sees_photo(actor: User, photo: Photo) -> bool:
    """Say whether the library shows a photo: of an exemplar or a brand the actor may read."""
    return (
        Exemplar.objects.visible_to(actor).filter(photos__photo=photo.pk).exists()
        or Brand.objects.visible_to(actor).filter(photos__photo=photo.pk).exists()
    )


def waiting_for(actor: Any) -> Any:
    """Return the exemplars that wait for the actor: to be mended, checked, signed, published."""
    posts = posts_of(actor)
    check = {post.org_id for post in posts if post.role in REVIEWERS}
    sign = {post.org_id for post in posts if post.role in SIGNERS}
    put = {post.org_id for post in posts if post.role in DESK_ROLES}
    mine = Q(by=actor.pk)
    waits = Q(state=State.DRAFT) & mine
    waits |= Q(state=State.SUBMITTED, desk__in=check) & ~mine
    waits |= Q(state=State.REVIEWED, desk__in=sign) & ~mine & ~Q(reviewed_by=actor.pk)
    waits |= Q(state=State.SIGNED, desk__in=put)
    return (
        Exemplar.objects.visible_to(actor).filter(waits).select_related("kind", "org", "case")
        .order_by("-pk")
    )  # fmt: skip


def search(rows: Any, *, text: str = "", kind: str = "", tag: str = "", year: int | None = None, state: str = "") -> Any:  # fmt: skip
    """Narrow exemplars by words of title, summary and author, by kind, tag, year and state."""
    if text:
        rows = rows.filter(
            Q(title__icontains=text) | Q(summary__icontains=text) | Q(authors__icontains=text)
        )
    rows = rows.filter(kind__code=kind) if kind else rows
    # A list in JSON, on both databases: the tag between its quotes.
    rows = rows.filter(pk__in=_tagged(rows, tag)) if tag else rows
    rows = rows.filter(year=year) if year else rows
    rows = rows.filter(state=state) if state else rows
    return rows.select_related("kind", "org")


def _tagged(rows: Any, tag: str) -> list[int]:
    return [pk for pk, tags in rows.values_list("pk", "tags") if tag in tags]


def counts(actor: Any) -> dict[str, int]:
    """Return how many of what the actor sees stand in each state, and how many are collected."""
    found = dict(
        Exemplar.objects.visible_to(actor).order_by().values_list("state").annotate(n=Count("pk"))
    )
    told = {state: found.get(state, 0) for state in State.values}
    return told | {"collected": sum(told.values()) - told["draft"] - told["withdrawn"]}


def reads_of(subject: str, ids: list[int]) -> dict[int, int]:
    """Return how often each was opened: {id: times}."""
    rows = ReadCount.objects.filter(subject=subject, object__in=ids).order_by()
    return dict(rows.values_list("object").annotate(n=Sum("times")))


def neighbours(rows: Any, pk: int) -> tuple[Any, Any]:
    """Return the one before (newer) and the one after (older) in a list newest first (S4.83)."""
    newer = rows.filter(pk__gt=pk).order_by("pk").first()
    older = rows.filter(pk__lt=pk).order_by("-pk").first()
    return newer, older


def told_of(actor: Any, kind: str, id: str) -> list[Exemplar]:
    """Return what the library tells of a thing that the actor may read (S0.11)."""
    rows = Exemplar.objects.visible_to(actor).filter(source_kind=kind, source_id=id)
    return list(rows.select_related("kind", "org").order_by("-pk")[:20])


def kinds() -> list[ExemplarKind]:
    return list(ExemplarKind.objects.order_by("order", "pk"))


def may_write(actor: Any, exemplar: Exemplar) -> bool:
    return actor.pk == exemplar.by_id or writes_for(actor, exemplar.org)
