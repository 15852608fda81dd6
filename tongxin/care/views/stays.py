"""流动人口: registering oneself, and the list of the grid's worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.regions.queries import get_land, world
from tongxin.ui.forms import ReasonForm

from .. import actions, queries
from ..actions.stays import CONSENT
from ..forms import AskStayForm, NoteForm, RegisterStayForm, SettleForm, UntilForm
from ..models import Impact, Stay, StayService
from ..queries import lists, people
from .common import PHONE, address, handle, keeps_any, page
from .files import FORMS


@login_required
@require_safe
def stays(request: SignedIn) -> HttpResponse:
    """Show who lives for a time in one's grid or community, masked."""
    if not keeps_any(request):
        raise NotFound(_("没有找到这个页面。"))
    state = request.GET.get("state", "")
    rows, following = lists.stays_page(
        request.user, state=state, cursor=request.GET.get("cursor", ""), on=localdate()
    )
    labels = [("", _("在册")), *Stay.State.choices]
    segments = [
        {"label": label, "url": f"?state={code}", "active": code == state} for code, label in labels
    ]
    return page(request, "stays.html", {"rows": rows, "next": following, "segments": segments})


def _impact(path: str) -> Impact:
    """Return the assessment under which people here for a time are registered."""
    rows = queries.impacts_for(path, localdate())
    found = rows.filter(purpose__contains="流动人口").first() or rows.first()
    if found is None:
        raise NotFound(_("这里还没有开通登记：影响评估尚未审定。"))
    return found


def _given(form: Any, grids: list[Any]) -> dict[str, Any]:
    grid = people.land_named(grids, form.cleaned_data["grid"])
    if grid is None:
        raise Invalid(_("请选择网格。"), field="grid")
    names = ("name", "phone", "building", "door", "why", "since", "until", "key")
    return {name: form.cleaned_data[name] for name in names} | {"grid": grid}


@login_required
@require_http_methods(FORMS)
def ask(request: SignedIn, code: str) -> HttpResponse:
    """Register oneself in a community, by the address on its poster."""
    community, at = get_land(code), now()
    grids = world().children_of(community)
    if community.level != "community" or not grids:
        raise NotFound(_("没有找到这个社区。"))
    impact, today = _impact(community.path), localdate(at)
    form = AskStayForm(
        request.POST if request.method == "POST" else None, grids=grids,
        initial={"name": request.user.name, "since": today, "until": today + timedelta(180)},
    )  # fmt: skip
    return handle(
        request, form,
        lambda given: actions.ask_stay(
            **_given(form, grids), impact=impact, agreed=given["agreed"], by=request.user, at=at
        ),
        to=lambda _stay: reverse("care:mine"), done=_("已提交，网格员核对后生效。"),
        template="ask_stay.html", base=PHONE, community=community, impact=impact, consent=CONSENT,
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def register(request: SignedIn) -> HttpResponse:
    """Register somebody met at the door."""
    grids, at = people.grids_kept(request.user), now()
    if not grids:
        raise NotFound(_("没有找到这个页面。"))
    today = localdate(at)
    form = RegisterStayForm(
        request.POST if request.method == "POST" else None, grids=grids,
        initial={"since": today, "until": today + timedelta(180), "basis": "consent"},
    )  # fmt: skip

    def act(given: dict[str, Any]) -> Stay:
        told = _given(form, grids)
        impact = _impact(told["grid"].path)
        return actions.register_stay(
            **told, impact=impact, basis=given["basis"], by=request.user, at=at
        )

    return handle(
        request, form, act, to=lambda stay: reverse("care:stay", args=[stay.pk]),
        title=_("登记流动人口"), verb=_("登记"), done=_("已登记。"), back=reverse("care:stays"),
        lede=_("只登记这几项；不登记身份证号、民族、籍贯。"),
    )  # fmt: skip


def _stay(request: SignedIn, pk: UUID) -> Stay:
    rows = Stay.objects.visible_to(request.user).select_related("grid", "impact", "judged_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这条登记，或您看不到它。"))
    return found


@login_required
@require_http_methods(FORMS)
def stay(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show a registration; name, telephone and door once a reason was given today."""
    found, today = _stay(request, pk), localdate()
    is_open = lists.looked_at(request.user, f"care.stay:{pk}", today)
    words = lists.contents_of_stay(found) if is_open else {}
    return handle(
        request, ReasonForm(request.POST if request.method == "POST" else None),
        lambda given: actions.look_at_stay(
            stay=found, reason=given["reason"], by=request.user, at=now(),
            address=address(request),
        ),
        to=lambda _look: reverse("care:stay", args=[pk]), template="stay.html", stay=found,
        words=words, is_open=is_open, services=lists.services_of(found), today=today,
        done=_("已打开，今天内可以查看；这次查看已记录。"), stands=found.closed_at is None,
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def judge(request: SignedIn, pk: UUID) -> HttpResponse:
    """Confirm a registration or refuse it."""
    found = _stay(request, pk)
    form = SettleForm(request.POST if request.method == "POST" else None)
    field: Any = form.fields["accept"]
    field.choices = [("yes", _("住在这里，确认")), ("no", _("不符，不予登记"))]
    back = reverse("care:stay", args=[pk])
    return handle(
        request, form,
        lambda given: actions.judge_stay(
            stay=found, accept=given["accept"] == "yes", note=given["note"], by=request.user,
            at=now(),
        ),
        to=lambda _stay: back, title=_("核对登记"), verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def extend(request: SignedIn, pk: UUID) -> HttpResponse:
    """Write down that somebody stays longer."""
    found = _stay(request, pk)
    form = UntilForm(request.POST if request.method == "POST" else None)
    back = reverse("care:stay", args=[pk])
    return handle(
        request, form,
        lambda given: actions.extend_stay(
            stay=found, until=given["until"], by=request.user, at=now()
        ),
        to=lambda _stay: back, title=_("续登"), verb=_("续登"), back=back,
        lede=_("问过本人再续；联系不上的到期自动清除。"),
    )  # fmt: skip


@login_required
@require_POST
def leave(request: SignedIn, pk: UUID) -> HttpResponse:
    """Write down that somebody has moved on."""
    actions.end_stay(stay=_stay(request, pk), by=request.user, at=now())
    messages.success(request, _("已结束登记，30 天后清除。"))
    return redirect("care:stays")


@login_required
@require_http_methods(FORMS)
def served(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a service was given."""
    rows = StayService.objects.visible_to(request.user).select_related("stay")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    form = NoteForm(request.POST if request.method == "POST" else None, label=_("结果"))
    back = reverse("care:stay", args=[found.stay_id])
    return handle(
        request, form,
        lambda given: actions.finish_service(
            service=found, note=given["note"], by=request.user, at=now()
        ),
        to=lambda _service: back, title=found.get_kind_display(), verb=_("办好了"), back=back,
    )  # fmt: skip
