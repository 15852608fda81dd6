"""A call: taken, written down while it runs, and ended with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit_look
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Event, Topic
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.kit.text import clean_text, normal_phone
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region
from tongxin.requests.actions import file_request
from tongxin.requests.models import Channel

from ..models import Call, CallBack
from ..queries import caller_number, is_callers

Outcome = Call.Outcome
DRAFTED = {"text": 10_000, "topic": 8, "region": 18, "address": 120, "answer": 1000,
           "is_fast": 2, "is_private": 2}  # fmt: skip
FARTHEST = timedelta(days=60)
MOST_TRIES = 3


class AlreadyTalking(Refused):
    """One call at a time: the one before is not ended yet."""


class CallOver(Refused):
    """The call has ended; what came of it stands."""


class NotTheirs(NotFound):
    """A request that is not the caller's."""


@transaction.atomic
def start_call(*, region: Region, operator: User, at: datetime, phone: str = "") -> Call:
    """Take a call at a desk; `phone` is who calls, "" if the number is not shown.

    :raises NotPermitted: if they answer no hotline there
    :raises BadCaller: for a number that is none
    :raises AlreadyTalking: while another call of theirs runs
    """
    if "operator" not in roles_over(operator, region.path):
        raise NotPermitted(_("只有热线话务员可以接听来电。"))
    number = caller_number(phone)
    talking = AlreadyTalking(_("您还有一通电话没有结束，请先处理完再接。"))
    if Call.objects.running(operator).exists():
        raise talking
    try:
        with transaction.atomic():
            return Call.objects.create(
                region=region,
                operator=operator,
                phone_sealed=sealer().seal(number),
                phone_index=sealer().index(number),
                started_at=at,
            )
    except IntegrityError:
        raise talking from None


def keep_draft(*, call: Call, by: User, values: Mapping[str, Any], at: datetime) -> None:
    """Keep what has been written so far, so that a reload or a crash loses nothing.

    Nothing is judged yet; what is too long is cut. A call that has ended keeps what it had.
    """
    draft = {name: str(values.get(name, ""))[:limit] for name, limit in DRAFTED.items()}
    running = Call.objects.running(by).filter(pk=call.pk)
    running.update(draft={name: text for name, text in draft.items() if text}, drafted_at=at)


@transaction.atomic
def file_call(
    *,
    call: Call,
    by: User,
    at: datetime,
    text: str,
    region: Region,
    topic: Topic | None = None,
    address: str = "",
    is_fast: bool = False,
    is_private: bool = False,
) -> Case:
    """File what the caller asks for, and end the call (S0.49, S3.49).

    It is the caller's own where the number is that of an account; the number stays with it sealed.

    :raises CallOver: if the call has ended
    :raises Invalid: as `requests.actions.file_request`, and for land of another desk
    """
    call = _running(call, by)
    if not region.path.startswith(call.region.path):
        raise Invalid(_("%s不归本热线受理。") % region.name, field="region")
    number = sealer().open(call.phone_sealed)
    caller = User.objects.filter(phone_index=call.phone_index, is_active=True).first()
    case = file_request(
        text=text, topic=topic, region=region, address=address, channel=Channel.HOTLINE,
        contact=number if _is_mobile(number) else "", is_fast=is_fast, is_private=is_private,
        at=at, actor=by, reporter=caller if call.phone_index else None, key=f"call:{call.pk}",
        answers=None, data={"call": call.pk},
    )  # fmt: skip
    _end(call, Outcome.FILED, at, case=case)
    return case


def _is_mobile(number: str) -> bool:
    try:
        return bool(number) and normal_phone(number) == number
    except Refused:
        return False


@transaction.atomic
def answer_call(*, call: Call, by: User, at: datetime, asked: str, answer: str) -> Call:
    """End a call that was answered on the spot: what was asked, and what was said.

    :raises CallOver: if the call has ended
    :raises Missing: without a question or an answer
    """
    call = _running(call, by)
    call.asked = clean_text(
        asked.replace("\n", " "), limit=500, field_label=_("说了什么"), required=True
    )
    call.answer = clean_text(
        answer, limit=1000, field_label=_("答复"), required=True, multiline=True
    )
    return _end(call, Outcome.ANSWERED, at)


@transaction.atomic
def drop_call(*, call: Call, by: User, at: datetime) -> Call:
    """End a call that came to nothing: silence, a wrong number.

    :raises CallOver: if the call has ended
    """
    return _end(_running(call, by), Outcome.NOTHING, at)


@transaction.atomic
def add_for_caller(*, call: Call, case: Case, by: User, at: datetime, note: str) -> Event:
    """Add what the caller says to a case that exists, instead of filing it again.

    :raises CallOver: if the call has ended; and the refusals of `make_move`
    """
    call = _running(call, by)
    event = make_move(case, "add", at=at, actor=by, note=note, key=f"call:{call.pk}:add")
    _end(call, Outcome.ADDED, at, case=case)
    return event


