"""Groups, conventions by poll, three lines on one matter; campaigns of items and discussions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from tongxin.dual_report.models import Pledge
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.models import LogEntry
from tongxin.taking_part import actions
from tongxin.taking_part.actions.groups import (
    BadGroup,
    BadMatter,
    EndedAlready,
    JoinedAlready,
)
from tongxin.taking_part.actions.pledges import BadItems, NotAMember, NotRunning, PickedAlready
from tongxin.taking_part.models import Convention, ItemCampaign, Poll, ResidentGroup
from tongxin.taking_part.queries.pledges import coverage_of
from tongxin.testing import NOON

from .conftest import DAY, HOUR, papers

TODAY = localdate(NOON)


@pytest.fixture
def choir(rules) -> ResidentGroup:
    return actions.register_group(
        community=rules.pine, kind="interest", name="松社区合唱队", leader="孙桂兰", people=20,
        by=rules.zhang, at=NOON,
    )  # fmt: skip


@pytest.mark.mission("S4.69")
def test_groups_are_joined_and_their_work_is_kept(rules, choir, as_):
    join = actions.ask_to_join(choir, by=rules.ma, at=NOON)
    with pytest.raises(JoinedAlready):
        actions.ask_to_join(choir, by=rules.ma, at=NOON)
    with pytest.raises(NotPermitted):
        actions.take_in(join, by=rules.wu, at=NOON)
    actions.take_in(join, by=rules.zhang, at=NOON)
    choir.refresh_from_db()
    assert choir.people == 21
    actions.record_activity(choir, title="重阳演出", on=TODAY, people=30, by=rules.zhang, at=NOON)
    with pytest.raises(BadGroup):
        actions.record_activity(choir, title="以后", on=TODAY + timedelta(days=1), by=rules.zhang, at=NOON)  # fmt: skip
    with pytest.raises(BadGroup):
        actions.register_group(community=rules.pine, kind="interest", name="松社区合唱队", leader="x", by=rules.zhang, at=NOON)  # fmt: skip
    page = as_(rules.sun).get(f"/taking-part/groups/{choir.pk}/").content.decode()
    assert "重阳演出" in page and "孙*兰" in page and "孙桂兰" not in page
    actions.leave_group(join, by=rules.ma, at=NOON)
    actions.end_group(choir, on=TODAY, by=rules.zhang, at=NOON)
    with pytest.raises(EndedAlready):
        actions.ask_to_join(choir, by=rules.sun, at=NOON)


@pytest.mark.mission("S4.69")
def test_a_convention_holds_once_a_poll_adopts_it(rules, make_poll):
    def version(text: str, counts) -> Convention:
        one = actions.draft_convention(community=rules.pine, name="居民公约", text=text, by=rules.zhang, at=NOON)  # fmt: skip
        poll = actions.vote_on_convention(
            one, rule="community_households", is_secret=True, opens_at=NOON + 5 * DAY,
            closes_at=NOON + 9 * DAY, by=rules.zhang, at=NOON,
        )  # fmt: skip
        with pytest.raises(EndedAlready):
            actions.vote_on_convention(one, rule="community_households", is_secret=True, opens_at=NOON + 5 * DAY, closes_at=NOON + 9 * DAY, by=rules.zhang, at=NOON)  # fmt: skip
        rows = [{"name": f"户{n}", "place": f"1-2-{n}"} for n in range(10)]
        actions.add_to_roll(poll, rows, by=rules.zhang, at=NOON)
        actions.post_roll(poll, by=rules.zhang, at=NOON)
        actions.polls_due(at=poll.opens_at)
        papers(poll, counts, rules.zhang, rules.chen)
        actions.polls_due(at=poll.closes_at)
        actions.publish_poll(poll, by=rules.zhang, at=poll.closes_at + HOUR)
        one.refresh_from_db()
        return one

    first = version("不高空抛物。", {"yes": 6})
    assert (first.version, first.state) == (1, "adopted")
    assert version("养鸡。", {"no": 6}).state == "rejected"
    third = version("不高空抛物，不占消防通道。", {"yes": 7, "no": 1})
    first.refresh_from_db()
    assert (third.version, third.state, first.state) == (3, "adopted", "superseded")
    assert Poll.objects.filter(state="published").count() == 3


@pytest.mark.mission("S3.35")
def test_three_lines_work_on_one_matter(rules, choir, as_):
    parties = [
        {"line": "community", "org": rules.pine_office, "task": "摸底"},
        {"line": "unit", "org": rules.water, "task": "改管"},
        {"line": "sector", "name": "物业行业党委", "task": "督促物业"},
        {"line": "residents", "group": choir, "task": "宣传"},
    ]
    given = {"community": rules.pine, "title": "老旧水管改造", "by": rules.zhang, "at": NOON}
    with pytest.raises(BadMatter):
        actions.open_matter(**given, parties=parties[:1])
    with pytest.raises(BadMatter):
        actions.open_matter(**given, parties=[*parties, parties[0]])
    with pytest.raises(BadMatter):
        actions.open_matter(**given, parties=[*parties, {"line": "x", "name": "y", "task": "z"}])
    matter = actions.open_matter(**given, parties=parties)
    actions.finish_part(matter.parties.get(line="unit"), by=rules.zhang, at=NOON)
    with pytest.raises(EndedAlready):
        actions.finish_part(matter.parties.get(line="unit"), by=rules.zhang, at=NOON)
    page = as_(rules.zhang).get("/taking-part/lines/").content.decode()
    assert all(word in page for word in ("老旧水管改造", "水务局", "物业行业党委", "松社区合唱队"))
    assert as_(rules.wu).get("/taking-part/lines/").content.decode().count("老旧水管改造") == 0
    actions.close_matter(matter, result="已换管", by=rules.zhang, at=NOON)
    with pytest.raises(EndedAlready):
        actions.close_matter(matter, result="x", by=rules.zhang, at=NOON)


@pytest.fixture
def ten(rules) -> ItemCampaign:
    return actions.start_item_campaign(
        org=rules.pine_party, name="十联十送十带头", from_on=TODAY, due_on=TODAY + timedelta(days=60),
        least=1, by=rules.tang, at=NOON,
    )  # fmt: skip


@pytest.mark.mission("S3.7", "S4.48")
def test_members_pick_out_of_thirty_items_and_units_see_coverage(rules, ten):
    world = rules
    groups = [item.group for item in ten.items.order_by("pk")]
    assert (len(groups), groups.count("十联"), groups.count("十送"), groups.count("十带头")) == (30, 10, 10, 10)  # fmt: skip
    assert ten.is_sample
    item = ten.items.get(code="L01")
    pick = actions.pick_item(item, by=world.wang, at=NOON)
    with pytest.raises(PickedAlready):
        actions.pick_item(item, by=world.wang, at=NOON)
    with pytest.raises(NotAMember):
        actions.pick_item(item, by=world.yue, at=NOON)
    with pytest.raises(NotRunning):
        actions.pick_item(item, by=world.zhao, at=NOON + timedelta(days=90))
    with pytest.raises(NotPermitted):
        actions.finish_item(pick, note="x", on=TODAY, by=world.zhao, at=NOON)
    with pytest.raises(BadItems):
        actions.finish_item(pick, note="x", on=TODAY + timedelta(days=2), by=world.wang, at=NOON)
    actions.finish_item(pick, note="看望了老人", on=TODAY, by=world.wang, at=NOON)
    found = coverage_of(ten)
    assert found["total"] == {"members": 2, "picked": 1, "done": 1} and found["share"] == 50.0
    assert found["units"] == [] and found["small"]["n"] == 1  # two members: drawn together
    assert not any("user" in row for row in found["units"])
    with pytest.raises(NotRunning):
        actions.put_back(pick, by=world.wang, at=NOON)
    actions.close_item_campaign(ten, summary="都做了", by=world.tang, at=NOON)
    entries = LogEntry.objects.filter(unit=world.pine_party, source=f"taking_part.itemcampaign:{ten.pk}")  # fmt: skip
    assert entries.count() == 2 and entries.get(key__endswith=":close").text.endswith(
        "1 人完成 1 项"
    )
    with pytest.raises(NotPermitted):
        actions.start_item_campaign(org=world.pine_party, name="x", from_on=TODAY, due_on=TODAY, by=world.yue, at=NOON)  # fmt: skip
    bad = [{"group": "一", "code": "1", "text": "a"}] * 2
    with pytest.raises(BadItems):
        actions.start_item_campaign(org=world.pine_party, name="x", from_on=TODAY, due_on=TODAY, items=bad, by=world.tang, at=NOON)  # fmt: skip


def test_a_member_picks_and_proves_on_the_phone(rules, as_):
    world, today = rules, localdate()
    one = actions.start_item_campaign(
        org=world.pine_party, name="十联十送十带头", from_on=today, due_on=today + timedelta(days=9),
        by=world.tang, at=NOON.replace(year=today.year, month=today.month, day=today.day),
    )  # fmt: skip
    url, wang = f"/taking-part/campaigns/{one.pk}/picks/", as_(world.wang)
    assert "联系一户困难群众" in wang.get(url).content.decode()
    item = one.items.get(code="L01")
    assert wang.post(f"/taking-part/campaigns/{one.pk}/items/{item.pk}/").url == url
    pick = item.picks.get()
    assert wang.post(f"/taking-part/picks/{pick.pk}/done/", {"note": "", "on": str(today)}).status_code == 422  # fmt: skip
    assert (
        wang.post(f"/taking-part/picks/{pick.pk}/done/", {"note": "去了", "on": str(today)}).url
        == url
    )
    assert "去了" in wang.get(url).content.decode()
    assert as_(world.zhao).get(f"/taking-part/picks/{pick.pk}/done/").status_code == 404
    assert as_(world.yue).get(url).status_code == 404
    shown = as_(world.tang).get(f"/taking-part/campaigns/{one.pk}/").content.decode()
    assert "不排名" in shown and "王芳" not in shown


@pytest.mark.mission("S2.51")
def test_a_discussion_goes_round_by_round_to_what_was_adopted(rules, as_):
    world = rules
    days = [TODAY + timedelta(days=5), TODAY + timedelta(days=10)]
    given = {"org": world.north_party, "topic": "提升机关效能", "by": world.tang, "at": NOON}
    with pytest.raises(BadItems):
        actions.start_discussion(**given, rounds=[("二", days[1]), ("一", days[0])])
    talk = actions.start_discussion(
        **given, rounds=[("哪些流程可以减", days[0]), ("怎么改", days[1])]
    )
    first, second = talk.rounds.order_by("n")
    said = actions.contribute(first, text="盖章太多", by=world.wang, at=NOON, key="k")
    assert actions.contribute(first, text="盖章太多", by=world.wang, at=NOON, key="k").pk == said.pk
    with pytest.raises(NotRunning):
        actions.contribute(second, text="太早", by=world.wang, at=NOON)
    with pytest.raises(NotAMember):
        actions.contribute(first, text="外人", by=world.sun, at=NOON)
    actions.contribute(second, text="线上办", by=world.wang, at=NOON + 7 * DAY)
    with pytest.raises(NotRunning):
        actions.contribute(first, text="太晚", by=world.wang, at=NOON + 7 * DAY)
    done = actions.adopt_action(talk, text="取消三枚章", doer="党政办", due_on=days[1], by=world.tang, at=NOON)  # fmt: skip
    actions.finish_adopted(done, result="已取消", by=world.tang, at=NOON + 8 * DAY)
    actions.close_discussion(talk, summary="减了三项", by=world.tang, at=NOON + 11 * DAY)
    page = as_(world.wang).get(f"/taking-part/discussions/{talk.pk}/").content.decode()
    assert all(word in page for word in ("盖章太多", "线上办", "取消三枚章", "减了三项"))
    assert as_(world.sun).get(f"/taking-part/discussions/{talk.pk}/").status_code == 404
    assert (
        LogEntry.objects.filter(unit=world.north_party, text__contains="提升机关效能").count() == 2
    )


@pytest.mark.mission("S2.32")
def test_the_board_shows_a_window_only_with_its_peoples_consent(rules, as_):
    world = rules
    given = {"window": world.north_office, "made_at": NOON, "post": "窗口"}
    Pledge.objects.create(**given, user=world.liu, shown_as="刘洋", text="一次办好", agreed_at=NOON)
    Pledge.objects.create(**given, user=world.tang, shown_as="唐颖", text="未同意公开")
    page = as_(world.sun).get(f"/taking-part/pledges/?community={world.pine.code}").content.decode()
    assert "一次办好" in page and "未同意公开" not in page
    assert "一次办好" not in as_(world.sun).get(f"/taking-part/pledges/?community={world.salt.code}").content.decode()  # fmt: skip
    poster = as_(world.sun).get(f"/taking-part/pledges/{world.north_office.pk}/poster/")
    assert "一次办好" in poster.content.decode() and "未同意公开" not in poster.content.decode()
    assert as_(world.sun).get(f"/taking-part/pledges/{world.roads.pk}/poster/").status_code == 404
