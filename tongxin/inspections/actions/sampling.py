"""Draws: made from a seed, kept with their frame and reason, done again only for a reason (双随机)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text

from ..models import Operation, SampledPerson, SampledSite, SamplingPlan, Site, SiteKind
from ..queries.drawing import Drawn, draw
from ..queries.impartial import conflicts
from .common import audit_name, key_of, locked, must_be, must_run

MOST_SITES = 2000
LEAST_REASON = 4


class NothingToDraw(Invalid):
    """No site of these kinds is registered on the land of the operation."""


class NotEnoughPeople(Invalid):
    """Too many must stay away from a site that was drawn."""


class BadDraw(Invalid):
    """The sizes of a draw are out of range, or a kind is none of ours."""


class AlreadyRedrawn(Refused):
    """A draw is done again once; then the later one counts."""


def frame_of(operation: Operation, kinds: Sequence[str]) -> list[Site]:
    """Return the open sites of the kinds on the operation's land, with what a conflict needs."""
    rows = Site.objects.open().filter(kind__in=kinds, region__path__under=operation.region.path)
    return list(rows.select_related("region", "org").order_by("code")[: MOST_SITES + 1])


def pool_of(operation: Operation) -> list[User]:
    """Return who is in the teams of the operation today."""
    rows = User.objects.filter(
        inspection_teams__team__operation=operation, inspection_teams__left_at=None
    )
    return list(rows.distinct().order_by("pk"))


@transaction.atomic
def draw_sample(
    *, operation: Operation, seed: str, kinds: Sequence[str], per_stratum: int, reason: str,
    by: User, at: datetime, per_site: int = 2, redraws: SamplingPlan | None = None,
    redraw_reason: str = "", key: str = "",
) -> SamplingPlan:  # fmt: skip
    """Draw sites by kind and street, and people for each; conflicts of interest stay out.

    With `redraws` it takes the place of an earlier draw, for a reason; both stay to be read.
    :raises NotYours, WrongState, BadDraw, NothingToDraw, NotEnoughPeople, AlreadyRedrawn:
    """
    kept = key_of(by, key)
    if kept and (made := SamplingPlan.objects.filter(key=kept).first()):
        return made
    row = locked(operation)
    must_run(by, row)
    must_be(row, "approved", "running")
    seed = clean_text(seed, limit=40, field_label=_("随机种子"), required=True)
    reason = clean_text(reason, limit=300, field_label=_("抽样说明"), required=True)
    _check_sizes(kinds, per_stratum, per_site)
    why = _check_redraw(row, redraws, redraw_reason, seed)
    sites = frame_of(row, kinds)
    if not sites:
        raise NothingToDraw(_("监督范围内没有登记这些类型的点位。"), field="kinds")
    if len(sites) > MOST_SITES:
        raise BadDraw(_("点位超过 %d 个，请分类型抽取。") % MOST_SITES, field="kinds")
    people = pool_of(row)
    barred: dict[str, dict[str, str]] = {}
    by_pk = {site.pk: site for site in sites}
    for (site, user), words in conflicts(people, sites, localdate(at)).items():
        barred.setdefault(by_pk[site].code, {})[str(user)] = words
    frame = [(site.code, f"{site.kind}|{site.street_path}") for site in sites]
    pool = [user.pk for user in people]
    found = draw(
        seed=seed, frame=frame, per_stratum=per_stratum, pool=pool, barred=barred,
        per_site=per_site,
    )  # fmt: skip
    _must_suffice(found, per_site, {site.code: site for site in sites}, barred)
    plan = SamplingPlan.objects.create(
        operation=row, seed=seed, kinds=list(kinds), per_stratum=per_stratum, per_site=per_site,
        reason=reason, frame=frame, pool=pool, barred=barred, redraws=redraws, redraw_reason=why,
        by=by, at=at, key=kept,
    )  # fmt: skip
    _write(plan, found, {site.code: site.pk for site in sites})
    audit(
        actor=by, action="inspection.redraw" if redraws else "inspection.draw", object=audit_name(row),
        at=at, reason=why or reason, detail={"seed": seed, "sites": len(found.sites)},
    )  # fmt: skip
    return plan


def _check_sizes(kinds: Sequence[str], per_stratum: int, per_site: int) -> None:
    if not kinds or any(kind not in SiteKind.values for kind in kinds):
        raise BadDraw(_("请选择点位类型。"), field="kinds")
    if not 1 <= per_stratum <= 50:
        raise BadDraw(_("每类每街镇抽 1 到 50 个点位。"), field="per_stratum")
    if not 1 <= per_site <= 10:
        raise BadDraw(_("每个点位抽 1 到 10 人。"), field="per_site")


def _check_redraw(operation: Operation, before: SamplingPlan | None, reason: str, seed: str) -> str:
    if before is None:
        return ""
    if before.operation_id != operation.pk or SamplingPlan.objects.filter(redraws=before).exists():
        raise AlreadyRedrawn(_("这次抽样已经重抽过，请在最新一次上重抽。"))
    why = clean_text(reason, limit=300, field_label=_("重抽原因"), required=True)
    if len(why) < LEAST_REASON:
        raise BadDraw(_("请写明重抽原因，至少 %d 个字。") % LEAST_REASON, field="redraw_reason")
    if seed == before.seed:
        raise BadDraw(_("重抽要换一个随机种子，否则结果不变。"), field="seed")
    return why


def _must_suffice(
    found: Drawn, per_site: int, sites: dict[str, Site], barred: dict[str, dict[str, str]]
) -> None:
    for code, people in found.people.items():
        if len(people) < per_site:
            words = {"site": sites[code].name, "n": per_site, "away": len(barred.get(code, {}))}
            raise NotEnoughPeople(
                _("%(site)s需要 %(n)d 人，%(away)d 人应当回避，人手不够。") % words,
                field="per_site",
                remedy=_("请增加监督组人员，或减少每个点位的人数。"),
            )


def _write(plan: SamplingPlan, found: Drawn, ids: dict[str, int]) -> None:
    rows = SampledSite.objects.bulk_create(
        SampledSite(plan=plan, site_id=ids[code], stratum=stratum, order=n)
        for n, (code, stratum) in enumerate(found.sites, start=1)
    )
    codes = [code for code, _stratum in found.sites]
    SampledPerson.objects.bulk_create(
        SampledPerson(row=row, user_id=user)
        for row, code in zip(rows, codes, strict=True)
        for user in found.people[code]
    )
