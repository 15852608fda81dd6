"""Surveying and grading secretaries; taking one out of the post (S4.25, S4.26)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import end_post
from tongxin.orgs.models import Org, Post

from ..models import Removal, SecretarySurvey, SurveyMark, SurveyRound
from ..rules import Rules, in_force, of_version
from .common import (
    ASSESSMENT,
    NotKeeper,
    check_keeper,
    check_keeper_above,
    impersonal,
    log,
    reason_of,
)
from .selection import points_given

SECRETARIES = (Post.Role.SECRETARY, Post.Role.FIRST_SECRETARY)
BY_GRADE = ("poor", "basic")  # reasons that rest on a grade


class BadSurvey(Invalid):
    """A survey has its days, and secretaries to ask."""


class SurveyThere(Refused):
    """A unit surveys its secretaries once a year."""


class NotAsked(NotFound):
    """Only the secretary who is asked answers."""


class SurveyClosed(Refused):
    """Answers are taken between the first and the last day."""


class GradedAlready(Refused):
    """A grade stands once it was given."""


class NotMarked(Refused):
    """A grade rests on the marks of at least one reviewer."""


class BadGrade(Invalid):
    """There is no such grade."""


class NoGround(Refused):
    """A removal for a grade needs that grade, given to this secretary."""


class NotASecretary(Invalid):
    """Only a secretary's standing post ends by removal."""


@transaction.atomic
def open_survey(
    *, unit: Org, year: int, title: str, opens_on: date, closes_on: date, by: User, at: datetime
) -> SurveyRound:
    """Ask every secretary who stands under a unit; each by the criteria of their field (S4.55).

    :raises BadSurvey, SurveyThere, NotKeeper: as their names say
    """
    check_keeper(by, unit)
    if closes_on < opens_on:
        raise BadSurvey(_("截止日期不能早于开始日期"), field="closes_on")
    title = clean_text(title, limit=80, field_label=_("名称"), required=True)
    try:
        with transaction.atomic():
            made = SurveyRound.objects.create(
                unit=unit,
                year=year,
                title=title,
                opens_on=opens_on,
                closes_on=closes_on,
                by=by,
                at=at,
            )
    except IntegrityError as error:
        raise SurveyThere(_("%d 年度的排查已经开始，每年一次。") % year, field="year") from error
    asked = ask_missing(round=made, at=at)
    if not asked:
        raise BadSurvey(_("“%s”下面没有在任书记，没有可排查的对象。") % unit, field="unit")
    log(
        unit,
        _("开展书记履职尽责摸底排查：%(title)s，排查 %(n)d 人") % {"title": title, "n": asked},
        kind=ASSESSMENT,
        source=made,
        at=at,
        by=by,
        key="open",
    )
    return made


def ask_missing(*, round: SurveyRound, at: datetime) -> int:
    """Ask the standing secretaries under the unit who are not asked yet; return how many."""
    today = localdate(at)
    posts = (
        Post.objects.held_on(today)
        .filter(role__in=SECRETARIES, org__path__under=round.unit.path, org__dissolved_on=None)
        .exclude(org=round.unit)
        .exclude(surveys__round=round)
        .select_related("org", "user")
    )
    versions: dict[str, str] = {}
    rows = []
    for post in posts:
        sector = post.org.sector
        if sector not in versions:
            versions[sector] = in_force("survey", round.opens_on, sector).version
        rows.append(
            SecretarySurvey(
                round=round, post=post, user=post.user, unit=post.org, version=versions[sector]
            )
        )
    SecretarySurvey.objects.bulk_create(rows)
    tell(
        users=[row.user for row in rows],
        title=_("请填写书记履职排查表"),
        text=_("%(title)s，请在 %(day)s 前填写。") % {"title": round.title, "day": round.closes_on},
        url="/secretaries/surveys/mine/",
        key=f"survey:{round.pk}",
        at=at,
    )
    return len(rows)


def criteria_of(survey: SecretarySurvey) -> Rules:
    """Return the criteria a secretary was asked by, whatever holds today."""
    return of_version("survey", survey.version, survey.round.opens_on)


def _locked(survey: SecretarySurvey) -> SecretarySurvey:
    rows = SecretarySurvey.objects.select_for_update(of=("self",))
    return rows.select_related("round__unit", "user", "unit", "post").get(pk=survey.pk)


@transaction.atomic
def answer_survey(
    *, survey: SecretarySurvey, answers: Mapping[str, str], by: User, at: datetime
) -> SecretarySurvey:
    """Hand in what one did by every criterion; it may be mended until the last day.

    :raises NotAsked, SurveyClosed, GradedAlready, Missing: as their names say
    """
    survey = _locked(survey)
    if by.pk != survey.user_id:
        raise NotAsked(_("没有找到您的排查表。"))
    if survey.grade:
        raise GradedAlready(_("已经评定，不能再改。"))
    if not survey.round.opens_on <= localdate(at) <= survey.round.closes_on:
        raise SurveyClosed(
            _("填写时间是 %(since)s 至 %(until)s。")
            % {"since": survey.round.opens_on, "until": survey.round.closes_on}
        )
    survey.answers = {
        row["code"]: impersonal(
            answers.get(row["code"], ""), label=row["title"], limit=800, field=row["code"]
        )
        for row in criteria_of(survey)
    }
    survey.submitted_at = at
    survey.save(update_fields=["answers", "submitted_at"])
    return survey


