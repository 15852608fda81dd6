"""Who somebody is here: their membership, their report, whom a community's desk consists of."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from tongxin.accounts.models import User
from tongxin.orgs.models import Membership, Post, Volunteer
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, lands_of

from ..models import MemberReport, RosterPost


def membership_of(user) -> Membership | None:
    """Return the standing membership of a user who is a member, full or probationary."""
    rows = Membership.objects.members().filter(person__user=user.pk)
    return rows.select_related("person__home", "unit").first()


def report_of(user) -> MemberReport | None:
    """Return the report of a user that has not ended."""
    rows = MemberReport.objects.open().filter(person__user=user.pk)
    return rows.select_related("person", "community", "grid", "unit").first()


def posts_held(user) -> QuerySet[RosterPost]:
    """Return the rosters a user has joined."""
    rows = RosterPost.objects.filter(person__user=user.pk, left_on__isnull=True)
    return rows.select_related("roster__community").order_by("pk")


def desk_people(area: str, on: date) -> list[User]:
    """Return who dispatches for the community of a path: whom to tell that something waits."""
    posts = Post.objects.held_on(on).filter(region__path=area, role=Post.Role.DISPATCHER)
    return posts.people()


def community_of(path: str) -> Land | None:
    return next((one for one in lands_of(path) if one.level == Region.Level.COMMUNITY), None)


def home_path(user) -> str:
    """Return the path of the community where a volunteer is at home; "" for anybody else."""
    home = Volunteer.objects.filter(user=user.pk).values_list("home__path", flat=True)
    return home.first() or ""


def user_named(username: str) -> User | None:
    """Return the user who may sign in by this name."""
    return User.objects.filter(username=username.strip(), is_active=True).first()
