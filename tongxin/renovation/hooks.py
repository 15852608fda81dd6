"""What else happens when a part moves: its own day on the clock, a line in the place's ledger."""

from __future__ import annotations

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.cases.clocks import run_until
from tongxin.cases.flow import Words
from tongxin.cases.models import Case

from .models import SiteEvent, SitePart


def _part(case: Case) -> SitePart | None:
    return SitePart.objects.select_related("site", "org").filter(case=case.pk).first()


def is_not_the_doer(case: Case, actor) -> Words | None:
    if actor is not None and case.holder_id == actor.pk:
        return _("不能核实自己办理的任务。")
    return None


def take_over(case: Case, event, given: dict) -> None:
    case.holder = event.actor
    run_again(case, event, given)


def run_again(case: Case, event, given: dict) -> None:
    if part := _part(case):
        run_until(case, part.due_on, since=event.at)


def keep_done(case: Case, event, given: dict) -> None:
    if part := _part(case):
        text = _("%(org)s办结：%(what)s") % {"org": part.org.name, "what": part.what}
        SiteEvent.objects.create(
            site=part.site, kind="plan", text=text[:500], on=localdate(event.at), by=event.actor,
            at=event.at,
        )  # fmt: skip
