"""Signing in by phone and one-time code."""

import re
from datetime import timedelta

import pytest

from tongxin.accounts import actions, queries, senders
from tongxin.accounts.actions import signing_in
from tongxin.accounts.models import AuditEntry, SignInCode, User
from tongxin.kit.errors import Refused, TooMany

from .conftest import ADDRESS, PHONE

pytestmark = pytest.mark.django_db
minute = timedelta(minutes=1)


def send(at, phone=PHONE, address=ADDRESS):
    return actions.send_code(phone=phone, address=address, at=at)


def enter(code, at, phone=PHONE):
    return actions.sign_in_by_code(phone=phone, code=code, address=ADDRESS, at=at)


def other(code):
    return f"{(int(code) + 1) % 10**6:06d}"


class TestSending:
    def test_the_code_arrives_and_only_its_hash_stays(self, at, caplog):
        with caplog.at_level("INFO"):
            code = send(at)
        assert re.fullmatch(r"\d{6}", code)
        assert f"验证码 {code}" in caplog.text
        assert PHONE in caplog.text
        row = SignInCode.objects.get()
        assert code not in row.code_hash
        assert PHONE not in str(row.__dict__)

    def test_equal_codes_have_unequal_hashes(self, at, monkeypatch):
        monkeypatch.setattr(signing_in.secrets, "randbelow", lambda _top: 7)
        send(at)
        send(at + minute)
        first, second = SignInCode.objects.values_list("code_hash", flat=True)
        assert first != second

    @pytest.mark.parametrize(
        ("sent", "refused_at", "wait"),
        [
            ([0], 59, "1 秒"),
            ([0, 2, 4, 6, 8], 30 * 60, "30 分钟"),
            ([*range(0, 60, 15), *range(61, 121, 15), 200, 260], 500 * 60, "16 小时"),
        ],
        ids=["a minute", "an hour", "a day"],
    )
    def test_one_phone_gets_so_many(self, at, sent, refused_at, wait):
        for minutes in sent:
            send(at + minutes * minute)
        with pytest.raises(TooMany, match=wait) as refusal:
            send(at + timedelta(seconds=refused_at))
        assert refusal.value.retry_after > 0
        assert SignInCode.objects.count() == len(sent)
        send(at + timedelta(days=1, minutes=5))

    def test_one_address_gets_thirty_an_hour(self, at):
        for n in range(30):
            send(at, phone=f"138000000{n:02d}")
        with pytest.raises(TooMany):
            send(at + minute, phone="13900000000")
        send(at + minute, phone="13900000000", address="10.0.0.8")
        send(at + 60 * minute, phone="13900000001")

    def test_it_says_so_when_the_sms_service_fails(self, at, monkeypatch):
        def broken(phone, text, at):
            raise senders.Unreachable("down")

        monkeypatch.setitem(senders.SMS_SENDERS, "console", broken)
        with pytest.raises(signing_in.CodeNotSent, match="短信暂时发不出去"):
            send(at)


class TestEntering:
    def test_the_first_time_makes_the_resident(self, at):
        user = enter(send(at), at + minute)
        assert user.name == "居民1122"
        assert user.joined_at == at + minute
        assert not user.has_usable_password()
        assert PHONE not in user.phone_sealed + user.phone_index + user.username
        assert queries.masked_phone(user) == "138****1122"

    def test_the_second_time_finds_them(self, sun, at):
        assert enter(send(at), at) == sun
        assert User.objects.count() == 1
        entry = AuditEntry.objects.get(action="sign-in")
        assert (entry.actor, entry.address, entry.at) == (sun, ADDRESS, at)

    def test_a_wrong_code_is_refused_and_counted(self, at):
        code = send(at)
        with pytest.raises(signing_in.WrongCode, match="验证码不对"):
            enter(other(code), at)
        assert SignInCode.objects.get().tries == 1
        assert not User.objects.exists()
        refused = AuditEntry.objects.get(action="sign-in.refused")
        assert (refused.object, refused.detail) == ("138****1122", {"why": "wrong_code"})
        assert enter(code, at)

    def test_five_wrong_tries_burn_it(self, at):
        code = send(at)
        for _time in range(5):
            with pytest.raises(signing_in.WrongCode):
                enter(other(code), at)
        with pytest.raises(signing_in.CodeOver, match="输错 5 次"):
            enter(code, at)
        assert enter(send(at + minute), at + minute)

    def test_a_used_code_cannot_be_replayed(self, at):
        code = send(at)
        enter(code, at)
        with pytest.raises(signing_in.CodeOver, match="已失效"):
            enter(code, at)

    def test_it_lives_five_minutes(self, at):
        code = send(at)
        with pytest.raises(signing_in.CodeOver, match="已失效"):
            enter(code, at + 5 * minute)
        assert enter(code, at + 5 * minute - timedelta(seconds=1))

    def test_a_newer_code_ends_the_older(self, at):
        old = send(at)
        new = send(at + minute)
        if old != new:
            with pytest.raises(signing_in.WrongCode):
                enter(old, at + minute)
        assert enter(new, at + minute)

    def test_the_code_of_another_phone_is_refused(self, at):
        code = send(at, phone="13900000000")
        with pytest.raises(signing_in.CodeOver):
            enter(code, at)
        assert not User.objects.exists()

    def test_a_closed_account_stays_out(self, sun, at):
        User.objects.update(is_active=False)
        with pytest.raises(signing_in.AccountClosed, match="已停用"):
            enter(send(at), at)

    def test_an_administrator_needs_the_password(self, sun, at):
        User.objects.update(is_superuser=True)
        with pytest.raises(signing_in.PasswordNeeded):
            enter(send(at), at)


def test_the_answer_does_not_tell_who_has_an_account(sun, at):
    """Known or not, both phones get the same answers up to the point where the code is right."""
    answers = []
    for phone in (PHONE, "13900000000"):
        code = send(at, phone=phone)
        said = []
        for wrong in (other(code), other(code)):
            with pytest.raises(Refused) as refusal:
                enter(wrong, at, phone=phone)
            said.append((type(refusal.value), refusal.value.message))
        with pytest.raises(Refused) as refusal:
            send(at, phone=phone)
        answers.append([*said, refusal.value.message])
    assert answers[0] == answers[1]
