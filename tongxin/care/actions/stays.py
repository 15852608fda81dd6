"""People here for a time (S0.33): they register themselves, the grid's worker confirms, it runs out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, audit_look, tell
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text, normal_phone
from tongxin.orgs.actions import must_be_on
from tongxin.regions.models import Region

from ..models import CareFile, Impact, Look, Stay, StayService
from ..queries.rules import number
from .common import BadDay, must_be_grid, must_keep, scoped, workers_of
from .files import NoBasis, NotNow, must_be_assessed

CONSENT = "2026.1"  # of templates/care/bits/stay_consent.html; a change of it is a new version


class StayThere(Refused):
    """A telephone stands for one registration at a time."""


class NoSuchStay(NotFound):
    """There is no such registration, or none that the actor sees."""


def _new(
    *, grid: Region, name: str, phone: str, building: str, door: str, why: str, since: date,
    until: date, impact: Impact, by: User, at: datetime,
) -> Stay:  # fmt: skip
    must_be_grid(grid)
    today = localdate(at)
    must_be_assessed(impact, grid.path, today)
    if why not in Stay.Why.values:
        raise Invalid(_("请选择居住事由。"), field="why")
    last = today + timedelta(number("stay_term_days", today, grid.path))
    if since > today:
        raise BadDay(_("居住开始日期不能晚于今天。"), field="since")
    if not today <= until <= last:
        raise BadDay(_("预计至应在今天到 %s 之间，到期可续。") % last, field="until")
    box, phone = sealer(), normal_phone(phone)
    return Stay(
        id=uuid7(at), grid=grid, area=grid.path, why=why, since=since, until=until,
        impact=impact, made_at=at, made_by=by, state=Stay.State.ASKED,
        building=clean_text(building, limit=40, field_label=_("楼栋")),
        name_sealed=box.seal(clean_text(name, limit=40, field_label=_("姓名"), required=True)),
        phone_sealed=box.seal(phone), phone_index=box.index(phone),
        door_sealed=box.seal(clean_text(door, limit=40, field_label=_("门牌"))),
    )  # fmt: skip


def _save(stay: Stay) -> Stay:
    try:
        with transaction.atomic():
            stay.save(force_insert=True)
    except IntegrityError as error:
        if stay.key and (made := Stay.objects.filter(key=stay.key).first()):
            return made
        raise StayThere(
            _("这个手机号已经登记过。"), field="phone", remedy=_("已搬走的，请先结束原来的登记。")
        ) from error
    return stay


@transaction.atomic
def ask_stay(
    *, grid: Region, name: str, phone: str, building: str, door: str, why: str, since: date,
    until: date, impact: Impact, agreed: bool, by: User, at: datetime, key: str = "",
) -> Stay:  # fmt: skip
    """Register oneself as living here for a time; the worker of the grid confirms it.

    :raises NoBasis: without agreeing to the text
    :raises PilotOff: where registering oneself is on trial, outside its communities (S0.27)
    :raises StayThere: if the telephone has a registration that stands
    :raises NotAssessed, NotAGrid, BadDay, BadNumber, Invalid:
    """
    own_key = scoped(by, key)
    if own_key and (made := Stay.objects.filter(key=own_key).first()):
        return made
    if not agreed:
        raise NoBasis(_("同意后才能登记；不同意不影响办理居住证等事项。"), field="agreed")
    must_be_on("mobile_residents", grid.path, on=localdate(at), field="grid")
    stay = _new(
        grid=grid, name=name, phone=phone, building=building, door=door, why=why, since=since,
        until=until, impact=impact, by=by, at=at,
    )  # fmt: skip
    stay.user, stay.basis, stay.consent, stay.key = by, CareFile.Basis.CONSENT, CONSENT, own_key
    stay = _save(stay)
    tell(
        users=workers_of(grid.path), title=_("有人登记在您的网格居住"),
        text=_("%s，请上门核对后确认") % (stay.building or grid.short_name),
        url=reverse("care:stays"), key=f"care.stay:{stay.pk.hex}", at=at,
    )  # fmt: skip
    return stay


@transaction.atomic
def register_stay(
    *, grid: Region, name: str, phone: str, building: str, door: str, why: str, since: date,
    until: date, impact: Impact, basis: str, by: User, at: datetime, key: str = "",
) -> Stay:  # fmt: skip
    """Register somebody met at the door, as the worker of the grid or the care officer.

    :raises NotYourCare, NoBasis, StayThere, NotAssessed, BadDay, BadNumber, Invalid:
    """
    must_keep(by, grid.path)
    own_key = scoped(by, key)
    if own_key and (made := Stay.objects.filter(key=own_key).first()):
        return made
    if basis not in CareFile.Basis.values:
        raise NoBasis(_("请选择保存个人信息的依据。"), field="basis")
    stay = _new(
        grid=grid, name=name, phone=phone, building=building, door=door, why=why, since=since,
        until=until, impact=impact, by=by, at=at,
    )  # fmt: skip
    stay.user = User.objects.filter(phone_index=stay.phone_index, is_active=True).first()
    stay.basis, stay.key = basis, own_key
    stay.consent = CONSENT if basis == CareFile.Basis.CONSENT else ""
    stay.state, stay.judged_by, stay.judged_at = Stay.State.CONFIRMED, by, at
    stay = _save(stay)
    audit(actor=by, action="care.stay.register", object=f"care.stay:{stay.pk}", at=at)
    return stay


def _locked(stay: Stay, by: User, *, own: bool = False) -> Stay:
    row = Stay.objects.select_for_update(of=("self",)).filter(pk=stay.pk).first()
    mine = row is not None and own and row.user_id == by.pk
    if row is None or not (mine or Stay.objects.visible_to(by).filter(pk=stay.pk).exists()):
        raise NoSuchStay(_("没有找到这条登记，或您看不到它。"))
    if row.closed_at is not None:
        raise NotNow(_("这条登记已经结束。"))
    return row


@transaction.atomic
def judge_stay(*, stay: Stay, accept: bool, note: str, by: User, at: datetime) -> Stay:
    """Confirm a registration after looking in, or refuse it with a reason; never one's own.

    :raises NoSuchStay, NotNow, Invalid:
    """
    stay = _locked(stay, by)
    if stay.state != Stay.State.ASKED:
        raise NotNow(_("这条登记已经核对过。"))
    if stay.user_id == by.pk:
        raise NoSuchStay(_("自己的登记请由其他人员核对。"))
    stay.note = clean_text(note, limit=200, field_label=_("说明"), required=not accept)
    stay.judged_by, stay.judged_at = by, at
    if accept:
        stay.state = Stay.State.CONFIRMED
        stay.save()
    else:
        stay.state = Stay.State.REFUSED
        _end(stay, at)
    if stay.user is not None:
        words = _("您的居住登记已确认") if accept else _("您的居住登记未通过")
        tell(
            users=[stay.user], title=words, text=stay.note or stay.grid.short_name,
            url=reverse("care:mine"), key=f"care.stay.judged:{stay.pk.hex}", at=at,
        )  # fmt: skip
    audit(
        actor=by, action="care.stay.judge", object=f"care.stay:{stay.pk}", at=at,
        detail={"accepted": accept},
    )  # fmt: skip
    return stay


def _end(stay: Stay, at: datetime, *, days: int | None = None) -> None:
    today = localdate(at)
    stay.closed_at = at
    keep = number("stay_forget_days", today, stay.area) if days is None else days
    stay.forget_on = today + timedelta(keep)
    stay.save()
    stay.services.filter(done_at=None).update(note=_("登记已结束"))


@transaction.atomic
def look_at_stay(*, stay: Stay, reason: str, by: User, at: datetime, address: str = "") -> Look:
    """Open name, telephone and door of a registration for the day, with a reason."""
    if not Stay.objects.visible_to(by).filter(pk=stay.pk).exists():
        raise NoSuchStay(_("没有找到这条登记，或您看不到它。"))
    what, day = f"care.stay:{stay.pk}", localdate(at)
    known = Look.objects.filter(user=by, what=what, day=day).first()
    if known is not None:
        return known
    entry = audit_look(
        actor=by, action="care.stay.look", object=what, reason=reason, at=at, address=address
    )
    return Look.objects.create(
        user=by, what=what, day=day, at=at, reason=entry.reason, role=_("网格员")
    )


@transaction.atomic
def extend_stay(*, stay: Stay, until: date, by: User, at: datetime) -> Stay:
    """Stay longer: said by the person, or by the worker who asked them.

    :raises NoSuchStay, NotNow, BadDay:
    """
    stay = _locked(stay, by, own=True)
    today = localdate(at)
    last = today + timedelta(number("stay_term_days", today, stay.area))
    if not stay.until < until <= last:
        raise BadDay(
            _("应在 %(a)s 之后，最长到 %(b)s。") % {"a": stay.until, "b": last}, field="until"
        )
    stay.until, stay.asked_again_at = until, None
    stay.save(update_fields=["until", "asked_again_at"])
    audit(actor=by, action="care.stay.extend", object=f"care.stay:{stay.pk}", at=at)
    return stay


@transaction.atomic
def end_stay(*, stay: Stay, by: User, at: datetime) -> Stay:
    """End a registration: the person has moved on, or wants it no more; it is erased in a month.

    :raises NoSuchStay, NotNow:
    """
    stay = _locked(stay, by, own=True)
    stay.state = Stay.State.ENDED
    mine = stay.user_id == by.pk
    days = number("withdraw_forget_days", localdate(at), stay.area) if mine else None
    _end(stay, at, days=days)
    audit(actor=by, action="care.stay.end", object=f"care.stay:{stay.pk}", at=at)
    return stay


@transaction.atomic
def ask_service(*, stay: Stay, kind: str, by: User, at: datetime) -> StayService:
    """Ask for help with 居住证, school, work or housing; the same only once while it is open."""
    stay = _locked(stay, by, own=True)
    if kind not in StayService.Kind.values:
        raise Invalid(_("请选择服务。"), field="kind")
    if stay.services.filter(kind=kind, done_at=None).exists():
        raise NotNow(_("这项服务正在办理。"), field="kind")
    return StayService.objects.create(stay=stay, kind=kind, asked_at=at)


@transaction.atomic
def finish_service(*, service: StayService, note: str, by: User, at: datetime) -> StayService:
    """Write down that a service was given, and what came of it."""
    stay = _locked(service.stay, by)
    service = StayService.objects.select_for_update().get(pk=service.pk)
    if service.done_at is not None:
        raise NotNow(_("这项服务已经办完。"))
    service.note = clean_text(note, limit=120, field_label=_("结果"), required=True)
    service.done_at, service.by = at, by
    service.save(update_fields=["note", "done_at", "by"])
    if stay.user is not None:
        tell(
            users=[stay.user], title=_("服务办好了：%s") % service.get_kind_display(),
            text=service.note, url=reverse("care:mine"), key=f"care.service:{service.pk}", at=at,
        )  # fmt: skip
    return service


def ask_again(*, at: datetime, limit: int = 100) -> int:
    """Ask those whose time runs out whether they stay; return how many were asked."""
    today = localdate(at)
    ahead = today + timedelta(number("stay_ask_days", today))
    rows = Stay.objects.standing().filter(until__lte=ahead, asked_again_at=None)
    found = list(rows.select_related("user", "grid").order_by("until", "pk")[:limit])
    for stay in found:
        told: Any = {"text": _("登记到 %s，到期不续将清除") % stay.until, "at": at}
        key = f"care.stay.ask:{stay.pk.hex}:{stay.until}"
        if stay.user is not None:
            tell(
                users=[stay.user], title=_("您还住在这里吗？"), url=reverse("care:mine"), key=key,
                **told,
            )  # fmt: skip
        tell(
            users=workers_of(stay.area), title=_("流动人口登记快到期：%s") % stay.grid.short_name,
            url=reverse("care:stay", args=[stay.pk]), key=f"{key}w"[:80], **told,
        )  # fmt: skip
        Stay.objects.filter(pk=stay.pk).update(asked_again_at=at)
    return len(found)


def end_run_out(*, at: datetime, limit: int = 100) -> int:
    """End what ran out and nobody prolonged; return how many."""
    today = localdate(at)
    rows = Stay.objects.standing().filter(until__lt=today).order_by("until", "pk")
    done = 0
    for pk in list(rows.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            stay = Stay.objects.select_for_update().get(pk=pk)
            if stay.closed_at is None and stay.until < today:
                stay.state = Stay.State.ENDED
                _end(stay, at)
                done += 1
    return done
