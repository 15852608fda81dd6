"""Every page through the door: who may, who may not, how many queries, what a press does."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate, now

from tongxin.cadres import actions
from tongxin.cadres.models import (
    AllocationRun,
    DailyRating,
    GridCrew,
    Guide,
    Need,
    Operation,
    PoolEntry,
    RotationTurn,
    Secondment,
)
from tongxin.cadres.tests.cast import need, offer, start
from tongxin.orgs.models import Org, Post

TODAY = localdate()
MOST_QUERIES = 22  # frame, posts, land and page together; lists are asserted not to grow


@pytest.fixture
def running(cadres):
    """An operation of now with a pool and needs, and Dai serving in Pine since yesterday."""
    Org.objects.create(name="苇社区居委会", kind="community", region=cadres.reed)
    operation = start(cadres, ends_on=TODAY + timedelta(days=60), at=now() - timedelta(days=2))
    days = {"from_date": TODAY, "to_date": TODAY + timedelta(days=50)}
    offer(cadres, operation, "bo", "fang", "gu", **days)
    need(cadres, operation, pine=(1, 2), reed=(1, 1), salt=(1, 1))
    one = actions.Sending(
        cadres.dai_person, cadres.roads, cadres.pine, TODAY - timedelta(days=1),
        TODAY + timedelta(days=50),
    )  # fmt: skip
    cadres.row = actions.begin_secondments(
        operation=operation, sendings=[one], at=now() - timedelta(days=1), by=cadres.gao
    )[0]
    cadres.operation = operation
    return cadres


@pytest.fixture
def run(running):
    return actions.allocate(
        operation=running.operation, first=TODAY + timedelta(days=1),
        last=TODAY + timedelta(days=40), at=now(), by=running.gao,
    )  # fmt: skip


def enter(client, user):
    client.force_login(user)
    return client


def pages(world, run) -> dict[str, str]:
    operation, row = world.operation.pk, world.row.pk
    placement = run.placements.first().pk
    guide = Guide.objects.create(
        operation=world.operation,
        title="工作指南",
        text="一、入户",
        published_at=now(),
        by=world.gao,
    )
    return {
        "home": reverse("cadres:home"),
        "start": reverse("cadres:start"),
        **{n: reverse(f"cadres:{n}", args=[operation])
           for n in ("operation", "phase", "end", "pool", "offer", "together", "needs", "allocate", "new-guide")},
        "need": reverse("cadres:need", args=[operation, world.pine.code]),
        **{n: reverse(f"cadres:{n}", args=[run.pk]) for n in ("run", "run-areas", "proof")},
        "run-community": reverse("cadres:run-community", args=[run.pk, world.pine.code]),
        "reserve": reverse("cadres:run-community", args=[run.pk, "reserve"]),
        "move": reverse("cadres:move", args=[run.pk, placement]),
        "price": reverse("cadres:move", args=[run.pk, placement]) + f"?community={world.salt.pk}",
        "secondments": reverse("cadres:secondments"),
        **{n: reverse(f"cadres:{n}", args=[row]) for n in ("secondment", "prolong", "transfer", "recall", "rate")},
        "guide": reverse("cadres:guide", args=[guide.pk]),
        "ratings": reverse("cadres:ratings"),
        "ratings-one": reverse("cadres:ratings") + f"?region={world.pine.code}",
        "summary": reverse("cadres:summary"),
        "month": reverse("cadres:summary") + "?period=month",
        "criteria": reverse("cadres:criteria"),
        "grids": reverse("cadres:grids"),
        "grid": reverse("cadres:grid", args=[world.p1.code]),
        "join": reverse("cadres:join", args=[world.p1.code]),
        "duty": reverse("cadres:duty", args=[world.p1.code]),
        "points": reverse("cadres:points") + f"?region={world.pine.code}",
        "open-point": reverse("cadres:open-point", args=[world.pine.code]),
        "plan": reverse("cadres:plan", args=[world.pine.code]),
    }  # fmt: skip


PUBLIC_TO_STAFF = {
    "home", "operation", "secondments", "guide", "ratings", "ratings-one", "summary", "grids",
    "points",
    "month",
}  # fmt: skip
PINE_ONLY = {"secondment", "rate", "grid", "join", "duty", "open-point", "plan"}


class TestSight:
    def test_who_directs_opens_every_page(self, client, running, run):
        enter(client, running.gao)
        for name, url in pages(running, run).items():
            with CaptureQueriesContext(
                connection,
            ) as asked:
                response = client.get(url)
            assert response.status_code == 200, name
            assert len(asked) <= MOST_QUERIES, (name, len(asked))

    def test_a_community_of_another_street_opens_none_of_pine(self, client, running, run):
        enter(client, running.wu)
        for name, url in pages(running, run).items():
            status = client.get(url).status_code
            assert status == (200 if name in PUBLIC_TO_STAFF else 404), name

    def test_the_community_opens_what_is_its_own(self, client, running, run):
        enter(client, running.zhang)
        for name, url in pages(running, run).items():
            if name in {"prolong", "transfer", "recall"}:
                continue
            status = client.get(url).status_code
            assert status == (200 if name in PUBLIC_TO_STAFF | PINE_ONLY else 404), name

    def test_a_resident_opens_only_their_own_page(self, client, running, run):
        enter(client, running.sun)
        assert client.get(reverse("cadres:mine")).status_code == 200
        for name, url in pages(running, run).items():
            status = client.get(url).status_code
            allowed = {"home": 302, "secondments": 200, "ratings": 200, "ratings-one": 200,
                       "summary": 200, "month": 200, "points": 200}  # fmt: skip
            assert status == allowed.get(name, 404), name
        assert "戴宁" not in client.get(reverse("cadres:secondments")).content.decode()

    def test_nobody_is_sent_to_sign_in(self, client, running, run):
        for name, url in pages(running, run).items():
            assert client.get(url).status_code == 302, name


class TestOperationPages:
    def test_start_phase_and_end(self, client, cadres):
        enter(client, cadres.gao)
        response = client.post(reverse("cadres:start"), {
            "name": "防汛应急行动", "region": cadres.north.pk, "ordered_by": cadres.tong_party.pk,
            "document_no": "滨防指〔2026〕1号", "reason": "台风", "ends_on": TODAY + timedelta(days=20),
        })  # fmt: skip
        operation = Operation.objects.get()
        assert response.url == reverse("cadres:operation", args=[operation.pk])
        client.post(reverse("cadres:phase", args=[operation.pk]), {
            "phase": "regular", "ends_on": TODAY + timedelta(days=90), "note": "转入常态", "keep": "on",
        })  # fmt: skip
        operation.refresh_from_db()
        assert operation.phase == "regular"
        assert (
            client.post(reverse("cadres:end", args=[operation.pk]), {"reason": "解除"}).status_code
            == 302
        )
        operation.refresh_from_db()
        assert operation.end_reason == "解除"

    def test_a_refusal_stands_beside_its_field(self, client, running):
        enter(client, running.gao)
        response = client.post(
            reverse("cadres:end", args=[running.operation.pk]), {"reason": "解除"}
        )
        assert response.status_code == 422
        assert "还有 1 名干部在岗" in response.context["form"].errors["then"][0]


class TestPoolPages:
    def test_somebody_new_is_offered_by_name_and_telephone(self, client, running):
        enter(client, running.gao)
        response = client.post(reverse("cadres:offer", args=[running.operation.pk]), {
            "name": "郝新", "phone": "13900001234", "unit": running.water.pk, "home": running.reed.pk,
            "from_date": TODAY, "to_date": TODAY + timedelta(days=30),
        })  # fmt: skip
        assert response.status_code == 302
        entry = PoolEntry.objects.get(person__name="郝新")
        assert (entry.unit, entry.person.employer) == (running.water, running.water)
        again = client.post(reverse("cadres:offer", args=[running.operation.pk]), {
            "name": "另一人", "phone": "13900001234", "unit": running.water.pk, "home": running.reed.pk,
            "from_date": TODAY, "to_date": TODAY + timedelta(days=30),
        })  # fmt: skip
        assert "phone" in again.context["form"].errors

    def test_withdraw_and_together(self, client, running):
        enter(client, running.gao)
        entry = PoolEntry.objects.get(person=running.bo_person)
        client.post(reverse("cadres:withdraw", args=[entry.pk]))
        assert not PoolEntry.objects.ready().filter(pk=entry.pk).exists()
        client.post(reverse("cadres:together", args=[running.operation.pk]),
                    {"unit": running.roads.pk, "level": "street"})  # fmt: skip
        assert running.operation.together.get().level == "street"

    def test_needs_are_suggested_and_set(self, client, running):
        enter(client, running.gao)
        client.post(reverse("cadres:need", args=[running.operation.pk, running.pine.code]),
                    {"minimum": 2, "wish": 4, "basis": "实地核定"})  # fmt: skip
        client.post(reverse("cadres:suggest", args=[running.operation.pk]))
        assert Need.objects.get(community=running.pine).wish == 4


class TestRunPages:
    @pytest.mark.mission("S0.14")
    def test_from_the_form_to_the_field(self, client, running):
        enter(client, running.gao)
        response = client.post(reverse("cadres:allocate", args=[running.operation.pk]), {
            "first": TODAY + timedelta(days=1), "last": TODAY + timedelta(days=40),
        })  # fmt: skip
        run = AllocationRun.objects.get()
        assert response.url == reverse("cadres:run", args=[run.pk])
        page = client.get(response.url).content.decode()
        assert "已证明最优" in page
        placement = run.placements.get(entry__person=running.gu_person)
        url = reverse("cadres:move", args=[run.pk, placement.pk])
        shown = client.get(url, {"community": running.pine.pk})
        assert "多走 44.5 公里" in shown.content.decode()
        client.post(
            url,
            {
                "community": running.pine.pk,
                "note": "家属在此",
                "expect": shown.context["price"].cost,
            },
        )
        run.refresh_from_db()
        assert run.changes_cost > 0
        assert "家属在此" in client.get(reverse("cadres:run", args=[run.pk])).content.decode()
        again = client.post(reverse("cadres:again", args=[run.pk]))
        newer = AllocationRun.objects.get(state="draft")
        assert again.url == reverse("cadres:run", args=[newer.pk])
        client.post(reverse("cadres:confirm", args=[newer.pk]))
        assert Secondment.objects.standing().count() == 4

    def test_the_map_has_every_community(self, client, running, run):
        enter(client, running.gao)
        drawn = client.get(reverse("cadres:run-areas", args=[run.pk])).json()
        names = {
            feature["properties"]["name"]: feature["properties"]["missing"]
            for feature in drawn["features"]
        }
        assert set(names) == {"松社区 1/1", "苇社区 1/1", "盐社区 1/1"}
        assert set(names.values()) == {0}

    def test_a_price_of_before_is_refused(self, client, running, run):
        enter(client, running.gao)
        placement = run.placements.get(entry__person=running.gu_person)
        url = reverse("cadres:move", args=[run.pk, placement.pk])
        response = client.post(url, {"community": running.pine.pk, "expect": "1"})
        assert response.status_code == 422
        assert run.changes.count() == 0


class TestSecondmentPages:
    def test_prolong_transfer_recall(self, client, running):
        enter(client, running.gao)
        later = TODAY + timedelta(days=55)
        client.post(reverse("cadres:prolong", args=[running.row.pk]), {"until": later})
        running.row.refresh_from_db()
        assert running.row.to_date == later
        client.post(
            reverse("cadres:transfer", args=[running.row.pk]), {"community": running.reed.pk}
        )
        new = Secondment.objects.standing().get()
        assert (new.community, new.from_date) == (running.reed, TODAY + timedelta(days=1))
        client.post(reverse("cadres:recall", args=[new.pk]), {"reason": "单位工作需要"})
        assert not Secondment.objects.standing().exists()
        page = client.get(reverse("cadres:secondment", args=[running.row.pk])).content.decode()
        assert "由松社区调整到苇社区" in page

    def test_the_home_unit_recalls_but_does_not_transfer(self, client, running):
        Post.objects.create(
            user=running.ma, org=running.roads, role="secretary", region=running.tong
        )
        enter(client, running.ma)
        assert client.get(reverse("cadres:transfer", args=[running.row.pk])).status_code == 404
        client.post(reverse("cadres:recall", args=[running.row.pk]), {"reason": "单位工作需要"})
        assert Secondment.objects.get(pk=running.row.pk).end == "recalled"


class TestRatingPages:
    @pytest.mark.mission("S0.24")
    def test_one_tap_a_cadre(self, client, running):
        enter(client, running.zhang)
        page = client.get(reverse("cadres:ratings")).content.decode()
        assert "戴宁" in page
        client.post(reverse("cadres:rate-good", args=[running.row.pk]), {"day": TODAY})
        assert DailyRating.objects.get().marks == {"publicity": 3, "work": 3}
        response = client.post(reverse("cadres:rate", args=[running.row.pk]), {
            "day": TODAY, "attendance": "present", "mark_publicity": 2, "mark_work": 3, "note": "",
            "reason": "看错了人",
        })  # fmt: skip
        assert response.status_code == 302
        assert DailyRating.objects.get().changes.get().before["marks"]["publicity"] == 3

    def test_all_at_once_and_the_sums(self, client, running):
        enter(client, running.zhang)
        client.post(reverse("cadres:rate-all", args=[running.pine.code]), {"day": TODAY})
        client.post(
            reverse("cadres:rate-all", args=[running.pine.code]), {"day": TODAY - timedelta(days=1)}
        )
        assert DailyRating.objects.count() == 2
        page = client.get(reverse("cadres:summary"), {"region": running.pine.code, "day": TODAY})
        assert "戴宁" in page.content.decode()
        enter(client, running.gao)
        assert client.get(reverse("cadres:ratings"), {"day": TODAY}).status_code == 200

    @pytest.mark.mission("S0.25")
    def test_criteria_are_rows_that_officers_edit(self, client, running):
        enter(client, running.gao)
        client.post(reverse("cadres:criteria"), {
            "name": "群众反映", "help": "入户时群众怎么说", "from_date": TODAY, "source": "区委通知",
        })  # fmt: skip
        enter(client, running.zhang)
        page = client.get(reverse("cadres:rate", args=[running.row.pk])).content.decode()
        assert "群众反映" in page
        assert client.get(reverse("cadres:criteria")).status_code == 404


class TestGuidePages:
    @pytest.mark.mission("S0.23")
    def test_published_read_confirmed(self, client, running):
        enter(client, running.gao)
        url = reverse("cadres:new-guide", args=[running.operation.pk])
        client.post(url, {"title": "区级机关下派干部工作指南", "text": "一、到岗\n二、入户"})
        guide = Guide.objects.get()
        assert "1 人还没有" in client.get(reverse("cadres:guide", args=[guide.pk])).content.decode()
        client.post(reverse("cadres:remind", args=[guide.pk]))
        enter(client, running.dai)
        assert "请阅读并确认" in client.get(reverse("cadres:mine")).content.decode()
        client.post(reverse("cadres:confirm-guide", args=[guide.pk]))
        assert guide.readings.get().user == running.dai
        assert "已确认阅读" in client.get(reverse("cadres:mine")).content.decode()


class TestGridPages:
    @pytest.mark.mission("S0.42", "S0.43")
    def test_a_crew_is_mixed_and_shown(self, client, running):
        enter(client, running.zhang)
        url = reverse("cadres:join", args=[running.p1.code])
        for user, kind in (
            (running.dai, "seconded"),
            (running.mei, "grassroots"),
            (running.wang, "volunteer"),
        ):
            assert client.post(url, {"user": user.pk, "kind": kind}).status_code == 302
        page = client.get(reverse("cadres:grid", args=[running.p1.code])).content.decode()
        assert "还缺 1 名在职党员" in page
        client.post(reverse("cadres:duty", args=[running.p1.code]), {
            "name": "独居老人探访", "field": "service", "actor": "social",
            "member": GridCrew.objects.get().members.get(user=running.wang).pk,
        })  # fmt: skip
        page = client.get(reverse("cadres:grid", args=[running.p1.code])).content.decode()
        for words in ("独居老人探访", "社会", "松社区居委会", "本网格有 0 件未办结"):
            assert words in page


class TestPointPages:
    @pytest.mark.mission("S3.15")
    def test_a_point_is_opened_and_planned(self, client, running):
        enter(client, running.zhang)
        client.post(reverse("cadres:open-point", args=[running.pine.code]),
                    {"name": "东门卡口", "shifts": "08:00-12:00", "hands": 1})  # fmt: skip
        client.post(reverse("cadres:plan", args=[running.pine.code]),
                    {"first": TODAY + timedelta(days=1), "last": TODAY + timedelta(days=7)})  # fmt: skip
        assert RotationTurn.objects.count() == 7
        url = reverse("cadres:points") + f"?from={TODAY + timedelta(days=1)}"
        assert "戴宁" in client.get(url).content.decode()


class TestBanner:
    @pytest.mark.mission("S0.12")
    def test_every_page_of_the_land_says_so_until_it_ends(self, client, running):
        for user, says in ((running.zhang, True), (running.liu, True), (running.sun, False)):
            enter(client, user)
            page = client.get(reverse("cadres:secondments")).content.decode()
            assert ("疫情防控应急行动</a> · 集中攻坚" in page) is says
        actions.end_operation(
            operation=running.operation, reason="解除", at=now(), by=running.gao, then="close"
        )
        enter(client, running.zhang)
        assert "集中攻坚" not in client.get(reverse("portal:desk")).content.decode()

    def test_one_of_another_street_is_not_said(self, client, cadres):
        start(cadres, region=cadres.north, ordered_by=cadres.north_party,
              ends_on=TODAY + timedelta(days=9), at=now())  # fmt: skip
        enter(client, cadres.wu)
        assert "集中攻坚" not in client.get(reverse("portal:desk")).content.decode()
        enter(client, cadres.zhang)
        assert "集中攻坚" in client.get(reverse("portal:desk")).content.decode()
