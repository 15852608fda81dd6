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


def test_a_branch_of_two_is_refused_until_it_is_a_joint_one(world):
    two = full(world.branch, "甲一", "甲二")
    given = {"name": "联合党支部", "unit_kind": "branch", "parent": world.pine_party,
             "members": two, "paper": paper(), "at": NOON, "by": world.tang}  # fmt: skip
    with pytest.raises(actions.TooFewMembers) as refused:
        actions.found_unit(**given)
    assert "联合党支部" in str(refused.value.remedy)
    assert world.branch.memberships.standing().count() == 4  # nobody moved
    firms = [
        Org.objects.create(name=name, kind="unit", region=world.pine, sector="private_firm")
        for name in ("甲公司", "乙公司")
    ]
    done = actions.found_unit(**given, covers=firms)
    assert [cover.org.name for cover in done.unit.covers.all()] == ["甲公司", "乙公司"]
    with pytest.raises(actions.BadCover):  # a firm is covered once
        actions.found_unit(**given | {"name": "又一个", "members": ()}, covers=firms)


def test_three_promised_members_found_a_branch_that_says_whom_it_waits_for(world):
    done = actions.found_unit(
        name="新企业党支部", unit_kind="branch", parent=world.pine_party, expected=3,
        sector="private_firm", paper=paper(), at=NOON, by=world.tang,
    )  # fmt: skip
    assert "3 名正式党员要办组织关系转接" in done.notes[0]


@pytest.mark.parametrize(
    ("kind", "parent", "refusal"),
    [
        ("group", "pine_party", actions.BadPlace),  # a group stands under a branch
        ("branch", "branch", actions.BadPlace),
        ("committee", "branch", actions.BadPlace),
        ("task_force", "pine_party", actions.BadPlace),  # those are temporary
        ("group", "salt_branch", actions.NotYourUnit),  # Tang keeps nothing there
    ],
)
def test_a_kind_stands_only_under_certain_kinds(world, kind, parent, refusal):
    with pytest.raises(refusal):
        actions.found_unit(
            name="新组织", unit_kind=kind, parent=getattr(world, parent), paper=paper(), at=NOON,
            by=world.tang,
        )  # fmt: skip
    assert not Org.objects.filter(name="新组织").exists()


def test_names_and_days_that_do_not_fit_are_refused(world):
    given = {"unit_kind": "group", "parent": world.branch, "at": NOON, "by": world.tang}
    with pytest.raises(actions.NameTaken):
        actions.found_unit(name="松社区第一党支部", paper=paper(), **given)
    with pytest.raises(actions.BadDay):
        actions.found_unit(name="第一党小组", paper=paper(TODAY + timedelta(days=1)), **given)
    with pytest.raises(actions.BadDay):  # before its branch was founded
        actions.found_unit(name="第一党小组", paper=paper(date(2018, 1, 1)), **given)


def test_who_sits_in_the_unit_itself_does_not_dissolve_it(world, client):
    answer = post(client, world.qin, world.branch, "dissolve", do="1")
    assert answer.status_code == 403
    assert post(client, world.yue, world.branch, "dissolve", do="1").status_code == 404
    assert post(client, world.sun, world.branch, "dissolve", do="1").status_code == 404
    world.branch.refresh_from_db()
    assert world.branch.dissolved_on is None


@pytest.mark.mission("S2.20")
def test_merging_moves_members_groups_grids_and_posts(world):
    gone = branch_of(world, "松社区第二党支部", "甲一", "甲二", "甲三")
    group = Org.objects.create(name="二支一组", kind="party", unit_kind="group",
                               region=world.pine, parent=gone)  # fmt: skip
    below = group.path
    gone.grids.add(world.p2)
    secretary = world.person("fang", "方", gone, "secretary")
    done = actions.merge_units(
        units=[gone], into=world.branch, paper=paper(), at=NOON, by=world.tang
    )
    gone.refresh_from_db()
    group.refresh_from_db()
    assert gone.dissolved_on == TODAY
    assert world.branch.memberships.standing().count() == 5
    assert Membership.objects.filter(unit=gone, end="transfer", to_date=TODAY).count() == 3
    assert group.parent_id == world.branch.pk
    assert group.path == f"{world.branch.path}{group.pk}/" != below
    assert [grid.pk for grid in world.branch.grids.all()] == [world.p2.pk]
    assert Post.objects.get(user=secretary).to_date == TODAY
    assert "3 名党员" in "".join(done.words)
    kinds = set(OrgChange.objects.filter(on=TODAY).values_list("unit__name", "kind"))
    assert ("二支一组", "affiliation") in kinds and ("松社区第二党支部", "merge") in kinds


