"""Who is told of a village's report; whose photos are shown to whom."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.db.models.functions import Length

from tongxin.accounts.models import User
from tongxin.orgs.models import Post
from tongxin.orgs.scope import reach
from tongxin.photos.models import Photo
from tongxin.regions.queries import prefixes

from ..models import BuildSubsidy, IncomeEntry, VillageStage
from ..models.incomes import READERS


def verifiers_of(path: str, on: date) -> list[User]:
    """Return the officers and organisers nearest above a village: the street's, or the district's."""
    posts = Post.objects.held_on(on).filter(
        role__in=("officer", "organiser"), region__path__in=list(prefixes(path)),
        region__level__in=("street", "district", "city"),
    )  # fmt: skip
    rows = list(posts.annotate(depth=Length("region__path")).values_list("depth", "user"))
    nearest = max((depth for depth, _user in rows), default=0)
    ids = {user for depth, user in rows if depth == nearest}
    return list(User.objects.filter(pk__in=ids, is_active=True)) if ids else []


def sees_photo(actor: User, photo: Photo) -> bool:
    """Say whether a photo proves an income, a stage or a building the actor sees (photos' gate)."""

    subsidies = BuildSubsidy.objects.visible_to(actor)
    return (
        IncomeEntry.objects.visible_to(actor).filter(photos__photo=photo).exists()
        or subsidies.filter(Q(proof=photo) | Q(acceptance_proof=photo)).exists()
        or VillageStage.objects.filter(
            reach(actor, READERS, column="project__village__path"), photo=photo
        ).exists()
    )
