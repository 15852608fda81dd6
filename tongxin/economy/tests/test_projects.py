"""One project of a village, start-up money of dues, subsidies after building, firms that share."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from tongxin.economy import actions, queries
from tongxin.economy.actions.firms import split
from tongxin.economy.models import BenefitLink, BuildSubsidy, IncomeEntry, VillageProject
from tongxin.funds import actions as funds
from tongxin.funds.queries import of_subject
from tongxin.testing import NOON

from .conftest import TODAY, again, shot


@pytest.mark.mission("S4.58")
def test_a_village_has_one_project_at_a_time(land, plan):
    project = plan()
    with pytest.raises(actions.ProjectThere) as refused:
        plan(title="另一个")
    assert "一村一策一项目" in str(refused.value.remedy)
    with pytest.raises(actions.NotVerifier):
        actions.end_project(
            project=project, result="换项目", stopped=True, by=again(land.qin), at=NOON
        )
    actions.end_project(
        project=project, result="水源不足", stopped=True, by=again(land.liu), at=NOON
    )
    plan(title="另一个")
    assert VillageProject.objects.running().count() == 1
    with pytest.raises(actions.BadStages):
        plan(
            village=land.reed,
            by=again(land.liu),
            stages=[("乙", TODAY), ("甲", TODAY - timedelta(days=1))],
        )


@pytest.mark.mission("S4.58")
def test_a_project_earns_once_its_stages_are_done(land, plan):
    project = plan()
    first, second = project.stages.order_by("seq")
    actions.finish_stage(stage=first, on=TODAY, by=again(land.qin), at=NOON)
    project.refresh_from_db()
    assert project.state == "building"
    with pytest.raises(actions.StagesOpen):
        actions.begin_earning(project=project, result="开始分红", by=again(land.qin), at=NOON)
    with pytest.raises(actions.StageDone):
        actions.finish_stage(stage=first, on=TODAY, by=again(land.qin), at=NOON)
    actions.finish_stage(stage=second, on=TODAY, by=again(land.shi), at=NOON)
    assert (
        actions.begin_earning(project=project, result="开始分红", by=again(land.qin), at=NOON).state
        == "earning"
    )


@pytest.mark.mission("S4.59", "S0.77")
def test_dues_are_granted_as_start_up_money_and_followed(land, plan):
    project = plan()
    dues = land.sources["P02"]
    with pytest.raises(funds.NotKeeper):
        actions.grant_start_up(project=project, account=land.account, source=dues, amount_fen=100,
                               by=again(land.qin), at=NOON)  # fmt: skip
    allocation = actions.grant_start_up(
        project=project, account=land.account, source=dues, amount_fen=2_000_000,
        by=again(land.liu), at=NOON, due_on=TODAY,
    )  # fmt: skip
    funds.receive(account=land.account, source=dues, amount_fen=2_000_000, on=TODAY,
                  by=again(land.liu), at=NOON)  # fmt: skip
    funds.pay(allocation=allocation, amount_fen=500_000, on=TODAY, payee="松社区股份经济合作社",
              by=again(land.liu), at=NOON)  # fmt: skip
    assert of_subject("village_project", project.pk) == {
        "allocated": 2_000_000, "paid": 500_000, "due": 1_500_000, "overdue": 0,
    }  # fmt: skip


@pytest.mark.mission("S4.50")
def test_a_subsidy_is_given_after_building_and_acceptance_never_before(land, plan):
    subsidy = actions.apply_subsidy(project=plan(), title="连栋温室一座", asked_fen=800_000,
                                    by=again(land.qin), at=NOON)  # fmt: skip

    def grant(who):
        return actions.grant_subsidy(subsidy=subsidy, account=land.account,
                                     source=land.sources["F03"], by=again(who), at=NOON)  # fmt: skip

    def accept(who, **given):
        given = {"passed": True, "opinion": "与图纸一致", "granted_fen": 700_000} | given
        photo = shot(who)
        return actions.accept_subsidy(
            subsidy=subsidy, by=again(who), at=NOON, **({"photo": photo} | given)
        )

    for refused in (grant, accept):
        with pytest.raises(actions.WrongOrder):
            refused(land.liu)
    with pytest.raises(actions.NoProof):
        actions.report_built(subsidy=subsidy, photo=None, on=TODAY, by=again(land.qin), at=NOON)
    with pytest.raises(actions.BadDay):
        actions.report_built(subsidy=subsidy, photo=shot(land.qin), on=TODAY - timedelta(days=1),
                             by=again(land.qin), at=NOON)  # fmt: skip
    actions.report_built(
        subsidy=subsidy, photo=shot(land.qin), on=TODAY, by=again(land.qin), at=NOON
    )
    with pytest.raises(actions.WrongOrder):
        grant(land.liu)
    with pytest.raises(actions.NotVerifier):
        accept(land.shi)
    with pytest.raises(actions.NoProof):
        accept(land.bai, photo=None)
    with pytest.raises(actions.WrongOrder):
        accept(land.bai, granted_fen=800_001)
    accept(land.bai)
    with pytest.raises(actions.SameHandsOnSite):
        grant(land.bai)
    grant(land.liu)
    kept = BuildSubsidy.objects.get()
    assert (kept.state, kept.allocation.amount_fen) == ("granted", 700_000)
    with pytest.raises(actions.WrongOrder):
        grant(land.liu)


@pytest.mark.mission("S4.61")
def test_eighteen_firms_put_in_seventeen_point_three_million_yuan(land):
    """The figures of the mission: the rows are added up, to the fen."""
    given = [100_000_000] * 16 + [70_000_000, 60_000_000]
    for n, fen in enumerate(given):
        firm = actions.register_firm(
            name=f"样例企业{n + 1}", region=land.tong, joined_on=TODAY, pledged_fen=fen,
            by=again(land.gao), at=NOON,
        )  # fmt: skip
        actions.put_reserve(firm=firm, account=land.account, source=land.sources["E01"],
                            amount_fen=fen, on=TODAY, by=again(land.liu), at=NOON)  # fmt: skip
    _lines, sums = queries.firms_of(again(land.gao))
    assert sums == {"firms": 18, "pledged": 1_730_000_000, "received": 1_730_000_000}
    # what is taken back in the ledger is no longer there
    line = land.account.lines.order_by("seq").first()
    funds.reverse(line=line, reason="登记错", by=again(land.liu), at=NOON)
    assert queries.firms_of(again(land.gao))[1]["received"] == 1_630_000_000


def test_what_is_refused_of_firms(land):
    def register(who, **given):
        given = {"name": "滨海农业公司", "region": land.tong, "joined_on": TODAY} | given
        return actions.register_firm(by=again(who), at=NOON, **given)

    with pytest.raises(actions.NotOrganiser):
        register(land.qin)
    firm = register(land.gao)
    with pytest.raises(actions.FirmThere):
        register(land.gao)
    with pytest.raises(actions.BadSource):
        actions.put_reserve(firm=firm, account=land.account, source=land.sources["F03"], amount_fen=1,
                            on=TODAY, by=again(land.liu), at=NOON)  # fmt: skip
    pair = actions.pair(
        firm=firm, village=land.pine, text="订单收购", since=TODAY, by=again(land.liu), at=NOON
    )
    with pytest.raises(actions.PairThere):
        actions.pair(
            firm=firm, village=land.pine, text="再来", since=TODAY, by=again(land.liu), at=NOON
        )
    actions.end_pair(pair=pair, by=again(land.liu), at=NOON)
    with pytest.raises(actions.PairOver):
        actions.end_pair(pair=pair, by=again(land.liu), at=NOON)


@pytest.mark.mission("S4.60")
def test_shares_are_a_whole_and_the_villages_part_becomes_its_income(land):
    firm = actions.register_firm(name="滨海农业公司", region=land.tong, joined_on=TODAY,
                                 by=again(land.gao), at=NOON)  # fmt: skip
    pair = actions.pair(
        firm=firm, village=land.pine, text="入股分红", since=TODAY, by=again(land.liu), at=NOON
    )

    def sign(**shares):
        return actions.sign_link(pair=pair, title="大棚合作经营", signed_on=TODAY,
                                 ends_on=date(2028, 3, 1), shares=shares, by=again(land.liu), at=NOON)  # fmt: skip

    for shares in (
        {"village": 3000, "firm": 6999}, {"village": 3000, "firm": 7001}, {"firm": 10_000},
        {"village": 11_000, "firm": -1000}, {"village": 5000, "nobody": 5000}, {},
    ):  # fmt: skip
        with pytest.raises(actions.SharesNotWhole):
            sign(**shares)
    assert BenefitLink.objects.count() == 0
    link = sign(village=3333, households=3333, firm=3334)
    done = actions.share_out(
        link=link, profit_fen=100, on=TODAY, by=again(land.qin), at=NOON, key="k"
    )
    assert done.parts == {"village": 33, "households": 33, "firm": 34}
    assert (
        actions.share_out(
            link=link, profit_fen=100, on=TODAY, by=again(land.qin), at=NOON, key="k"
        ).pk
        == done.pk
    )
    entry = IncomeEntry.objects.get()
    assert (entry.amount_fen, entry.kind.code, entry.of_year.village) == (33, "R5", land.pine)
    with pytest.raises(actions.OutOfTerm):
        actions.share_out(
            link=link, profit_fen=1, on=TODAY - timedelta(days=1), by=again(land.qin), at=NOON
        )


@for_all(st.integers(1, 10**13), st.lists(st.integers(1, 5000), min_size=1, max_size=4))
def test_no_fen_is_lost_in_sharing(fen, cuts):
    names = ["village", "households", "cooperative", "firm", "fund"]
    whole = cuts if sum(cuts) <= 9999 else [1]
    shares = dict(zip(names, [*whole, 10_000 - sum(whole)], strict=False))
    parts = split(fen, shares)
    assert sum(parts.values()) == fen
    assert all(abs(parts[one] - fen * n / 10_000) < 1 or fen > 10**12 for one, n in shares.items())


def test_sales_are_written_down_once(land):
    given = {"village": land.pine, "product": "冬枣", "amount_fen": 123_400, "on": TODAY, "quantity": "300 斤",
             "by": again(land.shi), "at": NOON, "key": "s"}  # fmt: skip
    assert actions.record_sale(**given).pk == actions.record_sale(**given).pk
    with pytest.raises(actions.NotReporter):
        actions.record_sale(**given | {"by": again(land.yue), "key": ""})
