"""The roles somebody may act in, the home page of each, and the navigation that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
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
    "plans": (_("批量派单"), "dispatching:plans", "arrows-split"),
    "verify": (_("验单"), "portal:verify", "eye-check"),
    "street": (_("一览"), "portal:street", "map-2"),
    "hot": (_("热点"), "matters:hot", "flame"),
    "hearts": (_("五心服务"), "requests:hearts", "hearts"),
    "whistle": (_("吹哨"), "portal:whistle", "speakerphone"),
    "routing": (_("流转规则"), "cases:routing", "route"),
    "hotline": (_("热线坐席"), "hotline:desk", "headset"),
    "new": (_("代居民点单"), "requests:new", "circle-plus"),
    "joining": (_("志愿者申请"), "orgs:joining", "user-plus"),
    "hall": (_("抢单大厅"), "requests:hall", "building-store"),
    "orders": (_("我的单"), "requests:orders", "clipboard-check"),
    "field": (_("外勤"), "mobile:conflicts", "device-mobile"),
    "inbox": (_("消息"), "accounts:inbox", "bell"),
    "admin": (_("管理"), "admin:index", "settings"),
    "texts": (_("文本助手"), "texts:models", "language"),
    "offices": (_("内设机构"), "orgs:offices", "sitemap"),
    "units": (_("组织名册"), "orgs:units", "hierarchy"),
    "people": (_("党员名册"), "orgs:people", "users"),
    "meetings": (_("组织生活"), "meetings:calendar", "calendar-event"),
    "affairs": (_("党务"), "affairs:home", "clipboard-list"),
    "secretaries": (_("书记队伍"), "secretaries:home", "user-star"),
    "cadres": (_("干部下沉"), "cadres:home", "user-share"),
    "report_in": (_("双报到"), "dual_report:home", "home-check"),
    "todo": (_("待办"), "portal:todo", "checklist"),
    "party": (_("党建一览"), "portal:party", "chart-bar"),
    "check": (_("组织体检"), "orgs:check", "stethoscope"),
    "ratings": (_("评定提升"), "orgs:ratings", "award"),
    "standards": (_("标准化建设"), "standards:home", "ruler-measure"),
    "documents": (_("公文"), "documents:home", "file-text"),
    "sheets": (_("表格进出"), "spreadsheets:home", "table"),
    "mailbox": (_("来信"), "mailbox:letters", "mail"),
    "me": (_("我的组织"), "orgs:me", "user-circle"),
    "round": (_("今日走访"), "fieldwork:round", "route"),
    "visits": (_("巡查走访"), "fieldwork:list", "walk"),
    "grids": (_("网格与部件"), "grids:home", "grid-dots"),
    "campaigns": (_("专项任务"), "campaigns:home", "clipboard-list"),
    "inspections": (_("监督检查"), "inspections:home", "clipboard-search"),
    "care": (_("关爱帮扶"), "care:home", "heart-handshake"),
    "errands": (_("代买代办"), "care:errands", "shopping-bag"),
    "my_care": (_("我的关爱档案"), "care:mine", "heart-handshake"),
    "findings": (_("问题整改"), "findings:home", "clipboard-check"),
    "conferences": (_("联席会议"), "conferences:home", "messages"),
    "lists": (_("需求与供给"), "conferences:lists", "list-check"),
    "alliances": (_("党建联盟"), "alliances:home", "affiliate"),
    "projects": (_("重点任务"), "projects:home", "target-arrow"),
    "renovation": (_("挂图作战"), "renovation:home", "building-community"),
    "places": (_("党群阵地"), "places:home", "building-pavilion"),
    "centres": (_("一窗通办"), "centres:home", "window"),
    "funds": (_("资金专账"), "funds:home", "coin-yuan"),
    "economy": (_("集体经济"), "economy:home", "plant-2"),
    "library": (_("案例与学习"), "library:home", "books"),
    "taking_part": (_("议事与表决"), "taking_part:home", "checkup-list"),
    "my_room": (_("中心与预约"), "centres:public", "door"),
    "my_voice": (_("议一议"), "taking_part:public", "message-circle"),
    "doors": (_("系统对接"), "open311:home", "plug-connected"),
}
# What stands together in the navigation under a heading of its own.
GROUPS = {"ground:": _("现场"), "together:": _("共建"), "party:": _("党建")}
TOGETHER = (
    "together: conferences lists alliances projects renovation places centres funds economy"
    " library taking_part"
)
PARTY = (
    "party: party units people meetings affairs secretaries report_in cadres check ratings"
    " standards sheets"
)


def _role(name: str, home: str, items: str) -> Role:
    return Role(name, Post.Role(name).label, home, items)


# In the order in which somebody with several is taken to act, until they choose.
ROLES = {
    role.name: role
    for role in (
        Role(
            ADMINISTRATOR,
            _("系统管理员"),
            "admin:index",
            "admin street desk doors routing field inbox texts",
        ),
        _role(
            "officer",
            "portal:street",
            "street desk plans hot hearts whistle routing joining documents inbox"
            " ground: grids visits campaigns inspections findings care field"
            f" {TOGETHER} party: party report_in cadres units offices check standards",
        ),
        _role(
            "leader",
            "portal:street",
            "street desk hot hearts documents inbox"
            " ground: grids visits campaigns inspections findings care"
            f" {TOGETHER} party: party report_in cadres units offices check ratings standards",
        ),
        _role(
            "inspector",
            "portal:street",
            "street desk hot documents inbox"
            " ground: round grids visits campaigns inspections findings care"
            " together: projects renovation places funds"
            " party: party cadres units check standards",
        ),
        _role(
            "dispatcher",
            "portal:desk",
            "desk plans new mailbox street hot joining documents inbox report_in cadres"
            " ground: grids visits campaigns findings care field"
            " together: conferences lists places centres taking_part library",
        ),
        _role("operator", "hotline:desk", "hotline inbox"),
        _role(
            "verifier",
            "portal:verify",
            "verify desk street inbox report_in cadres ground: grids campaigns findings care",
        ),
        _role(
            "organiser",
            "portal:todo",
            "todo documents inbox ground: round visits inspections findings"
            f" {TOGETHER} {PARTY} offices me",
        ),
        _role(
            "secretary",
            "portal:todo",
            f"todo documents inbox ground: round visits findings {TOGETHER} {PARTY} me",
        ),
        _role(
            "commissioner",
            "portal:todo",
            "todo findings documents inbox party: units people meetings affairs standards me",
        ),
        _role(
            "first_secretary",
            "secretaries:home",
            "todo documents inbox together: projects economy funds library"
            " party: secretaries units meetings me",
        ),
        _role(
            "team_leader",
            "secretaries:home",
            "todo documents inbox together: projects economy funds library"
            " party: secretaries units meetings me",
        ),
        _role("adviser", "secretaries:home", "todo inbox party: secretaries units me"),
        _role("cadre", "cadres:home", "round findings inbox party: cadres report_in me"),
        _role(
            "handler",
            "portal:desk",
            "desk findings documents inbox together: conferences lists alliances projects",
        ),
        _role(
            "grid_worker",
            "requests:hall",
            "desk hall orders new inbox ground: round grids campaigns findings care errands",
        ),
        _role("volunteer", "requests:hall", "hall orders errands inbox"),
        Role(RESIDENT, _("居民"), "requests:home", "new my_room my_voice my_care inbox"),
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


def _address(url_name: str) -> str:
    """Return the address of a page; "" where the app that has it is not installed."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def home_of(role: Role) -> str:
    """Return the address of a role's home."""
    return _address(role.home) or reverse("accounts:inbox")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side navigation of the role, as `ui/parts/side_nav.html` draws it.

    First items, then groups of items, of which the one with the page is open.
    """
    if not request.user.is_authenticated:
        return []
    nav: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    into = nav
    for name in role_of(request).items.split():
        if name in GROUPS:
            into = []
            nav.append({"name": name.strip(":"), "group": GROUPS[name], "items": into})
            continue
        if name == "mailbox" and not (settings.TONGXIN_MAILBOX or settings.TONGXIN_DEMO):
            continue
        label, url_name, icon = ITEMS[name]
        url = _address(url_name)
        if not url:
            continue
        item = {"label": label, "url": url, "icon": icon, "active": False}
        into.append(item)
        items.append(item)
    _mark(items, request.path)
    for group in nav:
        if "items" in group:
            group["is_open"] = any(item["active"] for item in group["items"])
    return [one for one in nav if one.get("items", one)]


def _mark(items: list[dict[str, Any]], path: str) -> None:
    """Mark the page itself, or the list it belongs to."""
    here = [item for item in items if path.startswith(item["url"])]
    if here:
        max(here, key=lambda item: len(item["url"]))["active"] = True


def standing(request: HttpRequest) -> dict[str, Any]:
    """Return {"role", "place", "others"}: as whom somebody acts, where, and as whom else they may."""
    if not request.user.is_authenticated:
        return {}
    role = role_of(request)
    paths = [post.path for post in posts_of(request.user) if post.role == role.name]
    others = [one for one in roles_of(request.user) if one.name != role.name]
    return {"role": role, "place": place_name(paths[0]) if paths else "", "others": others}
