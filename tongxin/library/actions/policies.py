"""A policy set is put together, each clause says what it causes, units read it, places are held against it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.documents.actions.files import Upload
from tongxin.documents.models import Document
from tongxin.documents.queries import people_at
from tongxin.documents.scope import desks_of
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import Audience, Clause, ClauseLink, Conformity, PolicyDocument, PolicySet
from .common import WrongStep, inside, keep_file, must_write_for, scoped

MOST_CLAUSES, MOST_AUDIENCE, MOST_TEXT = 200, 300, 60_000
Role = PolicyDocument.Role
# 第三条 at the head of a line; else 一、 二、; an article or a head of a Chinese official paper.
ARTICLE = re.compile(r"^(第[〇零一二三四五六七八九十百\d]+条)[ 　]*(.*)$")
HEAD = re.compile(r"^([一二三四五六七八九十]+、)[ 　]*(.*)$")


class SecondMain(Refused):
    """A set has one main document; another replaces it."""


class NoMain(Refused):
    """A set without a main document is not published."""


class WrongDays(Invalid):
    """It ends before it begins, or the new one does not come after the old."""


class NotAsked(NotFound):
    """Nobody of one's unit was asked to read it."""


def split_clauses(text: str) -> list[tuple[str, str]]:
    """Return a text clause by clause: [(第三条, words)]; one of neither articles nor heads is whole."""
    for shape in (ARTICLE, HEAD):
        found: list[tuple[str, list[str]]] = []
        for line in text.splitlines():
            match = shape.match(line.strip())
            if match:
                found.append((match[1].rstrip("、"), [match[2]]))
            elif found and line.strip():
                found[-1][1].append(line.strip())
        if found:
            return [(name, "\n".join(filter(None, lines))) for name, lines in found]
    whole = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    return [(_("全文"), whole)] if whole else []


@transaction.atomic
def begin_set(
    *, org: Org, name: str, by: User, at: datetime, kind: str = PolicySet.Kind.POLICY, note: str = "",
    is_public: bool = True, is_sample: bool = False, key: str = "",
) -> PolicySet:  # fmt: skip
    """Begin a set of documents. :raises NotYourUnit: unless `by` writes for the unit"""
    kept = scoped(by, key)
    if kept and (old := PolicySet.objects.filter(key=kept).first()):
        return old
    must_write_for(by, org, what=_("建立文件体系"))
    if kind not in PolicySet.Kind.values:
        raise Invalid(_("没有这个类型。"), field="kind")
    return PolicySet.objects.create(
        org=org, kind=kind, by=by, at=at, is_public=is_public, is_sample=is_sample, key=kept,
        name=clean_text(name, limit=80, field_label=_("名称"), required=True),
        note=clean_text(note, limit=500, field_label=_("说明"), multiline=True),
    )  # fmt: skip


def _kept(policy_set: PolicySet, by: User, *, what: str) -> PolicySet:
    policy_set = PolicySet.objects.select_for_update(of=("self",)).select_related("org").get(pk=policy_set.pk)  # fmt: skip
    must_write_for(by, policy_set.org, what=what)
    return policy_set


@transaction.atomic
def add_document(
    policy_set: PolicySet, *, role: str, title: str, issuer: str, issued_on: date, effective_from: date,
    by: User, at: datetime, number: str = "", effective_to: date | None = None, subject: str = "",
    text: str = "", upload: Upload | None = None, document: Document | None = None,
    replaces: PolicyDocument | None = None, is_sample: bool = False,
) -> PolicyDocument:  # fmt: skip
    """Add a document, its text cut into clauses; one that `replaces` another ends it the day before.

    `document` is one issued in this house: its text is taken, and its page is linked.

    :raises SecondMain: for a second main document in force
    :raises WrongDays: for days in the wrong order
    :raises Invalid: without any text or file
    """
    policy_set = _kept(policy_set, by, what=_("增加文件"))
    _check_document(role, subject, effective_from, effective_to, document)
    text = clean_text(
        text or (document.body if document else ""),
        limit=MOST_TEXT,
        field_label=_("正文"),
        multiline=True,
    )
    if not text and upload is None:
        raise Invalid(_("请填正文、选公文或上传文件。"), field="text")
    clauses = _clauses(text)
    role, order = _place(policy_set, role, replaces, effective_from)
    made = PolicyDocument(
        set=policy_set, role=role, subject=subject, order=order, issued_on=issued_on,
        effective_from=effective_from, effective_to=effective_to, document=document, by=by, at=at,
        is_sample=is_sample,
        title=clean_text(title, limit=120, field_label=_("标题"), required=True),
        number=clean_text(number, limit=40, field_label=_("文号")),
        issuer=clean_text(issuer, limit=60, field_label=_("印发机关"), required=True),
    )  # fmt: skip
    if upload is not None:
        keep_file(made, upload)
        made.file_name = upload.name[:120]
    if replaces is not None:  # the old one leaves its place before the new one takes it
        made.role = Role.SUPPORTING
        made.save()
        PolicyDocument.objects.filter(pk=replaces.pk).update(replaced_by=made)
        made.role = role
    made.save()
    Clause.objects.bulk_create(
        Clause(document=made, order=n, name=name, text=words)
        for n, (name, words) in enumerate(clauses, start=1)
    )
    return made


