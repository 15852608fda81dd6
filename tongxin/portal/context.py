"""The frame around every page for somebody signed in: navigation by posts, roles, unread notices."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from tongxin.accounts.queries import unread_on_page
from tongxin.cadres.queries import banner

from . import roles


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the templates of the frame may ask for; nothing is looked up before they do."""
    if not hasattr(request, "user"):  # a page of an error that came before anybody was known
        return {}
    return {
        "nav": SimpleLazyObject(lambda: roles.navigation(request)),
        "standing": SimpleLazyObject(lambda: roles.standing(request)),
        "bell": SimpleLazyObject(lambda: _bell(request)),
        "emergency": SimpleLazyObject(lambda: banner(request.user)),
        "account_url": reverse("accounts:me"),
    }


def _bell(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        return {}
    return {"url": reverse("accounts:inbox"), "unread": unread_on_page(request.user)}
