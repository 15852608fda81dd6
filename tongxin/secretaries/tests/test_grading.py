"""Secretaries are surveyed in full, graded by a person with a reason, taken out where due."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from tongxin.accounts.models import Notice, User
from tongxin.orgs.models import Org, Post
from tongxin.secretaries import actions, queries
from tongxin.secretaries.models import Removal, SecretarySurvey, SurveyRound
from tongxin.secretaries.rules import in_force


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def round(world, village) -> SurveyRound:
    return actions.open_survey(
        unit=world.tong_party, year=localdate().year, title="书记履职排查", opens_on=localdate(),
        closes_on=localdate() + timedelta(days=10), by=world.he, at=now(),
    )  # fmt: skip


@pytest.fixture
def survey(world, round) -> SecretarySurvey:
    return SecretarySurvey.objects.select_related("round").get(user=world.qin)


def points(survey, share=1.0) -> dict[str, int]:
    return {row["code"]: int(int(row["most"]) * share) for row in actions.criteria_of(survey)}


def mark(world, survey, share=1.0, by=None):
    return actions.mark_survey(
        survey=survey, points=points(survey, share), by=by or world.he, at=now()
    )


def grade(world, survey, grade="competent", reason="按评分和平时掌握", by=None):
    return actions.grade_survey(
        survey=survey, grade=grade, reason=reason, by=by or world.he, at=now()
    )


@pytest.mark.mission("S4.25")
class TestAsking:
    def test_every_standing_secretary_below_is_asked_once_and_told(self, world, round):
        asked = set(round.surveys.values_list("user__username", flat=True))
        assert asked == {"qin", "tang", "yue", "bai"}  # He's own unit runs it
        assert Notice.objects.filter(title="请填写书记履职排查表").count() == 4
        world.person("new", "新书记", world.pine_party, "secretary")
        assert actions.ask_missing(round=round, at=now()) == 1
        assert actions.ask_missing(round=round, at=now()) == 0

    @pytest.mark.mission("S4.55")
    def test_fields_have_their_own_criteria(self, world, round):
        codes = {
            user: {row["code"] for row in actions.criteria_of(one)}
            for user, one in (
                (one.user.username, one) for one in round.surveys.select_related("user", "round")
            )
        }
        assert "income" in codes["bai"] and "income" not in codes["qin"]

    def test_once_a_year_and_not_where_nobody_is(self, world, round):
        again = {"title": "再来", "opens_on": localdate(), "closes_on": localdate(), "at": now()}
        with pytest.raises(actions.SurveyThere):
            actions.open_survey(unit=world.tong_party, year=round.year, by=world.he, **again)
        with pytest.raises(actions.BadSurvey, match="没有在任书记"):
            actions.open_survey(unit=world.branch, year=round.year, by=world.qin, **again)
        assert SurveyRound.objects.count() == 1

    def test_a_secretary_answers_on_a_page_and_others_cannot(self, world, survey):
        url = f"/secretaries/surveys/{survey.pk}/answer/"
        given = {row["code"]: f"{row['title']}做了三件事" for row in actions.criteria_of(survey)}
        assert as_user(world.tang).get(url).status_code == 404
        client = as_user(world.qin)
        partly = client.post(url, given | {"party": ""})
        assert partly.status_code == 422
        assert client.post(url, given).status_code == 302
        survey.refresh_from_db()
        assert survey.answers == given and survey.submitted_at
        with pytest.raises(actions.NotAsked):
            actions.answer_survey(survey=survey, answers=given, by=world.he, at=now())

    def test_not_after_the_last_day(self, world, survey):
        late = now() + timedelta(days=12)
        given = {row["code"]: "做了" for row in actions.criteria_of(survey)}
        with pytest.raises(actions.SurveyClosed):
            actions.answer_survey(survey=survey, answers=given, by=world.qin, at=late)

    def test_who_sees_which(self, world, round, survey):
        seen = {
            who: SecretarySurvey.objects.visible_to(getattr(world, who)).count()
            for who in ("he", "qin", "tang", "gao", "wang", "ann")
        }
        assert seen == {"he": 4, "qin": 1, "tang": 1, "gao": 0, "wang": 0, "ann": 0}
        assert as_user(world.qin).get(f"/secretaries/surveys/rounds/{round.pk}/").status_code == 404

    def test_the_round_costs_few_queries(self, world, round, django_assert_max_num_queries):
        client = as_user(world.he)
        client.get(f"/secretaries/surveys/rounds/{round.pk}/")
        with django_assert_max_num_queries(8):
            client.get(f"/secretaries/surveys/rounds/{round.pk}/")


@pytest.mark.mission("S4.26")
class TestGrading:
    def test_marks_suggest_and_a_person_decides(self, world, survey):
        world.person("second", "另一位组织员", world.tong_party, "organiser")
        mark(world, survey)
        mark(world, survey, 0.6, by=User.objects.get(username="second"))
        hint = queries.suggestion(survey, survey.marks.all())
        assert (hint.grade, hint.points) == ("competent", 80.0)
        assert hint.why == "2 人评分：100、60，平均 80 分；“称职”从 75 分起。"
        grade(world, survey, "basic", "班子不团结，群众意见大")
        survey.refresh_from_db()
        assert (survey.grade, survey.decided_by) == ("basic", world.he)
        page = as_user(world.qin).get(f"/secretaries/surveys/{survey.pk}/").content.decode()
        assert "基本称职" in page and "班子不团结" in page and "2 人评分" not in page

    def test_edges_of_the_grades(self, world, survey):
        rules, grades = actions.criteria_of(survey), in_force("grades", localdate())
        for total, expected in [(90, "excellent"), (89, "competent"), (75, "competent"),
                                (74, "basic"), (60, "basic"), (59, "poor"), (0, "poor")]:  # fmt: skip
            one = type("Mark", (), {"points": {"party": total}})
            assert queries.suggested(rules, grades, [one]).grade == expected
        assert queries.suggested(rules, grades, []) is None

    def test_it_rejects_no_marks_no_reason_unknown_and_twice(self, world, survey):
        with pytest.raises(actions.NotMarked):
            grade(world, survey)
        mark(world, survey)
        with pytest.raises(actions.ThinReason):
            grade(world, survey, reason="好")
        with pytest.raises(actions.BadGrade):
            grade(world, survey, "superb")
        grade(world, survey)
        with pytest.raises(actions.GradedAlready):
            grade(world, survey)

    def test_nobody_grades_themselves_or_their_peers(self, world, round, survey):
        for who in ("qin", "tang", "liu"):
            with pytest.raises(actions.NotKeeper):
                mark(world, survey, by=getattr(world, who))
        Post.objects.create(
            user=world.qin, org=world.tong_party, role="organiser", region=world.tong
        )
        with pytest.raises(actions.NotKeeper, match="自己"):
            mark(world, survey, by=User.objects.get(pk=world.qin.pk))


@pytest.mark.mission("S4.26")
class TestRemoval:
    def remove(self, world, survey, reason="poor", text="连续两年排名末位，整改无效", by=None):
        return actions.remove_secretary(
            post=survey.post, survey=survey, reason=reason, text=text, by=by or world.he, at=now()
        )

    def test_a_grade_leads_to_it_and_the_post_ends(self, world, survey):
        mark(world, survey, 0.4)
        grade(world, survey, "poor")
        survey.refresh_from_db()
        form = {"reason": "poor", "text": "不称职，整改无效"}
        answer = as_user(world.he).post(f"/secretaries/surveys/{survey.pk}/remove/", form)
        assert answer.status_code == 302
        removal = Removal.objects.get()
        assert (removal.unit, removal.survey, removal.reason) == (world.branch, survey, "poor")
        assert not Post.objects.held_on(localdate()).filter(role="secretary", org=world.branch)
        assert Notice.objects.filter(user=world.qin, title__contains="不再担任").exists()
        entry = world.branch.log.get(kind="assessment", text__contains="免去秦岚")
        assert "整改无效" not in entry.text
        page = as_user(world.he).get("/secretaries/removals/").content.decode()
        assert "不称职，整改无效" in page and "其中因评定为基本称职、不称职的 1 名" in page

    def test_it_rejects_without_that_grade_for_oneself_and_from_below(self, world, survey):
        with pytest.raises(actions.NoGround):
            self.remove(world, survey)
        mark(world, survey)
        grade(world, survey)
        survey.refresh_from_db()
        with pytest.raises(actions.NoGround):
            self.remove(world, survey)
        for who in ("qin", "gao", "yue"):
            with pytest.raises(actions.NotKeeper):
                self.remove(world, survey, "moved", by=getattr(world, who))
        assert Post.objects.held_on(localdate()).filter(role="secretary", org=world.branch)

    def test_another_reason_needs_no_grade(self, world, survey):
        removal = actions.remove_secretary(
            post=survey.post, reason="health", text="本人提出，组织同意", by=world.tang, at=now()
        )
        assert removal.survey is None and removal.year == localdate().year
        with pytest.raises(actions.NotASecretary):
            self.remove(world, survey, "moved")

    def test_a_page_for_reasons_without_a_survey(self, world, village):
        form = {
            "unit": world.branch.pk, "user": "qin", "reason": "moved", "text": "调任街道工作",
        }  # fmt: skip
        client, url = as_user(world.he), "/secretaries/removals/new/"
        wrong = client.post(url, form | {"user": "wang"})
        assert wrong.status_code == 422 and "现在不是" in wrong.content.decode()
        assert client.post(url, form | {"reason": "poor"}).status_code == 422
        assert as_user(world.yue).post(url, form).status_code == 422
        assert not Removal.objects.exists()
        assert client.post(url, form).status_code == 302
        assert Removal.objects.get().reason == "moved"

    def test_a_hundred_and_thirty_one_are_counted_out_of_all(self, world, round):
        """S4.26: 131 secretaries graded 基本称职 or 不称职 were taken out; others for other reasons."""
        for n in range(140):
            unit = Org.objects.create(
                name=f"支部{n}", kind="party", region=world.pine, parent=world.pine_party
            )
            world.person(f"s{n}", f"书记{n}", unit, "secretary")
        assert actions.ask_missing(round=round, at=now()) == 140
        rows = SecretarySurvey.objects.filter(unit__name__startswith="支部").select_related(
            "post", "round"
        )
        for n, one in enumerate(rows.order_by("pk")):
            if n < 131:
                one.grade, one.reason = ("poor" if n % 3 else "basic"), "评定理由"
                one.save()
            Removal.objects.create(
                post=one.post, unit=one.post.org, year=round.year, survey=one if n < 131 else None,
                reason=one.grade or "moved", text="理由", on=localdate(), decided_by=world.he,
                at=now(),
            )  # fmt: skip
        counts = queries.removal_counts(Removal.objects.visible_to(world.he))
        assert (counts["all"], counts["graded"], counts["moved"]) == (140, 131, 9)
        assert counts["poor"] + counts["basic"] == 131
        assert Removal.objects.visible_to(world.yue).count() == 0
