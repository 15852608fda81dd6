"""Ratings by people with reasons, plans of lagging units, pairings with their facts, shares with bases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.orgs import actions, queries
from tongxin.orgs.models import ImprovementPlan, LogEntry, Org, RatingLabel, UnitPairing, UnitRating
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)


@pytest.fixture
def labels(world) -> dict[str, RatingLabel]:
    actions.load_unit_rules()
    return {label.code: label for label in RatingLabel.objects.all()}


def rate(world, labels, unit, code, by=None, **more) -> UnitRating:
    given = {"year": 2026, "reason": "三会一课按时开展", "on": TODAY, "at": NOON}
    return actions.rate_unit(unit=unit, label=labels[code], by=by or world.tang, **given | more)


def branches(world, count, sector="community", name="支部") -> list[Org]:
    return Org.objects.bulk_create(
        Org(name=f"{name}{n:03d}", kind="party", unit_kind="branch", region=world.pine, sector=sector,
            parent=world.pine_party, path=f"{world.pine_party.path}8{n}{len(name)}/")
        for n in range(count)
    )  # fmt: skip


@pytest.mark.mission("S2.24")
def test_sixty_five_good_branches_are_a_list_of_the_year(world, client, labels):
    for unit in branches(world, 65):
        rate(world, labels, unit, "five_good")
    client.force_login(world.he)
    page = client.get("/orgs/ratings/?year=2026&label=five_good")
    assert len(page.context["rows"]) == 65
    share = next(one for one in page.context["shares"] if one.label.code == "five_good")
    assert (share.n, share.base, share.percent) == (65, 67, 97.0)  # branches of all sectors


@pytest.mark.mission("S2.25")
def test_a_lagging_unit_is_put_right_measure_by_measure(world, client, labels):
    client.force_login(world.tang)
    label = labels["lagging"].pk
    answer = client.post("/orgs/ratings/new/", {
        "unit": f"x #{world.branch.pk}", "year": 2026, "label": label, "reason": "半年没有开党员大会",
        "on": "2026-03-02",
    })  # fmt: skip
    assert answer.status_code == 302
    rating = UnitRating.objects.get()
    assert "待制定整改方案" in client.get("/orgs/ratings/?year=2026").content.decode()

    client.force_login(world.qin)  # its own secretary
    ahead = (date.today() + timedelta(days=60)).isoformat()  # noqa: DTZ011
    made = client.post(f"/orgs/ratings/{rating.pk}/plan/", {
        "causes": "书记长期空缺", "due": ahead, "text_1": "每月开支委会", "due_1": ahead,
        "who_1": "秦岚", "text_2": "补齐委员", "due_2": ahead,
    })  # fmt: skip
    assert made.status_code == 302
    plan = ImprovementPlan.objects.get()
    url = f"/orgs/ratings/plans/{plan.pk}/"
    first, second = plan.measures.order_by("pk")
    client.post(
        url, {"what": "finish", "measure": first.pk, "on": "2026-03-01", "note": "已开两次"}
    )
    first.refresh_from_db()
    assert first.note == "已开两次"
    lift = {"what": "lift", "on": "2026-03-02", "reason": "措施都做到了"}
    assert client.post(url, lift).status_code == 403  # not by itself
    client.force_login(world.tang)
    early = client.post(url, lift)
    assert early.status_code == 409 and "还有 1 条措施" in early.content.decode()
    client.post(url, {"what": "finish", "measure": second.pk, "on": "2026-03-01", "note": "已补齐"})
    client.post(url, lift)
    plan.refresh_from_db()
    assert plan.lifted_by == world.tang
    texts = list(LogEntry.objects.filter(unit=world.branch).values_list("text", flat=True))
    assert any("整改销号" in text for text in texts)
    with pytest.raises(actions.PlanOver):
        actions.add_measure(
            plan=plan, measure=actions.Measure("再来", plan.due), at=NOON, by=world.qin
        )


def test_no_label_without_a_reason_nor_for_the_wrong_sector_or_twice(world, labels):
    from tongxin.kit.errors import Invalid

    with pytest.raises(Invalid):
        rate(world, labels, world.branch, "five_good", reason="好")
    with pytest.raises(actions.BadLabel):
        rate(world, labels, world.branch, "dual_strong")  # for private firms
    with pytest.raises(actions.BadLabel):
        rate(world, labels, world.pine_party, "five_good")  # for branches
    with pytest.raises(actions.BadLabel):
        rate(world, labels, world.branch, "five_good", on=TODAY + timedelta(days=1))
    with pytest.raises(actions.BadLabel):
        rate(world, labels, world.branch, "five_good", year=2019)
    with pytest.raises(actions.NotYourUnit):
        rate(world, labels, world.branch, "five_good", by=world.qin)  # not one's own
    rating = rate(world, labels, world.branch, "five_good")
    with pytest.raises(actions.RatedSo):
        rate(world, labels, world.branch, "five_good")
    with pytest.raises(actions.RatedSo):  # good and lagging in one year
        rate(world, labels, world.branch, "lagging")
    actions.withdraw_rating(rating=rating, why="材料不实", at=NOON, by=world.tang)
    with pytest.raises(actions.RatedSo):
        actions.withdraw_rating(rating=rating, why="材料不实", at=NOON, by=world.tang)
    rate(world, labels, world.branch, "lagging")


@pytest.mark.mission("S2.30")
def test_organs_carry_three_labels_of_their_own(world, labels):
    organ = branches(world, 1, sector="organ", name="机关")[0]
    for code in ("model_organ", "quick_organ", "safe_organ"):
        rate(world, labels, organ, code, by=world.he)
        with pytest.raises(actions.BadLabel):
            rate(world, labels, world.branch, code)
    names = [rating.label.name for rating in queries.ratings_of(world.he, 2026)]
    assert names == ["首善机关", "效能机关", "安全机关"]


@pytest.mark.mission("S4.76")
def test_the_share_of_a_label_shows_its_base(world, client, labels):
    firms = branches(world, 224, sector="private_firm", name="企业")
    UnitRating.objects.bulk_create(
        UnitRating(unit=unit, year=2026, label=labels["dual_strong"], reason="双强", on=TODAY, at=NOON,
                   decided_by=world.he)
        for unit in firms[:58]
    )  # fmt: skip
    found = {one.label.code: one for one in queries.shares(world.he, 2026, on=TODAY)}
    assert (found["dual_strong"].n, found["dual_strong"].base) == (58, 224)
    assert found["dual_strong"].percent == 25.9
    assert found["six_good"].percent is None  # nobody may carry it here
    client.force_login(world.he)
    page = client.get("/orgs/ratings/?year=2026").content.decode()
    assert "25.9%" in page and ">224<" in page


@pytest.mark.mission("S2.26")
def test_a_good_branch_helps_a_lagging_one_and_the_books_say_what_came_of_it(world, client, labels):
    good = branches(world, 1)[0]
    start = date(2026, 1, 10)
    pair = {"good": good, "lagging": world.branch, "goals": "带三会一课", "on": start, "at": NOON,
            "by": world.tang}  # fmt: skip
    with pytest.raises(actions.BadPairingOfUnits):  # neither is rated
        actions.pair_units(**pair)
    rate(world, labels, world.branch, "lagging")
    with pytest.raises(actions.BadPairingOfUnits):
        actions.pair_units(**pair)
    rate(world, labels, good, "five_good")
    with pytest.raises(actions.NotYourUnit):
        actions.pair_units(**pair | {"by": world.qin})
    pairing = actions.pair_units(**pair)
    with pytest.raises(actions.BadPairingOfUnits):
        actions.pair_units(**pair)

    def meeting(day: date, n: int) -> None:
        from tongxin.orgs.actions import write_log

        at = NOON.replace(year=day.year, month=day.month, day=day.day)
        write_log(unit=world.branch, kind="meeting", text="党员大会", at=at, recorded_at=at,
                  source="t", key=f"m{n}")  # fmt: skip

    for n, day in enumerate((date(2025, 12, 20), date(2026, 1, 20), date(2026, 2, 20))):
        meeting(day, n)
    effect = queries.effects([pairing], on=TODAY)[0]
    assert effect.days == 51
    assert effect.sentences == ["组织生活：结对前 51 天 1 次，结对后 51 天 2 次"]
    client.force_login(world.qin)
    assert "结对后 " in client.get("/orgs/ratings/pairings/").content.decode()
    actions.unpair_units(
        pairing=pairing, on=TODAY, outcome="三会一课正常了", at=NOON, by=world.tang
    )
    with pytest.raises(actions.BadPairingOfUnits):
        actions.unpair_units(pairing=pairing, on=TODAY, outcome="又一次", at=NOON, by=world.tang)
    assert UnitPairing.objects.get().outcome == "三会一课正常了"
    client.force_login(world.yue)
    assert client.get("/orgs/ratings/pairings/?view=over").context["effects"] == []
