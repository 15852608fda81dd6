"""What villages earned as a spreadsheet: one row for each income, told apart by all that it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.spreadsheets.declaring import NEW, SAME, Column, Entry, Job, Row, Sheet

from . import actions, queries
from .models import IncomeEntry, IncomeKind
from .models.incomes import READERS, REPORTERS


class IncomeSheet(Sheet):
    """One row for each income; a year that was reported takes none."""

    code = "village_incomes"
    title = gettext_lazy("村集体收入")
    about = gettext_lazy("一行一笔收入；完全相同的一行不会重复登记。年报上报以后不能再导入。")
    icon = "plant-2"
    keys = (("village", "on", "kind", "amount", "text"), ("village", "on", "kind", "amount"))
    shown = ("village", "on", "kind")
    columns = (
        Column("village", gettext_lazy("村"), required=True, limit=60, width=18, help=gettext_lazy("村名或区划代码。"), example="东尹村", aliases=("村名", "行政村")),
        Column("on", gettext_lazy("日期"), "date", required=True, example="2026-03-02"),
        Column("kind", gettext_lazy("收入类别"), required=True, limit=40, width=16, help=gettext_lazy("类别的名称或代码。"), example="资产出租"),
        Column("amount", gettext_lazy("金额（元）"), "money", required=True, width=14, example="30000.00"),
        Column("lasts", gettext_lazy("可持续"), "flag", help=gettext_lazy("是或否；不填按类别。"), example="是"),
        Column("text", gettext_lazy("说明"), limit=200, width=30, example="厂房年租金"),
        Column("state", gettext_lazy("状态"), limit=20, help=gettext_lazy("只供对照，导入时不看。")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in (*REPORTERS, "officer") for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in READERS for post in posts_of(actor))

    def prepare(self, rows: list[Row], job: Job) -> None:
        """Try every row by its own action, then leave nothing of it."""
        known = _Known(rows, job)
        with transaction.atomic():
            for row in rows:
                if known.is_there(row) or row.problems:
                    continue
                try:
                    with transaction.atomic():
                        known.write(row, job)
                except Refused as refusal:
                    names = self.by_name()
                    row.refuse(refusal.field if refusal.field in names else "", refusal.message)
                else:
                    row.verdict = row.verdict or NEW
            transaction.set_rollback(True)

    def apply(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            if row.verdict != NEW or known.is_there(row):
                continue
            entry = known.write(row, job)
            row.ref, row.before, row.after = entry.pk, None, {"year": entry.of_year_id}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the rows withdrawn since, and those of a year that was reported since."""
        found = IncomeEntry.objects.select_related("of_year").in_bulk([e.ref for e in entries])
        return [
            entry.line
            for entry in entries
            if found[entry.ref].withdrawn_at is not None or found[entry.ref].of_year.state != "open"
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        rows = IncomeEntry.objects.select_related("of_year__village")
        for entry in rows.in_bulk([one.ref for one in entries]).values():
            actions.withdraw_income(entry=entry, reason=_("撤销导入"), by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = IncomeEntry.objects.visible_to(actor).standing()
        ordered = rows.select_related("of_year__village", "kind").order_by(
            "of_year__village__path", "on", "pk"
        )
        for entry in ordered.iterator(500):
            yield {
                "village": entry.of_year.village.code,
                "on": entry.on,
                "kind": entry.kind.name,
                "amount": entry.amount_fen / 100,
                "lasts": entry.is_sustainable,
                "text": entry.text,
                "state": str(entry.of_year.get_state_display()),
            }


class _Known:
    """The villages and kinds that the rows of a block may mean, and what is written of them."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        self.villages: dict[str, list[Region]] = {}
        wanted = {row.get("village") for row in rows}
        for one in queries.villages_of(job.actor):
            for word in {one.code, one.name, one.short_name} & wanted:
                self.villages.setdefault(word, []).append(one)
        self.kinds = {
            word: one for one in IncomeKind.objects.all() for word in (one.code, one.name)
        }
        ids = [one.pk for found in self.villages.values() for one in found]
        kept = IncomeEntry.objects.standing().filter(of_year__village__in=ids)
        self.there: set[tuple[int, date, int, int, str]] = set(
            kept.values_list("of_year__village", "on", "kind", "amount_fen", "text")
        )

    def is_there(self, row: Row) -> bool:
        """Say whether the very same income was written down; refuse what names nothing we know."""
        villages, kind = self.villages.get(row.values["village"], []), self.kinds.get(row.values["kind"])  # fmt: skip
        if len(villages) != 1:
            row.refuse(
                "village", _("没有找到您管的“%s”，或不止一个，请填区划代码") % row.values["village"]
            )
        if kind is None:
            row.refuse("kind", _("没有“%s”这个收入类别") % row.values["kind"])
        if kind is None or len(villages) != 1:
            return False
        row.plan = (villages[0], kind)
        fen, text = int(row.values["amount"] * 100), row.get("text") or ""
        if (villages[0].pk, row.values["on"], kind.pk, fen, text) in self.there:
            row.verdict = row.verdict or SAME
            return True
        return False

    def write(self, row: Row, job: Job) -> IncomeEntry:
        village, kind = row.plan
        return actions.add_income(
            village=village, kind=kind, amount_fen=int(row.values["amount"] * 100),
            on=row.values["on"], is_sustainable=row.get("lasts"), text=row.get("text") or "",
            by=job.actor, at=job.at,
        )  # fmt: skip


SHEETS = (IncomeSheet(),)
