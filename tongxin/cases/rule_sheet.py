"""A table of rules as a spreadsheet: what goes out can be changed in Excel or WPS and read in again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.tables import BadHeader, Limits, read_table
from tongxin.kit.tables_out import write_xlsx
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from .models import RoutingRule, RoutingRuleSet, Topic, TopicCategory
from .routing import SOURCES, natural

LIMITS = Limits(rows=2000, cells=60_000, size=5 * 1024 * 1024, unzipped=40 * 1024 * 1024)
MOST_SAID = 20
# The headings are the file's format, so they are not translated. Names in brackets are for people.
HEADER = (
    *(
        "编号",
        "事项代码",
        "（事项）",
        "大类代码",
        "（大类）",
        "区域代码",
        "（区域）",
        "来源",
        "时间",
        "通道",
    ),
    *("由谁受理", "承办单位", "直接派达", "建议方式", "兜底", "兜底单位", "备注"),
)
REQUIRED = ("编号", "由谁受理")


class BadRows(Invalid):
    """Rows that cannot be read; `extra["errors"]` lists them as {line, column, detail}."""


def write_rules(out: IO[bytes], ruleset: RoutingRuleSet) -> None:
    """Write the rules of a version, by code; one query."""
    rows = ruleset.rules.select_related("topic", "category", "region", "handler", "backstop_org")
    ordered = sorted(rows, key=lambda row: natural(row.code))
    write_xlsx(out, list(HEADER), map(_told, ordered), sheet="流转规则", widths=[10] * len(HEADER))


def _told(row: RoutingRule) -> list[Any]:
    topic, category, region = row.topic, row.category, row.region
    return [
        row.code,
        *((topic.code, topic.name) if topic else ("", "")),
        *((category.code, category.name) if category else ("", "")),
        *((region.code, region.name) if region else ("", "")),
        "、".join(str(SOURCES.get(one, one)) for one in row.sources.split()),
        row.get_hours_display() if row.hours else "",
        row.get_lane_display() if row.lane else "",
        row.get_target_display(),
        row.handler.name if row.handler else "",
        "是" if row.is_direct else "",
        row.get_mode_display() if row.mode else "",
        row.get_backstop_display() if row.backstop else "",
        row.backstop_org.name if row.backstop_org else "",
        row.note,
    ]


def read_rules(data: bytes, name: str, *, region: Region) -> list[dict[str, Any]]:
    """Return the rows of a sheet as `actions.save_rule` takes them, each with its `line`.

    :raises BadHeader: for columns missing or unknown; and the refusals of `kit.tables.read_table`
    :raises BadRows: naming line and column of every cell that cannot be used
    """
    table = read_table(data, name=name, limits=LIMITS)
    columns = [str(one).strip() for one in table.header]
    if missing := [one for one in REQUIRED if one not in columns]:
        raise BadHeader(_("表格缺少“%s”列，请用下载的规则表修改。") % "、".join(missing))
    if unknown := [one for one in columns if one and one not in HEADER]:
        raise BadHeader(_("不认识“%s”列，请用下载的规则表修改。") % "、".join(unknown))
    reader = _Reader(region)
    found = [reader.read(line, {key: str(cell or "").strip() for key, cell in cells.items()})
             for line, cells in table.rows]  # fmt: skip
    if reader.errors:
        said = [
            _("第 %(line)d 行“%(column)s”：%(detail)s") % one for one in reader.errors[:MOST_SAID]
        ]
        raise BadRows("；".join(said), errors=reader.errors, field="file")
    return found


class _Reader:
    """Looks up what the cells name; keeps what is the same for all rows."""

    def __init__(self, region: Region) -> None:
        self.errors: list[dict[str, Any]] = []
        self.line = 0
        self.topics = {one.code: one for one in Topic.objects.all()}
        self.categories = {one.code: one for one in TopicCategory.objects.all()}
        lands: QuerySet[Region] = Region.objects.filter(path__under=region.path).defer("polygon")
        self.regions = {one.code: one for one in lands}
        self.orgs: dict[str, list[Org]] = {}
        for org in Org.objects.filter(region__path__under=region.path, dissolved_on=None).exclude(
            kind=Org.Kind.PARTY
        ):
            self.orgs.setdefault(org.name, []).append(org)

    def read(self, line: int, cells: Mapping[str, str]) -> dict[str, Any]:
        self.line = line
        get = cells.get
        return {
            "line": line,
            "code": get("编号", ""),
            "topic": self._one(self.topics, "事项代码", get("事项代码", "")),
            "category": self._one(self.categories, "大类代码", get("大类代码", "")),
            "region": self._one(self.regions, "区域代码", get("区域代码", "")),
            "sources": " ".join(
                self._word("来源", one, SOURCES) for one in get("来源", "").split("、") if one
            ),
            "hours": self._word("时间", get("时间", ""), dict(RoutingRule.Hours.choices)),
            "lane": self._word("通道", get("通道", ""), dict(RoutingRule.Lane.choices)),
            "target": self._word("由谁受理", get("由谁受理", ""), dict(RoutingRule.Target.choices)),
            "handler": self._org("承办单位", get("承办单位", "")),
            "is_direct": get("直接派达", "") in ("是", "1", "TRUE", "True"),
            "mode": self._word("建议方式", get("建议方式", ""), dict(RoutingRule.Mode.choices)),
            "backstop": self._word("兜底", get("兜底", ""), dict(RoutingRule.Backstop.choices)),
            "backstop_org": self._org("兜底单位", get("兜底单位", "")),
            "note": get("备注", ""),
        }

    def _wrong(self, column: str, detail: str) -> None:
        self.errors.append({"line": self.line, "column": column, "detail": detail})

    def _one(self, known: Mapping[str, Any], column: str, text: str) -> Any:
        if text and text not in known:
            self._wrong(column, _("没有代码“%s”") % text[:20])
        return known.get(text)

    def _word(self, column: str, text: str, known: Mapping[str, Any]) -> str:
        if not text:
            return ""
        found = next((word for word, label in known.items() if text in (word, str(label))), None)
        if found is None:
            self._wrong(column, _("只能是：%s") % "、".join(str(one) for one in known.values()))
        return found or ""

    def _org(self, column: str, name: str) -> Org | None:
        found = self.orgs.get(name, []) if name else []
        if name and len(found) != 1:
            self._wrong(
                column,
                _("没有叫“%s”的单位") % name if not found else _("有几个单位都叫“%s”") % name,
            )
        return found[0] if len(found) == 1 else None
