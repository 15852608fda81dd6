"""Who a token is, what waits in an inbox, what is sealed, where a request comes from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_htmx.middleware import HtmxDetails

from tongxin.kit.seal import Sealer
from tongxin.kit.text import mask_phone
from tongxin.ui.paging import page_of

from .models import Notice, User

# Read at every call of the API, so written out: through the ORM it costs ten times as much.
# In the order of the model; what is not named is deferred, and read when somebody asks for it.
TOKEN_FIELDS = (
    *("id", "username", "name", "phone_sealed", "email"),
    *("is_active", "is_superuser", "channels"),
)
SELECT_BY_DIGEST = f"""
    SELECT {", ".join("u." + field for field in TOKEN_FIELDS)}
    FROM accounts_user u JOIN accounts_token t ON t.user_id = u.id
    WHERE t.digest = %s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %s)
      AND u.is_active
"""  # noqa: S608 (names of our own)

# Whom the page 演示入口 offers, by user name: what each may do, in a sentence.
DEMO_USERS = {
    "resident": _("居民：点单，看进度，评单"),
    "volunteer": _("志愿者：在接单大厅抢单，完成后签退"),
    "dispatcher": _("社区派单员：看收件箱，把订单派给合适的人"),
    "verifier": _("党组织验单员：对照照片验收，合格才算完成"),
    "handler": _("部门经办人：接街道的哨，到场处置"),
    "grid_worker": _("网格员：在网格里发现问题、接单处置"),
    "officer": _("街道管理员：看全街道的进度，吹哨，督办"),
    "leader": _("区领导：看全区的图表和超期事项"),
    "inspector": _("监督员：查看过程和记录，不能改动"),
    "secretary": _("党支部书记：管党员名册、组织生活，确认组织关系转接"),
    "operator": _("热线话务员：接听来电，边说边记，建单或当场答复"),
    "organiser": _("街道组织员：看全街道的党组织和党员"),
    "district_organiser": _("区组织员：定标准和规划，确认达标考核"),
    "admin": _("系统管理员：管理目录、岗位、区划、日历"),
}
INBOX_PAGE = 20


class SignedIn(HttpRequest):
    """A request of somebody signed in, for the type checker; `auth` is the API's name for them."""

    user: User
    auth: User
    htmx: HtmxDetails


def run(sql: str, params: Sequence[Any]) -> Any:
    """Run a statement that is written out because every step makes it; return its cursor.

    On PostgreSQL that is one kept by the connection: to make a cursor, and to look up anew how it
    turns values into SQL and back, costs as much as a short statement. So fetch what it found
    before the next statement.
    """
    here: Any = connections[DEFAULT_DB_ALIAS]
    if here.vendor != "postgresql" or here.queries_logged:
        cursor = here.cursor()
    else:
        here.ensure_connection()
        cursor = here.__dict__.get("kept_cursor")
        if cursor is None or cursor.connection is not here.connection or cursor.closed:
            cursor = here.kept_cursor = here.cursor()
    cursor.execute(sql, params)
    return cursor


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def user_of_token(token: str, at: datetime) -> User | None:
    """Return the active user of a token that is neither expired nor revoked; one query."""
    now = connection.ops.adapt_datetimefield_value(at)
    row = run(SELECT_BY_DIGEST, [digest(token), now]).fetchone()
    if row is None:
        return None
    user = User.from_db(DEFAULT_DB_ALIAS, TOKEN_FIELDS, row)
    user.is_active, user.is_superuser = True, bool(user.is_superuser)  # SQLite gives 0 and 1
    return user


def demo_users() -> list[tuple[User, str]]:
    """Return the users that the demo's page offers, in its order, with their sentences."""
    found = User.objects.filter(username__in=DEMO_USERS, is_active=True).in_bulk(
        field_name="username"
    )
    return [(found[name], str(sentence)) for name, sentence in DEMO_USERS.items() if name in found]


def unread_count(user: User) -> int:
    return Notice.objects.filter(user=user.pk, read_at=None).count()


def unread_on_page(user: User) -> int:
    """Return the same, counted once for all parts of a page that show it; `user` is the request's."""
    if not hasattr(user, "unread_on_page"):
        user.unread_on_page = unread_count(user)
    return user.unread_on_page


def inbox(user: User, cursor: str = "", size: int = INBOX_PAGE) -> tuple[list[Notice], str]:
    """Return a page of a user's notices, newest first, and the cursor of the next ("" at the end).

    Raises BadCursor.
    """
    return page_of(Notice.objects.visible_to(user), cursor, size)


def sealer() -> Sealer:
    """Return what seals phones and other sensitive text, with the keys of the settings."""
    return _sealer(tuple(settings.TONGXIN_SEAL_KEYS), settings.TONGXIN_INDEX_KEY)


@lru_cache(maxsize=4)
def _sealer(keys: tuple[str, ...], index_key: str) -> Sealer:
    return Sealer(keys, index_key)


def masked_phone(user: User) -> str:
    """Return 138****1234, or nothing; the whole number only by `actions.unmask_phone`."""
    return mask_phone(sealer().open(user.phone_sealed))


def address_of(request: HttpRequest) -> str:
    """Return the address a request came from, behind TONGXIN_PROXIES proxies of our own.

    Each of them appends what it saw to X-Forwarded-For; whatever stands further left the caller
    may have written.
    """
    seen = [*request.headers.get("X-Forwarded-For", "").split(","), request.META["REMOTE_ADDR"]]
    hops = min(settings.TONGXIN_PROXIES, len(seen) - 1)
    return seen[-1 - hops].strip()[:45]
