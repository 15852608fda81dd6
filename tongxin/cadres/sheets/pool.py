"""The pool of cadres as a spreadsheet: a unit's list goes in as it is, thousands at a time (S0.18)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Refused
from tongxin.orgs.actions import prepare_person
from tongxin.orgs.models import Org, Person
from tongxin.orgs.scope import keeps_register, posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, region_of, world
from tongxin.spreadsheets.declaring import NEW, Column, Entry, Job, Row, Sheet

from .. import actions
from ..models import Operation, PoolEntry
from ..scope import LEADS, ORDERERS, leads

PLAIN = ("from_date", "to_date", "most_km", "note")


class PoolSheet(Sheet):
    """One row for each cadre of the units that the actor keeps, or of all in an operation they direct."""

    code = "cadre-pool"
    title = gettext_lazy("干部统筹池")
    about = gettext_lazy("可以下沉的干部：姓名、手机号、派出单位、居住社区、起止日期。")
    icon = "user-share"
    keys = (("phone",),)
    shown = ("name", "unit")
    is_sensitive = True
    columns = (
        Column("name", gettext_lazy("姓名"), required=True, limit=40, width=10, example="张三", aliases=("干部姓名",)),
        Column("phone", gettext_lazy("手机号"), "phone", required=True, width=15, help=gettext_lazy("按手机号认人；有账号的会收到通知。"), aliases=("手机", "手机号码", "联系电话", "联系方式", "电话")),
        Column("unit", gettext_lazy("派出单位"), required=True, width=28, example="滨海新区水务局", aliases=("单位", "所在单位", "工作单位")),
        Column("home", gettext_lazy("居住社区"), required=True, width=18, help=gettext_lazy("社区（村）的名称或区划代码。"), example="松社区", aliases=("居住地", "居住地社区", "家庭住址所在社区")),
        Column("from_date", gettext_lazy("可下沉起始日"), "date", required=True, example="2026-03-03", aliases=("起始日期", "开始日期")),
        Column("to_date", gettext_lazy("可下沉截止日"), "date", required=True, example="2026-04-30", aliases=("截止日期", "结束日期")),
        Column("most_km", gettext_lazy("最远公里数"), "int", help=gettext_lazy("确有困难、不能远派的才填。")),
        Column("note", gettext_lazy("说明"), limit=100, width=24, aliases=("备注",)),
        Column("operation", gettext_lazy("行动"), limit=60, width=24, help=gettext_lazy("只有一项进行中的行动时可不填。")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        """Say whether the actor may import: officers, and who keeps a unit, while something runs."""
        return any(post.role in (*LEADS, *ORDERERS) for post in posts_of(actor))

    def check(self, row: Row) -> None:
        first, last, limit = row.get("from_date"), row.get("to_date"), row.get("most_km")
        if first and last and last < first:
            row.refuse("to_date", _("截止日早于起始日，请核对"))
        if limit is not None and not 1 <= limit <= 200:
            row.refuse("most_km", _("最远公里数在 1 到 200 之间，或不填"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        today = localdate(job.at)
        for row in rows:
            operation, unit, home = known.operation(row), known.unit(row), known.home(row)
            if row.problems or operation is None or unit is None or home is None:
                continue
            if not (keeps_register(job.actor, unit.path) or leads(job.actor, operation)):
                row.refuse("unit", _("您不管理“%s”，也不是行动的指挥方") % unit)
                continue
            person = known.person(row, today, unit, home)
            if person is None:
                continue
            entry = known.entries.get((operation.pk, person.pk)) if person.pk else None
            if entry is None:
                row.verdict, row.plan = NEW, (operation, unit, home, person, None)
                continue
            if entry.unit_id != unit.pk:
                row.refuse("unit", _("已由“%s”报名；换单位请先撤出") % entry.unit)
                continue
            self.compare(row, _said_of(entry, home, row))
            row.ref, row.plan = entry.pk, (operation, unit, home, person, entry)

    def apply(self, rows: list[Row], job: Job) -> None:
        fresh = [row for row in rows if row.plan[4] is None]
        for operation in {row.plan[0] for row in fresh}:
            mine = [row for row in fresh if row.plan[0] == operation]
            made = [row.plan[3].pk is None for row in mine]
            entries = actions.import_offers(
                operation=operation, offers=[_offer(row) for row in mine], at=job.at, by=job.actor
            )
            for row, entry, is_new in zip(mine, entries, made, strict=True):
                row.ref = entry.pk
                person = entry.person_id if is_new else None
                row.after = actions.facts_of_entry(entry) | {"person_made": person}
        changed = [row for row in rows if row.plan[4] is not None]
        for row in changed:
            entry = row.plan[4]
            row.before = actions.facts_of_entry(entry)
            entry.home_id = row.plan[2].id
            for name in PLAIN:
                if name in row.values:
                    setattr(entry, name, row.get(name) if name != "note" else row.get(name) or "")
            row.after = actions.facts_of_entry(entry) | {"person_made": None}
        if changed:
            actions.change_offers(entries=[row.plan[4] for row in changed], at=job.at, by=job.actor)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        rows = PoolEntry.objects.ready().in_bulk([entry.ref for entry in entries])
        return [
            entry.line
            for entry in entries
            if entry.ref not in rows
            or actions.facts_of_entry(rows[entry.ref]) | {"person_made": entry.after["person_made"]}
            != entry.after
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        made = [entry for entry in entries if entry.before is None]
        people = [entry.after["person_made"] for entry in made if entry.after["person_made"]]
        actions.take_back_offers(
            ids=[entry.ref for entry in made], people=people, at=job.at, by=job.actor
        )
        rows = PoolEntry.objects.select_related("operation").in_bulk(
            [entry.ref for entry in entries if entry.before is not None]
        )
        for entry in entries:
            if entry.before is not None:
                for name, value in entry.before.items():
                    is_day = name in ("from_date", "to_date")
                    setattr(rows[entry.ref], name, date.fromisoformat(value) if is_day else value)
        if rows:
            actions.change_offers(entries=list(rows.values()), at=job.at, by=job.actor)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = PoolEntry.objects.visible_to(actor).ready().exclude(person__user=actor.pk)
        box = sealer()
        related = rows.select_related("person", "unit", "home", "operation").defer("home__polygon")
        for one in related.order_by("operation", "unit", "pk").iterator(500):
            yield {
                "name": one.person.name,
                "phone": box.open(one.person.phone_sealed),
                "unit": one.unit.name,
                "home": one.home.code,
                "operation": one.operation.name,
                **{name: getattr(one, name) for name in PLAIN},
            }


class _Known:
    """What the rows of a block may mean, asked for all of them at once."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        box = sealer()
        self.index = {id(row): box.index(row.get("phone") or "") for row in rows}
        self.people: dict[str, Person] = {}
        for person in Person.objects.filter(phone_index__in=set(self.index.values()) - {""}):
            self.people.setdefault(person.phone_index, person)
        names = {row.get("unit") for row in rows}
        self.units: dict[str, list[Org]] = {}
        for org in Org.objects.public().filter(name__in=names):
            self.units.setdefault(org.name, []).append(org)
        running = Operation.objects.visible_to(job.actor).running()
        self.operations = list(running.select_related("region", "ordered_by"))
        self.entries = {
            (entry.operation_id, entry.person_id): entry
            for entry in PoolEntry.objects.ready()
            .filter(person__in=[person.pk for person in self.people.values()])
            .select_related("unit", "operation", "home")
        }
        self.lands: dict[str, list[Land]] = job.memory.setdefault("communities", {})
        if not self.lands:
            for land in world().lands:
                if land.level == Region.Level.COMMUNITY:
                    self.lands.setdefault(land.code, []).append(land)
                    self.lands.setdefault(land.name, []).append(land)
        self.seen: dict[str, int] = {}

    def operation(self, row: Row) -> Operation | None:
        said = row.get("operation")
        found = [one for one in self.operations if not said or one.name == said]
        if len(found) == 1:
            return found[0]
        if found:
            row.refuse("operation", _("有 %d 项进行中的行动，请填写行动名称") % len(found))
        else:
            row.refuse("operation", _("没有这项进行中的行动，请核对名称"))
        return None

    def unit(self, row: Row) -> Org | None:
        found = self.units.get(row.get("unit") or "", [])
        if len(found) == 1:
            return found[0]
        if found:
            row.refuse("unit", _("有 %d 个单位叫这个名称，请在页面上逐人报名") % len(found))
        elif row.get("unit"):
            row.refuse("unit", _("没有登记“%s”这个单位") % row.get("unit"))
        return None

    def home(self, row: Row) -> Land | None:
        text = row.get("home")
        found = self.lands.get(text, []) if text else []
        if len(found) == 1 and found[0].lng is not None:
            return found[0]
        if found:
            row.refuse("home", _("有 %d 个社区叫这个名称，请改填区划代码") % len(found))
        elif text:
            row.refuse("home", _("没有“%s”这个社区，请核对") % text)
        return None

    def person(self, row: Row, today: date, unit: Org, home: Land) -> Person | None:
        """Return who the row means, prepared but not saved if new; refuse the row if it is unclear."""
        index = self.index[id(row)]
        if index and self.seen.setdefault(index, row.line) != row.line:
            row.refuse("phone", _("与第 %d 行的手机号相同") % self.seen[index])
            return None
        known = self.people.get(index)
        if known is not None and known.name != row.get("name"):
            row.refuse("phone", _("这个手机号登记的是另一个人，请核对姓名和手机号"))
            return None
        if known is not None:
            return known
        try:
            return prepare_person(
                name=row.get("name"), phone=row.get("phone"), on=today, home=region_of(home),
                employer=unit,
            )  # fmt: skip
        except Refused as refusal:
            row.refuse(refusal.field or "", refusal.message)
            return None


def _offer(row: Row) -> actions.Offer:
    _operation, unit, home, person, _entry = row.plan
    return actions.Offer(
        person=person, unit=unit, home=region_of(home), from_date=row.get("from_date"),
        to_date=row.get("to_date"), most_km=row.get("most_km"), note=row.get("note") or "",
    )  # fmt: skip


def _said_of(entry: PoolEntry, home: Land, row: Row) -> dict[str, Any]:
    """Return what the pool has, by column, in the words of the row where they mean the same."""
    said = {name: getattr(entry, name) for name in PLAIN}
    return said | {"home": row.get("home") if home.id == entry.home_id else entry.home.name}
