"""Everybody comes in by the door meant for them."""

import re

import pytest
from django.utils.timezone import now

from tongxin.accounts import senders
from tongxin.accounts.actions import set_password

pytestmark = pytest.mark.browser


def test_a_resident_signs_in_by_phone_and_code(visit, monkeypatch):
    sent = []
    monkeypatch.setitem(senders.SMS_SENDERS, "console", lambda phone, text, at: sent.append(text))
    visitor = visit()
    page = visitor.go("/requests/mine/")
    page.get_by_label("手机号").fill("139 0000 1234")
    visitor.press("获取验证码")
    visitor.lands_on("/accounts/code/")
    page.get_by_label("短信里的 6 位数字").fill("000000")
    visitor.press("登录")
    visitor.sees("验证码")
    visitor.look()
    page.get_by_label("短信里的 6 位数字").fill(re.search(r"\d{6}", sent[0])[0])
    visitor.press("登录")
    visitor.lands_on("/requests/mine/")


def test_staff_sign_in_by_password(visit, world):
    set_password(user=world.zhang, password="green-tea-2026", by=None, at=now())
    visitor = visit()
    page = visitor.go("/accounts/password/")
    page.get_by_label("用户名").fill("zhang")
    page.get_by_label("密码").fill("wrong")
    visitor.press("登录")
    visitor.sees("不对")
    visitor.look()
    page.get_by_label("密码").fill("green-tea-2026")
    visitor.press("登录")
    page.wait_for_url(lambda url: "/accounts/" not in url)
    visitor.sees("张敏")
    visitor.go("/accounts/me/")  # on a phone the way out stands there only
    visitor.press("退出登录", within=page.locator("main"))
    visitor.lands_on("/accounts/sign-in/")


def test_an_account_page_for_everybody(visit, world):
    visitor = visit(world.sun)
    visitor.go("/accounts/me/")
    visitor.go("/accounts/inbox/")
    visitor.go("/accounts/me/password/")
