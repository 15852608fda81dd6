"""Who is proposed, with what arithmetic; who is not, and why; how an offer travels."""

from datetime import time, timedelta

import pytest

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, ring_clocks
from tongxin.cases.models import Case
from tongxin.dispatching.queries import advise, advise_units, chain_of, why_not
from tongxin.orgs.models import Post, Volunteer, VolunteerTime
from tongxin.requests.actions import file_request
from tongxin.requests.models import ServiceRequest
from tongxin.requests.queries import person_in_reach
from tongxin.testing import NOON

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def tap(world):
    return file_request(
        text="厨房水管漏水", topic=world.tap, lng=117.55, lat=39.25, at=NOON, actor=world.sun
    )


def best(case, **more):
    return {one.name: one for one in advise(case, at=NOON, **more).people}


def mark(one, code):
    return next(mark for mark in one.marks if mark.code == code)


def another(world, at=NOON, **more):
    return file_request(
        text="龙头坏了", topic=world.tap, region=world.p1, at=at, actor=world.ma, **more
    )


def done_by(world, who, at, stars=None):
    """An order of the topic that somebody carried to its end."""
    case = another(world, at=at)
    step = "closed" if stars else "verified"
    Case.objects.filter(pk=case.pk).update(holder=who, step=step, closed_at=at)
    ServiceRequest.objects.filter(pk=case.pk).update(stars=stars)


