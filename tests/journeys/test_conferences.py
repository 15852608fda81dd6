"""联席会议: a street's session on a desk, a resident's wish and a unit's task on a phone."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.conferences import actions
from tongxin.conferences.models import ConferenceBody, ListItem, MemberKind
from tongxin.meetings import actions as meetings

from .conftest import DESK, PHONE

pytestmark = pytest.mark.browser
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def session(world):
    """A session of the street that was held an hour ago, with a resolution of an earlier one."""
    at = now()
    meetings.load_rules(at=at, by=None)
    actions.found_bodies(district=world.tong, by=world.he, at=at - 90 * DAY)
    body = ConferenceBody.objects.select_related("org", "region").get(region=world.north)
    for org, user in ((world.roads, world.li), (world.water, world.zhou)):
        actions.seat_member(
            body=body, kind=MemberKind.objects.get(code="district_unit"), org=org, rep_name="",
            representative=user, why="承担辖区城市治理职能", from_date=localdate(at) - 3 * DAY, by=world.tang,
            at=at,
        )  # fmt: skip
    for n in (2, 1):
        raised = actions.propose_item(
            body=body,
            kind="service",
            title=f"西兰路人车混行，请装护栏（{n}）",
            by=world.tang,
            at=at,
        )
        made = actions.plan_session(
            body=body, starts_at=at - n * HOUR, ends_at=at + HOUR, venue="街道会议室", by=world.tang,
            at=at - 2 * n * HOUR, key=str(n),
        )  # fmt: skip
        actions.set_agenda(session=made, items=[raised], by=world.tang, at=at - 2 * n * HOUR)
        actions.announce_session(session=made, by=world.tang, at=at - 2 * n * HOUR)
        rows = made.meeting.attendances.all()
        meetings.mark_attendance(
            meeting=made.meeting, statuses={row.pk: ("present", "") for row in rows},
            by=world.tang, at=at - n * HOUR,
        )  # fmt: skip
        meetings.hold_meeting(meeting=made.meeting, by=world.tang, at=at - n * HOUR)
        if n == 2:
            actions.resolve(
                session=made, title="补划消防通道标线", work="三个小区", place="北塘片区",
                due_on=localdate(at) + 20 * DAY, units=[world.roads], by=world.tang, at=at,
            )  # fmt: skip
    return made


@pytest.mark.mission("S3.31")
@pytest.mark.parametrize("width", [DESK], indirect=True)
def test_the_secretary_resolves_at_a_desk(visit, world, session):
    visitor = visit(world.tang)
    page = visitor.go("/conferences/")
    visitor.look()
    page.get_by_role("link", name="北塘街道党建联席会议").first.click()
    visitor.look()
    page = visitor.go(f"/conferences/sessions/{session.pk}/")
    visitor.sees("补划消防通道标线")
    visitor.look()
    page.get_by_role("link", name="形成决议 西兰路").click()
    page.get_by_label("工作内容").fill("机非隔离护栏约 300 米")
    page.get_by_label("地点").fill("西兰路")
    page.get_by_label("城市管理委").check()
    page.get_by_label("完成期限").fill(str(localdate() + 20 * DAY))
    visitor.look()
    visitor.press("形成决议", within=page.locator("main form"))
    visitor.lands_on("/conferences/resolutions/")
    visitor.sees("城市管理委")
    visitor.look()


@pytest.mark.parametrize(("width", "details"), [(DESK, True), (PHONE, False)], indirect=["width"])
def test_every_main_page_can_be_read_by_everybody(visit, world, session, details):
    at, on = now(), localdate()
    given = {"from_date": on, "to_date": on + 20 * DAY, "at": at}
    for kind, by in (("need", world.zhang), ("supply", world.tang)):
        actions.add_to_list(
            kind=kind, region=world.pine, matter="people", title=f"清理楼道（{kind}）", quantity=4,
            by=by, **given,
        )  # fmt: skip
    asked = actions.open_round(region=world.pine, title="最想办哪件事", by=world.zhang, **given)
    actions.give_opinion(consultation=asked, text="装路灯", by=world.sun, at=at)
    ahead = actions.plan_session(
        body=session.body, starts_at=at + DAY, ends_at=at + DAY + HOUR, venue="街道会议室",
        by=world.tang, at=at,
    )  # fmt: skip
    activity = actions.plan_activity(
        title="清洁家园", region=world.pine, place="广场", host=world.north_party,
        orgs=[world.roads], starts_at=at + DAY, ends_at=at + DAY + HOUR, by=world.tang, at=at,
    )  # fmt: skip
    package = actions.draft_package(
        street=world.north, org=world.district_office, year=on.year, name="医疗下沉包",
        policy="家庭医生签约", by=world.gao, at=at,
    )  # fmt: skip
    actions.add_package_item(
        package=package, kind="medical", title="签约", amount_fen=100, due_on=on + 9 * DAY,
        by=world.gao, at=at,
    )  # fmt: skip
    secretary = visit(world.tang)
    secretary.go(f"/conferences/sessions/{ahead.pk}/agenda/")
    secretary.look()
    visitor, body = visit(world.gao), session.body_id
    pages = ("frequency/", "matching/", "consultations/", "lists/?kind=project", "agreements/",
             "packages/", "activities/")  # fmt: skip
    if details:
        pages = (f"bodies/{body}/convener/", f"consultations/{asked.pk}/",
                 f"packages/{package.pk}/", f"activities/{activity.pk}/")  # fmt: skip
    for page in pages:
        visitor.go(f"/conferences/{page}")
        visitor.look()


@pytest.mark.parametrize("width", [PHONE], indirect=True)
def test_a_unit_and_a_resident_on_the_phone(visit, world, session):
    visitor = visit(world.li)
    visitor.go("/conferences/mine/")
    visitor.sees("补划消防通道标线")
    visitor.look()
    resident = visit(world.sun)
    page = resident.go("/conferences/wish/")
    page.get_by_label("希望办的事").fill("东门装路灯")
    resident.press("提交", within=page.locator("main form"))
    resident.sees("东门装路灯")
    resident.look()
    item = ListItem.objects.get()
    desk = visit(world.zhang)
    desk.go(f"/conferences/items/{item.pk}/")
    desk.look()
    desk.go("/conferences/lists/?state=all")
    desk.look()
