"""Resolutions: owners, cases, progress, proof, confirmation by another; the next session's opening."""

import pytest

from tongxin.cases.actions import keep_evidence, make_move, ring_clocks
from tongxin.cases.models import Case
from tongxin.conferences import actions, queries
from tongxin.conferences.models import Resolution
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.testing import NOON

from .scenes import DAY, HOUR, announced, held, item, jpeg, planned, resolved


def step(case, name, actor, at, **given):
    case.refresh_from_db()
    return make_move(case, name, at=at, actor=actor, **given)


def photo(case, by, at):
    return keep_evidence(case=case, kind="after", data=jpeg(), at=at, actor=by)


def carried_out(case, by, at, note="护栏 300 米已安装"):
    step(case, "accept", by, at)
    proof = photo(case, by, at + HOUR)
    step(case, "report", by, at + HOUR, note=note, evidence=[proof])


@pytest.mark.mission("S3.31", "S3.32")
def test_one_unit_has_one_case_and_is_confirmed_by_the_convening_office(bodies):
    one = resolved(bodies)
    case, at = one.case, NOON + 2 * DAY
    assert (one.number, case.kind, case.handler) == ("〔2026〕1号", "resolution", bodies.roads)
    assert case.address == "朝阳路"
    step(case, "accept", bodies.li, at)
    case.refresh_from_db()
    assert case.due_at.date() == one.due_on  # the end of that day, by the clock of China
    step(case, "progress", bodies.li, at, note="材料已进场")
    with pytest.raises(Invalid):
        step(case, "report", bodies.li, at, note="装好了")  # without a photo
    proof = photo(case, bodies.li, at)
    step(case, "report", bodies.li, at + HOUR, note="护栏 300 米已安装", evidence=[proof])
    case.refresh_from_db()
    assert (case.step, case.handler) == ("reported", bodies.north_party)
    with pytest.raises(Refused):  # who did it does not confirm it
        step(case, "confirm", bodies.li, at + 2 * HOUR)
    step(case, "confirm", bodies.tang, at + 2 * HOUR)
    one.refresh_from_db()
    case.refresh_from_db()
    assert (one.end, one.result, case.handler) == ("done", "护栏 300 米已安装", bodies.roads)
    assert bodies.north_party.log.filter(key=f"resolution:{one.pk}").exists()


@pytest.mark.mission("S3.31")
def test_several_units_have_one_case_each_under_one_that_ends_with_the_last(bodies):
    one = resolved(bodies, units=[bodies.roads, bodies.water])
    assert one.case.kind == "resolution_joint"
    one.case.refresh_from_db()
    assert one.case.open_children == 2
    roads, water = (task.case for task in one.tasks.order_by("org_id"))
    at = NOON + 2 * DAY
    carried_out(roads, bodies.li, at)
    step(roads, "confirm", bodies.tang, at + 2 * HOUR)
    one.refresh_from_db()
    assert one.closed_at is None
    assert "2 家单位中 1 家已办结" in queries.state_words(one)
    carried_out(water, bodies.zhou, at, note="管线已避让")
    step(water, "redo", bodies.tang, at + 2 * HOUR, note="缺路口一段")
    water.refresh_from_db()
    assert (water.step, water.handler) == ("doing", bodies.water)
    step(water, "report", bodies.zhou, at + 3 * HOUR, note="全段避让",
         evidence=[photo(water, bodies.zhou, at + 3 * HOUR)])  # fmt: skip
    step(water, "confirm", bodies.liu, at + 4 * HOUR)
    one.refresh_from_db()
    one.case.refresh_from_db()
    assert one.result == "城市管理委：护栏 300 米已安装\n水务局：全段避让"
    assert one.case.step == "closed"
    assert one.tasks.get(org=bodies.water).returns == 1


@pytest.mark.mission("S3.32")
def test_without_an_owner_who_can_take_it_nothing_is_resolved(bodies):
    session = held(bodies)
    with pytest.raises(actions.NoOwner):
        resolved(bodies, session, units=[])
    with pytest.raises(actions.BadOwner, match="还没有经办人"):
        bodies.water.posts.all().delete()
        resolved(bodies, session, units=[bodies.water])
    with pytest.raises(Invalid, match="期限已过"):
        resolved(bodies, session, due=NOON.date() - DAY)
    with pytest.raises(Invalid, match="地点"):
        resolved(bodies, session, place="")
    with pytest.raises(Invalid, match="应在北塘街道内"):
        resolved(bodies, session, region=bodies.salt)
    assert not Resolution.objects.exists()
    assert not Case.objects.filter(kind__startswith="resolution").exists()
    person = resolved(bodies, session, units=[], holder=bodies.zhang)
    assert person.case.holder == bodies.zhang
    assert person.tasks.get().owner == "张敏"


