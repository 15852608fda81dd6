"""Lists: asked for, offered, reviewed, run out; rounds of asking; matching to delivery."""

import pytest

from tongxin.cases.actions import make_move
from tongxin.conferences import actions, queries
from tongxin.conferences.models import Agreement, ListItem, Match
from tongxin.kit.errors import Refused
from tongxin.testing import NOON

from .scenes import DAY, HOUR

ON = NOON.date()


def need(world, **more) -> ListItem:
    given = {
        "kind": "need", "region": world.pine, "matter": "people", "title": "清理楼道", "quantity": 4,
        "from_date": ON, "to_date": ON + 20 * DAY, "by": world.zhang, "at": NOON,
    }  # fmt: skip
    return actions.add_to_list(**given | more)


def supply(world, **more) -> ListItem:
    given = {
        "kind": "supply", "region": world.tong, "matter": "people", "title": "志愿者 10 人",
        "quantity": 10, "from_date": ON, "to_date": ON + 60 * DAY, "by": world.li, "at": NOON,
        "org": world.roads,
    }  # fmt: skip
    made = actions.add_to_list(**given | more)
    if made.state == "proposed":
        actions.review_item(item=made, accept=True, by=world.gao, at=NOON)
        made.refresh_from_db()
    return made


@pytest.mark.mission("S3.23")
def test_residents_ask_units_offer_and_both_are_reviewed(world):
    asked = need(world, by=world.sun, title="楼下装个凉亭", matter="service", quantity=1)
    assert (asked.state, asked.origin, asked.party) == ("proposed", "resident", "孙阿姨")
    with pytest.raises(actions.NotYourLand):
        actions.review_item(item=asked, accept=True, by=world.wu, at=NOON)
    with pytest.raises(Refused, match="审核意见"):
        actions.review_item(item=asked, accept=False, by=world.zhang, at=NOON)
    actions.review_item(item=asked, accept=True, by=world.zhang, at=NOON)
    assert world.sun.notices.filter(title="已列入清单：楼下装个凉亭").exists()
    with pytest.raises(actions.ItemSettled):
        actions.review_item(item=asked, accept=True, by=world.zhang, at=NOON)
    assert [change.what for change in asked.changes.all()] == ["提出，待审核", "审核通过，公开"]
    offered = supply(world)
    assert (offered.party, offered.origin) == ("城市管理委", "unit")
    with pytest.raises(actions.NotYourUnit):
        supply(world, org=world.water)
    with pytest.raises(actions.NotYourUnit):
        supply(world, by=world.sun, org=None)


def test_nonsense_is_refused(world):
    for wrong in ({"quantity": 0}, {"to_date": ON - DAY}, {"matter": "gold"}, {"kind": "wishes"},
                  {"title": ""}, {"region": world.p1}, {"expires_on": ON + 90 * DAY},
                  {"kind": "project"}):  # fmt: skip
        with pytest.raises(Refused):
            need(world, **wrong)
    for _n in range(5):
        need(world, by=world.sun)
    with pytest.raises(actions.TooManyWishes):
        need(world, by=world.sun)
    assert ListItem.objects.count() == 5
    assert need(world, key="a") == need(world, key="a")


def test_who_sees_a_line(world):
    asked, opened = need(world, by=world.sun), need(world, title="公开的")
    seen = {
        who: set(ListItem.objects.visible_to(getattr(world, who)).values_list("pk", flat=True))
        for who in ("zhang", "liu", "gao", "sun", "ma", "li", "wu")
    }
    both = {asked.pk, opened.pk}
    assert seen == {"zhang": both, "liu": both, "gao": both, "sun": {asked.pk}, "ma": set(),
                    "li": set(), "wu": set()}  # fmt: skip
    assert list(ListItem.objects.public()) == [opened]


def test_what_has_run_out_is_told_once(world):
    one = need(world, by=world.sun)
    assert actions.lists_due(at=NOON + 10 * DAY) == 0
    assert actions.lists_due(at=NOON + 30 * DAY) == 1
    assert actions.lists_due(at=NOON + 30 * DAY) == 0
    one.refresh_from_db()
    assert one.state == "expired"
    assert world.sun.notices.filter(title__contains="已到期").count() == 1


