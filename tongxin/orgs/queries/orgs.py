"""Who acts with which posts; which organisations answer for a place."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.accounts.queries import TOKEN_FIELDS, digest, run
from tongxin.regions.queries import Land, prefixes

from ..models import Org, Post
from ..scope import Held

# Read at every call of the API, so written out: through the ORM it costs ten times as much.
SELECT_ACTOR = f"""
    SELECT {", ".join("u." + field for field in TOKEN_FIELDS)},
           p.role, p.org_id, p.region_id, r.path, r.level, o.path
    FROM accounts_token t
    JOIN accounts_user u ON u.id = t.user_id
    LEFT JOIN orgs_post p ON p.user_id = u.id
      AND (p.from_date IS NULL OR p.from_date <= %s) AND (p.to_date IS NULL OR p.to_date > %s)
    LEFT JOIN regions_region r ON r.id = p.region_id
    LEFT JOIN orgs_org o ON o.id = p.org_id
    WHERE t.digest = %s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %s)
      AND u.is_active
    ORDER BY p.id
"""  # noqa: S608 (names of our own)


# Whoever opens a page: with the posts they hold and the number on their bell, for the frame around it.
PAGE_FIELDS = ("id", "password", *TOKEN_FIELDS[1:])  # in the order of the model
SELECT_READER = f"""
    SELECT {", ".join("u." + field for field in PAGE_FIELDS)},
           (SELECT count(*) FROM accounts_notice n WHERE n.user_id = u.id AND n.read_at IS NULL),
           p.role, p.org_id, p.region_id, r.path, r.level, o.path
    FROM accounts_user u
    LEFT JOIN orgs_post p ON p.user_id = u.id
      AND (p.from_date IS NULL OR p.from_date <= %s) AND (p.to_date IS NULL OR p.to_date > %s)
    LEFT JOIN regions_region r ON r.id = p.region_id
    LEFT JOIN orgs_org o ON o.id = p.org_id
    WHERE u.id = %s AND u.is_active
    ORDER BY p.id
"""  # noqa: S608 (names of our own)


SELECT_PEOPLE = (
    "SELECT "  # noqa: S608 (names of our own)
    + ", ".join(TOKEN_FIELDS)
    + " FROM accounts_user WHERE is_active AND id IN ({places})"
)


def actor_of_token(token: str, at: datetime) -> User | None:
    """Return the active user of a token neither expired nor revoked, with the posts held today.

    One query: the posts are kept on the user, where `scope.posts_of` finds them.
    """
    now = connection.ops.adapt_datetimefield_value(at)
    today = connection.ops.adapt_datefield_value(localdate(at))
    rows = run(SELECT_ACTOR, [today, today, digest(token), now]).fetchall()
    if not rows:
        return None
    size = len(TOKEN_FIELDS)
    user = User.from_db(DEFAULT_DB_ALIAS, TOKEN_FIELDS, rows[0][:size])
    user.is_active, user.is_superuser = True, bool(user.is_superuser)  # SQLite gives 0 and 1
    user._held_posts = tuple(Held(*row[size:]) for row in rows if row[size] is not None)
    return user


def reader_of_page(user_id: int, on: date) -> User | None:
    """Return an active user with all that the frame of a page asks: one query instead of three.

    The posts held on the day are kept on the user, where `scope.posts_of` finds them; the number
    of unread notices where `accounts.queries.unread_on_page` does.
    """
    day = connection.ops.adapt_datefield_value(on)
    rows = run(SELECT_READER, [day, day, user_id]).fetchall()
    if not rows:
        return None
    size = len(PAGE_FIELDS)
    user = User.from_db(DEFAULT_DB_ALIAS, PAGE_FIELDS, rows[0][:size])
    user.is_active, user.is_superuser = True, bool(user.is_superuser)  # SQLite gives 0 and 1
    user.unread_on_page = rows[0][size]
    user._held_posts = tuple(Held(*row[size + 1 :]) for row in rows if row[size + 1] is not None)
    return user


def active_people(ids: Collection[int]) -> dict[int, User]:
    """Return those of the users who may sign in, by id."""
    places = ", ".join(["%s"] * len(ids))
    rows = run(SELECT_PEOPLE.format(places=places), list(ids)).fetchall()
    users = [User.from_db(DEFAULT_DB_ALIAS, TOKEN_FIELDS, row) for row in rows]
    return {user.pk: user for user in users}


def posts_with_names(user: User, on: date) -> QuerySet[Post]:
    """Return the posts a user holds on a day, each with its organisation and region."""
    rows = Post.objects.held_on(on).filter(user=user.pk)
    return rows.select_related("org", "region").order_by("pk")


def orgs_for(*, kind: str = "", land: Land | None = None, q: str = "") -> QuerySet[Org]:
    """Return standing organisations, by id: of a kind, answering for a place or inside it."""
    rows = Org.objects.public().select_related("region").order_by("pk")
    if kind:
        rows = rows.filter(kind=kind)
    if land is not None:
        above = Q(region__path__in=list(prefixes(land.path)))
        rows = rows.filter(above | Q(region__path__under=land.path))
    return rows.filter(name__contains=q) if q else rows
