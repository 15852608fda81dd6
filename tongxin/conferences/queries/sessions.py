"""Sessions: the seats that came, what the last one left, what could be talked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.cases.models import Case
from tongxin.cases.queries import outlined
from tongxin.meetings.models import OF_FACT, Attendance, Meeting

from ..models import (
    AgendaItem,
    BodyMember,
    BodyRule,
    ConferenceBody,
    ListItem,
    ListKind,
    Resolution,
    ResolutionTask,
    Session,
)
from .bodies import rule_of, seats_on

MOST_OF_A_KIND = 20
HALF = Fraction(1, 2)
S = Attendance.Status


@dataclass(frozen=True)
class Seat:
    """A member unit at a session: how it was there, by whom."""

    member: BodyMember
    state: str  # present · substitute · leave · absent · expected · not_asked
    name: str
    reason: str

    @property
    def is_here(self) -> bool:
        return self.state in ("present", "substitute")

    @property
    def words(self) -> str:
        return {
            "present": _("到会"), "substitute": _("委托到会"), "leave": _("请假"),
            "absent": _("缺席"), "expected": _("未签到"), "not_asked": _("未通知"),
        }[self.state]  # fmt: skip


class Quorum(NamedTuple):
    """How many member units are there, and whether that is enough to resolve."""

    seats: int
    here: int
    leave: int
    needed: int
    share: str

    @property
    def is_met(self) -> bool:
        return self.seats > 0 and self.here >= self.needed


def attendance_of(session: Session) -> list[Seat]:
    """Return each member unit of the day of a session, with how it was there. Two queries."""
    rows: dict[str, list[Attendance]] = {}
    for row in session.meeting.attendances.order_by("pk"):
        for agency in row.agency.split("、"):
            rows.setdefault(agency, []).append(row)
    seats = seats_on(session.body, localdate(session.meeting.starts_at))
    return [_seat(member, rows.get(member.name, [])) for member in seats]


def _seat(member: BodyMember, rows: list[Attendance]) -> Seat:
    here = next((row for row in rows if row.status == S.PRESENT), None)
    if here is not None:
        state = "substitute" if here.stands_for_id else "present"
        return Seat(member, state, here.name, "")
    if not rows:
        return Seat(member, "not_asked", member.rep_name, "")
    row = next((one for one in rows if one.stands_for_id is None), rows[0])
    return Seat(member, str(row.status), row.name, row.reason)


def quorum_of(
    session: Session, seats: Iterable[Seat] | None = None, *, share: Fraction | None = None
) -> Quorum:
    """Return whether enough member units are there by the rule of the session's day.

    `share` is that of the rule, where the caller has asked for it (`with_share`).
    """
    found = list(attendance_of(session) if seats is None else seats)
    if share is None:
        rule = rule_of(session.body, localdate(session.meeting.starts_at))
        share = Fraction(rule.quorum) if rule else HALF
    wanted = len(found) * share
    needed = wanted.numerator // wanted.denominator + (1 if wanted.denominator > 1 else 0)
    return Quorum(
        len(found), sum(seat.is_here for seat in found),
        sum(seat.state == "leave" for seat in found), max(1, needed), str(share),
    )  # fmt: skip


def with_share(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return the sessions with `quorum_share`, the share their rule asked for on their day."""
    rules = BodyRule.objects.filter(
        level=OuterRef("body__level"), effective_from__lte=OuterRef("day")
    )
    latest = rules.order_by("-effective_from", "-pk").values("quorum")[:1]
    dated = sessions.annotate(day=TruncDate("meeting__starts_at"))
    return dated.annotate(quorum_share=Subquery(latest))


def carried_over(session: Session) -> list[Resolution]:
    """Return what became of earlier resolutions: all of the last session, and those still open.

    The next session opens with it. A resolution that ended before the last session is told of no
    more.
    """
    return list(_carried(session).order_by("session__meeting__starts_at", "seq"))


