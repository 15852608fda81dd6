"""Users: made, reached, and their phone numbers unsealed for a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text, normal_phone

from ..models import User
from ..queries import sealer
from .auditing import audit, audit_look


class NameTaken(Refused):
    """Another user signs in by this name."""


class PhoneTaken(Refused):
    """Another user signs in by this phone."""


class NoPhone(NotFound):
    """There is no number to show."""


class CannotBeReached(Invalid):
    """A channel was chosen for which we have no address."""


@transaction.atomic
def add_user(
    *,
    username: str,
    name: str,
    at: datetime,
    password: str | None = None,
    phone: str = "",
    email: str = "",
    is_superuser: bool = False,
    by: User | None = None,
) -> User:
    """Make a user; without a password they can only sign in by phone and code.

    Raises NameTaken, PhoneTaken, and the refusals of `kit.text`.
    """
    username = clean_text(username, limit=60, field_label=_("用户名"), required=True)
    name = clean_text(name, limit=60, field_label=_("姓名"), required=True)
    if User.objects.filter(username=username).exists():
        raise NameTaken(_("用户名“%s”已有人使用，请换一个") % username, field="username")
    user = User.objects.create_user(
        username, password, name=name, email=email, is_superuser=is_superuser, joined_at=at
    )
    audit(actor=by, action="user.add", object=username, at=at)
    if phone:
        set_phone(user=user, phone=phone, by=by, at=at)
    return user


@transaction.atomic
def set_phone(*, user: User, phone: str, by: User | None, at: datetime) -> None:
    """Seal a user's phone, replacing the one before; an empty phone removes it.

    Raises PhoneTaken, `kit.text.BadNumber`.
    """
    phone = normal_phone(phone) if phone else ""
    index = sealer().index(phone) or None
    if index and User.objects.exclude(pk=user.pk).filter(phone_index=index).exists():
        raise PhoneTaken(_("这个手机号已登记在另一个账号上，请核对"), field="phone")
    user.phone_sealed, user.phone_index = sealer().seal(phone), index
    user.save(update_fields=["phone_sealed", "phone_index"])
    audit(actor=by, action="phone.set", object=user.username, at=at)


@transaction.atomic
def change_me(*, user: User, name: str, email: str, channels: Iterable[str], at: datetime) -> None:
    """Change what a user may change alone: the name, the e-mail, how notices come.

    `channels` are words of {"sms", "email"}; the inbox is always there. Raises CannotBeReached.
    """
    chosen = set(channels)
    if "email" in chosen and not email:
        raise CannotBeReached(_("选了邮件通知，请填写电子邮箱"), field="email")
    if "sms" in chosen and not user.phone_sealed:
        raise CannotBeReached(_("还没有登记手机号，不能用短信通知"), field="channels")
    user.name = clean_text(name, limit=60, field_label=_("姓名"), required=True)
    user.email = email
    user.channels = " ".join(["inbox", *sorted(chosen & {"sms", "email"})])
    user.save(update_fields=["name", "email", "channels"])
    audit(actor=user, action="user.change", object=user.username, at=at)


@transaction.atomic
def unmask_phone(*, user: User, by: User, reason: str, at: datetime, address: str = "") -> str:
    """Return a user's phone and write down who wanted it and why.

    Whether `by` may ask is for the caller to know. Raises NoPhone, NoReason.
    """
    if not user.phone_sealed:
        raise NoPhone(_("这位用户没有登记手机号"))
    audit_look(
        actor=by, action="phone.unmask", object=user.username, reason=reason, at=at, address=address
    )
    return sealer().open(user.phone_sealed)


class WrongOldPassword(Invalid):
    """A password is changed only by somebody who knows it."""


@transaction.atomic
def change_password(*, user: User, old: str, new: str, at: datetime, address: str = "") -> None:
    """Change a user's own password; the form has judged the new one. Raises WrongOldPassword."""
    if not user.check_password(old):
        raise WrongOldPassword(_("现在的密码不对，请核对"), field="old")
    set_password(user=user, password=new, by=user, at=at, address=address)


@transaction.atomic
def set_password(
    *, user: User, password: str, by: User | None, at: datetime, address: str = ""
) -> None:
    """Give a user a password; every session of theirs ends with the one before."""
    user.set_password(password)
    user.save(update_fields=["password"])
    audit(actor=by, action="password.set", object=user.username, at=at, address=address)
