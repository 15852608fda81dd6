"""Who sees which cases: one rule, asked as a filter, about one case in hand, and lane by lane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from tongxin.orgs.scope import Held, posts_of
from tongxin.regions.models import DEPTH, Region

if TYPE_CHECKING:
    from .models import Case

# Roles that see every case of their area; grid workers and operators see what is not private.
SEEING_PRIVATE = frozenset({"dispatcher", "verifier", "officer", "leader", "inspector"})
# Steps in which an order hangs out for volunteers to take.
HALL = ("hall", "published")


@dataclass(frozen=True)
class Window:
    """One reason for which somebody sees cases: a column that has a value."""

    column: str  # reporter_id, holder_id, offeree_id, handler_id, or area (a region's path)
    value: int | str
    steps: tuple[str, ...] = ()  # only in these steps, if any are named
    shows_private: bool = True
    land: tuple[str, int] = ("", 0)  # of an area: the region's level and id

    def as_q(self, *, by_path: bool = True) -> Q:
        """Return the window as a filter; not `by_path`: by the street's or community's column."""
        column, value = self.column, self.value
        if column == "area":
            if by_path or self.land[0] not in ("street", "community"):
                column = "area__under"
            else:
                column, value = self.land
        rules: dict[str, Any] = {column: value}
        if self.steps:
            rules["step__in"] = self.steps
        if not self.shows_private:
            rules["is_private"] = False
        return Q(**rules)

    def holds(self, case: Case) -> bool:
        if self.column == "area":
            inside = case.area.startswith(str(self.value))
        else:
            inside = getattr(case, self.column) == self.value
        return (
            inside
            and (not self.steps or case.step in self.steps)
            and (self.shows_private or not case.is_private)
        )


def windows_of(actor) -> list[Window]:
    """Return every reason for which the actor sees cases: their own, their posts', their area's."""
    if not actor.is_authenticated:
        return []  # or None would match the cases that nobody reported
    windows = dict.fromkeys(Window(c, actor.pk) for c in ("reporter_id", "holder_id", "offeree_id"))
    for post in posts_of(actor):
        windows |= dict.fromkeys(_windows_of_post(post))
    return list(windows)


def _windows_of_post(post: Held) -> Iterator[Window]:
    yield Window("handler_id", post.org_id)
    land = (post.level, post.region_id)
    if post.role in SEEING_PRIVATE:
        yield Window("area", post.path, land=land)
    elif post.role in ("grid_worker", "operator"):
        yield Window("area", post.path, shows_private=False, land=land)
    elif post.role == "volunteer":  # the hall is open to the volunteers of the whole street
        street = "/".join(post.path.split("/")[:-1][: DEPTH[Region.Level.STREET]]) + "/"
        yield Window("area", street, HALL, shows_private=False)
    elif post.role == "handler":  # departments may claim wishes
        yield Window("area", post.path, ("published",), shows_private=False)


def sees(actor, case: Case) -> bool:
    """Return whether `visible_to(actor)` holds the case: the same rule, for a row in hand."""
    return actor.is_superuser or any(window.holds(case) for window in windows_of(actor))
