from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kit.errors import Refused
from tongxin.kit.text import mask_phone

from . import actions, oidc, queries
from .forms import CodeForm, MeForm, NewPasswordForm, PasswordForm, PhoneForm, TokenForm
from .models import Notice, Token, User
from .queries import SignedIn

# What the session keeps between asking for a code and typing it.
PHONE, HINT, NEXT = "sign_in_phone", "sign_in_hint", "sign_in_next"
TOKENS_SHOWN = 50
PAGE = ["GET", "HEAD", "POST"]


def _next(request: HttpRequest) -> str:
    """Return where to go after signing in, if it is on this site."""
    target = request.POST.get("next") or request.GET.get("next") or request.session.get(NEXT, "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if ours else ""


def _given(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    target = _next(request)
    for word in (PHONE, HINT, NEXT):
        request.session.pop(word, None)
    login(request, user)
    return redirect(target or settings.LOGIN_REDIRECT_URL)


@never_cache
@require_http_methods(PAGE)
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the phone, and send a code to it."""
    if request.user.is_authenticated:
        return redirect(_next(request) or settings.LOGIN_REDIRECT_URL)
    form = PhoneForm(_given(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            return _send_code(request, form.cleaned_data["phone"])
        except Refused as refusal:
            if isinstance(refusal, actions.TooManyCodes) and _sent_to(request, form):
                messages.info(request, _("验证码已经发过了，请看看手机短信"))
                return redirect("accounts:code")
            form.take(refusal)
            status = refusal.status
    context = {"form": form, "next": _next(request), "tab": "phone"}
    return render(request, "accounts/sign_in.html", context, status=status)


def _sent_to(request: HttpRequest, form: PhoneForm) -> bool:
    """Whether this browser has just had a code sent to this phone: a second tap, not a second wish."""
    return _phone_of(request) == form.cleaned_data["phone"]


def _send_code(request: HttpRequest, phone: str) -> HttpResponse:
    code = actions.send_code(phone=phone, address=queries.address_of(request), at=now())
    request.session[PHONE] = queries.sealer().seal(phone)
    request.session[NEXT] = _next(request)
    if settings.TONGXIN_DEMO and settings.TONGXIN_SMS == "console":
        request.session[HINT] = code
    return redirect("accounts:code")


def _phone_of(request: HttpRequest) -> str:
    return queries.sealer().open(request.session.get(PHONE, ""))


@never_cache
@require_http_methods(PAGE)
def enter_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code that was sent to the phone, and sign in by it."""
    phone = _phone_of(request)
    if not phone:
        return redirect("accounts:sign-in")
    form = CodeForm(_given(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            user = actions.sign_in_by_code(
                phone=phone,
                code=form.cleaned_data["code"],
                address=queries.address_of(request),
                at=now(),
            )
            return _enter(request, user)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    context = {"form": form, "phone": mask_phone(phone), "hint": request.session.get(HINT)}
    return render(request, "accounts/code.html", context, status=status)


@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    phone = _phone_of(request)
    if not phone:
        return redirect("accounts:sign-in")
    try:
        _send_code(request, phone)
        messages.success(request, _("新的验证码已发出，以前的不再有效"))
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("accounts:code")


@never_cache
@require_http_methods(PAGE)
def sign_in_by_password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(_given(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            address = queries.address_of(request)
            user = actions.sign_in_by_password(**form.cleaned_data, address=address, at=now())
            return _enter(request, user)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    context = {"form": form, "next": _next(request), "tab": "password", "oidc": oidc.label()}
    return render(request, "accounts/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    elsewhere = oidc.way_out(request)
    logout(request)
    messages.success(request, _("已退出登录"))
    return redirect(elsewhere or "accounts:sign-in")


@never_cache
@require_http_methods(PAGE)
def step_into(request: HttpRequest) -> HttpResponse:
    """In the demo, let anybody be any of its people."""
    if not settings.TONGXIN_DEMO:
        raise Http404
    if request.method == "POST":
        logout(request)
        username = request.POST.get("username", "")
        user = actions.step_into(username=username, address=queries.address_of(request), at=now())
        return _enter(request, user)
    context = {"people": queries.demo_users(), "next": _next(request)}
    return render(request, "accounts/step_into.html", context)


@never_cache
@login_required
@require_http_methods(PAGE)
def me(request: SignedIn) -> HttpResponse:
    user = request.user
    form = MeForm(_given(request), initial=_kept(user))
    status = 200
    if request.method == "POST" and form.is_valid():
        wanted = {"email": user.email, **form.cleaned_data}
        try:
            actions.change_me(user=user, **wanted, at=now())
            messages.success(request, _("已保存"))
            return redirect("accounts:me")
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    return _show_me(request, status=status, form=form)


def _kept(user: User) -> dict:
    return {"name": user.name, "email": user.email, "channels": user.channels.split()}


def _show_me(request: SignedIn, *, status: int = 200, **context) -> HttpResponse:
    user = request.user
    tokens = Token.objects.visible_to(user).order_by("-pk")[:TOKENS_SHOWN]
    page = {
        "form": MeForm(initial=_kept(user)),
        "token_form": TokenForm(auto_id="token_%s"),
        "phone": queries.masked_phone(user),
        "unread": queries.unread_on_page(user),
        "tokens": [(token, _state_of(token)) for token in tokens],
        **context,
    }
    return render(request, "accounts/me.html", page, status=status)


def _state_of(token: Token) -> str:
    if token.revoked_at:
        return "revoked"
    return "expired" if token.expires_at and token.expires_at <= now() else "active"


@never_cache
@login_required
@require_POST
def make_token(request: SignedIn) -> HttpResponse:
    """Make a token and show it: the only page that ever does, so it is not redirected away."""
    form = TokenForm(request.POST, auto_id="token_%s")
    if not form.is_valid():
        return _show_me(request, token_form=form, open_tokens=True)
    at, days = now(), int(form.cleaned_data["days"])
    try:
        token = actions.make_token(
            user=request.user,
            name=form.cleaned_data["name"],
            at=at,
            expires_at=at + timedelta(days=days) if days else None,
        )
    except Refused as refusal:
        form.take(refusal)
        return _show_me(request, token_form=form, open_tokens=True, status=refusal.status)
    return _show_me(request, new_token=token, open_tokens=True)


@login_required
@require_POST
def revoke_token(request: SignedIn, pk: int) -> HttpResponse:
    token = get_object_or_404(Token.objects.visible_to(request.user), pk=pk)
    actions.revoke_token(token=token, by=request.user, at=now())
    messages.success(request, _("令牌“%s”已停用") % token.name)
    return redirect("accounts:me")


@never_cache
@login_required
@require_http_methods(PAGE)
def change_password(request: SignedIn) -> HttpResponse:
    form = NewPasswordForm(_given(request), user=request.user)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            address = queries.address_of(request)
            actions.change_password(
                user=request.user, **form.cleaned_data, address=address, at=now()
            )
            update_session_auth_hash(request, request.user)
            messages.success(request, _("密码已修改，别处的登录已失效"))
            return redirect("accounts:me")
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    return render(request, "accounts/change_password.html", {"form": form}, status=status)


@login_required
@require_safe
def inbox(request: SignedIn) -> HttpResponse:
    notices, cursor = queries.inbox(request.user, request.GET.get("cursor", ""))
    context = {
        "notices": notices,
        "next_cursor": cursor,
        "unread": queries.unread_on_page(request.user),
    }
    return render(request, "accounts/inbox.html", context)


@login_required
@require_safe
def open_notice(request: SignedIn, pk: int) -> HttpResponse:
    """Mark a notice as read and go where it points: reading is what the link does."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    actions.read_notice(notice=notice, at=now())
    return redirect(notice.url or "accounts:inbox")


@login_required
@require_POST
def read_all(request: SignedIn) -> HttpResponse:
    count = actions.read_all(user=request.user, at=now())
    messages.success(request, _("%d 条消息已标为已读") % count)
    return redirect("accounts:inbox")
