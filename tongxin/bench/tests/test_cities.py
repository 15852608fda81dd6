"""The made-up city: as many places as the source says, in states that the actions could have left."""

import pytest
from click.testing import CliRunner

from tongxin.bench import cities
from tongxin.bench.cities import TIANJIN, City, District
from tongxin.cli import main
from tongxin.meetings.models import Meeting
from tongxin.renovation.models import PlanStage, RenovationCampaign, Site
from tongxin.renovation.queries import forget_boards

TINY = City(
    "9912", "天津市", (District("和平区", 2, 4, 0), District("蓟州区", 2, 10, 40)), (3, 2), "和平区"
)


@pytest.mark.mission("S1.7", "S1.9")
def test_the_city_is_as_large_as_the_source_says():
    villages = sum(one.villages for one in TIANJIN.districts)
    communities = sum(one.communities for one in TIANJIN.districts)
    assert (villages, communities, len(TIANJIN.districts)) == (3_538, 1_728, 16)
    assert villages + communities - sum(TIANJIN.exempt) == 5_145
    bodies = next(one for one in TIANJIN.districts if one.name == TIANJIN.bodies_in)
    assert bodies.streets + bodies.communities + bodies.villages == 90


def test_the_command_makes_it(db, monkeypatch):
    forget_boards()
    monkeypatch.setitem(cities.CITIES, "tianjin", TINY)
    monkeypatch.setattr("tongxin.cli.data.boot", lambda **_given: None)
    monkeypatch.setattr("tongxin.cli.data.need_tables", lambda: None)
    result = CliRunner().invoke(main, ["world", "tianjin"])
    assert result.exit_code == 0, result.output
    assert "54 个社区和村" in result.output and "49 个应改造" in result.output
    campaign = RenovationCampaign.objects.get()
    numbers = sorted(campaign.sites.exclude(number=None).values_list("number", flat=True))
    assert numbers == list(range(1, campaign.closed_count + 1))
    assert set(campaign.sites.values_list("state", flat=True)) >= {
        "exempt",
        "building",
        "in_use",
        "unplanned",
    }
    assert Site.objects.filter(state="building", plan=None).count() == 0
    assert PlanStage.objects.filter(plan__site__state="in_use", done_on=None).count() == 0
    assert Meeting.objects.filter(kind="joint").count() >= 4 * 12
    assert CliRunner().invoke(main, ["world", "tianjin"]).exit_code == 1