def _carried(session: Session, *, own: bool = False) -> QuerySet[Resolution]:
    """Return the rows told of at a session; with `own` those it made itself too. Two queries."""
    before = Session.objects.filter(
        body=session.body_id, meeting__state__in=OF_FACT,
        meeting__starts_at__lt=session.meeting.starts_at,
    ).exclude(pk=session.pk).order_by("-meeting__starts_at")  # fmt: skip
    wanted = Q(closed_at__isnull=True) | Q(closed_at__gte=session.meeting.starts_at)
    wanted |= Q(session=Subquery(before.values("pk")[:1]))
    wanted |= Q(closed_at__gte=Subquery(before.values("meeting__starts_at")[:1]))
    wanted &= Q(session__meeting__starts_at__lt=session.meeting.starts_at)
    if own:
        wanted |= Q(session=session)
    rows = Resolution.objects.filter(wanted, body=session.body_id)
    return rows.select_related("session__meeting", "case").prefetch_related(tasks_of_units())


def tasks_of_units() -> Prefetch:
    """Return what each unit took on by a resolution that is seen, to be read with it."""
    rows = ResolutionTask.objects.select_related("case", "org", "holder", "done_by", "confirmed_by")
    return Prefetch("tasks", rows.order_by("case__number"))


def told_and_made(session: Session) -> tuple[list[Resolution], list[Resolution]]:
    """Return (carried over, made at this session), for a page that shows both. Two queries."""
    rows = list(_carried(session, own=True).order_by("session__meeting__starts_at", "seq"))
    made = [one for one in rows if one.session_id == session.pk]
    return [one for one in rows if one.session_id != session.pk], made


class Proposal(NamedTuple):
    """Something that could stand on the agenda."""

    group: str  # need · whistle · late · resolution
    kind: str
    title: str
    text: str
    source_kind: str
    source_id: str
    source_url: str
    key: str


def group_words() -> dict[str, str]:
    return {
        "item": _("成员单位和下级会议提出"), "need": _("需求清单上的需求"),
        "whistle": _("未办结的吹哨"), "late": _("超过时限的事件单"),
        "resolution": _("到期没有完成的决议"),
    }  # fmt: skip


def proposals(
    body: ConferenceBody, at: datetime, *, waiting: Iterable[AgendaItem] | None = None
) -> list[Proposal]:
    """Return what the lists, cases and earlier resolutions of a body's land offer for its agenda.

    What waits or stands on an agenda already is left out (`waiting`: the body's items proposed and
    picked, where the caller has them). Words of cases are shown without what is private in them,
    and private cases not at all. Five queries.
    """
    path, today = body.region.path, localdate(at)
    items = body.items.filter(state__in=("proposed", "picked")) if waiting is None else waiting
    taken = {(one.source_kind, one.source_id) for one in items if one.source_kind}
    found = [*_needs(path, today), *_cases(path, at), *_unfinished(body, today)]
    return [one for one in found if (one.source_kind, one.source_id) not in taken]


def _needs(path: str, today: date) -> Iterable[Proposal]:
    rows = ListItem.objects.usable_on(today).filter(
        book__kind=ListKind.NEED, book__region__path__under=path
    )
    for one in rows.order_by("at")[:MOST_OF_A_KIND]:
        text = _("%(party)s提出，%(day)s。%(text)s") % {
            "party": one.party, "day": localdate(one.at).isoformat(), "text": one.text,
        }  # fmt: skip
        yield _proposal("need", "service", one.title, text, one.pk,
                        reverse("conferences:item", args=[one.pk]))  # fmt: skip


