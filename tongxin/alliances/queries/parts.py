"""Who may do what: keepers of an alliance, those at a desk, the owner, a department, a park."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value

from tongxin.orgs.scope import posts_of, roles_over

from ..models import Alliance, AllianceProject, ApprovalItem, DeskMember, Dossier, Enterprise, Park
from ..models.alliances import own_orgs

# Offices in the convening organisation that keep an alliance.
KEEPING = frozenset({"officer", "secretary", "organiser", "handler"})
PARK_KEEPING = frozenset({"officer", "secretary", "organiser", "handler", "dispatcher"})


def _works_in(actor: Any, org_id: int | None, roles: frozenset[str]) -> bool:
    return any(post.org_id == org_id and post.role in roles for post in posts_of(actor))


def keeps_alliance(actor: Any, alliance: Alliance) -> bool:
    """Say whether the actor keeps it: officer over its land, or at work in the convening unit."""
    if "officer" in roles_over(actor, alliance.region.path):
        return True
    return _works_in(actor, alliance.convenor_id, KEEPING)


def runs_project(actor: Any, project: AllianceProject) -> bool:
    """Say whether the actor carries a project: at its desk, or keeping the alliance."""
    if actor.pk and project.desk.head_id == actor.pk:
        return True
    if keeps_alliance(actor, project.alliance):
        return True
    known = vars(project).get("seats_asked")
    if known is not None and known == actor.pk:
        return bool(vars(project)["has_seat"])
    return DeskMember.objects.filter(desk=project.desk_id, user=actor.pk, to_on=None).exists()


def with_seat(projects: QuerySet[AllianceProject], actor: Any) -> QuerySet[AllianceProject]:
    """Return the projects with whether the actor sits at their desk, as `runs_project` reads it."""
    seats = DeskMember.objects.filter(desk=OuterRef("desk"), user=actor.pk, to_on=None)
    return projects.annotate(has_seat=Exists(seats), seats_asked=Value(actor.pk))


def speaks_for(actor: Any, project: AllianceProject) -> bool:
    """Say whether the actor speaks for the owner of a project."""
    return bool(actor.pk) and (
        project.contact_id == actor.pk or project.owner_id in own_orgs(actor)
    )


def keeps_dossier(actor: Any, dossier: Dossier) -> bool:
    if dossier.project is not None:
        return runs_project(actor, dossier.project)
    if "officer" in roles_over(actor, dossier.region.path):
        return True
    return _works_in(actor, dossier.keeper_id, PARK_KEEPING)


def decides(actor: Any, item: ApprovalItem) -> bool:
    """Say whether the actor may register what became of an approval: its department, the keeper."""
    if item.department_id is not None and item.department_id in own_orgs(actor):
        return True
    return keeps_dossier(actor, item.dossier)


def keeps_park(actor: Any, park: Park) -> bool:
    if actor.pk and park.manager_id == actor.pk:
        return True
    if "officer" in roles_over(actor, park.region.path):
        return True
    return _works_in(actor, park.operator_id, PARK_KEEPING) or _works_in(
        actor, park.branch_id, PARK_KEEPING
    )


def keeps_some(actor: Any) -> dict[str, bool]:
    """Say whether the actor keeps any alliance, any park: asked once a request, two queries.

    An officer may found either; others keep those of their units.
    """
    known = actor.__dict__.get("_keeps_some")
    if known is None:
        posts = [post for post in posts_of(actor) if post.role in PARK_KEEPING]
        orgs = [post.org_id for post in posts]
        officer = any(post.role == "officer" for post in posts)
        keeping = [post.org_id for post in posts if post.role in KEEPING]
        alliances = Alliance.objects.filter(ended_on=None, convenor__in=keeping)
        parks = Park.objects.filter(closed_on=None).filter(
            Q(manager=actor.pk) | Q(operator__in=orgs) | Q(branch__in=orgs)
        )
        known = actor.__dict__["_keeps_some"] = {
            "alliance": officer or (bool(keeping) and alliances.exists()),
            "park": officer or parks.exists(),
        }
    return known


def speaks_for_enterprise(actor: Any, enterprise: Enterprise) -> bool:
    if not actor.pk:
        return False
    own = enterprise.org_id is not None and enterprise.org_id in own_orgs(actor)
    return enterprise.contact_id == actor.pk or own
