"""Reach down the tree of units: who may read and who keeps the registers of members."""

import pytest

from tongxin.orgs.actions import place_orgs
from tongxin.orgs.models import Membership, Org, Person, Post
from tongxin.orgs.scope import keeps_register, own_lands

pytestmark = pytest.mark.django_db


def fresh(user):
    return type(user).objects.get(pk=user.pk)


class TestMembership:
    @pytest.mark.parametrize("who", ["qin", "tang", "he"])
    def test_the_secretary_and_who_stands_above_see_the_members(self, world, who):
        seen = Membership.objects.visible_to(getattr(world, who))
        assert {world.wang_member, world.zhao_member} <= set(seen)

    @pytest.mark.parametrize("who", ["yue", "zhang", "chen", "liu", "gao", "li", "sun", "ann"])
    def test_nobody_else_does_not_even_the_administrator(self, world, who):
        user = getattr(world, who)
        seen = set(Membership.objects.visible_to(user))
        assert not {world.wang_member, world.zhao_member} & seen
        assert not Person.objects.visible_to(user).filter(user=world.wang).exists()

    def test_everybody_sees_their_own(self, world):
        assert list(Membership.objects.visible_to(world.wang)) == [world.wang_member]
        assert [p.user for p in Person.objects.visible_to(world.wang)] == [world.wang]

    def test_a_register_is_kept_by_its_secretary_and_from_above(self, world):
        kept = [keeps_register(fresh(u), world.branch.path) for u in (world.qin, world.tang)]
        assert kept == [True, True]
        assert not keeps_register(fresh(world.qin), world.pine_party.path)
        assert not keeps_register(fresh(world.yue), world.branch.path)


class TestTree:
    def test_a_new_unit_knows_its_place(self, world):
        chain = (world.tong_party, world.north_party, world.pine_party, world.branch)
        assert world.branch.path == "".join(f"{unit.pk}/" for unit in chain)

    def test_units_written_in_bulk_are_placed(self, world):
        Org.objects.bulk_create(
            [
                Org(name="甲", kind="party", region=world.pine, parent=world.pine_party),
                Org(name="乙", kind="team", region=world.pine),
            ]
        )
        assert place_orgs() == 2
        first, second = Org.objects.get(name="甲"), Org.objects.get(name="乙")
        assert first.path == f"{world.pine_party.path}{first.pk}/"
        assert second.path == f"{second.pk}/"
        assert place_orgs() == 0


class TestOwnLands:
    """Which land somebody works on, and what of it lies in an area."""

    def test_the_widest_in_one_order_none_inside_another(self, world):
        for land in (world.south, world.pine):
            Post.objects.create(user=world.liu, org=world.north_office, role="officer", region=land)
        names = [land.code for land in own_lands(world.liu, ("officer",))]
        assert names == [world.north.code, world.south.code]
        assert own_lands(world.liu, ("leader",)) == []

    def test_within_an_area_it_is_what_of_the_area_is_theirs(self, world):
        for who, inside, mine in (
            (world.liu, world.tong, [world.north]),  # the area reaches further
            (world.liu, world.pine, [world.pine]),  # it stands above the area
            (world.liu, world.south, []),
        ):
            found = own_lands(who, ("officer",), inside=inside.path)
            assert [land.code for land in found] == [land.code for land in mine]