@pytest.mark.mission("S3.23")
def test_a_round_of_asking_becomes_needs_and_answers(world):
    given = {"region": world.pine, "from_date": ON, "to_date": ON + 10 * DAY, "at": NOON}
    with pytest.raises(actions.NotYourLand):
        actions.open_round(title="今年最想办的事", by=world.sun, **given)
    asked = actions.open_round(title="今年最想办的事", by=world.zhang, **given)
    one = actions.give_opinion(consultation=asked, text="装路灯", by=world.sun, at=NOON)
    assert actions.give_opinion(consultation=asked, text="装路灯", by=world.sun, at=NOON) == one
    two = actions.give_opinion(consultation=asked, text="停车难", by=world.ma, at=NOON)
    with pytest.raises(actions.RoundOver):
        actions.give_opinion(consultation=asked, text="晚了", by=world.ma, at=NOON + 11 * DAY)
    wanted = {"matter": "goods", "title": "路灯", "quantity": 6, "from_date": ON,
              "to_date": ON + 90 * DAY}  # fmt: skip
    actions.adopt_opinion(opinion=one, need=wanted, by=world.zhang, at=NOON)
    actions.adopt_opinion(opinion=two, answer="已报街道联席会议", by=world.zhang, at=NOON)
    one.refresh_from_db()
    assert (one.need.origin, one.need.state) == ("consultation", "open")
    assert world.ma.notices.filter(text="已报街道联席会议").exists()
    actions.close_round(consultation=asked, summary="收到 2 条", by=world.zhang, at=NOON)
    with pytest.raises(actions.RoundOver):
        actions.close_round(consultation=asked, summary="再来", by=world.zhang, at=NOON)


@pytest.mark.mission("S3.24")
def test_proposed_accepted_delivered_confirmed_and_counted(world):
    asked, offered = need(world), supply(world)
    run = actions.run_matching(region=world.pine, by=world.zhang, at=NOON)
    assert (run.needs, run.supplies, run.is_optimal) == (1, 1, True)
    match = run.matches.get()
    assert match.quantity == 4
    assert match.why.startswith("满足全部需求")
    made = actions.accept_match(match=match, by=world.zhang, at=NOON)
    with pytest.raises(actions.MatchDecided):
        actions.accept_match(match=match, by=world.zhang, at=NOON)
    assert (made.case.handler, made.case.kind) == (world.roads, "delivery")
    assert made.case.due_at.date() == ON + 20 * DAY
    make_move(made.case, "deliver", at=NOON + DAY, actor=world.li, note="来了 4 人", minutes=120)
    with pytest.raises(Refused, match="登记交付的人|其他人员"):
        make_move(made.case, "confirm", at=NOON + DAY, actor=world.li)
    make_move(made.case, "confirm", at=NOON + 2 * DAY, actor=world.zhang)
    asked.refresh_from_db()
    assert (asked.state, asked.result) == ("closed", "城市管理委已落实，志愿者 10 人")
    told = queries.met_figures(world.tong.path)
    assert told == {"agreed": 1, "done": 1, "needs": 1, "minutes": 120, "fen": 0}
    assert queries.left_of(offered) == 6


def test_a_proposal_of_yesterday_is_taken_from_today_on(world):
    need(world)
    supply(world)
    run = actions.run_matching(region=world.pine, by=world.zhang, at=NOON)
    made = actions.accept_match(match=run.matches.get(), by=world.zhang, at=NOON + DAY)
    assert made.from_date == ON + DAY


