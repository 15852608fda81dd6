"""The pages of people: what each may see and do, through the address bar."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate

from tongxin.accounts.models import AuditEntry
from tongxin.orgs import actions, queries
from tongxin.orgs.models import MemberPairing, Membership, Person, Post, Transfer, Volunteer
from tongxin.orgs.queries import member_lists
from tongxin.testing import NOON

WOMAN = "11010519491231002X"


@pytest.fixture
def browse(world):
    def go(who, path, data=None):
        client = Client()
        client.force_login(getattr(world, who))
        return client.post(path, data) if data is not None else client.get(path)

    return go


@pytest.fixture
def shan(world):
    return actions.enrol_member(
        unit=world.branch,
        stage="full",
        from_date=date(2020, 1, 1),
        at=NOON,
        by=world.qin,
        person={"name": "单国芳", "identity": WOMAN, "phone": "13800000011", "home": world.salt},
        days={"admitted_on": date(1980, 7, 1), "full_on": date(1981, 7, 1)},
        flags={"is_veteran": True},
    ).person


def shows(answer, *words):
    text = answer.content.decode()
    missing = [word for word in words if word not in text]
    assert answer.status_code == 200, answer.status_code
    assert not missing, missing


class TestWhoSeesMembership:
    """Membership is sensitive: who sees it, asked at each door."""

    READERS = ("qin", "tang", "he")
    OTHERS = ("yue", "zhao", "sun", "ann", "liu", "gao", "zhang", "chen", "mei")

    @pytest.mark.parametrize("who", READERS)
    def test_the_register_and_those_above_see_it(self, browse, shan, who):
        shows(browse(who, "/orgs/people/"), "单国芳", "138****0011")
        shows(browse(who, f"/orgs/people/{shan.pk}/"), "110***********002X")

    @pytest.mark.parametrize("who", OTHERS)
    def test_nobody_else_does(self, browse, shan, who):
        assert browse(who, f"/orgs/people/{shan.pk}/").status_code == 404
        register = browse(who, "/orgs/people/")
        assert register.status_code in (200, 403)
        assert "单国芳" not in register.content.decode()

    def test_not_yours_and_not_there_look_the_same(self, browse, shan):
        mine = browse("yue", f"/orgs/people/{shan.pk}/")
        none = browse("yue", "/orgs/people/999999/")
        assert (mine.status_code, none.status_code) == (404, 404)

    def test_a_stranger_is_sent_to_the_door(self, client, shan):
        answer = client.get(f"/orgs/people/{shan.pk}/")
        assert answer.status_code == 302
        assert "sign-in" in answer["Location"]

    def test_no_page_shows_a_whole_number(self, browse, shan):
        for path in ("/orgs/people/", f"/orgs/people/{shan.pk}/", f"/orgs/people/{shan.pk}/edit/"):
            text = browse("qin", path).content.decode()
            assert WOMAN not in text
            assert "13800000011" not in text


class TestSearch:
    @pytest.mark.parametrize(
        "typed",
        ["单国芳", "单", "国芳", "sgf", "SG", "0011", "13800000011", "138-0000-0011", WOMAN]
        + [WOMAN.lower()],
    )
    def test_one_box_finds_people(self, browse, shan, typed):
        text = browse("qin", f"/orgs/people/?q={typed}").content.decode()
        assert "单国芳" in text
        assert "王芳" not in text

    @pytest.mark.parametrize("typed", ["dgf", "1100", "13800000012", "440524188001010014", "%"])
    def test_and_not_others(self, browse, shan, typed):
        assert "单国芳" not in browse("qin", f"/orgs/people/?q={typed}").content.decode()

    def test_it_stays_inside_ones_reach(self, browse, shan):
        for typed in ("单国芳", "sgf", "0011", WOMAN):
            text = browse("yue", f"/orgs/people/?q={typed}").content.decode()
            assert f"/orgs/people/{shan.pk}/" not in text

    def test_a_whole_identity_number_is_for_registrars(self, world, browse, shan):
        world.wei = world.person("wei", "魏平", world.branch, "commissioner")
        assert "单国芳" in browse("wei", "/orgs/people/?q=sgf").content.decode()
        assert "单国芳" not in browse("wei", f"/orgs/people/?q={WOMAN}").content.decode()

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("stage=full", {"王芳", "赵磊", "单国芳"}),
            ("stage=applicant", set()),
            ("flag=veteran", {"单国芳"}),
            ("flag=not_learning", {"王芳", "赵磊", "单国芳"}),
            ("flag=lost", set()),
            ("stage=over", set()),
        ],
    )
    def test_filters(self, browse, shan, words, found):
        text = browse("qin", f"/orgs/people/?{words}").content.decode()
        assert {name for name in ("王芳", "赵磊", "单国芳") if name in text} == found

    def test_pages_go_on_by_initials(self, world, shan):
        seen, cursor, chosen = [], "", queries.MemberFilter()
        while True:
            page, cursor = queries.members_page(
                world.qin, chosen, on=localdate(NOON), cursor=cursor, size=1
            )
            seen += [one.person.name for one in page]
            if not cursor:
                break
        assert seen == ["单国芳", "王芳", "赵磊"]

    @pytest.mark.parametrize(
        "words",
        [{}, {"q": "z"}, {"q": "芳"}, {"q": "0011"}, {"q": "13800000011"}, {"flag": "not_learning"}]
        + [{"flag": "veteran"}, {"flag": "mobile"}, {"stage": "full"}, {"stage": "over"}],
    )
    def test_both_ways_through_the_register_find_the_same(self, world, shan, monkeypatch, words):
        """A wide reach walks along the names, a narrow one begins with the branches."""
        actions.end_membership(
            membership=world.zhao_member, reason="death", on=date(2026, 2, 1), at=NOON, by=world.qin
        )

        def pages(few):
            monkeypatch.setattr(member_lists, "FEW_UNITS", few)
            seen, cursor, chosen = [], "", queries.MemberFilter.read(words)
            for _page in range(9):
                page, cursor = queries.members_page(
                    world.he, chosen, on=localdate(NOON), cursor=cursor, size=1
                )
                seen += [(one.pk, one.person.name, one.unit.name) for one in page]
                if not cursor:
                    return seen
            raise AssertionError("the pages go round")

        assert pages(few=60) == pages(few=1)

    def test_a_made_up_cursor_is_refused(self, browse):
        assert browse("qin", "/orgs/people/?cursor=abc").status_code == 422


class TestCost:
    def members(self, world, count):
        people = Person.objects.bulk_create(
            Person(name=f"人{n}", initials=f"r{n:04d}") for n in range(count)
        )
        Membership.objects.bulk_create(
            Membership(person=one, unit=world.branch, stage="full", from_date=date(2010, 1, 1),
                       full_on=date(2010, 1, 1))
            for one in people
        )  # fmt: skip

    def cost(self, world, path):
        client = Client()
        client.force_login(world.he)
        client.get(path)  # what a process remembers is asked for once
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    @pytest.mark.mission("S4.2")
    @pytest.mark.parametrize(
        "path", ["/orgs/people/?q=r", "/orgs/people/", "/orgs/people/figures/"]
    )
    def test_a_page_costs_the_same_whatever_the_size(self, world, shan, path):
        few = self.cost(world, path)
        self.members(world, 120)
        assert self.cost(world, path) == few
        assert few <= 8

    def test_a_person_costs_little(self, world, shan):
        assert self.cost(world, f"/orgs/people/{shan.pk}/") <= 8

    def test_names_letters_and_numbers_are_found_by_index(self, world):
        for field, value in (
            ("initials__begins", "sg"),
            ("phone_tail", "0" * 16),
            ("phone_index", "0" * 64),
            ("identity_index", "0" * 64),
        ):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL enable_seqscan = off")
            plan = Person.objects.filter(**{field: value}).values("pk").explain()
            assert "index" in plan.lower(), plan


class TestEnrol:
    def form(self, **more):
        return {
            "name": "何芳", "identity": "", "phone": "13800000033", "unit": "松社区第一党支部",
            "stage": "activist", "from_date": "2026-01-10", "applied_on": "2025-12-01",
        } | more  # fmt: skip

    def test_it_works(self, world, browse):
        answer = browse("qin", "/orgs/people/new/", self.form(home="北塘街道 · 松社区"))
        person = Person.objects.get(name="何芳")
        assert answer["Location"] == f"/orgs/people/{person.pk}/"
        assert (person.home, person.initials) == (world.pine, "hf")
        assert person.memberships.get().stage == "activist"

    def test_a_wrong_number_is_said_at_its_field(self, browse):
        answer = browse("qin", "/orgs/people/new/", self.form(identity="110105194912310021"))
        assert answer.status_code == 422
        assert "校验位不对" in answer.content.decode()

    def test_a_second_branch_is_refused_with_the_way_out(self, browse, shan):
        answer = browse(
            "qin",
            "/orgs/people/new/",
            self.form(name="单国芳", identity=WOMAN),
        )
        assert answer.status_code == 409
        assert "一名党员只能编入一个党支部" in answer.content.decode()
        assert "组织关系转接" in answer.content.decode()

    def test_only_into_a_branch_one_keeps(self, browse):
        answer = browse("yue", "/orgs/people/new/", self.form())
        assert answer.status_code == 422
        assert not Person.objects.filter(name="何芳").exists()
        assert browse("zhao", "/orgs/people/new/", self.form()).status_code == 403

    def test_the_page_opens(self, browse):
        shows(browse("qin", "/orgs/people/new/"), "所在党支部", "身份证号")


class TestChange:
    def test_it_works(self, world, browse, shan):
        path = f"/orgs/people/{shan.pk}/edit/"
        shows(browse("qin", path), "单国芳", "已登记；不改就留空")
        answer = browse(
            "qin",
            path,
            {"name": "单国芳", "gender": "f", "born_on": "1949-12-31", "education": "high",
             "home": "南港街道 · 盐社区", "learning_since": "2025-01-01"},
        )  # fmt: skip
        assert answer.status_code == 302, answer.content.decode()
        shan.refresh_from_db()
        assert (shan.education, shan.learning_since) == ("high", date(2025, 1, 1))
        assert queries.masked_numbers(shan)["phone"] == "138****0011"

    def test_strangers_may_not(self, world, browse, shan):
        assert browse("yue", f"/orgs/people/{shan.pk}/edit/").status_code == 404
        world.wei = world.person("wei", "魏平", world.branch, "commissioner")
        assert browse("wei", f"/orgs/people/{shan.pk}/edit/").status_code == 403


class TestUnmask:
    def test_for_a_reason_and_written_down(self, world, browse, shan):
        path = f"/orgs/people/{shan.pk}/show/identity/"
        assert WOMAN not in browse("qin", path).content.decode()
        answer = browse("qin", path, {"reason": "核对入党志愿书"})
        shows(answer, WOMAN)
        assert answer["Cache-Control"] == "no-store"
        entry = AuditEntry.objects.get(action="person.identity")
        assert (entry.actor, entry.object) == (world.qin, f"person:{shan.pk}")

    def test_without_a_reason_it_stays_masked(self, browse, shan):
        answer = browse("qin", f"/orgs/people/{shan.pk}/show/phone/", {"reason": "看"})
        assert answer.status_code == 422
        assert "13800000011" not in answer.content.decode()
        assert not AuditEntry.objects.filter(action="person.phone").exists()

    def test_a_commissioner_is_refused(self, world, browse, shan):
        world.wei = world.person("wei", "魏平", world.branch, "commissioner")
        answer = browse("wei", f"/orgs/people/{shan.pk}/show/phone/", {"reason": "联系本人"})
        assert answer.status_code == 403
        assert "13800000011" not in answer.content.decode()


VERBS = {
    "flags": {"is_hardship": "on"},
    "lost": {"since": "2026-02-01"},
    "mobile": {"since": "2026-01-01", "place": "广东省东莞市", "why": "work"},
    "end": {"reason": "death", "on": "2026-02-01"},
    "growth": {"kind": "trained", "on": "2026-02-01", "text": "社区工作者培训"},
    "pair": {"helper": "王芳", "aim": "每月看望", "since": "2026-02-01"},
}


class TestVerbs:
    @pytest.mark.parametrize("name", VERBS)
    def test_each_works_for_the_register(self, browse, shan, name):
        path = f"/orgs/people/{shan.pk}/do/{name}/"
        assert browse("qin", path).status_code == 200
        before = AuditEntry.objects.count()
        answer = browse("qin", path, VERBS[name])
        assert answer.status_code == 302, answer.content.decode()
        assert AuditEntry.objects.count() > before

    @pytest.mark.parametrize("name", VERBS)
    def test_and_for_nobody_else(self, world, browse, shan, name):
        path = f"/orgs/people/{shan.pk}/do/{name}/"
        world.wei = world.person("wei", "魏平", world.branch, "commissioner")
        before = AuditEntry.objects.count()
        assert browse("wei", path, VERBS[name]).status_code == 403
        assert browse("yue", path, VERBS[name]).status_code == 404
        assert AuditEntry.objects.count() == before

    def test_a_refusal_stands_on_the_form(self, browse, shan):
        answer = browse("qin", f"/orgs/people/{shan.pk}/do/lost/", {"since": "2035-01-01"})
        assert answer.status_code == 422
        assert "失联日期不能晚于今天" in answer.content.decode()

    def test_an_unknown_verb_is_not_there(self, browse, shan):
        assert browse("qin", f"/orgs/people/{shan.pk}/do/fly/").status_code == 404

    def test_the_page_offers_what_may_be_done(self, world, browse, shan):
        shows(browse("qin", f"/orgs/people/{shan.pk}/"), "转接组织关系", "登记失联", "结对")
        browse("qin", f"/orgs/people/{shan.pk}/do/lost/", VERBS["lost"])
        text = browse("qin", f"/orgs/people/{shan.pk}/").content.decode()
        assert "已取得联系" in text
        assert "转接组织关系" not in text
        assert "登记外出" not in text
        world.wei = world.person("wei", "魏平", world.branch, "commissioner")
        assert "已取得联系" not in browse("wei", f"/orgs/people/{shan.pk}/").content.decode()

    def test_a_helper_writes_visits_on_the_phone(self, world, browse, shan):
        browse("qin", f"/orgs/people/{shan.pk}/do/pair/", VERBS["pair"])
        pairing = MemberPairing.objects.get()
        shows(browse("wang", "/orgs/me/"), "帮扶 单国芳", "记录走访")
        answer = browse(
            "wang",
            f"/orgs/people/pairings/{pairing.pk}/visit/",
            {"on": "2026-02-10", "text": "安好"},
        )
        assert answer["Location"] == "/orgs/me/"
        assert pairing.visits.get().text == "安好"
        shows(browse("qin", "/orgs/people/pairings/"), "单国芳", "王芳")
        assert browse("zhao", f"/orgs/people/pairings/{pairing.pk}/visit/").status_code == 404


class TestTransfers:
    def given(self, **more):
        return {"to_unit": "盐社区党支部", "reason": "迁居", "days": "30"} | more

    def test_in_two_steps_and_two_confirmations(self, world, browse, shan):
        path = f"/orgs/people/{shan.pk}/transfer/"
        shows(browse("qin", path), "转入党支部")
        shows(browse("qin", path, self.given()), "请核对", "盐社区党支部")
        assert not Transfer.objects.exists()
        answer = browse("qin", path, self.given(start="1"))
        found = Transfer.objects.get()
        assert answer["Location"] == f"/orgs/transfers/{found.pk}/"
        shows(browse("qin", "/orgs/transfers/"), "等对方确认", "单国芳")
        shows(browse("yue", "/orgs/transfers/"), "等您确认", "单国芳")
        shows(browse("yue", f"/orgs/transfers/{found.pk}/"), "确认转接", "110***********002X")
        browse("yue", f"/orgs/transfers/{found.pk}/confirm/", {})
        found.refresh_from_db()
        assert found.state == "done"
        shows(browse("yue", f"/orgs/people/{shan.pk}/"), "盐社区党支部", "过往组织关系")
        assert browse("qin", f"/orgs/people/{shan.pk}/").status_code == 404
        shows(browse("qin", f"/orgs/transfers/{found.pk}/slip/"), "介绍信", "〔2026〕1号", "存根")

    def test_the_slip_masks_numbers(self, browse, shan):
        browse("qin", f"/orgs/people/{shan.pk}/transfer/", self.given(start="1"))
        text = browse("qin", f"/orgs/transfers/{Transfer.objects.get().pk}/slip/").content.decode()
        assert WOMAN not in text
        assert "13800000011" not in text

    def test_going_back_keeps_what_was_written(self, browse, shan):
        path = f"/orgs/people/{shan.pk}/transfer/"
        shows(browse("qin", path, self.given(again="1")), "下一步", "迁居")

    def test_a_refusal_stands_on_the_form(self, browse, shan):
        path = f"/orgs/people/{shan.pk}/transfer/"
        answer = browse("qin", path, self.given(start="1", days="400"))
        assert answer.status_code == 422
        assert "1 到 90 天" in answer.content.decode()

    def test_asked_for_by_the_receiving_branch(self, world, browse, shan):
        given = {"to_unit": "盐社区党支部", "name": "单国芳", "identity": WOMAN, "reason": "迁居"}
        browse("yue", "/orgs/transfers/new/", given)
        found = Transfer.objects.get()
        assert (found.host_by, found.home_by) == (world.yue, None)
        answer = browse("yue", "/orgs/transfers/new/", given | {"name": "单国英"})
        assert answer.status_code == 404
        assert "没有找到" in answer.content.decode()

    def test_sent_back_with_a_reason(self, browse, shan):
        browse("qin", f"/orgs/people/{shan.pk}/transfer/", self.given(start="1"))
        path = f"/orgs/transfers/{Transfer.objects.get().pk}/"
        assert browse("yue", f"{path}refuse/", {"reason": ""}).status_code == 422
        browse("yue", f"{path}refuse/", {"reason": "不在本社区居住"})
        assert Transfer.objects.get().state == "refused"
        shows(browse("qin", path), "已退回", "不在本社区居住")

    def test_strangers_see_nothing(self, browse, shan):
        browse("qin", f"/orgs/people/{shan.pk}/transfer/", self.given(start="1"))
        path = f"/orgs/transfers/{Transfer.objects.get().pk}/"
        for who in ("zhao", "ann", "liu"):
            assert browse(who, path).status_code == 404
            assert browse(who, f"{path}confirm/", {}).status_code == 404
        assert Transfer.objects.get().state == "open"


class TestMe:
    def test_a_member_sees_their_own(self, browse):
        shows(browse("wang", "/orgs/me/"), "松社区第一党支部", "党龄", "秦岚", "现在没有要办的事")

    def test_who_is_in_none_gets_a_friendly_word(self, browse):
        shows(browse("sun", "/orgs/me/"), "没有您的组织关系", "联系所在党支部")

    def test_it_shows_nobody_else(self, browse, shan):
        assert "单国芳" not in browse("wang", "/orgs/me/").content.decode()

    @pytest.mark.mission("S0.41")
    def test_a_member_serves_where_they_live_whatever_the_home_branch(self, world, browse):
        """Yue's membership lies in Salt, in another street; the home is in Pine."""
        assert world.yue_member.unit == world.salt_branch
        shows(browse("yue", "/orgs/me/"), "在居住社区当志愿者", "松社区")
        browse("yue", "/orgs/me/serve/", {})
        assert Volunteer.objects.get(user=world.yue).home == world.pine
        post = Post.objects.get(user=world.yue, role="volunteer")
        assert post.region == world.pine
        hall = browse("yue", reverse("requests:hall"))
        assert hall.status_code == 200
        assert Membership.objects.standing().get(person__user=world.yue).unit == world.salt_branch

    def test_without_a_home_there_is_a_way_out(self, world, browse):
        Person.objects.filter(user=world.yue).update(home=None)
        shows(browse("yue", "/orgs/me/"), "请联系所在党支部补登")
        browse("yue", "/orgs/me/serve/", {})
        assert not Volunteer.objects.filter(user=world.yue).exists()

    def test_a_mobile_member_reports_by_phone(self, world, browse):
        assert browse("wang", "/orgs/me/report/").status_code == 404
        actions.mark_mobile(
            membership=world.wang_member, since=date(2025, 6, 1), place="南港", why="work",
            at=NOON, by=world.qin,
        )  # fmt: skip
        shows(browse("wang", "/orgs/me/"), "向流入地党支部报到", "一般应转移组织关系")
        answer = browse("wang", "/orgs/me/report/", {"host": "盐社区党支部", "on": "2026-02-01"})
        assert answer["Location"] == "/orgs/me/"
        shows(browse("yue", "/orgs/people/guests/"), "王芳", "松社区第一党支部")


