"""Components are entered, change state, are reported, and follow the case to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.kit.codes import component_code, parse_component
from tongxin.kit.errors import Invalid, KeyReused, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.photos.models import Photo
from tongxin.regions.models import Region
from tongxin.regions.queries import locate, region_of

from ..models import CatalogueItem, Component, ComponentEvent, ComponentPhoto, Kind, State
from .common import must_hold, scoped

KEEPERS = ("officer", "dispatcher", "handler")
WALKERS = (*KEEPERS, "grid_worker")
NOTE_LIMIT = 500
What = ComponentEvent.What
# What may be changed about a component that is there, and what people call it.
FIELDS = {
    "name": gettext_lazy("名称"), "department": gettext_lazy("主管部门"), "department_code": gettext_lazy("主管部门代码"),
    "owner": gettext_lazy("权属单位"), "owner_code": gettext_lazy("权属单位代码"), "maintainer": gettext_lazy("养护单位"),
    "maintainer_code": gettext_lazy("养护单位代码"), "address": gettext_lazy("位置"), "note": gettext_lazy("备注"),
    "accuracy": gettext_lazy("定位精度"), "source": gettext_lazy("数据来源"),
}  # fmt: skip
LIMITS = {"department_code": 18, "owner_code": 18, "maintainer_code": 18, "name": 60, "address": 120, "note": 1000, "source": 60, "accuracy": 1}  # fmt: skip


class BadComponent(Invalid):
    """A component needs a kind of the catalogue, a place in a grid, and a code that fits them."""


class NoChange(Refused):
    """The component is in that state already."""


class AlreadyReported(Refused):
    """Somebody has reported this component; its case is being worked on."""


def next_code(item: CatalogueItem, district: str) -> str:
    """Return the first free id of a kind in a district (17 digits)."""
    start = f"{district[:6]}{item.code}"
    last = Component.objects.filter(code__startswith=start).aggregate(top=Max("code"))["top"]
    return component_code(district, item.code, int(last[-6:]) + 1 if last else 1)


@transaction.atomic
def add_component(
    *, item: CatalogueItem, lng: float, lat: float, at: datetime, by: User, code: str = "",
    grid: Region | None = None, state: str = State.GOOD, org: Org | None = None,
    photos: Sequence[Photo] = (), is_sample: bool = False, key: str = "", **values: Any,
) -> Component:  # fmt: skip
    """Enter a component; its grid is the one that holds the point, its code the next free one.

    :raises BadComponent: for a kind that is none, a place outside all grids, a code of something else
    :raises NotPermitted: unless `by` keeps components there
    """
    kept = scoped(by, key)
    if kept and (event := ComponentEvent.objects.filter(key=kept).first()):
        return event.component
    if item.kind != Kind.COMPONENT:
        raise BadComponent(_("“%s”不是部件类别。") % item, field="item")
    grid = grid or _grid_at(lng, lat)
    must_hold(by, WALKERS, grid.path, what=_("登记这里的部件"))
    values = _clean({"name": item.name} | {n: v for n, v in values.items() if v not in (None, "")})
    values.setdefault("department", item.department)
    district = grid.code[:6]
    CatalogueItem.objects.select_for_update().get(pk=item.pk)  # two at once would take one number
    code = code.strip() or next_code(item, district)
    parsed = parse_component(code)
    if (parsed.district, parsed.item) != (district, item.code):
        raise BadComponent(
            _("标识码 %(code)s 与所在的区或类别不符，应以 %(start)s 开头。")
            % {"code": code, "start": district + item.code},
            field="code",
        )
    if Component.objects.filter(code=code).exists():
        raise BadComponent(_("标识码 %s 已经登记过。") % code, field="code")
    component = Component.objects.create(
        code=code, item=item, state=state, org=org, grid=grid, area=grid.path, lng=lng, lat=lat,
        from_date=values.pop("from_date", None) or localdate(at), is_sample=is_sample, **values,
    )  # fmt: skip
    _write(component, What.ENTER, after=state, at=at, by=by, key=kept, photos=photos)
    return component


def _grid_at(lng: float, lat: float) -> Region:
    land = locate(lng, lat)
    if land.level not in (Region.Level.GRID, Region.Level.BUILDING):
        raise BadComponent(_("这个位置还没有划分网格。"), field="location")
    region = region_of(land)
    return region if land.level == Region.Level.GRID else Region.objects.get(pk=land.parent_id or 0)


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    unknown = set(values) - set(FIELDS) - {"from_date"}
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    return {
        name: value
        if name == "from_date"
        else clean_text(str(value), limit=LIMITS.get(name, 100), field_label=str(FIELDS[name]))
        for name, value in values.items()
    }


def _write(component: Component, what: str, *, at: datetime, by: Any, key: str | None = None,
           photos: Sequence[Photo] = (), recorded_at: datetime | None = None, **facts: Any) -> ComponentEvent:  # fmt: skip
    event = ComponentEvent.objects.create(
        component=component,
        what=what,
        at=at,
        recorded_at=recorded_at or at,
        by=by,
        key=key,
        **facts,
    )
    ComponentPhoto.objects.bulk_create(
        ComponentPhoto(event=event, photo=photo, order=n) for n, photo in enumerate(photos)
    )
    return event


@transaction.atomic
def set_state(
    component: Component, *, state: str, note: str = "", photos: Sequence[Photo] = (),
    at: datetime, by: User | None, key: str = "", recorded_at: datetime | None = None,
) -> ComponentEvent:  # fmt: skip
    """Write down how a component was found; the same state again is a check. A retried key acts once.

    `at` may be hours ago (a phone without network); what was seen later stays the present state.

    :raises BadComponent: for an unknown state, or one that is gone without a word
    :raises NotPermitted: unless `by` walks or keeps the land
    :raises KeyReused: if the key was used for another component
    """
    kept = scoped(by, key)
    component = Component.objects.select_for_update().get(pk=component.pk)
    if kept and (event := ComponentEvent.objects.filter(key=kept).first()):
        if event.component_id != component.pk:
            raise KeyReused(
                _("这个 Idempotency-Key 已用于另一操作，请换一个新的。"), field="Idempotency-Key"
            )
        return event
    if by is not None:
        must_hold(by, WALKERS, component.area, what=_("更新这里的部件"))
    if state not in State.values:
        raise BadComponent(_("没有“%s”这种状态。") % state[:20], field="state")
    note = clean_text(note, limit=NOTE_LIMIT, field_label=_("说明"), multiline=True)
    if state in (State.LOST, State.ABANDONED, State.REMOVED) and not note:
        raise BadComponent(_("请写明怎么丢失、废弃或移除的。"), field="note")
    later = component.events.filter(at__gt=at).exclude(after="").exists()
    before = component.state
    what = What.CHECK if before == state else What.STATE
    event = _write(
        component, what, before=before, after=state, note=note, at=at, by=by, key=kept,
        photos=photos, recorded_at=recorded_at,
    )  # fmt: skip
    if before != state and not later:
        component.state, component.changed_on = state, localdate(at)
        component.save(update_fields=["state", "changed_on"])
    return event


@transaction.atomic
def change_component(
    component: Component, *, at: datetime, by: User, org: Org | None = None, **values: Any
) -> ComponentEvent:
    """Put the facts of a component right; what changed is written beside what it was.

    :raises NoChange: if nothing differs
    :raises NotPermitted: unless `by` keeps components there
    """
    component = Component.objects.select_for_update().get(pk=component.pk)
    must_hold(by, KEEPERS, component.area, what=_("修改这里的部件"))
    values = _clean(values)
    changes = {
        name: [getattr(component, name), value]
        for name, value in values.items()
        if getattr(component, name) != value
    }
    if org is not None and component.org_id != org.pk:
        changes["org"] = [str(component.org or ""), str(org)]
        component.org = org
    if not changes:
        raise NoChange(_("没有改动。"))
    for name, value in values.items():
        setattr(component, name, value)
    component.changed_on = localdate(at)
    component.save()
    return _write(component, What.CHANGE, changes=changes, at=at, by=by)


@transaction.atomic
def report_component(
    component: Component, *, case: Case, at: datetime, by: User | None, state: str = State.BROKEN
) -> ComponentEvent:
    """Bind a case to the component it is about; until the case ends the component counts as broken.

    :raises AlreadyReported: if an open case is bound to it already
    """
    component = Component.objects.select_for_update().get(pk=component.pk)
    if bound := component.events.filter(case=case, what=What.REPORT).first():
        return bound
    running = open_report(component)
    if running is not None and running.case is not None:
        raise AlreadyReported(
            _("这个部件已有人报修，单号 %s，正在办理。") % running.case.number,
            remedy=_("可以到那张单子里补充情况或催单。"),
        )
    event = _write(
        component, What.REPORT, before=component.state, after=state, case=case, at=at, by=by,
        note=case.title[:NOTE_LIMIT],
    )  # fmt: skip
    if component.state != state:
        component.state, component.changed_on = state, localdate(at)
        component.save(update_fields=["state", "changed_on"])
    return event


def open_report(component: Component) -> ComponentEvent | None:
    """Return the report of a component whose case still runs."""
    led = Q(case__step="merged", case__parent__closed_at=None)
    rows = component.events.filter(Q(case__closed_at=None) | led, what=What.REPORT, settled_at=None)
    return rows.select_related("case").first()


def may_report(component: Component) -> bool:
    return (
        component.state in (State.GOOD, State.BROKEN, State.LOST) and open_report(component) is None
    )


# In these steps a case has ended without the thing being mended.
UNMENDED = ("cancelled", "void", "withdrawn")


def mended_due(*, at: datetime, limit: int = 100) -> int:
    """Let components follow the cases they were reported with, once those have ended.

    A case that was done makes the component whole; one that was withdrawn gives it back the state
    it had, unless somebody has seen it since. A merged case waits for the one that leads.
    """
    ended = Q(case__closed_at__isnull=False) & ~Q(case__step="merged")
    led = Q(case__step="merged", case__parent__closed_at__isnull=False)
    rows = ComponentEvent.objects.filter(ended | led, what=What.REPORT, settled_at=None)
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(_settle(pk, at) for pk in ids)


def _settle(pk: int, at: datetime) -> int:
    with transaction.atomic():
        event = (
            ComponentEvent.objects.select_for_update(of=("self",))
            .select_related("case__parent")
            .filter(pk=pk, settled_at=None)
            .first()
        )
        if event is None or event.case is None:
            return 0
        case = event.case.parent if event.case.step == "merged" else event.case
        if case is None or case.closed_at is None:
            return 0
        component = Component.objects.select_for_update().get(pk=event.component_id)
        mended = case.step not in UNMENDED
        state = State.GOOD if mended else event.before
        seen = component.events.filter(pk__gt=event.pk).exclude(after="").exists()
        if component.state == event.after and state != component.state and not seen:
            words = _("单子 %s 已办结") if mended else _("单子 %s 已撤销")
            _write(
                component, What.STATE, before=component.state, after=state, by=None,
                note=words % case.number, at=case.closed_at, recorded_at=at,
            )  # fmt: skip
            component.state, component.changed_on = state, localdate(case.closed_at)
            component.save(update_fields=["state", "changed_on"])
        event.settled_at = at
        event.save(update_fields=["settled_at"])
    return 1


def may_keep(actor: Any, component: Component) -> bool:
    return not roles_over(actor, component.area).isdisjoint(KEEPERS)


def may_walk(actor: Any, component: Component) -> bool:
    return not roles_over(actor, component.area).isdisjoint(WALKERS)


def walks_somewhere(actor: Any) -> bool:
    return any(post.role in WALKERS for post in posts_of(actor))
