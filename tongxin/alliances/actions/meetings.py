"""Coordination meetings of a project: one series, with open points and follow-up (S0.3, S0.8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.meetings.actions import open_series, plan_gathering
from tongxin.meetings.models import Attendance, Meeting, Series
from tongxin.meetings.queries import Invitee

from ..models import AllianceProject
from ..queries.parts import runs_project
from .common import must
from .projects import locked


@transaction.atomic
def plan_coordination(
    project: AllianceProject, *, title: str, starts_at: datetime, ends_at: datetime, venue: str,
    chair: str, by: User, at: datetime, agenda: str = "", on_site: bool = False,
    agencies: Iterable[str] = (), key: str | None = None,
) -> Meeting:  # fmt: skip
    """Plan the next coordination meeting of a project, at its place or on the site.

    Asked are one seat for each approval department of the alliance, the desk, the owner's contact,
    and outside agencies by name (环评中介机构, S0.8). What earlier meetings left open goes first on
    the agenda.

    :raises NotYours: unless `by` carries the project and may call gatherings of the convening unit
    """
    project = locked(project)
    must(runs_project(by, project), what=_("召集协调会"))
    if project.series is None:
        project.series = open_series(
            unit=project.alliance.convenor,
            subject=_("%s协调推进") % project.name[:80],
            by=by,
            at=at,
        )
        project.save(update_fields=["series"])
    meeting = plan_gathering(
        unit=project.alliance.convenor, kind="coordination", title=title, starts_at=starts_at,
        ends_at=ends_at, venue=venue, chair=chair, by=by, at=at, series=project.series,
        invited=_invited(project, agencies), agenda=_agenda(project.series, agenda), key=key,
    )  # fmt: skip
    if on_site and meeting.venue_kind != Meeting.Venue.SITE:
        Meeting.objects.filter(pk=meeting.pk).update(venue_kind=Meeting.Venue.SITE)
        meeting.venue_kind = Meeting.Venue.SITE
    return meeting


def _agenda(series: Series, said: str) -> str:
    points = series.points.filter(done_at=None).order_by("due_on", "pk")
    left = [
        _("上次待办：%(text)s（%(owner)s，%(day)s 前）")
        % {"text": one.text, "owner": one.owner, "day": one.due_on}
        for one in points
    ]
    return "\n".join([*left, said] if said else left)


def _invited(project: AllianceProject, agencies: Iterable[str]) -> list[Invitee]:
    part = Attendance.Part
    found: list[Invitee] = []

    def ask(name: str, kind: str, agency: str, user: User | None = None) -> None:
        pk = user.pk if user else None
        found.append(Invitee(name, None, pk, votes=False, part=kind, agency=agency))

    desk = project.desk
    convenor = project.alliance.convenor.name
    if desk.head is not None:
        ask(desk.head.name, part.ALLIANCE, f"{convenor} {desk.name}", desk.head)
    for seat in desk.members.filter(to_on=None).select_related("user", "org").order_by("pk"):
        ask(seat.user.name, part.ALLIANCE, seat.org.name if seat.org else convenor, seat.user)
    seats = project.alliance.members.filter(left_on=None, kind="approval").select_related("org")
    for member in seats.order_by("pk"):
        if member.org_id != project.alliance.convenor_id:
            ask(_("%s代表") % member.org.name[:30], part.DEPARTMENT, member.org.name)
    contact = project.contact
    ask(
        contact.name if contact else _("%s代表") % project.owner.name[:30], part.OBSERVER,
        project.owner.name, contact,
    )  # fmt: skip
    for name in agencies:
        ask(_("%s代表") % name[:30], part.AGENCY, name)
    return found
