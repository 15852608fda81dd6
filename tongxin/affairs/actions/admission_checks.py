"""What a step of development needs before it is passed: its time, its sums, its people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.models import Person

from ..dates import add_months, working_days
from ..models import Admission, Helper
from ..queries.admission import calendar_for, reviews_since, window_of
from ..rules import Step

OF_AGE = 18


class NotAnApplicant(Refused):
    """A file is opened for somebody who has applied and is no member yet."""


class FileOpen(Refused):
    """Somebody has one file."""


class TooYoung(Invalid):
    """Who applies is eighteen (党章第一条)."""


class NotNext(Refused):
    """Steps are taken in their order, each once."""


class TooEarly(Invalid):
    """Before the first day that the rule allows."""


class LateWithoutReason(Invalid):
    """After the last day: recorded only with the reason."""


class EvidenceMissing(Invalid):
    """A step is proved by its paper."""


class NoticeTooShort(Invalid):
    """A public notice hangs for so many working days."""


class TooFewHours(Invalid):
    """The short training has so many hours."""


class TooFewReviews(Refused):
    """The branch has not looked at the person often enough."""


class NoMajority(Refused):
    """The vote did not pass, or too few came."""


class NoSponsors(Refused):
    """Two full members vouch for somebody."""


@dataclass(frozen=True)
class Ballot:
    """The count of a branch meeting: who could vote, who came, in favour, of which in writing."""

    entitled: int
    present: int
    in_favour: int
    written: int = 0


@dataclass(frozen=True)
class Taken:
    """A step as it is handed in."""

    done_on: date
    started_on: date | None = None
    hours: int | None = None
    ballot: Ballot | None = None
    late_reason: str = ""
    note: str = ""
    papers: Iterable[tuple[str, bytes]] = field(default_factory=tuple)


def check_age(person: Person, on: date) -> None:
    if person.born_on is None:
        raise TooYoung(
            _("没有登记%s的出生日期，不能判断是否年满 18 周岁") % person,
            field="applied_on",
            remedy=_("请先在人员信息里登记出生日期"),
        )
    if on < add_months(person.born_on, 12 * OF_AGE):
        words = {"who": person, "day": add_months(person.born_on, 12 * OF_AGE)}
        raise TooYoung(_("%(who)s到 %(day)s 才年满 18 周岁") % words, field="applied_on")


def days_late(step: Step, taken: Taken, days: Mapping[str, date], admission: Admission) -> int:
    """Return by how many days the step is late; refuse what is too early or late without reason."""
    window = window_of(step, dict(days), admission.unit.region.path)
    if window.earliest and taken.done_on < window.earliest:
        raise TooEarly(
            _("%(title)s最早在 %(day)s：%(why)s")
            % {"title": step.title, "day": window.earliest, "why": window.early},
            field="done_on",
        )
    if not window.latest or taken.done_on <= window.latest:
        return 0
    if not taken.late_reason.strip():
        raise LateWithoutReason(
            _("已超过最晚日期 %(day)s（%(why)s），请写明原因")
            % {"day": window.latest, "why": window.why},
            field="late_reason",
        )
    return (taken.done_on - window.latest).days


def check_needs(step: Step, taken: Taken, days: Mapping[str, date], admission: Admission) -> None:
    for need, value in step.needs.items():
        if need in NEEDS:
            NEEDS[need](step, value, taken, days, admission)


def _need_notice(step: Step, value: str, taken: Taken, days: Any, admission: Admission) -> None:
    if taken.started_on is None or taken.started_on > taken.done_on:
        raise NoticeTooShort(_("请填写公示的起止日期"), field="started_on")
    first = days.get(step.after)
    if first and taken.started_on < first:
        raise NoticeTooShort(_("公示不能早于 %s") % first, field="started_on")
    calendar = calendar_for(admission.unit.region.path)
    hung = working_days(taken.started_on, taken.done_on, calendar)
    if hung < int(value):
        words = {"first": taken.started_on, "last": taken.done_on, "n": hung, "least": value}
        raise NoticeTooShort(
            _("%(first)s 至 %(last)s 是 %(n)d 个工作日，公示不少于 %(least)s 个工作日") % words,
            field="done_on",
        )


def _need_hours(step: Step, value: str, taken: Taken, days: Any, admission: Admission) -> None:
    if (taken.hours or 0) < int(value):
        words = {"n": taken.hours or 0, "least": value}
        raise TooFewHours(
            _("培训 %(n)d 学时，不少于 %(least)s 学时（3 天）") % words, field="hours"
        )


def _need_reviews(step: Step, value: str, taken: Taken, days: Any, admission: Admission) -> None:
    made = reviews_since(admission, step, days)
    if made < int(value):
        words = {"n": made, "least": value}
        raise TooFewReviews(
            _("已考察 %(n)d 次，每半年一次、不少于 %(least)s 次") % words,
            remedy=_("请先登记考察意见"),
        )


def _need_sponsors(step: Step, value: str, taken: Taken, days: Any, admission: Admission) -> None:
    named = admission.helpers.filter(role=Helper.Role.SPONSOR).count()
    if named < int(value):
        raise NoSponsors(
            _("入党介绍人 %(n)d 名，需要 %(least)s 名正式党员") % {"n": named, "least": value},
            remedy=_("请先登记入党介绍人"),
        )


def _need_vote(step: Step, value: str, taken: Taken, days: Any, admission: Admission) -> None:
    passed, why, at_fault = judge(taken.ballot)
    if not passed:
        raise NoMajority(why, field=at_fault, remedy=_("表决确未通过的，请登记“表决未通过”"))


NEEDS = {
    "notice": _need_notice,
    "hours": _need_hours,
    "reviews": _need_reviews,
    "sponsors": _need_sponsors,
    "vote": _need_vote,
}


def judge(ballot: Ballot | None) -> tuple[bool, str, str]:
    """Return whether a branch meeting's secret ballot passed, why, and the field at fault.

    More than half of those entitled are present, and more than half of those entitled are in
    favour; written opinions of the absent count (发展党员工作细则).
    """
    if ballot is None:
        return False, _("请填写应到、实到和赞成人数"), "entitled"
    n = {
        "entitled": ballot.entitled, "present": ballot.present, "favour": ballot.in_favour,
        "written": ballot.written, "half": f"{ballot.entitled / 2:g}",
        "most": ballot.present + ballot.written,
    }  # fmt: skip
    if ballot.present + ballot.written > ballot.entitled:
        why = _("实到 %(present)d 人加书面意见 %(written)d 份，多于应到 %(entitled)d 人，请核对")
        return False, why % n, "present"
    if ballot.present * 2 <= ballot.entitled:
        why = _("应到 %(entitled)d 人的半数是 %(half)s，实到 %(present)d 人，没有超过，会议无效")
        return False, why % n, "present"
    if ballot.in_favour > ballot.present + ballot.written:
        why = _("赞成 %(favour)d 人，多于实到加书面意见的 %(most)d 人，请核对")
        return False, why % n, "in_favour"
    if ballot.in_favour * 2 <= ballot.entitled:
        why = _("应到 %(entitled)d 人的半数是 %(half)s，赞成 %(favour)d 人，没有超过，未通过")
        return False, why % n, "in_favour"
    why = _(
        "应到 %(entitled)d 人的半数是 %(half)s，实到 %(present)d 人、赞成 %(favour)d 人，均超过，通过"
    )
    return True, why % n, ""
