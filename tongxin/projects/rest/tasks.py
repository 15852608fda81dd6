"""Programmes, their tasks and the stages of these."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Programme, Stage, Task, TaskPart
from .router import one_of, org_of, person_of, router
from .shapes import (
    Cursor,
    KeyPartDoneIn,
    KeyPartIn,
    KeyPartOut,
    KeyPartPage,
    KeyProgrammeIn,
    KeyReportIn,
    KeyTaskIn,
    KeyTaskOut,
    KeyTaskPage,
    Limit,
    MonthlyOut,
    ProgrammeOutPage,
    ProgrammeProgressOut,
    ProjectProgrammeOut,
    ProjectSlipIn,
    SlipOut,
    StagesIn,
    StagesOut,
)


def _programme(one: Programme) -> dict[str, Any]:
    names = ("id", "kind", "name", "state", "start_on", "end_on", "is_fixed")
    return {name: getattr(one, name) for name in names} | {"region": one.region.code}


def _task(one: Task) -> dict[str, Any]:
    standing = queries.standing_of(one, localdate())
    names = ("id", "title", "start_on", "due_on", "is_fixed", "percent", "target", "actual")
    return {name: getattr(one, name) for name in names} | {
        "programme": one.programme_id, "org": one.org_id, "case": one.case_id,
        "state": standing.state, "why": standing.why,
    }  # fmt: skip


def _seen_task(request: SignedIn, id: UUID) -> Task:
    return one_of(queries.ready(Task.objects.visible_to(request.auth)), pk=id)


@router.get("/programmes", response=ProgrammeOutPage, summary="Programmes of my land")
def list_programmes(
    request: SignedIn,
    state: Literal["", "draft", "running", "closed"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Newest first; drafts are seen by who overlooks the land."""
    rows = Programme.objects.visible_to(request.auth).select_related("region")
    rows = rows.filter(state=state) if state else rows
    return reply(listed(rows, cursor, limit, _programme))


@router.post("/programmes", response={201: ProjectProgrammeOut}, summary="Make a programme")
def make_programme(request: SignedIn, body: KeyProgrammeIn, key: IdempotencyKey) -> HttpResponse:
    """It is a draft until a task of it is given out. A retry with a key makes it once."""
    given = body.model_dump()
    region, org = region_of(get_land(given.pop("region"))), org_of(given.pop("org"))
    made = actions.make_programme(
        region=region, org=org, by=request.auth, at=now(), key=key, **given
    )
    return reply(_programme(made), 201)


@router.get(
    "/programmes/{int:id}", response=ProgrammeProgressOut, summary="One programme and how far it is"
)
def get_programme(request: SignedIn, id: int) -> HttpResponse:
    """Figures count the tasks the caller sees."""
    one = one_of(Programme.objects.visible_to(request.auth).select_related("region"), pk=id)
    rows = queries.ready(Task.objects.visible_to(request.auth).filter(programme=one))
    tree = queries.tree_of(one, rows, localdate())
    aspects, items, tasks = tree.counts
    return reply(
        _programme(one)
        | {"aspects": aspects, "items": items, "tasks": tasks, "percent": tree.tally.percent,
           "done": tree.tally.done, "late": tree.tally.late, "at_risk": tree.tally.risk}
    )  # fmt: skip


