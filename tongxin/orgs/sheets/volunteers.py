"""Volunteers as a spreadsheet: the lists that communities have kept until now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.actions import add_user
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.regions.queries import get_land, region_of
from tongxin.spreadsheets.declaring import NEW, Column, Entry, Job, Row, Sheet

from ..actions import MOST_ORDERS, register_volunteer, set_volunteer
from ..models import Org, Post, Skill, Volunteer
from ..scope import posts_of
from .finding import Places, office_of

KEEPERS = ("officer", "dispatcher")


class VolunteerSheet(Sheet):
    """One row for each volunteer at home where the actor is an officer or dispatches."""

    code = "volunteers"
    title = gettext_lazy("志愿者")
    about = gettext_lazy("姓名、手机号、常住社区、技能；没有账号的人会新建账号，凭手机号登录。")
    icon = "heart-handshake"
    keys = (("username",), ("phone",))
    shown = ("name", "home")
    is_sensitive = True
    columns = (
        Column("username", gettext_lazy("用户名"), limit=60, width=16, help=gettext_lazy("新志愿者可不填。"), aliases=("账号",)),
        Column("name", gettext_lazy("姓名"), required=True, limit=60, width=10, example="王芳", aliases=("志愿者姓名",)),
        Column("phone", gettext_lazy("手机号"), "phone", width=15, help=gettext_lazy("新志愿者必填，凭它登录。"), aliases=("手机", "手机号码", "联系电话", "联系方式", "电话")),
        Column("home", gettext_lazy("常住社区"), required=True, width=18, help=gettext_lazy("社区（村）的名称或区划代码。"), example="松社区", aliases=("社区", "所在社区", "居住社区", "村社区")),
        Column("skills", gettext_lazy("技能"), "words", width=20, help=gettext_lazy("用顿号隔开；没有的技能会新增。"), example="水电、理发", aliases=("特长", "服务特长")),
        Column("cap", gettext_lazy("同时接单上限"), "int", help=gettext_lazy("1 到 10；不填为 3。"), example="3"),
        Column("is_paused", gettext_lazy("暂停接单"), "flag", example="否"),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in KEEPERS for post in posts_of(actor))

    def office(self, actor) -> str:
        return office_of(actor)

    def check(self, row: Row) -> None:
        cap = row.get("cap")
        if cap is not None and not 1 <= cap <= MOST_ORDERS:
            row.refuse("cap", _("同时接单上限应在 1 到 %d 之间") % MOST_ORDERS)
        for skill in row.get("skills") or ():
            if len(skill) > 20:
                row.refuse("skills", _("技能“%s…”太长，最多 20 个字") % skill[:10])

    def prepare(self, rows: list[Row], job: Job) -> None:
        box = sealer()
        index = {id(row): box.index(row.get("phone") or "") for row in rows}
        wanted = Q(username__in={r.get("username") for r in rows if r.get("username")})
        wanted |= Q(phone_index__in={one for one in index.values() if one})
        users = list(User.objects.filter(wanted).select_related("volunteer__home"))
        by_name = {user.username: user for user in users}
        by_phone = {user.phone_index: user for user in users if user.phone_index}
        skills = _skills_of(users)
        places = Places(job, ("community",))
        reach = {post.path for post in posts_of(job.actor) if post.role in KEEPERS}
        for row in rows:
            land = places.of(row, "home")
            if land is not None and not any(land.path.startswith(path) for path in reach):
                row.refuse("home", _("“%s”不在您的管理范围") % land.name)
            user = by_name.get(row.get("username")) or by_phone.get(index[id(row)])
            if row.get("username") and user is None:
                row.refuse("username", _("没有这个用户名；新志愿者请把用户名留空"))
            if row.problems or land is None:
                continue
            if user is not None and index[id(row)] not in ("", user.phone_index):
                row.refuse("phone", _("与登记的手机号不同；手机号由本人在“我的”里修改"))
            elif user is not None and user.name != row.get("name"):
                row.refuse("name", _("这个账号登记的是另一个姓名，请核对"))
            else:
                self._plan(row, user, land, skills, reach)

    def _plan(self, row: Row, user: User | None, land: Any, skills: dict, reach: set[str]) -> None:
        known = getattr(user, "volunteer", None) if user else None
        if known is None:
            row.verdict = NEW
            if user is None and not row.get("phone"):
                row.refuse("phone", _("新志愿者要填手机号，凭它登录"))
            row.plan = (user, None, land)
            return
        row.ref, row.plan = known.pk, (user, known, land)
        if not any(known.home.path.startswith(path) for path in reach):
            row.refuse("username", _("这位志愿者登记在您的管理范围以外"))
            return
        current = {
            "home": row.get("home") if land.id == known.home_id else known.home.name,
            "skills": skills.get(known.pk, []),
            "cap": known.cap,
            "is_paused": known.is_paused,
        }
        said = row.get("skills")
        if said is not None and sorted(said) == sorted(current["skills"]):
            current["skills"] = said
        self.compare(row, current)

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            user, known, land = row.plan
            home, get = region_of(land), row.get
            skills = None
            if "skills" in row.values:
                skills = [Skill.objects.get_or_create(name=name)[0] for name in get("skills") or ()]
            row.before = _facts(known) if known else None
            if known is None:
                account = user or _account(row, job)
                known = register_volunteer(
                    user=account, home=home, skills=skills or (), by=job.actor, at=job.at
                )
            if row.before or get("cap") is not None or get("is_paused"):
                set_volunteer(
                    volunteer=known,
                    home=home,
                    skills=list(known.skills.all()) if skills is None else skills,
                    cap=get("cap") or known.cap,
                    is_paused=known.is_paused if get("is_paused") is None else get("is_paused"),
                    by=job.actor,
                    at=job.at,
                )
            row.ref = known.pk
            row.after = _facts(known) | {"user_made": user is None}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        rows = Volunteer.objects.select_related("user").in_bulk([entry.ref for entry in entries])
        found = []
        for entry in entries:
            known = rows.get(entry.ref)
            after = {name: value for name, value in entry.after.items() if name != "user_made"}
            signed_in = known is not None and entry.after["user_made"] and known.user.last_login
            if known is None or _facts(known) != after or signed_in:
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        for entry in entries:
            known = Volunteer.objects.select_related("user", "home").get(pk=entry.ref)
            if entry.before is None:
                team = Org.objects.filter(kind=Org.Kind.TEAM, region=known.home)
                Post.objects.filter(user=known.user, role="volunteer", org__in=team).delete()
                known.delete()
                if entry.after["user_made"]:
                    User.objects.filter(pk=entry.ref, posts=None).delete()
                continue
            before = entry.before
            set_volunteer(
                volunteer=known,
                home=known.home
                if before["home"] == known.home_id
                else region_of(get_land(before["home"])),
                skills=[Skill.objects.get_or_create(name=name)[0] for name in before["skills"]],
                cap=before["cap"],
                is_paused=before["is_paused"],
                by=job.actor,
                at=job.at,
            )

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        inside = Q(pk__in=[])
        for path in sorted({post.path for post in posts_of(actor) if post.role in KEEPERS}):
            inside |= Q(home__path__under=path)
        rows = Volunteer.objects.filter(inside, user__is_active=True).order_by("home__path", "pk")
        box = sealer()
        for one in rows.select_related("user", "home").prefetch_related("skills").iterator(500):
            yield {
                "username": one.user.username,
                "name": one.user.name,
                "phone": box.open(one.user.phone_sealed),
                "home": one.home.code,
                "skills": sorted(skill.name for skill in one.skills.all()),
                "cap": one.cap,
                "is_paused": one.is_paused,
            }


def _account(row: Row, job: Job) -> User:
    """Make the account of a new volunteer; they sign in by phone, so its name is of no matter."""
    phone = row.get("phone")
    return add_user(
        username=f"v{sealer().index(phone)[:12]}",
        name=row.get("name"),
        phone=phone,
        at=job.at,
        by=job.actor,
    )


def _skills_of(users: list[User]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    pairs = Volunteer.skills.through.objects.filter(volunteer__in=[user.pk for user in users])
    for pk, name in pairs.values_list("volunteer_id", "skill__name"):
        found.setdefault(pk, []).append(name)
    return found


def _facts(known: Volunteer) -> dict[str, Any]:
    return {
        "home": known.home_id,
        "skills": sorted(known.skills.values_list("name", flat=True)),
        "cap": known.cap,
        "is_paused": known.is_paused,
    }
