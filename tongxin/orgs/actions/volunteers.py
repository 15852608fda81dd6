"""Becoming a volunteer, and what a volunteer sets for themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from itertools import pairwise

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.regions.models import Region

from ..models import Org, Post, Skill, Volunteer, VolunteerTime
from .posts import end_post, give_post

MOST_ORDERS = 10
ALREADY = gettext_lazy("您已经是志愿者了，可以在“我的”里修改技能和社区。")
Time = tuple[int, time, time]  # weekday from 1 to 7, from, to


class NotACommunity(Invalid):
    """A volunteer is at home in a community or village."""


class BadCap(Invalid):
    """A volunteer takes from 1 to 10 orders at a time."""


class BadTimes(Invalid):
    """The times of a week have length and do not overlap."""


class AlreadyVolunteer(Refused):
    """The user is a volunteer; what they set for themselves is changed by `set_volunteer`."""


@transaction.atomic
def register_volunteer(
    *,
    user: User,
    home: Region,
    skills: Collection[Skill] = (),
    times: Collection[Time] = (),
    by: User,
    at: datetime,
) -> Volunteer:
    """Make a user a volunteer of a community: its team's post opens the hall of the street.

    `times` as in `set_volunteer_times`.

    :raises NotACommunity: if `home` is none
    :raises AlreadyVolunteer: if the user is one
    """
    check_home(home)
    if Volunteer.objects.filter(user=user).exists():
        raise AlreadyVolunteer(str(ALREADY))
    volunteer = Volunteer.objects.create(user=user, home=home)
    volunteer.skills.set(skills)
    _set_times(volunteer, times)
    _post_in(home, user, at)
    audit(actor=by, action="volunteer.register", object=user.username, at=at)
    return volunteer


@transaction.atomic
def set_volunteer(
    *,
    volunteer: Volunteer,
    home: Region,
    skills: Collection[Skill],
    cap: int,
    is_paused: bool,
    times: Collection[Time] | None = None,
    by: User,
    at: datetime,
) -> Volunteer:
    """Change where a volunteer is at home, what they can do, how much they take on, and the pause.

    Moving house closes the post of the old community and opens one in the new. `times` that are
    None stay as they are.

    :raises NotACommunity: if `home` is none
    :raises BadCap: for a cap outside 1 to 10
    """
    check_home(home)
    if not 1 <= cap <= MOST_ORDERS:
        raise BadCap(_("同时接单上限应在 1 到 %d 之间。") % MOST_ORDERS, field="cap")
    if home.pk != volunteer.home_id:
        posts = Post.objects.held_on(localdate(at)).filter(
            user=volunteer.user_id, role=Post.Role.VOLUNTEER, region=volunteer.home_id
        )
        for post in posts:
            end_post(post=post, on=localdate(at), at=at, by=by)
        _post_in(home, volunteer.user, at)
    volunteer.home, volunteer.cap, volunteer.is_paused = home, cap, is_paused
    volunteer.save(update_fields=["home", "cap", "is_paused"])
    volunteer.skills.set(skills)
    if times is not None:
        _set_times(volunteer, times)
    audit(actor=by, action="volunteer.change", object=volunteer.user.username, at=at)
    return volunteer


@transaction.atomic
def set_volunteer_times(
    *,
    volunteer: Volunteer,
    times: Collection[Time],
    by: User,
    at: datetime,
) -> None:
    """Set the times of the week at which a volunteer can serve: (weekday 1 to 7, from, to).

    None at all means that nothing is known, not that they never can.

    :raises BadTimes: for a time without length, or two that overlap
    """
    _set_times(volunteer, times)
    audit(actor=by, action="volunteer.times", object=volunteer.user.username, at=at)


def _set_times(volunteer: Volunteer, times: Collection[Time]) -> None:
    ordered = sorted(times)
    for weekday, since, until in ordered:
        if weekday not in VolunteerTime.Weekday.values or since >= until:
            raise BadTimes(_("结束时间应晚于开始时间。"), field="times")
    for before, after in pairwise(ordered):
        if before[0] == after[0] and after[1] < before[2]:
            day = VolunteerTime.Weekday(after[0]).label
            raise BadTimes(_("%s有两段时间重叠，请合成一段。") % day, field="times")
    volunteer.times.all().delete()
    VolunteerTime.objects.bulk_create(
        VolunteerTime(volunteer=volunteer, weekday=weekday, since=since, until=until)
        for weekday, since, until in ordered
    )


def check_home(home: Region) -> None:
    """Raise NotACommunity unless volunteers can be at home there."""
    if home.level != Region.Level.COMMUNITY:
        raise NotACommunity(_("请选择常住的社区或村。"), field="home")


def _post_in(home: Region, user: User, at: datetime) -> None:
    """Give a user the post of a volunteer in the community's team; the first one founds it."""
    team = Org.objects.public().filter(region=home, kind=Org.Kind.TEAM).order_by("pk").first()
    if team is None:
        name = _("%s志愿服务队") % home.name
        team = Org.objects.create(name=name, kind=Org.Kind.TEAM, region=home)
    held = Post.objects.held_on(localdate(at)).filter(org=team, user=user, role="volunteer")
    if not held.filter(region=home).exists():
        give_post(user=user, org=team, role=Post.Role.VOLUNTEER, region=home, at=at, by=user)