@router.get("/programmes/{int:id}/tasks", response=KeyTaskPage, summary="Tasks of a programme")
def list_tasks(request: SignedIn, id: int, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """By number; each says where it stands and why."""
    one = one_of(Programme.objects.visible_to(request.auth), pk=id)
    rows = queries.ready(Task.objects.visible_to(request.auth).filter(programme=one)).order_by("n")
    if cursor.isdigit():
        rows = rows.filter(n__gt=int(cursor[:9]))
    found = list(rows[: limit + 1])
    more = str(found[limit - 1].n) if len(found) > limit else None
    return reply({"items": [_task(task) for task in found[:limit]], "next": more})


@router.post("/programmes/{int:id}/tasks", response={201: KeyTaskOut}, summary="Add a task")
def add_task(request: SignedIn, id: int, body: KeyTaskIn, key: IdempotencyKey) -> HttpResponse:
    """Aspect and item are made if they are new; the task is given out by another call."""
    one = one_of(Programme.objects.visible_to(request.auth), pk=id)
    given, by, at = body.model_dump(), request.auth, now()
    aspect, item = given.pop("aspect"), given.pop("item")
    org = org_of(given.pop("org"))
    given["parts"] = [
        actions.Part(org_of(p["org"]), p["text"], p["due_on"]) for p in given["parts"]
    ]
    given["owner"] = person_of(org, given["owner"])
    node = actions.make_item(programme=one, aspect=aspect, item=item, by=by, at=at)
    made = actions.make_task(programme=one, item=node, org=org, by=by, at=at, key=key, **given)
    return reply(_task(_seen_task(request, made.pk)), 201)


@router.post(
    "/programmes/{int:id}/give", response=ProjectProgrammeOut, summary="Give out all its tasks"
)
def give_all(request: SignedIn, id: int) -> HttpResponse:
    """All that were not yet, in one go or none."""
    rows = Programme.objects.visible_to(request.auth).select_related("region")
    actions.give_all(one_of(rows, pk=id), by=request.auth, at=now())
    return reply(_programme(one_of(rows, pk=id)))


@router.get("/programmes/{int:id}/monthly", response=MonthlyOut, summary="The month by exception")
def get_monthly(
    request: SignedIn, id: int,
    month: Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")],
) -> HttpResponse:  # fmt: skip
    """What is late, at risk, changed, done; and all of it in words."""
    one = one_of(Programme.objects.visible_to(request.auth), pk=id)
    first = date.fromisoformat(f"{month}-01")
    found = queries.monthly(one, first, today=localdate(), actor=request.auth)
    ids = {name: [row.task.pk for row in getattr(found, name)] for name in ("late", "risk", "done")}
    changed = [{"task": change.task.pk, "text": change.text} for change in found.changed]
    return reply(
        {"programme": one.pk, "month": month, "on": found.on, "late": ids["late"],
         "at_risk": ids["risk"], "done": ids["done"], "changed": changed,
         "text": queries.paragraphs(found)}
    )  # fmt: skip


@router.get("/tasks/{uuid:id}", response=KeyTaskOut, summary="One task")
def get_task(request: SignedIn, id: UUID) -> HttpResponse:
    """With where it stands and why; its moves are those of its case."""
    return reply(_task(_seen_task(request, id)))


@router.post("/tasks/{uuid:id}/give", response=KeyTaskOut, summary="Give out a task")
def give_task(request: SignedIn, id: UUID) -> HttpResponse:
    """It becomes a case of its unit; its day moves by a granted extension only."""
    actions.give_task(_seen_task(request, id), by=request.auth, at=now())
    return reply(_task(_seen_task(request, id)))


@router.post("/tasks/{uuid:id}/report", response=KeyTaskOut, summary="Report progress")
def report_task(
    request: SignedIn, id: UUID, body: KeyReportIn, key: IdempotencyKey
) -> HttpResponse:
    """The figure, in all since the start, where the task has a target; else the percentage."""
    task, given = _seen_task(request, id), body.model_dump()
    wanted = given.pop("evidence")
    photos = (
        list(task.case.evidence.filter(pk__in=wanted, uploaded_by=request.auth))
        if task.case
        else []
    )
    actions.report_progress(task, evidence=photos, at=now(), by=request.auth, key=key, **given)
    return reply(_task(_seen_task(request, id)))


def _part(one: TaskPart) -> dict[str, Any]:
    names = ("id", "text", "due_on", "done_at", "note")
    return {name: getattr(one, name) for name in names} | {"org": one.org_id}


@router.get("/tasks/{uuid:id}/parts", response=KeyPartPage, summary="Parts of co-operating units")
def list_parts(request: SignedIn, id: UUID, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """What each unit does of a task, and whether it said that it is done."""
    task = one_of(Task.objects.visible_to(request.auth), pk=id)
    return reply(listed(task.parts.all(), cursor, limit, _part, oldest=True))


@router.post(
    "/tasks/{uuid:id}/parts", response={201: KeyPartOut}, summary="Add a co-operating unit"
)
def add_part(request: SignedIn, id: UUID, body: KeyPartIn) -> HttpResponse:
    """By who leads the place, also to a task under way; a unit has one part (`bad_task` for two)."""
    task = one_of(Task.objects.visible_to(request.auth), pk=id)
    made = actions.add_part(
        task, org=org_of(body.org), text=body.text, due_on=body.due_on, by=request.auth, at=now()
    )
    return reply(_part(made), 201)


@router.post(
    "/tasks/{uuid:id}/parts/{int:part}/done", response=KeyPartOut, summary="A part is done"
)
def finish_part(request: SignedIn, id: UUID, part: int, body: KeyPartDoneIn) -> HttpResponse:
    """Said by its unit, once, while the task is under way."""
    task = one_of(Task.objects.visible_to(request.auth), pk=id)
    row = one_of(task.parts.all(), pk=part)
    done = actions.finish_part(row, note=body.note, by=request.auth, at=now())
    return reply(_part(done))


def _stage(one: Stage) -> dict[str, Any]:
    names = ("n", "name", "start_on", "end_on", "planned_end", "done_on")
    return {name: getattr(one, name) for name in names}


def _stages(task: Task) -> dict[str, Any]:
    schedule = getattr(task, "schedule", None)
    if schedule is None:
        return {
            "due_on": task.due_on,
            "is_fixed": task.is_fixed,
            "sentence": "",
            "late_by": 0,
            "stages": [],
        }
    schedule.task = task
    stages = list(schedule.stages.all())
    standing = queries.stages_standing(schedule, stages, localdate())
    return {
        "due_on": task.due_on, "is_fixed": task.is_fixed, "late_by": standing.late_by,
        "sentence": queries.stages_sentence(schedule, stages, localdate()),
        "stages": [_stage(one) for one in stages],
    }  # fmt: skip


@router.get("/tasks/{uuid:id}/stages", response=StagesOut, summary="Stages of a task")
def get_stages(request: SignedIn, id: UUID) -> HttpResponse:
    """Counted back from the last day, with where they stand in a sentence."""
    return reply(_stages(_seen_task(request, id)))


@router.post("/tasks/{uuid:id}/stages", response=StagesOut, summary="Count stages back")
def plan_stages(request: SignedIn, id: UUID, body: StagesIn) -> HttpResponse:
    """Replaces a plan of which no stage is done."""
    actions.plan_stages(_seen_task(request, id), by=request.auth, at=now(), **body.model_dump())
    return reply(_stages(_seen_task(request, id)))


@router.post("/tasks/{uuid:id}/stages/{int:n}/slip", response=SlipOut, summary="Let a stage slip")
def slip_stage(request: SignedIn, id: UUID, n: int, body: ProjectSlipIn) -> HttpResponse:
    """Says what it would do; saved only if asked, and never past the last day."""
    task = _seen_task(request, id)
    schedule = getattr(task, "schedule", None)
    if schedule is None:
        raise NotFound(_("这项任务还没有排工期。"))
    schedule.task = task
    stages = list(schedule.stages.all())
    stage = next((one for one in stages if one.n == n), None)
    if stage is None:
        raise NotFound(_("没有这个阶段，请从计划里选一个"))
    slip = queries.slip_of(schedule, stages, stage, body.end_on)
    spans = {span.code: span for span in slip.spans}
    shown = [
        _stage(one) | {"start_on": spans[one.code].start, "end_on": spans[one.code].end}
        for one in stages
    ]
    if body.save:
        actions.let_slip(stage, end_on=body.end_on, reason=body.reason, by=request.auth, at=now())
    return reply({"over_by": slip.over_by, "saved": body.save, "stages": shown})
