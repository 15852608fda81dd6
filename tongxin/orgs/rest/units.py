"""Party units as JSON: the register, one unit, its history, the check of the chain; the verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Path, Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.kit.text import clean_text
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Membership, Org, OrgChange
from ..scope import LAND_ROLES, READERS, posts_of, unit_roles
from .orgs import OrgRef, RegionRef
from .router import router

UnitKindName = Literal[
    "committee", "work_committee", "leading_group", "general_branch", "branch", "group",
    "joint_committee", "task_force",
]  # fmt: skip
SectorName = Literal[
    "organ", "state_firm", "education", "health", "street", "community", "village",
    "private_firm", "social_org",
]  # fmt: skip
VerbName = Literal["rebuild", "merge", "split", "affiliation", "dissolve", "extend", "grids"]
UnitId = Annotated[int, Path(ge=1, lt=2**63, description="the unit's id")]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]
Cursor = Query(0, ge=0, lt=2**63, description="`next` of the page before")


class UnitBrief(OrgRef):
    unit_kind: str
    sector: str
    code: str
    region: RegionRef
    parent_id: int | None
    is_temporary: bool
    expires_on: date | None
    founded_on: date | None
    dissolved_on: date | None


class UnitPageOut(Schema):
    items: list[UnitBrief]
    next: str | None = Field(description="cursor of the next page; null on the last one")


class StageCount(Schema):
    stage: str
    n: int


class ServingOut(Schema):
    name: str
    office: str
    since: date | None


class UnitOut(UnitBrief):
    purpose: str
    above: list[OrgRef] = Field(description="from the root down to the parent")
    below: list[OrgRef] = Field(description="the first 30 right below")
    people: list[ServingOut]
    grids: list[str] = Field(description="paths of the grids and buildings it covers")
    members: list[StageCount] | None = Field(
        description="by stage, with all below; null for who does not read the register"
    )
    todo: list[str]
    verbs: bool = Field(description="whether the caller keeps the register of the unit above")


class ChangeOut(Schema):
    id: int
    kind: str
    on: date
    words: list[str]
    document: str
    reason: str
    parent_before: OrgRef | None
    parent_after: OrgRef | None
    other: OrgRef | None


class ChangePage(Schema):
    items: list[ChangeOut]
    next: str | None


class UnitFinding(Schema):
    kind: str
    what: str
    where: str
    why: str
    remedy: str


class UnitFindings(Schema):
    items: list[UnitFinding]
    next: str | None
    total: int


class PaperIn(BaseModel):
    """The paper a change is made by."""

    model_config = ConfigDict(extra="forbid")

    on: date = Field(description="effective day, not ahead")
    document: str = Field("", max_length=60)
    reason: str = Field("", max_length=300)
    dry_run: bool = Field(False, description="say what would happen, and do nothing")


class UnitFilter(Schema):
    q: str = Field("", max_length=40, description="part of the name, or a code")
    sector: SectorName | None = None
    kind: UnitKindName | None = None
    region: str = Field("", max_length=18, description="code: units of that land")
    under: int = Field(0, ge=0, lt=2**63, description="id: units at or below that one")
    state: Literal["standing", "temporary", "dissolved", "any"] = "standing"


class UnitIn(PaperIn):
    """A unit to be founded under another; with `expires_on` a temporary one."""

    name: str = Field(max_length=200)
    unit_kind: UnitKindName
    parent: DatabaseId
    sector: SectorName | None = None
    region: str = Field("", max_length=18, description="code; default: that of the parent")
    code: str = Field("", max_length=30)
    members: list[DatabaseId] = Field([], max_length=300, description="memberships that move here")
    expected: int = Field(0, ge=0, le=500, description="full members whose transfer follows")
    covers: list[DatabaseId] = Field([], max_length=50, description="organisations it covers")
    expires_on: date | None = None
    purpose: str = Field("", max_length=200)


class VerbIn(PaperIn):
    """What a change of a unit takes; each verb takes its own and refuses the others."""

    name: str | None = Field(None, max_length=200, description="rebuild, split")
    unit_kind: UnitKindName | None = Field(None, description="rebuild")
    sector: SectorName | None = Field(None, description="rebuild")
    units: list[DatabaseId] | None = Field(None, max_length=200, description="merge: into this one")
    members: list[DatabaseId] | None = Field(None, max_length=300, description="split: who goes")
    parent: DatabaseId | None = Field(None, description="affiliation")
    members_to: DatabaseId | None = Field(None, description="dissolve")
    children_to: DatabaseId | None = Field(None, description="dissolve")
    expires_on: date | None = Field(None, description="extend")
    grids: list[str] | None = Field(None, max_length=500, description="grids: codes")


class DoneOut(Schema):
    unit: OrgRef
    words: list[str] = Field(description="what was done, in sentences")
    notes: list[str] = Field(description="what to look after")


@router.get("/units", response=UnitPageOut, tags=["units"], summary="The register of party units")
def list_units(
    request: SignedIn,
    wanted: Annotated[UnitFilter, Query()],
    cursor: int = Cursor,
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Those the caller may open: under any office of theirs, or on the land they overlook."""
    rows = queries.find_units(
        request.auth,
        q=clean_text(wanted.q, limit=40, field_label="q"),
        sector=wanted.sector or "",
        kind=wanted.kind or "",
        land=get_land(wanted.region) if wanted.region else None,
        under=_unit(request, wanted.under) if wanted.under else None,
        state="" if wanted.state == "standing" else wanted.state,
    )
    return reply(listed(rows, cursor, limit, _brief, oldest=True))


