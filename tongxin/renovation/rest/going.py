"""Who answers for a place and who went there; teams, meetings that come again, what follows building."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import (
    Charge,
    FollowUp,
    FollowUpMark,
    LeaderVisit,
    RenovationCampaign,
    ResearchTeam,
    Rhythm,
    Site,
)
from ..models.campaigns import ISSUERS
from .shapes import (
    STRICT,
    Code,
    Cursor,
    Id,
    Limit,
    found_in,
    land_asked,
    photos_of,
    seen_campaign,
    seen_site,
)

router = Router(tags=["renovation"])


class SiteChargeOut(Schema):
    id: int
    site: int
    place: str
    leader: int
    name: str
    from_on: date
    to_on: date | None


class SiteChargePage(Schema):
    items: list[SiteChargeOut]
    next: str | None


class SiteChargeIn(BaseModel):
    model_config = STRICT

    leader: Id


class SiteVisitOut(Schema):
    id: int
    site: int
    place: str
    kind: str
    leader: int
    name: str
    team: int | None
    on: date
    text: str
    decisions: list[UUID] = Field(description="ids of the cases that carry out what was decided")


class WalkPage(Schema):
    items: list[SiteVisitOut]
    next: str | None


class SiteVisitsAsked(Schema):
    kind: Literal["", "leader", "research"] = ""
    leader: int = Field(0, ge=0, lt=2**63, description="id of who headed the visit")


class SpotDecisionIn(BaseModel):
    model_config = STRICT

    org: Id
    what: str = Field(max_length=200)
    due_on: date


class SiteVisitIn(BaseModel):
    model_config = STRICT

    leader: Id
    text: str = Field(max_length=500)
    on: date
    team: Id | None = Field(None, description="the research team that walked; none: a leader's own")
    decisions: list[SpotDecisionIn] = Field(default_factory=list, max_length=10)
    photos: list[UUID] = Field(default_factory=list, max_length=12)


class ResearchTeamOut(Schema):
    id: int
    number: int
    regions: list[str]
    members: list[str]
    given: int
    visited: int
    left: list[str]


class ResearchTeamIn(BaseModel):
    model_config = STRICT

    number: int = Field(ge=1, le=99)
    regions: list[str] = Field(max_length=60, description="codes of the areas it walks")
    members: list[Id] = Field(max_length=30, description="the first leads")


class RhythmOut(Schema):
    id: int
    kind: str
    region: str
    chair: str
    venue: str
    every_days: int
    next_on: date
    hour: int
    ended_on: date | None


class RhythmPage(Schema):
    items: list[RhythmOut]
    next: str | None


class RhythmIn(BaseModel):
    model_config = STRICT

    kind: Literal["regular", "push", "coordination"]
    region: str = Field(max_length=12)
    org: Id
    chair: Id
    venue: str = Field(max_length=80)
    every_days: int = Field(ge=1, le=120)
    next_on: date
    hour: int = Field(9, ge=7, le=20)


class FollowUpOut(Schema):
    id: int
    kind: str
    goal: str
    due_on: date
    done: int
    of: int = Field(description="places in use")


class FollowUpIn(BaseModel):
    model_config = STRICT

    kind: Literal["function", "standard", "rules", "system"]
    goal: str = Field(max_length=200)
    due_on: date


class FollowUpMarkOut(Schema):
    id: int
    follow_up: int
    site: int
    note: str
    on: date


class FollowUpMarkIn(BaseModel):
    model_config = STRICT

    site: Id
    note: str = Field(max_length=200)
    on: date


def _charge(row: Charge) -> dict[str, Any]:
    return {
        "id": row.pk, "site": row.site_id, "place": row.site.name, "leader": row.leader_id,
        "name": row.leader.name, "from_on": row.from_on, "to_on": row.to_on,
    }  # fmt: skip


@router.get(
    "/campaigns/{int:id}/charges", response=SiteChargePage, summary="Which leader answers for which place"
)  # fmt: skip
def charges(
    request: SignedIn, id: int, region: Code = "", ended: bool = False, cursor: Cursor = "", limit: Limit = 100
) -> HttpResponse:  # fmt: skip
    """Those in charge now on the caller's land; with `ended`, all who ever were."""
    one = seen_campaign(request, id)
    land = land_asked(request, one, region)
    rows = Charge.objects.visible_to(request.user).filter(
        site__campaign=one, site__path__under=land.path
    )
    rows = rows if ended else rows.filter(to_on=None)
    return reply(listed(rows.select_related("site", "leader"), cursor, limit, _charge))


@router.post(
    "/sites/{int:id}/charges", response={201: SiteChargeOut}, summary="Put a leader in charge of a place"
)  # fmt: skip
def charge(request: SignedIn, id: int, given: SiteChargeIn) -> HttpResponse:
    """Who was before stays in the history; somebody who does not lead over the place is refused."""
    site = seen_site(request, id)
    leader = _leader(site, given.leader)
    made = actions.charge(site, leader=leader, by=request.user, at=now())
    return reply(_charge(made), status=201)


