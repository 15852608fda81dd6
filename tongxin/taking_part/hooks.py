"""What else happens when a motion moves: its days, its texts, who is told of the result."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.cases.clocks import run_until
from tongxin.cases.flow import Words
from tongxin.cases.models import Case
from tongxin.kit.errors import Refused

from .models import Motion, Poll

RUNNING = (Poll.State.DRAFT, Poll.State.POSTED, Poll.State.OPEN, Poll.State.CLOSED)


class TooEarly(Refused):
    """People were told until when they may speak; nothing is settled before, unless they met."""


def _motion(case: Case) -> Motion | None:
    return Motion.objects.select_related("rule").filter(case=case.pk).first()


def notice_link(case: Case, event, user_id: int) -> str:
    """Lead the one who raised it to the page that everybody reads; others to the case."""
    return reverse("taking_part:motion", args=[case.pk]) if user_id == case.reporter_id else ""


# Guards.


def no_poll_runs(case: Case, actor) -> Words | None:
    if Poll.objects.filter(motion=case.pk, state__in=RUNNING).exists():
        return _("已经安排了表决，请等表决结果，或先作废这次表决。")
    return None


def passed_or_not(case: Case) -> str:
    poll = Poll.objects.filter(motion=case.pk, state=Poll.State.CLOSED).order_by("-pk").first()
    return "passed" if poll is not None and poll.result.get("passed") else "rejected"


# Before: what the event then covers.


def open_discussion(case: Case, event, given: dict) -> None:
    """Let people talk as long as the rule says; the clock runs to the end of that day."""
    motion = _motion(case)
    if motion:
        until = localdate(event.at) + timedelta(days=motion.rule.discuss_days)
        Motion.objects.filter(pk=motion.pk).update(discuss_until=until)
        event.data = {**event.data, "discuss_until": str(until)}
        run_until(case, until + timedelta(days=10), since=event.at)


def must_be_talked_over(case: Case, event, given: dict) -> None:
    """:raises TooEarly: before the last day for statements, unless a meeting has been held"""
    motion = Motion.objects.select_related("meeting").filter(case=case.pk).first()
    if motion is None or motion.discuss_until is None:
        return
    met = motion.meeting is not None and motion.meeting.ends_at <= event.at
    if localdate(event.at) <= motion.discuss_until and not met:
        raise TooEarly(
            _("讨论期到 %s 结束，现在还不能定稿。") % motion.discuss_until,
            remedy=_("请等讨论期满；或者先召开协商会议，会后即可定稿。"),
        )


# After: what the motion keeps of it.


def keep_reply(case: Case, event, given: dict) -> None:
    Motion.objects.filter(pk=case.pk).update(reply=event.note, replied_at=event.at)


def keep_draft(case: Case, event, given: dict) -> None:
    Motion.objects.filter(pk=case.pk).update(final_text=event.note)


def keep_outcome(case: Case, event, given: dict) -> None:
    Motion.objects.filter(pk=case.pk).update(outcome=event.note)


def keep_done(case: Case, event, given: dict) -> None:
    Motion.objects.filter(pk=case.pk).update(done_text=event.note)


def keep_report(case: Case, event, given: dict) -> None:
    """Tell everybody who supported the motion or spoke to it what became of it (结果反馈)."""
    Motion.objects.filter(pk=case.pk).update(done_text=event.note)
    people = User.objects.filter(is_active=True)
    backers = case.motion.backing.values("user")
    speakers = case.motion.statements.values("user")
    told = people.filter(pk__in=backers.union(speakers))
    tell(
        users=told, title=_("议题有了结果：%s") % case.title, text=event.note,
        url=reverse("taking_part:motion", args=[case.pk]), key=f"motion-end:{case.pk}", at=event.at,
    )  # fmt: skip
