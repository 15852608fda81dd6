"""Promises of secretaries: written down, changed until they are judged, judged at year-end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.models import Org, Post

from ..models import Promise, Target, Task
from ..queries.promises import appraise
from .common import BadDates, WrongState, is_of, line, must_lead

SECRETARIES = ("secretary", "first_secretary")
FIRST_MONTH = 12  # promises of a year are judged from its last month on


class NotASecretary(Invalid):
    """Promises are made, and hard problems taken in hand, by the secretary of the unit."""


def check_secretary(user: User, org: Org, on: date) -> None:
    """:raises NotASecretary: unless somebody is the secretary of the unit on a day"""
    posts = Post.objects.held_on(on).filter(user=user, org=org, role__in=SECRETARIES)
    if not posts.exists():
        words = {"name": user.name, "org": org.name}
        raise NotASecretary(_("%(name)s不是“%(org)s”的书记。") % words, field="owner")


def check_year(year: int, today: date) -> None:
    """:raises BadDates: unless it is this year, the last or the next"""
    if not today.year - 1 <= year <= today.year + 1:
        raise BadDates(_("承诺的年度应是今年、去年或明年。"), field="year")


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
    check_year(year, today)
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
def change_promise(
    promise: Promise, *, by: User, at: datetime, text: str | None = None, measures: str | None = None,
    targets: Iterable[Target] | None = None, tasks: Iterable[Task] | None = None,
) -> Promise:  # fmt: skip
    """Change what a promise says, or by which figures it is read, until it is judged.

    :raises NotPermitted: unless it is by the secretary or by who leads the place
    :raises WrongState: once it was judged
    """
    promise = _open_promise(promise, by)
    if text is not None:
        promise.text = line(text, limit=300, label=_("承诺"), required=True)
    if measures is not None:
        promise.measures = line(measures, limit=500, label=_("兑现措施"))
    promise.save(update_fields=["text", "measures"])
    if targets is not None:
        promise.targets.set(targets)
    if tasks is not None:
        promise.tasks.set(tasks)
    return promise


@transaction.atomic
def drop_promise(promise: Promise, *, by: User, at: datetime) -> None:
    """Take a promise off that was written down by mistake, until it is judged; the audit keeps its words."""
    promise = _open_promise(promise, by)
    audit(actor=by, action="projects.drop_promise", object=str(promise.pk), at=at,
          detail={"person": promise.person_id, "year": promise.year, "text": promise.text})  # fmt: skip
    promise.delete()


def _open_promise(promise: Promise, by: User) -> Promise:
    rows = Promise.objects.select_for_update(of=("self",))
    promise = rows.select_related("org__region", "person").get(pk=promise.pk)
    if by.pk != promise.person_id:
        must_lead(by, promise.org.region.path, what=_("修改书记承诺"))
    if promise.verdict:
        raise WrongState(_("这项承诺已经考核过。"))
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
