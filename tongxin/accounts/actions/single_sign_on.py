"""Signing in by what an identity provider says of somebody: it names an account, and gives nothing else.

What a user may do comes from posts; a provider makes none. An account is only made where
TONGXIN_OIDC_CREATE says so, and without a post it still leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.kit.errors import NotPermitted, Refused
from tongxin.kit.text import BadNumber, normal_phone

from ..models import SignInFailure, User
from ..queries import sealer
from .auditing import audit
from .people import add_user
from .signing_in import (
    ADDRESS_FAILURES,
    AccountClosed,
    PasswordNeeded,
    _audit_refusal,
    _refuse_locked,
)

LONGEST_NAME = 60


class NotNamed(NotPermitted):
    """The provider did not send the claim that names the account, or not as verified."""


class UnknownAccount(NotPermitted):
    """Nobody here, or more than one, is called what the provider says."""


class NoPost(NotPermitted):
    """The account holds no post today: staff sign in this way, residents by telephone."""


def refuse_locked(*, address: str, at: datetime) -> None:
    """Refuse an address with too many failures, whatever way they failed. Raises SignInLocked."""
    _refuse_locked(SignInFailure.objects.filter(address=address), ADDRESS_FAILURES, at)


def sign_in_failed(*, refusal: Refused, address: str, at: datetime) -> None:
    """Remember a sign-in by the provider that failed before anybody was known."""
    index = sealer().index("oidc")
    SignInFailure.objects.create(name_index=index, address=address, at=at)
    _audit_refusal(None, "oidc", refusal, address, at)


def sign_in_by_claims(*, claims: Mapping[str, Any], address: str, at: datetime) -> User:
    """Return the user whom the provider's (verified) claims name.

    Raises NotNamed, UnknownAccount, AccountClosed, PasswordNeeded, NoPost.
    """
    try:
        user = _named(claims, at)
        _refuse(user, at)
    except Refused as refusal:
        sign_in_failed(refusal=refusal, address=address, at=at)
        raise
    detail = {"by": "oidc", "subject": str(claims.get("sub", ""))[:120]}
    audit(actor=user, action="sign-in", object=user.username, detail=detail, at=at, address=address)
    return user


def _named(claims: Mapping[str, Any], at: datetime) -> User:
    value = claims.get(settings.TONGXIN_OIDC_CLAIM)
    match = settings.TONGXIN_OIDC_MATCH
    unverified = match != "username" and claims.get(f"{match}_verified") is False
    if not isinstance(value, str) or not value.strip() or unverified:
        raise NotNamed(_("统一身份认证没有告诉我们您是谁，请联系系统管理员。"))
    found = list(_accounts(match, value.strip())[:2])
    if len(found) == 1:
        return found[0]
    if not found and settings.TONGXIN_OIDC_CREATE and match == "username":
        return _made(value.strip(), claims, at)
    raise UnknownAccount(
        _("统一身份认证成功，但这里没有对应的工作账号。"),
        remedy=_("请联系本单位的系统管理员建账号并安排岗位。"),
    )


def _accounts(match: str, value: str) -> QuerySet[User]:
    if match == "phone":
        try:
            index = sealer().index(normal_phone(value.removeprefix("+86")))
        except BadNumber:
            return User.objects.none()
        return User.objects.filter(phone_index=index)
    if match == "email":
        return User.objects.filter(email__iexact=value)
    return User.objects.filter(username=value)


def _made(username: str, claims: Mapping[str, Any], at: datetime) -> User:
    name = str(claims.get("name") or username)[:LONGEST_NAME]
    try:
        with transaction.atomic():
            return add_user(username=username[:LONGEST_NAME], name=name, at=at)
    except IntegrityError:  # two windows at once
        return User.objects.get(username=username[:LONGEST_NAME])


def _refuse(user: User, at: datetime) -> None:
    if not user.is_active:
        raise AccountClosed(_("这个账号已停用，请联系所在社区"))
    if user.is_superuser:
        raise PasswordNeeded(_("系统管理员请用用户名和密码登录"))
    # By the relation: posts stand on a higher floor, which this one does not know by name.
    if not user.posts.held_on(localdate(at)).exists():
        raise NoPost(
            _("您的账号现在没有岗位，不能从这里登录。"),
            remedy=_("工作人员请联系系统管理员安排岗位；居民请用手机验证码登录。"),
        )
