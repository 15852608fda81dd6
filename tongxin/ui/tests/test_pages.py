"""The gallery, the switches of the brand bar, the shell for phones, and the error pages."""

import json
import re

import pytest

pytestmark = pytest.mark.urls("tongxin.ui.tests.urls")


def exists(client, url):
    response = client.get(url)
    response.close()
    return response.status_code == 200


@pytest.mark.parametrize("query", ["", "?layout=phone"])
def test_the_gallery_shows_every_component_without_inline_scripts(client, query):
    response = client.get(f"/ui/{query}")
    assert response.status_code == 200
    html = response.content.decode()
    for part in [
        "dotline",
        "timeline",
        "candidates",
        "data-compare",
        "data-map",
        "data-chart",
        "data-photos",
        "data-bulk",
        "stars",
        "segments",
        "steps",
        "filters",
        "tile",
        "empty",
    ]:
        assert part in html
    inline = re.findall(r"<script(?![^>]*(?:src=|application/json))", html)
    assert inline == []
    assert not re.search(r"\son\w+=", html)


def test_scripts_come_from_this_site_alone(client):
    policy = client.get("/ui/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy


def test_the_gallery_is_not_for_real_people(client, settings):
    settings.TONGXIN_DEMO = settings.DEBUG = False
    assert client.get("/ui/").status_code == 404


class TestCare:
    def test_is_remembered_and_switched_off_again(self, client):
        response = client.post("/ui/care/", {"care": "1", "next": "/thanks/"})
        assert response["Location"] == "/thanks/"
        assert 'class="care"' in client.get("/thanks/").content.decode()
        client.post("/ui/care/", {"care": "0", "next": "/thanks/"})
        assert 'class="care"' not in client.get("/thanks/").content.decode()

    def test_never_sends_anyone_to_another_site(self, client):
        response = client.post("/ui/care/", {"care": "1", "next": "https://example.com/"})
        assert response["Location"] == "/"

    def test_is_not_switched_by_a_link(self, client):
        assert client.get("/ui/care/?care=1").status_code == 405


class TestLanguage:
    def test_is_remembered(self, client):
        assert '<html lang="zh-hans"' in client.get("/thanks/").content.decode()
        client.post("/ui/language/", {"language": "en", "next": "/thanks/"})
        assert '<html lang="en"' in client.get("/thanks/").content.decode()

    def test_an_unknown_one_changes_nothing(self, client):
        client.post("/ui/language/", {"language": "../x", "next": "/thanks/"})
        assert '<html lang="zh-hans"' in client.get("/thanks/").content.decode()


@pytest.mark.django_db  # closing a file asks whether the connection is still good
def test_the_manifest_names_icons_that_exist(client):
    manifest = json.loads(client.get("/ui/manifest.webmanifest").content)
    assert manifest["scope"] == "/"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        assert exists(client, icon["src"])


@pytest.mark.django_db
def test_the_worker_may_rule_the_site_and_keeps_files_that_exist(client):
    response = client.get("/ui/sw.js")
    assert response["Service-Worker-Allowed"] == "/"
    assert response["Content-Type"].startswith("text/javascript")
    config = re.search(r"JSON\.parse\('(.*?)'\)", response.content.decode())[1]
    shell = json.loads(config.encode().decode("unicode_escape"))["shell"]
    assert "/ui/offline/" in shell
    for url in shell:
        assert exists(client, url)


def test_a_refusal_is_a_page_with_the_next_step(client):
    response = client.get("/stale/")
    html = response.content.decode()
    assert response.status_code == 409
    assert "这张订单已被王芳于 10:42 接走" in html
    assert "去看看其他订单" in html
    assert 'href="/stale/"' in html


def test_a_missing_page_says_what_may_be_wrong(client):
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "没有找到" in response.content.decode()


def test_a_broken_page_is_ours_and_keeps_drafts(client):
    client.raise_request_exception = False
    response = client.get("/broken/")
    html = response.content.decode()
    assert response.status_code == 500
    assert "系统出了问题" in html
    assert "data-keep-drafts" in html


def frame(client, path: str) -> str:
    return client.get(path).content.decode().split("<head>")[0]


@pytest.mark.mission("S4.82")
@pytest.mark.urls("tongxin.urls")
@pytest.mark.django_db
def test_the_reader_switches_large_type_on_and_it_stays_on(client):
    pages, care = ("/accounts/sign-in/", "/requests/catalogue/"), 'class="care"'
    assert [care in frame(client, path) for path in pages] == [False, False]
    answer = client.post("/ui/care/", {"care": "1", "next": pages[0]})
    assert answer["Location"] == pages[0]
    assert answer.cookies["care"]["max-age"] == 365 * 24 * 3600
    assert [care in frame(client, path) for path in pages] == [True, True]
    client.post("/ui/care/", {"care": "0", "next": pages[0]})
    assert [care in frame(client, path) for path in pages] == [False, False]
