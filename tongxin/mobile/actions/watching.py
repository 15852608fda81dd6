"""A quarrel reported at once is watched, so that it does not grow (S4.35)."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.fieldwork.actions import plan_visit
from tongxin.regions.queries import place_name

from ..models import FieldAction
from ..queries.judging import officers_over
from ..queries.quarrels import quarrels_near, watch_norms


def watch_quarrel(case: Case, action: FieldAction) -> None:
    """Arrange that who reported it looks in again, twice; tell the officer if it keeps coming back.

    Titles name no house and no person: the visits are read by more people than the case.
    """
    user, at, day = action.user, action.at, localdate(action.at)
    norms = watch_norms(day)
    begins = day
    for name in ("first_visit_days", "second_visit_days"):
        if name not in norms:
            continue
        ends = day + timedelta(days=norms[name])
        plan_visit(
            kind="contact",
            title=_("回访纠纷 %s") % case.number,
            region=case.region,
            by=user,
            at=at,
            workers=[user],
            due_from=begins + timedelta(days=1),
            due_on=ends,
            lng=case.lng,
            lat=case.lat,
            source=("quarrel", str(case.pk)),
            key=f"quarrel:{case.pk}:{name}",
        )
        begins = ends
    if {"repeat_days", "repeat_metres", "repeat_times"} <= norms.keys():
        _tell_of_repeats(case, norms, user)


def _tell_of_repeats(case: Case, norms: dict[str, int], user: User) -> None:
    before = quarrels_near(case, days=norms["repeat_days"], metres=norms["repeat_metres"])
    if len(before) < norms["repeat_times"]:
        return
    tell(
        users=[one for one in officers_over(case.area, case.opened_at) if one.pk != user.pk],
        title=_("同一处纠纷反复上报"),
        text=_("%(place)s %(days)d 天内第 %(n)d 次上报纠纷，请关注，防止升级。")
        % {"place": place_name(case.area), "days": norms["repeat_days"], "n": len(before) + 1},
        url=f"/cases/{case.pk}/",
        key=f"quarrel-repeats:{case.pk}",
        at=case.opened_at,
    )
