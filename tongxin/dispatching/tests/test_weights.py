"""What weighs how much: changed by the district's officer only, from a day on, in sum a hundred."""

from datetime import timedelta

import pytest

from tongxin.accounts.models import AuditEntry
from tongxin.dispatching.actions import NotFull, WeightsTaken, set_weights
from tongxin.dispatching.queries import weights_on
from tongxin.dispatching.queries.weights import sample_numbers
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.testing import NOON

TODAY = NOON.date()


def change(world, by="gao", **more):
    given = {
        "region": world.tong, "effective_from": TODAY, "source": "区委社工部 2026 年第 3 次会",
        "numbers": sample_numbers() | {"skill": 25, "way": 15}, "at": NOON,
    } | more  # fmt: skip
    return set_weights(**given, by=getattr(world, by))


def test_a_new_installation_says_that_its_weights_are_samples(world):
    found = weights_on(world.pine.path, TODAY)
    assert found.is_sample
    assert (
        sum(
            found.of[code]
            for code in ("skill", "way", "time", "load", "done", "rating", "fair", "rest")
        )
        == 100
    )


def test_the_weights_of_a_day_are_those_in_force_on_it(world):
    change(world, effective_from=TODAY + timedelta(days=7))
    assert weights_on(world.pine.path, TODAY).of["skill"] == 20
    later = weights_on(world.pine.path, TODAY + timedelta(days=7))
    assert (later.of["skill"], later.is_sample) == (25, False)
    assert AuditEntry.objects.get(action="dispatching.weights").actor == world.gao


@pytest.mark.parametrize("who", ["liu", "zhang", "sun"])
def test_only_the_districts_officer_changes_them(world, who):
    with pytest.raises(NotPermitted):
        change(world, by=who)


def test_what_does_not_fit_is_refused(world):
    with pytest.raises(NotFull, match="现在是 105"):
        change(world, numbers=sample_numbers() | {"skill": 25})
    with pytest.raises(Invalid, match="0 到 100"):
        change(world, numbers=sample_numbers() | {"skill": -1, "way": 41})
    with pytest.raises(Invalid, match="不能早于今天"):
        change(world, effective_from=TODAY - timedelta(days=1))
    with pytest.raises(Invalid, match="最远推荐距离"):
        change(world, numbers=sample_numbers() | {"limit_m": 100})
    change(world)
    with pytest.raises(WeightsTaken):
        change(world)


def test_the_page_shows_them_and_lets_the_officer_change_them(world, client, monkeypatch):
    client.force_login(world.zhang)
    page = client.get("/dispatching/weights/").content.decode()
    assert "样例权重" in page
    assert "确定新的权重" not in page
    client.force_login(world.gao)
    form = {**sample_numbers(), "effective_from": "2099-01-01", "source": "会议"}
    answer = client.post("/dispatching/weights/", form | {"skill": 21})
    assert answer.status_code == 422
    assert "现在是 101" in answer.content.decode()
    assert client.post("/dispatching/weights/", form).status_code == 302
    assert "2099-01-01 起施行" in client.get("/dispatching/weights/").content.decode()
    client.force_login(world.sun)
    assert client.get("/dispatching/weights/").status_code == 404
