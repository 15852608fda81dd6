"""Lists: figures by kind, what an item still wants or has left, the ledger's history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from tongxin.funds.queries import yuan
from tongxin.regions.queries import world

from ..models import (
    CONSUMED,
    GIVES,
    UNITS,
    Agreement,
    ListItem,
    ListKind,
    MatchRun,
    Matter,
)
from . import solver


def quantity_words(matter: str, quantity: int) -> str:
    """Say a quantity as people count it: 500000 fen are "5,000 元"."""
    if matter == Matter.MONEY:
        yuan = quantity / 100
        return _("%s 元") % (f"{yuan:,.0f}" if yuan == int(yuan) else f"{yuan:,.2f}")
    return f"{quantity:,} {UNITS[matter]}"


class Usage(NamedTuple):
    """What was promised of items: to each need, and out of each supply."""

    got: dict[int, int]  # need -> quantity agreed
    used: dict[int, list[tuple[int, date, date]]]  # supply -> promises
    pairs: set[tuple[int, int]]  # (need, supply)


def usage_of(items: Iterable[int]) -> Usage:
    """Return what stands agreed of some items. One query."""
    ids = list(items)
    got: dict[int, int] = defaultdict(int)
    used: dict[int, list[tuple[int, date, date]]] = defaultdict(list)
    pairs = set()
    rows = Agreement.objects.standing().filter(Q(need__in=ids) | Q(supply__in=ids))
    names = (
        "need_id",
        "supply_id",
        "quantity",
        "delivered",
        "confirmed_at",
        "from_date",
        "to_date",
    )
    for need, supply, quantity, delivered, confirmed, first, last in rows.values_list(*names):
        # Once confirmed, what was really given counts; before that, what was promised.
        counted = delivered if confirmed is not None and delivered is not None else quantity
        got[need] += counted
        used[supply].append((counted, first, last))
        pairs.add((need, supply))
    return Usage(got, used, pairs)


def left_of(item: ListItem, usage: Usage | None = None) -> int:
    """Return what a need still wants, or a supply could still give in its own window."""
    usage = usage or usage_of([item.pk])
    if item.book.kind == ListKind.NEED:
        return max(0, item.quantity - usage.got.get(item.pk, 0))
    rows = usage.used.get(item.pk, [])
    consumed = item.matter in CONSUMED
    if consumed or rows:
        return max(
            0,
            item.quantity - solver.taken(rows, item.from_date, item.to_date, consumed=consumed),
        )
    return item.quantity


def board(rows: QuerySet[ListItem]) -> list[dict[str, Any]]:
    """Return a line for each kind of list among rows: open, waiting for review, closed. One query."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for kind, state, n in (
        rows.order_by().values_list("book__kind", "state").annotate(n=Count("pk", distinct=True))
    ):
        counts[kind][state] += n
    return [
        {
            "kind": kind.value, "label": kind.label, "open": counts[kind]["open"],
            "waiting": counts[kind]["proposed"], "closed": counts[kind]["closed"],
            "total": sum(counts[kind].values()),
        }
        for kind in ListKind
    ]  # fmt: skip


def met_figures(path: str) -> dict[str, int]:
    """Return what came of matching on land: agreements, needs met, hours, fen (S3.24). One query."""
    rows = Agreement.objects.filter(need__book__region__path__under=path)
    given = Q(confirmed_at__isnull=False)
    found = rows.aggregate(
        agreed=Count("pk", filter=~Q(case__step="void")),
        done=Count("pk", filter=given),
        needs=Count("need", filter=given & Q(need__state="closed"), distinct=True),
        minutes=Sum("minutes", filter=given),
        fen=Sum("delivered", filter=given & Q(need__matter="money")),
    )
    return {name: found[name] or 0 for name in ("agreed", "done", "needs", "minutes", "fen")}


def met_words(path: str) -> dict[str, Any]:
    """Return the same as tiles show it, with hours and yuan."""
    found = met_figures(path)
    hours = round(found["minutes"] / 60, 1)
    return found | {"hours": f"{hours:g}", "yuan": yuan(found["fen"])}


def words_of(item: ListItem) -> frozenset[str]:
    text = item.words.replace("，", " ").replace(",", " ").replace("、", " ")
    return frozenset(word for word in text.split() if word)


