"""Who a token is, what waits in an inbox, what is sealed."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.db import connection

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
"""  # noqa: S608


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def user_of_token(token: str, at: datetime) -> User | None:
    """Return the active user of a token that is neither expired nor revoked; one query."""
    now = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(SELECT_BY_DIGEST, [digest(token), now])
        row = cursor.fetchone()
    if row is None:
        return None
    user = User.from_db(connection.alias, TOKEN_FIELDS, row)
    user.is_active, user.is_superuser = True, bool(user.is_superuser)  # SQLite gives 0 and 1
    return user


def unread_count(user: User) -> int:
    return Notice.objects.filter(user=user.pk, read_at=None).count()
