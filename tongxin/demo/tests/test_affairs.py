"""The demo's affairs: every register has something to show, made by the actions alone."""

from datetime import UTC, datetime
from random import Random

import pytest
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.affairs.models import Admission, Asking, Charge, Disclosure, Election, Payment, Term
from tongxin.affairs.queries import affairs_check, balances, kept_units
from tongxin.demo.affairs import make_affairs
from tongxin.demo.members import make_members

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def made(land):
    make_members(land, Random(1), at=NOW)
    return make_affairs(Random(2), at=NOW)


def test_every_register_is_alive(made):
    assert made == 4
    assert Term.objects.filter(ended_on=None).count() == 4
    assert Election.objects.get().step == "elected"
    assert set(Admission.objects.values_list("state", flat=True)) == {"open"}
    assert Admission.objects.count() == 5
    assert len(set(Admission.objects.values_list("next_code", flat=True))) == 5
    assert Asking.objects.filter(verdict="").count() == 1
    assert Charge.objects.exists()
    assert Payment.objects.exists()
    assert set(Disclosure.objects.values_list("state", flat=True)) >= {"done"}


def test_its_secretary_finds_something_to_do_and_the_books_balance(made):
    units = kept_units(User.objects.get(username="secretary"))
    kinds = {one["kind"] for one in affairs_check(units, localdate(NOW))}
    assert kinds == {"term", "admission", "dues", "disclosure"}
    for unit in units:
        assert sum(balances(unit).values()) == 0
        assert balances(unit)["cash"] > 0
