"""The rating of a day: one a cadre and day, by the field line, chased where it is missing (S0.24)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import Notice, User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Post
from tongxin.regions.models import Region

from ..models import DailyRating, RatingChange, RatingCriterion, Rule, Secondment
from ..queries.ratings import missing_on
from ..queries.rules import criteria_on, rule_on
from ..scope import FIELD, rates
from .rules import NotYours


class RatedAlready(Refused):
    """One rating a cadre and day; what is wrong is corrected, with a reason."""


class NotOneself(Refused):
    """Nobody rates their own day."""


class NotThatDay(Invalid):
    """A day is rated on which the cadre serves, when it has come, and before it is too late."""


class BadMarks(Invalid):
    """Each criterion of the day gets one of the levels; who is not there gets none."""


@transaction.atomic
def rate_day(
    *,
    secondment: Secondment,
    day: date,
    attendance: str,
    marks: Mapping[str, int],
    note: str = "",
    at: datetime,
    by: User,
) -> DailyRating:
    """Rate one cadre's day: attendance, and for each criterion 到位, 基本到位 or 不到位 (S0.25).

    :raises NotYours: unless `by` stands on the field line of the community, or directs above it
    :raises NotOneself, RatedAlready, NotThatDay, BadMarks: as their names say
    """
    row = Secondment.objects.select_related("person", "community").get(pk=secondment.pk)
    marks = check_rating(
        secondment=row, day=day, attendance=attendance, marks=marks, note=note, at=at, by=by
    )
    try:
        with transaction.atomic():
            return DailyRating.objects.create(
                secondment=row, day=day, attendance=attendance, marks=marks, note=note, by=by, at=at
            )
    except IntegrityError as error:
        raise RatedAlready(
            _("%(who)s %(day)s 已经评过，一天只评一次") % {"who": row.person, "day": day},
            remedy=_("评错了可以更正，并写明理由"),
        ) from error


@transaction.atomic
def rate_all(*, community: Region, day: date, at: datetime, by: User) -> int:
    """Rate everybody of a community who has no rating of that day: present, all 到位.

    One tap for the ordinary day; return how many. Raises as `rate_day`.
    """
    if not rates(by, community.path):
        raise NotYours(_("只有%s的社区书记、两委，或街镇管理员可以评价") % community)
    marks = {one.code: int(DailyRating.Level.GOOD) for one in criteria_on(day)}
    rows = Secondment.objects.serving_on(day).filter(community=community)
    rows = rows.exclude(ratings__day=day).exclude(person__user=by.pk)
    done = 0
    for row in rows.select_related("person", "community").order_by("pk"):
        rate_day(
            secondment=row, day=day, attendance=DailyRating.Attendance.PRESENT, marks=marks,
            at=at, by=by,
        )  # fmt: skip
        done += 1
    return done


def check_rating(
    *,
    secondment: Secondment,
    day: date,
    attendance: str,
    marks: Mapping[str, int],
    note: str,
    at: datetime,
    by: User,
    late: int | None = None,
    criteria: Sequence[RatingCriterion] | None = None,
) -> dict[str, int]:
    """Raise what `rate_day` raises of a day not rated yet, and change nothing; return the marks.

    Who asks for many gives the days (`late_days`) and the criteria of the day, asked for once.
    """
    _check_rater(secondment, by)
    _check_day(secondment, day, at, late_days(localdate(at)) if late is None else late)
    return _checked_marks(day, attendance, marks, note, criteria)


def late_days(today: date) -> int:
    """Return for how many days a rating may still be made up for."""
    return int(rule_on(Rule.Code.RATING, today)["late_days"])


def check_correction(
    *,
    rating: DailyRating,
    attendance: str,
    marks: Mapping[str, int],
    note: str,
    by: User,
    criteria: Sequence[RatingCriterion] | None = None,
) -> dict[str, int]:
    """Raise what `correct_rating` raises of what is said anew; return the marks."""
    _check_rater(rating.secondment, by)
    return _checked_marks(rating.day, attendance, marks, note, criteria)


def _check_rater(row: Secondment, by: User) -> None:
    if row.person.user_id == by.pk:
        raise NotOneself(_("不能评价自己，请由社区的其他负责人评价"))
    if not rates(by, row.community.path):
        raise NotYours(_("只有%s的社区书记、两委，或街镇管理员可以评价") % row.community)


def _check_day(row: Secondment, day: date, at: datetime, late: int) -> None:
    today = localdate(at)
    if day > today:
        raise NotThatDay(_("%s 还没有到") % day, field="day")
    if day < today - timedelta(days=late):
        raise NotThatDay(
            _("%(day)s 已超过补评期限（%(n)d 天）") % {"day": day, "n": late}, field="day"
        )
    if not row.from_date <= day <= row.last_day:
        raise NotThatDay(
            _("%(who)s 在这里的下沉时间是 %(first)s 至 %(last)s，不含 %(day)s")
            % {"who": row.person, "first": row.from_date, "last": row.last_day, "day": day},
            field="day",
        )


def _checked_marks(
    day: date,
    attendance: str,
    marks: Mapping[str, int],
    note: str,
    criteria: Sequence[RatingCriterion] | None = None,
) -> dict[str, int]:
    """Return the marks in the order of the criteria; what is not 到位 needs a word why."""
    if attendance not in DailyRating.Attendance.values:
        raise BadMarks(_("请选在岗、请假或未到岗"), field="attendance")
    if attendance != DailyRating.Attendance.PRESENT:
        if attendance == DailyRating.Attendance.ABSENT and not note:
            raise BadMarks(_("未到岗请写一句说明"), field="note")
        return {}
    criteria = criteria_on(day) if criteria is None else criteria
    given = {}
    for one in criteria:
        level = marks.get(one.code)
        if level not in DailyRating.Level.values:
            raise BadMarks(_("“%s”还没有评") % one.name, field="marks")
        given[one.code] = int(level)
    if extra := set(marks) - set(given):
        raise BadMarks(_("没有代码为“%s”的评价项") % min(extra), field="marks")
    if DailyRating.Level.POOR in given.values() and not note:
        raise BadMarks(_("评为“不到位”请写一句说明，本人看得到"), field="note")
    return given


@transaction.atomic
def correct_rating(
    *,
    rating: DailyRating,
    attendance: str,
    marks: Mapping[str, int],
    note: str,
    reason: str,
    at: datetime,
    by: User,
) -> RatingChange:
    """Change a rating, for a reason; what it said before stays readable, and the cadre is told.

    :raises NotYours, NotOneself, BadMarks: as their names say
    """
    reason = clean_text(reason, limit=200, field_label=_("更正理由"), required=True)
    rating = (
        DailyRating.objects.select_for_update(of=("self",))
        .select_related("secondment__person", "secondment__community")
        .get(pk=rating.pk)
    )
    row = rating.secondment
    marks = check_correction(rating=rating, attendance=attendance, marks=marks, note=note, by=by)
    before = facts_of_rating(rating)
    rating.attendance, rating.marks, rating.note = attendance, dict(marks), note
    if facts_of_rating(rating) == before:
        raise BadMarks(_("和原来的评价一样，没有什么要更正"))
    rating.save(update_fields=["attendance", "marks", "note"])
    change = RatingChange.objects.create(
        rating=rating, before=before, after=facts_of_rating(rating), reason=reason, by=by, at=at
    )
    if row.person.user_id:
        tell(
            users=[one for one in [row.person.user] if one], title=_("%s 的评价有更正") % rating.day, text=reason,
            url="/cadres/mine/", key=f"cadres:rating:{change.pk}", at=at,
        )  # fmt: skip
    return change


def facts_of_rating(rating: DailyRating) -> dict[str, Any]:
    return {"attendance": rating.attendance, "marks": rating.marks, "note": rating.note}


@transaction.atomic
def take_back_rating(*, rating: DailyRating, at: datetime, by: User) -> None:
    """Take away a rating that a sheet brought by mistake, as long as it was never corrected.

    :raises RatedAlready: if it was: what is on the record of a cadre stays there
    :raises NotYours, NotOneself: for who may not rate it
    """
    _check_rater(rating.secondment, by)
    if rating.changes.exists():
        raise RatedAlready(
            _("%(who)s %(day)s 的评价已更正过，不能撤销")
            % {"who": rating.secondment.person, "day": rating.day},
            remedy=_("请再更正一次，并写明理由"),
        )
    audit(
        actor=by, action="rating.take_back", object=str(rating.secondment),
        detail=facts_of_rating(rating) | {"day": str(rating.day)}, at=at,
    )  # fmt: skip
    rating.delete()


def chase_ratings_due(*, at: datetime, limit: int = 500) -> int:
    """Remind the field line of yesterday's missing ratings, once a community and day.

    Between the hours of the rule only (8 to 22): nobody is woken. Return how many communities.
    """
    here, yesterday = localtime(at), localdate(at) - timedelta(days=1)
    if not Rule.objects.filter(code=Rule.Code.RATING).exists():
        return 0
    rule = rule_on(Rule.Code.RATING, yesterday)
    if not int(rule["from_hour"]) <= here.hour < int(rule["to_hour"]):
        return 0
    missing = missing_on(yesterday)
    keys = {f"cadres:missing:{community}:{yesterday}": community for community in missing}
    told = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    raters = _raters([community for key, community in keys.items() if key not in told])
    done = 0
    for key, community in keys.items():
        users = raters.get(community, ())
        if key in told or not users or done >= limit:
            continue
        tell(
            users=users,
            title=_("昨天还有 %d 名下沉干部没有评价") % missing[community],
            text=_("请补评 %s 的日评价。") % yesterday,
            url=f"/cadres/ratings/?day={yesterday}",
            key=key,
            at=at,
        )
        done += 1
    return done


def _raters(communities: list[int]) -> dict[int, list[User]]:
    """Return whom to remind in each community: the secretary and the other posts of the field line."""
    held = Post.objects.filter(region__in=communities, role__in=FIELD, to_date__isnull=True)
    found: dict[int, list[User]] = defaultdict(list)
    for post in held.select_related("user").order_by("pk"):
        found[post.region_id].append(post.user)
    return found
