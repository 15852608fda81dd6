"""Signing in by name and password, and the lock after five failures."""

from datetime import timedelta

import pytest

from tongxin.accounts import actions
from tongxin.accounts.actions import people, signing_in
from tongxin.accounts.models import AuditEntry, SignInFailure, User

from .conftest import ADDRESS

pytestmark = pytest.mark.django_db
GOOD = "jiu-he-da-gu-88"
minute = timedelta(minutes=1)


def enter(password, at, username="wangfang", address=ADDRESS):
    return actions.sign_in_by_password(username=username, password=password, address=address, at=at)


def fail(at, times=1, **where):
    for _time in range(times):
        with pytest.raises(signing_in.WrongPassword):
            enter("wrong", at, **where)


def test_the_right_password_opens(fang, at):
    assert enter(GOOD, at) == fang
    assert AuditEntry.objects.get().action == "sign-in"


def test_wrong_unknown_and_closed_get_the_same_answer(fang, at):
    User.objects.create_user("closed", GOOD, name="离任", is_active=False)
    said = set()
    for username, password in (("wangfang", "wrong"), ("nobody", GOOD), ("closed", GOOD)):
        with pytest.raises(signing_in.WrongPassword) as refusal:
            enter(password, at, username=username)
        said.add(refusal.value.message)
    assert said == {"用户名或密码不对，请核对后重试"}


def test_a_password_typed_as_a_name_is_written_nowhere(fang, at):
    fail(at, username="my-secret-password")
    assert "my-secret" not in str(SignInFailure.objects.values())
    assert "my-secret" not in str(AuditEntry.objects.values())
    fail(at, username="wangfang")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.object) == ("sign-in.refused", fang, "wangfang")


def test_five_failures_lock_for_fifteen_minutes(fang, at):
    fail(at, times=5)
    with pytest.raises(signing_in.SignInLocked, match="15 分钟") as refusal:
        enter(GOOD, at + timedelta(seconds=5))
    assert refusal.value.retry_after == 15 * 60 - 5
    with pytest.raises(signing_in.SignInLocked):
        enter(GOOD, at + 15 * minute - timedelta(seconds=1))
    assert enter(GOOD, at + 15 * minute) == fang


def test_the_lock_is_the_same_for_a_name_that_does_not_exist(fang, at):
    fail(at, times=5, username="nobody")
    with pytest.raises(signing_in.SignInLocked):
        enter(GOOD, at, username="nobody")


def test_the_lock_holds_for_the_name_at_that_address_only(fang, root, at):
    fail(at, times=5)
    assert enter(GOOD, at, address="10.0.0.8") == fang
    assert enter("hai-he-da-qiao-99", at, username="root") == root


def test_a_success_starts_the_count_anew(fang, at):
    fail(at, times=4)
    enter(GOOD, at)
    fail(at, times=4)
    assert enter(GOOD, at) == fang


def test_slow_failures_do_not_lock(fang, at):
    for n in range(5):
        fail(at + 4 * n * minute)
    assert enter(GOOD, at + 17 * minute) == fang


def test_thirty_failures_close_the_address(fang, at):
    for n in range(30):
        fail(at, username=f"guess{n}")
    with pytest.raises(signing_in.SignInLocked):
        enter(GOOD, at)
    assert enter(GOOD, at, address="10.0.0.8") == fang


def test_changing_needs_the_old_one(fang, at):
    with pytest.raises(people.WrongOldPassword, match="现在的密码不对"):
        actions.change_password(user=fang, old="wrong", new="xin-mi-ma-2026", at=at)
    assert enter(GOOD, at) == fang
    actions.change_password(user=fang, old=GOOD, new="xin-mi-ma-2026", at=at)
    assert enter("xin-mi-ma-2026", at) == fang
