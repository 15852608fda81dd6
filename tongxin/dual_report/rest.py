"""双报到 over HTTP: reports, posts to claim, turns of duty, coverage, one's record."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import pk_of
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions
from .models import DutyTurn, MemberReport, PostClaim, ServiceEntry, UnitReport, VolunteerPost
from .queries import coverage, desk, people, posts, turns, units
from .queries.rules import name_of

router = Router(tags=["dual_report"])

Id = Annotated[int, Path(ge=1, lt=2**63)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,18}$")]
Cursor = Annotated[str, Query(max_length=20, description="`next` of the page before")]
PAGE = 50


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReportIn(Strict):
    """A member's report to the community where they live."""

    community: Code = Field(description="code of a community or village")
    grid: Code | None = None
    wants: list[str] = Field(default=[], max_length=30, description="codes of kinds of service")
    times: list[Literal["weekday", "evening", "weekend"]] = []
    note: str = Field("", max_length=200)
    agreed: bool = Field(description="they were told what is kept and why, and agreed")


class ReportOut(Schema):
    id: int
    name: str
    unit: str
    community: str
    grid: str | None
    state: Literal["filed", "confirmed", "ended"]
    wants: list[str]
    times: list[str]
    filed_at: datetime
    renew_by: str


class Reports(Schema):
    items: list[ReportOut]
    next: str | None


class ReportedUnit(Schema):
    id: int
    unit: str
    community: str
    state: Literal["filed", "confirmed", "ended"]
    renew_by: str
    standing: str = Field(description="how it stands, in words")
    pact_until: str | None = Field(description="until when the pact in force holds")


class Units(Schema):
    items: list[ReportedUnit]
    next: str | None


class PostIn(Strict):
    """A post to claim, within one day."""

    community: Code
    title: str = Field(max_length=100)
    service: str = Field(max_length=30, description="code of a kind of service")
    place: str = Field(max_length=100)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    wanted: int
    who: Literal["all", "members"] = "all"
    text: str = Field("", max_length=500)


class ServicePostOut(Schema):
    id: int
    title: str
    service: str
    text: str
    community: str
    place: str
    starts_at: datetime
    ends_at: datetime
    wanted: int
    left: int
    who: Literal["all", "members"]
    mine: str | None = Field(description="how the caller's own claim stands, if there is one")


class Posts(Schema):
    items: list[ServicePostOut]
    next: str | None


class ClaimIn(Strict):
    wait: bool = Field(False, description="join the waiting list if all places are taken")


class ClaimOut(Schema):
    id: int
    post: int
    state: Literal["held", "waiting", "released", "done", "absent"]
    minutes: int | None


class MinutesIn(Strict):
    minutes: int = Field(ge=0, le=1440, description="without travel; 0: they did not come")


class TurnOut(Schema):
    id: int
    roster: str
    place: str
    name: str
    starts_at: datetime
    ends_at: datetime
    state: str
    signed_in_at: datetime | None
    signed_out_at: datetime | None
    metres: int | None = Field(description="from the place, when signing in")
    accuracy: int | None = Field(description="what the phone said of its own exactness, in metres")
    verdict: str | None


class Turns(Schema):
    items: list[TurnOut]


class PlaceIn(Strict):
    """Where the phone is."""

    lng: float = Field(ge=-180, le=180, description="WGS-84")
    lat: float = Field(ge=-90, le=90)
    accuracy: int = Field(0, ge=0, le=100_000, description="metres, as the phone says")


class VerdictIn(Strict):
    verdict: Literal["good", "fairly", "fair", "poor"]
    note: str = Field("", max_length=300)


class ShareOut(Schema):
    base: int
    done: int
    percent: float | None


class PlaceCoverage(Schema):
    region: str
    name: str
    units: ShareOut
    pacts: ShareOut
    members: ShareOut


class CoverageOut(Schema):
    whole: PlaceCoverage
    below: list[PlaceCoverage]
    why_units: str
    why_members: str


class EntryOut(Schema):
    id: int
    what: str
    service: str
    minutes: int
    at: datetime
    by: str
    source: str
    corrects: int | None


