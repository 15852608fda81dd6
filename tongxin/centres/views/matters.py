"""What people come with: taken in by the clerk, completed, its result handed over; slips to print."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import segno
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.actions import audit_look
from tongxin.accounts.queries import SignedIn, address_of, sealer
from tongxin.kit.errors import Refused
from tongxin.kit.text import normal_phone
from tongxin.places.models import Centre
from tongxin.ui.asking import act_on
from tongxin.ui.forms import ReasonForm
from tongxin.ui.paging import bad_cursor

from .. import actions, queries
from ..forms import HandForm, ReferForm, ResultForm, TakeInForm, WhyForm
from ..models import DelegatedService, Matter
from .common import FORM, PAGE, ask, hall_choices, halls, posted, serves, show, the_hall, works_here

TONES = {
    "notice": "waiting", "filed": "working", "ready": "verify", "handed": "done",
    "referred": "idle", "dropped": "idle",
}  # fmt: skip


@login_required
@require_GET
def matters(request: SignedIn) -> HttpResponse:
    """List the matters of the reader's halls by state, newest first."""
    if not works_here(request):
        return redirect("centres:public")
    rows = Matter.objects.visible_to(request.user).filter(centre__in=halls(request))
    state = request.GET.get("state", "")
    centre = request.GET.get("centre", "")
    if state in Matter.State.values:
        rows = rows.filter(state=state)
    if centre.isdigit() and len(centre) < 19:
        rows = rows.filter(centre=int(centre))
    q = request.GET.get("q", "").strip()[:40]
    if q:
        rows = rows.filter(Q(number=q) | Q(phone_index=_index(q)))
    found, following = _page(rows, request.GET.get("cursor", ""))
    chosen = hall_choices(request, found[0].centre) if found else None
    if chosen:
        chosen |= {"value": centre, "choices": [("", _("全部")), *chosen["choices"]]}
    context = {
        "rows": [{"one": one, "tone": TONES[one.state]} for one in found],
        "next_cursor": following,
        "filters": [
            {"name": "state", "label": _("状态"), "value": state,
             "choices": [("", _("全部")), *Matter.State.choices]},
            *([chosen] if chosen else []),
        ],
        "search": {"name": "q", "value": q, "placeholder": _("受理编号或手机号")},
        "today": localdate(),
    }  # fmt: skip
    return show(request, "matters", context, tab="matters")


def _index(text: str) -> str:
    try:
        return sealer().index(normal_phone(text))
    except Refused:
        return "-"


