"""What else happens when a resolution or a delivery moves: whose turn it is, its day, its ledger."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.cases.clocks import run_until
from tongxin.cases.flow import Words
from tongxin.cases.models import Case, Event
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of

from .models import Agreement, ItemChange, ListItem, Resolution, ResolutionTask


def resolution_of(case: Case) -> Resolution | None:
    """Return the resolution of a case: its own, or that of the case it is a child of."""
    rows = Resolution.objects.select_related("body__org", "session__meeting")
    return rows.filter(case=case.parent_id or case.pk).first()


def task_of(case: Case) -> ResolutionTask | None:
    rows = ResolutionTask.objects.select_related("resolution__body", "org", "holder")
    return rows.filter(pk=case.pk).first()


def link_of(case: Case, event: Event, user: int) -> str:
    """Lead a notice to the resolution's page; it shows each reader their part."""
    found = resolution_of(case)
    return reverse("conferences:resolution", args=[found.pk]) if found else ""


def link_of_delivery(case: Case, event: Event, user: int) -> str:
    return reverse("conferences:agreement", args=[case.pk])


# Guards.


def is_another(case: Case, actor) -> Words | None:
    """Say why not: who reported it does not confirm it, nor anybody else of the unit that did it.

    Where the convening unit itself did it, another person there confirms.
    """
    task = task_of(case)
    if actor is None or task is None:
        return None
    if actor.pk in {task.done_by_id, case.holder_id}:
        return _("不能确认自己上报的办理结果，请由召集单位的其他人确认。")
    own = task.org_id and task.org_id != task.resolution.body.org_id
    if own and task.org_id in {post.org_id for post in posts_of(actor)}:
        return _("责任单位不能确认自己的办理结果，请由召集单位确认。")
    return None


def is_not_the_giver(case: Case, actor) -> Words | None:
    if actor is None:
        return None
    if actor.pk == case.holder_id:
        return _("登记交付的人不能自己确认收到。")
    if case.handler_id and case.handler_id in {post.org_id for post in posts_of(actor)}:
        return _("提供单位不能确认收到，请由需求一方确认。")
    return None


# Before: whose turn it is, and until when.


def take_over(case: Case, event: Event, given: dict) -> None:
    case.holder = event.actor
    if task := task_of(case):
        run_until(case, task.due_on, since=event.at)


def to_the_office(case: Case, event: Event, given: dict) -> None:
    """Whoever must act next has the case: the unit that convenes the body."""
    if event.name == "report" and event.actor is not None:
        case.holder = event.actor
    found = resolution_of(case)
    if found is not None and found.body.org is not None:
        case.handler = found.body.org


def assigned_anew(case: Case, event: Event, given: dict) -> None:
    found = resolution_of(case)
    if found is not None and given["handler"].pk == found.body.org_id:
        return
    case.holder = None


def back_to_the_unit(case: Case, event: Event, given: dict) -> None:
    if task := task_of(case):
        case.handler = task.org


def run_again(case: Case, event: Event, given: dict) -> None:
    back_to_the_unit(case, event, given)
    if task := task_of(case):
        run_until(case, task.due_on, since=event.at)


def new_day(case: Case, event: Event, given: dict) -> None:
    until = given["until"]
    if until <= event.at:
        raise Invalid(_("新的完成期限应在今天之后。"), field="due_on")
    case.until = None  # it is no pause
    if case.step != "assigned":
        run_until(case, localdate(until - timedelta(microseconds=1)), since=event.at)


# After: the ledger's own rows.


def keep_assigned(case: Case, event: Event, given: dict) -> None:
    org = Org.objects.get(pk=given["handler"].pk)
    ResolutionTask.objects.filter(pk=case.pk).update(org=org, holder=None)


def keep_progress(case: Case, event: Event, given: dict) -> None:
    ResolutionTask.objects.filter(pk=case.pk).update(progress=event.note)


def keep_report(case: Case, event: Event, given: dict) -> None:
    ResolutionTask.objects.filter(pk=case.pk).update(
        done_note=event.note, done_by=event.actor, done_at=event.at
    )


