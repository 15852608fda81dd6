"""Somebody asks to be a volunteer; the community says yes or no, or has opened its door to all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import OpenDoor, Post, Skill, Volunteer, VolunteerRequest
from ..models.volunteers import ADMITTERS
from ..scope import roles_over
from .volunteers import ALREADY, AlreadyVolunteer, Time, check_home, register_volunteer

STATE = VolunteerRequest.State


class AskedAlready(Refused):
    """One question at a time: the first is withdrawn before another community is asked."""


class NotAdmitter(NotPermitted):
    """Only the community's dispatchers and the officers above it admit volunteers, others' only."""


class NotWaiting(Refused):
    """The request was decided, or withdrawn."""


def needs_admission(home: Region) -> bool:
    """Say whether a community admits volunteers itself: it does unless it has opened its door."""
    return not OpenDoor.objects.filter(region=home.pk).exists()


@transaction.atomic
def ask_to_volunteer(
    *, user: User, home: Region, skills: Collection[Skill] = (), times: Collection[Time] = (),
    at: datetime,
) -> Volunteer | VolunteerRequest:  # fmt: skip
    """Ask a community to be its volunteer; one with an open door makes them one at once.

    Until they are admitted they hold no post: no hall, no orders.

    :raises NotACommunity, BadTimes: as `register_volunteer`
    :raises AlreadyVolunteer: if they are one
    :raises AskedAlready: while another request waits
    """
    check_home(home)
    if not needs_admission(home):
        return register_volunteer(user=user, home=home, skills=skills, times=times, by=user, at=at)
    if Volunteer.objects.filter(user=user).exists():
        raise AlreadyVolunteer(str(ALREADY))
    try:
        with transaction.atomic():
            asked = VolunteerRequest.objects.create(
                user=user, home=home, asked_at=at,
                times=[[day, f"{since:%H:%M}", f"{until:%H:%M}"] for day, since, until in times],
            )  # fmt: skip
    except IntegrityError:
        raise AskedAlready(_("您已经申请过了，正在等社区审核；要换社区请先撤回。")) from None
    asked.skills.set(skills)
    tell(
        users=_admitters_of(home, at), title=_("有人申请当志愿者"),
        text=_("%(name)s申请成为%(place)s志愿者，请审核。") % {"name": user.name, "place": home.name},
        url=reverse("orgs:joining"), key=f"volunteer-request:{asked.pk}", at=at,
    )  # fmt: skip
    audit(actor=user, action="volunteer.ask", object=user.username, at=at)
    return asked


def _admitters_of(home: Region, at: datetime) -> list[User]:
    """Return the dispatchers of a community; where it has none, the officers of its street."""
    held = Post.objects.held_on(localdate(at))
    here = held.filter(role="dispatcher", region=home).values("user")
    found = list(User.objects.filter(pk__in=here, is_active=True))
    if found or home.parent_id is None:
        return found
    above = held.filter(role="officer", region=home.parent_id).values("user")
    return list(User.objects.filter(pk__in=above, is_active=True))


def _locked(asked: VolunteerRequest, by: User) -> VolunteerRequest:
    rows = VolunteerRequest.objects.select_for_update(of=("self",)).select_related("home", "user")
    asked = rows.get(pk=asked.pk)
    if asked.user_id == by.pk or not roles_over(by, asked.home.path) & set(ADMITTERS):
        raise NotAdmitter(
            _("只有%s的派单员和上级管理员可以审核，且不能审核自己。") % asked.home.name
        )
    if asked.state != STATE.WAITING:
        words = {"name": asked.user.name, "state": asked.get_state_display()}
        raise NotWaiting(_("%(name)s的申请%(state)s，不用再审核。") % words)
    return asked


@transaction.atomic
def admit_volunteer(*, asked: VolunteerRequest, by: User, at: datetime) -> Volunteer:
    """Make who asked a volunteer, with the skills and times they named, and tell them.

    :raises NotAdmitter, NotWaiting:
    :raises AlreadyVolunteer: if they have become one in another way
    """
    asked = _locked(asked, by)
    times = [
        (day, time.fromisoformat(since), time.fromisoformat(until))
        for day, since, until in asked.times
    ]
    volunteer = register_volunteer(
        user=asked.user, home=asked.home, skills=asked.skills.all(), times=times, by=by, at=at
    )
    _decide(asked, STATE.ADMITTED, by, at)
    tell(
        users=[asked.user], title=_("您已成为志愿者"),
        text=_("%s通过了您的申请，现在就可以到大厅接单。") % asked.home.name,
        url=reverse("requests:hall"), key=f"volunteer-decided:{asked.pk}", at=at,
    )  # fmt: skip
    return volunteer


@transaction.atomic
def refuse_volunteer(*, asked: VolunteerRequest, reason: str, by: User, at: datetime) -> None:
    """Say no, with a reason that who asked can read; they may ask again.

    :raises NotAdmitter, NotWaiting, Invalid:
    """
    asked = _locked(asked, by)
    reason = clean_text(reason, limit=200, field_label=_("理由"))
    if len(reason) < 4:
        raise Invalid(_("请写明理由，至少 4 个字，申请人会看到。"), field="reason")
    _decide(asked, STATE.REFUSED, by, at, reason)
    tell(
        users=[asked.user], title=_("志愿者申请没有通过"), text=reason,
        url=reverse("requests:volunteer"), key=f"volunteer-decided:{asked.pk}", at=at,
    )  # fmt: skip


@transaction.atomic
def withdraw_volunteering(*, user: User, at: datetime) -> None:
    """Take back what one asked. Raises NotWaiting."""
    rows = VolunteerRequest.objects.filter(user=user, state=STATE.WAITING)
    if not rows.update(state=STATE.WITHDRAWN, decided_at=at):
        raise NotWaiting(_("您没有等待审核的申请。"))
    audit(actor=user, action="volunteer.withdraw", object=user.username, at=at)


def _decide(asked: VolunteerRequest, state: str, by: User, at: datetime, reason: str = "") -> None:
    asked.state, asked.decided_by, asked.decided_at, asked.reason = state, by, at, reason
    asked.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    audit(actor=by, action=f"volunteer.{state}", object=asked.user.username, reason=reason, at=at)


@transaction.atomic
def open_door(*, region: Region, is_open: bool, by: User, at: datetime) -> None:
    """Say whether who registers in a community is a volunteer at once. Those who wait still wait.

    :raises NotACommunity, NotAdmitter:
    """
    check_home(region)
    if not roles_over(by, region.path) & set(ADMITTERS):
        raise NotAdmitter(_("只有%s的派单员和上级管理员可以设置。") % region.name)
    if is_open:
        OpenDoor.objects.get_or_create(region=region, defaults={"at": at, "by": by})
    else:
        OpenDoor.objects.filter(region=region).delete()
    audit(actor=by, action="volunteer.door", object=region.code, detail={"open": is_open}, at=at)
