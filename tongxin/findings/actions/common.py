"""What the writes of findings share: locks, refusals, keys, numbers."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted

from ..models import Finding, FindingCounter
from ..queries import may_oversee

LONG, SHORT = 2000, 200


class NotReporter(NotPermitted):
    """Whoever puts something into the register holds a post over the place."""


class NotOverseer(NotPermitted):
    """Officers and inspectors over the place order, group, write off."""


class BadKey(Invalid):
    """A key is at most eighty characters long."""


def scoped(by: User | None, key: str) -> str | None:
    """Return a caller's own key as it is kept; None for none.

    :raises BadKey: if it is too long
    """
    if not key:
        return None
    if len(key) > 80:
        raise BadKey(_("Idempotency-Key 最多 80 个字符。"), field="Idempotency-Key")
    return f"{by.pk if by else 0}:{key}"


def locked(finding: Finding) -> Finding:
    """Return the finding as it stands now, its row locked until the transaction ends."""
    rows = Finding.objects.select_for_update(of=("self",)).select_related("region", "kind", "case")
    return rows.get(pk=finding.pk)


def check_overseer(by: User, area: str) -> None:
    """:raises NotOverseer: unless `by` is officer or inspector over the area"""
    if not may_oversee(by, area):
        raise NotOverseer(_("这一步由当地的管理员或监督员办理。"))


def district_code(area: str) -> str:
    """Return the six digits of the district of a path: "1201/16/001/" gives "120116"."""
    city, district, *_rest = f"{area}//".split("/")
    return f"{city}{district}"[:6].ljust(6, "0")


def next_number(register: str, at: datetime) -> tuple[int, int]:
    """Take the register's next number of the year: (year, n).

    The row stays locked until the transaction ends, and a transaction that fails gives its number
    back: no gap and no double, however many write at once.
    """
    year = localtime(at).year
    table = connection.ops.quote_name(FindingCounter._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (prefix, n) VALUES (%s, 1)"  # noqa: S608
            f" ON CONFLICT (prefix) DO UPDATE SET n = {table}.n + 1 RETURNING n",
            [f"{register}-{year}"],
        )
        (n,) = cursor.fetchone()
    return year, n
