"""What else happens when a rectification moves: its deadline on the clock, its answer in the register."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.cases.actions import system_move
from tongxin.cases.clocks import end_of, run_until
from tongxin.cases.flow import Words
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of

from .models import Finding, FindingUnit, Rectification

LONG = 2000


# Guards.


def is_another(case: Case, actor) -> Words | None:
    """Say why not: a recheck is by neither who did it nor who planned it, nor by their unit."""
    if actor is None:
        return None
    row = _row(case)
    if row is not None and actor.pk in {row.done_by_id, row.planned_by_id, case.holder_id}:
        return _("复查应由整改人、方案报送人以外的人进行。")
    return is_not_of_the_unit(case, actor)


def is_not_of_the_unit(case: Case, actor) -> Words | None:
    if actor is not None and case.handler_id in {post.org_id for post in posts_of(actor)}:
        return _("责任单位不能判定自己的整改，请由上级或监督员办理。")
    return None


def may_write_off(case: Case, actor) -> Words | None:
    """Say why not: all responsibilities named (S0.63), all money there with its receipt (S0.80).

    Of several units' rectifications the one that presses on all is held against the finding.
    """
    row = _row(case)
    if row is None or case.parent_id is not None:
        return None
    return lacks(row.finding)


def may_reopen(case: Case, actor) -> Words | None:
    """Say why not: who answers for it does not judge it, and what was taken back is ordered anew."""
    row = _row(case)
    if row is None or row.finding.step not in (Finding.Step.CLOSED, Finding.Step.ORDERED):
        return _("这个问题的交办已撤销，请重新交办。")
    return is_not_of_the_unit(case, actor)


def lacks(finding: Finding) -> Words | None:
    """Return what is missing before a finding may be written off, as a sentence; None: nothing."""
    if missing := missing_duties(finding):
        return _("还没有明确%s，请先在问题页面补全责任单位。") % "、".join(missing)
    if finding.due_fen is None:
        return None
    if finding.unpaid_fen:
        return _("资金还差 %s 元没有到位，全额拨付后才能销号。") % yuan(finding.unpaid_fen)
    if finding.payments.filter(revoked_at__isnull=True, receipt__isnull=True).exists():
        return _("有到位资金没有凭证，补上凭证后才能销号。")
    return None


def missing_duties(finding: Finding) -> list[str]:
    """Return the responsibilities that the kind asks for and nobody was named for."""
    asked = (finding.kind.duties if finding.kind else "territory main").split()
    named = {unit.responsibility for unit in finding.units.all()}
    words = dict(FindingUnit.Responsibility.choices)
    return [str(words[word]) for word in asked if word not in named]


def yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _row(case: Case) -> Rectification | None:
    """Return what the rectification adds to the case; asked once for the case in hand."""
    if "_rectification" not in case.__dict__:
        found = Rectification.objects.select_related("finding__kind", "unit")
        case.__dict__["_rectification"] = found.filter(case=case.pk).first()
    return case.__dict__["_rectification"]


# The clock: from the order to the end of the day that was set.


def _no_later_than(case: Case, deadline: date, at: datetime) -> None:
    """Shorten the clock of a step before the work where the deadline comes first."""
    if case.due_at is not None and end_of(deadline) < case.due_at:
        run_until(case, deadline, since=at)


# Before: fields of the case that the event then covers.


def take_over(case: Case, event, given: dict) -> None:
    case.holder = event.actor
    if row := _row(case):
        _no_later_than(case, row.deadline, event.at)


def let_go(case: Case, event, given: dict) -> None:
    case.holder = None


def ordered_anew(case: Case, event, given: dict) -> None:
    case.holder = None


def state_plan(case: Case, event, given: dict) -> None:
    for name, label in (("cause", _("原因说明")), ("plan", _("整改方案"))):
        event.data[name] = clean_text(
            given[name], limit=LONG, field_label=label, required=True, multiline=True
        )
    if row := _row(case):
        run_until(case, row.deadline, since=case.opened_at)


def check_done(case: Case, event, given: dict) -> None:
    if event.actor is not None:
        case.holder = event.actor


def count_return(case: Case, event, given: dict) -> None:
    """Send it back; with a new day, or on the old one: then it may be late at once."""
    row, until = _row(case), given.get("until")
    case.until = None  # it is no pause
    if until is not None:
        if until <= event.at:
            raise Invalid(_("新的整改时限应在今天之后。"), field="until")
        run_until(case, localdate(until), since=event.at)
    elif row is not None:
        run_until(case, row.deadline, since=case.opened_at)


def set_day_anew(case: Case, event, given: dict) -> None:
    """Reopened: the work has a new day, since the one before is over."""
    case.until = None  # it is no pause
    if given["until"] <= event.at:
        raise Invalid(_("新的整改时限应在今天之后。"), field="until")
    run_until(case, localdate(given["until"]), since=event.at)


# After: the domain's own rows.


def keep_assigned(case: Case, event, given: dict) -> None:
    """Another unit takes it: the finding names it, with the responsibility of the one before."""
    row = _row(case)
    if row is None or row.unit is None or case.handler_id == row.unit.org_id:
        return
    org = Org.objects.get(pk=cast(int, case.handler_id))
    named, _made = FindingUnit.objects.get_or_create(
        finding=row.finding, name=org.name, responsibility=row.unit.responsibility,
        defaults={"org": org},
    )  # fmt: skip
    FindingUnit.objects.filter(pk=row.unit.pk).update(supervised=False)
    FindingUnit.objects.filter(pk=named.pk).update(supervised=True)
    Rectification.objects.filter(pk=row.pk).update(unit=named)


def keep_plan(case: Case, event, given: dict) -> None:
    Rectification.objects.filter(pk=case.pk).update(
        cause=event.data["cause"], plan=event.data["plan"], planned_by=event.actor
    )
    _tell_register(case)


def keep_done(case: Case, event, given: dict) -> None:
    Rectification.objects.filter(pk=case.pk).update(
        done_note=event.note, done_by=event.actor, done_at=event.at, next_report_on=None
    )
    _tell_register(case)


def keep_return(case: Case, event, given: dict) -> None:
    row = _row(case)
    if row is None:
        return
    row.returns += 1
    row.done_at = row.rechecked_at = row.rechecked_by = None
    if given.get("until") is not None:
        row.deadline = localdate(given["until"])
    row.save(update_fields=["returns", "done_at", "rechecked_at", "rechecked_by", "deadline"])
    _tell_register(case)


def keep_recheck(case: Case, event, given: dict) -> None:
    Rectification.objects.filter(pk=case.pk).update(rechecked_by=event.actor, rechecked_at=event.at)
    _tell_register(case)


def keep_deadline(case: Case, event, given: dict) -> None:
    """What the engine granted is the new day."""
    if case.due_at is not None:
        day = localdate(case.due_at - timedelta(microseconds=1))
        Rectification.objects.filter(pk=case.pk, deadline__lt=day).update(deadline=day)
        _tell_register(case)


def after_extension(written):
    def hook(case: Case, event, given: dict) -> None:
        written(case, event, given)
        keep_deadline(case, event, given)

    return hook


def after_void(written):
    def hook(case: Case, event, given: dict) -> None:
        written(case, event, given)
        free_finding(case, event, given)

    return hook


def close_finding(case: Case, event, given: dict) -> None:
    """Write the finding off with its last rectification; of several, with the one over them."""
    row = _row(case)
    if row is None:
        return
    Rectification.objects.filter(pk=case.pk).update(next_report_on=None)
    _tell_register(case)
    if case.parent_id is not None:
        _tell_all_done(case, row, event)
        return
    Finding.objects.filter(pk=row.finding_id).update(
        step=Finding.Step.CLOSED, closed_at=max(event.at, row.finding.found_at)
    )
    # The first writing off has the plain key; one after it was reopened is another fact.
    again = f":{case.length}" if case.events.filter(name="reopen").exists() else ""
    _log(row.finding, event, key=again, text=_("监督检查问题 %(number)s 整改销号：%(title)s"))


def _tell_all_done(case: Case, row: Rectification, event) -> None:
    """Tell who pressed that the last unit is done: writing the whole off is a person's decision."""
    parent = Case.objects.get(pk=cast(UUID, case.parent_id))
    over = Rectification.objects.select_related("ordered_by").filter(case=parent).first()
    if parent.open_children or over is None or over.ordered_by is None:
        return
    tell(
        users=[over.ordered_by],
        title=_("各单位均已整改：%s") % row.finding.number,
        text=_("最后一家责任单位已销号，请核对后销号整个问题。"),
        url=reverse("cases:detail", args=[parent.pk]),
        key=f"pressing:{parent.pk}:{parent.length}",
        at=event.at,
    )


