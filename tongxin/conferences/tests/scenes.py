"""What the tests of this app share: seats, a session held with a quorum, a resolution, photos."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from django.test import Client
from PIL import Image

from tongxin.conferences import actions
from tongxin.conferences.models import AgendaItem, BodyMember, ConferenceBody, MemberKind, Session
from tongxin.meetings import actions as meetings
from tongxin.testing import NOON

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def jpeg(color: str = "teal") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 48), color).save(buffer, "JPEG")
    return buffer.getvalue()


def body_of(region) -> ConferenceBody:
    return ConferenceBody.objects.select_related("org", "region").get(region=region)


def kind(code: str) -> MemberKind:
    return MemberKind.objects.get(code=code)


def seat(world, body, *, org=None, user=None, name="", code="district_unit", by=None) -> BodyMember:
    return actions.seat_member(
        body=body, kind=kind(code), org=org, name=name, representative=user,
        rep_name=user.name if user else "代表甲", why="辖区主要单位，有代表性和影响力",
        from_date=NOON.date(), by=by or world.he, at=NOON,
    )  # fmt: skip


def street(world) -> ConferenceBody:
    """Return the street's body with two seats: the roads department and the water bureau."""
    body = body_of(world.north)
    if not body.members.exists():
        seat(world, body, org=world.roads, user=world.li)
        seat(world, body, org=world.water, user=world.zhou)
    return body


def planned(world, body=None, *, at=NOON, starts_at=None, by=None) -> Session:
    begins = starts_at or at + DAY
    return actions.plan_session(
        body=body or street(world), starts_at=begins, ends_at=begins + 2 * HOUR,
        venue="街道会议室", by=by or world.tang, at=at,
    )  # fmt: skip


def item(world, body=None, *, title="朝阳路人车混行，请加装护栏", by=None, **more) -> AgendaItem:
    return actions.propose_item(
        body=body or street(world),
        kind="service",
        title=title,
        by=by or world.tang,
        at=NOON,
        **more,
    )


def announced(world, body=None, *, at=NOON, by=None, items=None, **more) -> Session:
    session = planned(world, body, at=at, by=by, **more)
    chosen = items if items is not None else [item(world, session.body, by=by)]
    actions.set_agenda(session=session, items=chosen, by=by or world.tang, at=at)
    return actions.announce_session(session=session, by=by or world.tang, at=at)


def came(session, *users, by) -> None:
    rows = session.meeting.attendances.filter(user__in=users)
    meetings.mark_attendance(
        meeting=session.meeting, statuses={row.pk: ("present", "") for row in rows}, by=by,
        at=session.meeting.starts_at,
    )  # fmt: skip


def held(world, body=None, *, users=None, by=None, **more) -> Session:
    """Return a session that was held, with everybody there unless `users` are named."""
    by = by or world.tang
    session = announced(world, body, by=by, **more)
    came(session, *(users or (world.tang, world.li, world.zhou)), by=by)
    meetings.hold_meeting(meeting=session.meeting, by=by, at=session.meeting.starts_at)
    return Session.objects.select_related("body__org", "body__region", "meeting").get(pk=session.pk)


DUE = NOON.date() + 20 * DAY


def resolved(world, session=None, *, units=None, due=DUE, **more):
    session = session or held(world)
    given = {
        "title": "朝阳路加装护栏", "work": "机非隔离护栏约 300 米，路口段加密", "place": "朝阳路",
        "due_on": due, "by": world.tang, "at": session.meeting.ends_at,
        "item": session.items.first(),
    }  # fmt: skip
    return actions.resolve(
        session=session, units=[world.roads] if units is None else units, **given | more
    )
