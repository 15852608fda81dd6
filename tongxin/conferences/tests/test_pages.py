"""The pages: a resolution from a community's table to the next session; who may open what; budgets."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, localtime, now

from tongxin.conferences import actions
from tongxin.conferences.models import AgendaItem, ListItem, Resolution, Session
from tongxin.meetings.actions import load_rules
from tongxin.meetings.models import Meeting
from tongxin.orgs.models import Post
from tongxin.testing import NOON

from .scenes import DAY, HOUR, body_of, browser, held, item, jpeg, resolved, seat, street
from .test_lists import need, supply


def text_of(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.mark.mission("S3.31", "S3.32")
def test_guard_rails_from_a_community_to_the_next_session_of_its_street(bodies):
    world, at = bodies, now()
    Post.objects.create(user=world.qin, org=world.pine_party, role="secretary", region=world.pine)
    low, high = body_of(world.pine), street(world)
    qin, tang, li = browser(world.qin), browser(world.tang), browser(world.li)
    # The community raises it and, unable to settle it, refers it to the street.
    sent = {"kind": "service", "title": "西兰路人车混行，请装护栏", "text": "放学时最乱"}
    assert qin.post(f"/conferences/bodies/{low.pk}/propose/", sent).status_code == 302
    raised = AgendaItem.objects.get(body=low)
    qin.post(f"/conferences/agenda/{raised.pk}/refer/", {"to": high.pk})
    referred = AgendaItem.objects.get(body=high)
    assert "西兰路人车混行" in text_of(tang, f"/conferences/bodies/{high.pk}/")
    # The street plans a session, picks it, announces.
    begins = localtime(at + DAY)
    sent = {"day": begins.date(), "starts": "09:00", "ends": "11:00", "venue": "街道会议室"}
    answer = tang.post(f"/conferences/bodies/{high.pk}/session/", sent)
    session = Session.objects.get()
    assert answer.url == f"/conferences/sessions/{session.pk}/"
    page = text_of(tang, f"{answer.url}agenda/")
    assert "西兰路人车混行" in page
    tang.post(f"{answer.url}agenda/", {f"pick_{referred.pk}": "on", f"seq_{referred.pk}": "1"})
    tang.post(f"{answer.url}announce/")
    assert world.li.notices.filter(title__startswith="会议通知").exists()
    assert "西兰路人车混行" in text_of(li, answer.url)
    # It is held with the member units there; a resolution gives the work to the department.
    Meeting.objects.update(starts_at=at - HOUR, ends_at=at + HOUR)
    rows = session.meeting.attendances.all()
    given = {f"status_{row.pk}": "present" for row in rows}
    tang.post(f"/meetings/{session.meeting_id}/list/", given)
    tang.post(f"/meetings/{session.meeting_id}/do/hold/")
    sent = {"decision": "由交警大队装护栏"}
    tang.post(f"/conferences/agenda/{referred.pk}/decide/", sent)
    sent = {
        "item": referred.pk, "title": "西兰路装护栏", "work": "机非隔离护栏 300 米", "place": "西兰路",
        "region": world.north.pk, "due_on": localdate(at) + 20 * DAY, "key": "k1",
    }  # fmt: skip
    refused = tang.post(f"{answer.url}resolve/", sent)
    assert refused.status_code == 422
    assert "没有责任单位的决议不能形成" in refused.content.decode()
    made = tang.post(f"{answer.url}resolve/", sent | {"units": [world.roads.pk]})
    assert made.status_code == 302, made.content.decode()
    one = Resolution.objects.get()
    # The department takes it over, reports with a photo; the street confirms.
    url = f"/cases/{one.case_id}/moves/"
    assert "西兰路装护栏" in text_of(li, "/conferences/mine/")
    li.post(f"{url}accept/", {})
    photo = SimpleUploadedFile("a.jpg", jpeg(), content_type="image/jpeg")
    li.post(f"{url}report/", {"note": "护栏已装 300 米", "photo": photo})
    one.case.refresh_from_db()
    assert one.case.step == "reported"
    tang.post(f"{url}confirm/", {})
    one.refresh_from_db()
    assert (one.end, one.result) == ("done", "护栏已装 300 米")
    assert "护栏已装 300 米" in text_of(li, f"/conferences/resolutions/{one.pk}/")
    # The next session opens with it, on the page and on paper.
    begins = at + 2 * DAY
    later = actions.plan_session(
        body=high, starts_at=begins, ends_at=begins + HOUR, venue="室", by=world.tang, at=at
    )
    for page in ("", "print/"):
        told = text_of(tang, f"/conferences/sessions/{later.pk}/{page}")
        assert "已办结。护栏已装 300 米" in told


PAGES = (
    "", "frequency/", "mine/", "resolutions/", "lists/", "lists/?kind=project", "consultations/",
    "matching/", "agreements/", "packages/", "activities/",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_stays_within_its_budget(bodies, page):
    need(bodies)
    supply(bodies)
    resolved(bodies)
    client = browser(bodies.gao)
    client.get(f"/conferences/{page}")  # what a process learns once
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"/conferences/{page}")
    assert answer.status_code == 200
    own = [q for q in asked.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(own) <= 8, [q["sql"][:90] for q in own]


def test_a_session_and_what_belongs_to_it_ask_little_however_much_stands_there(bodies):
    session = held(bodies, items=[item(bodies, title=f"议题{n}") for n in range(6)])
    for n in range(4):
        one = resolved(bodies, session, title=f"决议{n}", units=[bodies.roads, bodies.water])
    client = browser(bodies.tang)
    client.get("/conferences/")  # what a process learns once
    pages = {
        f"sessions/{session.pk}/": 8, f"sessions/{session.pk}/print/": 8,
        f"sessions/{session.pk}/agenda/": 8, f"sessions/{session.pk}/resolve/": 8,
        f"agenda/{one.item_id}/": 8, f"resolutions/{one.pk}/": 8,
        # A body shows seven kinds of rows; its seats are chosen from four registers.
        f"bodies/{session.body_id}/": 10, f"bodies/{session.body_id}/seat/": 10,
    }  # fmt: skip
    for page, most in pages.items():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/conferences/{page}").status_code == 200, page
        assert len(asked) <= most, (page, [q["sql"][:90] for q in asked.captured_queries])
    assert "决议3" in client.get(f"/conferences/sessions/{session.pk}/").content.decode()


def test_whose_it_is_not_finds_nothing(bodies):
    one = resolved(bodies)
    session, body = one.session, one.body
    for who in (bodies.yue, bodies.sun, bodies.wu):
        client = browser(who)
        for url in (f"bodies/{body.pk}/", f"sessions/{session.pk}/", f"resolutions/{one.pk}/",
                    f"agenda/{one.item.pk}/"):  # fmt: skip
            assert client.get(f"/conferences/{url}").status_code == 404, (who, url)
    li = browser(bodies.li)
    assert li.get(f"/conferences/resolutions/{one.pk}/").status_code == 200
    for url in (f"sessions/{session.pk}/agenda/", f"sessions/{session.pk}/resolve/",
                f"resolutions/{one.pk}/withdraw/", f"bodies/{body.pk}/charter/"):  # fmt: skip
        assert li.get(f"/conferences/{url}").status_code == 404, url


@pytest.mark.mission("S3.23")
def test_a_resident_says_on_the_phone_what_is_needed(world):
    sun, zhang = browser(world.sun), browser(world.zhang)
    sent = {"region": world.pine.pk, "title": "装路灯", "text": "东门太黑", "key": "w1"}
    assert sun.post("/conferences/wish/", sent).status_code == 302
    assert "装路灯" in text_of(sun, "/conferences/wish/")
    one = ListItem.objects.get()
    assert "待审核" in text_of(zhang, f"/conferences/items/{one.pk}/")
    zhang.post(f"/conferences/items/{one.pk}/review/", {"accept": "yes"})
    one.refresh_from_db()
    assert one.state == "open"


@pytest.mark.mission("S3.24", "S3.30")
def test_the_desk_matches_and_another_supply_may_be_chosen(world):
    at = now()
    given = {"at": at, "from_date": localdate(at), "to_date": localdate(at) + 20 * DAY}
    wanted, offered = need(world, **given), supply(world, **given)
    zhang = browser(world.zhang)
    zhang.post("/conferences/matching/run/")
    page = text_of(zhang, "/conferences/matching/")
    assert "满足全部需求" in page
    assert "志愿者 10 人" in text_of(zhang, f"/conferences/items/{wanted.pk}/agree/")
    answer = zhang.post(
        f"/conferences/items/{wanted.pk}/agree/", {"supply": offered.pk, "quantity": "4"}
    )
    assert answer.status_code == 302
    assert "待交付" in text_of(zhang, answer.url)
    assert "约定" in text_of(browser(world.li), answer.url)


def test_one_act_founds_what_is_missing(world):
    load_rules(at=NOON, by=None)
    he = browser(world.he)
    assert "按区划建立" in text_of(browser(world.gao), "/conferences/")
    browser(world.gao).post("/conferences/found/")
    assert "北塘街道党建联席会议" in text_of(he, "/conferences/")
    assert browser(world.li).post("/conferences/found/").status_code in (302, 404)
    body = body_of(world.north)
    seat(world, body, org=world.roads, user=world.li)
    for page in ("seat/", "charter/", "session/"):
        assert he.get(f"/conferences/bodies/{body.pk}/{page}").status_code == 200


def test_a_body_without_a_convener_is_given_one_on_its_page(bodies):
    world = bodies
    body = body_of(world.south)
    gao, url = browser(world.gao), f"/conferences/bodies/{body.pk}/convener/"
    assert "确定召集单位" in text_of(gao, f"/conferences/bodies/{body.pk}/")
    refused = gao.post(url, {"org": world.north_party.pk})  # it leads other land
    assert refused.status_code == 422
    for who in (world.li, world.tang):
        assert browser(who).get(url).status_code == 404
    body.refresh_from_db()
    assert body.org is None
    assert gao.post(url, {"org": world.tong_party.pk}).status_code == 302
    body.refresh_from_db()
    assert body.org == world.tong_party
    assert "改召集单位" in text_of(gao, f"/conferences/bodies/{body.pk}/")


def test_the_tiles_of_the_project_list_count_what_its_rows_show(world):
    need(world, kind="project", series="firms", origin="street")
    page = text_of(browser(world.gao), "/conferences/lists/?kind=project&state=all")
    tile = page[page.index("我为企业办实事") :][:200]
    assert "1" in tile and "0" not in tile.split("已办结")[0]


def test_the_forms_of_packages_and_activities_open(world):
    gao = browser(world.gao)
    sent = {"street": world.north.pk, "org": world.district_office.pk, "year": localdate().year,
            "name": "医疗包", "policy": "下沉"}  # fmt: skip
    answer = gao.post("/conferences/packages/new/", sent)
    assert answer.status_code == 302, answer.content.decode()
    item_ = {"kind": "medical", "title": "签约", "amount_fen": "12.50",
             "due_on": localdate() + 9 * DAY}  # fmt: skip
    assert gao.post(f"{answer.url}item/", item_).status_code == 302
    assert "12.50" in text_of(gao, answer.url)
    assert "拨付账户" in text_of(gao, f"{answer.url}issue/")
    tang = browser(world.tang)
    sent = {"title": "清洁家园", "host": world.north_party.pk, "region": world.pine.pk,
            "place": "广场", "day": localdate() + DAY, "starts": "09:00", "ends": "10:00",
            "orgs": [world.pine_party.pk]}  # fmt: skip
    answer = tang.post("/conferences/activities/new/", sent)
    assert answer.status_code == 302, answer.content.decode()
    page = text_of(tang, answer.url)
    assert "待回复" in page and "activity-map-points" in page
    assert "activities-map-points" in text_of(tang, "/conferences/activities/")
    assert tang.get("/conferences/packages/new/").status_code == 404  # the street receives them