def _cases(path: str, at: datetime) -> Iterable[Proposal]:
    rows = Case.objects.filter(area__under=path, closed_at__isnull=True, is_private=False)
    whistles = rows.filter(kind="whistle").order_by("opened_at")[:MOST_OF_A_KIND]
    late = rows.filter(kind="request", due_at__lt=at).order_by("due_at")[:MOST_OF_A_KIND]
    for group, kind, cases in (("whistle", "major", whistles), ("late", "service", late)):
        for case in cases:
            outlined(case)
            opened = localdate(case.opened_at).isoformat()
            text = _("%(number)s，%(day)s提交，现在“%(step)s”。") % {
                "number": case.number, "day": opened,
                "step": case.flow.step_of[case.step].label,
            }  # fmt: skip
            yield _proposal(group, kind, case.title, text, case.pk,
                            reverse("cases:detail", args=[case.pk]))  # fmt: skip


def _unfinished(body: ConferenceBody, today: date) -> Iterable[Proposal]:
    rows = body.resolutions.open().filter(due_on__lt=today).order_by("due_on")
    for one in rows[:MOST_OF_A_KIND]:
        text = _("%(number)s决议，应于%(day)s完成。") % {
            "number": one.number, "day": one.due_on.isoformat(),
        }  # fmt: skip
        yield _proposal("resolution", "bulletin", one.title, text, one.pk,
                        reverse("conferences:resolution", args=[one.pk]))  # fmt: skip


def _proposal(group: str, kind: str, title: str, text: str, pk: Any, url: str) -> Proposal:
    source = {"need": "need", "whistle": "case", "late": "case", "resolution": "resolution"}[group]
    return Proposal(group, kind, title[:100], text, source, str(pk), url, f"{source}-{pk}")


def waiting_items(body: ConferenceBody) -> list[AgendaItem]:
    """Return what members and bodies below proposed and nobody picked yet."""
    rows = body.items.filter(state=AgendaItem.State.PROPOSED).select_related("proposed_by")
    return list(rows.order_by("proposed_at"))


def agenda_text(session: Session, items: Iterable[AgendaItem], earlier: list[Resolution]) -> str:
    """Return the agenda as it is announced and printed; first what became of the last resolutions."""
    lines = []
    if earlier:
        done = sum(1 for one in earlier if one.end == "done")
        lines.append(
            _("一、通报上次会议决议办理情况：共 %(n)d 项，已办结 %(done)d 项。")
            % {"n": len(earlier), "done": done}
        )
        lines += [f"　　{one.number} {one.title}：{state_words(one)}" for one in earlier]
        lines.append(_("二、研究以下议题："))
    lines += [
        f"{n}. 【{item.get_kind_display()}】{item.title}"
        + (f"（{item.proposed_for}）" if item.proposed_for else "")
        for n, item in enumerate(items, 1)
    ]
    return "\n".join(lines)


def state_words(one: Resolution) -> str:
    """Say in a sentence how far a resolution is."""
    if one.end == Resolution.End.DONE:
        return _("已办结。%s") % one.result
    if one.end:
        return _("已撤回")
    tasks = list(one.tasks.all())
    done = sum(task.case.step == "closed" for task in tasks)
    told = "；".join(filter(None, (task.progress or task.done_note for task in tasks)))
    words = _("办理中，%(day)s 前完成") % {"day": one.due_on.isoformat()}
    if len(tasks) > 1:
        words += _("，%(n)d 家单位中 %(done)d 家已办结") % {"n": len(tasks), "done": done}
    return f"{words}。{told}" if told else f"{words}。"


def sessions_of(body: ConferenceBody, actor, on: date) -> list[Session]:
    """Return the sessions of a body of the last two years and ahead, the newest first.

    Each says in `is_seen` whether the actor may read it: how the body stands counts them all.
    """
    seen = Session.objects.visible_to(actor).filter(pk=OuterRef("pk"))
    rows = Session.objects.filter(body=body, year__gte=on.year - 1).select_related("meeting")
    return list(rows.annotate(is_seen=Exists(seen)).order_by("-meeting__starts_at"))


def held(meeting: Meeting) -> bool:
    return meeting.state in OF_FACT
