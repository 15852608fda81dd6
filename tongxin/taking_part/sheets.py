"""The roll of a poll as a spreadsheet: mapped, previewed, judged row by row, taken back whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Refused
from tongxin.kit.text import mask_phone
from tongxin.orgs.scope import posts_of
from tongxin.spreadsheets.declaring import NEW, SAME, Column, Entry, Job, Row, Sheet

from . import actions
from .actions.polls import check_row
from .models import Poll, RollEntry
from .models.common import DESK, keeps

BLOCK = 500


class RollSheet(Sheet):
    """One row for each vote. A roll changes only until its poll opens."""

    code = "poll_roll"
    title = gettext_lazy("表决名册")
    about = gettext_lazy("一户（人）一行，填表决编号；开始表决以后不能再导入。")
    icon = "list-check"
    keys = (("poll", "place"), ("poll", "name", "phone"))
    shown = ("place", "name")
    columns = (
        Column("poll", gettext_lazy("表决编号"), "int", required=True, width=10, help=gettext_lazy("表决页上写着。"), example="12", aliases=("编号",)),
        Column("place", gettext_lazy("楼门户"), limit=60, width=16, example="3-2-501", aliases=("门牌", "房号", "地址")),
        Column("name", gettext_lazy("姓名"), required=True, limit=40, example="张三", aliases=("户主", "户代表", "业主")),
        Column("phone", gettext_lazy("手机号"), "phone", width=14, example="13800000000", aliases=("联系电话", "电话")),
        Column("area", gettext_lazy("面积（平方米）"), "money", help=gettext_lazy("业主表决才填。"), example="89.5", aliases=("面积", "专有部分面积")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in DESK for post in posts_of(actor))

    def prepare(self, rows: list[Row], job: Job) -> None:
        """Judge rows: poll there and open to change, columns right, nobody twice. Two queries."""
        asked = {row.get("poll") for row in rows if not row.problems}
        found = Poll.objects.visible_to(job.actor).filter(pk__in=asked)
        polls = {one.pk: one for one in found.select_related("rule", "community")}
        checked: list[tuple[Row, str]] = []
        for row in rows:
            if not row.problems and (key := self._check(row, polls, job)):
                checked.append((row, key))
        keys = [key for _row, key in checked]
        known = dict(RollEntry.objects.filter(poll__in=polls, key_index__in=keys).values_list("key_index", "pk"))  # fmt: skip
        for row, key in checked:
            first = job.memory.setdefault(key, row.line)
            if first != row.line:
                row.refuse("place", _("与第 %d 行是同一户（人），只有一票") % first)
            elif key in known:
                row.verdict, row.ref = SAME, known[key]
            else:
                row.verdict = NEW

    def _check(self, row: Row, polls: dict[int, Poll], job: Job) -> str:
        poll = polls.get(row.values["poll"])
        if poll is None or not keeps(job.actor, poll.community.path):
            row.refuse("poll", _("没有这个编号的表决，或不归您管"))
            return ""
        if poll.state not in (Poll.State.DRAFT, Poll.State.POSTED):
            row.refuse("poll", _("表决已经开始，名册不能再改"))
            return ""
        given = {name: row.get(name) for name in ("name", "place", "phone", "area")}
        try:
            key = check_row(poll, given)["key_index"]
        except Refused as refusal:
            row.refuse(refusal.field or "", refusal.message)
            return ""
        row.plan = (poll, given)
        return key

    def apply(self, rows: list[Row], job: Job) -> None:
        by_poll: dict[int, list[Row]] = {}
        for row in rows:
            if row.verdict == NEW:
                by_poll.setdefault(row.plan[0].pk, []).append(row)
        for some in by_poll.values():
            given = [row.plan[1] for row in some]
            made = actions.add_to_roll(some[0].plan[0], given, by=job.actor, at=job.at)
            for row, entry in zip(some, made, strict=True):
                row.ref, row.before, row.after = entry.pk, None, {"poll": entry.poll_id}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose entries have voted, were struck, or whose poll has opened."""
        rows = RollEntry.objects.select_related("poll").in_bulk([entry.ref for entry in entries])
        return [
            entry.line
            for entry in entries
            if (row := rows.get(entry.ref)) is None
            or row.has_voted
            or row.struck_reason
            or row.poll.state not in (Poll.State.DRAFT, Poll.State.POSTED)
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        actions.take_off_roll([entry.ref for entry in entries], by=job.actor, at=job.at)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the rolls of polls that are not yet open; numbers masked, names always."""
        rows = RollEntry.objects.visible_to(actor).standing().filter(poll__state__in=("draft", "posted"))  # fmt: skip
        box = sealer()
        for one in rows.order_by("poll", "place", "pk").iterator(BLOCK):
            phone = box.open(one.phone_sealed)
            yield {
                "poll": one.poll_id, "place": one.place, "name": one.name_shown,
                "phone": phone if whole else mask_phone(phone), "area": one.area / 100 or None,
            }  # fmt: skip


SHEETS = (RollSheet(),)
