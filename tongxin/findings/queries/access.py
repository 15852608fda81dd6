"""Who may do what with a finding, and who is told of it. Permission comes from posts alone."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.db.models.functions import Length

from tongxin.accounts.models import User
from tongxin.orgs.models import Post
from tongxin.orgs.scope import LAND_ROLES, reach, roles_over
from tongxin.photos.models import Photo
from tongxin.regions.queries import prefixes

from ..models import Finding, FindingQuerySet, SelfCheck
from ..models.findings import UNIT_ROLES, own_orgs

# Who orders, rechecks, writes off, groups: over the land where it lies.
OVERSEERS = frozenset({"officer", "inspector"})
# Who may put something into the register by hand.
REPORTERS = OVERSEERS | set("leader dispatcher verifier grid_worker cadre".split())


def may_oversee(actor, area: str) -> bool:
    """Say whether the actor orders and settles what lies in an area (a region's path)."""
    return not OVERSEERS.isdisjoint(roles_over(actor, area))


def overseen(rows: FindingQuerySet, actor) -> FindingQuerySet:
    """Return those the actor orders and settles."""
    return rows.filter(reach(actor, OVERSEERS))


def may_report(actor, area: str) -> bool:
    return not REPORTERS.isdisjoint(roles_over(actor, area))


def may_see_finder(actor, finding: Finding) -> bool:
    """Say whether the actor may know who found it: whoever oversees the place, and the finder.

    An officer of the unit itself does not: who is visited never learns who reported (house plan).
    """
    if finding.found_by_id is not None and finding.found_by_id == actor.pk:
        return True
    if named_with_own_unit(actor, finding):
        return False
    return not roles_over(actor, finding.area).isdisjoint(LAND_ROLES)


def named_with_own_unit(actor, finding: Finding) -> bool:
    """Say whether a unit the actor answers for is named; asks nothing where units are prefetched."""
    mine = own_orgs(actor)
    return bool(mine) and any(unit.org_id in mine for unit in finding.units.all())


def sees_photo(actor: User, photo: Photo) -> bool:
    """Say whether a photo belongs to a finding or self-check that the actor sees (photos' gate)."""
    return (
        Finding.objects.visible_to(actor)
        .filter(Q(pictures__photo=photo) | Q(payments__receipt=photo))
        .exists()
        or SelfCheck.objects.visible_to(actor).filter(pictures__photo=photo).exists()
    )


def reveals_photo(actor: User, photo: Photo) -> bool:
    """Say whether the actor may read where a photo was taken: an officer over the finding's place."""
    found = Finding.objects.visible_to(actor).filter(pictures__photo=photo).first()
    return found is not None and "officer" in roles_over(actor, found.area)


def people_of_org(org_id: int | None, on: date) -> list[User]:
    """Return those who answer for a unit on a day."""
    if org_id is None:
        return []
    posts = Post.objects.held_on(on).filter(org=org_id, role__in=UNIT_ROLES)
    return posts.people()


def overseers_of(area: str, on: date) -> list[User]:
    """Return the officers and inspectors nearest to a place: the street's, or else the district's."""
    posts = Post.objects.held_on(on).filter(
        role__in=OVERSEERS, region__path__in=list(prefixes(area))
    )
    rows = list(posts.annotate(depth=Length("region__path")).values_list("depth", "user"))
    nearest = max((depth for depth, _user in rows), default=0)
    ids = {user for depth, user in rows if depth == nearest}
    return list(User.objects.filter(pk__in=ids, is_active=True)) if ids else []
