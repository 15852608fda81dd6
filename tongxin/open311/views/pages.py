"""The administrator's pages about the door: keys, services, other servers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.ui.forms import Form

from .. import actions, books
from ..forms import ChangeKeyForm, KeyForm, OverlapForm, PeerForm, RuleForm, ServiceForm
from ..gates import for_administrators
from ..models import ClientKey, Forwarding, MediaCopy, Peer

PAGE = ["GET", "HEAD", "POST"]


def _ask(request: HttpRequest, form: Form, *, status: int = 200, **words: Any) -> HttpResponse:
    return render(request, "open311/form.html", {"form": form, **words}, status=status)


@for_administrators
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """Show who may file, what is offered, and where we hand cases on."""
    at = now()
    context = {
        "keys": [
            (key, books.state_of(key, at)) for key in books.keys_with_counts(request.user, at)
        ],
        "peers": books.peers_with_counts(request.user),
        "address": request.build_absolute_uri(reverse("open311:discovery", args=["json"])),
    }
    return render(request, "open311/home.html", context)


# Keys.


@never_cache
@for_administrators
@require_http_methods(PAGE)
def new_key(request: SignedIn) -> HttpResponse:
    """Give a key and show it: the only page that ever does, so it is not redirected away."""
    form = KeyForm(request.POST or None)
    words: dict[str, Any] = {
        "heading": _("发放密钥"), "verb": _("发放"), "icon": "key", "back": reverse("open311:home"),
        "lede": _("每个系统一个密钥，按最小需要给权限。"),
    }  # fmt: skip
    if request.method != "POST" or not form.is_valid():
        return _ask(request, form, **words)
    at = now()
    try:
        client, key = actions.give_key(by=request.user, at=at, **form.given(at))
    except Refused as refusal:
        form.take(refusal)
        return _ask(request, form, status=refusal.status, **words)
    return _show_key(request, client, key)


def _show_key(request: SignedIn, client: ClientKey, key: str) -> HttpResponse:
    context = {
        "heading": _("“%s”的密钥") % client.name,
        "lede": _("对方调用接口时放在参数 api_key 里。"),
        "secret": key,
        "back": reverse("open311:key", args=[client.pk]),
    }
    return render(request, "open311/secret_shown.html", context)


def _key(request: SignedIn, pk: int) -> ClientKey:
    return get_object_or_404(
        ClientKey.objects.visible_to(request.user).select_related("region"), pk=pk
    )


@for_administrators
@require_safe
def key(request: SignedIn, pk: int) -> HttpResponse:
    """Show a client: what it may do, and how often it calls."""
    client, at = _key(request, pk), now()
    days = books.days_of(client, at)
    context = {
        "client": client,
        "state": books.state_of(client, at),
        "days": days,
        "filed": sum(day.filed for day in days),
        "refused": sum(day.refused for day in days),
        "overlaps": client.old_until is not None and client.old_until > at,
        "form": OverlapForm(auto_id="turn_%s"),
        "media": books.media_of(client),
        "hosts": client.media_hosts.split(),
    }
    return render(request, "open311/key.html", context)


@for_administrators
@require_POST
def retry_media(request: SignedIn, pk: int, copy: int) -> HttpResponse:
    rows = MediaCopy.objects.visible_to(request.user).filter(submission__client=_key(request, pk))
    actions.retry_media(copy=get_object_or_404(rows, pk=copy), by=request.user, at=now())
    messages.success(request, _("将重新取回"))
    return redirect("open311:key", pk)


@for_administrators
@require_http_methods(PAGE)
def edit_key(request: SignedIn, pk: int) -> HttpResponse:
    """Change what a client may do, or let its key last longer."""
    client, at = _key(request, pk), now()
    form = ChangeKeyForm(request.POST if request.method == "POST" else None, client=client)
    back = reverse("open311:key", args=[pk])
    words: dict[str, Any] = {
        "heading": _("修改“%s”") % client.name, "verb": _("保存"), "icon": "check", "back": back,
        "lede": _("密钥不变，保存后立即生效。"),
    }  # fmt: skip
    if request.method != "POST" or not form.is_valid():
        return _ask(request, form, **words)
    try:
        actions.change_key(client=client, by=request.user, at=at, **form.given(at))
    except Refused as refusal:
        form.take(refusal)
        return _ask(request, form, status=refusal.status, **words)
    messages.success(request, _("“%s”已保存") % client.name)
    return redirect(back)


@never_cache
@for_administrators
@require_POST
def turn_key(request: SignedIn, pk: int) -> HttpResponse:
    client, form = _key(request, pk), OverlapForm(request.POST)
    if not form.is_valid():
        raise NotFound(_("请选择交接期。"))
    fresh = actions.turn_key(client=client, by=request.user, at=now(), **form.cleaned_data)
    return _show_key(request, client, fresh)


@for_administrators
@require_POST
def end_key(request: SignedIn, pk: int) -> HttpResponse:
    client = _key(request, pk)
    actions.end_key(client=client, by=request.user, at=now())
    messages.success(request, _("“%s”的密钥已停用") % client.name)
    return redirect("open311:home")


# Services.


@for_administrators
@require_safe
def services(request: SignedIn) -> HttpResponse:
    """Show every topic and how it is offered."""
    return render(request, "open311/services.html", {"rows": books.topics_with_services()})


@for_administrators
@require_http_methods(PAGE)
def service(request: SignedIn, code: str) -> HttpResponse:
    row = next((one for one in books.topics_with_services() if one["topic"].code == code), None)
    if row is None:
        raise NotFound(_("目录里没有代码为“%s”的事项。") % code[:20])
    topic = row["topic"]
    form = ServiceForm(request.POST if request.method == "POST" else None, initial=row)
    words: dict[str, Any] = {"heading": topic.name, "verb": _("保存"), "icon": "check",
             "back": reverse("open311:services"),
             "lede": f"{topic.category.name} · {topic.code}"}  # fmt: skip
    if request.method != "POST" or not form.is_valid():
        return _ask(request, form, **words)
    try:
        actions.set_service(topic=topic, by=request.user, at=now(), **form.cleaned_data)
    except Refused as refusal:
        form.take(refusal)
        return _ask(request, form, status=refusal.status, **words)
    messages.success(request, _("“%s”已保存") % topic.name)
    return redirect("open311:services")


# Other servers.


def _peer(request: SignedIn, pk: int) -> Peer:
    return get_object_or_404(Peer.objects.visible_to(request.user), pk=pk)


@for_administrators
@require_http_methods(PAGE)
def edit_peer(request: SignedIn, pk: int | None = None) -> HttpResponse:
    """Write down another server, or change one."""
    peer = _peer(request, pk) if pk else None
    names = ("name", "url", "jurisdiction", "client", "takes_updates", "is_active")
    initial = {name: getattr(peer, name) for name in names} if peer else None
    form = PeerForm(request.POST if request.method == "POST" else None, initial=initial)
    words: dict[str, Any] = {
        "heading": _("修改转交对象") if peer else _("新增转交对象"),
        "verb": _("保存"), "icon": "check",
        "back": reverse("open311:peer", args=[pk]) if pk else reverse("open311:home"),
        "lede": _("从保存之后发生的事开始转交，以前的不补发。"),
    }  # fmt: skip
    if request.method != "POST" or not form.is_valid():
        return _ask(request, form, **words)
    try:
        saved = actions.save_peer(peer=peer, by=request.user, at=now(), **form.cleaned_data)
    except Refused as refusal:
        form.take(refusal)
        return _ask(request, form, status=refusal.status, **words)
    messages.success(request, _("“%s”已保存") % saved.name)
    return redirect("open311:peer", saved.pk)


@for_administrators
@require_http_methods(PAGE)
def peer(request: SignedIn, pk: int) -> HttpResponse:
    """Show another server: by which rules it gets cases, and how they stand there. Adds a rule."""
    found = _peer(request, pk)
    form, status = RuleForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_rule(peer=found, by=request.user, at=now(), **form.cleaned_data)
            messages.success(request, _("已新增转交规则"))
            return redirect("open311:peer", pk)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    return _show_peer(request, found, form, now(), status)


def _show_peer(
    request: SignedIn, found: Peer, form: RuleForm, at: datetime, status: int
) -> HttpResponse:
    state = request.GET.get("state", "")
    rows, cursor = books.forwardings_of(found, state=state, before=request.GET.get("cursor", ""))
    context = {
        "peer": found,
        "rules": found.rules.select_related("topic", "region").order_by("topic__code"),
        "form": form,
        "rows": rows,
        "next_cursor": cursor,
        "tones": TONES,
        "filters": [
            {
                "name": "state", "label": _("状态"), "value": state,
                "choices": [("", _("全部")), *Forwarding.State.choices],
            }
        ],
    }  # fmt: skip
    return render(request, "open311/peer.html", context, status=status)


TONES = {
    "waiting": "waiting",
    "taken": "working",
    "closed": "verify",
    "ended": "idle",
    "dead": "late",
}


@for_administrators
@require_POST
def drop_rule(request: SignedIn, pk: int, rule: int) -> HttpResponse:
    found = get_object_or_404(_peer(request, pk).rules.all(), pk=rule)
    actions.drop_rule(rule=found, by=request.user, at=now())
    messages.success(request, _("已取消这条转交规则"))
    return redirect("open311:peer", pk)


@for_administrators
@require_POST
def retry(request: SignedIn, pk: int, forwarding: int) -> HttpResponse:
    found = get_object_or_404(_peer(request, pk).forwardings.all(), pk=forwarding)
    actions.retry_forwarding(forwarding=found, by=request.user, at=now())
    messages.success(request, _("将重新转交"))
    return redirect("open311:peer", pk)
