"""What a unit lacks, said in a sentence, in time, once; for one unit and for thousands."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import make_aware

from tongxin.accounts.models import Notice
from tongxin.meetings import actions, queries
from tongxin.meetings.models import HeartTalk, Meeting, Reminder
from tongxin.orgs.models import Org, Post
from tongxin.testing import NOON

from .people import announced, browser, held
from .test_rules import successor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

MARCH = date(2026, 3, 20)


def of(unit, on=MARCH, **more):
    found = queries.rule_check(Org.objects.filter(pk=unit.pk), on, **more)
    return {one.kind: one for one in found} if not more else found


def moment(day: date, hour: int = 10):
    return make_aware(datetime.combine(day, time(hour)))


class TestFindings:
    @pytest.mark.mission("S4.18")
    def test_what_is_missing_and_by_when_in_a_sentence(self, world):
        found = of(world.branch)
        assert found["general_meeting"].sentence(MARCH) == (
            "本季度还差 1 次党员大会，请在 3 月 31 日前完成。"
        )
        assert found["theme_day"].sentence(MARCH).startswith("本月还差 1 次主题党日")
        assert found["life_meeting"].due == date(2026, 12, 31)
        assert found["heart_talk"].missing == 1

    def test_what_was_held_is_not_missing(self, world):
        held(world)
        assert "theme_day" not in of(world.branch)
        assert "general_meeting" in of(world.branch)

    def test_a_plan_is_named_but_does_not_count(self, world):
        announced(world)
        finding = of(world.branch)["theme_day"]
        assert finding.missing == 1
        assert finding.sentence(MARCH).endswith("（已安排 1 次）。")

    def test_a_cancelled_meeting_counts_for_nothing(self, world):
        meeting = announced(world)
        actions.cancel_meeting(meeting=meeting, by=world.qin, at=NOON, reason="防汛")
        finding = of(world.branch)["theme_day"]
        assert (finding.held, finding.planned) == (0, 0)

    def test_a_committee_meets_only_where_there_is_one(self, world):
        assert "committee_meeting" not in of(world.branch)
        Post.objects.create(
            user=world.zhao, org=world.branch, role="commissioner", region=world.pine
        )
        assert "committee_meeting" in of(world.branch)

    def test_groups_and_committees_have_duties_of_their_own(self, world):
        group = Org.objects.create(
            name="第一党小组", kind="party", unit_kind="group", parent=world.branch,
            region=world.pine, sector="community",
        )  # fmt: skip
        assert set(of(group)) == {"group_meeting"}
        assert set(of(world.north_party)) == {"oath"}

    def test_the_past_of_the_year_is_told_as_past(self, world):
        found = of(world.branch, whole_year=True)
        late = [one.sentence(MARCH) for one in found if one.is_late(MARCH)]
        assert "1 月少 1 次主题党日（要求 1 次，开展 0 次）。" in late
        assert len(late) == 2  # January and February

    def test_a_unit_is_bound_from_the_first_period_after_its_founding(self, world):
        Org.objects.filter(pk=world.branch.pk).update(founded_on=date(2026, 2, 10))
        kinds = {one.kind for one in of(world.branch, whole_year=True)}
        assert kinds == {"theme_day"}  # March; neither the quarter nor the year began with it

    def test_a_period_keeps_the_rule_with_which_it_began(self, world):
        actions.load_rules(at=NOON, by=None, rows=successor(times="2"))
        assert of(world.branch)["theme_day"].wanted == 1
        assert of(world.branch, date(2026, 4, 20))["theme_day"].wanted == 2

    @pytest.mark.mission("S4.55")
    def test_a_field_is_held_to_its_own_rule(self, world):
        Org.objects.filter(pk=world.branch.pk).update(sector="private_firm")
        lecture = of(world.branch)["lecture"]
        assert (lecture.period.per, lecture.wanted) == ("year", 2)

    def test_talks_count_from_their_own_register(self, world):
        wang, zhao = world.wang_member.person, world.zhao_member.person
        actions.record_talk(
            unit=world.branch, who=wang, whom=zhao, on=date(2026, 3, 1), by=world.qin, at=NOON
        )
        assert HeartTalk.objects.count() == 1
        assert "heart_talk" not in of(world.branch)


class TestReminding:
    def run(self, day: date) -> int:
        return actions.remind_due(at=moment(day))

    @pytest.mark.mission("S4.18")
    def test_before_it_is_late_and_once(self, world):
        Org.objects.exclude(pk=world.branch.pk).update(kind="unit")
        assert self.run(date(2026, 3, 10)) == 0  # three weeks ahead is no time to nag
        assert self.run(date(2026, 3, 17)) == 2  # the quarter's, fifteen days ahead
        assert self.run(date(2026, 3, 25)) == 1  # the month's, seven days ahead
        assert self.run(date(2026, 3, 26)) == 0
        told = Notice.objects.filter(user=world.qin).values_list("text", flat=True)
        assert "本月还差 1 次主题党日，请在 3 月 31 日前完成。" in told
        assert Reminder.objects.count() == 3

    def test_what_is_arranged_needs_no_reminder(self, world):
        Org.objects.exclude(pk=world.branch.pk).update(kind="unit")
        announced(world, starts_at=moment(date(2026, 3, 28)))
        self.run(date(2026, 3, 25))
        assert not Reminder.objects.filter(kind="theme_day").exists()

    def test_in_bites(self, world):
        assert actions.remind_due(at=moment(date(2026, 3, 25)), limit=1) == 1
        assert actions.remind_due(at=moment(date(2026, 3, 25)), limit=50) > 1


class TestBoard:
    def test_those_above_see_which_unit_lacks_what(self, world):
        page = browser(world.tang).get("/meetings/check/").content.decode()
        assert "松社区第一党支部" in page
        assert "盐社区" not in page
        assert "还差 1 次" in page

    def test_a_kind_alone_and_page_by_page(self, world):
        for n in range(45):
            Org.objects.create(
                name=f"第{n}支部", kind="party", unit_kind="branch", parent=world.branch,
                region=world.pine,
            )  # fmt: skip
        client = browser(world.tang)
        first = client.get("/meetings/check/?kind=theme_day")
        assert len(first.context["board"]["rows"]) == 40
        cursor = first.context["next_cursor"]
        rest = client.get(f"/meetings/check/?kind=theme_day&cursor={cursor}")
        assert len(rest.context["board"]["rows"]) == 6
        assert not rest.context["next_cursor"]

    def test_no_more_queries_for_more_units(self, world):
        def count() -> int:
            with CaptureQueriesContext(connection) as asked:
                queries.yearly_check(2026)
            return len(asked)

        few = count()
        for n in range(30):
            unit = Org.objects.create(
                name=f"第{n}支部", kind="party", unit_kind="branch", parent=world.pine_party,
                region=world.pine,
            )  # fmt: skip
            Meeting.objects.create(
                unit=unit, kind="theme_day", title="学习", starts_at=NOON, month=202603,
                ends_at=NOON + timedelta(hours=1), state="held", created_by=world.qin,
                created_at=NOON, venue="会议室", chair="秦岚",
            )  # fmt: skip
        assert count() == few <= 7


def test_the_matrix_of_a_year(world):
    held(world)
    rows = {row["kind"]: row for row in queries.year_matrix(world.branch, 2026, MARCH)}
    theme = [cell.state for cell in rows["theme_day"]["cells"]]
    assert theme[:4] == ["late", "late", "done", "none"]
    assert rows["theme_day"]["missing"] == 2
    general = [cell.state for cell in rows["general_meeting"]["cells"]]
    assert general[:4] == ["none", "none", "due", "none"]
    page = browser(world.qin).get("/meetings/year/?year=2026").content.decode()
    assert "1 月、2 月、4 月" in page  # the page shows the year up to today


def test_a_year_without_duties_says_so(world):
    page = browser(world.tang).get(f"/meetings/year/?unit={world.pine_party.pk}&year=2026")
    assert page.status_code == 200