@transaction.atomic
def mark_survey(
    *,
    survey: SecretarySurvey,
    points: Mapping[str, int],
    by: User,
    at: datetime,
    note: str = "",
) -> SurveyMark:
    """Mark a secretary by every criterion; a second time replaces one's own marks.

    :raises NotKeeper: for oneself, or below the unit that surveys
    :raises BadPoints, GradedAlready: as their names say
    """
    survey = _locked(survey)
    _check_judge(survey, by)
    mark, _made = SurveyMark.objects.update_or_create(
        survey=survey,
        by=by,
        defaults={
            "points": points_given(criteria_of(survey), points),
            "note": impersonal(note, label=_("评语"), limit=300, field="note", required=False),
            "at": at,
        },
    )
    return mark


def _check_judge(survey: SecretarySurvey, by: User) -> None:
    check_keeper(by, survey.round.unit)
    if by.pk == survey.user_id:
        raise NotKeeper(_("不能给自己评分，也不能评定自己。"))
    if survey.grade:
        raise GradedAlready(_("已经评定，不能再改。"))


@transaction.atomic
def grade_survey(
    *, survey: SecretarySurvey, grade: str, reason: str, by: User, at: datetime
) -> SecretarySurvey:
    """Give a secretary their grade, by a person and with a reason; they are told both.

    :raises NotMarked, BadGrade, GradedAlready, NotKeeper, ThinReason: as their names say
    """
    survey = _locked(survey)
    _check_judge(survey, by)
    grades = in_force("grades", localdate(at))
    if grades.get(grade) is None:
        raise BadGrade(_("没有“%s”这个等次") % grade[:20], field="grade")
    if not survey.marks.exists():
        raise NotMarked(_("还没有人评分，请先评分再评定等次。"))
    survey.reason = reason_of(reason, label=_("评定理由"))
    survey.grade, survey.decided_by, survey.decided_at = grade, by, at
    survey.save()
    log(
        survey.unit,
        _("书记%(user)s完成 %(year)d 年度履职评定")
        % {"user": survey.user, "year": survey.round.year},
        kind=ASSESSMENT,
        source=survey,
        at=at,
        by=by,
        key="graded",
    )
    tell(
        users=[survey.user],
        title=_("%(year)d 年度履职评定：%(grade)s")
        % {"year": survey.round.year, "grade": grades.title(grade)},
        text=survey.reason,
        url=f"/secretaries/surveys/{survey.pk}/",
        key=f"survey:{survey.pk}:graded",
        at=at,
    )
    return survey


@transaction.atomic
def remove_secretary(
    *,
    post: Post,
    reason: str,
    text: str,
    by: User,
    at: datetime,
    survey: SecretarySurvey | None = None,
) -> Removal:
    """Take a secretary out of the post (调整撤换), decided by the unit above, with the reason.

    A reason that rests on a grade needs the survey with that grade.

    :raises NoGround, NotASecretary, NotKeeper, ThinReason, PostOver: as their names say
    """
    post = Post.objects.select_related("org", "user").get(pk=post.pk)
    check_keeper_above(by, post.org)
    if by.pk == post.user_id:
        raise NotKeeper(_("不能免去自己的职务。"))
    today = localdate(at)
    if post.role not in SECRETARIES or Removal.objects.filter(post=post).exists():
        raise NotASecretary(_("只有在任书记才能调整撤换。"), field="post")
    reasons = in_force("reasons", today)
    if reasons.get(reason) is None:
        raise NoGround(_("请选择原因类别"), field="reason")
    if reason in BY_GRADE and (
        survey is None or survey.post_id != post.pk or survey.grade != reason
    ):
        raise NoGround(
            _("“%s”要有本人本年度的评定作依据，请先完成排查评定。") % reasons.title(reason),
            field="reason",
        )
    text = reason_of(text, label=_("具体原因"), field="text")
    end_post(post=post, on=today, at=at, by=by)
    removal = Removal.objects.create(
        post=post,
        unit=post.org,
        year=survey.round.year if survey else today.year,
        reason=reason,
        text=text,
        survey=survey,
        on=today,
        decided_by=by,
        at=at,
    )
    _announce(removal, reasons, at, by)
    return removal


def _announce(removal: Removal, reasons: Rules, at: datetime, by: User) -> None:
    post = removal.post
    log(
        removal.unit,
        _("免去%(user)s%(role)s职务：%(reason)s")
        % {
            "user": post.user,
            "role": post.get_role_display(),
            "reason": reasons.title(removal.reason),
        },
        kind=ASSESSMENT,
        source=removal,
        at=at,
        by=by,
    )
    audit(
        actor=by,
        action="secretary.remove",
        object=post.user.username,
        reason=removal.text,
        detail={"org": post.org.name, "reason": removal.reason},
        at=at,
    )
    tell(
        users=[post.user],
        title=_("您不再担任%(unit)s%(role)s")
        % {"unit": removal.unit, "role": post.get_role_display()},
        text=removal.text,
        url="/secretaries/surveys/mine/",
        key=f"removal:{removal.pk}",
        at=at,
    )
