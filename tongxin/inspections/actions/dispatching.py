"""Dispatches: planned with people and stops, called off, who was there (S0.69, S0.70, S0.86, S1.41)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.fieldwork import actions as fieldwork
from tongxin.fieldwork.models import Checklist
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import Dispatch, DispatchMember, Mode, Operation, Site, SiteVisit, Subject, Team
from ..models.operations import LAND_KINDS
from ..queries.impartial import conflicts
from ..scope import runs
from .common import BadDay, audit_name, key_of, locked, must_be, must_lie_within

# 监督检查 is done by two people or more, so that what was seen has a witness.
LEAST_PEOPLE = 2
MOST_PEOPLE, MOST_STOPS = 30, 60


class NotOfTheTeam(NotPermitted):
    """Only who runs the operation, or leads or belongs to the team, sends it out."""


class BadCrew(Invalid):
    """Too few or too many people, or somebody who is in no team of the operation."""


class NotImpartial(Invalid):
    """Somebody would inspect their own unit, street or community (回避)."""


class BadStop(Invalid):
    """A site is struck off, outside of the operation's land, or named twice."""


class HasGone(Refused):
    """A dispatch whose visits have begun is not called off."""


def must_send(by: User, team: Team) -> None:
    """:raises NotOfTheTeam:"""
    if runs(by, team.operation) or team.members.filter(user=by, left_at=None).exists():
        return
    raise NotOfTheTeam(_("由%s的成员或组织单位安排出动。") % team.name)


@transaction.atomic
def plan_dispatch(
    *, team: Team, on: date, members: Iterable[User], stops: Sequence[Mapping[str, Any]], by: User,
    at: datetime, checklist: Checklist | None = None, is_unannounced: bool = False, note: str = "",
    key: str = "",
) -> Dispatch:  # fmt: skip
    """Plan a team's going out on a day; `stops` are {"site", "subject" or None, "mode" or ""}.

    Each stop becomes a visit of `fieldwork`, secret until begun in an unannounced dispatch. The
    members alone are told.
    :raises NotOfTheTeam, WrongState, BadDay, BadCrew, NotImpartial, BadStop:
    """
    kept = key_of(by, key)
    if kept and (made := Dispatch.objects.filter(key=kept).first()):
        return made
    operation = locked(team.operation)
    must_send(by, team)
    must_be(operation, "running")
    must_lie_within(on, operation)
    people = _crew(operation, members)
    sites = [stop["site"] for stop in stops]
    _check_sites(operation, sites)
    _must_be_impartial(people, sites, on)
    number = (team.dispatches.aggregate(top=Max("number"))["top"] or 0) + 1
    dispatch = Dispatch.objects.create(
        team=team, number=number, on=on, made_by=by, made_at=at, key=kept,
        is_unannounced=is_unannounced or operation.is_unannounced,
        note=clean_text(note, limit=200, field_label=_("说明")),
    )  # fmt: skip
    DispatchMember.objects.bulk_create(
        DispatchMember(dispatch=dispatch, user=user) for user in people
    )
    _add(dispatch, operation, people, stops, checklist=checklist, by=by, at=at)
    tell(
        users=people, title=_("安排了出动：%s") % on.isoformat(),
        text=_("%(team)s，%(n)d 个点位。") % {"team": team.name, "n": len(sites)},
        url=f"/inspections/dispatches/{dispatch.pk}/", key=f"dispatch:{dispatch.pk}", at=at,
    )  # fmt: skip
    return dispatch


