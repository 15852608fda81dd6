"""Bodies: who convenes them, who chairs, who sits there, who could."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, Count, Q, QuerySet, When
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.dual_report.models import UnitReport
from tongxin.dual_report.scope import LEADING, TERRITORIAL
from tongxin.orgs.models import JointMember, Org, Post, UnitKind
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes, world

from ..models import BodyMember, BodyRule, Charter, ConferenceBody

# Which kind of unit leads land, the first first.
RANKS = (
    UnitKind.WORK_COMMITTEE, UnitKind.COMMITTEE, UnitKind.GENERAL_BRANCH, UnitKind.JOINT_COMMITTEE,
    UnitKind.BRANCH,
)  # fmt: skip


def conveners(path: str) -> dict[int, Org]:
    """Return the Party unit that leads each piece of land under a path: {region id: unit}.

    The committee that stands highest; in a village without one its branch.
    """
    rows = Org.objects.units().filter(
        region__path__under=path, unit_kind__in=(*LEADING, UnitKind.BRANCH), sector__in=TERRITORIAL
    )
    found: dict[int, Org] = {}

    def order(unit: Org) -> tuple[int, int, int]:
        return unit.path.count("/"), RANKS.index(UnitKind(unit.unit_kind)), unit.pk

    for unit in sorted(rows, key=order, reverse=True):
        found[unit.region_id] = unit
    return found


class Chair(NamedTuple):
    """Who chairs a body: the secretary of the committee that convenes it (S3.28, S3.33)."""

    user: User | None
    why: str


def chairs_of(bodies: Iterable[ConferenceBody], on: date) -> dict[int, Chair]:
    """Return the chair of each body on a day, or why there is none. One query."""
    bodies = list(bodies)
    posts = Post.objects.held_on(on).filter(
        org__in=[body.org_id for body in bodies if body.org_id], role="secretary"
    )
    holders = {post.org_id: post.user for post in posts.select_related("user").order_by("-pk")}
    found = {}
    for body in bodies:
        user = holders.get(body.org_id) if body.org_id else None
        if body.org_id is None:
            why = _("这里没有可以召集的党组织")
        elif user is None:
            why = _("%s没有在任书记") % (body.org.name if body.org else "")
        else:
            why = _("%s书记") % (body.org.name if body.org else "")
        found[body.pk] = Chair(user, why)
    return found


def charter_on(body: ConferenceBody, on: date) -> Charter | None:
    return body.charters.filter(effective_from__lte=on).order_by("-effective_from").first()


def rule_of(body: ConferenceBody, on: date) -> BodyRule | None:
    return BodyRule.objects.in_force(body.level, on)


def seats_on(body: ConferenceBody, on: date) -> list[BodyMember]:
    """Return who sits in a body on a day, by kind."""
    rows = body.members.seated_on(on).select_related("kind", "org", "representative")
    return list(rows.order_by("kind__seq", "pk"))


class Candidate(NamedTuple):
    """A unit that could sit in a body, with what speaks for it."""

    org: Org
    kind: str
    why: str


def candidates(body: ConferenceBody, on: date, most: int = 40) -> list[Candidate]:
    """Return units of the land that could sit in a body and do not, the weightiest first (S3.29).

    Of a community: units that reported to it, and its branches. Of a street: units that sit in its
    joint committee, reported in one of its communities, and the committees of its communities.
    """
    path = body.region.path
    seated = set(body.members.seated_on(on).values_list("org_id", flat=True))
    weights: dict[int, tuple[int, str, str]] = {}
    reports = UnitReport.objects.filter(community__path__under=path, state="confirmed")
    counted = reports.values_list("unit", "unit__sector").annotate(n=Count("pk")).order_by()
    for unit, sector, n in counted:
        kind = "new_sector" if sector in ("private_firm", "social_org") else "resident_unit"
        weights[unit] = (20 + n, kind, _("已向 %d 个社区报到") % n)
    for seat in JointMember.objects.filter(
        committee__region__path__under=path, to_date=None
    ).select_related("committee"):
        words = _("任%(committee)s%(duty)s") % {
            "committee": seat.committee.name, "duty": seat.get_duty_display(),
        }  # fmt: skip
        kind = "central_city" if body.level == "street" else "resident_unit"
        weights[seat.origin_id] = (40, kind, words)
    below = Org.objects.units().filter(region__path__under=path)
    if body.org_id is not None:
        below = below.exclude(pk=body.org_id)
    if body.level == Region.Level.COMMUNITY:
        below = below.filter(unit_kind__in=("branch", "general_branch"), sector__in=TERRITORIAL)
        kind, words = "branch", _("辖区党支部")
    else:
        below = below.filter(unit_kind="committee", sector__in=("community", "village"))
        kind, words = "community_party", _("社区党组织")
    known = {org.pk: org for org in below.order_by("path")[:most]}
    for pk in known:
        weights.setdefault(pk, (10, kind, words))
    wanted = {pk: one for pk, one in weights.items() if pk not in seated}
    others = Org.objects.public().in_bulk(wanted.keys() - known.keys())
    orgs = others | {pk: org for pk, org in known.items() if pk in wanted}
    ordered = sorted(orgs.values(), key=lambda org: (-wanted[org.pk][0], org.path))
    return [Candidate(org, *wanted[org.pk][1:]) for org in ordered[:most]]


def coverage(path: str) -> dict[str, Any]:
    """Return how many streets and communities of land have a body, and which have none (S3.36)."""
    bodies = ConferenceBody.objects.standing().filter(region__path__under=path)
    have = dict(bodies.values_list("region_id", "org_id"))
    told: dict[str, Any] = defaultdict(int)
    missing = []
    for land in world().lands:
        if land.level not in ("street", "community") or not land.path.startswith(path):
            continue
        told[f"{land.level}s"] += 1
        if land.id in have:
            told[f"{land.level}_bodies"] += 1
        else:
            missing.append(land.name)
    return {
        "streets": told["streets"], "communities": told["communitys"],
        "street_bodies": told["street_bodies"], "community_bodies": told["community_bodies"],
        "bodies": told["street_bodies"] + told["community_bodies"], "missing": missing,
        "without_convener": sum(1 for org in have.values() if org is None),
    }  # fmt: skip


def linked_units(path: str) -> dict[str, int]:
    """Return what the bodies of land link (S3.35): seats, units that reported in, with a pact."""
    seats = BodyMember.objects.filter(body__region__path__under=path, to_date=None)
    reports = UnitReport.objects.filter(community__path__under=path, state="confirmed")
    return {
        "seats": seats.count(),
        "units": seats.values("name").distinct().count(),
        "reported": reports.values("unit").distinct().count(),
        "with_pact": reports.filter(
            pacts__unit_signed_at__isnull=False, pacts__community_signed_at__isnull=False
        ).values("unit").distinct().count(),
    }  # fmt: skip


def may_sit(body: ConferenceBody) -> Q:
    """Return the organisations that may be named as members of a body: of its land, or above it."""
    above = prefixes(body.region.path)
    return Q(region__path__under=body.region.path) | Q(region__path__in=above)


def may_convene(body: ConferenceBody) -> QuerySet[Org]:
    """Return the Party units that may convene a body, those that lead land first."""
    rows = Org.objects.public().filter(may_sit(body), kind=Org.Kind.PARTY)
    leads = Case(When(unit_kind__in=LEADING, then=0), default=1)
    return rows.order_by(leads, "path", "pk")
