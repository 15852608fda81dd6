"""The demo's members: enough to see every page of the register alive, and nobody real."""

from datetime import UTC, datetime
from random import Random

import pytest
from django.db import transaction
from django.test import Client
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.demo.members import make_members
from tongxin.orgs.models import MemberPairing, Membership, MobileStay, Person, Transfer
from tongxin.orgs.queries import hints_of, stays_of

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def made(land):
    return make_members(land, Random(1), at=NOW)


def test_every_kind_of_member_is_there(made):
    assert 260 <= made <= 340
    standing = Membership.objects.standing()
    assert set(standing.values_list("stage", flat=True)) == set(Membership.Stage.values)
    for flag in ("in_service", "is_mobile", "is_hardship", "is_veteran"):
        assert standing.filter(**{flag: True}).exists(), flag
    today = localdate(NOW)
    stays = stays_of(standing)
    codes = {
        hint.code
        for one in standing.select_related("person")
        for hint in hints_of(one, stays.get(one.pk), today)
    }
    assert codes >= {"suspend", "search", "transfer", "call", "medal", "full"}
    assert MobileStay.objects.filter(host__isnull=False).exists()
    assert MemberPairing.objects.filter(visits_made__gt=0).exists()


def test_the_days_of_each_can_be_true(made):
    from tongxin.orgs.actions.people_members import check_days

    for one in Membership.objects.select_related("person"):
        check_days(one, localdate(NOW))


def test_nobody_is_real(made):
    opened = {sealer().open(one.identity_sealed) for one in Person.objects.all()}
    assert len(opened) == made
    assert all(number.startswith("99") for number in opened)


def test_the_secretary_has_transfers_to_confirm(made):
    states = sorted(Transfer.objects.values_list("state", flat=True))
    assert states == ["done", "open", "open", "open"]
    client = Client()
    client.force_login(User.objects.get(username="secretary"))
    for path in (
        *("/orgs/people/", "/orgs/people/figures/", "/orgs/people/guests/", "/orgs/me/"),
        *("/orgs/people/pairings/", "/orgs/transfers/", "/orgs/people/new/"),
    ):
        assert client.get(path).status_code == 200, path
    assert client.get("/orgs/transfers/").content.decode().count("case-number") >= 3


def test_the_volunteer_is_a_member(made):
    client = Client()
    client.force_login(User.objects.get(username="volunteer"))
    assert "第一党支部" in client.get("/orgs/me/").content.decode()


def test_the_same_seed_makes_the_same_people(land):
    def once():
        with transaction.atomic():
            make_members(land, Random(5), at=NOW)
            rows = Membership.objects.order_by("pk").values_list(
                "person__name", "person__born_on", "stage", "from_date", "is_mobile", "lost_since"
            )
            found = list(rows)
            transaction.set_rollback(True)
        return found

    first = once()
    assert first == once()
    assert len({name for name, *_rest in first}) > 100
