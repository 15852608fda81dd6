"""Signing in by an identity provider: a real one, oidc-provider, run by Node on loopback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings as django_settings
from django.core.exceptions import SuspiciousOperation

from tongxin.accounts import oidc
from tongxin.accounts.actions import add_user
from tongxin.accounts.apps import check_oidc
from tongxin.accounts.models import AuditEntry, SignInFailure, User
from tongxin.bench.processes import free_port
from tongxin.orgs.models import Post
from tongxin.testing import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.oidc]
HERE = "http://testserver"
SCRIPT = Path(__file__).with_name("provider.mjs")
SIGN_IN = "/accounts/password/"


@pytest.fixture(scope="module")
def issuer():
    """An identity provider of our own; yields its address."""
    node, package = shutil.which("node"), django_settings.BASE_DIR / "node_modules/oidc-provider"
    if node is None or not package.exists():
        pytest.skip("Node or oidc-provider is not installed")
    port = free_port()
    command = [node, SCRIPT, str(port), f"{HERE}/accounts/oidc/back/", f"{HERE}/accounts/sign-in/"]
    environment = {**os.environ, "NODE_NO_WARNINGS": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            for line in process.stdout:  # what it warns about comes first
                if line.startswith("ready"):
                    break
            else:
                raise AssertionError("the identity provider did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # `node` may be a wrapper of Node


@pytest.fixture
def house(world, issuer, settings):
    """The named world, with that provider set."""
    settings.TONGXIN_OIDC_ISSUER = issuer
    as_client(settings, "tongxin")
    oidc.forget()
    yield world
    oidc.forget()


def as_client(settings, name):
    settings.TONGXIN_OIDC_CLIENT_ID = name
    settings.TONGXIN_OIDC_CLIENT_SECRET = f"secret-of-{name}-0123456789abcdef"


def at_the_provider(url: str, who: str) -> str:
    """Sign in and agree there as a person does; return the address one is sent back to."""
    with httpx.Client(timeout=20) as browser:
        answer = browser.get(url)
        for _step in range(12):
            if answer.is_redirect:
                target = str(answer.headers["location"])
                if target.startswith(HERE):
                    return target
                answer = browser.get(httpx.URL(answer.url).join(target))
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form, answer.text
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)[1]
            answer = browser.post(
                httpx.URL(answer.url).join(form[1]),
                data={"prompt": prompt, "login": who, "password": "x"},
            )
    raise AssertionError("the provider goes round in circles")


def start(client, **words):
    answer = client.get("/accounts/oidc/", words)
    assert answer.status_code == 302
    return answer.url


def come_back(client, who, **words):
    target = at_the_provider(start(client, **words), who)
    return client.get(target.removeprefix(HERE))


def said(client) -> str:
    return client.get(SIGN_IN).content.decode()


def test_staff_sign_in(house, client):
    answer = come_back(client, "zhang", next="/portal-somewhere/")
    assert answer.url == "/portal-somewhere/"
    assert client.session["_auth_user_id"] == str(house.zhang.pk)
    entry = AuditEntry.objects.get(action="sign-in", actor=house.zhang)
    assert entry.detail == {"by": "oidc", "subject": "zhang"}


def test_what_is_asked_carries_state_nonce_and_challenge(house, client):
    asked = parse_qs(urlsplit(start(client)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 32 for name in ("state", "nonce", "code_challenge"))
    assert asked["scope"] == ["openid profile email phone"]


def test_a_next_elsewhere_is_not_gone_to(house, client):
    assert come_back(client, "zhang", next="https://evil.example/").url == "/"


def test_the_secret_may_go_in_a_header(house, client, settings, monkeypatch):
    as_client(settings, "basic")
    there = oidc.provider()
    monkeypatch.setattr(
        oidc, "provider", lambda: oidc.Provider(**{**vars(there), "by_post": False})
    )
    assert come_back(client, "zhang").url == "/"


def test_matched_by_email_or_telephone(house, client, settings):
    User.objects.filter(pk=house.zhang.pk).update(email="Somebody@example.org")
    settings.TONGXIN_OIDC_MATCH, settings.TONGXIN_OIDC_CLAIM = "email", "email"
    assert come_back(client, "somebody").url == "/"
    assert client.session["_auth_user_id"] == str(house.zhang.pk)
    client.logout()
    fang = add_user(username="fang", name="王芳", phone="13820261122", at=NOON)
    Post.objects.create(user=fang, org=house.pine_office, role="dispatcher", region=house.pine)
    settings.TONGXIN_OIDC_MATCH, settings.TONGXIN_OIDC_CLAIM = "phone", "phone_number"
    assert come_back(client, "王芳").url == "/"
    assert client.session["_auth_user_id"] == str(fang.pk)


def refused(client, answer, words, why):
    assert answer.url == SIGN_IN
    assert "_auth_user_id" not in client.session
    assert words in said(client)
    assert AuditEntry.objects.filter(action="sign-in.refused").latest("pk").detail == {"why": why}


def test_an_unverified_email_names_nobody(house, client, settings):
    User.objects.filter(pk=house.zhang.pk).update(email="unverified@example.org")
    settings.TONGXIN_OIDC_MATCH, settings.TONGXIN_OIDC_CLAIM = "email", "email"
    refused(client, come_back(client, "unverified"), "没有告诉我们您是谁", "not_named")


def test_who_is_not_known_gets_a_sentence_and_no_account(house, client):
    count = User.objects.count()
    refused(client, come_back(client, "nobody"), "没有对应的工作账号", "unknown_account")
    assert User.objects.count() == count


def test_an_account_may_be_made_but_never_a_post(house, client, settings):
    settings.TONGXIN_OIDC_CREATE = True
    refused(client, come_back(client, "newcomer"), "没有岗位", "no_post")
    user = User.objects.get(username="newcomer")
    assert user.name == "姓名 newcomer"
    assert not user.has_usable_password()
    assert not user.posts.exists()


def test_a_closed_account_stays_closed(house, client):
    User.objects.filter(pk=house.zhang.pk).update(is_active=False)
    refused(client, come_back(client, "zhang"), "这个账号已停用", "account_closed")


def test_residents_and_administrators_do_not_come_this_way(house, client):
    refused(client, come_back(client, "sun"), "没有岗位", "no_post")
    refused(client, come_back(client, "ann"), "请用用户名和密码登录", "password_needed")


def test_a_wrong_state_proves_nothing(house, client):
    target = at_the_provider(start(client), "zhang").removeprefix(HERE)
    answer = client.get(re.sub(r"state=\w+", "state=" + "a" * 32, target))
    refused(client, answer, "没有完成", "bad_answer")


def test_an_answer_serves_once_and_only_the_browser_that_asked(house, client):
    target = at_the_provider(start(client), "zhang").removeprefix(HERE)
    other = client.__class__()
    refused(other, other.get(target), "没有完成", "bad_answer")
    assert client.get(target).url == "/"
    client.logout()
    refused(client, client.get(target), "没有完成", "bad_answer")


def test_a_wrong_nonce_proves_nothing(house, client):
    target = at_the_provider(start(client), "zhang").removeprefix(HERE)
    session = client.session
    for asked in session["oidc_states"].values():
        asked["nonce"] = "another"
    session.save()
    refused(client, client.get(target), "答复不对或已过期", "bad_answer")


def test_a_wrong_verifier_gets_no_token(house, client):
    target = at_the_provider(start(client), "zhang").removeprefix(HERE)
    session = client.session
    for asked in session["oidc_states"].values():
        asked["code_verifier"] = "b" * 64
    session.save()
    refused(client, client.get(target), "答复不对或已过期", "bad_answer")


def test_an_expired_token_proves_nothing(house, client, settings, monkeypatch):
    """The provider gives this client tokens of one second; two pass before it is looked at."""
    as_client(settings, "hasty")
    fetched = oidc.Checking.get_token

    def dawdle(self, payload):
        token = fetched(self, payload)
        time.sleep(2)
        return token

    monkeypatch.setattr(oidc.Checking, "get_token", dawdle)
    refused(client, come_back(client, "zhang"), "答复不对或已过期", "bad_answer")


def test_a_token_for_another_or_of_another_proves_nothing(house, monkeypatch):
    good = {"iss": oidc.provider().issuer, "aud": "tongxin", "exp": 1, "sub": "zhang"}
    checking = oidc.Checking()
    for wrong in (
        {"aud": "other"}, {"iss": "https://evil.example"}, {"aud": ["tongxin", "other"]},
        {"aud": ["tongxin", "other"], "azp": "other"}, {"sub": ""},
    ):  # fmt: skip
        monkeypatch.setattr(
            oidc.OIDCAuthenticationBackend, "verify_token", lambda *a, w=wrong, **k: {**good, **w}
        )
        with pytest.raises(SuspiciousOperation):
            checking.verify_token("token")
    monkeypatch.setattr(oidc.OIDCAuthenticationBackend, "verify_token", lambda *a, **k: good)
    assert checking.verify_token("token") == good


def test_user_info_about_somebody_else_proves_nothing(house, client, monkeypatch):
    monkeypatch.setattr(
        oidc.Checking, "get_userinfo", lambda *a: {"sub": "liu", "preferred_username": "liu"}
    )
    refused(client, come_back(client, "zhang"), "答复不对或已过期", "bad_answer")


def test_thirty_failures_close_the_address(house, client):
    for _n in range(30):
        client.get("/accounts/oidc/back/?state=x&code=y")
    assert SignInFailure.objects.count() == 30
    answer = client.get("/accounts/oidc/")
    assert answer.url == SIGN_IN
    assert "登录失败次数太多" in said(client)


def test_saying_no_there_is_no_failure_of_ours(house, client):
    start(client)
    (state,) = client.session["oidc_states"]
    answer = client.get("/accounts/oidc/back/", {"error": "access_denied", "state": state})
    assert answer.url == SIGN_IN
    assert client.session["oidc_states"] == {}


def test_signing_out_ends_the_session_there_too(house, client):
    come_back(client, "zhang")
    answer = client.post("/accounts/sign-out/")
    assert "_auth_user_id" not in client.session
    assert answer.url.startswith(oidc.provider().issuer)
    with httpx.Client(timeout=20, follow_redirects=True) as browser:
        page = browser.get(answer.url)
        assert page.status_code == 200, page.text
        assert "logout" in page.text.lower()


def test_signing_out_of_a_password_stays_here(house, client):
    client.force_login(house.zhang)
    assert client.post("/accounts/sign-out/").url == "/accounts/sign-in/"


def test_a_provider_that_is_silent_is_said(world, client, settings):
    settings.TONGXIN_OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    as_client(settings, "tongxin")
    oidc.forget()
    assert client.get("/accounts/oidc/").url == SIGN_IN
    assert "暂时连不上" in said(client)


def test_a_provider_that_is_another_is_not_believed(house, client, settings, issuer):
    settings.TONGXIN_OIDC_ISSUER = issuer.replace("127.0.0.1", "localhost")
    assert client.get("/accounts/oidc/").url == SIGN_IN
    assert "暂时连不上" in said(client)


def test_without_a_provider_there_is_no_button(world, client, settings):
    assert "统一身份认证" not in said(client)
    assert client.get("/accounts/oidc/").status_code == 404
    assert client.get("/accounts/oidc/back/").status_code == 404
    settings.TONGXIN_OIDC_ISSUER = "https://id.example"
    as_client(settings, "tongxin")
    assert "用统一身份认证登录" in said(client)
    settings.TONGXIN_OIDC_LABEL = "津政通登录"
    assert "津政通登录" in said(client)


def test_half_set_settings_are_said_at_the_start(settings):
    def wrong(**changed):
        good = {
            "ISSUER": "https://id.example", "CLIENT_ID": "x", "CLIENT_SECRET": "y",
            "MATCH": "username", "ALG": "RS256", "SCOPES": "openid",
        }  # fmt: skip
        for name, value in {**good, **changed}.items():
            setattr(settings, f"TONGXIN_OIDC_{name}", value)
        return [one.id for one in check_oidc()]

    assert wrong() == []
    assert wrong(ISSUER="", CLIENT_ID="", CLIENT_SECRET="") == []
    for changed in ({"CLIENT_SECRET": ""}, {"CLIENT_ID": ""}, {"ISSUER": ""}):
        assert wrong(**changed) == ["accounts.E003"]
    assert wrong(ISSUER="http://id.example") == ["accounts.E004"]
    assert wrong(ISSUER="http://127.0.0.1:9000") == []
    assert wrong(MATCH="name") == ["accounts.E005"]
    assert wrong(ALG="none") == wrong(ALG="HS256") == ["accounts.E006"]
    assert wrong(SCOPES="profile") == ["accounts.E007"]
