"""The pages: the ledger, a finding for each who may see it, the forms."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, now

from tongxin.accounts.models import AuditEntry
from tongxin.findings import actions
from tongxin.findings.models import Finding, FindingUnit, FollowUpCall, SelfCheck
from tongxin.testing import NOON

from .conftest import again, picture


@pytest.fixture
def as_(client):
    def sign_in(user):
        client.force_login(again(user))
        return client

    return sign_in


@pytest.fixture
def fresh(record):
    """A finding of this very moment: pages ask the clock."""
    moment = now()
    return lambda **given: record(**({"at": moment, "found_at": moment} | given))


def upload(name="a.jpg"):
    return SimpleUploadedFile(name, picture(), "image/jpeg")


def days(n):
    return localdate() + timedelta(days=n)


def test_the_ledger_shows_each_its_own(cast, fresh, as_):
    fresh(text="北塘的问题")
    fresh(text="盐社区的问题", region=cast.salt, units=[])
    page = as_(cast.shen).get("/findings/").content.decode()
    assert "北塘的问题" in page and "盐社区的问题" in page and "沈明" in page
    page = as_(cast.li).get("/findings/").content.decode()
    assert "北塘的问题" in page and "盐社区的问题" not in page
    assert "沈明" not in page  # the unit never learns who reported
    page = as_(cast.wang).get("/findings/").content.decode()
    assert "北塘的问题" not in page


def test_the_ledger_is_narrowed_by_the_words_of_its_address(cast, fresh, as_):
    fresh(text="灭火器过期", kind="F12", units=[(None, "好邻居超市", "main")])
    fresh(text="脱岗一人", kind="F21", units=[(cast.water, "", "main")])
    home = as_(cast.shen)

    def found(words):
        page = home.get(f"/findings/?{words}").content.decode()
        return {name for name in ("灭火器过期", "脱岗一人") if name in page}

    assert found("kind=F12") == found("category=安全") == found("unit=好邻居") == {"灭火器过期"}
    assert found("q=脱岗") == found("unit=水务局&duty=main") == {"脱岗一人"}
    assert found("unit=水务局&duty=regulator") == set()
    assert found("step=closed") == found("repeats=1") == found("step=late") == set()
    assert found("step=unsettled") == found("") == {"灭火器过期", "脱岗一人"}
    assert found(f"since={days(1)}") == set()
    assert found("region=120116002") == set()
    fresh(text="灭火器过期", source=("visit", "v7", "三月巡查", "/x/"))
    assert found("source=visit") == found("source=visit:v7") == {"灭火器过期"}
    assert found("source=visit:v8") == found("source=fund") == set()
    assert found("since=nonsense&duty=nonsense") == {"灭火器过期", "脱岗一人"}
    assert home.get("/findings/?cursor=nonsense").status_code == 422


def test_the_ledger_asks_eight_queries_whatever_its_size(cast, fresh, as_):
    first = fresh()
    moment = now()
    rows = Finding.objects.bulk_create(
        [
            Finding(
                id=first.pk.__class__(int=first.pk.int + n), register="120116", year=2026, n=n + 1,
                number=f"2026-{n + 1:04d}", region=cast.pine, area=cast.pine.path, kind=first.kind,
                text="消防通道堆放杂物", found_at=moment, recorded_at=moment, found_by=cast.shen,
            )
            for n in range(1, 1000)
        ]
    )  # fmt: skip
    FindingUnit.objects.bulk_create(
        [
            FindingUnit(finding=row, org=cast.roads, name="城市管理委", responsibility=duty)
            for row in rows
            for duty in ("main", "regulator")
        ]
    )
    home = as_(cast.shen)
    home.get("/findings/")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert home.get("/findings/").status_code == 200
    ours = [one["sql"] for one in asked if "findings_" in one["sql"]]
    assert len(ours) <= 5, ours
    assert len(asked) <= 8, [one["sql"][:90] for one in asked]


def test_a_finding_is_recorded_by_its_form(cast, as_):
    page = as_(cast.mei).get("/findings/new/")
    assert "第一网格" in page.content.decode() and "第二网格" not in page.content.decode()
    given = {
        "region": cast.p1.pk, "site": "3号楼", "kind": "F11", "text": "楼道堆放纸箱",
        "severity": "normal", "found_at": now().strftime("%Y-%m-%dT%H:%M"), "main": "好邻居超市、城市管理委",
        "regulator": "", "territory": "", "key": "k1", "named": "", "tags": "六稳、六保",
        "fund": "", "due": "", "photos": [upload(), upload("b.jpg")],
    }  # fmt: skip
    answer = as_(cast.mei).post("/findings/new/", given)
    finding = Finding.objects.get()
    assert answer.status_code == 302 and str(finding.pk) in answer.url
    assert finding.tags == ["六稳", "六保"] and finding.pictures.count() == 2
    assert {str(unit) for unit in finding.units.all()} == {
        "好邻居超市（主体责任）", "城市管理委（主体责任）", "松社区居委会（属地责任）",
    }  # fmt: skip
    assert finding.units.get(name="城市管理委").org == cast.roads
    refused = as_(cast.mei).post("/findings/new/", given | {"text": "", "photos": []})
    assert refused.status_code == 422 and Finding.objects.count() == 1
    assert as_(cast.sun).get("/findings/new/").status_code == 404


@pytest.mark.mission("S0.78")
def test_a_finding_points_at_a_fund_and_says_who_found_it_and_when(cast, fresh, as_):
    finding = fresh(
        kind="F31", fund="东片产业项目帮扶资金", due_fen=1_200_000_00, text="资金未到位"
    )
    page = as_(cast.gao).get(f"/findings/{finding.pk}/").content.decode()
    assert "东片产业项目帮扶资金" in page and "1,200,000.00" in page and "沈明" in page
    assert f"{localdate():%Y-%m-%d}" in page


def test_the_page_gives_each_what_they_may_do(cast, fresh, as_):
    finding = fresh(named="赵某某", source=("visit", "1", "暗访第三组", "/x/"))
    url = f"/findings/{finding.pk}/"
    page = as_(cast.shen).get(url).content.decode()
    assert "交办整改" in page and "写明理由后查看" in page and "赵某某" not in page
    assert "暗访第三组" in page
    page = as_(cast.li).get(url).content.decode()
    assert "交办整改" not in page and "写明理由后查看" not in page
    assert "沈明" not in page and "暗访第三组" not in page
    for stranger in (cast.wu, cast.wang, cast.ann):
        assert as_(stranger).get(url).status_code == 404


def test_names_are_shown_once_for_a_reason(cast, fresh, as_):
    finding = fresh(named="赵某某")
    url = f"/findings/{finding.pk}/names/"
    page = as_(cast.shen).post(url, {"reason": "看"})
    assert page.status_code == 422 and "赵某某" not in page.content.decode()
    page = as_(cast.shen).post(url, {"reason": "核实谈话"})
    assert "赵某某" in page.content.decode() and page["Cache-Control"] == "no-store"
    assert as_(cast.li).get(url).status_code == 404


def test_corrected_ordered_and_void_by_their_forms(cast, fresh, as_):
    one, two, three = (fresh(text=f"问题{n}") for n in "甲乙丙")
    as_(cast.shen).post(f"/findings/{one.pk}/correct/", {"note": "已清走", "photos": upload()})
    main = two.units.get(responsibility="main")
    regulator = two.units.get(responsibility="regulator")
    answer = as_(cast.shen).post(
        f"/findings/{two.pk}/order/",
        {"units": [main.pk, regulator.pk], "deadline": str(days(9)), "note": "", "every": "7"},
    )
    assert answer.status_code == 302
    as_(cast.shen).post(f"/findings/{three.pk}/void/", {"note": "重复登记"})
    assert [Finding.objects.get(pk=x.pk).step for x in (one, two, three)] == [
        "corrected", "ordered", "void",
    ]  # fmt: skip
    assert two.rectifications.filter(unit__isnull=False, report_every=7).count() == 2
    bad = as_(cast.shen).post(
        f"/findings/{two.pk}/order/", {"other": "没有这个单位", "deadline": str(days(9))}
    )
    assert bad.status_code == 422 and "没有这个单位" in bad.content.decode()
    none = as_(cast.shen).post(f"/findings/{fresh().pk}/order/", {"deadline": str(days(9))})
    assert none.status_code == 422
    assert as_(cast.li).get(f"/findings/{two.pk}/order/").status_code == 404
    page = as_(cast.li).get(f"/findings/{two.pk}/").content.decode()
    assert "接收整改" in page


@pytest.mark.mission("S0.76")
def test_calls_are_logged_on_the_finding(cast, fresh, as_):
    finding = fresh()
    url = f"/findings/{finding.pk}/call/"
    given = {
        "spoke_to": "财政局王科长", "called_at": now().strftime("%Y-%m-%dT%H:%M"), "reached": "1",
        "text": "本周内拨付", "next_on": str(days(3)), "unit": "",
    }  # fmt: skip
    assert as_(cast.shen).post(url, given).status_code == 302
    page = as_(cast.gao).get(f"/findings/{finding.pk}/").content.decode()
    assert "财政局王科长" in page and "本周内拨付" in page and str(days(3)) in page
    assert "财政局王科长" not in as_(cast.li).get(f"/findings/{finding.pk}/").content.decode()
    assert as_(cast.li).post(url, given).status_code == 404
    late = given | {"called_at": (now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")}
    assert as_(cast.shen).post(url, late).status_code == 422
    assert FollowUpCall.objects.count() == 1


def test_money_is_recorded_and_taken_back(cast, fresh, as_):
    finding = fresh(due_fen=100_00, kind="F31")
    actions.order_rectification(
        finding, org=cast.roads, deadline=days(9), note="", at=now(), by=cast.shen
    )
    url = f"/findings/{finding.pk}/payment/"
    given = {"amount": "40.00", "on": str(days(0)), "key": "p", "receipt": upload()}
    assert as_(cast.li).post(url, given).status_code == 302
    assert as_(cast.zhou).get(url).status_code == 404
    too_much = as_(cast.li).post(url, given | {"amount": "70", "key": "q", "receipt": upload()})
    assert too_much.status_code == 422 and "60.00" in too_much.content.decode()
    paid = finding.payments.get()
    shown = as_(cast.li).get(f"/photos/{paid.receipt_id}/")
    assert shown.status_code == 200 and b"".join(shown.streaming_content)
    as_(cast.shen).post(f"/findings/payments/{paid.pk}/revoke/", {"note": "登记错了"})
    assert Finding.objects.get(pk=finding.pk).paid_fen == 0
    assert "登记错了" in as_(cast.shen).get(f"/findings/{finding.pk}/").content.decode()


def test_a_unit_finds_what_it_owes(cast, fresh, as_):
    finding = fresh()
    case = actions.order_rectification(
        finding, org=cast.roads, deadline=days(9), note="", at=now(), by=cast.shen, report_every=3
    )
    page = as_(cast.li).get("/findings/mine/").content.decode()
    assert finding.number in page and "报送进度" in page
    url = f"/findings/reports/{case.pk}/"
    assert as_(cast.li).post(url, {"on": str(days(0)), "text": "已清一半"}).status_code == 302
    assert as_(cast.li).post(url, {"on": str(days(0)), "text": "再报"}).status_code == 409
    assert as_(cast.shen).get(url).status_code == 404
    assert "已清一半" in as_(cast.shen).get(f"/findings/{finding.pk}/").content.decode()
    assert finding.number not in as_(cast.zhou).get("/findings/mine/").content.decode()


@pytest.mark.mission("S0.75")
def test_a_common_finding_is_asked_of_all_peer_units(cast, fresh, as_):
    """Confirmed by a person, asked of all communities, answered with photos, chased."""
    rows = [fresh(text=f"{n}号楼消防通道堆放纸箱杂物", units=[(cast.pine_office, "", "main")], site=f"{n}号楼") for n in (1, 2)]  # fmt: skip
    home = as_(cast.shen)
    page = home.get("/findings/groups/").content.decode()
    assert "核对并确认" in page and "都提到" in page
    query = "&".join(f"id={row.pk}" for row in rows)
    answer = home.post(
        f"/findings/groups/new/?{query}",
        {"title": "消防通道堵塞", "findings": [str(row.pk) for row in rows], "why": "都提到杂物"},
    )
    assert answer.status_code == 302
    group_url = answer.url
    assert home.get(group_url).status_code == 200
    answer = home.post(
        f"{group_url}self-check/",
        {"region": cast.tong.pk, "org_kind": "community", "due_on": str(days(5)), "text": "查通道", "key": "r"},
    )  # fmt: skip
    assert answer.status_code == 302
    round_url = answer.url
    assert [one.org for one in SelfCheck.objects.all()] == [cast.salt_office]
    check = SelfCheck.objects.get()
    mine = as_(cast.wu)
    assert "消防通道堵塞" in mine.get("/findings/mine/").content.decode()
    url = f"/findings/self-checks/{check.pk}/"
    given = {"has": "1", "checked_on": str(days(0)), "text": "2号楼有杂物", "photos": upload()}
    assert mine.post(url, given | {"photos": []}).status_code == 422
    assert as_(cast.zhang).get(url).status_code == 404
    assert as_(cast.shen).post(f"{round_url}chase/").status_code == 302
    assert as_(cast.wu).post(url, given).status_code == 302
    check.refresh_from_db()
    assert check.finding.source_kind == "self_check" and check.finding.region == cast.salt
    page = as_(cast.shen).get(round_url).content.decode()
    assert check.finding.number in page and "催报</button>" not in page
    assert "1 / 1" in as_(cast.shen).get(group_url).content.decode()
    assert as_(cast.li).get(group_url).status_code == 404


def test_what_is_counted_leads_to_its_findings(cast, fresh, as_):
    fresh(text="甲")
    fresh(text="乙", kind="F21")
    page = as_(cast.shen).get("/findings/figures/").content.decode()
    assert "消防通道堵塞" in page and "城市管理委" in page and "kind=F11" in page
    assert as_(cast.li).get("/findings/figures/").status_code == 404


def test_an_administrator_keeps_the_kinds(cast, as_):
    page = as_(cast.ann).get("/admin/findings/findingkind/")
    assert page.status_code == 200 and "消防通道堵塞" in page.content.decode()
    given = {
        "code": "F91", "name": "噪声扰民", "category": "环境", "duties": "territory main", "days": 5,
        "keywords": "", "effective_from": "2026-01-01", "effective_to": "", "source": "本区目录",
    }  # fmt: skip
    assert as_(cast.ann).post("/admin/findings/findingkind/add/", given).status_code == 302
    assert "噪声扰民" in as_(cast.shen).get("/findings/new/").content.decode()
    assert AuditEntry.objects.filter(action="finding.kind.add", object="F91").exists()
    assert as_(cast.shen).get("/admin/findings/findingkind/").status_code != 200


def test_a_findings_page_costs_the_same_however_many_units_are_pressed(
    cast, record, walk, client, django_assert_max_num_queries
):
    finding, day = record(), date(2026, 3, 12)
    names = (cast.roads, cast.water, cast.north_office)
    orders = [actions.Order(org, day, "清理") for org in names]
    cases = actions.press_on_units(finding, orders=orders, at=NOON, by=cast.shen)
    walk(cases[0], "accept plan carry_out recheck")
    client.force_login(cast.shen)
    client.get("/findings/")
    for path in ("/findings/", "/findings/mine/", "/findings/groups/", "/findings/figures/"):
        with django_assert_max_num_queries(8, info=path):
            assert client.get(path).status_code == 200
    with django_assert_max_num_queries(9):  # the ninth: what was handed in as proof
        page = client.get(f"/findings/{finding.pk}/").content.decode()
    assert "销号" in page and page.count('class="card section stack" id="unit-') == 3
