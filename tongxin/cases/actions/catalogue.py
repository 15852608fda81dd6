"""The catalogue: loaded from a sheet, changed by an administrator, every change kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.kit.errors import Stale
from tongxin.kit.text import clean_text

from ..models import Topic, TopicCategory, TopicVersion
from ..queries import forget_topics
from ..spreadsheet import read_catalogue
from ..topics import FIELDS, BadTopic, check_value
from .service_classes import keep_sample

__all__ = ["BadTopic", "change_topic", "check_topic", "load_catalogue", "load_catalogue_sheet"]


def snapshot(topic: Topic) -> dict[str, Any]:
    return {"code": topic.code, "category": topic.category.code} | {
        name: getattr(topic, name) for name in FIELDS
    }


def check_topic(topic: Topic) -> None:
    """Raise `BadTopic` for a field that cannot be so, naming the topic and the field."""
    if not re.fullmatch(r"[0-9A-Z]{2,8}", topic.code, re.ASCII):
        raise BadTopic(_("代码应是 2 到 8 位数字或大写字母"), field="code")
    for name in FIELDS:
        try:
            check_value(name, getattr(topic, name))
        except BadTopic as wrong:
            where = f"{topic.code} {topic.name}"[:40]
            raise BadTopic(f"{where} · {wrong}", field=name, **wrong.extra) from wrong


@transaction.atomic
def change_topic(
    *,
    topic: Topic,
    by,
    at: datetime,
    reason: str = "",
    expect: int | None = None,
    **changes: Any,
) -> Topic:
    """Change a topic's numbers and words, keeping a version of what it became.

    `expect` is the id of the last version the caller saw (0 for none).

    :raises BadTopic: if it could not work as changed
    :raises Stale: if somebody changed it since `expect`
    """
    if topic.pk and expect is not None:
        Topic.objects.select_for_update().get(pk=topic.pk)
        check_unchanged(topic, expect)
    for name, value in changes.items():
        setattr(topic, name, value)
    check_topic(topic)
    reason = clean_text(reason, limit=200, field_label=_("修改原因"))
    topic.save()
    transaction.on_commit(forget_topics)
    TopicVersion.objects.create(topic=topic, at=at, by=by, data=snapshot(topic), reason=reason)
    return topic


def check_unchanged(topic: Topic, expect: int) -> None:
    """Raise `Stale` if the topic has a version after the one with id `expect`."""
    last = topic.versions.select_related("by").first()
    if last is not None and last.pk != expect:
        raise Stale(
            _("“%(topic)s”刚被%(who)s修改过，请刷新后再改。")
            % {"topic": topic.name, "who": last.by or _("系统")}
        )


@transaction.atomic
def load_catalogue(*, rows: Iterable[Mapping[str, Any]], by, at: datetime) -> dict[str, int]:
    """Bring the catalogue to what a sheet says; safe to repeat. All or nothing.

    Rows hold `category_code`, `category_name`, `item_code` and the fields of a topic (those that
    are not there stay as they are), and may hold their `line`. Returns
    {"created": n, "changed": n, "same": n}.

    :raises BadTopic: naming the row that cannot work
    """
    keep_sample()
    done = {"created": 0, "changed": 0, "same": 0}
    for row in rows:
        try:
            done[_load_row(row, by, at)] += 1
        except BadTopic as wrong:
            where = _("第 %d 行：") % row["line"] if "line" in row else ""
            raise BadTopic(f"{where}{wrong}", field=wrong.field, **wrong.extra) from wrong
    if done["created"] or done["changed"]:
        audit(actor=by, action="catalogue.load", detail=done, at=at)
    return done


def _load_row(row: Mapping[str, Any], by, at: datetime) -> str:
    category, _made = TopicCategory.objects.get_or_create(
        code=row["category_code"], defaults={"name": row["category_name"]}
    )
    if category.name != row["category_name"]:
        category.name = row["category_name"]
        category.save(update_fields=["name"])
    topic = Topic.objects.select_related("category").filter(code=row["item_code"]).first()
    fields = {name: row[name] for name in FIELDS if name in row} | {"category": category}
    if topic and all(getattr(topic, name) == value for name, value in fields.items()):
        return "same"
    change_topic(
        topic=topic or Topic(code=row["item_code"]),
        by=by,
        at=at,
        reason=_("导入目录表"),
        **fields,
    )
    return "changed" if topic else "created"


def load_catalogue_sheet(data: bytes, *, name: str, by, at: datetime) -> dict[str, int]:
    """Bring the catalogue to what a CSV or XLSX file says; all or nothing. Returns as load_catalogue.

    Raises the refusals of `spreadsheet.read_catalogue` and `load_catalogue`.
    """
    return load_catalogue(rows=read_catalogue(data, name), by=by, at=at)
