"""Who must stay away from a site (回避): whose own unit it is, or who serves or lives there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Person, Post
from tongxin.regions.models import Region

from ..models import Site

# Land so small that serving there is an interest; a post of the whole district is none.
SMALL = (
    Region.Level.STREET,
    Region.Level.COMMUNITY,
    Region.Level.GRID,
    Region.Level.BUILDING,
)


def conflicts(users: Iterable[User], sites: Sequence[Site], on: date) -> dict[tuple[int, int], str]:
    """Return why somebody must stay away, by (site, user); three queries, any number of both.

    Own unit: an office in the unit responsible for the site, or in one above or below it. Own land:
    an office in a unit of the street or community where the site lies. Own home: lives there.
    """
    ids = [user.pk for user in users]
    posts = Post.objects.held_on(on).filter(user__in=ids)
    held = defaultdict(list)
    for user, path, land, level, name in posts.values_list(
        "user", "org__path", "org__region__path", "org__region__level", "org__name"
    ):
        held[user].append((path, land if level in SMALL else "", name))
    homes = {
        user: path
        for user, path in Person.objects.filter(user__in=ids, home__isnull=False).values_list(
            "user", "home__path"
        )
    }
    found = {}
    for site in sites:
        for user in ids:
            why = _why(site, held.get(user, ()), homes.get(user, ""))
            if why:
                found[site.pk, user] = why
    return found


def _why(site: Site, held: Iterable[tuple[str, str, str]], home: str) -> str:
    own, land = site.org.path if site.org else "", site.region.path
    for path, serves, name in held:
        if own and path and (own.startswith(path) or path.startswith(own)):
            return _("在责任单位%s任职") % name
        if serves and (land.startswith(serves) or serves.startswith(land)):
            return _("在点位所在的%s任职") % name
    if home and (land.startswith(home) or home.startswith(land)):
        return _("居住在点位所在的社区（村）")
    return ""
