"""The pages of an import, as the secretary of a branch sees them."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tongxin.accounts.models import AuditEntry
from tongxin.orgs.models import Membership
from tongxin.orgs.tests.test_sheets_members import HEADER, number, row
from tongxin.spreadsheets.models import SheetImport

from .making import xlsx


@pytest.fixture
def qin(client, world):
    client.force_login(world.qin)
    return client


def upload(client, rows, *, code="members", name="名册.xlsx"):
    file = SimpleUploadedFile(name, xlsx(rows) if isinstance(rows, list) else rows)
    return client.post(reverse("spreadsheets:new", args=[code]), {"file": file})


def columns_of(taken: SheetImport) -> dict[str, str]:
    return {f"c_{name}": str(place) for name, place in taken.mapping.items()}


def checked(client, rows) -> SheetImport:
    response = upload(client, rows)
    assert response.status_code == 302, response.content.decode()
    taken = SheetImport.objects.latest("pk")
    client.post(reverse("spreadsheets:columns", args=[taken.pk]), columns_of(taken))
    taken.refresh_from_db()
    return taken


def words(response) -> str:
    return response.content.decode()


def sheet_of(response) -> list[list]:
    data = b"".join(response.streaming_content)
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def test_home_shows_the_registers_one_keeps(qin):
    page = words(qin.get(reverse("spreadsheets:home")))
    assert "党员" in page
    assert "岗位" not in page


def test_who_keeps_none_is_told_so(client, world):
    client.force_login(world.sun)
    assert client.get(reverse("spreadsheets:home")).status_code == 403
    assert client.get(reverse("spreadsheets:new", args=["members"])).status_code == 404


def test_from_file_to_register_and_back(qin, world):
    taken = checked(qin, [HEADER, row(), row("丁二", number(serial="003")[:17] + "Z")])
    page = words(qin.get(reverse("spreadsheets:import", args=[taken.pk])))
    assert "导入 1 行" in page
    assert "校验位" in page or "18 位" in page
    assert number() not in page  # numbers are masked on pages
    assert not Membership.objects.filter(person__name="丁一").exists()
    qin.post(
        reverse("spreadsheets:confirm", args=[taken.pk]), {"expect": taken.checked_at.isoformat()}
    )
    assert Membership.objects.filter(person__name="丁一").exists()
    assert "整批撤销" in words(qin.get(reverse("spreadsheets:import", args=[taken.pk])))
    qin.post(reverse("spreadsheets:undo", args=[taken.pk]))
    assert not Membership.objects.filter(person__name="丁一").exists()
    actions = AuditEntry.objects.filter(actor=world.qin).values_list("action", flat=True)
    assert {"sheet.import", "sheet.undo"} <= set(actions)


def test_the_copy_has_the_verdict_beside_each_row(qin):
    taken = checked(qin, [HEADER, row(), row("丁二", "abc")])
    lines = sheet_of(qin.get(reverse("spreadsheets:copy", args=[taken.pk])))
    assert lines[0] == [*HEADER, "校验结果"]
    assert lines[1][-1] == "可以新增"
    assert lines[2][:2] == ["丁二", "abc"]
    assert "身份证号应是 18 位" in lines[2][-1]


def test_columns_chosen_once_are_known_the_next_time(qin):
    header = ["甲", *HEADER[1:]]
    upload(qin, [header, row()])
    taken = SheetImport.objects.latest("pk")
    assert "name" not in taken.mapping
    chosen = columns_of(taken) | {"c_name": "0"}
    qin.post(reverse("spreadsheets:columns", args=[taken.pk]), chosen)
    upload(qin, [header, row()])
    assert SheetImport.objects.latest("pk").mapping["name"] == 0


def test_a_column_that_is_missing_is_named(qin):
    upload(qin, [HEADER, row()])
    taken = SheetImport.objects.latest("pk")
    response = qin.post(
        reverse("spreadsheets:columns", args=[taken.pk]), columns_of(taken) | {"c_name": ""}
    )
    assert response.status_code == 422
    assert "还没有选哪一列是：姓名" in words(response)


def test_imports_of_others_are_not_there(client, world, qin):
    taken = checked(qin, [HEADER, row()])
    client.force_login(world.tang)
    for name in ("import", "copy", "progress"):
        assert client.get(reverse(f"spreadsheets:{name}", args=[taken.pk])).status_code == 404
    for name in ("confirm", "drop", "undo", "columns", "page"):
        assert client.post(reverse(f"spreadsheets:{name}", args=[taken.pk])).status_code == 404


def test_who_keeps_the_register_no_longer_sees_no_import_of_it(qin, world):
    taken = checked(qin, [HEADER, row()])
    world.qin.posts.all().delete()
    for name in ("import", "copy"):
        assert qin.get(reverse(f"spreadsheets:{name}", args=[taken.pk])).status_code == 404
    assert qin.post(reverse("spreadsheets:confirm", args=[taken.pk])).status_code == 404
    assert not Membership.objects.filter(person__name="丁一").exists()


def test_a_preview_that_is_out_of_date_is_not_confirmed(qin):
    taken = checked(qin, [HEADER, row()])
    qin.post(
        reverse("spreadsheets:confirm", args=[taken.pk]), {"expect": "2020-01-01T00:00:00+00:00"}
    )
    taken.refresh_from_db()
    assert taken.state == "ready"


def test_what_is_no_table_is_refused_beside_the_field(qin):
    response = upload(qin, b"PK\x03\x04 not a zip")
    assert response.status_code == 422
    assert "打不开" in words(response)


def test_members_leave_masked_and_whole_only_for_a_reason(qin, world):
    from .making import take_in

    take_in("members", [HEADER, row()], world.qin)
    address = reverse("spreadsheets:export", args=["members"])
    masked = sheet_of(qin.post(address))
    heading, line = masked[0], next(one for one in masked if "丁一" in one)
    assert line[heading.index("身份证号")] == f"120***********{number()[-4:]}"
    refused = qin.post(address, {"whole": "1", "reason": "查"})
    assert refused.status_code == 422
    whole = sheet_of(qin.post(address, {"whole": "1", "reason": "年度党员统计"}))
    line = next(one for one in whole if "丁一" in one)
    assert line[heading.index("身份证号")] == number()
    assert AuditEntry.objects.filter(action="sheet.export", reason="年度党员统计").count() == 1


def test_members_leave_as_the_list_was_narrowed_and_within_reach(qin, world, client):
    world.zhao_member.is_hardship = True
    world.zhao_member.save()
    listed = qin.get("/orgs/people/?flag=hardship&cursor=")
    address = f"{reverse('spreadsheets:export', args=['members'])}?flag=hardship"
    assert f'href="{address}"' in words(listed)
    assert "只导出列表里筛选出的行" in words(qin.get(address))
    assert [line[0] for line in sheet_of(qin.post(address))[1:]] == ["赵磊"]
    by_name = reverse("spreadsheets:export", args=["members"]) + "?q=王芳&cursor=x&whole=1"
    assert [line[0] for line in sheet_of(qin.post(by_name))[1:]] == ["王芳"]
    assert AuditEntry.objects.filter(action="sheet.export").last().detail == {
        "rows": 1,
        "q": "王芳",
    }
    client.force_login(world.yue)
    assert sheet_of(client.post(address))[1:] == []  # the filter opens nothing
    other = reverse("spreadsheets:export", args=["members"]) + f"?unit={world.branch.pk}"
    assert sheet_of(client.post(other))[1:] == []
    assert "export/" not in words(qin.get("/orgs/people/?stage=over"))


def test_units_leave_as_the_list_was_narrowed(world, client):
    client.force_login(world.he)

    def names(query):
        sheet = sheet_of(client.post(reverse("spreadsheets:export", args=["units"]) + query))
        return [line[1] for line in sheet[1:]]

    assert len(names("")) == 5
    assert names("?kind=branch&street=120116001") == ["松社区第一党支部"]
    assert names("?q=盐") == ["盐社区党支部"]
    assert names("?state=temporary") == []
    client.force_login(world.yue)
    assert names("?kind=branch") == ["盐社区党支部"]


def test_the_empty_form_can_be_filled_in_and_imported(qin):
    response = qin.get(reverse("spreadsheets:form", args=["members"]))
    header = sheet_of(response)[0]
    line = ["" for _label in header]
    for label, value in {"姓名": "丁一", "身份证号": number(), "所在党组织": "松社区第一党支部",
                         "发展阶段": "正式党员", "入党日期": "1998-07-01"}.items():  # fmt: skip
        line[header.index(label)] = value
    assert checked(qin, [header, line]).counts == {"new": 1}


def test_pages_cost_few_queries(qin, django_assert_max_num_queries):
    rows = [row(f"人{n}", number(serial=f"{n:03}")) for n in range(120)]
    taken = checked(qin, [HEADER, *rows])
    qin.get(reverse("spreadsheets:home"))  # the snapshot of all land is read once per process
    with django_assert_max_num_queries(8):
        first = qin.get(reverse("spreadsheets:import", args=[taken.pk]))
    assert first.context["following"] == "0-50"
    last = qin.get(reverse("spreadsheets:import", args=[taken.pk]), {"cursor": "0-100"})
    assert [len(last.context["rows"]), last.context["following"]] == [20, ""]
    with django_assert_max_num_queries(8):
        qin.get(reverse("spreadsheets:home"))
