"""The catalogue in the administrator's hands: a norm is changed, and what it was stays written."""

import pytest
from playwright.sync_api import expect

from tongxin.cases.models import TopicVersion

pytestmark = pytest.mark.browser


def test_a_norm_is_changed_and_its_history_read(visit, world):
    visitor = visit(world.ann)
    visitor.is_checking = False  # here it is about what is written
    page = visitor.go(f"/admin/cases/topic/{world.tap.pk}/change/")
    page.locator("#id_norm_0").fill("1")
    page.locator("#id_norm_1").select_option("wd")
    page.locator("#id_reason").fill("街道统一时限")
    page.locator("[name=_save]").first.click()
    page.wait_for_url("**/admin/cases/topic/")
    visitor.look()
    world.tap.refresh_from_db()
    assert world.tap.norm == "1wd"
    version = TopicVersion.objects.filter(topic=world.tap).latest("at")
    assert (version.data["norm"], version.by) == ("1wd", world.ann)
    visitor.go(f"/admin/cases/topic/{world.tap.pk}/history/")
    visitor.sees("安工")


PAGES = (
    *("", "cases/topic/", "cases/topic/import/", "orgs/post/", "orgs/post/add/", "orgs/volunteer/"),
    *("regions/region/", "accounts/user/", "hotline/quickanswer/"),
)


def test_axe_minds_nothing_on_the_main_pages(visit, world):
    """The frame is a library's, the names of its fields and its landmarks are ours."""
    visitor = visit(world.ann)
    visitor.is_checking = False  # its pages have no mark that our own scripts are there
    pages = [
        *PAGES,
        f"cases/topic/{world.tap.pk}/change/",
        f"accounts/user/{world.zhang.pk}/change/",
    ]
    faults = []
    for path in pages:
        page = visitor.go(f"/admin/{path}")
        expect(page.locator("[role=main]")).to_be_visible()
        faults += [f"{path} {fault}" for fault in visitor.faults()]
    assert faults == []
