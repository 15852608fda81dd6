"""Courses with places and tests, hours of a year, visits received."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Course, CourseSession, Reception
from .shapes import STRICT, Cursor, Id, Limit, one_of, org_of, told

router = Router(tags=["library"])
Year = Annotated[int | None, Query(ge=2000, le=2200)]


class CourseOut(Schema):
    id: int
    org: str
    kind: str
    title: str
    summary: str
    lecturer: str
    hours: Decimal
    state: str


class CourseOutPage(Schema):
    items: list[CourseOut]
    next: str | None


class CourseSessionOut(Schema):
    id: int
    starts_at: datetime
    ends_at: datetime
    venue: str
    places: int
    state: str
    signed: int
    waiting: int
    present: int
    mine: str | None


class CourseQuestionOut(Schema):
    id: int
    text: str
    choices: list[str]
    takes_many: bool


class CourseDetailOut(CourseOut):
    sessions: list[CourseSessionOut]
    questions: list[CourseQuestionOut]


class CourseIn(BaseModel):
    model_config = STRICT

    org: Id
    kind: Literal["course", "lecture", "seminar", "tour"]
    title: str = Field(max_length=80)
    hours: Decimal = Field(max_digits=4, decimal_places=1)
    summary: str = Field("", max_length=500)
    lecturer: str = Field("", max_length=40)
    pass_share: int = Field(60, ge=1, le=100)
    tries: int = Field(3, ge=1, le=20)


class CourseSessionIn(BaseModel):
    model_config = STRICT

    starts_at: datetime
    ends_at: datetime
    venue: str = Field(max_length=80)
    places: int = Field(ge=1, le=2000)


class CourseSignUpOut(Schema):
    state: str


class CourseTestIn(BaseModel):
    model_config = STRICT

    answers: dict[int, list[int]] = Field(description="{id of a question: indexes of choices}")


class CourseTestOut(Schema):
    number: int
    right: int
    total: int
    passed: bool


class CourseHourOut(Schema):
    on: date
    text: str
    unit: str
    hours: Decimal


class CourseHoursOut(Schema):
    year: int
    total: Decimal
    rows: list[CourseHourOut]


class ReceptionIn(BaseModel):
    model_config = STRICT

    org: Id
    from_name: str = Field(max_length=80)
    topic: str = Field(max_length=100)
    on: date
    people: int = Field(ge=1, le=5000)
    led_by: str = Field("", max_length=40)
    route: str = Field("", max_length=200)
    reception: str = Field("", max_length=300)
    feedback: str = Field("", max_length=500)


class ReceptionOut(Schema):
    id: int
    org: str
    from_name: str
    topic: str
    on: date
    people: int
    led_by: str
    route: str
    reception: str
    feedback: str


class ReceptionOutPage(Schema):
    batches: int
    people: int
    items: list[ReceptionOut]
    next: str | None


def _course(one: Course) -> dict[str, Any]:
    return told(one, "id kind title summary lecturer hours state") | {"org": one.org.name}


def _detail(actor: Any, one: Course) -> dict[str, Any]:
    own = queries.own_sign_ups(actor, one)
    return _course(one) | {
        "sessions": [
            told(s, "id starts_at ends_at venue places state")
            | {"signed": s.n_signed, "waiting": s.n_waiting, "present": s.n_here,
               "mine": own[s.pk].state if s.pk in own else None}
            for s in queries.sessions_of(one)
        ],
        "questions": [
            told(q, "id text choices") | {"takes_many": len(q.answers) > 1} for q in one.questions.all()
        ],
    }  # fmt: skip


def _seen(request: SignedIn, pk: int) -> Course:
    return one_of(Course.objects.visible_to(request.auth).select_related("org"), pk)


def _session(request: SignedIn, pk: int) -> CourseSession:
    return one_of(CourseSession.objects.visible_to(request.auth).select_related("course"), pk)


@router.get("/courses", response=CourseOutPage, summary="Courses I may take or keep")
def list_courses(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Those offered where the caller belongs or works, and those of the caller's unit and under it."""
    rows = Course.objects.visible_to(request.auth).select_related("org")
    return reply(listed(rows, cursor, limit, _course))


