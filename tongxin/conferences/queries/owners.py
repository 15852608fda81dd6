"""Who may be given work by a session: units with somebody to take it, people of the land."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from ..models import ConferenceBody

DOERS = ("dispatcher", "officer", "secretary", "commissioner", "grid_worker", "first_secretary")


def units_for(body: ConferenceBody, on: date) -> QuerySet[Org]:
    """Return the organisations a session may give work to: its members, departments, its own land's.

    Only those in which somebody holds a post: a case without people would reach nobody.
    """
    path = body.region.path
    district = "/".join(path.split("/")[:2]) + "/"
    seats = body.members.seated_on(on).values("org")
    held = Post.objects.held_on(on).values("org")
    wanted = (
        Q(pk__in=seats)
        | Q(kind=Org.Kind.DEPARTMENT, region__path__under=district)
        | Q(kind__in=("government", "community", "party"), region__path__in=[path])
        | Q(kind="community", region__path__under=path)
    )
    return Org.objects.public().filter(wanted, pk__in=held).order_by("kind", "name", "pk")


def people_for(body: ConferenceBody, on: date) -> QuerySet[User]:
    """Return the people who may be given work themselves: those at work on the body's land."""
    posts = Post.objects.held_on(on).filter(region__path__under=body.region.path, role__in=DOERS)
    return User.objects.filter(pk__in=posts.values("user"), is_active=True).order_by("name", "pk")


def lands_for(body: ConferenceBody) -> QuerySet[Region]:
    """Return the land a resolution may lie in: the body's own and what stands right below."""
    return (
        Region.objects.public()
        .filter(Q(pk=body.region_id) | Q(parent=body.region_id), valid_to=None)
        .exclude(level__in=("grid", "building"))
        .defer("polygon")
        .order_by("path")
    )


def bodies_above(body: ConferenceBody) -> list[ConferenceBody]:
    """Return the bodies of the land around, the nearest first."""
    paths = [path for path in prefixes(body.region.path) if path != body.region.path]
    rows = ConferenceBody.objects.standing().filter(region__path__in=paths)
    return list(rows.select_related("region").order_by("-region__path"))