def _leader(site: Site, pk: int) -> User:
    leaders = queries.people_over(site.path, ("leader", "secretary"), localdate())
    found: User | None = leaders.filter(pk=pk).first()
    if found is None:
        raise actions.NotLeader(_("这个人不是管这里的领导。"), field="leader")
    return found


def _visit(row: LeaderVisit) -> dict[str, Any]:
    return {
        "id": row.pk, "site": row.site_id, "place": row.site.name, "kind": row.kind,
        "leader": row.leader_id, "name": row.leader.name, "team": row.team_id, "on": row.on,
        "text": row.text, "decisions": [one.part_id for one in row.decisions.all()],
    }  # fmt: skip


@router.get(
    "/campaigns/{int:id}/visits", response=WalkPage, summary="Who went where, and what was decided there"
)  # fmt: skip
def visits(
    request: SignedIn, id: int, region: Code = "", asked: Query[SiteVisitsAsked] = ...,  # type: ignore[assignment]
    cursor: Cursor = "", limit: Limit = 100,
) -> HttpResponse:  # fmt: skip
    """Leaders' visits and those of research teams on the caller's land, newest first."""
    one = seen_campaign(request, id)
    land = land_asked(request, one, region)
    rows = LeaderVisit.objects.visible_to(request.user).filter(
        site__campaign=one, site__path__under=land.path
    )
    rows = rows.filter(kind=asked.kind) if asked.kind else rows
    rows = rows.filter(leader=asked.leader) if asked.leader else rows
    rows = rows.select_related("site", "leader").prefetch_related("decisions")
    return reply(listed(rows, cursor, limit, _visit))


@router.post(
    "/sites/{int:id}/visits", response={201: SiteVisitOut}, summary="Write down a visit and what was decided on the spot"
)  # fmt: skip
def record_visit(
    request: SignedIn, id: int, given: SiteVisitIn, idempotency_key: IdempotencyKey
) -> HttpResponse:
    """Each decision becomes a department's case. One visit of a leader to a place a day.

    A team's visit is by one of its members, to a place of its list. A retry with a key acts once.
    """
    site = seen_site(request, id)
    team = None
    if given.team:
        team = found_in(ResearchTeam.objects.visible_to(request.user), given.team)
        leader = queries.members_of(team).filter(pk=given.leader).first()
        if leader is None:
            raise actions.BadVisit(_("这个人不在%s。") % team, field="leader")
    else:
        leader = _leader(site, given.leader)
    orgs = Org.objects.public().in_bulk([one.org for one in given.decisions])
    if missing := [one for one in given.decisions if one.org not in orgs]:
        raise actions.BadPart(_("没有找到承办“%s”的部门。") % missing[0].what, field="decisions")
    made = actions.record_visit(
        site, leader=leader, team=team, text=given.text, on=given.on, by=request.user, at=now(),
        decisions=[{"org": orgs[one.org], "what": one.what, "due_on": one.due_on} for one in given.decisions],
        photos=photos_of(request, given.photos), key=idempotency_key or "",
    )  # fmt: skip
    return reply(_visit(made), status=201)


def _teams(request: SignedIn, campaign: RenovationCampaign) -> list[dict[str, Any]]:
    rows = ResearchTeam.objects.visible_to(request.user).filter(campaign=campaign)
    seen = {team.pk: team for team in rows.prefetch_related("members__user")}
    return [
        {
            "id": line.team.pk, "number": line.team.number,
            "regions": [land.code for land in line.team.regions.all()],
            "members": [member.user.name for member in seen[line.team.pk].members.all()],
            "given": line.given, "visited": line.visited, "left": line.left,
        }
        for line in queries.visit_matrix(campaign) if line.team.pk in seen
    ]  # fmt: skip


@router.get(
    "/campaigns/{int:id}/teams", response=list[ResearchTeamOut], summary="Research teams, and which places they have still to walk"
)  # fmt: skip
def teams(request: SignedIn, id: int) -> HttpResponse:
    """All for who oversees the campaign's area; for a member, their own."""
    return reply(_teams(request, seen_campaign(request, id)))


@router.post(
    "/campaigns/{int:id}/teams", response={201: ResearchTeamOut}, summary="Found a research team for some areas"
)  # fmt: skip
def found_team(request: SignedIn, id: int, given: ResearchTeamIn) -> HttpResponse:
    """Land outside the campaign, or that another team walks, is refused; so is a number twice."""
    one = seen_campaign(request, id)
    people = queries.people_in(one.region.path, queries.TEAM_ROLES, localdate()).in_bulk(
        given.members
    )
    if len(people) < len(set(given.members)):
        raise actions.BadTeam(_("组员要从本次改造范围内有岗位的人员里选。"), field="members")
    made = actions.found_team(
        one, number=given.number, regions=[region_of(get_land(code)) for code in given.regions],
        members=[people[pk] for pk in given.members], by=request.user, at=now(),
    )  # fmt: skip
    told = next(team for team in _teams(request, one) if team["id"] == made.pk)
    return reply(told, status=201)