def test_a_person_decides_otherwise_and_sees_what_it_costs(world):
    near, far = need(world, quantity=8), need(world, title="冬季送菜", quantity=8)
    supply(world)
    run = actions.run_matching(region=world.pine, by=world.zhang, at=NOON)
    assert sum(one.quantity for one in run.matches.all()) == 10
    cost = queries.cost_of_change(run, need=near.pk, supply=None, today=ON)
    assert cost.loss > 0
    assert "满足的需求" in cost.words
    first = run.matches.order_by("pk").first()
    actions.decline_match(match=first, note="那天社区另有安排", by=world.zhang, at=NOON)
    with pytest.raises(actions.MatchDecided):
        actions.decline_match(match=first, note="再说一次", by=world.zhang, at=NOON)
    other = run.matches.exclude(pk=first.pk).first()
    if other is not None:
        with pytest.raises(actions.SupplyTaken):
            actions.accept_match(match=other, by=world.zhang, at=NOON, quantity=11)
    again = actions.run_matching(region=world.pine, by=world.zhang, at=NOON + HOUR)
    assert not Match.objects.filter(run=run, state="proposed").exists()
    assert again.matches.exists()
    assert far.pk != near.pk


def test_nothing_is_promised_twice_nor_to_itself_nor_in_a_circle(world):
    one, two = need(world, quantity=10), need(world, title="另一件", quantity=10)
    gives = supply(world)
    actions.agree(need=one, supply=gives, quantity=10, by=world.zhang, at=NOON)
    with pytest.raises(actions.NeedMet):
        actions.agree(
            need=one, supply=supply(world, title="再来"), quantity=1, by=world.zhang, at=NOON
        )
    with pytest.raises(actions.SupplyTaken):
        actions.agree(need=two, supply=gives, quantity=1, by=world.zhang, at=NOON)
    own = need(world, org=world.roads, title="自己的")
    with pytest.raises(actions.NotMatching, match="自己的"):
        actions.agree(
            need=own, supply=supply(world, title="乙"), quantity=1, by=world.zhang, at=NOON
        )
    room = need(world, title="需要一间教室", matter="room", quantity=1)
    talk = need(world, title="要一堂课", matter="service", quantity=1)
    teaches = supply(world, title="讲课", matter="service", quantity=1, requires=room)
    lends = supply(world, title="教室", matter="room", quantity=1, org=world.water, by=world.zhou,
                   requires=talk)  # fmt: skip
    actions.agree(need=room, supply=lends, quantity=1, by=world.zhang, at=NOON)
    with pytest.raises(actions.Circular):
        actions.agree(need=talk, supply=teaches, quantity=1, by=world.zhang, at=NOON)
    with pytest.raises(actions.NotYourLand):
        actions.agree(need=two, supply=lends, quantity=1, by=world.wu, at=NOON)
    assert Agreement.objects.count() == 2


def test_cancelled_it_is_free_again(world):
    asked, gives = need(world, quantity=10), supply(world)
    made = actions.agree(need=asked, supply=gives, quantity=10, by=world.zhang, at=NOON)
    with pytest.raises(actions.ItemSettled):
        actions.close_item(item=asked, result="不需要了", by=world.zhang, at=NOON)
    with pytest.raises(actions.BelowPromised):
        actions.change_item(item=gives, quantity=3, by=world.li, at=NOON)
    actions.cancel_agreement(agreement=made, reason="改期", by=world.zhang, at=NOON)
    assert queries.left_of(gives) == 10
    actions.change_item(item=gives, quantity=3, by=world.li, at=NOON)
    actions.close_item(item=asked, result="不需要了", by=world.zhang, at=NOON)


@pytest.mark.mission("S2.36", "S3.24")
def test_where_a_pact_holds_the_promise_stands_in_it(world):
    from tongxin.dual_report.models import Pact, PactTask, UnitReport

    report = UnitReport.objects.create(
        unit=world.salt_branch, community=world.pine, contact="岳峰", filed_at=NOON,
        filed_by=world.yue, renew_by=ON + 300 * DAY, state="confirmed",
    )  # fmt: skip
    Pact.objects.create(
        report=report, title="共建协议", text="互助", from_date=ON, to_date=ON + 300 * DAY,
        drafted_at=NOON, drafted_by=world.yue, unit_signed_at=NOON, unit_signed_by=world.yue,
        community_signed_at=NOON, community_signed_by=world.zhang,
    )  # fmt: skip
    gives = supply(world, org=world.salt_branch, by=world.yue)
    made = actions.agree(need=need(world), supply=gives, quantity=4, by=world.zhang, at=NOON)
    assert made.pact_task == PactTask.objects.get()
    assert made.pact_task.title == "清理楼道（4 人）"
