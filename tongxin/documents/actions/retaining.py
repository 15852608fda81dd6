"""What becomes of papers that were dealt with: archived, kept on, or destroyed, always by a person.

The worker lists what is due (党政机关公文处理工作条例, articles 27 and 34: 归档, 经批准后可以销毁). It
decides nothing, and no part of the software deletes a paper, its files or its number.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..filling import DATA
from ..models import Document, Retention
from ..queries import people_at, units_with
from ..scope import SIGNERS, desks_of

TERMS = (10, 30, 0)  # years; 0: for ever (国家档案局令第8号, 第四条 to 第六条)
MOST_AT_ONCE = 200


class AlreadyDecided(Refused):
    """Somebody decided on it meanwhile."""


class NotHead(NotPermitted):
    """What is kept on or destroyed is decided by a head of the unit, by post."""


class OneWitness(Invalid):
    """A destruction is watched by two people at least (监销), neither of them who decided it."""


@dataclass(frozen=True)
class RetentionRule:
    """By which day of the year after a paper is to be archived, and one that ran out appraised."""

    effective_from: date
    archive: tuple[int, int]
    appraise: tuple[int, int]
    source: str


@cache
def retention_rules() -> list[RetentionRule]:
    with (DATA / "retention.csv").open(encoding="utf-8") as file:
        return [
            RetentionRule(
                date.fromisoformat(row["effective_from"]),
                (int(row["archive_month"]), int(row["archive_day"])),
                (int(row["appraise_month"]), int(row["appraise_day"])),
                row["source"],
            )
            for row in csv.DictReader(file)
        ]


def rule_on(day: date) -> RetentionRule:
    """Return the rule in force on a day."""
    rules = [one for one in retention_rules() if one.effective_from <= day]
    return max(rules or retention_rules()[:1], key=lambda one: one.effective_from)


def retention_due(*, at: datetime, limit: int = 500) -> int:
    """List papers of earlier years for the archive, and archived ones whose time is over; tell the unit.

    Safe beside itself: a paper is listed once for a day. Return how many were listed.
    """
    today = localtime(at).date()
    rule, first = rule_on(today), date(today.year, 1, 1)
    listed = Retention.objects.filter(document=OuterRef("pk"))
    closed = Document.objects.filter(case__step="closed", issued_on__lt=first, archived_at=None)
    closed = closed.exclude(Exists(listed.filter(kind="archive"))).order_by("pk")[:limit]
    made = [
        Retention(document=row, kind="archive", listed_at=at, due_on=date(row.issued_on.year + 1, *rule.archive))
        for row in closed
        if row.issued_on
    ]  # fmt: skip
    over = Document.objects.filter(archived_at__isnull=False, kept_until__lt=first)
    same = listed.filter(kind="expired", due_on__gt=OuterRef("kept_until"))
    over = over.exclude(Exists(same)).order_by("pk")[: limit - len(made)]
    made += [
        Retention(document=row, kind="expired", listed_at=at, due_on=date(row.kept_until.year + 1, *rule.appraise))
        for row in over
        if row.kept_until
    ]  # fmt: skip
    with transaction.atomic():
        Retention.objects.bulk_create(made, ignore_conflicts=True)
        _tell_units(made, at)
    return len(made)


def _tell_units(made: Sequence[Retention], at: datetime) -> None:
    """One notice a unit and kind and year, however many papers."""
    words = {"archive": _("有公文待归档"), "expired": _("有公文保管期满，请鉴定处置")}
    for org, kind in sorted({(row.document.org_id, row.kind) for row in made}):
        tell(
            users=people_at(org, SIGNERS) if kind == "expired" else people_at(org),
            title=words[kind], text=_("系统只列出清单，由人逐份决定；系统不会销毁任何公文。"),
            url=f"{reverse('documents:retention')}?kind={kind}",
            key=f"retention:{org}:{kind}:{localtime(at).year}", at=at,
        )  # fmt: skip


@transaction.atomic
def archive_papers(
    rows: Sequence[Retention], *, by, at: datetime, box: str = "", years: int | None = None
) -> list[Retention]:
    """Note that papers went into the archive, under a box (档号); `years` None: as their kind says.

    :raises NotPermitted: for papers of a unit at whose desk one does not sit
    :raises AlreadyDecided: if one was decided on meanwhile; then none is
    """
    box = clean_text(box, limit=60, field_label=_("档号"))
    if years is not None and years not in TERMS:
        raise Invalid(_("保管期限分为永久、30 年和 10 年。"), field="years")
    if not 0 < len(rows) <= MOST_AT_ONCE:
        raise Invalid(_("请选择 1 到 %d 份公文。") % MOST_AT_ONCE, field="rows")
    done, desks = [], desks_of(by)
    for row in _locked([one.pk for one in rows], kind="archive"):
        document = row.document
        if document.org_id not in desks:
            raise NotPermitted(_("归档由发文单位的办文人员办理。"))
        row.years = document.kind.retention_years if years is None else years
        row.box, row.decision = box, Retention.Decision.ARCHIVED
        document.archived_at = at
        document.kept_until = _end_of(document, row.years)
        document.save(update_fields=["archived_at", "kept_until"])
        done.append(_decided(row, by=by, at=at))
    return done


def _end_of(document: Document, years: int) -> date | None:
    """Return the last day of the time, counted from the year after it was issued; None: for ever."""
    issued = document.issued_on
    return date(issued.year + years, 12, 31) if years and issued else None


@transaction.atomic
def decide_expired(
    row: Retention, *, decision: str, reason: str, by, at: datetime, years: int | None = None
) -> Retention:
    """Decide what becomes of a paper whose time is over: "extended" (by `years`), "kept" or "destroy".

    A decision to destroy destroys nothing: people do, and `note_destroyed` records that they did.

    :raises NotHead: for who is no head of the unit
    :raises AlreadyDecided: if it was decided meanwhile
    """
    (row,) = _locked([row.pk], kind="expired")
    if row.document.org_id not in units_with(by, SIGNERS):
        raise NotHead(_("期满公文的去留由发文单位领导或书记决定。"))
    if decision not in ("extended", "kept", "destroy"):
        raise Invalid(_("请选择延长保管、转为永久或批准销毁。"), field="decision")
    row.reason = clean_text(reason, limit=300, field_label=_("理由"), required=True)
    row.decision = decision
    document = row.document
    if decision == "extended":
        if years not in (10, 20, 30):
            raise Invalid(_("延长保管请选择 10、20 或 30 年。"), field="years")
        row.years = years
        document.kept_until = date(row.due_on.year - 1 + years, 12, 31)
    elif decision == "kept":
        row.years, document.kept_until = 0, None
    document.save(update_fields=["kept_until"])
    return _decided(row, by=by, at=at)


@transaction.atomic
def note_destroyed(row: Retention, *, on: date, witnesses: str, by, at: datetime) -> Retention:
    """Record that people destroyed a paper as approved, on which day, watched by whom (监销).

    :raises NotPermitted: for who has no desk at the unit, and for who approved it
    :raises OneWitness: for fewer than two, or with who approved it among them
    :raises AlreadyDecided: if it was recorded already
    """
    row = Retention.objects.select_for_update(of=("self",)).select_related("document__number__register", "decided_by").get(pk=row.pk)  # fmt: skip
    if row.decision != Retention.Decision.DESTROY or row.noted_at is not None:
        raise AlreadyDecided(_("这份公文没有待登记的销毁。"))
    if row.document.org_id not in desks_of(by) or by.pk == row.decided_by_id:
        raise NotPermitted(_("销毁登记由发文单位的办文人员办理，批准人不能自己登记。"))
    names = clean_text(witnesses, limit=60, field_label=_("监销人"), required=True)
    people = {name.strip() for name in names.replace("，", "、").replace(" ", "、").split("、")} - {""}  # fmt: skip
    approved = row.decided_by.name if row.decided_by else ""
    if len(people) < 2 or approved in people:
        raise OneWitness(
            _("监销人至少两人，且不能是批准人。"),
            field="witnesses",
            remedy=_("姓名之间用“、”分开。"),
        )
    approved_on = localtime(row.decided_at).date() if row.decided_at else on
    if not approved_on <= on <= localtime(at).date():
        raise Invalid(_("销毁日期应在批准之后、今天或之前。"), field="on")
    row.destroyed_on, row.witnesses, row.noted_at, row.noted_by = on, "、".join(sorted(people)), at, by  # fmt: skip
    row.save(update_fields=["destroyed_on", "witnesses", "noted_at", "noted_by"])
    _write_down("destroyed", row, by=by, at=at, reason=row.witnesses)
    return row


def _locked(keys: list[int], *, kind: str) -> list[Retention]:
    """Lock rows that wait for a decision. :raises AlreadyDecided: if one does not"""
    rows = Retention.objects.select_for_update(of=("self",)).select_related(
        "document__kind", "document__number__register"
    )
    found = list(rows.filter(pk__in=keys, kind=kind).order_by("pk"))
    if len(found) != len(set(keys)) or any(row.decision for row in found):
        raise AlreadyDecided(_("有公文已由他人处置，请刷新后再操作。"))
    return found


def _decided(row: Retention, *, by, at: datetime) -> Retention:
    row.decided_at, row.decided_by = at, by
    row.save(update_fields=["decision", "reason", "years", "box", "decided_at", "decided_by"])
    _write_down(row.decision, row, by=by, at=at, reason=row.reason)
    return row


def _write_down(what: str, row: Retention, *, by, at: datetime, reason: str) -> None:
    audit(
        actor=by, action=f"document.{what}", at=at, reason=reason,
        object=f"{row.document.number} {row.document.title}",
        detail={"document": str(row.document_id), "retention": row.pk, "years": row.years},
    )  # fmt: skip
