"""What a validator's error means to the person who filled the form in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# pydantic's kinds of errors; what they compare with stands in `ctx`.
SENTENCES = {
    "missing": gettext_lazy("缺少“%(field)s”。"),
    "extra_forbidden": gettext_lazy("不认识“%(field)s”，请核对名称。"),
    "string_type": gettext_lazy("“%(field)s”应是文字。"),
    "string_too_long": gettext_lazy("“%(field)s”最多 %(max_length)s 个字。"),
    "string_too_short": gettext_lazy("“%(field)s”至少 %(min_length)s 个字。"),
    "string_pattern_mismatch": gettext_lazy("“%(field)s”的写法不对。"),
    "too_long": gettext_lazy("“%(field)s”最多 %(max_length)s 项。"),
    "too_short": gettext_lazy("“%(field)s”至少 %(min_length)s 项。"),
    "bool_parsing": gettext_lazy("“%(field)s”应是 true 或 false。"),
    "bool_type": gettext_lazy("“%(field)s”应是 true 或 false。"),
    "list_type": gettext_lazy("“%(field)s”应是一个列表。"),
    "literal_error": gettext_lazy("“%(field)s”只能是：%(expected)s。"),
    "enum": gettext_lazy("“%(field)s”只能是：%(expected)s。"),
    "greater_than": gettext_lazy("“%(field)s”应大于 %(gt)s。"),
    "greater_than_equal": gettext_lazy("“%(field)s”不能小于 %(ge)s。"),
    "less_than": gettext_lazy("“%(field)s”应小于 %(lt)s。"),
    "less_than_equal": gettext_lazy("“%(field)s”不能大于 %(le)s。"),
    "timezone_aware": gettext_lazy("“%(field)s”要写明时区，如 2026-03-02T10:00:00+08:00。"),
}
# Kinds that come in many spellings, by how they begin.
FAMILIES = {
    "int": gettext_lazy("“%(field)s”应是整数。"),
    "float": gettext_lazy("“%(field)s”应是数字。"),
    "finite": gettext_lazy("“%(field)s”应是数字。"),
    "decimal": gettext_lazy("“%(field)s”应是数字。"),
    "uuid": gettext_lazy("“%(field)s”应是 UUID。"),
    "datetime": gettext_lazy("“%(field)s”应是时间，如 2026-03-02T10:00:00+08:00。"),
    "date": gettext_lazy("“%(field)s”应是日期，如 2026-03-02。"),
    "model": gettext_lazy("“%(field)s”应是一个对象。"),
    "dict": gettext_lazy("“%(field)s”应是一个对象。"),
}


def sentence_for(error: dict[str, Any]) -> dict[str, str]:
    """Return {"field", "detail"} of one of ninja's validation errors, in words for people."""
    where = error["loc"][1:]
    if error["loc"][0] == "body" and where[:1] == ("body",):
        where = where[1:]
    field = ".".join(str(part) for part in where)
    kind = error["type"]
    words: Any = SENTENCES.get(kind) or FAMILIES.get(
        kind.split("_")[0], _("“%(field)s”的写法不对。")
    )
    return {"field": field, "detail": words % {**error.get("ctx", {}), "field": field or _("正文")}}