@router.post("/courses", response={201: CourseDetailOut}, summary="Offer a course")
def offer(request: SignedIn, body: CourseIn, key: IdempotencyKey) -> HttpResponse:
    """By who writes for the unit; it is a draft until it is opened. A retry with a key offers it once."""
    given = body.model_dump()
    made = actions.offer_course(
        org=org_of(given.pop("org")), by=request.auth, at=now(), key=key or "", **given
    )
    return reply(_detail(request.auth, made), 201)


@router.get("/courses/hours", response=CourseHoursOut, summary="My own hours of study in a year")
def get_hours(request: SignedIn, year: Year = None) -> HttpResponse:
    """Of meetings, lessons and courses alike."""
    wanted = year or localdate().year
    found = queries.hours_of_year(request.auth, wanted)
    rows = [told(row, "on text hours") | {"unit": row.unit.name} for row in found["rows"]]
    return reply({"year": wanted, "total": found["total"], "rows": rows})


@router.get(
    "/courses/{int:id}", response=CourseDetailOut, summary="One course with sessions and questions"
)
def get_course(request: SignedIn, id: int) -> HttpResponse:
    """Which answers are right is not told."""
    return reply(_detail(request.auth, _seen(request, id)))


@router.post(
    "/courses/{int:id}/open", response=CourseDetailOut, summary="Open a course for signing up"
)
def open_course(request: SignedIn, id: int) -> HttpResponse:
    """By who writes for its unit; from then on people sign up for its sessions."""
    made = actions.open_course(_seen(request, id), by=request.auth, at=now())
    return reply(_detail(request.auth, made))


@router.post(
    "/courses/{int:id}/sessions", response={201: CourseDetailOut}, summary="Plan a session"
)
def plan(request: SignedIn, id: int, body: CourseSessionIn) -> HttpResponse:
    """By who writes for its unit; times or places that cannot be are refused."""
    one = _seen(request, id)
    actions.plan_session(one, by=request.auth, at=now(), **body.model_dump())
    return reply(_detail(request.auth, one), 201)


@router.post("/courses/{int:id}/test", response=CourseTestOut, summary="Take the test of a course")
def take_test(request: SignedIn, id: int, body: CourseTestIn) -> HttpResponse:
    """For who came; when it is passed the hours are credited."""
    done = actions.take_test(_seen(request, id), user=request.auth, answers=body.answers, at=now())
    return reply(told(done, "number right total passed"))


@router.post(
    "/sessions/{int:id}/sign-up", response=CourseSignUpOut, summary="Sign up for a session"
)
def sign_up(request: SignedIn, id: int) -> HttpResponse:
    """`waiting` when all places are taken; again changes nothing."""
    return reply(
        {"state": actions.sign_up(_session(request, id), user=request.auth, at=now()).state}
    )


@router.post("/sessions/{int:id}/cancel", response=CourseSignUpOut, summary="Give one's place back")
def cancel(request: SignedIn, id: int) -> HttpResponse:
    """The first who waits has it and is told; refused once the session has begun."""
    row = actions.cancel_sign_up(_session(request, id), user=request.auth, at=now())
    return reply({"state": row.state})


def _reception(one: Reception) -> dict[str, Any]:
    names = "id from_name topic on people led_by route reception feedback"
    return told(one, names) | {"org": one.org.name}


@router.get("/receptions", response=ReceptionOutPage, summary="Visits received in a year")
def list_receptions(
    request: SignedIn, year: Year = None, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """With how many batches and people in all."""
    found = queries.receptions_of(request.auth, year or localdate().year)
    page = listed(found["rows"].select_related("org"), cursor, limit, _reception)
    return reply(page | {"batches": found["batches"], "people": found["people"]})


@router.post("/receptions", response={201: ReceptionOut}, summary="Write down a visit received")
def record(request: SignedIn, body: ReceptionIn, key: IdempotencyKey) -> HttpResponse:
    """By who writes for the unit; a day to come is refused. A retry with a key writes it down once."""
    given = body.model_dump()
    made = actions.record_reception(
        org=org_of(given.pop("org")), by=request.auth, at=now(), key=key or "", **given
    )
    return reply(_reception(made), 201)
