"""Helping a household: its name sealed, help shown by photos, the subsidy paid after building."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.timezone import localdate, now

from tongxin.accounts.models import AuditEntry
from tongxin.orgs.models import LogEntry
from tongxin.portal.checking import check_everything
from tongxin.secretaries import actions, queries
from tongxin.secretaries.models import AssistancePlan, Subsidy, SubsidyEntry


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def plan(world, village, first) -> AssistancePlan:
    return actions.open_plan(
        village=village, household="王金柱", need="想扩大养羊，缺圈舍", people=3, by=world.ling,
        at=now(),
    )  # fmt: skip


def apply(world, plan, *, cost=1_000_000, asked=500_000, kind="breeding", by=None):
    return actions.apply_subsidy(
        plan=plan, kind=kind, title="羊圈 60 平方米", cost_fen=cost, asked_fen=asked,
        by=by or world.ling, at=now(),
    )  # fmt: skip


class TestPlan:
    def test_its_name_is_sealed_and_masked_everywhere(self, world, village, plan):
        assert "王金柱" not in plan.household_sealed + plan.household_index
        client = as_user(world.he)
        for url in ("/secretaries/plans/", f"/secretaries/plans/{plan.pk}/"):
            page = client.get(url).content.decode()
            assert "王**" in page and "王金柱" not in page
        assert not LogEntry.objects.filter(text__contains="王").exists()

    def test_its_name_is_shown_for_a_reason_that_is_written_down(self, world, plan):
        url, client = f"/secretaries/plans/{plan.pk}/", as_user(world.ling)
        assert "王金柱" not in client.post(url, {"reason": "看"}).content.decode()
        assert "王金柱" in client.post(url, {"reason": "上门送羊羔"}).content.decode()
        entry = AuditEntry.objects.get(action="plan.reveal")
        assert (entry.actor, entry.reason) == (world.ling, "上门送羊羔")

    def test_who_only_looks_over_cannot_open_the_name(self, world, plan):
        answer = as_user(world.gao).post(
            f"/secretaries/plans/{plan.pk}/", {"reason": "想看看是谁家"}
        )
        assert answer.status_code == 403 and "王金柱" not in answer.content.decode()

    @pytest.mark.parametrize(
        "who,status", [("ling", 200), ("bai", 200), ("he", 200), ("gao", 200),
                       ("tang", 404), ("hua", 404), ("sun", 404), ("ann", 404)],
    )  # fmt: skip
    def test_who_sees_it(self, world, plan, who, status):
        client = as_user(getattr(world, who))
        assert client.get(f"/secretaries/plans/{plan.pk}/").status_code == status

    def test_one_at_a_time_and_another_of_the_name_is_marked(self, world, village, plan):
        with pytest.raises(actions.PlanThere) as refusal:
            actions.open_plan(
                village=village, household="王金柱", need="再来一份", by=world.ling, at=now()
            )
        assert "二组" in str(refusal.value.remedy)
        actions.open_plan(
            village=village, household="王金柱（二组）", need="修路", by=world.ling, at=now()
        )

    def test_it_rejects_numbers_of_persons_and_strangers(self, world, village, first):
        with pytest.raises(actions.PersonalData):
            actions.open_plan(
                village=village, household="李", need="联系 13800138000", by=world.ling, at=now()
            )
        with pytest.raises(actions.NotKeeper):
            actions.open_plan(village=village, household="李", need="修房", by=world.hua, at=now())

    def test_the_list_costs_few_queries(self, world, village, plan, django_assert_max_num_queries):
        for n in range(12):
            actions.open_plan(
                village=village, household=f"张{n}", need="修房", by=world.ling, at=now()
            )
        client = as_user(world.he)
        client.get("/secretaries/plans/")
        with django_assert_max_num_queries(8):
            client.get("/secretaries/plans/")


@pytest.mark.mission("S4.51")
class TestHelp:
    def add(self, world, plan, **given):
        given = {
            "kind": "gift", "title": "送鸡苗", "quantity": "40 只", "worth_fen": 80_000,
            "due": localdate() + timedelta(days=5),
        } | given  # fmt: skip
        return actions.add_help(plan=plan, by=world.ling, at=now(), **given)

    def test_gifts_and_selling_are_recorded_for_the_household(self, world, plan, picture):
        self.add(world, plan)
        item = self.add(world, plan, kind="sales", title="网上帮卖土鸡蛋", quantity="300 斤")
        client = as_user(world.ling)
        photo = SimpleUploadedFile("a.jpg", picture, "image/jpeg")
        answer = client.post(
            f"/secretaries/plans/{plan.pk}/help/{item.pk}/", {"note": "卖完了", "photo": photo}
        )
        assert answer.status_code == 302
        page = client.get(f"/secretaries/plans/{plan.pk}/").content.decode()
        assert "送鸡苗 40 只" in page and "折合 800.00 元" in page and "卖完了" in page
        assert LogEntry.objects.filter(text="帮扶落实：帮助销售 网上帮卖土鸡蛋（300 斤）").exists()

    def test_it_is_not_done_without_a_photo_and_done_once(self, world, plan, picture):
        item = self.add(world, plan)
        with pytest.raises(actions.NoProof):
            actions.finish_help(item=item, note="送到了", photo=None, by=world.ling, at=now())
        item.refresh_from_db()
        assert item.done_on is None
        actions.finish_help(item=item, note="送到了", photo=picture, by=world.ling, at=now())
        with pytest.raises(actions.AlreadyDone):
            actions.finish_help(item=item, note="送到了", photo=picture, by=world.ling, at=now())

    def test_it_rejects_an_unknown_kind_and_yesterday(self, world, plan):
        for wrong in ({"kind": "cash"}, {"due": localdate() - timedelta(days=1)}):
            with pytest.raises(actions.BadHelp):
                self.add(world, plan, **wrong)

    def test_what_is_late_is_among_what_is_due(self, world, village, plan):
        item = self.add(world, plan)
        type(item).objects.update(due=localdate() - timedelta(days=2))
        found = queries.secretaries_check([village], localdate())
        assert [one["sentence"] for one in found if one["kind"] == "help"] == [
            "帮扶事项没有完成：送鸡苗"
        ]


@pytest.mark.mission("S4.50")
class TestSubsidy:
    def built(self, world, plan, picture):
        one = apply(world, plan)
        return actions.report_built(subsidy=one, photo=picture, by=world.ling, at=now())

    def inspect(self, world, one, *, by=None, passed=True, granted=450_000):
        return actions.inspect_subsidy(
            subsidy=one, passed=passed, finding="面积和结构与申请相符", granted_fen=granted,
            by=by or world.he, at=now(),
        )  # fmt: skip

    def pay(self, one, by, key="k"):
        return actions.pay_subsidy(subsidy=one, voucher="付字 12 号", by=by, at=now(), key=key)

    def test_it_is_paid_after_it_was_built_and_inspected_by_another(self, world, plan, picture):
        one = self.built(world, plan, picture)
        self.inspect(world, one)
        entry = self.pay(one, world.gao)
        assert entry.fen == 450_000
        assert queries.paid_by_plan([plan]) == {plan.pk: 450_000}
        assert queries.wrong_subsidies() == []
        page = as_user(world.he).get(f"/secretaries/plans/{plan.pk}/").content.decode()
        assert "4,500.00" in page and "付字 12 号" in page

    @pytest.mark.parametrize("reached", ["applied", "built", "failed"])
    def test_it_is_never_paid_before(self, world, plan, picture, reached):
        one = apply(world, plan)
        if reached != "applied":
            one = actions.report_built(subsidy=one, photo=picture, by=world.ling, at=now())
        if reached == "failed":
            one = self.inspect(world, one, passed=False)
        with pytest.raises(actions.WrongOrder):
            self.pay(one, world.gao)
        assert not SubsidyEntry.objects.exists()

    def test_the_database_says_so_too(self, world, plan):
        one = apply(world, plan)
        with pytest.raises(IntegrityError), transaction.atomic():
            Subsidy.objects.filter(pk=one.pk).update(state="paid")

    def test_what_failed_is_built_again_and_inspected_again(self, world, plan, picture):
        one = self.inspect(world, self.built(world, plan, picture), passed=False)
        assert one.granted_fen == 0
        one = actions.report_built(subsidy=one, photo=picture, by=world.ling, at=now())
        assert self.inspect(world, one).state == "passed"

    def test_three_hands(self, world, village, plan, picture):
        one = self.built(world, plan, picture)
        with pytest.raises(actions.NotKeeper):  # from the village, not from above
            self.inspect(world, one, by=world.bai)
        with pytest.raises(actions.NotKeeper):
            self.inspect(world, one, by=world.ling)
        self.inspect(world, one)
        with pytest.raises(actions.SameHands):
            self.pay(one, world.he)
        own = apply(world, plan, asked=100_000, by=world.he)
        own = actions.report_built(subsidy=own, photo=picture, by=world.ling, at=now())
        with pytest.raises(actions.SameHands):
            self.inspect(world, own, granted=1)

    @pytest.mark.parametrize(
        "cost,asked,words",
        [
            (2_000_000, 800_001, "最多补助 8,000.00 元"),
            (900_000, 450_001, "不超过投入的 50%"),
            (0, 1, "大于 0"),
            (10, 0, "大于 0"),
        ],
    )
    def test_it_rejects_more_than_the_ceilings(self, world, plan, cost, asked, words):
        with pytest.raises(actions.BadAmount, match=words):
            apply(world, plan, cost=cost, asked=asked)

    def test_at_the_ceiling_and_over_that_of_the_year(self, world, plan):
        apply(world, plan, cost=1_600_000, asked=800_000)
        with pytest.raises(actions.BadAmount, match="还可申请 2,000.00 元"):
            apply(world, plan, asked=200_001)
        apply(world, plan, asked=200_000)

    def test_what_was_refused_is_not_counted_in_the_year(self, world, plan):
        one = apply(world, plan, cost=1_600_000, asked=800_000)
        actions.refuse_subsidy(subsidy=one, reason="不在规划范围", by=world.he, at=now())
        apply(world, plan, cost=1_600_000, asked=800_000)

    def test_it_is_granted_no_more_than_was_asked(self, world, plan, picture):
        one = self.built(world, plan, picture)
        with pytest.raises(actions.BadAmount):
            self.inspect(world, one, granted=500_001)
        one.refresh_from_db()
        assert one.state == "built"

    def test_it_is_not_built_without_a_photo(self, world, plan):
        with pytest.raises(actions.NoProof):
            actions.report_built(subsidy=apply(world, plan), photo=None, by=world.ling, at=now())

    def test_paying_again_acts_once(self, world, plan, picture):
        one = self.inspect(world, self.built(world, plan, picture))
        assert self.pay(one, world.gao).pk == self.pay(one, world.gao).pk
        assert SubsidyEntry.objects.count() == 1
        with pytest.raises(actions.WrongOrder):
            self.pay(one, world.gao, key="another")

    def test_money_that_comes_back_is_a_counter_entry(self, world, plan, picture):
        one = self.inspect(world, self.built(world, plan, picture))
        self.pay(one, world.gao)
        give = {"subsidy": one, "voucher": "收字 3 号", "reason": "多付退回", "by": world.gao}
        with pytest.raises(actions.BadAmount):
            actions.take_back(fen=450_001, at=now(), **give)
        actions.take_back(fen=50_000, at=now(), **give)
        assert [entry.fen for entry in one.entries.all()] == [450_000, -50_000]
        assert queries.paid_by_plan([plan]) == {plan.pk: 400_000}
        assert queries.wrong_subsidies() == []

    def test_a_ledger_that_does_not_agree_is_found(self, world, plan, picture):
        one = self.inspect(world, self.built(world, plan, picture))
        self.pay(one, world.gao)
        SubsidyEntry.objects.update(fen=-1)
        assert queries.wrong_subsidies() == [one]
        assert check_everything() == ["先建后补“羊圈 60 平方米”（已补助）与补助台账不符"]

    def test_a_plan_does_not_end_while_something_hangs(self, world, plan):
        one = apply(world, plan)
        with pytest.raises(actions.PlanOpen, match="1 笔补助"):
            actions.close_plan(plan=plan, closing="脱困", by=world.ling, at=now())
        actions.refuse_subsidy(subsidy=one, reason="本户放弃", by=world.he, at=now())
        actions.close_plan(plan=plan, closing="年收入稳定", by=world.ling, at=now())
        plan.refresh_from_db()
        with pytest.raises(actions.PlanOver):
            apply(world, plan)
