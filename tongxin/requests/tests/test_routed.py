"""A request goes where the rules say, says why, and falls back when it is given back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tongxin.cases.actions import make_move, open_draft, publish_rules, save_rule
from tongxin.cases.models import Case, CaseRoute
from tongxin.cases.routing import forget_rules
from tongxin.requests.actions import file_request
from tongxin.testing import NOON


@pytest.fixture
def rules(world):
    """Publish rules: `rules({"topic": world.tap, "handler": world.roads}, …)`."""

    def publish(*rows):
        draft = open_draft(region=world.tong, by=world.gao, at=NOON)
        for row in rows:
            target = row.get("target") or ("org" if row.get("handler") else "desk")
            save_rule(ruleset=draft, by=world.gao, at=NOON, **(row | {"target": target}))
        done = publish_rules(
            ruleset=draft, effective_from=NOON, reason="试行", by=world.gao, at=NOON
        )
        forget_rules()
        return done

    return publish


def filed(world, **more) -> Case:
    given = {"topic": world.tap, "region": world.p1, "at": NOON, "actor": world.sun} | more
    return file_request(text="水管漏水", **given)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


class TestAdvice:
    def test_the_choice_is_kept_with_its_reason_and_covered_by_the_chain(self, world, rules):
        rules({"topic": world.tap, "handler": world.water})
        case = filed(world)
        assert (case.step, case.handler_id) == ("filed", None)
        route = CaseRoute.objects.get(case=case)
        assert (route.rule.code, route.handler) == ("R1", world.water)
        assert route.why == "按规则 R1：“水管维修”由水务局受理"
        assert case.events.get().data["route"]["why"] == route.why

    @pytest.mark.mission("S0.50")
    def test_the_dispatcher_sees_it_first_and_follows_it_by_one_press(self, client, world, rules):
        rules({"topic": world.tap, "handler": world.water, "backstop": "street"})
        case = filed(world)
        client.force_login(world.zhang)
        page = client.get(reverse("cases:detail", args=[case.pk])).content.decode()
        assert page.index("规则建议") < page.index("派给谁")
        assert "按规则 R1：“水管维修”由水务局受理" in page
        assert "退回时由 北塘街道办事处、滨海新区政务中心 依次兜底" in page
        address = reverse("cases:move", args=[case.pk, "dispatch"]) + "?at_once=1"
        client.post(address, {"handler": world.water.pk, "expect": case.length, "key": "a"})
        assert fresh(case).handler == world.water

    def test_the_resident_reads_no_rules(self, client, world, rules):
        rules({"topic": world.tap, "handler": world.water})
        case = filed(world)
        client.force_login(world.sun)
        assert (
            "规则建议" not in client.get(reverse("cases:detail", args=[case.pk])).content.decode()
        )

    def test_a_corrected_matter_brings_new_advice(self, world, rules):
        rules(
            {"topic": world.tap, "handler": world.water},
            {"topic": world.pothole, "handler": world.roads, "is_direct": True},
        )
        case = filed(world)
        make_move(
            case, "correct", at=NOON, actor=world.zhang, note="其实是路面", topic=world.pothole
        )
        route = CaseRoute.objects.get(case=case)
        assert (route.handler, route.is_direct) == (world.roads, False)
        assert fresh(case).step == "filed"

    def test_a_retry_after_new_rules_is_still_a_retry(self, world, rules):
        first = filed(world, key="k")
        rules({"topic": world.tap, "handler": world.water})
        again = filed(world, key="k")
        assert again.pk == first.pk and again.is_replay
        assert not CaseRoute.objects.exists()


class TestDirect:
    @pytest.fixture
    def case(self, world, rules):
        rules({"topic": world.tap, "handler": world.water, "is_direct": True, "backstop": "street"})
        return filed(world)

    @pytest.mark.mission("S0.50", "S0.55")
    def test_it_goes_straight_to_who_receives_it_first(self, world, case):
        assert (case.step, case.handler_id) == ("dispatched", world.water.pk)
        events = list(fresh(case).events.order_by("seq"))
        assert [(one.name, one.actor) for one in events] == [
            ("open", world.sun),
            ("dispatch", None),
        ]
        assert events[1].note == "按规则 R1：“水管维修”由水务局受理"

    def test_given_back_it_falls_to_the_levels_above_and_then_to_the_desk(self, world, case):
        make_move(case, "decline", at=NOON, actor=world.zhou, note="不属本单位")
        assert fresh(case).handler == world.north_office
        post = world.person("xu", "徐工", world.north_office, "handler")
        make_move(case, "accept", at=NOON, actor=post)
        make_move(case, "hand_back", at=NOON, actor=post, note="力量不够")
        assert fresh(case).handler == world.district_office
        above = world.person("ding", "丁工", world.district_office, "handler")
        make_move(case, "decline", at=NOON, actor=above, note="请社区办")
        assert (fresh(case).step, fresh(case).handler) == ("filed", None)

    def test_a_return_that_was_agreed_to_falls_back_too(self, world, case):
        make_move(case, "accept", at=NOON, actor=world.zhou)
        make_move(case, "ask_return", at=NOON, actor=world.zhou, note="不属本单位")
        make_move(case, "approve_return", at=NOON, actor=world.liu)
        assert fresh(case).handler == world.north_office
        assert fresh(case).adjustments.get().verdict == "approved"

    def test_what_the_desk_gave_away_itself_comes_back_to_the_desk(self, world, case):
        make_move(case, "recall", at=NOON, actor=world.zhang)
        make_move(case, "dispatch", at=NOON, actor=world.zhang, handler=world.roads)
        make_move(case, "decline", at=NOON, actor=world.li, note="不是道路")
        assert (fresh(case).step, fresh(case).handler) == ("filed", None)

    def test_history_that_is_brought_in_is_not_sent(self, world, rules, case):
        old = filed(world, channel="import", source_key="x:1", at=NOON + timedelta(minutes=1))
        assert old.step == "filed" and old.route.handler == world.water


def test_opening_a_case_costs_one_statement_more(world, rules):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            filed(world)
        return len(asked)

    cost()
    without = cost()
    rules({"topic": world.tap, "handler": world.water})
    cost()
    assert cost() == without + 1
