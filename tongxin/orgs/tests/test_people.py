"""The register of people: who is written in, what is sealed, what is refused."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.accounts.actions import set_phone
from tongxin.accounts.models import AuditEntry, User
from tongxin.accounts.queries import sealer
from tongxin.kit.text import BadNumber
from tongxin.orgs import actions, queries
from tongxin.orgs.models import LogEntry, Membership, Org, Person
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)
WOMAN = "11010519491231002X"  # the specimen of GB 11643-1999
MAN = "120116198003070017"


def enrol(world, by=None, **more):
    given = {
        "unit": world.branch,
        "stage": "full",
        "from_date": date(2020, 1, 1),
        "person": {"name": "单国芳", "identity": WOMAN, "phone": "13800000011"},
        "days": {"admitted_on": date(1980, 7, 1), "full_on": date(1981, 7, 1)},
    } | more
    return actions.enrol_member(at=NOON, by=by or world.qin, **given)


class TestEnrol:
    def test_it_works(self, world):
        member = enrol(world)
        person = Person.objects.get(name="单国芳")
        assert (person.gender, person.born_on) == ("f", date(1949, 12, 31))
        assert person.initials == "sgf"
        assert (member.unit, member.stage) == (world.branch, "full")
        assert world.branch.log.get(kind=LogEntry.Kind.PEOPLE).text == "登记正式党员 1 名"

    def test_numbers_are_sealed(self, world):
        enrol(world)
        person = Person.objects.get(name="单国芳")
        row = " ".join(
            str(value) for value in Person.objects.filter(pk=person.pk).values()[0].values()
        )
        for plain in (WOMAN, "13800000011", "0011"):
            assert plain not in row.replace(str(person.pk), "")
        assert sealer().open(person.identity_sealed) == WOMAN
        assert queries.masked_numbers(person) == {
            "identity": "110***********002X",
            "phone": "138****0011",
        }

    def test_the_book_names_nobody(self, world):
        enrol(world)
        book = " ".join(f"{one.text} {one.data}" for one in LogEntry.objects.all())
        assert "单国芳" not in book

    @pytest.mark.parametrize(
        ("identity", "words"),
        [("110105194912310021", "校验位"), ("110105194913310028", "出生日期"), ("123", "18 位")],
    )
    def test_it_rejects_an_identity_number_that_is_none(self, world, identity, words):
        with pytest.raises(BadNumber) as caught:
            enrol(world, person={"name": "单国芳", "identity": identity})
        assert words in caught.value.message
        assert caught.value.field == "identity"
        assert not Person.objects.filter(name="单国芳").exists()

    def test_it_rejects_what_contradicts_the_number(self, world):
        person = {"name": "单国芳", "identity": WOMAN}
        with pytest.raises(actions.BadPerson) as caught:
            enrol(world, person=person | {"gender": "m"})
        assert caught.value.field == "gender"
        with pytest.raises(actions.BadPerson) as caught:
            enrol(world, person=person | {"born_on": date(1950, 1, 1)})
        assert caught.value.field == "born_on"

    def test_it_rejects_a_second_home_branch(self, world):
        enrol(world)
        with pytest.raises(actions.HasHomeBranch) as caught:
            enrol(world)
        assert "松社区第一党支部" in caught.value.message
        assert "转接" in caught.value.remedy

    def test_a_stranger_does_not_learn_the_other_branch(self, world):
        enrol(world)
        with pytest.raises(actions.HasHomeBranch) as caught:
            enrol(world, unit=world.salt_branch, by=world.yue)
        assert "松社区" not in caught.value.message
        assert Membership.objects.standing().filter(person__name="单国芳").count() == 1

    def test_it_rejects_the_number_of_another_name(self, world):
        enrol(world)
        with pytest.raises(actions.IdentityTaken):
            enrol(world, person={"name": "单国英", "identity": WOMAN})

    def test_somebody_who_left_is_taken_up_again(self, world):
        first = enrol(world)
        actions.end_membership(
            membership=first, reason="resigned", on=date(2024, 1, 1), at=NOON, by=world.qin
        )
        again = enrol(world, stage="applicant", from_date=date(2025, 1, 1), days={})
        assert again.person_id == first.person_id
        assert Person.objects.filter(name="单国芳").count() == 1

    @pytest.mark.parametrize("who", ["wang", "liu", "ann", "yue", "zhang"])
    def test_it_is_for_who_keeps_the_register(self, world, who):
        with pytest.raises(actions.NotRegistrar):
            enrol(world, by=getattr(world, who))
        assert not Person.objects.filter(name="单国芳").exists()

    @pytest.mark.parametrize("who", ["qin", "tang", "he"])
    def test_who_stands_above_keeps_it_too(self, world, who):
        assert enrol(world, by=getattr(world, who)).unit == world.branch


class TestHolds:
    def test_a_temporary_branch_holds_no_membership(self, world):
        unit = Org.objects.create(
            name="防汛临时党支部", kind="party", unit_kind="branch", region=world.pine,
            parent=world.pine_party, is_temporary=True, expires_on=date(2026, 9, 1),
        )  # fmt: skip
        with pytest.raises(actions.CannotHoldMembers) as caught:
            enrol(world, unit=unit, by=world.tang)
        assert "临时" in caught.value.message

    def test_a_committee_holds_none(self, world):
        with pytest.raises(actions.CannotHoldMembers) as caught:
            enrol(world, unit=world.pine_party, by=world.tang)
        assert "党支部" in caught.value.message

    def test_a_dissolved_branch_holds_none(self, world):
        world.branch.dissolved_on = date(2019, 12, 31)
        world.branch.save()
        with pytest.raises(actions.CannotHoldMembers) as caught:
            enrol(world)
        assert "已撤销" in caught.value.message


class TestDays:
    @pytest.mark.parametrize(
        ("stage", "days", "field"),
        [
            ("full", {"admitted_on": date(1980, 7, 1)}, "full_on"),
            ("probationary", {}, "admitted_on"),
            ("full", {"admitted_on": date(1982, 1, 1), "full_on": date(1981, 1, 1)}, "full_on"),
            ("applicant", {"applied_on": date(2026, 3, 3)}, "applied_on"),
            ("applicant", {"applied_on": date(1967, 12, 30)}, "applied_on"),
            (
                "probationary",
                {"applied_on": date(1981, 1, 1), "admitted_on": date(1980, 1, 1)},
                "admitted_on",
            ),
        ],
    )
    def test_it_rejects_days_that_cannot_be(self, world, stage, days, field):
        with pytest.raises(actions.BadMemberDates) as caught:
            enrol(world, stage=stage, days=days)
        assert caught.value.field == field

    def test_somebody_may_apply_on_the_eighteenth_birthday(self, world):
        assert enrol(world, stage="applicant", days={"applied_on": date(1967, 12, 31)})


class TestChange:
    def test_it_works(self, world):
        person = enrol(world).person
        actions.change_person(
            person=person, phone="13800000022", education="bachelor", at=NOON, by=world.qin
        )
        person.refresh_from_db()
        assert queries.masked_numbers(person)["phone"] == "138****0022"
        assert person.education == "bachelor"
        entry = AuditEntry.objects.get(action="person.change")
        assert entry.detail == {"fields": ["education", "phone"]}

    def test_what_is_not_named_stays(self, world):
        person = enrol(world).person
        actions.change_person(person=person, name="单国英", at=NOON, by=world.qin)
        person.refresh_from_db()
        assert (person.name, person.initials) == ("单国英", "sgy")
        assert queries.masked_numbers(person)["phone"] == "138****0011"

    def test_nothing_changed_leaves_no_trace(self, world):
        person = enrol(world).person
        actions.change_person(person=person, phone="13800000011", at=NOON, by=world.qin)
        assert not AuditEntry.objects.filter(action="person.change").exists()

    def test_another_branch_may_not(self, world):
        person = enrol(world).person
        with pytest.raises(actions.NotRegistrar):
            actions.change_person(person=person, name="某", at=NOON, by=world.yue)

    def test_the_grid_of_ones_home_must_lie_there(self, world):
        person = enrol(world).person
        actions.change_person(person=person, home=world.pine, grid=world.p2, at=NOON, by=world.qin)
        with pytest.raises(actions.BadPerson) as caught:
            actions.change_person(person=person, home=world.salt, at=NOON, by=world.qin)
        assert caught.value.field == "grid"

    def test_the_number_of_somebody_else_is_refused(self, world):
        enrol(world)
        with pytest.raises(actions.IdentityTaken):
            actions.change_person(
                person=world.wang_member.person, identity=WOMAN, at=NOON, by=world.qin
            )


class TestAccount:
    def test_it_is_found_by_the_telephone(self, world):
        person = enrol(world).person
        user = User.objects.create(username="shan", name="单国芳")
        set_phone(user=user, phone="13800000011", by=None, at=NOON)
        assert queries.account_for(person) == user
        actions.link_user(person=person, user=user, at=NOON, by=world.qin)
        assert Membership.objects.visible_to(user).get().person == person
        assert queries.account_for(person) is None

    def test_one_account_is_one_person(self, world):
        person = enrol(world).person
        with pytest.raises(actions.AccountTaken):
            actions.link_user(person=person, user=world.wang, at=NOON, by=world.qin)


class TestUnmask:
    def test_it_works_and_is_written_down(self, world):
        person = enrol(world).person
        shown = actions.unmask_person(
            person=person, field="identity", by=world.qin, reason="核对档案", at=NOON
        )
        assert shown == WOMAN
        entry = AuditEntry.objects.get(action="person.identity")
        assert (entry.actor, entry.reason) == (world.qin, "核对档案")

    def test_it_requires_a_reason(self, world):
        from tongxin.kit.errors import Invalid

        person = enrol(world).person
        with pytest.raises(Invalid) as caught:
            actions.unmask_person(person=person, field="phone", by=world.qin, reason="看", at=NOON)
        assert caught.value.field == "reason"
        assert not AuditEntry.objects.filter(action="person.phone").exists()

    @pytest.mark.parametrize("who", ["ann", "yue", "liu", "zhao"])
    def test_it_is_for_the_register(self, world, who):
        person = enrol(world).person
        with pytest.raises(actions.NotRegistrar):
            actions.unmask_person(
                person=person, field="phone", by=getattr(world, who), reason="想看一下", at=NOON
            )

    def test_a_commissioner_reads_and_does_not_open(self, world):
        from tongxin.orgs.models import Post

        user = User.objects.create(username="wei", name="魏委员")
        Post.objects.create(user=user, org=world.branch, role="commissioner", region=world.pine)
        person = enrol(world).person
        assert person in Person.objects.visible_to(user)
        with pytest.raises(actions.NotRegistrar):
            actions.unmask_person(person=person, field="phone", by=user, reason="想看一下", at=NOON)

    def test_what_is_not_there_is_not_shown(self, world):
        with pytest.raises(actions.NothingSealed):
            actions.unmask_person(
                person=world.wang_member.person,
                field="phone",
                by=world.qin,
                reason="联系本人",
                at=NOON,
            )


class TestStages:
    def test_each_follows_the_one_before(self, world):
        member = enrol(world, stage="applicant", days={"applied_on": date(2022, 1, 1)})
        for stage, on in (
            ("activist", date(2022, 7, 1)),
            ("candidate", date(2023, 8, 1)),
            ("probationary", date(2024, 1, 15)),
            ("full", date(2025, 1, 15)),
        ):
            member = actions.advance_stage(
                membership=member, stage=stage, on=on, at=NOON, by=world.qin
            )
        assert (member.admitted_on, member.full_on) == (date(2024, 1, 15), date(2025, 1, 15))
        told = [one.text for one in world.branch.log.filter(kind="people").order_by("pk")]
        assert told[1:] == [
            "1 名同志成为入党积极分子",
            "1 名同志成为发展对象",
            "1 名同志成为预备党员",
            "1 名同志成为正式党员",
        ]

    def test_none_is_skipped_or_gone_back(self, world):
        member = enrol(world, stage="activist", days={"applied_on": date(2022, 1, 1)})
        for stage in ("applicant", "activist", "probationary", "full"):
            with pytest.raises(actions.WrongStage) as caught:
                actions.advance_stage(membership=member, stage=stage, on=TODAY, at=NOON, by=None)
            assert "发展对象" in caught.value.message

    def test_a_day_before_the_last_stage_is_refused(self, world):
        member = enrol(world, stage="probationary", days={"admitted_on": date(2024, 1, 15)})
        with pytest.raises(actions.BadMemberDates):
            actions.advance_stage(
                membership=member, stage="full", on=date(2023, 1, 1), at=NOON, by=None
            )


class TestEnd:
    def test_it_works(self, world):
        ended = actions.end_membership(
            membership=world.zhao_member, reason="death", on=TODAY, at=NOON, by=world.qin
        )
        assert (ended.to_date, ended.end) == (TODAY, "death")
        assert world.zhao_member not in Membership.objects.standing()
        assert world.branch.log.get(kind="people").text == "减少正式党员 1 名（去世）"

    def test_it_happens_once(self, world):
        given = {"membership": world.zhao_member, "reason": "death", "on": TODAY, "at": NOON}
        actions.end_membership(**given, by=world.qin)
        with pytest.raises(actions.MembershipOver):
            actions.end_membership(**given, by=world.qin)

    def test_cultivation_ends_for_those_who_are_not_members(self, world):
        with pytest.raises(actions.NotYetAMember):
            actions.end_membership(
                membership=world.zhao_member, reason="ended", on=TODAY, at=NOON, by=world.qin
            )
        activist = enrol(world, stage="activist", days={})
        with pytest.raises(actions.NotYetAMember):
            actions.end_membership(
                membership=activist, reason="removed", on=TODAY, at=NOON, by=world.qin
            )
        assert actions.end_membership(
            membership=activist, reason="ended", on=TODAY, at=NOON, by=world.qin
        ).to_date

    def test_it_is_for_who_keeps_the_register(self, world):
        with pytest.raises(actions.NotRegistrar):
            actions.end_membership(
                membership=world.zhao_member, reason="death", on=TODAY, at=NOON, by=world.yue
            )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dates(date(1950, 1, 1), date(2060, 1, 1)), st.integers(-800, 800))
def test_months_are_added_as_people_count_them(day, months):
    found = queries.add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or found.day < day.day and found.day >= 28
