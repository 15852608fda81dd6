"""One window: taken in, told once, filed, one result handed over; how far nobody leaves the community."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.centres import actions, queries
from tongxin.centres.models import DelegatedService, Matter, Ticket
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.places import actions as places
from tongxin.testing import NOON

from .conftest import DAY


def finish(case, world):
    """Bring the request of a matter to its end by the moves of its own flow."""
    make_move(case, "dispatch", at=NOON, actor=world.zhang, holder=world.mei)
    make_move(case, "accept", at=NOON, actor=world.mei)
    make_move(case, "finish", at=NOON, actor=world.mei, note="证已领回社区")
    case.refresh_from_db()
    if case.step == "done":
        make_move(case, "verify", at=NOON, actor=world.chen)
    case.refresh_from_db()


class TestWindow:
    @pytest.mark.mission("S1.53")
    def test_taken_in_filed_worked_and_one_result_handed_over(self, world, take_in):
        one = take_in(key="k")
        assert one.state == "filed" and take_in(key="k").pk == one.pk
        assert Case.objects.count() == 1
        assert one.case.is_private and one.case.region == world.pine
        assert one.due_on == date(2026, 3, 5)  # three working days from Monday
        assert "孙秀兰" not in one.name_sealed and one.label == "孙*兰"
        with pytest.raises(actions.StillWorked):
            actions.record_result(one, result="优待证一本", by=world.zhang, at=NOON)
        finish(one.case, world)
        with pytest.raises(actions.WrongMatterState):
            actions.hand_over(one, to="孙秀兰", by=world.zhang, at=NOON)
        actions.record_result(one, result="优待证一本", by=world.zhang, at=NOON)
        done = actions.hand_over(one, to="孙秀兰", by=world.zhang, at=NOON)
        assert (done.state, done.handed_to) == ("handed", "孙秀兰")
        with pytest.raises(actions.WrongMatterState):
            actions.hand_over(one, to="别人", by=world.zhang, at=NOON)

    def test_what_is_missing_is_told_once_and_files_nothing_before(self, world, take_in):
        one = take_in(has={1})
        assert one.state == "notice" and not Case.objects.exists()
        assert [row["name"] for row in one.materials if not row["has"]] == ["居民身份证"]
        same = actions.complete(one, has=set(), by=world.zhang, at=NOON)
        assert same.state == "notice"
        assert actions.complete(one, has={0}, by=world.zhang, at=NOON).state == "filed"
        with pytest.raises(actions.WrongMatterState):
            actions.complete(one, has={0}, by=world.zhang, at=NOON)

    def test_refusals_change_nothing(self, world, take_in, centre):
        veterans = DelegatedService.objects.get(code="S23")
        for wrong, kind in (
            ({"by": world.wu}, NotPermitted),
            ({"by": world.sun}, NotPermitted),
            ({"service": veterans}, actions.NotOffered),
            ({"has": {0, 7}}, actions.BadMatter),
            ({"phone": "123"}, Refused),
            ({"name": ""}, Refused),
        ):
            with pytest.raises(kind):
                take_in(**wrong)
        DelegatedService.objects.filter(code="S03").update(effective_to=DAY)
        with pytest.raises(actions.BadMatter, match="现行目录"):
            take_in()
        assert not Matter.objects.exists() and not Case.objects.exists()

    def test_whose_it_is_and_who_sees_it(self, world, take_in):
        one = take_in()
        seen = [
            who for who in ("zhang", "liu", "gao", "wu", "mei", "sun", "ann", "yue")
            if Matter.objects.visible_to(getattr(world, who)).exists()
        ]  # fmt: skip
        assert seen == ["zhang", "liu", "gao"]
        assert queries.matter_by_number(one.number, "1234") == one
        for number, tail in ((one.number, "9999"), ("x", "1234")):
            with pytest.raises(Refused, match="没有找到"):
                queries.matter_by_number(number, tail)

    def test_names_are_erased_two_years_after(self, world, take_in, centre, card):
        actions.refer(
            centre=centre, service=card, name="孙秀兰", phone="13800001234", to=None, by=world.zhang, at=NOON
        )  # fmt: skip
        open_one = take_in()
        later = NOON + timedelta(days=740)
        assert actions.forget_matters(at=later) == 1 and actions.forget_matters(at=later) == 0
        open_one.refresh_from_db()
        assert open_one.name_sealed  # what is not over is still needed


class TestCatalogue:
    @pytest.mark.mission("S1.52")
    def test_twenty_three_services_and_where_the_nearest_is(self, world, centre):
        assert len(queries.services_on(DAY)) == 23
        assert actions.load_services() == 0
        far = places.register_centre(
            region=world.reed, name="苇社区党群服务工作站", kind="community", by=world.liu, at=NOON,
            address="苇荡路 1 号", lng=117.8, lat=39.3,
        )  # fmt: skip
        places.open_centre(centre=far, on=DAY, by=world.liu, at=NOON)
        actions.offer_service(centre=far, code="S03", way="spot", on=DAY, by=world.liu, at=NOON)
        near_reed = queries.where_offered("S03", day=DAY, near=(117.79, 39.3))
        assert [one.centre for one in near_reed] == [far, centre] and near_reed[0].metres < 1000
        by_land = queries.where_offered("S03", day=DAY, path=world.pine.path)
        assert [one.centre for one in by_land] == [centre, far]
        with pytest.raises(actions.OfferThere):
            actions.offer_service(centre=far, code="S03", way="spot", on=DAY, by=world.liu, at=NOON)
        with pytest.raises(actions.BadOffer):
            actions.offer_service(centre=far, code="X9", way="spot", on=DAY, by=world.liu, at=NOON)

    @pytest.mark.mission("S1.52")
    def test_how_far_nobody_has_to_leave_the_community(self, world, centre, take_in, card):
        def figures():
            return queries.windows_of(
                world.north.path, DAY, DAY + timedelta(days=31), at=NOON, services=23
            )

        assert figures().share is None
        for n in range(3):
            take_in(phone=f"1380000123{n}")
        actions.refer(
            centre=centre, service=card, name="王五", phone="13800005555", to=None, by=world.zhang, at=NOON
        )  # fmt: skip
        found = figures()
        assert (found.taken, found.referred, found.share) == (3, 1, 75)
        assert (found.offered, found.offerable, found.reach) == (22, 23, 96)
        with pytest.raises(actions.BadMatter, match="本中心"):
            actions.refer(
                centre=centre, service=card, name="王五", phone="13800005555", to=centre, by=world.zhang, at=NOON
            )  # fmt: skip

    @pytest.mark.mission("S4.66")
    def test_what_is_passed_down_is_listed_until_taken_back(self, world):
        given = {
            "region": world.tong, "kind": "power", "name": "临时救助小额审批", "from_name": "区民政局",
            "to_level": "street", "basis": "津民发 1 号", "since": DAY, "at": NOON,
        }  # fmt: skip
        with pytest.raises(NotPermitted):
            actions.pass_down(**given, by=world.liu)
        with pytest.raises(Refused, match="依据"):
            actions.pass_down(**given | {"basis": ""}, by=world.gao)
        one = actions.pass_down(**given, by=world.gao)
        with pytest.raises(actions.PowerThere):
            actions.pass_down(**given, by=world.gao)
        with pytest.raises(actions.BadPower):
            actions.take_back(one, on=DAY - timedelta(days=1), why="x", by=world.gao, at=NOON)
        assert actions.take_back(one, on=DAY, why="文件废止", by=world.gao, at=NOON).until == DAY
        assert actions.pass_down(**given, by=world.gao).pk != one.pk
        assert actions.load_powers(region=world.tong, by=world.gao, at=NOON) == 11


class TestAtOnce:
    """即办件: filed, done, handed over in one act."""

    @pytest.fixture
    def at_once(self, world, centre, card):
        from tongxin.requests.tests.test_loop import a_photo

        def make(**changes):
            given = {
                "centre": centre, "service": card, "name": "孙秀兰", "phone": "13800001234",
                "has": {0, 1}, "result": "优待证一本，已交本人", "photos": [a_photo()],
                "by": world.zhang, "at": NOON,
            } | changes  # fmt: skip
            return actions.do_at_once(**given)

        return make

    @pytest.fixture
    def unverified(self, world, card):
        """The service's request is one that nobody has to verify."""
        DelegatedService.objects.filter(pk=card.pk).update(topic_code=world.errand.code)
        card.refresh_from_db()

    @pytest.mark.mission("S1.53")
    def test_it_is_done_handed_over_closed_and_counted_in_one_act(
        self, at_once, unverified, centre
    ):
        one = at_once(key="k")
        assert at_once(key="k").pk == one.pk and Matter.objects.count() == 1
        one.refresh_from_db()
        assert (one.state, one.handed_to, one.handed_at) == ("handed", "孙秀兰", NOON)
        names = list(one.case.events.order_by("seq").values_list("name", flat=True))
        assert names == ["open", "dispatch", "accept", "finish", "lapse"]
        assert one.case.step == "closed" and one.case.evidence.count() == 1
        assert one.ticket.state == "served"
        assert queries.use_of(centre, DAY).total[queries.CONVENIENCE] == 1

    def test_a_number_that_was_called_is_the_one_counted(
        self, at_once, unverified, centre, window, world
    ):
        drawn = actions.draw_ticket(centre=centre, at=NOON, by=world.zhang)
        called = actions.call_next(window, by=world.zhang, at=NOON)
        one = at_once(window=window, ticket=called)
        drawn.refresh_from_db()
        assert one.ticket == drawn and drawn.state == "served"
        assert queries.use_of(centre, DAY).total[queries.CONVENIENCE] == 1

    def test_what_is_to_be_verified_waits_for_another(self, at_once, world):
        one = at_once()
        assert (one.state, one.case.step, one.handed_to) == ("filed", "done", "")
        with pytest.raises(Refused):
            make_move(one.case, "verify", at=NOON, actor=world.zhang)
        with pytest.raises(actions.StillWorked):
            actions.record_result(one, result="证", by=world.zhang, at=NOON)
        make_move(one.case, "verify", at=NOON, actor=world.chen)
        actions.record_result(one, result=one.result, by=world.zhang, at=NOON)
        assert actions.hand_over(one, to="孙秀兰", by=world.zhang, at=NOON).state == "handed"

    def test_refusals_leave_nothing_behind(self, at_once, unverified, world):
        for wrong, kind in (
            ({"has": {0}}, actions.NotAllThere),
            ({"photos": []}, actions.NoProof),
            ({"photos": [b"no picture"]}, Refused),
            ({"result": ""}, Refused),
            ({"by": world.wu}, NotPermitted),
            ({"name": ""}, Refused),
        ):
            with pytest.raises(kind):
                at_once(**wrong)
            left = Matter.objects.exists(), Case.objects.exists(), Ticket.objects.exists()
            assert left == (False, False, False), wrong