@transaction.atomic
def add_stops(
    *, dispatch: Dispatch, stops: Sequence[Mapping[str, Any]], by: User, at: datetime,
    checklist: Checklist | None = None,
) -> int:  # fmt: skip
    """Add sites that the team comes upon on its way; return how many are new.

    :raises NotOfTheTeam, WrongState, NotImpartial, BadStop:
    """
    operation = locked(dispatch.team.operation)
    must_send(by, dispatch.team)
    must_be(operation, "running")
    row = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
    if row.cancelled_at is not None:
        raise HasGone(_("这次出动已经取消。"))
    known = set(dispatch.visits.values_list("site", flat=True))
    fresh = [stop for stop in stops if stop["site"].pk not in known]
    sites = [stop["site"] for stop in fresh]
    _check_sites(operation, sites, least=0)
    people = [one.user for one in dispatch.members.select_related("user")]
    _must_be_impartial(people, sites, dispatch.on)
    _add(dispatch, operation, people, fresh, checklist=checklist, by=by, at=at)
    if fresh:
        tell(
            users=[user for user in people if user != by],
            title=_("出动增加点位：%s") % row.on.isoformat(),
            text="、".join(site.name for site in sites),
            url=f"/inspections/dispatches/{row.pk}/",
            key=f"dispatch:{row.pk}:{len(known)}", at=at,
        )  # fmt: skip
    return len(fresh)


def _crew(operation: Operation, members: Iterable[User]) -> list[User]:
    people = list({user.pk: user for user in members}.values())
    if not LEAST_PEOPLE <= len(people) <= MOST_PEOPLE:
        raise BadCrew(
            _("每次出动 %(least)d 到 %(most)d 人。") % {"least": LEAST_PEOPLE, "most": MOST_PEOPLE},
            field="members",
        )
    seated = set(
        User.objects.filter(
            inspection_teams__team__operation=operation, inspection_teams__left_at=None
        ).values_list("pk", flat=True)
    )
    strangers = [user.name for user in people if user.pk not in seated]
    if strangers:
        raise BadCrew(
            _("%s不在本次监督的监督组里。") % "、".join(strangers),
            field="members",
            remedy=_("请先编入监督组。"),
        )
    return people


def _check_sites(operation: Operation, sites: Sequence[Site], least: int = 1) -> None:
    if not least <= len(sites) <= MOST_STOPS:
        raise BadStop(_("每次出动 1 到 %d 个点位。") % MOST_STOPS, field="sites")
    if len({site.pk for site in sites}) < len(sites):
        raise BadStop(_("有点位选了两次。"), field="sites")
    for site in sites:
        if site.closed_on is not None:
            raise BadStop(_("点位“%s”已经注销。") % site.name, field="sites")
        if not site.region.path.startswith(operation.region.path):
            raise BadStop(_("点位“%s”不在本次监督范围内。") % site.name, field="sites")


def _must_be_impartial(people: Sequence[User], sites: Sequence[Site], on: date) -> None:
    names, places = {u.pk: u.name for u in people}, {s.pk: s.name for s in sites}
    for (site, user), why in conflicts(people, sites, on).items():
        raise NotImpartial(
            _("%(name)s应当回避%(site)s：%(why)s。")
            % {"name": names[user], "site": places[site], "why": why},
            field="members",
            remedy=_("请换人，或把这个点位交给另一组。"),
        )


def _add(
    dispatch: Dispatch, operation: Operation, people: Sequence[User],
    stops: Sequence[Mapping[str, Any]], *, checklist: Checklist | None, by: User, at: datetime,
) -> None:  # fmt: skip
    subjects = list(operation.subjects.select_related("region"))
    first = (dispatch.visits.aggregate(top=Max("order"))["top"] or 0) + 1
    lead = dispatch.team.leader_id
    crew = sorted(people, key=lambda user: user.pk != lead)  # who leads the team leads the visit
    rows = []
    for order, stop in enumerate(stops, start=first):
        site = stop["site"]
        subject = stop.get("subject") or subject_of(site, subjects)
        visit = fieldwork.plan_visit(
            kind="unannounced" if dispatch.is_unannounced else "inspection",
            # Not the operation's name: a visit is seen by more people once it has begun.
            title=_("检查：%s") % site.name, region=site.region, by=by, at=at,
            checklist=checklist, due_from=dispatch.on, due_on=dispatch.on, workers=crew,
            lng=site.lng, lat=site.lat, place_name=(site.address or site.name)[:100],
            source=("inspection", str(operation.pk)), unannounced=dispatch.is_unannounced,
            org=operation.org, visited=site.org, tells=False,
        )  # fmt: skip
        rows.append(
            SiteVisit(
                dispatch=dispatch,
                site=site,
                order=order,
                subject=subject,
                visit=visit,
                mode=stop.get("mode") or _mode_of(subject),
                visit_ref=str(visit.pk),
            )  # fmt: skip
        )
    SiteVisit.objects.bulk_create(rows)


