"""The pages as residents and desks use them; who may not sees nothing; lists keep their budget."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.cases.models import Case
from tongxin.taking_part import actions
from tongxin.taking_part.models import Ballot, Motion, Poll, PollRule, Statement
from tongxin.testing import NOON

HOUR = timedelta(hours=1)
BUDGET = 8


@pytest.fixture
def open_poll(rules, make_poll):
    """A poll that is open this very moment."""
    at = now()
    poll = make_poll(at=at - 9 * HOUR * 24, opens_at=at - HOUR, closes_at=at + 24 * HOUR, stage="posted")  # fmt: skip
    actions.polls_due(at=at)
    return Poll.objects.get(pk=poll.pk)


@pytest.mark.mission("S3.34", "S4.69")
def test_a_resident_moves_and_the_community_answers(rules, as_):
    world = rules
    sun = as_(world.sun)
    assert "选社区" in sun.get("/taking-part/near/").content.decode()
    assert (
        "还没有人提议题"
        in sun.get(f"/taking-part/near/?community={world.pine.code}").content.decode()
    )
    sent = {
        "raiser": "residents",
        "title": "加装充电桩",
        "text": "两处",
        "hides_name": "on",
        "key": "k",
    }
    assert sun.post("/taking-part/motions/new/", sent | {"text": ""}).status_code == 422
    url = sun.post("/taking-part/motions/new/", sent).url
    motion = Motion.objects.get()
    assert url == f"/taking-part/motions/{motion.pk}/" and motion.shown_as == "孙*姨"
    seen = as_(world.ma).get(url).content.decode()
    assert "加装充电桩" in seen and "孙阿姨" not in seen
    assert as_(world.ma).post(f"{url}support/").url == url
    assert as_(world.zhang).get("/taking-part/").content.decode().count("加装充电桩") == 1
    desk = f"/taking-part/desk/motions/{motion.pk}/"
    assert "受理" in as_(world.zhang).get(desk).content.decode()
    assert as_(world.wu).get(desk).status_code == 404
    assert as_(world.sun).get("/taking-part/").status_code == 404
    case = Case.objects.get(pk=motion.pk)
    moved = as_(world.zhang).post(f"/cases/{motion.pk}/moves/admit/", {"note": "受理", "expect": case.length})  # fmt: skip
    assert moved.status_code == 302
    said = {"stance": "for", "text": "支持，装在东侧", "key": "s"}
    assert as_(world.ma).post(f"{url}speak/", said | {"text": "13900000002"}).status_code == 422
    assert as_(world.ma).post(f"{url}speak/", said).url == url
    one = Statement.objects.get()
    hide = f"/taking-part/desk/statements/{one.pk}/hide/"
    assert as_(world.sun).post(hide, {"reason": "x"}).status_code == 404
    assert as_(world.zhang).post(hide, {"reason": "重复"}).url == desk
    assert "装在东侧" not in as_(world.sun).get(url).content.decode()


@pytest.mark.mission("S4.69")
def test_three_taps_and_the_vote_is_cast(rules, as_, open_poll):
    sun, url = as_(rules.sun), f"/taking-part/polls/{open_poll.pk}/"
    entry = open_poll.roll.get(place="1-1-101")
    page = sun.get(url).content.decode()
    assert "我的一票" in page and "赞成" in page
    confirm = sun.get(f"{url}vote/{entry.pk}/?choice=yes")
    assert "没有人能查到您投了什么" in confirm.content.decode()
    sent = {"choice": "yes", "receipt": confirm.context["receipt"]}
    done = sun.post(f"{url}vote/{entry.pk}/", sent)
    assert done.status_code == 200 and done.context["receipt"].replace(" ", "") == sent["receipt"]
    assert "no-store" in done["Cache-Control"]
    again = sun.post(f"{url}vote/{entry.pk}/", sent)  # the same form, sent again
    assert again.status_code == 200 and Ballot.objects.count() == 1
    other = sun.post(f"{url}vote/{entry.pk}/", {"choice": "no", "receipt": actions.new_receipt()})
    assert other.status_code == 409 and Ballot.objects.get().choice == "yes"
    assert "这一票已计入" in sun.get(f"{url}?receipt={sent['receipt']}").content.decode()
    assert sent["receipt"] not in str(dict(sun.session))
    stranger = as_(rules.wang)
    assert "不在这次表决的名册上" in stranger.get(url).content.decode()
    stranger.post(f"{url}vote/{entry.pk}/", {"choice": "no", "receipt": actions.new_receipt()})
    assert Ballot.objects.count() == 1


def test_the_desk_sets_a_poll_and_sees_no_votes_before_it_closes(rules, as_, open_poll):
    world = rules
    desk = f"/taking-part/desk/polls/{open_poll.pk}/"
    told = as_(world.zhang).get(desk).content.decode()
    assert "截止前不显示票数" in told
    assert as_(world.wu).get(desk).status_code == 404
    ids = list(open_poll.roll.order_by("place").values_list("pk", flat=True))[:6]
    sent = {"entry": ids, "yes": 5, "no": 1, "abstain": 0, "spoilt": 0}
    bad = as_(world.zhang).post(f"{desk}papers/", sent | {"no": 2})
    assert bad.status_code == 422
    assert as_(world.zhang).post(f"{desk}papers/", sent).url == desk
    batch = open_poll.batches.get()
    confirm = f"/taking-part/desk/papers/{batch.pk}/confirm/"
    assert as_(world.zhang).post(confirm, sent).status_code == 403
    assert as_(world.chen).post(confirm, sent).url == desk
    Poll.objects.filter(pk=open_poll.pk).update(opens_at=now() - 2 * HOUR, closes_at=now() - HOUR)
    actions.polls_due(at=now())
    as_(world.zhang).post(f"{desk}do/publish/")
    public = as_(world.sun).get(f"/taking-part/polls/{open_poll.pk}/").content.decode()
    assert "为什么" in public and "只公布是否通过" in public  # six ballots would tell
    assert "表决结果公告" in as_(world.sun).get(f"/taking-part/polls/{open_poll.pk}/notice/").content.decode()  # fmt: skip


def test_a_poll_is_set_its_roll_written_and_posted_by_pages(rules, as_):
    world = rules
    opens = now() + timedelta(days=5)
    sent = {
        "community": world.pine.pk, "motion": "", "title": "选楼长", "text": "三号楼楼长", "options": "甲\n乙",
        "rule": "community_households", "is_secret": "on", "opens_at": f"{opens:%Y-%m-%dT%H:%M}",
        "closes_at": f"{opens + timedelta(days=2):%Y-%m-%dT%H:%M}", "key": "p",
    }  # fmt: skip
    zhang = as_(world.zhang)
    assert zhang.post("/taking-part/desk/polls/new/", sent | {"options": "甲"}).status_code == 422
    desk = zhang.post("/taking-part/desk/polls/new/", sent).url
    row = {"name": "孙桂兰", "place": "1-1-101", "phone": ""}
    assert zhang.post(f"{desk}roll/", row).status_code == 302
    assert zhang.post(f"{desk}roll/", row).status_code == 409
    page = zhang.get(f"{desk}roll/").content.decode()
    assert "孙*兰" in page and "孙桂兰" not in page.replace('value="孙桂兰"', "")
    zhang.post(f"{desk}do/post/")
    poll = Poll.objects.get()
    assert poll.state == "posted" and poll.objections_until is not None
    url = f"/taking-part/polls/{poll.pk}/"
    assert as_(world.sun).post(f"{url}objection/", {"text": "漏了我家"}).url == url
    answer = f"/taking-part/desk/objections/{poll.objections.get().pk}/answer/"
    assert as_(world.sun).post(answer, {"answer": "x"}).status_code == 403
    assert as_(world.zhang).post(answer, {"answer": "已补"}).status_code == 302
    assert as_(world.zhang).post(f"{desk}void/", {"reason": "改期"}).status_code == 302
    assert Poll.objects.get().state == "void"


def test_who_overlooks_a_street_sees_its_communities_side_by_side(rules, as_):
    world = rules
    for place in (world.pine, world.reed, world.salt):
        actions.raise_motion(community=place, raiser="residents", title="议题", text="x", by=world.sun, at=NOON)  # fmt: skip
    page = as_(world.liu).get("/taking-part/").content.decode()
    assert "各社区议题" in page and "苇社区" in page and "盐社区" not in page
    assert "各社区议题" not in as_(world.zhang).get("/taking-part/").content.decode()


def test_lists_keep_their_budget(rules, as_, make_poll, django_assert_max_num_queries):
    world = rules
    for n in range(6):
        actions.raise_motion(community=world.pine, raiser="residents", title=f"议题{n}", text="x", by=world.sun, at=NOON)  # fmt: skip
        make_poll(title=f"表决{n}", stage="posted")
    near = f"/taking-part/near/?community={world.pine.code}"
    zhang, urls = as_(world.zhang), ("/taking-part/", "/taking-part/desk/polls/", "/taking-part/desk/surveys/", "/taking-part/groups/", "/taking-part/lines/", "/taking-part/campaigns/", "/taking-part/rules/", near)  # fmt: skip
    for url in urls:
        zhang.get(url)
        with django_assert_max_num_queries(BUDGET + 2):  # session and user come first
            assert zhang.get(url).status_code == 200


def test_rules_are_loaded_by_an_officer_and_read_by_all_desks(world, as_):
    assert as_(world.zhang).post("/taking-part/rules/sample/").status_code in (302, 403)
    assert PollRule.objects.count() == 0
    as_(world.liu).post("/taking-part/rules/sample/")
    as_(world.liu).post("/taking-part/rules/sample/")
    assert PollRule.objects.count() == 8
    assert "民法典" in as_(world.zhang).get("/taking-part/rules/").content.decode()
