"""Temporary branches, groups and task forces: a purpose, people who stay members at home, an end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.accounts.models import Notice
from tongxin.orgs import actions
from tongxin.orgs.actions import Paper
from tongxin.orgs.models import Membership, Org, Person
from tongxin.testing import NOON

TODAY, END = date(2026, 3, 2), date(2026, 9, 1)


def people(world, count=3) -> list[Person]:
    found = [world.wang_member.person, world.zhao_member.person]
    for n in range(count - 2):
        person = Person.objects.create(name=f"党员{n}")
        Membership.objects.create(
            person=person, unit=world.branch, stage="full", from_date=date(2020, 1, 1)
        )
        found.append(person)
    return found[:count]


def found(world, **more) -> Org:
    given = {
        "name": "防汛临时党支部", "unit_kind": "branch", "parent": world.north_party,
        "purpose": "防汛", "expires_on": END, "people": people(world), "paper": Paper(TODAY),
        "at": NOON, "by": world.tang,
    }  # fmt: skip
    return actions.found_temporary(**given | more).unit


@pytest.mark.mission("S0.19")
def test_a_temporary_branch_is_founded_led_extended_and_dissolved(world, client):
    client.force_login(world.tang)
    people(world)
    url = f"/orgs/units/{world.north_party.pk}/do/temporary/"
    answer = client.post(url, {
        "unit_kind": "branch", "name": "防汛临时党支部", "purpose": "防汛", "do": "1", "key": "t",
        "expires_on": "2027-01-31", "lead": "王芳", "people": "赵磊、党员0", "on": "2026-03-02",
        "reason": "汛期",
    })  # fmt: skip
    unit = Org.objects.get(name="防汛临时党支部")
    assert answer.url == f"/orgs/units/{unit.pk}/"
    assert {str(row.person): row.duty for row in unit.people.all()} == {
        "王芳": "secretary", "赵磊": "member", "党员0": "member",
    }  # fmt: skip
    home = world.wang_member
    home.refresh_from_db()
    assert home.to_date is None and home.unit == world.branch  # the home branch stays
    page = client.get("/orgs/units/temporary/").content.decode()
    assert "防汛临时党支部" in page and "王芳" in page

    actions.extend_temporary(
        unit=unit, expires_on=date(2027, 2, 20), paper=Paper(TODAY), at=NOON, by=world.tang
    )
    done = actions.dissolve_unit(unit=unit, paper=Paper(TODAY), at=NOON, by=world.tang)
    assert "3 名成员回原党支部" in "".join(done.words)
    assert not unit.people.standing().exists() and unit.people.count() == 3
    assert world.branch.memberships.standing().count() == 3


def test_who_serves_there_is_known_only_to_readers_of_the_register(world, client):
    unit = found(world)
    client.force_login(world.liu)
    assert "党员0" not in client.get(f"/orgs/units/{unit.pk}/").content.decode()
    client.force_login(world.tang)
    assert "党员0" in client.get(f"/orgs/units/{unit.pk}/").content.decode()


def test_bad_ends_few_people_and_wrong_places_are_refused(world):
    for end in (TODAY, TODAY + timedelta(days=400)):
        with pytest.raises(actions.BadEnd):
            found(world, expires_on=end)
    with pytest.raises(actions.TooFewMembers):
        found(world, people=people(world, 2))
    outsider = Person.objects.create(name="群众")
    with pytest.raises(actions.MembersOnly):
        found(world, people=[*people(world), outsider])
    with pytest.raises(actions.BadPlace):
        found(world, unit_kind="group")  # under a branch
    with pytest.raises(actions.NotYourUnit):
        found(world, by=world.qin)
    assert not Org.objects.filter(is_temporary=True).exists()


@pytest.mark.mission("S0.20")
def test_every_community_gets_a_group_under_the_temporary_branch_once(world, client):
    branch = found(world)
    client.force_login(world.tang)
    client.post(f"/orgs/units/{branch.pk}/in-each/")
    groups = Org.objects.filter(parent=branch)
    assert {group.region for group in groups} == {world.pine, world.reed}
    group = groups.get(region=world.pine)
    assert group.path == f"{branch.path}{group.pk}/" and group.expires_on == END
    client.post(f"/orgs/units/{branch.pk}/in-each/")
    assert groups.count() == 2  # a second press founds nothing
    today = localdate()  # the groups were founded today, by the page
    later = today + timedelta(days=90)
    actions.extend_temporary(
        unit=branch, expires_on=later, paper=Paper(today), at=now(), by=world.tang
    )
    assert set(groups.values_list("expires_on", flat=True)) == {later}
    with pytest.raises(actions.NotTemporary):
        actions.found_in_each(
            branch=world.branch, purpose="", paper=Paper(TODAY), at=NOON, by=world.tang
        )


@pytest.mark.mission("S2.29")
def test_a_task_force_lives_serves_and_ends(world):
    force = found(
        world, name="抢险突击队", unit_kind="task_force", parent=world.branch, people=(),
        lead=world.wang_member.person,
    )  # fmt: skip
    row = actions.let_serve(
        unit=force, person=world.zhao_member.person, on=TODAY, at=NOON, by=world.tang
    )
    with pytest.raises(actions.ServesHere):
        actions.let_serve(
            unit=force, person=world.zhao_member.person, on=TODAY, at=NOON, by=world.tang
        )
    actions.end_service(row=row, on=TODAY, at=NOON, by=world.tang)
    with pytest.raises(actions.ServesHere):
        actions.end_service(row=row, on=TODAY, at=NOON, by=world.tang)
    with pytest.raises(actions.NotTemporary):
        actions.let_serve(
            unit=world.branch, person=world.yue_member.person, on=TODAY, at=NOON, by=world.tang
        )
    actions.dissolve_unit(unit=force, paper=Paper(TODAY), at=NOON, by=world.tang)
    assert not force.people.standing().exists()


def test_the_worker_reminds_once_before_the_end_and_once_after(world):
    unit = found(world, expires_on=TODAY + timedelta(days=20))
    assert actions.remind_expiring(at=NOON) == 0
    soon = NOON + timedelta(days=8)
    assert actions.remind_expiring(at=soon) == 1
    assert actions.remind_expiring(at=soon) == 0
    late = NOON + timedelta(days=22)
    assert (actions.remind_expiring(at=late), actions.remind_expiring(at=late)) == (1, 0)
    told = Notice.objects.filter(
        user=world.tang, url=f"/orgs/units/{unit.pk}/", key__startswith="unit-"
    )
    assert sorted(told.values_list("title", flat=True)) == ["临时党组织到期", "临时党组织快到期了"]


def test_an_extension_goes_on_from_the_old_end(world):
    unit = found(world)
    extend = {"unit": unit, "paper": Paper(TODAY), "at": NOON, "by": world.tang}
    with pytest.raises(actions.BadEnd):
        actions.extend_temporary(expires_on=END, **extend)
    with pytest.raises(actions.NotTemporary):
        actions.extend_temporary(**extend | {"unit": world.branch}, expires_on=END)


def test_groups_that_end_with_their_branch_are_told_of_once_and_nobody_waits_behind_them(world):
    branch = found(world, expires_on=TODAY + timedelta(days=5))
    actions.found_in_each(branch=branch, purpose="", paper=Paper(TODAY), at=NOON, by=world.tang)
    later = found(
        world, name="另一个", unit_kind="task_force", people=(), lead=world.wang_member.person,
        expires_on=TODAY + timedelta(days=6),
    )  # fmt: skip
    assert actions.remind_expiring(at=NOON, limit=1) == 1
    assert actions.remind_expiring(at=NOON, limit=1) == 1  # not behind what was told already
    assert actions.remind_expiring(at=NOON, limit=1) == 0
    urls = Notice.objects.filter(key__startswith="unit-ends").values_list("url", flat=True)
    assert set(urls) == {f"/orgs/units/{unit.pk}/" for unit in (branch, later)}


def test_somebody_leaves_by_the_page(world, client):
    unit = found(world)
    row = unit.people.get(person__name="赵磊")
    client.force_login(world.tang)
    assert (
        f"/orgs/units/serving/{row.pk}/end/"
        in client.get(f"/orgs/units/{unit.pk}/").content.decode()
    )
    client.post(f"/orgs/units/serving/{row.pk}/end/")
    row.refresh_from_db()
    assert row.to_date is not None
    client.force_login(world.yue)
    other = unit.people.get(person__name="王芳")
    assert client.post(f"/orgs/units/serving/{other.pk}/end/").status_code == 404
