"""Villages as a spreadsheet: first secretary, team, its members (S4.54); ends are made on the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Post
from tongxin.spreadsheets.declaring import CHANGED, NEW, SAME, Column, Entry, Job, Row, Sheet

from . import actions
from .models import TeamMember, VillageTeam
from .queries import coverage_of, villages_of
from .queries.village import Village
from .rules import in_force
from .sight import keeps_any, sees_villages

MEMBER = re.compile(r"([^（()）]+)(?:[（(]([^（()）]*)[）)])?")
SHOWN = gettext_lazy("用户名；一经登记，换人请先在页面上办理离任。")


class VillageSheet(Sheet):
    """One row for each village; posts begin by it, and members join. Who left is ended on its page."""

    code = "villages"
    title = gettext_lazy("驻村第一书记和工作队")
    about = gettext_lazy("每个村的第一书记、驻村工作队和队员；一村一行。离任、撤离在页面上办。")
    icon = "home-heart"
    keys = (("village",),)
    shown = ("village", "first", "leader")
    columns = (
        Column("village", gettext_lazy("村党组织"), required=True, width=26, help=gettext_lazy("全称，或组织代码。"), example="柳村党支部", aliases=("村", "派驻村", "组织代码")),
        Column("first", gettext_lazy("第一书记"), limit=60, width=14, help=SHOWN, example="lingyun", aliases=("第一书记用户名",)),
        Column("first_name", gettext_lazy("第一书记姓名"), limit=60, help=gettext_lazy("填了就核对是不是同一个人。"), example="凌云"),
        Column("first_from", gettext_lazy("第一书记任职日期"), "date", help=gettext_lazy("不填为导入当天。"), example="2026-03-02"),
        Column("reason", gettext_lazy("选派理由"), limit=200, width=24, help=gettext_lazy("新派第一书记时必填，至少四个字。"), example="接任，有农村工作经验"),
        Column("leader", gettext_lazy("工作队队长"), limit=60, width=14, help=SHOWN, example="lingyun", aliases=("队长", "队长用户名")),
        Column("sender", gettext_lazy("派出单位"), limit=80, width=20, help=gettext_lazy("新派工作队时必填。"), example="区农业农村局"),
        Column("team_from", gettext_lazy("进驻日期"), "date", help=gettext_lazy("不填为导入当天。"), example="2026-03-02"),
        Column("members", gettext_lazy("队员"), limit=600, width=36, help=gettext_lazy("用户名（分工），用顿号隔开；名单里没有的不会离队。"), example="huaying（产业）、zhaolei（宣传）", aliases=("工作队队员",)),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return keeps_any(actor)

    def may_export(self, actor) -> bool:
        return sees_villages(actor)

    def check(self, row: Row) -> None:
        if not row.get("first") and (row.get("first_name") or row.get("reason")):
            row.refuse("first", _("请填写第一书记的用户名"))
        if not row.get("leader") and (row.get("members") or row.get("sender")):
            row.refuse("leader", _("请填写工作队队长的用户名"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            one = known.village(row)
            if row.problems or one is None or one.unit is None:
                continue
            row.ref = one.unit.pk
            first = self._first(row, one, known)
            team = self._team(row, one, known)
            joins = self._joins(row, one, known)
            if row.problems:
                continue
            if not (first or team or joins):
                row.verdict = SAME
                continue
            try:
                actions.check_keeper_above(job.actor, one.unit)
            except Refused as refusal:
                row.refuse("village", refusal.message)
                continue
            row.verdict = NEW if first or team else CHANGED
            if row.verdict == CHANGED:
                row.changes = [("members", "", "、".join(user.username for user, _duty in joins))]
            row.plan = (one, first, team, joins)

    def _first(self, row: Row, one: Village, known: _Known) -> User | None:
        """Return who is to be sent; None where nobody is, or they are there already."""
        user = known.user(row, "first")
        name = row.get("first_name")
        if user is None:
            return None
        if name and name != user.name:
            row.refuse("first_name", _("这个用户名是“%s”，请核对") % user.name)
        if one.first is not None:
            self._known_first(row, one.first, user)
            return None
        if len(row.get("reason") or "") < actions.LEAST_REASON:
            row.refuse("reason", _("请写明选派理由，至少 %d 个字") % actions.LEAST_REASON)
        known.past(row, "first_from")
        return user

    def _known_first(self, row: Row, post: Post, user: User) -> None:
        if post.user_id != user.pk:
            row.refuse("first", _("已有第一书记%s，换人请先在页面上办理离任") % post.user)
        said = row.get("first_from")
        if said and post.from_date and said != post.from_date:
            row.refuse(
                "first_from", _("与登记的任职日期（%s）不同；任职日期不能改") % post.from_date
            )

    def _team(self, row: Row, one: Village, known: _Known) -> User | None:
        """Return who is to lead a new team; None where there is none to come."""
        leader = known.user(row, "leader")
        if leader is None:
            return None
        team = one.team
        if team is not None:
            if team.leader_id != leader.pk:
                row.refuse("leader", _("已有工作队，队长是%s，请先在页面上办理撤离") % team.leader)
            if row.get("sender") and row.get("sender") != team.sender:
                row.refuse("sender", _("与登记的派出单位（%s）不同；派出单位不能改") % team.sender)
            if row.get("team_from") and row.get("team_from") != team.from_date:
                row.refuse(
                    "team_from", _("与登记的进驻日期（%s）不同；进驻日期不能改") % team.from_date
                )
            return None
        if not row.get("sender"):
            row.refuse("sender", _("新派工作队请填写派出单位"))
        known.past(row, "team_from")
        first = one.first.user.username if one.first else row.get("first")
        if known.doubled and first != leader.username:
            row.refuse("leader", _("按规定队长由第一书记兼任，请先填第一书记，或两处填同一人"))
        return leader

    def _joins(self, row: Row, one: Village, known: _Known) -> list[tuple[User, str]]:
        """Return who is to join, with what they do there."""
        there = set(known.members.get(one.team.pk, ())) if one.team else set()
        found: dict[str, tuple[User, str]] = {}
        for username, duty in _members(row.get("members") or ""):
            user = known.users.get(username)
            if user is None:
                row.refuse("members", _("没有用户名为“%s”的账号，或已停用") % username[:30])
            elif username == row.get("leader") or username in found:
                row.refuse("members", _("队员不能重复，也不能包括队长：%s") % username[:30])
            elif user.pk not in there:
                found[username] = (user, duty[:60])
        if len(there) + len(found) > actions.MOST_MEMBERS:
            row.refuse("members", _("队员最多 %d 名") % actions.MOST_MEMBERS)
        return list(found.values())

    def apply(self, rows: list[Row], job: Job) -> None:
        given: Any = {"by": job.actor, "at": job.at}
        for row in rows:
            one, first, leader, joins = row.plan
            after: dict[str, Any] = {"post": None, "team": None, "joined": []}
            if first is not None:
                post = actions.send_first_secretary(
                    village=one.unit, user=first, reason=row.get("reason") or "",
                    from_date=row.get("first_from"), **given,
                )  # fmt: skip
                after["post"] = post.pk
            if leader is not None:
                team = actions.station_team(
                    village=one.unit, leader=leader, sender=row.get("sender") or "", members=joins,
                    from_date=row.get("team_from"), **given,
                )  # fmt: skip
                after["team"] = team.pk
            else:
                for user, duty in joins:
                    joined = actions.join_team(team=one.team, user=user, duty=duty, **given)
                    after["joined"].append(joined.pk)
            row.ref, row.after = one.unit.pk, after | {"members": len(joins)}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines of which somebody left, or a new team was joined, since."""
        return [entry.line for entry in entries if not self._stands(entry.after)]

    def _stands(self, after: dict[str, Any]) -> bool:
        if after["post"] and not Post.objects.filter(pk=after["post"], to_date=None).exists():
            return False
        members = TeamMember.objects.filter(to_date=None)
        if after["team"]:
            team = VillageTeam.objects.standing().filter(pk=after["team"])
            same = members.filter(team=after["team"]).count() == after["members"]
            return team.exists() and same
        return members.filter(pk__in=after["joined"]).count() == len(after["joined"])

    def undo(self, entries: list[Entry], job: Job) -> None:
        """End what began, by the same verbs: the village's book says both."""
        given: Any = {"by": job.actor, "at": job.at, "reason": _("撤销表格导入")}
        for entry in entries:
            for member in TeamMember.objects.filter(pk__in=entry.after["joined"]):
                actions.leave_team(member=member, **given)
            if entry.after["team"]:
                team = VillageTeam.objects.select_related("village", "leader")
                actions.withdraw_team(team=team.get(pk=entry.after["team"]), **given)
            if entry.after["post"]:
                post = Post.objects.select_related("org", "user").get(pk=entry.after["post"])
                actions.recall_first_secretary(post=post, **given)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        cover = coverage_of(villages_of(actor), on=localdate())
        teams = [one.team.pk for one in cover.villages if one.team]
        members: dict[int, list[str]] = {}
        rows = TeamMember.objects.filter(team__in=teams, to_date=None).select_related("user")
        for one in rows.order_by("pk"):
            words = f"{one.user.username}（{one.duty}）" if one.duty else one.user.username
            members.setdefault(one.team_id, []).append(words)
        for village in cover.villages:
            if village.unit is None:
                continue
            first, team = village.first, village.team
            yield {
                "village": village.unit.code or village.unit.name,
                "first": first.user.username if first else "",
                "first_name": first.user.name if first else "",
                "first_from": first.from_date if first else None,
                "leader": team.leader.username if team else "",
                "sender": team.sender if team else "",
                "team_from": team.from_date if team else None,
                "members": "、".join(members.get(team.pk, ())) if team else "",
            }


