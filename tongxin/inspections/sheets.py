"""The register of sites as a spreadsheet (S0.67)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import world
from tongxin.spreadsheets.declaring import (
    BAD,
    CHANGED,
    NEW,
    Column,
    Entry,
    Job,
    Row,
    Sheet,
    model_facts,
)

from . import actions
from .models import Site, SiteKind
from .scope import SITE_KEEPERS, keeps_sites

TEXTS = ("name", "kind", "address", "owner")
KEPT = (*TEXTS, "lng", "lat", "region_id", "regulator_id", "closed_on")


class SiteSheet(Sheet):
    """One row for each site. A known number changes that site; without one it is a new site."""

    code = "inspection-sites"
    title = gettext_lazy("点位名册")
    about = gettext_lazy("商超、市场、医疗机构、车站码头等监督检查点位；编号留空即新登记。")
    icon = "map-pin"
    keys = (("code",), ("region", "name"))
    shown = ("name", "region")
    columns = (
        Column("code", gettext_lazy("点位编号"), "text", limit=30, width=16, help=gettext_lazy("新登记的留空，由系统编号。")),
        Column("name", gettext_lazy("名称"), "text", required=True, limit=80, width=30, example="松鲜超市", aliases=("点位名称",)),
        Column("kind", gettext_lazy("类型"), "choice", choices=SiteKind.choices, required=True, help=gettext_lazy("从下拉列表中选。"), example="商超", aliases=("点位类型",)),
        Column("region", gettext_lazy("社区（村）或街镇"), "text", required=True, width=24, help=gettext_lazy("名称或代码；同名的填代码。"), example="松社区", aliases=("所在社区", "街镇", "位置")),
        Column("address", gettext_lazy("地址"), "text", limit=120, width=30),
        Column("owner", gettext_lazy("责任单位"), "text", limit=80, width=24, help=gettext_lazy("负主体责任的单位。")),
        Column("regulator", gettext_lazy("监管部门"), "text", limit=100, width=20, help=gettext_lazy("组织名册里的职能部门全称。")),
        Column("lng", gettext_lazy("经度"), "text", limit=20, help=gettext_lazy("WGS-84，例如 117.65。")),
        Column("lat", gettext_lazy("纬度"), "text", limit=20),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in SITE_KEEPERS for post in posts_of(actor))

    def check(self, row: Row) -> None:
        for name in ("lng", "lat"):
            text = row.get(name)
            if text is None:
                continue
            try:
                row.values[name] = float(text)
            except ValueError:
                row.refuse(name, _("经纬度写成 117.65 这样"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        lands = self._lands(rows)
        names = {row.get("regulator") for row in rows} - {None}
        offices = {
            one.name: one
            for one in Org.objects.public().filter(name__in=names, kind=Org.Kind.DEPARTMENT)
        }
        codes = {row.get("code") for row in rows} - {None}
        known = {
            one.code: one
            for one in Site.objects.filter(code__in=codes).select_related("region", "regulator")
        }
        taken = {
            (one.region_id, one.name): one
            for one in Site.objects.open()
            .filter(name__in={row.get("name") for row in rows} - {None})
            .select_related("region", "regulator")
        }
        for row in rows:
            if not row.problems:
                self._prepare(row, lands, offices, known, taken, job)

    def _lands(self, rows: list[Row]) -> dict[str, list[Any]]:
        words = {row.get("region") for row in rows} - {None}
        found: dict[str, list[Any]] = {}
        for land in world().lands:
            if land.level in ("street", "community"):
                for word in {land.name, land.short_name, land.code} & words:
                    found.setdefault(word, []).append(land)
        return found

    def _prepare(self, row: Row, lands, offices, known, taken, job: Job) -> None:  # noqa: PLR0917
        mine = [
            land for land in lands.get(row.get("region"), []) if keeps_sites(job.actor, land.path)
        ]
        if len(mine) != 1:
            row.refuse(
                "region", _("没有找到您负责的“%s”，或不止一个，请填代码") % row.get("region")
            )
            return
        office = offices.get(row.get("regulator"))
        if row.get("regulator") and office is None:
            row.refuse("regulator", _("组织名册里没有这个职能部门"))
            return
        if (row.get("lng") is None) != (row.get("lat") is None):
            row.refuse("lng", _("经度和纬度要一起填"))
            return
        site = known.get(row.get("code")) or taken.get((mine[0].id, row.get("name")))
        if row.get("code") and row.get("code") not in known and site is not None:
            row.refuse("code", _("这个点位已经登记，编号是 %s") % site.code)
            return
        row.plan = (site, mine[0], office)
        if site is None:
            row.verdict = NEW
            return
        if site.closed_on is not None or not keeps_sites(job.actor, site.region.path):
            row.refuse("code", _("点位已经注销，或不归您登记"))
            return
        current = {name: getattr(site, name) for name in (*TEXTS, "lng", "lat")}
        current |= {"regulator": site.regulator.name if site.regulator else None}
        self.compare(row, current)
        if site.region_id != mine[0].id and row.verdict != BAD:
            row.changes.append(("region", site.region.name, mine[0].name))
            row.verdict = CHANGED
        row.ref = site.pk

    def apply(self, rows: list[Row], job: Job) -> None:
        regions = Region.objects.in_bulk([row.plan[1].id for row in rows])
        for row in rows:
            site, land, office = row.plan
            given = {name: row.get(name) for name in (*TEXTS, "lng", "lat") if name in row.values}
            given = {n: "" if v is None and n in TEXTS else v for n, v in given.items()}
            given["region"] = regions[land.id]
            if "regulator" in row.values:
                given["regulator"] = office
            if site is None:
                made = actions.register_site(
                    by=job.actor, at=job.at, code=row.get("code") or "", **given
                )
            else:
                row.before = model_facts(site, KEPT)
                made = actions.change_site(site=site, by=job.actor, at=job.at, **given)
            row.ref, row.after = made.pk, model_facts(made, KEPT)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose site was changed since, or was visited after it came in."""
        rows = Site.objects.in_bulk([entry.ref for entry in entries])
        visited = set(
            Site.objects.filter(pk__in=rows, visits__isnull=False).values_list("pk", flat=True)
        )
        return [
            entry.line
            for entry in entries
            if entry.ref not in rows
            or model_facts(rows[entry.ref], KEPT) != entry.after
            or (entry.before is None and entry.ref in visited)
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take back what came in, last first: new sites go, changed ones are as they were."""
        for entry in reversed(entries):
            if entry.before is None:
                Site.objects.filter(pk=entry.ref).delete()
                continue
            site = Site.objects.select_related("region").get(pk=entry.ref)
            for name in KEPT:
                if name != "closed_on":
                    setattr(site, name, entry.before[name])
            site.save()

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = Site.objects.visible_to(actor).open().select_related("region", "org", "regulator")
        for one in rows.order_by("code").iterator(chunk_size=500):
            yield {
                "code": one.code, "name": one.name, "kind": one.kind, "region": one.region.code,
                "address": one.address, "owner": one.owner_name,
                "regulator": one.regulator.name if one.regulator else "",
                "lng": "" if one.lng is None else str(one.lng),
                "lat": "" if one.lat is None else str(one.lat),
            }  # fmt: skip


SHEETS = (SiteSheet(),)
