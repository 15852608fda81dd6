"""Labels and requirements brought in from dated sheets; how units stand; methods to learn from."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text

from ..models import MethodUse, Org, RatingLabel, Requirement, RequirementMark, WorkMethod
from ..scope import keeps_register
from .logbook import write_log
from .units import must_stand

DATA = Path(__file__).parent.parent / "data"


class BadMark(Invalid):
    """A unit is marked by a requirement of its own sector, in force in that year."""


class BadMethod(Invalid):
    """A method needs a title, a sentence and steps; it is published by the unit above."""


class MethodTaken(Refused):
    """The unit has a method of this title, or has taken this method over."""


def load_unit_rules() -> int:
    """Bring in the labels and requirements of the house's sheets that are not in yet; return how many.

    A version that is in is never altered: what was rated under it must stay readable.
    """
    labels = [dict(row) for _line, row in read_table(
        DATA / "rating_labels.csv", name="rating_labels.csv").rows]  # fmt: skip
    asked = [dict(row) for _line, row in read_table(
        DATA / "unit_requirements.csv", name="unit_requirements.csv").rows]  # fmt: skip
    made = 0
    pairs: tuple[tuple[Any, list[dict]], ...] = ((RatingLabel, labels), (Requirement, asked))
    for model, rows in pairs:
        have = set(model.objects.values_list("code", "version"))
        new = [row for row in rows if (row["code"], int(row["version"])) not in have]
        model.objects.bulk_create(model(**_typed(row)) for row in new)
        made += len(new)
    return made


def _typed(row: dict) -> dict:
    more = {
        "version": int(row["version"]),
        "effective_from": date.fromisoformat(row["effective_from"]),
        "is_sample": row["is_sample"] == "1",
    }
    return row | more


def _must_keep(by: User, unit: Org) -> None:
    if not keeps_register(by, unit.path):
        raise NotPermitted(_("由“%s”的书记、组织员或上级办理") % unit)


@transaction.atomic
def mark_requirement(
    *, unit: Org, requirement: Requirement, year: int, state: str, at: datetime, by: User,
    note: str = "",
) -> RequirementMark:  # fmt: skip
    """Say how a unit stands with a requirement in a year; saying it again replaces it (S2.28).

    :raises NotPermitted, UnitGone, BadMark: as their names say
    """
    _must_keep(by, unit)
    must_stand(unit)
    today = localdate(at)
    if requirement.sector != unit.sector:
        raise BadMark(_("这条要求不是对“%s”的") % unit, field="requirement")
    over = requirement.effective_to and requirement.effective_to.year < year
    if not requirement.effective_from.year <= year <= today.year or over:
        raise BadMark(_("这条要求在 %d 年没有启用") % year, field="year")
    if state not in RequirementMark.State.values:
        raise BadMark(_("请选择落实情况"), field="state")
    note = clean_text(note, limit=200, field_label=_("说明"), multiline=True)
    if state == RequirementMark.State.UNMET and not note:
        raise BadMark(_("没有落实的，请写明原因"), field="note")
    mark, _made = RequirementMark.objects.update_or_create(
        unit=unit, requirement=requirement, year=year,
        defaults={"state": state, "note": note, "at": at, "by": by},
    )  # fmt: skip
    return mark


@transaction.atomic
def write_method(
    *, unit: Org, title: str, summary: str, steps: str, at: datetime, by: User, effect: str = "",
    tags: str = "",
) -> WorkMethod:  # fmt: skip
    """Hand in a working method of a unit; it waits for the unit above to publish it (S2.27).

    :raises NotPermitted, UnitGone, MethodTaken: as their names say
    """
    _must_keep(by, unit)
    must_stand(unit)
    words = {
        "title": clean_text(title, limit=60, field_label=_("名称"), required=True),
        "summary": clean_text(summary, limit=120, field_label=_("一句话"), required=True),
        "steps": clean_text(
            steps, limit=4000, field_label=_("做法"), required=True, multiline=True
        ),
        "effect": clean_text(effect, limit=1000, field_label=_("成效"), multiline=True),
        "tags": clean_text(tags, limit=80, field_label=_("关键词")),
    }
    try:
        with transaction.atomic():
            return WorkMethod.objects.create(unit=unit, by=by, at=at, **words)
    except IntegrityError as error:
        raise MethodTaken(
            _("“%(unit)s”已有“%(title)s”") % {"unit": unit, "title": words["title"]}, field="title"
        ) from error


@transaction.atomic
def publish_method(*, method: WorkMethod, at: datetime, by: User) -> None:
    """Put a method into the library: by who keeps the register of the unit above.

    :raises NotPermitted, BadMethod: as their names say
    """
    method = WorkMethod.objects.select_for_update(of=("self",)).select_related(
        "unit__parent").get(pk=method.pk)  # fmt: skip
    _must_keep(by, method.unit.parent or method.unit)
    if method.published_on and not method.withdrawn_on:
        raise BadMethod(_("“%s”已经发布") % method)
    method.published_on, method.withdrawn_on = localdate(at), None
    method.save(update_fields=["published_on", "withdrawn_on"])
    write_log(
        unit=method.unit, kind="honour", text=_("工作法“%s”收入工作法库。") % method,
        at=at, recorded_at=at, source=f"orgs.workmethod:{method.pk}",
        key=f"method:{method.pk}:{localdate(at)}", actor=by,
    )  # fmt: skip


@transaction.atomic
def withdraw_method(*, method: WorkMethod, at: datetime, by: User) -> None:
    """Take a method out of the library. Raises NotPermitted, BadMethod."""
    method = WorkMethod.objects.select_for_update(of=("self",)).select_related(
        "unit__parent").get(pk=method.pk)  # fmt: skip
    _must_keep(by, method.unit.parent or method.unit)
    if not method.published_on or method.withdrawn_on:
        raise BadMethod(_("“%s”没有发布") % method)
    method.withdrawn_on = localdate(at)
    method.save(update_fields=["withdrawn_on"])


@transaction.atomic
def use_method(
    *, method: WorkMethod, unit: Org, at: datetime, by: User, note: str = ""
) -> MethodUse:
    """Say that a unit takes over a method of another. Raises NotPermitted, BadMethod, MethodTaken."""
    _must_keep(by, unit)
    must_stand(unit)
    if not method.published_on or method.withdrawn_on:
        raise BadMethod(_("“%s”不在库里") % method)
    if method.unit_id == unit.pk:
        raise BadMethod(_("这是本组织自己的工作法"), field="unit")
    note = clean_text(note, limit=200, field_label=_("学用情况"), multiline=True)
    try:
        with transaction.atomic():
            return MethodUse.objects.create(method=method, unit=unit, on=localdate(at), note=note)
    except IntegrityError as error:
        raise MethodTaken(_("“%s”已经在学用") % unit, field="unit") from error
