"""The ratings of a day as a spreadsheet: a community that rates on paper hands its list in (S0.24)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Refused
from tongxin.spreadsheets.declaring import (
    CHANGED,
    CLEAR,
    NEW,
    Column,
    Entry,
    Job,
    Narrowed,
    Row,
    Sheet,
)

from .. import actions
from ..models import DailyRating, RatingCriterion, Secondment
from ..queries.rules import criteria_on
from ..scope import rates_somewhere, reads_ratings

ALL_GOOD = "全部到位"
LEVELS = {"到位": 3, "基本到位": 2, "不到位": 1}  # as files say them, whatever language pages speak
WORDS = {level: word for word, level in LEVELS.items()}
PRESENT = DailyRating.Attendance.PRESENT
PARTS = re.compile(r"[；;、，,]+")


class RatingSheet(Sheet):
    """One row a cadre and day, in the communities that the actor rates; read on either line."""

    code = "cadre-ratings"
    title = gettext_lazy("下沉干部日评价")
    about = gettext_lazy("哪天、谁、在岗与否、各项评价；一人一天一行，评错了写明理由更正。")
    icon = "clipboard-check"
    keys = (("day", "phone", "community"), ("day", "name", "community"))
    shown = ("day", "name", "community")
    filters = ("day", "region")
    is_sensitive = True
    columns = (
        Column("day", gettext_lazy("日期"), "date", required=True, example="2026-03-02", aliases=("评价日期",)),
        Column("name", gettext_lazy("姓名"), required=True, limit=40, width=10, example="张三", aliases=("干部姓名", "下沉干部")),
        Column("phone", gettext_lazy("手机号"), "phone", width=15, help=gettext_lazy("有重名时填，凭它认人。"), aliases=("手机", "手机号码", "联系电话")),
        Column("community", gettext_lazy("下沉社区"), required=True, width=18, help=gettext_lazy("社区（村）的名称或区划代码。"), example="松社区", aliases=("社区", "所在社区", "村社区")),
        Column("unit", gettext_lazy("派出单位"), width=28, help=gettext_lazy("只供对照，导入时不看。")),
        Column("attendance", gettext_lazy("出勤"), "choice", required=True, choices=DailyRating.Attendance.choices, help=gettext_lazy("从下拉列表中选。"), example="在岗", aliases=("考勤",), synonyms=(("出勤", "present"), ("缺勤", "absent"))),
        Column("marks", gettext_lazy("评价"), limit=200, width=40, help=gettext_lazy("“全部到位”，或逐项写：宣传到位：到位；工作落实到位：基本到位。不在岗的不填。"), example="全部到位", aliases=("评价等次", "日评价")),
        Column("note", gettext_lazy("说明"), limit=200, width=30, help=gettext_lazy("未到岗、有“不到位”的要写。"), aliases=("备注",)),
        Column("reason", gettext_lazy("更正理由"), limit=200, width=24, help=gettext_lazy("已经评过、这次要改的才填；本人看得到。")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return rates_somewhere(actor)

    def may_export(self, actor) -> bool:
        return reads_ratings(actor)

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            one = known.secondment(row)
            if row.problems or one is None:
                continue
            day: Any = row.get("day")
            if known.seen.setdefault((one.pk, day), row.line) != row.line:
                row.refuse("name", _("与第 %d 行是同一人、同一天") % known.seen[one.pk, day])
                continue
            marks = _read_marks(row, known.criteria(day))
            if not row.problems:
                self._judge(row, one, marks, known)

    def _judge(self, row: Row, one: Secondment, marks: dict | None, known: _Known) -> None:
        day: Any = row.get("day")
        criteria = known.criteria(day)
        rating = known.ratings.get((one.pk, day))
        attendance, note = row.get("attendance"), row.get("note") or ""
        if rating is not None:  # an empty cell leaves what is there
            note = note if "note" in row.values else rating.note
            marks = rating.marks if marks is None and attendance == PRESENT else marks
            current = {
                "attendance": rating.attendance,
                "marks": _words_of(rating.marks, criteria),
                "note": rating.note,
            }
            if "marks" not in row.values and marks != rating.marks:
                row.values["marks"] = CLEAR  # who was not there has no marks any more
            self.compare(row, current)
            row.ref = rating.pk
            if row.verdict != CHANGED:
                return
        facts = {"attendance": attendance, "marks": marks or {}, "note": note}
        try:
            if rating is None:
                row.verdict = NEW
                actions.check_rating(
                    secondment=one, day=day, at=known.job.at, by=known.job.actor,
                    late=known.late, criteria=criteria, **facts,
                )  # fmt: skip
            else:
                actions.check_correction(
                    rating=rating, by=known.job.actor, criteria=criteria, **facts
                )
        except Refused as refusal:
            row.refuse(refusal.field if refusal.field in self.by_name() else "", refusal.message)
            return
        if rating is not None and not row.get("reason"):
            row.refuse("reason", _("这一天已经评过，要改请写更正理由"))
            return
        row.plan = (one, rating, facts)

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            one, rating, facts = row.plan
            if rating is None:
                rating = actions.rate_day(
                    secondment=one, day=row.get("day"), at=job.at, by=job.actor, **facts
                )
                row.after = actions.facts_of_rating(rating) | {"change": None}
            else:
                row.before = actions.facts_of_rating(rating)
                change = actions.correct_rating(
                    rating=rating, reason=row.get("reason"), at=job.at, by=job.actor, **facts
                )
                row.after = change.after | {"change": change.pk}
            row.ref = rating.pk

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose rating was corrected since."""
        rows = DailyRating.objects.prefetch_related("changes").in_bulk([one.ref for one in entries])
        found = []
        for entry in entries:
            rating = rows.get(entry.ref)
            last = max((one.pk for one in rating.changes.all()), default=None) if rating else None
            if rating is None or last != entry.after["change"]:
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take new ratings away; correct back what was corrected, which its cadre is told again."""
        related = ("secondment__person", "secondment__community")
        rows = DailyRating.objects.select_related(*related).in_bulk([one.ref for one in entries])
        for entry in entries:
            rating = rows[entry.ref]
            if entry.before is None:
                actions.take_back_rating(rating=rating, at=job.at, by=job.actor)
            else:
                actions.correct_rating(
                    rating=rating, reason=_("撤销表格导入"), at=job.at, by=job.actor, **entry.before
                )

    def export(
        self, actor, *, whole: bool, narrowed: Narrowed | None = None
    ) -> Iterator[dict[str, Any]]:
        rows = DailyRating.objects.visible_to(actor).exclude(secondment__person__user=actor.pk)
        words = narrowed.words if narrowed else {}
        if words.get("region"):
            rows = rows.filter(secondment__community__code=words["region"])
        if words.get("day"):
            day = _day(words["day"])
            rows = rows.filter(day=day) if day else rows.none()
        box, criteria = sealer(), _Criteria()
        related = rows.select_related(
            "secondment__person", "secondment__community", "secondment__from_unit"
        ).defer("secondment__community__polygon")
        for one in related.order_by("day", "secondment__community", "pk").iterator(500):
            yield {
                "day": one.day,
                "name": one.secondment.person.name,
                "phone": box.open(one.secondment.person.phone_sealed),
                "community": one.secondment.community.code,
                "unit": one.secondment.from_unit.name,
                "attendance": one.attendance,
                "marks": _words_of(one.marks, criteria.on(one.day)),
                "note": one.note,
                "reason": "",
            }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class _Criteria:
    """The criteria of each day, asked for once."""

    def __init__(self) -> None:
        self.found: dict[date, list[RatingCriterion]] = {}

    def on(self, day: date) -> list[RatingCriterion]:
        if day not in self.found:
            self.found[day] = criteria_on(day)
        return self.found[day]


class _Known:
    """Whom the rows of a block may mean, and their ratings of those days, asked for all at once."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        box = sealer()
        self.job = job
        self.criteria = _Criteria().on
        self.late = actions.late_days(localdate(job.at))
        self.seen: dict[tuple[int, Any], int] = {}
        self.index = {id(row): box.index(row.get("phone") or "") for row in rows}
        words = {row.get("community") for row in rows}
        found = (
            Secondment.objects.visible_to(job.actor)
            .filter(person__name__in={row.get("name") for row in rows})
            .filter(Q(community__name__in=words) | Q(community__code__in=words))
            .select_related("person", "community")
            .defer("community__polygon")
        )
        self.sent: dict[tuple[str, str], list[Secondment]] = {}
        for one in found:
            for word in {one.community.name, one.community.code} & words:
                self.sent.setdefault((one.person.name, word), []).append(one)
        rated = DailyRating.objects.filter(
            secondment__in=[one.pk for same in self.sent.values() for one in same],
            day__in={row.get("day") for row in rows},
        ).select_related("secondment__person", "secondment__community")
        self.ratings = {(one.secondment_id, one.day): one for one in rated}

    def secondment(self, row: Row) -> Secondment | None:
        """Return whose day a row means; refuse the row where that is nobody's, or two people's."""
        words = {"who": row.get("name"), "place": row.get("community")}
        found = self.sent.get((row.get("name") or "", row.get("community") or ""), [])
        if index := self.index[id(row)]:
            same = [one for one in found if one.person.phone_index == index]
            if found and not same:
                row.refuse("phone", _("与“%s”登记的手机号不同，请核对") % words["who"])
                return None
            found = same
        if not found:
            row.refuse("name", _("“%(place)s”没有您看得到的下沉干部“%(who)s”，请核对") % words)
            return None
        day: Any = row.get("day")
        there = [one for one in found if one.from_date <= day <= one.last_day]
        if len(there) == 1:
            return there[0]
        if there:
            row.refuse("phone", _("这一天有 %d 名干部叫这个名字，请填手机号") % len(there))
        else:
            row.refuse("day", _("%(who)s这一天不在%(place)s下沉，请核对日期") % words)
        return None


