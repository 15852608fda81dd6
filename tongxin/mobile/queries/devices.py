"""The register of phones for who keeps it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of, reach

from ..models import KEEPERS, Device

STATES: dict[str, Q] = {
    "new": Q(given_on=None, lost_at=None),
    "given": Q(given_on__isnull=False, returned_on=None, lost_at=None),
    "returned": Q(returned_on__isnull=False, lost_at=None),
    "lost": Q(lost_at__isnull=False),
}
TONES = {"new": "waiting", "given": "working", "returned": "done", "lost": "late"}


def keeps_devices(actor: User) -> bool:
    """Say whether the actor hands out phones anywhere."""
    return actor.is_superuser or any(post.role in KEEPERS for post in posts_of(actor))


def devices_for(actor: User, *, state: str = "") -> QuerySet[Device]:
    rows = Device.objects.visible_to(actor).select_related("org", "holder", "last_user")
    return rows.filter(STATES[state]) if state in STATES else rows


def counts_for(actor: User) -> dict[str, int]:
    """Return how many phones are in each state; one query."""
    counted: dict[str, Any] = {name: Count("pk", filter=q) for name, q in STATES.items()}
    return Device.objects.visible_to(actor).aggregate(**counted)


def orgs_for(actor: User) -> QuerySet[Org]:
    """Return the offices and communities whose phones the actor keeps."""
    rows = Org.objects.public().filter(kind__in=("government", "community", "department", "party"))
    if not actor.is_superuser:
        rows = rows.filter(reach(actor, KEEPERS, column="region__path"))
    return rows.order_by("region__path", "name")


def holders_for(actor: User) -> QuerySet[User]:
    """Return who holds a post on the actor's land; the administrator chooses among all."""
    posts = Post.objects.filter(to_date=None)
    if not actor.is_superuser:
        posts = posts.filter(reach(actor, KEEPERS, column="region__path"))
    return User.objects.filter(is_active=True, pk__in=posts.values("user")).order_by("name", "pk")
