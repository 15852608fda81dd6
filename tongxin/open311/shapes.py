"""What is told of the door itself: discovery, services and their definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tongxin.cases.models import Topic

from .queries import OTHER, handling_of

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGED = "2026-11-01T00:00:00+08:00"  # when what the door says of itself last changed
DATATYPES = {
    "text": "string",
    "number": "number",
    "yesno": "singlevaluelist",
    "choice": "singlevaluelist",
    "choices": "multivaluelist",
    "moment": "datetime",
    "long": "text",
}
YES_NO = ("是", "否")


def discovery(production: str, test: str) -> dict[str, Any]:
    """Return the discovery document; the arguments are the two endpoints' addresses."""
    contact = settings.TONGXIN_OPEN311_CONTACT or _("请联系本系统的管理员。")
    formats = ["text/xml", "application/json"]
    return {
        "changeset": CHANGED,
        "contact": contact,
        "key_service": _("密钥（api_key）由系统管理员发放。%s") % contact,
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": url,
                "changeset": CHANGED,
                "type": kind,
                "formats": formats,
            }
            for url, kind in ((production, "production"), (test, "test"))
        ],
    }


def services(topics: Iterable[Topic]) -> list[dict[str, Any]]:
    """Return the services: the topics offered, and one for all else."""
    return [
        *(
            {
                "service_code": topic.code,
                "service_name": topic.name,
                "description": topic.summary,
                "metadata": bool(topic.questions),
                "type": handling_of(topic),
                "keywords": ",".join(topic.keywords.split()),
                "group": topic.category.name,
            }
            for topic in topics
        ),
        {
            "service_code": OTHER,
            "service_name": _("其他诉求"),
            "description": _("目录里没有合适的事项时选这一项，由社区归类派单。"),
            "metadata": False,
            "type": "realtime",
            "keywords": "",
            "group": _("其他"),
        },
    ]


def definition(topic: Topic | None) -> dict[str, Any]:
    """Return what a service asks beside the description: its topic's questions, in their order."""
    return {
        "service_code": topic.code if topic else OTHER,
        "attributes": [
            {
                "variable": True,
                "code": one["key"],
                "datatype": DATATYPES[one["type"]],
                "required": bool(one.get("required")),
                "datatype_description": hint(one["type"]),
                "order": order,
                "description": one["label"],
                "values": [{"key": key, "name": key} for key in choices_of(one)],
            }
            for order, one in enumerate(topic.questions if topic else [], 1)
        ],
    }


def choices_of(question: dict[str, Any]) -> list[str]:
    """Return what a question may be answered with; [] if with anything of its kind."""
    return list(YES_NO) if question["type"] == "yesno" else list(question.get("choices") or [])


def hint(kind: str) -> str:
    """Return how an answer of a kind is written, in a sentence."""
    return {
        "number": _("请填整数。"),
        "moment": _("请填时间，像 2026-11-26T08:00:00+08:00。"),
        "choices": _("可以选多项。"),
        "choice": _("请选一项。"),
        "yesno": _("请选一项。"),
        "long": _("最多 2000 个字。"),
    }.get(kind, _("最多 200 个字。"))
