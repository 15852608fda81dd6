"""What came in: receipt noted, a reply given, and judged by who asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.cases.actions import make_move, system_move
from tongxin.cases.clocks import end_of
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import Document, Recipient, Reply
from ..queries import parts_in, people_at
from ..scope import desks_of
from .approving import _tell
from .drafting import check_deadline
from .files import Upload, attach

TEXT_LIMIT = 10_000


class NothingOwed(Refused):
    """No reply is asked of this unit now: none was, or it was given."""


class NotYetIssued(Refused):
    """A reply refers to a document of the unit's own that is not issued."""


@transaction.atomic
def receive(recipient: Recipient, *, by, at: datetime) -> Recipient:
    """Note that the letter was received (签收), once, by somebody at the unit's desk."""
    row = _own(recipient, by)
    if row.received_at is None:
        row.received_at, row.received_by = at, by
        row.save(update_fields=["received_at", "received_by"])
        system_move(row.document.case, "receive", at=at)
    return row


@transaction.atomic
def reply(
    recipient: Recipient,
    *,
    by,
    at: datetime,
    text: str = "",
    document: Document | None = None,
    files: Iterable[Upload] = (),
) -> Reply:
    """Answer a letter for one's unit: in words, with attachments, or by a document of one's own.

    :raises NothingOwed: if no reply is asked, or one waits to be judged
    :raises NotYetIssued: for a document that is not issued, or is not the unit's
    """
    row = _own(recipient, by)
    if row.case is None or row.case.step != "asked":
        raise NothingOwed(_("这份来文现在不需要您的单位回复，或已回复待认定。"))
    text = clean_text(text, limit=TEXT_LIMIT, field_label=_("回复内容"), multiline=True)
    if not text and document is None:
        raise Invalid(_("请填写回复内容，或选择本单位印发的复函。"), field="text")
    if document is not None and (document.org_id != row.org_id or not document.is_issued):
        raise NotYetIssued(_("只能选择本单位已经印发的公文作为复函。"), field="document")
    receive(row, by=by, at=at)
    is_late = row.case.due_at is not None and row.case.due_at < at
    made = Reply.objects.create(
        recipient=row, text=text, document=document, at=at, by=by, is_late=is_late
    )
    for n, upload in enumerate(files):
        attach(row.document, upload, by=by, at=at, reply=made, order=n)
    make_move(row.case, "answer", at=at, actor=by, parts=frozenset({"recipient"}))
    _tell(row.document, _asking(row.document), _("%s 已回复") % row.name, f"reply:{made.pk}", at)
    return made


@transaction.atomic
def judge(
    reply: Reply, *, accepted: bool, by, at: datetime, note: str = "", reply_by: date | None = None
) -> Reply:
    """Say whether a reply suffices; if not, what is missing and by when.

    :raises NotFound: for who is not of the unit that asked
    :raises NothingOwed: if it was judged already
    :raises DeadlinePassed: for a new day that is over
    """
    row = Reply.objects.select_for_update(of=("self",)).get(pk=reply.pk)
    recipient = Recipient.objects.select_related("document__org", "case", "org").get(pk=row.recipient_id)  # fmt: skip
    document = recipient.document
    parts = parts_in(by, document)
    if "issuer" not in parts or recipient.case is None:
        raise NotFound(_("没有找到这份回复，或不由您的单位认定。"))
    if row.verdict or recipient.case.step != "replied":
        raise NothingOwed(_("这份回复已经认定过了。"))
    row.verdict_note = clean_text(note, limit=500, field_label=_("认定意见"), required=not accepted)
    row.verdict = Reply.Verdict.ACCEPTED if accepted else Reply.Verdict.RETURNED
    row.judged_at, row.judged_by = at, by
    row.save()
    if accepted:
        make_move(recipient.case, "accept", at=at, actor=by, parts=parts)
        _finish(document, at=at)
        title = _("回复已认定")
    else:
        if reply_by is None:
            raise Invalid(_("退回补充时请写明新的回复期限。"), field="reply_by")
        check_deadline(reply_by, at)
        make_move(recipient.case, "ask_again", at=at, actor=by, parts=parts, until=end_of(reply_by))
        title = _("回复被退回，请补充")
    _tell(document, people_at(recipient.org_id or 0), title, f"judged:{row.pk}", at)
    return row


def _finish(document: Document, *, at: datetime) -> None:
    case = Case.objects.get(pk=document.case_id)
    if case.step == "issued" and not case.open_children:
        system_move(case, "finish", at=at)


@transaction.atomic
def extend_reply(recipient: Recipient, *, reply_by: date, by, at: datetime) -> None:
    """Give a recipient more time; only a later day, by the unit that asked."""
    row, case = _asked_by_us(recipient, by)
    check_deadline(reply_by, at)
    if case.due_at and end_of(reply_by) <= case.due_at:
        raise Invalid(_("新的期限应晚于原来的期限。"), field="reply_by")
    # The case is the recipient's meanwhile, and not in the issuer's sight: the action is its warrant.
    parts, until = frozenset({"issuer"}), end_of(reply_by)
    make_move(case, "extend", at=at, actor=None, parts=parts, until=until, tags=[str(by.pk)])
    _tell(
        row.document,
        people_at(row.org_id or 0),
        _("回复期限已延长"),
        f"more:{reply_by}:{row.pk}",
        at,
    )


@transaction.atomic
def urge(recipient: Recipient, *, by, at: datetime) -> None:
    """Remind a recipient of the reply it owes, at most once a day."""
    row, case = _asked_by_us(recipient, by)
    _tell(
        row.document, people_at(row.org_id or 0), _("请尽快回复"), f"urge:{at.date()}:{row.pk}", at
    )
    system_move(case, "urge", at=at)


def _asked_by_us(recipient: Recipient, by) -> tuple[Recipient, Case]:
    row = _locked(recipient)
    if "issuer" not in parts_in(by, row.document):
        raise NotPermitted(_("只有发文单位能催办或延期。"))
    if row.case is None or row.case.step != "asked":
        raise NothingOwed(_("这个单位现在没有待回复的来文。"))
    return row, row.case


def _locked(recipient: Recipient) -> Recipient:
    rows = Recipient.objects.select_for_update(of=("self",))
    return rows.select_related("document__case", "document__org", "document__kind", "document__drafter", "case", "org").get(pk=recipient.pk)  # fmt: skip


def _own(recipient: Recipient, by) -> Recipient:
    row = _locked(recipient)
    if row.org_id not in desks_of(by) or row.delivered_at is None:
        raise NotFound(_("没有找到这份来文，或不是发给您的单位的。"))
    return row


def _asking(document: Document):
    """Return who is told of a reply: the drafter, or the unit's desk once they have left it."""
    desk = people_at(document.org_id)
    return [document.drafter] if desk.filter(pk=document.drafter_id).exists() else list(desk)
