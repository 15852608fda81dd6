"""What one register tells another on the same floor: visits made on foot count in the rounds of visits."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.dual_report.actions import MadeVisit, take_visits
from tongxin.dual_report.models import ContactPoint, Walk
from tongxin.fieldwork.models import Plan, VisitKind, VisitWorker

BACK = timedelta(days=31)  # a phone may have been without a network for a while
COUNTED = (VisitKind.CONTACT, VisitKind.HOUSEHOLD)


def walks_due(*, at: datetime, limit: int = 2000) -> int:
    """Count finished visits in the rounds (四个走遍) and contact points of who made them; return how many.

    Contact and household visits only: who inspects has not come to listen, and care is read by need.
    Safe beside itself: what is ticked stays ticked.
    """
    since = max(at - BACK, at.replace(month=1, day=1, hour=0) - timedelta(days=1))
    walkers = Walk.objects.filter(year=localdate(at).year).values("walker")
    leaders = ContactPoint.objects.filter(Q(to_date=None) | Q(to_date__gte=since.date()))
    rows = VisitWorker.objects.filter(
        Q(user__in=walkers) | Q(user__in=leaders.values("leader")),
        visit__state="done", visit__kind__in=COUNTED, visit__finished_at__gte=since,
    ).select_related("visit__target")  # fmt: skip
    made = [_made(one) for one in rows.order_by("-visit__finished_at")[:limit]]
    return take_visits(made, at=at) if made else 0


def _made(worker: VisitWorker) -> MadeVisit:
    visit = worker.visit
    target = visit.target
    at_home = target is None or target.kind == Plan.TargetKind.HOUSEHOLD
    is_door = visit.kind == VisitKind.HOUSEHOLD and at_home
    return MadeVisit(
        walker_id=worker.user_id, org_id=visit.visited_id, region_id=visit.region_id,
        area=visit.area, door=visit.place_name if is_door else "",
        visited_at=visit.finished_at or visit.made_at, told=_("见走访记录 %s") % visit.number,
    )  # fmt: skip
