"""Promises of secretaries, duties ticked by quarter, demonstration points."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.dual_report.models import ContactPoint
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Demonstration, DutyItem, DutyList, DutyTick, Promise, Target, Task
from ..models.common import LEADS
from ..queries.promises import appraise, open_items
from .common import BadDates, WrongState, is_of, line, must_lead

DUTIES = Path(__file__).parent.parent / "data" / "duties.csv"
SECRETARIES = ("secretary", "first_secretary")
FIRST_MONTH = 12  # promises of a year are judged from its last month on


class NotASecretary(Invalid):
    """Promises are made, and hard problems taken in hand, by the secretary of the unit."""


class NotProven(Invalid):
    """What is asked before is not there yet."""


def check_secretary(user: User, org: Org, on: date) -> None:
    """:raises NotASecretary: unless somebody is the secretary of the unit on a day"""
    posts = Post.objects.held_on(on).filter(user=user, org=org, role__in=SECRETARIES)
    if not posts.exists():
        words = {"name": user.name, "org": org.name}
        raise NotASecretary(_("%(name)s不是“%(org)s”的书记。") % words, field="owner")


@transaction.atomic
def make_promise(
    *, person: User, org: Org, year: int, text: str, by: User, at: datetime, measures: str = "",
    targets: Iterable[Target] = (), tasks: Iterable[Task] = (),
) -> Promise:  # fmt: skip
    """Write down what a secretary promises for a year, and by which figures it shall be read.

    :raises NotASecretary: unless the person is the secretary of the unit
    :raises NotPermitted: unless it is by that person or by who leads the place
    """
    today = localdate(at)
    check_secretary(person, org, today)
    if by.pk != person.pk:
        must_lead(by, org.region.path, what=_("登记书记承诺"))
    if not today.year - 1 <= year <= today.year + 1:
        raise BadDates(_("承诺的年度应是今年、去年或明年。"), field="year")
    top = Promise.objects.filter(person=person, org=org, year=year).aggregate(n=Max("n"))["n"] or 0
    promise = Promise.objects.create(
        person=person, org=org, year=year, n=top + 1, by=by, at=at,
        text=line(text, limit=300, label=_("承诺"), required=True),
        measures=line(measures, limit=500, label=_("兑现措施")),
    )  # fmt: skip
    promise.targets.set(targets)
    promise.tasks.set(tasks)
    return promise


@transaction.atomic
def judge_promise(promise: Promise, *, verdict: str, why: str, by: User, at: datetime) -> Promise:
    """Say at year-end whether a promise was kept, partly or not, and why; the figures stay beside it.

    :raises NotPermitted: for the secretary themselves, and for who does not lead the place
    :raises BadDates: before the year's last month
    :raises WrongState: if it was judged already
    """
    rows = Promise.objects.select_for_update(of=("self",))
    promise = rows.select_related("org__region", "person").get(pk=promise.pk)
    if by.pk == promise.person_id or is_of(by, promise.org):
        raise NotPermitted(_("承诺由上级考核，不能自己考核自己。"))
    must_lead(by, promise.org.region.path, what=_("考核书记承诺"))
    if promise.verdict:
        raise WrongState(_("这项承诺已经考核过。"))
    if localdate(at) < date(promise.year, FIRST_MONTH, 1):
        raise BadDates(_("年底考核从 %d 年 12 月起。") % promise.year)
    if verdict not in ("kept", "partly", "not"):
        raise Invalid(_("请选考核结论。"), field="verdict")
    found = appraise(promise, on=localdate(at))
    promise.verdict, promise.judged_by, promise.judged_at = verdict, by, at
    promise.why = line(why, limit=500, label=_("考核理由"), required=True)
    promise.figures = found.sentence[:500]
    promise.save()
    audit(actor=by, action="projects.judge_promise", object=str(promise.pk), at=at,
          detail={"verdict": verdict, "suggested": found.verdict})  # fmt: skip
    return promise


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


@transaction.atomic
def begin_demonstration(
    point: ContactPoint, *, theme: str, plan: str, by: User, at: datetime
) -> Demonstration:
    """Begin to make a contact point a demonstration point (打造示范点).

    :raises WrongState: if it is one already, or the contact has ended
    """
    if by.pk != point.leader_id:
        must_lead(by, point.region.path, what=_("打造示范点"))
    if point.to_date is not None or Demonstration.objects.filter(point=point).exists():
        raise WrongState(_("这个联系点已结束，或已在打造示范点。"))
    return Demonstration.objects.create(
        point=point, theme=line(theme, limit=60, label=_("示范主题"), required=True), by=by, at=at,
        plan=line(plan, limit=500, label=_("打造措施"), required=True),
    )  # fmt: skip


@transaction.atomic
def name_demonstration(one: Demonstration, *, why: str, by: User, at: datetime) -> Demonstration:
    """Name a demonstration point: all of the checklist done in this year, by another than its leader.

    :raises NotProven: while items of the checklist are open, naming them
    """
    one = _held_point(one, by, _("命名示范点"))
    if one.state != Demonstration.State.BUILDING:
        raise WrongState(_("它不在培育中。"))
    missing = open_items(one.point, localdate(at))
    if missing:
        raise NotProven(
            _("“七个一”今年还没有做齐：%s。") % "、".join(item.text for item in missing[:7])
        )
    one.state, one.named_on = Demonstration.State.SHOWN, localdate(at)
    one.why = line(why, limit=300, label=_("命名理由"), required=True)
    one.save(update_fields=["state", "named_on", "why"])
    return one


@transaction.atomic
def end_demonstration(one: Demonstration, *, why: str, by: User, at: datetime) -> Demonstration:
    """Take the name from a demonstration point, with the reason."""
    one = _held_point(one, by, _("撤销示范点"))
    if one.state == Demonstration.State.ENDED:
        raise WrongState(_("已经撤销。"))
    one.state, one.why = Demonstration.State.ENDED, line(why, limit=300, label=_("理由"), required=True)  # fmt: skip
    one.save(update_fields=["state", "why"])
    audit(actor=by, action="projects.end_demonstration", object=one.theme, at=at, reason=one.why)
    return one


def _held_point(one: Demonstration, by: User, what: str) -> Demonstration:
    rows = Demonstration.objects.select_for_update(of=("self",))
    one = rows.select_related("point__region", "point__leader").get(pk=one.pk)
    district = _district_of(one.point.region)
    if by.pk == one.point.leader_id or roles_over(by, district).isdisjoint(LEADS):
        raise NotPermitted(_("您的岗位不能%s。") % what, remedy=_("由区里的督办单位办理，联系领导本人回避。"))  # fmt: skip
    return one


def _district_of(region: Region) -> str:
    return "/".join(region.path.split("/")[:2]) + "/"
