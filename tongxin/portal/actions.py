"""Writes of the pages that cross the apps: views that are kept, and one move for many cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import get_current_timezone, localdate
from django.utils.translation import gettext as _

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.grids.actions import report_component as bind_component
from tongxin.grids.models import Component
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org
from tongxin.orgs.scope import keeps_register
from tongxin.requests.actions import file_request
from tongxin.requests.models import Channel

from .models import DueItem, SavedView
from .queries.due import Due, found_due
from .queries.service_record import year_of_unit

MOST_VIEWS, MOST_AT_ONCE = 20, 100


class TooManyViews(Refused):
    """A person keeps so many views, and no more."""


@dataclass(frozen=True)
class Outcome:
    """What became of one case of many: done, or why not."""

    case: Case
    refusal: str = ""


@transaction.atomic
def save_view(*, user, name: str, query: str) -> SavedView:
    """Keep a view of the desk under a name; the same name again replaces it.

    :raises TooManyViews: at twenty
    :raises Missing, TooLong: for a name that is empty or over 20 characters
    """
    name = clean_text(name, limit=20, field_label=_("名称"), required=True)
    query = clean_text(query, limit=500, field_label=_("筛选条件"))
    kept = SavedView.objects.visible_to(user)
    if kept.count() >= MOST_VIEWS and not kept.filter(name=name).exists():
        raise TooManyViews(_("最多保存 %d 个视图，请先删去不用的。") % MOST_VIEWS, field="name")
    view, _made = SavedView.objects.update_or_create(
        user=user, name=name, defaults={"query": query}
    )
    return view


@transaction.atomic
def drop_view(*, view: SavedView) -> None:
    view.delete()


def move_many(
    *,
    cases: Iterable[Case],
    name: str,
    actor,
    at: datetime,
    note: str = "",
    key: str = "",
    **given: Any,
) -> list[Outcome]:
    """Make the same move for many cases, each on its own: one refusal does not hold up the others."""
    outcomes = []
    for case in cases:
        try:
            make_move(
                case, name, at=at, actor=actor, note=note, key=f"{key}:{case.pk}" if key else None,
                **given,
            )  # fmt: skip
            outcomes.append(Outcome(case))
        except Refused as refusal:
            outcomes.append(Outcome(case, str(refusal.message)))
    return outcomes


class YearNotOver(Refused):
    """A year is summed up when it is over."""


@transaction.atomic
def write_service_year(*, unit: Org, year: int, by, at: datetime) -> LogEntry:
    """Write what a unit's members gave in a year into its life log, once.

    :raises NotPermitted: for who does not keep the unit's register
    :raises YearNotOver: while the year lasts
    """
    if not keeps_register(by, unit.path):
        raise NotPermitted(_("只能由本党组织书记或上级组织员写入。"))
    if year >= localdate(at).year:
        raise YearNotOver(_("%d 年还没有结束，过了年再汇总。") % year)
    return write_log(
        unit=unit,
        kind=LogEntry.Kind.SERVICE,
        text=year_of_unit(unit, year).words,
        at=datetime(year, 12, 31, 23, 59, tzinfo=get_current_timezone()),
        recorded_at=at,
        source=f"portal.service_year:{year}",
        key=f"service-year:{year}",
        actor=by,
    )


BATCH = 1000


def refresh_due(*, at: datetime, units: QuerySet[Org] | None = None) -> int:
    """Look again at what units owe, all of them or those given; return how many lines changed.

    What is found no more goes, what is new comes, the rest stays as it is. Two at once take turns,
    and the second finds nothing left to write.
    """
    rows = (Org.objects.units() if units is None else units).order_by("pk")
    found, changed = found_due(rows, localdate(at)), 0
    with transaction.atomic():
        list(Org.objects.select_for_update(no_key=True).order_by("pk").values("pk")[:1])
        kept = DueItem.objects.all() if units is None else DueItem.objects.filter(unit__in=rows)
        gone = []
        for pk, *given in kept.order_by("pk").values_list("pk", *Due.__dataclass_fields__):
            one = Due(*given)
            if found[one] > 0:
                found[one] -= 1
            else:
                gone.append(pk)
        for n in range(0, len(gone), BATCH):
            changed += DueItem.objects.filter(pk__in=gone[n : n + BATCH]).delete()[0]
        new = [DueItem(**vars(one), found_at=at) for one in found.elements()]
        DueItem.objects.bulk_create(new, batch_size=BATCH)
    return changed + len(new)


@transaction.atomic
def report_component(
    component: Component, *, text: str, at: datetime, by: Any, state: str = "broken",
    photos: Sequence[bytes] = (), key: str = "",
) -> Case:  # fmt: skip
    """File a request about a component, with its topic and place, and let its state follow the case.

    :raises AlreadyReported: if a case about it is under way; no second one is filed then
    :raises Invalid: as `file_request`
    """
    case = file_request(
        text=text, title=f"{component.name}：{text}"[:40], at=at, actor=by,
        topic=component.item.topic, region=component.grid, lng=component.lng, lat=component.lat,
        address=component.address or component.code, photos=photos, channel=Channel.GRID,
        key=key or None, data={"component": component.code},
    )  # fmt: skip
    bind_component(component, case=case, at=at, by=by, state=state)
    return case
