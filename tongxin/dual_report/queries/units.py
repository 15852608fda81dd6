"""Units that report: which may be chosen, how each stands, the draft of a pact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongxin.accounts.queries import sealer
from tongxin.kit.text import mask_phone
from tongxin.orgs.models import Org
from tongxin.orgs.scope import READERS, posts_of, unit_reach
from tongxin.regions.queries import Land, get_land, lands_of

from ..models import Pact, PactTask, UnitReport
from ..scope import desk_paths
from .coverage import OF_UNITS, resident_units
from .desk import NotAtDesk, land_of


@dataclass(frozen=True)
class Standing:
    """A unit's report and the pact that counts: the one in force, else the newest."""

    report: UnitReport
    pact: Pact | None
    tone: str
    words: str


def standing(report: UnitReport, on: date) -> Standing:
    """Say how a report with its prefetched pacts stands on a day."""
    pacts = sorted(report.pacts.all(), key=lambda pact: pact.pk, reverse=True)
    force = [p for p in pacts if p.is_signed and p.from_date <= on <= p.to_date]
    if report.state == UnitReport.State.FILED:
        return Standing(report, None, "waiting", report.get_state_display())
    if report.renew_by < on:
        return Standing(report, force[0] if force else None, "late", _("报到已到期"))
    if force:
        return Standing(report, force[0], "done", _("协议有效至 %s") % force[0].to_date)
    if pacts and not pacts[0].is_signed:
        return Standing(report, pacts[0], "verify", _("协议待签字"))
    if pacts:
        return Standing(report, pacts[0], "late", _("协议已到期"))
    return Standing(report, None, "waiting", _("还没有协议"))


@dataclass(frozen=True)
class OpenPact:
    """A pact with its tasks, and how it stands."""

    pact: Pact
    tasks: list[PactTask]
    tone: str
    words: str
    is_over: bool
    may_renew: bool


def pacts_of(report: UnitReport, on: date) -> list[OpenPact]:
    """Return the pacts of a report, newest first, each with its tasks. Two queries."""
    rows = report.pacts.select_related("unit_signed_by", "community_signed_by", "renewal")
    found = []
    for pact in rows.prefetch_related("tasks").order_by("-pk"):
        over = pact.to_date < on
        tone, words = ("done", _("有效")) if pact.is_signed else ("verify", _("待签字"))
        if over:
            tone, words = "idle", _("已到期")
        elif pact.is_signed and pact.from_date > on:
            tone, words = "waiting", _("未到生效日期")
        elif pact.is_signed and pact.to_date <= on + timedelta(days=30):
            tone, words = "waiting", _("快到期")
        may_renew = pact.is_signed and not hasattr(pact, "renewal")
        found.append(OpenPact(pact, list(pact.tasks.all()), tone, words, over, may_renew))
    return found


def draft_of(report: UnitReport, previous: Pact | None, on: date) -> dict[str, Any]:
    """Return what a draft begins with: the pact before, or the usual words (样例)."""
    start = max(on, previous.to_date + timedelta(days=1)) if previous else on
    names = {"unit": report.unit.name, "place": report.community.short_name}
    return {
        "title": previous.title if previous else _("%(unit)s与%(place)s共建协议") % names,
        "text": previous.text
        if previous
        else _(
            "（样例，请双方商定后修改）\n一、%(unit)s到%(place)s报到，共同开展党建和为民服务。\n"
            "二、单位提供场地、人员、专业等资源，每季度至少参加一次社区活动。\n"
            "三、社区提出需求，安排活动，反馈情况。\n四、双方每年商定任务清单，完成情况相互通报。"
        )
        % names,
        "from_date": start,
        "to_date": date(start.year + 1, start.month, min(start.day, 28)),
    }


def masked_phone(report: UnitReport) -> str:
    return mask_phone(sealer().open(report.phone_sealed)) if report.phone_sealed else ""


def land_for(actor, code: str) -> Land:
    """Return where a unit may report: the desk's land, or where the units the actor keeps sit.

    :raises NotAtDesk: for who has neither
    """
    if desk_paths(actor):
        return land_of(actor, code)
    seats = [lands_of(post.path)[-1] for post in posts_of(actor) if post.role in READERS]
    if not seats:
        raise NotAtDesk(_("单位报到由单位党组织书记或社区办理。"))
    return get_land(seats[0].id)


def choosable(actor, land: Land) -> QuerySet[Org]:
    """Return the party organisations of units in a place; only their own for who keeps registers."""
    if desk_paths(actor):
        return resident_units(land.path).order_by("name")
    rows = Org.objects.public().filter(kind=Org.Kind.PARTY, sector__in=OF_UNITS)
    return rows.filter(unit_reach(actor, READERS)).order_by("name")
