"""What the people of party units find in their navigation, and where they start."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, reverse

from tongxin.portal import roles


def flat(nav):
    """Return the items of a navigation, those of its groups too."""
    return [one for item in nav for one in item.get("items", [item])]


def nav(client, user, path="/orgs/units/"):
    client.force_login(user)
    return client.get(path).context["nav"]


@pytest.mark.parametrize("who", ["qin", "tang", "he"])
def test_who_keeps_registers_starts_at_what_is_due(client, world, who):
    client.force_login(getattr(world, who))
    assert client.get("/").url == reverse("portal:todo")
    items = nav(client, getattr(world, who))
    assert {g["group"]: g["is_open"] for g in items if "group" in g}["党建"] is True
    assert {g["group"]: g["is_open"] for g in items if "group" in g}["现场"] is False
    assert [item["label"] for item in flat(items) if item.get("active")] == ["组织名册"]


def test_a_page_below_a_list_marks_the_list(client, world):
    items = nav(client, world.he, f"/orgs/units/{world.branch.pk}/")
    assert [item["label"] for item in flat(items) if item.get("active")] == ["组织名册"]


def test_a_page_that_is_not_there_is_left_out(rf, world, monkeypatch):
    request = rf.get("/orgs/units/")
    request.user, request.session = world.qin, {}

    def gone(name, *args, **kwargs):
        if name.startswith(("meetings:", "secretaries:")):
            raise NoReverseMatch
        return reverse(name, *args, **kwargs)

    assert "组织生活" in [item["label"] for item in flat(roles.navigation(request))]
    monkeypatch.setattr(roles, "reverse", gone)
    assert "组织生活" not in [item["label"] for item in flat(roles.navigation(request))]
    assert roles.home_of(roles.ROLES["adviser"]) == reverse("accounts:inbox")


def test_every_item_of_every_role_is_known():
    for role in roles.ROLES.values():
        assert set(role.items.split()) <= {*roles.ITEMS, *roles.GROUPS}
