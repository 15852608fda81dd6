"""A contest is called, entries come in, judges mark them, they are ranked, prizes are published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.documents.queries import people_at
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org

from ..models import Contest, ContestEntry, Criterion, Exemplar, Judge, Mark
from ..queries import related_units
from .common import WrongStep, must_write_for, scoped

MOST_CRITERIA, MOST_JUDGES, FULL = 10, 30, 100
LEAST_COMMENT = 4
CENT = Decimal("0.01")
State = Contest.State


class BadContest(Invalid):
    """Days out of order, criteria that do not make a hundred points, no prize."""


class NotEntered(Refused):
    """The call is not open, or the exemplar is not one that may be entered."""


class OwnUnit(NotPermitted):
    """No judge marks an entry of their own unit, nor of one above or below it."""


class MarksMissing(Refused):
    """Entries without enough marks cannot be ranked."""


@transaction.atomic
def call_contest(
    *, org: Org, title: str, opens_on: date, closes_on: date, judging_until: date, by: User,
    at: datetime, criteria: Sequence[tuple[str, int]], prizes: Sequence[tuple[str, int]],
    rules: str = "", is_blind: bool = False, least_marks: int = 2, trims_from: int = 5, key: str = "",
) -> Contest:  # fmt: skip
    """Prepare a contest; the criteria together give a hundred points.

    :raises BadContest: for days out of order, criteria or prizes that do not add up
    :raises NotYourUnit: unless `by` writes for the unit that calls
    """
    kept = scoped(by, key)
    if kept and (old := Contest.objects.filter(key=kept).first()):
        return old
    must_write_for(by, org, what=_("发起征集评选"))
    if not opens_on <= closes_on <= judging_until:
        raise BadContest(_("日期应按征集开始、征集截止、评审截止的先后排列。"), field="closes_on")
    names = [
        clean_text(n, limit=40, field_label=_("评分项"), required=True) for n, _most in criteria
    ]
    if len(set(names)) != len(names) or not 0 < len(names) <= MOST_CRITERIA:
        raise BadContest(_("评分项应有 1 到 %d 个，不能重名。") % MOST_CRITERIA, field="criteria")
    if sum(most for _name, most in criteria) != FULL or any(most < 1 for _n, most in criteria):
        raise BadContest(
            _("各评分项满分相加应为 100 分，现在是 %d 分。") % sum(most for _n, most in criteria),
            field="criteria",
        )
    if not prizes or any(count < 1 for _name, count in prizes):
        raise BadContest(_("请写明奖项和名额，如：一等奖 1。"), field="prizes")
    if least_marks < 1 or 0 < trims_from < 3:
        raise BadContest(_("去掉最高最低分至少要有 3 位评委。"), field="trims_from")
    contest = Contest.objects.create(
        org=org, opens_on=opens_on, closes_on=closes_on, judging_until=judging_until, by=by, at=at,
        is_blind=is_blind, least_marks=least_marks, trims_from=trims_from, key=kept,
        title=clean_text(title, limit=80, field_label=_("名称"), required=True),
        rules=clean_text(rules, limit=4000, field_label=_("规则"), multiline=True),
        prizes=[
            {"name": clean_text(n, limit=20, field_label=_("奖项"), required=True), "count": c}
            for n, c in prizes
        ],
    )  # fmt: skip
    Criterion.objects.bulk_create(
        Criterion(contest=contest, order=n, name=name, most=most)
        for n, (name, (_raw, most)) in enumerate(zip(names, criteria, strict=True), start=1)
    )
    return contest


def _held(contest: Contest, by: User, *, what: str) -> Contest:
    contest = Contest.objects.select_for_update(of=("self",)).select_related("org__region").get(pk=contest.pk)  # fmt: skip
    must_write_for(by, contest.org, what=what)
    return contest


def _must_be(contest: Contest, *states: str) -> None:
    if contest.state not in states:
        raise WrongStep(_("“%(title)s”%(state)s，现在不能这样办。") % {"title": contest.title, "state": contest.get_state_display()})  # fmt: skip


@transaction.atomic
def appoint_judge(contest: Contest, *, user: User, by: User, at: datetime) -> Judge:
    """Appoint a judge, before the judging begins; a second time changes nothing."""
    contest = _held(contest, by, what=_("聘请评委"))
    _must_be(contest, State.DRAFT, State.OPEN)
    if contest.judges.count() >= MOST_JUDGES:
        raise BadContest(_("评委最多 %d 位。") % MOST_JUDGES, field="user")
    return Judge.objects.get_or_create(contest=contest, user=user, defaults={"at": at})[0]


@transaction.atomic
def open_contest(contest: Contest, *, by: User, at: datetime) -> Contest:
    """Open the call; it is seen on the land of the unit that calls."""
    contest = _held(contest, by, what=_("开始征集"))
    _must_be(contest, State.DRAFT)
    if localdate(at) > contest.closes_on:
        raise BadContest(_("征集截止日期已经过了。"), field="closes_on")
    contest.state = State.OPEN
    contest.save(update_fields=["state"])
    return contest


@transaction.atomic
def enter_contest(contest: Contest, *, exemplar: Exemplar, by: User, at: datetime) -> ContestEntry:
    """Enter an exemplar of one's own unit; a second time changes nothing.

    :raises NotEntered: outside the days of the call, or for a text that was not handed in
    :raises NotYourUnit: for a text of another unit
    """
    contest = Contest.objects.select_for_update().get(pk=contest.pk)
    must_write_for(by, exemplar.org, what=_("报送参评"))
    if old := contest.entries.filter(exemplar=exemplar).first():
        return old
    if contest.state != State.OPEN or not contest.opens_on <= localdate(at) <= contest.closes_on:
        raise NotEntered(_("现在不在征集期内，不能报送。"))
    if exemplar.state in (Exemplar.State.DRAFT, Exemplar.State.WITHDRAWN):
        raise NotEntered(
            _("《%s》还没有送审，不能参评。") % exemplar.title, field="exemplar",
            remedy=_("请先在案例页送审。"),
        )  # fmt: skip
    last = contest.entries.aggregate(n=Max("number"))["n"] or 0
    return ContestEntry.objects.create(
        contest=contest, exemplar=exemplar, number=last + 1, by=by, at=at
    )


@transaction.atomic
def begin_judging(contest: Contest, *, by: User, at: datetime) -> Contest:
    """Close the call and give the entries to the judges.

    :raises BadContest: with too few judges, or an entry that too few of them may mark
    """
    contest = _held(contest, by, what=_("开始评审"))
    _must_be(contest, State.OPEN)
    judges = list(contest.judges.select_related("user"))
    entries = list(contest.entries.select_related("exemplar__org"))
    if not entries:
        raise BadContest(_("还没有参评案例。"))
    related = {judge.pk: related_units(judge.user) for judge in judges}
    for entry in entries:
        free = sum(not related[judge.pk](entry.exemplar.org) for judge in judges)
        if free < contest.least_marks:
            raise BadContest(
                _(
                    "%(n)d 号案例能评分的评委只有 %(free)d 位，少于 %(least)d 位（评委不评本单位的案例）。"
                )
                % {"n": entry.number, "free": free, "least": contest.least_marks},
                remedy=_("请增聘其他单位的评委。"),
            )
    contest.state = State.JUDGING
    contest.save(update_fields=["state"])
    tell(
        users=[judge.user for judge in judges], title=_("请评审"), text=contest.title,
        url=reverse("library:contest", args=[contest.pk]), key=f"contest:{contest.pk}:judge", at=at,
    )  # fmt: skip
    return contest


@transaction.atomic
def mark_entry(
    entry: ContestEntry, *, points: Mapping[int, object], comment: str, by: User, at: datetime
) -> Mark:
    """Mark an entry, criterion by criterion: {criterion id: points}; until the last day it may be changed.

    :raises OwnUnit: for an entry of the judge's own unit or of one above or below it
    :raises Invalid: for points missing or more than the criterion gives, or without a comment
    """
    contest = Contest.objects.select_for_update().get(pk=entry.contest_id)
    judge = contest.judges.filter(user=by.pk).first()
    if judge is None:
        raise NotPermitted(_("您不是这次评选的评委。"))
    _must_be(contest, State.JUDGING)
    if localdate(at) > contest.judging_until:
        raise WrongStep(_("评审已于 %s 截止。") % contest.judging_until)
    if related_units(by)(entry.exemplar.org):
        raise OwnUnit(_("这是您本单位或上下级单位的案例，您应当回避，不能评分。"))
    found: dict[str, str] = {}
    total = Decimal(0)
    for one in contest.criteria.all():
        value = _points(points.get(one.pk), one)
        found[str(one.pk)] = str(value)
        total += value
    comment = clean_text(comment, limit=300, field_label=_("评语"), required=True, multiline=True)
    if len(comment) < LEAST_COMMENT:
        raise Invalid(_("评语至少 %d 个字。") % LEAST_COMMENT, field="comment")
    given = {"points": found, "total": total, "comment": comment, "at": at}
    return Mark.objects.update_or_create(entry=entry, judge=judge, defaults=given)[0]


def _points(value: object, criterion: Criterion) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or not 0 <= found <= criterion.most or found * 2 != int(found * 2):
        raise Invalid(
            _("“%(name)s”请填 0 到 %(most)d 分，可以有半分。")
            % {"name": criterion.name, "most": criterion.most},
            field=f"c{criterion.pk}",
        )
    return found


@transaction.atomic
def rank_entries(contest: Contest, *, by: User, at: datetime) -> Contest:
    """Compute mean, rank and prize of every entry; how is kept with it.

    The mean of the marks; from `trims_from` marks on without the highest and the lowest. Equal means
    share a rank, and a prize goes to all who share its last place.

    :raises MarksMissing: naming the entries with fewer than `least_marks` marks
    """
    contest = _held(contest, by, what=_("计算名次"))
    _must_be(contest, State.JUDGING, State.RANKED)
    entries = list(contest.entries.prefetch_related("marks"))
    if poor := [e.number for e in entries if len(e.marks.all()) < contest.least_marks]:
        raise MarksMissing(
            _("%(numbers)s 号案例的评分不足 %(least)d 份，不能计算名次。")
            % {"numbers": "、".join(map(str, poor)), "least": contest.least_marks}
        )
    for entry in entries:
        totals = sorted(mark.total for mark in entry.marks.all())
        cut = bool(contest.trims_from) and len(totals) >= contest.trims_from
        counted = totals[1:-1] if cut else totals
        entry.marks_cut = [str(totals[0]), str(totals[-1])] if cut else []
        entry.marks_counted = len(counted)
        mean = sum(counted, Decimal(0)) / len(counted)
        entry.score = mean.quantize(CENT, ROUND_HALF_UP)
    _give_ranks(contest, entries)
    names = ("score", "rank", "prize", "marks_counted", "marks_cut")
    ContestEntry.objects.bulk_update(entries, names)
    contest.state, contest.ranked_at = State.RANKED, at
    contest.save(update_fields=["state", "ranked_at"])
    return contest


def _give_ranks(contest: Contest, entries: list[ContestEntry]) -> None:
    entries.sort(key=lambda e: (-(e.score or 0), e.number))
    ends, upto = [], 0
    for prize in contest.prizes:
        upto += prize["count"]
        ends.append((upto, prize["name"]))
    for n, entry in enumerate(entries, start=1):
        before = entries[n - 2] if n > 1 else None
        same = before is not None and before.score == entry.score
        entry.rank = before.rank if same and before else n
        assert entry.rank is not None  # noqa: S101 (just given)
        entry.prize = next((name for end, name in ends if entry.rank <= end), "")


@transaction.atomic
def publish_contest(contest: Contest, *, by: User, at: datetime) -> Contest:
    """Publish the ranking and the prizes; units learn it, and it stands in their books."""
    contest = _held(contest, by, what=_("公布结果"))
    _must_be(contest, State.RANKED)
    contest.state, contest.published_at = State.PUBLISHED, at
    contest.save(update_fields=["state", "published_at"])
    audit(actor=by, action="library.contest", object=contest.title, at=at, detail={"entries": contest.entries.count()})  # fmt: skip
    for entry in contest.entries.exclude(prize="").select_related("exemplar__org__region"):
        org = entry.exemplar.org
        write_log(
            unit=org, kind="honour", at=at, recorded_at=at, actor=by, source=f"library.entry:{entry.pk}",
            text=_("《%(title)s》在“%(contest)s”获%(prize)s。")
            % {"title": entry.exemplar.title, "contest": contest.title, "prize": entry.prize},
            key=f"contest:{contest.pk}:{entry.pk}",
        )  # fmt: skip
        tell(
            users=people_at(org.pk), title=_("案例获奖"), text=f"{entry.exemplar.title} · {entry.prize}",
            url=reverse("library:contest", args=[contest.pk]), key=f"contest:{contest.pk}:{org.pk}",
            at=at,
        )  # fmt: skip
    return contest
