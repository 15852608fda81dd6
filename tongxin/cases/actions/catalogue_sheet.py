"""The catalogue as a spreadsheet: what is exported can be edited and imported again.

Columns are named in Chinese, as people see them, or by their names in code; so are choices.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from django.utils.translation import gettext as _

from tongxin.kit.tables import BadCell, BadHeader, read_table, write_xlsx

from ..models import Topic
from .catalogue import load_catalogue

# Of each field: its column as people see it, and as code names it.
COLUMNS = {
    "category_code": ("大类代码", "category_code"),
    "category_name": ("大类名称", "category_name"),
    "item_code": ("事项代码", "item_code"),
    "name": ("事项名称", "item_name"),
    "summary": ("说明", "summary"),
    "kind": ("性质", "kind"),
    "accept_norm": ("接单时限", "accept_norm"),
    "norm": ("办理时限", "norm"),
    "verify_norm": ("验单时限", "verify_norm"),
    "is_urgent": ("紧急", "urgent"),
    "takers": ("谁可承接", "takers"),
    "modes": ("派单方式", "modes"),
    "skills": ("所需技能", "skills"),
    "proof": ("办结凭证", "proof"),
    "verify": ("验单方式", "verify"),
    "sample_rate": ("抽查比例", "sample_rate"),
    "points": ("积分", "points"),
    "is_public": ("可公开", "is_public"),
    "needs_receipt": ("需要票据", "receipt"),
    "questions": ("附加问题", "questions"),
    "keywords": ("常用说法", "keywords"),
    "is_sample": ("示例", "is_sample"),
    "is_active": ("启用", "is_active"),
}
REQUIRED = ("category_code", "category_name", "item_code", "name")
WIDTHS = [8, 14, 8, 22, 40, 8, 9, 9, 9, 6, 18, 16, 14, 14, 12, 9, 6, 7, 9, 40, 40, 6, 6]
WORDS = {
    "takers": {"volunteer": "志愿者", "grid_worker": "网格员", "department": "部门"},
    "modes": {"assign": "指派", "grab": "抢单", "offer": "推荐"},
}
YES, NO = {"1", "是", "true", "yes", "y"}, {"0", "", "否", "false", "no", "n"}


def load_catalogue_sheet(data: bytes, *, name: str, by, at: datetime) -> dict[str, int]:
    """Bring the catalogue to what a CSV or XLSX file says; all or nothing. Returns as load_catalogue.

    Raises BadHeader, BadCell, BadTopic and the refusals of `kit.tables`.
    """
    return load_catalogue(rows=_rows(data, name), by=by, at=at)


def _rows(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    table = read_table(data, name=name)
    column_of = _columns(table.header, name)
    for line, row in table.rows:
        yield {
            field: _value(field, row[column], line, column) for field, column in column_of.items()
        }


def write_catalogue_sheet(target: str | IO[bytes]) -> int:
    """Write the whole catalogue as XLSX; return how many topics there are."""
    topics = list(Topic.objects.select_related("category").order_by("code"))
    header = [chinese for chinese, _code in COLUMNS.values()]
    rows = ([_shown(topic, field) for field in COLUMNS] for topic in topics)
    write_xlsx(target, header, rows, sheet=_("事项目录"), widths=WIDTHS)
    return len(topics)


def _columns(header: list[str], name: str) -> dict[str, str]:
    """Return field → the column of this file that holds it."""
    found = {
        field: column
        for field, names in COLUMNS.items()
        for column in header
        if column in (*names, field)
    }
    if missing := [COLUMNS[field][0] for field in REQUIRED if field not in found]:
        raise BadHeader(
            _("“%(name)s”缺少这些列：%(columns)s") % {"name": name, "columns": "、".join(missing)}
        )
    return found


def _value(field: str, value: Any, line: int, column: str) -> Any:
    text = str(value).strip()
    if field in ("sample_rate", "points"):
        return _number(text, line, column)
    if field.startswith("is_") or field == "needs_receipt":
        return _flag(text, line, column)
    if field == "questions":
        return _questions(text, line, column)
    if field in WORDS:
        code_of = {word: code for code, word in WORDS[field].items()}
        return " ".join(code_of.get(word, word) for word in text.replace("、", " ").split())
    if field in ("proof", "verify"):
        return _choice(field, text, line, column)
    # A spreadsheet takes "01" for the number 1.
    return text.zfill(2 if field == "category_code" else 4) if field.endswith("_code") else text


def _number(text: str, line: int, column: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise BadCell(line, column, _("应是不小于 0 的整数"))
    return int(text)


def _flag(text: str, line: int, column: str) -> bool:
    if text.lower() not in YES | NO:
        raise BadCell(line, column, _("请写“是”或“否”"))
    return text.lower() in YES


def _questions(text: str, line: int, column: str) -> list:
    try:
        questions = json.loads(text or "[]")
        return [_question(one) for one in questions]
    except (ValueError, TypeError, KeyError) as error:
        raise BadCell(
            line, column, _("应是 JSON 列表，每个问题有 key、label、type、choices、required")
        ) from error


def _question(one: dict[str, Any]) -> dict[str, Any]:
    if one["type"] not in ("text", "number", "choice") or not (one["key"] and one["label"]):
        raise ValueError(one["type"])
    return {
        "key": str(one["key"]),
        "label": str(one["label"]),
        "type": one["type"],
        "choices": [str(choice) for choice in one.get("choices", [])],
        "required": bool(one.get("required")),
    }


def _choice(field: str, text: str, line: int, column: str) -> str:
    choices = Topic._meta.get_field(field).choices or []
    for code, label in choices:
        if text in (code, str(label)):
            return code
    raise BadCell(line, column, _("只能是：%s") % "、".join(str(label) for _code, label in choices))


def _shown(topic: Topic, field: str) -> Any:
    if field == "category_code":
        return topic.category.code
    if field == "category_name":
        return topic.category.name
    value = topic.code if field == "item_code" else getattr(topic, field)
    if field == "questions":
        return json.dumps(value, ensure_ascii=False) if value else ""
    if field in WORDS:
        return " ".join(WORDS[field].get(word, word) for word in value.split())
    if field in ("proof", "verify"):
        return str(dict(Topic._meta.get_field(field).choices or [])[value])
    return value
