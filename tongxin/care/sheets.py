"""Care files as a spreadsheet: in with a preview, out for who reads them, whole with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import sealer
from tongxin.kit.text import mask_name
from tongxin.regions.models import Region
from tongxin.spreadsheets.declaring import BAD, NEW, SAME, Column, Entry, Job, Row, Sheet

from . import actions
from .models import AidRound, CareFile, CareVisit, Impact, RoundHousehold
from .queries import contents_of, impacts_for, people
from .queries.rules import kinds, sample_kinds
from .scope import duty_paths, own_grids

BODY = ("door", "phone", "contact", "contact_phone", "needs", "situation")


class CareFileSheet(Sheet):
    """One row for each standing file the actor reads; new rows open files, none is changed."""

    code = "care_files"
    title = gettext_lazy("关爱档案")
    about = gettext_lazy(
        "一人一行，只能新建；已有的请在页面上改。依据、目的必填，姓名电话加密保存。"
    )
    icon = "heart-handshake"
    is_sensitive = True
    keys = (("grid", "kind", "name", "building"),)
    shown = ("grid", "name", "kind")
    columns = (
        Column("grid", gettext_lazy("网格"), required=True, width=18, help=gettext_lazy("网格的名称或代码。"), example="第一网格", aliases=("所在网格", "网格代码")),
        Column("kind", gettext_lazy("类别"), "choice", required=True, width=16, choices=tuple((one.code, one.name) for one in sample_kinds()), example="独居（空巢）老人"),
        Column("name", gettext_lazy("姓名"), required=True, limit=40, width=10, example="示例老人"),
        Column("building", gettext_lazy("楼栋"), limit=40, width=10, example="3号楼"),
        Column("door", gettext_lazy("门牌"), limit=60, width=14, example="3 单元 402"),
        Column("phone", gettext_lazy("本人电话"), "phone", width=14, example="13800000000", aliases=("手机号", "电话")),
        Column("contact", gettext_lazy("紧急联系人"), limit=40, width=12),
        Column("contact_phone", gettext_lazy("紧急联系人电话"), "phone", width=14),
        Column("needs", gettext_lazy("需要什么"), "lines", limit=500, width=30),
        Column("situation", gettext_lazy("基本情况"), "lines", limit=500, width=30),
        Column("purpose", gettext_lazy("处理目的"), required=True, limit=60, width=18, help=gettext_lazy("已审定的影响评估的目的。"), example="独居老人定期走访"),
        Column("consented_on", gettext_lazy("同意日期"), "date", help=gettext_lazy("本人（监护人）单独同意的日期；依法定职责的不填。"), example="2026-03-02"),
        Column("consented_by", gettext_lazy("谁同意"), "choice", choices=CareFile.Consenter.choices, example="本人"),
        Column("statute", gettext_lazy("法律条款"), limit=200, width=24, help=gettext_lazy("依法定职责的填写；征得同意的不填。")),
        Column("mark", gettext_lazy("导出水印"), limit=60, width=24, help=gettext_lazy("谁、何时导出；导入时不看。")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return bool(own_grids(actor) or duty_paths(actor))

    def check(self, row: Row) -> None:
        if bool(row.get("consented_on")) == bool(row.get("statute")):
            row.refuse("consented_on", _("同意日期和法律条款填一个，且只填一个"))
        if row.get("consented_on") and not row.get("consented_by"):
            row.refuse("consented_by", _("填了同意日期，请写明谁同意"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            grid = known.grid(row)
            impact = known.impact(row, grid) if grid else None
            if row.problems or grid is None or impact is None:
                continue
            name = sealer().index(str(row.get("name")))
            key = (grid.parent_id, row.get("kind"), name, row.get("building") or "")
            if key in known.there:
                row.verdict, row.ref = SAME, known.there[key]
                continue
            if row.get("kind") == "child" and row.get("consented_by") == "self":
                row.refuse("consented_by", _("未满十四周岁的，须由监护人同意。"))
                continue
            row.verdict, row.plan = NEW, (grid, impact)

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict != NEW:
                continue
            grid, impact = row.plan
            consented = row.get("consented_on")
            made = actions.open_file(
                grid=grid, kind=str(row.get("kind")), name=str(row.get("name")), impact=impact,
                building=str(row.get("building") or ""),
                body={name: row.get(name) or "" for name in BODY},
                basis="consent" if consented else "statute", statute=str(row.get("statute") or ""),
                consented_on=consented if consented else None,
                consented_by=str(row.get("consented_by") or ""),
                consented_how="witnessed" if consented else "", by=job.actor, at=job.at,
            )  # fmt: skip
            row.ref = str(made.pk)
            row.after = {"version": made.version}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose file was changed, visited or closed since."""
        files = CareFile.objects.in_bulk([entry.ref for entry in entries])
        seen = set(CareVisit.objects.filter(file__in=files).values_list("file", flat=True))
        by_id = {str(pk): one for pk, one in files.items()}
        return [
            entry.line
            for entry in entries
            if (one := by_id.get(str(entry.ref))) is None
            or one.version != entry.after["version"]
            or one.pk in seen
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Close what was opened, to be erased at once: a file is never deleted without a trace."""
        actions.take_back_files(ids=[entry.ref for entry in entries], by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the standing files the actor reads; without a reason by masked name and building."""
        rows = CareFile.objects.visible_to(actor).standing().select_related("grid", "impact")
        for one in rows.order_by("area", "pk").iterator(200):
            facts = {
                "grid": one.grid.code, "kind": one.kind, "building": one.building,
                "purpose": one.impact.purpose, "consented_on": one.consented_on,
                "consented_by": one.consented_by, "statute": one.statute,
            }  # fmt: skip
            words = contents_of(one)
            if not whole:
                yield facts | {"name": mask_name(words["name"])}
                continue
            mark = _("%(name)s 导出，仅供工作使用，用后删除") % {"name": actor.name}
            yield facts | words | {"mark": mark}


class HouseholdSheet(Sheet):
    """One row for each household on the list of a round of greetings; names and doors are sealed."""

    code = "care_households"
    title = gettext_lazy("慰问名单")
    about = gettext_lazy(
        "先在页面上发起慰问，再导入名单：一户一行，已在名单上的不重复加入。姓名和门牌加密保存。"
    )
    icon = "gift"
    is_sensitive = True
    keys = (
        ("round", "grid", "name", "building", "door"), ("round", "grid", "name", "door"),
        ("round", "grid", "name", "building"), ("round", "grid", "name"),
    )  # fmt: skip
    shown = ("grid", "name", "building")
    columns = (
        Column("round", gettext_lazy("慰问活动"), required=True, limit=60, width=18, example="春节慰问"),
        Column("grid", gettext_lazy("网格"), required=True, width=18, help=gettext_lazy("网格的名称或代码。"), example="第一网格", aliases=("所在网格", "网格代码")),
        Column("name", gettext_lazy("姓名"), required=True, limit=40, width=10, example="示例户", aliases=("户主", "户主姓名")),
        Column("building", gettext_lazy("楼栋"), limit=40, width=10, example="3号楼"),
        Column("door", gettext_lazy("门牌"), limit=40, width=14, example="3 单元 402"),
        Column("state", gettext_lazy("结果"), "choice", choices=RoundHousehold.State.choices, help=gettext_lazy("只在导出时有；导入时不看。")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return bool(own_grids(actor) or duty_paths(actor))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        rounds: dict[str, list[AidRound]] = {}
        asked = {str(row.get("round")) for row in rows if row.get("round")}
        seen = AidRound.objects.visible_to(job.actor).filter(name__in=asked)
        for one in seen.filter(ends_on__gte=known.on).select_related("region"):
            rounds.setdefault(one.name, []).append(one)
        stamps: dict[tuple[int, str], Row] = {}
        for row in rows:
            grid = known.grid(row)
            round = _round_of(row, rounds) if grid is not None else None
            if row.problems or grid is None or round is None:
                continue
            if not grid.path.startswith(round.region.path):
                row.refuse("grid", _("这个网格不在“%s”的范围里") % round.name)
                continue
            door = (
                str(row.get("name")),
                str(row.get("building") or ""),
                str(row.get("door") or ""),
            )
            stamp = actions.household_stamp(grid, *door)
            row.plan, row.verdict = (round, grid, stamp), NEW
            stamps[round.pk, stamp] = row
        there = RoundHousehold.objects.filter(
            round__in={pk for pk, _stamp in stamps}, stamp__in={stamp for _pk, stamp in stamps}
        )
        for pk, round_id, stamp in there.values_list("pk", "round", "stamp"):
            if row_there := stamps.get((round_id, stamp)):
                row_there.verdict, row_there.ref = SAME, pk

    def apply(self, rows: list[Row], job: Job) -> None:
        new = [row for row in rows if row.verdict == NEW]
        by_round: dict[int, list[Row]] = {}
        for row in new:
            by_round.setdefault(row.plan[0].pk, []).append(row)
        for some in by_round.values():
            round = some[0].plan[0]
            actions.list_households(
                round=round, by=job.actor, at=job.at,
                rows=[
                    {"grid": row.plan[1], **{n: row.get(n) or "" for n in ("name", "building", "door")}}
                    for row in some
                ],
            )  # fmt: skip
            made = RoundHousehold.objects.filter(round=round, stamp__in=[r.plan[2] for r in some])
            refs = dict(made.values_list("stamp", "pk"))
            for row in some:
                row.ref, row.after = refs[row.plan[2]], {"state": "todo"}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose household was called on, or is no longer on the list."""
        rows = RoundHousehold.objects.filter(pk__in=[entry.ref for entry in entries])
        todo = set(rows.filter(state="todo").values_list("pk", flat=True))
        return [entry.line for entry in entries if entry.ref not in todo]

    def undo(self, entries: list[Entry], job: Job) -> None:
        actions.take_off_households(ids=[entry.ref for entry in entries], by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the households of the actor's grids; without a reason the name masked, no door."""
        rows = RoundHousehold.objects.visible_to(actor).select_related("grid", "round")
        for one in rows.order_by("round", "grid__path", "pk").iterator(200):
            name = sealer().open(one.name_sealed)
            facts = {
                "round": one.round.name, "grid": one.grid.code, "building": one.building,
                "state": one.state,
            }  # fmt: skip
            if whole:
                yield facts | {"name": name, "door": sealer().open(one.door_sealed)}
            else:
                yield facts | {"name": mask_name(name)}


def _round_of(row: Row, rounds: dict[str, list[AidRound]]) -> AidRound | None:
    found = rounds.get(str(row.get("round")), [])
    if len(found) == 1:
        return found[0]
    words = _("有几次同名的慰问，请先改名") if found else _("没有这次慰问，或已经结束")
    row.refuse("round", words)
    return None


class _Known:
    """Grids, assessments and files that the rows of a block may mean, asked for all at once."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        self.on = localdate(job.at)
        lands = people.grids_kept(job.actor)
        self.grids: dict[str, list[Any]] = {}
        for land in lands:
            for word in {land.code, land.name, land.short_name}:
                self.grids.setdefault(word, []).append(land)
        regions = Region.objects.public().filter(pk__in=[one.id for one in lands])
        self.regions = {one.pk: one for one in regions.select_related("parent")}
        self.impacts: dict[tuple[str, str], Impact | None] = {}
        names = {sealer().index(str(row.get("name"))) for row in rows if row.get("name")}
        files = CareFile.objects.standing().visible_to(job.actor).filter(name_index__in=names)
        self.there = {
            (one.community_id, one.kind, one.name_index, one.building): str(one.pk) for one in files
        }
        self.kinds = kinds(self.on)

    def grid(self, row: Row) -> Region | None:
        if row.verdict == BAD or not row.get("grid"):
            return None
        found = self.grids.get(str(row.get("grid")), [])
        if len(found) == 1:
            return self.regions[found[0].id]
        if found:
            row.refuse("grid", _("有几个同名的网格，请填代码"))
        else:
            row.refuse("grid", _("没有这个网格，或不由您负责"))
        return None

    def impact(self, row: Row, grid: Region) -> Impact | None:
        key = (grid.path, str(row.get("purpose")))
        if key not in self.impacts:
            rows = impacts_for(grid.path, self.on).filter(purpose=key[1]).select_related("region")
            self.impacts[key] = rows.first()
        if self.impacts[key] is None:
            row.refuse("purpose", _("这个目的没有审定有效的影响评估"))
        return self.impacts[key]


SHEETS = (CareFileSheet(), HouseholdSheet())
