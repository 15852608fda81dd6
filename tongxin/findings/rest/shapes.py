"""What findings look like on the wire, and what is handed in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound
from tongxin.photos.models import Photo
from tongxin.regions.queries import world

from .. import queries
from ..models import Finding
from ..queries import Line

Cursor = Annotated[str, Query(max_length=40)]
Limit = Annotated[int, Query(ge=1, le=100)]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]
Fen = Annotated[int, Field(ge=1, le=10**13, description="in fen, a hundredth of a yuan")]
Photos = Annotated[list[UUID], Field(max_length=9, description="ids of one's own uploads")]
Duty = Literal["territory", "regulator", "main"]


class FindingUnitOut(Schema):
    id: int
    org: int | None
    name: str
    responsibility: Duty
    supervised: bool


class FindingOut(Schema):
    id: str
    number: str
    step: Literal["open", "ordered", "corrected", "closed", "void"]
    state: str = Field(description="in words: the step of its rectification while it runs")
    is_late: bool
    region: str = Field(description="code")
    site: str
    lng: float | None
    lat: float | None
    kind: str = Field(description='code; "" for none')
    severity: Literal["normal", "serious", "grave"]
    text: str
    tags: list[str]
    found_at: datetime
    found_by: str = Field(description='"" for who may not know')
    units: list[FindingUnitOut]
    deadline: date | None
    measures: str
    result: str
    rechecked_by: str
    closed_at: datetime | None
    is_on_the_spot: bool
    repeat_of: str | None = Field(description="the latest of its kind before it, within 90 days")
    fund: str
    due_fen: int | None
    paid_fen: int | None
    case: str | None = Field(description="the case of its rectification: /cases/{id}")
    has_names: bool = Field(description="it names persons; see POST …/names")


class FindingsPage(Schema):
    items: list[FindingOut]
    next: str | None


class FindingPhotoOut(Schema):
    slot: Literal["before", "after", "proof"]
    url: str
    thumb: str


class FindingAnswerOut(Schema):
    case: str
    number: str
    unit: str
    step: str
    deadline: date
    cause: str
    plan: str
    result: str
    returns: int
    next_report_on: date | None


class FindingWhole(FindingOut):
    photos: list[FindingPhotoOut]
    answers: list[FindingAnswerOut] = Field(description="one for each unit that was ordered")
    lacks: str = Field(description='what is missing before it may be written off; "" for nothing')


class NamedUnitIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    org: DatabaseId | None = None
    name: str = Field("", max_length=100)
    responsibility: Duty


class FindingIn(BaseModel):
    """A finding for the register; the local responsibility is found by the place if none is named."""

    model_config = ConfigDict(extra="forbid")

    region: str = Field(max_length=20, description="code")
    text: str = Field(max_length=2000)
    kind: str = Field("", max_length=20)
    severity: Literal["normal", "serious", "grave"] = "normal"
    site: str = Field("", max_length=120)
    lng: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    found_at: AwareDatetime | None = None
    units: list[NamedUnitIn] = Field([], max_length=30)
    photos: Photos = []
    named: str = Field("", max_length=200, description="persons; sealed")
    fund: str = Field("", max_length=120)
    due_fen: Fen | None = None
    tags: list[Annotated[str, Field(max_length=20)]] = Field([], max_length=10)


class CorrectIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str = Field(max_length=2000)
    photos: Photos


class RectificationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    org: DatabaseId
    deadline: date
    note: str = Field("", max_length=2000)
    responsibility: Duty = "main"
    report_every: int | None = Field(None, ge=1, le=365, description="days")


class OrdersIn(BaseModel):
    """One unit or several; several come under one case that presses on all."""

    model_config = ConfigDict(extra="forbid")

    orders: list[RectificationIn] = Field(min_length=1, max_length=30)


class ResponsibleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    units: list[NamedUnitIn] = Field(max_length=30)


class FindingReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=300)


class FindingNames(Schema):
    named: str


class FindingKindOut(Schema):
    code: str
    name: str
    category: str
    duties: list[str]
    days: int
    is_sample: bool


class FindingKinds(Schema):
    items: list[FindingKindOut]


def _code(area: str) -> str:
    land = world().by_path.get(area)
    return land.code if land else ""


def line_told(line: Line, actor: User) -> dict[str, Any]:
    """Return a finding as the API says it; no query beyond those of the line."""
    one = line.finding
    return {
        "id": str(one.pk), "number": one.number, "step": one.step, "state": line.words,
        "is_late": line.late, "region": _code(one.area), "site": one.site, "lng": one.lng, "lat": one.lat,
        "kind": one.kind.code if one.kind else "", "severity": one.severity, "text": one.text,
        "tags": one.tags, "found_at": one.found_at, "found_by": line.finder,
        "units": [
            {"id": unit.pk, "org": unit.org_id, "name": unit.name,
             "responsibility": unit.responsibility, "supervised": unit.supervised}
            for unit in line.units
        ],
        "deadline": one.deadline, "measures": one.measures, "result": one.result,
        "rechecked_by": one.rechecked_by_name, "closed_at": one.closed_at,
        "is_on_the_spot": one.is_on_the_spot,
        "repeat_of": str(one.repeat_of_id) if one.repeat_of_id else None,
        "fund": one.fund, "due_fen": one.due_fen, "paid_fen": one.paid_fen,
        "case": str(one.case_id) if one.case_id else None,
        "has_names": bool(one.named_sealed) and queries.may_oversee(actor, one.area),
    }  # fmt: skip


def photos_of(actor: User, ids: Collection[UUID]) -> list[Photo]:
    """Return the caller's own uploads.

    :raises Invalid: if one of them is not there, or not theirs
    """
    found: dict[UUID, Any] = Photo.objects.visible_to(actor).in_bulk(list(ids))
    if missing := [one for one in ids if one not in found]:
        raise Invalid(_("没有找到您上传的照片：%s。") % missing[0], field="photos")
    return [found[one] for one in ids]


def seen(actor: User, pk: UUID) -> Finding:
    """:raises NotFound: if there is no such finding, or none that the caller sees"""
    rows = Finding.objects.visible_to(actor)
    found = queries.ready(rows).select_related("region").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这个问题，或您看不到它。"))
    return found
