"""The ledger as a spreadsheet: incomes, allocations and payments come in by their voucher, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, get_land, region_of, world
from tongxin.spreadsheets.declaring import NEW, SAME, Column, Entry, Job, Row, Sheet

from . import actions
from .models import Account, Allocation, Line, Source
from .models.accounts import KEEPERS, READERS

KINDS = (
    (Line.Kind.INCOME, gettext_lazy("收入")),
    (Line.Kind.ALLOCATE, gettext_lazy("拨付")),
    (Line.Kind.PAY, gettext_lazy("支付")),
)
READ_ONLY = gettext_lazy("只供对照，导入时不看。")


class LedgerSheet(Sheet):
    """One row for each line. A voucher is written once; what is wrong is taken back on the page."""

    code = "fund_payments"
    title = gettext_lazy("资金流水")
    about = gettext_lazy(
        "收入、拨付、支付按凭证号成批入账；重复导入不会重复入账。结账前可以整批撤销（以冲销凭证）。"
    )
    icon = "coin-yuan"
    keys = (("account", "voucher"),)
    shown = ("account", "voucher", "kind")
    columns = (
        Column("account", gettext_lazy("账号"), required=True, limit=24, width=16, example="120116-A0001"),
        Column("voucher", gettext_lazy("凭证号"), required=True, limit=40, width=14, help=gettext_lazy("同一账户里不重复，凭它认出已经入账的。"), example="2026-03-001"),
        Column("kind", gettext_lazy("类型"), "choice", required=True, choices=KINDS, example="支付"),
        Column("on", gettext_lazy("日期"), "date", required=True, example="2026-03-02"),
        Column("amount", gettext_lazy("金额（元）"), "money", required=True, width=14, example="12000.00"),
        Column("source", gettext_lazy("资金来源"), limit=60, width=18, help=gettext_lazy("代码或名称；收入和拨付必填。"), example="区级财政资金"),
        Column("allocation", gettext_lazy("拨付编号"), limit=40, width=18, help=gettext_lazy("支付必填：已有拨付的编号，或本表上面拨付行的凭证号。"), example="120116-2026-B0001"),
        Column("payee", gettext_lazy("对方"), limit=80, width=20, help=gettext_lazy("收入的付款方，支付的收款方。"), example="滨海建筑公司"),
        Column("place", gettext_lazy("用在"), limit=40, width=16, help=gettext_lazy("拨付用在哪个街镇、社区（村）：名称或区划代码；不填为账户的区域。"), example="松社区"),
        Column("note", gettext_lazy("摘要"), limit=200, width=30, help=gettext_lazy("拨付时写用途。"), example="党群服务中心改造"),
        Column("balance", gettext_lazy("余额（元）"), "money", help=READ_ONLY),
        Column("state", gettext_lazy("状态"), limit=20, help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in KEEPERS for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in READERS for post in posts_of(actor))

    def check(self, row: Row) -> None:
        kind = row.get("kind")
        if kind in (Line.Kind.INCOME, Line.Kind.ALLOCATE) and not row.get("source"):
            row.refuse("source", _("请填写资金来源"))
        if kind == Line.Kind.ALLOCATE and not row.get("note"):
            row.refuse("note", _("请填写用途"))
        if kind == Line.Kind.PAY:
            for name in ("allocation", "payee"):
                if not row.get(name):
                    row.refuse(name, _("支付时请填写%s") % self.column(name).heading)

    def prepare(self, rows: list[Row], job: Job) -> None:
        """Try every row by its own action, then leave nothing of it: the verdict is the ledger's own."""
        known = _Known(rows, job)
        with transaction.atomic():
            for row in rows:
                if not known.is_there(row) and not row.problems:
                    self._try(row, known, job)
            transaction.set_rollback(True)
        known.forget()

    def _try(self, row: Row, known: _Known, job: Job) -> None:
        try:
            with transaction.atomic():
                known.write(row, job)
        except Refused as refusal:
            field = {"amount": "amount", "on": "on", "account": "account"}.get(
                refusal.field or "", ""
            )
            row.refuse(field, refusal.message)
        else:
            row.verdict = row.verdict or NEW

    def apply(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            if row.verdict != NEW or known.is_there(row):
                continue
            line = known.write(row, job)
            row.ref, row.before, row.after = line.pk, None, {"seq": line.seq}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the rows taken back since, and those of a month that was closed since."""
        lines = Line.objects.select_related("account", "reversed_by").in_bulk(
            [e.ref for e in entries]
        )
        found = []
        for entry in entries:
            line = lines[entry.ref]
            frozen = line.account.frozen_until
            if hasattr(line, "reversed_by") or (frozen is not None and line.on <= frozen):
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take the lines back by counter-lines, last first: payments before what they were paid of."""
        lines = Line.objects.in_bulk([entry.ref for entry in entries])
        for line in sorted(lines.values(), key=lambda one: (one.account_id, -one.seq)):
            actions.reverse(line=line, reason=_("撤销导入"), by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        rows = Line.objects.visible_to(actor).select_related(
            "account", "source", "allocation__region", "reversed_by"
        )
        kinds = dict(Line.Kind.choices)
        for line in rows.order_by("account_id", "seq").iterator(500):
            fen = abs(line.sum_fen)
            yield {
                "account": line.account.number,
                "voucher": _voucher(line),
                "kind": line.kind if line.kind != Line.Kind.REVERSE else str(kinds[line.kind]),
                "on": line.on,
                "amount": (-fen if line.kind == Line.Kind.REVERSE else fen) / 100,
                "source": line.source.name,
                "allocation": line.allocation.number if line.allocation else "",
                "payee": line.payee,
                "place": line.allocation.region.name if line.allocation else "",
                "note": line.note,
                "balance": line.balance_fen / 100,
                "state": _("已冲销")
                if hasattr(line, "reversed_by")
                else str(localtime(line.at).date()),
            }


def _mark(account: Account, voucher: str) -> str:
    return f"v:{account.pk}:{voucher}"


def _voucher(line: Line) -> str:
    """Return the number a line was brought in by; its own number for one written here."""
    _by, _colon, kept = (line.key or "").partition(":")
    return kept.split(":", 2)[2] if kept.startswith("v:") else f"#{line.seq}"


class _Known:
    """The accounts, sources, places and allocations that the rows of a block may mean."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        numbers = {row.get("account") for row in rows}
        accounts = Account.objects.visible_to(job.actor).filter(number__in=numbers)
        self.accounts = {one.number: one for one in accounts.select_related("org", "region")}
        sources = list(Source.objects.filter(is_open=True))
        self.sources = {word: one for one in sources for word in (one.code, one.name)}
        self.lands: dict[str, list[Land]] = {}
        wanted = {row.get("place") for row in rows} - {None}
        for land in world().lands if wanted else ():
            for word in {land.code, land.name, land.short_name} & wanted:
                self.lands.setdefault(word, []).append(land)
        asked = {row.get("allocation") for row in rows} - {None}
        found = Allocation.objects.filter(account__in=self.accounts.values())
        self.allocations = {one.number: one for one in found.filter(number__in=asked)}
        marks = {
            f":{_mark(account, row.get('voucher') or '')}"
            for row in rows
            if (account := self.accounts.get(row.get("account") or "")) is not None
        }
        kept = Line.objects.filter(account__in=self.accounts.values(), key__contains=":v:")
        self.there: dict[str, Line] = {}
        for line in kept.select_related("allocation", "reversed_by").iterator(500):
            mark = f":{(line.key or '').partition(':')[2]}"
            if mark in marks:
                self.there[mark] = line
        self.made: dict[str, Allocation] = {}

    def forget(self) -> None:
        self.made = {}

    def is_there(self, row: Row) -> bool:
        """Say whether the voucher was written before; refuse it where it says something else."""
        account = self.accounts.get(row.get("account") or "")
        if account is None:
            row.refuse("account", _("没有这个账号，或不归您经办"))
            return False
        line = self.there.get(f":{_mark(account, row.values['voucher'])}")
        if line is None:
            return False
        said = (row.values["kind"], int(row.values["amount"] * 100), row.values["on"])
        if said != (line.kind, abs(line.sum_fen), line.on):
            row.refuse(
                "voucher",
                _("这个凭证号已入账（第 %d 号），内容不同；差错请在页面上冲销") % line.seq,
            )
        elif hasattr(line, "reversed_by"):
            row.refuse("voucher", _("这个凭证已冲销，请换凭证号"))
        else:
            row.verdict = row.verdict or SAME
        return True

    def write(self, row: Row, job: Job) -> Line:
        """Write a row by its action. :raises Refused: as the action does"""
        account = self.accounts[row.values["account"]]
        mark = _mark(account, row.values["voucher"])
        given = {
            "amount_fen": int(row.values["amount"] * 100), "on": row.values["on"], "by": job.actor,
            "at": job.at, "key": mark,
        }  # fmt: skip
        kind, note = row.values["kind"], row.get("note") or ""
        if kind == Line.Kind.INCOME:
            return actions.receive(
                account=account, source=self._source(row), note=note, payer=row.get("payee") or "",
                **given,
            )  # fmt: skip
        if kind == Line.Kind.ALLOCATE:
            made = actions.allocate(
                account=account, source=self._source(row), purpose=note,
                region=self._region(row, account), **given,
            )  # fmt: skip
            self.made[mark] = made
            return made.lines.get(kind=Line.Kind.ALLOCATE)
        return actions.pay(
            allocation=self._allocation(row, account), payee=row.values["payee"], note=note, **given
        )

    def _source(self, row: Row) -> Source:
        found = self.sources.get(row.values["source"])
        if found is None:
            raise actions.BadSource(
                _("没有“%s”这个资金来源") % row.values["source"], field="source"
            )
        return found

    def _region(self, row: Row, account: Account) -> Any:
        word = row.get("place")
        if not word:
            return account.region
        found = [
            one for one in self.lands.get(word, []) if one.path.startswith(account.region.path)
        ]
        if len(found) != 1:
            raise actions.BadSubject(
                _("没有找到“%s”，或不止一个，请填区划代码") % word, field="place"
            )
        return region_of(get_land(found[0].id))

    def _allocation(self, row: Row, account: Account) -> Allocation:
        word = row.values["allocation"]
        found = self.allocations.get(word) or self.made.get(_mark(account, word))
        if found is None:
            line = self.there.get(f":{_mark(account, word)}")
            if line is None:
                mark = _mark(account, word)
                line = Line.objects.filter(
                    account=account, kind=Line.Kind.ALLOCATE, key__endswith=f":{mark}"
                ).first()
            found = line.allocation if line is not None else None
        if found is None or found.account_id != account.pk:
            raise actions.BadSubject(_("没有编号为“%s”的拨付") % word, field="allocation")
        return found


SHEETS = (LedgerSheet(),)
