"""The page of a case, the form of each of its moves, its photos, its print."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import address_of
from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.ui.forms import ReasonForm

from .. import actions, page, queries
from ..forms import MoveForm
from ..models import Case, Event, Evidence
from ..sight import sees

RELATED = (
    *("topic__category", "region", "holder", "handler", "reporter", "offeree"),
    *("route__handler", "route__rule"),
)
ON_FOOT = {"volunteer"}  # who has no desk: their pages are made for a phone


def _case(request: HttpRequest, pk) -> Case:
    cases = Case.objects.visible_to(request.user).select_related(*RELATED)
    return get_object_or_404(cases, pk=pk)


def _next(request: HttpRequest) -> str:
    """Return where to go after a move, if it is on this site; "" for the case's own page."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if ours else ""


def layout_for(user) -> str:
    """Return the frame of the page: a desk for those who have one, a phone for all others."""
    has_desk = user.is_superuser or any(post.role not in ON_FOOT for post in posts_of(user))
    return "ui/desk.html" if has_desk else "ui/phone.html"


@login_required
@require_GET
def detail(request: HttpRequest, pk) -> HttpResponse:
    """Show a case; `?pane` gives only what stands beside a list."""
    case = queries.as_seen_by(request.user, _case(request, pk))
    context = page.page_of(case, request.user, at=now(), next_url=_next(request))
    context["layout"] = layout_for(request.user)
    template = "cases/pane.html" if "pane" in request.GET else "cases/detail.html"
    return render(request, template, context)


@login_required
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk, name: str) -> HttpResponse:
    """Show the form of a move, and make it."""
    case, at = _case(request, pk), now()
    if request.method == "POST":
        return _make(request, case, queries.get_move(case, name), at)
    form = MoveForm(
        case=case,
        move=queries.get_move_open_to(request.user, case, name),
        at=at,
        text=request.GET.get("who", "").strip()[:20],
        initial={"next": _next(request)},
    )
    return _show_form(request, form)


def _make(request: HttpRequest, case: Case, move: queries.OpenMove, at: datetime) -> HttpResponse:
    # What is made with one press has no form: an undo carries what it expects in its address.
    given = request.POST.copy()
    given.setdefault("expect", request.GET.get("expect", ""))
    form = MoveForm(given, request.FILES, case=case, move=move, at=at)
    if not form.is_valid():
        return _show_form(request, form, status=422)
    try:
        event = actions.make_move(
            case,
            move.name,
            at=at,
            actor=request.user,
            evidence=form.evidence(request.user),  # type: ignore[arg-type]
            expect=form.cleaned_data["expect"],
            key=form.cleaned_data["key"] or None,
            **form.given(),
        )
    except Refused as refusal:
        if "at_once" in request.GET:
            raise  # said on the page that one came from
        form.take(refusal)
        return _show_form(request, form, status=refusal.status)
    _tell_done(request, event, move)
    return redirect(_next(request) or _url_after(request, event.case))


def _show_form(request: HttpRequest, form: MoveForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "case": form.case,
        "move": form.move,
        "next": _next(request),
        "layout": layout_for(request.user),
    }
    return render(request, "cases/move.html", context, status=status)


def _tell_done(request: HttpRequest, event: Event, move: queries.OpenMove) -> None:
    """Say what was done, and offer to take it back where the flow has a way."""
    case = event.case
    back = case.flow.undo.get(move.name)
    tags = ""
    if back and back in {one.name for one in queries.moves_open_to(request.user, case)}:
        words = urlencode({"at_once": "1", "expect": str(event.seq), "next": _next(request)})
        tags = f"undo={reverse('cases:move', args=[case.pk, back])}?{words}"
    said = _("%(move)s：%(number)s %(title)s") % {
        "move": move.label,
        "number": case.number,
        "title": case.title,
    }
    messages.success(request, said, extra_tags=tags)


def _url_after(request: HttpRequest, case: Case) -> str:
    """Return the page of the case, or home for somebody who sees it no longer."""
    if sees(request.user, case):
        return reverse("cases:detail", args=[case.pk])
    return reverse(settings.LOGIN_REDIRECT_URL)


@login_required
@require_GET
def print_out(request: HttpRequest, pk) -> HttpResponse:
    """Lay the case out on A4."""
    case = queries.as_seen_by(request.user, _case(request, pk))
    context = page.page_of(case, request.user, at=now())
    context["history"] = context["events"][::-1]
    return render(request, "cases/print.html", context)


@login_required
@require_GET
def check(request: HttpRequest, pk) -> HttpResponse:
    """Recompute the chain of hashes of the case, and say whether the record is whole."""
    case = _case(request, pk)
    context = {"case": case, "chain": page.check_chain(case), "layout": layout_for(request.user)}
    return render(request, "cases/chain.html", context)


def _evidence(request: HttpRequest, pk) -> Evidence:
    """Return a photo of a case the reader may see."""
    case = get_object_or_404(Case.objects.visible_to(request.user).filter(evidence=pk))
    return get_object_or_404(case.evidence.select_related("case", "uploaded_by"), pk=pk)


@login_required
@require_GET
@cache_control(private=True, max_age=24 * 3600)
def evidence(request: HttpRequest, pk, thumb: bool = False) -> HttpResponseBase:
    """Serve the cleaned picture, or its thumbnail, to those who may see the case."""
    item = _evidence(request, pk)
    file = item.thumb if thumb else item.file
    try:
        return FileResponse(file.open("rb"), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None


@login_required
@require_http_methods(["GET", "POST"])
def photo(request: HttpRequest, pk) -> HttpResponse:
    """Show one photo with its facts; an officer may open what its file said, for a reason."""
    item, at = _evidence(request, pk), now()
    form, origin, status = ReasonForm(request.POST or None), None, 200
    if request.method == "POST" and form.is_valid():
        try:
            origin = actions.reveal_origin(
                evidence=item,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                at=at,
                address=address_of(request),
            )
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    context = {
        "item": item,
        "case": item.case,
        "form": form if "officer" in roles_over(request.user, item.case.area) else None,
        "origin": page.origin_of(item, origin),
        "layout": layout_for(request.user),
    }
    return render(request, "cases/photo.html", context, status=status)
