"""Matching: a run proposes, a person decides; an agreement is followed as a case to its delivery."""

from __future__ import annotations

from datetime import date, datetime
from time import perf_counter

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, open_case
from tongxin.cases.clocks import run_until
from tongxin.cases.models import Case
from tongxin.dual_report.actions import add_task
from tongxin.dual_report.models import Pact, PactTask
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import GIVES, Agreement, ItemChange, ListItem, ListKind, Match, MatchRun
from ..queries import solver
from ..queries.lists import (
    field_of,
    give_of,
    quantity_words,
    usage_of,
    want_of,
)
from .common import must_keep

State = Match.State
TIMED = ("norm", "norms", "rung", "card", "clock_from", "clock_used", "due_at", "rings_at")


class NotMatching(Refused):
    """A supply that cannot serve this need."""


class SupplyTaken(Refused):
    """What was left of the supply went to another in the meantime."""


class NeedMet(Refused):
    """The need has got what it asked for."""


class Circular(Refused):
    """The supply waits for a need that, at last, this one would serve."""


class MatchDecided(Refused):
    """Somebody decided on the proposal before."""


class DeliveryBegun(Refused):
    """What was delivered is confirmed or handed back, not cancelled."""


@transaction.atomic
def run_matching(*, region: Region, by: User, at: datetime) -> MatchRun:
    """Propose which supplies go to the open needs of a place; earlier proposals lapse.

    :raises NotYourLand:
    """
    must_keep(by, region.path)
    today = localdate(at)
    began = perf_counter()
    field = field_of(region.path, today)
    plan = solver.solve(field.pairs)
    took = int((perf_counter() - began) * 1000)
    Match.objects.filter(run__region__path__under=region.path, state=State.PROPOSED).update(
        state=State.STALE
    )
    run = MatchRun.objects.create(
        region=region, at=at, by=by, needs=len(field.needs), supplies=len(field.supplies),
        pairs=len(field.pairs), value=plan.value, is_optimal=plan.is_optimal, took_ms=took,
    )  # fmt: skip
    got: dict[int, int] = {}
    for one in plan.served:
        got[one.pair.want.id] = got.get(one.pair.want.id, 0) + one.quantity
    Match.objects.bulk_create(
        Match(
            run=run, need=field.needs[one.pair.want.id], supply=field.supplies[one.pair.give.id],
            quantity=one.quantity, from_date=one.pair.first, to_date=one.pair.last,
            gain=one.pair.gain(one.quantity),
            why=solver.reasons(
                one, matter_unit="", all_of_it=got[one.pair.want.id] >= one.pair.want.left
            )[:300],
        )
        for one in plan.served
    )  # fmt: skip
    return run


@transaction.atomic
def accept_match(*, match: Match, by: User, at: datetime, quantity: int | None = None) -> Agreement:
    """Accept a proposal (or less of it): the two have agreed. :raises MatchDecided and as `agree`"""
    match = Match.objects.select_for_update(of=("self",)).select_related("run").get(pk=match.pk)
    if match.state != State.PROPOSED:
        raise MatchDecided(_("这条方案%s。") % match.get_state_display())
    made = agree(
        need=match.need, supply=match.supply, quantity=quantity or match.quantity,
        from_date=max(match.from_date, localdate(at)), to_date=match.to_date, by=by, at=at, match=match,
    )  # fmt: skip
    match.state, match.decided_by, match.decided_at = State.ACCEPTED, by, at
    match.is_changed = quantity is not None and quantity != match.quantity
    match.save(update_fields=["state", "decided_by", "decided_at", "is_changed"])
    return made


@transaction.atomic
def decline_match(*, match: Match, note: str, by: User, at: datetime) -> Match:
    """Say why a proposal is not taken. :raises NotYourLand, MatchDecided:"""
    match = Match.objects.select_for_update(of=("self",)).select_related("run__region").get(
        pk=match.pk
    )  # fmt: skip
    must_keep(by, match.run.region.path)
    if match.state != State.PROPOSED:
        raise MatchDecided(_("这条方案%s。") % match.get_state_display())
    match.note = clean_text(note, limit=200, field_label=_("不采纳的理由"), required=True)
    match.state, match.decided_by, match.decided_at = State.DECLINED, by, at
    match.save(update_fields=["note", "state", "decided_by", "decided_at"])
    return match


@transaction.atomic
def agree(
    *, need: ListItem, supply: ListItem, quantity: int, by: User, at: datetime,
    from_date: date | None = None, to_date: date | None = None, match: Match | None = None,
) -> Agreement:  # fmt: skip
    """Let a supply serve a need: followed as a case, and in the pact where the two have one.

    Both lines are held, the lower id first, so that nothing is promised twice however many ask.

    :raises NotYourLand: unless `by` acts for the land of the need
    :raises NotMatching: with what forbids it; SupplyTaken, NeedMet, Circular
    """
    rows = {
        one.pk: one
        for one in ListItem.objects.select_for_update(of=("self",))
        .select_related("book__region", "region", "org", "by", "home")
        .filter(pk__in=sorted({need.pk, supply.pk}))
        .order_by("pk")
    }
    need, supply = rows[need.pk], rows[supply.pk]
    must_keep(by, need.book.region.path)
    today = localdate(at)
    pair = _checked(need, supply, today)
    if not quantity > 0:
        raise Invalid(_("数量应大于 0。"), field="quantity")
    first, last = from_date or pair.first, to_date or pair.last
    if first < pair.first or last > pair.last or last < first:
        raise NotMatching(_("时间对不上。"), field="from_date")
    if quantity > pair.most:
        raise SupplyTaken(
            _("最多还能约定 %s。") % quantity_words(need.matter, pair.most), field="quantity"
        )
    return _open(need, supply, quantity, first, last, match, by=by, at=at)


