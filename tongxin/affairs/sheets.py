"""What dues are counted from, as a spreadsheet: a branch's new bases of the year go in at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Membership
from tongxin.orgs.scope import REGISTRARS, posts_of, unit_reach
from tongxin.spreadsheets.declaring import NEW, Column, Entry, Job, Row, Sheet

from . import actions
from .contributions import RATED, dues_for
from .dates import month_of
from .models import Base
from .queries import open_base


class BaseSheet(Sheet):
    """One row for each base of the standing members at or under the units that the actor keeps."""

    code = "dues-bases"
    title = gettext_lazy("党费基数")
    about = gettext_lazy("党员从哪个月起按什么核定党费：类别、月基数或核定金额。")
    icon = "cash"
    keys = (
        ("identity", "from_month"),
        ("name", "born_on", "unit", "from_month"),
        ("name", "unit", "from_month"),
    )
    shown = ("name", "unit", "from_month")
    is_sensitive = True
    columns = (
        Column("name", gettext_lazy("姓名"), required=True, limit=40, width=10, example="张三", aliases=("党员姓名", "党员")),
        Column("identity", gettext_lazy("身份证号"), "identity", width=22, help=gettext_lazy("不填则凭姓名和党组织认人；有重名时填身份证号或出生日期。"), aliases=("公民身份号码", "身份证号码", "身份证")),
        Column("born_on", gettext_lazy("出生日期"), "date", aliases=("出生年月", "出生年月日")),
        Column("unit", gettext_lazy("所在党组织"), required=True, width=30, help=gettext_lazy("全称，或组织代码。"), example="松社区第一党支部", aliases=("所在党支部", "党支部", "党组织名称", "组织代码")),
        Column("from_month", gettext_lazy("起始月份"), "date", required=True, help=gettext_lazy("从这个月起按此计算；已计算的月份不变。"), example="2026-01", aliases=("核定月份", "执行月份")),
        Column("kind", gettext_lazy("类别"), "choice", required=True, choices=Base.Kind.choices, width=22, example="在职（按月收入）", help=gettext_lazy("从下拉列表中选。"),
               synonyms=(("在职", "salaried"), ("离退休", "retired"), ("退休", "retired"), ("离休", "retired"), ("下岗", "laid_off"), ("失业", "laid_off"))),
        Column("base", gettext_lazy("月基数"), "income", width=12, help=gettext_lazy("在职、离退休党员填；不写明理由导出时显示为 ****，再导入不会改动。"), example="4200.00", aliases=("党费计算基数", "缴费基数", "交纳党费基数", "月工资收入")),
        Column("fixed", gettext_lazy("核定金额"), "money", width=12, help=gettext_lazy("农民、学生等按定额交的，填每月几元；不填按规定的最低额。"), aliases=("定额", "月交金额")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in REGISTRARS and post.org_path for post in posts_of(actor))

    def check(self, row: Row) -> None:
        if isinstance(row.get("from_month"), date):
            row.values["from_month"] = month_of(row.get("from_month"))
        kind = row.get("kind")
        if kind in RATED and row.get("fixed") is not None:
            row.refuse("fixed", _("在职和离退休党员按月基数计算，不填核定金额"))
        if kind and kind not in RATED and row.get("base") is not None:
            row.refuse("base", _("这类党员按定额交，不填月基数"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            member = known.member(row)
            if row.problems or member is None:
                continue
            month = row.get("from_month")
            if known.seen.setdefault((member.pk, month), row.line) != row.line:
                row.refuse(
                    "name", _("与第 %d 行是同一名党员、同一月份") % known.seen[member.pk, month]
                )
                continue
            base = known.bases.get((member.pk, month))
            self._judge(row, member, base)

    def _judge(self, row: Row, member: Membership, base: Base | None) -> None:
        kind, income, fixed = row.get("kind"), row.get("base"), row.get("fixed")
        if base is not None and kind == base.kind:  # an empty cell leaves what is there
            income = open_base(base) if income is None else income
            fixed = base.fixed if fixed is None else fixed
        if kind in RATED and income is None:
            row.refuse("base", _("请填写月基数"))
            return
        try:
            dues_for(income or Decimal(0), kind, row.get("from_month"), fixed=fixed)
        except Refused as refusal:
            row.refuse(refusal.field if refusal.field in self.by_name() else "", refusal.message)
            return
        row.plan = (member, base, income or Decimal(0), fixed)
        if base is None:
            row.verdict = NEW
            return
        row.ref = base.pk
        was = open_base(base) if base.kind in RATED else None
        self.compare(row, {"kind": base.kind, "base": was, "fixed": base.fixed})

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            member, base, income, fixed = row.plan
            row.before = actions.facts_of_base(base) if base else None
            kind = row.get("kind")
            made = actions.set_base(
                membership=member, kind=kind, from_month=row.get("from_month"), base=income,
                fixed=None if kind in RATED else fixed, at=job.at, by=job.actor,
            )  # fmt: skip
            row.ref, row.after = made.pk, actions.facts_of_base(made)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        rows = Base.objects.in_bulk([entry.ref for entry in entries])
        return [
            entry.line
            for entry in entries
            if entry.ref not in rows or actions.facts_of_base(rows[entry.ref]) != entry.after
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        rows = Base.objects.select_related("membership__unit", "membership__person").in_bulk(
            [entry.ref for entry in entries]
        )
        for entry in entries:
            actions.take_back_base(
                base=rows[entry.ref], before=entry.before, at=job.at, by=job.actor
            )

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the bases of standing members; nobody's who only reads the register, nor one's own."""
        rows = Base.objects.filter(
            unit_reach(actor, REGISTRARS, column="membership__unit__path"),
            membership__in=Membership.objects.members().values("pk"),
        ).select_related("membership__unit", "membership__person")
        box = sealer()
        for one in rows.order_by("membership__unit__path", "membership", "from_month").iterator(
            500
        ):
            person, unit = one.membership.person, one.membership.unit
            yield {
                "name": person.name,
                "identity": box.open(person.identity_sealed),
                "born_on": person.born_on,
                "unit": unit.code or unit.name,
                "from_month": one.from_month,
                "kind": one.kind,
                "base": open_base(one) if one.kind in RATED else None,
                "fixed": one.fixed,
            }


