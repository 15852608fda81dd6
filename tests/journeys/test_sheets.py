"""A secretary brings in the branch's own sheet of members, looks, confirms, and takes it back."""

import re

import pytest
from playwright.sync_api import expect

from tongxin.orgs.tests.test_sheets_members import HEADER, number, row
from tongxin.spreadsheets.tests.making import xlsx

pytestmark = pytest.mark.browser


def test_from_sheet_to_register_and_back(visit, world, tmp_path):
    file = tmp_path / "名册.xlsx"
    title = ["松社区第一党支部党员名册"]
    file.write_bytes(xlsx([title, HEADER, row(), row("丁二", number(serial="002")[:17] + "A")]))
    qin = visit(world.qin)
    page = qin.go("/sheets/")
    qin.press("导入 党员")
    qin.lands_on("/sheets/new/members/")
    page.set_input_files("input[type=file]", str(file))
    qin.press("上传")
    page.wait_for_url(re.compile(r"/sheets/\d+/"))
    qin.look()
    expect(page.get_by_label("身份证号")).to_contain_text("公民身份号码")
    qin.press("校验每一行")
    qin.sees("身份证号应是 18 位")
    qin.look()
    page.get_by_role("link", name=re.compile("^有问题")).click()
    qin.look()
    expect(page.locator(".sheet-rows tbody tr")).to_have_count(1)
    qin.press("导入 1 行")
    qin.sees("已导入 1 行")
    qin.look()
    qin.press("整批撤销")
    page.get_by_role("dialog").get_by_role("button", name="整批撤销").click()
    qin.sees("登记册是导入前的样子")
    qin.look()


def test_leaving_with_whole_numbers_asks_why(visit, world):
    qin = visit(world.qin)
    qin.go("/sheets/export/members/")
    qin.press("写明理由并导出")
    qin.sees("请填写导出理由")
    qin.look()
