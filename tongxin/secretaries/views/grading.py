"""Surveys of secretaries: asked, answered, marked, graded; and taken out of the post."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import (
    AnswerForm,
    GradeForm,
    MarkSurveyForm,
    RemoveForm,
    RemoveOneForm,
    SurveyForm,
    WhyForm,
)
from ..models import Removal, SecretarySurvey, SurveyRound
from ..rules import in_force
from .common import PAGE, act, check_entrance, keeps, my_units, page_of, year_of

RELATED = ("round__unit", "user", "unit", "post")


@login_required
@require_safe
def surveys(request: SignedIn) -> HttpResponse:
    """List the surveys one runs, newest first, with how far they are."""
    check_entrance(request)
    rows = SurveyRound.objects.visible_to(request.user).select_related("unit")
    counted = rows.annotate(
        asked=Count("surveys", distinct=True),
        answered=Count("surveys", filter=Q(surveys__submitted_at__isnull=False), distinct=True),
        graded=Count(
            "surveys", filter=~Q(surveys__grade="") & Q(surveys__isnull=False), distinct=True
        ),
    )
    page, cursor = page_of(counted, request)
    context = {"rounds": page, "next_cursor": cursor, "may": keeps(request)}
    return render(request, "secretaries/surveys.html", context)


@login_required
@require_http_methods(PAGE)
def new_survey(request: SignedIn) -> HttpResponse:
    check_entrance(request)
    today = localdate()
    initial = {"year": today.year, "opens_on": today}
    form = SurveyForm(request.POST or None, units=my_units(request), initial=initial)
    rules = in_force("survey", today)
    return act(
        request,
        form,
        lambda: actions.open_survey(by=request.user, at=now(), **form.cleaned_data),
        title=_("开展摸底排查"),
        lede=_("各领域书记按各自的指标填写。现行版本 %(version)s，依据：%(source)s")
        % {"version": rules.version, "source": rules.source},
        button=_("开展"),
        back=reverse("secretaries:surveys"),
        done=_("已通知在任书记填写。"),
    )


@login_required
@require_safe
def round(request: SignedIn, pk: int) -> HttpResponse:
    """Show one survey: counts by grade, and every secretary one may see."""
    found = get_object_or_404(
        SurveyRound.objects.visible_to(request.user).select_related("unit"), pk=pk
    )
    if not keeps_register(request.user, found.unit.path):
        raise NotFound(_("没有找到这次排查，或您看不到它。"))
    rows = SecretarySurvey.objects.visible_to(request.user).filter(round=found)
    grades = in_force("grades", found.opens_on)
    counts = queries.survey_counts(rows, grades)
    chosen = request.GET.get("grade", "")
    if grades.get(chosen):
        rows = rows.filter(grade=chosen)
    elif chosen == "open":
        rows = rows.filter(grade="")
    page, cursor = page_of(rows.select_related("user", "unit").annotate(n=Count("marks")), request)
    context: dict[str, Any] = {
        "round": found,
        "counts": counts,
        "tiles": [(row["code"], row["title"], counts.get(row["code"], 0)) for row in grades],
        "rows": [{"one": one, "grade": grades.title(one.grade)} for one in page],
        "next_cursor": cursor,
        "views": [
            {"label": label, "url": f"?grade={code}", "active": chosen == code}
            for code, label in [("", _("全部")), ("open", _("未评定")), *grades.choices]
        ],
        "today": localdate(),
    }
    return render(request, "secretaries/round.html", context)


@login_required
@require_http_methods(PAGE)
def ask_more(request: SignedIn, pk: int) -> HttpResponse:
    """Ask secretaries who took office since the survey began."""
    found = get_object_or_404(
        SurveyRound.objects.visible_to(request.user).select_related("unit"), pk=pk
    )
    if not keeps_register(request.user, found.unit.path):
        raise NotFound(_("没有找到这次排查，或您看不到它。"))
    form = WhyForm(request.POST or None)
    del form.fields["reason"]
    return act(
        request,
        form,
        lambda: actions.ask_missing(round=found, at=now()),
        title=_("补充排查对象"),
        lede=_("把新到任的书记加进来；已经在名单里的不变。"),
        button=_("补充"),
        back=reverse("secretaries:round", args=[pk]),
    )


@login_required
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """List the surveys in which one was asked."""
    rows = SecretarySurvey.objects.visible_to(request.user).filter(user=request.user)
    page, cursor = page_of(rows.select_related("round", "unit"), request)
    grades = in_force("grades", localdate())
    context = {
        "rows": [{"one": one, "grade": grades.title(one.grade)} for one in page],
        "next_cursor": cursor,
        "today": localdate(),
    }
    return render(request, "secretaries/my_surveys.html", context)


def _survey(request: HttpRequest, pk: int) -> SecretarySurvey:
    rows = SecretarySurvey.objects.visible_to(request.user).select_related(*RELATED)
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def survey(request: SignedIn, pk: int) -> HttpResponse:
    """Show what a secretary answered; to whoever grades also the marks and their arithmetic."""
    found = _survey(request, pk)
    rules = actions.criteria_of(found)
    is_own = found.user_id == request.user.pk
    judges = not is_own and keeps_register(request.user, found.round.unit.path)
    grades = in_force("grades", found.round.opens_on)
    marks = list(found.marks.select_related("by")) if judges else []
    context = {
        "survey": found,
        "rules": rules,
        "answers": [(row, found.answers.get(row["code"], "")) for row in rules],
        "judges": judges,
        "is_own": is_own,
        "marks": [
            {"by": mark.by, "note": mark.note, "at": mark.at, "sum": sum(mark.points.values()),
             "points": [mark.points.get(row["code"]) for row in rules]}
            for mark in marks
        ],
        "suggestion": queries.suggested(rules, grades, marks) if judges else None,
        "grade": grades.title(found.grade),
        "can_answer": is_own
        and not found.grade
        and found.round.opens_on <= localdate() <= found.round.closes_on,
        "can_remove": judges and found.grade in ("basic", "poor"),
        "removal": Removal.objects.visible_to(request.user).filter(post=found.post_id).first(),
    }  # fmt: skip
    return render(request, "secretaries/survey.html", context)


@login_required
@require_http_methods(PAGE)
def answer(request: SignedIn, pk: int) -> HttpResponse:
    found = _survey(request, pk)
    rules = actions.criteria_of(found)
    form = AnswerForm(request.POST or None, rules=rules, answers=found.answers)
    return act(
        request,
        form,
        lambda: actions.answer_survey(
            survey=found, answers=form.cleaned_data, by=request.user, at=now()
        ),
        title=_("填写履职排查表"),
        lede=_("%(title)s，%(day)s 前可以修改。指标版本 %(version)s：%(source)s")
        % {
            "title": found.round.title,
            "day": found.round.closes_on,
            "version": rules.version,
            "source": rules.source,
        },
        button=_("提交"),
        icon="send",
        back=reverse("secretaries:survey", args=[pk]),
        done=_("已提交。"),
    )


@login_required
@require_http_methods(PAGE)
def mark(request: SignedIn, pk: int) -> HttpResponse:
    found = _survey(request, pk)
    before = found.marks.filter(by=request.user).first()
    form = MarkSurveyForm(
        request.POST or None,
        rules=actions.criteria_of(found),
        initial={**before.points, "note": before.note} if before else {},
    )
    return act(
        request,
        form,
        lambda: actions.mark_survey(
            survey=found,
            points=form.points,
            note=form.cleaned_data["note"],
            by=request.user,
            at=now(),
        ),
        title=_("给书记评分"),
        lede=f"{found.unit.name} · {found.user}",
        button=_("保存评分"),
        back=reverse("secretaries:survey", args=[pk]),
    )


@login_required
@require_http_methods(PAGE)
def grade(request: SignedIn, pk: int) -> HttpResponse:
    found = _survey(request, pk)
    if found.user_id == request.user.pk or not keeps_register(request.user, found.round.unit.path):
        raise NotFound(_("没有找到这张排查表，或您不能评定。"))
    hint = queries.suggestion(found, found.marks.all())
    form = GradeForm(
        request.POST or None,
        choices=in_force("grades", localdate()).choices,
        initial={"grade": hint.grade} if hint else {},
    )
    return act(
        request,
        form,
        lambda: actions.grade_survey(survey=found, by=request.user, at=now(), **form.cleaned_data),
        title=_("评定等次"),
        lede=f"{found.unit.name} · {found.user}",
        facts=[(_("评分参考"), hint.why)] if hint else [],
        button=_("评定"),
        back=reverse("secretaries:survey", args=[pk]),
        done=_("已评定，本人会收到等次和理由。"),
    )


@login_required
@require_http_methods(PAGE)
def remove(request: SignedIn, pk: int) -> HttpResponse:
    """Take the secretary of a survey out of the post."""
    found = _survey(request, pk)
    if found.user_id == request.user.pk:
        raise NotFound(_("没有找到这张排查表，或您不能办理。"))
    choices = in_force("reasons", localdate()).choices
    form = RemoveForm(
        request.POST or None, choices=choices, initial={"reason": found.grade or "moved"}
    )
    return act(
        request,
        form,
        lambda: actions.remove_secretary(
            post=found.post, survey=found, by=request.user, at=now(), **form.cleaned_data
        ),
        title=_("调整撤换"),
        lede=f"{found.unit.name} · {found.user}",
        facts=[(_("评定理由"), found.reason)] if found.reason else [],
        button=_("免去职务"),
        icon="user-minus",
        back=reverse("secretaries:survey", args=[pk]),
        done=_("已免去职务，今天起不再任职。"),
    )


@login_required
@require_http_methods(PAGE)
def new_removal(request: SignedIn) -> HttpResponse:
    """Take a secretary out of the post for a reason that rests on no survey."""
    check_entrance(request)
    rules = in_force("reasons", localdate())
    choices = [one for one in rules.choices if one[0] not in actions.BY_GRADE]
    form = RemoveOneForm(request.POST or None, units=my_units(request), choices=choices)

    def do() -> object:
        given = form.cleaned_data
        post = queries.standing_post(given["unit"], given["user"], localdate())
        return actions.remove_secretary(
            post=post, reason=given["reason"], text=given["text"], by=request.user, at=now()
        )

    return act(
        request,
        form,
        do,
        title=_("调整撤换"),
        lede=_("因评定不称职、基本称职的，请从排查表办理。"),
        button=_("免去职务"),
        icon="user-minus",
        back=reverse("secretaries:removals"),
        done=_("已免去职务，今天起不再任职。"),
    )


@login_required
@require_safe
def removals(request: SignedIn) -> HttpResponse:
    """Show how many were taken out in a year and for what, each with the reason (S4.26)."""
    check_entrance(request)
    year = year_of(request, localdate().year)
    rows = Removal.objects.visible_to(request.user).filter(year=year)
    counts, reasons = queries.removal_counts(rows), in_force("reasons", localdate())
    related = ("post__user", "unit", "survey__round", "decided_by")
    page, cursor = page_of(rows.select_related(*related), request)
    context = {
        "year": year,
        "counts": counts,
        "may": keeps(request),
        "by_reason": [
            (row["title"], counts[row["code"]]) for row in reasons if row["code"] in counts
        ],
        "rows": [{"one": one, "reason": reasons.title(one.reason)} for one in page],
        "next_cursor": cursor,
        "filters": [
            {
                "name": "year",
                "label": _("年度"),
                "value": str(year),
                "choices": [(str(one), str(one)) for one in range(localdate().year, 2013, -1)],
            }
        ],
    }
    return render(request, "secretaries/removals.html", context)
