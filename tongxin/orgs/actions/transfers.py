"""Transfer of a membership between branches (组织关系转接): both confirm, then it moves at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.identity import normal_id_number
from tongxin.kit.text import clean_text

from ..models import LogEntry, Membership, Org, Person, Transfer
from ..queries import member_rule, registrars_of
from ..scope import keeps_register
from .logbook import write_log
from .people import NotRegistrar
from .people_members import (
    FLAGS,
    AlreadySo,
    NotYetAMember,
    check_holds_members,
    close,
    locked,
    own_key,
)

State = Transfer.State


class SameBranch(Invalid):
    """A membership is transferred to another branch."""


class TransferOpen(Refused):
    """A membership is on one way at a time."""


class TransferOver(Refused):
    """The transfer was settled before."""


class LostCannotMove(Refused):
    """Somebody lost, or whose membership is suspended, is found first."""


class OtherSide(Refused):
    """Each side confirms for itself, and nobody for both."""


class BadTerm(Invalid):
    """A slip is valid for a while, no longer than the rule allows."""


class NobodySo(NotFound):
    """No member of this name has this identity number."""


@transaction.atomic
def start_transfer(
    *,
    membership: Membership,
    to_unit: Org,
    reason: str,
    at: datetime,
    by: User,
    days: int | None = None,
    dues_paid_until: date | None = None,
    key: str = "",
) -> Transfer:
    """Start the transfer of a membership; the side that starts it has confirmed by that.

    Who keeps both registers starts for the home branch. The slip is valid for `days`, by default
    those of the rule. A retry with the same `key` of the same user returns the transfer it started.

    :raises NotRegistrar: unless `by` keeps the register of one side
    :raises SameBranch, CannotHoldMembers, NotYetAMember, LostCannotMove, TransferOpen, BadTerm: as named
    """
    before = Transfer.objects.filter(key=own_key(by, key), key__gt="").first()
    if before is not None:
        return before
    membership = locked(membership)
    home = membership.unit
    side = _side_of(by, home, to_unit)
    today = localdate(at)
    _check_way(membership, to_unit, today)
    transfer = Transfer(
        membership=membership,
        from_unit=home,
        to_unit=to_unit,
        reason=clean_text(reason, limit=200, field_label=_("转接原因"), required=True),
        dues_paid_until=dues_paid_until,
        valid_until=today + timedelta(days=_days(days, today)),
        started_by=by,
        started_at=at,
        year=today.year,
        key=own_key(by, key),
    )
    setattr(transfer, f"{side}_by", by)
    setattr(transfer, f"{side}_at", at)
    _number(transfer)
    _audit(transfer, "start", at, by)
    _tell_side(
        transfer,
        "host" if side == "home" else "home",
        _("组织关系转接待确认：%s") % membership.person.name,
        _("%(home)s → %(host)s，请于 %(day)s 前确认。"),
        at,
        word="start",
    )
    return transfer


@transaction.atomic
def ask_in(
    *, name: str, identity: str, to_unit: Org, reason: str, at: datetime, by: User
) -> Transfer:
    """Start a transfer from the receiving side: the member is named by name and identity number.

    :raises NotRegistrar: unless `by` keeps the register of `to_unit`
    :raises NobodySo: if name and number do not belong together, or are no member's
    :raises BadNumber: for a number that is none; and what `start_transfer` raises
    """
    if not keeps_register(by, to_unit.path):
        raise _not_registrar(to_unit)
    index = sealer().index(normal_id_number(identity))
    person = Person.objects.filter(identity_index=index, name=name.strip()).first()
    held = person.memberships.standing().first() if person else None
    if held is None:
        raise NobodySo(
            _("没有找到姓名和身份证号都相符的党员，请核对。"),
            field="identity",
            remedy=_("如果其组织关系不在本系统，请直接登记为转入。"),
        )
    return start_transfer(membership=held, to_unit=to_unit, reason=reason, at=at, by=by)


@transaction.atomic
def confirm_transfer(*, transfer: Transfer, at: datetime, by: User) -> Transfer:
    """Confirm for one's side; with the second the membership moves, in this transaction.

    :raises NotRegistrar: unless `by` keeps the register of a side
    :raises TransferOver: if it is settled, or the slip's term has passed
    :raises OtherSide: if one's own side has confirmed, or one would confirm for both
    """
    transfer = _locked(transfer)
    if transfer.valid_until < localdate(at):
        raise TransferOver(
            _("介绍信已于 %s 到期，不能再确认。") % transfer.valid_until,
            remedy=_("请重新发起转接。"),
        )
    side = _open_side(transfer, by)
    setattr(transfer, f"{side}_by", by)
    setattr(transfer, f"{side}_at", at)
    transfer.save(update_fields=[f"{side}_by", f"{side}_at"])
    _audit(transfer, f"confirm-{side}", at, by)
    if transfer.home_at and transfer.host_at:
        _move(transfer, at, by)
    return transfer


@transaction.atomic
def refuse_transfer(*, transfer: Transfer, reason: str, at: datetime, by: User) -> Transfer:
    """Send a transfer back, with the reason; by the side that has not confirmed yet.

    :raises NotRegistrar, TransferOver, OtherSide: as in `confirm_transfer`
    """
    transfer = _locked(transfer)
    _open_side(transfer, by)
    reason = clean_text(reason, limit=200, field_label=_("退回原因"), required=True)
    _close(transfer, State.REFUSED, reason, at, by)
    return transfer


@transaction.atomic
def withdraw_transfer(*, transfer: Transfer, reason: str, at: datetime, by: User) -> Transfer:
    """Take a transfer back, by the side that has confirmed, before the other has.

    :raises NotRegistrar, TransferOver: as their names say
    :raises OtherSide: for the side that has not confirmed: it refuses
    """
    transfer = _locked(transfer)
    mine = _sides_of(transfer, by)
    if not any(getattr(transfer, f"{side}_at") for side in mine):
        raise OtherSide(_("本方还没有确认，请用“退回”。"))
    reason = clean_text(reason, limit=200, field_label=_("撤回原因"), required=True)
    _close(transfer, State.WITHDRAWN, reason, at, by)
    return transfer


def transfers_due(*, at: datetime, limit: int = 50) -> int:
    """Let slips expire whose term has passed, and remind of those that soon do; return how many."""
    today = localdate(at)
    soon = today + timedelta(days=member_rule("remind_days", today).value)
    open_ones = Transfer.objects.open().order_by("valid_until", "pk")
    due = open_ones.filter(valid_until__lt=today) | open_ones.filter(
        valid_until__lte=soon, reminded_at__isnull=True
    )
    done, skip = 0, connection.features.has_select_for_update_skip_locked
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            found = (
                Transfer.objects.open()
                .filter(pk=pk)
                .select_related("from_unit", "to_unit", "membership__person__user")
            )
            transfer = found.select_for_update(of=("self",), skip_locked=skip).first()
            if transfer is None:
                continue  # another worker has it, or somebody just settled it
            if transfer.valid_until < today:
                _close(transfer, State.EXPIRED, "", at, None)
            elif transfer.reminded_at is None:
                _remind(transfer, at)
            done += 1
    return done


def _side_of(by: User, home: Org, to_unit: Org) -> str:
    if keeps_register(by, home.path):
        return "home"
    if keeps_register(by, to_unit.path):
        return "host"
    raise _not_registrar(home)


def _sides_of(transfer: Transfer, by: User) -> list[str]:
    """Return the sides whose registers somebody keeps. Raises NotRegistrar if there is none."""
    units = {"home": transfer.from_unit, "host": transfer.to_unit}
    mine = [side for side, unit in units.items() if keeps_register(by, unit.path)]
    if not mine:
        raise _not_registrar(transfer.to_unit)
    return mine


def _open_side(transfer: Transfer, by: User) -> str:
    """Return the side somebody may still speak for."""
    waiting = [side for side in _sides_of(transfer, by) if not getattr(transfer, f"{side}_at")]
    if not waiting:
        raise OtherSide(_("本方已经确认，等待对方党组织确认。"))
    if by.pk in (transfer.home_by_id, transfer.host_by_id):
        raise OtherSide(
            _("同一个人不能替双方确认。"), remedy=_("请由对方党组织的书记或组织员确认。")
        )
    return waiting[0]


def _not_registrar(unit: Org) -> NotRegistrar:
    return NotRegistrar(
        _("组织关系转接由双方党组织的书记或组织员办理。"),
        remedy=_("请联系“%s”的书记。") % unit,
    )


def _check_way(membership: Membership, to_unit: Org, today: date) -> None:
    if membership.stage not in Membership.MEMBERS:
        raise NotYetAMember(_("还没有入党，没有组织关系可转；培养材料请由双方支部移交。"))
    if to_unit.pk == membership.unit_id:
        raise SameBranch(_("转入的党组织和现在的是同一个，请另选。"), field="to_unit")
    check_holds_members(to_unit, today)
    if membership.lost_since or membership.suspended_on:
        raise LostCannotMove(
            _("此人登记为失去联系，联系上以后才能转接。"), remedy=_("请先登记“已取得联系”。")
        )
    if Transfer.objects.open().filter(membership=membership).exists():
        raise TransferOpen(_("这名党员正在办理另一次转接，请先办结或撤回。"))


def _days(days: int | None, today: date) -> int:
    most = member_rule("slip_days_most", today).value
    if days is None:
        return member_rule("slip_days", today).value
    if not 1 <= days <= most:
        raise BadTerm(_("有效期应在 1 到 %d 天之间。") % most, field="days")
    return days


def _number(transfer: Transfer) -> None:
    """Save a transfer under the next number of its branch and year."""
    Org.objects.select_for_update().only("pk").get(pk=transfer.from_unit_id)
    issued = Transfer.objects.filter(from_unit=transfer.from_unit_id, year=transfer.year)
    transfer.seq = (issued.aggregate(last=Max("seq"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            transfer.save(force_insert=True)
    except IntegrityError as error:  # somebody started the same one in the meantime
        raise TransferOpen(_("这名党员正在办理另一次转接，请先办结或撤回。")) from error


def _locked(transfer: Transfer) -> Transfer:
    """Return the transfer as it is now, locked. Raises TransferOver."""
    found = (
        Transfer.objects.select_for_update(of=("self",))
        .select_related("from_unit", "to_unit", "membership__person")
        .get(pk=transfer.pk)
    )
    if found.state != State.OPEN:
        raise TransferOver(_("这次转接%s，不能再办理。") % found.get_state_display())
    return found


def _move(transfer: Transfer, at: datetime, by: User) -> None:
    """End the old membership and begin the new one; what was known of the member goes along."""
    today = localdate(at)
    old = locked(transfer.membership)
    check_holds_members(transfer.to_unit, today)
    if old.unit_id != transfer.from_unit_id:
        raise AlreadySo(_("这名党员已不在转出党组织，请撤回后重新发起。"))
    close(old, reason=Membership.End.TRANSFER, on=today)
    kept = ("person_id", "stage", "applied_on", "admitted_on", "full_on", *FLAGS)
    new = Membership.objects.create(
        unit=transfer.to_unit, from_date=today, **{name: getattr(old, name) for name in kept}
    )
    transfer.state, transfer.arrived = State.DONE, new
    transfer.closed_at, transfer.closed_by = at, by
    transfer.save(update_fields=["state", "arrived", "closed_at", "closed_by"])
    for unit, told in (
        (transfer.from_unit, _("转出%(stage)s 1 名（%(number)s）")),
        (transfer.to_unit, _("转入%(stage)s 1 名（%(number)s）")),
    ):
        write_log(
            unit=unit,
            kind=LogEntry.Kind.PEOPLE,
            text=told % {"stage": new.get_stage_display(), "number": transfer.number},
            at=at,
            recorded_at=at,
            source=f"orgs.transfer:{transfer.pk}",
            key=f"transfer:{transfer.pk}",
            actor=by,
        )
    told = _("%(home)s → %(host)s，组织关系已转接。")
    for side in ("home", "host"):
        _tell_side(transfer, side, _("组织关系已转接：%s") % old.person.name, told, at, word="done")
    _tell_member(transfer, _("您的组织关系已转接"), told, at)


def _close(transfer: Transfer, state: str, reason: str, at: datetime, by: User | None) -> None:
    transfer.state, transfer.why_closed = state, reason
    transfer.closed_at, transfer.closed_by = at, by
    transfer.save(update_fields=["state", "why_closed", "closed_at", "closed_by"])
    _audit(transfer, state, at, by)
    title = _("组织关系转接%(state)s：%(name)s") % {
        "state": transfer.get_state_display(),
        "name": transfer.membership.person.name,
    }
    text = reason.replace("%", "%%") or _("%(home)s → %(host)s，介绍信已于 %(day)s 到期。")
    for side in ("home", "host"):
        _tell_side(transfer, side, title, text, at, word=state)
    _tell_member(transfer, title, text, at)


def _remind(transfer: Transfer, at: datetime) -> None:
    transfer.reminded_at = at
    transfer.save(update_fields=["reminded_at"])
    title = _("组织关系转接快到期：%s") % transfer.membership.person.name
    for side in ("home", "host"):
        if not getattr(transfer, f"{side}_at"):
            _tell_side(transfer, side, title, _("请于 %(day)s 前确认或退回。"), at, word="remind")


def _tell_side(
    transfer: Transfer, side: str, title: str, text: str, at: datetime, *, word: str
) -> None:
    unit = transfer.from_unit if side == "home" else transfer.to_unit
    tell(
        users=registrars_of(unit, localdate(at)),
        title=title,
        text=text % _words(transfer),
        url=reverse("orgs:transfer", args=[transfer.pk]),
        key=f"transfer:{transfer.pk}:{word}:{side}",
        at=at,
    )


def _tell_member(transfer: Transfer, title: str, text: str, at: datetime) -> None:
    user = transfer.membership.person.user
    tell(
        users=[user] if user else [],
        title=title,
        text=text % _words(transfer),
        url=reverse("orgs:me"),
        key=f"transfer:{transfer.pk}:{transfer.state}:member",
        at=at,
    )


def _words(transfer: Transfer) -> dict[str, object]:
    return {"home": transfer.from_unit, "host": transfer.to_unit, "day": transfer.valid_until}


def _audit(transfer: Transfer, word: str, at: datetime, by: User | None) -> None:
    detail = {"from": transfer.from_unit_id, "to": transfer.to_unit_id}
    audit(
        actor=by, action=f"transfer.{word}", object=f"transfer:{transfer.pk}", detail=detail, at=at
    )
