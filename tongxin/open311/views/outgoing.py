"""The administrator's pages of what leaves the house: subscriptions, and the log of deliveries."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts import actions
from tongxin.accounts.models import Delivery, Subscription
from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused
from tongxin.ui.forms import Form

from .. import outbox
from ..forms import OverlapForm, ReplayForm, WebhookForm
from ..gates import for_administrators

PAGE = ["GET", "HEAD", "POST"]
MOST_CHOSEN = 200


def _target(request: SignedIn, pk: int) -> Subscription:
    return get_object_or_404(Subscription.objects.visible_to(request.user), pk=pk)


@for_administrators
@require_safe
def webhooks(request: SignedIn) -> HttpResponse:
    """Show who is told of events, and how much of it arrived lately."""
    rows = outbox.subscriptions_with_counts(request.user, now())
    return render(request, "open311/webhooks.html", {"rows": rows})


@never_cache
@for_administrators
@require_http_methods(PAGE)
def edit(request: SignedIn, pk: int | None = None) -> HttpResponse:
    """Write down a subscription, or change one; the secret of a new one is shown once."""
    target = _target(request, pk) if pk else None
    initial = WebhookForm.initial_of(target) if target else None
    form = WebhookForm(request.POST if request.method == "POST" else None, initial=initial)
    words = {
        "heading": _("修改订阅") if target else _("新增订阅"),
        "verb": _("保存"), "icon": "check", "form": form,
        "back": reverse("open311:webhook", args=[pk]) if pk else reverse("open311:webhooks"),
        "lede": _("事件发生后，以签名的 JSON 发到对方地址，不含个人信息。"),
    }  # fmt: skip
    if request.method != "POST" or not form.is_valid():
        return render(request, "open311/form.html", words)
    try:
        saved, secret = actions.save_subscription(
            subscription=target, by=request.user, at=now(), **form.cleaned_data
        )
    except Refused as refusal:
        form.take(refusal)
        return render(request, "open311/form.html", words, status=refusal.status)
    if secret:
        return _show_secret(request, saved, secret)
    messages.success(request, _("“%s”已保存") % saved.name)
    return redirect("open311:webhook", saved.pk)


def _show_secret(request: HttpRequest, target: Subscription, secret: str) -> HttpResponse:
    context = {
        "heading": _("“%s”的签名密钥") % target.name,
        "lede": _("对方用它核对 X-Tongxin-Signature。"),
        "secret": secret,
        "back": reverse("open311:webhook", args=[target.pk]),
    }
    return render(request, "open311/secret_shown.html", context)


@for_administrators
@require_safe
def webhook(request: SignedIn, pk: int) -> HttpResponse:
    """Show a subscription: what it is told, what arrived, and what can be done about it."""
    at = now()
    return _show(request, _target(request, pk), ReplayForm(initial=ReplayForm.last_day(at)))


def _show(
    request: SignedIn, target: Subscription, form: Form, *, status: int = 200
) -> HttpResponse:
    at = now()
    context = {
        "target": target,
        "place": outbox.place_of(target.area),
        "told": outbox.words_of(target.words),
        "counts": outbox.counts_of(target, at),
        "overlaps": target.old_secret_until is not None and target.old_secret_until > at,
        "form": form,
        "turn_form": OverlapForm(auto_id="turn_%s"),
        "rows": outbox.log(request.user, {"subscription": str(target.pk)}, size=10)[0],
        "tones": outbox.TONES,
    }
    return render(request, "open311/webhook.html", context, status=status)


@for_administrators
@require_POST
def test(request: SignedIn, pk: int) -> HttpResponse:
    actions.test_subscription(subscription=_target(request, pk), by=request.user, at=now())
    messages.success(request, _("测试消息已放入发送队列，几秒后刷新看结果"))
    return redirect("open311:webhook", pk)


@never_cache
@for_administrators
@require_POST
def turn(request: SignedIn, pk: int) -> HttpResponse:
    target, form = _target(request, pk), OverlapForm(request.POST)
    days = form.cleaned_data["overlap_days"] if form.is_valid() else 7
    secret = actions.turn_secret(subscription=target, by=request.user, at=now(), overlap_days=days)
    return _show_secret(request, target, secret)


@for_administrators
@require_POST
def replay(request: SignedIn, pk: int) -> HttpResponse:
    """Send again what a subscription was told in a period."""
    target, form = _target(request, pk), ReplayForm(request.POST)
    if not form.is_valid():
        return _show(request, target, form)
    try:
        count = actions.replay(subscription=target, by=request.user, at=now(), **form.cleaned_data)
    except Refused as refusal:
        form.take(refusal)
        return _show(request, target, form, status=refusal.status)
    if count:
        messages.success(request, _("已安排补发 %d 条，事件编号不变，带补发标记") % count)
    else:
        messages.info(request, _("这段时间没有可以补发的消息"))
    return redirect("open311:webhook", pk)


# The log.


@for_administrators
@require_safe
def deliveries(request: SignedIn) -> HttpResponse:
    """List what left the house or could not, newest first; addresses and texts masked."""
    asked = {name: request.GET.get(name, "") for name in ("state", "channel", "subscription", "q")}
    rows, cursor = outbox.log(request.user, asked, before=request.GET.get("cursor", ""))
    context = {
        "rows": rows,
        "next_cursor": cursor,
        "tones": outbox.TONES,
        "dead": outbox.dead_count(request.user),
        "search": {"name": "q", "value": asked["q"], "placeholder": _("编号、错误")},
        "filters": _filters(request, asked),
        "since": now() - timedelta(days=outbox.KEPT_DAYS),
    }
    return render(request, "open311/deliveries.html", context)


def _filters(request: SignedIn, asked: dict[str, str]) -> list[dict[str, Any]]:
    everything = ("", _("全部"))
    targets = Subscription.objects.visible_to(request.user).order_by("name")
    choices = {
        "state": (_("状态"), Delivery.State.choices),
        "channel": (_("方式"), Delivery.Channel.choices),
        "subscription": (_("订阅"), [(str(one.pk), one.name) for one in targets]),
    }
    return [
        {"name": name, "label": label, "value": asked[name], "choices": [everything, *options]}
        for name, (label, options) in choices.items()
    ]


@for_administrators
@require_safe
def delivery(request: SignedIn, pk: int) -> HttpResponse:
    """Show one message: its tries, its content masked, its replays."""
    found = outbox.one(request.user, pk)
    row = get_object_or_404(found)
    context = {
        "row": row,
        "tone": outbox.TONES[row.state],
        "content": json.dumps(outbox.masked(row.payload), ensure_ascii=False, indent=2),
        "to": outbox.target_of(row),
        "replays": row.replays.order_by("pk")[:20],
    }
    return render(request, "open311/delivery.html", context)


@for_administrators
@require_POST
def resend(request: SignedIn) -> HttpResponse:
    """Send one or many again; back to the list as it was filtered."""
    ids = [int(one) for one in request.POST.getlist("id") if one.isdecimal() and len(one) < 18]
    back = reverse("open311:deliveries")
    if query := request.POST.get("back", ""):
        back += f"?{query}" if "\n" not in query and "\r" not in query else ""
    if not ids:
        messages.error(request, _("请先勾选要重发的消息"))
        return redirect(back)
    count = actions.resend(ids=ids[:MOST_CHOSEN], by=request.user, at=now())
    if count:
        messages.success(request, _("%d 条将重新发送") % count)
    else:
        messages.info(request, _("所选的都不用重发：还在排队，或短信、邮件已送达"))
    return redirect(back)
