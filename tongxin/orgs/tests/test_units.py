"""Units founded, rebuilt, merged, split, moved, dissolved: through the pages, and by the rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.orgs import actions, queries
from tongxin.orgs.actions import Paper
from tongxin.orgs.models import LogEntry, Membership, Org, OrgChange, Person, Post
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)


def paper(on: date = TODAY, **more) -> Paper:
    return Paper(on, **{"document": "津滨组发〔2026〕3号", "reason": "机构调整", **more})


def full(unit: Org, *names: str) -> list[Membership]:
    """Put full members into a branch."""
    return [
        Membership.objects.create(
            person=Person.objects.create(name=name), unit=unit, stage="full",
            from_date=date(2020, 1, 1), full_on=date(2010, 1, 1),
        )
        for name in names
    ]  # fmt: skip


def branch_of(world, name: str, *names: str) -> Org:
    unit = Org.objects.create(
        name=name, kind="party", unit_kind="branch", region=world.pine, parent=world.pine_party,
        founded_on=date(2020, 1, 1),
    )  # fmt: skip
    full(unit, *names)
    return unit


def post(client, user, unit, verb, **given):
    client.force_login(user)
    data = {"on": "2026-03-02", "reason": "机构调整", "key": "k1", **given}
    return client.post(f"/orgs/units/{unit.pk}/do/{verb}/", data)


@pytest.mark.mission("S2.23")
def test_a_branch_is_founded_after_it_was_shown_what_will_happen(world, client):
    moved = full(world.branch, "甲一", "甲二", "甲三")
    given = {"unit_kind": "branch", "name": "松社区第二党支部", "members": "甲一、甲二\n甲三"}
    seen = post(client, world.tang, world.pine_party, "found", **given)
    assert "在“松社区党委”下新建党支部“松社区第二党支部”" in seen.content.decode()
    assert not Org.objects.filter(name="松社区第二党支部").exists()  # only shown

    done = post(client, world.tang, world.pine_party, "found", do="1", **given)
    new = Org.objects.get(name="松社区第二党支部")
    assert done.status_code == 302 and done.url == f"/orgs/units/{new.pk}/"
    assert new.path == f"{world.pine_party.path}{new.pk}/"
    assert new.memberships.standing().count() == 3
    old = Membership.objects.get(pk=moved[0].pk)
    assert (old.to_date, old.end) == (TODAY, "transfer")
    assert world.branch.memberships.standing().count() == 2
    assert LogEntry.objects.get(unit=new).text.startswith("在“松社区党委”下新建")
    again = post(client, world.tang, world.pine_party, "found", do="1", **given)
    assert again.url == done.url  # the same wish, once