def _check_document(role: str, subject: str, since: date, until: date | None, document: Document | None) -> None:  # fmt: skip
    if role not in Role.values or subject not in PolicyDocument.Subject.values:
        raise Invalid(_("没有这个选项。"), field="role")
    if document is not None and not document.is_issued:
        raise Invalid(_("只能选已印发的公文。"), field="document")
    if until is not None and until < since:
        raise WrongDays(_("失效日期在施行日期之前。"), field="effective_to")


def _clauses(text: str) -> list[tuple[str, str]]:
    clauses = split_clauses(text)
    if len(clauses) > MOST_CLAUSES:
        raise Invalid(_("条款最多 %d 条。") % MOST_CLAUSES, field="text")
    if len({name for name, _words in clauses}) != len(clauses):
        raise Invalid(_("正文里有重复的条号，请核对。"), field="text")
    return clauses


def _place(policy_set: PolicySet, role: str, replaces: PolicyDocument | None, on: date) -> tuple[str, int]:  # fmt: skip
    """Return role and order of a new document: those of the one it replaces, or at the end."""
    if replaces is not None:
        _end(policy_set, replaces, on)
        return replaces.role, replaces.order
    if role == Role.MAIN and policy_set.documents.filter(role=role, replaced_by=None).exists():
        raise SecondMain(_("“%s”已有主文件，可以用新文件代替它。") % policy_set.name, field="role")
    return role, (policy_set.documents.aggregate(n=Max("order"))["n"] or 0) + 1


def _end(policy_set: PolicySet, old: PolicyDocument, on: date) -> None:
    old = PolicyDocument.objects.select_for_update().get(pk=old.pk)
    if old.set_id != policy_set.pk:
        raise NotFound(_("被代替的文件不在这套文件里。"), field="replaces")
    if old.replaced_by_id is not None:
        raise WrongStep(_("《%s》已经被代替。") % old.title, field="replaces")
    if on <= old.effective_from:
        raise WrongDays(_("新文件应在旧文件施行之后施行。"), field="effective_from")
    old.effective_to = min(old.effective_to or date.max, on - timedelta(days=1))
    old.save(update_fields=["effective_to"])


@transaction.atomic
def publish_set(policy_set: PolicySet, *, by: User, at: datetime) -> PolicySet:
    """Publish a set. :raises NoMain: without a main document (a set of standards needs none)"""
    policy_set = _kept(policy_set, by, what=_("发布这套文件"))
    if policy_set.published_at is not None:
        raise WrongStep(_("这套文件已经发布。"))
    documents = policy_set.documents.filter(replaced_by=None)
    if policy_set.kind == PolicySet.Kind.POLICY and not documents.filter(role=Role.MAIN).exists():
        raise NoMain(_("还没有主文件，不能发布。"))
    if not documents.exists():
        raise NoMain(_("还没有文件，不能发布。"))
    policy_set.published_at = at
    policy_set.save(update_fields=["published_at"])
    audit(actor=by, action="library.policy", object=policy_set.name, at=at)
    return policy_set


@transaction.atomic
def link_clause(
    clause: Clause,
    *,
    what: str,
    kind: str,
    ref: str,
    label: str,
    by: User,
    at: datetime,
    url: str = "",
) -> ClauseLink:
    """Say what a clause causes: a task, or a rule of the software; the same one once (S3.4, S3.5).

    :raises BadSource: for an address that is not of this site
    """
    _kept(clause.document.set, by, what=_("登记条款的落实"))
    if what not in ClauseLink.What.values:
        raise Invalid(_("请选任务或系统规则。"), field="what")
    given = {
        "label": clean_text(label, limit=120, field_label=_("名称"), required=True),
        "url": inside(url), "by": by, "at": at,
    }  # fmt: skip
    kind = clean_text(kind, limit=30, field_label=_("类别"), required=True)
    ref = clean_text(ref, limit=64, field_label=_("编号或代码"), required=True)
    found = ClauseLink.objects.update_or_create(
        clause=clause, what=what, kind=kind, ref=ref, defaults=given
    )
    return found[0]


