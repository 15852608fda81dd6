"""民主评议 in its order with figures that agree, talks, medals, birthdays."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import now

from tongxin.accounts.models import AuditEntry, Notice
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.meetings import actions, queries
from tongxin.meetings.models import HeartTalk, Medal, Review, ReviewResult
from tongxin.orgs.models import LogEntry
from tongxin.testing import NOON

from .people import DAY, browser, jpeg

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


@pytest.fixture
def review(world) -> Review:
    """A review of three: Wang, Zhao and Chen."""
    world.member(world.chen, world.branch, full_on=date(2010, 7, 1))
    return actions.open_review(unit=world.branch, year=2026, by=world.qin, at=NOON)


def row_of(review, user) -> ReviewResult:
    return review.results.get(membership__person__user=user)


def appraised(world, review):
    for user in (world.wang, world.zhao, world.chen):
        actions.appraise_self(
            review=review,
            user=user,
            text="坚持学习，服务居民还不够主动。",
            grade="qualified",
            at=NOON,
        )
    return actions.start_mutual(review=review, by=world.qin, at=NOON)


def tallied(world, review, **wrong):
    appraised(world, review)
    actions.finish_mutual(review=review, by=world.qin, at=NOON)
    votes = {row.pk: (1, 2, 0, 0) for row in review.results.all()}
    given = {"issued": 3, "returned": 3, "votes": votes} | wrong
    return actions.tally(review=review, by=world.qin, at=NOON, **given)


class TestOrder:
    @pytest.mark.mission("S4.9")
    def test_steps_follow_each_other(self, world, review):
        for early in (
            lambda: actions.finish_mutual(review=review, by=world.qin, at=NOON),
            lambda: actions.tally(
                review=review, issued=3, returned=3, votes={}, by=world.qin, at=NOON
            ),
            lambda: actions.settle(review=review, grades={}, by=world.qin, at=NOON),
        ):
            with pytest.raises(actions.StepSkipped) as refusal:
                early()
            assert "还不能" in str(refusal.value)
        tallied(world, review)
        assert Review.objects.get().step == "settle"
        with pytest.raises(actions.StepSkipped, match="已结束"):
            actions.appraise_self(
                review=review, user=world.wang, text="再改一改", grade="excellent", at=NOON
            )

    def test_everybody_appraises_themselves_or_is_excused(self, world, review):
        actions.appraise_self(
            review=review, user=world.wang, text="认真学习", grade="qualified", at=NOON
        )
        with pytest.raises(actions.StepUnfinished) as refusal:
            actions.start_mutual(review=review, by=world.qin, at=NOON)
        assert "2 人" in str(refusal.value)
        actions.excuse(result=row_of(review, world.zhao), by=world.qin, at=NOON, reason="住院")
        actions.paper_self(result=row_of(review, world.chen), by=world.qin, at=NOON, grade="basic")
        assert actions.start_mutual(review=review, by=world.qin, at=NOON).step == "mutual"

    def test_one_review_a_year(self, world, review):
        with pytest.raises(actions.ReviewHeld):
            actions.open_review(unit=world.branch, year=2026, by=world.qin, at=NOON)

    def test_only_by_who_keeps_the_register(self, world, review):
        for who in (world.yue, world.wang, world.ann):
            with pytest.raises(actions.NotYours):
                actions.start_mutual(review=review, by=who, at=NOON)


class TestTally:
    @pytest.mark.parametrize("votes", [(1, 1, 0, 0), (3, 1, 0, 0), (0, 0, 0, 0)])
    def test_votes_are_as_many_as_were_returned(self, world, review, votes):
        wrong = {row.pk: votes for row in review.results.all()}
        with pytest.raises(actions.TallyWrong) as refusal:
            tallied(world, review, votes=wrong)
        assert f"合计 {sum(votes)}" in str(refusal.value)
        assert Review.objects.get().step == "tally"

    def test_no_more_come_back_than_went_out(self, world, review):
        with pytest.raises(actions.TallyWrong, match="多于发出"):
            tallied(world, review, issued=2)

    def test_nobody_is_left_out(self, world, review):
        with pytest.raises(actions.TallyWrong):
            tallied(world, review, votes={})


class TestGrades:
    def settle(self, world, review, excellent: int):
        rows = list(tallied(world, review).results.order_by("pk"))
        grades = {
            row.pk: "excellent" if n < excellent else "qualified" for n, row in enumerate(rows)
        }
        return actions.settle(review=review, grades=grades, by=world.qin, at=NOON)

    def test_a_third_may_be_excellent(self, world, review):
        assert self.settle(world, review, 1).step == "done"
        entry = LogEntry.objects.get(kind="assessment")
        assert "参评 3 人" in entry.text
        assert "王芳" not in entry.text

    def test_more_than_a_third_may_not(self, world, review):
        with pytest.raises(actions.TooManyExcellent) as refusal:
            self.settle(world, review, 2)
        assert "最多 1 人" in str(refusal.value)
        assert not ReviewResult.objects.exclude(grade="").exists()


class TestWhoSees:
    def test_oneself_and_the_registrar(self, world, review):
        tallied(world, review)
        visible = ReviewResult.objects.visible_to
        assert visible(world.qin).count() == visible(world.tang).count() == 3
        assert [row.membership.person.name for row in visible(world.wang)] == ["王芳"]
        for who in (world.yue, world.ann, world.liu):
            assert not visible(who).exists()

    def test_what_one_wrote_is_sealed_and_looked_at_for_a_reason(self, world, review):
        appraised(world, review)
        row = row_of(review, world.wang)
        assert "坚持学习" not in row.self_sealed
        assert "坚持学习" in actions.open_self(result=row, by=world.wang, reason="", at=NOON)
        with pytest.raises(Invalid):
            actions.open_self(result=row, by=world.qin, reason="看", at=NOON)
        actions.open_self(result=row, by=world.qin, reason="支委会研究等次", at=NOON)
        assert AuditEntry.objects.get(action="review.self").actor == world.qin
        with pytest.raises(NotPermitted):
            actions.open_self(result=row, by=world.zhao, reason="支委会研究等次", at=NOON)

    def test_the_page_of_a_review(self, world, review):
        url = f"/meetings/reviews/{review.pk}/"
        assert "还有 3 人没有自评" in browser(world.qin).get(url).content.decode()
        for who in (world.wang, world.yue, world.ann):
            assert browser(who).get(url).status_code == 404

    def test_through_the_door(self, world, review):
        qin, url = browser(world.qin), f"/meetings/reviews/{review.pk}/"
        own = {"text": "学习认真，服务还要更主动。", "grade": "qualified"}
        for who in (world.wang, world.zhao, world.chen):
            assert browser(who).post(f"{url}self/", own).status_code == 302
        assert browser(world.sun).get(f"{url}self/").status_code == 404
        qin.post(f"{url}next/", {"to": "mutual"})
        qin.post(f"{url}next/", {"to": "tally"})
        rows = list(review.results.order_by("pk"))
        given = {"issued": 3, "returned": 3}
        for row in rows:
            names = ("excellent", "qualified", "basic", "unqualified")
            given |= {f"{name}_{row.pk}": n for name, n in zip(names, (1, 2, 0, 0), strict=True)}
        wrong = qin.post(url, given | {f"basic_{rows[0].pk}": 1})
        assert wrong.status_code == 422
        assert "票数合计 4" in wrong.content.decode()
        assert qin.post(url, given).status_code == 302
        assert qin.post(url, {f"grade_{row.pk}": "qualified" for row in rows}).status_code == 302
        assert Review.objects.get().step == "done"
        assert "合格" in browser(world.wang).get("/meetings/mine/").content.decode()


class TestTalks:
    def talk(self, world, **more):
        given = {
            "unit": world.branch, "who": world.wang_member.person, "by": world.qin, "at": NOON,
            "whom": world.zhao_member.person, "on": date(2026, 3, 1), "note": "约定下月再谈",
        }  # fmt: skip
        return actions.record_talk(**given | more)

    def test_who_and_when_and_a_sealed_note(self, world):
        talk = self.talk(world)
        assert "约定" not in talk.note_sealed
        assert actions.open_talk(talk=talk, by=world.wang, reason="", at=NOON) == "约定下月再谈"
        with pytest.raises(NotPermitted):
            actions.open_talk(talk=talk, by=world.yue, reason="想看一看", at=NOON)
        assert not HeartTalk.objects.visible_to(world.yue).exists()
        assert HeartTalk.objects.visible_to(world.zhao).count() == 1

    def test_the_two_read_the_note_on_a_page_of_their_own(self, world):
        address = f"/meetings/talks/{self.talk(world).pk}/"
        for who in (world.wang, world.zhao):
            client = browser(who)
            assert address in client.get("/meetings/mine/").content.decode()
            page = client.get(address).content.decode()
            assert "约定下月再谈" in page and 'class="phone' in page
        assert not AuditEntry.objects.filter(action="talk.note").exists()

    def test_who_keeps_the_register_reads_it_for_a_reason_only(self, world):
        address = f"/meetings/talks/{self.talk(world).pk}/"
        qin = browser(world.qin)
        assert address in qin.get("/meetings/reviews/").content.decode()
        assert "约定" not in qin.get(address).content.decode()
        refused = qin.post(address, {"reason": "看"})
        assert refused.status_code == 422 and "约定" not in refused.content.decode()
        assert "约定下月再谈" in qin.post(address, {"reason": "核对谈话情况"}).content.decode()
        entry = AuditEntry.objects.get(action="talk.note")
        assert (entry.actor, entry.reason) == (world.qin, "核对谈话情况")

    def test_nobody_else_finds_it(self, world):
        address = f"/meetings/talks/{self.talk(world).pk}/"
        member = world.person("wei", "魏同志", world.branch, "commissioner")
        for who in (world.yue, world.sun, world.ann, world.liu, member):
            client = browser(who)
            assert client.get(address).status_code == 404
            assert client.post(address, {"reason": "想看一看内容"}).status_code == 404
        page = browser(member).get("/meetings/reviews/").content.decode()
        assert "王芳 — 赵磊" in page and address not in page

    def test_refusals(self, world):
        self.talk(world)
        with pytest.raises(actions.TalkTwice):
            self.talk(world)
        with pytest.raises(actions.TalkTwice):
            self.talk(world, whom=world.wang_member.person)
        with pytest.raises(Invalid):
            self.talk(world, on=date(2026, 3, 3))
        with pytest.raises(actions.NotYours):
            self.talk(world, by=world.sun, on=date(2026, 2, 1))
        assert HeartTalk.objects.count() == 1

    def test_the_page(self, world):
        given = {"who": world.wang_member.person.pk, "whom": world.zhao_member.person.pk,
                 "on": now().date()}  # fmt: skip
        assert browser(world.qin).post("/meetings/talks/new/", given).status_code == 302
        page = browser(world.qin).get("/meetings/reviews/").content.decode()
        assert "王芳 — 赵磊" in page
        assert browser(world.wang).get("/meetings/talks/new/").status_code == 404


class TestMedal:
    """Fifty full years, to the day."""

    def member(self, world, full_on: date):
        world.wang_member.full_on = full_on
        world.wang_member.admitted_on = full_on - timedelta(days=365)
        world.wang_member.save()
        return world.wang_member

    def list(self, world, row):
        return actions.list_for_medal(membership=row, by=world.qin, at=NOON)

    @pytest.mark.mission("S2.14")
    def test_fifty_years_on_the_day(self, world):
        medal = self.list(world, self.member(world, date(1976, 3, 2)))
        assert medal.eligible_on == date(2026, 3, 2)
        with pytest.raises(actions.MedalGiven):
            self.list(world, world.wang_member)

    @pytest.mark.mission("S2.14")
    def test_forty_nine_years_are_refused_with_the_day(self, world):
        with pytest.raises(actions.NotYetFifty) as refusal:
            self.list(world, self.member(world, date(1976, 3, 3)))
        assert "党龄 49 年，2026 年 3 月 3 日满 50 年" in str(refusal.value)
        assert not Medal.objects.exists()

    @pytest.mark.parametrize(
        ("start", "on", "years"),
        [
            (date(1976, 2, 29), date(2026, 2, 28), 49),
            (date(1976, 2, 29), date(2026, 3, 1), 50),
            (date(1976, 7, 1), date(2026, 6, 30), 49),
            (date(1976, 7, 1), date(2026, 7, 1), 50),
        ],
    )
    def test_full_years(self, start, on, years):
        assert queries.full_years(start, on) == years
        assert (queries.jubilee(start, 50) <= on) == (years == 50)

    def test_years_count_from_full_membership(self, world):
        """党章第七条: not from the admission a year before."""
        row = self.member(world, date(1976, 9, 1))
        assert row.admitted_on < date(1976, 3, 2)
        with pytest.raises(actions.NotYetFifty):
            self.list(world, row)
        board = queries.medal_board(world.branch, NOON.date())
        assert board["due"] == []
        assert [one["full_on"] for one in board["soon"]] == [date(2026, 9, 1)]

    def test_the_list_is_computed(self, world):
        self.member(world, date(1970, 1, 1))
        due = queries.medal_board(world.tong_party, NOON.date())["due"]
        assert [(one["membership"].person.name, one["years"]) for one in due] == [("王芳", 56)]

    @pytest.mark.mission("S2.14")
    def test_delivery_needs_its_proof(self, world):
        medal = self.list(world, self.member(world, date(1970, 1, 1)))
        given = {"medal": medal, "on": NOON.date(), "place": "本人家中", "deliverer": "秦岚",
                 "what": "signature", "by": world.qin, "at": NOON}  # fmt: skip
        with pytest.raises(actions.NoProof) as refusal:
            actions.deliver_medal(proof=[], **given)
        assert "签收单" in str(refusal.value)
        assert Medal.objects.get().delivered_on is None
        with pytest.raises(Invalid):
            actions.deliver_medal(proof=[b"no picture"], **given)
        assert Medal.objects.get().delivered_on is None
        medal = actions.deliver_medal(proof=[jpeg()], **given)
        assert medal.photos.count() == 1
        with pytest.raises(actions.MedalGiven):
            actions.deliver_medal(proof=[jpeg()], **given)
        assert LogEntry.objects.filter(kind="honour").count() == 1

    def test_through_the_door(self, world):
        row, qin = self.member(world, date(1970, 1, 1)), browser(world.qin)
        assert "列入名单" in qin.get("/meetings/honours/").content.decode()
        assert browser(world.yue).post(f"/meetings/medals/list/{row.pk}/").status_code == 404
        qin.post(f"/meetings/medals/list/{row.pk}/")
        url = f"/meetings/medals/{Medal.objects.get().pk}/"
        given = {"on": now().date(), "place": "家中", "deliverer": "秦岚", "what": "scene"}
        answer = qin.post(url, given)
        assert answer.status_code == 422
        assert "请上传颁发照片或签收单" in answer.content.decode()
        photo = SimpleUploadedFile("a.jpg", jpeg(), "image/jpeg")
        assert qin.post(url, given | {"photos": photo}).status_code == 302
        assert Medal.objects.get().delivered_on
        assert browser(world.yue).get(url).status_code == 404


class TestBirthdays:
    @pytest.mark.mission("S2.13")
    def test_the_secretary_a_week_ahead_and_the_member_on_the_day(self, world):
        world.wang_member.admitted_on = date(2000, 3, 9)
        world.wang_member.save()
        assert actions.remind_birthdays(at=NOON) == 1
        assert actions.remind_birthdays(at=NOON) == 0
        told = Notice.objects.get(user=world.qin)
        assert "王芳 3 月 9 日入党 26 周年" in told.text
        assert not Notice.objects.filter(user=world.wang).exists()
        assert actions.remind_birthdays(at=NOON + 7 * DAY) == 1
        assert "入党 26 周年" in Notice.objects.get(user=world.wang).text
        assert actions.remind_birthdays(at=NOON + 8 * DAY) == 0
        assert actions.remind_birthdays(at=NOON + 365 * DAY) == 1

    def test_the_29th_of_february_is_kept_on_the_28th(self, world):
        world.wang_member.admitted_on = date(2000, 2, 29)
        world.wang_member.save()
        assert actions.remind_birthdays(at=NOON - 2 * DAY) == 1  # the 28th of February 2026
        assert Notice.objects.filter(user=world.wang).exists()

    def test_the_month_is_listed(self, world):
        world.wang_member.admitted_on = date(2000, 3, 9)
        world.wang_member.save()
        rows = queries.birthdays(world.branch, NOON.date())
        assert [(one["day"], one["years"]) for one in rows] == [(9, 26)]


@pytest.mark.mission("S2.11", "S2.12")
def test_oaths_are_meetings_of_their_own_rule(world):
    from .people import approved

    oath = approved(
        world,
        kind="renew_oath",
        venue_kind="red_site",
        venue="大沽口炮台遗址",
        title="重温入党誓词",
    )
    assert oath.rule.norm.startswith("结合主题党日")
    page = browser(world.qin).get("/meetings/honours/").content.decode()
    assert "重温入党誓词" in page
    lacking = queries.rule_check(queries.just(world.north_party), date(2026, 3, 20))
    assert [one.kind for one in lacking] == ["oath"]  # new members are sworn in every year
