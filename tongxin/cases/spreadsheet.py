"""The catalogue as a spreadsheet: what goes out can be edited in Excel or WPS and comes in again.

One reader for both: the XLSX that `write_catalogue` makes, in Chinese words, and the CSV that
ships with the house (tongxin/requests/data/catalogue.csv), in words of code with questions as
JSON. A broken row is named by its line and its column, all of them at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import override

from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.tables import BadCell, BadHeader, Limits, Row, Table, read_table
from tongxin.kit.tables_out import is_formula
from tongxin.kit.text import clean_text

from .models import Topic, TopicCategory
from .topics import FIELDS, FLAGS, NUMBERS, ONE_OF, BadTopic, check_value, read_value, show_value

LIMITS = Limits(rows=2000, cells=100_000, size=5 * 1024 * 1024, unzipped=40 * 1024 * 1024)
MOST_SAID = 20  # wrong cells that a refusal lists


@dataclass(frozen=True)
class Column:
    """A column: the field, its heading for people, its heading in CSV, width, what to write."""

    field: str
    label: str
    code: str
    width: int
    help: str


# The headings are the file's format, so they are not translated.
COLUMNS = (
    Column("category_code", "大类代码", "category_code", 9, "两位数字。新代码会新建一个大类。"),
    Column("category_name", "大类名称", "category_name", 14, "改名则整个大类改名，同一大类各行要写得一样。"),
    Column("item_code", "事项代码", "item_code", 9, "四位数字，不重复。凭它认出是哪一项；新代码会新建一项。"),
    Column("name", "事项名称", "item_name", 22, "居民看到的名称，60 字以内。"),
    Column("summary", "说明", "summary", 40, "一两句话说清什么情况选这一项，200 字以内。"),
    Column("kind", "性质", "kind", 10, "从下拉列表中选。"),
    Column("service_class", "五心服务", "service_class", 10, "从下拉列表中选；不属于其中一类的写“未归类”或留空。"),
    Column("accept_norm", "接单时限", "accept_norm", 11, "数字加单位：工作时、工作日，或分钟、小时、天（不分昼夜），例如“2 工作时”。"),
    Column("norm", "办理时限", "norm", 11, "写法同上。"),
    Column("verify_norm", "验单时限", "verify_norm", 11, "写法同上。"),
    Column("is_urgent", "紧急", "urgent", 7, "是或否。紧急事项排在最前。"),
    Column("takers", "谁可承接", "takers", 20, "志愿者、网格员、部门中选一个或几个，用顿号隔开。"),
    Column("modes", "派单方式", "modes", 16, "指派、抢单、推荐中选一个或几个，用顿号隔开。"),
    Column("skills", "所需技能", "skills", 14, "技能名称，用顿号隔开；不限则留空。"),
    Column("proof", "办结凭证", "proof", 14, "从下拉列表中选。"),
    Column("verify", "验单方式", "verify", 11, "从下拉列表中选。"),
    Column("sample_rate", "抽查比例 %", "sample_rate", 11, "0 到 100 的整数；只在抽查验单时起作用。"),
    Column("points", "积分", "points", 7, "志愿者办结得多少分，整数。"),
    Column("is_public", "可公开", "is_public", 8, "是或否。涉及隐私的事项写“否”。"),
    Column("needs_receipt", "需要票据", "receipt", 9, "是或否。代买代付写“是”。"),
    Column("questions", "附加问题", "questions", 44, "每行一问：键名 | 问题 | 文字、数字、是否、单选、多选、日期时间或长文字 | 必填或选填 | 选项、选项。键名可留空。"),
    Column("keywords", "常用说法", "keywords", 44, "居民常说的词，用空格隔开，用来从描述猜事项。"),
    Column("is_sample", "示例", "is_sample", 7, "是或否。由本系统编写、尚未经本地核定的写“是”。"),
    Column("is_active", "启用", "is_active", 7, "是或否。停用的事项不再供人选择，历史照旧。"),
)  # fmt: skip
REQUIRED = ("category_code", "category_name", "item_code", "name")
CODE_LENGTHS = {"category_code": 2, "item_code": 4}
LABELS = {column.field: column.label for column in COLUMNS}


class BadRows(Invalid):
    """Rows that cannot be read; `extra["errors"]` lists them as {line, column, detail}."""


@dataclass
class SheetRow:
    """A row as the sheet has it: what could be read, and (column, sentence) of what could not."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)