def open_anew(case: Case, event, given: dict) -> None:
    """What was written off wrongly is put right again: its answer, the finding, the case over it.

    The order of before stands, with its units; what was said of it stays in the events.
    """
    keep_return(case, event, given)
    row = _row(case)
    if row is None:
        return
    if row.report_every:
        row.next_report_on = localdate(event.at) + timedelta(days=row.report_every)
        row.save(update_fields=["next_report_on"])
    if case.parent_id is None:
        finding_open_anew(case, event, given)
        return
    parent = Case.objects.get(pk=case.parent_id)
    if parent.step == "closed":
        system_move(parent, "reopen", at=event.at, note=event.note)


def finding_open_anew(case: Case, event, given: dict) -> None:
    row = _row(case)
    if row is None:
        return
    finding = row.finding
    Finding.objects.filter(pk=finding.pk).update(step=Finding.Step.ORDERED, closed_at=None)
    _log(
        finding, event, key=f":reopened:{case.length}",
        text=_("监督检查问题 %(number)s 销号有误，恢复整改：%(title)s"),
    )  # fmt: skip


def _log(finding: Finding, event, *, key: str, text: str) -> None:
    """Write into the books of the party units that were pressed."""
    for unit in finding.units.filter(supervised=True).select_related("org"):
        if unit.org is not None and unit.org.kind == Org.Kind.PARTY:
            write_log(
                unit=unit.org, kind="assessment", at=event.at, recorded_at=event.recorded_at,
                text=text % {"number": finding.number, "title": finding.title},
                source=f"findings.finding:{finding.pk}", key=f"finding:{finding.pk}{key}",
                actor=event.actor,
            )  # fmt: skip


