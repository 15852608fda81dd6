"""The pages of accounts, through the browser's door."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from tongxin.accounts import actions, queries
from tongxin.accounts.models import AuditEntry, Notice, SignInCode, Token, User

from .conftest import PHONE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.LOGIN_REDIRECT_URL = "/home/"
    settings.EMAIL_HOST = "mail.example.com"


def url(name, *args):
    return reverse(f"accounts:{name}", args=args)


def text(response):
    return response.content.decode()


def code_of(caplog):
    return re.findall(r"验证码 (\d{6})", caplog.text)[-1]


@pytest.fixture
def asked(client, caplog):
    """A browser that has asked for a code, and the code."""
    with caplog.at_level("INFO"):
        response = client.post(url("sign-in"), {"phone": PHONE, "next": "/requests/new/"})
    assert response["Location"] == url("code")
    return code_of(caplog)


class TestSignInByPhone:
    def test_phone_then_code_then_where_one_was_going(self, client, asked):
        page = text(client.get(url("code")))
        assert "138****1122" in page
        assert PHONE not in page
        response = client.post(url("code"), {"code": f" {asked[:3]} {asked[3:]} "})
        assert response["Location"] == "/requests/new/"
        user = User.objects.get()
        assert client.session["_auth_user_id"] == str(user.pk)
        assert "sign_in_phone" not in client.session

    def test_the_session_gets_a_new_key(self, client, asked):
        before = client.session.session_key
        client.post(url("code"), {"code": asked})
        assert client.session.session_key != before

    def test_a_wrong_code_stays_on_the_page(self, client, asked):
        response = client.post(url("code"), {"code": f"{(int(asked) + 1) % 10**6:06d}"})
        assert response.status_code == 422
        assert "验证码不对" in text(response)
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３"])
    def test_what_is_no_code_costs_no_try(self, client, asked, code):
        response = client.post(url("code"), {"code": code})
        assert "6 位数字" in text(response)
        assert SignInCode.objects.get().tries == 0

    def test_full_width_digits_are_digits(self, client, asked):
        wide = asked.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
        assert client.post(url("code"), {"code": wide}).status_code == 302

    @pytest.mark.parametrize("phone", ["", "12345", "call me"])
    def test_a_phone_must_be_one(self, client, phone):
        response = client.post(url("sign-in"), {"phone": phone})
        assert "手机号" in text(response)
        assert not SignInCode.objects.exists()

    def test_a_second_tap_leads_to_the_code(self, client, asked):
        response = client.post(url("sign-in"), {"phone": PHONE}, follow=True)
        assert "已经发过了" in text(response)
        assert SignInCode.objects.count() == 1

    def test_somebody_else_asking_is_told_to_wait(self, client, asked):
        client.cookies.clear()
        response = client.post(url("sign-in"), {"phone": PHONE})
        assert response.status_code == 429
        assert "太频繁" in text(response)

    def test_asking_again_too_soon_then_later(self, client, asked, caplog):
        assert "太频繁" in text(client.post(url("code-again"), follow=True))
        SignInCode.objects.update(sent_at=SignInCode.objects.get().sent_at - timedelta(minutes=2))
        assert "以前的不再有效" in text(client.post(url("code-again"), follow=True))
        assert SignInCode.objects.count() == 2

    def test_without_a_phone_there_is_no_code_page(self, client):
        assert client.get(url("code"))["Location"] == url("sign-in")
        assert client.post(url("code-again"))["Location"] == url("sign-in")

    @pytest.mark.parametrize("demo", [True, False])
    def test_the_hint_is_for_the_demo_alone(self, client, settings, caplog, demo):
        settings.TONGXIN_DEMO = demo
        with caplog.at_level("INFO"):
            client.post(url("sign-in"), {"phone": PHONE})
        assert (code_of(caplog) in text(client.get(url("code")))) == demo

    def test_another_site_is_no_place_to_go(self, client, caplog):
        with caplog.at_level("INFO"):
            client.post(url("sign-in"), {"phone": PHONE, "next": "https://evil.example/"})
        response = client.post(url("code"), {"code": code_of(caplog)})
        assert response["Location"] == "/home/"


class TestSignInByPassword:
    def post(self, client, password, **more):
        return client.post(url("password"), {"username": "wangfang", "password": password, **more})

    def test_it_opens(self, client, fang):
        response = self.post(client, "jiu-he-da-gu-88", next="/cases/")
        assert response["Location"] == "/cases/"
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.actor, entry.address) == ("sign-in", fang, "127.0.0.1")

    def test_a_wrong_one_does_not(self, client, fang):
        response = self.post(client, "wrong")
        assert response.status_code == 422
        assert "用户名或密码不对" in text(response)
        assert "wrong" not in text(response)

    def test_five_wrong_ones_lock(self, client, fang):
        for _time in range(5):
            self.post(client, "wrong")
        response = self.post(client, "jiu-he-da-gu-88")
        assert response.status_code == 429
        assert "登录失败次数太多，请 15 分钟后再试" in text(response)

    def test_what_is_missing_is_asked_for_in_chinese(self, client):
        page = text(client.post(url("password"), {}))
        assert "请填写用户名" in page
        assert "请填写密码" in page

    def test_who_is_in_goes_on(self, client, fang):
        client.force_login(fang)
        assert client.get(url("sign-in"), {"next": "/cases/"})["Location"] == "/cases/"


class TestSignOut:
    def test_it_takes_a_post(self, client, fang):
        client.force_login(fang)
        assert client.get(url("sign-out")).status_code == 405
        assert "_auth_user_id" in client.session
        assert client.post(url("sign-out"))["Location"] == url("sign-in")
        assert "_auth_user_id" not in client.session


class TestStepInto:
    @pytest.fixture(autouse=True)
    def _people(self, at):
        for username, name in (("resident", "孙桂兰"), ("admin", "安然")):
            actions.add_user(username=username, name=name, at=at)

    def test_in_the_demo_one_click_is_enough(self, client, fang, settings):
        settings.TONGXIN_DEMO = True
        page = text(client.get(url("step-into")))
        assert "孙桂兰" in page
        assert "系统管理员" in page
        assert "王芳" not in page
        client.force_login(fang)
        response = client.post(url("step-into"), {"username": "resident"})
        assert response["Location"] == "/home/"
        assert client.session["_auth_user_id"] == str(User.objects.get(username="resident").pk)

    def test_only_into_the_people_of_the_demo(self, client, fang, settings):
        settings.TONGXIN_DEMO = True
        assert client.post(url("step-into"), {"username": "wangfang"}).status_code == 404
        assert "_auth_user_id" not in client.session

    def test_outside_the_demo_there_is_no_such_page(self, client, settings):
        settings.TONGXIN_DEMO = False
        assert client.get(url("step-into")).status_code == 404
        assert client.post(url("step-into"), {"username": "admin"}).status_code == 404
        assert "_auth_user_id" not in client.session
        assert url("step-into") not in text(client.get(url("sign-in")))


class TestMe:
    @pytest.fixture
    def mine(self, client, sun):
        client.force_login(sun)
        return client

    def test_it_shows_the_phone_masked(self, mine):
        page = text(mine.get(url("me")))
        assert "138****1122" in page
        assert PHONE not in page

    def test_it_is_for_who_is_signed_in(self, client):
        for name in ("me", "inbox", "change-password"):
            assert client.get(url(name))["Location"].startswith(url("sign-in"))

    def test_changes_are_kept(self, mine, sun):
        words = {"name": "孙奶奶", "email": "sun@example.com", "channels": ["sms", "email"]}
        assert mine.post(url("me"), words).status_code == 302
        sun.refresh_from_db()
        kept = (sun.name, sun.email, sun.channels)
        assert kept == ("孙奶奶", "sun@example.com", "inbox email sms")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ({"name": ""}, "请填写姓名"),
            ({"name": "甲\u202e乙"}, "看不见的特殊字符"),
            ({"name": "甲", "email": "nowhere"}, "name@example.com"),
            ({"name": "甲", "channels": ["email"]}, "请填写电子邮箱"),
        ],
    )
    def test_what_is_wrong_is_said_and_not_kept(self, mine, sun, words, said):
        assert said in text(mine.post(url("me"), words))
        sun.refresh_from_db()
        assert (sun.name, sun.channels) == ("孙桂兰", "inbox")

    def test_without_a_mail_server_no_mail_is_offered(self, mine, sun, settings):
        settings.EMAIL_HOST = ""
        assert "邮件" not in text(mine.get(url("me")))
        User.objects.update(email="kept@example.com")
        assert mine.post(url("me"), {"name": "孙奶奶"}).status_code == 302
        sun.refresh_from_db()
        assert (sun.name, sun.email) == ("孙奶奶", "kept@example.com")


class TestTokens:
    def test_a_token_is_shown_once(self, client, fang):
        client.force_login(fang)
        response = client.post(url("make-token"), {"name": "街道大屏", "days": "30"})
        token = re.search(r"tx_[\w-]{40}", text(response))[0]
        assert "no-store" in response["Cache-Control"]
        row = Token.objects.get()
        assert row.expires_at - row.created_at == timedelta(days=30)
        assert queries.user_of_token(token, row.created_at) == fang
        again = text(client.get(url("me")))
        assert token not in again
        assert "街道大屏" in again

    @pytest.mark.parametrize("words", [{"days": "30"}, {"name": "x", "days": "7000"}])
    def test_what_is_missing_is_said(self, client, fang, words):
        client.force_login(fang)
        page = text(client.post(url("make-token"), words))
        assert "field-error" in page
        assert not Token.objects.exists()

    def test_it_is_stopped_by_its_owner_alone(self, client, fang, sun, at):
        actions.make_token(user=fang, name="大屏", at=at)
        pk = Token.objects.get().pk
        client.force_login(sun)
        assert client.post(url("revoke-token", pk)).status_code == 404
        assert Token.objects.get().revoked_at is None
        client.force_login(fang)
        assert "已停用" in text(client.post(url("revoke-token", pk), follow=True))
        assert Token.objects.get().revoked_at


class TestPasswordChange:
    def test_it_is_changed_and_one_stays_in(self, client, fang):
        client.force_login(fang)
        words = {"old": "jiu-he-da-gu-88", "new": "hai-he-nan-an-26"}
        assert client.post(url("change-password"), words)["Location"] == url("me")
        fang.refresh_from_db()
        assert fang.check_password("hai-he-nan-an-26")
        assert client.get(url("me")).status_code == 200

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("wrong", "hai-he-nan-an-26", "现在的密码不对"),
            ("jiu-he-da-gu-88", "12345", "field-error"),
            ("jiu-he-da-gu-88", "", "请填写新密码"),
        ],
    )
    def test_or_not(self, client, fang, old, new, said):
        client.force_login(fang)
        assert said in text(client.post(url("change-password"), {"old": old, "new": new}))
        fang.refresh_from_db()
        assert fang.check_password("jiu-he-da-gu-88")


class TestInbox:
    @pytest.fixture(autouse=True)
    def _notice(self, sun, at):
        actions.tell(users=[sun], title="已派单", text="王海生", url="/c/1", key="k", at=at)

    def test_opening_a_line_reads_it_and_goes_there(self, client, sun):
        client.force_login(sun)
        assert "已派单" in text(client.get(url("inbox")))
        response = client.get(url("open-notice", Notice.objects.get().pk))
        assert response["Location"] == "/c/1"
        assert queries.unread_count(sun) == 0

    def test_the_line_of_another_is_not_there(self, client, fang, sun):
        client.force_login(fang)
        assert "已派单" not in text(client.get(url("inbox")))
        assert client.get(url("open-notice", Notice.objects.get().pk)).status_code == 404
        client.post(url("read-all"))
        assert queries.unread_count(sun) == 1

    def test_all_at_once(self, client, sun):
        client.force_login(sun)
        assert "1 条消息已标为已读" in text(client.post(url("read-all"), follow=True))
        assert queries.unread_count(sun) == 0

    def test_a_made_up_page_is_refused(self, client, sun):
        client.force_login(sun)
        assert client.get(url("inbox"), {"cursor": "x"}).status_code == 422


@pytest.mark.parametrize("name", ["sign-in", "password", "sign-out", "make-token", "read-all"])
def test_a_form_from_elsewhere_is_refused(db, name):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post(url(name)).status_code == 403
