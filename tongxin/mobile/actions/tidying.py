"""What the worker does: tries again, ends what nobody ended, forgets what is not needed any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Refused

from ..models import Duty, FieldAction, IncomingPhoto, TrackPoint
from .applying import apply_action, keep_refusal
from .duty import LONGEST
from .uploads import part_of

State = FieldAction.State
AGAIN = timedelta(minutes=1)  # what was received is left alone so long: its own call may be at work
CONTENT = timedelta(days=90)  # what an action said stands where it was acted on; here it goes


class NeverCame(Refused):
    """Its photos were never sent."""


def apply_due(*, at: datetime, limit: int = 50) -> int:
    """Act on what was received and not acted on: our error, or our end in the middle."""
    rows = FieldAction.objects.filter(state=State.RECEIVED, received_at__lt=at - AGAIN)
    done = 0
    for row in rows.select_related("user", "device").order_by("received_at")[:limit]:
        done += apply_action(row, at=at).state != State.RECEIVED
    return done


def end_duties(*, at: datetime, limit: int = 200) -> int:
    """End duties that nobody has ended for sixteen hours."""
    due = Duty.objects.filter(ended_at=None, started_at__lt=at - LONGEST)
    ids = list(due.values_list("pk", flat=True)[:limit])
    done = 0
    for duty in Duty.objects.filter(pk__in=ids, ended_at=None):
        done += Duty.objects.filter(pk=duty.pk, ended_at=None).update(
            ended_at=duty.started_at + LONGEST, is_timed_out=True
        )
    return done


def forget_tracks(*, at: datetime, limit: int = 5000) -> int:
    """Delete positions older than TONGXIN_TRACK_DAYS (30 at most; PIPL Art. 19)."""
    since = at - timedelta(days=settings.TONGXIN_TRACK_DAYS)
    ids = list(TrackPoint.objects.filter(at__lt=since).values_list("pk", flat=True)[:limit])
    return TrackPoint.objects.filter(pk__in=ids).delete()[0]


def forget_parts(*, at: datetime, limit: int = 200) -> int:
    """Give up photos whose pieces stopped coming TONGXIN_FIELD_LEFT_DAYS ago, and what waits for them."""
    since = at - timedelta(days=settings.TONGXIN_FIELD_LEFT_DAYS)
    rows = IncomingPhoto.objects.filter(
        state=IncomingPhoto.State.WAITING, touched_at__lt=since
    ).order_by("touched_at")
    given_up = list(rows[:limit])
    for one in given_up:
        part_of(one).unlink(missing_ok=True)
    users = {
        one.user_id: {str(x.uid) for x in given_up if x.user_id == one.user_id} for one in given_up
    }
    for user_id, ids in users.items():
        _give_up(user_id, ids, at)
    IncomingPhoto.objects.filter(pk__in=[one.pk for one in given_up]).update(
        state=IncomingPhoto.State.REFUSED, sentence=_("照片太久没有传完"), received=0
    )
    return len(given_up)


def _give_up(user_id: int, ids: set[str], at: datetime) -> None:
    user = User.objects.get(pk=user_id)
    for row in FieldAction.objects.filter(user=user_id, state=State.WAITING):
        if ids & {one["id"] for one in row.photos}:
            row.user = user
            why = NeverCame(
                _("照片 %d 天没有传完，这一条没有办理。") % settings.TONGXIN_FIELD_LEFT_DAYS,
                remedy=_("请重新填写发送。"),
            )
            keep_refusal(row, why, at)


@transaction.atomic
def forget_contents(*, at: datetime, limit: int = 500) -> int:
    """Drop what actions said, ninety days after they were settled; that they were stays."""
    settled = FieldAction.objects.filter(
        state__in=[State.DONE, State.WITHDRAWN], applied_at__lt=at - CONTENT
    ).exclude(data={}, place=None)
    ids = list(settled.order_by("pk").values_list("pk", flat=True)[:limit])
    return FieldAction.objects.filter(pk__in=ids).update(data={}, place=None, found={})
