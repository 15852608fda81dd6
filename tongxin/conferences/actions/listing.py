"""Lines of the lists: asked for, offered, reviewed, changed, closed; rounds of asking residents."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import (
    ItemChange,
    ListBook,
    ListItem,
    ListKind,
    Matter,
    Series,
)
from ..queries.lists import usage_of
from ..queries.solver import taken
from ..scope import keeps_lists, org_ids
from .common import must_keep, scoped

State, Origin = ListItem.State, ListItem.Origin
MOST_DAYS, USUAL_DAYS = 732, 180
MOST = {Matter.PEOPLE: 10_000, Matter.ROOM: 1000, Matter.GOODS: 1_000_000,
        Matter.MONEY: 100_000_000_00, Matter.SERVICE: 10_000}  # fmt: skip
MOST_A_DAY = 5  # wishes of one resident


class BadItem(Invalid):
    """A line needs a kind, a quantity and a window that makes sense."""


class ItemSettled(Refused):
    """The line was reviewed, closed or has run out."""


class BelowPromised(Refused):
    """Less would be offered, or wanted, than was promised already."""


class NotYourUnit(NotPermitted):
    """Units offer what is theirs."""


class TooManyWishes(Refused):
    """So many needs a day and no more."""

    status = 429


@transaction.atomic
def add_to_list(
    *,
    kind: str,
    region: Region,
    matter: str,
    title: str,
    quantity: int,
    from_date: date,
    to_date: date,
    by: User,
    at: datetime,
    org: Org | None = None,
    party: str = "",
    origin: str = "",
    text: str = "",
    words: str = "",
    home: Region | None = None,
    series: str = "",
    requires: ListItem | None = None,
    expires_on: date | None = None,
    key: str | None = None,
) -> ListItem:
    """Add a line to the list of a place: what is needed there, or offered to all of it.

    Who acts for the place opens it at once; residents ask and units offer, and it waits for review.
    `quantity` counts people, rooms, pieces, fen or turns. A repeated key adds once.

    :raises BadItem: for a kind, matter, quantity or window that makes no sense
    :raises NotYourUnit: for a unit one holds no post in, or an offer of nobody's
    :raises TooManyWishes: from a resident who asked often today
    """
    known = scoped(by, key)
    if known and (made := ListItem.objects.filter(key=known).first()):
        return made
    keeps = keeps_lists(by, region.path)
    _check_side(kind, region, org, by, keeps=keeps, at=at)
    _check_facts(
        kind=kind, matter=matter, quantity=quantity, from_date=from_date, to_date=to_date,
        series=series, today=localdate(at),
    )  # fmt: skip
    until = expires_on or min(to_date, localdate(at) + timedelta(days=USUAL_DAYS))
    if not localdate(at) <= until <= to_date:
        raise BadItem(_("有效期应在今天之后、可用时间结束之前。"), field="expires_on")
    if requires is not None and (requires.book.kind != ListKind.NEED or kind == ListKind.NEED):
        raise BadItem(_("前提只能是需求清单上的一项。"), field="requires")
    book, _made = ListBook.objects.get_or_create(
        kind=kind, region=region, defaults={"opened_at": at}
    )
    state = State.OPEN if keeps else State.PROPOSED
    given: dict[str, Any] = {
        "title": clean_text(title, limit=60, field_label=_("事项"), required=True),
        "text": clean_text(text, limit=500, field_label=_("说明"), multiline=True),
        "words": clean_text(words, limit=100, field_label=_("专长（关键词）")),
        "party": clean_text(party or (org.name if org else by.name), limit=60,
                            field_label=_("提出方"), required=True),
        "origin": origin or _origin_of(org, keeps=keeps),
    }  # fmt: skip
    if given["origin"] not in Origin.values:
        raise BadItem(_("请选择来源。"), field="origin")
    item = ListItem.objects.create(
        book=book, matter=matter, quantity=quantity, from_date=from_date, to_date=to_date,
        region=region, home=home, org=org, series=series, requires=requires, state=state,
        expires_on=until, by=by, at=at, key=known, reviewed_by=by if keeps else None,
        reviewed_at=at if keeps else None, **given,
    )  # fmt: skip
    _note(item, _("列入%s") % book.get_kind_display() if keeps else _("提出，待审核"), by, at)
    return item


def _origin_of(org: Org | None, *, keeps: bool) -> str:
    if keeps:
        return Origin.COMMUNITY
    return Origin.UNIT if org is not None else Origin.RESIDENT


def _check_side(
    kind: str, region: Region, org: Org | None, by: User, *, keeps: bool, at: datetime
) -> None:
    if kind not in ListKind.values:
        raise BadItem(_("请选择清单。"), field="kind")
    if region.level not in ("district", "street", "community"):
        raise BadItem(_("清单由区、街镇和社区（村）建立。"), field="region")
    if keeps:
        return
    if org is not None and org.pk not in org_ids(by):
        raise NotYourUnit(_("您不能代表%s。") % org.name, field="org")
    if org is None and kind != ListKind.NEED:
        raise NotYourUnit(_("供给由单位申报，请选择您的单位。"), field="org")
    if org is None:
        today = ListItem.objects.filter(by=by, at__date=localdate(at), org=None).count()
        if today >= MOST_A_DAY:
            raise TooManyWishes(
                _("今天已提出 %d 项需求，请明天再来。") % today,
                remedy=_("急事请直接点单，或拨打社区电话。"),
            )


def _check_facts(
    *, kind: str, matter: str, quantity: int, from_date: date, to_date: date, series: str,
    today: date,
) -> None:  # fmt: skip
    if matter not in Matter.values:
        raise BadItem(_("请选择内容类型。"), field="matter")
    if not 0 < quantity <= MOST[Matter(matter)]:
        raise BadItem(
            _("数量应大于 0，不超过 %s。") % f"{MOST[Matter(matter)]:,}", field="quantity"
        )
    if to_date < from_date:
        raise BadItem(_("结束日期早于开始日期。"), field="to_date")
    if to_date < today:
        raise BadItem(_("结束日期已过。"), field="to_date")
    if (to_date - from_date).days > MOST_DAYS:
        raise BadItem(_("时间最长两年，到期可以再列。"), field="to_date")
    if kind == ListKind.PROJECT and series not in Series.values:
        raise BadItem(_("请选择系列：群众、基层或企业。"), field="series")


def _note(item: ListItem, what: str, by: User | None, at: datetime) -> None:
    ItemChange.objects.create(item=item, what=str(what)[:200], by=by, at=at)


def _held(item: ListItem) -> ListItem:
    return (
        ListItem.objects.select_for_update(of=("self",))
        .select_related("book__region", "by")
        .get(pk=item.pk)
    )


@transaction.atomic
def review_item(
    *, item: ListItem, accept: bool, by: User, at: datetime, note: str = ""
) -> ListItem:
    """Open a line that was proposed, or say why not; who proposed it is told.

    :raises NotYourLand, ItemSettled:
    :raises NotPermitted: for one's own
    """
    item = _held(item)
    must_keep(by, item.book.region.path)
    if item.state != State.PROPOSED:
        raise ItemSettled(_("“%s”已审核过。") % item.title)
    if item.by_id == by.pk:
        raise NotPermitted(_("不能审核自己提出的事项，请由他人审核。"))
    item.note = clean_text(note, limit=200, field_label=_("审核意见"), required=not accept)
    item.state = State.OPEN if accept else State.DECLINED
    item.reviewed_by, item.reviewed_at = by, at
    item.save(update_fields=["note", "state", "reviewed_by", "reviewed_at"])
    _note(item, _("审核通过，公开") if accept else _("未采纳：%s") % item.note, by, at)
    title = _("已列入清单：%s") if accept else _("没有列入清单：%s")
    tell(
        users=[item.by], title=title % item.title, text=item.note,
        url=f"/conferences/items/{item.pk}/", key=f"list-item:{item.pk}:reviewed", at=at,
    )  # fmt: skip
    return item


@transaction.atomic
def change_item(*, item: ListItem, by: User, at: datetime, **changes: Any) -> ListItem:
    """Change what a line says: title, text, words, quantity, to_date, expires_on.

    :raises NotYourLand: for who neither keeps the list nor proposed it
    :raises ItemSettled: once it is closed
    :raises BelowPromised: if more has been promised than would be left
    """
    item = _held(item)
    if item.by_id != by.pk and not (item.org_id and item.org_id in org_ids(by)):
        must_keep(by, item.book.region.path)
    if item.state not in (State.PROPOSED, State.OPEN):
        raise ItemSettled(_("“%(title)s”%(state)s，不能再改。")
                          % {"title": item.title, "state": item.get_state_display()})  # fmt: skip
    before = {name: getattr(item, name) for name in changes}
    for name, limit in (("title", 60), ("text", 500), ("words", 100)):
        if name in changes:
            label = getattr(ListItem._meta.get_field(name), "verbose_name", name)
            changes[name] = clean_text(
                changes[name], limit=limit, field_label=str(label),
                required=name == "title", multiline=name == "text",
            )  # fmt: skip
    for name, value in changes.items():
        if name not in ("title", "text", "words", "quantity", "to_date", "expires_on"):
            raise BadItem(_("不能修改：%s。") % name, field=name)
        setattr(item, name, value)
    _check_facts(
        kind=item.book.kind, matter=item.matter, quantity=item.quantity, from_date=item.from_date,
        to_date=item.to_date, series=item.series or Series.PEOPLE, today=localdate(at),
    )  # fmt: skip
    item.expires_on = min(item.expires_on, item.to_date)
    _check_promised(item)
    item.save()
    said = "；".join(f"{before[name]} → {changes[name]}" for name in changes
                    if before[name] != changes[name])  # fmt: skip
    if said:
        _note(item, _("修改：%s") % said, by, at)
    return item


def _check_promised(item: ListItem) -> None:
    """:raises BelowPromised: if more stands agreed than the line would still say"""
    usage = usage_of([item.pk])
    rows = usage.used.get(item.pk, [])
    if any(last > item.to_date for _n, _first, last in rows):
        raise BelowPromised(_("已有约定在这之后，结束日期不能改得更早。"), field="to_date")
    promised = usage.got.get(item.pk, 0)
    if rows:
        promised = taken(rows, item.from_date, item.to_date, consumed=item.is_consumed)
    if item.quantity < promised:
        raise BelowPromised(_("已约定 %d，不能改得更少。") % promised, field="quantity")


@transaction.atomic
def close_item(*, item: ListItem, result: str, by: User, at: datetime) -> ListItem:
    """Close a line with what came of it. :raises NotYourLand, ItemSettled: while something is owed"""
    item = _held(item)
    if item.by_id != by.pk and not (item.org_id and item.org_id in org_ids(by)):
        must_keep(by, item.book.region.path)
    if item.state not in (State.PROPOSED, State.OPEN):
        raise ItemSettled(_("“%s”已办结或已到期。") % item.title)
    owed = item.met_by if item.book.kind == ListKind.NEED else item.given_to
    if owed.exclude(case__step__in=("closed", "void")).exists():
        raise ItemSettled(
            _("“%s”还有约定没有落实，不能办结。") % item.title, remedy=_("请先落实或取消约定。")
        )
    item.result = clean_text(result, limit=300, field_label=_("办理结果"), required=True)
    item.state = State.CLOSED
    item.save(update_fields=["state", "result"])
    _note(item, _("办结：%s") % item.result, by, at)
    return item


def lists_due(*, at: datetime, limit: int = 200) -> int:
    """Let lines run out whose day has passed and of which nothing is owed; who proposed it is told."""
    today = localdate(at)
    rows = ListItem.objects.filter(
        state__in=(State.OPEN, State.PROPOSED), expires_on__lt=today
    ).order_by("pk")
    n = 0
    for pk in list(rows.values_list("pk", flat=True)[:limit]):
        n += _expire(pk, at)
    return n


@transaction.atomic
def _expire(pk: int, at: datetime) -> int:
    item = ListItem.objects.select_for_update().get(pk=pk)
    if item.state not in (State.OPEN, State.PROPOSED) or item.expires_on >= localdate(at):
        return 0
    item.state = State.EXPIRED
    item.save(update_fields=["state"])
    _note(item, _("已到期"), None, at)
    tell(
        users=list(User.objects.filter(pk=item.by_id)), title=_("清单事项已到期：%s") % item.title,
        text=_("还需要的，请重新列入。"), url=f"/conferences/items/{item.pk}/",
        key=f"list-item:{item.pk}:expired", at=at,
    )  # fmt: skip
    return 1
