"""Documents over HTTP: drafted, taken from step to step, received, answered, judged; the register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import File, Query, Router, Schema, UploadedFile
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.actions import audit
from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import Document, DocumentFile, NumberRegister, Recipient, Reply

router = Router(tags=["documents"])

Id = Annotated[int, Field(ge=1, lt=2**63)]
Cursor = Annotated[str, Query(max_length=40, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100)]
Year = Annotated[int | None, Query(ge=2000, le=2100, description="default: this year")]
Verb = Literal["submit", "review", "agree", "object", "sign", "send_back", "issue", "void"]


class DocumentUnit(Schema):
    id: int | None = Field(description="null: a unit that does not work here")
    name: str


class DocumentKindOut(Schema):
    code: str
    name: str
    layout: str = Field(description="paper, letter or minutes")
    is_statutory: bool
    asks_reply: bool
    retention_years: int = Field(description="0: for ever")
    source: str


class DocumentBrief(Schema):
    id: UUID
    title: str
    kind: str
    number: str | None
    unit: DocumentUnit
    step: str
    drafted_at: datetime
    issued_on: date | None
    reply_by: date | None


class DocumentPage(Schema):
    items: list[DocumentBrief]
    next: str | None


class DocumentFileOut(Schema):
    id: int
    name: str
    slot: str
    size: int
    sha256: str


class DocumentReplyOut(Schema):
    id: int
    text: str
    at: datetime
    by: str
    is_late: bool
    verdict: str = Field(description="empty: waits; accepted or returned")
    verdict_note: str
    files: list[DocumentFileOut]


class DocumentRecipientOut(Schema):
    id: int
    unit: DocumentUnit
    part: str = Field(description="main or copy")
    delivered_at: datetime | None
    received_at: datetime | None
    reply_step: str | None = Field(
        description="null: owes none; asked, replied, accepted, cancelled"
    )
    reply_due_at: datetime | None
    replies: list[DocumentReplyOut]


class DocumentOpinionOut(Schema):
    step: str
    agrees: bool
    text: str
    by: str
    unit: str
    role: str
    at: datetime
    read: str = Field(description="hash over the words that were read")


class DocumentOut(DocumentBrief):
    body: str
    urgency: str
    secrecy: str = Field(description="with its term: 机密★10年")
    print_run: int | None
    joint: list[str] = Field(description="units that issue it too, in their order")
    verbs: list[str] = Field(description="what you may do now")
    substitutions: dict[str, str] = Field(description="faces the PDF was set in instead")
    recipients: list[DocumentRecipientOut] = Field(description="a recipient sees its own unit's")
    opinions: list[DocumentOpinionOut] = Field(description="for the unit that writes, and above")
    files: list[DocumentFileOut]


class IncomingOut(Schema):
    id: int
    document: DocumentBrief
    delivered_at: datetime
    received_at: datetime | None
    reply_step: str | None
    reply_due_at: datetime | None


class IncomingPage(Schema):
    items: list[IncomingOut]
    next: str | None


class NumberOut(Schema):
    number: str
    serial: int
    document: UUID | None
    title: str
    is_void: bool
    reason: str


class NumberPage(Schema):
    items: list[NumberOut]
    next: str | None


class ToIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200, description="a unit of this house is found by its name")
    part: Literal["main", "copy"] = "main"


class WordsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=400)
    recipients: list[ToIn] = Field(default=[], max_length=200)
    reply_by: date | None = None
    countersigns: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=50)
    joint: list[Annotated[str, Field(max_length=200)]] = Field(
        default=[],
        max_length=20,
        description="units of one level that issue it too, in their order",
    )
    urgency: Literal["", "特急", "加急"] | None = Field(None, description="null: as it is")
    secrecy: Literal["", "秘密", "机密", "绝密"] | None = Field(
        None, description="null: as it is; refused unless the installation is for secret papers"
    )
    secrecy_term: Annotated[str, Field(max_length=6)] | None = None
    print_run: Annotated[int, Field(ge=0, lt=10_000)] | None = Field(
        None, description="copies that are numbered; null: as it is, 0: none"
    )


class DraftIn(WordsIn):
    kind: str = Field(max_length=30)
    unit: Id = Field(description="the unit that writes")
    context: dict[str, Any] = Field(
        default={}, description="fields of the template; body: all of it"
    )
    source: list[Annotated[str, Field(max_length=200)]] = Field(
        default=["", "", "", ""], max_length=4, description="kind, id, label, path"
    )


class PaperChangeIn(WordsIn):
    body: str = Field(max_length=100_000)


class PaperStepIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    verb: Verb
    note: str = Field("", max_length=2000)
    serial: Annotated[int, Field(ge=1, lt=100_000)] | None = Field(None, description="issue: a number of your own")  # fmt: skip


class PaperReplyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=20_000)
    document: UUID | None = Field(None, description="an issued document of your unit")


class ReplyVerdictIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    accepted: bool
    note: str = Field("", max_length=2000)
    reply_by: date | None = Field(None, description="if it is returned")


def _seen(request: SignedIn, pk: UUID) -> Document:
    rows = Document.objects.visible_to(request.auth)
    row = rows.select_related("kind", "org", "case", "drafter", "number__register").filter(pk=pk).first()  # fmt: skip
    if row is None:
        raise NotFound(_("没有找到这份公文，或您看不到它。"))
    return row


def _brief(row: Document) -> dict[str, Any]:
    return {
        "id": row.pk, "title": row.title, "kind": row.kind.code, "number": str(row.number) if row.number else None,
        "unit": {"id": row.org_id, "name": row.org.name}, "step": row.case.step,
        "drafted_at": row.drafted_at, "issued_on": row.issued_on, "reply_by": row.reply_by,
    }  # fmt: skip


def _file(row: DocumentFile) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "slot", "size", "sha256")} | {
        "id": row.pk
    }


def _reply(row: Reply) -> dict[str, Any]:
    names = ("text", "at", "is_late", "verdict", "verdict_note")
    files = [_file(file) for file in row.files.all()]
    return {name: getattr(row, name) for name in names} | {"id": row.pk, "by": row.by.name, "files": files}  # fmt: skip


def _recipient(row: Recipient, replies: list[Reply]) -> dict[str, Any]:
    return {
        "id": row.pk, "unit": {"id": row.org_id, "name": row.name}, "part": row.part,
        "delivered_at": row.delivered_at, "received_at": row.received_at,
        "reply_step": row.case.step if row.case else None,
        "reply_due_at": row.case.due_at if row.case else None,
        "replies": [_reply(one) for one in replies if one.recipient_id == row.pk],
    }  # fmt: skip


def _whole(request: SignedIn, pk: UUID) -> dict[str, Any]:
    row = _seen(request, pk)
    outside = queries.reads_as_recipient_only(request.auth, row)
    replies = list(queries.replies_seen(request.auth, row).prefetch_related("files"))
    rows = queries.own_recipients(request.auth, row) if outside else row.recipients.select_related("case").order_by("order")  # fmt: skip
    said = [] if outside else row.opinions.select_related("by", "org").order_by("id")
    return _brief(row) | {
        "body": row.body,
        "urgency": row.urgency,
        "secrecy": row.secrecy_mark,
        "print_run": row.print_run,
        "joint": list(row.joint_units().values_list("org__name", flat=True)),
        "verbs": [verb.name for verb in queries.verbs_for(request.auth, row)],
        "substitutions": row.substitutions,
        "recipients": [_recipient(one, replies) for one in rows],
        "opinions": [
            {"step": one.step, "agrees": one.agrees, "text": one.text, "by": one.by.name, "unit": one.org.name,
             "role": one.role, "at": one.at, "read": one.read} for one in said
        ],
        "files": [_file(one) for one in row.files.filter(reply=None).order_by("slot", "order")],
    }  # fmt: skip


def _given(body: WordsIn, org: Org) -> dict[str, Any]:
    """Turn names into units where they work here, as the page does."""
    names = [one.name for one in body.recipients]
    known = queries.units_named([*names, *body.countersigns, *body.joint], org)
    if unknown := [name for name in body.countersigns if name not in known]:
        raise NotFound(_("没有找到会签单位“%s”，请核对名称。") % unknown[0], field="countersigns")
    if unknown := [name for name in body.joint if name not in known]:
        raise NotFound(_("没有找到联合行文单位“%s”，请核对名称。") % unknown[0], field="joint")
    return {
        "title": body.title, "reply_by": body.reply_by,
        "recipients": [actions.To(known.get(one.name), one.name, one.part) for one in body.recipients],
        "countersigns": [known[name] for name in body.countersigns],
        "joint": [known[name] for name in body.joint],
    } | _heads(body)  # fmt: skip


def _heads(body: WordsIn) -> dict[str, Any]:
    names = ("urgency", "secrecy", "secrecy_term", "print_run")
    given = {name: getattr(body, name) for name in names if getattr(body, name) is not None}
    return given | ({"print_run": body.print_run or None} if body.print_run is not None else {})


@router.get("/kinds", response=list[DocumentKindOut], summary="Kinds of documents")
def list_kinds(request: SignedIn) -> HttpResponse:
    """The fifteen of the regulation, and working papers."""
    names = ("code", "name", "layout", "is_statutory", "asks_reply", "retention_years", "source")
    rows = queries.kinds_in_use(now())
    return reply([{name: getattr(row, name) for name in names} for row in rows])


@router.get("", response=DocumentPage, summary="Documents I write or oversee")
def list_documents(
    request: SignedIn,
    kind: Annotated[str, Query(max_length=30)] = "",
    step: Annotated[str, Query(max_length=20)] = "",
    mine: Annotated[bool, Query(description="only those that wait for me")] = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Newest first."""
    rows = queries.my_turn(request.auth) if mine else queries.listed_documents(request.auth)
    rows = rows.select_related("kind", "org", "case", "number__register")
    rows = rows.filter(kind__code=kind) if kind else rows
    rows = rows.filter(case__step=step) if step else rows
    found, following = queries.page_by_uuid(rows, cursor, limit)
    return reply({"items": [_brief(row) for row in found], "next": following or None})


