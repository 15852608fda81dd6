"""The register of phones: who carries which, when it was heard; handed out, lost, found, handed back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused
from tongxin.ui.paging import page_of

from .. import actions
from ..forms import GiveForm, LostForm, ReturnForm
from ..models import Device
from ..queries.devices import TONES, counts_for, devices_for, keeps_devices

PAGE = 50


def state_words() -> dict[str, str]:
    return {
        "given": _("在用"), "new": _("待登记"), "lost": _("已报失"), "returned": _("已交回"),
    }  # fmt: skip


def _row(device: Device) -> dict[str, Any]:
    return {
        "device": device,
        "badge": {"state": TONES[device.state], "text": state_words()[device.state]},
    }


@login_required
@require_safe
def devices(request: SignedIn) -> HttpResponse:
    """List the phones of one's land, or one's own."""
    user, state = request.user, request.GET.get("state", "")
    found, cursor = page_of(devices_for(user, state=state), request.GET.get("cursor", ""), PAGE)
    here, counts = reverse("mobile:devices"), counts_for(user)
    context = {
        "rows": [_row(one) for one in found],
        "next_cursor": cursor,
        "keeps": keeps_devices(user),
        "segments": [
            {"label": _("全部"), "url": here, "active": not state, "count": sum(counts.values())},
            *(
                {"label": words, "url": f"{here}?state={name}", "active": state == name, "count": counts[name]}
                for name, words in state_words().items()
            ),
        ],
    }  # fmt: skip
    return render(request, "mobile/devices.html", context)


def _device(request: SignedIn, pk: int) -> Device:
    rows = Device.objects.visible_to(request.user).select_related(
        "org__region", "holder", "last_user"
    )
    return get_object_or_404(rows, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: SignedIn, pk: int) -> HttpResponse:
    """Show a phone; who keeps it hands it out here."""
    phone, user = _device(request, pk), request.user
    keeps = user.is_superuser or (
        keeps_devices(user) if phone.org is None else actions.keeps_devices_of(user, phone.org)
    )
    form = None
    if keeps and not phone.lost_at:
        data = request.POST if request.method == "POST" else None
        form = GiveForm(data, actor=user, initial=_known(phone))
    status = 200
    if request.method == "POST" and form is not None:
        if form.is_valid():
            given = form.cleaned_data
            try:
                actions.give_device(
                    device=phone, label=given["label"], org=given["org"], holder=given["holder"],
                    on=given["given_on"], by=user, at=now(),
                )  # fmt: skip
                messages.success(
                    request, _("已登记：%(name)s 领用") % {"name": given["holder"].name}
                )
                return redirect("mobile:device", pk)
            except Refused as refusal:
                form.take(refusal)
                status = refusal.status
        else:
            status = 422
    context = {
        **_row(phone),
        "form": form,
        "keeps": keeps,
        "is_mine": phone.holder_id == user.pk,
        "return_form": ReturnForm(initial={"returned_on": localdate()}),
        "lost_form": LostForm(),
    }
    return render(request, "mobile/device.html", context, status=status)


def _known(phone: Device) -> dict[str, Any]:
    return {
        "label": phone.label,
        "org": phone.org_id,
        "holder": phone.holder_id or phone.last_user_id,
        "given_on": phone.given_on or localdate(),
    }


@login_required
@require_POST
def give_back(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a phone came back."""
    phone, form = _device(request, pk), ReturnForm(request.POST)
    if form.is_valid():
        actions.return_device(
            device=phone, on=form.cleaned_data["returned_on"], by=request.user, at=now()
        )
        messages.success(request, _("已登记交回，上面的登录已退出。"))
    else:
        messages.error(request, _("请填写交回日期。"))
    return redirect("mobile:device", pk)


@login_required
@require_POST
def lose(request: SignedIn, pk: int) -> HttpResponse:
    """Report a phone lost; its sign-in ends."""
    phone, form = _device(request, pk), LostForm(request.POST)
    if form.is_valid():
        actions.lose_device(device=phone, why=form.cleaned_data["why"], by=request.user, at=now())
        messages.success(request, _("已报失，上面的登录已退出。之后从它发来的内容会等人核对。"))
    else:
        messages.error(request, _("请写明什么时候、在哪里丢的。"))
    return redirect("mobile:device", pk)


@login_required
@require_POST
def find(request: SignedIn, pk: int) -> HttpResponse:
    """A lost phone is back."""
    actions.find_device(device=_device(request, pk), by=request.user, at=now())
    messages.success(request, _("已登记找回，可以重新登录使用。"))
    return redirect("mobile:device", pk)