def _checked(need: ListItem, supply: ListItem, today: date) -> solver.Pair:
    """:raises NotMatching, NeedMet, SupplyTaken, Circular:"""
    if need.book.kind != ListKind.NEED or supply.book.kind not in GIVES:
        raise NotMatching(_("只能用供给、资源或服务来满足需求。"))
    for one in (need, supply):
        if one.state != ListItem.State.OPEN:
            raise NotMatching(
                _("“%(title)s”%(state)s。") % {"title": one.title, "state": one.get_state_display()}
            )
    usage = usage_of([need.pk, supply.pk])
    want, give = want_of(need, usage, today), give_of(supply, usage, today)
    if want.left <= 0:
        raise NeedMet(_("“%s”已有足够的约定。") % need.title)
    if words := solver.why_not(want, give):
        raise NotMatching(_("不能这样匹配：%s。") % words)
    if supply.requires_id and (need.pk, supply.pk) in _circles(supply):
        raise Circular(
            _("“%(supply)s”要先满足别的需求才能提供，而那项需求又要靠它，形成循环。")
            % {"supply": supply.title}
        )
    pair = solver.pair_of(want, give)
    if pair is None:
        raise SupplyTaken(_("“%s”在这段时间已全部约定给别人。") % supply.title, field="quantity")
    return pair


def _circles(supply: ListItem) -> frozenset:
    waits = ListItem.objects.filter(requires__isnull=False).values_list("pk", "requires_id")
    served = Agreement.objects.standing().values_list("need_id", "supply_id")
    return solver.circles_in([*waits, (supply.pk, supply.requires_id)], served)  # type: ignore[list-item]


def _open(
    need: ListItem, supply: ListItem, quantity: int, first: date, last: date, match: Match | None,
    *, by: User, at: datetime,
) -> Agreement:  # fmt: skip
    words = quantity_words(need.matter, quantity)
    task = _pact_task(need, supply, words, last, by=by, at=at)
    made: list[Agreement] = []

    def keep(case: Case) -> None:
        made.append(
            Agreement.objects.create(
                case=case, need=need, supply=supply, match=match, quantity=quantity,
                from_date=first, to_date=last, pact_task=task, by=by, at=at,
            )
        )  # fmt: skip
        run_until(case, last, since=at)
        Case.objects.filter(pk=case.pk).update(**{name: getattr(case, name) for name in TIMED})

    open_case(
        kind="delivery", title=need.title, region=need.region, at=at, actor=by, reporter=need.by,
        handler=supply.org, also=keep,
        text=_("%(party)s提供：%(title)s，%(words)s，%(first)s 至 %(last)s。%(more)s")
        % {"party": supply.party, "title": supply.title, "words": words, "first": first,
           "last": last, "more": supply.text},
        data={"need": need.pk, "supply": supply.pk, "quantity": quantity},
    )  # fmt: skip
    said = _("约定：%(supply)s → %(need)s，%(words)s") % {
        "supply": supply.party, "need": need.title, "words": words,
    }  # fmt: skip
    ItemChange.objects.bulk_create(
        [ItemChange(item=one, what=said[:200], by=by, at=at) for one in (need, supply)]
    )
    return made[0]


def _pact_task(
    need: ListItem, supply: ListItem, words: str, last: date, *, by: User, at: datetime
) -> PactTask | None:
    """Put the promise into the pact between the unit and the community, where one holds (S2.36)."""
    if supply.org_id is None or need.region.level != Region.Level.COMMUNITY:
        return None
    pact = (
        Pact.objects.in_force(localdate(at))
        .filter(report__unit=supply.org_id, report__community=need.region_id, to_date__gte=last)
        .exclude(report__state="ended")
        .first()
    )
    if pact is None:
        return None
    title = _("%(need)s（%(words)s）") % {"need": need.title, "words": words}
    return add_task(pact=pact, title=title[:80], due_on=last, by=by, at=at)


@transaction.atomic
def cancel_agreement(*, agreement: Agreement, reason: str, by: User, at: datetime) -> Agreement:
    """Take an agreement back, with the reason; what it held is free again.

    :raises NotYourLand, DeliveryBegun:
    """
    row = (
        Agreement.objects.select_for_update(of=("self",))
        .select_related("case", "need__book__region", "supply")
        .get(pk=agreement.pk)
    )
    must_keep(by, row.need.book.region.path)
    reason = clean_text(reason, limit=300, field_label=_("取消原因"), required=True)
    if row.case.step != "agreed":
        raise DeliveryBegun(_("已登记交付，请确认收到或退回补交。"))
    make_move(
        row.case, "withdraw", at=at, actor=None, note=f"{by.name}：{reason}", tags=[str(by.pk)]
    )
    said = _("取消约定：%s") % reason
    ItemChange.objects.bulk_create(
        [ItemChange(item=one, what=said[:200], by=by, at=at) for one in (row.need, row.supply)]
    )
    row.case.refresh_from_db()
    return row
