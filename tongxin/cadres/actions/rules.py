"""The rows of rules and criteria: the sample they start with, and what officers change."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region

from ..models import RatingCriterion, Rule

DATA = Path(__file__).parent.parent / "data"


class NotYours(NotPermitted):
    """The actor does not direct this."""


class CriterionThere(Refused):
    """A criterion of that name is in force already."""


class BadDay(Invalid):
    """A rule changes from a day on that is not over."""


class LastCriterion(Refused):
    """A rating needs something to rate."""


def load_samples() -> int:
    """Write the rows of `data/` where a code has none yet; return how many."""
    made = 0
    if not Rule.objects.exists():
        rules = [
            Rule(
                code=row["code"],
                effective_from=date.fromisoformat(row["effective_from"]),
                params=json.loads(row["params"]),
                source=row["source"],
                is_sample=row["is_sample"] == "1",
            )
            for row in _rows("rules.csv")
        ]
        made += len(Rule.objects.bulk_create(rules, ignore_conflicts=True))
    if not RatingCriterion.objects.exists():
        criteria = [
            RatingCriterion(
                **{name: row[name] for name in ("code", "name", "help", "order", "source")},
                effective_from=date.fromisoformat(row["effective_from"]),
                is_sample=row["is_sample"] == "1",
            )
            for row in _rows("criteria.csv")
        ]
        made += len(RatingCriterion.objects.bulk_create(criteria, ignore_conflicts=True))
    return made


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def may_set_criteria(actor: User) -> bool:
    """Say whether the actor is an officer of a district: criteria hold for the whole of it."""
    return any(p.role == "officer" and p.level == Region.Level.DISTRICT for p in posts_of(actor))


@transaction.atomic
def add_criterion(
    *, name: str, help: str, from_date: date, source: str, at: datetime, by: User
) -> RatingCriterion:
    """Add something to look at from a day on; ratings before that day stay as they are.

    :raises NotYours, BadDay, CriterionThere: as their names say
    """
    _check_criteria(by)
    if from_date < localdate(at):
        raise BadDay(_("启用日期不能早于今天：已经评过的日子不改标准"), field="from_date")
    standing = RatingCriterion.objects.filter(name=name, effective_to__isnull=True)
    if standing.exists():
        raise CriterionThere(_("已有评价项“%s”") % name, field="name")
    last = RatingCriterion.objects.order_by("-order").values_list("order", flat=True).first()
    try:
        with transaction.atomic():
            row = RatingCriterion.objects.create(
                code=f"c{RatingCriterion.objects.count() + 1}",
                name=name,
                help=help,
                order=(last or 0) + 1,
                effective_from=from_date,
                source=source,
            )
    except IntegrityError as error:
        raise CriterionThere(_("已有评价项“%s”") % name, field="name") from error
    audit(actor=by, action="cadres.criterion", object=name, detail={"from": str(from_date)}, at=at)
    return row


@transaction.atomic
def stop_criterion(*, criterion: RatingCriterion, on: date, at: datetime, by: User) -> None:
    """Look at it no more from a day on.

    :raises NotYours, BadDay, LastCriterion: as their names say
    """
    _check_criteria(by)
    if on <= localdate(at):
        raise BadDay(_("停用日期最早是明天：今天的评价按现在的标准评完"), field="on")
    others = RatingCriterion.objects.filter(effective_to__isnull=True).exclude(pk=criterion.pk)
    if not others.filter(effective_from__lte=on).exists():
        raise LastCriterion(_("至少保留一个评价项；请先新增，再停用这一项"))
    criterion.effective_to = on
    criterion.save(update_fields=["effective_to"])
    audit(actor=by, action="cadres.criterion", object=criterion.name, detail={"to": str(on)}, at=at)


def _check_criteria(by: User) -> None:
    if not may_set_criteria(by):
        raise NotYours(_("评价项由区级管理员设定"))
