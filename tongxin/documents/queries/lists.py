"""Lists of documents: whose turn it is, what a unit wrote, what came in; and what may be done now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.ui.paging import bad_cursor

from ..models import (
    Countersign,
    Document,
    DocumentKind,
    DocumentNumber,
    NumberRegister,
    Recipient,
    Reply,
    written_by,
)
from ..scope import REVIEWERS, SIGNERS, desks_of
from .parts import parts_in, reads_as_recipient_only


def units_with(actor, roles: Iterable[str]) -> list[int]:
    return sorted({post.org_id for post in posts_of(actor) if post.role in roles})


def asked_now(actor) -> QuerySet[Countersign]:
    """Return the countersignings that wait for the actor; one of a joint paper waits for a head."""
    mine = Q(is_joint=False, org__in=desks_of(actor))
    mine |= Q(is_joint=True, org__in=units_with(actor, SIGNERS))
    return Countersign.objects.filter(mine, case__step="asked").order_by("order", "pk")


def my_turn(actor) -> QuerySet[Document]:
    """Return the documents that wait for the actor: to finish, check, countersign, sign, issue, judge."""
    desks = desks_of(actor)
    not_mine = ~Q(drafter=actor.pk)
    asked = asked_now(actor).filter(document=OuterRef("pk"))
    replied = Recipient.objects.filter(document=OuterRef("pk"), case__step="replied")
    turn = Q(case__step="drafted", drafter=actor.pk)
    turn |= Q(case__step="reviewing", org__in=units_with(actor, REVIEWERS)) & not_mine
    turn |= Q(case__step="signing", org__in=units_with(actor, SIGNERS)) & not_mine
    turn |= Q(case__step="signed", org__in=desks)
    turn |= Q(Exists(asked), case__step="countersigning") & not_mine
    turn |= Q(Exists(replied), case__step="issued", org__in=desks)
    return Document.objects.visible_to(actor).filter(turn)


def received(actor) -> QuerySet[Recipient]:
    """Return what came in to the units at whose desk the actor sits."""
    rows = Recipient.objects.filter(org__in=desks_of(actor), delivered_at__isnull=False)
    return rows.select_related(
        "document__kind", "document__org", "document__number__register", "org", "case"
    )


OWED = Q(case__step="asked")
UNREAD = Q(received_at__isnull=True)


def waiting_in(actor) -> QuerySet[Recipient]:
    """Return what came in and still asks something: to be received, or to be answered."""
    return received(actor).filter(OWED | UNREAD)


def counts(actor) -> dict[str, int]:
    """Return {"mine", "inbox"}: what the tabs count. One query."""
    found = [
        rows.order_by().annotate(of=Value(name)).values("of").annotate(n=Count("pk")).values_list("of", "n")
        for name, rows in (("mine", my_turn(actor)), ("inbox", waiting_in(actor).select_related(None)))
    ]  # fmt: skip
    return {"mine": 0, "inbox": 0} | dict(found[0].union(found[1], all=True))


def with_reply_figures(rows: QuerySet[Document]) -> QuerySet[Document]:
    """Add to each how many replies are owed and how many were judged sufficient."""
    return rows.annotate(
        asked=Count("recipients", filter=Q(recipients__case__isnull=False), distinct=True),
        answered=Count("recipients", filter=Q(recipients__case__step="accepted"), distinct=True),
        waiting=Count("recipients", filter=Q(recipients__case__step="replied"), distinct=True),
    )


def listed_documents(actor, *, kind: str = "", step: str = "", org: int = 0, words: str = "", late_at: datetime | None = None) -> QuerySet[Document]:  # fmt: skip
    """Return the documents of the units the actor writes for or oversees, or issues too, narrowed as asked."""
    issued_too = Countersign.objects.filter(
        document=OuterRef("pk"), org__in=desks_of(actor), is_joint=True, asked_at__isnull=False
    )
    rows = Document.objects.visible_to(actor).filter(written_by(actor) | Q(Exists(issued_too)))
    if kind:
        rows = rows.filter(kind__code=kind)
    if step:
        rows = rows.filter(case__step=step)
    if org:
        rows = rows.filter(org=org)
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(source_label__icontains=words))
    if late_at:
        owed = Recipient.objects.filter(document=OuterRef("pk"), case__step="asked", case__due_at__lte=late_at)  # fmt: skip
        rows = rows.filter(Exists(owed))
    return rows.select_related("kind", "org", "case", "drafter", "number__register")


def units_written_for(actor) -> QuerySet[Org]:
    """Return the units in whose name the actor may draft: their own desks' first."""
    return Org.objects.filter(pk__in=desks_of(actor), dissolved_on=None).order_by("name")


def about(actor, kind: str, pk: str) -> QuerySet[Document]:
    """Return the documents about a source that the actor may read."""
    rows = Document.objects.visible_to(actor).filter(source_kind=kind, source_id=pk)
    return rows.select_related("kind", "case", "org", "number__register").order_by("-id")


@dataclass(frozen=True)
class Verb:
    """Something the actor may do now; `needs_note` what must be said with it."""

    name: str
    label: str
    needs_note: bool = False
    is_main: bool = False


