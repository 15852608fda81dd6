"""Each page for who may, who may not; what it costs; the forms go through the same actions."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.alliances import actions
from tongxin.alliances.models import (
    Alliance,
    AllianceProject,
    ApprovalFile,
    Dossier,
    Letter,
    Park,
)
from tongxin.cases.actions import make_move
from tongxin.meetings.actions import load_rules
from tongxin.testing import NOON

from .conftest import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    """The pages are asked on the day of the world."""
    from tongxin.alliances import views
    from tongxin.alliances.views import boards, dossiers, fragments, owners, parks, projects

    assert views
    for module in (boards, dossiers, fragments, owners, parks, projects):
        if hasattr(module, "now"):
            monkeypatch.setattr(module, "now", lambda: NOON)
        monkeypatch.setattr(module, "localdate", lambda: DAY, raising=False)


def budget(client, url, most):
    client.get(url)  # the land and the flows are remembered by the process
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = client.get(url)
    assert page.status_code == 200
    assert len(queries) <= most, "\n".join(one["sql"] for one in queries)
    return page


class TestAlliance:
    def test_founded_by_page_with_its_desks(self, world, as_):
        client = as_(world.gao)
        page = client.post("/alliances/new/", {
            "name": "政务服务党建联盟", "convenor": world.district_office.pk, "region": world.tong.pk,
            "purpose": "服务重大项目", "founded_on": "2026-01-05", "desks": "2",
        })  # fmt: skip
        assert page.status_code == 302
        one = Alliance.objects.get()
        assert one.desks.count() == 2
        assert client.get(page["Location"]).status_code == 200
        assert as_(world.li).get("/alliances/new/").status_code == 404
        assert as_(world.yue).get(page["Location"]).status_code == 404

    def test_the_board_shows_red_first_within_its_budget(
        self, world, as_, alliance, project, firm, item
    ):
        for n in range(8):
            actions.take_on(
                desk=alliance.desks.get(number=1), name=f"项目{n}", owner=firm, region=world.north,
                starts_on=DAY, by=world.gao, at=NOON,
            )  # fmt: skip
        actions.plan_approval(item("filed"), on=DAY - timedelta(days=9), by=world.gao, at=NOON)
        desk = alliance.desks.get(number=1)
        actions.sit_at_desk(desk, user=world.li, on=DAY, by=world.gao, at=NOON)
        page = budget(as_(world.gao), f"/alliances/{alliance.pk}/", 8)
        text = page.content.decode()
        assert "审批过期 1 项" in text
        pins = json.loads(
            text.split('id="projects-map-points" type="application/json">')[1].split("<")[0]
        )
        assert pins[0] == {
            "lng": 117.6, "lat": 39.3, "title": "天津科学试验基地 · 北化院", "tone": "late",
            "url": f"/alliances/projects/{project.pk}/",
        }  # fmt: skip
        assert "/library/of/?kind=alliance&amp;id=" in text
        assert text.index(project.name) < text.index("项目0")

    def test_the_verbs(self, world, as_, alliance):
        client = as_(world.gao)
        for name in ("member", "desk", "example", "end"):
            assert client.get(f"/alliances/{alliance.pk}/do/{name}/").status_code == 200, name
        given = {"org": world.salt_office.pk, "kind": "service", "on": "2026-03-02"}
        assert client.post(f"/alliances/{alliance.pk}/do/member/", given).status_code == 302
        desk = alliance.desks.get(number=2)
        given = {"number": "2", "name": "", "head": world.li.pk, "duty": "环评"}
        assert client.post(f"/alliances/desks/{desk.pk}/do/change/", given).status_code == 302
        desk.refresh_from_db()
        assert desk.head == world.li
        seat = {"user": world.zhou.pk, "on": "2026-03-02"}
        assert client.post(f"/alliances/desks/{desk.pk}/do/seat/", seat).status_code == 302
        assert as_(world.li).get(f"/alliances/{alliance.pk}/do/desk/").status_code == 404
        assert client.get(f"/alliances/{alliance.pk}/do/nothing/").status_code == 404


class TestProject:
    def test_taken_on_by_page_and_refused_in_two_desks(
        self, world, as_, alliance, firm, chains, guo
    ):
        client, url = as_(world.gao), f"/alliances/{alliance.pk}/take-on/"
        given = {
            "desk": alliance.desks.get(number=1).pk, "name": "试验基地", "owner": firm.pk, "contact": guo.pk,
            "region": world.north.pk, "industry": "research", "investment": "2800000", "starts_on": "2026-03-01",
            "chain": chains["industrial"].pk, "is_major": "on",
        }  # fmt: skip
        assert client.post(url, given).status_code == 302
        one = AllianceProject.objects.get()
        assert one.investment_fen == 28_000_000_000_00 and one.dossier.items.count() == 9
        page = client.post(url, given | {"desk": alliance.desks.get(number=2).pk})
        assert page.status_code == 409 and "一个项目只归一个工作部" in page.content.decode()
        assert AllianceProject.objects.count() == 1

    def test_whole_within_its_budget(self, world, as_, project, types, guo, item):
        case = actions.raise_problem(
            project, type_=types["land"], title="用地指标", by=guo, at=NOON
        )
        actions.decide_approval(item("filed"), state="granted", on=DAY, by=world.gao, at=NOON)
        load_rules(at=NOON, by=None)
        for day in (1, 2):
            actions.plan_coordination(
                project, title=f"第{day}次协调", starts_at=NOON + timedelta(days=day),
                ends_at=NOON + timedelta(days=day, hours=1), chair="高峰", venue="现场",
                agencies=["评估公司"], by=world.gao, at=NOON,
            )  # fmt: skip
        actions.sit_at_desk(project.desk, user=world.li, on=DAY, by=world.gao, at=NOON)
        # Eight registers meet on it; who sits at the desk runs it at no further cost.
        assert (
            "办结项目"
            in budget(as_(world.li), f"/alliances/projects/{project.pk}/", 10).content.decode()
        )
        page = budget(as_(world.gao), f"/alliances/projects/{project.pk}/", 10)
        text = page.content.decode()
        assert "用地指标" in text and "关键路径" in text and "2026-03-02 办结" in text
        assert "/alliances/rate/" in text  # the link that the desk may hand on
        assert (
            "/alliances/rate/"
            not in as_(guo).get(f"/alliances/projects/{project.pk}/").content.decode()
        )
        assert as_(world.wu).get(f"/alliances/projects/{project.pk}/").status_code == 404
        street = as_(world.liu).get(f"/alliances/projects/{project.pk}/").content.decode()
        assert "办结项目" not in street and "/alliances/rate/" not in street
        panel = as_(guo).get(f"/cases/{case.pk}/")
        assert panel.status_code == 200 and "解决时限" in panel.content.decode()

    def test_the_verbs(self, world, as_, project, types, guo):
        client, url = as_(world.gao), f"/alliances/projects/{project.pk}/"
        for name in "change problem meeting indicator hand-over finish withdraw example".split():
            assert client.get(f"{url}do/{name}/").status_code == 200, name
        given = {
            "name": "容积率",
            "rule": "most",
            "needed": "1.5",
            "unit": "",
            "due_on": "2026-04-01",
        }
        assert client.post(f"{url}do/indicator/", given).status_code == 302
        one = project.indicators.get()
        read = {"value": "1.4", "on": "2026-03-02"}
        assert client.post(f"/alliances/indicators/{one.pk}/read/", read).status_code == 302
        one.refresh_from_db()
        assert one.is_met
        raised = {"type": types["eia"].pk, "title": "环评未批", "text": "", "key": "k1"}
        for _ in range(2):
            assert as_(guo).post(f"{url}do/problem/", raised).status_code == 302
        assert project.problems.count() == 1
        assert as_(guo).get(f"{url}do/meeting/").status_code == 404
        change = {
            "name": project.name,
            "industry": "energy",
            "investment": "1",
            "address": "港东新城",
        }
        assert as_(world.gao).post(f"{url}do/change/", change).status_code == 302

    def test_the_calendar(self, world, as_, project, item):
        actions.plan_approval(item("filed"), on=DAY, by=world.gao, at=NOON)
        ics = as_(world.gao).get(f"/alliances/projects/{project.pk}/calendar.ics")
        assert b"DTSTART;VALUE=DATE:20260302" in ics.content and b"BEGIN:VCALENDAR" in ics.content


class TestDossier:
    def test_handed_in_decided_lettered_jointly_by_page(self, world, as_, project, item):
        client, url = as_(world.gao), f"/alliances/dossiers/{project.dossier.pk}/"
        budget(client, url, 8)

        def do(code, name):
            return f"/alliances/approvals/{item(code).pk}/do/{name}/"

        for name in ("plan", "submit", "decide", "letter", "link", "unlink"):
            assert client.get(do("eia", name)).status_code == 200, name
        assert client.post(do("filed", "plan"), {"on": "2026-03-05"}).status_code == 302
        page = client.post(do("filed", "plan"), {"on": "2025-03-05"})
        assert page.status_code == 422 and "启动日期" in page.content.decode()
        said = {"state": "granted", "on": "2026-02-20", "document": "备1号"}
        assert client.post(do("filed", "decide"), said).status_code == 302
        letter = {
            "number": "函1",
            "conditions": "补材料",
            "issued_on": "2026-02-25",
            "valid_until": "2026-03-20",
        }
        assert client.post(do("eia", "letter"), letter).status_code == 302
        page = client.post(do("eia", "decide"), {"state": "granted", "on": "2026-02-24"})
        assert page.status_code == 422 and "函1" in page.content.decode()
        again = {"number": "函2", "issued_on": "2026-03-02", "valid_until": "2026-05-01"}
        one = Letter.objects.get()
        assert client.post(f"/alliances/letters/{one.pk}/renew/", again).status_code == 302
        joint = {"held_on": "2026-03-02", "place": "政务大厅", "chair": "高峰", "key": "j"}
        joint |= {
            f"state_{item('energy').pk}": "granted",
            f"state_{item('planning_opinion').pk}": "conditional",
        }
        page = client.post(f"{url}do/joint/", joint)
        assert page.status_code == 422  # conditions are missing
        joint |= {f"conditions_{item('planning_opinion').pk}": "退红线 5 米"}
        assert client.post(f"{url}do/joint/", joint).status_code == 302
        assert "退红线 5 米" in client.get(url).content.decode()

    def test_files_are_put_in_given_out_and_taken_out(self, world, as_, project, item):
        client, url = as_(world.gao), f"/alliances/approvals/{item('eia').pk}/files/"
        assert "还没有附件" in client.get(url).content.decode()
        upload = SimpleUploadedFile("申报书.pdf", b"%PDF-1.7 form")
        assert client.post(url, {"kind": "application", "upload": upload}).status_code == 302
        page = client.post(url, {"kind": "permit", "upload": SimpleUploadedFile("a.exe", b"MZ")})
        assert page.status_code == 422 and "不是可以随文发送的文件" in page.content.decode()
        one = ApprovalFile.objects.get()
        dossier = f"/alliances/dossiers/{project.dossier.pk}/"
        assert "附件 1" in budget(client, dossier, 8).content.decode()
        given = client.get(f"/alliances/files/{one.pk}/")
        assert b"".join(given.streaming_content) == b"%PDF-1.7 form"
        assert given["X-Content-Type-Options"] == "nosniff"
        gone = f"/alliances/files/{one.pk}/remove/"
        assert as_(world.liu).post(gone).status_code == 404  # sees it, does not decide on it
        assert as_(world.liu).get(url).status_code == 200
        assert as_(world.yue).get(f"/alliances/files/{one.pk}/").status_code == 404
        assert as_(world.gao).post(gone).status_code == 302
        assert not ApprovalFile.objects.exists()

    def test_dates_and_additions(self, world, as_, project, item):
        client, url = as_(world.gao), f"/alliances/dossiers/{project.dossier.pk}/"
        given = {
            "name": "消防设计审查",
            "department": "",
            "department_name": "消防",
            "days": "7",
            "after": [item("drawing").pk],
        }
        assert client.post(f"{url}do/add/", given).status_code == 302
        assert project.dossier.items.get(name="消防设计审查").needs.get().needed == item("drawing")
        assert (
            client.post(
                f"{url}do/plan/", {"begun": "2026-05-01", "built": "2026-04-01"}
            ).status_code
            == 422
        )
        assert client.post(f"{url}do/plan/", {"begun": "2026-05-01"}).status_code == 302
        assert (
            client.post(f"{url}do/mark/", {"which": "begun", "on": "2026-03-02"}).status_code == 409
        )
        circle = client.post(
            f"/alliances/approvals/{item('filed').pk}/do/link/", {"needed": item("land").pk}
        )
        assert circle.status_code == 422 and "循环" in circle.content.decode()
        assert client.get("/alliances/leads/").status_code == 200

    def test_the_fragment_shows_nothing_to_strangers(self, world, as_):
        actions.open_dossier(
            subject=("site_plan", "7", "松社区中心", "/renovation/7/"), region=world.pine,
            keeper=world.north_office, starts_on=DAY, by=world.liu, at=NOON,
        )  # fmt: skip
        url = "/alliances/approvals/of/?kind=site_plan&id=7"
        assert "审批进度" in as_(world.liu).get(url).content.decode()
        assert "审批进度" not in as_(world.yue).get(url).content.decode()
        assert Dossier.objects.get().source_url == "/renovation/7/"

    def test_the_departments_own_page(self, world, as_, project, types, guo):
        case = actions.raise_problem(
            project, type_=types["land"], title="用地指标", by=guo, at=NOON
        )
        make_move(
            case,
            "assign",
            at=NOON,
            actor=world.gao,
            handler=world.roads,
            until=NOON + timedelta(days=3),
        )
        page = budget(as_(world.li), "/alliances/ours/", 8)
        assert "用地指标" in page.content.decode()
        assert "用地指标" not in as_(world.zhou).get("/alliances/ours/").content.decode()


class TestOwner:
    def test_the_phone_page_and_the_answers(self, world, as_, project, types, guo, photo):
        case = actions.raise_problem(
            project, type_=types["land"], title="用地指标", by=guo, at=NOON
        )
        make_move(
            case,
            "assign",
            at=NOON,
            actor=world.gao,
            handler=world.roads,
            until=NOON + timedelta(days=3),
        )
        make_move(case, "propose", at=NOON, actor=world.li, note="调剂指标")
        make_move(case, "agree", at=NOON, actor=world.gao)
        make_move(
            case, "finish", at=NOON, actor=world.li, note="好", evidence=[photo(case, world.li)]
        )
        client = as_(guo)
        link = f"/alliances/answer/{actions.owner_token(case)}/"
        assert link in as_(world.gao).get(f"/cases/{case.pk}/").content.decode()
        client = as_(guo)
        assert link not in client.get(f"/cases/{case.pk}/").content.decode()
        page = budget(client, "/alliances/mine/", 8)
        assert "确认解决" in page.content.decode()
        assert (
            client.post(f"/alliances/mine/cases/{case.pk}/redo/", {"note": ""}).status_code == 422
        )
        assert (
            client.post(f"/alliances/mine/cases/{case.pk}/confirm/", {"note": ""}).status_code
            == 302
        )
        case.refresh_from_db()
        assert case.step == "confirmed"
        assert as_(world.sun).get(f"/alliances/mine/cases/{case.pk}/confirm/").status_code == 404
        client.logout()
        link = f"/alliances/answer/{actions.owner_token(case)}/"
        assert "不需要您确认" in client.get(link).content.decode()


class TestParks:
    def test_a_park_its_firms_and_their_problems(self, world, as_, park, enterprise, types):
        actions.load_index()
        client, url = as_(world.liu), f"/alliances/parks/{park.pk}/"
        budget(client, "/alliances/parks/", 8)
        budget(client, url, 8)
        firm = {"name": "新企业", "staff": "5", "members": "1", "moved_in_on": "2026-03-01"}
        assert client.post(f"{url}do/admit/", firm).status_code == 302
        page = client.post(f"{url}do/admit/", firm)
        assert page.status_code == 409 and "已在园区内" in page.content.decode()
        for name, given in (
            ("use", {"on": "2026-03-02", "facility": "洗衣房", "people": "12"}),
            ("talent", {"kind": "trained", "month": "2026-03-02", "people": "8"}),
            (
                "change",
                {
                    "manager": world.liu.pk,
                    "branch": "",
                    "centre": "",
                    "address": "A 座",
                    "about": "",
                },
            ),
        ):
            assert client.post(f"{url}do/{name}/", given).status_code == 302, name
        raised = {"type": types["dust"].pk, "title": "扬尘", "key": "x"}
        assert (
            as_(world.sun)
            .post(f"/alliances/enterprises/{enterprise.pk}/do/problem/", raised)
            .status_code
            == 302
        )
        assert (
            as_(world.sun).get(f"/alliances/enterprises/{enterprise.pk}/do/out/").status_code == 404
        )
        text = budget(as_(world.liu), f"{url}problems/", 8).content.decode()
        assert "扬尘" in text
        assert budget(as_(world.liu), f"{url}enterprises/", 8)
        assert as_(world.ma).get(url).status_code == 404

    def test_a_home_by_page(self, world, as_):
        given = {
            "kind": "home", "name": "建设者之家", "region": world.pine.pk, "operator": world.pine_office.pk,
            "branch": world.branch.pk, "project_name": "中国电子项目", "investment": "2800000", "opened_on": "2026-03-01",
        }  # fmt: skip
        page = as_(world.liu).post("/alliances/parks/new/", given)
        assert page.status_code == 302
        home = Park.objects.get()
        assert home.project_fen == 28_000_000_000_00
        assert "280" in as_(world.liu).get(page["Location"]).content.decode()