def test_nothing_is_resolved_before_the_session_or_without_a_quorum(bodies):
    with pytest.raises(actions.NotHeld):
        resolved(bodies, announced(bodies))
    with pytest.raises(actions.NoQuorumOfUnits):
        resolved(bodies, held(bodies, users=[bodies.tang], starts_at=NOON + 2 * DAY,
                              items=[item(bodies, title="另一件")]))  # fmt: skip
    assert not Resolution.objects.exists()


def test_a_retry_resolves_once_and_numbers_follow(bodies):
    session = held(bodies)
    one = resolved(bodies, session, key="a")
    assert resolved(bodies, session, key="a") == one
    assert resolved(bodies, session, title="另一项").number == "〔2026〕2号"


def test_put_off_taken_back_pressed(bodies):
    one = resolved(bodies, units=[bodies.roads, bodies.water])
    at = NOON + 2 * DAY
    roads, _water = (task.case for task in one.tasks.order_by("org_id"))
    step(roads, "accept", bodies.li, at)
    later = one.due_on + 10 * DAY
    with pytest.raises(Invalid, match="更?晚"):
        actions.extend_resolution(
            resolution=one, due_on=one.due_on, reason="雨季", by=bodies.tang, at=at
        )
    actions.extend_resolution(resolution=one, due_on=later, reason="雨季", by=bodies.tang, at=at)
    roads.refresh_from_db()
    assert roads.due_at.date() == later
    assert set(one.tasks.values_list("due_on", flat=True)) == {later}
    assert actions.urge_resolution(resolution=one, by=bodies.tang, at=at) == 2
    with pytest.raises(NotPermitted):
        actions.withdraw_resolution(resolution=one, reason="不办了", by=bodies.li, at=at)
    actions.withdraw_resolution(resolution=one, reason="改由区里统一实施", by=bodies.tang, at=at)
    one.refresh_from_db()
    one.case.refresh_from_db()
    assert (one.end, one.case.step) == ("withdrawn", "void")
    with pytest.raises(actions.ResolutionEnded):
        actions.urge_resolution(resolution=one, by=bodies.tang, at=at)


def test_declined_it_goes_back_to_the_office_and_on_to_another(bodies):
    one = resolved(bodies)
    at = NOON + 2 * DAY
    step(one.case, "decline", bodies.li, at, note="不在我委职责")
    step(one.case, "assign", bodies.tang, at, note="请水务局办", handler=bodies.water)
    one.case.refresh_from_db()
    assert (one.case.step, one.case.handler) == ("assigned", bodies.water)
    assert one.tasks.get().org == bodies.water
    with pytest.raises(NotFound):
        step(one.case, "accept", bodies.li, at)
    step(one.case, "accept", bodies.zhou, at)


@pytest.mark.mission("S3.31")
def test_a_day_that_passes_gives_its_cards(bodies):
    one = resolved(bodies)
    step(one.case, "accept", bodies.li, NOON + 2 * DAY)
    ring_clocks(at=NOON + 18 * DAY)
    one.case.refresh_from_db()
    assert one.case.card == "yellow"
    ring_clocks(at=NOON + 22 * DAY)
    one.case.refresh_from_db()
    assert one.case.card == "red"


@pytest.mark.mission("S3.31")
def test_the_next_session_opens_with_what_became_of_the_last(bodies):
    one = resolved(bodies)
    following = planned(bodies, starts_at=NOON + 40 * DAY)
    assert [r.pk for r in queries.carried_over(following)] == [one.pk]
    actions.set_agenda(
        session=following, items=[item(bodies, title="新议题")], by=bodies.tang, at=NOON + 3 * DAY
    )
    following.meeting.refresh_from_db()
    lines = following.meeting.agenda.splitlines()
    assert lines[0] == "一、通报上次会议决议办理情况：共 1 项，已办结 0 项。"
    assert "〔2026〕1号 朝阳路加装护栏：办理中" in lines[1]
    carried_out(one.case, bodies.li, NOON + 4 * DAY)
    step(one.case, "confirm", bodies.tang, NOON + 5 * DAY)
    actions.set_agenda(
        session=following, items=list(following.items.all()), by=bodies.tang, at=NOON + 6 * DAY
    )
    following.meeting.refresh_from_db()
    assert "已办结。护栏 300 米已安装" in following.meeting.agenda
