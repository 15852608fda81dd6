"""The administrator's pages of staff, posts, organisations and volunteers."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate

from tongxin.accounts.models import AuditEntry, User
from tongxin.orgs.models import Org, Post, Skill, Volunteer
from tongxin.regions.models import DayException, Region

pytestmark = pytest.mark.django_db
MODELS = ["orgs_post", "orgs_org", "orgs_volunteer", "orgs_skill", "accounts_user"]


def page(name, *args):
    return reverse(f"admin:{name}", args=args)


def text(response):
    return response.content.decode()


def rows(prefix, *given):
    """The fields of a formset of new rows."""
    fields = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": 0}
    for n, row in enumerate(given):
        fields |= {f"{prefix}-{n}-{name}": value for name, value in row.items()}
    return fields


def trail():
    return list(AuditEntry.objects.order_by("pk").values_list("action", "object"))


@pytest.fixture
def ann(client, world):
    client.force_login(world.ann)
    return client


@pytest.mark.parametrize("model", MODELS)
class TestLists:
    def test_it_opens_for_the_administrator(self, ann, model):
        assert ann.get(page(f"{model}_changelist")).status_code == 200

    @pytest.mark.parametrize("name", ["gao", "sun"])
    def test_it_is_closed_to_others(self, client, world, model, name):
        client.force_login(getattr(world, name))
        assert client.get(page(f"{model}_changelist"), follow=True).status_code == 403

    def test_more_rows_ask_no_more(self, ann, world, model, django_assert_max_num_queries):
        for n in range(20):
            user = world.person(f"u{n}", f"第{n}人", world.team, "volunteer")
            Volunteer.objects.create(user=user, home=world.pine)
        with django_assert_max_num_queries(9):
            ann.get(page(f"{model}_changelist"))


class TestStaff:
    WORDS = {"username": "hua", "name": "花蕾", "email": "", "is_active": "on"}

    def test_somebody_new_comes_with_a_password_and_a_post(self, ann, world):
        post = {"org": world.pine_office.pk, "role": "dispatcher", "region": world.p1.pk}
        words = self.WORDS | {"phone": "", "new_password": "hai-he-bian-66"} | rows("posts", post)
        assert ann.post(page("accounts_user_add"), words).status_code == 302
        hua = User.objects.get(username="hua")
        assert hua.check_password("hai-he-bian-66")
        given = hua.posts.get()
        assert (given.role, given.region, given.from_date) == ("dispatcher", world.p1, localdate())
        assert set(trail()) == {("user.add", "hua"), ("password.set", "hua"), ("post.give", "hua")}

    def test_a_wrong_post_keeps_the_whole_page_from_being_saved(self, ann, world):
        post = {"org": world.pine_office.pk, "role": "dispatcher", "region": world.reed.pk}
        response = ann.post(page("accounts_user_add"), self.WORDS | rows("posts", post))
        assert "不在松社区居委会的辖区“松社区”内" in text(response)
        assert not User.objects.filter(username="hua").exists()
        assert trail() == []

    def test_posts_are_added_beside_those_held(self, ann, world):
        words = {"username": "zhang", "name": "张敏", "email": "", "is_active": "on"}
        words |= {"posts-TOTAL_FORMS": 1, "posts-INITIAL_FORMS": 1}
        words |= rows("posts-2", {"org": world.north_office.pk, "role": "inspector"})
        assert ann.post(page("accounts_user_change", world.zhang.pk), words).status_code == 302
        assert [post.role for post in world.zhang.posts.order_by("pk")] == [
            "dispatcher",
            "inspector",
        ]
        assert world.zhang.posts.last().region == world.north
        assert trail() == [("post.give", "zhang")]

    def test_who_works_where_is_seen_in_the_list(self, ann, world):
        shown = text(ann.get(page("accounts_user_changelist"), {"role": "verifier"}))
        assert "松社区党委 · 党组织验单员" in shown
        assert "张敏" not in shown
        without = text(ann.get(page("accounts_user_changelist"), {"role": "none"}))
        assert "孙阿姨" in without
        assert "陈建国" not in without


class TestPosts:
    def test_one_is_given(self, ann, world):
        words = {"user": world.ma.pk, "org": world.roads.pk, "role": "handler"}
        assert ann.post(page("orgs_post_add"), words).status_code == 302
        assert world.ma.posts.get().region == world.tong
        assert trail() == [("post.give", "ma")]

    @pytest.mark.parametrize(
        ("changed", "word"),
        [
            ({"role": "king"}, "king"),
            ({"to_date": "2020-01-01"}, "晚于任职日期"),
            ({"user": ""}, "必填"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(self, ann, world, changed, word):
        words = {"user": world.ma.pk, "org": world.roads.pk, "role": "handler"} | changed
        response = ann.post(page("orgs_post_add"), words)
        assert word in text(response)
        assert not world.ma.posts.exists()

    def test_it_is_held_once(self, ann, world):
        words = {"user": world.li.pk, "org": world.roads.pk, "role": "handler"}
        assert "李强已担任这个岗位" in text(ann.post(page("orgs_post_add"), words))

    def test_it_ends_on_a_day_and_nothing_else_changes(self, ann, world):
        post = world.zhang.posts.get()
        day = localdate() + timedelta(days=3)
        words = {"to_date": str(day), "role": "officer", "region": world.tong.pk}
        assert ann.post(page("orgs_post_change", post.pk), words).status_code == 302
        post.refresh_from_db()
        assert (post.to_date, post.role, post.region) == (day, "dispatcher", world.pine)
        assert trail() == [("post.end", "zhang")]

    def test_one_that_is_over_stays_over(self, ann, world):
        post = world.zhang.posts.get()
        Post.objects.filter(pk=post.pk).update(to_date=localdate())
        ann.post(page("orgs_post_change", post.pk), {"to_date": ""})
        post.refresh_from_db()
        assert post.to_date == localdate()

    def test_several_end_today(self, ann, world):
        chosen = [world.wang.posts.get().pk, world.zhao.posts.get().pk]
        words = {"action": "end_today", "_selected_action": chosen}
        ann.post(page("orgs_post_changelist"), words)
        assert set(Post.objects.filter(to_date=localdate()).values_list("pk", flat=True)) == {
            *chosen
        }
        assert trail() == [("post.end", "zhao"), ("post.end", "wang")]

    def test_nothing_is_deleted(self, ann, world):
        post = world.zhang.posts.get()
        assert ann.post(page("orgs_post_delete", post.pk), {"post": "yes"}).status_code == 403
        words = {"action": "delete_selected", "_selected_action": [post.pk], "post": "yes"}
        ann.post(page("orgs_post_changelist"), words)
        assert Post.objects.filter(pk=post.pk).exists()

    @pytest.mark.parametrize(
        ("held", "names"), [("now", {"zhang"}), ("over", {"li"}), ("soon", set())]
    )
    def test_the_list_tells_who_is_in_office(self, ann, world, held, names):
        Post.objects.filter(user=world.li).update(to_date=localdate())
        shown = ann.get(page("orgs_post_changelist"), {"held": held}).context["cl"].result_list
        assert {post.user.username for post in shown} & {"zhang", "li"} == names

    def test_namesakes_are_told_apart_while_choosing(self, ann, world):
        asked = {
            "app_label": "orgs",
            "model_name": "post",
            "field_name": "region",
            "term": "第一网格",
        }
        found = ann.get(reverse("admin:autocomplete"), asked).json()["results"]
        assert [one["text"] for one in found] == ["北塘街道 · 松社区 · 第一网格"]


class TestOrgs:
    def words(self, world, **changed):
        words = {"name": "松社区第二支部", "kind": "party", "region": world.pine.pk, "phone": ""}
        return words | changed

    @pytest.mark.mission("S0.26")
    def test_a_party_unit_is_bound_to_its_grids(self, ann, world):
        words = self.words(world, parent=world.pine_party.pk, grids=[world.p1.pk, world.p2.pk])
        assert ann.post(page("orgs_org_add"), words).status_code == 302
        org = Org.objects.get(name="松社区第二支部")
        assert set(org.grids.all()) == {world.p1, world.p2}
        assert list(world.p1.party_units.all()) == [org]
        assert trail() == [("org.add", "松社区第二支部")]

    def test_a_grid_covered_elsewhere_is_refused(self, ann, world):
        world.pine_party.grids.add(world.p1)
        response = ann.post(page("orgs_org_add"), self.words(world, grids=[world.p1.pk]))
        assert "已由“松社区党委”覆盖" in text(response)
        assert not Org.objects.filter(name="松社区第二支部").exists()

    def test_it_does_not_stand_under_itself(self, ann, world):
        words = self.words(world, name="松社区党委", parent=world.pine_party.pk)
        words |= {"posts-TOTAL_FORMS": 1, "posts-INITIAL_FORMS": 1} | rows("posts-2")
        response = ann.post(page("orgs_org_change", world.pine_party.pk), words)
        assert "不能是它自己" in text(response)

    def test_posts_are_added_on_its_page(self, ann, world):
        words = self.words(world, name="松社区党委")
        words |= {"posts-TOTAL_FORMS": 1, "posts-INITIAL_FORMS": 1}
        words |= rows("posts-2", {"user": world.ma.pk, "role": "verifier"})
        assert ann.post(page("orgs_org_change", world.pine_party.pk), words).status_code == 302
        assert world.ma.posts.get().org == world.pine_party

    def dissolve(self, ann, org):
        url = page("orgs_org_dissolve", org.pk)
        ann.post(url, {"_form_submitted": "1", "on": str(localdate())})
        return text(ann.get(page("orgs_org_change", org.pk)))

    def test_one_with_people_in_office_is_not_dissolved(self, ann, world):
        assert "李强" in self.dissolve(ann, world.roads)
        assert world.roads in Org.objects.public()

    def test_one_without_is_and_stays_to_be_seen(self, ann, world):
        Post.objects.filter(org=world.roads).update(to_date=localdate())
        assert "“城市管理委”已撤销" in self.dissolve(ann, world.roads)
        assert world.roads not in Org.objects.public()
        assert "城市管理委" in text(ann.get(page("orgs_org_changelist")))
        assert ann.post(page("orgs_org_delete", world.roads.pk), {"post": "yes"}).status_code == 403


class TestVolunteers:
    def test_one_is_registered_and_reaches_the_hall(self, ann, world):
        skill = Skill.objects.get()
        words = {"user": world.ma.pk, "home": world.pine.pk, "skills": [skill.pk], "cap": 5}
        assert ann.post(page("orgs_volunteer_add"), words).status_code == 302
        volunteer = Volunteer.objects.get(user=world.ma)
        assert (volunteer.cap, list(volunteer.skills.all())) == (5, [skill])
        assert world.ma.posts.get().role == "volunteer"

    @pytest.mark.parametrize(
        ("changed", "word"), [({"cap": 99}, "1 到 10"), ({"home": "p1"}, "选择一个有效的选项")]
    )
    def test_what_is_wrong_is_said(self, ann, world, changed, word):
        words = {"user": world.ma.pk, "home": world.pine.pk, "cap": 3} | changed
        if words["home"] == "p1":
            words["home"] = world.p1.pk
        assert word in text(ann.post(page("orgs_volunteer_add"), words))
        assert not Volunteer.objects.filter(user=world.ma).exists()

    def test_points_come_from_the_ledger_alone(self, ann, world):
        words = {"home": world.pine.pk, "cap": 2, "points": 999, "minutes": 999}
        ann.post(page("orgs_volunteer_change", world.wang.pk), words)
        volunteer = Volunteer.objects.get(user=world.wang)
        assert (volunteer.cap, volunteer.points, volunteer.minutes) == (2, 0, 0)

    def test_a_skill_somebody_has_is_kept_by_its_name(self, ann, world):
        skill = Skill.objects.get()
        assert ann.post(page("orgs_skill_delete", skill.pk), {"post": "yes"}).status_code == 403
        ann.post(page("orgs_skill_change", skill.pk), {"name": "别的"})
        assert Skill.objects.get().name == "水电"
        spare = Skill.objects.create(name="开锁")
        assert ann.post(page("orgs_skill_delete", spare.pk), {"post": "yes"}).status_code == 302
        assert trail() == [("skill.delete", "开锁")]


class TestTrail:
    """Every change in the administrator's pages is written down, whatever the page."""

    def test_a_region_renamed(self, ann, world):
        words = {"name": "青松社区", "short_name": "青松", "kind": "community", "polygon": "null"}
        ann.post(page("regions_region_change", world.pine.pk), words)
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.object, entry.actor) == ("region.change", "青松社区", world.ann)
        assert entry.detail["before"]["name"] == "松社区"

    def test_a_grid_split(self, ann, world):
        asked = {"_form_submitted": "1", "on": str(localdate()), "into": "2"}
        ann.post(page("regions_region_split", world.p1.pk), asked)
        assert AuditEntry.objects.get().detail == {"what": "拆分网格：第一网格"}

    def test_a_refused_split_is_no_change(self, ann, world):
        asked = {"_form_submitted": "1", "on": "2000-01-01", "into": "2"}
        Region.objects.filter(pk=world.p1.pk).update(valid_from="2020-01-01")
        ann.post(page("regions_region_split", world.p1.pk), asked)
        assert trail() == []

    def test_a_day_added_and_deleted(self, ann, world):
        words = {"region": world.tong.pk, "day": "2026-03-03", "name": "停工"}
        ann.post(page("regions_dayexception_add"), words)
        kept = DayException.objects.get()
        fields = {"action": "delete_selected", "_selected_action": [kept.pk], "post": "yes"}
        ann.post(page("regions_dayexception_changelist"), fields)
        assert [action for action, _object in trail()] == [
            "dayexception.add",
            "dayexception.delete",
        ]
        assert AuditEntry.objects.last().detail["before"]["name"] == "停工"

    def test_an_organisation_changed(self, ann, world):
        words = {"name": "城管委", "kind": "department", "region": world.tong.pk, "phone": ""}
        words |= {"posts-TOTAL_FORMS": 1, "posts-INITIAL_FORMS": 1} | rows("posts-2")
        ann.post(page("orgs_org_change", world.roads.pk), words)
        assert trail() == [("org.change", "城管委")]
        assert AuditEntry.objects.get().detail == {
            "fields": ["name"],
            "before": {"name": "城市管理委"},
        }

    def test_the_log_says_it_in_words(self, ann, world):
        self.test_a_region_renamed(ann, world)
        assert "修改区域" in text(ann.get(page("accounts_auditentry_changelist")))
