"""The roles somebody may act in, the home page of each, and the navigation that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import place_name

SESSION_KEY = "role"
ADMINISTRATOR, RESIDENT = "administrator", "resident"


@dataclass(frozen=True)
class Role:
    name: str
    label: str | Promise
    home: str  # the name of a URL
    items: str = ""  # what stands in its navigation: names of ITEMS


ITEMS = {
    "desk": (_("收件箱"), "portal:desk", "inbox"),
    "verify": (_("验单"), "portal:verify", "eye-check"),
    "street": (_("一览"), "portal:street", "map-2"),
    "whistle": (_("吹哨"), "portal:whistle", "speakerphone"),
    "new": (_("代居民点单"), "requests:new", "circle-plus"),
    "hall": (_("抢单大厅"), "requests:hall", "building-store"),
    "orders": (_("我的单"), "requests:orders", "clipboard-check"),
    "inbox": (_("消息"), "accounts:inbox", "bell"),
    "admin": (_("管理"), "admin:index", "settings"),
}


def _role(name: str, home: str, items: str) -> Role:
    return Role(name, Post.Role(name).label, home, items)


# In the order in which somebody with several is taken to act, until they choose.
ROLES = {
    role.name: role
    for role in (
        Role(ADMINISTRATOR, _("系统管理员"), "admin:index", "admin street desk inbox"),
        _role("officer", "portal:street", "street desk whistle inbox"),
        _role("leader", "portal:street", "street desk inbox"),
        _role("inspector", "portal:street", "street desk inbox"),
        _role("dispatcher", "portal:desk", "desk new street inbox"),
        _role("verifier", "portal:verify", "verify desk street inbox"),
        _role("handler", "portal:desk", "desk inbox"),
        _role("grid_worker", "requests:hall", "desk hall orders new inbox"),
        _role("volunteer", "requests:hall", "hall orders inbox"),
        Role(RESIDENT, _("居民"), "requests:home", "new inbox"),
    )
}


def roles_of(user) -> list[Role]:
    """Return the roles a user holds, what they mostly act as first; everybody is a resident."""
    held = {post.role for post in posts_of(user)} | {RESIDENT}
    if user.is_superuser:
        held.add(ADMINISTRATOR)
    return [role for name, role in ROLES.items() if name in held]


def role_of(request: HttpRequest) -> Role:
    """Return the role the user acts in now: the one they chose, if they still hold it."""
    held = roles_of(request.user)
    chosen = request.session.get(SESSION_KEY)
    return next((role for role in held if role.name == chosen), held[0])


def choose(request: HttpRequest, name: str) -> Role:
    """Act in another role from now on; in the one before, if it is not held."""
    if name in {role.name for role in roles_of(request.user)}:
        request.session[SESSION_KEY] = name
    return role_of(request)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side navigation of the role, as `ui/parts/side_nav.html` draws it."""
    if not request.user.is_authenticated:
        return []
    items = []
    for name in role_of(request).items.split():
        label, url_name, icon = ITEMS[name]
        url = reverse(url_name)
        items.append({"label": label, "url": url, "icon": icon, "active": request.path == url})
    return items


def standing(request: HttpRequest) -> dict[str, Any]:
    """Return {"role", "place", "others"}: as whom somebody acts, where, and as whom else they may."""
    if not request.user.is_authenticated:
        return {}
    role = role_of(request)
    paths = [post.path for post in posts_of(request.user) if post.role == role.name]
    others = [one for one in roles_of(request.user) if one.name != role.name]
    return {"role": role, "place": place_name(paths[0]) if paths else "", "others": others}
