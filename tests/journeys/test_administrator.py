"""The catalogue in the administrator's hands: a norm is changed, and what it was stays written."""

import pytest

from tongxin.cases.models import TopicVersion

pytestmark = pytest.mark.browser


def test_a_norm_is_changed_and_its_history_read(visit, world):
    visitor = visit(world.ann)
    visitor.is_checking = False  # axe looks at the pages that are our own
    page = visitor.go("/admin/")
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