class Entries(Schema):
    items: list[EntryOut]
    next: str | None


# Reports.


def _report(one: MemberReport) -> dict[str, Any]:
    return {
        "id": one.pk,
        "name": one.person.name,
        "unit": one.unit.name,
        "community": one.community.name,
        "grid": one.grid.short_name if one.grid else None,
        "state": one.state,
        "wants": one.wants,
        "times": one.times,
        "filed_at": one.filed_at,
        "renew_by": one.renew_by.isoformat(),
    }


@router.get("/reports", response=Reports, summary="Reports of members the caller may see")
def list_reports(
    request: SignedIn,
    state: Literal["filed", "confirmed", "ended"] = "confirmed",
    cursor: Cursor = "",
) -> HttpResponse:
    """One's own, those to the communities one acts for, those of the units one keeps; by id."""
    rows = MemberReport.objects.visible_to(request.auth).filter(state=state, pk__gt=pk_of(cursor))
    rows = rows.select_related("person", "unit", "community", "grid").order_by("pk")
    found = list(rows[: PAGE + 1])
    return reply(_page([_report(one) for one in found]))


@router.post("/reports", response={201: ReportOut}, summary="Report in")
def file_report(request: SignedIn, body: ReportIn, key: IdempotencyKey) -> HttpResponse:
    """Report to the community where one lives. A retry answers with the report it already filed."""
    membership = people.membership_of(request.auth)
    standing = people.report_of(request.auth)
    community = _region(body.community)
    if key and standing is not None and standing.community_id == community.pk:
        return reply(_report(standing), status=201, replayed=True)
    if membership is None:
        raise actions.NotAMember(_("党员名册里没有您，请先由所在党支部登记组织关系。"))
    report = actions.report_member(
        person=membership.person, community=community,
        grid=_region(body.grid) if body.grid else None, wants=body.wants, times=body.times,
        note=body.note, agreed=body.agreed, by=request.auth, at=now(),
    )  # fmt: skip
    return reply(_report(report), status=201)


def _region(code: str) -> Region:
    return region_of(get_land(code))


@router.post("/reports/{id}/confirm", response=ReportOut, summary="Confirm a member's report")
def confirm_report(request: SignedIn, id: Id, key: IdempotencyKey) -> HttpResponse:
    """The community has checked that the member lives there."""
    rows = MemberReport.objects.visible_to(request.auth)
    report = rows.select_related("person", "unit", "community", "grid").filter(pk=id).first()
    if report is None:
        raise NotFound(_("没有找到这条报到，或您看不到它。"))
    if key and report.confirmed_by_id == request.auth.pk:
        return reply(_report(report), replayed=True)
    return reply(_report(actions.confirm_member(report=report, by=request.auth, at=now())))


@router.get("/units", response=Units, summary="Units that reported to a place")
def list_units(request: SignedIn, region: Code = "", cursor: Cursor = "") -> HttpResponse:
    """For who acts for the place; by id."""
    land, today = desk.land_of(request.auth, region), localdate()
    found = desk.unit_reports(request.auth, land, after=pk_of(cursor), size=PAGE + 1)
    return reply(_page([_unit(one, today) for one in found]))


def _unit(report: UnitReport, today) -> dict[str, Any]:
    one = units.standing(report, today)
    holds = one.pact is not None and one.pact.is_signed and one.pact.to_date >= today
    return {
        "id": report.pk,
        "unit": report.unit.name,
        "community": report.community.name,
        "state": report.state,
        "renew_by": report.renew_by.isoformat(),
        "standing": one.words,
        "pact_until": one.pact.to_date.isoformat() if one.pact and holds else None,
    }


def _page(items: list[dict[str, Any]]) -> dict[str, Any]:
    more = len(items) > PAGE
    return {"items": items[:PAGE], "next": str(items[PAGE - 1]["id"]) if more else None}


# Posts to claim.


def _post(one: VolunteerPost, mine: PostClaim | None = None) -> dict[str, Any]:
    names = ("title", "service", "text", "place", "starts_at", "ends_at", "wanted", "left", "who")
    return {"id": one.pk, "community": one.community.name} | {
        name: getattr(one, name) for name in names
    } | {"mine": mine.state if mine else None}  # fmt: skip


