"""What the sheets of this app share: who may, and the programmes and units that rows name."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import prefixes
from tongxin.spreadsheets.declaring import Job, Row, Sheet

from ..models import Programme
from ..models.common import LEADS, OVERSEERS
from ..queries import names

READ_ONLY = gettext_lazy("只供对照，导入时不看。")


class LedSheet(Sheet):
    """For who leads programmes; rows name their programme."""

    def may(self, actor) -> bool:
        return any(post.role in LEADS for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in OVERSEERS for post in posts_of(actor))

    def programmes(self, rows: list[Row], job: Job, kind: str = "") -> dict[str, Programme]:
        """Return the open programmes that rows name, of those the actor leads; refuse other names."""
        wanted = {row.get("programme") for row in rows}
        found = Programme.objects.led_by(job.actor).filter(name__in=wanted).exclude(state="closed")
        found = found.filter(kind=kind) if kind else found
        known = {one.name: one for one in found.select_related("region").order_by("-pk")}
        for row in rows:
            if row.get("programme") not in known:
                row.refuse(
                    "programme",
                    _("没有您管的方案“%s”，请先在重点任务里新建") % row.get("programme"),
                )
        return known

    def orgs(
        self, rows: list[Row], known: dict[str, Programme], also: set[str]
    ) -> dict[str, list[Org]]:
        wanted = {row.get("org") for row in rows} | also
        paths = [one.region.path for one in known.values()]
        shortest = min(paths, key=len, default="")
        district = next((p for p in prefixes(shortest) if p.count("/") == 2), shortest)
        return names.orgs_named(filter(None, wanted), district)