def _page(rows: Any, cursor: str) -> tuple[list[Matter], str]:
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    found = list(rows.select_related("service", "centre").order_by("-pk")[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else ""


def _offered(centre: Centre) -> Any:
    today = localdate()
    codes = list(queries.offers_of(centre, today))
    ids = [one.pk for one in queries.services_on(today) if one.code in codes]
    return DelegatedService.objects.public().filter(pk__in=ids).order_by("code")


@login_required
@require_http_methods(FORM)
def take_in(request: SignedIn, pk: int) -> HttpResponse:
    """Take a matter in: who, which service, which of its materials were brought."""
    centre = the_hall(request, pk)
    if not serves(request, centre):
        raise Http404
    hall = queries.hall_of(centre, at=now())
    window = next((one for one in hall.windows if one.clerk_id == request.user.pk), None)
    form = TakeInForm(
        posted(request), request.FILES or None, services=_offered(centre), initial={"key": uuid4().hex}
    )  # fmt: skip
    made: dict[str, Matter] = {}
    is_first = (
        request.method == "POST"
        and form.is_valid()
        and (form.cleaned_data["asked"] != form.cleaned_data["service"].pk)
    )  # the materials of this service were not shown yet
    if is_first:
        service = form.cleaned_data["service"]
        context = _page_of(centre, form, hall, window, service)
        return show(request, "take_in", context, tab="home")

    at_once = bool(request.POST.get("at_once"))

    def act() -> str:
        data = form.cleaned_data
        given = {
            "centre": centre, "service": data["service"], "name": data["name"], "phone": data["phone"],
            "has": _has(request), "note": data["note"], "window": window, "key": data["key"],
            "ticket": hall.called.get(window.pk) if window else None, "by": request.user, "at": now(),
        }  # fmt: skip
        if at_once:
            proof = {"result": data["result"], "photos": data["photos"] or []}
            made["one"] = actions.do_at_once(**given, **proof)
        else:
            made["one"] = actions.take_in(**given)
        return reverse("centres:matter", args=[made["one"].pk])

    done = _("已登记当场办结。") if at_once else _("已受理，请把回执交给居民。")
    went, remedy, status = act_on(request, form, act, done=done)
    if went:
        return went
    service = form.cleaned_data.get("service") if form.is_bound and form.is_valid() else None
    context = _page_of(centre, form, hall, window, service)
    context |= {"remedy": remedy, "at_once": at_once}
    return show(request, "take_in", context, tab="home", status=status)


def _has(request: SignedIn) -> set[int]:
    return {int(n) for n in request.POST.getlist("has") if n.isdecimal() and len(n) < 4}


def _page_of(centre: Any, form: Any, hall: Any, window: Any, service: Any) -> dict[str, Any]:
    return {
        "centre": centre, "form": form, "window": window, "service": service,
        "called": hall.called.get(window.pk) if window else None,
    }  # fmt: skip


@login_required
@require_GET
def materials(request: SignedIn, pk: int) -> HttpResponse:
    """Give the materials a service asks for, as boxes to tick (a part of the page)."""
    centre = the_hall(request, pk)
    asked = request.GET.get("service", "")
    rows = _offered(centre)
    service = rows.filter(pk=int(asked)).first() if asked.isdigit() and len(asked) < 19 else None
    return render(request, "centres/parts/materials.html", {"service": service})


@login_required
@require_GET
def person(request: SignedIn, pk: int) -> HttpResponse:
    """Say what the house knows of a telephone number, masked (a part of the page)."""
    centre = the_hall(request, pk)
    index = _index(request.GET.get("phone", "").strip()[:20])
    rows = Matter.objects.visible_to(request.user).filter(phone_index=index, centre=centre)
    found = list(rows.select_related("service").order_by("-pk")[:3])
    return render(request, "centres/parts/person.html", {"rows": found, "asked": index != "-"})


def _matter(request: SignedIn, pk: UUID) -> Matter:
    rows = Matter.objects.visible_to(request.user).filter(centre__in=_lands(request))
    wanted = ("service", "centre__region", "case", "by", "window", "referred_to", "signature")
    return get_object_or_404(rows.select_related(*wanted), pk=pk)


def _lands(request: SignedIn) -> Any:
    """Return all centres of the reader's land, closed ones too."""
    return Centre.objects.visible_to(request.user)


@login_required
@require_GET
def matter(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show a matter at the window with what comes next."""
    one = _matter(request, pk)
    context = {
        "one": one, "tone": TONES[one.state], "serves": serves(request, one.centre),
        "missing": [row["name"] for row in one.materials if not row["has"]],
        "is_late": one.state == "filed" and one.due_on is not None and one.due_on < localdate(),
        "is_ended": one.case is not None and one.case.step in actions.ENDED,
        "progress": queries.progress_url(one),
    }  # fmt: skip
    return show(request, "matter", context, tab="matters")


@login_required
@require_http_methods(FORM)
def do(request: SignedIn, pk: UUID, verb: str) -> HttpResponse:
    """One verb on a matter: complete, result, hand, drop, who."""
    one = _matter(request, pk)
    if verb not in VERBS or not serves(request, one.centre):
        raise Http404
    return VERBS[verb](request, one)


def _complete(request: SignedIn, one: Matter) -> HttpResponse:
    form = actions_form(request)

    def act() -> str:
        actions.complete(one, has=_has(request), by=request.user, at=now())
        return reverse("centres:matter", args=[one.pk])

    return ask(
        request, form, act, done=_("材料已登记。"), tab="matters", template="complete", one=one,
        heading=_("补收材料"), verb=_("保存"), back=reverse("centres:matter", args=[one.pk]),
    )  # fmt: skip


def actions_form(request: SignedIn) -> Any:
    """Return a form without fields: its boxes are the matter's own."""
    from tongxin.ui.forms import Form

    return Form({} if request.method == "POST" else None)


def _result(request: SignedIn, one: Matter) -> HttpResponse:
    form = ResultForm(posted(request), initial={"result": one.result})

    def act() -> str:
        actions.record_result(one, result=form.cleaned_data["result"], by=request.user, at=now())
        return reverse("centres:matter", args=[one.pk])

    return ask(
        request, form, act, done=_("已登记，居民会收到领取通知。"), tab="matters",
        heading=_("登记办理结果"), lede=f"{one.number} · {one.service.name}", verb=_("登记"),
        back=reverse("centres:matter", args=[one.pk]),
    )  # fmt: skip


def _hand(request: SignedIn, one: Matter) -> HttpResponse:
    form = HandForm(posted(request), request.FILES or None)

    def act() -> str:
        data = form.cleaned_data
        actions.hand_over(
            one, to=data["to"], signature=(data["photos"] or [None])[0], by=request.user, at=now()
        )
        return reverse("centres:matter", args=[one.pk])

    return ask(
        request, form, act, done=_("已交付签收。"), tab="matters", heading=_("交付并签收"),
        lede=f"{one.number} · {one.service.name} · {one.result}", verb=_("交付"),
        back=reverse("centres:matter", args=[one.pk]),
    )  # fmt: skip


def _drop(request: SignedIn, one: Matter) -> HttpResponse:
    form = WhyForm(posted(request))

    def act() -> str:
        actions.drop_matter(one, why=form.cleaned_data["why"], by=request.user, at=now())
        return reverse("centres:matters")

    return ask(
        request, form, act, done=_("已撤回。"), tab="matters", heading=_("撤回：%s") % one.number,
        verb=_("撤回"), back=reverse("centres:matter", args=[one.pk]),
    )  # fmt: skip


def _who(request: SignedIn, one: Matter) -> HttpResponse:
    form, found, status = ReasonForm(posted(request)), None, 200
    if request.method == "POST" and form.is_valid():
        try:
            audit_look(
                actor=request.user, action="centres.matter", object=one.number,
                reason=form.cleaned_data["reason"], at=now(), address=address_of(request),
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            box = sealer()
            sealed = one.name_sealed and one.phone_sealed
            found = (
                (box.open(one.name_sealed), box.open(one.phone_sealed)) if sealed else ("—", "—")
            )
    elif request.method == "POST":
        status = 422
    answer = show(
        request, "who", {"one": one, "form": form, "found": found}, tab="matters", status=status
    )
    answer["Cache-Control"] = "no-store"
    return answer


VERBS = {"complete": _complete, "result": _result, "hand": _hand, "drop": _drop, "who": _who}


@login_required
@require_http_methods(FORM)
def refer(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that somebody was shown the way elsewhere."""
    centre = the_hall(request, pk)
    if not serves(request, centre):
        raise Http404
    today = localdate()
    services = DelegatedService.objects.public().on(today).order_by("code")
    asked = request.GET.get("service", "")
    offered = (
        [
            one.centre.pk
            for one in queries.where_offered(asked[:10], day=today, path=centre.region.path)
            if one.centre.pk != centre.pk
        ]
        if asked
        else []
    )
    wanted = Centre.objects.public().exclude(pk=centre.pk)
    form = ReferForm(
        posted(request), services=services, initial={"key": uuid4().hex, "service": services.filter(code=asked).first()},
        centres=wanted.filter(pk__in=offered) if offered else wanted.filter(region__path__under=_street(centre)),
    )  # fmt: skip

    def act() -> str:
        actions.refer(centre=centre, by=request.user, at=now(), **form.cleaned_data)
        return f"{reverse('centres:home')}?centre={pk}"

    return ask(
        request, form, act, done=_("已登记引导。"), heading=_("引导到别处"),
        lede=_("这里办不了的，告诉居民去哪里办；会计入“不出社区”率。"), verb=_("登记引导"),
        back=f"{reverse('centres:home')}?centre={pk}",
    )  # fmt: skip


def _street(centre: Centre) -> str:
    return "/".join(centre.region.path.split("/")[:3]) + "/"


@login_required
@require_GET
def slip(request: SignedIn, pk: UUID) -> HttpResponse:
    """Lay out the slip for the person: a receipt, or what is missing, told once (一次性告知)."""
    one = _matter(request, pk)
    url = request.build_absolute_uri(queries.progress_url(one))
    drawn = segno.make(url, error="m").svg_inline(scale=4, border=2, svgclass="qr", lineclass=None)
    context = {
        "one": one, "missing": [row["name"] for row in one.materials if not row["has"]],
        "code": mark_safe(drawn), "now": now(),  # noqa: S308 (drawn here from our own address)
    }  # fmt: skip
    return render(request, "centres/slip.html", context)
