"""Visits: planned where they are due, written down sealed, rung for when missed; extra rounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.fieldwork import actions as fieldwork
from tongxin.fieldwork.models import Visit
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import CareFile, CareVisit, ExtraRound
from ..queries.rules import kinds, number
from ..queries.visits import next_due_on
from ..scope import has_duty, is_officer
from .common import (
    BadDay,
    NotYourCare,
    care_officers,
    carers_of,
    keep,
    locked,
    scoped,
    sealed,
)
from .files import NotNow

SOURCE = "care.file"
OPEN = (Visit.State.PLANNED, Visit.State.BEGUN, Visit.State.MISSED)


class PromiseNeedsADay(Invalid):
    """What is promised is promised for a day."""


@transaction.atomic
def record_visit(
    *, file: CareFile, how: str, on: date, by: User, at: datetime, condition: str = "",
    wishes: str = "", promised: str = "", promise_due_on: date | None = None,
    photo: bytes | None = None, key: str = "",
) -> CareVisit:  # fmt: skip
    """Write down a visit: sealed words, and when the next is due. A retry with `key` acts once.

    Somebody not met is written down too, and stays due. A walk that was planned for it is finished.

    :raises NoSuchFile, FileClosed: as for every write into a file
    :raises BadDay: for a day ahead, or before the file was opened
    :raises PromiseNeedsADay, Invalid:
    """
    own_key = scoped(by, key)
    if own_key and (made := CareVisit.objects.filter(key=own_key).first()):
        return made
    file = locked(file, by)
    if how not in CareVisit.How.values:
        raise Invalid(_("请选择走访方式。"), field="how")
    if not localdate(file.opened_at) <= on <= localdate(at):
        raise BadDay(_("走访日期应在建档之后、今天之前（含今天）。"), field="on")
    met = how != CareVisit.How.ABSENT
    words = {
        "condition": clean_text(
            condition, limit=500, field_label=_("情况"), required=met, multiline=True
        ),
        "wishes": clean_text(wishes, limit=300, field_label=_("心愿"), multiline=True),
        "promised": clean_text(promised, limit=300, field_label=_("答应办的事"), multiline=True),
    }
    if words["promised"] and (promise_due_on is None or promise_due_on < on):
        raise PromiseNeedsADay(_("答应办的事请写明哪天前办好。"), field="promise_due_on")
    made = CareVisit(
        file=file, on=on, due_on=file.next_due_on, how=how, body_sealed=sealed(words), by=by,
        promise_due_on=promise_due_on if words["promised"] else None, recorded_at=at, key=own_key,
        photo=keep(photo, by=by, at=at, key=f"care:{key}" if key else ""),
    )  # fmt: skip
    if met:
        made.visit = _finish_walk(file, by=by, at=at)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return CareVisit.objects.get(key=own_key)
    if met:
        _met(file, on)
    return made


def _met(file: CareFile, on: date) -> None:
    """Set when a file is due next, unless a later visit is known already."""
    if file.visited_on is not None and file.visited_on > on:
        return
    file.visited_on, file.next_due_on = on, next_due_on(file, on)
    file.save(update_fields=["visited_on", "next_due_on"])


def _finish_walk(file: CareFile, *, by: User, at: datetime) -> Visit | None:
    """Finish the walk that was planned for this file, if the one who writes was sent on it."""
    walk = Visit.objects.filter(
        source_kind=SOURCE, source_id=str(file.pk), state__in=OPEN, team__user=by.pk
    ).first()
    if walk is None or (walk.due_from and walk.due_from > localdate(at)):
        return None
    if walk.begun_at is None:
        walk = fieldwork.begin_visit(walk, at=at, by=by, how=Visit.How.NONE)
    return fieldwork.finish_visit(walk, answers={}, at=at, by=by)


@transaction.atomic
def keep_promise(*, visit: CareVisit, by: User, at: datetime) -> CareVisit:
    """Write down that what was promised has been done.

    :raises NotNow: if nothing is open
    """
    locked(visit.file, by)
    visit = CareVisit.objects.select_for_update().get(pk=visit.pk)
    if visit.promise_due_on is None or visit.promise_kept_at is not None:
        raise NotNow(_("没有待兑现的承诺。"))
    visit.promise_kept_at = at
    visit.save(update_fields=["promise_kept_at"])
    return visit


@transaction.atomic
def link_wish(*, visit: CareVisit, number: str, by: User, at: datetime) -> CareVisit:
    """Tie a wish that was heard at a visit to its case in the flow of wishes.

    :raises Invalid: if the actor sees no wish of this number
    """
    file = locked(visit.file, by)
    rows = Case.objects.visible_to(by)
    wish = rows.filter(kind="wish", number=number.strip(), area__under=file.community.path).first()
    if wish is None:
        raise Invalid(_("没有这个编号的微心愿。"), field="number")
    visit = CareVisit.objects.select_for_update().get(pk=visit.pk)
    visit.wish = wish
    visit.save(update_fields=["wish"])
    audit(actor=by, action="care.visit.wish", object=file.object_word, at=at)
    return visit


# Extra rounds.


@transaction.atomic
def call_extra_round(
    *, region: Region, why: str, kinds_of: Sequence[str], every_days: int, starts_on: date,
    ends_on: date, by: User, at: datetime,
) -> ExtraRound:  # fmt: skip
    """Let everybody of some kinds be visited more often for a time (高温、寒潮).

    :raises NotYourCare: for who neither decides for the land nor has the care of it
    :raises BadDay, Invalid:
    """
    if not (is_officer(by, region.path) or has_duty(by, region.path)):
        raise NotYourCare(_("加密走访由社区关爱专员或街道（区）管理员发起。"))
    today = localdate(at)
    known = kinds(today)
    chosen = [code for code in dict.fromkeys(kinds_of) if code in known]
    if not chosen or len(chosen) != len(set(kinds_of)):
        raise Invalid(_("请选择要加密走访的类别。"), field="kinds_of")
    if why not in ExtraRound.Why.values:
        raise Invalid(_("请选择原因。"), field="why")
    if not today <= starts_on <= ends_on <= starts_on + timedelta(90):
        raise BadDay(_("开始不能早于今天，最长 90 天。"), field="ends_on")
    if not 1 <= every_days <= 30:
        raise Invalid(_("走访间隔应为 1 到 30 天。"), field="every_days")
    made = ExtraRound.objects.create(
        region=region, why=why, kinds=" ".join(chosen), every_days=every_days,
        starts_on=starts_on, ends_on=ends_on, by=by, at=at,
    )  # fmt: skip
    moved = _bring_forward(made, today)
    audit(
        actor=by, action="care.extra_round", object=f"care.round:{made.pk}", at=at,
        detail={"files": moved},
    )  # fmt: skip
    return made


def _bring_forward(extra: ExtraRound, today: date) -> int:
    """Set anew when the files of a round are due; return how many are due sooner."""
    files = CareFile.objects.standing().filter(
        area__under=extra.region.path, kind__in=extra.kinds.split()
    )
    sooner = []
    for file in files.iterator(chunk_size=500):
        after = file.visited_on or localdate(file.opened_at)
        due = max(extra.starts_on, after + timedelta(extra.every_days), today)
        if due <= extra.ends_on and (file.next_due_on is None or due < file.next_due_on):
            file.next_due_on = due
            sooner.append(file)
    CareFile.objects.bulk_update(sooner, ["next_due_on"], batch_size=200)
    return len(sooner)


# What the worker does.


def plan_due(*, at: datetime, limit: int = 100) -> int:
    """Plan a walk for each file that is due soon and has none; return how many.

    Whoever looks after the person is sent. Its name tells the building and the number, no name.
    """
    today = localdate(at)
    ahead = today + timedelta(number("plan_ahead_days", today))
    walk = Visit.objects.filter(source_kind=SOURCE, state__in=OPEN)
    open_ids = {row for row in walk.values_list("source_id", flat=True)}
    rows = CareFile.objects.standing().filter(next_due_on__lte=ahead).order_by("next_due_on", "pk")
    done = 0
    for file in rows.select_related("grid").iterator(chunk_size=200):
        if str(file.pk) in open_ids:
            continue
        done += _plan(file, today, at)
        if done >= limit:
            break
    return done


def _plan(file: CareFile, today: date, at: datetime) -> int:
    team = carers_of(file)
    due = file.next_due_on
    if not team or due is None:
        return 0
    title = " · ".join(part for part in (_("关爱走访"), file.building, file.number) if part)
    fieldwork.plan_visit(
        kind="care", title=title, region=file.grid, by=team[0], at=at, due_from=today,
        due_on=max(due, today), workers=team, source=(SOURCE, str(file.pk)),
        key=f"care:{file.pk.hex}:{due}",
    )  # fmt: skip
    return 1


def follow_walks(*, at: datetime, limit: int = 100) -> int:
    """Take over the walks that were finished on a phone: their note is sealed into the file."""
    written = CareVisit.objects.filter(visit=OuterRef("pk"))
    rows = Visit.objects.filter(source_kind=SOURCE, state=Visit.State.DONE)
    rows = rows.filter(~Exists(written)).order_by("finished_at")
    done = 0
    for walk in rows.select_related("finished_by")[:limit]:
        done += _take_over(walk, at)
    return done


@transaction.atomic
def _take_over(walk: Visit, at: datetime) -> int:
    file = CareFile.objects.select_for_update(of=("self",)).filter(pk=walk.source_id).first()
    finished, by = walk.finished_at, walk.finished_by
    if file is None or finished is None or by is None:
        return 0
    on = localdate(finished)
    words = fieldwork.take_words(walk, told=_("内容已转入关爱档案"), at=at)
    condition = clean_text(words[:6000], limit=6000, field_label=_("情况"), multiline=True)
    _row, made = CareVisit.objects.get_or_create(
        visit=walk,
        defaults={
            "file": file, "on": on, "due_on": walk.due_on, "how": CareVisit.How.HOME,
            "body_sealed": sealed({"condition": condition}), "by": by, "recorded_at": at,
        },
    )  # fmt: skip
    if made and file.closed_at is None:
        _met(file, on)
    return int(made)


def ring_missed(*, at: datetime, limit: int = 100) -> int:
    """Tell who looks after a person that a visit is overdue; after some days the care officer too.

    Each due day rings once for each of them. No name is told.
    """
    today = localdate(at)
    late = timedelta(number("missed_days", today))
    rows = CareFile.objects.standing().filter(next_due_on__lt=today).order_by("next_due_on", "pk")
    for file in (found := list(rows[:limit])):
        due = file.next_due_on
        users = carers_of(file)
        text = _("应于 %(day)s 前走访，已逾期 %(n)d 天") % {
            "day": due, "n": (today - due).days if due else 0,
        }  # fmt: skip
        told: Any = {
            "title": _("关爱走访逾期：%s") % " ".join(filter(None, (file.building, file.number))),
            "text": text, "url": reverse("care:file", args=[file.pk]), "at": at,
        }  # fmt: skip
        tell(users=users, key=f"care.late:{file.pk.hex}:{due}", **told)
        if due and today - due >= late:
            tell(users=care_officers(file.area), key=f"care.missed:{file.pk.hex}:{due}", **told)
    return len(found)
