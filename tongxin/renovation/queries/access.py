"""Who may do what with a place, and who sees its photos."""

from __future__ import annotations

from django.db.models import Q

from tongxin.accounts.models import User
from tongxin.orgs import scope
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.photos.models import Photo
from tongxin.regions.queries import Land

from ..models import CommandArea, Site
from ..models.campaigns import ISSUERS, OVERSEERS, READERS, REPORTERS


def sees_photo(actor: User, photo: Photo) -> bool:
    """Say whether a photo belongs to a place that the actor sees (photos' gate)."""
    return (
        Site.objects.visible_to(actor)
        .filter(Q(events__photos=photo) | Q(acceptances__photos=photo) | Q(visits__photos=photo))
        .exists()
    )


def own_lands(actor, inside: str) -> list[Land]:
    """Return what of a campaign's area is the actor's to read: all of it for who stands above."""
    return scope.own_lands(actor, READERS, inside=inside)


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
