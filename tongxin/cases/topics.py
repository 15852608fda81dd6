"""What the catalogue may say about a topic: each field's words, its limits, and how it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.kit.worktime import parse_norm

from .models import Topic, TopicCategory
from .service_classes import CLASS_NAMES

FIELDS = (
    "name summary kind service_class accept_norm norm verify_norm is_urgent takers modes skills proof verify "
    "sample_rate points is_public needs_receipt questions keywords is_sample is_active"
).split()
NORMS = ("accept_norm", "norm", "verify_norm")
FLAGS = ("is_urgent", "is_public", "needs_receipt", "is_sample", "is_active")
NUMBERS = {"sample_rate": 100, "points": 1000}  # each with the most it may be
KINDS = {
    "component": gettext_lazy("部件"),
    "event": gettext_lazy("事件"),
    "matter": gettext_lazy("事项"),
    "errand": gettext_lazy("跑腿代办"),
    "care": gettext_lazy("关爱照护"),
    "charity": gettext_lazy("公益帮扶"),
}
TAKERS = {
    "volunteer": gettext_lazy("志愿者"),
    "grid_worker": gettext_lazy("网格员"),
    "department": gettext_lazy("部门"),
}
MODES = {
    "assign": gettext_lazy("指派"),
    "grab": gettext_lazy("抢单"),
    "offer": gettext_lazy("推荐"),
}
QUESTION_TYPES = {
    "text": gettext_lazy("文字"),
    "number": gettext_lazy("数字"),
    "yesno": gettext_lazy("是否"),
    "choice": gettext_lazy("单选"),
    "choices": gettext_lazy("多选"),
    "moment": gettext_lazy("日期时间"),
    "long": gettext_lazy("长文字"),
}
CHOOSING = ("choice", "choices")
# Fields of one word out of a list, and fields of several.
ONE_OF: dict[str, Mapping[str, Any]] = {
    "kind": KINDS,
    "service_class": CLASS_NAMES,
    "proof": dict(Topic.Proof.choices),
    "verify": dict(Topic.Verify.choices),
}
SOME_OF: dict[str, Mapping[str, Any]] = {"takers": TAKERS, "modes": MODES}
YES, NO = {"1", "是", "true", "yes", "y"}, {"0", "", "否", "false", "no", "n"}
_UNITS = {"工作时": "wh", "工作日": "wd", "分钟": "m", "小时": "h", "天": "d"}
_BETWEEN = re.compile(r"[\s、,，;；]+")


class BadTopic(Invalid):
    """A topic that cannot work as written; `field` names what is wrong."""


def label_of(field: str) -> str:
    """Return a field's name on the screen ("接单时限")."""
    return str(Topic._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def check_value(field: str, value: Any) -> None:
    """Raise `BadTopic` for a value that this field cannot have."""
    why = _wrong_with(field, value)
    if why:
        raise BadTopic(f"{label_of(field)}：{why}", field=field, why=why)


def _wrong_with(field: str, value: Any) -> str:
    if field in NORMS:
        return _refusal_of(parse_norm, value)
    if field in SOME_OF:
        words = value.split()
        known = SOME_OF[field]
        if not words or set(words) - known.keys() or len(set(words)) < len(words):
            return _("至少选一个，不重复，只能是：%s") % _listed(known)
    if field in ONE_OF and value not in ONE_OF[field]:
        return _("只能是：%s") % _listed(ONE_OF[field])
    if field in NUMBERS and not (type(value) is int and 0 <= value <= NUMBERS[field]):
        return _("应是 0 到 %d 的整数") % NUMBERS[field]
    if field == "questions":
        return _refusal_of(check_questions, value)
    return _wrong_with_text(field, value)


def _wrong_with_text(field: str, value: Any) -> str:
    column = Topic._meta.get_field(field)
    if isinstance(column, models.CharField):
        try:
            clean_text(
                value,
                limit=column.max_length or 0,
                field_label=_("这里"),
                required=not column.blank and not column.has_default(),
            )
            column.run_validators(value)
        except Invalid as refusal:
            return str(refusal)
        except ValidationError as error:
            return "；".join(error.messages)
    return ""


def _refusal_of(check: Callable[[Any], Any], value: Any) -> str:
    try:
        check(value)
    except Invalid as refusal:
        return str(refusal)
    return ""


def check_questions(questions: Any) -> None:
    """Raise `BadTopic` unless it is a list of {key, label, type, choices, required}."""
    keys = set()
    for number, one in enumerate(questions, 1):
        if one["key"] in keys:
            raise BadTopic(_("第 %(n)d 问的键名“%(key)s”重复了") % {"n": number, "key": one["key"]})
        keys.add(one["key"])
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,29}", one["key"], re.ASCII):
            raise BadTopic(_("第 %d 问的键名应以小写字母开头，只含小写字母、数字、下划线") % number)
        clean_text(one["label"], limit=40, field_label=_("第 %d 问的问题") % number, required=True)
        if one["type"] not in QUESTION_TYPES:
            raise BadTopic(
                _("第 %(n)d 问的类型只能是：%(types)s")
                % {"n": number, "types": _listed(QUESTION_TYPES)}
            )
        if (one["type"] in CHOOSING) != (len(one["choices"]) > 1):
            raise BadTopic(_("第 %d 问：单选和多选至少要有两个选项，其他类型不写选项") % number)
        if "|" in one["label"] or any(set("|、;；\n") & set(choice) for choice in one["choices"]):
            raise BadTopic(_("第 %d 问：问题和选项里不能有竖线、顿号、分号") % number)


