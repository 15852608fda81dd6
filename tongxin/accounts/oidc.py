"""Signing in by the identity provider of the house (OpenID Connect, authorization code with PKCE).

The protocol is mozilla-django-oidc's: state, nonce, verifier, the exchange of the code, the keys
and the signature. What it leaves to its caller is checked here: issuer, audience, that id token and
user info are about the same subject. Where the endpoints are, the provider itself says (discovery).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
import requests
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationRequestView

from tongxin.kit.errors import NotPermitted, Refused

from .actions import single_sign_on
from .queries import address_of

TIMEOUT = 8  # seconds, for each call to the provider
REMEMBERED = 3600.0  # seconds for which its endpoints are taken as known
ID_TOKEN = "oidc_id_token"  # noqa: S105 (a name)
log = logging.getLogger(__name__)


class ProviderSilent(Refused):
    """The identity provider does not answer, or not as one."""

    status = 503


class BadAnswer(NotPermitted):
    """What came back from the provider does not prove anything: too old, forged, or not for us."""


@dataclass(frozen=True)
class Provider:
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization: str
    token: str
    userinfo: str
    keys: str
    end_session: str
    by_post: bool  # the secret goes into the body, not into a header


_known: dict[str, tuple[float, Provider]] = {}


def is_configured() -> bool:
    return bool(settings.TONGXIN_OIDC_ISSUER and settings.TONGXIN_OIDC_CLIENT_ID)


def label() -> str:
    """Return the words on the button of the sign-in page; "" if there is no provider."""
    return (settings.TONGXIN_OIDC_LABEL or _("用统一身份认证登录")) if is_configured() else ""


def provider() -> Provider:
    """Return the provider of the settings, asked at most once an hour.

    :raises ProviderSilent: if it does not answer, or names another issuer than itself
    """
    issuer = settings.TONGXIN_OIDC_ISSUER.rstrip("/")
    asked_at, found = _known.get(issuer, (0.0, None))
    if found is not None and time.monotonic() - asked_at < REMEMBERED:
        return found
    try:
        answer = httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT)
        answer.raise_for_status()
        found = _read(answer.json(), issuer)
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError, AttributeError) as error:
        log.warning("identity provider %s: %r", issuer, error)
        raise ProviderSilent(
            _("统一身份认证暂时连不上。"), remedy=_("请稍后再试，或用用户名和密码登录。")
        ) from error
    _known[issuer] = (time.monotonic(), found)
    return found


def _read(said: dict[str, Any], issuer: str) -> Provider:
    if said["issuer"].rstrip("/") != issuer:
        raise ValueError(f"calls itself {said['issuer']}")
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Provider(
        issuer=said["issuer"],
        authorization=said["authorization_endpoint"],
        token=said["token_endpoint"],
        userinfo=said["userinfo_endpoint"],
        keys=said["jwks_uri"],
        end_session=said.get("end_session_endpoint", ""),
        by_post="client_secret_post" in methods,
    )


def forget() -> None:
    """Ask the provider anew next time."""
    _known.clear()


def _setting(name: str, *default: Any) -> Any:
    """Answer what mozilla-django-oidc asks of the settings, out of ours and the provider's."""
    there = provider()
    ours = {
        "OIDC_OP_AUTHORIZATION_ENDPOINT": there.authorization,
        "OIDC_OP_TOKEN_ENDPOINT": there.token,
        "OIDC_OP_USER_ENDPOINT": there.userinfo,
        "OIDC_OP_JWKS_ENDPOINT": there.keys,
        "OIDC_RP_CLIENT_ID": settings.TONGXIN_OIDC_CLIENT_ID,
        "OIDC_RP_CLIENT_SECRET": settings.TONGXIN_OIDC_CLIENT_SECRET,
        "OIDC_RP_SIGN_ALGO": settings.TONGXIN_OIDC_ALG,
        "OIDC_RP_SCOPES": settings.TONGXIN_OIDC_SCOPES,
        "OIDC_USE_PKCE": True,
        "OIDC_USE_NONCE": True,
        "OIDC_TIMEOUT": TIMEOUT,
        "OIDC_TOKEN_USE_BASIC_AUTH": not there.by_post,
        "OIDC_AUTHENTICATION_CALLBACK_URL": "accounts:oidc-back",
    }
    if name in ours:
        return ours[name]
    return default[0] if default else None


