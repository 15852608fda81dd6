"""Surveys: known samples give known margins; answers are nobody's; small numbers stay hidden."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils.timezone import localdate, now

from tongxin.kit.errors import NotPermitted
from tongxin.kit.tables import read_table
from tongxin.taking_part import actions
from tongxin.taking_part.actions.surveys import BadSurvey, TokenUsed, WrongStage
from tongxin.taking_part.models import Answer, AnswerText, Invite, Questionnaire
from tongxin.taking_part.queries import surveys as asked
from tongxin.taking_part.queries.estimates import (
    Sampled,
    allocate,
    grouped,
    margin_before,
    size_for,
    stratified_mean,
    stratified_share,
    suppress,
    wilson,
)
from tongxin.taking_part.queries.surveys import BadAnswer, NoSuchToken, StillOpen, token_of
from tongxin.testing import NOON

DAY = localdate(NOON)
GIVEN = {"q1": "5", "q2": "4", "q3": "4", "q4": "3", "q5": "5", "q6": "a1", "q7": "多种点树"}


class TestArithmetic:
    @pytest.mark.mission("S3.18")
    def test_known_samples_have_known_margins(self):
        assert margin_before(370, 10_000) == pytest.approx(0.05, abs=0.0005)
        assert margin_before(1067, 10**9) == pytest.approx(0.03, abs=0.0005)
        assert margin_before(50, 50) == 0.0  # everybody was asked
        assert size_for(0.05, 10_000) == 370 and size_for(0.05, 10**9) == 385
        assert size_for(0.05, 500) == 218 and size_for(0.05, 3) == 3

    def test_wilson_of_textbooks(self):
        assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
        assert wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
        assert wilson(0.9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)

    def test_a_stratified_mean_by_hand(self):
        """W = (.8, .2); variances (1−4/80)·(4/3)/4 and (1−2/20)·2/2: se² = .64·.31667 + .04·.9."""
        found = stratified_mean([Sampled(80, [1, 3, 3, 1]), Sampled(20, [4, 2])])
        assert found is not None and found.value == pytest.approx(0.8 * 2 + 0.2 * 3)
        assert found.margin == pytest.approx(
            1.959964 * (0.64 * 0.316667 + 0.04 * 0.9) ** 0.5, rel=1e-5
        )

    def test_a_share_of_one_stratum_is_wilson_with_its_correction(self):
        """100 of 10,000: s² = n·p·q/(n−1), so n_eff = (n − 1)/(1 − n/N) = 100.0."""
        found = stratified_share([Sampled(10_000, [1.0] * 50 + [0.0] * 50)])
        assert found is not None
        assert (found.low, found.high) == pytest.approx(wilson(0.5, 99 / 0.99), abs=1e-9)
        nobody = stratified_share([Sampled(40, [0.0] * 40)])
        assert nobody is not None and nobody.high < 1e-6  # all were asked: nothing is uncertain
        assert stratified_share([Sampled(40, [])]) is None

    def test_a_stratum_without_answers_is_said(self):
        found = stratified_mean([Sampled(75, [1, 2]), Sampled(25, [])])
        assert found is not None and found.covered == 0.75

    def test_shares_of_a_sample_add_up(self):
        assert allocate(100, {1: 500, 2: 300, 3: 200}) == {1: 50, 2: 30, 3: 20}
        found = allocate(10, {1: 1000, 2: 3, 3: 997})
        assert found == {1: 5, 2: 3, 3: 5}
        assert sum(allocate(7, {1: 333, 2: 333, 3: 334}, least=0).values()) == 7

    @pytest.mark.parametrize("counts", [
        [20, 3, 40], [1, 50, 60], [2, 2, 30], [4, 4, 30], [0, 3, 9], [7, 8, 9], [1, 1, 1], [3, 0, 0],
    ])  # fmt: skip
    def test_no_subtraction_finds_a_small_cell(self, counts):
        shown = suppress(counts)
        hidden = [n for n, seen in zip(counts, shown, strict=True) if seen is None]
        assert all(seen is None or seen == n for n, seen in zip(counts, shown, strict=True))
        assert all(seen is None for n, seen in zip(counts, shown, strict=True) if 0 < n < 5)
        others = sum(n > 0 for n, seen in zip(counts, shown, strict=True) if seen is not None)
        assert not hidden or (len(hidden) > 1 and sum(hidden) >= 5) or others == 0

    def test_places_are_merged_until_nobody_stands_out(self):
        assert grouped({"a": 30, "b": 3, "c": 4}) == (["a"], ["b", "c"])
        assert grouped({"a": 30, "b": 9, "c": 4}) == (["a"], ["c", "b"])
        assert grouped({"a": 3}) == ([], [])


@pytest.fixture
def survey(rules) -> Questionnaire:
    """A survey of North: thirty of Pine's 600 households, ten of Reed's 200."""
    one = actions.make_survey(
        region=rules.north, title="满意度调查", wave="2026 春", opens_on=DAY,
        closes_on=DAY + timedelta(days=9), template="satisfaction", by=rules.liu, at=NOON,
    )  # fmt: skip
    return actions.draw_sample(
        one, populations={rules.pine.pk: 600, rules.reed.pk: 200}, total=40, by=rules.liu, at=NOON
    )


@pytest.fixture
def running(rules, survey) -> Questionnaire:
    return actions.open_survey(survey, by=rules.liu, at=NOON)


def answers(survey, community, *scores: int, words: str = "") -> None:
    """Answer by the tokens of a community that are left: each score to every scale question."""
    left = Invite.objects.filter(stratum__questionnaire=survey, stratum__community=community, is_used=False)  # fmt: skip
    for invite, score in zip(left.order_by("n"), scores, strict=False):
        given = {f"q{n}": str(score) for n in range(1, 6)} | {"q6": "a1", "q7": words}
        actions.answer_by_token(token_of(invite.pk), given, at=NOON)


@pytest.mark.mission("S3.18")
def test_a_sample_is_asked_and_its_index_has_its_margin(rules, running):
    plan = asked.plan_of(running)
    assert [row["wanted"] for row in plan.rows] == [30, 10] and plan.margin == 15.1
    with pytest.raises(StillOpen):
        asked.results_of(running)
    answers(running, rules.pine, *[5] * 10, *[3] * 10)
    answers(running, rules.reed, *[1] * 5)
    one = actions.close_survey(running, by=rules.liu, at=NOON + timedelta(days=1))
    found = asked.results_of(one)
    assert (found.n, found.asked, found.rate, found.covered) == (25, 40, 62.5, 100.0)
    assert found.index is not None and found.index["value"] == pytest.approx(0.75 * 75, abs=0.05)
    # s² of ten 100s and ten 50s is 657.89; W² (1 − n/N) s²/n = .5625 · .96667 · 32.8947
    assert found.index["margin"] == pytest.approx(
        1.959964 * (0.5625 * 0.966667 * 32.8947) ** 0.5, abs=0.05
    )
    assert [(row["name"], row["n"]) for row in found.places] == [("松社区", 20), ("苇社区", 5)]
    assert sum(row["share"] for row in found.index["weights"]) == 100
    first = found.questions[0]
    assert [row["n"] for row in first["rows"]] == [10, 0, 10, 0, 5]


def test_nothing_leads_from_an_answer_to_its_token(rules, running):
    answers(running, rules.pine, 5, words="多种点树")
    answer, words = Answer.objects.get(), AnswerText.objects.get()
    names = {f.name for f in Answer._meta.get_fields()}
    assert names == {"id", "questionnaire", "community", "way", "values"}
    assert {f.name for f in AnswerText._meta.get_fields()} == {"id", "questionnaire", "question", "text"}  # fmt: skip
    assert answer.id.version == 4 and "q7" not in answer.values and words.text == "多种点树"
    assert {f.name for f in Invite._meta.get_fields()} == {"id", "stratum", "n", "is_used"}
    before = {answer.pk, words.pk}
    actions.close_survey(running, by=rules.liu, at=NOON)
    assert not before & {Answer.objects.get().pk, AnswerText.objects.get().pk}


def test_what_is_refused(rules, running):
    token = token_of(Invite.objects.order_by("pk")[0].pk)
    with pytest.raises(BadAnswer):
        actions.answer_by_token(token, GIVEN | {"q2": "9"}, at=NOON)
    with pytest.raises(BadAnswer):
        actions.answer_by_token(token, GIVEN | {"q1": ""}, at=NOON)
    assert not Invite.objects.filter(is_used=True).exists()
    actions.answer_by_token(token.upper(), GIVEN, at=NOON)
    with pytest.raises(TokenUsed):
        actions.answer_by_token(token, GIVEN, at=NOON)
    for bad in ("", "zz", f"{token}0", f"1-{'0' * 12}", "-1-aaaaaaaaaaaa"):
        with pytest.raises(NoSuchToken):
            actions.answer_by_token(bad, GIVEN, at=NOON)
    other = token_of(Invite.objects.order_by("pk")[1].pk)
    with pytest.raises(WrongStage):
        actions.answer_by_token(other, GIVEN, at=NOON + timedelta(days=30))
    with pytest.raises(WrongStage):
        actions.answer_openly(running, GIVEN, at=NOON)
    with pytest.raises(WrongStage):
        actions.add_question(running, kind="text", text="再问", by=rules.liu, at=NOON)
    assert Answer.objects.count() == 1


def test_a_grid_worker_asks_at_the_door_of_their_own_community(rules, running):
    pine = running.strata.get(community=rules.pine)
    actions.answer_at_the_door(pine, GIVEN, by=rules.mei, at=NOON)
    assert Answer.objects.get().way == "door"
    for who, stratum in ((rules.wu, pine), (rules.mei, running.strata.get(community=rules.reed))):
        with pytest.raises(NotPermitted):
            actions.answer_at_the_door(stratum, GIVEN, by=who, at=NOON)


def test_few_answers_show_nothing_and_small_places_are_merged(rules, running):
    answers(running, rules.pine, 5, 5, 4)
    one = actions.close_survey(running, by=rules.liu, at=NOON)
    found = asked.results_of(one)
    assert found.too_few and found.questions == [] and found.index is None and found.places == []


def test_the_open_link_is_shown_apart(rules, survey):
    Questionnaire.objects.filter(pk=survey.pk).update(takes_open=True)
    one = actions.open_survey(survey, by=rules.liu, at=NOON)
    answers(one, rules.pine, *[5] * 6)
    for _n in range(5):
        actions.answer_openly(one, GIVEN | {"q1": "1"}, at=NOON)
    one = actions.close_survey(one, by=rules.liu, at=NOON)
    found = asked.results_of(one)
    assert (found.n, found.opened) == (6, 5)
    assert found.questions[0]["mean"] == 5.0 and found.questions[0]["open_mean"] == 1.0


def test_a_questionnaire_is_made_without_code(rules):
    one = actions.make_survey(
        region=rules.pine, title="停车", wave="一", opens_on=DAY, closes_on=DAY, by=rules.zhang, at=NOON,
        takes_open=True,
    )  # fmt: skip
    given = {"by": rules.zhang, "at": NOON}
    with pytest.raises(BadSurvey):
        actions.open_survey(one, **given)
    with pytest.raises(BadSurvey):
        actions.add_question(one, kind="choice", text="有车吗", options=["有"], **given)
    one = actions.add_question(one, kind="choice", text="有车吗", options=["有", "没有"], **given)
    one = actions.add_question(one, kind="number", text="几辆", show_if=("q1", "a1"), **given)
    with pytest.raises(BadSurvey):
        actions.add_question(one, kind="text", text="x", show_if=("q1", "a9"), **given)
    with pytest.raises(BadSurvey):
        actions.change_question(one, "q1", how="remove", **given)
    with pytest.raises(BadSurvey):
        actions.change_question(one, "q2", how="up", **given)
    # mending keeps what conditions and later waves look at: an option is known by its words or place
    with pytest.raises(BadSurvey):
        actions.edit_question(
            one, "q1", text="有车吗", options=["没有", "不想说", "以后买"], **given
        )
    with pytest.raises(BadSurvey):
        actions.edit_question(one, "q2", text="几辆", show_if=("q2", "a1"), **given)
    with pytest.raises(BadSurvey):
        actions.edit_question(one, "q9", text="x", **given)
    one = actions.edit_question(one, "q1", text="家里有车吗", options=["有车", "没有"], **given)
    assert [(o["code"], o["text"]) for o in one.questions[0]["options"]] == [
        ("a1", "有车"),
        ("a2", "没有"),
    ]
    one = actions.open_survey(one, **given)
    with pytest.raises(WrongStage):
        actions.edit_question(one, "q1", text="x", options=["有车", "没有"], **given)
    actions.answer_openly(one, {"q1": "a2", "q2": "7"}, at=NOON)
    assert Answer.objects.get().values == {"q1": "a2"}  # not asked, not kept
    with pytest.raises(NotPermitted):
        actions.make_survey(region=rules.pine, title="x", wave="x", opens_on=DAY, closes_on=DAY, by=rules.wu, at=NOON)  # fmt: skip


def test_time_ends_a_survey_and_forgets_its_words(rules, running):
    answers(running, rules.pine, 5, words="很好")
    assert actions.surveys_due(at=NOON + timedelta(days=5)) == 0
    assert actions.taking_part_due(at=NOON + timedelta(days=11)) == 1
    running.refresh_from_db()
    assert running.state == "closed" and AnswerText.objects.count() == 1
    assert actions.surveys_due(at=NOON + timedelta(days=250)) == 1
    assert AnswerText.objects.count() == 0 and Answer.objects.count() == 1


class TestPages:
    def test_a_sample_is_shared_out_over_the_communities_of_the_area(self, rules, as_):
        day = localdate()
        sent = {
            "region": rules.north.pk, "template": "wellbeing", "title": "幸福指数", "wave": "一", "intro": "",
            "opens_on": str(day), "closes_on": str(day), "key": "k",
        }  # fmt: skip
        liu = as_(rules.liu)
        assert (
            liu.post("/taking-part/desk/surveys/new/", sent | {"region": rules.tong.pk}).status_code
            == 422
        )
        desk = liu.post("/taking-part/desk/surveys/new/", sent).url
        assert "松社区" in liu.get(f"{desk}sample/").content.decode()
        shares = {"total": 40, f"c{rules.pine.pk}": 600, f"c{rules.reed.pk}": 200}
        assert liu.post(f"{desk}sample/", shares).url == desk
        assert "15.1" in liu.get(desk).content.decode()
        assert (
            liu.post(desk, {"kind": "choice", "text": "有车吗", "options": "有"}).status_code == 422
        )
        assert liu.post(desk, {"kind": "text", "text": "还有什么", "options": ""}).url == desk
        mend = liu.get(f"{desk}?edit=q7").context["form"]
        assert "kind" not in mend.fields and mend.initial["text"] and mend.initial["show_if"] == ""
        assert liu.post(f"{desk}?edit=q7", {"text": "还想说什么"}).url == desk
        shown = liu.get(f"{desk}preview/").content.decode()
        assert "还想说什么" in shown and "预览" in shown and "提交</button>" not in shown
        assert as_(rules.wu).get(f"{desk}preview/").status_code == 404
        liu = as_(rules.liu)
        liu.post(f"{desk}do/open/")
        one = Questionnaire.objects.get()
        assert one.state == "open" and len(one.questions) == 7
        assert "邀请码" in liu.get(f"{desk}slips/").content.decode()

    def test_a_resident_answers_by_the_slip_and_only_once(self, rules, client, running):
        Questionnaire.objects.update(
            opens_on=localdate(), closes_on=localdate() + timedelta(days=3)
        )
        token = token_of(Invite.objects.order_by("pk")[0].pk)
        asking = client.post(f"/taking-part/surveys/{running.pk}/", {"token": token})
        assert asking.url == f"/taking-part/answer/{token}/"
        assert "总体满意" in client.get(asking.url).content.decode()
        assert client.post(asking.url, GIVEN | {"q1": ""}).status_code == 422
        assert "谢谢您" in client.post(asking.url, GIVEN).content.decode()
        assert "已经答过" in client.get(asking.url).content.decode()
        assert client.post(asking.url, GIVEN).status_code == 409
        wrong = client.post(f"/taking-part/surveys/{running.pk}/", {"token": "1-abc"})
        assert wrong.status_code == 422

    def test_results_are_for_all_once_published_and_words_for_who_analyses(self, rules, as_, client, running):  # fmt: skip
        answers(running, rules.pine, *[5] * 8, words="多种点树")
        actions.close_survey(running, by=rules.liu, at=NOON)
        desk = f"/taking-part/desk/surveys/{running.pk}/"
        assert client.get(f"/taking-part/surveys/{running.pk}/").status_code == 404
        assert "多种点树" in as_(rules.liu).get(desk).content.decode()
        watcher = rules.person("lin", "林", rules.north_office, "leader")
        told = as_(watcher).get(desk).content.decode()
        assert "满意度指数" in told and "多种点树" not in told
        assert as_(rules.wu).get(desk).status_code == 404
        sheet = as_(rules.liu).get(f"{desk}results.xlsx")
        table = read_table(b"".join([sheet.content]), name="a.xlsx")
        assert any(row["题目"] == "满意度指数" for _n, row in table.rows)
        assert BytesIO(sheet.content).getbuffer().nbytes > 1000
        as_(rules.liu).post(f"{desk}do/publish/")
        shown = client.get(f"/taking-part/surveys/{running.pk}/").content.decode()
        assert "满意度指数" in shown and "多种点树" not in shown

    @pytest.fixture
    def parking(self, rules) -> Questionnaire:
        """Who has a car is asked how many and where; who parks outside, why. Open to everybody today."""
        day, by = localdate(), {"by": rules.zhang, "at": now()}
        one = actions.make_survey(
            region=rules.pine, title="停车", wave="一", opens_on=day, closes_on=day, takes_open=True, **by
        )  # fmt: skip
        yes_no = {"kind": "choice", "options": ["有", "没有"]}
        actions.add_question(one, text="有车吗", **yes_no, **by)
        actions.add_question(one, kind="number", text="几辆", show_if=("q1", "a1"), **by)
        actions.add_question(
            one, kind="multi", text="停哪里", options=["小区", "路边"], show_if=("q1", "a1"), **by
        )
        actions.add_question(
            one, kind="text", text="为什么停路边", show_if=("q3", "a2"), required=False, **by
        )
        return actions.open_survey(one, **by)

    def test_a_question_is_asked_when_its_condition_holds_without_a_script_by_asking_again(
        self, client, parking
    ):
        url = f"/taking-part/surveys/{parking.pk}/open/"
        page = client.get(url).content.decode()
        assert page.count("data-asked-if") == 3 and page.count('" hidden>') == 3
        more = client.post(url, {"q1": "a1"})
        assert more.status_code == 200 and "还有 2 题" in more.content.decode()
        assert more.context["form"].asked() == ["q1", "q2", "q3"]
        shown = {"q1": "a1", "shown": ["q2", "q3"], "q2": "2", "q3": ["a2"]}
        assert "还有 1 题" in client.post(url, shown).content.decode()
        assert client.post(url, shown | {"shown": ["q2", "q3", "q4"], "q2": ""}).status_code == 422
        assert not Answer.objects.exists()
        shown |= {"shown": ["q2", "q3", "q4"], "q4": "没有车位"}
        assert "谢谢您" in client.post(url, shown).content.decode()
        assert Answer.objects.get().values == {"q1": "a1", "q2": 2.0, "q3": ["a2"]}
        assert AnswerText.objects.get().text == "没有车位"

    def test_what_is_sent_to_a_hidden_question_is_neither_judged_nor_kept(self, client, parking):
        url = f"/taking-part/surveys/{parking.pk}/open/"
        sent = {
            "q1": "a2",
            "q2": "很多",
            "q3": ["a2", "x"],
            "q4": "偷偷写",
            "shown": ["q2", "q3", "q4"],
        }
        assert "谢谢您" in client.post(url, sent).content.decode()
        assert Answer.objects.get().values == {"q1": "a2"}
        assert not AnswerText.objects.exists()
