"""Who the caller is, with their posts; organisations as JSON."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate
from ninja import Query, Schema
from pydantic import Field

from tongxin.accounts.queries import SignedIn, masked_phone, unread_count
from tongxin.kit.text import clean_text
from tongxin.regions.queries import get_land
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import queries
from ..models import Org
from .router import router

OrgKind = Literal["party", "government", "department", "community", "team", "unit"]


class RegionRef(Schema):
    code: str
    name: str


class OrgRef(Schema):
    id: int
    name: str


class OrgOut(OrgRef):
    kind: OrgKind
    region: RegionRef
    parent_id: int | None
    phone: str


class OrgPage(Schema):
    items: list[OrgOut]
    next: str | None = Field(description="cursor of the next page; null on the last one")


class PostOut(Schema):
    role: str
    label: str
    org: OrgRef
    region: RegionRef


class Me(Schema):
    id: int
    username: str
    name: str
    phone: str = Field(description="masked")
    email: str
    channels: list[str]
    unread: int = Field(description="notices not yet read")
    is_superuser: bool
    posts: list[PostOut] = Field(
        description="the offices held today: all that permission comes from"
    )


@router.get("/me", response=Me, tags=["me"], summary="Who I am")
def get_me(request: SignedIn) -> HttpResponse:
    """The caller, and the posts that decide what they may see and do."""
    user = request.auth
    return reply(
        {
            "id": user.pk,
            "username": user.username,
            "name": user.name,
            "phone": masked_phone(user),
            "email": user.email,
            "channels": user.channels.split(),
            "unread": unread_count(user),
            "is_superuser": user.is_superuser,
            "posts": [_post(post) for post in queries.posts_with_names(user, localdate())],
        }
    )


@router.get("/orgs", response=OrgPage, tags=["orgs"], summary="Organisations, by kind and place")
def list_orgs(
    request: HttpRequest,
    kind: OrgKind | None = None,
    region: str = Query("", description="code of a region: those that answer for it or lie inside"),
    q: str = Query("", max_length=40, description="part of the name"),
    cursor: int = Query(0, ge=0, lt=2**63, description="`next` of the page before"),
    limit: int = Query(100, ge=1, le=200),
) -> HttpResponse:
    """Whom a case can be handed to, and who answers for a place; dissolved ones are left out."""
    rows = queries.orgs_for(
        kind=kind or "",
        land=get_land(region) if region else None,
        q=clean_text(q, limit=40, field_label="q"),
    )
    return reply(listed(rows, cursor, limit, _org, oldest=True))


def _post(post) -> dict[str, Any]:
    return {
        "role": post.role,
        "label": post.get_role_display(),
        "org": {"id": post.org_id, "name": post.org.name},
        "region": {"code": post.region.code, "name": post.region.name},
    }


def _org(org: Org) -> dict[str, Any]:
    return {
        "id": org.pk,
        "name": org.name,
        "kind": org.kind,
        "region": {"code": org.region.code, "name": org.region.name},
        "parent_id": org.parent_id,
        "phone": org.phone,
    }
