"""Who leads, who overlooks, who does: the posts behind every table of this app."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.queries import prefixes

# Who gives tasks out and accepts them; who keeps the registers of promises, duties, problems.
LEADS = ("officer", "organiser")
OVERSEERS = ("officer", "leader", "inspector", "organiser")
PARTY = ("secretary", "commissioner", "organiser", "first_secretary")
WORKERS = (*OVERSEERS, *PARTY, "handler", "dispatcher", "verifier", "team_leader", "cadre")


class Field(models.TextChoices):
    """Fields that tasks, targets and plans are told apart by (分领域): those of orgs, and matters."""

    PARTY = "party", _("党的建设")
    GOVERNANCE = "governance", _("基层治理")
    LIVELIHOOD = "livelihood", _("民生保障")
    INDUSTRY = "industry", _("产业发展")
    URBAN = "urban", _("城市建设")
    ECOLOGY = "ecology", _("生态环境")
    RURAL = "rural", _("乡村振兴")
    SAFETY = "safety", _("平安法治")
    REFORM = "reform", _("改革开放")
    CULTURE = "culture", _("文化文明")
    OTHER = "other", _("其他")


def amount(label, **more) -> models.DecimalField:
    return models.DecimalField(label, max_digits=14, decimal_places=2, **more)


def own_orgs(actor) -> set[int]:
    """Return the organisations the actor works in."""
    return {post.org_id for post in posts_of(actor) if post.role in WORKERS}


def land_above(actor, roles: Iterable[str] = WORKERS) -> set[str]:
    """Return the paths of the lands on which the actor works, and of all above them."""
    paths = {post.path for post in posts_of(actor) if post.role in tuple(roles)}
    return {prefix for path in paths for prefix in prefixes(path)}


def of_org(actor, to: str = "org") -> Q:
    """Return the rows of organisations the actor works in, or whose land they overlook or lead."""
    over = reach(actor, (*OVERSEERS, *PARTY), column=f"{to}__region__path")
    return Q(**{f"{to}__in": own_orgs(actor)}) | over


def org_key(label, **more) -> models.ForeignKey:
    return models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=label, **more)