def test_units_of_different_kinds_do_not_merge(world):
    with pytest.raises(actions.BadMerge):
        actions.merge_units(
            units=[world.branch], into=world.pine_party, paper=paper(), at=NOON, by=world.he
        )
    with pytest.raises(actions.NotYourUnit):  # Tang does not keep Salt's register
        actions.merge_units(
            units=[world.salt_branch], into=world.branch, paper=paper(), at=NOON, by=world.tang
        )


def test_a_transfer_under_way_is_finished_first(world):
    gone = branch_of(world, "松社区第二党支部", "甲一", "甲二", "甲三")
    row = gone.memberships.first()
    from tongxin.orgs.models import Transfer

    Transfer.objects.create(
        membership=row, from_unit=gone, to_unit=world.salt_branch, year=2026, seq=1, reason="迁居",
        valid_until=date(2026, 5, 1), started_at=NOON,
    )  # fmt: skip
    with pytest.raises(actions.StillMoving):
        actions.merge_units(units=[gone], into=world.branch, paper=paper(), at=NOON, by=world.tang)
    assert gone.memberships.standing().count() == 3


def test_a_split_leaves_three_full_members_on_both_sides(world):
    full(world.branch, "甲一", "甲二", "甲三", "甲四")  # with Wang and Zhao: six
    rows = list(world.branch.memberships.standing().order_by("-pk"))
    split = {"unit": world.branch, "paper": paper(), "at": NOON, "by": world.tang}
    with pytest.raises(actions.TooFewMembers):
        actions.split_unit(parts=[actions.Part("新支部", rows[:4])], **split)
    with pytest.raises(actions.TooFewMembers):
        actions.split_unit(parts=[actions.Part("新支部", rows[:2])], **split)
    actions.split_unit(parts=[actions.Part("新支部", rows[:3])], **split)
    new = Org.objects.get(name="新支部")
    assert (new.parent_id, new.memberships.standing().count()) == (world.pine_party.pk, 3)
    assert world.branch.memberships.standing().count() == 3
    with pytest.raises(actions.BadSplit):  # those three are elsewhere now
        actions.split_unit(parts=[actions.Part("再一个", rows[:3])], **split)


@pytest.mark.mission("S2.22")
def test_a_unit_moves_with_all_below_it_and_never_under_itself(world):
    done = actions.change_affiliation(
        unit=world.pine_party, parent=world.tong_party, paper=paper(), at=NOON, by=world.he
    )
    world.branch.refresh_from_db()
    assert world.branch.path.startswith(f"{world.tong_party.path}{world.pine_party.pk}/")
    assert "随同划转下级组织 1 个" in "".join(done.words)
    with pytest.raises(actions.BadPlace):
        actions.change_affiliation(
            unit=world.pine_party, parent=world.branch, paper=paper(), at=NOON, by=world.he
        )
    with pytest.raises(actions.NothingChanges):
        actions.change_affiliation(
            unit=world.pine_party, parent=world.tong_party, paper=paper(), at=NOON, by=world.he
        )
    with pytest.raises(actions.NotYourUnit):  # Tang would take what is the district's
        actions.change_affiliation(
            unit=world.salt_branch, parent=world.north_party, paper=paper(), at=NOON, by=world.tang
        )
    # Tang kept the register of Pine until it went to the district.
    world.tang._held_posts = None
    del world.tang._held_posts
    assert not Org.objects.visible_to(world.tang).filter(pk=world.branch.pk).exists()


def test_members_and_units_below_are_given_a_place_before_a_unit_goes(world, client):
    answer = post(client, world.tang, world.branch, "dissolve")
    assert answer.status_code == 422 and "党员转入" in answer.content.decode()
    with pytest.raises(actions.WhereTo):
        actions.dissolve_unit(unit=world.branch, paper=paper(), at=NOON, by=world.tang)
    with pytest.raises(actions.WhereTo):  # members do not live in a committee
        actions.dissolve_unit(
            unit=world.branch, members_to=world.pine_party, paper=paper(), at=NOON, by=world.tang
        )
    home = branch_of(world, "松社区第二党支部", "甲一", "甲二", "甲三")
    post(client, world.tang, world.branch, "dissolve", do="1", members_to=f"x #{home.pk}")
    world.branch.refresh_from_db()
    assert world.branch.dissolved_on == TODAY
    assert home.memberships.standing().count() == 5
    assert Post.objects.get(user=world.qin).to_date == TODAY
    with pytest.raises(actions.UnitGone):
        actions.rebuild_unit(unit=world.branch, name="又来", paper=paper(), at=NOON, by=world.tang)
    page = client.get(f"/orgs/units/{world.branch.pk}/").content.decode()
    assert "已撤销" in page and "组织变动" not in page


