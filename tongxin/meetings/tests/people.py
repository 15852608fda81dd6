"""What the tests of this app share: the rules, a meeting on its way, browsers, photos."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

from django.test import Client
from PIL import Image

from tongxin.meetings import actions
from tongxin.meetings.models import Attendance, Meeting
from tongxin.testing import NOON

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MINUTES = "集中学习党章总纲，逐条讨论社区楼道整治方案，王芳、赵磊发言，一致同意先整治三号楼。"


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def jpeg(color: str = "teal") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 48), color).save(buffer, "JPEG")
    return buffer.getvalue()


def plan(world, *, kind="theme_day", starts_at: datetime = NOON + DAY, by=None, unit=None, **more):
    given = {
        "title": "学党章 讲身边事", "venue": "社区党群服务中心", "chair": "秦岚",
        "ends_at": starts_at + 2 * HOUR, "at": NOON,
    }  # fmt: skip
    return actions.plan_meeting(
        unit=unit or world.branch, kind=kind, starts_at=starts_at, by=by or world.qin,
        **given | more,
    )  # fmt: skip


def announced(world, **more) -> Meeting:
    return actions.send_notice(meeting=plan(world, **more), by=more.get("by") or world.qin, at=NOON)


def came(meeting: Meeting, *users, by, at=None) -> None:
    """Mark these as present by the list, all others as they were."""
    rows = meeting.attendances.filter(user__in=users)
    statuses = {row.pk: ("present", "") for row in rows}
    actions.mark_attendance(meeting=meeting, statuses=statuses, by=by, at=at or meeting.starts_at)


def held(world, *users, by=None, **more) -> Meeting:
    """Return a meeting that was held with these people there (Wang and Zhao unless named)."""
    by = by or world.qin
    meeting = announced(world, by=by, **more)
    came(meeting, *(users or (world.wang, world.zhao)), by=by)
    return actions.hold_meeting(meeting=meeting, by=by, at=meeting.starts_at)


def approved(world, **more) -> Meeting:
    by = more.get("by") or world.qin
    meeting = held(world, **more)
    at = meeting.ends_at
    meeting = actions.record_minutes(meeting=meeting, minutes=MINUTES, by=by, at=at)
    return actions.approve(meeting=meeting, by=world.tang, at=at + HOUR)


def status_of(meeting: Meeting, user) -> Attendance:
    return meeting.attendances.get(user=user)
