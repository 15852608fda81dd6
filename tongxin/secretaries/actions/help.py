"""Helping a household: plan, gifts and sales, and the subsidy that is paid after building (S4.50)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit_look
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import AssistancePlan, HelpItem, Subsidy, SubsidyEntry
from ..rules import Rules, in_force
from .common import (
    VILLAGE,
    NotKeeper,
    check_works_in,
    impersonal,
    is_above,
    keep_proof,
    log,
    reason_of,
)

State = Subsidy.State


class PlanThere(Refused):
    """A household has one plan at a time."""


class PlanOver(Refused):
    """Nothing is added to a plan that has ended."""


class PlanOpen(Refused):
    """A plan ends when nothing of it is undone and no subsidy hangs."""


class BadHelp(Invalid):
    """Help is of a known kind, and due on a day to come."""


class NoProof(Invalid):
    """What was done is shown: by a photo."""


class AlreadyDone(Refused):
    """What is done is done once."""


class BadAmount(Invalid):
    """Money is more than nothing, and within the ceilings of the rule."""


class WrongOrder(Refused):
    """A subsidy goes from applied to built to inspected to paid, and no other way."""


class SameHands(Refused):
    """Who applies does not inspect, who inspects does not pay."""


@transaction.atomic
def open_plan(
    *,
    village: Org,
    household: str,
    need: str,
    by: User,
    at: datetime,
    people: int = 1,
    aim: str = "",
    helper: str = "",
) -> AssistancePlan:
    """Begin to help a household; its name is sealed.

    :raises PlanThere, PersonalData, NotKeeper: as their names say
    """
    check_works_in(by, village)
    household = clean_text(household, limit=40, field_label=_("户主"), required=True)
    try:
        with transaction.atomic():
            plan = AssistancePlan.objects.create(
                village=village,
                household_sealed=sealer().seal(household),
                household_index=sealer().index(household),
                people=people,
                need=impersonal(need, label=_("需要"), limit=300, field="need"),
                aim=impersonal(aim, label=_("目标"), limit=300, field="aim", required=False),
                helper=clean_text(helper, limit=80, field_label=_("帮扶单位")),
                by=by,
                at=at,
                opened_on=localdate(at),
            )
    except IntegrityError as error:
        raise PlanThere(
            _("这户已有帮扶计划。"),
            field="household",
            remedy=_("同名的另一户，请在姓名后注明，如“王金柱（二组）”。"),
        ) from error
    log(village, _("建立一户帮扶计划"), kind=VILLAGE, source=plan, at=at, by=by, key="open")
    return plan


def reveal_household(
    *, plan: AssistancePlan, by: User, reason: str, at: datetime, address: str = ""
) -> str:
    """Return the name of a household, and write down who looked and why.

    :raises NotKeeper: for whoever neither works in the village nor keeps its registers
    :raises NoReason: without a reason of four characters
    """
    check_works_in(by, plan.village)
    audit_look(
        actor=by,
        action="plan.reveal",
        object=f"plan:{plan.pk}",
        reason=reason,
        at=at,
        address=address,
    )
    return sealer().open(plan.household_sealed)


@transaction.atomic
def add_help(
    *,
    plan: AssistancePlan,
    kind: str,
    title: str,
    due: date,
    by: User,
    at: datetime,
    quantity: str = "",
    worth_fen: int = 0,
) -> HelpItem:
    """Plan one thing for a household. :raises PlanOver, BadHelp, NotKeeper: as their names say"""
    check_works_in(by, plan.village)
    _check_open(plan)
    if in_force("help", localdate(at)).get(kind) is None:
        raise BadHelp(_("没有“%s”这种帮扶方式") % kind[:20], field="kind")
    if due < localdate(at):
        raise BadHelp(_("完成期限不能早于今天"), field="due")
    return HelpItem.objects.create(
        plan=plan,
        kind=kind,
        title=impersonal(title, label=_("内容"), limit=120, field="title"),
        quantity=clean_text(quantity, limit=30, field_label=_("数量")),
        worth_fen=worth_fen,
        due=due,
        by=by,
        at=at,
    )


def _check_open(plan: AssistancePlan) -> None:
    if plan.closed_on:
        raise PlanOver(_("这个帮扶计划已于 %s 结束。") % plan.closed_on)


@transaction.atomic
def finish_help(
    *, item: HelpItem, note: str, photo: bytes | None, by: User, at: datetime
) -> HelpItem:
    """Say that a thing was done, with a photo of it.

    :raises NoProof, AlreadyDone, NotKeeper: as their names say
    """
    item = (
        HelpItem.objects.select_for_update(of=("self",))
        .select_related("plan__village__region")
        .get(pk=item.pk)
    )
    village = item.plan.village
    check_works_in(by, village)
    if item.done_on:
        raise AlreadyDone(_("这件事已于 %s 完成。") % item.done_on)
    if not photo:
        raise NoProof(_("请拍一张照片，说明已经做到。"), field="photo")
    item.note = impersonal(note, label=_("完成情况"), limit=300, field="note")
    item.proof = keep_proof(data=photo, unit=village, by=by, at=at)
    item.done_on, item.done_by = localdate(at), by
    item.save()
    kind = in_force("help", localdate(at)).title(item.kind)
    quantity = f"（{item.quantity}）" if item.quantity else ""
    log(
        village,
        _("帮扶落实：%(kind)s %(title)s%(quantity)s")
        % {"kind": kind, "title": item.title, "quantity": quantity},
        kind=VILLAGE,
        source=item,
        at=at,
        by=by,
        key="done",
    )
    return item


@transaction.atomic
def close_plan(*, plan: AssistancePlan, closing: str, by: User, at: datetime) -> None:
    """End a plan with its result. :raises PlanOpen, PlanOver, ThinReason, NotKeeper: as named"""
    plan = (
        AssistancePlan.objects.select_for_update(of=("self",))
        .select_related("village")
        .get(pk=plan.pk)
    )
    check_works_in(by, plan.village)
    _check_open(plan)
    undone = plan.items.filter(done_on=None).count()
    hanging = plan.subsidies.exclude(state__in=(State.PAID, State.REFUSED)).count()
    if undone or hanging:
        raise PlanOpen(
            _("还有 %(undone)d 件帮扶没有完成、%(hanging)d 笔补助没有办结，不能结束。")
            % {"undone": undone, "hanging": hanging}
        )
    plan.closing = impersonal(closing, label=_("结果"), limit=300, field="closing")
    plan.closed_on = localdate(at)
    plan.save(update_fields=["closing", "closed_on"])
    log(plan.village, _("一户帮扶计划结束"), kind=VILLAGE, source=plan, at=at, by=by, key="close")


@transaction.atomic
def apply_subsidy(
    *,
    plan: AssistancePlan,
    kind: str,
    title: str,
    cost_fen: int,
    asked_fen: int,
    by: User,
    at: datetime,
) -> Subsidy:
    """Ask for a subsidy before building, within the ceilings of the day.

    :raises BadAmount, BadHelp, PlanOver, NotKeeper: as their names say
    """
    check_works_in(by, plan.village)
    AssistancePlan.objects.select_for_update().only("pk").get(pk=plan.pk)  # the year's sum is read
    _check_open(plan)
    rules = in_force("subsidies", localdate(at))
    if rules.get(kind) is None:
        raise BadHelp(_("没有“%s”这个补助项目") % kind[:20], field="kind")
    _check_ceilings(rules, plan, kind, cost_fen, asked_fen, localdate(at).year)
    subsidy = Subsidy.objects.create(
        plan=plan,
        kind=kind,
        version=rules.version,
        title=impersonal(title, label=_("建设内容"), limit=120, field="title"),
        cost_fen=cost_fen,
        asked_fen=asked_fen,
        by=by,
        at=at,
    )
    _log(subsidy, _("申请先建后补：%(title)s，申请 %(yuan)s 元"), asked_fen, at, by, "applied")
    return subsidy


def _check_ceilings(
    rules: Rules, plan: AssistancePlan, kind: str, cost_fen: int, asked_fen: int, year: int
) -> None:
    if cost_fen <= 0 or asked_fen <= 0:
        raise BadAmount(_("金额应大于 0"), field="asked")
    most, share = rules.number(kind, "each_fen"), rules.number(kind, "percent")
    if asked_fen > most:
        raise BadAmount(
            _("“%(kind)s”每个项目最多补助 %(yuan)s 元")
            % {"kind": rules.title(kind), "yuan": yuan(most)},
            field="asked",
        )
    if asked_fen * 100 > cost_fen * share:
        raise BadAmount(
            _("补助不超过投入的 %(share)d%%：投入 %(cost)s 元，最多 %(most)s 元")
            % {"share": share, "cost": yuan(cost_fen), "most": yuan(cost_fen * share // 100)},
            field="asked",
        )
    counted = plan.subsidies.filter(at__year=year).exclude(state=State.REFUSED)
    asked = counted.aggregate(sum=Sum("asked_fen"))["sum"] or 0
    in_year = rules.number(kind, "year_fen")
    if asked + asked_fen > in_year:
        raise BadAmount(
            _("这户今年已申请 %(asked)s 元，每户每年最多 %(most)s 元，还可申请 %(left)s 元")
            % {
                "asked": yuan(asked),
                "most": yuan(in_year),
                "left": yuan(max(0, in_year - asked)),
            },
            field="asked",
        )


def yuan(fen: int) -> str:
    """Write an amount of fen in yuan: 800000 is 8,000.00."""
    return f"{fen / 100:,.2f}"


def _log(
    subsidy: Subsidy, words: str, fen: int, at: datetime, by: User, key: str, **more: str
) -> None:
    log(
        subsidy.plan.village,
        words % {"title": subsidy.title, "yuan": yuan(fen), **more},
        kind=VILLAGE,
        source=subsidy,
        at=at,
        by=by,
        key=key,
    )


def _locked(subsidy: Subsidy, *states: str) -> Subsidy:
    rows = Subsidy.objects.select_for_update(of=("self",))
    subsidy = rows.select_related("plan__village__region").get(pk=subsidy.pk)
    if subsidy.state not in states:
        raise WrongOrder(
            _("这笔补助现在是“%s”，先建成、再由他人验收，合格后才能补助。")
            % subsidy.get_state_display()
        )
    return subsidy


@transaction.atomic
def report_built(
    *, subsidy: Subsidy, photo: bytes | None, by: User, at: datetime, built_on: date | None = None
) -> Subsidy:
    """Say that it is built, with a photo. :raises NoProof, WrongOrder, NotKeeper: as named"""
    subsidy = _locked(subsidy, State.APPLIED, State.FAILED)
    check_works_in(by, subsidy.plan.village)
    if not photo:
        raise NoProof(_("请上传建成后的照片。"), field="photo")
    built_on = built_on or localdate(at)
    if not localdate(subsidy.at) <= built_on <= localdate(at):
        raise BadHelp(_("建成日期应在申请之后，不晚于今天"), field="built_on")
    subsidy.proof = keep_proof(data=photo, unit=subsidy.plan.village, by=by, at=at)
    subsidy.built_on, subsidy.built_by, subsidy.state = built_on, by, State.BUILT
    subsidy.save()
    _log(subsidy, _("先建后补项目建成：%(title)s"), 0, at, by, f"built:{at:%Y%m%d%H%M%S}")
    return subsidy


@transaction.atomic
def inspect_subsidy(
    *, subsidy: Subsidy, passed: bool, finding: str, by: User, at: datetime, granted_fen: int = 0
) -> Subsidy:
    """Inspect on the spot what was built, and say what is granted; somebody from above, never
    whoever applied or built.

    :raises SameHands, NotKeeper, BadAmount, WrongOrder, ThinReason: as their names say
    """
    subsidy = _locked(subsidy, State.BUILT)
    _check_from_above(subsidy, by)
    if by.pk in (subsidy.by_id, subsidy.built_by_id):
        raise SameHands(_("申请和报建成的人不能验收，请换一人。"))
    if passed and not 0 < granted_fen <= subsidy.asked_fen:
        raise BadAmount(
            _("核定补助应大于 0，不超过申请的 %s 元") % yuan(subsidy.asked_fen), field="granted"
        )
    subsidy.finding = reason_of(finding, label=_("验收意见"), limit=300, field="finding")
    subsidy.inspected_on, subsidy.inspector = localdate(at), by
    subsidy.granted_fen = granted_fen if passed else 0
    subsidy.state = State.PASSED if passed else State.FAILED
    subsidy.save()
    words = _("先建后补验收合格：%(title)s，核定 %(yuan)s 元")
    if not passed:
        words = _("先建后补验收不合格：%(title)s，整改后重新报验")
    _log(subsidy, words, granted_fen, at, by, f"inspected:{at:%Y%m%d%H%M%S}")
    return subsidy


def _check_from_above(subsidy: Subsidy, by: User) -> None:
    if not is_above(by, subsidy.plan.village):
        raise NotKeeper(_("验收和补助由上级党组织或街镇办理。"))


@transaction.atomic
def refuse_subsidy(*, subsidy: Subsidy, reason: str, by: User, at: datetime) -> Subsidy:
    """Refuse what was not paid yet, with the reason. :raises NotKeeper, WrongOrder, ThinReason"""
    subsidy = _locked(subsidy, State.APPLIED, State.BUILT, State.FAILED, State.PASSED)
    _check_from_above(subsidy, by)
    subsidy.finding = reason_of(reason, label=_("理由"), limit=300)
    subsidy.state, subsidy.granted_fen = State.REFUSED, 0
    subsidy.save()
    _log(subsidy, _("先建后补不予补助：%(title)s"), 0, at, by, "refused")
    return subsidy


@transaction.atomic
def pay_subsidy(
    *, subsidy: Subsidy, voucher: str, by: User, at: datetime, key: str | None = None
) -> SubsidyEntry:
    """Pay what was granted, once; a retry with the same key acts once.

    :raises SameHands, NotKeeper, WrongOrder: as their names say
    """
    Subsidy.objects.select_for_update().only("pk").get(pk=subsidy.pk)  # one payer at a time
    paid = SubsidyEntry.objects.filter(key=f"{by.pk}:{key}", subsidy=subsidy).first()
    if key and paid is not None:
        return paid
    subsidy = _locked(subsidy, State.PASSED)
    _check_from_above(subsidy, by)
    if by.pk in (subsidy.by_id, subsidy.inspector_id):
        raise SameHands(_("申请人和验收人不能办理补助，请换一人。"))
    entry = SubsidyEntry.objects.create(
        subsidy=subsidy,
        fen=subsidy.granted_fen,
        voucher=clean_text(voucher, limit=40, field_label=_("凭证号"), required=True),
        text=_("先建后补"),
        day=localdate(at),
        by=by,
        at=at,
        key=f"{by.pk}:{key}" if key else None,
    )
    subsidy.state = State.PAID
    subsidy.save(update_fields=["state"])
    _log(subsidy, _("先建后补已补助：%(title)s，%(yuan)s 元"), entry.fen, at, by, "paid")
    return entry


@transaction.atomic
def take_back(
    *, subsidy: Subsidy, fen: int, voucher: str, reason: str, by: User, at: datetime
) -> SubsidyEntry:
    """Write a counter entry for money that came back; nothing in the ledger is changed.

    :raises BadAmount, WrongOrder, NotKeeper, ThinReason: as their names say
    """
    subsidy = _locked(subsidy, State.PAID)
    _check_from_above(subsidy, by)
    paid = subsidy.entries.aggregate(sum=Sum("fen"))["sum"] or 0
    if not 0 < fen <= paid:
        raise BadAmount(_("退回金额应大于 0，不超过已补助的 %s 元") % yuan(paid), field="amount")
    entry = SubsidyEntry.objects.create(
        subsidy=subsidy,
        fen=-fen,
        voucher=clean_text(voucher, limit=40, field_label=_("凭证号"), required=True),
        text=reason_of(reason, label=_("退回原因"), limit=200),
        day=localdate(at),
        by=by,
        at=at,
    )
    _log(subsidy, _("补助退回：%(title)s，%(yuan)s 元"), fen, at, by, f"back:{entry.pk}")
    return entry
