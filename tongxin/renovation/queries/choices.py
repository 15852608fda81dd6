"""Who and what may be chosen in a form about a place."""

from __future__ import annotations

from datetime import date
from typing import Any

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import prefixes

from ..models import ResearchTeam, Site, TeamMember

# Who may walk with a research team (they see the places), sit in the leading group, take the chair.
TEAM_ROLES = ("officer", "leader", "secretary", "organiser", "commissioner", "inspector")
SEAT_ROLES = (*TEAM_ROLES, "handler")
CHAIR_ROLES = ("leader", "secretary", "officer")


def people_over(path: str, roles: tuple[str, ...], on: date) -> Any:
    """Return those who hold one of some roles over a place on a day, by name."""
    posts = Post.objects.held_on(on).filter(role__in=roles, region__path__in=list(prefixes(path)))
    return User.objects.filter(pk__in=posts.values("user"), is_active=True).order_by("name", "pk")


def people_in(path: str, roles: tuple[str, ...], on: date) -> Any:
    """Return those who hold one of some roles anywhere in an area on a day, by name."""
    posts = Post.objects.held_on(on).filter(role__in=roles, region__path__under=path)
    return User.objects.filter(pk__in=posts.values("user"), is_active=True).order_by("name", "pk")


def heads_of(path: str, on: date, *, inside: bool = False) -> Any:
    """Return the secretaries of the committees of a place, or of all places inside it."""
    posts = Post.objects.held_on(on).filter(
        role="secretary", org__kind=Org.Kind.PARTY, org__unit_kind__in=("committee", "work_committee")
    )  # fmt: skip
    posts = posts.filter(
        **({"org__region__path__under": path} if inside else {"org__region__path": path})
    )
    return User.objects.filter(pk__in=posts.values("user"), is_active=True).order_by("name", "pk")


def orgs_over(path: str, kinds: tuple[str, ...]) -> Any:
    """Return the organisations that answer for a place, the nearest first."""
    rows = Org.objects.filter(
        dissolved_on=None, region__path__in=list(prefixes(path)), kind__in=kinds
    )
    return rows.order_by("-region__path", "name")


def committees_over(path: str) -> Any:
    """Return the committees a plan of a place may be submitted to, the nearest first."""
    rows = orgs_over(path, (Org.Kind.PARTY,))
    return rows.filter(unit_kind__in=("committee", "work_committee"))


def own_orgs(actor: Any, roles: tuple[str, ...]) -> Any:
    """Return the organisations where the actor holds one of some roles."""
    ids = [post.org_id for post in posts_of(actor) if post.role in roles]
    return Org.objects.filter(pk__in=ids, dissolved_on=None).order_by("name")


def visitors_at(site: Site, teams: list[ResearchTeam], on: date) -> Any:
    """Return who may head a visit to a place: who leads there, and who sits in the teams that walk it."""
    leaders = people_over(site.path, ("leader", "secretary"), on)
    return leaders | members_of(*teams) if teams else leaders


def members_of(*teams: ResearchTeam) -> Any:
    """Return who sits in some research teams, by name."""
    rows = User.objects.filter(pk__in=TeamMember.objects.filter(team__in=teams).values("user"))
    return rows.filter(is_active=True).order_by("name", "pk")


def teams_at(actor: Any, site: Site) -> list[ResearchTeam]:
    """Return the research teams that the actor sees and that walk a place."""
    rows = ResearchTeam.objects.visible_to(actor).filter(
        campaign=site.campaign_id, regions__path__in=list(prefixes(site.path))
    )
    return list(rows)
