"""Prolonged, transferred, recalled, finished: the field line changes, the home line stays."""

from datetime import date

import pytest

from tongxin.accounts.models import Notice
from tongxin.cadres import actions
from tongxin.cadres.models import CrewMember, RotationTurn, Secondment
from tongxin.orgs.models import LogEntry, Org, Post

from .cast import FIRST, LAST, NOON, TODAY, later, send


@pytest.fixture
def row(cadres, operation):
    Org.objects.create(name="苇社区居委会", kind="community", region=cadres.reed)
    return send(cadres, operation, "bo", cadres.pine)


def fresh(row) -> Secondment:
    return Secondment.objects.get(pk=row.pk)


@pytest.mark.mission("S0.18", "S0.22")
class TestProlong:
    def test_longer_with_the_post(self, cadres, row):
        actions.prolong(secondment=row, until=date(2026, 6, 30), note="", at=NOON, by=cadres.gao)
        assert fresh(row).to_date == date(2026, 6, 30)
        assert fresh(row).post.to_date == date(2026, 7, 1)
        assert row.events.filter(kind="prolonged").exists()
        assert Notice.objects.filter(user=cadres.bo, title="您的下沉有变动").exists()

    @pytest.mark.parametrize("until", [LAST, date(2026, 3, 1), date(2029, 1, 1)])
    def test_not_shorter_and_not_for_years(self, cadres, row, until):
        with pytest.raises(actions.BadDates):
            actions.prolong(secondment=row, until=until, note="", at=NOON, by=cadres.gao)

    @pytest.mark.parametrize("who", ["zhang", "qin", "bo", "li", "ann"])
    def test_only_by_who_directs(self, cadres, row, who):
        by = getattr(cadres, who)
        with pytest.raises(actions.NotYours):
            actions.prolong(secondment=row, until=date(2026, 6, 1), note="", at=NOON, by=by)


@pytest.mark.mission("S0.18")
class TestTransfer:
    def test_today_here_tomorrow_there(self, cadres, row):
        new = actions.transfer(
            secondment=row, community=cadres.reed, note="人手不够", at=NOON, by=cadres.gao
        )
        old = fresh(row)
        assert (old.end, old.ended_on) == ("transferred", TODAY)
        assert (new.from_date, new.to_date, new.before) == (FIRST, LAST, old)
        posts = {(p.region, p.from_date, p.to_date) for p in Post.objects.filter(user=cadres.bo)}
        assert posts == {
            (cadres.pine, TODAY, FIRST), (cadres.reed, FIRST, date(2026, 5, 1)),
        }  # fmt: skip
        assert LogEntry.objects.filter(unit=cadres.roads, text__contains="调整点位").exists()

    def test_to_the_same_place_or_out_of_the_land_is_refused(self, cadres, row):
        given = {"secondment": row, "note": "", "at": NOON, "by": cadres.gao}
        for place in (cadres.pine, cadres.north):
            with pytest.raises(actions.BadPlace):
                actions.transfer(community=place, **given)
        with pytest.raises(actions.BadDates):
            actions.transfer(community=cadres.reed, **given | {"at": later(59)})
        assert fresh(row).ended_on is None

    def test_one_that_has_not_begun_moves_whole(self, cadres, operation):
        Org.objects.create(name="苇社区居委会", kind="community", region=cadres.reed)
        row = send(cadres, operation, "bo", cadres.pine, first=date(2026, 3, 10))
        new = actions.transfer(
            secondment=row, community=cadres.reed, note="", at=NOON, by=cadres.gao
        )
        assert new.from_date == date(2026, 3, 10)
        assert not Secondment.objects.serving_on(date(2026, 3, 10)).filter(pk=row.pk).exists()
        held = Post.objects.held_on(date(2026, 3, 10)).filter(user=cadres.bo)
        assert [post.region for post in held] == [cadres.reed]


@pytest.mark.mission("S0.18")
class TestRecall:
    def test_by_who_directs_and_by_the_home_unit(self, cadres, row):
        Post.objects.create(user=cadres.ma, org=cadres.roads, role="secretary", region=cadres.tong)
        with pytest.raises(actions.NotYours):
            actions.recall(secondment=row, reason="急事", at=later(1), by=cadres.zhang)
        actions.recall(secondment=row, reason="单位急需", at=later(1), by=cadres.ma)
        assert (fresh(row).end, fresh(row).ended_on) == ("recalled", FIRST)
        assert row.events.get(kind="recalled").note == "单位急需"
        assert Notice.objects.filter(user=cadres.zhang, title="下沉变动：薄海").exists()

    def test_a_reason_is_needed_and_once_is_enough(self, cadres, row):
        from tongxin.kit.errors import Invalid

        with pytest.raises(Invalid):
            actions.recall(secondment=row, reason=" ", at=NOON, by=cadres.gao)
        actions.recall(secondment=row, reason="急事", at=NOON, by=cadres.gao)
        with pytest.raises(actions.NotServing):
            actions.recall(secondment=row, reason="急事", at=NOON, by=cadres.gao)

    def test_turns_and_crews_end_with_it(self, cadres, row):
        actions.join_crew(grid=cadres.p1, user=cadres.bo, kind="seconded", at=NOON, by=cadres.zhang)
        actions.open_point(
            community=cadres.pine,
            name="东门",
            shifts="08:00-12:00",
            hands=1,
            at=NOON,
            by=cadres.zhang,
        )
        actions.plan_rotation(
            community=cadres.pine, first=FIRST, last=date(2026, 3, 6), at=NOON, by=cadres.zhang
        )
        actions.recall(secondment=row, reason="急事", at=later(2), by=cadres.gao)
        assert CrewMember.objects.get().to_date == date(2026, 3, 4)
        assert RotationTurn.objects.count() == 2


class TestFinish:
    def test_a_term_that_is_over_ends_by_itself_once(self, cadres, row):
        assert actions.finish_due(at=later(59)) == 0
        assert actions.finish_due(at=later(60)) == 1
        assert actions.finish_due(at=later(60)) == 0
        assert (fresh(row).end, fresh(row).ended_on) == ("finished", LAST)
        assert Notice.objects.filter(user=cadres.bo, title="下沉期满").count() == 1

    def test_many_in_bites(self, cadres, operation):
        for who in ("bo", "dai"):
            send(cadres, operation, who, cadres.pine)
        assert [actions.finish_due(at=later(90), limit=1) for _n in range(3)] == [1, 1, 0]
        assert LogEntry.objects.filter(unit=cadres.roads, text__contains="期满").count() == 2


@pytest.mark.mission("S0.13")
class TestSight:
    def test_both_lines_see_it_and_nobody_else(self, cadres, row):
        Post.objects.create(user=cadres.ma, org=cadres.roads, role="secretary", region=cadres.tong)
        # The secretary of a department's branch reaches the whole district by land.
        Post.objects.create(user=cadres.sun, org=cadres.water, role="secretary", region=cadres.tong)
        seen = {
            who: Secondment.objects.visible_to(getattr(cadres, who)).exists()
            for who in ("gao", "he", "liu", "zhang", "chen", "ma", "bo", "sun", "wu", "yue", "dai", "ann")
        }  # fmt: skip
        assert {who for who, sees in seen.items() if sees} == {
            "gao", "he", "liu", "zhang", "chen", "ma", "bo",
        }  # fmt: skip

    def test_the_post_of_the_field_line_opens_no_ratings_of_others(self, cadres, operation, row):
        send(cadres, operation, "dai", cadres.pine)
        mine = Secondment.objects.visible_to(cadres.bo)
        assert [one.person.name for one in mine] == ["薄海"]
