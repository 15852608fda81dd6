"""A visit: arranged, begun where one is, called off, opened again for a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, KeyReused, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Checklist, Visit, VisitKind, VisitWorker
from ..queries.marks import place_marks, read_place
from ..queries.norms import norms_on
from ..queries.stages import waits_for
from .common import NotOnTeam, VisitOver, must_write_for, not_ahead, note_change, take_numbers

# Who may arrange a visit at all, on the land of their post; a volunteer may not.
ARRANGERS = (
    "officer", "inspector", "leader", "dispatcher", "verifier", "organiser", "secretary",
    "commissioner", "first_secretary", "team_leader", "adviser", "cadre", "grid_worker",
)  # fmt: skip
OVER_VISITS = ("officer", "inspector", "organiser", "secretary", "dispatcher")


class BadDays(Invalid):
    """A visit is due on or after the day from which it may be made."""


class NobodyGoes(Invalid):
    """A visit needs somebody who goes."""


class TooEarly(Refused):
    """A planned visit is made from its first day on."""


class StageBefore(Refused):
    """The stage before is not made, or not passed."""


class NotCheckedBy(Refused):
    """Only a visit that is open or was missed is called off; only a finished one is opened again."""


@transaction.atomic
def plan_visit(
    *, kind: str, title: str, region: Region, by: User, at: datetime,
    checklist: Checklist | None = None, due_from: date | None = None, due_on: date | None = None,
    workers: Sequence[User] = (), lng: float | None = None, lat: float | None = None,
    place_name: str = "", source: tuple[str, str] = ("", ""), unannounced: bool = False,
    org: Org | None = None, visited: Org | None = None, key: str = "", id: UUID | None = None,
    tells: bool = True,
) -> Visit:  # fmt: skip
    """Arrange one visit; the first of `workers` leads, and all are told, unless who arranges it
    `tells` them of several at once. A retry with `key` acts once.

    `org` orders it, `visited` is gone to. With a `source` the register that arranges it has said
    who may. An unannounced one is seen by its team and those who ordered it until it has begun.

    :raises NotYourLand, BadDays, NobodyGoes, KeyReused, Invalid:
    """
    scoped = f"{by.pk}:{key[:80]}" if key else ""
    if scoped and (made := Visit.objects.filter(key=scoped).first()):
        return made
    if not source[0]:
        must_write_for(by, region, ARRANGERS)
    if kind not in VisitKind.values:
        raise Invalid(_("请选择走访类型。"), field="kind")
    if due_from and due_on and due_on < due_from:
        raise BadDays(_("截止日不能早于起始日。"), field="due_on")
    team = list(dict.fromkeys(workers)) or _alone(by)
    visit = Visit(
        id=id or uuid7(at),
        number=take_numbers(region.path, at)[0],
        kind=kind,
        title=clean_text(title, limit=100, field_label=_("名称"), required=True),
        region=region,
        area=region.path,
        place_name=clean_text(place_name, limit=100, field_label=_("地点")),
        lng=lng,
        lat=lat,
        org=org,
        visited=visited,
        checklist=checklist,
        due_from=due_from,
        due_on=due_on,
        is_secret_until_begun=unannounced,
        source_kind=source[0],
        source_id=str(source[1]),
        made_by=by,
        made_at=at,
        key=scoped,
    )
    try:
        with transaction.atomic():
            visit.save(force_insert=True)
    except IntegrityError as error:
        made = Visit.objects.filter(key=scoped).first() if scoped else None
        if made is None:
            raise KeyReused(_("这个编号已用于另一次走访。"), field="id") from error
        return made
    VisitWorker.objects.bulk_create(
        VisitWorker(visit=visit, user=user, is_lead=not n) for n, user in enumerate(team)
    )
    note_change(visit, "planned", _("安排走访"), by=by, at=at, recorded_at=at)
    tell(
        users=[user for user in team if tells and user != by],
        title=_("新的走访安排"),
        text=_when(visit),
        url=reverse("fieldwork:visit", args=[visit.pk]),
        key=f"fieldwork.visit:{visit.pk}:planned",
        at=at,
    )
    return visit


def _alone(by: User) -> list[User]:
    if by.pk is None:
        raise NobodyGoes(_("请选择走访人员。"), field="workers")
    return [by]


def _when(visit: Visit) -> str:
    if visit.due_on:
        return _("%(title)s，%(day)s 前完成") % {"title": visit.title, "day": visit.due_on}
    return visit.title


def locked(visit: Visit) -> Visit:
    """Return the row as it stands now, held until the transaction ends."""
    return (
        Visit.objects.select_for_update(of=("self",))
        .select_related("region", "checklist")
        .get(pk=visit.pk)
    )


def must_be_on_team(visit: Visit, by: User) -> None:
    """:raises NotOnTeam: for who does not go"""
    if not visit.team.filter(user=by.pk).exists():
        raise NotOnTeam(_("您不在这次走访的人员里。"), remedy=_("请让负责人把您加进去。"))


@transaction.atomic
def begin_visit(
    visit: Visit, *, at: datetime, by: User, place: Mapping[str, Any] | None = None,
    how: str = "gps", key: str = "", recorded_at: datetime | None = None,
) -> Visit:  # fmt: skip
    """Begin a visit where one is; `place` is {"lng", "lat", "accuracy"}. One already begun stays as it is.

    A place outside the region or far from the one planned is kept and marked. One of several stages
    waits for the stage before it.

    :raises NotOnTeam, TooEarly, StageBefore, VisitOver, FromTheFuture, BadPlace:
    """
    known_at = recorded_at or at
    row = locked(visit)
    must_be_on_team(row, by)
    where = read_place(place)
    not_ahead(at, known_at)
    if row.state in (Visit.State.BEGUN, Visit.State.DONE):
        return row
    if row.state == Visit.State.CANCELLED:
        raise VisitOver(_("这次走访已取消，不用去了。"))
    if row.due_from and localdate(at) < row.due_from:
        raise TooEarly(
            _("这次走访从 %s 起，不能提前开始。") % f"{row.due_from:%Y-%m-%d}",
            remedy=_("如果今天已经去了，请另建一次走访。"),
        )
    if why := waits_for(row):
        raise StageBefore(
            _("还不能开始：%s。") % why, remedy=_("请等前一阶段做完并合格，再开始这一阶段。")
        )
    row.marks = _marks_of_begin(row, where, at, known_at)
    row.state, row.begun_at, row.begin_key = Visit.State.BEGUN, at, key[:80]
    row.recorded_at = known_at
    if where is not None:
        row.check_lng, row.check_lat, row.check_accuracy = where
        row.check_how = how if how in Visit.How.values else Visit.How.GPS
    row.save()
    note_change(row, "begun", _("开始走访"), by=by, at=at, recorded_at=known_at)
    return row


def _marks_of_begin(
    row: Visit, where: tuple[float, float, float] | None, at: datetime, known_at: datetime
) -> list[dict[str, Any]]:
    norms = norms_on(localdate(at))
    found = place_marks(row, where, norms)
    if row.due_on and localdate(at) > row.due_on:
        found.append({"code": "after_due", "days": (localdate(at) - row.due_on).days})
    if at < row.made_at:
        found.append({"code": "before_planned"})
    return found


@transaction.atomic
def cancel_visit(*, visit: Visit, reason: str, by: User, at: datetime) -> Visit:
    """Call off a visit that has not begun; its team is told.

    :raises NotYourLand, NotCheckedBy, Invalid:
    """
    row = locked(visit)
    must_manage(row, by)
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    if row.state not in (Visit.State.PLANNED, Visit.State.MISSED):
        raise NotCheckedBy(_("已经开始的走访不能取消。"))
    row.state = Visit.State.CANCELLED
    row.save(update_fields=["state"])
    note_change(row, "cancelled", _("取消：%s") % reason, by=by, at=at, recorded_at=at)
    _tell_team(row, _("走访已取消"), reason, "cancelled", by, at)
    return row


def must_manage(visit: Visit, by: User) -> None:
    """:raises NotYourLand: for who neither arranged the visit nor manages visits on that land"""
    if visit.made_by_id == by.pk or visit.team.filter(user=by.pk, is_lead=True).exists():
        return
    hidden = visit.is_hidden and visit.org_id is None
    if hidden or roles_over(by, visit.area).isdisjoint(OVER_VISITS):
        must_write_for(by, None)


@transaction.atomic
def reopen_visit(*, visit: Visit, reason: str, by: User, at: datetime) -> Visit:
    """Give a finished visit back to its team to be filled in again; answers stay until then.

    :raises NotYourLand, NotCheckedBy, Invalid:
    """
    row = locked(visit)
    if roles_over(by, row.area).isdisjoint(OVER_VISITS):
        must_write_for(by, None)
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    if row.state != Visit.State.DONE:
        raise NotCheckedBy(_("只有已完成的走访可以退回重填。"))
    row.state, row.finished_at, row.finish_key = Visit.State.BEGUN, None, ""
    row.marks = [*[mark for mark in row.marks if mark["code"] != "reopened"], {"code": "reopened"}]
    row.save()
    note_change(row, "reopened", _("退回重填：%s") % reason, by=by, at=at, recorded_at=at)
    audit(
        actor=by, action="visit.reopen", object=row.number, reason=reason, at=at,
        detail={"visit": str(row.pk)},
    )  # fmt: skip
    _tell_team(row, _("走访退回重填"), reason, f"reopened:{int(at.timestamp())}", by, at)
    return row


@transaction.atomic
def change_team(*, visit: Visit, workers: Sequence[User], by: User, at: datetime) -> Visit:
    """Say anew who goes; the first leads. Who comes in is told.

    :raises NotYourLand, NobodyGoes, VisitOver:
    """
    row = locked(visit)
    must_manage(row, by)
    if row.state not in (Visit.State.PLANNED, Visit.State.BEGUN, Visit.State.MISSED):
        raise VisitOver(_("这次走访已结束，不能再换人。"))
    team = list(dict.fromkeys(workers))
    if not team:
        raise NobodyGoes(_("请选择走访人员。"), field="workers")
    before = set(row.team.values_list("user_id", flat=True))
    row.team.all().delete()
    VisitWorker.objects.bulk_create(
        VisitWorker(visit=row, user=user, is_lead=not n) for n, user in enumerate(team)
    )
    names = "、".join(str(user) for user in team)
    note_change(row, "team", _("走访人员：%s") % names, by=by, at=at, recorded_at=at)
    tell(
        users=[user for user in team if user.pk not in before and user != by],
        title=_("新的走访安排"), text=_when(row), url=reverse("fieldwork:visit", args=[row.pk]),
        key=f"fieldwork.visit:{row.pk}:team:{int(at.timestamp())}", at=at,
    )  # fmt: skip
    return row


def _tell_team(row: Visit, title: str, text: str, what: str, by: User, at: datetime) -> None:
    tell(
        users=[one.user for one in row.team.select_related("user") if one.user_id != by.pk],
        title=title, text=f"{row.title}：{text}", url=reverse("fieldwork:visit", args=[row.pk]),
        key=f"fieldwork.visit:{row.pk}:{what}", at=at,
    )  # fmt: skip
