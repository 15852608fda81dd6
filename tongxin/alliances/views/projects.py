"""One project: approvals, problems, meetings, indicators, what its owner says; its verbs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.meetings import actions as meetings
from tongxin.meetings.models import Meeting

from .. import actions, calendars, queries
from ..forms.alliances import (
    AnswerForm,
    ExampleForm,
    HandOverForm,
    IndicatorForm,
    MeetingForm,
    PointForm,
    ProblemForm,
    ProjectChangeForm,
    ReadingForm,
)
from ..forms.common import OnForm, ReasonForm, fen_of, wan_of
from ..models import AllianceProject, ApprovalItem, Indicator
from .boards import pin
from .common import FORM, ask, fresh_key, given, seen_project, show

LEADERS = {"change", "indicator", "meeting", "finish", "hand-over", "withdraw", "example"}


@login_required
@require_GET
def project(request: SignedIn, pk: int) -> HttpResponse:
    """Show a project whole: the bars of its approvals, problems, meetings, indicators, satisfaction."""
    one, today = seen_project(request, pk), localdate()
    runs = queries.runs_project(request.user, one)
    owns = queries.speaks_for(request.user, one)
    board = queries.board_of(one.dossier, today=today)
    problems = queries.problems_of(one)
    asked = list(one.satisfactions.order_by("-asked_at", "-pk"))
    context = {
        "one": one,
        "board": board,
        "dossier": one.dossier,
        "problems": [{"row": row, **_state(row, today)} for row in problems],
        "open": sum(row.case.is_open for row in problems),
        "sittings": queries.sittings_of(one),
        "indicators": list(one.indicators.order_by("pk")),
        "asked": [
            {"row": row, "link": _link(request, row) if runs and row.answered_at is None else ""}
            for row in asked
        ],
        "points": [{**point, "url": ""}]
        if (point := pin(one, _tone(board, problems, today)))
        else [],
        "areas_url": f"{reverse('api:children_geojson', args=[one.region.code])}?tolerance_m=20",
        "stars": _mean([row.stars for row in asked if row.stars]),
        "runs": runs and one.state == AllianceProject.State.ACTIVE,
        "keeps": queries.keeps_alliance(request.user, one.alliance),
        "owns": owns and one.state == AllianceProject.State.ACTIVE,
        "today": today,
    }
    return show(request, "project", context, tab="home")


def _state(row: Any, today: Any) -> dict[str, Any]:
    step = row.case.flow.step_of[row.case.step]
    late = row.case.is_open and row.due_on is not None and row.due_on < today
    return {"tone": "late" if late else step.tone, "words": step.label, "late": late}


def _tone(board: Any, problems: list[Any], today: Any) -> str:
    late = any(row.case.is_open and row.due_on and row.due_on < today for row in problems)
    return "late" if late or board.late or board.expired else "working"


def _link(request: SignedIn, row: Any) -> str:
    return request.build_absolute_uri(reverse("alliances:rate", args=[actions.token_of(row)]))


def _mean(stars: list[int]) -> float | None:
    return sum(stars) / len(stars) if stars else None


@login_required
@require_GET
def calendar(request: SignedIn, pk: int) -> HttpResponse:
    """Answer the milestones of a project as iCalendar."""
    one = seen_project(request, pk)
    content = calendars.milestones_of(one, at=now(), site=request.build_absolute_uri("/"))
    headers = {"Content-Disposition": f'attachment; filename="project-{pk}.ics"'}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Everything that is done to a project."""
    one = seen_project(request, pk)
    if name in LEADERS and not queries.runs_project(request.user, one):
        raise NotFound(_("没有找到这个项目，或不由您承办。"))
    make = VERBS.get(name)
    if make is None:
        raise Http404
    form, act, words = make(request, one)
    url = reverse("alliances:project", args=[pk])

    def go() -> str:
        act()
        return url

    return ask(
        request, form, go, done=words[2], tab="home", heading=words[0], lede=one.name, verb=words[1], back=url
    )  # fmt: skip


Verb = tuple[Any, Any, tuple[str, str, str]]


def _change(request: SignedIn, one: AllianceProject) -> Verb:
    names = ("name", "contact", "address", "industry", "is_major")
    initial = {name: getattr(one, name) for name in names}
    initial |= {"investment": wan_of(one.investment_fen), "about": one.text}
    form = ProjectChangeForm(project=one, initial=initial, **given(request))

    def act() -> None:
        data = dict(form.cleaned_data)
        data["investment_fen"], data["text"] = fen_of(data.pop("investment")), data.pop("about")
        actions.change_project(one, at=now(), by=request.user, **data)

    return form, act, (_("修改项目"), _("保存"), _("项目已修改。"))


def _problem(request: SignedIn, one: AllianceProject) -> Verb:
    items = ApprovalItem.objects.visible_to(request.user).filter(dossier__project=one.pk)
    form = ProblemForm(
        scope="project",
        items=items.order_by("order"),
        initial={"key": fresh_key()},
        **given(request),
    )

    def act() -> None:
        data = dict(form.cleaned_data)
        actions.raise_problem(
            one, type_=data["type"], title=data["title"], text=data["text"], item=data["item"],
            photos=data["photos"], key=data["key"] or None, at=now(), by=request.user,
        )  # fmt: skip

    return form, act, (_("提出问题"), _("提出问题"), _("问题已提出，工作部会交办责任部门。"))


