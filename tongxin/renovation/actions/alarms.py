"""The worker tells people what is late and lifts what nobody solved (S1.20, S1.24)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Post
from tongxin.regions.models import DEPTH

from ..models import Charge, Difficulty, RenovationCampaign
from ..queries.alarms import alarms_of
from ..queries.board import board_of
from .common import hold_site
from .troubles import lift

LIFT_AFTER = timedelta(days=14)  # an open difficulty goes up by itself
RUNNING = RenovationCampaign.State.RUNNING


def alarms_due(*, at: datetime, limit: int = 50) -> int:
    """Tell each street's officers once a week how many places of theirs lag, and leaders in charge
    which; lift difficulties that stayed open a fortnight. Safe beside itself: keys, row locks."""
    done = 0
    for campaign in RenovationCampaign.objects.filter(state=RUNNING).select_related("region"):
        done += _tell_lagging(campaign, at)
    return done + _lift_old(at, limit)


def _tell_lagging(campaign: RenovationCampaign, at: datetime) -> int:
    today = localdate(at)
    week = f"{today.isocalendar().year}w{today.isocalendar().week}"
    found = alarms_of(campaign, board_of(campaign, today), campaign.region.path)
    by_street: dict[str, list] = defaultdict(list)
    for alarm in found:
        by_street["/".join(alarm.path.split("/")[: DEPTH["street"]]) + "/"].append(alarm)
    if not by_street:
        return 0
    officers: dict[str, list[User]] = defaultdict(list)
    posts = Post.objects.held_on(today).filter(role="officer", region__path__in=list(by_street))
    for post in posts.select_related("user", "region"):
        officers[post.region.path].append(post.user)
    for path, alarms in by_street.items():
        text = _("%(n)d 个点位要督促，最急的是%(name)s：%(text)s") % {
            "n": len(alarms), "name": alarms[0].name, "text": alarms[0].text}  # fmt: skip
        tell(
            users=officers[path], title=_("改造进度质量提醒"), text=text, at=at,
            url=f"/renovation/{campaign.pk}/alarms/", key=f"renovation:{campaign.pk}:{week}:{path}"[:80],
        )  # fmt: skip
    ids = {alarm.site_id: alarm for alarm in found}
    charges = Charge.objects.filter(site__in=list(ids), to_on=None).select_related("leader")
    for row in charges:
        alarm = ids[row.site_id]
        tell(
            users=[row.leader], title=_("您包保的点位要督促"), text=f"{alarm.name}：{alarm.text}", at=at,
            url=f"/renovation/sites/{row.site_id}/", key=f"renovation:{week}:{row.site_id}",
        )  # fmt: skip
    return 0  # told once: a second round finds nothing to do


def _lift_old(at: datetime, limit: int) -> int:
    rows = Difficulty.objects.filter(
        solved_on=None, site__campaign__state=RUNNING, raised_at__lte=at - LIFT_AFTER
    ).exclude(escalated_at__gt=at - LIFT_AFTER)
    done = 0
    for row in rows.select_related("site__campaign").order_by("pk")[:limit]:
        try:
            with transaction.atomic():
                site = hold_site(row.site)
                held = Difficulty.objects.select_for_update().get(pk=row.pk)
                if held.escalated_at == row.escalated_at and held.solved_on is None:
                    lift(held, site, by=None, at=at)
                    done += 1
        except Refused:
            continue  # it has come to the top, or was solved in this very moment
    return done
