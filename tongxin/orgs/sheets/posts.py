"""Who holds which office, as a spreadsheet: for setting up a district and for its yearly changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.actions import add_user
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Refused
from tongxin.regions.queries import region_of
from tongxin.spreadsheets.declaring import CLEAR, NEW, Column, Entry, Job, Row, Sheet, model_facts

from ..actions import check_post, end_post, give_post
from ..models import Org, Post
from .finding import Places

FIELDS = ("user_id", "org_id", "role", "region_id", "from_date", "to_date")


class PostSheet(Sheet):
    """One row for each post held or to come; kept by the administrator of the system."""

    code = "posts"
    title = gettext_lazy("岗位")
    about = gettext_lazy("谁在哪个组织任什么职、管到哪里；没有账号的人会新建账号。")
    icon = "id-badge-2"
    keys = (("username", "org", "role"),)
    shown = ("username", "name", "org", "role")
    is_sensitive = True
    columns = (
        Column("username", gettext_lazy("用户名"), required=True, limit=60, width=14, example="zhangmin", aliases=("账号", "登录名")),
        Column("name", gettext_lazy("姓名"), limit=60, help=gettext_lazy("新建账号时必填。"), example="张敏"),
        Column("phone", gettext_lazy("手机号"), "phone", width=15, help=gettext_lazy("新建账号时填写，凭它登录。"), aliases=("手机", "联系电话")),
        Column("org", gettext_lazy("组织"), required=True, width=28, help=gettext_lazy("组织代码或全称。"), example="松社区居委会", aliases=("单位", "组织名称", "所在组织")),
        Column("role", gettext_lazy("角色"), "choice", required=True, choices=Post.Role.choices, width=18, help=gettext_lazy("从下拉列表中选。"), example="社区派单员", aliases=("岗位", "职务")),
        Column("region", gettext_lazy("管辖范围"), width=16, help=gettext_lazy("区划代码或名称；不填则为组织的辖区。"), aliases=("辖区",)),
        Column("from_date", gettext_lazy("任职日期"), "date", aliases=("起始日期",)),
        Column("to_date", gettext_lazy("离任日期"), "date", aliases=("截止日期",)),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return actor.is_superuser

    def prepare(self, rows: list[Row], job: Job) -> None:
        names = {row.get("username") for row in rows}
        users = {user.username: user for user in User.objects.filter(username__in=names)}
        orgs = self._orgs(rows)
        places = Places(job)
        today = localdate(job.at)
        held: dict[tuple, list[Post]] = {}
        standing = Post.objects.filter(user__in=[user.pk for user in users.values()])
        standing = standing.filter(Q(to_date=None) | Q(to_date__gt=today))
        for post in standing.select_related("user", "org", "region"):
            held.setdefault((post.user_id, post.org_id, post.role), []).append(post)
        for row in rows:
            user, org = users.get(row.get("username")), self._org(row, orgs)
            land = places.of(row, "region", org.region.path if org else "")
            if row.problems or org is None:
                continue
            known = held.get((user.pk, org.pk, row.get("role")), []) if user else []
            if land is not None:
                known = [post for post in known if post.region_id == land.id]
            if len(known) > 1:
                row.refuse("region", _("此人有 %d 个这样的岗位，请填管辖范围") % len(known))
            elif known:
                self._plan_change(row, known[0], today)
            else:
                self._plan_new(row, user, org, land, today)

    def _orgs(self, rows: list[Row]) -> dict[str, list[Org]]:
        words = {row.get("org") for row in rows}
        found: dict[str, list[Org]] = {}
        standing = Org.objects.public().filter(Q(code__in=words) | Q(name__in=words))
        for org in standing.select_related("region"):
            for word in {org.code, org.name} & words:
                found.setdefault(word, []).append(org)
        return found

    def _org(self, row: Row, orgs: dict[str, list[Org]]) -> Org | None:
        found = orgs.get(row.get("org"), [])
        if not found:
            row.refuse("org", _("没有“%s”这个组织，请核对名称或代码") % row.get("org"))
        elif len(found) > 1:
            row.refuse("org", _("有 %d 个组织叫这个名称，请填组织代码") % len(found))
        return found[0] if len(found) == 1 else None

    def _plan_new(self, row: Row, user: User | None, org: Org, land: Any, today: date) -> None:
        row.verdict = NEW
        region = region_of(land) if land else org.region
        if user is None and not row.get("name"):
            row.refuse("name", _("没有这个用户名的账号；要新建请填姓名"))
            return
        index = sealer().index(row.get("phone") or "")
        if user is None and index and User.objects.filter(phone_index=index).exists():
            row.refuse("phone", _("这个手机号已登记在另一个账号上，请核对"))
            return
        try:
            check_post(
                user=user or User(username=row.get("username"), name=row.get("name")),
                org=org, role=row.get("role"), region=region,
                from_date=row.get("from_date") or today, to_date=row.get("to_date"), today=today,
            )  # fmt: skip
        except Refused as refusal:
            row.refuse(refusal.field if refusal.field in self.by_name() else "", refusal.message)
            return
        row.plan = (user, org, region)

    def _plan_change(self, row: Row, post: Post, today: date) -> None:
        row.ref, row.plan = post.pk, post
        if row.get("from_date") and row.get("from_date") != post.from_date:
            row.refuse(
                "from_date", _("与登记的任职日期（%s）不同；任职日期不能改") % post.from_date
            )
        end = row.get("to_date")
        if end and end != post.to_date and end < today:
            row.refuse("to_date", _("离任日期不能早于今天"))
        current = {"to_date": post.to_date}
        self.compare(row, current)

    def apply(self, rows: list[Row], job: Job) -> None:
        made: dict[str, User] = {}
        for row in rows:
            if row.verdict != NEW:
                post = row.plan
                row.before = model_facts(post, FIELDS)
                end = None if row.values.get("to_date") is CLEAR else row.get("to_date")
                end_post(post=post, on=end, at=job.at, by=job.actor)
                post.refresh_from_db()
                row.after = model_facts(post, FIELDS) | {"user_made": False}
                continue
            user, org, region = row.plan
            known = user or made.get(row.get("username"))
            if known is None:
                known = made[row.get("username")] = add_user(
                    username=row.get("username"), name=row.get("name"), phone=row.get("phone") or "",
                    at=job.at, by=job.actor,
                )  # fmt: skip
            post = give_post(
                user=known, org=org, role=row.get("role"), region=region, at=job.at, by=job.actor,
                from_date=row.get("from_date"), to_date=row.get("to_date"),
            )  # fmt: skip
            row.ref = post.pk
            row.after = model_facts(post, FIELDS) | {"user_made": user is None}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        posts = Post.objects.select_related("user").in_bulk([entry.ref for entry in entries])
        found = []
        for entry in entries:
            post = posts.get(entry.ref)
            after = {name: entry.after[name] for name in FIELDS}
            signed_in = post is not None and entry.after["user_made"] and post.user.last_login
            if post is None or model_facts(post, FIELDS) != after or signed_in:
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        for entry in entries:
            post = Post.objects.get(pk=entry.ref)
            if entry.before is None:
                post.delete()
            else:
                end = entry.before["to_date"]
                post.to_date = date.fromisoformat(end) if end else None
                post.save(update_fields=["to_date"])
        users = {entry.after["user_id"] for entry in entries if entry.after["user_made"]}
        User.objects.filter(pk__in=users, posts=None).delete()

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        posts = Post.objects.filter(user__is_active=True).select_related("user", "org", "region")
        box = sealer()
        for post in posts.order_by("org__path", "user__username", "pk").iterator():
            yield {
                "username": post.user.username,
                "name": post.user.name,
                "phone": box.open(post.user.phone_sealed),
                "org": post.org.code or post.org.name,
                "role": post.role,
                "region": post.region.code,
                "from_date": post.from_date,
                "to_date": post.to_date,
            }
