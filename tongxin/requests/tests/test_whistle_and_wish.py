"""The street whistles and departments come; wishes are made true; low ratings are followed up."""

from datetime import timedelta

import pytest

from tongxin.cases.actions import keep_evidence, make_move, ring_clocks, settle_events
from tongxin.cases.models import Case
from tongxin.cases.queries import Guarded
from tongxin.kit.errors import Invalid, NotPermitted, TooMany
from tongxin.requests.actions import (
    LinkExpired,
    blow_whistle,
    collect_wish,
    file_request,
    rate_by_link,
    rating_token,
)
from tongxin.requests.models import ServiceRequest
from tongxin.testing import NOON

from .test_loop import a_photo

MINUTE = timedelta(minutes=1)
HERE = {"lng": 117.55, "lat": 39.25, "accuracy": 12}


@pytest.fixture
def whistle(world) -> Case:
    return blow_whistle(
        title="地道积水", text="雨后积水半米", region=world.north, street_org=world.north_office,
        departments=[world.water, world.roads], at=NOON, actor=world.liu, is_fast=True,
    )  # fmt: skip


def call_of(whistle: Case, org) -> Case:
    return whistle.children.get(handler=org)


@pytest.mark.mission("S2.53", "S2.54")
class TestWhistle:
    def test_each_department_gets_a_call_with_its_own_clock(self, world, whistle):
        calls = whistle.children.all()
        assert {call.handler for call in calls} == {world.water, world.roads}
        assert all(call.due_at == NOON + 30 * MINUTE and call.is_fast for call in calls)
        assert whistle.whistle.lead == world.water

    def test_departments_report_on_the_spot_work_and_the_street_judges(self, world, whistle):
        for who, org in ((world.zhou, world.water), (world.li, world.roads)):
            call = call_of(whistle, org)
            make_move(call, "report_in", at=NOON + MINUTE, actor=who, place=HERE)
            photo = keep_evidence(case=call, data=a_photo(), kind="after", actor=who, at=NOON)
            make_move(
                call, "finish", at=NOON + 2 * MINUTE, actor=who, note="抽干", evidence=[photo]
            )
            make_move(call, "confirm", at=NOON + 3 * MINUTE, actor=world.liu)
        make_move(whistle, "judge", at=NOON + 4 * MINUTE, actor=world.liu, stars=5, note="到得快")
        whistle.refresh_from_db()
        assert whistle.step == "closed"

    def test_it_cannot_end_while_a_department_is_out(self, world, whistle):
        with pytest.raises(Guarded, match="2 个"):
            make_move(whistle, "judge", at=NOON, actor=world.liu, stars=5, note="好")

    def test_a_department_that_does_not_come_is_late_and_the_district_hears_of_it(
        self, world, whistle
    ):
        while ring_clocks(at=NOON + 90 * MINUTE):
            pass
        call = call_of(whistle, world.roads)
        assert call.is_late
        assert list(call.events.order_by("seq").values_list("name", flat=True)) == [
            "open", "yellow", "red", "escalate",
        ]  # fmt: skip
        settle_events(at=NOON + 91 * MINUTE)
        assert world.gao.notices.filter(title__startswith="超时升级").exists()

    def test_only_an_officer_of_the_place_whistles(self, world):
        for actor in (world.zhang, world.sun, world.li):
            with pytest.raises(NotPermitted):
                blow_whistle(
                    title="x", text="", region=world.north, street_org=world.north_office,
                    departments=[world.water], at=NOON, actor=actor,
                )  # fmt: skip

    def test_only_departments_are_called(self, world):
        with pytest.raises(Invalid, match="不是职能部门"):
            blow_whistle(
                title="x", text="", region=world.north, street_org=world.north_office,
                departments=[world.team], at=NOON, actor=world.liu,
            )  # fmt: skip
        assert not Case.objects.exists()


@pytest.mark.mission("S2.44", "S2.49", "S3.26", "S4.52")
def test_a_wish_is_collected_published_claimed_made_true_and_thanked(world):
    wish = collect_wish(
        title="一个收音机", text="听评书", wisher="独居老人王奶奶", cost=120, region=world.pine,
        at=NOON, actor=world.mei,
    )  # fmt: skip
    make_move(wish, "publish", at=NOON, actor=world.zhang)
    make_move(wish, "claim", at=NOON, actor=world.wang)
    photo = keep_evidence(case=wish, data=a_photo(), kind="photo", actor=world.wang, at=NOON)
    make_move(wish, "fulfil", at=NOON, actor=world.wang, note="送到家", evidence=[photo])
    make_move(wish, "thank", at=NOON, actor=world.mei, note="谢谢姑娘")
    wish.refresh_from_db()
    assert (wish.step, wish.wish.thanks) == ("closed", "谢谢姑娘")