class _Known:
    """The members that the rows of a block may mean, and their bases, asked for all at once."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        box = sealer()
        self.seen: dict[tuple[int, Any], int] = {}
        self.index = {id(row): box.index(row.get("identity") or "") for row in rows}
        units = {row.get("unit") for row in rows}
        kept = Membership.objects.members().filter(
            Q(unit__name__in=units) | Q(unit__code__in=units - {"", None}),
            unit_reach(job.actor, REGISTRARS, column="unit__path"),
            person__name__in={row.get("name") for row in rows},
        )
        self.members: dict[tuple[str, str], list[Membership]] = {}
        found = list(kept.select_related("person", "unit"))
        for one in found:
            for word in {one.unit.name, one.unit.code} & units:
                self.members.setdefault((one.person.name, word), []).append(one)
        months = {row.get("from_month") for row in rows}
        bases = Base.objects.filter(membership__in=found, from_month__in=months)
        self.bases = {(one.membership_id, one.from_month): one for one in bases}

    def member(self, row: Row) -> Membership | None:
        """Return whom a row means; refuse the row where that is nobody, or more than one."""
        words = {"name": row.get("name"), "unit": row.get("unit")}
        found = self.members.get((words["name"], words["unit"]), [])
        if not found:
            row.refuse("name", _("您负责的“%(unit)s”里没有党员“%(name)s”，请核对") % words)
            return None
        index, born_on = self.index[id(row)], row.get("born_on")
        if index:
            found = _fitting(found, "identity_index", index)
        if born_on:
            found = _fitting(found, "born_on", born_on)
        if not found:
            row.refuse(
                "identity" if index else "born_on",
                _("“%(unit)s”的“%(name)s”登记的身份证号或出生日期与这里不同，请核对") % words,
            )
            return None
        if len(found) > 1:
            row.refuse("name", _("有 %d 名党员叫这个名字，请填身份证号或出生日期") % len(found))
            return None
        return found[0]


def _fitting(found: list[Membership], name: str, said: Any) -> list[Membership]:
    """Return those of whom that is known; if it is of none, those of whom nothing is."""
    exact = [one for one in found if getattr(one.person, name) == said]
    return exact or [one for one in found if not getattr(one.person, name)]


SHEETS = (BaseSheet(),)
