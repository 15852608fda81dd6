"""The quick answers as a spreadsheet: out, checked at the desk of each office, and in again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs.scope import posts_of
from tongxin.spreadsheets.declaring import (
    CLEAR,
    NEW,
    Column,
    Entry,
    Job,
    Row,
    Sheet,
    model_facts,
)

from . import actions
from .models import OVERSEERS, QuickAnswer

BLOCK = 500
TEXTS = ("title", "text", "keywords", "source")


class AnswerSheet(Sheet):
    """One row for each quick answer of the hotline."""

    code = "quick-answers"
    title = gettext_lazy("热线常用答复")
    about = gettext_lazy("每行一个问题和统一的说法；代码相同的修改原有的一条。")
    icon = "message-question"
    keys = (("code",),)
    shown = ("code", "title")
    columns = (
        Column("code", gettext_lazy("代码"), "text", required=True, limit=12, width=10, help=gettext_lazy("大写字母和数字，不重复。"), example="A01", aliases=("编号",)),
        Column("title", gettext_lazy("问题"), required=True, limit=60, width=28, example="水费怎么交", aliases=("标题",)),
        Column("text", gettext_lazy("答复"), "lines", required=True, limit=1000, width=60, example="可以在供水企业营业厅交费，报户号就能查欠费。", aliases=("统一口径", "标准答复")),
        Column("keywords", gettext_lazy("常用说法"), limit=200, width=28, help=gettext_lazy("用空格分开。"), example="水费 交水费 水表", aliases=("关键词",)),
        Column("source", gettext_lazy("出处"), limit=120, width=28),
        Column("checked_on", gettext_lazy("核对日期"), "date"),
        Column("is_active", gettext_lazy("启用"), "flag", example="是"),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return actions.keeps_answers(actor)

    def may_export(self, actor) -> bool:
        return self.may(actor) or any(post.role in OVERSEERS for post in posts_of(actor))

    def check(self, row: Row) -> None:
        if code := row.get("code"):
            row.values["code"] = code.upper()
            if not actions.ANSWER_CODE.fullmatch(code.upper()):
                row.refuse("code", _("代码应是 1 到 12 位大写字母或数字"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        codes = {row.get("code") for row in rows} - {None}
        known = QuickAnswer.objects.in_bulk(list(codes), field_name="code")
        for row in rows:
            day = row.get("checked_on")
            if day is not None and day > localdate(job.at):
                row.refuse("checked_on", _("核对日期不能晚于今天"))
            if row.problems:
                continue
            row.plan = known.get(row.get("code"))
            if row.plan is None:
                row.verdict = NEW
                continue
            row.ref, row.before = row.plan.pk, model_facts(row.plan, actions.ANSWER_WORDS)
            self.compare(row, {name: getattr(row.plan, name) for name in actions.ANSWER_WORDS})

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            said = {name: self._said(row, name) for name in actions.ANSWER_WORDS}
            answer = actions.save_answer(
                answer=row.plan, code=row.get("code"), by=job.actor, at=job.at, **said
            )
            row.ref, row.after = answer.pk, {"versions": answer.versions.count()}

    @staticmethod
    def _said(row: Row, name: str) -> Any:
        """Return what a field is to hold: an empty cell leaves what there is."""
        value = row.values.get(name)
        if value is CLEAR:
            return "" if name in TEXTS else None if name == "checked_on" else True
        if value is not None:
            return value
        if row.plan is not None:
            return getattr(row.plan, name)
        return "" if name in TEXTS else None if name == "checked_on" else True

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose answer was changed again, or is gone."""
        found = {
            answer.pk: answer.versions.count()
            for answer in QuickAnswer.objects.filter(pk__in=[one.ref for one in entries])
        }
        return [one.line for one in entries if found.get(one.ref) != one.after["versions"]]

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Let changed answers say what they said; new ones are put out of use, not lost."""
        known = QuickAnswer.objects.in_bulk([one.ref for one in entries])
        for entry in reversed(entries):
            answer = known[entry.ref]
            said = dict(entry.before or model_facts(answer, actions.ANSWER_WORDS))
            said["checked_on"] = date.fromisoformat(day) if (day := said["checked_on"]) else None
            if entry.before is None:
                said["is_active"] = False
            try:
                actions.save_answer(answer=answer, by=job.actor, at=job.at, **said)
            except actions.NothingChanged:
                continue

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield every answer, those out of use too."""
        for one in QuickAnswer.objects.visible_to(actor).order_by("code").iterator(BLOCK):
            yield {"code": one.code, **{name: getattr(one, name) for name in actions.ANSWER_WORDS}}


SHEETS = (AnswerSheet(),)
