"""Honours given and taken back; duties drawn up for a year, reported and sent back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Post

from ..models import DutyItem, DutyList, Honour, Removal
from ..rules import Rules, in_force
from .common import (
    ASSESSMENT,
    HONOUR,
    NotKeeper,
    check_keeper,
    check_keeper_above,
    impersonal,
    keep_proof,
    log,
    reason_of,
)
from .grading import SECRETARIES


class BadHonour(Invalid):
    """A title goes to whom it is meant for, below the unit that gives it."""


class HonouredAlready(Refused):
    """The same title is given once a year."""


class NotHonoured(Refused):
    """Who was taken out of the post that year gets no title for it."""


class RevokedAlready(Refused):
    """A title is taken back once."""


class DutyDone(Refused):
    """A duty is reported once, and sent back only after it was reported."""


@transaction.atomic
def give_honour(
    *,
    code: str,
    year: int,
    issuer: Org,
    unit: Org,
    reason: str,
    by: User,
    at: datetime,
    user: User | None = None,
    document: str = "",
    given_on: date | None = None,
) -> Honour:
    """Give a title for a year: to a secretary of a unit (`user`), or to the unit.

    :raises BadHonour, HonouredAlready, NotHonoured, NotKeeper, ThinReason: as their names say
    """
    check_keeper(by, issuer)
    rule = in_force("honours", localdate(at)).get(code)
    if rule is None:
        raise BadHonour(_("没有这个称号"), field="code")
    if not unit.path.startswith(issuer.path):
        words = {"unit": unit, "issuer": issuer}
        raise BadHonour(_("“%(unit)s”不在“%(issuer)s”之下") % words, field="unit")
    if rule["whom"] == "user":
        _check_person(unit, user, year)
    elif user is not None:
        raise BadHonour(_("“%s”授予党组织，不授予个人") % rule["title"], field="user")
    try:
        with transaction.atomic():
            honour = Honour.objects.create(
                code=code,
                title=rule["title"],
                year=year,
                user=user,
                unit=unit,
                issuer=issuer,
                reason=reason_of(reason, label=_("事迹"), limit=300),
                document=clean_text(document, limit=60, field_label=_("文号")),
                given_on=given_on or localdate(at),
                by=by,
                at=at,
            )
    except IntegrityError as error:
        raise HonouredAlready(
            _("%(year)d 年已经授予过“%(title)s”") % {"year": year, "title": rule["title"]},
            field="code",
        ) from error
    log(
        unit,
        _("%(issuer)s命名%(who)s为 %(year)d 年度“%(title)s”")
        % {"issuer": issuer, "who": user or unit, "year": year, "title": rule["title"]},
        kind=HONOUR,
        source=honour,
        at=at,
        by=by,
    )
    return honour


def _check_person(unit: Org, user: User | None, year: int) -> None:
    if user is None:
        raise BadHonour(_("请选择授予哪位书记"), field="user")
    held = Post.objects.filter(user=user, org=unit, role__in=SECRETARIES)
    held = held.exclude(to_date__lt=date(year, 1, 1)).exclude(from_date__gt=date(year, 12, 31))
    if not held.exists():
        raise BadHonour(
            _("%(user)s在 %(year)d 年不是%(unit)s的书记")
            % {"user": user, "year": year, "unit": unit},
            field="user",
        )
    if Removal.objects.filter(post__user=user, year=year).exists():
        raise NotHonoured(_("%s当年被调整撤换，不能授予称号。") % user, field="user")


@transaction.atomic
def revoke_honour(*, honour: Honour, reason: str, by: User, at: datetime) -> None:
    """Take a title back, with the reason. :raises RevokedAlready, NotKeeper, ThinReason"""
    check_keeper(by, honour.issuer)
    if honour.revoked_on:
        raise RevokedAlready(_("这个称号已于 %s 撤销。") % honour.revoked_on)
    honour.revoked_for = reason_of(reason, label=_("撤销理由"), limit=200)
    honour.revoked_on = localdate(at)
    honour.save(update_fields=["revoked_for", "revoked_on"])
    log(
        honour.unit,
        _("撤销%(year)d 年度“%(title)s”：%(reason)s")
        % {"year": honour.year, "title": honour.title, "reason": honour.revoked_for},
        kind=HONOUR,
        source=honour,
        at=at,
        by=by,
        key="revoked",
    )


QUARTERS = ((3, 31), (6, 30), (9, 30), (12, 31))
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def periods_of(period: str, year: int) -> list[tuple[str, date]]:
    """Return (words, last day) of each period of a year: year, half, quarter or month."""
    if period == "month":
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        days = [29 if month == 2 and leap else days for month, days in enumerate(MONTH_DAYS, 1)]
        return [(_("%d 月") % month, date(year, month, day)) for month, day in enumerate(days, 1)]
    if period == "quarter":
        return [(_("第 %d 季度") % n, date(year, *end)) for n, end in enumerate(QUARTERS, 1)]
    if period == "half":
        return [(_("上半年"), date(year, 6, 30)), (_("下半年"), date(year, 12, 31))]
    return [(_("全年"), date(year, 12, 31))]


@transaction.atomic
def draw_duty_lists(*, units: Iterable[Org], year: int, by: User, at: datetime) -> int:
    """Draw up the year's lists of units and of their secretaries, where there are none yet.

    Returns how many lists were made.

    :raises NotKeeper: for a unit whose registers the actor does not keep
    """
    units = list(units)
    for unit in units:
        check_keeper(by, unit)
    rules: dict[str, Rules] = {}
    day = max(date(year, 1, 1), min(localdate(at), date(year, 12, 31)))
    posts = Post.objects.held_on(localdate(at)).filter(org__in=units, role=Post.Role.SECRETARY)
    whose: list[tuple[Org, int | None]] = [(unit, None) for unit in units]
    by_id = {unit.pk: unit for unit in units}
    whose += [(by_id[org], user) for org, user in posts.values_list("org_id", "user_id")]
    there = set(
        DutyList.objects.filter(unit__in=units, year=year).values_list("unit_id", "user_id")
    )
    made = 0
    items: list[DutyItem] = []
    for unit, user in dict.fromkeys(whose):
        if (unit.pk, user) in there:
            continue
        if unit.sector not in rules:
            rules[unit.sector] = in_force("duties", day, unit.sector)
        drawn = DutyList.objects.create(
            unit=unit, user_id=user, year=year, version=rules[unit.sector].version, by=by, at=at
        )
        items += _items(drawn, rules[unit.sector], from_day=localdate(at))
        made += 1
        log(
            unit,
            _("制定 %(year)d 年度%(whose)s责任清单")
            % {"year": year, "whose": _("书记") if user else _("党组织")},
            kind=ASSESSMENT,
            source=drawn,
            at=at,
            by=by,
        )
    DutyItem.objects.bulk_create(items, batch_size=500)
    return made


def _items(drawn: DutyList, rules: Rules, *, from_day: date) -> Iterable[DutyItem]:
    """Return the duties of a list; periods over before it was drawn up are not asked for."""
    whom = "secretary" if drawn.user_id else "unit"
    for row in rules:
        if row["whom"] == whom:
            for words, due in periods_of(row["period"], drawn.year):
                if due >= from_day or drawn.year < from_day.year:
                    yield DutyItem(
                        list=drawn, code=row["code"], title=row["title"], period=words, due=due
                    )


@transaction.atomic
def report_duty(
    *, item: DutyItem, evidence: str, by: User, at: datetime, photo: bytes | None = None
) -> DutyItem:
    """Say how a duty was met, with words and perhaps a photo; by the secretary or the keeper.

    :raises DutyDone, NotKeeper, ThinReason, PersonalData: as their names say
    """
    item = _locked(item)
    unit = item.list.unit
    if by.pk != item.list.user_id:
        check_keeper(by, unit)
    if item.done_at:
        raise DutyDone(_("这项责任已经报过完成情况。"))
    impersonal(evidence, label=_("完成情况"), limit=500, field="evidence")
    item.evidence = reason_of(evidence, label=_("完成情况"), field="evidence")
    item.proof = keep_proof(data=photo, unit=unit, by=by, at=at) if photo else None
    item.done_at, item.done_by = at, by
    item.save()
    log(
        unit,
        _("落实责任：%(title)s（%(period)s）") % {"title": item.title, "period": item.period},
        kind=ASSESSMENT,
        source=item,
        at=at,
        by=by,
        key=f"{at:%Y%m%d%H%M%S}",
    )
    return item


def _locked(item: DutyItem) -> DutyItem:
    rows = DutyItem.objects.select_for_update(of=("self",))
    return rows.select_related("list__unit", "list__user").get(pk=item.pk)


@transaction.atomic
def send_back_duty(*, item: DutyItem, reason: str, by: User, at: datetime) -> DutyItem:
    """Send a duty back that was not really met; the unit above says why.

    :raises DutyDone, NotKeeper, ThinReason: as their names say
    """
    item = _locked(item)
    check_keeper_above(by, item.list.unit)
    if by.pk == item.list.user_id:
        raise NotKeeper(_("自己的责任清单由他人审核。"))
    if not item.done_at:
        raise DutyDone(_("这项责任还没有报完成情况。"))
    reason = reason_of(reason, label=_("退回理由"), limit=200)
    item.done_at, item.done_by = None, None
    item.evidence = _("退回：%(reason)s；原报：%(before)s") % {
        "reason": reason,
        "before": item.evidence[:250],
    }
    item.save()
    log(
        item.list.unit,
        _("责任事项退回：%(title)s（%(period)s），%(reason)s")
        % {"title": item.title, "period": item.period, "reason": reason},
        kind=ASSESSMENT,
        source=item,
        at=at,
        by=by,
        key=f"back:{at:%Y%m%d%H%M%S}",
    )
    return item
