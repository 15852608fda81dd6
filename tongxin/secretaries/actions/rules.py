"""A district puts its own version of a list beside the samples."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import posts_of

from ..models import RuleVersion
from ..rules import COLUMNS, samples

NUMBERS = {"most", "least", "each_fen", "year_fen", "percent", "value"}


class NotOrganiser(NotPermitted):
    """The lists of a district are set by an organiser, or by the administrator."""


class BadRules(Invalid):
    """A list has the columns it needs, codes once each, and numbers where numbers stand."""


@transaction.atomic
def set_rules(
    *,
    kind: str,
    version: str,
    effective_from: date,
    source: str,
    data: bytes,
    name: str,
    by: User,
    at: datetime,
    sector: str = "",
) -> RuleVersion:
    """Keep a version of a list handed in as a table (CSV or XLSX); what it decided before stays.

    :raises NotOrganiser, BadRules: as their names say; and what `read_table` raises
    """
    if not by.is_superuser and "organiser" not in {post.role for post in posts_of(by)}:
        raise NotOrganiser(_("规则由组织员或系统管理员维护。"))
    rows = _rows(kind, data, name)
    version = clean_text(version, limit=20, field_label=_("版本"), required=True)
    if version in {one.version for one in samples(kind)}:
        raise BadRules(_("版本“%s”已经有了，请换一个版本号") % version, field="version")
    try:
        with transaction.atomic():
            made = RuleVersion.objects.create(
                kind=kind,
                version=version,
                effective_from=effective_from,
                sector=sector,
                source=clean_text(source, limit=200, field_label=_("依据"), required=True),
                rows=rows,
            )
    except IntegrityError as error:
        raise BadRules(_("版本“%s”已经有了，请换一个版本号") % version, field="version") from error
    audit(
        actor=by,
        action="secretaries.rules",
        object=f"{kind} {version}",
        detail={"rows": len(rows), "from": str(effective_from)},
        at=at,
    )
    return made


def _rows(kind: str, data: bytes, name: str) -> list[dict[str, str]]:
    if kind not in COLUMNS:
        raise BadRules(_("没有“%s”这份清单") % kind[:20], field="kind")
    needed = ("code", "title", *COLUMNS[kind])
    table = read_table(data, name=name)
    missing = [column for column in needed if column not in table.header]
    if missing:
        raise BadRules(_("表里缺少这些列：%s") % "、".join(missing), field="file")
    rows, seen = [], set()
    for line, cells in table.rows:
        row = {column: str(cells.get(column) or "").strip() for column in needed}
        if not row["code"] or not row["title"] or row["code"] in seen:
            raise BadRules(
                _("第 %d 行的 code 或 title 没有填写，或与上面重复") % line, field="file"
            )
        for column in NUMBERS & set(needed):
            if not row[column].isdecimal():
                raise BadRules(
                    _("第 %(line)d 行“%(column)s”应是不小于 0 的整数")
                    % {"line": line, "column": column},
                    field="file",
                )
        seen.add(row["code"])
        rows.append(row)
    if not rows:
        raise BadRules(_("表里没有内容"), field="file")
    return rows
