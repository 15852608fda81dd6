"""One rating a cadre and day, by the field line; corrections, reminders, sums."""

from datetime import date

import pytest

from tongxin.accounts.models import Notice
from tongxin.cadres import actions
from tongxin.cadres.models import DailyRating, Rule, Secondment
from tongxin.cadres.queries.ratings import merged, missing_on, span_of, sums_of
from tongxin.orgs.models import Post

from .cast import LAST, NOON, TODAY, later, send

GOOD = {"publicity": 3, "work": 3}


@pytest.fixture
def row(cadres, operation):
    return send(cadres, operation, "bo", cadres.pine)


def rate(world, row, **changes):
    given = {"day": TODAY, "attendance": "present", "marks": GOOD, "at": NOON, "by": world.zhang}
    return actions.rate_day(secondment=row, **given | changes)


@pytest.mark.mission("S0.24")
class TestRate:
    def test_the_community_rates_its_cadre(self, cadres, row):
        assert rate(cadres, row).marks == GOOD
        assert missing_on(TODAY) == {}

    def test_once_a_day(self, cadres, row):
        rate(cadres, row)
        with pytest.raises(actions.RatedAlready) as refusal:
            rate(cadres, row, by=cadres.chen)
        assert refusal.value.remedy
        assert rate(cadres, row, day=date(2026, 3, 3), at=later(1))

    @pytest.mark.parametrize("who", ["wu", "sun", "li", "ann", "mei", "yue"])
    def test_by_the_field_line_only(self, cadres, row, who):
        with pytest.raises(actions.NotYours):
            rate(cadres, row, by=getattr(cadres, who))

    def test_nobody_rates_their_own_day(self, cadres, row):
        Post.objects.create(
            user=cadres.bo, org=cadres.pine_office, role="dispatcher", region=cadres.pine
        )
        with pytest.raises(actions.NotOneself):
            rate(cadres, row, by=cadres.bo)

    @pytest.mark.parametrize(
        ("day", "at"),
        [
            (date(2026, 3, 1), NOON),  # before the first day
            (date(2026, 3, 3), NOON),  # to come
            (TODAY, later(4)),  # too late
            (date(2026, 5, 1), later(60)),  # after the last day
        ],
    )
    def test_a_day_that_cannot_be_rated(self, cadres, row, day, at):
        with pytest.raises(actions.NotThatDay):
            rate(cadres, row, day=day, at=at)

    @pytest.mark.mission("S0.25")
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"marks": {"publicity": 3}}, "marks"),
            ({"marks": GOOD | {"looks": 3}}, "marks"),
            ({"marks": GOOD | {"work": 9}}, "marks"),
            ({"marks": GOOD | {"work": 1}}, "note"),
            ({"attendance": "absent"}, "note"),
            ({"attendance": "asleep"}, "attendance"),
        ],
    )
    def test_marks_that_are_none(self, cadres, row, changes, field):
        with pytest.raises(actions.BadMarks) as refusal:
            rate(cadres, row, **changes)
        assert refusal.value.field == field
        assert not DailyRating.objects.exists()

    def test_who_is_on_leave_gets_no_marks(self, cadres, row):
        assert rate(cadres, row, attendance="leave").marks == {}

    def test_all_at_once_leaves_what_is_there(self, cadres, operation, row):
        for who in ("dai", "fang"):
            send(cadres, operation, who, cadres.pine)
        rate(cadres, row, marks=GOOD | {"work": 1}, note="没有到户")
        assert actions.rate_all(community=cadres.pine, day=TODAY, at=NOON, by=cadres.zhang) == 2
        assert DailyRating.objects.get(secondment=row).marks["work"] == 1
        with pytest.raises(actions.NotYours):
            actions.rate_all(community=cadres.pine, day=TODAY, at=NOON, by=cadres.wu)


