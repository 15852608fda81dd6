"""The questions of a draft: added, mended, moved, removed; a condition looks at an earlier question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.text import clean_text

from ..models import Questionnaire
from ..models.common import MOST_QUESTIONS
from ..queries.surveys import options_of
from .surveys import BadSurvey, draft_of

KINDS = ("scale", "choice", "multi", "number", "text")
CHOSEN = ("choice", "multi")
Rule = tuple[str, str] | None


@transaction.atomic
def add_question(
    one: Questionnaire, *, kind: str, text: str, by: User, at: datetime,
    options: Sequence[str] = (), required: bool = True, show_if: Rule = None,
) -> Questionnaire:  # fmt: skip
    """Add a question; `show_if` = (code, value) asks it only of who said so to an earlier one.

    :raises BadSurvey: for a kind there is not, options that are missing, a condition that cannot be met
    """
    one = draft_of(one, by)
    if kind not in KINDS:
        raise BadSurvey(_("请选择题型。"), field="kind")
    if len(one.questions) >= MOST_QUESTIONS:
        raise BadSurvey(_("一份问卷最多 %d 题。") % MOST_QUESTIONS)
    last = max((int(q["code"][1:]) for q in one.questions), default=0)
    one.questions.append(
        {
            "code": f"q{last + 1}", "kind": kind, "required": required,
            "text": clean_text(text, limit=100, field_label=_("题目"), required=True),
            "options": _options(kind, options, []), "show_if": _condition(one.questions, show_if),
        }
    )  # fmt: skip
    one.save(update_fields=["questions"])
    return one


@transaction.atomic
def edit_question(
    one: Questionnaire, code: str, *, text: str, by: User, at: datetime,
    options: Sequence[str] = (), required: bool = True, show_if: Rule = None,
) -> Questionnaire:  # fmt: skip
    """Mend a question: its words, options, whether it must be answered, when it is asked; never its kind.

    An option keeps its code by its words, or by its place if as many are left, so that conditions
    and later waves still mean the same.

    :raises BadSurvey: as `add_question`, and where a condition looks at an option that is gone
    """
    one = draft_of(one, by)
    codes = [q["code"] for q in one.questions]
    if code not in codes:
        raise BadSurvey(_("没有这道题。"))
    n = codes.index(code)
    before = one.questions[n]
    one.questions[n] = before | {
        "text": clean_text(text, limit=100, field_label=_("题目"), required=True),
        "required": required,
        "options": _options(before["kind"], options, before["options"]),
        "show_if": _condition(one.questions[:n], show_if),
    }
    _check_conditions(one.questions, _("“%s”的条件要看这里的选项，请先改那道题的条件。"))
    one.save(update_fields=["questions"])
    return one


def _options(kind: str, texts: Sequence[str], known: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return options with their codes: those known keep theirs, new ones get new ones."""
    if kind not in CHOSEN:
        return []
    clean = [clean_text(o, limit=40, field_label=_("选项"), required=True) for o in texts]
    if not 2 <= len(clean) <= 20 or len(set(clean)) < len(clean):
        raise BadSurvey(_("选择题要有 2 到 20 个不同的选项，每行一个。"), field="options")
    codes = {option["text"]: option["code"] for option in known}
    free = [option["code"] for option in known if option["text"] not in clean]
    last = max((int(option["code"][1:]) for option in known), default=0)
    same_size, found = len(clean) == len(known), []
    for words in clean:
        if (code := codes.get(words)) is None:
            code, last = (free.pop(0), last) if same_size else (f"a{last + 1}", last + 1)
        found.append({"code": code, "text": words})
    return found


def _condition(earlier: Sequence[dict[str, Any]], rule: Rule) -> dict[str, str] | None:
    if not rule or not rule[0]:
        return None
    code, value = rule
    before = next((q for q in earlier if q["code"] == code), None)
    if before is None or before["kind"] not in ("scale", *CHOSEN):
        raise BadSurvey(_("条件只能看前面的打分题或选择题。"), field="show_if")
    if value not in {known for known, _words in options_of(before)}:
        raise BadSurvey(_("条件里的回答不在那道题的选项里。"), field="show_if")
    return {"code": code, "value": value}


def _check_conditions(questions: Sequence[dict[str, Any]], words: str) -> None:
    """:raises BadSurvey: where a condition does not look at an option of an earlier question"""
    seen: dict[str, set[str]] = {}
    for question in questions:
        rule = question["show_if"]
        if rule and rule["value"] not in seen.get(rule["code"], set()):
            raise BadSurvey(words % question["text"])
        seen[question["code"]] = {value for value, _words in options_of(question)}


@transaction.atomic
def change_question(
    one: Questionnaire, code: str, *, how: str, by: User, at: datetime
) -> Questionnaire:
    """Move a question up or down, or remove it (`how`: up, down, remove).

    :raises BadSurvey: where a condition would come before the question it looks at
    """
    one = draft_of(one, by)
    codes = [q["code"] for q in one.questions]
    if code not in codes or how not in ("up", "down", "remove"):
        raise BadSurvey(_("没有这道题。"))
    at_n, rows = codes.index(code), list(one.questions)
    row = rows.pop(at_n)
    if how != "remove":
        rows.insert(max(0, at_n + (1 if how == "down" else -1)), row)
    _check_conditions(rows, _("“%s”的条件要看前面的题，不能这样移动或删除。"))
    one.questions = rows
    one.save(update_fields=["questions"])
    return one
