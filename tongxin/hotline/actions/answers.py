"""The quick answers: what a desk starts with, and how they are kept up to date."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused, Stale
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import posts_of

from ..models import OPERATORS, AnswerVersion, QuickAnswer

SAMPLE = Path(__file__).parent.parent / "data" / "answers.csv"
CODE = re.compile(r"[0-9A-Z]{1,12}", re.ASCII)
# An answer is read out to everybody who calls: a street does not word it for the district.
LEVELS = ("city", "district")
WORDS = ("title", "text", "keywords", "source", "checked_on", "is_active")


class NotKeeper(NotPermitted):
    """Only who answers for the hotline changes what it answers."""


class CodeTaken(Refused):
    """Another answer has this code."""


class AnswerChanged(Stale):
    """Somebody else changed the answer in the meantime."""


class NothingChanged(Refused):
    """It says this already."""


def keeps_answers(actor) -> bool:
    """Say whether somebody may change the answers: operators, officers of the district or city."""
    return actor.is_superuser or any(
        post.role in OPERATORS or (post.role == "officer" and post.level in LEVELS)
        for post in posts_of(actor)
    )


@transaction.atomic
def load_answers() -> dict[str, QuickAnswer]:
    """Bring the sample answers where their codes are not there yet; return all of them by code."""
    known = QuickAnswer.objects.in_bulk(field_name="code")
    rows = [dict(row) for _line, row in read_table(SAMPLE, name=SAMPLE.name).rows]
    fresh = [QuickAnswer(is_sample=True, **row) for row in rows if row["code"] not in known]
    QuickAnswer.objects.bulk_create(fresh)
    return QuickAnswer.objects.in_bulk(field_name="code")


@transaction.atomic
def save_answer(
    *,
    by: User,
    at: datetime,
    title: str,
    text: str,
    code: str = "",
    keywords: str = "",
    source: str = "",
    checked_on: date | None = None,
    is_active: bool = True,
    answer: QuickAnswer | None = None,
    expect: int | None = None,
) -> QuickAnswer:
    """Write down an answer, or change one; what it said before is kept as a version.

    Without a `code` a new one gets the next free one ("A11"). `expect` is the number of versions
    the page saw. What a person has written is a sample no longer.

    :raises NotKeeper, CodeTaken, AnswerChanged, NothingChanged, Invalid:
    """
    if not keeps_answers(by):
        raise NotKeeper(_("只有话务员和区级管理员可以修改常用答复。"))
    said = _checked(title, text, keywords, source, checked_on, at) | {"is_active": is_active}
    if answer is None:
        answer = _new(code.strip().upper(), said)
    else:
        answer = _changed(answer, said, expect)
    seq = answer.versions.count() + 1
    AnswerVersion.objects.create(answer=answer, seq=seq, at=at, by=by, **said)
    audit(actor=by, action="hotline.answer.save", object=f"{answer.code} {answer.title}", at=at)
    return answer


def _checked(
    title: str, text: str, keywords: str, source: str, checked_on: date | None, at: datetime
) -> dict[str, Any]:
    if checked_on is not None and checked_on > localdate(at):
        raise Invalid(_("核对日期不能晚于今天。"), field="checked_on")
    words = clean_text(keywords, limit=200, field_label=_("常用说法"))
    return {
        "title": clean_text(title, limit=60, field_label=_("问题"), required=True),
        "text": clean_text(text, limit=1000, field_label=_("答复"), required=True, multiline=True),
        "keywords": " ".join(dict.fromkeys(re.split(r"[\s,，、;；]+", words))).strip(),
        "source": clean_text(source, limit=120, field_label=_("出处")),
        "checked_on": checked_on,
    }


def _new(code: str, said: dict[str, Any]) -> QuickAnswer:
    code = code or _next_code()
    if not CODE.fullmatch(code):
        raise Invalid(_("代码应是 1 到 12 位大写字母或数字。"), field="code")
    try:
        with transaction.atomic():
            return QuickAnswer.objects.create(code=code, **said)
    except IntegrityError:
        raise CodeTaken(
            _("代码 %s 已经有答复了，请换一个，或去修改那一条。") % code, field="code"
        ) from None


def _next_code() -> str:
    used = QuickAnswer.objects.filter(code__regex=r"^A[0-9]{1,6}$").values_list("code", flat=True)
    return f"A{max((int(code[1:]) for code in used), default=0) + 1:02d}"


def _changed(answer: QuickAnswer, said: dict[str, Any], expect: int | None) -> QuickAnswer:
    answer = QuickAnswer.objects.select_for_update().get(pk=answer.pk)
    versions = answer.versions.count()
    if expect is not None and expect != versions:
        last = answer.versions.select_related("by").order_by("-seq").first()
        who = last.by.name if last and last.by else _("别人")
        raise AnswerChanged(_("%s刚刚改过这一条，请刷新后再改。") % who)
    before = {name: getattr(answer, name) for name in WORDS}
    if before == said:
        raise NothingChanged(_("内容没有变化，不用保存。"))
    if not versions:
        AnswerVersion.objects.create(answer=answer, seq=1, **before)
    for name, value in said.items():
        setattr(answer, name, value)
    answer.is_sample = False
    answer.save()
    return answer


def restore_answer(*, version: AnswerVersion, by: User, at: datetime) -> QuickAnswer:
    """Let an answer say again what it said in an earlier version; the way there stays visible.

    :raises NotKeeper, NothingChanged:
    """
    said = {name: getattr(version, name) for name in WORDS}
    return save_answer(answer=version.answer, by=by, at=at, **said)
