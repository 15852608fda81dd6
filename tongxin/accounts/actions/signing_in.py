"""Signing in: staff by password, everybody else by phone and one-time code.

A wrong try must be remembered although it is refused, so these functions are not one
transaction: do not call them inside another.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused, TooMany
from tongxin.kit.text import mask_phone

from .. import senders
from ..models import SignInCode, SignInFailure, User
from ..queries import DEMO_USERS, sealer
from .auditing import audit

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
# How many codes in how long: one phone, and one address (many phones behind one door).
PHONE_LIMITS = (
    (1, timedelta(minutes=1)),
    (5, timedelta(hours=1)),
    (10, timedelta(days=1)),
)
ADDRESS_LIMITS = ((30, timedelta(hours=1)),)
# So many failures within the lock time lock for the lock time (GB/T 22239-2019 8.1.4.1).
LOCK_TIME = timedelta(minutes=15)
NAME_FAILURES = 5
ADDRESS_FAILURES = 30


class TooManyCodes(TooMany):
    """This phone or address asked for too many codes."""


class CodeNotSent(Refused):
    """The SMS service did not take the message."""

    status = 503


class WrongCode(Invalid):
    """The code is not the one that was sent."""


class CodeOver(Invalid):
    """The code is used, out of time, or tried too often: only a new one helps."""


class WrongPassword(Invalid):
    """The same for a wrong password, an unknown name and a closed account."""


class SignInLocked(TooMany):
    """Too many failures by this name or from this address."""


class AccountClosed(NotPermitted):
    """The account was closed by an administrator."""


class PasswordNeeded(NotPermitted):
    """A system administrator signs in by password only."""


def send_code(*, phone: str, address: str, at: datetime) -> str:
    """Send a one-time code to a phone (11 digits), whether or not it has an account.

    Returns the code: only the demo may show it. Raises TooManyCodes, CodeNotSent.
    """
    index = sealer().index(phone)
    code = f"{secrets.randbelow(10**6):06d}"
    with transaction.atomic():
        _one_at_a_time(index)
        _refuse_too_many(SignInCode.objects.filter(phone_index=index), PHONE_LIMITS, at)
        _refuse_too_many(SignInCode.objects.filter(address=address), ADDRESS_LIMITS, at)
        SignInCode.objects.create(
            phone_index=index,
            code_hash=_code_hash(index, at, code),
            sent_at=at,
            expires_at=at + CODE_LIFE,
            address=address,
        )
    try:
        senders.send_sms(phone, _("【同心】验证码 %s，5 分钟内有效，请勿告诉他人。") % code, at=at)
    except senders.SendFailed as error:
        raise CodeNotSent(_("短信暂时发不出去，请一分钟后再试")) from error
    return code


def _one_at_a_time(index: str) -> None:
    """Let two requests for one phone count one after the other, until the transaction ends."""
    if connection.vendor == "postgresql":  # SQLite's writers wait for each other anyway
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(index[:15], 16)])


def _refuse_too_many(codes: QuerySet, limits: tuple, at: datetime) -> None:
    longest = max(span for _count, span in limits)
    recent = list(
        codes.filter(sent_at__gt=at - longest)
        .order_by("-sent_at")
        .values_list("sent_at", flat=True)
    )
    waits = [
        recent[count - 1] + span - at
        for count, span in limits
        if len(recent) >= count and recent[count - 1] > at - span
    ]
    if waits:
        raise TooManyCodes(
            _("获取验证码太频繁，请 %s后再试") % _in_words(max(waits)),
            field="phone",
            retry_after=_seconds(max(waits)),
        )


def _seconds(wait: timedelta) -> int:
    return ceil(wait.total_seconds())


def _in_words(wait: timedelta) -> str:
    seconds = _seconds(wait)
    if seconds <= 60:
        return _("%d 秒") % seconds
    if seconds <= 3600:
        return _("%d 分钟") % -(-seconds // 60)
    return _("%d 小时") % -(-seconds // 3600)


def _code_hash(index: str, sent_at: datetime, code: str) -> str:
    # The time of sending is the salt of the row: equal codes have unequal hashes.
    value = f"{index}:{sent_at.timestamp()}:{code}"
    return salted_hmac("tongxin.sign-in-code", value, algorithm="sha256").hexdigest()


def sign_in_by_code(*, phone: str, code: str, address: str, at: datetime) -> User:
    """Return the user of a phone (11 digits) that received this code; the first time, make one.

    Raises WrongCode, CodeOver, AccountClosed, PasswordNeeded.
    """
    index = sealer().index(phone)
    try:
        _use_code(index, code, at)
    except Refused as refusal:
        _audit_refusal(None, mask_phone(phone), refusal, address, at)
        raise
    user = _user_of_phone(phone, index, at)
    _refuse_closed(user, address, at)
    audit(actor=user, action="sign-in", object=user.username, at=at, address=address)
    return user


def _use_code(index: str, code: str, at: datetime) -> None:
    """Count a try on the newest code of a phone, and spend the code if the try is right."""
    row = SignInCode.objects.filter(phone_index=index).order_by("-sent_at").first()
    if row is None or row.used_at or row.expires_at <= at:
        raise CodeOver(_("验证码已失效，请重新获取"), field="code")
    unspent = SignInCode.objects.filter(pk=row.pk, used_at=None, tries__lt=CODE_TRIES)
    if not unspent.update(tries=F("tries") + 1):
        raise CodeOver(_("验证码已输错 5 次，请重新获取"), field="code")
    if not constant_time_compare(row.code_hash, _code_hash(index, row.sent_at, code)):
        raise WrongCode(_("验证码不对，请核对短信里的 6 位数字"), field="code")
    if not SignInCode.objects.filter(pk=row.pk, used_at=None).update(used_at=at):
        raise CodeOver(_("验证码已失效，请重新获取"), field="code")


def _user_of_phone(phone: str, index: str, at: datetime) -> User:
    fresh = {
        "username": f"phone-{secrets.token_hex(8)}",
        "password": "!" + secrets.token_hex(20),  # no password opens it
        "name": _("居民") + phone[-4:],
        "phone_sealed": sealer().seal(phone),
        "joined_at": at,
    }
    user, _made = User.objects.get_or_create(phone_index=index, defaults=fresh)
    return user


def _refuse_closed(user: User, address: str, at: datetime) -> None:
    refusal: Refused | None = None
    if not user.is_active:
        refusal = AccountClosed(_("这个账号已停用，请联系所在社区"))
    elif user.is_superuser:
        refusal = PasswordNeeded(_("系统管理员请用用户名和密码登录"))
    if refusal:
        _audit_refusal(user, user.username, refusal, address, at)
        raise refusal


def sign_in_by_password(*, username: str, password: str, address: str, at: datetime) -> User:
    """Return the user of a name and password.

    Raises WrongPassword, and SignInLocked after 5 failures of a name at an address, or 30 at an
    address, within 15 minutes.
    """
    name_index = sealer().index(f"username:{username.casefold()}")
    of_name = SignInFailure.objects.filter(name_index=name_index, address=address)
    _refuse_locked(of_name, NAME_FAILURES, at)
    _refuse_locked(SignInFailure.objects.filter(address=address), ADDRESS_FAILURES, at)
    user = authenticate(username=username, password=password)
    if user is None:
        SignInFailure.objects.create(name_index=name_index, address=address, at=at)
        refusal = WrongPassword(_("用户名或密码不对，请核对后重试"), field="password")
        # Not the name as typed: it may be somebody's password in the wrong field.
        known = User.objects.filter(username=username).first()
        _audit_refusal(known, known.username if known else "", refusal, address, at)
        raise refusal
    with transaction.atomic():
        of_name.delete()
        audit(actor=user, action="sign-in", object=user.username, at=at, address=address)
    return user


def _refuse_locked(failures: QuerySet, limit: int, at: datetime, words: str = "") -> None:
    times = list(failures.order_by("-at").values_list("at", flat=True)[:limit])
    if len(times) < limit or times[0] - times[-1] > LOCK_TIME:
        return
    wait = times[0] + LOCK_TIME - at
    if wait > timedelta(0):
        words = words or _("登录失败次数太多，请 %s后再试")
        raise SignInLocked(words % _in_words(wait), retry_after=_seconds(wait))


def refuse_guessing(*, what: str, address: str, at: datetime) -> None:
    """Refuse to be asked a secret again where it was guessed wrongly too often.

    `what` names the thing that is guarded. Raises SignInLocked.
    """
    of_it = SignInFailure.objects.filter(name_index=sealer().index(f"guess:{what}"))
    words = _("试错次数太多，请 %s后再试")
    _refuse_locked(of_it, NAME_FAILURES, at, words)
    _refuse_locked(SignInFailure.objects.filter(address=address), ADDRESS_FAILURES, at, words)


def guessed_wrongly(*, what: str, address: str, at: datetime) -> None:
    """Remember that a secret was not what somebody typed."""
    index = sealer().index(f"guess:{what}")
    SignInFailure.objects.create(name_index=index, address=address, at=at)


def _audit_refusal(
    user: User | None, object: str, refusal: Refused, address: str, at: datetime
) -> None:
    detail = {"why": refusal.code}
    audit(
        actor=user, action="sign-in.refused", object=object, detail=detail, at=at, address=address
    )


def step_into(*, username: str, address: str, at: datetime) -> User:
    """Return a user of the demo without any proof. Raises NotFound outside the demo."""
    user = User.objects.filter(username=username, is_active=True).first()
    if not settings.TONGXIN_DEMO or username not in DEMO_USERS or user is None:
        raise NotFound(_("这里没有这个演示账号"))
    audit(actor=user, action="sign-in.demo", object=username, at=at, address=address)
    return user