def read_value(field: str, text: str) -> Any:
    """Return what a person wrote, in the field's own form; a word that is not known stays.

    "4 工作时" becomes "4wh", "志愿者、网格员" "volunteer grid_worker", "是" True. What comes out is
    for `check_value` to judge. Raises BadTopic where nothing can come out.
    """
    text = text.strip()
    if field in NORMS:
        match = re.fullmatch(rf"([\d.]+)\s*({'|'.join(_UNITS)})", text)
        return f"{match[1]}{_UNITS[match[2]]}" if match else text.lower()
    if field in SOME_OF:
        return " ".join(_code_of(word, SOME_OF[field]) for word in _BETWEEN.split(text) if word)
    if field in ONE_OF:
        return _code_of(text, ONE_OF[field])
    if field in FLAGS:
        if text.lower() not in YES | NO:
            raise BadTopic(_("请写“是”或“否”"), field=field)
        return text.lower() in YES
    if field in NUMBERS:
        return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else text
    if field == "questions":
        return read_questions(text)
    return " ".join(_BETWEEN.split(text)).strip() if field == "skills" else text


def show_value(field: str, value: Any) -> str:
    """Return a value in words, as `read_value` reads them: "4 工作时", "志愿者、网格员", "是"."""
    if field in NORMS:
        try:
            return parse_norm(value).label()
        except Invalid:
            return str(value)
    if field in SOME_OF:
        return "、".join(str(SOME_OF[field].get(word, word)) for word in value.split())
    if field in ONE_OF:
        return str(ONE_OF[field].get(value, value))
    if field in FLAGS:
        return _("是") if value else _("否")
    if field == "questions":
        return show_questions(value)
    return value.replace(" ", "、") if field == "skills" else str(value)


def show_questions(questions: list[dict[str, Any]]) -> str:
    """Return a line for each question: "people | 家里几口人 | 数字 | 必填 | "."""
    return "\n".join(
        " | ".join(
            [
                one["key"],
                one["label"],
                str(QUESTION_TYPES.get(one["type"], one["type"])),
                _("必填") if one.get("required") else _("选填"),
                *(["、".join(one["choices"])] if one.get("choices") else []),
            ]
        )
        for one in questions
    )


def read_questions(text: str) -> list[dict[str, Any]]:
    """Return the questions of lines as `show_questions` writes them, or of JSON. Raises BadTopic.

    A line without a key ("| 家里几口人 | 数字 | 必填") gets the next free one: q1, q2.
    """
    if text.startswith("["):
        return _questions_of_json(text)
    lines = [line for line in text.splitlines() if line.strip()]
    return with_keys([_question_of_line(number, line) for number, line in enumerate(lines, 1)])


def with_keys(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the questions, each that has no key with the next free one."""
    used = {one["key"] for one in questions}
    free = (key for n in range(1, len(questions) + len(used) + 1) if (key := f"q{n}") not in used)
    return [one if one["key"] else one | {"key": next(free)} for one in questions]


def _question_of_line(number: int, line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.replace("｜", "|").split("|")]
    if len(parts) not in (4, 5):
        raise BadTopic(
            _("第 %d 问应写成“键名 | 问题 | 类型 | 必填或选填 | 选项、选项”") % number,
            field="questions",
        )
    key, label, kind, required, *choices = parts
    if required not in (_("必填"), _("选填"), "必填", "选填"):
        raise BadTopic(_("第 %d 问的第四格请写“必填”或“选填”") % number, field="questions")
    return {
        "key": key,
        "label": label,
        "type": _code_of(kind, QUESTION_TYPES),
        "choices": [one for one in re.split(r"[、;；]+", "".join(choices)) if one.strip()],
        "required": required in (_("必填"), "必填"),
    }


def _questions_of_json(text: str) -> list[dict[str, Any]]:
    try:
        return [
            {
                "key": str(one["key"]),
                "label": str(one["label"]),
                "type": str(one["type"]),
                "choices": [str(choice) for choice in one.get("choices", [])],
                "required": bool(one.get("required")),
            }
            for one in json.loads(text)
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadTopic(
            _("应是 JSON 列表，每个问题有 key、label、type、choices、required"), field="questions"
        ) from error


def _code_of(word: str, known: Mapping[str, Any]) -> str:
    """Return the word in code for a word on the screen (or its Chinese); either may be written."""
    for code, label in known.items():
        with override("zh-hans"):
            chinese = str(label)
        if word in (code, str(label), chinese):
            return code
    return word


def _listed(known: Mapping[str, Any]) -> str:
    return "、".join(str(label) for label in known.values())


@dataclass(frozen=True)
class Turn:
    """What one version changed: (field's name, before, after) in words; the first one, nothing."""

    at: datetime
    by: str
    reason: str
    is_first: bool
    changes: list[tuple[str, str, str]]


def history_of(topic: Topic) -> list[Turn]:
    """Return every change of a topic, the newest first."""
    names = dict(TopicCategory.objects.values_list("code", "name"))
    versions = list(topic.versions.select_related("by").order_by("at", "pk"))
    turns = []
    for before, version in zip([None, *versions], versions, strict=False):
        changes = _changes(before.data, version.data, names) if before else []
        by = str(version.by or _("系统"))
        turns.append(Turn(version.at, by, version.reason, before is None, changes))
    return turns[::-1]


def _changes(
    before: dict[str, Any], after: dict[str, Any], names: dict[str, str]
) -> list[tuple[str, str, str]]:
    found = []
    if before["category"] != after["category"]:
        codes = [
            f"{code} {names.get(code, '')}" for code in (before["category"], after["category"])
        ]
        found.append((label_of("category"), codes[0], codes[1]))
    for one in FIELDS:
        old, new = before.get(one), after.get(one)
        if old != new and (old is not None or new != ""):  # the field came later than the version
            found.append((label_of(one), _shown(one, old), _shown(one, new)))
    return found


def _shown(field: str, value: Any) -> str:
    return "" if value is None else show_value(field, value)