@router.get("/posts", response=Posts, summary="Posts to come, open to be claimed")
def list_posts(
    request: SignedIn, region: Code = "", service: str = "", cursor: Cursor = ""
) -> HttpResponse:
    """Of a place and all below it; of everywhere without one. By id."""
    under = get_land(region).path if region else ""
    found, following = posts.open_posts(under=under, at=now(), service=service, cursor=cursor)
    mine = posts.claims_of(request.auth, found)
    items = [_post(one, mine.get(one.pk)) for one in found]
    return reply({"items": items, "next": following or None})


@router.post("/posts", response={201: ServicePostOut}, summary="Offer a post")
def offer_post(request: SignedIn, body: PostIn, key: IdempotencyKey) -> HttpResponse:
    """For who acts for the community. A retry with the same key offers it once."""
    given = body.model_dump(exclude={"community"})
    community = _region(body.community)
    made = actions.offer_post(community=community, by=request.auth, at=now(), key=key, **given)
    return reply(_post(made), status=201)


def _claim(one: PostClaim) -> dict[str, Any]:
    return {"id": one.pk, "post": one.post_id, "state": one.state, "minutes": one.minutes}


@router.post("/posts/{id}/claim", response={201: ClaimOut}, summary="Claim a place at a post")
def claim_post(request: SignedIn, id: Id, body: ClaimIn, key: IdempotencyKey) -> HttpResponse:
    """First come, first served; a retry with a key answers with the claim already made."""
    post = VolunteerPost.objects.public().filter(pk=id).first()
    if post is None:
        raise NotFound(_("没有找到这个岗位，或已取消。"))
    mine = posts.claims_of(request.auth, [post]).get(post.pk)
    if key and mine is not None:
        return reply(_claim(mine), status=201, replayed=True)
    made = actions.claim_post(post=post, by=request.auth, at=now(), wait=body.wait)
    return reply(_claim(made), status=201)


def _seen_claim(request: SignedIn, id: int) -> PostClaim:
    claim = PostClaim.objects.visible_to(request.auth).select_related("post").filter(pk=id).first()
    if claim is None:
        raise NotFound(_("没有找到这次认领，或您看不到它。"))
    return claim


@router.post("/claims/{id}/release", response=ClaimOut, summary="Give a place back")
def release_claim(request: SignedIn, id: Id, key: IdempotencyKey) -> HttpResponse:
    """The first who waits gets it."""
    claim = _seen_claim(request, id)
    if key and claim.state == PostClaim.State.RELEASED and claim.user_id == request.auth.pk:
        return reply(_claim(claim), replayed=True)
    return reply(_claim(actions.release_claim(claim=claim, by=request.auth, at=now())))


@router.post("/claims/{id}/confirm", response=ClaimOut, summary="Confirm how long somebody served")
def confirm_claim(request: SignedIn, id: Id, body: MinutesIn, key: IdempotencyKey) -> HttpResponse:
    """By the community, after the post has ended, never of oneself; 0 if they did not come."""
    claim = _seen_claim(request, id)
    if key and claim.confirmed_by_id == request.auth.pk and claim.minutes == body.minutes:
        return reply(_claim(claim), replayed=True)
    done = actions.confirm_claim(claim=claim, minutes=body.minutes, by=request.auth, at=now())
    return reply(_claim(done))


# Turns.


def _turn(one: DutyTurn) -> dict[str, Any]:
    names = ("starts_at", "ends_at", "state", "signed_in_at", "signed_out_at", "accuracy")
    return {
        "id": one.pk,
        "roster": one.roster.name,
        "place": one.roster.place,
        "name": one.post.person.name,
        "metres": one.distance,
        "verdict": one.verdict or None,
        **{name: getattr(one, name) for name in names},
    }


@router.get("/turns", response=Turns, summary="One's own turns: to come, then gone by")
def list_turns(request: SignedIn) -> HttpResponse:
    """Turns of the caller only, with where to be and until when."""
    coming, past = turns.turns_of(request.auth, now())
    return reply({"items": [_turn(one) for one in [*coming, *past]]})


