"""The development of a member: a file opened, its steps passed with their evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Membership, Org, Person

from ..dates import add_months
from ..models import Admission, AdmissionStep
from ..queries.admission import done_days, next_review, window_of
from ..rules import Step, admission_steps, admission_version
from .admission_checks import (
    EvidenceMissing,
    FileOpen,
    NotAnApplicant,
    NotNext,
    Taken,
    check_age,
    check_needs,
    days_late,
    judge,
)
from .common import keep_paper, local, require_above, require_keeper, require_past
from .disclosure import due_by_event
from .members import place_applicant, reach_stage


@transaction.atomic
def open_admission(
    *, membership: Membership, applied_on: date, papers: Iterable[tuple[str, bytes]],
    at: datetime, by: User,
) -> Admission:  # fmt: skip
    """Open the file of an applicant with the application; the rule of that day holds for it.

    :raises NotAnApplicant, FileOpen, TooYoung, EvidenceMissing: as their names say
    """
    membership = Membership.objects.select_related("unit__region", "person").get(pk=membership.pk)
    unit, person = membership.unit, membership.person
    require_keeper(by, unit)
    require_past(applied_on, at, "applied_on")
    if membership.stage != Membership.Stage.APPLICANT or membership.to_date:
        raise NotAnApplicant(
            _("%(who)s现在是“%(stage)s”，只能为申请人建档")
            % {"who": person, "stage": membership.get_stage_display()}
        )
    check_age(person, applied_on)
    version = admission_version(applied_on)
    try:
        with transaction.atomic():
            admission = Admission.objects.create(
                unit=unit, membership=membership, version=version, applied_on=applied_on,
                next_code=admission_steps(version)[0].code, opened_by=by,
            )  # fmt: skip
    except IntegrityError as error:
        raise FileOpen(_("%s已经建档") % person) from error
    Membership.objects.filter(pk=membership.pk).update(applied_on=applied_on)
    return take_step(
        admission=admission, code=admission.next_code, at=at, by=by,
        taken=Taken(done_on=applied_on, papers=papers),
    )  # fmt: skip


@transaction.atomic
def admit_applicant(
    *, unit: Org, name: str, born_on: date, applied_on: date,
    papers: Iterable[tuple[str, bytes]], at: datetime, by: User,
) -> Admission:  # fmt: skip
    """Write somebody who applies into the register and open their file, both or neither."""
    check_age(Person(name=name, born_on=born_on), applied_on)
    membership = place_applicant(
        unit=unit, name=name, born_on=born_on, applied_on=applied_on, at=at, by=by
    )
    return open_admission(membership=membership, applied_on=applied_on, papers=papers, at=at, by=by)


@transaction.atomic
def take_step(
    *, admission: Admission, code: str, taken: Taken, at: datetime, by: User
) -> Admission:
    """Pass the next step of a file: its time, its evidence, its vote; then the next one is due.

    Steps of the unit above are recorded there only. After the last one the file is closed.

    :raises NotNext, TooEarly, LateWithoutReason, EvidenceMissing, NoticeTooShort, TooFewHours,
        TooFewReviews, NoMajority, NoSponsors: as their names say; nothing changes
    """
    admission = locked(admission)
    steps = admission_steps(admission.version)
    step = next((one for one in steps if one.code == code), None)
    if admission.state != Admission.State.OPEN or step is None or code != admission.next_code:
        raise NotNext(_("现在不能办这一步，请刷新页面看下一步是什么"))
    (require_above if step.by_above else require_keeper)(by, admission.unit)
    require_past(taken.done_on, at, "done_on")
    papers = list(taken.papers)
    days = done_days(admission)
    late = days_late(step, taken, days, admission)
    if not papers:
        raise EvidenceMissing(_("请上传：%s") % step.evidence, field="papers")
    check_needs(step, taken, days, admission)
    row = _write_step(
        admission, step, taken, result=AdmissionStep.Result.DONE, late=late, at=at, by=by
    )
    for name, data in papers:
        keep_paper(unit=admission.unit, name=name, data=data, by=by, at=at, step=row)
    days[code] = taken.done_on
    _reach(admission, step, taken, days, at, by)
    _go_on(admission, steps, days)
    _log(admission, step, taken, late, at, by)
    return admission


def locked(admission: Admission) -> Admission:
    rows = Admission.objects.select_for_update(of=("self",)).select_related(
        "unit__region", "unit__parent", "membership__person"
    )
    return rows.get(pk=admission.pk)


@transaction.atomic
def record_failed_vote(
    *, admission: Admission, code: str, taken: Taken, at: datetime, by: User
) -> None:
    """Record a vote that did not pass; the step stays open and may be voted on again.

    :raises NotNext: unless the step is a vote and comes next, and the count really fails
    """
    admission = locked(admission)
    require_keeper(by, admission.unit)
    require_past(taken.done_on, at, "done_on")
    step = next(one for one in admission_steps(admission.version) if one.code == code)
    if code != admission.next_code or "vote" not in step.needs or taken.ballot is None:
        raise NotNext(_("现在不能办这一步，请刷新页面看下一步是什么"))
    passed, why, _fault = judge(taken.ballot)
    if passed:
        raise NotNext(_("按所填票数已经通过：%s") % why)
    row = _write_step(
        admission, step, taken, result=AdmissionStep.Result.FAILED, late=0, at=at, by=by
    )
    book(admission, _("%s：表决未通过") % step.title, f"failed:{row.pk}", at, by)


def _write_step(
    admission: Admission,
    step: Step,
    taken: Taken,
    *,
    result: str,
    late: int,
    at: datetime,
    by: User,
) -> AdmissionStep:
    ballot = taken.ballot if "vote" in step.needs else None
    return AdmissionStep.objects.create(
        admission=admission,
        code=step.code,
        no=step.no,
        result=result,
        started_on=taken.started_on if "notice" in step.needs else None,
        done_on=taken.done_on,
        hours=taken.hours if "hours" in step.needs else None,
        entitled=ballot.entitled if ballot else None,
        present=ballot.present if ballot else None,
        in_favour=ballot.in_favour if ballot else None,
        written=ballot.written if ballot else None,
        late_days=late,
        late_reason=taken.late_reason if late else "",
        note=taken.note,
        by=by,
        at=at,
    )


def _reach(
    admission: Admission, step: Step, taken: Taken, days: Mapping[str, date], at: datetime, by: User
) -> None:
    """Advance the membership where the step opens a stage.

    Probation counts from the branch meeting that admitted (细则第三十一条), full membership from
    the day probation ended.
    """
    if not step.opens:
        return
    on = taken.done_on
    if step.opens == Membership.Stage.PROBATIONARY:
        on = days["admit"]
    elif step.opens == Membership.Stage.FULL:
        on = add_months(days["admit"], 12)
    reach_stage(membership=admission.membership, stage=step.opens, on=on, at=at, by=by)
    if step.opens in (Membership.Stage.CANDIDATE, Membership.Stage.PROBATIONARY):
        due_by_event(
            unit=admission.unit,
            trigger="admission",
            period=f"admission-{admission.pk}-{step.opens}"[:20],
            on=local(at),
        )


def _go_on(admission: Admission, steps: tuple[Step, ...], days: dict[str, date]) -> None:
    following = next((one for one in steps if one.code not in days), None)
    if following is None:
        admission.state, admission.due_on = Admission.State.DONE, None
        admission.review_due_on, admission.ended_on = None, max(days.values())
    else:
        window = window_of(following, days, admission.unit.region.path)
        admission.next_code, admission.next_no = following.code, following.no
        admission.due_on, admission.due_told = window.latest, ""
        admission.review_due_on = next_review(admission, days)
        admission.review_told = False
    admission.save()


def _log(admission: Admission, step: Step, taken: Taken, late: int, at: datetime, by: User) -> None:
    # The book is read by inspectors and can never be erased: it holds no name of an applicant.
    text = _("发展党员第 %(no)d 步：%(title)s") % {"no": step.no, "title": step.title}
    book(admission, text, f"step:{step.code}", at, by, data={"late_days": late})


def book(
    admission: Admission, text: str, key: str, at: datetime, by: User, data: dict | None = None
) -> None:
    write_log(
        unit=admission.unit,
        kind=LogEntry.Kind.DEVELOPMENT,
        text=text,
        at=at,
        recorded_at=at,
        source=f"affairs.admission:{admission.pk}",
        key=f"affairs.admission:{admission.pk}:{key}",
        actor=by,
        data=data,
    )
