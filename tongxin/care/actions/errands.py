"""The money of errands (S2.50): agreed before, told by the case, settled by who paid it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.cases.actions import open_case
from tongxin.cases.models import Case, Event, Evidence
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import Errand, Mark
from ..queries.rules import number
from ..scope import has_duty, is_officer
from .common import care_officers, keep
from .files import NotByOneself, NotNow

READ_AT_FIRST = 2000  # events: an old log is not read from its beginning
SETTLED = timedelta(seconds=2)  # a transaction that began earlier may still write a lower id


class NotYourErrand(NotPermitted):
    """The volunteer says what was given, the resident whether it is right."""


class AboveCeiling(Invalid):
    """An errand costs at most what the district allows."""


class NoReceipt(Refused):
    """Without a receipt somebody of the community has to look first."""


class SettledAlready(Refused):
    """The money of an errand is settled once."""


class NotAnErrand(Refused):
    """A request whose topic asks for no receipt has no money."""


@transaction.atomic
def agree_errand(*, case: Case, mode: str, given_fen: int, by: User, at: datetime) -> Errand:
    """Write down before one goes how the money is done: given now, or paid back on the receipt.

    :raises NotFound: if the actor sees no such case
    :raises NotYourErrand: for anybody but who holds the order
    :raises AboveCeiling: for more than the district allows
    :raises NotAnErrand, NotNow, Invalid:
    """
    rows = Case.objects.visible_to(by).select_related("topic")
    seen = rows.filter(pk=case.pk, kind="request").first()
    if seen is None:
        raise NotFound(_("没有找到这张单子，或您看不到它。"))
    if seen.holder_id != by.pk:
        raise NotYourErrand(_("由接单的志愿者登记付款方式。"))
    if seen.topic is None or not seen.topic.needs_receipt:
        raise NotAnErrand(_("这张单子不涉及代买，不用登记金额。"))
    if mode not in Errand.Mode.values:
        raise Invalid(_("请选择付款方式。"), field="mode")
    advance = mode == Errand.Mode.ADVANCE
    if advance != (given_fen > 0):
        raise Invalid(_("先给钱的请填金额；先垫后结的不填。"), field="given_fen")
    ceiling = number("errand_ceiling_fen", localdate(at), seen.area)
    if given_fen > ceiling:
        raise AboveCeiling(
            _("一次代买最多 %.2f 元。") % (ceiling / 100),
            field="given_fen",
            remedy=_("金额较大的请家属办理，或由社区安排两人同去。"),
        )
    old = Errand.objects.select_for_update().filter(pk=seen.pk).first()
    if old is not None and old.state != Errand.State.AGREED:
        raise NotNow(_("这张单子已经办结，不能再改付款方式。"))
    errand = old or Errand(case=seen, area=seen.area, state=Errand.State.AGREED, at=at)
    errand.volunteer, errand.resident_id = by, seen.reporter_id
    errand.mode, errand.given_fen, errand.ceiling_fen = mode, given_fen, ceiling
    errand.save()
    return errand


def follow_errands(*, at: datetime, limit: int = 200) -> int:
    """Read on in the log of cases: what errands cost, by the move that finished them.

    One reader at a time: the row of the mark is locked. Return how many errands were written.
    """
    _begin()
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        mark = Mark.objects.select_for_update(skip_locked=skip).filter(name="errands").first()
        if mark is None:  # another worker is reading
            return 0
        rows = Event.objects.filter(id__gt=mark.event, recorded_at__lt=at - SETTLED).order_by("id")
        ids = list(rows.values_list("id", flat=True)[:limit])
        if not ids:
            return 0
        told = Event.objects.filter(id__gt=mark.event, id__lte=ids[-1])
        told = told.filter(case__kind="request", case__topic__needs_receipt=True)
        written = sum(_tell(event, at) for event in told.select_related("case").order_by("id"))
        mark.event = ids[-1]
        mark.save(update_fields=["event"])
    return written


def _begin() -> None:
    if not Mark.objects.filter(name="errands").exists():
        last = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
        start = max(last - READ_AT_FIRST, 0)
        Mark.objects.get_or_create(name="errands", defaults={"event": start})


def _tell(event: Event, at: datetime) -> int:
    if event.name == "finish" and event.data.get("amount") is not None:
        return finish_errand(event, at=at)
    if event.target in ("cancelled", "void"):
        open_ = Errand.objects.filter(pk=event.case_id, state=Errand.State.AGREED)
        return open_.update(state=Errand.State.CALLED_OFF)
    return 0


def in_fen(amount: Any) -> int:
    """Return yuan as fen, rounded once: 23.505 is 2351."""
    return int((Decimal(str(amount)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def finish_errand(event: Event, *, at: datetime) -> int:
    """Write down what an errand cost, as its case tells it; what was settled stays."""
    case = event.case
    errand = Errand.objects.select_for_update().filter(pk=case.pk).first()
    if errand is not None and errand.state in (Errand.State.SETTLED, Errand.State.DISPUTED):
        return 0
    if errand is None:
        errand = Errand(case=case, area=case.area, mode=Errand.Mode.PAY_BACK, at=event.at)
    errand.volunteer_id, errand.resident_id = event.actor_id, case.reporter_id
    errand.spent_fen, errand.finished_at = in_fen(event.data["amount"]), event.at
    errand.ceiling_fen = number("errand_ceiling_fen", localdate(event.at), case.area)
    proof = Evidence.objects.filter(case=case, kind=Evidence.Kind.RECEIPT)
    errand.receipts = proof.count()
    errand.marks = [
        mark
        for mark, holds in (
            ("over_ceiling", errand.spent_fen > errand.ceiling_fen),
            ("no_receipt", errand.receipts == 0),
            ("over_advance", bool(errand.given_fen) and errand.spent_fen > errand.given_fen),
        )
        if holds
    ]
    errand.state = Errand.State.TO_CONFIRM
    errand.save()
    url = reverse("care:errand", args=[case.pk])
    text = _("花费 %.2f 元，请核对票据后确认") % (errand.spent_fen / 100)
    if errand.resident is not None:
        tell(
            users=[errand.resident], title=_("请确认代买金额"), text=text, url=url,
            key=f"care.errand:{case.pk.hex}:{event.seq}", at=at,
        )  # fmt: skip
    if {"over_ceiling", "no_receipt"} & set(errand.marks):
        tell(
            users=care_officers(case.area), title=_("代买金额需要核对：%s") % case.number,
            text="；".join(str(Errand.MARKS[mark]) for mark in errand.marks), url=url,
            key=f"care.errand.odd:{case.pk.hex}:{event.seq}", at=at,
        )  # fmt: skip
    return 1


def _locked(errand: Errand, by: User) -> Errand:
    if not Errand.objects.visible_to(by).filter(pk=errand.pk).exists():
        raise NotFound(_("没有找到这笔代买，或您看不到它。"))
    row = Errand.objects.select_for_update(of=("self",)).select_related("case__region")
    return row.get(pk=errand.pk)


def _must_wait(errand: Errand) -> None:
    if errand.state == Errand.State.SETTLED:
        raise SettledAlready(_("这笔代买已经结清。"))
    if errand.state != Errand.State.TO_CONFIRM:
        raise NotNow(_("这笔代买现在是“%s”，还不能确认。") % errand.get_state_display())


def _must_be_plain(errand: Errand) -> None:
    if "no_receipt" in errand.marks or "over_ceiling" in errand.marks:
        words = "；".join(str(Errand.MARKS[mark]) for mark in errand.marks)
        raise NoReceipt(
            _("%s，要由社区关爱专员核定后才能结清。") % words,
            remedy=_("请补上票据，或联系社区。"),
        )


@transaction.atomic
def confirm_errand(*, errand: Errand, by: User, at: datetime) -> Errand:
    """Let the resident agree to what an errand cost: the money is settled.

    :raises NotFound: for who does not see it
    :raises NotYourErrand: for anybody but who asked for it
    :raises SettledAlready: the second time
    :raises NoReceipt: without a receipt, or above the ceiling
    """
    errand = _locked(errand, by)
    if errand.resident_id != by.pk:
        raise NotYourErrand(_("金额要由点单的居民本人确认。"))
    _must_wait(errand)
    _must_be_plain(errand)
    return _settle(errand, Errand.By.RESIDENT, by=by, at=at)


@transaction.atomic
def sign_errand(*, errand: Errand, signature: bytes | None, by: User, at: datetime) -> Errand:
    """Settle by the signature of a resident who uses no phone: the volunteer takes its picture.

    :raises NotYourErrand: for anybody but the volunteer
    :raises Invalid: without the picture
    :raises SettledAlready, NotNow, NoReceipt:
    """
    errand = _locked(errand, by)
    if errand.volunteer_id != by.pk:
        raise NotYourErrand(_("由办这一单的志愿者上传签字。"))
    _must_wait(errand)
    _must_be_plain(errand)
    errand.signature = keep(signature, by=by, at=at)
    if errand.signature is None:
        raise Invalid(_("请拍下居民签字的单据。"), field="signature")
    return _settle(errand, Errand.By.SIGNATURE, by=by, at=at)


def _settle(errand: Errand, how: str, *, by: User, at: datetime) -> Errand:
    errand.state, errand.settled_at, errand.settled_by = Errand.State.SETTLED, at, by
    errand.settled_how = how
    errand.save()
    return errand


@transaction.atomic
def dispute_errand(*, errand: Errand, text: str, by: User, at: datetime) -> Errand:
    """Say that the money is wrong: somebody of the community calls back (a follow-up case).

    :raises NotYourErrand: for anybody but who asked for the errand
    :raises SettledAlready, NotNow, Invalid:
    """
    errand = _locked(errand, by)
    if errand.resident_id != by.pk:
        raise NotYourErrand(_("由点单的居民本人提出异议。"))
    _must_wait(errand)
    errand.dispute = clean_text(text, limit=300, field_label=_("哪里不对"), required=True)
    case = errand.case
    errand.follow_up = open_case(
        kind="follow_up", title=_("代买金额有异议：%s") % case.number, text=errand.dispute,
        region=case.region, topic=case.topic, at=at, actor=by, parent=case, is_private=True,
        data={"amount": (errand.spent_fen or 0) / 100},
    )  # fmt: skip
    errand.state = Errand.State.DISPUTED
    errand.save()
    tell(
        users=care_officers(errand.area), title=_("代买金额有异议：%s") % case.number,
        text=errand.dispute, url=reverse("care:errand", args=[case.pk]),
        key=f"care.errand.dispute:{case.pk.hex}", at=at,
    )  # fmt: skip
    return errand


@transaction.atomic
def decide_errand(
    *, errand: Errand, spent_fen: int, verdict: str, by: User, at: datetime
) -> Errand:
    """Decide what an errand is taken to have cost: by the care officer or the street, with a reason.

    :raises NotFound, NotYourErrand, SettledAlready, NotNow:
    :raises NotByOneself: for who ran or asked for it
    """
    errand = _locked(errand, by)
    if by.pk in (errand.volunteer_id, errand.resident_id):
        raise NotByOneself(_("自己办的、自己点的单请由其他人核定。"))
    if not (has_duty(by, errand.area) or is_officer(by, errand.area)):
        raise NotYourErrand(_("由社区关爱专员或街道管理员核定。"))
    if errand.state == Errand.State.SETTLED:
        raise SettledAlready(_("这笔代买已经结清。"))
    if errand.state not in (Errand.State.DISPUTED, Errand.State.TO_CONFIRM):
        raise NotNow(_("这笔代买现在是“%s”，不用核定。") % errand.get_state_display())
    if not 0 <= spent_fen <= 10_000_000:
        raise Invalid(_("金额应在 0 到 10 万元之间。"), field="spent_fen")
    errand.verdict = clean_text(verdict, limit=300, field_label=_("处理意见"), required=True)
    before, errand.spent_fen = errand.spent_fen, spent_fen
    audit(
        actor=by, action="care.errand.decide", object=f"care.errand:{errand.pk}", at=at,
        reason=errand.verdict, detail={"from": before, "to": spent_fen},
    )  # fmt: skip
    return _settle(errand, Errand.By.OFFICER, by=by, at=at)
