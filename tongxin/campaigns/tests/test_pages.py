"""The pages of campaigns, as people use them."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate, now

from tongxin.campaigns import actions
from tongxin.campaigns.models import Approval, Burden, Campaign, CampaignTask, Plate
from tongxin.cases.models import Case
from tongxin.kit.tables import read_table
from tongxin.testing import NOON


@pytest.fixture
def today_list(world):
    return actions.load_sample(region=world.tong, at=now(), by=world.gao)


def fill(world, **changes):
    today = localdate()
    return {
        "kind": "safety", "name": "消防安全排查", "text": "逐户查看", "region": world.north.pk,
        "level": "grid", "from_on": str(today), "due_on": str(today + timedelta(days=9)),
        "items": "排查场所 数字 处\n发现隐患 是否", "burden": "task", "org": world.north_office.pk, "key": "k",
    } | changes  # fmt: skip


def make_all():
    while actions.campaigns_due(at=now()):
        pass


class TestLoop:
    @pytest.mark.mission("S0.34", "S4.65")
    def test_proposed_issued_reported_checked_and_closed_by_pages(self, world, as_, today_list):
        item = today_list.items.get(code="A04")
        sent = as_(world.liu).post("/campaigns/new/", fill(world, admitted_by=item.pk))
        campaign = Campaign.objects.get()
        url = f"/campaigns/{campaign.pk}/"
        assert sent.url == url and len(campaign.items) == 2
        assert "可以下发" in as_(world.liu).get(url).content.decode()
        assert as_(world.liu).post(f"{url}issue/").url == url
        make_all()

        task = CampaignTask.objects.get(region=world.p1)
        mine = as_(world.mei).get("/campaigns/").content.decode()
        assert "我的任务" in mine and "第一网格" in mine
        case = Case.objects.get(pk=task.pk)
        taken = as_(world.mei).post(
            f"/cases/{task.pk}/moves/accept/?at_once=1",
            {"next": "/campaigns/", "expect": case.length},
        )
        assert taken.url == "/campaigns/"
        form = as_(world.mei).get(f"/campaigns/tasks/{task.pk}/").content.decode()
        assert "排查场所" in form and "发现隐患" in form
        answers = {"q1": "8", "q2": "no", "note": "都看过了", "key": "t"}
        refused = as_(world.mei).post(f"/campaigns/tasks/{task.pk}/", answers | {"q1": ""})
        assert refused.status_code == 422
        done = as_(world.mei).post(f"/campaigns/tasks/{task.pk}/", answers)
        assert done.url == "/campaigns/"
        page = as_(world.liu).get(url).content.decode()
        assert "8 处" in page and "50" in page
        assert "都看过了" in as_(world.liu).get(f"/cases/{task.pk}/").content.decode()

        closed = as_(world.liu).post(f"{url}do/close/", {"report": "转入日常"})
        assert closed.url == url
        assert "转入日常" in as_(world.liu).get(url).content.decode()

    def test_a_photo_is_asked_for_where_the_campaign_wants_one(self, world, as_, today_list):
        from tongxin.requests.tests.test_loop import a_photo

        item = today_list.items.get(code="A04")
        as_(world.liu).post(
            "/campaigns/new/", fill(world, admitted_by=item.pk, items="", needs_photo="on")
        )
        actions.issue_campaign(Campaign.objects.get(), at=now(), by=world.liu)
        make_all()
        task = CampaignTask.objects.get(region=world.p1)
        as_(world.mei).post(f"/cases/{task.pk}/moves/accept/?at_once=1", {"expect": 1})
        url = f"/campaigns/tasks/{task.pk}/"
        assert as_(world.mei).post(url, {"note": "好"}).status_code == 422
        photo = SimpleUploadedFile("a.jpg", a_photo(), "image/jpeg")
        assert as_(world.mei).post(url, {"note": "好", "photos": photo}).status_code == 302
        assert Case.objects.get(pk=task.pk).evidence.count() == 1

    def test_what_is_not_on_the_list_is_asked_for_and_decided_by_pages(
        self, world, as_, today_list
    ):
        as_(world.liu).post("/campaigns/new/", fill(world, name="统计花盆"))
        campaign = Campaign.objects.get()
        url = f"/campaigns/{campaign.pk}/"
        assert "现在不能下发" in as_(world.liu).get(url).content.decode()
        refused = as_(world.liu).post(f"{url}issue/", follow=True).content.decode()
        assert "申请准入" in refused and Campaign.objects.get().state == "draft"
        assert as_(world.liu).post(f"{url}do/ask/", {"reason": "台风前要清"}).status_code == 302
        approval = Approval.objects.get()
        assert as_(world.liu).get(f"/campaigns/approvals/{approval.pk}/").status_code == 404
        assert "统计花盆" in as_(world.gao).get("/campaigns/approvals/").content.decode()
        without = as_(world.gao).post(f"/campaigns/approvals/{approval.pk}/", {"approve": "yes"})
        assert without.status_code == 422
        until = str(localdate() + timedelta(days=7))
        decided = as_(world.gao).post(
            f"/campaigns/approvals/{approval.pk}/", {"approve": "yes", "expires_on": until}
        )
        assert decided.status_code == 302
        as_(world.liu).post(f"{url}issue/")
        assert Campaign.objects.get().state == "issuing"

    def test_the_sheet_has_one_row_for_each_grid(self, world, as_, running):
        data = as_(world.liu).get(f"/campaigns/{running.pk}/tasks.xlsx").content
        table = read_table(BytesIO(data).getvalue(), name="x.xlsx")
        rows = [row for _line, row in table.rows]
        assert [row["网格"] for row in rows] == ["第一网格", "第二网格"]
        assert "排查场所" in rows[0]

    def test_questions_that_cannot_be_read_are_refused(self, world, as_, today_list):
        sent = as_(world.liu).post("/campaigns/new/", fill(world, items="排查场所"))
        assert sent.status_code == 422 and "读不懂" in sent.content.decode()
        assert not Campaign.objects.exists()


class TestWhoSees:
    def test_nobody_of_another_street(self, world, as_, running):
        task = CampaignTask.objects.get(region=world.p1)
        for user in (world.wu, world.sun, world.ann, world.yue):
            assert as_(user).get(f"/campaigns/{running.pk}/").status_code == 404
            assert as_(user).get(f"/campaigns/tasks/{task.pk}/").status_code == 404
            assert as_(user).post(f"/campaigns/{running.pk}/issue/").status_code == 404

    def test_a_grid_worker_sees_its_own_share_only(self, world, as_, running):
        page = as_(world.mei).get(f"/campaigns/{running.pk}/tasks/").content.decode()
        assert "第一网格" in page and "第二网格" not in page
        assert as_(world.mei).get(f"/campaigns/{running.pk}/change/").status_code == 404

    def test_pages_cost_at_most_eight_queries(
        self, world, as_, running, django_assert_max_num_queries
    ):
        client = as_(world.liu)
        for url in ("/campaigns/", f"/campaigns/{running.pk}/tasks/", "/campaigns/burdens/",
                    "/campaigns/plates/", "/campaigns/admission/", "/campaigns/approvals/"):  # fmt: skip
            client.get(url)
            with django_assert_max_num_queries(8):
                assert client.get(url).status_code == 200, url
        client.get(f"/campaigns/{running.pk}/")
        with django_assert_max_num_queries(8):
            client.get(f"/campaigns/{running.pk}/")


class TestBurdens:
    @pytest.mark.mission("S4.65")
    def test_they_are_written_down_and_counted(self, world, as_, today_list):
        client = as_(world.zhang)
        sent = client.post(
            "/campaigns/burdens/new/",
            {"community": world.pine.pk, "kind": "form", "title": "某某统计表", "from_name": "某局",
             "on": str(localdate()), "key": "b"},
        )  # fmt: skip
        assert sent.status_code == 302 and Burden.objects.get().is_admitted is False
        page = as_(world.liu).get("/campaigns/burdens/").content.decode()
        assert "某局" in page and "松社区" in page
        assert "某局" not in as_(world.wu).get("/campaigns/burdens/").content.decode()

    def test_plates(self, world, as_, today_list):
        client = as_(world.zhang)
        item = today_list.items.get(code="A21")
        client.post(
            "/campaigns/plates/new/",
            {"community": world.pine.pk, "text": "松社区党委", "from_name": "组织部", "reason": "规范",
             "hung_on": str(localdate()), "item": item.pk},
        )  # fmt: skip
        plate = Plate.objects.get()
        assert "目录内" in client.get("/campaigns/plates/").content.decode()
        gone = client.post(
            f"/campaigns/plates/{plate.pk}/remove/", {"on": str(localdate()), "removal": "换新"}
        )
        assert gone.status_code == 302
        assert "换新" in client.get("/campaigns/plates/?state=removed").content.decode()

    def test_a_new_version_is_handed_in_and_published(self, world, as_, today_list):
        client = as_(world.gao)
        data = "code,kind,name,basis,times_a_year\nB01,任务,文明祭扫,通知,1\n".encode()
        sent = client.post(
            "/campaigns/admission/new/",
            {"region": world.tong.pk, "name": "准入目录", "version": "新版", "effective_from": str(localdate()),
             "file": SimpleUploadedFile("新.csv", data)},
        )  # fmt: skip
        assert sent.status_code == 302
        page = client.get(sent.url).content.decode()
        assert "文明祭扫" in page and "未发布" in page
        pk = sent.url.rpartition("=")[2]
        client.post(f"/campaigns/admission/{pk}/publish/")
        assert "新版" in client.get("/campaigns/admission/").content.decode()
        assert as_(world.liu).get("/campaigns/admission/new/").status_code == 404


def test_an_issued_campaign_is_not_changed(world, running):
    with pytest.raises(actions.WrongState, match="不能再改"):
        actions.change_campaign(running, at=NOON, by=world.liu, name="别的")
