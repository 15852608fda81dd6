"""The register of party units as a spreadsheet; the code tells them apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.regions.models import Region
from tongxin.regions.queries import world
from tongxin.spreadsheets.declaring import CLEAR, NEW, Column, Entry, Job, Narrowed, Row, Sheet

from ..actions import importing
from ..models import Org, Sector, UnitKind
from ..queries import find_units
from ..scope import READERS, REGISTRARS, posts_of, unit_reach
from .finding import Places, Units, office_of

KEPT = ("name", "unit_kind", "sector", "founded_on", "is_temporary", "expires_on", "purpose", "phone")  # fmt: skip


class UnitSheet(Sheet):
    """One row for each party unit at or under those whose registers the actor keeps."""

    code = "units"
    title = gettext_lazy("党组织")
    about = gettext_lazy("党委、总支、支部、党小组：代码、上级、类型、领域、成立日期。")
    icon = "sitemap"
    keys = (("code",),)
    shown = ("code", "name")
    looks_back = True
    filters = ("q", "sector", "kind", "street", "state")
    columns = (
        Column("code", gettext_lazy("组织代码"), "code", required=True, width=16,
               help=gettext_lazy("凭它认出是哪个党组织；新代码会新建一个。"), example="120116001001",
               aliases=("党组织代码", "代码", "组织编码")),
        Column("name", gettext_lazy("党组织名称"), required=True, width=34,
               help=gettext_lazy("全称，100 字以内。"), example="松社区第一党支部",
               aliases=("组织名称", "名称", "党支部名称", "党组织全称")),
        Column("parent", gettext_lazy("上级组织代码"), "code", width=16,
               help=gettext_lazy("上级要先有，或在本表中排在前面。"), example="120116001",
               aliases=("上级代码", "上级党组织代码")),
        Column("unit_kind", gettext_lazy("党组织类型"), "choice", required=True, choices=UnitKind.choices,
               help=gettext_lazy("从下拉列表中选。"), example="党支部", aliases=("组织类别", "类型", "类别"),
               synonyms=(("支部", "branch"), ("总支", "general_branch"), ("基层党委", "committee"), ("党支部委员会", "branch"))),
        Column("sector", gettext_lazy("领域"), "choice", choices=Sector.choices,
               help=gettext_lazy("从下拉列表中选。"), example="社区", aliases=("所属领域", "行业领域", "分领域")),
        Column("region", gettext_lazy("所在区划"), width=18,
               help=gettext_lazy("区划代码或名称；不填则与上级相同。"), example="松社区",
               aliases=("区划代码", "所在社区", "所在街镇", "辖区")),
        Column("founded_on", gettext_lazy("成立日期"), "date", example="2019-05-01", aliases=("建立日期", "批准成立日期")),
        Column("is_temporary", gettext_lazy("临时党组织"), "flag", help=gettext_lazy("是或否；是则要填到期日期。"), example="否"),
        Column("expires_on", gettext_lazy("到期日期"), "date"),
        Column("purpose", gettext_lazy("设立目的"), limit=200, width=24),
        Column("phone", gettext_lazy("公开电话"), limit=30, aliases=("办公电话", "联系电话")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in REGISTRARS and post.org_path for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in READERS and post.org_path for post in posts_of(actor))

    def office(self, actor) -> str:
        return office_of(actor)

    def check(self, row: Row) -> None:
        if row.get("is_temporary") and not row.get("expires_on"):
            row.refuse("expires_on", _("临时党组织要填到期日期"))
        if row.get("parent") and row.get("parent") == row.get("code"):
            row.refuse("parent", _("上级不能是它自己"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        codes = [row.get("code") for row in rows]
        known = {
            org.code: org
            for org in Org.objects.filter(code__in=codes).select_related("parent", "region")
        }
        units = Units(job.actor, [*codes, *(row.get("parent") for row in rows)], ())
        places = Places(job)
        for row in rows:
            org = known.get(row.get("code"))
            if org is None:
                self._plan_new(row, units, places, job)
            else:
                self._plan_change(row, org, units)
            self._check_whole(row, org)

    def _plan_new(self, row: Row, units: Units, places: Places, job: Job) -> None:
        row.verdict = NEW
        parent = row.get("parent")
        if not parent:
            row.refuse("parent", _("新的党组织要填上级组织代码"))
            return
        unit = units.by_code.get(parent)
        line = job.arriving.get((("code",), parent))
        if unit is None and line is None:
            row.refuse("parent", _("没有代码为“%s”的上级党组织，或不在您的管理范围") % parent)
        elif unit is None and line and line > row.line:
            row.refuse("parent", _("上级“%(code)s”在第 %(line)d 行，请把它移到前面") % {"code": parent, "line": line})  # fmt: skip
        land = places.of(row, "region")
        row.plan = (unit, land)

    def _plan_change(self, row: Row, org: Org, units: Units) -> None:
        if org.code not in units.by_code:
            row.refuse("code", _("这个代码已有党组织使用，不在您的管理范围或已撤销"))
            return
        row.ref, row.plan = org.pk, org
        parent = org.parent.code if org.parent else ""
        if row.get("parent") and row.get("parent") != parent:
            row.refuse("parent", _("与登记的上级不同；调整隶属请在该党组织的页面办理"))
        current = {name: getattr(org, name) for name in KEPT}
        region = row.get("region")
        if region and region not in (org.region.code, org.region.name):
            row.refuse(
                "region", _("与登记的所在区划（%s）不同，请在该党组织的页面修改") % org.region.name
            )
        self.compare(row, current)

    def _check_whole(self, row: Row, org: Org | None) -> None:
        """Refuse what is wrong together with what the register has."""
        if row.values.get("expires_on") is CLEAR and (org and org.is_temporary):
            row.refuse("expires_on", _("临时党组织要填到期日期"))
        if row.values.get("name") is CLEAR:
            row.refuse("name", _("名称不能清空"))

    def apply(self, rows: list[Row], job: Job) -> None:
        importing.write_units(rows, actor=job.actor, at=job.at, source=job.source)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        return importing.units_changed(entries)

    def undo(self, entries: list[Entry], job: Job) -> None:
        importing.take_back_units(entries, actor=job.actor, at=job.at, source=job.source)

    def export(
        self, actor, *, whole: bool, narrowed: Narrowed | None = None
    ) -> Iterator[dict[str, Any]]:
        orgs = Org.objects.filter(
            unit_reach(actor, READERS), kind=Org.Kind.PARTY, dissolved_on=None
        )
        if narrowed is not None:
            orgs = orgs.filter(pk__in=_found(actor, narrowed.words).values("pk"))
        regions = dict(Region.objects.values_list("pk", "code"))
        rows = orgs.select_related("parent").order_by("path")
        for org in sorted(
            rows, key=lambda org: [int(part) for part in org.path.split("/") if part]
        ):
            facts = {name: getattr(org, name) for name in KEPT}
            parent = org.parent.code if org.parent else ""
            yield facts | {"code": org.code, "parent": parent, "region": regions[org.region_id]}


def _found(actor, words: dict[str, str]) -> QuerySet[Org]:
    """Return the units that the list of the register shows for the words of its address."""
    street = words.get("street", "")
    land = next((one for one in world().lands if one.code == street), None) if street else None
    return find_units(
        actor, land=land, q=words.get("q", ""), sector=words.get("sector", ""),
        kind=words.get("kind", ""), state=words.get("state", ""),
    ).order_by()  # fmt: skip
