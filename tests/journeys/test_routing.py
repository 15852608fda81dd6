"""An officer of the district drafts rules, tries them, puts them in force; a dispatcher reads why."""

import pytest

from tongxin.cases.routing import forget_rules

from . import making

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_from_a_draft_to_a_reason_on_the_case(visit, world):
    forget_rules()
    making.filed(world, ago=3 * 24 * 60)
    officer = visit(world.gao)
    officer.go("/cases/routing/")
    officer.press("开始编制规则")
    officer.lands_on("/cases/routing/")
    officer.press("加一条规则")
    officer.lands_on("/rules/new/")
    page = officer.page
    page.locator("#id_topic").select_option(label="水管维修")
    page.locator("#id_target").select_option(label="指定单位")
    page.locator("#id_handler").select_option(label="水务局")
    page.locator("#id_backstop").select_option(label="所在街镇")
    officer.press("保存规则")
    officer.sees("已保存 R1")
    officer.look()
    officer.press("试运行")
    officer.lands_on("/trial/")
    page.go_back()
    officer.press("发布")
    officer.lands_on("/publish/")
    page.locator("#id_reason").fill("区政办〔2026〕3号")
    page.get_by_label("我已看过试运行结果").check()
    officer.press("发布")
    officer.sees("已发布")
    officer.look()
    officer.go("/cases/routing/")
    officer.go("/cases/routing/history/")
    officer.go("/cases/routing/explain/")
    page.locator("#id_region").select_option(label="松社区")
    page.locator("#id_topic").select_option(label="水管维修")
    officer.press("看看去哪里")
    officer.sees("按规则 R1：“水管维修”由水务局受理")
    officer.look()

    case = making.filed(world, ago=0)
    dispatcher = visit(world.zhang)
    dispatcher.go(f"/cases/{case.pk}/")
    dispatcher.sees("规则建议")
    dispatcher.go(f"/cases/{case.pk}/route/")
    dispatcher.sees("提交时记下的")