@router.get("/units/check", response=UnitFindings, tags=["units"], summary="Broken links and gaps")
def check_units(
    request: SignedIn,
    region: str = Query(max_length=18, description="code of the land looked over"),
    kind: str = Query("", max_length=20),
    cursor: int = Cursor,
    limit: int = Query(100, ge=1, le=500),
) -> HttpResponse:
    """The chain district – street – community – grid: what is broken, where, what mends it."""
    land = get_land(region)
    roles = {*LAND_ROLES, *READERS}
    paths = [post.path for post in posts_of(request.auth) if post.role in roles]
    if not any(land.path.startswith(path) for path in paths):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    found = queries.Survey(land, request.auth, on=localdate()).findings()
    found = [one for one in found if not kind or one.kind == kind]
    names = ("kind", "what", "where", "why", "remedy")
    items = [{name: getattr(one, name) for name in names} for one in found[cursor : cursor + limit]]
    more = str(cursor + limit) if len(found) > cursor + limit else None
    return reply({"items": items, "next": more, "total": len(found)})


@router.get("/units/{id}", response=UnitOut, tags=["units"], summary="One party unit")
def get_unit(request: SignedIn, id: UnitId) -> HttpResponse:
    """Who, where, what stands below; members by stage for who reads the register."""
    unit = _unit(request, id)
    page = queries.unit_page(unit, request.auth, on=localdate())
    stages = page.stages
    return reply(
        _brief(unit)
        | {
            "purpose": unit.purpose,
            "above": [_ref(one) for one in page.above],
            "below": [_ref(one) for one in page.below],
            "people": [
                {"name": one.name, "office": one.label, "since": one.since} for one in page.people
            ],
            "grids": page.grids,
            "members": None if stages is None else [{"stage": s, "n": n} for s, n in stages],
            "todo": queries.todo_of(page, on=localdate()),
            "verbs": page.may_change,
        }
    )


@router.get("/units/{id}/changes", response=ChangePage, tags=["units"], summary="A unit's history")
def list_changes(
    request: SignedIn, id: UnitId, cursor: int = Cursor, limit: int = Query(50, ge=1, le=200)
) -> HttpResponse:
    """Founded, rebuilt, merged, split, moved, dissolved: newest first."""
    rows = queries.changes_of(_unit(request, id))[cursor : cursor + limit + 1]
    page = list(rows)
    more = str(cursor + limit) if len(page) > limit else None
    return reply({"items": [_change(one) for one in page[:limit]], "next": more})


@router.post("/units", response={201: DoneOut}, tags=["units"], summary="Found a unit")
def found_unit(request: SignedIn, body: UnitIn, key: IdempotencyKey) -> HttpResponse:
    """For who keeps the register of the parent. With `expires_on` a temporary unit is founded.

    A retry with the same Idempotency-Key answers with the unit it founded.
    """
    given: dict[str, Any] = {
        "name": body.name,
        "unit_kind": body.unit_kind,
        "parent": _unit(request, body.parent, field="parent"),
        "region": region_of(get_land(body.region)) if body.region else None,
    }
    if body.expires_on:
        given |= {"expires_on": body.expires_on, "purpose": body.purpose}
        act: Callable[..., actions.Done] = actions.found_temporary
    else:
        given |= {
            "sector": body.sector or "",
            "code": body.code,
            "members": _members(request, body.members),
            "expected": body.expected,
            "covers": _orgs(body.covers),
        }
        act = actions.found_unit
    return _done(request, act, given, body, key, status=201)


@router.post("/units/{id}/{verb}", response=DoneOut, tags=["units"], summary="Change a unit")
def change_unit(
    request: SignedIn, id: UnitId, verb: VerbName, body: VerbIn, key: IdempotencyKey
) -> HttpResponse:
    """rebuild, merge (into this one), split, affiliation, dissolve, extend, grids.

    For who keeps the register of the unit above; `dry_run` says what would happen. A retry with
    the same Idempotency-Key acts once.
    """
    unit = _unit(request, id)
    needs, act = VERBS[verb]
    extra = {name for name in body.model_fields_set if name not in PaperIn.model_fields}
    if wrong := sorted(extra - set(needs)):
        raise Invalid(_("这一步不需要：%s。") % "、".join(wrong), field=wrong[0])
    given: dict[str, Any] = {"into" if verb == "merge" else "unit": unit}
    given |= _given(request, verb, body)
    return _done(request, act, given, body, key)