@transaction.atomic
def urge_for_caller(*, call: Call, case: Case, by: User, at: datetime, note: str = "") -> Event:
    """Press for the caller's own case.

    :raises NotTheirs: if it is somebody else's
    """
    call = _running(call, by)
    _check_theirs(call, case)
    said = note or _("居民来电催单")
    event = make_move(case, "urge", at=at, actor=by, note=said, key=f"call:{call.pk}:urge")
    _end(call, Outcome.URGED, at, case=case)
    return event


@transaction.atomic
def rate_for_caller(
    *, call: Call, case: Case, by: User, at: datetime, stars: int, words: str = ""
) -> Event:
    """Write down the rating that the caller gives of their own case (评单 by telephone, S0.53).

    :raises NotTheirs: if it is somebody else's
    """
    call = _running(call, by)
    _check_theirs(call, case)
    event = _rate(case, at=at, stars=stars, words=words, key=f"call:{call.pk}:rate")
    _end(call, Outcome.RATED, at, case=case)
    return event


def _check_theirs(call: Call, case: Case) -> None:
    if not is_callers(call.phone_index, case):
        raise NotTheirs(_("这不是来电人的单子。"))


@transaction.atomic
def promise_call_back(
    *, call: Call, by: User, at: datetime, due_at: datetime, reason: str, case: Case | None = None
) -> CallBack:
    """Promise to call back, and end the call.

    :raises CallOver: if the call has ended
    :raises Invalid: without a number, a reason, or for a time that is past or too far off
    """
    call = _running(call, by)
    if not call.phone_sealed:
        raise Invalid(_("没有来电号码，不能约定回拨。"), field="due_at")
    if not at < due_at <= at + FARTHEST:
        raise Invalid(_("回拨时间应在现在之后、60 天以内。"), field="due_at")
    promised = CallBack.objects.create(
        region=call.region, call=call, case=case, phone_sealed=call.phone_sealed, due_at=due_at,
        reason=clean_text(reason, limit=200, field_label=_("事由"), required=True),
    )  # fmt: skip
    _end(call, Outcome.LATER, at)
    return promised


@transaction.atomic
def call_back(
    *,
    promised: CallBack,
    by: User,
    at: datetime,
    reached: bool,
    result: str = "",
    stars: int | None = None,
) -> CallBack:
    """Write down that somebody was called back; after three vain tries it is closed as such.

    With `stars` it is the rating of the request that the call was about.

    :raises CallOver: if it was done already
    """
    if "operator" not in roles_over(by, promised.region.path):
        raise NotPermitted(_("只有热线话务员可以回拨。"))
    promised = CallBack.objects.select_for_update().get(pk=promised.pk)
    if promised.done_at is not None:
        raise CallOver(_("这个回拨已经办完。"))
    result = clean_text(
        result, limit=300, field_label=_("结果"), required=reached and not stars, multiline=True
    )
    promised.tries += 1
    if reached or promised.tries >= MOST_TRIES:
        promised.done_at, promised.done_by = at, by
        promised.result = result or (
            _("居民给 %d 星") % stars if stars else _("拨打 %d 次未接通") % promised.tries
        )
    promised.save()
    if reached and stars and promised.case_id:
        case = Case(pk=promised.case_id)
        _rate(case, at=at, stars=stars, words=result, key=f"call_back:{promised.pk}")
    return promised


def _rate(case: Case, *, at: datetime, stars: int, words: str, key: str) -> Event:
    """Rate as the resident whose words are written down."""
    parts = frozenset({"reporter"})
    return make_move(case, "rate", at=at, actor=None, parts=parts, note=words, stars=stars, key=key)


def reveal_number(
    *, of: Call | CallBack, by: User, reason: str, at: datetime, address: str = ""
) -> str:
    """Return the whole number of a call or a promise, and write down who looked and why.

    :raises NotPermitted: for who answers no hotline there
    :raises NoReason: without a reason of four characters
    """
    if "operator" not in roles_over(by, of.region.path):
        raise NotPermitted(_("只有热线话务员可以查看来电号码。"))
    name = f"{'call' if isinstance(of, Call) else 'call_back'}:{of.pk}"
    audit_look(actor=by, action="call.reveal", object=name, reason=reason, at=at, address=address)
    return sealer().open(of.phone_sealed)


def _running(call: Call, by: User) -> Call:
    """Return the call with its row locked.

    :raises CallOver: if it has ended, or is another's
    """
    rows = Call.objects.select_for_update(of=("self",)).select_related("region")
    locked = rows.filter(pk=call.pk, operator=by).first()
    if locked is None or locked.ended_at is not None:
        raise CallOver(_("这通电话已经结束。"))
    return locked


def _end(call: Call, outcome: str, at: datetime, case: Case | None = None) -> Call:
    call.ended_at, call.outcome, call.case = max(at, call.started_at), outcome, case
    call.draft, call.drafted_at = {}, None
    call.save()
    return call
