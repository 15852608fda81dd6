"""Checklists: drafted by officers, published with a date, then never changed; a copy is the next version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import Checklist, Item, Plan, Visit, VisitKind
from ..queries import asking
from ..queries.known import finding_kinds
from .common import must_write_for

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,19}", re.ASCII)
MOST_ITEMS = 100
ITEM_FIELDS = (
    "text", "help", "type", "options", "required", "needs_photo", "asked_if_item",
    "asked_if_value", "bad_when", "max_score", "dimension", "finding_kind",
)  # fmt: skip


class InUse(Refused):
    """A published version never changes."""


class CodeTaken(Refused):
    """Another checklist has this code."""


class BadItem(Invalid):
    """An item says something that cannot be asked."""


class NotReady(Refused):
    """A checklist without items is not published."""


class BadStage(Invalid):
    """A stage follows another one that is there, and does not wait for itself."""


class BadDate(Invalid):
    """A version holds after the one before it."""


@transaction.atomic
def make_checklist(
    *, code: str, name: str, kind: str, region: Region, by: User, at: datetime,
    about: str = "", source: str = "",
) -> Checklist:  # fmt: skip
    """Begin a checklist of one's own land as a draft without items.

    :raises NotYourLand, CodeTaken, Invalid:
    """
    must_write_for(by, region)
    if not CODE.fullmatch(code):
        raise Invalid(_("代码用小写字母、数字和连字符，最多 20 个。"), field="code")
    if kind not in VisitKind.values:
        raise Invalid(_("请选择用途。"), field="kind")
    if Checklist.objects.filter(code=code).exists():
        raise CodeTaken(_("已有代码为“%s”的清单，请换一个。") % code, field="code")
    return Checklist.objects.create(
        code=code, version=1, kind=kind, region=region, area=region.path, made_by=by, made_at=at,
        name=clean_text(name, limit=60, field_label=_("名称"), required=True),
        about=clean_text(about, limit=300, field_label=_("说明")),
        source=clean_text(source, limit=200, field_label=_("依据")),
        effective_from=at.date(),
    )  # fmt: skip


@transaction.atomic
def copy_checklist(
    *, checklist: Checklist, by: User, at: datetime, region: Region | None = None, code: str = ""
) -> Checklist:
    """Return a draft with the same items: the next version, or (with `region` and `code`) one's own.

    The draft that is there already is returned, not a second one.

    :raises NotYourLand, CodeTaken, Invalid:
    """
    if region is not None:
        made = make_checklist(
            code=code, name=checklist.name, kind=checklist.kind, region=region, by=by, at=at,
            about=checklist.about, source=checklist.source,
        )  # fmt: skip
    else:
        must_write_for(by, checklist.region)
        rows = Checklist.objects.select_for_update().filter(code=checklist.code)
        same = list(rows.order_by("version"))
        if same[-1].is_draft:
            return same[-1]
        made = Checklist.objects.create(
            code=checklist.code, version=same[-1].version + 1, name=checklist.name,
            about=checklist.about, kind=checklist.kind, region=checklist.region,
            area=checklist.area, source=checklist.source, made_by=by, made_at=at,
            effective_from=at.date(), after_code=checklist.after_code,
            pass_percent=checklist.pass_percent,
        )  # fmt: skip
    items = list(checklist.items.order_by("number", "pk"))
    for item in items:
        item.pk, item.checklist = None, made
    Item.objects.bulk_create(items)
    return made


def _draft(checklist: Checklist, by: User) -> Checklist:
    must_write_for(by, checklist.region)
    row = Checklist.objects.select_for_update().get(pk=checklist.pk)
    if not row.is_draft:
        raise InUse(
            _("第 %d 版已发布，不能再改。") % row.version, remedy=_("请复制成新版本后修改。")
        )
    return row


@transaction.atomic
def change_checklist(
    *, checklist: Checklist, name: str, about: str, source: str, by: User, at: datetime
) -> Checklist:
    """Change the head of a draft.

    :raises NotYourLand, InUse, Invalid:
    """
    row = _draft(checklist, by)
    row.name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    row.about = clean_text(about, limit=300, field_label=_("说明"))
    row.source = clean_text(source, limit=200, field_label=_("依据"))
    row.save()
    return row


@transaction.atomic
def save_item(
    *, checklist: Checklist, code: str, by: User, at: datetime, number: int | None = None,
    **fields: Any,
) -> Item:  # fmt: skip
    """Add an item to a draft, or change the one of that code. `number` puts it in that place.

    :raises NotYourLand, InUse, BadItem, BadRule, Invalid:
    """
    row = _draft(checklist, by)
    if not CODE.fullmatch(code):
        raise BadItem(_("代码用小写字母、数字和连字符，最多 20 个。"), field="code")
    items = list(row.items.order_by("number", "pk"))
    old = next((one for one in items if one.code == code), None)
    if old is None and len(items) >= MOST_ITEMS:
        raise BadItem(_("一份清单最多 %d 项。") % MOST_ITEMS)
    item = old or Item(checklist=row, code=code)
    for name in ITEM_FIELDS:
        if name in fields:
            setattr(item, name, fields[name])
    item.text = clean_text(item.text, limit=200, field_label=_("检查内容"), required=True)
    item.help = clean_text(item.help, limit=200, field_label=_("说明"))
    item.dimension = clean_text(item.dimension, limit=20, field_label=_("维度"))
    check_item(item)
    others = [one for one in items if one.code != code]
    place = min(max((number or (old.number if old else len(items) + 1)) - 1, 0), len(others))
    item.number = place + 1
    item.save()
    _renumber([*others[:place], item, *others[place:]])
    return item


def _renumber(items: list[Item]) -> None:
    for n, one in enumerate(items, start=1):
        one.number = n
    Item.objects.bulk_update(items, ["number"])


@transaction.atomic
def remove_item(*, checklist: Checklist, code: str, by: User, at: datetime) -> None:
    """Take an item out of a draft.

    :raises NotYourLand, InUse, BadItem: the last while another item's condition names it
    """
    row = _draft(checklist, by)
    depends = row.items.filter(asked_if_item=code).first()
    if depends is not None:
        raise BadItem(
            _("第 %(n)d 项“%(item)s”的条件用到它，请先改那一项。")
            % {"n": depends.number, "item": depends.text}
        )
    row.items.filter(code=code).delete()
    _renumber(list(row.items.order_by("number", "pk")))


def check_item(item: Item) -> None:
    """:raises BadItem, BadRule: if the item cannot be asked as it is"""
    if item.type not in Item.Type.values or item.needs_photo not in Item.Photos.values:
        raise BadItem(_("请选择答法。"), field="type")
    if item.type == Item.Type.CHOICE and len(set(asking.options_of(item))) < 2:
        raise BadItem(_("单选至少要有两个不同的选项。"), field="options")
    if item.type == Item.Type.SCORE and not item.max_score > 0:
        raise BadItem(_("打分项要写满分。"), field="max_score")
    if not 0 <= item.max_score <= 1000:
        raise BadItem(_("满分应在 0 到 1000 之间。"), field="max_score")
    asking.check_rule(item)
    if item.finding_kind and item.finding_kind not in finding_kinds():
        raise BadItem(_("没有“%s”这个问题类别。") % item.finding_kind, field="finding_kind")


def check_conditions(items: list[Item]) -> None:
    """:raises BadItem: for a condition on an item that does not come before, or a value it never has"""
    before: dict[str, Item] = {}
    for item in items:
        if item.asked_if_item:
            other = before.get(item.asked_if_item)
            words = {"n": item.number, "item": item.text}
            if other is None:
                raise BadItem(
                    _("第 %(n)d 项“%(item)s”的条件要引用排在它前面的项。") % words,
                    field="asked_if_item",
                )
            possible = {
                Item.Type.YES_NO: ["yes", "no"],
                Item.Type.CHOICE: asking.options_of(other),
            }.get(Item.Type(other.type))
            if possible is not None and item.asked_if_value not in possible:
                raise BadItem(
                    _("第 %(n)d 项“%(item)s”的条件永远不会成立。") % words, field="asked_if_value"
                )
        before[item.code] = item


@transaction.atomic
def publish_checklist(
    *, checklist: Checklist, effective_from: date, by: User, at: datetime,
    after_code: str | None = None, pass_percent: int | None = None,
) -> Checklist:  # fmt: skip
    """Let a draft hold from a day on. The version before ends then; visits not begun take the new one.

    `after_code` is the checklist of the stage before ("" for none), `pass_percent` of the full score
    what has to be reached here; None leaves them as they are.

    :raises NotYourLand, InUse, NotReady, BadDate, BadItem, BadRule, BadStage:
    """
    row = _draft(checklist, by)
    _set_stage(row, after_code, pass_percent)
    items = list(row.items.order_by("number", "pk"))
    if not items:
        raise NotReady(_("清单里还没有检查项。"))
    for item in items:
        check_item(item)
    check_conditions(items)
    older = Checklist.objects.published().filter(code=row.code).order_by("-version").first()
    if older is not None and effective_from <= older.effective_from:
        raise BadDate(
            _("要晚于上一版的启用日期 %s。") % f"{older.effective_from:%Y-%m-%d}",
            field="effective_from",
        )
    if older is not None:
        older.effective_to = effective_from
        older.save(update_fields=["effective_to"])
    row.effective_from, row.published_at = effective_from, at
    row.save()
    Plan.objects.filter(checklist__code=row.code).update(checklist=row)
    waiting = Visit.objects.filter(checklist__code=row.code, state=Visit.State.PLANNED)
    waiting.filter(
        Q(due_from__gte=effective_from) | Q(due_from=None, due_on__gte=effective_from)
    ).update(checklist=row)
    audit(
        actor=by, action="checklist.publish", object=str(row), at=at, detail={"items": len(items)}
    )
    return row


def _set_stage(row: Checklist, after_code: str | None, pass_percent: int | None) -> None:
    if pass_percent is not None:
        if not 0 <= pass_percent <= 100:
            raise BadStage(_("合格线应在 0 到 100 之间。"), field="pass_percent")
        row.pass_percent = pass_percent
    if after_code is None:
        return
    code, passed = after_code, {row.code}
    while code:
        if code in passed:
            raise BadStage(_("阶段不能互相等待，请另选前一阶段。"), field="after_code")
        passed.add(code)
        older = Checklist.objects.published().filter(code=code).order_by("-version").first()
        if older is None:
            raise BadStage(_("没有代码为“%s”的清单。") % code, field="after_code")
        code = older.after_code
    row.after_code = after_code


@transaction.atomic
def discard_draft(*, checklist: Checklist, by: User, at: datetime) -> None:
    """Throw a draft away.

    :raises NotYourLand, InUse:
    """
    _draft(checklist, by).delete()


def version_on(checklist: Checklist | None, day: date) -> Checklist | None:
    """Return the version of a checklist that holds on a day; itself if none does."""
    if checklist is None:
        return None
    found = Checklist.objects.on(day).filter(code=checklist.code).order_by("-version").first()
    return found or checklist


def item_fields(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of an item from the words of a table: options "好|5、差|0"."""
    options = []
    for part in re.split(r"[、,，;；]", cells.get("options", "")):
        value, _bar, score = part.strip().partition("|")
        if value:
            options.append({"value": value.strip(), "score": float(score) if score else None})
    return {
        "text": cells["text"], "help": cells.get("help", ""), "type": cells["type"],
        "options": options, "required": cells.get("required", "1") != "0",
        "needs_photo": cells.get("needs_photo") or Item.Photos.NO,
        "asked_if_item": cells.get("asked_if_item", ""),
        "asked_if_value": cells.get("asked_if_value", ""),
        "bad_when": cells.get("bad_when", ""), "max_score": float(cells.get("max_score") or 0),
        "dimension": cells.get("dimension", ""), "finding_kind": cells.get("finding_kind", ""),
    }  # fmt: skip