def subject_of(site: Site, subjects: Sequence[Subject]) -> Subject | None:
    """Return whom a visit to a site looks at: the department that regulates it, else the nearest land."""
    for subject in subjects:
        if subject.org_id and subject.org_id in (site.regulator_id, site.org_id):
            return subject
    lands = [
        one
        for one in subjects
        if one.kind in LAND_KINDS and one.region and site.region.path.startswith(one.region.path)
    ]
    return max(lands, key=lambda one: len(one.region.path) if one.region else 0, default=None)


def _mode_of(subject: Subject | None) -> str:
    """Return how a subject is supervised unless somebody says so: the first time on the spot, then followed up."""
    if subject is None:
        return Mode.ON_SITE
    before = SiteVisit.objects.filter(
        subject__kind=subject.kind, subject__name=subject.name, visit__begun_at__isnull=False
    )
    return Mode.FOLLOW_UP if before.exists() else Mode.ON_SITE


@transaction.atomic
def cancel_dispatch(*, dispatch: Dispatch, reason: str, by: User, at: datetime) -> Dispatch:
    """Call a dispatch off that has not gone out; its visits are cancelled, its members told.

    :raises NotOfTheTeam, WrongState, HasGone:
    """
    operation = locked(dispatch.team.operation)
    must_send(by, dispatch.team)
    must_be(operation, "running")
    row = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
    if row.cancelled_at is not None or row.visits.begun().exists():
        raise HasGone(_("已经出动或已取消，不能再取消。"))
    row.cancelled_at = at
    row.cancel_reason = clean_text(reason, limit=200, field_label=_("取消原因"), required=True)
    row.save(update_fields=["cancelled_at", "cancel_reason"])
    for one in row.visits.select_related("visit"):
        fieldwork.cancel_visit(visit=one.visit, reason=row.cancel_reason, by=by, at=at)
    tell(
        users=User.objects.filter(pk__in=row.members.values("user")),
        title=_("出动取消：%s") % row.on.isoformat(), text=row.cancel_reason,
        url=f"/inspections/dispatches/{row.pk}/", key=f"dispatch:{row.pk}:off", at=at,
    )  # fmt: skip
    return row


@transaction.atomic
def say_who_was_there(*, dispatch: Dispatch, there: Iterable[User], by: User, at: datetime) -> int:
    """Write down who of the crew went out, which is what person-times count; return how many.

    :raises NotOfTheTeam, WrongState, BadDay, BadCrew:
    """
    operation = locked(dispatch.team.operation)
    must_send(by, dispatch.team)
    must_be(operation, "running")
    if dispatch.on > localdate(at):
        raise BadDay(_("还没有出动，不能登记到场。"), field="on")
    wanted = {user.pk for user in there}
    crew = set(dispatch.members.values_list("user", flat=True))
    if not wanted or wanted - crew:
        raise BadCrew(_("请从这次出动的人员里选，至少一人。"), field="there")
    dispatch.members.filter(user__in=wanted).update(was_there=True)
    dispatch.members.exclude(user__in=wanted).update(was_there=False)
    audit(
        actor=by, action="inspection.attendance", object=f"{audit_name(operation)} {dispatch.on}", at=at,
        detail={"there": len(wanted), "away": len(crew - wanted)},
    )  # fmt: skip
    return len(wanted)