def keep_confirmed(case: Case, event: Event, given: dict) -> None:
    ResolutionTask.objects.filter(pk=case.pk).update(
        confirmed_by=event.actor, confirmed_at=event.at
    )
    end_if_last(case, event, given)


def keep_return(case: Case, event: Event, given: dict) -> None:
    if task := task_of(case):
        task.returns += 1
        task.done_at = task.done_by = None
        task.save(update_fields=["returns", "done_at", "done_by"])


def keep_day(case: Case, event: Event, given: dict) -> None:
    day = localdate(given["until"] - timedelta(microseconds=1))
    ResolutionTask.objects.filter(pk=case.pk).update(due_on=day)


def end_if_last(case: Case, event: Event, given: dict) -> None:
    """End the resolution with its last task; what came of it is what its units reported."""
    from tongxin.cases.actions import system_move

    found = resolution_of(case)
    if found is None:
        return
    steps = dict(found.tasks.values_list("pk", "case__step"))
    steps[case.pk] = case.step
    if any(step not in ("closed", "void") for step in steps.values()):
        return
    done = [one for one in found.tasks.select_related("org", "holder").order_by("case__number")
            if steps[one.pk] == "closed"]  # fmt: skip
    many = len(done) > 1
    result = "\n".join(f"{one.owner}：{one.done_note}" if many else one.done_note for one in done)
    end = Resolution.End.DONE if done else Resolution.End.WITHDRAWN
    Resolution.objects.filter(pk=found.pk).update(result=result, end=end, closed_at=event.at)
    if case.parent_id is not None:
        parent = Case.objects.get(pk=case.parent_id)
        if parent.step == "running":
            name, note = ("conclude", "") if done else ("withdraw", event.note or _("全部撤回"))
            system_move(parent, name, at=event.at, note=note)


# Deliveries.


def _agreement(case: Case) -> Agreement:
    return Agreement.objects.select_related("need", "supply").get(pk=case.pk)


def hold_as_giver(case: Case, event: Event, given: dict) -> None:
    case.holder = event.actor


def until_the_end(case: Case, event: Event, given: dict) -> None:
    run_until(case, _agreement(case).to_date, since=event.at)


def keep_delivery(case: Case, event: Event, given: dict) -> None:
    row = _agreement(case)
    row.delivered_on, row.delivered_by = localdate(event.at), event.actor
    row.delivered = row.quantity if given.get("amount") is None else _fen_or_pieces(row, given)
    row.minutes = int(given.get("minutes") or 0)
    row.save(update_fields=["delivered_on", "delivered_by", "delivered", "minutes"])


def _fen_or_pieces(row: Agreement, given: dict) -> int:
    """Return what was given as the list counts it; money is said in yuan and kept in fen."""
    said = int(round(float(given["amount"]) * (100 if row.need.matter == "money" else 1)))
    if not 0 < said <= row.quantity:
        raise Invalid(_("交付的数量应大于 0，不超过约定的数量。"), field="amount")
    return said


def count_delivery(case: Case, event: Event, given: dict) -> None:
    """Count what was confirmed; a need that got all it asked for is met and closed."""
    row = _agreement(case)
    row.confirmed_by, row.confirmed_at = event.actor, event.at
    if given.get("minutes") is not None:
        row.minutes = int(given["minutes"])
    if given.get("amount") is not None:
        row.delivered = _fen_or_pieces(row, given)
    row.save(update_fields=["confirmed_by", "confirmed_at", "minutes", "delivered"])
    need = ListItem.objects.select_for_update().get(pk=row.need_id)
    got = sum(
        one.delivered or 0
        for one in Agreement.objects.filter(need=need, confirmed_at__isnull=False)
    )
    words = _("%(party)s已落实，%(note)s") % {"party": row.supply.party, "note": row.supply.title}
    ItemChange.objects.create(item=need, what=words[:200], by=event.actor, at=event.at)
    if got >= need.quantity and need.state == ListItem.State.OPEN:
        need.state = ListItem.State.CLOSED
        need.result = words[:300]
        need.save(update_fields=["state", "result"])
        ItemChange.objects.create(item=need, what=_("需求已满足，办结"), by=None, at=event.at)