def _seen_turn(request: SignedIn, id: int) -> DutyTurn:
    rows = DutyTurn.objects.visible_to(request.auth).select_related("roster", "post__person")
    turn = rows.filter(pk=id).first()
    if turn is None:
        raise NotFound(_("没有找到这一班，或您看不到它。"))
    return turn


@router.post("/turns/{id}/sign-in", response=TurnOut, summary="Sign in on the spot")
def sign_in(request: SignedIn, id: Id, body: PlaceIn, key: IdempotencyKey) -> HttpResponse:
    """Within the radius of the place, allowing for what the phone says of its exactness."""
    turn = _seen_turn(request, id)
    mine = turn.post.person.user_id == request.auth.pk
    if key and mine and turn.signed_in_at is not None:
        return reply(_turn(turn), replayed=True)
    return reply(_turn(actions.sign_in(turn=turn, by=request.auth, at=now(), **body.model_dump())))


@router.post("/turns/{id}/sign-out", response=TurnOut, summary="Sign out")
def sign_out(request: SignedIn, id: Id, key: IdempotencyKey) -> HttpResponse:
    """End one's turn on the spot; the minutes go into the record of service."""
    turn = _seen_turn(request, id)
    mine = turn.post.person.user_id == request.auth.pk
    if key and mine and turn.signed_out_at is not None:
        return reply(_turn(turn), replayed=True)
    return reply(_turn(actions.sign_out(turn=turn, by=request.auth, at=now())))


@router.post("/turns/{id}/appraise", response=TurnOut, summary="Give a turn its verdict")
def appraise(request: SignedIn, id: Id, body: VerdictIn, key: IdempotencyKey) -> HttpResponse:
    """By the community, never of one's own turn; 一般 and 差 need a sentence."""
    turn = _seen_turn(request, id)
    if key and turn.appraised_by_id == request.auth.pk and turn.verdict == body.verdict:
        return reply(_turn(turn), replayed=True)
    actions.appraise(turn=turn, verdict=body.verdict, note=body.note, by=request.auth, at=now())
    return reply(_turn(_seen_turn(request, id)))


# Figures.


@router.get("/coverage", response=CoverageOut, summary="Coverage of both reports of a place")
def get_coverage(request: SignedIn, region: Code = "") -> HttpResponse:
    """Each rate with its base, and how it was counted in a sentence."""
    land = desk.land_of(request.auth, region, watching=True)
    whole, rows = coverage.coverage(land, localdate())
    return reply(
        {
            "whole": _covered(whole),
            "below": [_covered(row) for row in rows],
            "why_units": coverage.why_units(whole),
            "why_members": coverage.why_members(whole, coverage.homeless(land.path)),
        }
    )


def _covered(row: coverage.Row) -> dict[str, Any]:
    def share(one: coverage.Share) -> dict[str, Any]:
        return {"base": one.base, "done": one.done, "percent": one.percent}

    return {
        "region": row.land.code,
        "name": row.land.short_name,
        "units": share(row.units),
        "pacts": share(row.pacts),
        "members": share(row.members),
    }


@router.get("/record", response=Entries, summary="One's own record of turns and posts")
def list_record(request: SignedIn, cursor: Cursor = "") -> HttpResponse:
    """Newest first; a correction is an entry of its own. Hours of requests are in the points."""
    rows = (
        ServiceEntry.objects.visible_to(request.auth)
        .of(request.auth)
        .select_related("by")
        .order_by("-pk")
    )
    if start := pk_of(cursor):
        rows = rows.filter(pk__lt=start)
    return reply(_page([_entry(one) for one in rows[: PAGE + 1]]))


def _entry(one: ServiceEntry) -> dict[str, Any]:
    return {
        "id": one.pk,
        "what": one.what,
        "service": name_of("service", one.service),
        "minutes": one.minutes,
        "at": one.at,
        "by": one.by.name,
        "source": one.source,
        "corrects": one.corrects_id,
    }
