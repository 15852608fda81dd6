"""Who is asked to a unit's meetings, and with a vote or without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tongxin.accounts.models import User
from tongxin.orgs.models import Membership, Org, Person, Post, UnitKind

from ..models import Attendance, Kind, StudyGroup

COMMITTEE_ROLES = ("secretary", "commissioner")


@dataclass(frozen=True)
class Invitee:
    """Somebody to be asked: a person of the register or a user with a post, or both."""

    name: str
    person_id: int | None
    user_id: int | None
    votes: bool
    part: str = Attendance.Part.MEMBER
    agency: str = ""


def invitees(unit: Org, kind: str, on: date, group: StudyGroup | None = None) -> list[Invitee]:
    """Return who is to come to a meeting of a kind.

    The committee to its meeting, the members of a study group to its session, and to all else the
    members of the unit; full members have a vote, probationary members have none (党章第七条).
    """
    if group is not None:
        people = group.members.order_by("pk")
        return [Invitee(one.name, one.pk, one.user_id, votes=False) for one in people]
    if kind == Kind.COMMITTEE:
        return committee(unit, on)
    inside = Membership.objects.members().filter(unit__path__under=unit.path)
    if unit.unit_kind == UnitKind.GROUP and unit.parent and not inside.exists():
        # Where groups are not entered in the register, their branch's members are asked.
        inside = Membership.objects.members().filter(unit=unit.parent_id)
    rows = inside.select_related("person")
    return [
        Invitee(row.person.name, row.person_id, row.person.user_id, votes=row.stage == "full")
        for row in rows.order_by("person_id")
    ]


def committee(unit: Org, on: date) -> list[Invitee]:
    """Return the secretary and the commissioners of a unit, as on a day."""
    posts = Post.objects.held_on(on).filter(org=unit, role__in=COMMITTEE_ROLES)
    users = posts.people()
    persons = dict(Person.objects.filter(user__in=users).values_list("user_id", "pk"))
    return [Invitee(user.name, persons.get(user.pk), user.pk, votes=True) for user in users]


def keepers(unit: Org, on: date) -> list[User]:
    """Return who keeps the register of a unit itself: its secretary and organisers."""
    posts = Post.objects.held_on(on).filter(org=unit, role__in=("secretary", "organiser"))
    return posts.people()
