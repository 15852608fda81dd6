"""Lists of what each level answers for, in versions; and what was done of them, quarter by quarter."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.dual_report.models import ContactPoint
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of

from ..models import DutyItem, DutyList, DutyTick
from ..models.common import LEADS
from .common import BadDates, WrongState, is_of, line

DUTIES = Path(__file__).parent.parent / "data" / "duties.csv"
DISTRICT = 2  # steps of the path of a district
NUMBERS = range(1, 201)


def keeps_lists(by: User) -> bool:
    """Say whether somebody sets the lists of duties: who leads key tasks for a district or a city."""
    return any(post.role in LEADS and post.path.count("/") <= DISTRICT for post in posts_of(by))


@transaction.atomic
def set_duty(
    *, code: str, effective_from: date, n: int, text: str, by: User, at: datetime, proof: str = "",
    effective_to: date | None = None, **head: str,
) -> DutyItem:  # fmt: skip
    """Write one item of a version of a list; a new version ends the one before it on its first day.

    `head`: name, level, responsibility, source of the list. A version with records keeps its words.

    :raises NotPermitted: unless `by` leads key tasks for a district or a city
    :raises BadDates: for a version that begins before the last one, or ends before it begins
    :raises WrongState: for other words in a version by which something was recorded
    """
    _must_keep_lists(by)
    check_ends(effective_from, effective_to)
    if head["level"] not in DutyList.Level.values or n not in NUMBERS:
        raise Invalid(_("请选层级，序号在 1 到 200 之间。"), field="level")
    words = {
        "text": line(text, limit=200, label=_("责任内容"), required=True),
        "proof": line(proof, limit=100, label=_("佐证")),
    }
    one = _version(code, effective_from, head)
    _check_unused(one, n, head, words)
    for name, value in head.items():
        setattr(one, name, value)
    one.effective_to = effective_to
    one.save()
    return DutyItem.objects.update_or_create(list=one, n=n, defaults=words)[0]


def _must_keep_lists(by: User) -> None:
    if not keeps_lists(by):
        raise NotPermitted(_("您的岗位不能制定责任清单。"), remedy=_("请区里的督办单位办理。"))


def _check_unused(one: DutyList, n: int, head: dict[str, str], words: dict[str, str]) -> None:
    """:raises WrongState: for other words in a version by which something was recorded"""
    item = one.items.filter(n=n).first()
    same = all(getattr(one, name) == value for name, value in head.items())
    if item is not None and same and all(getattr(item, k) == v for k, v in words.items()):
        return
    if DutyTick.objects.filter(item__list=one).exists():
        raise WrongState(
            _("“%s”这一版已有履责记录，请用新的启用日期另立一版。") % one.name,
            field="effective_from",
        )


def check_ends(effective_from: date, effective_to: date | None) -> None:
    if effective_to is not None and effective_to <= effective_from:
        raise BadDates(_("停用日期要晚于启用日期。"), field="effective_to")


def _version(code: str, effective_from: date, head: dict[str, str]) -> DutyList:
    rows = DutyList.objects.select_for_update().filter(code=code).order_by("version")
    known = list(rows)
    found = next((one for one in known if one.effective_from == effective_from), None)
    if found is not None:
        return found
    last = known[-1] if known else None
    if last is not None:
        if effective_from <= last.effective_from:
            raise BadDates(_("新一版的启用日期要晚于现行版本的 %s。") % last.effective_from, field="effective_from")  # fmt: skip
        if last.effective_to is None or last.effective_to > effective_from:
            last.effective_to = effective_from
            last.save(update_fields=["effective_to"])
    number = last.version + 1 if last else 1
    return DutyList.objects.create(
        code=line(code, limit=30, label=_("代码"), required=True), version=number,
        effective_from=effective_from, **head,
    )  # fmt: skip


@transaction.atomic
def drop_duties(items: Iterable[int], *, by: User, at: datetime) -> None:
    """Take items off by which nothing was recorded; a version left empty goes, the one before goes on.

    :raises WrongState: if something was recorded by one of them
    """
    _must_keep_lists(by)
    rows = DutyItem.objects.filter(pk__in=list(items))
    if DutyTick.objects.filter(item__in=rows).exists():
        raise WrongState(_("有责任事项已经记录过履责，不能撤销。"))
    lists = set(rows.values_list("list", flat=True))
    rows.delete()
    for one in DutyList.objects.filter(pk__in=lists, items=None):
        before = DutyList.objects.filter(code=one.code, version=one.version - 1)
        before.filter(effective_to=one.effective_from).update(effective_to=None)
        one.delete()
    audit(actor=by, action="projects.drop_duties", object="duty_lists", at=at, detail={"lists": len(lists)})  # fmt: skip


def load_duties(*, at: datetime) -> int:
    """Load the sample lists of responsibility and the 七个一; lists there already stay. Return how many."""
    found: dict[tuple[str, int], list[dict[str, str]]] = {}
    with DUTIES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["code"], int(row["version"])), []).append(row)
    made = 0
    for (code, version), rows in found.items():
        first = rows[0]
        one, is_new = DutyList.objects.get_or_create(
            code=code, version=version,
            defaults={
                "name": first["name"], "level": first["level"], "source": first["source"],
                "responsibility": first["responsibility"], "is_sample": True,
                "effective_from": date(2020, 1, 1),
            },
        )  # fmt: skip
        if is_new:
            DutyItem.objects.bulk_create(
                [DutyItem(list=one, n=n, text=row["text"], proof=row["proof"]) for n, row in enumerate(rows, 1)]
            )  # fmt: skip
        made += is_new
    return made


@transaction.atomic
def tick_duty(
    *, item: DutyItem, year: int, quarter: int, note: str, by: User, at: datetime,
    org: Org | None = None, point: ContactPoint | None = None, about: Sequence[str] = ("", "", "", ""),
) -> DutyTick:  # fmt: skip
    """Say that a duty was done in a quarter, and what proves it; once for each quarter.

    :raises NotPermitted: unless `by` works in the unit, or is the leader of the contact point
    :raises BadDates: for a quarter that has not begun
    :raises Invalid: for a list of another level than the unit's
    """
    if (org is None) == (point is None):
        raise Invalid(_("请选单位或联系点。"), field="org")
    today = localdate(at)
    if quarter not in range(1, 5) or date(year, 3 * quarter - 2, 1) > today:
        raise BadDates(_("这个季度还没有开始。"), field="quarter")
    _check_doer(item, by, org=org, point=point)
    note = line(note, limit=300, label=_("做了什么、凭什么"), required=True)
    tick, is_new = DutyTick.objects.get_or_create(
        item=item, org=org, point=point, year=year, quarter=quarter,
        defaults={"note": note, "by": by, "at": at, **source_of(about)},
    )  # fmt: skip
    if not is_new:
        raise WrongState(_("这个季度已经记录过这一项。"))
    return tick


@transaction.atomic
def drop_tick(tick: DutyTick, *, by: User, at: datetime) -> None:
    """Take a record of a duty back, by who may make it; the audit keeps its words."""
    _check_doer(tick.item, by, org=tick.org, point=tick.point)
    audit(actor=by, action="projects.drop_tick", object=str(tick.item), at=at,
          detail={"org": tick.org_id, "point": tick.point_id, "year": tick.year, "quarter": tick.quarter, "note": tick.note})  # fmt: skip
    tick.delete()


def _check_doer(item: DutyItem, by: User, *, org: Org | None, point: ContactPoint | None) -> None:
    """:raises NotPermitted, Invalid: unless the duty is one of this level, and `by` does it"""
    if point is not None:
        if item.list.level != DutyList.Level.LEADER:
            raise Invalid(_("联系点按“七个一”清单履责。"), field="item")
        if by.pk != point.leader_id:
            raise NotPermitted(_("联系点的履责由联系领导本人记录。"))
    elif org is not None:
        if item.list.level != org.region.level:
            words = {"list": item.list.name, "org": org.name}
            raise Invalid(_("“%(list)s”不适用于“%(org)s”。") % words, field="item")
        if not is_of(by, org):
            raise NotPermitted(_("履责情况由本单位记录。"))


def source_of(about: Sequence[str]) -> dict[str, str]:
    """Return the four columns that point at another app's record: (kind, id, label, url)."""
    kind, id_, label, url = about
    if url and (not url.startswith("/") or url.startswith("//")):
        raise Invalid(_("佐证的地址应是本系统内的页面。"), field="about")
    names = ("source_kind", "source_id", "source_label", "source_url")
    return dict(zip(names, (kind[:30], id_[:40], label[:120], url[:200]), strict=True))
