"""The allocation: drawn up by the solver, changed by hand at a price, confirmed by a person (S0.14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

import numpy as np
from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused, Stale
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from .. import allocation
from ..models import AllocationRun, Operation, Placement, PlacementChange, Secondment
from ..queries.rules import rule_on
from ..queries.runs import Price, Problem, free_entries, open_needs, price_of, problem_of
from .operations import LONGEST, check_leads, check_running
from .secondments import Sending, begin_secondments, named


class NoNeeds(Refused):
    """Without needs there is nothing to share out to."""


class EmptyPool(Refused):
    """Nobody of the pool is free in these days."""


class BadDays(Invalid):
    """The days of a run lie in the future and in order."""


class NotDraft(Refused):
    """A run that was confirmed or dropped does not change."""


class BadTarget(Invalid):
    """A cadre is sent to a community of the run, or into the reserve."""


class OutOfDate(Stale):
    """The draft, or the price shown, is not of now any more."""


@transaction.atomic
def allocate(
    *, operation: Operation, first: date, last: date, at: datetime, by: User,
    keep: AllocationRun | None = None,
) -> AllocationRun:  # fmt: skip
    """Share the pool out over the communities in one run, at the least cost, with its proof.

    The run is a draft; the draft before is dropped. `keep` is that draft if what was changed by
    hand in it shall stay as it is, while the rest is arranged anew.

    :raises NotYours, NotRunning, NoRule, NoNeeds, EmptyPool, BadDays: as their names say
    """
    Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    check_leads(by, operation)
    check_running(operation)
    _check_days(first, last, localdate(at))
    entries = free_entries(operation, first, last)
    needs = open_needs(operation, first, last)
    if not needs:
        raise NoNeeds(_("还没有社区需求"), remedy=_("请先生成或填报各社区的需求人数"))
    if not entries:
        raise EmptyPool(_("统筹池里没有这段时间可以下沉的干部"), remedy=_("请先报名单，或改日期"))
    worth = rule_on("worth", localdate(at))
    together = dict(operation.together.values_list("unit_id", "level"))
    problem = problem_of(entries, needs, together, worth)
    kept = _kept(keep, problem)
    fixed = np.array(
        [problem.at(kept[e.pk]) if e.pk in kept else allocation.NOBODY for e in entries], int
    )
    result = allocation.solve(problem.instance, fixed)
    operation.runs.filter(state=AllocationRun.State.DRAFT).update(
        state=AllocationRun.State.DROPPED, decided_at=at, decided_by=by
    )
    number = (operation.runs.aggregate(top=Max("number"))["top"] or 0) + 1
    run = AllocationRun.objects.create(
        operation=operation, number=number, at=at, by=by, needs=needs,
        parameters={
            "first": str(first), "last": str(last), "worth": worth, "together": together,
            "kept": kept,
        },
        objective=result.objective, bound=result.bound,
        prices={str(o.id): int(p) for o, p in zip(problem.lands, result.prices, strict=True)},
        cuts=[[int(price) for price in one] for one in result.cuts],
        seconds=round(result.seconds, 2), flows=result.rounds,
    )  # fmt: skip
    _write(run, problem, result, kept)
    audit(actor=by, action="cadres.allocate", object=str(run), detail={"n": len(entries)}, at=at)
    run.refresh_from_db()
    return run


def _check_days(first: date, last: date, today: date) -> None:
    if first < today:
        raise BadDays(_("首日不能早于今天"), field="first")
    if last <= first:
        raise BadDays(_("末日应晚于首日"), field="last")
    if last - first > LONGEST:
        raise BadDays(_("一次下沉最长一年，到期可以延长"), field="last")


def _kept(keep: AllocationRun | None, problem: Problem) -> dict[int, int | None]:
    """Return what was placed by hand: {entry id: community id or None}."""
    if keep is None:
        return {}
    ids, lands = {entry.pk for entry in problem.entries}, {land.id for land in problem.lands}
    rows = keep.placements.filter(by_hand=True).values_list("entry_id", "community_id")
    return {
        entry: place for entry, place in rows if entry in ids and (place is None or place in lands)
    }


def _write(run: AllocationRun, problem: Problem, result: allocation.Result, kept: dict) -> None:
    rows = []
    for entry, place, metres in zip(
        problem.entries, result.place.tolist(), result.metres.tolist(), strict=True
    ):
        community = problem.lands[place].id if place >= 0 else None
        rows.append(
            Placement(
                run=run, entry_id=entry.pk, community_id=community, metres=metres,
                by_hand=entry.pk in kept,
            )
        )  # fmt: skip
    Placement.objects.bulk_create(rows, 500)


@transaction.atomic
def move_placement(
    *, placement: Placement, community: Region | None, note: str, at: datetime, by: User,
    expect: int | None = None,
) -> Price:  # fmt: skip
    """Send one cadre of a draft elsewhere, or into the reserve; return what it costs, in words.

    `expect` is the price in metres that the page showed.

    :raises NotYours, NotDraft: as their names say
    :raises BadTarget: for a community that is not in the run, or the one they are in
    :raises OutOfDate: if the price is another by now
    """
    run = _draft(placement.run, by)
    placement = Placement.objects.select_related("entry__person").get(pk=placement.pk)
    target = community.pk if community else None
    if target == placement.community_id:
        raise BadTarget(_("%s 本来就在那里") % placement.entry.person, field="community")
    if target is not None and str(target) not in run.needs:
        raise BadTarget(not_in_the_run(str(community)), field="community")
    price = price_of(run, placement, target, look_further=False)
    if expect is not None and expect != price.cost:
        raise OutOfDate(_("方案刚被别人调整过，这一步的代价变成了：%s。请再看一次。") % price.why)
    PlacementChange.objects.create(
        run=run, entry=placement.entry, from_community_id=placement.community_id,
        to_community=community, cost=price.cost, why=price.why[:300], note=note, by=by, at=at,
    )  # fmt: skip
    placement.community, placement.by_hand = community, True
    placement.metres = _way(placement)
    placement.save(update_fields=["community", "by_hand", "metres"])
    run.objective += price.cost
    run.changes_cost += price.cost
    run.save(update_fields=["objective", "changes_cost"])
    return price


def not_in_the_run(community: str) -> str:
    return _("“%s”不在这个方案的社区里") % community


def _way(placement: Placement) -> int:
    if placement.community is None:
        return 0
    home, place = placement.entry.home, placement.community
    points = [np.array([[one.lng, one.lat]], float) for one in (home, place)]
    return int(allocation.ways(*points)[0, 0])


def _draft(run: AllocationRun, by: User) -> AllocationRun:
    rows = AllocationRun.objects.select_for_update(of=("self",)).select_related(
        "operation__region", "operation__ordered_by"
    )
    run = rows.get(pk=run.pk)
    check_leads(by, run.operation)
    if run.state != AllocationRun.State.DRAFT:
        raise NotDraft(
            _("方案 %(n)d %(state)s，不能再改")
            % {"n": run.number, "state": run.get_state_display()}
        )
    return run


@transaction.atomic
def confirm_run(
    *, run: AllocationRun, at: datetime, by: User, field_units: dict[int, Org] | None = None
) -> list[Secondment]:
    """Make the draft true: everybody placed is sent, with post, notice and a line in the books.

    :raises NotYours, NotRunning, NotDraft, AlreadyAway, NoOffice: as their names say
    :raises OutOfDate: if somebody was withdrawn from the pool since, or the first day is over
    """
    run = _draft(run, by)
    first = date.fromisoformat(run.parameters["first"])
    last = date.fromisoformat(run.parameters["last"])
    if first < localdate(at):
        raise OutOfDate(_("方案的首日 %s 已过，请重新生成") % first)
    rows = run.placements.filter(community__isnull=False).select_related(
        "entry__person__user", "entry__unit", "community"
    )
    placed = list(rows.defer("community__polygon").order_by("pk"))
    if gone := [one.entry.person for one in placed if one.entry.withdrawn_at]:
        raise OutOfDate(_("已撤出统筹池：%s。请重新生成方案。") % named(gone))
    if not placed:
        raise EmptyPool(_("方案里没有安排任何人，不能确认"))
    sendings = [
        Sending(
            one.entry.person, one.entry.unit, cast(Region, one.community),
            max(first, one.entry.from_date), min(last, one.entry.to_date),
        )
        for one in placed
    ]  # fmt: skip
    sent = begin_secondments(
        operation=run.operation, sendings=sendings, at=at, by=by, field_units=field_units,
        key=f"run{run.pk}",
    )  # fmt: skip
    run.state, run.decided_at, run.decided_by = AllocationRun.State.CONFIRMED, at, by
    run.save(update_fields=["state", "decided_at", "decided_by"])
    audit(actor=by, action="cadres.confirm", object=str(run), detail={"n": len(sent)}, at=at)
    return sent


@transaction.atomic
def drop_run(*, run: AllocationRun, at: datetime, by: User) -> None:
    """Give a draft up. Raises NotYours, NotDraft."""
    run = _draft(run, by)
    run.state, run.decided_at, run.decided_by = AllocationRun.State.DROPPED, at, by
    run.save(update_fields=["state", "decided_at", "decided_by"])