def _meeting(request: SignedIn, one: AllianceProject) -> Verb:
    head = one.desk.head.name if one.desk.head else ""
    form = MeetingForm(initial={"chair": head, "venue": one.address}, **given(request))

    def act() -> None:
        actions.plan_coordination(one, at=now(), by=request.user, **form.cleaned_data)

    return (
        form,
        act,
        (_("召集协调会"), _("列入计划"), _("协调会已列入计划，请到会议页核对名单后发通知。")),
    )


def _indicator(request: SignedIn, one: AllianceProject) -> Verb:
    form = IndicatorForm(**given(request))
    return (
        form,
        lambda: actions.set_indicator(one, at=now(), by=request.user, **form.cleaned_data),
        (_("设置规划指标"), _("保存"), _("规划指标已保存。")),
    )


def _hand_over(request: SignedIn, one: AllianceProject) -> Verb:
    form = HandOverForm(project=one, **given(request))
    return (
        form,
        lambda: actions.hand_to_desk(one, at=now(), by=request.user, **form.cleaned_data),
        (_("移交工作部"), _("移交"), _("项目已移交，未办完的问题一并转交。")),
    )


def _finish(request: SignedIn, one: AllianceProject) -> Verb:
    form = OnForm(initial={"on": localdate()}, **given(request))
    return (
        form,
        lambda: actions.finish_project(one, at=now(), by=request.user, **form.cleaned_data),
        (_("办结项目"), _("办结"), _("项目已办结，已请项目单位评价。")),
    )


def _withdraw(request: SignedIn, one: AllianceProject) -> Verb:
    form = ReasonForm(**given(request))
    return (
        form,
        lambda: actions.withdraw_project(one, at=now(), by=request.user, **form.cleaned_data),
        (_("退出联盟"), _("退出"), _("项目已退出联盟。")),
    )


def _example(request: SignedIn, one: AllianceProject) -> Verb:
    form = ExampleForm(
        initial={"label": one.example_label, "url": one.example_url}, **given(request)
    )
    return (
        form,
        lambda: actions.mark_example(one, at=now(), by=request.user, **form.cleaned_data),
        (_("标记典型"), _("保存"), _("典型标记已更新。")),
    )


VERBS = {
    "change": _change,
    "problem": _problem,
    "meeting": _meeting,
    "indicator": _indicator,
    "hand-over": _hand_over,
    "finish": _finish,
    "withdraw": _withdraw,
    "example": _example,
}


@login_required
@require_http_methods(FORM)
def read_indicator(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what an indicator is on a day."""
    rows = Indicator.objects.visible_to(request.user).select_related("project")
    one = get_object_or_404(rows, pk=pk)
    form = ReadingForm(initial={"on": localdate()}, **given(request))
    url = reverse("alliances:project", args=[one.project_id])

    def act() -> str:
        actions.read_indicator(one, at=now(), by=request.user, **form.cleaned_data)
        return url

    return ask(
        request, form, act, done=_("指标已更新。"), tab="home", heading=one.name,
        lede=_("%(rule)s %(needed)s%(unit)s") % {"rule": one.get_rule_display(), "needed": one.needed, "unit": one.unit},
        verb=_("填报"), back=url,
    )  # fmt: skip


def _project_of(request: SignedIn, series: int | None) -> AllianceProject:
    """:raises Http404: unless the series is that of a project the reader carries"""
    rows = AllianceProject.objects.visible_to(request.user).filter(series=series)
    one = get_object_or_404(rows.select_related("desk", "alliance__region"))
    if series is None or not queries.runs_project(request.user, one):
        raise Http404
    return one


@login_required
@require_http_methods(FORM)
def raise_point(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what a meeting of a project left to somebody."""
    meeting = get_object_or_404(
        Meeting.objects.visible_to(request.user).select_related("series", "unit"), pk=pk
    )
    one = _project_of(request, meeting.series_id)
    form = PointForm(**given(request))

    def act() -> str:
        meetings.raise_point(meeting=meeting, at=now(), by=request.user, **form.cleaned_data)
        return reverse("alliances:project", args=[one.pk])

    return ask(
        request, form, act, done=_("待办已记下，下次会议会先看它。"), tab="home", heading=_("会议待办"),
        lede=meeting.title, verb=_("记下待办"), back=reverse("alliances:project", args=[one.pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def answer_point(request: SignedIn, pk: int) -> HttpResponse:
    """Say how an open point was settled."""
    point = get_object_or_404(queries.points_of(request.user), pk=pk)
    one = _project_of(request, point.series_id)
    form = AnswerForm(**given(request))

    def act() -> str:
        meetings.answer_point(point=point, at=now(), by=request.user, **form.cleaned_data)
        return reverse("alliances:project", args=[one.pk])

    return ask(
        request, form, act, done=_("待办已办结。"), tab="home", heading=_("办结待办"), lede=point.text,
        verb=_("办结"), back=reverse("alliances:project", args=[one.pk]),
    )  # fmt: skip