class TestMarks:
    def test_every_criterion_has_weight_points_and_a_reason(self, world, tap):
        found = best(tap)
        assert set(found) == {"王芳", "赵磊", "梅雪"}
        wang = found["王芳"]
        assert sum(one.weight for one in wang.marks) == 100
        assert wang.score == pytest.approx(sum(one.points for one in wang.marks))
        assert wang.why.startswith("会水电，住松社区（约 ")
        assert all(one.why for one in wang.marks)
        assert mark(found["梅雪"], "skill").why == "按岗位负责，不看技能"

    def test_a_free_hour_within_the_limit_counts(self, world, tap):
        # Monday 10:00, four working hours: until 15:30 or so.
        VolunteerTime.objects.create(
            volunteer=world.wang.volunteer, weekday=1, since=time(14), until=time(16)
        )
        VolunteerTime.objects.create(
            volunteer=world.zhao.volunteer, weekday=6, since=time(9), until=time(11)
        )
        found = best(tap)
        assert mark(found["王芳"], "time").value == 1
        assert mark(found["王芳"], "time").why.startswith("周一 14:00–")
        assert mark(found["赵磊"], "time").value == 0
        assert list(found).index("王芳") < list(found).index("赵磊")

    def test_hands_and_orders_of_the_month_count(self, world, tap):
        make_move(another(world), "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        found = best(tap)
        assert mark(found["王芳"], "load").why == "手上 1 单（上限 3）"
        assert mark(found["王芳"], "load").value == pytest.approx(2 / 3)
        assert "近 30 天接 1 单" in mark(found["王芳"], "fair").why
        assert found["赵磊"].score > found["王芳"].score

    def test_stars_count_only_from_five_ratings_of_the_topic_on(self, world, tap):
        for n in range(4):
            done_by(world, world.wang, NOON - (40 + n) * DAY, stars=5)
        few = mark(best(tap)["王芳"], "rating")
        assert few.value == 0.5
        assert "不计好差" in few.why
        done_by(world, world.wang, NOON - 50 * DAY, stars=1)
        enough = mark(best(tap)["王芳"], "rating")
        assert enough.value == pytest.approx(0.8)
        assert enough.why == "同类评单 5 件，四星以上 4 件"
        assert mark(best(tap)["王芳"], "done").why == "一年内办过同类 5 件"
        assert mark(best(tap)["王芳"], "rest").why == "上次接单在 40 天前"

    def test_neighbouring_streets_are_asked_where_there_are_too_few(self, world, tap):
        far = world.person("qian", "钱多", world.salt_office, "volunteer")
        Volunteer.objects.create(user=far, home=world.salt).skills.set(
            world.wang.volunteer.skills.all()
        )
        advice = advise(tap, at=NOON)
        assert "钱多" not in {one.name for one in advice.people}, "44 km are too far"
        tap.lat, tap.lng = 39.05, 117.6  # near the border, some 18 km from Salt's middle
        wide = advise_with_limit(world, tap, 30_000)
        assert wide.widened
        assert "钱多" in {one.name for one in wide.people}
        assert person_in_reach(tap, far.pk, at=NOON)
        assert not person_in_reach(tap, world.wu.pk, at=NOON)

    def test_the_best_are_exact_however_many_there_are(
        self, world, tap, django_assert_max_num_queries
    ):
        people = User.objects.bulk_create(
            User(username=f"v{n}", name=f"志愿者{n}") for n in range(150)
        )
        skill = world.wang.volunteer.skills.get()
        for n, user in enumerate(people):
            Volunteer.objects.create(user=user, home=world.reed, cap=3).skills.add(skill)
            if n % 3:
                VolunteerTime.objects.create(
                    volunteer_id=user.pk, weekday=1 + n % 5, since=time(8), until=time(20)
                )
        tap = Case.objects.select_related("topic", "request").get(pk=tap.pk)
        advise(tap, at=NOON)
        with django_assert_max_num_queries(9):
            ten = advise(tap, at=NOON, limit=10).people
        everybody = advise(tap, at=NOON, limit=500).people
        assert [one.id for one in ten] == [one.id for one in everybody[:10]]


def advise_with_limit(world, case, limit_m):
    from tongxin.dispatching.actions import set_weights
    from tongxin.dispatching.queries.weights import sample_numbers

    set_weights(
        region=world.tong, effective_from=NOON.date(), source="测试",
        numbers=sample_numbers() | {"limit_m": limit_m, "far_m": 20_000}, at=NOON, by=world.gao,
    )  # fmt: skip
    return advise(case, at=NOON)


class TestWhyNot:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"is_paused": True}, "已暂停接单"),
            ({"cap": 0}, "手上已有 0 单，上限 0"),
        ],
    )
    def test_it_says_what_is_against_somebody(self, world, tap, change, reason):
        Volunteer.objects.filter(user=world.wang).update(**change)
        [one] = why_not(tap, name="王芳", at=NOON)
        assert one.reasons == [reason]
        assert one.score is None

    def test_no_skill_too_far_own_order(self, world, tap):
        world.wang.volunteer.skills.clear()
        [one] = why_not(tap, name="王芳", at=NOON)
        assert one.reasons == ["没有登记所需技能：水电"]
        far = world.person("qian", "钱多", world.salt_office, "volunteer")
        Volunteer.objects.create(user=far, home=world.salt).skills.set(
            world.zhao.volunteer.skills.all()
        )
        [one] = why_not(tap, name="钱多", at=NOON)
        assert one.reasons == ["住盐社区，超过最远推荐距离 10 公里"]
        own = file_request(text="水管", topic=world.tap, region=world.p1, at=NOON, actor=world.zhao)
        assert why_not(own, name="赵磊", at=NOON)[0].reasons == ["这是本人提交的单子"]

    def test_nothing_against_somebody_is_said_with_the_points(self, world, tap):
        [one] = why_not(tap, name="赵磊", at=NOON)
        assert one.reasons == []
        assert one.score == pytest.approx(best(tap)["赵磊"].score)
        assert why_not(tap, name="无此人", at=NOON) == []

    def test_a_topic_for_departments_is_nobodys(self, world):
        pothole = file_request(
            text="路上有坑", topic=world.pothole, region=world.p1, at=NOON, actor=world.sun
        )
        assert advise(pothole, at=NOON).people == []
        assert why_not(pothole, name="王芳", at=NOON)[0].reasons == ["“道路坑洼”不由这类人员承接"]


