"""Resolutions: made of a session with their owners, followed as cases, put off, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, open_case
from tongxin.cases.clocks import end_of
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org
from tongxin.regions.models import Region

from ..models import AgendaItem, ConferenceBody, Resolution, ResolutionTask, Session
from .common import must_run, scoped
from .sessions import held_with_quorum

MOST_UNITS = 12
FURTHEST_DAYS = 731


class NoOwner(Invalid):
    """A resolution that nobody has to carry out."""


class BadOwner(Invalid):
    """A unit that nobody here acts for, or that is not of this district."""


class ResolutionEnded(Refused):
    """The resolution was carried out or taken back."""


@transaction.atomic
def resolve(
    *,
    session: Session,
    title: str,
    work: str,
    place: str,
    due_on: date,
    by: User,
    at: datetime,
    units: Sequence[Org] = (),
    holder: User | None = None,
    region: Region | None = None,
    item: AgendaItem | None = None,
    lng: float | None = None,
    lat: float | None = None,
    key: str | None = None,
) -> Resolution:
    """Resolve at a session that a unit (or several, or a person) does a work at a place by a day.

    One unit has one case; several have one each under a case that ends with the last of them. A
    repeated key resolves once.

    :raises NotYourBody, NotHeld, NoQuorumOfUnits: as `sessions.held_with_quorum`
    :raises NoOwner: without a unit or a person
    :raises BadOwner: for a unit outside the district, or one without anybody to take it over
    :raises Invalid: for a day before today or too far, words that are missing, an item elsewhere
    """
    session = held_with_quorum(session, by)
    body = session.body
    known = scoped(by, f"resolve:{key}" if key else None)
    if known and (made := Resolution.objects.filter(case__events__key=known).first()):
        return made
    owners = list(dict.fromkeys(units))
    _check_owners(body, owners, holder)
    _check_day(due_on, at)
    if item is not None and item.session_id != session.pk:
        raise Invalid(_("这个议题不在这次会议的议程上。"), field="item")
    where = region or body.region
    if not where.path.startswith(body.region.path):
        raise Invalid(_("地点应在%s内。") % body.region.name, field="region")
    texts = {
        "title": clean_text(title, limit=100, field_label=_("决议"), required=True),
        "work": clean_text(work, limit=2000, field_label=_("工作内容"), required=True,
                           multiline=True),
        "place": clean_text(place, limit=100, field_label=_("地点"), required=True),
    }  # fmt: skip
    year, seq = _number(body, localdate(at).year)
    resolution = Resolution(
        body=body, session=session, item=item, year=year, seq=seq, region=where, lng=lng, lat=lat,
        due_on=due_on, made_by=by, made_at=at, **texts,
    )  # fmt: skip
    _open(resolution, owners, holder, by=by, at=at, key=f"resolve:{key}" if key else None)
    names = "、".join(org.name for org in owners) or (holder.name if holder else "")
    assert body.org is not None  # noqa: S101 (who may resolve is of the unit that convenes)
    write_log(
        unit=body.org, kind=LogEntry.Kind.SERVICE, at=at, recorded_at=at,
        text=_("%(body)s决议%(number)s：%(title)s，由%(names)s于%(day)s前完成。")
        % {"body": body.name, "number": resolution.number, "title": resolution.title,
           "names": names, "day": due_on.isoformat()},
        source=f"conferences.resolution:{resolution.pk}", key=f"resolution:{resolution.pk}",
        actor=by,
    )  # fmt: skip
    return resolution


def _check_owners(body: ConferenceBody, owners: Sequence[Org], holder: User | None) -> None:
    if not owners and holder is None:
        raise NoOwner(
            _("请写明由哪个单位或谁来办，没有责任单位的决议不能形成。"),
            field="units",
            remedy=_("责任单位要在系统里有经办人。"),
        )
    if len(owners) > MOST_UNITS:
        raise BadOwner(_("一项决议最多 %d 家责任单位。") % MOST_UNITS, field="units")
    district = "/".join(body.region.path.split("/")[:2]) + "/"
    for org in owners:
        if not (org.region.path.startswith(district) or district.startswith(org.region.path)):
            raise BadOwner(_("%s不在本区。") % org.name, field="units")
        if not org.posts.filter(to_date__isnull=True).exists():
            raise BadOwner(
                _("%s在系统里还没有经办人，收不到任务。") % org.name,
                field="units",
                remedy=_("请先登记它的经办人，或指定一位责任人。"),
            )


def _check_day(due_on: date, at: datetime) -> None:
    today = localdate(at)
    if due_on < today:
        raise Invalid(_("完成期限已过。"), field="due_on")
    if (due_on - today).days > FURTHEST_DAYS:
        raise Invalid(_("完成期限最长两年。"), field="due_on")


def _number(body: ConferenceBody, year: int) -> tuple[int, int]:
    """Take the next number of a year of a body, whose row is held until the transaction ends."""
    held = ConferenceBody.objects.select_for_update(of=("self",)).get(pk=body.pk)
    held.counted = held.counted + 1 if held.counted_year == year else 1
    held.counted_year = year
    held.save(update_fields=["counted_year", "counted"])
    return year, held.counted


def _open(
    resolution: Resolution, owners: Sequence[Org], holder: User | None, *, by: User, at: datetime,
    key: str | None,
) -> None:  # fmt: skip
    where: dict[str, Any] = {
        "region": resolution.region, "lng": resolution.lng, "lat": resolution.lat,
        "address": resolution.place,
    }  # fmt: skip
    given: dict[str, Any] = {
        "title": resolution.title, "text": resolution.work, "at": at, "actor": by, "reporter": by,
        **where,
    }  # fmt: skip
    told = {"resolution": resolution.number, "due_on": resolution.due_on.isoformat(),
            "units": [org.name for org in owners]}  # fmt: skip

    def keep(case: Case) -> None:
        resolution.case = case
        resolution.save(force_insert=True)

    def task(case: Case, org: Org | None) -> None:
        ResolutionTask.objects.create(
            case=case, resolution=resolution, org=org, holder=None if org else holder,
            due_on=resolution.due_on,
        )  # fmt: skip

    if len(owners) > 1:
        parent = open_case(
            kind="resolution_joint", handler=resolution.body.org, key=key, data=told, also=keep,
            **given,
        )  # fmt: skip
        for owner in owners:
            open_case(
                kind="resolution", handler=owner, parent=parent,
                data=told | {"lead": owner == owners[0]}, also=partial(task, org=owner), **given,
            )  # fmt: skip
        return
    org = owners[0] if owners else None

    def both(case: Case) -> None:
        keep(case)
        task(case, org)

    open_case(
        kind="resolution", handler=org, holder=None if org else holder, key=key, data=told,
        also=both, **given,
    )  # fmt: skip


def _open_one(resolution: Resolution, by: User) -> Resolution:
    resolution = (
        Resolution.objects.select_for_update(of=("self",))
        .select_related("body__org", "case")
        .get(pk=resolution.pk)
    )
    must_run(by, resolution.body)
    if resolution.closed_at is not None:
        raise ResolutionEnded(_("这项决议已办结或已撤回。"))
    return resolution


@transaction.atomic
def extend_resolution(
    *, resolution: Resolution, due_on: date, reason: str, by: User, at: datetime
) -> Resolution:
    """Put the day of a resolution off, with the reason, for all its tasks still at work.

    :raises NotYourBody, ResolutionEnded:
    :raises Invalid: for a day that is not later, or without a reason
    """
    resolution = _open_one(resolution, by)
    reason = clean_text(reason, limit=300, field_label=_("延期理由"), required=True)
    if due_on <= resolution.due_on:
        raise Invalid(_("新的期限应比 %s 晚。") % resolution.due_on.isoformat(), field="due_on")
    _check_day(due_on, at)
    resolution.due_on = due_on
    resolution.save(update_fields=["due_on"])
    given: dict[str, Any] = {"until": end_of(due_on), "tags": [str(by.pk)], "at": at, "actor": None}
    note = _("%(name)s：延到 %(day)s。%(why)s") % {
        "name": by.name, "day": due_on.isoformat(), "why": reason,
    }  # fmt: skip
    for case in _cases_of(resolution, ("assigned", "doing", "running")):
        make_move(case, "extend", note=note, **given)
    return resolution


def _cases_of(resolution: Resolution, steps: Sequence[str]) -> list[Case]:
    """Return the open cases of a resolution, the tasks before the one over them."""
    ids = {resolution.case_id, *resolution.tasks.values_list("pk", flat=True)}
    return list(Case.objects.filter(pk__in=ids, step__in=steps).order_by("-kind", "pk"))


@transaction.atomic
def withdraw_resolution(
    *, resolution: Resolution, reason: str, by: User, at: datetime
) -> Resolution:
    """Take a resolution back, with the reason: what is not reported yet ends.

    :raises NotYourBody, ResolutionEnded:
    """
    resolution = _open_one(resolution, by)
    reason = clean_text(reason, limit=300, field_label=_("撤回理由"), required=True)
    tasks = resolution.tasks.filter(case__step="reported")
    if tasks.exists():
        raise ResolutionEnded(
            _("有单位已上报完成，请先确认或退回，再撤回。"), remedy=_("在决议页逐项确认。")
        )
    note = f"{by.name}：{reason}"
    children = resolution.tasks.filter(case__step__in=("assigned", "returned", "doing"))
    for task in children.select_related("case"):
        make_move(task.case, "withdraw", at=at, actor=None, note=note, tags=[str(by.pk)])
    resolution.refresh_from_db()
    return resolution


@transaction.atomic
def urge_resolution(*, resolution: Resolution, by: User, at: datetime, note: str = "") -> int:
    """Press the units that have not reported; returns how many. :raises NotYourBody, ResolutionEnded:"""
    resolution = _open_one(resolution, by)
    words = f"{by.name}：{note or _('请尽快办理并上报进展')}"
    rows = resolution.tasks.filter(case__step__in=("assigned", "doing")).select_related("case")
    for task in rows:
        make_move(task.case, "urge", at=at, actor=None, note=words, tags=[str(by.pk)])
    return len(rows)