def test_a_wish_beyond_a_small_one_is_refused(world):
    with pytest.raises(Invalid, match="2000"):
        collect_wish(
            title="电视",
            text="",
            wisher="王奶奶",
            cost=5000,
            region=world.pine,
            at=NOON,
            actor=world.mei,
        )


@pytest.fixture
def verified(world) -> Case:
    case = file_request(
        text="代买药", topic=world.errand, region=world.p1, at=NOON, actor=world.sun
    )
    make_move(case, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
    make_move(case, "accept", at=NOON, actor=world.wang)
    make_move(case, "finish", at=NOON, actor=world.wang, note="买到", minutes=30)
    case.refresh_from_db()
    assert case.step == "verified"  # a topic that needs no verification
    return case


class TestRating:
    def test_a_link_rates_without_signing_in(self, world, verified):
        rate_by_link(token=rating_token(verified), stars=4, tags=["热心"], words="谢谢", at=NOON)
        rated = ServiceRequest.objects.get(pk=verified.pk)
        assert (rated.stars, rated.tags, rated.words) == (4, ["热心"], "谢谢")

    def test_a_forged_or_torn_link_is_refused(self, world, verified):
        for token in (rating_token(verified)[:-3], "x", ""):
            with pytest.raises(LinkExpired):
                rate_by_link(token=token, stars=4, tags=[], words="", at=NOON)

    @pytest.mark.mission("S0.53")
    def test_a_low_rating_opens_a_follow_up_that_may_reopen(self, world, verified):
        make_move(verified, "rate", at=NOON, actor=world.sun, stars=1, note="买错了")
        call = Case.objects.get(kind="follow_up")
        assert (call.parent_id, call.is_private) == (verified.pk, True)
        make_move(
            call, "conclude", at=NOON, actor=world.zhang, reached=True, solved=False, note="要重买"
        )
        verified.refresh_from_db()
        assert (verified.step, verified.closed_at) == ("filed", None)

    def test_a_follow_up_that_finds_it_solved_leaves_it_closed(self, world, verified):
        make_move(verified, "rate", at=NOON, actor=world.sun, stars=2)
        call = Case.objects.get(kind="follow_up")
        make_move(
            call, "conclude", at=NOON, actor=world.zhang, reached=True, solved=True, note="已换"
        )
        verified.refresh_from_db()
        assert verified.step == "closed"

    def test_unrated_it_closes_after_fourteen_days(self, world, verified):
        assert ring_clocks(at=NOON + timedelta(days=13)) == 0
        assert ring_clocks(at=NOON + timedelta(days=14, minutes=1)) == 1
        verified.refresh_from_db()
        assert verified.step == "closed"


class TestOffers:
    def test_an_offer_passes_on_in_silence_and_comes_back_to_the_desk(self, world):
        case = file_request(
            text="水管漏", topic=world.tap, region=world.p1, at=NOON, actor=world.sun
        )
        make_move(case, "offer", at=NOON, actor=world.zhang, queue=[world.wang, world.zhao])
        case.refresh_from_db()
        assert case.offeree == world.wang
        ring_clocks(at=NOON + 31 * MINUTE)
        case.refresh_from_db()
        assert (case.step, case.offeree) == ("offered", world.zhao)
        ring_clocks(at=NOON + 62 * MINUTE)
        case.refresh_from_db()
        assert (case.step, case.offeree) == ("filed", None)

    def test_who_declines_passes_it_on_at_once(self, world):
        case = file_request(
            text="水管漏", topic=world.tap, region=world.p1, at=NOON, actor=world.sun
        )
        make_move(case, "offer", at=NOON, actor=world.zhang, queue=[world.wang, world.zhao])
        make_move(case, "decline", at=NOON, actor=world.wang, note="在外地")
        case.refresh_from_db()
        assert case.offeree == world.zhao


class TestDoing:
    @pytest.fixture
    def accepted(self, world) -> Case:
        case = file_request(
            text="水管漏", topic=world.tap, region=world.p1, at=NOON, actor=world.sun
        )
        make_move(case, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        make_move(case, "accept", at=NOON, actor=world.wang)
        return case

    def test_the_doer_can_never_verify(self, world, accepted):
        world.person("both", "双岗", world.pine_party, "verifier")
        photo = keep_evidence(
            case=accepted, data=a_photo(), kind="after", actor=world.wang, at=NOON
        )
        make_move(accepted, "finish", at=NOON, actor=world.wang, note="好", evidence=[photo])
        Case.objects.filter(pk=accepted.pk).update(holder=world.chen)
        with pytest.raises(Guarded, match="办理人不能验自己的单"):
            make_move(accepted, "verify", at=NOON, actor=world.chen)

    def test_who_checks_out_must_have_checked_in(self, world, accepted):
        with pytest.raises(Exception, match="还没有签到"):
            make_move(accepted, "check_out", at=NOON, actor=world.wang, place=HERE)
        make_move(accepted, "check_in", at=NOON, actor=world.wang, place=HERE)
        make_move(accepted, "check_out", at=NOON + MINUTE, actor=world.wang, place=HERE)

    @pytest.mark.parametrize("place", [{}, {"lng": "x", "lat": 1}, {"lng": 500, "lat": 1}])
    def test_a_place_that_is_none_is_refused(self, world, accepted, place):
        with pytest.raises(Invalid):
            make_move(accepted, "check_in", at=NOON, actor=world.wang, place=place or {"x": 1})

    def test_a_resident_may_urge_three_times_a_day(self, world, accepted):
        for _n in range(3):
            make_move(accepted, "urge", at=NOON, actor=world.sun)
        with pytest.raises(TooMany, match="3 次"):
            make_move(accepted, "urge", at=NOON, actor=world.sun)

    def test_a_request_waits_for_the_whistle_blown_for_it(self, world, accepted):
        blow_whistle(
            title="主管道爆裂", text="", region=world.p1, street_org=world.north_office,
            departments=[world.water], at=NOON, actor=world.liu, parent=accepted,
        )  # fmt: skip
        photo = keep_evidence(
            case=accepted, data=a_photo(), kind="after", actor=world.wang, at=NOON
        )
        with pytest.raises(Guarded, match="吹哨"):
            make_move(accepted, "finish", at=NOON, actor=world.wang, note="好", evidence=[photo])


@pytest.mark.mission("S0.37", "S0.55", "S4.68")
def test_units_pass_one_record_on_and_the_resident_hears_the_answer_in_it(world):
    """The community sends it to a department, which answers; nobody types it anew."""
    case = file_request(
        text="门前路面塌了一块", topic=world.pothole, region=world.p1, at=NOON, actor=world.sun
    )
    make_move(case, "dispatch", at=NOON, actor=world.zhang, handler=world.roads)
    make_move(case, "accept", at=NOON, actor=world.li)
    photos = [
        keep_evidence(case=case, data=a_photo(), kind=kind, actor=world.li, at=NOON)
        for kind in ("before", "after")
    ]
    make_move(
        case, "finish", at=NOON, actor=world.li, note="路面已补平，三天内勿碾压", evidence=photos
    )
    make_move(case, "verify", at=NOON, actor=world.chen)
    assert Case.objects.count() == 1
    seen = Case.objects.visible_to(world.sun).get()
    assert seen.text == "门前路面塌了一块"
    told = list(seen.events.order_by("seq").values_list("name", "actor__name", "note"))
    assert told[0] == ("open", "孙阿姨", "")
    assert ("finish", "李强", "路面已补平，三天内勿碾压") in told
    assert [who for _name, who, _note in told] == ["孙阿姨", "张敏", "李强", "李强", "陈建国"]


def test_what_is_not_public_is_given_by_name_and_not_laid_open_in_the_hall(world):
    shown = file_request(
        text="水管漏水", topic=world.tap, region=world.p1, at=NOON, actor=world.sun
    )
    hidden = file_request(
        text="水管漏水", topic=world.tap, region=world.p1, at=NOON, actor=world.sun,
        is_private=True,
    )  # fmt: skip
    make_move(shown, "post", at=NOON, actor=world.zhang)
    with pytest.raises(Guarded, match="不公开"):
        make_move(hidden, "post", at=NOON, actor=world.zhang)
    make_move(hidden, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
    make_move(hidden, "accept", at=NOON, actor=world.wang)
    with pytest.raises(Guarded, match="不公开"):
        make_move(hidden, "release", at=NOON, actor=world.wang, note="来不了")
    assert Case.objects.get(pk=hidden.pk).step == "accepted"