class TestOffers:
    @pytest.fixture
    def offered(self, world, tap):
        queue = [world.wang.pk, world.zhao.pk, world.mei.pk]
        make_move(tap, "offer", at=NOON, actor=world.zhang, queue=queue)
        tap.refresh_from_db()
        return tap

    @pytest.mark.mission("S0.51")
    def test_silence_passes_the_offer_on_and_the_chain_is_told(self, world, offered):
        assert [(one.name, one.answer) for one in chain_of(offered)] == [
            ("王芳", "waiting"), ("赵磊", ""), ("梅雪", ""),
        ]  # fmt: skip
        assert "王芳" not in best(offered), "who is being asked is not proposed"
        ring_clocks(at=NOON + 31 * MINUTE)
        later = Case.objects.get(pk=offered.pk)
        assert later.offeree == world.zhao
        make_move(later, "decline", at=NOON + 35 * MINUTE, actor=world.zhao, note="在外地")
        later = Case.objects.get(pk=offered.pk)
        assert [(one.name, one.answer, one.note) for one in chain_of(later)] == [
            ("王芳", "silent", ""), ("赵磊", "declined", "在外地"), ("梅雪", "waiting", ""),
        ]  # fmt: skip

    def test_who_said_no_or_nothing_is_not_proposed_again(self, world, offered):
        ring_clocks(at=NOON + 31 * MINUTE)
        make_move(offered, "decline", at=NOON + 35 * MINUTE, actor=world.zhao, note="在外地")
        make_move(offered, "recall", at=NOON + 36 * MINUTE, actor=world.zhang)
        case = Case.objects.get(pk=offered.pk)
        assert [one.name for one in advise(case, at=NOON + 40 * MINUTE).people] == ["梅雪"]
        [one] = why_not(case, name="赵磊", at=NOON + 40 * MINUTE)
        assert one.reasons == ["这张单子已经问过：婉拒"]

    def test_who_cannot_take_it_any_more_is_passed_over(self, world, offered):
        Volunteer.objects.filter(user=world.zhao).update(is_paused=True)
        ring_clocks(at=NOON + 31 * MINUTE)
        assert Case.objects.get(pk=offered.pk).offeree == world.mei

    def test_full_hands_are_passed_over_and_at_the_end_the_desk_has_it(self, world, offered):
        Volunteer.objects.filter(user=world.zhao).update(cap=0)
        User.objects.filter(pk=world.mei.pk).update(is_active=False)
        ring_clocks(at=NOON + 31 * MINUTE)
        case = Case.objects.get(pk=offered.pk)
        assert (case.step, case.offeree) == ("filed", None)
        assert [one.answer for one in chain_of(case)] == ["silent"]

    def test_an_order_given_and_handed_back_is_in_the_chain(self, world, tap):
        make_move(tap, "dispatch", at=NOON, actor=world.zhang, holder=world.wang)
        make_move(tap, "accept", at=NOON, actor=world.wang)
        assert [one.answer for one in chain_of(tap)] == ["accepted"]
        make_move(tap, "hand_back", at=NOON, actor=world.wang, note="工具不够")
        assert [one.answer for one in chain_of(tap)] == ["handed_back"]


class TestUnits:
    def test_units_are_judged_by_duty_practice_time_and_hands(self, world):
        pothole = file_request(
            text="路上有坑", topic=world.pothole, region=world.p1, at=NOON, actor=world.sun
        )
        for n in range(6):
            case = file_request(
                text="坑", topic=world.pothole, region=world.p1, at=NOON - (n + 3) * DAY,
                actor=world.ma,
            )  # fmt: skip
            Case.objects.filter(pk=case.pk).update(
                handler=world.roads, step="closed", closed_at=NOON, is_late=n == 0
            )
        units = {one.org.name: one for one in advise_units(pothole, at=NOON)}
        roads = units["城市管理委"]
        assert mark(roads, "unit_done").why == "一年内办过同类 6 件"
        assert mark(roads, "unit_ontime").value == pytest.approx(5 / 6)
        assert mark(units["水务局"], "unit_ontime").value == 0.5
        assert roads.score > units["水务局"].score


class TestPanel:
    def test_the_desk_reads_the_advice(self, world, tap, client):
        client.force_login(world.zhang)
        page = client.get(f"/dispatching/cases/{tap.pk}/advice/").content.decode()
        assert "王芳" in page
        assert "怎么算的" in page
        assert "依次推荐给这 3 位" in page
        page = client.get(f"/dispatching/cases/{tap.pk}/why-not/?name=吴").content.decode()
        assert "没有叫“吴”的" in page

    def test_the_panel_asks_for_it_and_stands_without(self, world, tap, client):
        client.force_login(world.zhang)
        page = client.get(f"/cases/{tap.pk}/").content.decode()
        assert f"/dispatching/cases/{tap.pk}/advice/" in page
        assert "会水电，住松社区" in page

    @pytest.mark.parametrize(("who", "status"), [("wu", 404), ("sun", 403), ("chen", 403)])
    def test_nobody_else_reads_it(self, world, tap, client, who, status):
        client.force_login(getattr(world, who))
        for page in ("advice", "why-not"):
            assert client.get(f"/dispatching/cases/{tap.pk}/{page}/").status_code == status

    def test_at_most_so_many_queries(self, world, tap, client, django_assert_max_num_queries):
        client.force_login(world.zhang)
        client.get(f"/dispatching/cases/{tap.pk}/advice/")
        with django_assert_max_num_queries(11):
            client.get(f"/dispatching/cases/{tap.pk}/advice/")


def test_a_post_is_still_what_opens_the_door(world, tap):
    assert Post.objects.filter(user=world.wang, role="volunteer").exists()
    assert not person_in_reach(tap, world.sun.pk, at=NOON)
