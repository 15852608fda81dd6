"""Honours by kind and number; responsibility lists with what is late; thanks; the rules."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localdate, now

from tongxin.accounts.models import Notice
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org, Post
from tongxin.requests.actions import file_request
from tongxin.secretaries import actions, queries
from tongxin.secretaries.models import DutyItem, DutyList, Honour, Removal, Thanks
from tongxin.secretaries.rules import COLUMNS, in_force, of_version, samples

YEAR = localdate().year


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def honour(world, code="good_branch", unit=None, user=None, **given):
    given = {"reason": "服务群众有实效", "by": world.he, "issuer": world.tong_party} | given
    return actions.give_honour(
        code=code, year=YEAR, unit=unit or world.branch, user=user, at=now(), **given
    )


@pytest.mark.mission("S4.27")
class TestHonours:
    def test_ten_nine_and_twenty(self, world):
        for n in range(39):
            unit = Org.objects.create(
                name=f"支部{n}", kind="party", region=world.pine, parent=world.pine_party
            )
            if n < 10:
                user = world.person(f"s{n}", f"书记{n}", unit, "secretary")
                honour(world, "good_secretary", unit, user)
            else:
                honour(world, "good_branch" if n < 19 else "model_group", unit)
        answer = as_user(world.wang).get("/secretaries/honours/")
        assert [len(group["rows"]) for group in answer.context["groups"]] == [10, 9, 20]
        assert "好书记 10，好支部 9，示范群体 20" in answer.content.decode()

    def test_it_stands_in_the_book_of_the_unit(self, world):
        honour(world)
        assert world.branch.log.filter(kind="honour", text__contains="好支部").exists()

    @pytest.mark.parametrize(
        "given,refusal",
        [
            ({"code": "hero"}, actions.BadHonour),
            ({"code": "good_secretary"}, actions.BadHonour),
            ({"code": "good_secretary", "user": "wang"}, actions.BadHonour),
            ({"code": "good_branch", "user": "qin"}, actions.BadHonour),
            ({"issuer": "salt_branch", "by": "yue"}, actions.BadHonour),
            ({"by": "yue"}, actions.NotKeeper),
            ({"reason": "好"}, actions.ThinReason),
        ],
    )
    def test_it_rejects(self, world, given, refusal):
        named = {"user", "issuer", "by"}
        given = {k: getattr(world, v) if k in named else v for k, v in given.items()}
        with pytest.raises(refusal):
            honour(world, **given)
        assert not Honour.objects.exists()

    def test_once_a_year_and_again_after_it_was_taken_back(self, world):
        one = honour(world)
        with pytest.raises(actions.HonouredAlready):
            honour(world)
        client = as_user(world.he)
        url = f"/secretaries/honours/{one.pk}/revoke/"
        assert as_user(world.yue).post(url, {"reason": "弄虚作假"}).status_code == 403
        assert client.post(url, {"reason": "弄虚作假"}).status_code == 302
        assert not Honour.objects.public().exists()
        honour(world)

    def test_who_was_taken_out_that_year_gets_none(self, world):
        post = Post.objects.get(user=world.qin)
        Removal.objects.create(
            post=post, unit=world.branch, year=YEAR, reason="moved", text="x", on=localdate(),
            decided_by=world.he, at=now(),
        )  # fmt: skip
        with pytest.raises(actions.NotHonoured):
            honour(world, "good_secretary", user=world.qin)


@pytest.mark.mission("S0.38")
class TestDuties:
    def draw(self, world, *units, year=YEAR, by=None):
        units = units or (world.branch,)
        return actions.draw_duty_lists(units=units, year=year, by=by or world.he, at=now())

    def test_one_for_the_unit_and_one_for_its_secretary(self, world):
        assert self.draw(world) == 2
        assert self.draw(world) == 0
        owners = list(DutyList.objects.values_list("user__username", flat=True))
        assert sorted(owners, key=str) == [None, "qin"]

    def test_periods_of_next_year_are_all_asked_for(self, world):
        self.draw(world, year=YEAR + 1)
        of_unit = DutyList.objects.get(user=None)
        counts = [of_unit.items.filter(code=code).count() for code in ("plan", "study", "life")]
        assert counts == [1, 4, 12]
        assert of_unit.items.get(code="study", due=date(YEAR + 1, 6, 30)).period == "第 2 季度"
        february = of_unit.items.get(code="life", period="2 月").due
        assert (february + timedelta(days=1)).day == 1

    def test_a_secretary_reports_with_evidence_and_the_list_shows_it(self, world):
        self.draw(world)
        drawn = DutyList.objects.get(user=world.qin)
        item = drawn.items.order_by("due").first()
        url = f"/secretaries/duties/{drawn.pk}/{item.pk}/"
        client = as_user(world.qin)
        assert client.post(url, {"evidence": "做"}).status_code == 422
        assert client.post(url, {"evidence": "讲党课一次，38 人参加"}).status_code == 302
        page = client.get(f"/secretaries/duties/{drawn.pk}/").content.decode()
        assert "讲党课一次" in page and "已完成 1 项" in page
        with pytest.raises(actions.DutyDone):
            actions.report_duty(item=item, evidence="再报一次", by=world.qin, at=now())

    def test_what_is_late_is_counted_and_said(self, world):
        self.draw(world)
        item = DutyItem.objects.filter(list__user=None).first()
        DutyItem.objects.filter(pk=item.pk).update(due=localdate() - timedelta(days=40))
        rows = queries.with_progress(DutyList.objects.visible_to(world.liu), at=now())
        assert {(row.user_id, row.late) for row in rows} == {(None, 1), (world.qin.pk, 0)}
        found = queries.secretaries_check([world.branch], localdate())
        assert f"{item.title}（{item.period}）已逾期" in found[0]["sentence"]

    def test_the_unit_above_sends_it_back_with_a_reason(self, world):
        self.draw(world)
        item = DutyItem.objects.filter(list__user=world.qin).first()
        with pytest.raises(actions.DutyDone):
            actions.send_back_duty(item=item, reason="没有附照片", by=world.tang, at=now())
        actions.report_duty(item=item, evidence="已完成学习", by=world.qin, at=now())
        with pytest.raises(actions.NotKeeper):
            actions.send_back_duty(item=item, reason="没有附照片", by=world.qin, at=now())
        actions.send_back_duty(item=item, reason="没有附照片", by=world.tang, at=now())
        item.refresh_from_db()
        assert item.done_at is None and "没有附照片" in item.evidence

    def test_strangers_neither_see_nor_report(self, world):
        self.draw(world)
        drawn = DutyList.objects.get(user=world.qin)
        for who in ("yue", "wang", "sun", "ann"):
            client = as_user(getattr(world, who))
            assert client.get(f"/secretaries/duties/{drawn.pk}/").status_code == 404
        with pytest.raises(actions.NotKeeper):
            actions.report_duty(
                item=drawn.items.first(), evidence="代为填报", by=world.liu, at=now()
            )
        with pytest.raises(actions.NotKeeper):
            self.draw(world, by=world.yue)

    def test_they_are_reminded_once_before_it_is_late(self, world, village):
        self.draw(world)
        DutyItem.objects.filter(list__user=None, code="plan").update(
            due=localdate() + timedelta(days=3)
        )
        DutyItem.objects.exclude(code="plan").update(done_at=now())
        assert actions.remind_due(at=now()) >= 1
        notices = Notice.objects.filter(user=world.qin, title__contains="制定年度党建工作计划")
        assert notices.count() == 1
        actions.remind_due(at=now())
        assert notices.count() == 1

    def test_the_list_costs_few_queries(self, world, django_assert_max_num_queries):
        self.draw(world, world.branch, world.pine_party, world.north_party)
        client = as_user(world.he)
        client.get("/secretaries/duties/")
        with django_assert_max_num_queries(8):
            client.get("/secretaries/duties/")


@pytest.mark.mission("S4.52")
class TestThanks:
    def write(self, world, village, *, consent=True, key="k", case=None, **given):
        token = actions.thanks_token(village=village, to=world.ling, case=case)
        given = {"text": "帮我家修好了羊圈", "signed": "三组王女士"} | given
        return actions.send_thanks(token=token, consent=consent, at=now(), key=key, **given)

    def test_a_resident_writes_by_the_link_without_signing_in(self, world, village, first):
        token = actions.thanks_token(village=village, to=world.ling)
        client, url = Client(), f"/secretaries/thanks/{token}/"
        assert "写给柳村党支部的凌云" in client.get(url).content.decode()
        form = {"text": "谢谢凌书记", "consent": "on", "key": "one"}
        assert client.post(url, form).status_code == 302
        client.post(url, form)
        letter = Thanks.objects.get()
        assert (letter.state, letter.to) == ("waiting", world.ling)
        assert (
            "谢谢凌书记" not in client.get(f"/secretaries/thanked/{village.pk}/").content.decode()
        )

    def test_public_after_somebody_looked_and_only_by_consent(self, world, village, first):
        letter, quiet = (
            self.write(world, village),
            self.write(world, village, consent=False, key="q", text="不想公开"),
        )
        moderate = lambda one, state, by: actions.moderate_thanks(  # noqa: E731
            thanks=one, state=state, by=by, at=now()
        )
        with pytest.raises(actions.NoConsent):
            moderate(quiet, "public", world.bai)
        with pytest.raises(actions.NotKeeper):
            moderate(letter, "public", world.ling)
        with pytest.raises(actions.NotKeeper):
            moderate(letter, "public", world.yue)
        moderate(letter, "public", world.bai)
        moderate(quiet, "kept", world.bai)
        with pytest.raises(actions.LookedAt):
            moderate(letter, "kept", world.bai)
        page = Client().get(f"/secretaries/thanked/{village.pk}/").content.decode()
        assert "帮我家修好了羊圈" in page and "不想公开" not in page
        assert village.log.filter(text__contains="感谢信").count() == 2

    def test_it_is_kept_with_its_case(self, world, village, first):
        case = file_request(
            text="羊圈漏雨", at=now(), actor=world.sun, topic=world.tap, region=world.salt
        )
        client, card = as_user(world.wu), f"/secretaries/village/{village.pk}/card/"
        assert client.get(card, {"case": case.number}).status_code == 404
        Post.objects.create(
            user=world.ling, org=world.salt_office, role="dispatcher", region=world.salt
        )
        client = as_user(world.ling)
        assert client.get(card, {"case": "BX0"}).status_code == 404
        page = client.get(card, {"case": case.number})
        assert case.number in page.content.decode()
        url = page.context["url"].removeprefix("http://testserver")
        assert case.title in Client().get(url).content.decode()
        Client().post(url, {"text": "谢谢修好", "key": "c"})
        assert list(case.thanks.values_list("text", flat=True)) == ["谢谢修好"]
        assert case.number in as_user(world.bai).get("/secretaries/letters/").content.decode()

    def test_it_rejects_a_changed_link_numbers_of_persons_and_a_flood(
        self, world, village, first, monkeypatch
    ):
        token = actions.thanks_token(village=village, to=world.ling)
        answer = Client().get(f"/secretaries/thanks/{token[:-2]}xx/")
        assert answer.status_code == 404 and "链接不完整" in answer.content.decode()
        with pytest.raises(actions.PersonalData):
            self.write(world, village, text="我的电话 13800138000")
        monkeypatch.setattr("tongxin.secretaries.actions.thanks.MOST_WAITING", 1)
        self.write(world, village)
        with pytest.raises(actions.TooManyLetters):
            self.write(world, village, key="another")

    def test_a_decline_needs_a_reason(self, world, village, first):
        letter = self.write(world, village)
        with pytest.raises(Refused):
            actions.moderate_thanks(thanks=letter, state="declined", by=world.bai, at=now())
        letter.refresh_from_db()
        assert letter.state == "waiting"

    def test_the_code_to_print(self, world, village, first):
        page = as_user(world.ling).get(f"/secretaries/village/{village.pk}/card/").content.decode()
        assert "<svg" in page and "/secretaries/thanks/" in page


@pytest.mark.mission("S4.55")
class TestRules:
    def set(self, world, text, *, kind="grades", by=None, version="本区1", **given):
        given = {"effective_from": localdate(), "source": "区委〔2026〕3 号"} | given
        return actions.set_rules(
            kind=kind, version=version, data=text.encode(), name="a.csv", by=by or world.he,
            at=now(), **given,
        )  # fmt: skip

    def test_every_list_has_a_marked_sample_with_its_columns(self):
        for kind, columns in COLUMNS.items():
            for rules in samples(kind):
                assert "样例" in rules.source
                assert all(set(columns) <= set(row) for row in rules), kind

    def test_a_districts_own_version_holds_from_its_day(self, world):
        text = "code,title,least\nexcellent,优秀,95\npoor,不称职,0\n"
        self.set(world, text, effective_from=localdate() + timedelta(days=5))
        assert in_force("grades", localdate()).number("excellent", "least") == 90
        later = in_force("grades", localdate() + timedelta(days=5))
        assert later.number("excellent", "least") == 95
        assert of_version("grades", "2026-1", localdate()).number("excellent", "least") == 90

    def test_a_survey_of_long_ago_goes_by_what_held_then(self, world):
        assert len(in_force("survey", date(2016, 5, 1)).rows) == 4
        assert len(in_force("survey", date(2026, 5, 1)).rows) == 5

    def test_what_is_downloaded_can_be_handed_in_again(self, world):
        client = as_user(world.he)
        file = client.get("/secretaries/rules/subsidies.csv").content
        form = {
            "kind": "subsidies", "version": "2027", "effective_from": str(localdate()),
            "source": "区农委文件", "file": SimpleUploadedFile("s.csv", file, "text/csv"),
        }  # fmt: skip
        answer = client.post("/secretaries/rules/new/", form)
        assert answer.status_code == 302, answer.content.decode()
        found = in_force("subsidies", localdate())
        assert found.version == "2027" and found.number("breeding", "each_fen") == 800_000

    @pytest.mark.parametrize(
        "text",
        [
            "code,title\na,甲\n",
            "code,title,least\na,甲,many\n",
            "code,title,least\na,甲,1\na,乙,2\n",
            "code,title,least\n,甲,1\n",
            "code,title,least\n",
        ],
    )
    def test_it_rejects_a_list_that_is_wrong(self, world, text):
        with pytest.raises(Refused):
            self.set(world, text)
        assert in_force("grades", localdate()).version == "2026-1"

    def test_it_rejects_a_known_version_and_other_people(self, world):
        text = "code,title,least\na,甲,1\n"
        with pytest.raises(actions.BadRules, match="换一个版本号"):
            self.set(world, text, version="2026-1")
        with pytest.raises(actions.NotOrganiser):
            self.set(world, text, by=world.qin)
        self.set(world, text)
        with pytest.raises(actions.BadRules):
            self.set(world, text)
