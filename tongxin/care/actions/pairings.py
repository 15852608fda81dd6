"""Who stands by a household (S0.36): measures with a day, and a result each quarter."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import CareFile, Carer, Measure, Pairing, QuarterReport
from ..queries.calendar import quarter_of
from .common import BadDay, locked, must_have_duty
from .files import NotNow


@transaction.atomic
def pair(
    *, file: CareFile, aim: str, by: User, at: datetime, org: Org | None = None,
    helper: User | None = None,
) -> Pairing:  # fmt: skip
    """Let a unit or a person stand by a household; the person in charge reads the file from now on.

    :raises NotYourCare: for anybody but the care officer
    :raises Invalid: without a unit and a person
    """
    file = locked(file, by)
    must_have_duty(by, file.area)
    if org is None and helper is None:
        raise Invalid(_("请选择帮扶单位或帮扶人。"), field="helper")
    same = file.pairings.filter(until=None, org=org, helper=helper)
    if same.exists():
        raise NotNow(_("已经结对。"))
    made = Pairing.objects.create(
        file=file, org=org, helper=helper, since=localdate(at), by=by,
        aim=clean_text(aim, limit=120, field_label=_("帮扶目标"), required=True),
    )  # fmt: skip
    if helper is not None and not file.carers.filter(user=helper, to_date=None).exists():
        Carer.objects.create(file=file, user=helper, from_date=localdate(at), by=by)
    audit(actor=by, action="care.pair", object=file.object_word, at=at)
    return made


@transaction.atomic
def add_measure(*, pairing: Pairing, text: str, due_on: date, by: User, at: datetime) -> Measure:
    """Agree on something to be done for the household by a day."""
    locked(pairing.file, by)
    pairing = _open(pairing)
    if due_on < localdate(at):
        raise BadDay(_("完成期限不能早于今天。"), field="due_on")
    text = clean_text(text, limit=300, field_label=_("帮扶措施"), required=True, multiline=True)
    return Measure.objects.create(pairing=pairing, text_sealed=sealer().seal(text), due_on=due_on)


@transaction.atomic
def finish_measure(*, measure: Measure, result: str, by: User, at: datetime) -> Measure:
    """Write down what came of a measure."""
    locked(measure.pairing.file, by)
    measure = Measure.objects.select_for_update().get(pk=measure.pk)
    if measure.done_on is not None:
        raise NotNow(_("这项措施已经完成。"))
    result = clean_text(result, limit=300, field_label=_("结果"), required=True, multiline=True)
    measure.result_sealed, measure.done_on, measure.by = sealer().seal(result), localdate(at), by
    measure.save(update_fields=["result_sealed", "done_on", "by"])
    return measure


@transaction.atomic
def report_quarter(
    *, pairing: Pairing, text: str, by: User, at: datetime, on: date | None = None
) -> QuarterReport:
    """Report the quarter of a day (today): visits are counted, not told.

    :raises NotNow: if the quarter has been reported, or has not begun
    """
    file = locked(pairing.file, by)
    pairing = _open(pairing)
    today = localdate(at)
    day = on or today
    if day > today:
        raise BadDay(_("不能提前填报。"), field="on")
    year, quarter, first, after = quarter_of(day)
    if pairing.quarters.filter(year=year, quarter=quarter).exists():
        raise NotNow(
            _("%(year)d 年第 %(quarter)d 季度已经填报。") % {"year": year, "quarter": quarter}
        )
    text = clean_text(text, limit=500, field_label=_("帮扶成效"), required=True, multiline=True)
    met = file.visits.exclude(how="absent").filter(on__gte=max(first, pairing.since), on__lt=after)
    return QuarterReport.objects.create(
        pairing=pairing, year=year, quarter=quarter, visits=met.count(),
        text_sealed=sealer().seal(text), at=at, by=by,
    )  # fmt: skip


@transaction.atomic
def end_pairing(*, pairing: Pairing, outcome: str, by: User, at: datetime) -> Pairing:
    """End a pairing with what came of it; the person in charge reads the file no more."""
    file = locked(pairing.file, by, standing=False)
    must_have_duty(by, file.area)
    pairing = _open(pairing)
    pairing.outcome = clean_text(outcome, limit=200, field_label=_("帮扶成效"), required=True)
    pairing.until = localdate(at)
    pairing.save(update_fields=["outcome", "until"])
    if pairing.helper_id:
        file.carers.filter(user=pairing.helper_id, to_date=None).update(
            to_date=pairing.until, handed_on=_("结对结束")
        )
    audit(actor=by, action="care.pair.end", object=file.object_word, at=at)
    return pairing


def _open(pairing: Pairing) -> Pairing:
    row = Pairing.objects.select_for_update().get(pk=pairing.pk)
    if row.until is not None:
        raise NotNow(_("这次结对已经结束。"))
    return row
