"""Who asks: a token, or the session of our own pages."""

import pytest
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.test import Client
from django.utils.timezone import now
from ninja import NinjaAPI

from tongxin.accounts import actions, queries
from tongxin.accounts.models import Notice
from tongxin.accounts.rest import SessionAuth, TokenAuth, router

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def urls():
    """A site of its own with nothing but this router, wired as `tongxin.api` wires it."""
    import types

    from django.urls import path

    api = NinjaAPI(auth=[TokenAuth(), SessionAuth()], urls_namespace="accounts-tests")
    api.add_router("", router)
    module = types.ModuleType("accounts_rest_urls")
    module.urlpatterns = [path("api/", api.urls)]
    yield module
    router.api = None


@pytest.fixture(autouse=True)
def _urls(urls, settings):
    settings.ROOT_URLCONF = urls


@pytest.fixture
def bearer(sun):
    token = actions.make_token(user=sun, name="手机", at=now())
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def notice(sun, at):
    actions.tell(users=[sun], title="已派单", text="王海生", url="/c/1", key="k", at=at)
    return Notice.objects.get()


class TestWho:
    def test_a_token_says_who(self, client, bearer, notice, django_assert_num_queries):
        with django_assert_num_queries(2):  # the token, the notices
            response = client.get("/api/me/notices", headers=bearer)
        assert [item["title"] for item in response.json()["items"]] == ["已派单"]

    @pytest.mark.parametrize(
        "said", [{}, {"Authorization": "Bearer tx_wrong"}, {"Authorization": "Basic c3VuOjEyMw=="}]
    )
    def test_without_one_nobody(self, client, bearer, said):
        assert client.get("/api/me/notices", headers=said).status_code == 401
        assert client.post("/api/me/notices/1/read", headers=said).status_code == 401

    def test_a_session_says_who(self, client, sun, notice):
        client.force_login(sun)
        assert len(client.get("/api/me/notices").json()["items"]) == 1


class TestNotices:
    def test_they_come_in_pages(self, client, bearer, sun, at):
        for n in range(21):
            actions.tell(users=[sun], title=f"{n}", text="", url="", key=f"k{n}", at=at)
        page = client.get("/api/me/notices", headers=bearer).json()
        assert [item["title"] for item in page["items"]] == [str(n) for n in range(20, 0, -1)]
        rest = client.get("/api/me/notices", {"cursor": page["next"]}, headers=bearer).json()
        assert ([item["title"] for item in rest["items"]], rest["next"]) == (["0"], None)

    def test_one_is_read(self, client, bearer, notice, sun):
        response = client.post(f"/api/me/notices/{notice.pk}/read", headers=bearer)
        assert response.json()["read_at"]
        assert queries.unread_count(sun) == 0

    def test_that_of_another_is_not_there(self, client, notice, fang):
        token = actions.make_token(user=fang, name="手机", at=now())
        response = client.post(
            f"/api/me/notices/{notice.pk}/read", headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status_code == 404
        assert Notice.objects.get().read_at is None


class TestSessionWrites:
    @pytest.fixture
    def browser(self, sun):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(sun)
        return browser

    def test_our_own_page_may_write(self, browser, notice):
        request = HttpRequest()
        token = get_token(request)
        browser.cookies["csrftoken"] = request.META["CSRF_COOKIE"]
        response = browser.post(f"/api/me/notices/{notice.pk}/read", headers={"X-CSRFToken": token})
        assert response.status_code == 200

    def test_a_page_elsewhere_may_not(self, browser, notice):
        assert browser.post(f"/api/me/notices/{notice.pk}/read").status_code == 403
        assert Notice.objects.get().read_at is None

    def test_a_token_needs_no_page(self, bearer, notice):
        browser = Client(enforce_csrf_checks=True)
        response = browser.post(f"/api/me/notices/{notice.pk}/read", headers=bearer)
        assert response.status_code == 200
