"""Reopening by class and batch: applied for, checked on the spot, approved batch by batch (S0.62)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Condition, FirmClass, ResumeBatch, Resumption, ResumptionAnswer, Site
from ..queries.resuming import conditions_for
from .common import key_of

SAMPLE = Path(__file__).parent.parent / "data" / "conditions.csv"
CHECKERS = ("officer", "inspector")
DECIDERS = ("officer", "leader")


class NotYourFirms(NotPermitted):
    """Reopening is checked and approved by who overlooks the land."""


class BadBatch(Invalid):
    """A batch is of a known class, on land that the firm lies in."""


class Unanswered(Invalid):
    """Every condition in force is answered, and no other."""


class BatchDecided(Refused):
    """A batch that was approved takes no more applications or checks."""


class AppliedAlready(Refused):
    """The firm has applied in this batch."""


class NothingReady(Refused):
    """No firm of the batch has all its conditions."""


class OwnCheck(NotPermitted):
    """Who checked a firm of the batch does not approve it."""


def load_conditions() -> int:
    """Load the sample conditions where there are none; return how many."""
    if Condition.objects.exists():
        return 0
    with SAMPLE.open(encoding="utf-8", newline="") as lines:
        made = [
            Condition(
                code=row["code"], version=int(row["version"]), group=row["group"],
                text=row["text"], classes=row["classes"].split(),
                effective_from=date.fromisoformat(row["effective_from"]), source=row["source"],
            )
            for row in csv.DictReader(lines)
        ]  # fmt: skip
    return len(Condition.objects.bulk_create(made))


def _must_hold(by: User, path: str, roles: tuple[str, ...]) -> None:
    """:raises NotYourFirms:"""
    if roles_over(by, path).isdisjoint(roles):
        raise NotYourFirms(_("由管辖这里的管理员或监督员、领导办理。"))


@transaction.atomic
def make_batch(
    *, region: Region, firm_class: str, planned_on: date, by: User, at: datetime
) -> ResumeBatch:
    """Make the next batch of a class in a region.

    :raises NotYourFirms, BadBatch:
    """
    _must_hold(by, region.path, ("officer",))
    if firm_class not in FirmClass.values:
        raise BadBatch(_("请选择企业类别。"), field="firm_class")
    list(Region.objects.select_for_update().filter(pk=region.pk).values_list("pk", flat=True))
    rows = ResumeBatch.objects.filter(region=region, firm_class=firm_class)
    number = (rows.aggregate(top=Max("number"))["top"] or 0) + 1
    return ResumeBatch.objects.create(
        region=region, firm_class=firm_class, number=number, planned_on=planned_on, made_by=by,
        made_at=at,
    )  # fmt: skip


def _open(batch: ResumeBatch) -> ResumeBatch:
    row = ResumeBatch.objects.select_for_update(of=("self",)).select_related("region").get(
        pk=batch.pk
    )  # fmt: skip
    if row.approved_at is not None:
        raise BatchDecided(_("这一批已经批准，请列入下一批。"))
    return row


@transaction.atomic
def apply_to_resume(
    *, batch: ResumeBatch, site: Site, declared: Mapping[str, bool], people: int, by: User,
    at: datetime, key: str = "",
) -> Resumption:  # fmt: skip
    """Enter a firm's application with what it declares of each condition, by code.

    :raises NotYourFirms, BadBatch, Unanswered, BatchDecided, AppliedAlready:
    """
    kept = key_of(by, key)
    if kept and (made := Resumption.objects.filter(key=kept).first()):
        return made
    _must_hold(by, site.region.path, CHECKERS)
    row = _open(batch)
    if not site.region.path.startswith(row.region.path) or site.closed_on is not None:
        raise BadBatch(_("企业不在这一批的区域内，或已经注销。"), field="site")
    asked = _answered(row.firm_class, at, declared)
    try:
        with transaction.atomic():
            made = Resumption.objects.create(
                batch=row, site=site, people=people, applied_by=by, applied_at=at, key=kept
            )
    except IntegrityError as error:
        raise AppliedAlready(_("%s已经在这一批里申请了。") % site.name, field="site") from error
    ResumptionAnswer.objects.bulk_create(
        ResumptionAnswer(resumption=made, condition=one, declared=declared[one.code])
        for one in asked
    )
    return made


def _answered(firm_class: str, at: datetime, given: Mapping[str, object]) -> list[Condition]:
    """:raises Unanswered: if a condition in force is left out, or an unknown one answered"""
    asked = conditions_for(firm_class, localdate(at))
    codes = {one.code for one in asked}
    missing = [one.text for one in asked if one.code not in given]
    if missing or set(given) - codes:
        raise Unanswered(
            _("请逐条答复：%s。") % (missing[0] if missing else "、".join(set(given) - codes)),
            field="conditions",
        )
    return asked


@transaction.atomic
def check_resumption(
    *, resumption: Resumption, found: Mapping[str, tuple[bool, str]], by: User, at: datetime
) -> Resumption:
    """Write down what a check on the spot found: {code: (met, note)}, of every condition asked.

    All met: it is ready for the batch's approval; otherwise it waits for another check.
    :raises NotYourFirms, Unanswered, BatchDecided:
    """
    _open(resumption.batch)
    row = Resumption.objects.select_for_update(of=("self",)).select_related("site__region").get(
        pk=resumption.pk
    )  # fmt: skip
    _must_hold(by, row.site.region.path, CHECKERS)
    answers = {one.condition.code: one for one in row.answers.select_related("condition")}
    if set(found) != set(answers):
        raise Unanswered(_("请逐条核查，一条也不要漏。"), field="conditions")
    for code, (met, note) in found.items():
        one = answers[code]
        one.found = met
        one.note = clean_text(note, limit=200, field_label=_("说明"))
        if not met and not one.note:
            raise Unanswered(_("请写明“%s”缺什么。") % one.condition.text, field="conditions")
    ResumptionAnswer.objects.bulk_update(answers.values(), ["found", "note"])
    met_all = all(met for met, _note in found.values())
    row.state = Resumption.State.CHECKED if met_all else Resumption.State.UNMET
    row.checked_by, row.checked_at = by, at
    row.save(update_fields=["state", "checked_by", "checked_at"])
    return row


@transaction.atomic
def approve_batch(*, batch: ResumeBatch, by: User, at: datetime) -> tuple[int, int]:
    """Approve a batch: firms whose conditions are all met reopen; return (reopened, left out).

    :raises NotYourFirms, BatchDecided, NothingReady, OwnCheck:
    """
    row = _open(batch)
    _must_hold(by, row.region.path, DECIDERS)
    ready = row.firms.filter(state=Resumption.State.CHECKED)
    n = ready.count()
    if not n:
        raise NothingReady(_("这一批还没有核查通过的企业。"), remedy=_("请先现场核查。"))
    if ready.filter(checked_by=by).exists():
        raise OwnCheck(_("核查人不能批准自己核查的企业，请由他人批准。"))
    left = row.firms.exclude(state=Resumption.State.CHECKED).count()
    ready.update(state=Resumption.State.APPROVED, approved_at=at)
    row.approved_by, row.approved_at = by, at
    row.save(update_fields=["approved_by", "approved_at"])
    audit(
        actor=by, action="resume.approve", object=f"{row.region.name} {row}", at=at,
        detail={"reopened": n, "left": left},
    )  # fmt: skip
    return n, left
