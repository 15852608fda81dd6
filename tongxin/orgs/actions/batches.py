"""Many units taken over by one list: previewed, applied in one go, undone or confirmed (S2.20, S2.21).

Until it is confirmed an applied list can be taken back whole: units it founded go, as if they had
never been, and units it moved return. So the life logs are written, and people told, on confirming.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text

from ..models import Org, OrgChange, TakeOver, TakeOverItem
from .judging import judge
from .logbook import write_logs
from .units import Paper, check_paper, hold, keepers, move_subtree, must_keep, named

COLUMNS = {
    "source": "原单位",
    "name": "党组织名称",
    "code": "组织代码",
    "unit_kind": "类型",
    "sector": "领域",
    "above": "上级党组织",
}
MOST_ROWS = 2000
State = TakeOver.State
Kind = OrgChange.Kind


class BadList(Invalid):
    """The list has no rows, too many, or lacks the column of names."""


class NotDraft(Refused):
    """The list was applied already."""


class NotApplied(Refused):
    """Only what was applied, and not yet confirmed, is confirmed or undone."""


class BadRows(Refused):
    """Rows of the list cannot be used."""


class InUse(Refused):
    """A unit that the list founded has members, posts or a history of its own by now."""


@transaction.atomic
def draft_take_over(
    *,
    into: Org,
    title: str,
    on: date,
    rows: Iterable[tuple[int, Mapping[str, Any]]],
    at: datetime,
    by: User,
    document: str = "",
    reason: str = "",
) -> TakeOver:
    """Keep a list of units to come under `into`, each row with its verdict; change nothing else.

    `rows` are (line of the file, {heading: value}) with the headings of `COLUMNS`.

    :raises NotYourUnit, BadList, BadDay: as their names say
    """
    into = hold(into)[into.pk]
    must_keep(by, into)
    paper = check_paper(Paper(on, document, reason), at=at, units=[into])
    title = clean_text(title, limit=80, field_label=_("名称"), required=True, multiline=False)
    batch = TakeOver.objects.create(
        into=into, title=title, document=paper.document, reason=paper.reason, on=on,
        made_at=at, by=by,
    )  # fmt: skip
    items = [_item(batch, line, row) for line, row in rows]
    if not items:
        raise BadList(_("表里没有数据行"), field="file")
    if len(items) > MOST_ROWS:
        raise BadList(_("一次最多 %d 行，请分开上传") % MOST_ROWS, field="file")
    judge(batch, items, by)
    TakeOverItem.objects.bulk_create(items, batch_size=500)
    return batch


def _item(batch: TakeOver, line: int, row: Mapping[str, Any]) -> TakeOverItem:
    if COLUMNS["name"] not in row:
        raise BadList(
            _("缺少“%s”列") % COLUMNS["name"],
            field="file",
            remedy=_("请下载模板，按模板的列名填写。"),
        )
    limits = {"code": 30, "unit_kind": 16, "sector": 16}
    values = {
        field: str(row.get(heading, "") or "").strip()[: limits.get(field, 100)]
        for field, heading in COLUMNS.items()
    }
    return TakeOverItem(batch=batch, line=line, **values)


@transaction.atomic
def apply_take_over(*, batch: TakeOver, at: datetime, by: User, skip_bad: bool = False) -> TakeOver:
    """Found and move everything on the list, or nothing; it can be undone until it is confirmed.

    The rows are judged again first: the tree may have changed since they were shown.

    :raises NotYourUnit, NotDraft, BadRows: as their names say; `skip_bad` leaves bad rows out
    """
    batch = _held(batch, by)
    if batch.state != State.DRAFT:
        raise NotDraft(_("“%s”已经执行过了") % batch)
    items = list(batch.items.order_by("line"))
    judge(batch, items, by)
    bad = [item for item in items if not item.verdict]
    good = [item for item in items if item.verdict]
    if bad and not skip_bad or not good:
        raise BadRows(
            _("还有 %(n)d 行不能用，第一处在第 %(line)d 行：%(why)s")
            % {"n": len(bad), "line": bad[0].line, "why": bad[0].why},
            remedy=_("请改好表格重新上传，或者选择跳过这些行。"),
        )
    by_name = {item.name: item for item in good}
    for depth in sorted({item.depth for item in good}):
        _apply_level([item for item in good if item.depth == depth], batch, by_name)
    _write_changes(batch, good, at=at, by=by)
    TakeOverItem.objects.bulk_update(
        items, ["verdict", "why", "depth", "unit", "parent_before"], batch_size=200
    )
    batch.state, batch.applied_at = State.APPLIED, at
    batch.save(update_fields=["state", "applied_at"])
    detail = {"batch": batch.pk, "units": len(good)}
    audit(actor=by, action="units.take-over", object=batch.title, detail=detail, at=at)
    return batch


def _held(batch: TakeOver, by: User) -> TakeOver:
    batch = (
        TakeOver.objects.select_for_update(of=("self",))
        .select_related("into__region")
        .get(pk=batch.pk)
    )
    hold(batch.into)
    must_keep(by, batch.into)
    return batch


def _apply_level(
    items: Sequence[TakeOverItem], batch: TakeOver, by_name: Mapping[str, TakeOverItem]
) -> None:
    """Found the new units of one level in bulk, and hang the standing ones where they belong."""
    new = [item for item in items if item.verdict == "found"]
    for item in new:
        above = _above(item, batch, by_name)
        item.unit = Org(
            name=item.name, kind=Org.Kind.PARTY, unit_kind=item.unit_kind, sector=item.sector,
            code=item.code, region=batch.into.region, parent=above, founded_on=batch.on,
        )  # fmt: skip
    units = [item.unit for item in new if item.unit]
    Org.objects.bulk_create(units, batch_size=200)
    for unit in units:
        above_path = unit.parent.path if unit.parent else ""
        unit.path = f"{above_path}{unit.pk}/"
    Org.objects.bulk_update(units, ["path"], batch_size=200)
    for item in items:
        if item.verdict == "move":
            unit = Org.objects.select_related("parent").get(pk=item.unit_id or 0)
            item.parent_before = unit.parent
            above = _above(item, batch, by_name)
            if unit.parent_id != above.pk:
                move_subtree(unit, above)
            item.unit = unit


def _above(item: TakeOverItem, batch: TakeOver, by_name: Mapping[str, TakeOverItem]) -> Org:
    """Return the unit that a row hangs under: of this list, or one that stands already."""
    if item.above in by_name and item.above != item.name:
        unit = by_name[item.above].unit
        if unit is None:
            raise BadRows(_("第 %d 行的上级不能用") % item.line)
        return unit
    return item.standing_above or batch.into  # type: ignore[attr-defined]


def _write_changes(
    batch: TakeOver, items: Sequence[TakeOverItem], *, at: datetime, by: User
) -> None:
    OrgChange.objects.bulk_create(
        [
            OrgChange(
                unit=item.unit, kind=Kind.TAKE_OVER, on=batch.on, document=batch.document,
                reason=batch.reason, batch=batch, at=at, by=by, parent_before=item.parent_before,
                parent_after=item.unit.parent, data={"words": [_words(item, batch)]},
            )
            for item in items if item.unit is not None
        ],
        batch_size=200,
    )  # fmt: skip


def _words(item: TakeOverItem, batch: TakeOver) -> str:
    words = {"unit": item.name, "into": batch.into, "source": item.source or _("外单位")}
    if item.verdict == "found":
        return _("由%(source)s接收“%(unit)s”，归“%(into)s”管理。") % words
    words["old"] = item.parent_before
    return _("“%(unit)s”由“%(old)s”划入，归“%(into)s”管理。") % words


@transaction.atomic
def undo_take_over(*, batch: TakeOver, at: datetime, by: User) -> TakeOver:
    """Take an applied list back: what it founded goes, what it moved returns.

    :raises NotYourUnit, NotApplied, InUse: as their names say
    """
    batch = _held(batch, by)
    if batch.state != State.APPLIED:
        raise NotApplied(_("“%(batch)s”%(state)s，不能撤回") % _as_words(batch))
    items = list(batch.items.exclude(verdict="").select_related("unit", "parent_before"))
    units = [item.unit for item in items if item.unit]
    later = OrgChange.objects.filter(unit__in=units).exclude(batch=batch)
    if change := later.filter(at__gt=batch.applied_at).select_related("unit").first():
        raise InUse(
            _("“%(unit)s”接收后又有变动（%(kind)s），不能整批撤回")
            % {"unit": change.unit, "kind": change.get_kind_display()}
        )
    _move_back([item for item in items if item.verdict == "move"], batch, at=at, by=by)
    new = [item for item in items if item.verdict == "found"]
    # The history keeps that a unit was moved and came back; the unit it was under never was.
    gone = [item.unit for item in new]
    batch.changes.filter(parent_after__in=gone).update(parent_after=None)
    batch.changes.filter(parent_before__in=gone).update(parent_before=None)
    _unfound(new)
    batch.state, batch.settled_at = State.UNDONE, at
    batch.save(update_fields=["state", "settled_at"])
    audit(actor=by, action="units.take-over-undo", object=batch.title, detail={}, at=at)
    return batch


def _as_words(batch: TakeOver) -> dict[str, Any]:
    return {"batch": batch, "state": batch.get_state_display()}


def _move_back(items: Sequence[TakeOverItem], batch: TakeOver, *, at: datetime, by: User) -> None:
    for item in sorted(items, key=lambda one: -one.depth):
        if item.unit is None or item.parent_before is None:
            continue
        unit = Org.objects.select_related("parent").get(pk=item.unit.pk)
        now_under = unit.parent
        back = Org.objects.get(pk=item.parent_before.pk)
        if now_under is not None and now_under.pk != back.pk:
            move_subtree(unit, back)
        OrgChange.objects.create(
            unit=unit, kind=Kind.GIVE_BACK, on=batch.on, batch=batch, at=at, by=by,
            parent_before=now_under, parent_after=back,
            data={"words": [_("撤回接收，“%(unit)s”回到“%(old)s”。") % {"unit": unit, "old": back}]},
        )  # fmt: skip


def _unfound(items: Sequence[TakeOverItem]) -> None:
    levels: dict[int, list[Org]] = defaultdict(list)
    for item in items:
        if item.unit:
            levels[item.depth].append(item.unit)
    for depth in sorted(levels, reverse=True):
        units = levels[depth]
        OrgChange.objects.filter(unit__in=units).delete()
        try:
            with transaction.atomic():
                Org.objects.filter(pk__in=[unit.pk for unit in units]).delete()
        except ProtectedError as error:
            used = {_unit_of(one, units) for one in error.protected_objects} - {None}
            raise InUse(
                _("%s已经有党员、岗位或记录，不能整批撤回")
                % named(sorted(str(one) for one in used) or units),
                remedy=_("请确认接收，再逐个调整。"),
            ) from error


def _unit_of(thing: Any, units: Sequence[Org]) -> Org | None:
    """Return which of the units a row holds on to."""
    ids = {unit.pk: unit for unit in units}
    for field in thing._meta.concrete_fields:
        if field.related_model is Org and getattr(thing, field.attname) in ids:
            return ids[getattr(thing, field.attname)]
    return None


@transaction.atomic
def confirm_take_over(*, batch: TakeOver, at: datetime, by: User) -> TakeOver:
    """Make an applied list final: the life logs are written, the secretaries told.

    :raises NotYourUnit, NotApplied: as their names say
    """
    batch = _held(batch, by)
    if batch.state != State.APPLIED:
        raise NotApplied(_("“%(batch)s”%(state)s，不能确认") % _as_words(batch))
    changes = list(batch.changes.select_related("unit").order_by("pk"))
    write_logs(
        entries=[
            {
                "unit": change.unit,
                "text": "".join(change.data["words"]),
                "source": f"orgs.orgchange:{change.pk}",
                "key": f"change:{change.pk}",
            }
            for change in changes
        ],
        kind="unit",
        at=at,
        recorded_at=at,
        actor=by,
    )
    units = [change.unit for change in changes]
    tell(
        users=keepers([batch.into, *units], but=by, on=localdate(at)),
        title=_("接收完成：%s") % batch.title,
        text=_("“%(into)s”接收党组织 %(n)d 个。") % {"into": batch.into, "n": len(units)},
        url=reverse("orgs:take-over", args=[batch.pk]),
        key=f"take-over:{batch.pk}",
        at=at,
    )
    batch.state, batch.settled_at = State.CONFIRMED, at
    batch.save(update_fields=["state", "settled_at"])
    detail = {"batch": batch.pk, "units": len(units)}
    audit(actor=by, action="units.take-over-confirm", object=batch.title, detail=detail, at=at)
    return batch