class TestFigures:
    @pytest.mark.mission("S3.37", "S4.44", "S4.42")
    def test_they_follow_the_tree(self, world, shan):
        actions.change_person(person=shan, learning_since=date(2025, 1, 1), at=NOON, by=world.qin)
        rows, total = queries.figures_below(world.he, world.tong_party)
        by_unit = {one.unit: one for one in rows}
        north, salt = by_unit[world.north_party], by_unit[world.salt_branch]
        assert (north.units, north.members, north.veteran, north.learning) == (3, 3, 1, 1)
        assert (salt.units, salt.members, salt.learning) == (1, 1, 0)
        assert (total.units, total.members) == (5, 4)
        assert round(north.learning_rate, 1) == 33.3
        assert salt.learning_rate == 0
        below, _total = queries.figures_below(world.he, world.pine_party)
        assert [(one.unit, one.members, one.learning) for one in below] == [(world.branch, 3, 1)]

    def test_applicants_are_no_members(self, world):
        Membership.objects.filter(pk=world.wang_member.pk).update(stage="activist")
        _rows, total = queries.figures_below(world.he, world.tong_party)
        assert total.members == 2

    def test_the_page(self, browse, shan):
        shows(browse("he", "/orgs/people/figures/"), "北塘街道党工委", "学习平台注册率", "0.0%")
        shows(browse("qin", "/orgs/people/figures/"), "松社区第一党支部")
        assert browse("zhao", "/orgs/people/figures/").status_code == 403

    def test_nobody_counts_what_they_may_not_read(self, world):
        rows, total = queries.figures_below(world.yue, world.tong_party)
        assert [one.unit for one in rows] == [world.salt_branch]
        assert total.members == 1
