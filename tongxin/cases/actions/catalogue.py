"""The catalogue: loaded from a sheet, changed by an administrator, every change kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.worktime import parse_norm

from ..models import Topic, TopicCategory, TopicVersion

FIELDS = (
    "name summary kind accept_norm norm verify_norm is_urgent takers modes skills proof verify "
    "sample_rate points is_public needs_receipt questions keywords is_sample is_active"
).split()
TAKERS, MODES = {"volunteer", "grid_worker", "department"}, {"assign", "grab", "offer"}


class BadTopic(Invalid):
    """A topic that cannot work as written."""


def snapshot(topic: Topic) -> dict[str, Any]:
    return {"code": topic.code, "category": topic.category.code} | {
        name: getattr(topic, name) for name in FIELDS
    }


def check_topic(topic: Topic) -> None:
    """Raise `BadTopic` for a norm, taker or mode that does not exist, naming the field."""
    for name in ("accept_norm", "norm", "verify_norm"):
        try:
            parse_norm(getattr(topic, name))
        except Invalid as error:
            raise BadTopic(f"{topic.code} {topic.name}：{error}", field=name) from error
    for name, known in (("takers", TAKERS), ("modes", MODES)):
        words = set(getattr(topic, name).split())
        if not words or words - known:
            raise BadTopic(
                _("%(topic)s 的“%(field)s”只能是：%(known)s。")
                % {"topic": topic.name, "field": name, "known": "、".join(sorted(known))},
                field=name,
            )


@transaction.atomic
def change_topic(*, topic: Topic, by, at: datetime, reason: str = "", **changes: Any) -> Topic:
    """Change a topic's numbers and words, keeping a version of what it became.

    :raises BadTopic: if it could not work as changed
    """
    for name, value in changes.items():
        setattr(topic, name, value)
    check_topic(topic)
    topic.save()
    TopicVersion.objects.create(topic=topic, at=at, by=by, data=snapshot(topic), reason=reason)
    return topic


@transaction.atomic
def load_catalogue(*, rows: Iterable[Mapping[str, Any]], by, at: datetime) -> dict[str, int]:
    """Bring the catalogue to what a sheet says; safe to repeat. All or nothing.

    Rows hold `category_code`, `category_name`, `item_code` and the fields of a topic.
    Returns {"created": n, "changed": n, "same": n}.

    :raises BadTopic: naming the row that cannot work
    """
    done = {"created": 0, "changed": 0, "same": 0}
    for row in rows:
        category, _made = TopicCategory.objects.update_or_create(
            code=row["category_code"], defaults={"name": row["category_name"]}
        )
        topic = Topic.objects.filter(code=row["item_code"]).first()
        fields = {name: row[name] for name in FIELDS if name in row} | {"category": category}
        if topic is None:
            change_topic(topic=Topic(code=row["item_code"]), by=by, at=at, **fields)
            done["created"] += 1
        elif any(getattr(topic, name) != value for name, value in fields.items()):
            change_topic(topic=topic, by=by, at=at, reason=_("导入目录表"), **fields)
            done["changed"] += 1
        else:
            done["same"] += 1
    return done
