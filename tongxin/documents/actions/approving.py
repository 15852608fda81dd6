"""A draft goes on: handed to review, countersigned, signed, sent back with a reason, or given up."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.cases.actions import make_move, open_case, system_move
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..filling import blanks
from ..models import Countersign, Document, Opinion
from ..queries import asked_now, may_review_for, may_sign_for, parts_in, people_at
from ..scope import DESK_ROLES, REVIEWERS, SIGNERS, roles_in
from .drafting import check_deadline, locked_draft, print_of

OPINION_LIMIT = 500


class NotFinished(Invalid):
    """The draft still has places to fill, or lacks what its kind asks for."""


class NobodyReads(Refused):
    """A recipient of this house has nobody at its desk: the letter would lie there."""


class NobodyApproves(Refused):
    """The unit has nobody beside the drafter who could check or sign."""


class OwnDraft(NotPermitted):
    """Nobody checks, countersigns or signs what they drafted."""


@transaction.atomic
def submit(document: Document, *, by, at: datetime, note: str = "") -> Document:
    """Hand a draft to whoever checks it (核稿).

    :raises NotFinished: naming what is still to fill
    :raises NobodyReads, NobodyApproves: if it could go no further
    :raises DeadlinePassed: if the day of the reply has come and gone meanwhile
    """
    document = locked_draft(document, by)
    _check_words(document)
    check_deadline(document.reply_by, at)
    _check_people(document)
    _say(document, Opinion.Step.SUBMIT, note, by=by, at=at)
    make_move(document.case, "submit", at=at, actor=by, parts=frozenset({"drafter"}))
    _tell(
        document, may_review_for(document.org, but=document.drafter_id), _("待核稿"), "review", at
    )
    return document


def _check_words(document: Document) -> None:
    if not document.body:
        raise NotFinished(_("正文还是空的。"), field="body")
    if left := blanks(f"{document.title}\n{document.body}"):
        raise NotFinished(
            _("还有 %(n)d 处没有填写：%(names)s。") % {"n": len(left), "names": "、".join(left)},
            field="body",
            remedy=_("请在正文里找到“〔待填：…〕”，填写或删去后再送核稿。"),
        )
    if document.secrecy and not document.print_run:
        # 党政机关公文处理工作条例, article 9 (1).
        raise NotFinished(_("涉密公文应当标注份号，请填写印制份数。"), field="print_run")
    main = document.recipients.filter(part="main").exists()
    if document.reply_by and not main:
        raise NotFinished(_("要求回复的公文应有主送单位。"), field="recipients")
    if document.kind.asks_reply and not (main and document.reply_by):
        raise NotFinished(
            _("%s应写明主送单位和回复期限。") % document.kind.name,
            field="reply_by" if main else "recipients",
        )


def _check_people(document: Document) -> None:
    units = [(row.org, row.name) for row in document.recipients.select_related("org") if row.org]
    asked = list(document.countersigns.select_related("org"))
    units += [(row.org, row.org.name) for row in asked if not row.is_joint]
    staffed = {org for org, _name in units if people_at(org.pk).exists()}
    if lonely := [name for org, name in units if org not in staffed]:
        raise NobodyReads(
            _("%s没有可以收文、办文的人员，发出后没有人能看到。") % "、".join(lonely),
            field="recipients",
            remedy=_("请管理员先为该单位设置经办岗位，或改为其他单位。"),
        )
    for row in asked:
        if row.is_joint and not may_sign_for(row.org, but=document.drafter_id).exists():
            raise NobodyApproves(
                _("联合行文单位“%s”没有领导或书记岗位，无人能代表它会签。") % row.org.name,
                field="joint",
                remedy=_("请管理员先为该单位设置领导或书记岗位。"),
            )
    for found, word in (
        (may_review_for(document.org, but=document.drafter_id), _("核稿")),
        (may_sign_for(document.org, but=document.drafter_id), _("签发")),
    ):
        if not found.exists():
            raise NobodyApproves(
                _("“%(unit)s”除拟稿人外没有可以%(word)s的岗位，公文无法送审。")
                % {"unit": document.org.name, "word": word},
                remedy=_(
                    "核稿由管理员、领导、监督员、书记、委员、组织员岗位办理，签发由领导或书记岗位办理。"
                ),
            )


@transaction.atomic
def review(document: Document, *, by, at: datetime, note: str = "") -> Document:
    """Pass a draft that was checked: on to the units asked, or to whoever signs.

    :raises OwnDraft: for the drafter
    """
    document = _locked(document)
    said = _say(document, Opinion.Step.REVIEW, note or "已核，拟同意。", by=by, at=at)
    _move(document, "review", by=by, at=at, said=said)
    asked = document.countersigns.filter(agreed_at__isnull=True).select_related("org").order_by("order")  # fmt: skip
    for row in asked:
        _ask(document, row, by=by, at=at)
    if not asked:
        _tell(
            document, may_sign_for(document.org, but=document.drafter_id), _("待签发"), "sign", at
        )
    return document


def _ask(document: Document, row: Countersign, *, by, at: datetime) -> None:
    words = _("联合行文会签：%(unit)s %(kind)s") if row.is_joint else _("会签：%(unit)s %(kind)s")
    name = words % {"unit": document.org.name, "kind": document.kind.name}
    row.case = open_case(
        kind="document_countersign", title=name[:120], region=document.org.region, at=at, actor=by,
        reporter=document.drafter, handler=row.org, parent=document.case, is_private=True,
    )  # fmt: skip
    row.asked_at = at
    row.save(update_fields=["case", "asked_at"])
    # For a unit that issues it too, its head signs: 党政机关公文处理工作条例, article 22.
    readers = people_at(row.org_id, SIGNERS if row.is_joint else DESK_ROLES)
    title = _("请联合会签") if row.is_joint else _("请会签")
    _tell(document, readers, title, f"countersign:{row.case.pk.hex[-12:]}", at)


@transaction.atomic
def countersign(
    document: Document, *, by, at: datetime, agrees: bool = True, note: str = ""
) -> Document:
    """Give the opinion of one's unit; the last agreement sends it to whoever signs, an objection back.

    :raises NotFound: if one's unit is not asked, or has answered
    :raises OwnDraft: for the drafter
    """
    document = _locked(document)
    row = asked_now(by).filter(document=document).select_related("org", "case").first()
    if row is None or row.case is None:
        raise NotFound(_("没有请您的单位会签，或已经会签过。"))
    _refuse_own(document, by)
    note = _opinion(note, needed=not agrees) or "同意。"
    said = _say(document, Opinion.Step.COUNTERSIGN, note, by=by, at=at, agrees=agrees, org=row.org)
    parts = frozenset({"countersigner"})
    name = "agree" if agrees else "object"
    make_move(row.case, name, at=at, actor=by, parts=parts, tags=[_hash(said)])
    if not agrees:
        _take_back(document, at=at)
        system_move(document.case, "send_back", at=at)
        _tell(document, [document.drafter], _("会签单位有不同意见，已退回"), f"back:{said.pk}", at)
        return document
    row.agreed_at, row.agreed_by = at, by
    row.save(update_fields=["agreed_at", "agreed_by"])
    if not document.countersigns.filter(agreed_at__isnull=True).exists():
        system_move(document.case, "countersigned", at=at)
        _tell(
            document, may_sign_for(document.org, but=document.drafter_id), _("待签发"), "sign", at
        )
    return document


@transaction.atomic
def sign(document: Document, *, by, at: datetime, note: str = "") -> Document:
    """Sign a document for the unit (签发): by a leader or secretary of it, never by who drafted.

    :raises OwnDraft: for the drafter
    """
    document = _locked(document)
    said = _say(document, Opinion.Step.SIGN, note or "同意签发。", by=by, at=at)
    _move(document, "sign", by=by, at=at, said=said)
    document.signer, document.signed_at = by, at
    document.save(update_fields=["signer", "signed_at"])
    _tell(document, [document.drafter], _("已签发，待编号印发"), "signed", at)
    return document


@transaction.atomic
def send_back(document: Document, *, by, at: datetime, note: str) -> Document:
    """Send a document back to its drafter with what is to mend; units asked meanwhile are released."""
    document = _locked(document)
    step = {"reviewing": Opinion.Step.REVIEW, "countersigning": Opinion.Step.REVIEW}
    where = step.get(document.step, Opinion.Step.SIGN)
    said = _say(document, where, _opinion(note, needed=True), by=by, at=at, agrees=False)
    _take_back(document, at=at)
    _move(document, "send_back", by=by, at=at, said=said)
    _tell(document, [document.drafter], _("已退回修改"), f"back:{said.pk}", at)
    return document


@transaction.atomic
def void(document: Document, *, by, at: datetime, reason: str) -> Document:
    """Give a document up before it is issued; a number it has stays taken, void, with the reason."""
    document = _locked(document)
    reason = clean_text(reason, limit=200, field_label=_("作废原因"), required=True)
    said = _say(document, Opinion.Step.VOID, reason, by=by, at=at, agrees=False)
    _take_back(document, at=at)
    _move(document, "void", by=by, at=at, said=said)
    if document.number:
        document.number.is_void, document.number.reason = True, reason
        document.number.save(update_fields=["is_void", "reason"])
    return document


def _take_back(document: Document, *, at: datetime) -> None:
    """Release the units asked: what they agreed to will not stand as it was."""
    for row in document.countersigns.filter(case__step="asked").select_related("case"):
        if row.case:
            system_move(row.case, "cancel", at=at)
    document.countersigns.update(agreed_at=None, agreed_by=None, case=None)


def _locked(document: Document) -> Document:
    rows = Document.objects.select_for_update(of=("self",))
    return rows.select_related("case", "org", "kind", "drafter", "number").get(pk=document.pk)


def _move(document: Document, name: str, *, by, at: datetime, said: Opinion) -> None:
    parts = parts_in(by, document)
    if not parts & {"reviewer", "signer"} and name in ("review", "sign", "send_back"):
        _refuse_own(document, by)
    make_move(document.case, name, at=at, actor=by, parts=parts, tags=[_hash(said)])
    document.case = Case.objects.get(pk=document.case_id)


def _refuse_own(document: Document, by) -> None:
    if by.pk == document.drafter_id:
        raise OwnDraft(_("拟稿人不能核稿、会签或签发自己拟的公文，请由其他人员办理。"))


def _opinion(note: str, *, needed: bool = False) -> str:
    return clean_text(note, limit=OPINION_LIMIT, field_label=_("意见"), required=needed)


def _say(
    document: Document, step: str, note: str, *, by, at: datetime, agrees: bool = True, org=None
) -> Opinion:
    """Write a line of the approval sheet: what was said of which words, in which post."""
    org = org or document.org
    held = roles_in(by, org.pk)
    ranks = {"sign": SIGNERS, "review": REVIEWERS}.get(step, DESK_ROLES)
    role = next((role for role in (*ranks, *DESK_ROLES) if role in held), "")
    return Opinion.objects.create(
        document=document, step=step, agrees=agrees, text=_opinion(note), at=at, by=by, org=org,
        role=role, read=print_of(document),
    )  # fmt: skip


def _hash(said: Opinion) -> str:
    """Return what the event of the case keeps of an opinion: its hash, not its words."""
    words = [said.step, str(said.agrees), said.text, said.read]
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()


def _tell(document: Document, users, title, key: str, at: datetime) -> None:
    tell(
        users=users,
        title=_("%(title)s：%(document)s") % {"title": title, "document": document.title},
        text=_("%(unit)s · %(kind)s") % {"unit": document.org.name, "kind": document.kind.name},
        url=reverse("documents:document", args=[document.pk]),
        key=f"document:{document.pk.hex}:{key}:{document.case.length}"[:80],
        at=at,
    )
