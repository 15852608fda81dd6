"""Rooms are suggested for places that lack area; a person confirms, changes or drops each (S1.32)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.geo import distance_m
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Holding, Match, MatchRun, RenovationCampaign, Site
from ..models.campaigns import ISSUERS
from ..queries.solving import Gap, Pair, Room, solve
from .common import hold_campaign, hold_site, may_decide, must_hold
from .sites import grow_to

MOST_METRES = 20_000
GIVABLE = (Holding.Ledger.STOCK, Holding.Ledger.ANCILLARY)


class BadMatch(Invalid):
    """A match needs a checked stock or ancillary room and a place that counts."""


class RoomGiven(Refused):
    """The room was given to a place already."""


class AlreadyDecided(Refused):
    """The suggestion was confirmed or dropped."""


@transaction.atomic
def suggest_matches(
    campaign: RenovationCampaign, *, region: Region, by: User, at: datetime, most_m: int = 1500
) -> MatchRun:
    """Let the solver suggest which checked rooms of an area go to which places; nothing is given yet.

    Suggestions of an earlier run there that nobody decided are dropped.
    :raises BadMatch: for an area outside the campaign or a distance that cannot be
    """
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, region.path, what=_("匹配这里的房源"))
    if not region.path.startswith(campaign.region.path):
        raise BadMatch(_("范围应在本次改造之内。"), field="region")
    if not 0 < most_m <= MOST_METRES:
        raise BadMatch(_("最远距离应在 1 到 %d 米之间。") % MOST_METRES, field="most_m")
    sites = {
        site.pk: site
        for site in campaign.sites.base().filter(path__under=region.path, number=None).order_by("path")
    }  # fmt: skip
    rooms = {
        row.pk: row
        for row in Holding.objects.filter(
            ledger__in=GIVABLE, state=Holding.State.CHECKED, region__path__under=region.path
        ).order_by("pk")
    }
    found = solve(
        [Room(row.pk, row.region_id, row.area_m2, row.cost_fen, row.lng, row.lat) for row in rooms.values()],
        [Gap(site.pk, site.region_id, site.short_m2, site.lng, site.lat) for site in sites.values()],
        most_m,
    )  # fmt: skip
    Match.objects.filter(state="suggested", site__in=list(sites)).update(
        state="dropped", decided_at=at
    )
    short = sum(site.short_m2 for site in sites.values())
    run = MatchRun.objects.create(
        campaign=campaign, region=region, most_m=most_m, short_before=short,
        short_after=short - found.covered_m2, is_optimal=found.is_optimal, by=by, at=at,
    )  # fmt: skip
    Match.objects.bulk_create(
        Match(run=run, holding_id=pair.room.id, site_id=pair.gap.id, distance_m=pair.distance_m, why=why_of(pair))
        for pair in found.pairs
    )  # fmt: skip
    return run


def why_of(pair: Pair) -> str:
    """Say in a sentence why a room was suggested for a place."""
    near = _("同社区") if pair.room.region_id == pair.gap.region_id else _("相邻社区")
    if pair.distance_m is not None:
        near = _("%(near)s，相距 %(m)d 米") % {"near": near, "m": pair.distance_m}
    words = {"near": near, "area": pair.room.area_m2, "short": pair.gap.short_m2}
    if pair.room.area_m2 >= pair.gap.short_m2:
        return _("%(near)s；%(area)d 平方米，单独就能补足缺口 %(short)d 平方米") % words
    return _("%(near)s；%(area)d 平方米，补上缺口 %(short)d 平方米的一部分") % words


def _give(holding: Holding, site: Site, match: Match, *, by: User, at: datetime) -> Match:
    """Give a locked room to a locked place."""
    if holding.ledger not in GIVABLE:
        raise BadMatch(_("只有库存房源和配套用房可以调配。"), field="holding")
    if holding.state == Holding.State.GIVEN:
        taken = holding.matches.filter(state="confirmed").select_related("site").first()
        raise RoomGiven(
            _("“%(room)s”已调配给%(site)s。") % {"room": holding.name, "site": taken.site if taken else ""},
            remedy=_("请另选房源，或重新匹配。"),
        )  # fmt: skip
    if holding.state != Holding.State.CHECKED:
        raise BadMatch(_("“%s”还没有复核一致，不能调配。") % holding.name, field="holding")
    if site.state in (Site.State.EXEMPT, *Site.DONE):
        raise BadMatch(_("%s不用调配房源。") % site.name, field="site")
    match.state, match.decided_by, match.decided_at = "confirmed", by, at
    try:
        with transaction.atomic():
            match.save()
    except IntegrityError as error:
        raise RoomGiven(_("“%s”刚刚被调配给了别处。") % holding.name) from error
    holding.state = Holding.State.GIVEN
    holding.save(update_fields=["state"])
    reason = _("调配“%(room)s”%(area)d 平方米") % {"room": holding.name, "area": holding.area_m2}
    grow_to(site, site.area_m2 + holding.area_m2, reason, by=by, at=at)
    return match


def _must_match(by: User, site: Site) -> None:
    if roles_over(by, site.path).isdisjoint(ISSUERS) and not may_decide(by, site, "match"):
        raise NotPermitted(_("房源调配由街镇、区的管理员或得到授权的战区指挥长确认。"))


def _room(pk: int) -> Holding:
    rows = Holding.objects.select_for_update(of=("self",)).select_related("region")
    return rows.get(pk=pk)


@transaction.atomic
def confirm_match(match: Match, *, by: User, at: datetime, site: Site | None = None) -> Match:
    """Give the suggested room: to the place it was suggested for, or to another (`site`).

    :raises AlreadyDecided, RoomGiven, BadMatch:
    """
    other = site is not None and site.pk != match.site_id
    target = hold_site(site if site is not None else match.site)
    _must_match(by, target)
    match = Match.objects.select_for_update(of=("self",)).get(pk=match.pk)
    if match.state != Match.State.SUGGESTED:
        raise AlreadyDecided(_("这条匹配已处理。"))
    if other:
        match.state, match.decided_by, match.decided_at = "dropped", by, at
        match.save()
        match = Match(run_id=match.run_id, holding_id=match.holding_id, site=target, why=_("人工调整"))  # fmt: skip
    return _give(_room(match.holding_id), target, match, by=by, at=at)


@transaction.atomic
def give_room(holding: Holding, *, site: Site, reason: str, by: User, at: datetime) -> Match:
    """Give a room to a place by hand. :raises RoomGiven, BadMatch:"""
    target = hold_site(site)
    _must_match(by, target)
    holding = _room(holding.pk)
    if not holding.region.path.startswith(target.campaign.region.path):
        raise BadMatch(_("房源应在本次改造范围内。"), field="holding")
    metres = None
    if None not in (holding.lng, holding.lat, target.lng, target.lat):
        metres = round(distance_m(holding.lng, holding.lat, target.lng, target.lat))  # type: ignore[arg-type]
    why = clean_text(reason, limit=300, field_label=_("理由"), required=True)
    match = Match(holding=holding, site=target, distance_m=metres, why=why)
    return _give(holding, target, match, by=by, at=at)


@transaction.atomic
def drop_match(match: Match, *, by: User, at: datetime) -> Match:
    """Drop a suggestion. :raises AlreadyDecided:"""
    site = hold_site(match.site)
    _must_match(by, site)
    match = Match.objects.select_for_update(of=("self",)).get(pk=match.pk)
    if match.state != Match.State.SUGGESTED:
        raise AlreadyDecided(_("这条匹配已处理。"))
    match.state, match.decided_by, match.decided_at = "dropped", by, at
    match.save()
    return match
