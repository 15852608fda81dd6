"""A document is drafted: from a template and what is known, then by hand until it is handed on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.cases.actions import open_case
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..filling import fill, sample_text
from ..models import Document, DocumentTemplate, Recipient
from ..queries import writes_for
from .heads import clean_heads, set_countersigns
from .kinds import kind_of

BODY_LIMIT, TITLE_LIMIT = 60_000, 200
MOST_RECIPIENTS = 200


class NotADraft(Refused):
    """Only a draft can be changed: what was handed on must come back first."""


class DeadlinePassed(Invalid):
    """The day by which a reply is asked lies before today."""


class RecipientTwice(Invalid):
    """One unit stands twice among those it goes to."""


@dataclass(frozen=True)
class To:
    """A unit the document goes to: of this house (`org`), or by its name alone."""

    org: Org | None
    name: str
    part: str = "main"


@transaction.atomic
def draft(
    *,
    kind: str,
    org: Org,
    title: str = "",
    recipients: Iterable[Any] = (),
    context: Mapping[str, Any],
    template: DocumentTemplate | None = None,
    by,
    at: datetime,
    source: Sequence[str] = ("", "", "", ""),
    reply_by: date | None = None,
    countersigns: Iterable[Org] = (),
    replaces: Document | None = None,
    is_revocation: bool = False,
    key: str | None = None,
    joint: Iterable[Org] = (),
    **heads: Any,
) -> Document:
    """Begin a document of a kind in the name of `org`; what the template asks and nobody knows is left to fill.

    `recipients` are units, names, `To`, or pairs of a unit or name and "main" or "copy". `context`
    fills the template by code or name of the field; "body" is a body ready made. `source` is the
    kind, id, label and address of what it is about. The same `key` begins one document. `joint` are
    the units that issue it too (联合行文), in their order; `heads` as `heads.clean_heads`.

    :raises UnknownKind: if there is no such kind
    :raises NotPermitted: for who has no post at the unit's desk or above it
    :raises DeadlinePassed: for a reply asked by a day that is over
    """
    if not writes_for(by, org):
        raise NotPermitted(
            _("您在“%s”没有办文的岗位，不能以它的名义拟文。") % org.name, field="org"
        )
    if key and (made := Document.objects.filter(key=key[:120]).first()):
        return made
    row = kind_of(kind, at=at)
    check_deadline(reply_by, at)
    tos = read_recipients(recipients)
    facts = known_facts(context, org=org, tos=tos, kind=row.name, reply_by=reply_by, source=source)
    asked_title, body = _words_of(row.code, template, facts)
    document = Document(
        id=uuid7(at),
        kind=row,
        org=org,
        drafter=by,
        drafted_at=at,
        title=clean_text(
            title or asked_title, limit=TITLE_LIMIT, field_label=_("标题"), required=True
        ),
        body=clean_text(body, limit=BODY_LIMIT, field_label=_("正文"), multiline=True),
        template=template,
        context={name: _kept(value) for name, value in context.items() if name != "body"},
        reply_by=reply_by,
        replaces=replaces,
        is_revocation=is_revocation,
        key=key[:120] if key else None,
        **_source(source),
        **clean_heads(heads),
    )
    try:
        with transaction.atomic():
            document.case = _open(document, at, by)
            document.save(force_insert=True)
            _write_recipients(document, tos)
            set_countersigns(document, countersigns, joint)
    except IntegrityError:
        if not key:
            raise
        return Document.objects.get(key=key[:120])
    return document


def _open(document: Document, at: datetime, by) -> Case:
    """Open its case. The title of a case is read by more people than a draft: it names the kind only."""
    name = _("%(unit)s %(kind)s") % {"unit": document.org.name, "kind": document.kind.name}
    return open_case(
        kind="document", title=name[:120], region=document.org.region, at=at, actor=by,
        reporter=by, handler=document.org, is_private=True, data={"document": str(document.pk)},
    )  # fmt: skip


def known_facts(context: Mapping[str, Any], *, org, tos, kind, reply_by, source) -> dict[str, Any]:
    main = "、".join(to.name for to in tos if to.part == "main")
    facts = {"org": org.name, "recipients": main, "kind": kind, "reply_by": reply_by, "source": source[2]}  # fmt: skip
    facts = {name: value for name, value in facts.items() if value}
    given = {name: value for name, value in context.items() if value not in (None, "", [], ())}
    found = facts | given
    if isinstance(found.get("findings"), list | tuple):
        found.setdefault("counts", len(found["findings"]))
    return found


def _words_of(code: str, template: DocumentTemplate | None, facts: dict) -> tuple[str, str]:
    title, body = (template.title, template.body) if template else sample_text(code)
    if "body" in facts:
        body = str(facts["body"])
    else:
        body = fill(body, facts)
    return fill(title or sample_text(code)[0], facts)[:TITLE_LIMIT], body


def _kept(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_kept(item) for item in value]
    return (
        value.isoformat()
        if isinstance(value, date)
        else value
        if isinstance(value, int)
        else str(value)
    )


def _source(source: Sequence[str]) -> dict[str, str]:
    kind, pk, label, url = [*(str(word) for word in source), "", "", "", ""][:4]
    if url and not (url.startswith("/") and not url.startswith("//")):
        raise Invalid(_("来源的地址应是本系统内的路径。"), field="source")
    return {
        "source_kind": kind[:30], "source_id": pk[:64], "source_label": label[:120],
        "source_url": url[:200],
    }  # fmt: skip


def check_deadline(reply_by: date | None, at: datetime) -> None:
    """:raises DeadlinePassed: if it lies before the day of `at`"""
    if reply_by is not None and reply_by < localtime(at).date():
        raise DeadlinePassed(
            _("回复期限 %s 已经过去，请改为今天或以后的日期。") % reply_by.isoformat(),
            field="reply_by",
        )


def read_recipients(recipients: Iterable[Any]) -> list[To]:
    """Return those it goes to. :raises RecipientTwice: for one named twice"""
    found: dict[str, To] = {}
    for given in recipients:
        to = _to(given)
        if to.name in found:
            raise RecipientTwice(_("“%s”填了两次。") % to.name, field="recipients")
        found[to.name] = to
    if len(found) > MOST_RECIPIENTS:
        raise Invalid(_("一份公文最多 %d 个受文单位。") % MOST_RECIPIENTS, field="recipients")
    return list(found.values())


def _to(given: Any) -> To:
    if isinstance(given, To):
        return given
    who, part = given if isinstance(given, tuple) else (given, "main")
    if part not in Recipient.Part.values:
        raise Invalid(_("受文方式只有主送、抄送。"), field="recipients")
    if isinstance(who, Org):
        return To(who, who.name, part)
    name = clean_text(who, limit=100, field_label=_("受文单位"), required=True)
    return To(None, name, part)


def _write_recipients(document: Document, tos: list[To]) -> None:
    document.recipients.all().delete()
    Recipient.objects.bulk_create(
        Recipient(document=document, order=n, part=to.part, org=to.org, name=to.name)
        for n, to in enumerate(tos)
    )


class NotIssued(Refused):
    """Only what was issued is revoked or replaced: a draft is changed or given up."""


def begin_again(old: Document, *, revokes: bool, by, at: datetime) -> Document:
    """Begin the document that revokes or replaces an issued one: it goes to the same units.

    :raises NotIssued: if the old one was not issued, or has been replaced already
    """
    if not old.is_issued or old.replaced_by.filter(issued_at__isnull=False).exists():
        raise NotIssued(_("只有已印发、尚未被代替的公文可以撤销或代替。"))
    tos = [To(row.org, row.name, row.part) for row in old.recipients.select_related("org").order_by("order")]  # fmt: skip
    # What goes on paper is Chinese, in whatever language its writer has the pages.
    named = f"《{old.title}》（{old.number}）"
    if revokes:
        title = f"关于撤销{named}的通知"
        body = f"因情况变化，现撤销{named}，自本通知印发之日起停止执行。"
        return draft(
            kind="notice", org=old.org, title=title, recipients=tos, context={"body": body}, by=by,
            at=at, replaces=old, is_revocation=True, source=_source_of(old),
        )  # fmt: skip
    body = f"{old.body}\n本文印发后，{named}同时废止。"
    return draft(
        kind=old.kind.code, org=old.org, title=old.title, recipients=tos, context={"body": body},
        by=by, at=at, replaces=old, source=_source_of(old),
    )  # fmt: skip


def _source_of(old: Document) -> tuple[str, str, str, str]:
    return old.source_kind, old.source_id, old.source_label, old.source_url


@transaction.atomic
def change(
    document: Document,
    *,
    title: str,
    body: str,
    recipients: Iterable[Any],
    by,
    at: datetime,
    reply_by: date | None = None,
    countersigns: Iterable[Org] = (),
    joint: Iterable[Org] = (),
    **heads: Any,
) -> Document:
    """Write a draft anew. Only a draft, and only by who drafted it or sits at the unit's desk.

    :raises NotADraft: once it was handed on
    """
    document = locked_draft(document, by)
    check_deadline(reply_by, at)
    document.title = clean_text(title, limit=TITLE_LIMIT, field_label=_("标题"), required=True)
    document.body = clean_text(body, limit=BODY_LIMIT, field_label=_("正文"), multiline=True)
    document.reply_by = reply_by
    for name, text in clean_heads(heads).items():
        setattr(document, name, text)
    document.save()
    _write_recipients(document, read_recipients(recipients))
    set_countersigns(document, countersigns, joint)
    return document


def locked_draft(document: Document, by) -> Document:
    """Lock a draft for who may change it.

    :raises NotPermitted: for others
    :raises NotADraft: once it was handed on
    """
    row = Document.objects.select_for_update(of=("self",)).select_related("case", "org", "kind").get(pk=document.pk)  # fmt: skip
    if row.drafter_id != by.pk and not writes_for(by, row.org):
        raise NotPermitted(_("只有拟稿人和本单位办文人员能修改这份稿子。"))
    if not row.is_draft:
        raise NotADraft(
            _("这份公文已到“%s”环节，不能再改；需要修改的，请先退回拟稿人。")
            % row.case.flow.step_of[row.case.step].label
        )
    return row


def print_of(document: Document) -> str:
    """Return the hash of what an approver reads: title, body, deadline, to whom, how secret, with whom."""
    words = [document.title, document.body, str(document.reply_by or "")]
    names = document.recipients.order_by("order").values_list("part", "name")
    words += [f"{part} {name}" for part, name in names]
    if document.secrecy:
        words.append(f"{document.secrecy}★{document.secrecy_term}")
    joint = document.countersigns.filter(is_joint=True).order_by("order")
    words += [f"joint {name}" for name in joint.values_list("org__name", flat=True)]
    return hashlib.sha256("\n\x1f".join(words).encode()).hexdigest()
