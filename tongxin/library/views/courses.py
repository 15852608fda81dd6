"""Courses: the catalogue, one with its sessions, its test, hours of a year, the learning app's rates."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.documents.queries import writes_for
from tongxin.documents.scope import desks_of
from tongxin.kit.errors import NotFound, Refused
from tongxin.kit.tables_out import write_xlsx
from tongxin.meetings.queries import qr_svg
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import (
    CourseForm,
    MaterialForm,
    QuestionsForm,
    SessionForm,
    TestForm,
    questions_as_text,
)
from ..models import Course, CourseSession
from .common import FORM, PAGE, XLSX, ask, given_out, must_have_desk, number_of, segments, show

TONES = {"draft": "idle", "open": "working", "closed": "done"}
# Whoever scanned in time has so long to sign in to the house and to press the button.
TICKET = timedelta(minutes=10)
SESSION_KEY = "library.scanned"


@login_required
@require_safe
def courses(request: SignedIn) -> HttpResponse:
    """List the courses the reader may take or keeps; their own sessions first."""
    kind = request.GET.get("kind", "")
    rows = Course.objects.visible_to(request.user).select_related("org")
    rows = rows.filter(kind=kind) if kind in Course.Kind.values else rows
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    today = localdate()
    context = {
        "rows": [{"one": one, "tone": TONES[one.state]} for one in found],
        "next_cursor": following,
        "coming": queries.coming(request.user, now()),
        "hours": queries.hours_of_year(request.user, today.year)["total"],
        "lectures": queries.held_since(request.user, today),
        "kinds": segments(request, "kind", [("", _("全部")), *Course.Kind.choices], kind),
        "may_offer": bool(desks_of(request.user)),
        "year": today.year,
    }
    return show(request, "courses", context, tab="courses")


@login_required
@require_http_methods(FORM)
def offer(request: SignedIn) -> HttpResponse:
    """Write a course into the catalogue."""
    must_have_desk(request.user)
    initial = {"key": uuid4().hex, "pass_share": 60, "tries": 3, "hours": 2}
    form = CourseForm(request.POST or None, orgs=queries.own_units(request.user), initial=initial)

    def act() -> str:
        made = actions.offer_course(by=request.user, at=now(), **form.cleaned_data)
        return reverse("library:course", args=[made.pk])

    return ask(
        request, form, act, done=_("课程已建好，请安排班次，再开放报名。"), tab="courses",
        heading=_("开设课程"), verb=_("保存"), back=reverse("library:courses"),
    )  # fmt: skip


def seen(request: HttpRequest, pk: int) -> Course:
    return get_object_or_404(Course.objects.visible_to(request.user).select_related("org"), pk=pk)


def _led(request: SignedIn, pk: int) -> Course:
    one = seen(request, pk)
    if not writes_for(request.user, one.org):
        raise NotFound(_("没有找到这门课，或不由您主办。"))
    return one


@login_required
@require_safe
def course(request: SignedIn, pk: int) -> HttpResponse:
    """Show a course: sessions to sign up for, materials, the test."""
    rows = Course.objects.visible_to(request.user).select_related("org")
    one = get_object_or_404(rows.annotate(n_questions=Count("questions")), pk=pk)
    at = now()
    own = queries.own_sign_ups(request.user, one)
    tried = list(one.test_tries.filter(user=request.user).order_by("number"))
    came = any(row.state == "present" for row in own.values())
    n_questions: int = cast(Any, one).n_questions  # counted with it
    passed = any(one_try.passed for one_try in tried)
    context = {
        "one": one, "tone": TONES[one.state], "leads": writes_for(request.user, one.org),
        "rows": [
            {"session": s, "own": own.get(s.pk), "is_coming": s.starts_at > at and s.state == "planned"}
            for s in queries.sessions_of(one)
        ],
        "materials": list(one.materials.all()), "n_questions": n_questions, "tried": tried,
        "may_try": bool(n_questions) and came and not passed and len(tried) < one.tries,
        "passed": passed,
    }  # fmt: skip
    return show(request, "course", context, tab="courses")


@login_required
@require_POST
def switch(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Open a course for signing up, or close it."""
    actions.open_course(_led(request, pk), by=request.user, at=now(), is_open=name == "open")
    messages.success(request, _("已开放报名。") if name == "open" else _("课程已结束。"))
    return redirect("library:course", pk)