def free_finding(case: Case, event, given: dict) -> None:
    """An order taken back: the finding waits for another, unless others still work on it."""
    row = _row(case)
    if row is None:
        return
    Rectification.objects.filter(pk=case.pk).update(next_report_on=None)
    if row.unit_id is not None:
        FindingUnit.objects.filter(pk=row.unit_id).update(supervised=False)
    if case.parent_id is None:
        Finding.objects.filter(pk=row.finding_id).update(
            step=Finding.Step.OPEN, case=None, deadline=None
        )
    else:
        _tell_register(case)


def _tell_register(case: Case) -> None:
    """Bring the register's own line up to what the units have answered."""
    row = _row(case)
    if row is not None:
        tell_register(row.finding)


def tell_register(finding: Finding) -> None:
    """Write measures, result, deadline and rechecker of a finding out of its rectifications."""
    rows = [
        row
        for row in finding.rectifications.select_related("unit", "rechecked_by", "case").order_by(
            "unit__id"
        )
        if row.unit_id is not None and row.case.step != "void"
    ]
    many = len(rows) > 1
    Finding.objects.filter(pk=finding.pk).update(
        measures=_said(rows, "plan", many),
        result=_said(rows, "done_note", many),
        deadline=max((row.deadline for row in rows), default=None),
        rechecked_by_name="、".join(
            dict.fromkeys(row.rechecked_by.name for row in rows if row.rechecked_by)
        )[:40],
    )


def _said(rows: list[Rectification], field: str, many: bool) -> str:
    told = [(row.unit.name if row.unit else "", getattr(row, field)) for row in rows]
    return "\n".join(f"{name}：{text}" if many else text for name, text in told if text)