def read_catalogue(
    path_or_bytes: bytes | str | os.PathLike[str], name: str
) -> list[dict[str, Any]]:
    """Return the rows of a sheet for `actions.load_catalogue`; CSV or XLSX, headings of either.

    Raises the refusals of `kit.tables.read_table` and BadHeader; BadRows naming line and column of
    every cell that cannot be used.
    """
    rows = list(parse_catalogue(path_or_bytes, name))
    errors = [
        {"line": row.line, "column": column, "detail": sentence}
        for row in rows
        for column, sentence in row.wrong
    ]
    if errors:
        said = [_("第 %(line)d 行“%(column)s”：%(detail)s") % one for one in errors[:MOST_SAID]]
        more = len(errors) - len(said)
        tail = _("；另有 %d 处") % more if more else ""
        raise BadRows("；".join(said) + tail, errors=errors)
    return [row.values | {"line": row.line} for row in rows]


def parse_catalogue(path_or_bytes: bytes | str | os.PathLike[str], name: str) -> Iterator[SheetRow]:
    """Yield every row of a sheet, wrong ones with what is wrong with them.

    Raises the refusals of `kit.tables.read_table`, and BadHeader for columns missing or unknown.
    """
    table = read_table(path_or_bytes, name=name, limits=LIMITS)
    column_of = _columns_of(table.header, name)
    lines: dict[str, int] = {}
    categories: dict[str, str] = {}
    row = None
    for line, cells in _rows_of(table):
        row = SheetRow(line)
        if isinstance(cells, BadCell):
            row.wrong.append((cells.extra["column"], cells.sentence))
        else:
            for one, heading in column_of.items():
                _read_cell(row, one, cells[heading])
            _check_codes(row, lines, categories)
        yield row
    if row is None:
        raise BadHeader(_("“%s”里没有事项，请至少填写一行") % name)


def _rows_of(table: Table) -> Iterator[tuple[int, Row | BadCell]]:
    """Yield the rows of a table, and the refusal in the place of one that cannot be read."""
    while True:
        try:
            yield next(table.rows)
        except StopIteration:
            return
        except BadCell as refusal:
            yield refusal.extra["line"], refusal


def _columns_of(header: list[str], name: str) -> dict[str, str]:
    """Return the fields, each with the heading of this file that holds it."""
    field_of = {word: c.field for c in COLUMNS for word in (c.field, c.code, c.label)}
    field_of["抽查比例"] = "sample_rate"
    unknown = [heading for heading in header if heading not in field_of]
    if unknown:
        raise BadHeader(
            _("“%(name)s”有不认识的列：%(columns)s。请删去，或改成导出表里的列名。")
            % {"name": name, "columns": "、".join(unknown[:10])}
        )
    found = {field_of[heading]: heading for heading in header}
    if missing := [LABELS[one] for one in REQUIRED if one not in found]:
        raise BadHeader(
            _("“%(name)s”缺少这些列：%(columns)s") % {"name": name, "columns": "、".join(missing)}
        )
    return found


def _read_cell(row: SheetRow, one: str, cell: Any) -> None:
    text = str(cell).strip()
    try:
        if one in FIELDS:
            value = read_value(one, text)
            check_value(one, value)
        else:
            value = _read_key(one, text)
        row.values[one] = value
    except Refused as refusal:
        row.wrong.append((LABELS[one], str(refusal.extra.get("why") or refusal.message)))


def _read_key(one: str, text: str) -> str:
    if one == "category_name":
        return clean_text(text, limit=40, field_label=LABELS[one], required=True)
    code = text.zfill(CODE_LENGTHS[one]) if text else ""  # a spreadsheet takes "01" for 1
    limit = 8 if one == "item_code" else 4  # as the columns of the tables
    if not (code.isascii() and code.isalnum() and code == code.upper() and len(code) <= limit):
        raise BadTopic(_("应是 %d 位以内的数字或大写字母") % limit)
    return code


def _check_codes(row: SheetRow, lines: dict[str, int], categories: dict[str, str]) -> None:
    code, category = row.values.get("item_code"), row.values.get("category_code")
    if code and (first := lines.setdefault(code, row.line)) != row.line:
        row.wrong.append((LABELS["item_code"], _("与第 %d 行重复") % first))
    if category and (name := row.values.get("category_name")):
        known = categories.setdefault(category, name)
        if known != name:
            sentence = _("大类 %(code)s 在上面叫“%(name)s”，请写得一样")
            row.wrong.append(
                (LABELS["category_name"], sentence % {"code": category, "name": known})
            )


@dataclass(frozen=True)
class Verdict:
    """What importing a row would do: "new", "changed", "same" or "wrong", and the details.

    `changes` are (column, before, after) in words; `wrong` are (column, sentence).
    """

    line: int
    code: str
    name: str
    verdict: str
    changes: tuple[tuple[str, str, str], ...] = ()
    wrong: tuple[tuple[str, str], ...] = ()