@login_required
@require_http_methods(FORM)
def material(request: SignedIn, pk: int) -> HttpResponse:
    """Put a text or a file with a course."""
    one = _led(request, pk)
    form = MaterialForm(request.POST or None, request.FILES or None)
    back = reverse("library:course", args=[pk])

    def act() -> str:
        actions.add_material(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("资料已增加。"), tab="courses", heading=_("增加资料"), lede=one.title,
        verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_safe
def material_file(request: SignedIn, pk: int, material: int) -> HttpResponse:
    """Give the file of a material out to whoever may take the course."""
    row = get_object_or_404(seen(request, pk).materials.exclude(file=""), pk=material)
    return given_out(row.file, row.file_name)


@login_required
@require_http_methods(FORM)
def questions(request: SignedIn, pk: int) -> HttpResponse:
    """Write the questions of the test."""
    one = _led(request, pk)
    initial = {"questions": questions_as_text(list(one.questions.all()))}
    form, back = (
        QuestionsForm(request.POST or None, initial=initial),
        reverse("library:course", args=[pk]),
    )

    def act() -> str:
        given = form.cleaned_data["questions"]
        actions.set_questions(one, questions=given, by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("测试题已保存。"), tab="courses", heading=_("编测试题"), lede=one.title,
        verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def test(request: SignedIn, pk: int) -> HttpResponse:
    """Take the test of a course one came to."""
    one = seen(request, pk)
    rows = list(one.questions.all())
    if not rows:
        raise NotFound(_("这门课没有测试。"))
    form, back = (
        TestForm(request.POST or None, questions=rows),
        reverse("library:course", args=[pk]),
    )

    def act() -> str:
        actions.take_test(one, user=request.user, answers=form.answers, at=now())
        return back

    return ask(
        request, form, act, done=_("已交卷，成绩在课程页上。"), tab="courses", heading=_("测试"),
        lede=one.title, verb=_("交卷"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def plan(request: SignedIn, pk: int) -> HttpResponse:
    """Plan a session."""
    one = _led(request, pk)
    form, back = (
        SessionForm(request.POST or None, initial={"places": 50}),
        reverse("library:course", args=[pk]),
    )

    def act() -> str:
        actions.plan_session(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("班次已安排。"), tab="courses", heading=_("安排班次"), lede=one.title,
        verb=_("保存"), back=back,
    )  # fmt: skip


def _session(request: SignedIn, pk: int) -> CourseSession:
    rows = CourseSession.objects.visible_to(request.user).select_related("course__org")
    return get_object_or_404(rows, pk=pk)


def _led_session(request: SignedIn, pk: int) -> CourseSession:
    one = _session(request, pk)
    if not writes_for(request.user, one.course.org):
        raise NotFound(_("没有找到这个班次，或不由您主办。"))
    return one


@login_required
@require_POST
def place(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Sign up, give the place back; for who leads: close or cancel the session."""
    one = _led_session(request, pk) if name in ("close", "off") else _session(request, pk)
    try:
        if name == "up":
            row = actions.sign_up(one, user=request.user, at=now())
            said = _("已报名。") if row.state == "signed" else _("名额已满，您在候补名单上。")
        elif name == "back":
            actions.cancel_sign_up(one, user=request.user, at=now())
            said = _("已取消报名。")
        elif name == "close":
            n = actions.close_session(one, by=request.user, at=now())
            said = _("班次已结束，为 %d 名党员计入学时。") % n
        else:
            actions.cancel_session(one, by=request.user, at=now())
            said = _("班次已取消，报名的人会收到通知。")
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, said)
    return redirect("library:course", one.course_id)


@login_required
@require_http_methods(FORM)
def roll(request: SignedIn, pk: int) -> HttpResponse:
    """Show who signed up and who came; mark those without a phone."""
    one = _led_session(request, pk)
    rows = queries.roll_of(one)
    if request.method == "POST":
        chosen = [int(x) for x in request.POST.getlist("here") if x.isascii() and x.isdigit()]
        try:
            n = actions.mark_present(one, present=chosen, by=request.user, at=now())
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        else:
            messages.success(request, _("名单已保存，改动 %d 人。") % n)
        return redirect("library:roll", pk)
    return show(request, "roll", {"one": one, "rows": rows}, tab="courses")


@login_required
@require_safe
def roll_sheet(request: SignedIn, pk: int) -> HttpResponse:
    """Give the list of a session as XLSX."""
    one = _led_session(request, pk)
    rows = [
        [r.user.name, r.get_state_display(), r.get_how_display(), "%s" % (r.here_at.isoformat()[:16] if r.here_at else "")]
        for r in queries.roll_of(one)
    ]  # fmt: skip
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="session-{pk}.xlsx"'
    header = [_("姓名"), _("状态"), _("签到方式"), _("签到时间")]
    write_xlsx(answer, header, rows, sheet=_("签到表"))
    return answer


def _code(request: SignedIn, pk: int) -> dict[str, Any]:
    one = _led_session(request, pk)
    code = actions.session_code(one, at=now())
    address = request.build_absolute_uri(reverse("library:scan", args=[code]))
    rows = queries.roll_of(one)
    return {
        "one": one, "svg": qr_svg(address), "n": len(rows),
        "n_here": sum(row.state == "present" for row in rows),
    }  # fmt: skip


@login_required
@never_cache
@require_safe
def code(request: SignedIn, pk: int) -> HttpResponse:
    """Show the code of the moment, large, for a screen in the room; it changes by itself."""
    return render(request, "library/code.html", _code(request, pk))


@login_required
@never_cache
@require_safe
def code_now(request: SignedIn, pk: int) -> HttpResponse:
    """Answer the part of the page that changes."""
    return render(request, "library/parts/code.html", _code(request, pk))


@never_cache
@require_safe
def scan(request: HttpRequest, code: str) -> HttpResponse:
    """Take a scanned code, while it is good; then sign in to the house, if need be, and confirm."""
    at = now()
    try:
        session = actions.session_of_code(code, at=at)
    except actions.CodeExpired as refusal:
        return render(request, "library/in.html", {"refusal": refusal}, status=refusal.status)
    request.session[SESSION_KEY] = [session.pk, at.isoformat()]
    return redirect("library:in", session.pk)


@login_required
@never_cache
@require_http_methods(FORM)
def come_in(request: SignedIn, pk: int) -> HttpResponse:
    """Sign in to the session whose code was scanned just now."""
    at, status = now(), 200
    context: dict[str, Any] = {}
    try:
        kept = request.session.get(SESSION_KEY) or [0, ""]
        if kept[0] != pk or datetime.fromisoformat(kept[1]) < at - TICKET:
            raise actions.CodeExpired(_("请扫描会场屏幕上的二维码签到。"))
        session = _session(request, pk)
        context["session"] = session
        if request.method == "POST":
            context["own"] = actions.sign_in(session, user=request.user, at=at)
    except Refused as refusal:
        context["refusal"], status = refusal, refusal.status
    return render(request, "library/in.html", context, status=status)


@login_required
@require_safe
def certificate(request: SignedIn) -> HttpResponse:
    """Show one's own hours of a year on paper."""
    year = number_of(request, "year") or localdate().year
    found = queries.hours_of_year(request.user, year)
    return render(
        request, "library/certificate.html", {"year": year, "today": localdate(), **found}
    )


@login_required
@require_safe
def app_rates(request: SignedIn) -> HttpResponse:
    """Show who is registered in the learning app, unit by unit (S4.42); as XLSX with ?xlsx=1."""
    units = list(queries.own_party_units(request.user)[:20])
    if not units:
        raise NotFound(_("您的岗位不在党组织，没有可看的注册情况。"))
    wanted = number_of(request, "unit")
    unit = next((one for one in units if one.pk == wanted), units[0])
    found = queries.rates(request.user, unit)
    if request.GET.get("xlsx"):
        rows = [
            [r["unit"].name, r["count"].members if r["count"] else "", r["count"].registered if r["count"] else "",
             r["share"] if r["share"] is not None else "", r["count"].on.isoformat() if r["count"] else ""]
            for r in found["rows"]
        ]  # fmt: skip
        answer = HttpResponse(content_type=XLSX)
        answer["Content-Disposition"] = 'attachment; filename="app-rates.xlsx"'
        header = [_("党组织"), _("党员"), _("已注册"), _("注册率（%）"), _("统计日期")]
        write_xlsx(answer, header, rows, sheet=_("学习平台注册率"))
        return answer
    return show(request, "app_rates", {"unit": unit, "units": units, **found}, tab="courses")
