"""Keys of clients: given, shown once, turned, ended; and how often they call."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused, TooMany
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import ClientKey
from ..pictures import hosts_of
from ..queries import digest

PREFIX = "o3_"
MOST_PER_MINUTE = 6000
OVERLAP_DAYS = (0, 1, 7, 30)


class NotTheAdministrator(NotPermitted):
    """Doors are opened and shut by who installs the system."""


class KeyRefused(NotPermitted):
    """No key, or none that is good (any more, or for this)."""


class TooOften(TooMany):
    """The client calls more often than was agreed."""


class KeyEnded(Refused):
    """An ended key cannot be changed; give a new one."""


def must_administer(by: User) -> None:
    """Raise `NotTheAdministrator` unless the user installs the system."""
    if not by.is_superuser:
        raise NotTheAdministrator(_("只有系统管理员可以管理对外接口。"))


@transaction.atomic
def give_key(
    *,
    name: str,
    by: User,
    at: datetime,
    contact: str = "",
    region: Region | None = None,
    may_file: bool = True,
    may_update: bool = False,
    publishes: bool = True,
    per_minute: int = 60,
    expires_at: datetime | None = None,
    media_hosts: str = "",
    key: str = "",
) -> tuple[ClientKey, str]:
    """Return a new client and its key: the only time it can be read. `key` is for the demo.

    :raises NotTheAdministrator, Invalid:
    """
    must_administer(by)
    _check_limits(per_minute, expires_at, at)
    key = key or PREFIX + secrets.token_urlsafe(30)
    client = ClientKey.objects.create(
        name=clean_text(name, limit=60, field_label=_("系统名称"), required=True),
        contact=clean_text(contact, limit=120, field_label=_("联系人")),
        digest=digest(key), tail=key[-4:], region=region, may_file=may_file,
        may_update=may_update, publishes=publishes, per_minute=per_minute, created_at=at,
        expires_at=expires_at, media_hosts=" ".join(hosts_of(media_hosts)),
    )  # fmt: skip
    audit(actor=by, action="open311.key.give", object=client.name, at=at)
    return client, key


def _check_limits(per_minute: int, expires_at: datetime | None, at: datetime) -> None:
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise Invalid(_("每分钟最多提交应在 1 到 %d 之间。") % MOST_PER_MINUTE, field="per_minute")
    if expires_at is not None and expires_at <= at:
        raise Invalid(_("到期时间应在今天之后。"), field="expires_at")


CHANGEABLE = (
    "region",
    "may_file",
    "may_update",
    "publishes",
    "per_minute",
    "expires_at",
    "media_hosts",
)


@transaction.atomic
def change_key(
    *, client: ClientKey, name: str, contact: str, by: User, at: datetime, **rights: Any
) -> ClientKey:
    """Change what a client may do and for how long; its key stays. `rights` as in `give_key`.

    :raises NotTheAdministrator, KeyEnded, Invalid:
    """
    must_administer(by)
    client = _locked(client)
    before = {field: str(getattr(client, field)) for field in CHANGEABLE}
    for field in CHANGEABLE:
        setattr(client, field, rights.pop(field, getattr(client, field)))
    client.media_hosts = " ".join(hosts_of(client.media_hosts))
    if rights:
        raise TypeError(f"no such right: {sorted(rights)}")
    if str(client.expires_at) != before["expires_at"]:
        _check_limits(client.per_minute, client.expires_at, at)
    _check_limits(client.per_minute, None, at)
    client.name = clean_text(name, limit=60, field_label=_("系统名称"), required=True)
    client.contact = clean_text(contact, limit=120, field_label=_("联系人"))
    client.save(update_fields=["name", "contact", *CHANGEABLE])
    after = {field: str(getattr(client, field)) for field in CHANGEABLE}
    changed = {
        field: [before[field], after[field]] for field in after if after[field] != before[field]
    }
    audit(actor=by, action="open311.key.change", object=client.name, detail=changed, at=at)
    return client


@transaction.atomic
def turn_key(*, client: ClientKey, by: User, at: datetime, overlap_days: int = 7) -> str:
    """Return a new key for a client; the one before works for `overlap_days` more.

    :raises NotTheAdministrator, KeyEnded, Invalid:
    """
    must_administer(by)
    if overlap_days not in OVERLAP_DAYS:
        raise Invalid(_("旧密钥可以再用 0、1、7 或 30 天。"), field="overlap_days")
    client = _locked(client)
    key = PREFIX + secrets.token_urlsafe(30)
    client.old_digest = client.digest if overlap_days else None
    client.old_until = at + timedelta(days=overlap_days) if overlap_days else None
    client.digest, client.tail = digest(key), key[-4:]
    client.save(update_fields=["digest", "tail", "old_digest", "old_until"])
    audit(actor=by, action="open311.key.turn", object=client.name, at=at)
    return key


@transaction.atomic
def end_key(*, client: ClientKey, by: User, at: datetime) -> None:
    """End a client's access for good, the key before included.

    :raises NotTheAdministrator, KeyEnded:
    """
    must_administer(by)
    client = _locked(client)
    client.ended_at, client.old_digest, client.old_until = at, None, None
    client.save(update_fields=["ended_at", "old_digest", "old_until"])
    audit(actor=by, action="open311.key.end", object=client.name, at=at)


def _locked(client: ClientKey) -> ClientKey:
    found = ClientKey.objects.select_for_update().get(pk=client.pk)
    if found.ended_at:
        raise KeyEnded(_("“%s”的密钥已停用，请另发一个新的。") % found.name)
    return found


def admit(*, key: str, what: str, at: datetime) -> ClientKey:
    """Return the client a key belongs to, and count the call against its limit.

    `what` is file or update. The counting stays when the call itself is refused.

    :raises KeyRefused: 403, the sentence says which it is
    :raises TooOften:
    """
    client = client_of(key, at=at)
    allowed = client.may_file if what == "file" else client.may_update
    if not allowed:
        raise KeyRefused(_("这个密钥没有这项权限，请联系管理员。"), field="api_key", client=client)
    if _count_minute(client, at) > client.per_minute:
        raise TooOften(
            _("提交太频繁：每分钟最多 %d 次，请稍后再试。") % client.per_minute,
            retry_after=60 - at.second,
            client=client,
        )
    return client


def client_of(key: str, *, at: datetime) -> ClientKey:
    """Return the client of a key that is good now. Raises KeyRefused."""
    if not key:
        raise KeyRefused(_("请带上密钥（api_key）。"), field="api_key")
    kept = digest(key)
    rows = ClientKey.objects.select_related("region")
    client = rows.filter(digest=kept).first() or rows.filter(old_digest=kept).first()
    if client is None:
        raise KeyRefused(_("密钥（api_key）不对，请核对。"), field="api_key")
    if client.ended_at:
        raise KeyRefused(_("这个密钥已停用。"), field="api_key", client=client)
    is_old = client.digest != kept
    until = client.old_until if is_old else client.expires_at
    if client.expires_at and client.expires_at <= at or (until and until <= at):
        raise KeyRefused(_("这个密钥已到期，请联系管理员续期。"), field="api_key", client=client)
    return client


@transaction.atomic
def _count_minute(client: ClientKey, at: datetime) -> int:
    minute = at.replace(second=0, microsecond=0)
    rows = ClientKey.objects.filter(pk=client.pk)
    if rows.filter(minute_from=minute).update(minute_calls=F("minute_calls") + 1, last_used_at=at):
        calls = rows.values_list("minute_calls", flat=True).get()
    else:
        rows.update(minute_from=minute, minute_calls=1, last_used_at=at)
        calls = 1
    return calls


ADD_ONE = """
    INSERT INTO open311_callcount (client_id, day, what, status, n) VALUES (%s, %s, %s, %s, 1)
    ON CONFLICT (client_id, day, what, status) DO UPDATE SET n = open311_callcount.n + 1
"""


def count_call(*, client: ClientKey, what: str, status: int, at: datetime) -> None:
    """Count a call of a client with its outcome (an HTTP status)."""
    day = localtime(at).date()
    with connection.cursor() as cursor:
        cursor.execute(ADD_ONE, [client.pk, day, what, status])
