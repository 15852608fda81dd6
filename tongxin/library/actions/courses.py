"""A course is offered, people sign up, come, pass a test, and have their hours; visits are received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.documents.actions.files import Upload
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text
from tongxin.meetings.actions.crediting import credit_study
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org

from ..models import (
    Course,
    CourseMaterial,
    CourseQuestion,
    CourseSession,
    Reception,
    SignUp,
    TestTry,
)
from .common import WrongStep, keep_file, must_write_for, scoped

MOST_QUESTIONS, MOST_CHOICES, MOST_PLACES, MOST_GUESTS = 50, 8, 2000, 5000
SALT, CODE_SECONDS = "library.sign-in", 30
OPENS, CLOSES = timedelta(hours=1), timedelta(hours=1)
State = SignUp.State


class BadCourse(Invalid):
    """Hours, places, times or questions that cannot be."""


class NotOpen(Refused):
    """Signing up, signing in or the test is not open."""


class CodeExpired(Refused):
    """The code on the screen has changed since it was scanned."""

    status = 410


class NotSignedUp(NotFound):
    """Whoever scans is not on the list of the session."""


class NoTriesLeft(Refused):
    """The test was tried as often as it may be."""


@transaction.atomic
def offer_course(
    *, org: Org, kind: str, title: str, hours: Decimal, by: User, at: datetime, summary: str = "",
    lecturer: str = "", pass_share: int = 60, tries: int = 3, key: str = "",
) -> Course:  # fmt: skip
    """Write a course into the catalogue; it is a draft until it is opened.

    :raises NotYourUnit: unless `by` writes for the unit
    :raises BadCourse: for no hours or more than eighty
    """
    kept = scoped(by, key)
    if kept and (old := Course.objects.filter(key=kept).first()):
        return old
    must_write_for(by, org, what=_("开设课程"))
    if kind not in Course.Kind.values:
        raise BadCourse(_("没有这个类型。"), field="kind")
    if not Decimal("0.5") <= hours <= 80 or hours * 2 != int(hours * 2):
        raise BadCourse(_("学时在 0.5 到 80 之间，可以有半学时。"), field="hours")
    if not 1 <= pass_share <= 100 or not 1 <= tries <= 20:
        raise BadCourse(_("及格线 1 到 100，可考次数 1 到 20。"), field="pass_share")
    return Course.objects.create(
        org=org, kind=kind, hours=hours, pass_share=pass_share, tries=tries, by=by, at=at, key=kept,
        title=clean_text(title, limit=80, field_label=_("课程"), required=True),
        summary=clean_text(summary, limit=500, field_label=_("简介"), multiline=True),
        lecturer=clean_text(lecturer, limit=40, field_label=_("主讲")),
    )  # fmt: skip


def _kept(course: Course, by: User, *, what: str) -> Course:
    course = Course.objects.select_for_update(of=("self",)).select_related("org").get(pk=course.pk)
    must_write_for(by, course.org, what=what)
    return course


@transaction.atomic
def open_course(course: Course, *, by: User, at: datetime, is_open: bool = True) -> Course:
    """Open a course for signing up, or close it."""
    course = _kept(course, by, what=_("管理课程"))
    course.state = Course.State.OPEN if is_open else Course.State.CLOSED
    course.save(update_fields=["state"])
    return course


@transaction.atomic
def add_material(
    course: Course,
    *,
    title: str,
    by: User,
    at: datetime,
    text: str = "",
    upload: Upload | None = None,
) -> CourseMaterial:
    """Put a text or a file with a course. :raises Invalid: without either"""
    course = _kept(course, by, what=_("增加课程资料"))
    text = clean_text(text, limit=20_000, field_label=_("正文"), multiline=True)
    if not text and upload is None:
        raise Invalid(_("请填正文或上传文件。"), field="text")
    title = clean_text(title, limit=80, field_label=_("名称"), required=True)
    row = CourseMaterial(course=course, title=title, text=text, by=by, at=at)
    if upload is not None:
        keep_file(row, upload)
        row.file_name = upload.name[:120]
    row.save()
    return row


@transaction.atomic
def set_questions(
    course: Course,
    *,
    questions: Sequence[tuple[str, Sequence[str], Sequence[int]]],
    by: User,
    at: datetime,
) -> int:
    """Set the questions of the test: [(text, choices, indexes of the right ones)].

    :raises WrongStep: once somebody has tried it
    :raises BadCourse: naming the question that cannot be answered
    """
    course = _kept(course, by, what=_("编测试题"))
    if course.test_tries.exists():
        raise WrongStep(_("已经有人测试过，题目不能再改。"))
    if len(questions) > MOST_QUESTIONS:
        raise BadCourse(_("测试题最多 %d 道。") % MOST_QUESTIONS, field="questions")
    rows = []
    for n, (text, choices, answers) in enumerate(questions, start=1):
        clean = [clean_text(c, limit=100, field_label=_("选项"), required=True) for c in choices]
        right = sorted(set(answers))
        if not 2 <= len(clean) <= MOST_CHOICES or len(set(clean)) != len(clean):
            raise BadCourse(_("第 %d 题应有 2 到 8 个不同的选项。") % n, field="questions")
        if not right or right[0] < 0 or right[-1] >= len(clean):
            raise BadCourse(_("第 %d 题没有标出正确答案。") % n, field="questions")
        words = clean_text(text, limit=200, field_label=_("题目"), required=True)
        rows.append(
            CourseQuestion(course=course, order=n, text=words, choices=clean, answers=right)
        )
    course.questions.all().delete()
    return len(CourseQuestion.objects.bulk_create(rows))


@transaction.atomic
def plan_session(
    course: Course, *, starts_at: datetime, ends_at: datetime, venue: str, places: int, by: User,
    at: datetime,
) -> CourseSession:  # fmt: skip
    """Plan a session of a course. :raises BadCourse: for times or places that cannot be"""
    course = _kept(course, by, what=_("安排班次"))
    if course.state == Course.State.CLOSED:
        raise WrongStep(_("课程已结束，不能再排班次。"))
    if not starts_at < ends_at <= starts_at + timedelta(days=30):
        raise BadCourse(_("结束应在开始之后，一个班次最长 30 天。"), field="ends_at")
    if not 1 <= places <= MOST_PLACES:
        raise BadCourse(_("名额在 1 到 %d 之间。") % MOST_PLACES, field="places")
    return CourseSession.objects.create(
        course=course, starts_at=starts_at, ends_at=ends_at, places=places, by=by, at=at,
        venue=clean_text(venue, limit=80, field_label=_("地点"), required=True),
    )  # fmt: skip


def _session(session: CourseSession) -> CourseSession:
    rows = CourseSession.objects.select_for_update(of=("self",))
    return rows.select_related("course__org__region").get(pk=session.pk)


@transaction.atomic
def sign_up(session: CourseSession, *, user: User, at: datetime) -> SignUp:
    """Sign oneself up; when all places are taken one waits, and moves up when somebody cancels.

    :raises NotOpen: for a course not open, a session that began or was cancelled
    """
    session = _session(session)
    row = session.sign_ups.filter(user=user).first()
    if row is not None and row.state != State.CANCELLED:
        return row
    if session.course.state != Course.State.OPEN or session.state != CourseSession.State.PLANNED:
        raise NotOpen(_("这个班次现在不能报名。"))
    if at >= session.starts_at:
        raise NotOpen(_("这个班次已经开始，不能报名。"))
    taken = session.sign_ups.filter(state=State.SIGNED).count()
    state = State.SIGNED if taken < session.places else State.WAITING
    if row is None:
        return SignUp.objects.create(session=session, user=user, state=state, at=at)
    row.state, row.at = state, at
    row.save(update_fields=["state", "at"])
    return row


@transaction.atomic
def cancel_sign_up(session: CourseSession, *, user: User, at: datetime) -> SignUp:
    """Give one's place back; the first who waits has it, and is told.

    :raises NotSignedUp, NotOpen: once it has begun
    """
    session = _session(session)
    row = session.sign_ups.filter(user=user, state__in=(State.SIGNED, State.WAITING)).first()
    if row is None:
        raise NotSignedUp(_("您没有报名这个班次。"))
    if at >= session.starts_at:
        raise NotOpen(_("班次已经开始，不能取消报名。"))
    had_place = row.state == State.SIGNED
    row.state = State.CANCELLED
    row.save(update_fields=["state"])
    following = session.sign_ups.filter(state=State.WAITING).order_by("at", "pk").first()
    if had_place and following is not None:
        following.state = State.SIGNED
        following.save(update_fields=["state"])
        tell(
            users=[following.user], title=_("候补成功"), text=session.course.title, at=at,
            url=reverse("library:course", args=[session.course_id]), key=f"course:{session.pk}:{following.pk}",
        )  # fmt: skip
    return row


@transaction.atomic
def cancel_session(session: CourseSession, *, by: User, at: datetime) -> CourseSession:
    """Cancel a session; who signed up is told."""
    session = _session(session)
    _kept(session.course, by, what=_("取消班次"))
    if session.state != CourseSession.State.PLANNED:
        raise WrongStep(_("班次已%s。") % session.get_state_display())
    session.state = CourseSession.State.CANCELLED
    session.save(update_fields=["state"])
    rows = session.sign_ups.filter(state__in=(State.SIGNED, State.WAITING)).select_related("user")
    tell(
        users=[row.user for row in rows], title=_("班次取消"), text=session.course.title, at=at,
        url=reverse("library:course", args=[session.course_id]), key=f"course:{session.pk}:off",
    )  # fmt: skip
    return session


# Who came.


def session_code(session: CourseSession, *, at: datetime) -> str:
    """Return the code of the moment, for a QR: good until the one after it has gone, too."""
    return Signer(salt=SALT).sign(f"{session.pk}.{int(at.timestamp()) // CODE_SECONDS}")


def session_of_code(code: str, *, at: datetime) -> CourseSession:
    """Return the session of a code that is on the screen now, or was just before.

    :raises CodeExpired: if it is older, or not ours
    """
    expired = CodeExpired(
        _("签到码已过期，请重新扫描屏幕上的二维码。"), remedy=_("签到码每半分钟更换一次。")
    )
    try:
        pk, slot = map(int, Signer(salt=SALT).unsign(code).split("."))
    except (BadSignature, ValueError):
        raise expired from None
    if not 0 <= int(at.timestamp()) // CODE_SECONDS - slot <= 1:
        raise expired
    session = CourseSession.objects.filter(pk=pk).select_related("course").first()
    if session is None:
        raise expired
    return session


@transaction.atomic
def sign_in(session: CourseSession, *, user: User, at: datetime) -> SignUp:
    """Sign oneself in with the code on the screen (checked where it is scanned); again changes nothing.

    :raises NotSignedUp, NotOpen: outside an hour before it starts and an hour after it ends
    """
    session = _session(session)
    row = session.sign_ups.filter(user=user).exclude(state=State.CANCELLED).first()
    if row is None:
        raise NotSignedUp(
            _("您没有报名这个班次。"), remedy=_("请联系主办单位，由主办单位按名单补登。")
        )
    if row.state == State.PRESENT:
        return row
    if session.state != CourseSession.State.PLANNED or not session.starts_at - OPENS <= at <= session.ends_at + CLOSES:  # fmt: skip
        raise NotOpen(_("现在不是签到时间。"))
    row.state, row.how, row.here_at = State.PRESENT, "qr", at
    row.save(update_fields=["state", "how", "here_at"])
    return row


@transaction.atomic
def mark_present(session: CourseSession, *, present: Sequence[int], by: User, at: datetime) -> int:
    """Set by the list who is here: ids of sign-ups; return how many changed."""
    session = _session(session)
    _kept(session.course, by, what=_("登记签到"))
    if session.state != CourseSession.State.PLANNED:
        raise WrongStep(_("班次已%s，名单不能再改。") % session.get_state_display())
    changed = 0
    for row in session.sign_ups.exclude(state=State.CANCELLED):
        is_here = row.pk in set(present)
        if is_here == (row.state == State.PRESENT):
            continue
        row.state = State.PRESENT if is_here else State.SIGNED
        row.how, row.here_at = ("list", at) if is_here else ("", None)
        row.save(update_fields=["state", "how", "here_at"])
        changed += 1
    return changed


@transaction.atomic
def close_session(session: CourseSession, *, by: User, at: datetime) -> int:
    """Close a session that was held: who did not come is absent, who came has the hours.

    Hours of a course with a test come when it is passed. Return to how many they were credited now.

    :raises NotOpen: before it is over, or if nobody came
    """
    session = _session(session)
    course = _kept(session.course, by, what=_("结束班次"))
    if session.state != CourseSession.State.PLANNED:
        raise WrongStep(_("班次已%s。") % session.get_state_display())
    if at < session.ends_at:
        raise NotOpen(_("班次还没有结束。"))
    came = session.sign_ups.filter(state=State.PRESENT).count()
    if not came:
        raise NotOpen(_("还没有人签到。"), remedy=_("请先按名单登记签到。"))
    session.sign_ups.filter(state__in=(State.SIGNED, State.WAITING)).update(state=State.ABSENT)
    session.state = CourseSession.State.HELD
    session.save(update_fields=["state"])
    write_log(
        unit=course.org, kind="study", at=session.starts_at, recorded_at=at, actor=by,
        text=_("%(kind)s：%(title)s，到课 %(n)d 人。")
        % {"kind": course.get_kind_display(), "title": course.title, "n": came},
        source=f"library.session:{session.pk}", key=f"course-session:{session.pk}",
    )  # fmt: skip
    return _credit(course, at)


def _credit(course: Course, at: datetime) -> int:
    """Credit all who came to a held session and, if there is a test, passed it; each once a course."""
    rows = SignUp.objects.filter(
        session__course=course, session__state="held", state=State.PRESENT, credited_at=None
    ).select_related("session")
    if course.questions.exists():
        passed = TestTry.objects.filter(course=course, passed=True).values("user")
        rows = rows.filter(user__in=passed)
    done = 0
    for row in rows.order_by("session__starts_at", "pk"):
        done += credit_study(
            users=[row.user_id], on=localdate(row.session.starts_at), hours=course.hours,
            source=f"library.course:{course.pk}", text=course.title, at=at,
        )  # fmt: skip
        SignUp.objects.filter(pk=row.pk).update(credited_at=at)
    return done


@transaction.atomic
def take_test(
    course: Course, *, user: User, answers: Mapping[int, Sequence[int]], at: datetime
) -> TestTry:
    """Answer the test: {question id: indexes chosen}; all right choices and no other count as right.

    :raises NotSignedUp: for who was not at a session of it
    :raises NoTriesLeft: as often as the course allows; once passed it is passed
    :raises Invalid: for an answer missing
    """
    course = Course.objects.select_for_update().get(pk=course.pk)
    came = SignUp.objects.filter(session__course=course, user=user, state=State.PRESENT)
    if not came.exists():
        raise NotSignedUp(_("参加课程以后才能测试。"))
    tried = list(course.test_tries.filter(user=user).order_by("number"))
    if tried and tried[-1].passed:
        return tried[-1]
    if len(tried) >= course.tries:
        raise NoTriesLeft(_("测试次数已用完（共 %d 次）。") % course.tries)
    questions = list(course.questions.all())
    if not questions:
        raise NotOpen(_("这门课没有测试。"))
    right = 0
    for n, one in enumerate(questions, start=1):
        chosen = sorted(set(answers.get(one.pk) or ()))
        if not chosen or any(not 0 <= c < len(one.choices) for c in chosen):
            raise Invalid(_("第 %d 题还没有作答。") % n, field=f"q{one.pk}")
        right += chosen == one.answers
    made = TestTry.objects.create(
        course=course, user=user, number=len(tried) + 1, right=right, total=len(questions), at=at,
        answers={str(q.pk): sorted(set(answers[q.pk])) for q in questions},
        passed=100 * right >= course.pass_share * len(questions),
    )  # fmt: skip
    if made.passed:
        _credit(course, at)
    return made


@transaction.atomic
def record_reception(
    *, org: Org, from_name: str, topic: str, on: date, people: int, by: User, at: datetime,
    led_by: str = "", route: str = "", reception: str = "", feedback: str = "", key: str = "",
) -> Reception:  # fmt: skip
    """Write down a visit received from elsewhere (S4.80).

    :raises Invalid: for a day to come, nobody, or more people than a visit brings
    """
    kept = scoped(by, key)
    if kept and (old := Reception.objects.filter(key=kept).first()):
        return old
    must_write_for(by, org, what=_("登记来访考察"))
    if on > localdate(at):
        raise Invalid(_("日期还没到。"), field="on")
    if not 1 <= people <= MOST_GUESTS:
        raise Invalid(_("人数在 1 到 %d 之间。") % MOST_GUESTS, field="people")
    return Reception.objects.create(
        org=org, on=on, people=people, by=by, at=at, key=kept,
        from_name=clean_text(from_name, limit=80, field_label=_("来访单位"), required=True),
        topic=clean_text(topic, limit=100, field_label=_("考察主题"), required=True),
        led_by=clean_text(led_by, limit=40, field_label=_("带队")),
        route=clean_text(route, limit=200, field_label=_("点位")),
        reception=clean_text(reception, limit=300, field_label=_("接待安排")),
        feedback=clean_text(feedback, limit=500, field_label=_("来访方反馈"), multiline=True),
    )  # fmt: skip


@transaction.atomic
def add_feedback(reception: Reception, *, feedback: str, by: User, at: datetime) -> Reception:
    """Write down what the visitors said of it afterwards."""
    reception = Reception.objects.select_for_update(of=("self",)).select_related("org").get(pk=reception.pk)  # fmt: skip
    must_write_for(by, reception.org, what=_("登记反馈"))
    reception.feedback = clean_text(
        feedback, limit=500, field_label=_("来访方反馈"), required=True, multiline=True
    )
    reception.save(update_fields=["feedback"])
    return reception