def verbs_for(actor, document: Document) -> list[Verb]:
    """Return what the actor may do with a document now: the page's buttons and the API's `verbs`."""
    parts, step = parts_in(actor, document), document.case.step
    found: list[Verb] = []
    if step == "drafted" and "registrar" in parts:
        found = [
            Verb("submit", _("送核稿"), is_main=True),
            Verb("void", _("作废"), needs_note=True),
        ]
    elif step == "reviewing" and "reviewer" in parts:
        found = [
            Verb("review", _("核稿通过"), is_main=True),
            Verb("send_back", _("退回修改"), True),
        ]
    elif step == "signing" and "signer" in parts:
        found = [Verb("sign", _("签发"), is_main=True), Verb("send_back", _("退回修改"), True)]
    elif step == "signed" and "registrar" in parts:
        found = [Verb("issue", _("编号印发"), is_main=True), Verb("void", _("作废"), True)]
    elif step == "countersigning":
        asked = asked_now(actor).filter(document=document)
        if actor.pk != document.drafter_id and asked.exists():
            found = [
                Verb("agree", _("同意"), is_main=True),
                Verb("object", _("提出不同意见"), True),
            ]
        elif "reviewer" in parts:
            found = [Verb("send_back", _("退回修改"), True)]
    return found


def replies_seen(actor, document: Document) -> QuerySet[Reply]:
    """Return the replies the actor may read: all for who asked, a recipient its own unit's."""
    rows = Reply.objects.filter(recipient__document=document)
    if reads_as_recipient_only(actor, document):
        rows = rows.filter(recipient__org__in=desks_of(actor))
    return rows.select_related("by", "judged_by", "document", "recipient__org").order_by("id")


def units_named(names: Iterable[str], near: Org) -> dict[str, Org]:
    """Return the units of this house that bear a name; of several, the one nearest to `near`."""
    wanted = list(dict.fromkeys(names))
    rows = Org.objects.public().filter(name__in=wanted).select_related("region")
    home = near.region.path.split("/")
    found: dict[str, tuple[int, Org]] = {}
    for org in rows:
        shared = sum(a == b for a, b in zip(home, org.region.path.split("/"), strict=False))
        if org.name not in found or shared > found[org.name][0]:
            found[org.name] = (shared, org)
    return {name: org for name, (_n, org) in found.items()}


def kinds_in_use(at: datetime) -> list[DocumentKind]:
    """Return the kinds that may be written, in the version that holds; working papers first."""
    rows = DocumentKind.objects.filter(is_active=True, effective_from__lte=localtime(at).date())
    latest = {row.code: row for row in rows.order_by("effective_from", "version")}
    return sorted(latest.values(), key=lambda row: (row.is_statutory, row.pk))


def numbers_of(
    register: NumberRegister, year: int, *, oldest: bool = False
) -> QuerySet[DocumentNumber]:
    """Return the numbers taken in a year, newest first unless `oldest`, each with its document."""
    rows = DocumentNumber.objects.filter(register=register, year=year)
    related = ("register", "document__kind", "document__signer", "document__drafter", "document__case", "taken_by")  # fmt: skip
    rows = rows.select_related(*related).prefetch_related("document__recipients")
    return rows.order_by("serial" if oldest else "-serial")


def register_line(number: DocumentNumber) -> list[Any]:
    """Return a line of the register as it is taken out."""
    document = getattr(number, "document", None)
    if document is None:
        return [str(number), "", "", "", "", None, "", None, _("作废：%s") % number.reason]
    main = "、".join(row.name for row in document.recipients.all() if row.part == "main")
    void = _("作废：%s") % number.reason if number.is_void else ""
    signer = document.signer.name if document.signer else ""
    return [
        str(number), document.title, document.kind.name, main, signer, document.issued_on,
        document.drafter.name, document.reply_by, void,
    ]  # fmt: skip


def documents_check(units: list[Org], on: date) -> list[dict[str, Any]]:
    """Return what units owe: replies to what came in, papers that wait for a step.

    Each is {"unit", "kind", "sentence", "due", "url"}; the sentence names the number, never what the
    paper is about: a to-do is read by more people than a letter.
    """
    known = {unit.pk: unit for unit in units}
    owed = Recipient.objects.filter(org__in=known, case__step="asked")
    found = []
    for row in owed.select_related("document__number__register", "case").order_by("pk"):
        due = localtime(row.case.due_at - timedelta(seconds=1)).date() if row.case and row.case.due_at else None  # fmt: skip
        words = _("来文待回复：%s") % row.document.number
        found.append(_due(known[row.org_id or 0], "reply", words, due, row.document_id))
    waiting = Document.objects.filter(org__in=known, case__step__in=WAITING).select_related("case", "kind")  # fmt: skip
    for document in waiting.order_by("pk"):
        step = document.case.flow.step_of[document.case.step].label
        words = _("%(kind)s%(step)s") % {"kind": document.kind.name, "step": step}
        due = localtime(document.case.due_at).date() if document.case.due_at else None
        found.append(_due(known[document.org_id], document.case.step, words, due, document.pk))
    return found


WAITING = ("reviewing", "signing", "signed")


def _due(unit: Org, kind: str, sentence: str, due: date | None, pk: UUID) -> dict[str, Any]:
    url = reverse("documents:document", args=[pk])
    return {"unit": unit, "kind": kind, "sentence": sentence, "due": due, "url": url}


def page_by_uuid(rows: QuerySet[Document], cursor: str, size: int) -> tuple[list[Document], str]:
    """Return a page of documents, newest first, and the cursor of the next ("" at the end).

    :raises BadCursor: for a cursor that no page gave
    """
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else ""
