"""An exemplar from the draft to the public page, and what is refused on its way."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.accounts.models import Notice
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.library import actions, queries
from tongxin.library.models import Exemplar, ReadCount
from tongxin.orgs.models import LogEntry, Post
from tongxin.testing import NOON

from .conftest import STORY


@pytest.mark.mission("S2.33", "S2.55")
def test_written_checked_signed_by_another_and_published(world, as_, desk, kinds, client):
    sent = as_(world.qin).post(
        "/library/new/?kind=experience&source_kind=alliance&source_id=7&source_label=老旧小区改造&source_url=/alliances/7/",
        {"org": world.branch.pk, "desk": desk.pk, "title": "敲门行动", "tags": "停水、网格",
         "s-why": "年前停水多", "s-what": "先敲门再派单", "s-how": "分三步走", "key": "a"},
    )  # fmt: skip
    one = Exemplar.objects.get()
    assert sent.url == f"/library/exemplars/{one.pk}/" and one.tags == ["停水", "网格"]
    do = f"/library/exemplars/{one.pk}/do/"
    assert as_(world.qin).post(f"{do}submit/").status_code == 302
    assert Notice.objects.filter(user=world.bai, url=sent.url).count() == 1
    assert (
        as_(world.bai).post(f"{do}comment/", {"section": "how", "note": "第三步写具体"}).status_code
        == 302
    )
    page = as_(world.bai).get(sent.url).content.decode()
    assert "第三步写具体" in page and "审核通过" in page
    assert as_(world.bai).post(f"{do}review/").status_code == 302
    assert "签发" not in [m["label"] for m in _verbs(as_(world.bai), sent.url)]
    assert as_(world.tang).post(f"{do}sign/", {"note": "可发"}).status_code == 302
    assert client.get(f"/library/public/{one.pk}/").status_code == 404
    assert as_(world.bai).post(f"{do}publish/", {"consent": ""}).status_code == 302
    client.logout()
    page = client.get(f"/library/public/{one.pk}/").content.decode()
    assert "先敲门再派单" in page and "为什么" in page
    assert client.get(f"/library/public/{one.pk}/print/").status_code == 200
    assert LogEntry.objects.filter(
        unit=world.branch, kind="honour", text__contains="敲门行动"
    ).exists()


def _verbs(client, url):
    return client.get(url).context["verbs"]


@pytest.mark.mission("S2.19")
def test_an_experience_paper_has_its_three_sections_and_no_others(write, kinds, world):
    heads = [one["title"] for one in kinds["experience"].sections]
    assert heads == ["为什么", "是什么", "做什么"]
    one = write(kind=kinds["experience"], texts={"why": "年前停水多"})
    with pytest.raises(actions.NotWritten, match="是什么、做什么"):
        actions.submit_exemplar(one, by=world.qin, at=NOON)
    with pytest.raises(Invalid, match="章节"):
        write(kind=kinds["experience"], texts={"secret": "x"})


@pytest.mark.mission("S2.55")
def test_nobody_checks_or_signs_their_own_and_who_checked_does_not_sign(world, write):
    world.person("lei", "雷鸣", world.north_party, "leader")
    own = write(org=world.north_party, by=world.tang)
    own = actions.submit_exemplar(own, by=world.tang, at=NOON)
    with pytest.raises(actions.OwnText):
        actions.review_exemplar(own, by=world.tang, at=NOON)
    other = actions.submit_exemplar(write(title="乙"), by=world.qin, at=NOON)
    other = actions.review_exemplar(other, by=world.tang, at=NOON)
    with pytest.raises(actions.OwnText, match="审核人不能再签发"):
        actions.sign_exemplar(other, by=world.tang, at=NOON)
    other.refresh_from_db()
    assert (other.state, other.case.step) == ("reviewed", "signing")
    with pytest.raises(NotPermitted):
        actions.sign_exemplar(other, by=world.bai, at=NOON)  # no signer's post


def test_published_only_after_sign_off(world, write):
    one = actions.submit_exemplar(write(), by=world.qin, at=NOON)
    with pytest.raises(Refused):
        actions.publish_exemplar(one, by=world.bai, at=NOON)
    one.refresh_from_db()
    assert one.state == "submitted" and one.published_at is None


def test_private_data_stops_publishing_until_somebody_answers_for_it(world, write, as_):
    one = write(texts={"story": "联系人王小芳，电话13812345678，停水三天有人送水上门。"})
    one = actions.submit_exemplar(one, by=world.qin, at=NOON)
    one = actions.review_exemplar(one, by=world.bai, at=NOON)
    one = actions.sign_exemplar(one, by=world.tang, at=NOON)
    refused = as_(world.bai).post(f"/library/exemplars/{one.pk}/do/publish/", {"consent": ""})
    assert refused.status_code == 409 and "电话号码" in refused.content.decode()
    one.refresh_from_db()
    assert one.state == "signed"
    one = actions.publish_exemplar(one, by=world.bai, at=NOON, consent="本人 3 月 1 日书面同意")
    assert "phone" in one.private_checked and one.state == "published"


def test_sent_back_with_a_reason_and_handed_in_again_as_a_second_version(world, write):
    one = actions.submit_exemplar(write(), by=world.qin, at=NOON)
    with pytest.raises(Invalid):
        actions.send_back(one, note="改", by=world.bai, at=NOON)
    one = actions.send_back(one, note="写清楚时间地点", by=world.bai, at=NOON)
    with pytest.raises(NotPermitted):
        actions.change_exemplar(one, title="x", texts=STORY, by=world.yue, at=NOON)
    one = actions.change_exemplar(one, title="停水之夜（改）", texts=STORY, by=world.qin, at=NOON)
    one = actions.submit_exemplar(one, by=world.qin, at=NOON)
    assert [v.title for v in one.versions.all()] == ["停水之夜（改）", "停水之夜"]
    with pytest.raises(actions.WrongStep):
        actions.change_exemplar(one, title="又改", texts=STORY, by=world.qin, at=NOON)


def test_a_desk_is_above_and_has_two_people(world, write):
    for desk in (world.branch, world.salt_branch):  # one person only; not above
        with pytest.raises(Invalid, match="不能报送"):
            write(desk=desk)
    with pytest.raises(actions.NotYourUnit):
        write(by=world.yue)
    one = write()
    Post.objects.filter(user__in=(world.bai, world.tang)).update(to_date=date(2026, 1, 1))
    with pytest.raises(actions.NobodyChecks, match="另一人签发"):
        actions.submit_exemplar(one, by=world.qin, at=NOON)


def test_not_yours_and_not_there_are_the_same(world, write, as_):
    one = write()
    for user in (world.yue, world.sun):
        assert as_(user).get(f"/library/exemplars/{one.pk}/").status_code == 404
    assert Exemplar.objects.visible_to(world.qin).exists()


@pytest.mark.mission("S4.83")
def test_reads_are_counted_without_identity_and_lead_to_the_next(world, publish, client):
    first, second = publish(title="甲"), publish(title="乙")
    for _ in range(3):
        page = client.get(f"/library/public/{first.pk}/").content.decode()
    assert "浏览 3 次" in page and f'rel="prev" href="/library/public/{second.pk}/"' in page
    row = ReadCount.objects.get()
    assert row.times == 3 and not any("user" in f.name for f in ReadCount._meta.fields)


@pytest.mark.mission("S0.11")
def test_what_it_tells_of_leads_to_it_and_a_foreign_address_is_refused(world, publish, write, as_):
    one = publish(source=("alliance", "7", "老旧小区改造", "/alliances/7/"))
    part = as_(world.liu).get("/library/of/?kind=alliance&id=7&label=老旧小区改造").content.decode()
    assert one.title in part and "source_id=7" in part
    assert queries.told_of(world.liu, "alliance", "8") == []
    with pytest.raises(actions.BadSource):
        write(source=("alliance", "7", "x", "//evil.example/"))


def test_taken_down_is_gone_from_the_public_and_goes_the_whole_way_again(world, publish, client):
    one = publish()
    actions.withdraw_exemplar(one, note="数字有误，更正", by=world.bai, at=NOON)
    assert client.get(f"/library/public/{one.pk}/").status_code == 404
    one = actions.reopen_exemplar(Exemplar.objects.get(), by=world.qin, at=NOON)
    assert (one.state, one.case.step, one.published_at) == ("draft", "drafted", None)