def _point(region_id: int | None) -> tuple[float, float] | None:
    land = world().by_id.get(region_id or 0)
    return (land.lng, land.lat) if land and land.lng is not None and land.lat is not None else None


def want_of(item: ListItem, usage: Usage, today: date) -> solver.Want:
    return solver.Want(
        item.pk, item.matter, max(0, item.quantity - usage.got.get(item.pk, 0)),
        max(item.from_date, today), item.to_date, item.region.path, _point(item.region_id),
        words_of(item), item.org_id, max(0, (today - item.at.date()).days),
    )  # fmt: skip


def give_of(item: ListItem, usage: Usage, today: date) -> solver.Give:
    return solver.Give(
        item.pk, item.matter, item.quantity, max(item.from_date, today), item.to_date,
        item.region.path, _point(item.home_id or item.region_id), words_of(item), item.org_id,
        str(item.org_id or item.party), item.is_consumed, tuple(usage.used.get(item.pk, ())),
        item.requires_id,
    )  # fmt: skip


class Field(NamedTuple):
    """The lists of a place as the solver sees them."""

    needs: dict[int, ListItem]
    supplies: dict[int, ListItem]
    pairs: list[solver.Pair]
    circles: frozenset


def field_of(path: str, today: date) -> Field:
    """Return the open needs of land and the supplies that reach it, with every pair. Four queries."""
    rows = ListItem.objects.usable_on(today).select_related("book", "region", "org")
    needs = {
        one.pk: one for one in rows.filter(book__kind="need", book__region__path__under=path)
        if one.to_date >= today
    }  # fmt: skip
    above = _prefixes(path)
    reach = Q(region__path__under=path) | Q(region__path__in=above)
    supplies = {
        one.pk: one for one in rows.filter(reach, book__kind__in=GIVES) if one.to_date >= today
    }
    usage = usage_of([*needs, *supplies])
    circles = solver.circles_in(
        [(one.pk, one.requires_id) for one in supplies.values() if one.requires_id],
        Agreement.objects.standing().values_list("need_id", "supply_id"),
    )
    pairs = solver.pairs_of(
        [want_of(one, usage, today) for one in needs.values()],
        [give_of(one, usage, today) for one in supplies.values()],
        circles,
    )
    return Field(needs, supplies, pairs, circles)


def _prefixes(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


class Change(NamedTuple):
    """What it costs to do otherwise than proposed: points of the best plan with the change."""

    loss: int
    words: str


def cost_of_change(run: MatchRun, *, need: int, supply: int | None, today: date) -> Change:
    """Return what the plan loses if a need gets another supply, or (`supply` None) none at all.

    The best plan is computed anew under the change. Four queries and one run of the solver.
    """
    field = field_of(run.region.path, today)
    best = solver.solve(field.pairs)
    if supply is None:
        pairs = [pair for pair in field.pairs if pair.want.id != need]
    else:
        pairs = [pair for pair in field.pairs if pair.want.id != need or pair.give.id == supply]
    changed = solver.solve(pairs)
    loss = best.value - changed.value
    met = len({one.pair.want.id for one in best.served})
    still = len({one.pair.want.id for one in changed.served})
    if loss <= 0:
        return Change(0, _("不影响整体方案。"))
    words = _("整体方案少 %(loss)d 分，满足的需求从 %(met)d 项变为 %(still)d 项。")
    return Change(loss, words % {"loss": loss, "met": met, "still": still})


def other_supplies(need: ListItem, field: Field, most: int = 12) -> list[solver.Pair]:
    """Return the supplies that could serve a need, the best first."""
    rows = [pair for pair in field.pairs if pair.want.id == need.pk]
    return sorted(rows, key=lambda pair: (-pair.gain(pair.most), pair.give.id))[:most]


def narrowed(rows: QuerySet[ListItem], *, state: str, matter: str, text: str) -> QuerySet[ListItem]:
    if state in ListItem.State.values:
        rows = rows.filter(state=state)
    if matter in Matter.values:
        rows = rows.filter(matter=matter)
    if text:
        rows = rows.filter(Q(title__contains=text) | Q(party__contains=text))
    return rows.select_related("book__region", "region", "org")
