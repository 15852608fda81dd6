"""Between the steps: looking at somebody every half-year, who guides them, the end of a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Membership, Person

from ..models import Admission, AdmissionReview, Helper
from ..queries.admission import done_days, next_review
from ..queries.elections import standing_in
from .admission import book, locked
from .admission_checks import NoSponsors, NotNext
from .common import local, require_keeper, require_past, tell_keepers
from .members import end_applicant

NOTICE_DAYS_AHEAD = 7
SPONSORS = 2


@transaction.atomic
def write_review(
    *, admission: Admission, on: date, text: str, at: datetime, by: User
) -> AdmissionReview:
    """Write down what the branch saw when it looked at somebody (every half-year).

    :raises NotNext: once the file is closed
    """
    admission = locked(admission)
    require_keeper(by, admission.unit)
    require_past(on, at, "on")
    if admission.state != Admission.State.OPEN:
        raise NotNext(_("档案已经结束，不能再登记"))
    review, _made = AdmissionReview.objects.get_or_create(
        admission=admission, on=on, defaults={"text": text, "by": by, "at": at}
    )
    admission.review_due_on = next_review(admission, done_days(admission))
    admission.review_told = False
    admission.save(update_fields=["review_due_on", "review_told"])
    return review


@transaction.atomic
def set_helpers(
    *, admission: Admission, role: str, people: Iterable[Person], at: datetime, by: User
) -> None:
    """Name who guides or vouches for somebody, in place of those before.

    :raises NoSponsors: for more than two, or somebody who is no full member of the unit's tree
    """
    admission = locked(admission)
    require_keeper(by, admission.unit)
    people = list({one.pk: one for one in people}.values())
    root = admission.unit.parent or admission.unit
    standing = standing_in(root, people)
    if len(people) > SPONSORS or any(one.pk not in standing for one in people):
        raise NoSponsors(_("请选 1 至 2 名本组织的正式党员"), field="people")
    admission.helpers.filter(role=role).delete()
    Helper.objects.bulk_create(Helper(admission=admission, role=role, person=one) for one in people)


@transaction.atomic
def end_admission(*, admission: Admission, reason: str, on: date, at: datetime, by: User) -> None:
    """End a file before its aim (终止培养); the reason stays in it.

    :raises NotNext: once it is closed, or for somebody who is a member already
    """
    admission = locked(admission)
    require_keeper(by, admission.unit)
    require_past(on, at, "on")
    if admission.state != Admission.State.OPEN:
        raise NotNext(_("档案已经结束，不能再登记"))
    if admission.membership.stage in Membership.MEMBERS:
        raise NotNext(_("已是预备党员，取消预备党员资格请在组织关系里办理"))
    admission.state, admission.ended_on = Admission.State.ENDED, on
    admission.end_reason, admission.due_on, admission.review_due_on = reason, None, None
    admission.save()
    end_applicant(membership=admission.membership, on=on, at=at, by=by)
    book(admission, _("终止一份发展党员档案"), "ended", at, by)


def remind_admissions(*, at: datetime, limit: int = 100) -> int:
    """Tell units of steps whose last day comes within a week or has passed, and of reviews due.

    Each is told once; safe beside itself in another worker.
    """
    today = local(at)
    within = today + timedelta(days=NOTICE_DAYS_AHEAD)
    running = (
        Admission.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("unit__parent")
        .filter(state=Admission.State.OPEN)
    )
    with transaction.atomic():
        late = list(running.filter(due_on__lt=today).exclude(due_told="late")[:limit])
        for row in late:
            _remind(row, _("发展党员：有一步已超期"), "late", row.due_on, at)
            row.due_told = "late"
        soon = list(running.filter(due_on__range=(today, within), due_told="")[:limit])
        for row in soon:
            _remind(row, _("发展党员：有一步快到最晚日期"), "soon", row.due_on, at)
            row.due_told = "soon"
        due = list(running.filter(review_due_on__lte=within, review_told=False)[:limit])
        for row in due:
            _remind(row, _("发展党员：半年考察到期"), "review", row.review_due_on, at)
            row.review_told = True
        Admission.objects.bulk_update([*late, *soon], ["due_told"])
        Admission.objects.bulk_update(due, ["review_told"])
    return len(late) + len(soon) + len(due)


def _remind(row: Admission, title: str, what: str, due: date | None, at: datetime) -> None:
    # No name: a notice travels by SMS, and membership is sensitive.
    tell_keepers(
        unit=row.unit,
        title=title,
        text=_("%(unit)s，最晚 %(due)s，请打开档案办理") % {"unit": row.unit, "due": due},
        url=reverse("affairs:admission", args=[row.pk]),
        key=f"affairs.admission:{row.pk}:{row.next_code}:{what}:{due}",
        at=at,
    )
