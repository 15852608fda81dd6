"""The desk: what stands in which tab, filters, pages, kept views, and the question whether it changed."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils.timezone import now

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Post
from tongxin.portal.actions import MOST_VIEWS, save_view
from tongxin.portal.models import SavedView
from tongxin.requests.actions import blow_whistle, collect_wish, file_request

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
URL = "/desk/"


def a_request(world, text="水管漏水", ago=HOUR, **more):
    given = {"topic": world.tap, "region": world.p1, "actor": world.sun, "at": now() - ago} | more
    return file_request(text=text, **given)


def desk(client, user, **words):
    client.force_login(user)
    return client.get(URL, words)


def titles(response):
    return [card["title"] for card in response.context["cards"]]


def counted(response):
    return {
        parse_qs(urlsplit(tab["url"]).query)["tab"][0]: tab["count"]
        for tab in response.context["tabs_of_desk"]
    }


@pytest.fixture
def mixed(world):
    """One case in each tab of Pine's desk, and one of Salt that is none of Zhang's business."""
    cases = {
        name: a_request(world, name) for name in ("todo", "pool", "given", "working", "checked")
    }
    make_move(cases["pool"], "post", at=now(), actor=world.zhang)
    for name in ("given", "working", "checked"):
        make_move(cases[name], "dispatch", at=now(), actor=world.zhang, handler=world.roads)
    for name in ("working", "checked"):
        make_move(cases[name], "accept", at=now(), actor=world.li)
    make_move(cases["working"], "ask_extend", at=now(), actor=world.li, note="等沥青")
    Case.objects.filter(pk=cases["checked"].pk).update(step="done")
    cases["late"] = a_request(world, "late")
    Case.objects.filter(pk=cases["late"].pk).update(due_at=now() - HOUR, card="red")
    cases["soon"] = a_request(world, "soon")
    Case.objects.filter(pk=cases["soon"].pk).update(due_at=now() + HOUR / 60, card="yellow")
    cases["closed"] = a_request(world, "closed")
    make_move(cases["closed"], "cancel", at=now(), actor=world.sun)
    cases["elsewhere"] = a_request(world, "elsewhere", region=world.salt)
    return cases


class TestTabs:
    def test_each_case_stands_where_it_waits(self, client, world, mixed):
        at = {name: sorted(titles(desk(client, world.zhang, tab=name))) for name in
              ("todo", "pool", "doing", "check", "soon", "late", "asked", "closed")}  # fmt: skip
        assert at == {
            "todo": ["late", "soon", "todo"], "pool": ["pool"], "doing": ["given", "working"],
            "check": ["checked"], "soon": ["soon"], "late": ["late"], "asked": ["working"],
            "closed": ["closed"],
        }  # fmt: skip

    def test_the_counts_are_what_the_tabs_hold(self, client, world, mixed):
        found = counted(desk(client, world.zhang))
        assert found == {
            "todo": 3, "pool": 1, "doing": 2, "check": 1, "soon": 1, "late": 1, "asked": 1, "calls": 0,
            "all": 7, "closed": None,
        }  # fmt: skip

    def test_wishes_and_calls_have_their_place(self, client, world):
        wish = collect_wish(
            title="想要老花镜",
            text="200 度",
            wisher="张奶奶",
            region=world.pine,
            at=now(),
            actor=world.mei,
        )
        assert titles(desk(client, world.zhang, tab="todo")) == [wish.title]

    def test_what_runs_out_first_comes_first(self, client, world, mixed):
        assert titles(desk(client, world.zhang, tab="todo"))[:2] == ["late", "soon"]


class TestWhose:
    def test_another_streets_dispatcher_sees_their_own(self, client, world, mixed):
        assert titles(desk(client, world.wu, tab="all")) == ["elsewhere"]

    def test_a_department_sees_what_it_was_given(self, client, world, mixed):
        assert titles(desk(client, world.li)) == ["given"]
        assert sorted(titles(desk(client, world.li, tab="all"))) == ["checked", "given", "working"]
        assert titles(desk(client, world.zhou, tab="all")) == []

    def test_a_grid_worker_sees_the_grid_but_nothing_private(self, client, world):
        a_request(world, "家事", is_private=True)
        a_request(world, "灯坏了")
        a_request(world, "另一格", region=world.p2)
        assert titles(desk(client, world.mei, tab="all")) == ["灯坏了"]

    def test_an_officer_looks_into_a_community(self, client, world, mixed):
        a_request(world, "苇社区的", region=world.reed)
        assert len(titles(desk(client, world.liu, tab="all"))) == 8
        assert titles(desk(client, world.liu, tab="all", region=world.reed.code)) == ["苇社区的"]

    def test_the_administrator_sees_all(self, client, world, mixed):
        assert len(titles(desk(client, world.ann, tab="all"))) == 8

    @pytest.mark.parametrize(
        "words",
        [
            {"region": "120116002"},
            {"region": "120116"},
            {"region": "x"},
            {"org": "1"},
            {"org": "y"},
        ],
    )
    def test_a_place_or_office_that_is_not_theirs_is_not_there(self, client, world, words):
        assert desk(client, world.zhang, **words).status_code == 404

    def test_who_has_no_desk_finds_none(self, client, world):
        assert desk(client, world.sun).status_code == 404

    def test_the_members_of_a_team_see_what_the_team_was_given(self, client, world):
        make_move(a_request(world), "dispatch", at=now(), actor=world.zhang, handler=world.team)
        a_request(world, "别人的")
        assert titles(desk(client, world.wang)) == ["水管漏水"]

    def test_nobody_signed_in_is_sent_to_the_door(self, client, world):
        assert client.get(URL).status_code == 302

    def test_the_role_one_acts_in_chooses_the_desk(self, client, world, mixed):
        Post.objects.create(user=world.zhang, org=world.roads, role="handler", region=world.tong)
        client.force_login(world.zhang)
        client.post(reverse("portal:switch"), {"role": "handler"})
        assert titles(client.get(URL)) == ["given"]


class TestFilters:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ({"q": "三号楼"}, ["路面塌陷"]),
            ({"q": "塌陷 三号"}, ["路面塌陷"]),
            ({"q": "没有这句话"}, []),
            ({"card": "red"}, ["旧事"]),
            ({"kind": "wish"}, []),
            ({"source": "hotline"}, ["旧事"]),
            ({"until": "2026-01-31"}, ["旧事"]),
            ({"late": "1"}, ["旧事"]),
            ({"topic": "x"}, ["旧事", "路面塌陷"]),
        ],
    )
    @pytest.mark.mission("S3.49")
    def test_they_leave_out_the_rest(self, client, world, words, found):
        a_request(world, "路面塌陷", address="三号楼前")
        old = a_request(world, "旧事", ago=now() - now().replace(2026, 1, 5), channel="hotline")
        Case.objects.filter(pk=old.pk).update(card="red", is_late=True)
        response = desk(client, world.zhang, tab="all", **words)
        assert sorted(titles(response)) == found
        assert counted(response)["all"] == len(found)

    def test_by_topic_and_by_number(self, client, world):
        tap = a_request(world, "水管")
        a_request(world, "买药", topic=world.errand)
        assert titles(desk(client, world.zhang, tab="all", topic=world.errand.pk)) == ["买药"]
        assert titles(desk(client, world.zhang, tab="all", q=tap.number)) == ["水管"]

    def test_the_words_of_the_address_are_kept_in_every_link(self, client, world):
        response = desk(client, world.zhang, tab="all", q="水管", source="web")
        for tab in response.context["tabs_of_desk"]:
            assert {"q": ["水管"], "source": ["web"]}.items() <= parse_qs(
                urlsplit(tab["url"]).query
            ).items()


class TestPages:
    def test_every_case_once_in_order_whatever_comes_in_between(self, client, world, monkeypatch):
        monkeypatch.setattr("tongxin.portal.queries.desk.PAGE", 3)
        for n in range(8):
            a_request(world, f"事{n}", ago=n * HOUR)
        Case.objects.filter(title__in=["事0", "事1"]).update(due_at=None)
        seen, cursor = [], ""
        while True:
            response = desk(client, world.zhang, tab="all", cursor=cursor)
            seen += titles(response)
            a_request(world, "刚来的", ago=timedelta())
            cursor = response.context["next_cursor"]
            if not cursor or len(seen) > 30:
                break
        ours = [title for title in seen if title != "刚来的"]
        assert sorted(ours) == [f"事{n}" for n in range(8)]
        assert set(ours[-2:]) == {"事0", "事1"}

    def test_a_cursor_to_the_microsecond_is_read_whole(self, client, world, monkeypatch):
        monkeypatch.setattr("tongxin.portal.queries.desk.PAGE", 1)
        cases = [a_request(world, f"事{n}") for n in range(2)]
        due = now().replace(microsecond=123456)
        Case.objects.filter(pk=cases[0].pk).update(due_at=due)
        Case.objects.filter(pk=cases[1].pk).update(due_at=due + HOUR)
        first = desk(client, world.zhang, tab="all")
        second = desk(client, world.zhang, tab="all", cursor=first.context["next_cursor"])
        assert titles(first) + titles(second) == ["事0", "事1"]

    def test_closed_ones_newest_first(self, client, world, monkeypatch):
        monkeypatch.setattr("tongxin.portal.queries.desk.PAGE", 2)
        for n in range(3):
            make_move(
                a_request(world, f"事{n}", ago=(3 - n) * HOUR), "cancel", at=now(), actor=world.sun
            )
        first = desk(client, world.zhang, tab="closed")
        assert titles(first) == ["事2", "事1"]
        assert titles(
            desk(client, world.zhang, tab="closed", cursor=first.context["next_cursor"])
        ) == ["事0"]

    def test_a_made_up_cursor_is_refused(self, client, world):
        assert desk(client, world.zhang, cursor="drop table").status_code == 422

    def test_fifty_rows_cost_eight_queries(self, client, world, django_assert_max_num_queries):
        for n in range(52):
            a_request(world, f"事{n}")
        desk(client, world.zhang)
        with django_assert_max_num_queries(8):
            response = client.get(URL)
        assert len(response.context["cards"]) == 50


class TestLive:
    def ask(self, client, page, **headers):
        return client.get(page.context["live_url"], headers=headers)

    def test_nothing_new_is_told_in_two_queries(self, client, world, django_assert_max_num_queries):
        a_request(world)
        page = desk(client, world.zhang)
        tag = page.context["tag"]
        again = self.ask(client, page, If_None_Match=tag)
        tag = again.headers.get("ETag", tag)  # the minute may just have turned
        with django_assert_max_num_queries(2):
            assert self.ask(client, page, If_None_Match=tag).status_code == 204

    def test_what_is_new_comes_as_the_inside_of_the_list(self, client, world):
        page = desk(client, world.zhang)
        a_request(world, "刚来的")
        response = self.ask(client, page, If_None_Match=page.context["tag"])
        assert response.status_code == 200
        assert "刚来的" in response.content.decode()
        assert "<html" not in response.content.decode()
        assert response["ETag"] != page.context["tag"]

    def test_a_move_is_new_too(self, client, world):
        case = a_request(world)
        page = desk(client, world.zhang)
        make_move(case, "answer", at=now(), actor=world.zhang, note="马上来")
        assert self.ask(client, page, If_None_Match=page.context["tag"]).status_code == 200

    def test_after_signing_out_nothing_is_told(self, client, world):
        page = desk(client, world.zhang)
        client.logout()
        assert self.ask(client, page, If_None_Match=page.context["tag"]).status_code == 401

    def test_anothers_address_gives_only_ones_own_desk(self, client, world):
        a_request(world, "松社区的")
        page = desk(client, world.zhang)
        client.force_login(world.wu)
        response = self.ask(client, page, If_None_Match=page.context["tag"])
        assert response.status_code == 200
        assert "松社区的" not in response.content.decode()


class TestViews:
    def save(self, client, user, **data):
        client.force_login(user)
        return client.post(reverse("portal:save-view"), data, follow=True)

    def test_a_view_is_kept_under_its_name_and_is_a_link(self, client, world):
        self.save(client, world.zhang, name="水管超时", query="tab=late&q=水管")
        page = desk(client, world.zhang)
        assert 'href="/desk/?tab=late&amp;q=水管"' in page.content.decode()
        assert "水管超时" not in desk(client, world.wu).content.decode()

    def test_the_same_name_replaces_it(self, world):
        for query in ("tab=late", "tab=todo"):
            save_view(user=world.zhang, name="我的", query=query)
        assert SavedView.objects.get().query == "tab=todo"

    @pytest.mark.parametrize("name", ["", "长" * 21])
    def test_it_needs_a_short_name(self, client, world, name):
        response = self.save(client, world.zhang, name=name, query="tab=late")
        assert "视图没有保存" in response.content.decode()
        assert not SavedView.objects.exists()

    def test_there_are_not_too_many(self, world):
        for n in range(MOST_VIEWS):
            save_view(user=world.zhang, name=f"视图{n}", query="")
        with pytest.raises(Refused, match="最多保存"):
            save_view(user=world.zhang, name="又一个", query="")

    def test_it_is_dropped_by_its_owner_alone(self, client, world):
        view = save_view(user=world.zhang, name="我的", query="")
        client.force_login(world.wu)
        assert client.post(reverse("portal:drop-view", args=[view.pk])).status_code == 404
        client.force_login(world.zhang)
        client.post(reverse("portal:drop-view", args=[view.pk]))
        assert not SavedView.objects.exists()


class TestMany:
    def many(self, client, user, move, cases, **data):
        client.force_login(user)
        given = {"move": move, "case": [str(case.pk) for case in cases], "key": "k", **data}
        return client.post(reverse("portal:many"), given)

    def test_it_asks_once_what_the_move_needs(self, client, world):
        cases = [a_request(world, f"事{n}") for n in range(2)]
        form = self.many(client, world.zhang, "dispatch", cases).context["form"]
        assert list(form.fields) == ["holder", "handler", "note"]
        assert [case.step for case in Case.objects.all()] == ["filed", "filed"]

    def test_each_is_moved_and_each_refusal_told_by_its_line(self, client, world):
        cases = [a_request(world, f"事{n}") for n in range(3)]
        make_move(cases[1], "cancel", at=now(), actor=world.sun)
        response = self.many(client, world.zhang, "dispatch", cases, go=1, handler=world.roads.pk)
        assert [one.case.title for one in response.context["done"]] == ["事0", "事2"]
        (refused,) = response.context["refused"]
        assert refused.case.title == "事1"
        assert "已撤单" in refused.refusal
        assert Case.objects.filter(step="dispatched", handler=world.roads).count() == 2

    def test_a_retry_does_nothing_twice(self, client, world):
        case = a_request(world)
        for _again in range(2):
            response = self.many(client, world.zhang, "post", [case], go=1)
        assert len(response.context["done"]) == 1
        assert case.events.filter(name="post").count() == 1

    def test_a_supervision_needs_its_words(self, client, world):
        case = a_request(world)
        assert self.many(client, world.liu, "supervise", [case], go=1).status_code == 422
        self.many(client, world.liu, "supervise", [case], go=1, note="今天务必派出")
        assert case.events.filter(name="supervise").count() == 1

    def test_it_wants_a_person_or_an_office_not_both(self, client, world):
        case = a_request(world)
        both = {"holder": world.wang.pk, "handler": world.roads.pk}
        assert self.many(client, world.zhang, "dispatch", [case], go=1).status_code == 422
        assert self.many(client, world.zhang, "dispatch", [case], go=1, **both).status_code == 422
        case.refresh_from_db()
        assert case.step == "filed"

    @pytest.mark.parametrize(
        ("who", "move"),
        [("zhang", "verify"), ("zhang", "supervise"), ("sun", "dispatch"), ("li", "post")],
    )
    def test_moves_that_are_not_theirs_are_refused(self, client, world, who, move):
        assert (
            self.many(client, getattr(world, who), move, [a_request(world)], go=1).status_code
            == 422
        )

    def test_others_cases_are_not_among_them(self, client, world):
        case = a_request(world)
        response = self.many(client, world.wu, "post", [case], go=1)
        assert response.context["done"] == []
        case.refresh_from_db()
        assert case.step == "filed"

    def test_none_and_too_many(self, client, world, monkeypatch):
        monkeypatch.setattr("tongxin.portal.actions.MOST_AT_ONCE", 1)
        assert self.many(client, world.zhang, "post", []).status_code == 422
        assert (
            self.many(client, world.zhang, "post", [a_request(world), a_request(world)]).status_code
            == 422
        )


def test_a_whistle_is_found_on_the_officers_desk(client, world):
    blow_whistle(
        title="河边垃圾", text="夜里倾倒", region=world.pine, street_org=world.north_office,
        departments=[world.roads], at=now(), actor=world.liu,
    )  # fmt: skip
    assert titles(desk(client, world.liu, tab="all", kind="whistle")) == ["河边垃圾"]
    assert titles(desk(client, world.li)) == ["河边垃圾"]