def test_a_branch_with_members_is_not_rebuilt_into_a_committee(world):
    rebuild = {"unit": world.branch, "paper": paper(), "at": NOON, "by": world.tang}
    with pytest.raises(actions.BadPlace):
        actions.rebuild_unit(unit_kind="general_branch", **rebuild)
    with pytest.raises(actions.NothingChanges):
        actions.rebuild_unit(name=world.branch.name, **rebuild)
    done = actions.rebuild_unit(name="松社区青松党支部", sector="community", **rebuild)
    assert done.words == ["“松社区第一党支部”更名为“松社区青松党支部”。"]


def test_the_tree_of_a_day_is_that_of_the_day(world):
    moved, renamed, gone = date(2025, 3, 1), date(2025, 6, 1), date(2025, 9, 1)
    act = {"at": NOON, "by": world.he}
    actions.change_affiliation(
        unit=world.branch, parent=world.tong_party, paper=paper(moved), **act
    )
    actions.rebuild_unit(unit=world.branch, name="青松党支部", paper=paper(renamed), **act)
    actions.dissolve_unit(unit=world.branch, members_to=world.salt_branch, paper=paper(gone), **act)

    def on(day):
        node = queries.tree_on(day).get(world.branch.pk)
        return node and (node.name, node.parent_id)

    old = "松社区第一党支部"
    assert on(date(2019, 4, 30)) is None  # founded on 2019-05-01
    assert on(date(2025, 2, 28)) == (old, world.pine_party.pk)
    assert on(moved) == (old, world.tong_party.pk)
    assert on(date(2025, 7, 1)) == ("青松党支部", world.tong_party.pk)
    assert on(gone) is None
    rows = queries.rows_under(queries.tree_on(date(2025, 2, 28)), world.north_party.pk)
    assert [(depth, node.name) for depth, node in rows] == [
        (0, "北塘街道党工委"), (1, "松社区党委"), (2, old),
    ]  # fmt: skip


def test_history_is_written_in_order(world):
    act = {"at": NOON, "by": world.he}
    actions.rebuild_unit(unit=world.branch, name="青松", paper=paper(date(2025, 6, 1)), **act)
    with pytest.raises(actions.BadDay) as refused:
        actions.rebuild_unit(unit=world.branch, name="红松", paper=paper(date(2025, 5, 1)), **act)
    assert "2025-06-01" in str(refused.value)


def test_a_preview_changes_nothing(world):
    before = OrgChange.objects.count(), LogEntry.objects.count()
    seen = actions.preview(
        actions.rebuild_unit, unit=world.branch, name="青松", paper=paper(), at=NOON, by=world.tang
    )
    assert seen.words and (OrgChange.objects.count(), LogEntry.objects.count()) == before
    world.branch.refresh_from_db()
    assert world.branch.name == "松社区第一党支部"


def test_the_secretary_above_is_told(world):
    actions.rebuild_unit(unit=world.branch, name="青松", paper=paper(), at=NOON, by=world.he)
    told = {notice.user for notice in world.qin.notices.model.objects.all()}
    assert told == {world.qin, world.tang}  # its own secretary, and the nearest above; not He