class _Known:
    """The villages and people that the rows of a block may mean, asked for all at once."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        self.today: date = localdate(job.at)
        self.doubled = bool(in_force("village", self.today).number("double_post"))
        words = {row.get("village") for row in rows}
        units = [one for one in villages_of(job.actor) if {one.name, one.code} & words]
        self.villages: dict[str, list[Village]] = {}
        for village in coverage_of(units, on=self.today).villages:
            unit: Any = village.unit
            for word in {unit.name, unit.code} & words:
                self.villages.setdefault(word, []).append(village)
        names = {row.get(column) for row in rows for column in ("first", "leader")}
        names |= {name for row in rows for name, _duty in _members(row.get("members") or "")}
        people = User.objects.filter(username__in=names - {None}, is_active=True)
        self.users = {user.username: user for user in people}
        self.members: dict[int, list[int]] = {}
        standing = TeamMember.objects.filter(team__village__in=units, to_date=None)
        for team, user in standing.values_list("team", "user"):
            self.members.setdefault(team, []).append(user)

    def village(self, row: Row) -> Village | None:
        found = self.villages.get(row.get("village") or "", [])
        if len(found) > 1:
            row.refuse("village", _("有 %d 个村党组织叫这个名称，请填组织代码") % len(found))
        elif not found:
            row.refuse(
                "village", _("没有“%s”这个村党组织，或不在您的管理范围") % row.get("village")
            )
        return found[0] if len(found) == 1 else None

    def user(self, row: Row, column: str) -> User | None:
        name = row.get(column)
        if name and name not in self.users:
            row.refuse(column, _("没有用户名为“%s”的账号，或已停用") % name)
        return self.users.get(name) if name else None

    def past(self, row: Row, column: str) -> None:
        day = row.get(column)
        if day and day > self.today:
            row.refuse(column, _("日期还没有到，请核对"))


def _members(text: str) -> list[tuple[str, str]]:
    """Return the user names that a cell lists, each with what they do there."""
    found = []
    for part in re.split(r"[、；;，,]", text):
        if part.strip() and (match := MEMBER.fullmatch(part.strip())):
            found.append((match[1].strip(), (match[2] or "").strip()))
        elif part.strip():
            found.append((part.strip(), ""))
    return found


SHEETS = (VillageSheet(),)
