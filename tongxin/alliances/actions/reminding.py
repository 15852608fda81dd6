"""Whom an approval concerns; the bells before the day on which it is planned to be decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.orgs.models import Post

from ..models import AllianceProject, ApprovalItem
from ..models.alliances import OFFICES

AHEAD = (7, 1)  # days before the planned day at which it rings
PASSED = len(AHEAD) + 1


def who_cares(item: ApprovalItem, today: date) -> list[User]:
    """Return whom an approval concerns: the desk's head, the owner, keeper and department."""
    dossier = item.dossier
    orgs = [pk for pk in (dossier.keeper_id, item.department_id, dossier.owner_id) if pk]
    posts = Post.objects.held_on(today).filter(org__in=orgs, role__in=OFFICES, user__is_active=True)
    people = {post.user_id: post.user for post in posts.select_related("user").order_by("pk")}
    if dossier.project is not None:
        for user in (dossier.project.desk.head, dossier.project.contact):
            if user is not None:
                people[user.pk] = user
    return list(people.values())


def approvals_due(*, at: datetime, limit: int = 200) -> int:
    """Ring before an approval's planned day, 7 and 1 days ahead, and once when it has passed.

    Returns how many rang. Any number of workers: each mark is taken by an update that only one
    wins. Projects that ended or left ring no more.
    """
    today, done = localdate(at), 0
    due = Q(planned_on__lt=today, reminded__lt=PASSED)
    for mark, days in enumerate(AHEAD, 1):
        due |= Q(planned_on__lte=today + timedelta(days=days), reminded__lt=mark)
    lives = Q(dossier__project=None) | Q(dossier__project__state=AllianceProject.State.ACTIVE)
    rows = ApprovalItem.objects.filter(due, lives).exclude(
        state__in=(ApprovalItem.State.GRANTED, ApprovalItem.State.CONDITIONAL)
    )
    rows = rows.select_related("dossier__project__desk__head", "dossier__project__contact")
    for item in rows.order_by("planned_on", "pk")[:limit]:
        done += _take(item, today, at)
    return done


@transaction.atomic
def _take(item: ApprovalItem, today: date, at: datetime) -> int:
    """Take the mark of an approval and ring it; 0 if another worker was quicker or the plan moved."""
    planned = item.planned_on
    if planned is None:
        return 0
    left = (planned - today).days
    mark = PASSED if left < 0 else sum(left <= days for days in AHEAD)
    rows = ApprovalItem.objects.filter(pk=item.pk, planned_on=planned, reminded__lt=mark)
    if not rows.update(reminded=mark):
        return 0
    words = {
        "label": item.dossier.source_label, "item": item.name, "day": planned.isoformat(),
        "state": item.get_state_display(),
    }  # fmt: skip
    if left < 0:
        title = _("审批超过计划日期：%s") % item.name
    elif left == 0:
        title = _("今天是计划办结日：%s") % item.name
    else:
        title = _("离计划办结还有 %(n)d 天：%(item)s") % {"n": left, "item": item.name}
    tell(
        users=who_cares(item, today), title=title,
        text=_("%(label)s · %(item)s：计划 %(day)s 办结，现在%(state)s。") % words,
        key=f"approval:{item.pk}:{planned.isoformat()}:{mark}", at=at,
        url=reverse("alliances:dossier", args=[item.dossier_id]),
    )  # fmt: skip
    return 1
