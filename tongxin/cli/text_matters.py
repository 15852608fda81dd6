"""`tongxin text hot` and `duplicates`: the week's hot topics, and what was sent twice, of any file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tongxin.kit.errors import Invalid

from .frame import progress

if TYPE_CHECKING:
    from tongxin.language.clusters import HotTopic, Message

FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
SAMPLES = 3
# What a column is usually called, the likeliest first.
GUESSES = {
    "id": "留言编号 编号 工单编号 工单号 诉求编号 message_id id 序号",
    "title": "留言主题 主题 标题 工单标题 诉求标题 title topic subject",
    "text": "留言详情 详情 内容 留言内容 诉求内容 工单内容 正文 描述 文本 detail text content",
    "time": "留言时间 时间 创建时间 受理时间 来电时间 提交时间 日期 created_at time date",
    "user": "留言用户 用户 留言人 来电人 用户编号 user_id user",
    "likes": "点赞数 点赞 赞 赞成 支持数 likes",
    "dislikes": "反对数 反对 踩 dislikes",
}
FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M",
           "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日")  # fmt: skip


class NoTextColumn(Invalid):
    """No column holds the text, or none of the name that was given."""


def _columns(header: list[str], given: dict[str, str | None]) -> dict[str, str]:
    """Return which column holds what: as given, or by its usual name.

    :raises NoTextColumn: listing the columns there are
    """
    found = {}
    for what, name in given.items():
        if name and name not in header:
            raise NoTextColumn(f"没有“{name}”这一列", remedy="表里有这些列：" + "、".join(header))
        usual = [guess for guess in GUESSES[what].split() if guess in header]
        if name or usual:
            found[what] = name or usual[0]
    if not {"text", "title"} & set(found):
        raise NoTextColumn(
            "看不出哪一列是文字，请用 --text 指明", remedy="表里有这些列：" + "、".join(header)
        )
    return found


def read_messages(file: Path, given: dict[str, str | None]) -> list[Message]:
    """Return the messages of a table; a row without any text is left out."""
    from tongxin.kit.tables import read_table
    from tongxin.language.clusters import Message

    table = read_table(file, name=file.name)
    columns = _columns(table.header, given)
    found = []
    for line, row in table.rows:
        cell = {what: row[name] for what, name in columns.items()}
        text, title = _text(cell.get("text")), _text(cell.get("title"))
        if not text and not title:
            continue
        found.append(
            Message(
                id=_text(cell.get("id")) or line,
                title=title or text.partition("\n")[0][:40],
                text=text,
                at=_time(cell.get("time")),
                user=_text(cell.get("user")),
                likes=_count(cell.get("likes")),
                dislikes=_count(cell.get("dislikes")),
            )
        )
    return found


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _count(value: Any) -> int:
    try:
        return int(float(value or 0))
    except (TypeError, ValueError, OverflowError):
        return 0


def _time(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime.combine(value, time())
    for form in FORMATS:
        try:
            return datetime.strptime(_text(value), form)  # noqa: DTZ007 (times of one file, compared)
        except ValueError:
            continue
    return None


def _options(*names: str) -> Callable:
    """Return the options that say which column is which."""
    labels = {"text": "文字", "title": "标题", "time": "时间", "user": "留言人（只用来数人数）",
              "likes": "点赞数", "dislikes": "反对数", "id": "编号"}  # fmt: skip

    def add(command: Callable) -> Callable:
        for name in reversed(names):
            option = click.option(
                f"--{name}", help=f"{labels[name]}在哪一列；不写则按常见的列名猜。"
            )
            command = option(command)
        return command

    return add


@click.command("hot")
@click.argument("file", type=FILE)
@_options("text", "title", "time", "user", "likes", "dislikes", "id")
@click.option(
    "--top", default=5, show_default=True, type=click.IntRange(1, 200), help="列出前几个。"
)
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def hot(file: Path, top: int, as_json: bool, **given: str | None) -> None:
    """找出一张表里的热点问题：地点、问题、时间范围、人数和热度，热度怎么算的一并列出。"""
    from tongxin.language.clusters import hot_topics

    messages = read_messages(file, given)
    with progress("找热点"):
        topics = hot_topics(messages)
    told = [_topic(rank, topic, messages) for rank, topic in enumerate(topics[:top], 1)]
    if as_json:
        answer = {"file": file.name, "n": len(messages), "found": len(topics), "topics": told}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(f"{len(messages)} 条诉求，{len(topics)} 个热点，前 {len(told)} 个：")
    for one in told:
        click.echo(f"{one['rank']:>3}. {one['title']}　热度 {one['heat']}")
        click.echo(
            f"     {one['first_at'] or '?'} 至 {one['last_at'] or '?'}，{one['people']} 人，{one['messages']} 条"
        )
        click.echo(f"     {one['why']}")
        for title in one["samples"]:
            click.echo(f"     · {title}")


def _topic(rank: int, topic: HotTopic, messages: list[Message]) -> dict[str, Any]:
    heat = topic.heat
    return {
        "rank": rank,
        "title": topic.title,
        "place": topic.place,
        "words": topic.words,
        "heat": heat.value,
        "why": heat.why,
        "messages": len(topic.members),
        "people": heat.people,
        "approval": heat.approval,
        "first_at": topic.first_at and topic.first_at.isoformat(sep=" "),
        "last_at": topic.last_at and topic.last_at.isoformat(sep=" "),
        "samples": [messages[one].title for one in topic.members[:SAMPLES]],
        "members": [messages[one].id for one in topic.members],
    }


@click.command("duplicates")
@click.argument("file", type=FILE)
@_options("text", "title", "time", "id")
@click.option(
    "--least",
    default=0.6,
    show_default=True,
    type=click.FloatRange(0.05, 1),
    help="相似度至少多少。",
)
@click.option("--json", "as_json", is_flag=True, help="只打印一个 JSON 对象。")
def duplicates(file: Path, least: float, as_json: bool, **given: str | None) -> None:
    """找出一张表里很可能是同一件事的诉求，逐对说明相似度和理由。"""
    from tongxin.language.duplicates import duplicate_groups

    messages = read_messages(file, given)
    with progress("找重复"):
        groups = duplicate_groups(messages, least=least)
    told: list[dict[str, Any]] = [
        {
            "score": round(one.score, 3),
            "members": [messages[place].id for place in one.members],
            "titles": [messages[place].title for place in one.members],
            "pairs": [
                {"one": messages[a].id, "other": messages[b].id, "score": round(found.score, 3),
                 "why": found.why}
                for a, b, found in one.pairs
            ],
        }
        for one in groups
    ]  # fmt: skip
    if as_json:
        answer = {"file": file.name, "n": len(messages), "groups": told}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(f"{len(messages)} 条诉求里，有 {len(told)} 组很可能是同一件事：")
    for one in told:
        click.echo(f"相似 {one['score']:.0%}")
        for place, title in zip(one["members"], one["titles"], strict=True):
            click.echo(f"  {place}　{title}")
        click.echo(f"  理由：{one['pairs'][0]['why']}")


COMMANDS: tuple[click.Command, ...] = (hot, duplicates)
