"""The owner's side on the phone: one's projects and enterprises, problems, satisfaction; by link too."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.cases.queries import card_of
from tongxin.kit.errors import Refused
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form, Words

from .. import actions, queries
from ..forms.common import StarsForm
from ..models import AllianceProject, Enterprise, EnterpriseProblem, ProjectProblem, Satisfaction
from ..models.alliances import own_orgs
from .common import FORM, given

PAGE = ["GET", "HEAD", "POST"]


class WordsForm(Form):
    """What is missing, or a word of thanks."""

    def __init__(self, *args: Any, required: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"] = Words(
            label=_("还差什么") if required else _("想说的话"), limit=500, rows=3, required=required
        )


@login_required
@require_GET
def mine(request: SignedIn) -> HttpResponse:
    """Show one's own projects and enterprises with what waits for one's word first."""
    orgs, user = own_orgs(request.user), request.user
    rows = AllianceProject.objects.visible_to(user).select_related("desk__head", "alliance")
    own = rows.filter(Q(contact=user.pk) | Q(owner__in=orgs)).order_by("pk")
    cards = queries.cards_of(own, today=localdate())
    projects = [card.project for card in cards]
    firms = [
        one
        for one in Enterprise.objects.visible_to(user).select_related("park__manager")
        if one.contact_id == user.pk or one.org_id in orgs
    ]
    asked = Satisfaction.objects.visible_to(user).filter(project__in=projects, answered_at=None)
    cases = _cases(request, projects, firms)
    context = {
        "firms": firms,
        "asked": list(asked.select_related("project").order_by("pk")),
        "waiting": [row for row in cases if row["case"].step == "done"],
        "cases": [row for row in cases if row["case"].step != "done"],
        "cards": cards,
    }
    return render(request, "alliances/mine.html", context)


def _cases(request: SignedIn, projects: Any, firms: Any) -> list[dict[str, Any]]:
    mine_ = ProjectProblem.objects.visible_to(request.user).filter(project__in=projects)
    ours = EnterpriseProblem.objects.visible_to(request.user).filter(enterprise__in=firms)
    found = [row.case for row in mine_.select_related("case__region").order_by("-pk")[:50]]
    found += [row.case for row in ours.select_related("case__region").order_by("-pk")[:50]]
    at = now()
    return [
        {
            "case": case, "card": card_of(case, at=at),
            "is_project": case.kind == "alliance_problem",
            "url": reverse("cases:detail", args=[case.pk]) if case.reporter_id == request.user.pk else "",
        }
        for case in sorted(found, key=lambda case: (case.closed_at is not None, case.opened_at))
    ]  # fmt: skip


@login_required
@require_http_methods(FORM)
def own_move(request: SignedIn, pk: UUID, name: str) -> HttpResponse:
    """Confirm, send back or rate a problem of one's own project or enterprise."""
    rows = ProjectProblem.objects.visible_to(request.user).filter(case=pk).select_related("case")
    firms = EnterpriseProblem.objects.visible_to(request.user).filter(case=pk)
    one = rows.first() or firms.select_related("case").first()
    if one is None or name not in ("confirm", "redo", "rate"):
        raise Http404
    return _move(request, one.case, name, by=request.user, token="", back=reverse("alliances:mine"))


def _move(
    request: HttpRequest, case: Case, name: str, *, by: Any, token: str, back: str
) -> HttpResponse:
    form: Any
    if name == "rate":
        form = StarsForm(**given(request))
    else:
        form = WordsForm(required=name == "redo", **given(request))
    words = {
        "confirm": (_("问题解决了吗"), _("确认解决"), _("已确认，谢谢您。")),
        "redo": (_("还没有解决"), _("退回重办"), _("已退回，会继续办理。")),
        "rate": (_("办得怎么样"), _("提交评价"), _("谢谢您的评价。")),
    }[name]

    def act() -> str:
        data = form.cleaned_data
        note = data.get("note") or data.get("words") or ""
        more = {"stars": data["stars"]} if name == "rate" else {}
        if token:
            actions.answer_by_token(token, name, at=now(), note=note, **more)
        else:
            actions.move_as_owner(case, name, by=by, at=now(), note=note, **more)
        return back

    went, remedy, status = act_on(request, form, act, done=words[2])
    context = {
        "form": form, "remedy": remedy, "heading": words[0], "verb": words[1], "lede": case.title,
        "back": back, "stars": name == "rate",
        "other": f"{request.path}?redo=1" if token and name != "redo" else "",
    }  # fmt: skip
    return went or render(request, "alliances/own.html", context, status=status)


@never_cache
@require_http_methods(PAGE)
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm, send back or rate by the link, without signing in."""
    try:
        case = actions.case_of_token(token)
    except Refused as refusal:
        return render(request, "alliances/over.html", {"refusal": refusal}, status=refusal.status)
    if case.step != "done":
        return render(request, "alliances/over.html", {"case": case})
    first = "confirm" if case.kind == "alliance_problem" else "rate"
    name = "redo" if request.GET.get("redo") else first
    return _move(request, case, name, by=None, token=token, back=request.path)


# Satisfaction with the alliance.


@never_cache
@require_http_methods(PAGE)
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """Say how satisfied the owner is, once, by the link."""
    try:
        row = actions.by_token(token)
    except Refused as refusal:
        return render(request, "alliances/over.html", {"refusal": refusal}, status=refusal.status)
    if row.answered_at is not None:
        return render(request, "alliances/over.html", {"row": row})
    form = StarsForm(**given(request))

    def act() -> str:
        actions.answer_by_link(token=token, at=now(), **form.cleaned_data)
        return request.path

    return _stars(request, form, act, row, back="")


@login_required
@require_http_methods(FORM)
def rate_own(request: SignedIn, pk: int) -> HttpResponse:
    """Say how satisfied the owner is, once, signed in."""
    rows = Satisfaction.objects.visible_to(request.user).select_related("project__desk__alliance")
    row = get_object_or_404(rows, pk=pk)
    if not queries.speaks_for(request.user, row.project):
        raise Http404
    if row.answered_at is not None:
        messages.info(request, _("这个环节已经评价过，谢谢您。"))
        return redirect("alliances:mine")
    form = StarsForm(**given(request))

    def act() -> str:
        actions.answer_as_owner(row, at=now(), by=request.user, **form.cleaned_data)
        return reverse("alliances:mine")

    return _stars(request, form, act, row, back=reverse("alliances:mine"))


def _stars(
    request: HttpRequest, form: Any, act: Any, row: Satisfaction, *, back: str
) -> HttpResponse:
    went, remedy, status = act_on(request, form, act, done=_("谢谢您的评价。"))
    context = {
        "form": form, "remedy": remedy, "heading": _("服务怎么样"), "verb": _("提交评价"), "stars": True,
        "lede": f"{row.project.name} · {row.label}", "back": back, "by": row.project.desk,
    }  # fmt: skip
    return went or render(request, "alliances/own.html", context, status=status)
