"""Who may do what with a place, and who sees its photos."""

from __future__ import annotations

from django.db.models import Q

from tongxin.accounts.models import User
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.photos.models import Photo
from tongxin.regions.queries import Land, world

from ..models import CommandArea, Site
from ..models.campaigns import ISSUERS, OVERSEERS, READERS, REPORTERS


def sees_photo(actor: User, photo: Photo) -> bool:
    """Say whether a photo belongs to a place that the actor sees (photos' gate)."""
    return (
        Site.objects.visible_to(actor)
        .filter(Q(events__photos=photo) | Q(acceptances__photos=photo) | Q(visits__photos=photo))
        .exists()
    )


def own_paths(actor) -> tuple[str, ...]:
    """Return the lands of the actor's posts that read here, the widest, none inside another."""
    paths = sorted({post.path for post in posts_of(actor) if post.role in READERS}, key=len)
    return tuple(
        path for n, path in enumerate(paths) if not any(path.startswith(p) for p in paths[:n])
    )


def own_lands(actor, inside: str) -> list[Land]:
    """Return the actor's lands within an area: the area itself if a post is above it."""
    by_path = world().by_path
    found = []
    for path in own_paths(actor):
        if inside.startswith(path):
            return [by_path[inside]] if inside in by_path else []
        if path.startswith(inside) and path in by_path:
            found.append(by_path[path])
    return found


MAY = {
    "report": REPORTERS,
    "plan": ("officer", "secretary", "first_secretary"),
    "oversee": OVERSEERS,
    "issue": ISSUERS,
    "accept": ("officer", "inspector"),
    "decide_plan": ("secretary", "organiser", "commissioner"),
}


def may_on(actor, site: Site) -> set[str]:
    """Return what the actor may do at a place read `in_full`: words of MAY, "walk" in a research team,
    and "decide_slip", "decide_match" …"""
    roles = roles_over(actor, site.path)
    found = {word for word, holders in MAY.items() if roles & set(holders)}
    if getattr(site, "walks", False):
        found.add("walk")
    whole = site.campaign.region.path
    if any(post.role in ISSUERS and whole.startswith(post.path) for post in posts_of(actor)):
        return found | {f"decide_{power}" for power in CommandArea.DELEGATED}
    if "secretary" in roles:  # only a committee's secretary commands an area
        areas = CommandArea.objects.filter(campaign=site.campaign_id, head=actor.pk)
        for area in areas.select_related("region"):
            if site.path.startswith(area.region.path):
                found |= {f"decide_{power}" for power in area.powers}
    return found