def _rhythm(row: Rhythm) -> dict[str, Any]:
    names = ("kind", "venue", "every_days", "next_on", "hour", "ended_on")
    return {"id": row.pk, "region": row.region.code, "chair": row.chair.name} | {
        name: getattr(row, name) for name in names
    }


@router.get("/campaigns/{int:id}/rhythms", response=RhythmPage, summary="Meetings that come again")
def rhythms(request: SignedIn, id: int, cursor: Cursor = "", limit: Limit = 100) -> HttpResponse:
    """The regular one, the push meetings of areas, the two departments'; on the caller's land."""
    one = seen_campaign(request, id)
    rows = Rhythm.objects.visible_to(request.user).filter(campaign=one)
    rows = rows.select_related("region", "chair").defer("region__polygon")
    return reply(listed(rows, cursor, limit, _rhythm))


@router.post(
    "/campaigns/{int:id}/rhythms", response={201: RhythmOut}, summary="Let meetings come again every so many days"
)  # fmt: skip
def set_rhythm(request: SignedIn, id: int, given: RhythmIn) -> HttpResponse:
    """The worker plans each a week ahead. Refused for an organisation whose meetings one may not call."""
    one = seen_campaign(request, id)
    org = queries.own_orgs(request.user, ISSUERS).filter(pk=given.org).first()
    if org is None:
        raise actions.BadRhythm(_("您不能以这个单位的名义召集会议。"), field="org")
    chairs = queries.people_in(one.region.path, queries.CHAIR_ROLES, localdate())
    chair = chairs.filter(pk=given.chair).first()
    if chair is None:
        raise actions.BadRhythm(_("主持人要从本次改造范围内的领导里选。"), field="chair")
    words = given.model_dump(exclude={"region", "org", "chair"})
    made = actions.set_rhythm(
        one, **words, region=region_of(get_land(given.region)), org=org, chair=chair, by=request.user, at=now()
    )  # fmt: skip
    return reply(_rhythm(made), status=201)


@router.post(
    "/rhythms/{int:id}/end", response=RhythmOut, summary="Let no more meetings come of a rhythm"
)
def end_rhythm(request: SignedIn, id: int) -> HttpResponse:
    """Meetings already planned stand. Ending it twice changes nothing."""
    rows = Rhythm.objects.visible_to(request.user).select_related("region", "chair")
    actions.end_rhythm(found_in(rows, id), by=request.user, at=now())
    return reply(_rhythm(found_in(rows, id)))


@router.get(
    "/campaigns/{int:id}/follow-ups", response=list[FollowUpOut], summary="The four programmes after building, and how many places reached them"
)  # fmt: skip
def follow_ups(request: SignedIn, id: int) -> HttpResponse:
    """At most four, one of a kind; counted over the whole campaign."""
    one = seen_campaign(request, id)
    found = queries.push_of(one)
    return reply([_follow_up(row, row.done, found["in_use"]) for row in found["follow_ups"]])


def _follow_up(row: FollowUp, done: int, of: int) -> dict[str, Any]:
    return {
        "id": row.pk, "kind": row.kind, "goal": row.goal, "due_on": row.due_on, "done": done, "of": of
    }  # fmt: skip


@router.post(
    "/campaigns/{int:id}/follow-ups", response={201: FollowUpOut}, summary="Set the goal and day of a programme after building"
)  # fmt: skip
def set_follow_up(request: SignedIn, id: int, given: FollowUpIn) -> HttpResponse:
    """A second one of a kind takes the place of the first; marks stay. A day that is past is refused."""
    one = seen_campaign(request, id)
    made = actions.set_follow_up(one, **given.model_dump(), by=request.user, at=now())
    in_use = one.sites.filter(state=Site.State.IN_USE).count()
    return reply(_follow_up(made, made.marks.count(), in_use), status=201)


@router.post(
    "/follow-ups/{int:id}/marks", response={201: FollowUpMarkOut}, summary="Mark a place that reached a programme's goal"
)  # fmt: skip
def mark(request: SignedIn, id: int, given: FollowUpMarkIn) -> HttpResponse:
    """Only a place in use of the same campaign; marking it again answers the first mark."""
    row = found_in(FollowUp.objects.visible_to(request.user), id)
    site = seen_site(request, given.site)
    made: FollowUpMark = actions.mark_follow_up(
        row, site=site, note_text=given.note, on=given.on, by=request.user, at=now()
    )
    return reply(
        {"id": made.pk, "follow_up": row.pk, "site": site.pk, "note": made.note, "on": made.on},
        status=201,
    )
