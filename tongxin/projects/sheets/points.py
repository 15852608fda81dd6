"""Contact points of leaders as a spreadsheet: who keeps contact with where, what is made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.dual_report.actions import end_contact_point, set_contact_point
from tongxin.dual_report.models import ContactPoint
from tongxin.dual_report.scope import desk_paths
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Post
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import Land, region_of, world
from tongxin.spreadsheets.declaring import CHANGED, NEW, SAME, Column, Entry, Job, Row, Sheet

from .. import actions, queries
from ..models import Demonstration
from ..models.common import LEADS, WORKERS
from ..queries import names
from .common import READ_ONLY

MOST_HOMES = 500


class PointSheet(Sheet):
    """One row for each leader and place; with a theme the point is to become a demonstration point."""

    code = "contact_points"
    title = gettext_lazy("包抓联系点")
    about = gettext_lazy("哪位领导联系哪里、全年访多少户、打造什么示范点，成批安排。")
    icon = "map-pin"
    keys = (("leader", "org", "region"),)
    shown = ("leader", "region")
    columns = (
        Column("leader", gettext_lazy("联系领导"), required=True, limit=20, example="邓书记"),
        Column("org", gettext_lazy("所在单位"), required=True, width=24, help=gettext_lazy("领导所在单位的全称。"), example="滨海新区党委"),
        Column("region", gettext_lazy("联系点"), required=True, width=18, aliases=("联系社区", "包抓社区"), help=gettext_lazy("社区、村或网格的名称或区划代码。"), example="松社区"),
        Column("wanted", gettext_lazy("全年应访户数"), "int", help=gettext_lazy("不填为 12 户。"), example="12"),
        Column("theme", gettext_lazy("示范主题"), limit=60, width=18, help=gettext_lazy("要打造示范点的才填，并填打造措施。"), example="红色网格"),
        Column("plan", gettext_lazy("打造措施"), limit=500, width=36, example="建中心、强队伍"),
        Column("done", gettext_lazy("今年已做"), width=10, help=READ_ONLY),
        Column("state", gettext_lazy("示范点状态"), width=12, help=READ_ONLY),
        Column("from_date", gettext_lazy("开始日期"), "date", help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return bool(desk_paths(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in WORKERS for post in posts_of(actor))

    def check(self, row: Row) -> None:
        if bool(row.get("theme")) != bool(row.get("plan")):
            row.refuse("plan" if row.get("theme") else "theme", _("示范主题和打造措施要一起填"))
        if row.get("wanted") is not None and not 1 <= row.values["wanted"] <= MOST_HOMES:
            row.refuse("wanted", _("全年应访户数应为 1 到 500 户。"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        paths = desk_paths(job.actor)
        orgs = names.orgs_named(
            {row.get("org") for row in rows} - {None}, min(paths, key=len, default="")
        )
        people = names.people_of({org.pk for found in orgs.values() for org in found})
        lands = _lands(paths)
        there = {
            (one.leader_id, one.region_id): one
            for one in ContactPoint.objects.visible_to(job.actor).filter(to_date=None)
            .select_related("demonstration", "region")
        }  # fmt: skip
        for row in rows:
            if row.problems:
                continue
            try:
                org = names.the_org(row.values["org"], orgs)
                leader = names.the_person(row.values["leader"], org, people, field="leader")
                land = _the_land(row.values["region"], lands)
            except Refused as refusal:
                field = refusal.field if refusal.field in self.by_name() else ""
                row.refuse(field, refusal.message)
                continue
            self._judge(row, job, leader, land, there)

    def _judge(self, row: Row, job: Job, leader: Any, land: Land, there: dict[Any, ContactPoint]) -> None:  # fmt: skip
        point = there.get((leader.pk, land.id))
        if row.get("theme") and leader.pk != job.actor.pk and roles_over(job.actor, land.path).isdisjoint(LEADS):  # fmt: skip
            row.refuse("theme", _("示范点由这片区域的督办单位或联系领导本人打造"))
            return
        row.plan = {"leader": leader, "land": land, "point": point}
        if point is None:
            row.verdict = row.verdict or NEW
            return
        row.ref = point.pk
        shown = getattr(point, "demonstration", None)
        self.compare(row, {"wanted": point.wanted, "theme": shown.theme if shown else "", "plan": shown.plan if shown else ""})  # fmt: skip
        changed = {name for name, _old, _new in row.changes}
        if "wanted" in changed:
            row.refuse("wanted", _("联系点已安排，应访户数请在“双报到”里改"))
        elif changed and shown is not None:
            row.refuse("theme", _("这个联系点已结束，或已在打造示范点。"))

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            plan, by, at = row.plan, job.actor, job.at
            point = plan["point"] or set_contact_point(
                leader=plan["leader"], region=region_of(plan["land"]),
                wanted=row.get("wanted") or 12, by=by, at=at,
            )  # fmt: skip
            shown = None
            if row.get("theme"):
                shown = actions.begin_demonstration(
                    point, theme=row.values["theme"], plan=row.values["plan"], by=by, at=at
                )
            row.ref, row.before = point.pk, None
            row.after = {
                "made": row.verdict != CHANGED,
                "demonstration": shown.pk if shown else None,
            }

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines of points ended, visited or named since."""
        points = ContactPoint.objects.filter(pk__in=[int(entry.ref) for entry in entries])
        untouched = points.filter(to_date=None).exclude(visits__visited_at__isnull=False)
        open_ = set(untouched.values_list("pk", flat=True))
        named = Demonstration.objects.filter(point__in=points).exclude(state="building")
        gone = set(named.values_list("point", flat=True))
        return [e.line for e in entries if int(e.ref) not in open_ or int(e.ref) in gone]

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take back what was begun; a contact point that came in ends the same day."""
        for entry in entries:
            if entry.after["demonstration"]:
                shown = Demonstration.objects.get(pk=entry.after["demonstration"])
                actions.drop_demonstration(shown, by=job.actor, at=job.at)
            if entry.after["made"]:
                point = ContactPoint.objects.select_related("region").get(pk=int(entry.ref))
                end_contact_point(point=point, by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the contact points in force that the actor sees, with what was done this year."""
        today = localdate()
        points = list(
            ContactPoint.objects.visible_to(actor).filter(to_date=None)
            .select_related("leader", "region", "demonstration").order_by("region__path", "pk")
        )  # fmt: skip
        units = _units_of({point.leader_id for point in points})
        items = queries.items_of("leader", today)
        for row in queries.duty_rows(actor, points, items, year=today.year, quarter=None):
            point, shown = row.subject, getattr(row.subject, "demonstration", None)
            yield {
                "leader": point.leader.name, "org": units.get(point.leader_id, ""),
                "region": point.region.code, "wanted": point.wanted, "from_date": point.from_date,
                "theme": shown.theme if shown else "", "plan": shown.plan if shown else "",
                "done": f"{len(row.done)}/{len(row.items)}",
                "state": str(shown.get_state_display()) if shown else "",
            }  # fmt: skip


def _units_of(leaders: set[int]) -> dict[int, str]:
    posts = Post.objects.filter(user__in=leaders, to_date=None).exclude(role="volunteer")
    return dict(posts.order_by("-pk").values_list("user", "org__name"))


def _lands(paths: tuple[str, ...]) -> dict[str, list[Land]]:
    found: dict[str, list[Land]] = defaultdict(list)
    for land in world().lands:
        if land.level in ("community", "grid") and any(
            land.path.startswith(path) for path in paths
        ):
            for word in {land.name, land.short_name, land.code}:
                found[word].append(land)
    return found


def _the_land(word: str, lands: dict[str, list[Land]]) -> Land:
    found = lands.get(word, [])
    if len(found) != 1:
        text = _("您管的区域里没有“%s”，请填名称或区划代码。") if not found else _("有不止一个“%s”，请填区划代码。")  # fmt: skip
        raise names.UnknownName(text % word[:40], field="region")
    return found[0]
