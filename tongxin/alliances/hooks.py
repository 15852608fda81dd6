"""What else happens when a problem moves: its day on the clock, its answer in the register."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.cases.clocks import run_until
from tongxin.cases.flow import Words
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid
from tongxin.orgs.scope import posts_of

from .models import EnterpriseProblem, ProjectProblem

LOW_STARS = 2


class BadDay(Invalid):
    """A day on which something shall be solved is a day to come."""


# Guards.


def is_not_of_the_department(case: Case, actor: Any) -> Words | None:
    if actor is not None and case.handler_id in {post.org_id for post in posts_of(actor)}:
        return _("责任单位不能认可自己的方案，请由工作部办理。")
    return None


def waits_for_another(case: Case, actor: Any) -> Words | None:
    """Say why not: an extension is decided by the desk, never by who asked or by their unit."""
    if not case.asked:
        return _("没有等待审批的申请。")
    if actor is not None and case.adjustments.filter(verdict="", asked_by=actor.pk).exists():
        return _("不能审批自己的申请。")
    return is_not_of_the_department(case, actor)


def has_department(case: Case, actor: Any) -> Words | None:
    if case.handler_id is None:
        return _("还没有派办单位，请联系园区服务专员。")
    return None


# Projects: before.


def set_day(case: Case, event: Any, given: dict) -> None:
    """Keep the day with the event; it is no pause."""
    case.until = None
    if given["until"] <= event.at:
        raise BadDay(_("解决时限应在今天之后。"), field="until")


def run_to_day(case: Case, event: Any, given: dict) -> None:
    """Let the clock of the work run to the end of the day that was set with the order."""
    row = ProjectProblem.objects.filter(case=case.pk).only("due_on").first()
    if row is not None and row.due_on is not None:
        run_until(case, row.due_on, since=event.at)


def run_again(case: Case, event: Any, given: dict) -> None:
    until = given.get("until")
    case.until = None
    if until is None:
        run_to_day(case, event, given)
        return
    if until <= event.at:
        raise BadDay(_("新的解决时限应在今天之后。"), field="until")
    run_until(case, localdate(until), since=event.at)


# Projects: after.


def _write(case: Case, **values: Any) -> None:
    ProjectProblem.objects.filter(case=case.pk).update(**values)


def keep_department(case: Case, event: Any, given: dict) -> None:
    _write(case, department=case.handler_id, due_on=localdate(given["until"]))


def keep_solution(case: Case, event: Any, given: dict) -> None:
    _write(case, solution=event.note)


def keep_agreed(case: Case, event: Any, given: dict) -> None:
    _write(case, agreed_by=event.actor)


def keep_result(case: Case, event: Any, given: dict) -> None:
    _write(case, result=event.note, done_at=event.at)


def keep_confirmed(case: Case, event: Any, given: dict) -> None:
    _write(case, confirmed_at=event.at)


def keep_undone(case: Case, event: Any, given: dict) -> None:
    values: dict[str, Any] = {"done_at": None, "confirmed_at": None}
    if given.get("until") is not None:
        values["due_on"] = localdate(given["until"])
    _write(case, **values)


def after_extension(written: Callable) -> Callable:
    """Return the hook that also takes over the day which the engine granted."""

    def hook(case: Case, event: Any, given: dict) -> None:
        written(case, event, given)
        if case.due_at is not None:
            _write(case, due_on=localdate(case.due_at - timedelta(microseconds=1)))

    return hook


# Enterprises.


def let_go(case: Case, event: Any, given: dict) -> None:
    case.handler = None


def check_stars(case: Case, event: Any, given: dict) -> None:
    if given["stars"] not in (1, 2, 3, 4, 5):
        raise Invalid(_("请选择 1 到 5 星。"), field="stars")


def keep_enterprise_result(case: Case, event: Any, given: dict) -> None:
    EnterpriseProblem.objects.filter(case=case.pk).update(result=event.note, done_at=event.at)


def keep_stars(case: Case, event: Any, given: dict) -> None:
    """Keep what the enterprise says; two stars and less are closed, but count as not solved."""
    stars = given["stars"]
    EnterpriseProblem.objects.filter(case=case.pk).update(
        stars=stars, words=event.note[:500], solved_at=event.at if stars > LOW_STARS else None
    )


def keep_solved(case: Case, event: Any, given: dict) -> None:
    EnterpriseProblem.objects.filter(case=case.pk).update(solved_at=event.at)
