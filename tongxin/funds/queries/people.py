"""Who is told of an account: who keeps it, who approves, who inspects the place."""

from __future__ import annotations

from datetime import date

from tongxin.accounts.models import User
from tongxin.orgs.models import Post
from tongxin.photos.models import Photo
from tongxin.regions.queries import prefixes

from ..models import Account, Line, PayOrder, UseCheck
from ..models.accounts import KEEPERS


def _users(posts) -> list[User]:
    return list(User.objects.filter(pk__in=posts.values("user"), is_active=True))


def keepers_of(account: Account, on: date) -> list[User]:
    """Return who keeps an account: by a post in its own organisation."""
    return _users(Post.objects.held_on(on).filter(org=account.org_id, role__in=KEEPERS))


def approvers_of(account: Account, on: date, *, besides: int) -> list[User]:
    """Return who may approve a payment of an account, but the one who asked."""
    posts = Post.objects.held_on(on).filter(org=account.org_id, role__in=(*KEEPERS, "leader"))
    return _users(posts.exclude(user=besides))


def inspectors_of(path: str, on: date) -> list[User]:
    """Return who inspects a place."""
    posts = Post.objects.held_on(on).filter(role="inspector", region__path__in=list(prefixes(path)))
    return _users(posts)


def sees_photo(actor: User, photo: Photo) -> bool:
    """Say whether a photo is evidence of a line, order or check that the actor sees (photos' gate)."""
    return (
        Line.objects.visible_to(actor).filter(photos__photo=photo).exists()
        or PayOrder.objects.visible_to(actor).filter(photos=photo).exists()
        or UseCheck.objects.visible_to(actor).filter(photos__photo=photo).exists()
    )
