"""Rows of other systems' files, read as messages: which column is what, and what a cell means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.tables import BadCell, read_table

# What a message may say, and the names of columns by which each is recognised.
COLUMNS = {
    "id": "message_id id 编号 留言编号 工单编号 流水号",
    "at": "created_at at 时间 留言时间 提交时间 诉求时间 受理时间 日期",
    "title": "title topic 标题 主题 留言主题 诉求标题",
    "text": "text detail content 内容 正文 详情 留言详情 诉求内容 问题描述",
    "reporter": "user_id resident user 留言用户 留言人 姓名 用户",
    "contact": "contact phone 电话 手机 手机号 联系电话",
    "item": "item_code 事项代码 事项 类别",
    "region": "region_code region 区域代码 社区代码 网格代码",
    "street": "street_name street 街道 街镇 所属街道",
    "community": "community_name community 社区 村居 所属社区",
    "lng": "lng lon longitude 经度",
    "lat": "lat latitude 纬度",
    "address": "address 地址 地点 位置 详细地址",
    "likes": "likes 点赞数 赞 附议数",
}
WORDS = "id title text reporter contact item region street community address".split()
ZERO_WIDTH = "\u200b"  # left behind by copying from web pages; nobody means it
_DATE = re.compile(
    r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})日?"
    r"(?:[\sT]*(\d{1,2})\s*[:时：]\s*(\d{1,2})?(?:\s*[:分：]\s*(\d{1,2}))?\D*)?"
)


class _BadValue(Invalid):
    """A cell that cannot be read; the line and column are added where they are known."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence, field=field)


class NoSuchColumn(Invalid):
    """The mapping names a column or a field that does not exist, or lacks one that is needed."""


@dataclass(frozen=True)
class Message:
    """One row, understood but not yet filed. `at` is aware; `source_key` is the same every time."""

    line: int
    source_key: str
    at: datetime
    title: str
    text: str
    reporter: str = ""
    contact: str = ""
    item: str = ""
    region: str = ""
    street: str = ""
    community: str = ""
    lng: float | None = None
    lat: float | None = None
    address: str = ""
    likes: int = 0


def map_columns(header: list[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return field → column: what is given as column → field, and what the names tell.

    :raises NoSuchColumn: for a column or field that does not exist; without time or text
    """
    if wrong := set(given) - set(header):
        raise NoSuchColumn(
            _("文件里没有这些列：%s") % "、".join(sorted(wrong)),
            remedy=_("文件里的列：%s") % "、".join(header),
        )
    if wrong := set(given.values()) - set(COLUMNS):
        raise NoSuchColumn(
            _("不认识的字段：%s") % "、".join(sorted(wrong)),
            remedy=_("可用的字段：%s") % "、".join(COLUMNS),
        )
    guessed = {
        name: next((c for c in header if c.lower() in known.split() and c not in given), "")
        for name, known in COLUMNS.items()
    }
    found = guessed | {name: column for column, name in given.items()}
    if missing := [name for name in ("at", "text") if not found[name]]:
        raise NoSuchColumn(
            _("看不出哪一列是：%s") % "、".join(missing),
            remedy=_("请用 --map 列名=字段 指明，例如 --map 诉求时间=at --map 诉求内容=text"),
        )
    return {name: column for name, column in found.items() if column}


def read_messages(
    data: bytes, *, name: str, mapping: Mapping[str, str] | None = None
) -> Iterator[Message | tuple[int, Refused]]:
    """Yield the rows of a CSV or XLSX file as messages, or as (line, refusal) where one is broken.

    :raises NoSuchColumn: see `map_columns`; and the refusals of `kit.tables` for the whole file
    """
    table = read_table(data, name=name)
    columns = map_columns(table.header, mapping or {})
    while True:
        try:
            line, row = next(table.rows)
            yield _message(line, {field: row[column] for field, column in columns.items()}, columns)
        except StopIteration:
            return
        except BadCell as error:
            yield error.extra["line"], error


def _message(line: int, row: dict[str, Any], columns: Mapping[str, str]) -> Message:
    try:
        at = moment(row["at"])
        lng, lat = _degrees(row.get("lng", "")), _degrees(row.get("lat", ""))
        likes = int(row.get("likes") or 0)
    except _BadValue as error:
        raise BadCell(line, columns[error.field or ""], error.message) from None
    except ValueError:
        raise BadCell(line, columns["likes"], _("应是整数")) from None
    words = {name: str(row.get(name, "")).replace(ZERO_WIDTH, "").strip() for name in WORDS}
    words["text"] = words["text"] or words["title"]
    if not words["text"]:
        raise BadCell(line, columns["text"], _("内容是空的"))
    return Message(
        line=line,
        source_key=_source_key(words.pop("id"), at, words["reporter"], words["text"]),
        at=at,
        lng=lng,
        lat=lat,
        likes=max(likes, 0),
        **words,
    )


def _source_key(id: str, at: datetime, reporter: str, text: str) -> str:
    """The same message has the same key, whatever the file is called when it comes again."""
    parts = [id] if id else [reporter, text]
    return (
        "message:"
        + sha256("|".join([at.astimezone(UTC).isoformat(), *parts]).encode()).hexdigest()[:40]
    )


def moment(value: Any) -> datetime:
    """Return an aware time from a cell; a time without a zone is of the installation's own.

    :raises Invalid: if it is no time
    """
    zone = get_default_timezone()
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    text = str(value).strip()
    try:
        if text.endswith("Z") or re.search(r"[+-]\d{2}:?\d{2}$", text):
            return datetime.fromisoformat(text)
        if match := _DATE.fullmatch(text):
            return datetime(*(int(part or 0) for part in match.groups()), tzinfo=zone)  # type: ignore[arg-type, misc]
    except ValueError:
        pass
    raise _BadValue(
        "at",
        _("“%s”不是时间，请写成 2026-03-02 10:30 的样子") % text[:30] if text else _("没有时间"),
    )


def _degrees(value: Any) -> float | None:
    if value in ("", None):
        return None
    try:
        return float(value)
    except ValueError:
        raise _BadValue("lng", _("“%s”不是经纬度") % str(value)[:20]) from None