VERBS: dict[str, tuple[tuple[str, ...], Callable[..., actions.Done]]] = {
    "rebuild": (("name", "unit_kind", "sector"), actions.rebuild_unit),
    "merge": (("units",), actions.merge_units),
    "split": (("name", "members"), actions.split_unit),
    "affiliation": (("parent",), actions.change_affiliation),
    "dissolve": (("members_to", "children_to"), actions.dissolve_unit),
    "extend": (("expires_on",), actions.extend_temporary),
    "grids": (("grids",), actions.bind_land),
}


def _given(request: SignedIn, verb: str, body: VerbIn) -> dict[str, Any]:
    """Return what a verb takes, looked up among what the caller may open."""
    if verb == "rebuild":
        return {name: getattr(body, name) or "" for name in ("name", "unit_kind", "sector")}
    if verb == "merge":
        return {"units": [_unit(request, pk, field="units") for pk in body.units or []]}
    if verb == "split":
        return {"parts": [actions.Part(body.name or "", _members(request, body.members or []))]}
    if verb == "grids":
        return {"grids": [region_of(get_land(code)) for code in body.grids or []]}
    if verb == "extend":
        return {"expires_on": _needed(body.expires_on, "expires_on")}
    if verb == "affiliation":
        return {"parent": _unit(request, _needed(body.parent, "parent"), field="parent")}
    places = {"members_to": body.members_to, "children_to": body.children_to}
    return {name: _unit(request, pk, field=name) for name, pk in places.items() if pk}


def _needed(value: Any, name: str) -> Any:
    if value is None:
        raise Invalid(_("请填写 %s。") % name, field=name)
    return value


def _done(
    request: SignedIn,
    act: Callable[..., actions.Done],
    given: dict[str, Any],
    body: PaperIn,
    key: str | None,
    *,
    status: int = 200,
) -> HttpResponse:
    paper = actions.Paper(body.on, body.document, body.reason, "" if body.dry_run else key or "")
    given |= {"paper": paper, "at": now(), "by": request.auth}
    done = actions.preview(act, **given) if body.dry_run else act(**given)
    answer = {"unit": _ref(done.unit), "words": done.words, "notes": done.notes}
    return reply(answer, status=200 if body.dry_run else status, replayed=done.is_replay)


def _unit(request: SignedIn, pk: int, field: str | None = None) -> Org:
    rows = Org.objects.visible_to(request.auth).select_related("region", "parent")
    unit = rows.filter(pk=pk).first()
    if unit is None:
        raise NotFound(_("没有找到这个党组织，或您看不到它。"), field=field)
    return unit


def _members(request: SignedIn, ids: list[int]) -> list[Membership]:
    rows = Membership.objects.visible_to(request.auth).standing().filter(pk__in=ids)
    found = {row.pk: row for row in rows.select_related("unit")}
    mine = [
        found[pk]
        for pk in ids
        if pk in found and not unit_roles(request.auth, found[pk].unit.path).isdisjoint(READERS)
    ]
    if len(mine) != len(ids):
        raise Invalid(_("没有找到其中的党员，或不归您管。"), field="members")
    return mine


def _orgs(ids: list[int]) -> list[Org]:
    found = Org.objects.public().in_bulk(ids)
    if missing := [pk for pk in ids if pk not in found]:
        raise Invalid(_("没有编号为 %d 的单位，或已撤销。") % missing[0], field="covers")
    return [found[pk] for pk in ids]


def _ref(unit: Org | None) -> dict[str, Any]:
    return {"id": unit.pk, "name": unit.name} if unit else {}


def _brief(unit: Org) -> dict[str, Any]:
    return {
        "id": unit.pk,
        "name": unit.name,
        "unit_kind": unit.unit_kind,
        "sector": unit.sector,
        "code": unit.code,
        "region": {"code": unit.region.code, "name": unit.region.name},
        "parent_id": unit.parent_id,
        "is_temporary": unit.is_temporary,
        "expires_on": unit.expires_on,
        "founded_on": unit.founded_on,
        "dissolved_on": unit.dissolved_on,
    }


def _change(change: OrgChange) -> dict[str, Any]:
    linked = ("parent_before", "parent_after", "other")
    return {
        "id": change.pk,
        "kind": change.kind,
        "on": change.on,
        "words": change.data.get("words", []),
        "document": change.document,
        "reason": change.reason,
        **{name: _ref(getattr(change, name)) or None for name in linked},
    }