@transaction.atomic
def unlink_clause(link: ClauseLink, *, by: User, at: datetime) -> None:
    """Take a link away again; that it stood is in the audit log."""
    _kept(link.clause.document.set, by, what=_("登记条款的落实"))
    detail = {"kind": link.kind, "ref": link.ref, "label": link.label}
    audit(actor=by, action="library.unlink", object=str(link.clause), at=at, detail=detail)
    link.delete()


@transaction.atomic
def ask_to_read(document: PolicyDocument, *, orgs: Sequence[Org], by: User, at: datetime) -> int:
    """Ask units to read a document of a published set; return how many are new.

    :raises WrongStep: before the set was published
    """
    policy_set = _kept(document.set, by, what=_("下发阅知"))
    if policy_set.published_at is None:
        raise WrongStep(_("这套文件还没有发布。"))
    there = set(document.audience.values_list("org_id", flat=True))
    new = [org for org in orgs if org.pk not in there]
    if len(there) + len(new) > MOST_AUDIENCE:
        raise Invalid(_("一份文件最多要求 %d 个单位阅知。") % MOST_AUDIENCE, field="orgs")
    Audience.objects.bulk_create(Audience(document=document, org=org, asked_at=at) for org in new)
    for org in new:
        tell(
            users=people_at(org.pk), title=_("请阅知"), text=document.title, at=at,
            url=reverse("library:policy", args=[document.pk]), key=f"policy:{document.pk}:{org.pk}",
        )  # fmt: skip
    return len(new)


@transaction.atomic
def confirm_read(document: PolicyDocument, *, by: User, at: datetime) -> int:
    """Confirm for the units at whose desk one sits; who did so first stands. Return how many are new.

    :raises NotAsked: if none of them was asked
    """
    rows = Audience.objects.select_for_update().filter(document=document, org__in=desks_of(by))
    if not rows.exists():
        raise NotAsked(_("没有要求您的单位阅知这份文件。"))
    return rows.filter(read_at__isnull=True).update(read_by=by, read_at=at)


@transaction.atomic
def check_conformity(
    policy_set: PolicySet, *, org: Org, place: str, on: date, verdicts: Mapping[int, str], by: User,
    at: datetime, notes: Mapping[int, str] | None = None, place_url: str = "",
) -> Conformity:  # fmt: skip
    """Hold a place against the clauses of the standards in force that day (S1.37).

    `verdicts` is {clause id: yes|no|none}; every clause is judged, what is missed says why.

    :raises Invalid: naming the clause that has no verdict, or no reason
    """
    must_write_for(by, org, what=_("登记对照检查"))
    policy_set = PolicySet.objects.get(pk=policy_set.pk)
    if policy_set.kind != PolicySet.Kind.STANDARD or policy_set.published_at is None:
        raise WrongStep(_("只能对照已发布的建设规范。"))
    notes, told, why = notes or {}, {}, {}
    documents = [one for one in policy_set.documents.all() if one.in_force(on)]
    for clause in Clause.objects.filter(document__in=documents).order_by(
        "document__order", "order"
    ):
        verdict: Any = verdicts.get(clause.pk)
        if verdict not in ("yes", "no", "none"):
            raise Invalid(_("“%s”还没有结论。") % clause.name, field=f"v{clause.pk}")
        told[str(clause.pk)] = verdict
        reason = clean_text(notes.get(clause.pk, ""), limit=200, field_label=clause.name)
        if verdict == "no" and not reason:
            raise Invalid(_("“%s”不符合，请写明哪里不符合。") % clause.name, field=f"n{clause.pk}")
        if reason:
            why[str(clause.pk)] = reason
    if not told:
        raise Invalid(_("那一天没有施行的规范。"), field="on")
    verdict_list = list(told.values())
    return Conformity.objects.create(
        set=policy_set, org=org, on=on, verdicts=told, notes=why, met=verdict_list.count("yes"),
        missed=verdict_list.count("no"), by=by, at=at, place_url=inside(place_url),
        place=clean_text(place, limit=80, field_label=_("场所"), required=True),
    )  # fmt: skip
