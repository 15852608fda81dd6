"""The letters: what came, what became of it, and deciding about those that wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.cases.queries import card_of
from tongxin.kit.errors import NotFound, NotPermitted, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import get_land, place_name, region_of, world
from tongxin.ui.forms import Form

from . import actions, queries
from .forms import AddForm, FileForm, RefuseForm
from .models import DESK, Letter

TONES = {"filed": "done", "added": "done", "held": "waiting", "refused": "idle"}


def _gate(request: HttpRequest) -> None:
    user: Any = request.user
    if not user.is_superuser and not any(post.role in DESK for post in posts_of(user)):
        raise NotPermitted(_("来信由社区派单员和街道管理员处理。"))


@login_required
@require_GET
def letters(request: HttpRequest) -> HttpResponse:
    """List the letters; what waits for somebody comes first."""
    _gate(request)
    state = request.GET.get("state", Letter.State.HELD)
    state = state if state in Letter.State.values else ""
    page, cursor = queries.letters_page(
        request.user, state=state, cursor=request.GET.get("cursor", "")
    )
    waiting = queries.waiting(request.user)
    tabs = [
        {
            "label": label,
            "url": f"?{urlencode({'state': value})}",
            "active": value == (state or "all"),
            "count": waiting if value == Letter.State.HELD else None,
        }
        for value, label in (
            (Letter.State.HELD, _("待人工处理")),
            (Letter.State.FILED, _("已立单")),
            (Letter.State.ADDED, _("已并入原单")),
            (Letter.State.REFUSED, _("未受理")),
            ("all", _("全部")),
        )
    ]
    rows = [
        {"letter": one, "tone": TONES[one.state], "place": place_name(one.area)} for one in page
    ]
    context = {"rows": rows, "tabs_of_letters": tabs, "next_cursor": cursor, "state": state}
    return render(request, "mailbox/letters.html", context)


def _letter(request: HttpRequest, pk: int) -> Letter:
    rows = Letter.objects.visible_to(request.user).select_related("case", "region", "decided_by")
    letter = rows.filter(pk=pk).first()
    if letter is None:
        raise NotFound(_("没有找到这封来信，或您看不到它。"))
    return letter


@login_required
@require_http_methods(["GET", "POST"])
def letter(request: SignedIn, pk: int) -> HttpResponse:
    """Show a letter; one that waits is filed, added or refused here."""
    _gate(request)
    one = _letter(request, pk)
    forms = _forms(request, one)
    status = 200
    if request.method == "POST":
        chosen = request.POST.get("do", "")
        decide = DECIDE.get(chosen)
        if decide is None:
            raise NotFound(_("没有这个操作。"))
        form = forms[chosen]
        if form.is_valid() and _tried(form, lambda: decide(request, one, form)):
            return redirect("mailbox:letters")
        status = 422
    context = {
        "letter": one,
        "tone": TONES[one.state],
        "place": place_name(one.area),
        "forms": forms,
    }
    return render(request, "mailbox/letter.html", context, status=status)


def _forms(request: HttpRequest, one: Letter) -> dict[str, Form]:
    given = request.POST if request.method == "POST" else None
    chosen = request.POST.get("do", "")
    first = {
        "region": one.region.code if one.region else "",
        "title": queries.title_for(one),
    }
    places = _places(request, one)

    def mine(name: str) -> Any:
        return given if name == chosen else None

    return {
        "file": FileForm(mine("file"), places=places, initial=first, auto_id="file_%s"),
        "add": AddForm(
            mine("add"), initial={"number": queries.number_named(one)}, auto_id="add_%s"
        ),
        "refuse": RefuseForm(mine("refuse"), auto_id="refuse_%s"),
    }


def _places(request: HttpRequest, one: Letter) -> list[tuple[str, str]]:
    """Return (code, name) of the communities the reader takes requests in for."""
    user: Any = request.user
    paths = tuple(post.path for post in posts_of(user) if post.role in DESK)
    lands = [
        land
        for land in world().lands
        if land.level == "community" and (user.is_superuser or land.path.startswith(paths))
    ]
    return [(land.code, place_name(land.path)) for land in lands]


def _tried(form: Form, act: Callable[[], None]) -> bool:
    try:
        act()
    except Refused as refusal:
        form.take(refusal)
        return False
    return True


def _file(request: SignedIn, one: Letter, form: Form) -> None:
    region = region_of(get_land(form.cleaned_data["region"]))
    title = form.cleaned_data["title"]
    case = actions.file_letter(letter=one, region=region, title=title, by=request.user, at=now())
    messages.success(request, _("已立单：%s，并已回信告知编号") % case.number)


def _add(request: SignedIn, one: Letter, form: Form) -> None:
    number = form.cleaned_data["number"]
    case = actions.add_letter(letter=one, number=number, by=request.user, at=now())
    messages.success(request, _("已并入 %s") % case.number)


def _refuse(request: SignedIn, one: Letter, form: Form) -> None:
    reason = form.cleaned_data["reason"]
    actions.refuse_letter(letter=one, reason=reason, by=request.user, at=now())
    messages.success(request, _("已记为未受理"))


DECIDE: dict[str, Callable[[SignedIn, Letter, Form], None]] = {
    "file": _file,
    "add": _add,
    "refuse": _refuse,
}


@never_cache
@require_GET
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Show a correspondent how far their case is; the link in our letters is the proof."""
    case, at = queries.case_of_link(token), now()
    context = {"case": case, "card": card_of(case, at=at), "place": place_name(case.area)}
    return render(request, "mailbox/follow.html", context)