@router.post("", response={201: DocumentOut}, summary="Draft a document")
def draft(request: SignedIn, body: DraftIn) -> HttpResponse:
    """Begun from the words of its kind; what nobody knows is left to fill. Once for a key."""
    org = Org.objects.public().select_related("region").filter(pk=body.unit).first()
    if org is None:
        raise NotFound(_("没有找到这个单位。"), field="unit")
    made = actions.draft(
        kind=body.kind, org=org, context=body.context, source=body.source, by=request.auth,
        at=now(), **_given(body, org),
    )  # fmt: skip
    return reply(_whole(request, made.pk), 201)


@router.get("/inbox", response=IncomingPage, summary="What came in to my unit")
def list_incoming(
    request: SignedIn,
    waiting: Annotated[bool, Query(description="only what asks for a receipt or a reply")] = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Newest first."""
    rows = queries.waiting_in(request.auth) if waiting else queries.received(request.auth)
    return reply(listed(rows, cursor, limit, _incoming))


def _incoming(row: Recipient) -> dict[str, Any]:
    whole = _recipient(row, [])
    names = ("id", "delivered_at", "received_at", "reply_step", "reply_due_at")
    document = row.document
    # Where the issuing unit stands with the others is not the recipient's to know.
    return {name: whole[name] for name in names} | {
        "document": _brief(document) | {"step": "issued"}
    }


def _own(request: SignedIn, pk: int) -> Recipient:
    row = queries.received(request.auth).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有找到这份来文，或不是发给您的单位的。"))
    return row


@router.post("/inbox/{int:id}/receive", response=IncomingOut, summary="Note a receipt")
def receive(request: SignedIn, id: int) -> HttpResponse:
    """Once; receiving again changes nothing."""
    actions.receive(_own(request, id), by=request.auth, at=now())
    return reply(_incoming(_own(request, id)))


@router.post("/inbox/{int:id}/replies", response={201: DocumentReplyOut}, summary="Answer a letter")
def answer(request: SignedIn, id: int, body: PaperReplyIn) -> HttpResponse:
    """In words, or by an issued document of your unit; judged by who asked."""
    own = _seen(request, body.document) if body.document else None
    made = actions.reply(_own(request, id), text=body.text, document=own, by=request.auth, at=now())
    return reply(_reply(made), 201)


@router.post("/replies/{int:id}/verdict", response=DocumentReplyOut, summary="Judge a reply")
def judge(request: SignedIn, id: int, body: ReplyVerdictIn) -> HttpResponse:
    """By the unit that asked; one that is returned gets a new day."""
    row = Reply.objects.visible_to(request.auth).filter(pk=id).first()
    if row is None:
        raise NotFound(_("没有找到这份回复，或不由您的单位认定。"))
    made = actions.judge(row, by=request.auth, at=now(), **body.model_dump())
    return reply(_reply(made))


@router.get("/registers/{int:id}", response=NumberPage, summary="A register of numbers in a year")
def register(
    request: SignedIn, id: int, year: Year = None, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Newest first; void numbers with their reason."""
    row = NumberRegister.objects.visible_to(request.auth).filter(pk=id).first()
    if row is None:
        raise NotFound(_("没有找到这个登记簿，或您看不到它。"))
    return reply(listed(queries.numbers_of(row, year or localdate().year), cursor, limit, _number))


def _number(row: Any) -> dict[str, Any]:
    document = getattr(row, "document", None)
    return {
        "number": str(row), "serial": row.serial, "document": document.pk if document else None,
        "title": document.title if document else "", "is_void": row.is_void, "reason": row.reason,
    }  # fmt: skip


@router.get("/files/{int:id}", summary="A file of a document")
def get_file(request: SignedIn, id: int) -> HttpResponse:
    """What was issued, or an attachment; taking what was issued is written down."""
    row = DocumentFile.objects.visible_to(request.auth).select_related("document").filter(pk=id).first()  # fmt: skip
    if row is None:
        raise NotFound(_("没有找到这个文件，或您看不到它。"))
    if row.slot != "attachment":
        audit(
            actor=request.auth, action="document.download", at=now(), address=address_of(request),
            object=f"{row.document.number} {row.name}", detail={"document": str(row.document_id)},
        )  # fmt: skip
    with row.file.open("rb") as paper:
        found = HttpResponse(paper.read(), content_type="application/octet-stream")
    found["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    return found


@router.get("/{uuid:id}", response=DocumentOut, summary="One document")
def get_document(request: SignedIn, id: UUID) -> HttpResponse:
    """Whole for the unit that writes it; a recipient sees the letter and its own replies."""
    return reply(_whole(request, id))


@router.put("/{uuid:id}", response=DocumentOut, summary="Write a draft anew")
def change(request: SignedIn, id: UUID, body: PaperChangeIn) -> HttpResponse:
    """Only a draft."""
    row = _seen(request, id)
    kept = ("urgency", "secrecy", "secrecy_term", "print_run", "head_org", "contact", "note")
    given = {name: getattr(row, name) for name in kept} | _given(body, row.org)
    actions.change(row, body=body.body, by=request.auth, at=now(), **given)
    return reply(_whole(request, id))


@router.post("/{uuid:id}/steps", response=DocumentOut, summary="Take a document one step on")
def step(request: SignedIn, id: UUID, body: PaperStepIn) -> HttpResponse:
    """`verbs` of the document says which are open to you; nobody approves their own."""
    actions.take_step(
        _seen(request, id), body.verb, note=body.note, serial=body.serial, by=request.auth, at=now()
    )
    return reply(_whole(request, id))


@router.post(
    "/{uuid:id}/files", response={201: DocumentFileOut}, summary="Attach a file to a draft"
)
def attach(
    request: SignedIn,
    id: UUID,
    file: Annotated[
        UploadedFile, File(description="PDF, OFD, Office, picture, ZIP: 20 MB, no macros")
    ],
) -> HttpResponse:
    """A file with macros, or one that is not what its name says, is refused."""
    actions.check_size(file.name or "", file.size or 0)
    upload = actions.Upload(file.name or "", file.read())
    made = actions.attach(_seen(request, id), upload, by=request.auth, at=now())
    return reply(_file(made), 201)