def _words_of(marks: dict[str, int], criteria: list[RatingCriterion]) -> str:
    """Return marks as a file says them."""
    if not marks:
        return ""
    if set(marks) == {one.code for one in criteria} and set(marks.values()) == {LEVELS["到位"]}:
        return ALL_GOOD
    names = {one.code: one.name for one in criteria if one.code in marks}
    others = sorted(set(marks) - set(names))  # a database keeps keys in an order of its own
    return "；".join(f"{names.get(code, code)}：{WORDS[marks[code]]}" for code in [*names, *others])


def _read_marks(row: Row, criteria: list[RatingCriterion]) -> dict[str, int] | None:
    """Return what a cell says of each criterion, and write it anew as files say it; None if nothing."""
    text = row.get("marks")
    if not text:
        return None
    marks: dict[str, int] = {}
    if text in (ALL_GOOD, "到位"):
        marks = {one.code: LEVELS["到位"] for one in criteria}
    else:
        for part in filter(None, (part.strip() for part in PARTS.split(text))):
            if (found := _mark(part, criteria)) is None:
                row.refuse(
                    "marks", _("“%s”读不懂，请写“评价项：到位、基本到位或不到位”") % part[:30]
                )
                return None
            marks[found[0]] = found[1]
    marks = {one.code: marks[one.code] for one in criteria if one.code in marks}
    row.values["marks"] = _words_of(marks, criteria)
    return marks


def _mark(part: str, criteria: list[RatingCriterion]) -> tuple[str, int] | None:
    """Return the criterion and the level that a part of a cell names."""
    for one in sorted(criteria, key=lambda one: -len(one.name)):
        for word in (one.name, one.code):
            level = part.removeprefix(word).strip("：: ") if part.startswith(word) else ""
            if level in LEVELS:
                return one.code, LEVELS[level]
    return None
