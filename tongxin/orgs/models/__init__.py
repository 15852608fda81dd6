"""Organisations, posts, people and their membership, volunteers, and the log of a unit's life."""

from .log import LogEntry
from .org import Org, OrgQuerySet, Sector, UnitKind
from .people import Membership, MembershipQuerySet, Person, PersonQuerySet
from .posts import Post, PostQuerySet
from .volunteers import Skill, Volunteer

__all__ = [
    "LogEntry",
    "Membership",
    "MembershipQuerySet",
    "Org",
    "OrgQuerySet",
    "Person",
    "PersonQuerySet",
    "Post",
    "PostQuerySet",
    "Sector",
    "Skill",
    "UnitKind",
    "Volunteer",
]
