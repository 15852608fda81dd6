"""One place: its plan, its verbs, what holds it up."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Router

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.orgs.models import Org
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Difficulty, Site, SitePlan, SlipRequest
from .shapes import (
    DifficultySolvedIn,
    RenovationSiteDetail,
    RenovationSlipIn,
    SiteMoveIn,
    SitePartIn,
    SitePlanIn,
    SiteReportIn,
    found_in,
    photos_of,
    seen_site,
)

router = Router(tags=["renovation"])


def _told(site: Site) -> dict[str, Any]:
    whole = queries.whole(site)
    plan = whole.plan
    return queries.facts_of(site) | {
        "plan": plan and {
            **{name: getattr(plan, name) for name in ("mode", "state", "text", "tasks", "builder", "decision", "decided_on", "started_on", "built_on", "used_on")},
            "id": plan.pk,
            "stages": [
                {"id": stage.pk} | {name: getattr(stage, name) for name in ("code", "name", "start_on", "end_on", "done_on")}
                for stage in whole.stages
            ],
        },
        "difficulties": [
            {"id": row.pk} | {name: getattr(row, name) for name in ("kind", "text", "level", "solved_on")}
            for row in whole.difficulties
        ],
        "parts": [part.pk for part in whole.parts],
        "events": [
            {"kind": event.kind, "text": event.text, "on": event.on, "by": event.by.name if event.by else ""}
            for event in whole.events
        ],
    }  # fmt: skip


@router.get(
    "/sites/{int:id}",
    response=RenovationSiteDetail,
    summary="A place with its plan, difficulties and ledger",
)
def site(request: SignedIn, id: int) -> HttpResponse:
    """With the parts of departments and all that happened there; for who works on its land."""
    return reply(_told(seen_site(request, id)))


@router.post(
    "/sites/{int:id}/plan",
    response={201: RenovationSiteDetail},
    summary="Write the one plan of a place",
)
def make_plan(request: SignedIn, id: int, given: SitePlanIn) -> HttpResponse:
    """Its stages are counted back from the last day. A second plan, or an exempt place, is refused."""
    one = seen_site(request, id)
    words = given.model_dump(exclude={"lead"})
    roles = (
        "dispatcher",
        "officer",
        "secretary",
        "verifier",
        "handler",
        "first_secretary",
        "grid_worker",
    )
    lead = queries.people_over(one.path, roles, localdate()).filter(pk=given.lead).first()
    if lead is None:
        raise Invalid(_("施工负责人要从管这里的人员里选。"), field="lead")
    actions.make_plan(one, **words, lead=lead, by=request.user, at=now())
    return reply(_told(seen_site(request, id)), status=201)


@router.post(
    "/sites/{int:id}/reports",
    response={201: RenovationSiteDetail},
    summary="Report how a place is going",
)
def report(
    request: SignedIn, id: int, given: SiteReportIn, idempotency_key: IdempotencyKey
) -> HttpResponse:
    """In words and photos; an exempt place is refused. A retry with a key reports it once."""
    one = seen_site(request, id)
    photos = photos_of(request, given.photos)
    actions.report(
        one,
        text=given.text,
        on=given.on,
        photos=photos,
        by=request.user,
        at=now(),
        key=idempotency_key or "",
    )
    return reply(_told(one), status=201)


# Each verb: the names it needs, and the action.
def _plan(request: SignedIn, one: Site) -> SitePlan:
    rows = SitePlan.objects.visible_to(request.user).select_related("site__campaign__region")
    row = rows.filter(site=one).first()
    if row is None:
        raise actions.NotYet(_("%s还没有方案。") % one.name)
    return row


def _submit(request: SignedIn, one: Site, given: SiteMoveIn, who: dict[str, Any]) -> None:
    committee = queries.committees_over(one.path).filter(pk=given.committee).first()
    if committee is None:
        raise actions.BadPlan(_("请选择管这里的党委（党工委）。"), field="committee")
    actions.submit_plan(_plan(request, one), committee=committee, **who)


def _slip(request: SignedIn, one: Site, given: SiteMoveIn, who: dict[str, Any]) -> None:
    stage = _plan(request, one).stages.filter(code=given.stage).first()
    if stage is None:
        raise actions.BadPlan(_("方案里没有这道工序。"), field="stage")
    assert given.to_on is not None  # noqa: S101 (`move` asked for it: VERBS)
    actions.ask_slip(stage, to_on=given.to_on, reason=given.reason, **who)


VERBS: dict[str, tuple[str, Any]] = {
    "submit": ("committee", _submit),
    "decide": ("approve decision on", lambda r, s, g, who: actions.decide_plan(_plan(r, s), approve=g.approve, decision=g.decision, on=g.on, **who)),
    "start": ("on", lambda r, s, g, who: actions.start_work(_plan(r, s), on=g.on, **who)),
    "stage": ("stage on", lambda r, s, g, who: actions.finish_stage(_plan(r, s), code=g.stage, on=g.on, **who)),
    "slip": ("stage to_on reason", _slip),
    "area": ("area_m2 reason", lambda r, s, g, who: actions.set_area(s, area_m2=g.area_m2, reason=g.reason, **who)),
    "accept": ("answers photos on", lambda r, s, g, who: actions.accept_site(s, answers=g.answers, photos=photos_of(r, g.photos), on=g.on, words=g.text, **who)),
    "close": ("on", lambda r, s, g, who: actions.close_out(s, on=g.on, **who)),
    "move_in": ("text on", lambda r, s, g, who: actions.move_in(s, text=g.text, on=g.on, photos=photos_of(r, g.photos), **who)),
    "use": ("is_open is_own_use is_posted on", lambda r, s, g, who: actions.check_use(s, is_open=g.is_open, is_own_use=g.is_own_use, is_posted=g.is_posted, on=g.on, words=g.text, **who)),
    "trouble": ("kind text", lambda r, s, g, who: actions.raise_difficulty(s, kind=g.kind, text=g.text, **who)),
    "exempt": ("reason", lambda r, s, g, who: actions.exempt_site(s, reason=g.reason, document=g.document, **who)),
    "take_back": ("reason", lambda r, s, g, who: actions.take_back(s, reason=g.reason, **who)),
}  # fmt: skip


@router.post(
    "/sites/{int:id}/moves/{slug:verb}",
    response=RenovationSiteDetail,
    summary="Do a verb of a place: submit, decide, start, stage, slip, area, accept, close, move_in, use, trouble, exempt, take_back",
)
def move(request: SignedIn, id: int, verb: str, given: SiteMoveIn) -> HttpResponse:
    """Each verb names what it needs; what is missing, or not yet its turn, is refused."""
    one = seen_site(request, id)
    if verb not in VERBS:
        raise NotFound(_("没有这件事可办。"))
    needs, act = VERBS[verb]
    for name in needs.split():
        if getattr(given, name) in (None, "", []):
            raise Invalid(_("还缺 %s。") % name, field=name)
    act(request, one, given, {"by": request.user, "at": now()})
    return reply(_told(seen_site(request, id)))


@router.post(
    "/slips/{int:id}", response=RenovationSiteDetail, summary="Answer a wish to end a stage later"
)
def decide_slip(request: SignedIn, id: int, given: RenovationSlipIn) -> HttpResponse:
    """By somebody else than who asked; refused where the last day could not be kept."""
    rows = SlipRequest.objects.visible_to(request.user).select_related(
        "stage__plan__site__campaign__region"
    )
    asked = found_in(rows, id)
    actions.decide_slip(asked, approve=given.approve, words=given.words, by=request.user, at=now())
    return reply(_told(seen_site(request, asked.site_id)))


@router.post(
    "/difficulties/{int:id}/lift",
    response=RenovationSiteDetail,
    summary="Carry a difficulty one level up",
)
def lift(request: SignedIn, id: int) -> HttpResponse:
    """The level above is told; one that is solved, or has no higher level, is refused."""
    row = found_in(Difficulty.objects.visible_to(request.user).select_related("site__campaign"), id)
    actions.escalate(row, by=request.user, at=now())
    return reply(_told(seen_site(request, row.site_id)))


@router.post(
    "/difficulties/{int:id}/solve",
    response=RenovationSiteDetail,
    summary="Write down how a difficulty was solved",
)
def solve(request: SignedIn, id: int, given: DifficultySolvedIn) -> HttpResponse:
    """With the day, which is not before it was brought up; one that is solved is refused."""
    row = found_in(Difficulty.objects.visible_to(request.user).select_related("site__campaign"), id)
    actions.solve_difficulty(row, **given.model_dump(), by=request.user, at=now())
    return reply(_told(seen_site(request, row.site_id)))


@router.post(
    "/sites/{int:id}/parts",
    response={201: RenovationSiteDetail},
    summary="Give a department its part in a place's plan",
)
def give_part(request: SignedIn, id: int, given: SitePartIn) -> HttpResponse:
    """It becomes the department's case; one of other land, or a day past the last, is refused."""
    site = seen_site(request, id)
    org = Org.objects.public().filter(pk=given.org).first()
    if org is None:
        raise actions.BadPart(_("没有找到这个部门。"), field="org")
    actions.give_part(
        site, org=org, what=given.what, due_on=given.due_on, by=request.user, at=now()
    )
    return reply(_told(seen_site(request, id)), status=201)
