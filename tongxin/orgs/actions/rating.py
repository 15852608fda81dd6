"""Units rated, lagging ones put right, good ones set beside them (S2.24, S2.25, S2.26, S2.30).

People decide and say why; nothing here scores or ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import ImprovementPlan, Org, PlanMeasure, RatingLabel, UnitPairing, UnitRating
from ..scope import keeps_register
from .logbook import write_log
from .units import hold, keepers, must_keep, must_stand

LEAST_REASON = 4


class BadLabel(Invalid):
    """A unit of this sector or kind does not carry this label, or not in this year."""


class RatedSo(Refused):
    """The unit carries the label in that year already, or carries it no more."""


class NotLagging(Refused):
    """A plan to catch up belongs to a unit that was rated as lagging."""


class PlanOver(Refused):
    """The plan was lifted; or measures are still open."""


class BadPairingOfUnits(Invalid):
    """A pairing joins a good unit with a lagging one."""


@dataclass(frozen=True)
class Measure:
    """What is to be done, by when, by whom."""

    text: str
    due: date
    who: str = ""


def _reason(text: str, label: str) -> str:
    text = clean_text(text, limit=300, field_label=label, required=True, multiline=True)
    if len(text) < LEAST_REASON:
        raise Invalid(_("%(label)s至少写 %(n)d 个字") % {"label": label, "n": LEAST_REASON},
                      field="reason")  # fmt: skip
    return text


@transaction.atomic
def rate_unit(
    *, unit: Org, year: int, label: RatingLabel, reason: str, on: date, at: datetime, by: User
) -> UnitRating:
    """Give a unit a label for a year; its secretary is told, a lagging one also what comes next.

    :raises NotYourUnit, UnitGone, BadLabel, RatedSo: as their names say
    """
    unit = hold(unit)[unit.pk]
    must_keep(by, unit.parent)
    must_stand(unit)
    _check_label(unit, label, year, on, at)
    reason = _reason(reason, _("理由"))
    if label.tone == RatingLabel.Tone.LAGGING:
        against = RatingLabel.Tone.GOOD
    else:
        against = RatingLabel.Tone.LAGGING
    standing = UnitRating.objects.filter(unit=unit, year=year, withdrawn_on=None)
    if other := standing.filter(label__tone=against).select_related("label").first():
        raise RatedSo(
            _("“%(unit)s”%(year)d 年已评为“%(label)s”，不能又评“%(new)s”")
            % {"unit": unit, "year": year, "label": other.label, "new": label},
            field="label",
            remedy=_("请先撤销原来的评定。"),
        )
    try:
        with transaction.atomic():
            rating = UnitRating.objects.create(
                unit=unit, year=year, label=label, reason=reason, on=on, at=at, decided_by=by
            )
    except IntegrityError as error:
        raise RatedSo(
            _("“%(unit)s”%(year)d 年已经是“%(label)s”")
            % {"unit": unit, "year": year, "label": label},
            field="label",
        ) from error
    words = _("%(year)d 年度评定为“%(label)s”：%(reason)s") % {
        "year": year, "label": label, "reason": reason,
    }  # fmt: skip
    _write(rating.unit, words, f"rating:{rating.pk}", at=at, by=by)
    lagging = label.tone == RatingLabel.Tone.LAGGING
    more = _("请制定整改方案。") if lagging else ""
    tell(
        users=keepers([unit], but=by, on=localdate(at)),
        title=_("%(unit)s：%(label)s") % {"unit": unit, "label": label},
        text=words + more,
        url=reverse("orgs:ratings"),
        key=f"rating:{rating.pk}",
        at=at,
    )
    return rating


def _check_label(unit: Org, label: RatingLabel, year: int, on: date, at: datetime) -> None:
    today = localdate(at)
    if on > today:
        raise BadLabel(_("评定日期不能晚于今天"), field="on")
    if not today.year - 5 <= year <= today.year:
        raise BadLabel(_("年度应在近五年之内"), field="year")
    if label.effective_from > on or (label.effective_to and label.effective_to <= on):
        raise BadLabel(_("“%s”在评定那天没有启用") % label, field="label")
    sectors, kinds = label.sectors.split(), label.unit_kinds.split()
    if sectors and unit.sector not in sectors or kinds and unit.unit_kind not in kinds:
        raise BadLabel(
            _("“%(label)s”不评给%(what)s：%(unit)s")
            % {
                "label": label,
                "what": unit.get_sector_display() or unit.get_unit_kind_display(),
                "unit": unit,
            },
            field="label",
        )


def _write(unit: Org, text: str, key: str, *, at: datetime, by: User) -> None:
    write_log(
        unit=unit, kind="assessment", text=text, at=at, recorded_at=at,
        source=f"orgs.{key}", key=key, actor=by,
    )  # fmt: skip


@transaction.atomic
def withdraw_rating(*, rating: UnitRating, why: str, at: datetime, by: User) -> None:
    """Take a label back; the row stays, with the reason. Raises NotYourUnit, RatedSo."""
    rating = _locked(UnitRating, rating)
    must_keep(by, rating.unit.parent)
    if rating.withdrawn_on:
        raise RatedSo(_("这次评定已于 %s 撤销") % rating.withdrawn_on)
    rating.withdrawn_why = _reason(why, _("撤销理由"))
    rating.withdrawn_on = max(localdate(at), rating.on)
    rating.save(update_fields=["withdrawn_on", "withdrawn_why"])
    text = _("撤销 %(year)d 年度“%(label)s”：%(why)s") % {
        "year": rating.year, "label": rating.label, "why": rating.withdrawn_why,
    }  # fmt: skip
    _write(rating.unit, text, f"rating-off:{rating.pk}", at=at, by=by)


def _locked(model, row):
    rows = model.objects.select_for_update(of=("self",)).select_related("unit__parent")
    if model is UnitRating:
        rows = rows.select_related("unit__parent", "label")
    return rows.get(pk=row.pk)


def _must_work_on(by: User, unit: Org) -> None:
    if not keeps_register(by, unit.path):
        raise NotPermitted(_("整改由“%s”的书记和上级组织员办理") % unit)


@transaction.atomic
def make_plan(
    *,
    rating: UnitRating,
    causes: str,
    due: date,
    measures: Sequence[Measure],
    at: datetime,
    by: User,
) -> ImprovementPlan:
    """Write down what a lagging unit does to catch up, measure by measure.

    :raises NotPermitted: unless `by` keeps the unit's register
    :raises NotLagging: for another rating, or one that has a plan
    """
    rating = _locked(UnitRating, rating)
    _must_work_on(by, rating.unit)
    if rating.withdrawn_on or rating.label.tone != RatingLabel.Tone.LAGGING:
        raise NotLagging(_("只有相对后进的党组织要制定整改方案"))
    if ImprovementPlan.objects.filter(rating=rating).exists():
        raise NotLagging(_("已有整改方案，请在方案里增加措施"))
    causes = clean_text(
        causes, limit=1000, field_label=_("问题原因"), required=True, multiline=True
    )
    if not measures:
        raise Invalid(_("请至少写一条措施"), field="measures")
    _check_due(due, [one.due for one in measures], localdate(at))
    plan = ImprovementPlan.objects.create(
        unit=rating.unit, rating=rating, causes=causes, due=due, made_by=by, made_at=at
    )
    PlanMeasure.objects.bulk_create([_measure(plan, one) for one in measures])
    text = _("制定整改方案，措施 %(n)d 条，%(due)s 前完成。") % {"n": len(measures), "due": due}
    _write(rating.unit, text, f"plan:{plan.pk}", at=at, by=by)
    return plan


def _check_due(due: date, days: Sequence[date], today: date) -> None:
    if due < today:
        raise Invalid(_("完成期限不能早于今天"), field="due")
    if any(day > due for day in days):
        raise Invalid(_("措施的期限不能晚于方案的完成期限"), field="measures")


def _measure(plan: ImprovementPlan, one: Measure) -> PlanMeasure:
    text = clean_text(one.text, limit=200, field_label=_("措施"), required=True, multiline=False)
    who = clean_text(one.who, limit=40, field_label=_("责任人"), multiline=False)
    return PlanMeasure(plan=plan, text=text, due=one.due, who=who)


@transaction.atomic
def add_measure(*, plan: ImprovementPlan, measure: Measure, at: datetime, by: User) -> PlanMeasure:
    """Add a measure to a plan. Raises NotPermitted, PlanOver."""
    plan = _locked(ImprovementPlan, plan)
    _must_work_on(by, plan.unit)
    if plan.lifted_on:
        raise PlanOver(_("方案已于 %s 销号") % plan.lifted_on)
    row = _measure(plan, measure)
    row.save()
    audit(actor=by, action="plan.measure", object=plan.unit.name, detail={"text": row.text}, at=at)
    return row


@transaction.atomic
def finish_measure(*, measure: PlanMeasure, on: date, note: str, at: datetime, by: User) -> None:
    """Say that a measure was done, and how. Raises NotPermitted, PlanOver."""
    measure = PlanMeasure.objects.select_for_update(of=("self",)).select_related(
        "plan__unit").get(pk=measure.pk)  # fmt: skip
    _must_work_on(by, measure.plan.unit)
    if measure.done_on:
        raise PlanOver(_("这条措施已于 %s 完成") % measure.done_on)
    if on > localdate(at):
        raise Invalid(_("完成日期不能晚于今天"), field="on")
    measure.done_on = on
    measure.note = clean_text(
        note, limit=300, field_label=_("完成情况"), required=True, multiline=True
    )
    measure.save(update_fields=["done_on", "note"])
    text = _("整改措施完成：%(text)s（%(note)s）") % {"text": measure.text, "note": measure.note}
    _write(measure.plan.unit, text, f"measure:{measure.pk}", at=at, by=by)


@transaction.atomic
def lift_plan(*, plan: ImprovementPlan, why: str, on: date, at: datetime, by: User) -> None:
    """Say that a lagging unit has caught up (销号): by the unit above, once every measure is done.

    :raises NotYourUnit, PlanOver: as their names say
    """
    plan = _locked(ImprovementPlan, plan)
    must_keep(by, plan.unit.parent)
    if plan.lifted_on:
        raise PlanOver(_("方案已于 %s 销号") % plan.lifted_on)
    left = plan.measures.filter(done_on=None).count()
    if left:
        raise PlanOver(_("还有 %d 条措施没有完成，不能销号") % left, remedy=_("请先登记完成情况。"))
    if on > localdate(at):
        raise Invalid(_("销号日期不能晚于今天"), field="on")
    plan.lifted_why = _reason(why, _("销号意见"))
    plan.lifted_on, plan.lifted_by = on, by
    plan.save(update_fields=["lifted_on", "lifted_by", "lifted_why"])
    text = _("整改销号：%s") % plan.lifted_why
    _write(plan.unit, text, f"plan-lifted:{plan.pk}", at=at, by=by)
    tell(
        users=keepers([plan.unit], but=by, on=localdate(at)),
        title=_("整改销号：%s") % plan.unit,
        text=plan.lifted_why,
        url=reverse("orgs:plan", args=[plan.pk]),
        key=f"plan-lifted:{plan.pk}",
        at=at,
    )


@transaction.atomic
def pair_units(
    *, good: Org, lagging: Org, goals: str, on: date, at: datetime, by: User
) -> UnitPairing:
    """Set a good unit beside a lagging one (互帮互促，帮、带、扶).

    :raises NotYourUnit, UnitGone, BadPairingOfUnits: as their names say
    """
    held = hold(good, lagging)
    good, lagging = held[good.pk], held[lagging.pk]
    for unit in (good, lagging):
        must_keep(by, unit.parent)
        must_stand(unit)
    if good.pk == lagging.pk:
        raise BadPairingOfUnits(_("请选两个不同的党支部"), field="good")
    year = on.year
    rated = UnitRating.objects.filter(withdrawn_on=None, year__in=(year, year - 1))
    tones = set(rated.filter(unit__in=(good, lagging)).values_list("unit", "label__tone"))
    if (lagging.pk, "lagging") not in tones:
        raise BadPairingOfUnits(_("“%s”没有评为相对后进") % lagging, field="lagging")
    if (good.pk, "good") not in tones:
        raise BadPairingOfUnits(_("“%s”没有评过先进") % good, field="good")
    if on > localdate(at):
        raise BadPairingOfUnits(_("开始日期不能晚于今天"), field="on")
    goals = clean_text(goals, limit=300, field_label=_("内容"), required=True, multiline=True)
    try:
        with transaction.atomic():
            pairing = UnitPairing.objects.create(
                good=good, lagging=lagging, goals=goals, from_date=on, by=by, at=at
            )
    except IntegrityError as error:
        raise BadPairingOfUnits(_("它们已经结对"), field="good") from error
    for unit, other in ((good, lagging), (lagging, good)):
        text = _("与“%(other)s”结对互帮互促：%(goals)s") % {"other": other, "goals": goals}
        _write(unit, text, f"unit-pairing:{pairing.pk}", at=at, by=by)
    tell(
        users=keepers([good, lagging], but=by, on=localdate(at)),
        title=_("结对互帮：%(good)s — %(lagging)s") % {"good": good, "lagging": lagging},
        text=goals,
        url=reverse("orgs:unit-pairings"),
        key=f"unit-pairing:{pairing.pk}",
        at=at,
    )
    return pairing


@transaction.atomic
def unpair_units(*, pairing: UnitPairing, on: date, outcome: str, at: datetime, by: User) -> None:
    """End a pairing with what came of it, in words. Raises NotYourUnit, BadPairingOfUnits."""
    pairing = (
        UnitPairing.objects.select_for_update(of=("self",))
        .select_related("good", "lagging__parent")
        .get(pk=pairing.pk)
    )
    must_keep(by, pairing.lagging.parent)
    if pairing.to_date:
        raise BadPairingOfUnits(_("结对已于 %s 结束") % pairing.to_date)
    if not pairing.from_date <= on <= localdate(at):
        raise BadPairingOfUnits(_("结束日期应在开始之后，不晚于今天"), field="on")
    pairing.outcome = clean_text(
        outcome, limit=300, field_label=_("成效"), required=True, multiline=True
    )
    pairing.to_date = on
    pairing.save(update_fields=["to_date", "outcome"])
    text = _("互帮互促结束：%s") % pairing.outcome
    for unit in (pairing.good, pairing.lagging):
        _write(unit, text, f"unit-pairing-end:{pairing.pk}", at=at, by=by)
