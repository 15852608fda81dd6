"""What holds a place up, carried up until it is solved; and what each department does for it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.cases.actions import open_case
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region

from ..models import Difficulty, Site, SitePart
from ..models.campaigns import ISSUERS, OVERSEERS, REPORTERS
from .common import hold_site, must_hold, note, past
from .plans import plan_url

LADDER = (Difficulty.Level.STREET, Difficulty.Level.DISTRICT, Difficulty.Level.CITY)


class BadTrouble(Invalid):
    """A difficulty needs its kind and words."""


class AlreadySolved(Refused):
    """It was solved; it is neither solved again nor carried up."""


class NoHigher(Refused):
    """There is no level above that takes part in this campaign."""


class BadPart(Invalid):
    """A department's part needs words, a day within the campaign, and a department of the land."""


@transaction.atomic
def raise_difficulty(site: Site, *, kind: str, text: str, by: User, at: datetime) -> Difficulty:
    """Say what holds a place up: land, funds … (S1.24); the street is told first."""
    site = hold_site(site)
    must_hold(by, REPORTERS, site.path, what=_("上报这里的难点"))
    if kind not in Difficulty.Kind.values:
        raise BadTrouble(_("请选择难点类别。"), field="kind")
    made = Difficulty.objects.create(
        site=site, kind=kind, raised_by=by, raised_at=at,
        text=clean_text(text, limit=300, field_label=_("难点"), required=True),
    )  # fmt: skip
    words = f"{made.get_kind_display()}：{made.text}"
    note(site, "trouble", words, on=localdate(at), by=by, at=at)
    _tell_level(made, site, at)
    return made


def _tell_level(row: Difficulty, site: Site, at: datetime) -> None:
    path = site.region.ancestor_path(row.level)
    posts = Post.objects.held_on(localdate(at)).filter(role__in=ISSUERS, region__path=path)
    people = User.objects.filter(pk__in=posts.values("user"), is_active=True)
    tell(
        users=people, title=_("改造难点待协调"), text=f"{site.name}：{row.text}", url=plan_url(site),
        key=f"renovation-trouble:{row.pk}:{row.level}", at=at,
    )  # fmt: skip


@transaction.atomic
def escalate(row: Difficulty, *, by: User, at: datetime) -> Difficulty:
    """Carry a difficulty one level up. :raises AlreadySolved, NoHigher:"""
    site = hold_site(row.site)
    must_hold(by, OVERSEERS, site.path, what=_("提级协调这里的难点"))
    return lift(Difficulty.objects.select_for_update().get(pk=row.pk), site, by=by, at=at)


def lift(row: Difficulty, site: Site, *, by: User | None, at: datetime) -> Difficulty:
    """Carry a locked difficulty up and tell the level above."""
    if row.solved_on:
        raise AlreadySolved(_("这个难点已解决。"))
    place = LADDER.index(Difficulty.Level(row.level)) + 1
    tops = {Region.Level.CITY: 2, Region.Level.DISTRICT: 1, Region.Level.STREET: 0}
    if place > tops.get(Region.Level(site.campaign.region.level), 0):
        raise NoHigher(_("已是本次改造的最高协调层级。"))
    row.level, row.escalated_at = LADDER[place], at
    row.save(update_fields=["level", "escalated_at"])
    words = _("难点提级到%s：") % row.get_level_display() + row.text
    note(site, "trouble", words, on=localdate(at), by=by, at=at)
    _tell_level(row, site, at)
    return row


@transaction.atomic
def solve_difficulty(
    row: Difficulty, *, solution: str, on: date, by: User, at: datetime
) -> Difficulty:
    """Write down how a difficulty was solved. :raises AlreadySolved:"""
    site = hold_site(row.site)
    must_hold(by, ISSUERS, site.path, what=_("登记难点的解决"))
    row = Difficulty.objects.select_for_update().get(pk=row.pk)
    if row.solved_on:
        raise AlreadySolved(_("这个难点已解决。"))
    row.solution = clean_text(solution, limit=300, field_label=_("解决办法"), required=True)
    row.solved_on, row.solved_by = past(on, at, since=localdate(row.raised_at)), by
    row.save()
    note(site, "trouble", _("难点解决：%s") % row.solution, on=on, by=by, at=at)
    return row


@transaction.atomic
def give_part(
    site: Site, *, org: Org, what: str, due_on: date, by: User, at: datetime, data: Any = None
) -> SitePart:
    """Give a department its part in a place's plan (S1.42): a case that it accepts, does, and has checked.

    :raises BadPart: for a day past the campaign's last, no words, or an organisation of other land
    """
    site = hold_site(site)
    must_hold(by, (*ISSUERS, "leader"), site.path, what=_("交办部门任务"))
    return open_part(site, org=org, what=what, due_on=due_on, by=by, at=at, data=data)


def open_part(
    site: Site, *, org: Org, what: str, due_on: date, by: User, at: datetime, data: Any = None
) -> SitePart:
    """Open the case of a part of a locked place."""
    what = clean_text(what, limit=200, field_label=_("任务"), required=True)
    today, final = localdate(at), site.campaign.final_on
    if not today <= due_on <= final:
        raise BadPart(_("期限应在今天到 %s 之间。") % final, field="due_on")
    if org.kind not in (Org.Kind.DEPARTMENT, Org.Kind.GOVERNMENT, Org.Kind.PARTY) or not (
        site.path.startswith(org.region.path)
    ):
        raise BadPart(_("请选择管这里的部门。"), field="org")

    def also(case: Case) -> None:
        SitePart.objects.create(case=case, site=site, org=org, what=what, due_on=due_on)

    title = f"{site.name} · {what}"[:100]
    case = open_case(
        kind="site_part", title=title, text=what, region=site.region, at=at, actor=by,
        handler=org, also=also, data={"site": site.pk, "due_on": str(due_on), **(data or {})},
    )  # fmt: skip
    words = _("交办%(org)s：%(what)s（%(day)s 前）") % {
        "org": org.name,
        "what": what,
        "day": due_on,
    }
    note(site, "plan", words, on=today, by=by, at=at)
    return case.site_part
