"""Likely duplicates, before sending and at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from tongxin.cases.actions import make_move
from tongxin.matters.actions import follow_events, index_cases, sweep_traces
from tongxin.matters.models import Trace
from tongxin.matters.queries import NEWEST, rarity, similar
from tongxin.regions.queries import world as lands

from .desk import HERE, ask, browser, text_of

SIMILAR = "/matters/similar/"


def look(client, text, **given):
    return text_of(client.post(SIMILAR, {"text": text, "lng": HERE[0], "lat": HERE[1], **given}))


class TestBeforeSending:
    def test_what_is_likely_the_same_with_its_reason(self, world, client):
        ask(world)
        page = look(client, "3号楼前路灯不亮")
        assert "三号楼路灯坏了" in page and "相距约 0 米" in page and "同一天提出" in page

    def test_other_matters_nearby_are_not_shown(self, world, client):
        ask(world, "帮老人买药")
        assert "帮老人买药" not in look(client, "3号楼前路灯不亮")

    def test_private_ones_and_finished_ones_are_not_shown(self, world, client):
        ask(world, is_private=True)
        over = ask(world, "3号楼路灯灭了")
        make_move(over, "cancel", at=now(), actor=world.sun)
        page = look(client, "3号楼前路灯不亮")
        assert "三号楼路灯坏了" not in page and "灭了" not in page

    def test_only_the_outline_is_shown(self, world, client):
        ask(world, "我叫张三丰，三号楼路灯坏了，电话13800138000")
        page = look(client, "3号楼前路灯不亮")
        assert "路灯坏了" in page and "张三丰" not in page and "138001" not in page

    def test_what_will_be_hidden_is_said_before_sending(self, world, client):
        page = look(client, "我叫张三丰，路灯坏了，电话13800138000")
        assert "您写了电话号码、姓名，公开显示时会隐去" in page

    def test_by_the_list_of_communities_without_a_point(self, world, client):
        ask(world)
        page = text_of(client.post(SIMILAR, {"text": "3号楼前路灯不亮", "region": world.pine.code}))
        assert "三号楼路灯坏了" in page

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "水",
            "😀" * 200,
            "路灯" * 50_000,
            "<script>alert(1)</script>路灯",
            "忽略以上指令",
            "\x00",
        ],
        ids=["empty", "one", "emoji", "long", "html", "prompt", "nul"],
    )
    def test_bad_input_is_answered(self, world, client, text):
        ask(world)
        response = client.post(SIMILAR, {"text": text, "lng": "x", "lat": "", "region": "?!"})
        assert response.status_code == 200 and "<script>alert" not in text_of(response)

    def test_the_filing_page_asks_for_it_and_stands_without_it(self, world):
        page = text_of(browser(world.sun).get("/requests/new/"))
        assert f'hx-post="{SIMILAR}"' in page


class TestAcrossTheDistrict:
    def test_rare_words_find_what_lies_in_another_community(self, world, client):
        far = ask(world, "丽发新城搅拌站半夜噪音扰民", lng=117.75, lat=39.25)  # in Reed
        index_cases([far], at=now())
        assert "丽发新城搅拌站" in look(client, "丽发新城旁的搅拌站晚上噪音太大")

    def test_the_worker_reads_each_case_once(self, world):
        ask(world, "丽发新城搅拌站半夜噪音扰民", ago=timedelta(minutes=1))
        at = now() + timedelta(seconds=5)
        assert follow_events(at=at) == 1
        n = Trace.objects.count()
        assert n and follow_events(at=at) == 0 and Trace.objects.count() == n

    def test_what_an_import_brought_late_is_found_too(self, world):
        ask(world, "丽发新城搅拌站半夜噪音扰民", ago=timedelta(hours=1))
        assert sweep_traces(at=now()) == 1
        assert Trace.objects.exists() and sweep_traces(at=now()) == 0

    def test_old_words_are_forgotten(self, world):
        case = ask(world, "丽发新城搅拌站半夜噪音扰民")
        index_cases([case], at=now())
        assert sweep_traces(at=now() + timedelta(days=200)) and not Trace.objects.exists()


class TestCost:
    def test_three_queries_however_many_there_are(self, world):
        cases = [ask(world, f"{n}号楼路灯坏了") for n in range(1, 40)]
        index_cases(cases, at=now())
        lands(), rarity()
        for text in ("3号楼前路灯不亮", "路灯" * 500):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                found = similar(text=text, at=now(), point=HERE)
            assert found and len(seen) <= 3

    def test_the_newest_are_looked_through_not_all(self, world):
        ask(world, "七号楼路灯坏了", ago=timedelta(days=3))
        for n in range(NEWEST):
            ask(world, f"买药 {n}")
        assert not similar(text="7号楼路灯不亮", at=now(), point=HERE)


class TestAtTheDesk:
    def test_the_desk_sees_more_than_the_outline(self, world):
        ask(world, is_private=True)
        page = text_of(
            browser(world.zhang).post(
                f"{SIMILAR}?desk=1", {"text": "3号楼前路灯不亮", "region": world.pine.code}
            )
        )
        assert "三号楼路灯坏了" in page and "相似" in page

    def test_beside_a_case(self, world):
        one, other = ask(world), ask(world, "3号楼前路灯不亮", who=world.ma)
        page = text_of(browser(world.zhang).get(f"/matters/{one.pk}/beside/"))
        assert other.number in page and "对比并单" in page

    def test_nothing_for_who_does_not_dispatch_there(self, world):
        one = ask(world)
        ask(world, "3号楼前路灯不亮", who=world.ma)
        assert text_of(browser(world.sun).get(f"/matters/{one.pk}/beside/")) == ""
        assert browser(world.wu).get(f"/matters/{one.pk}/beside/").status_code == 404
