"""A signed document gets its number, its files, and goes out; replies fall due from then."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.cases.actions import make_move, open_case, system_move
from tongxin.cases.clocks import end_of
from tongxin.cases.models import Case
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org

from ..models import Document, Opinion, Recipient
from ..queries import parts_in, people_at
from .approving import _hash, _locked, _say, _tell
from .drafting import check_deadline
from .files import keep_files
from .numbering import register_for, take_number


class NotSigned(Refused):
    """Only what was signed is numbered and issued."""


def issue(document: Document, *, by, at: datetime, serial: int | None = None) -> Document:
    """Number and issue a signed document: deliver it, start the clocks of the replies, make its files.

    The number, the delivery and the clocks are one transaction; the files follow from what it
    wrote, and are made again on demand should the process die between.

    :raises NotSigned: before it was signed
    :raises NoRegister, NumberIsTaken, NumberSkips: as `numbering`
    :raises DeadlinePassed: if replies would be overdue when the letter arrives
    """
    document = _issued(document, by=by, at=at, serial=serial)
    keep_files(document, at=at)
    return document


@transaction.atomic
def _issued(document: Document, *, by, at: datetime, serial: int | None) -> Document:
    document = _locked(document)
    if document.step != "signed":
        raise NotSigned(_("签发后的公文才能编号印发。"))
    check_deadline(document.reply_by, at)
    if document.number is None:
        register = register_for(document.org, document.kind.code)
        document.number = take_number(register, by=by, at=at, serial=serial)
    document.issued_on, document.issued_at, document.issued_by = localtime(at).date(), at, by
    document.save(update_fields=["number", "issued_on", "issued_at", "issued_by"])
    said = _say(document, Opinion.Step.ISSUE, str(document.number), by=by, at=at)
    _deliver(document, at=at)
    make_move(document.case, "issue", at=at, actor=by, parts=parts_in(by, document))
    document.case = Case.objects.get(pk=document.case_id)
    if document.replaces:
        _supersede(document.replaces, at=at)
    _tell(document, [document.drafter], _("已印发"), f"issued:{_hash(said)[:8]}", at)
    return document


def _deliver(document: Document, *, at: datetime) -> None:
    document.recipients.update(delivered_at=at)
    for row in document.recipients.select_related("org"):
        if row.org is None:
            continue  # it gets the paper
        row.delivered_at = at
        if document.reply_by and row.part == Recipient.Part.MAIN:
            _owe(document, row, row.org, document.reply_by, at=at)
        _tell(document, people_at(row.org.pk), _("收到来文"), f"in:{row.pk}", at)


def _owe(document: Document, row: Recipient, org: Org, reply_by: date, *, at: datetime) -> None:
    # It lies on the land of the unit that asks: the neighbours of the one asked see nothing of it.
    row.case = open_case(
        kind="document_reply", title=_("回复：%s") % document.number, region=document.org.region, at=at,
        reporter=document.drafter, handler=org, parent=document.case, is_private=True,
    )  # fmt: skip
    row.save(update_fields=["case"])
    system_move(row.case, "deliver", at=at, until=end_of(reply_by))


def _supersede(old: Document, *, at: datetime) -> None:
    """Release who still owes a reply to what was revoked or replaced; it stays to be read."""
    for row in old.recipients.filter(case__closed_at__isnull=True, case__isnull=False):
        if row.case:
            system_move(row.case, "cancel", at=at)
    case = Case.objects.get(pk=old.case_id)
    if case.step == "issued":
        system_move(case, "finish", at=at)