class TestCorrect:
    def test_what_it_said_before_stays_readable(self, cadres, row):
        rating = rate(cadres, row)
        change = actions.correct_rating(
            rating=rating, attendance="present", marks=GOOD | {"publicity": 2}, note="",
            reason="漏了一栋楼", at=NOON, by=cadres.chen,
        )  # fmt: skip
        assert change.before["marks"] == GOOD
        assert change.after["marks"]["publicity"] == 2
        assert Notice.objects.filter(user=cadres.bo, text="漏了一栋楼").exists()

    def test_refusals(self, cadres, row):
        rating = rate(cadres, row)
        given = {"rating": rating, "attendance": "present", "marks": GOOD, "note": "", "at": NOON}
        with pytest.raises(actions.BadMarks):
            actions.correct_rating(reason="没有变化", by=cadres.chen, **given)
        with pytest.raises(actions.NotYours):
            actions.correct_rating(reason="x", by=cadres.wu, **given)


@pytest.mark.mission("S0.24")
class TestChase:
    def test_the_field_line_is_reminded_in_the_morning_once(self, cadres, row):
        night, morning = later(0, 13), later(1)  # 23:00 and 10:00 of the next day
        assert actions.chase_ratings_due(at=night) == 0
        assert actions.chase_ratings_due(at=morning) == 1
        assert actions.chase_ratings_due(at=morning) == 0
        told = set(
            Notice.objects.filter(title__startswith="昨天还有 1 名").values_list(
                "user__username", flat=True
            )
        )
        assert told == {"zhang", "chen", "qin"}

    def test_not_where_it_was_done(self, cadres, row):
        rate(cadres, row)
        assert actions.chase_ratings_due(at=later(1)) == 0

    def test_without_rules_nothing_runs(self, world):
        assert not Rule.objects.exists()
        assert actions.chase_ratings_due(at=NOON) == 0


@pytest.mark.mission("S0.24")
class TestSums:
    def test_a_week_by_cadre_and_by_community(self, cadres, operation, row):
        other = send(cadres, operation, "dai", cadres.pine)
        rate(cadres, row)
        rate(cadres, row, day=date(2026, 3, 3), at=later(1), marks=GOOD | {"work": 2})
        rate(cadres, other, attendance="leave")
        first, last = span_of("week", TODAY)
        sums = sums_of(Secondment.objects.order_by("pk"), first, last, date(2026, 3, 4))
        one = sums[row.pk][1]
        assert (one.due, one.rated, one.missing, one.present) == (3, 2, 1, 2)
        assert (one.good("publicity"), one.good("work")) == (100, 50)
        whole = merged(sums)[cadres.pine.pk]
        assert (whole.due, whole.rated, whole.leave, whole.missing) == (6, 3, 1, 3)

    def test_spans(self):
        assert span_of("week", date(2026, 3, 4)) == (date(2026, 3, 2), date(2026, 3, 8))
        assert span_of("month", date(2026, 2, 10)) == (date(2026, 2, 1), date(2026, 2, 28))
        assert span_of("month", LAST) == (date(2026, 4, 1), LAST)


@pytest.mark.mission("S0.25")
class TestCriteria:
    def test_a_new_one_holds_from_its_day(self, cadres, row):
        actions.add_criterion(
            name="群众反映",
            help="",
            from_date=date(2026, 3, 3),
            source="通知",
            at=NOON,
            by=cadres.gao,
        )
        assert rate(cadres, row)
        with pytest.raises(actions.BadMarks):
            rate(cadres, row, day=date(2026, 3, 3), at=later(1))

    def test_refusals(self, cadres, row):
        from tongxin.cadres.models import RatingCriterion

        given = {"name": "群众反映", "help": "", "source": "x", "at": NOON}
        with pytest.raises(actions.NotYours):
            actions.add_criterion(from_date=TODAY, by=cadres.zhang, **given)
        with pytest.raises(actions.BadDay):
            actions.add_criterion(from_date=date(2026, 3, 1), by=cadres.gao, **given)
        with pytest.raises(actions.CriterionThere):
            actions.add_criterion(from_date=TODAY, by=cadres.gao, **given | {"name": "宣传到位"})
        first, second = RatingCriterion.objects.order_by("order")
        stop = {"on": date(2026, 3, 3), "at": NOON, "by": cadres.gao}
        actions.stop_criterion(criterion=first, **stop)
        with pytest.raises(actions.LastCriterion):
            actions.stop_criterion(criterion=second, **stop)