class TestPages:
    def test_a_list_of_any_length_costs_few_queries(
        self, world, client, django_assert_max_num_queries
    ):
        Org.objects.bulk_create(
            Org(name=f"支部{n:03d}", kind="party", unit_kind="branch", region=world.pine,
                parent=world.pine_party, path=f"{world.pine_party.path}9{n}/")
            for n in range(60)
        )  # fmt: skip
        client.force_login(world.he)
        client.get("/orgs/units/tree/")  # the land is known
        with django_assert_max_num_queries(8):
            page = client.get("/orgs/units/")
        assert page.content.decode().count("<tr>") == 51
        more = client.get(f"/orgs/units/?cursor={page.context['next_cursor']}")
        assert len(more.context["rows"]) == 15

    def test_filters_and_words_narrow_it(self, world, client):
        client.force_login(world.he)

        def names(query):
            return [row[0].name for row in client.get(f"/orgs/units/?{query}").context["rows"]]

        assert names("q=盐") == ["盐社区党支部"]
        assert names("kind=branch&street=120116001") == ["松社区第一党支部"]
        assert names("sector=community&kind=committee") == ["松社区党委"]
        assert names("state=temporary") == []

    def test_everybody_sees_only_their_part_of_the_tree(self, world, client):
        client.force_login(world.yue)
        rows = client.get("/orgs/units/").context["rows"]
        assert [row[0].name for row in rows] == ["盐社区党支部"]
        assert client.get(f"/orgs/units/{world.branch.pk}/").status_code == 404
        client.force_login(world.sun)
        assert client.get("/orgs/units/").status_code == 404

    def test_a_unit_is_one_page_of_few_queries(self, world, client, django_assert_max_num_queries):
        world.branch.grids.add(world.p1)
        full(world.branch, "甲一")
        client.force_login(world.tang)
        client.get("/orgs/units/")  # the land is known
        with django_assert_max_num_queries(8):
            text = client.get(f"/orgs/units/{world.branch.pk}/").content.decode()
        assert "秦岚" in text and "第一网格" in text and "党员队伍" in text

    def test_an_officer_reads_the_unit_but_no_membership(self, world, client):
        client.force_login(world.liu)
        text = client.get(f"/orgs/units/{world.branch.pk}/").content.decode()
        assert "谁在岗" in text and "党员队伍" not in text and "组织变动" not in text

    def test_the_tree_page_shows_a_day(self, world, client):
        client.force_login(world.tang)
        page = client.get("/orgs/units/tree/?on=2018-01-01")
        assert "松社区党委" in page.content.decode()
        assert "松社区第一党支部" not in page.content.decode()


class TestForms:
    """Every verb by its page: what is ticked or typed arrives in the action."""

    def test_firms_are_covered_and_merged_branches_ticked(self, world, client):
        firm = Org.objects.create(name="海天公司", kind="unit", region=world.pine)
        ticked = {"orgs": [firm.pk], "do": "1", "key": "c"}
        assert post(client, world.tang, world.branch, "covers", **ticked).status_code == 302
        assert world.branch.covers.get().org == firm
        page = client.get(f"/orgs/units/{world.branch.pk}/").content.decode()
        assert "海天公司" in page
        gone = branch_of(world, "松社区第二党支部", "甲一")
        done = post(client, world.tang, world.branch, "merge", units=[gone.pk], do="1", key="m")
        assert done.status_code == 302
        gone.refresh_from_db()
        assert gone.dissolved_on == TODAY

    def test_a_part_is_split_off_and_a_unit_moved_by_name(self, world, client):
        full(world.branch, "甲一", "甲二", "甲三", "甲四")
        part = {"name": "松社区银龄党支部", "members": "甲一、甲二、甲三", "key": "s", "do": "1"}
        assert post(client, world.tang, world.branch, "split", **part).status_code == 302
        new = Org.objects.get(name="松社区银龄党支部")
        assert new.memberships.standing().count() == 3
        moved = post(client, world.he, new, "affiliation", parent="滨海区委", key="a", do="1")
        new.refresh_from_db()
        assert moved.status_code == 302 and new.parent == world.tong_party

    @pytest.mark.parametrize("typed", ["没有这个", "党", ""])
    def test_a_name_that_is_none_or_many_is_asked_again(self, world, client, typed):
        answer = post(client, world.he, world.branch, "affiliation", parent=typed, do="1")
        assert answer.status_code == 422 and answer.context["form"].errors["parent"]

    def test_namesakes_are_told_apart_by_their_number(self, world, client):
        full(world.branch, "甲一", "甲一", "甲二", "甲三")
        part = {"name": "银龄党支部", "members": "甲一、甲二、甲三", "key": "n"}
        answer = post(client, world.tang, world.branch, "split", **part)
        assert "有 2 位“甲一”" in answer.content.decode()
        first = world.branch.memberships.filter(person__name="甲一").first()
        part["members"] = f"甲一 #{first.pk}、甲二、甲三"
        assert post(client, world.tang, world.branch, "split", **part).status_code == 200

    def test_the_joint_committee_and_an_extension_have_their_pages(self, world, client):
        done = post(client, world.tang, world.north_party, "joint", do="1", key="j")
        assert done.status_code == 302
        assert Org.objects.get(unit_kind="joint_committee").name == "北塘街道大工委"
        force = Org.objects.create(
            name="突击队", kind="party", unit_kind="task_force", region=world.pine,
            parent=world.branch, is_temporary=True, expires_on=date(2026, 12, 31),
        )  # fmt: skip
        more = {"expires_on": "2027-03-01", "do": "1", "key": "e"}
        assert post(client, world.tang, force, "extend", **more).status_code == 302
        assert post(client, world.tang, world.branch, "extend", **more).status_code == 404

    def test_a_verb_that_is_none_is_not_there(self, world, client):
        assert post(client, world.tang, world.branch, "explode").status_code == 404