class Asking(OIDCAuthenticationRequestView):
    """Sends the browser to the provider, with state, nonce and challenge kept in the session."""

    get_settings = staticmethod(_setting)


class Checking(OIDCAuthenticationBackend):
    """Turns the code that came back into claims that are proved; knows no accounts."""

    get_settings = staticmethod(_setting)
    id_token = ""

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        payload = super().verify_token(token, **kwargs)
        audience = payload.get("aud")
        audience = audience if isinstance(audience, list) else [audience]
        ours = settings.TONGXIN_OIDC_CLIENT_ID
        if payload.get("iss") != provider().issuer or ours not in audience:
            raise SuspiciousOperation("issued by another, or for another")
        if len(audience) > 1 and payload.get("azp") != ours:
            raise SuspiciousOperation("asked for by another")
        if "exp" not in payload or not payload.get("sub"):
            raise SuspiciousOperation("without an end, or about nobody")
        return payload

    def get_or_create_user(self, access_token: str, id_token: str, payload: dict) -> Any:
        """Return the claims: whom they name, `actions.sign_in_by_claims` knows."""
        said = self.get_userinfo(access_token, id_token, payload)
        if said.get("sub") != payload["sub"]:
            raise SuspiciousOperation("the user info is about somebody else")
        self.id_token = id_token
        return {**payload, **said}


WRONG = (
    SuspiciousOperation,
    requests.RequestException,
    jwt.PyJWTError,
    KeyError,
    TypeError,
    ValueError,
)


def _gate() -> None:
    if not is_configured():
        raise Http404


@never_cache
@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Go to the provider; what to open afterwards goes along in the session."""
    _gate()
    try:
        single_sign_on.refuse_locked(address=address_of(request), at=now())
        return Asking.as_view()(request)
    except Refused as refusal:
        return _say_no(request, refusal)


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Come back from the provider: prove what it says, find the account, sign in."""
    _gate()
    address, at = address_of(request), now()
    try:
        single_sign_on.refuse_locked(address=address, at=at)
        checking, claims = _proved(request)
    except Refused as refusal:
        if isinstance(refusal, BadAnswer):
            single_sign_on.sign_in_failed(refusal=refusal, address=address, at=at)
        return _say_no(request, refusal)
    try:
        user = single_sign_on.sign_in_by_claims(claims=claims, address=address, at=at)
    except Refused as refusal:
        return _say_no(request, refusal)
    target = request.session.pop("oidc_login_next", None)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[ID_TOKEN] = checking.id_token
    return redirect(target or settings.LOGIN_REDIRECT_URL)


def _proved(request: HttpRequest) -> tuple[Checking, dict[str, Any]]:
    """Return what the provider says of whoever came back; a state serves once.

    :raises BadAnswer: if it proves nothing
    :raises ProviderSilent: if the provider cannot be asked
    """
    asked = request.session.get("oidc_states", {}).pop(request.GET.get("state", ""), None)
    request.session.modified = True
    if request.GET.get("error") or asked is None:
        raise BadAnswer(_("统一身份认证没有完成，请从登录页重新开始。"))
    checking = Checking()
    try:
        claims = checking.authenticate(
            request, nonce=asked["nonce"], code_verifier=asked["code_verifier"]
        )
    except WRONG as error:
        log.warning("sign-in by the identity provider: %r", error)
        claims = None
    if not claims:
        raise BadAnswer(_("统一身份认证的答复不对或已过期，请从登录页重新开始。"))
    return checking, claims


def _say_no(request: HttpRequest, refusal: Refused) -> HttpResponse:
    messages.error(
        request, " ".join(str(part) for part in (refusal.message, refusal.remedy) if part)
    )
    return redirect("accounts:password")


def way_out(request: HttpRequest) -> str:
    """Return where to go to end the session at the provider too; "" if one did not come by it."""
    token = request.session.get(ID_TOKEN, "")
    if not token or not is_configured():
        return ""
    try:
        there = provider()
    except Refused:
        return ""
    if not there.end_session:
        return ""
    words = {
        "id_token_hint": token,
        "client_id": settings.TONGXIN_OIDC_CLIENT_ID,
        "post_logout_redirect_uri": request.build_absolute_uri(reverse("accounts:sign-in")),
    }
    return f"{there.end_session}?{urlencode(words)}"
