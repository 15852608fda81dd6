"""What villages owe stands in the to-do of who leads them, what waits for the street with the street."""

from __future__ import annotations

from django.utils.timezone import localdate

from tongxin.economy import actions
from tongxin.economy.models import VillageYear
from tongxin.orgs.models import Org
from tongxin.portal.actions import refresh_due
from tongxin.portal.models import DueItem
from tongxin.testing import NOON

from .conftest import again

TODAY = localdate(NOON)


def test_years_and_stages_are_in_the_to_do(land, plan):
    leading = [land.north_party.pk, land.pine_party.pk]
    Org.objects.exclude(pk__in=leading).filter(kind="party").update(dissolved_on=TODAY)
    project = plan()
    refresh_due(at=NOON)
    rows = DueItem.objects.filter(source="economy")
    village = rows.filter(unit=land.pine_party)
    assert village.get(kind="year").sentence == f"{TODAY.year - 1} 年集体经济收入还没有上报"
    stages = project.stages.filter(done_on=None, due_on__lte=TODAY).values_list("due_on", flat=True)
    assert stages and set(stages) <= {one.due for one in village.filter(kind="stage")}
    assert not rows.filter(unit=land.north_party).exists()
    sent = land.person("lu", "陆远", land.pine_party, "first_secretary")
    assert (
        set(DueItem.objects.visible_to(sent).filter(source="economy")) == set(village)
        and village.count() >= 2
    )
    actions.report_year(village=land.pine, year=TODAY.year - 1, by=again(land.qin), at=NOON)
    # looked at again for the street alone, nothing of the village's is taken for the street's
    refresh_due(at=NOON, units=Org.objects.filter(pk=land.north_party.pk))
    assert [one.kind for one in rows.filter(unit=land.north_party)] == ["verify"]
    refresh_due(at=NOON)
    assert not village.filter(kind="year").exists()
    of_year = VillageYear.objects.get(village=land.pine, year=TODAY.year - 1)
    actions.verify_year(of_year=of_year, accept=True, by=again(land.liu), at=NOON)
    refresh_due(at=NOON)
    assert not rows.filter(kind="verify").exists()
