"""Units and people as people write them: by their names, near a place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org, Post
from tongxin.regions.queries import prefixes

from ..models import TaskPart

_SPLIT = re.compile(r"[;；\n]+")
_PART = re.compile(
    r"^\s*(?P<org>[^:：]+)[:：]\s*(?P<text>.+?)\s*(?P<day>\d{4}-\d{1,2}-\d{1,2})?\s*$"
)
MOST_NAMES = 400


class UnknownName(Invalid):
    """No unit, or nobody in it, has that name; or more than one does."""


def near(path: str) -> Q:
    return Q(region__path__in=[*prefixes(path)]) | Q(region__path__under=path)


def names_near(path: str) -> list[str]:
    """Return names of units of a place and the land around it, to be offered while writing."""
    rows = Org.objects.public().filter(near(path)).exclude(kind=Org.Kind.TEAM)
    return list(rows.order_by("region__path", "name").values_list("name", flat=True)[:MOST_NAMES])


def orgs_named(names: Iterable[str], path: str) -> dict[str, list[Org]]:
    """Return {name: units of that name at, above or below a place}. One query."""
    found: dict[str, list[Org]] = {}
    rows = Org.objects.public().filter(near(path), name__in=set(names)).select_related("region")
    for org in rows.order_by("pk"):
        found.setdefault(org.name, []).append(org)
    return found


def the_org(name: str, known: dict[str, list[Org]], *, field: str = "org") -> Org:
    """:raises UnknownName: unless exactly one unit has the name"""
    rows = known.get(name, [])
    if not rows:
        raise UnknownName(_("没有找到单位“%s”，请写全称。") % name[:40], field=field)
    if len(rows) > 1:
        raise UnknownName(
            _("有不止一个“%s”，请先在组织名册里改成不同的名称。") % name[:40], field=field
        )
    return rows[0]


def people_of(orgs: Iterable[Any]) -> dict[tuple[int, str], list[User]]:
    """Return {(unit, name): people who hold a post there}. One query."""
    found: dict[tuple[int, str], list[User]] = {}
    posts = Post.objects.filter(org__in=list(orgs), to_date=None).select_related("user")
    for post in posts.exclude(role="volunteer").order_by("user"):
        rows = found.setdefault((post.org_id, post.user.name), [])
        if post.user not in rows:
            rows.append(post.user)
    return found


def the_person(name: str, org: Org, known: dict[tuple[int, str], list[User]], *, field: str = "owner") -> User | None:  # fmt: skip
    """Return the one of that name in a unit; None for no name.

    :raises UnknownName: unless exactly one person has it
    """
    if not name:
        return None
    rows = known.get((org.pk, name), [])
    if len(rows) != 1:
        words = {"org": org.name, "name": name[:20]}
        text = (
            _("“%(org)s”里没有在岗的“%(name)s”。")
            if not rows
            else _("“%(org)s”里有不止一个“%(name)s”。")
        )
        raise UnknownName(text % words, field=field)
    return rows[0]


def read_parts(text: str) -> list[tuple[str, str, date | None]]:
    """Read parts as people write them: “水务局：通水 2026-05-01；民政局：资金”.

    :raises Invalid: naming the one that cannot be read
    """
    found = []
    for piece in _SPLIT.split(text or ""):
        if not piece.strip():
            continue
        match = _PART.match(piece)
        if match is None:
            raise Invalid(_("“%s”读不懂：写“单位：分工 期限”，如 水务局：通水 2026-05-01。") % piece.strip()[:30], field="parts")  # fmt: skip
        day = match["day"]
        try:
            due = date(*(int(word) for word in day.split("-"))) if day else None
        except ValueError:
            raise Invalid(_("“%s”不是日期。") % day, field="parts") from None
        found.append((match["org"].strip(), match["text"].strip(), due))
    return found


def written_parts(parts: Iterable[TaskPart], *, between: str = "\n") -> str:
    """Return parts as `read_parts` reads them, one a line; needs their units at hand."""
    return between.join(
        f"{part.org.name}：{part.text}{f' {part.due_on}' if part.due_on else ''}" for part in parts
    )


def read_steps(text: str) -> list[tuple[str, str]]:
    """Read lines of “words, then a last word”: [("施工", "20")].

    :raises Invalid: naming the line that cannot be read
    """
    found = []
    for line in (text or "").splitlines():
        words = line.strip().rsplit(maxsplit=1)
        if not words:
            continue
        if len(words) != 2:
            raise Invalid(
                _("“%s”读不懂：每行先写名称，空一格，再写天数或日期。") % line.strip()[:30]
            )
        found.append((words[0], words[1]))
    return found


def person_in(org: Org, pk: int) -> User | None:
    """Return somebody by id if they hold a post in a unit."""
    posts = Post.objects.filter(org=org, user=pk, to_date=None).exclude(role="volunteer")
    post = posts.select_related("user").first()
    return post.user if post else None
