"""Telling a body what its period still lacks before it is late; once for each kind of lack."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.orgs.models import Post

from ..models import BodyReminder, ConferenceBody
from ..queries.frequency import Standing, standings

KEEPERS = ("secretary", "organiser", "commissioner")


def sessions_due(*, at: datetime, limit: int = 200) -> int:
    """Tell who convenes a body that its period runs out, or that minutes are missing; once each.

    Safe beside itself: the row of a reminder is written first, by whoever comes first.
    """
    on = localdate(at)
    lacks = []
    for one in standings(ConferenceBody.objects.standing().filter(org__isnull=False), on):
        if one.state(on) == "at_risk":
            lacks.append((one, "session", one.sentence(on)))
        if one.without_minutes:
            words = _("%s：有会议超过时限没有纪要，请补写并送审。") % one.span.words()
            lacks.append((one, "minutes", words))
    known = set(
        BodyReminder.objects.filter(period__in={one.span.key for one, _k, _s in lacks}).values_list(
            "body_id", "kind", "period"
        )
    )
    fresh = [row for row in lacks if (row[0].body.pk, row[1], row[0].span.key) not in known]
    for one, kind, words in fresh[:limit]:
        _remind(one, kind, words, at)
    return len(fresh[:limit])


@transaction.atomic
def _remind(one: Standing, kind: str, words: str, at: datetime) -> None:
    body = one.body
    BodyReminder.objects.bulk_create(
        [BodyReminder(body=body, kind=kind, period=one.span.key, at=at)], ignore_conflicts=True
    )
    posts = Post.objects.held_on(localdate(at)).filter(org=body.org_id, role__in=KEEPERS)
    tell(
        users=User.objects.filter(pk__in=posts.values("user"), is_active=True),
        title=_("%s提醒") % body.name,
        text=words,
        url=reverse("conferences:body", args=[body.pk]),
        key=f"conference:{body.pk}:{kind}:{one.span.key}",
        at=at,
    )
