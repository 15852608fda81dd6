"""The tabs at the foot of the phone: a resident's, or those of somebody who takes orders."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from tongxin.accounts.queries import unread_on_page
from tongxin.orgs.scope import posts_of

ON_FOOT = frozenset({"volunteer", "grid_worker"})
# Pages that are the resident's, whoever opens them.
RESIDENTS = frozenset({"home", "new", "browse", "mine", "filed", "outline", "rate-case"})


def phone_tabs(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `tabs`, made only on pages that draw them."""
    return {"tabs": SimpleLazyObject(lambda: tabs_of(request))}


def roles_on_foot(user) -> set[str]:
    return {post.role for post in posts_of(user)} & ON_FOOT


def tabs_of(request: HttpRequest, *, resident: bool = False) -> list[dict[str, Any]]:
    """Return at most four tabs, the current one marked; none for nobody, or for staff elsewhere."""
    match = request.resolver_match
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or match is None:
        return []
    here = f"{match.namespace}:{match.url_name}"
    on_foot = roles_on_foot(user)
    ours = match.namespace == "requests"
    if resident or (ours and match.url_name in RESIDENTS) or not on_foot:
        return _residents(user, here) if ours or not posts_of(user) else []
    return _workers(user, here, "grid_worker" in on_foot)


def _residents(user, here: str) -> list[dict[str, Any]]:
    return [
        _tab(_("点单"), "requests:home", "circle-plus", here, "new", "browse", "filed"),
        _tab(_("我的"), "requests:mine", "clipboard-list", here, "case", "rate-case"),
        _tab(_("心愿"), "requests:wishes", "heart-handshake", here, "new-wish"),
        _tab(_("通知"), "accounts:inbox", "bell", here, count=unread_on_page(user)),
    ]


def _workers(user, here: str, is_grid_worker: bool) -> list[dict[str, Any]]:
    third = (
        _tab(_("外勤"), "mobile:app", "route", here, "report")
        if is_grid_worker
        else _tab(_("心愿"), "requests:wishes", "heart-handshake", here, "new-wish")
    )
    return [
        _tab(_("大厅"), "requests:hall", "building-store", here),
        _tab(_("我的单"), "requests:orders", "clipboard-check", here, "case", "finish"),
        third,
        _tab(_("我的"), "requests:points", "user", here, "volunteer", count=unread_on_page(user)),
    ]


def _tab(label: str, name: str, icon: str, here: str, *also: str, count: int = 0) -> dict[str, Any]:
    inside = {name, *(f"requests:{word}" for word in also)}
    return {
        "label": label,
        "url": reverse(name),
        "icon": icon,
        "active": here in inside,
        "count": count,
    }