def judge_rows(rows: list[SheetRow]) -> list[Verdict]:
    """Return for each row what importing it would do; nothing is changed."""
    topics = {topic.code: topic for topic in Topic.objects.select_related("category")}
    names = dict(TopicCategory.objects.values_list("code", "name"))
    return [_judge(row, topics.get(row.values.get("item_code", "")), names) for row in rows]


def _judge(row: SheetRow, topic: Topic | None, names: dict[str, str]) -> Verdict:
    code, name = row.values.get("item_code", ""), row.values.get("name", "")
    if row.wrong:
        return Verdict(row.line, code, name, "wrong", wrong=tuple(row.wrong))
    if topic is None:
        return Verdict(row.line, code, name, "new")
    before = {one: getattr(topic, one) for one in FIELDS} | {
        "category_code": topic.category.code,
        "category_name": names.get(row.values["category_code"], ""),
        "item_code": topic.code,
    }
    changes = tuple(
        (LABELS[one], _shown(one, before[one]), _shown(one, value))
        for one, value in row.values.items()
        if before[one] != value
    )
    return Verdict(row.line, code, name, "changed" if changes else "same", changes)


def catalogue_stamp() -> str:
    """Return a fingerprint of the whole catalogue: it differs after any change."""
    columns = ["code", "category__code", "category__name", *FIELDS]
    rows = list(Topic.objects.order_by("code").values_list(*columns))
    return sha256(repr(rows).encode()).hexdigest()[:16]


def write_catalogue(path_or_buffer: str | IO[bytes]) -> int:
    """Write the whole catalogue as XLSX, always in Chinese; return how many topics there are.

    A line for each topic, lists to choose from, and a second sheet that explains the columns.
    """
    topics = list(Topic.objects.select_related("category").order_by("code"))
    with xlsxwriter.Workbook(path_or_buffer) as book, override("zh-hans"):
        _write_topics(book, topics)
        _write_help(book)
    return len(topics)


def _write_topics(book: xlsxwriter.Workbook, topics: list[Topic]) -> None:
    page = book.add_worksheet("事项目录")
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#FAEEEC", "valign": "vcenter"})
    cell = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    number = book.add_format({"valign": "top"})
    guarded = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    page.freeze_panes(1, 4)
    last = max(len(topics) + 200, 200)
    for place, column in enumerate(COLUMNS):
        page.set_column(place, place, column.width, number if column.field in NUMBERS else cell)
        page.write_string(0, place, column.label, head)
        if rule := _rule_of(column.field):
            page.data_validation(1, place, last, place, rule)
    for line, topic in enumerate(topics, 1):
        for place, column in enumerate(COLUMNS):
            value = _value_of(topic, column.field)
            if column.field in NUMBERS:
                page.write_number(line, place, value, number)
            elif text := _shown(column.field, value):
                page.write_string(line, place, text, guarded if is_formula(text) else cell)
    page.autofilter(0, 0, len(topics), len(COLUMNS) - 1)


def _rule_of(one: str) -> dict[str, Any] | None:
    """Return what Excel lets people enter in a column, and how it says no."""
    words = ["是", "否"] if one in FLAGS else [str(label) for label in ONE_OF.get(one, {}).values()]
    if words:
        said = {"error_title": "请从列表中选", "error_message": "只能是：" + "、".join(words)}
        return {"validate": "list", "source": words} | said
    if one in NUMBERS:
        said = {"error_title": "请填整数", "error_message": f"应是 0 到 {NUMBERS[one]} 的整数"}
        return {
            "validate": "integer", "criteria": "between", "minimum": 0, "maximum": NUMBERS[one],
        } | said  # fmt: skip
    return None


def _write_help(book: xlsxwriter.Workbook) -> None:
    page = book.add_worksheet("填写说明")
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#FAEEEC"})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 14, text)
    page.set_column(1, 1, 8, text)
    page.set_column(2, 2, 80, text)
    for place, label in enumerate(("列", "必填", "怎么写")):
        page.write_string(0, place, label, head)
    for line, column in enumerate(COLUMNS, 1):
        page.write_string(line, 0, column.label, text)
        page.write_string(line, 1, "是" if column.field in REQUIRED else "", text)
        page.write_string(line, 2, column.help, text)
    page.write_string(
        len(COLUMNS) + 2, 2,
        "整表导入，要么全部成功，要么一行不改。表里没有的事项保持不变；要停用一项，请把“启用”改为“否”。",
        text,
    )  # fmt: skip


def _value_of(topic: Topic, one: str) -> Any:
    if one == "category_code":
        return topic.category.code
    if one == "category_name":
        return topic.category.name
    return topic.code if one == "item_code" else getattr(topic, one)


def _shown(one: str, value: Any) -> str:
    return show_value(one, value) if one in FIELDS else str(value)
