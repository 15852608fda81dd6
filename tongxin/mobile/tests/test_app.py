"""The shell of the app: light, the same for everybody, kept whole by its worker."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from tongxin.mobile.views.app import shell
from tongxin.ui import assets

pytestmark = pytest.mark.skipif(
    not (assets.DIST / "manifest.json").exists(), reason="the front end is not built: make assets"
)
LIGHT = 200 * 1024  # bytes, compressed


@pytest.fixture(autouse=True)
def _files(settings):
    settings.WHITENOISE_USE_FINDERS = True


def test_the_shell_is_light(client):
    """All that the phone ever loads of the app, maps and scanning included."""
    page = client.get("/field/")
    total = len(gzip.compress(page.content))
    for url in assets.closure("field/app") + assets.closure("field/worker"):
        total += len(gzip.compress((assets.DIST / url.rsplit("/", 1)[1]).read_bytes()))
    assert total < LIGHT
    linked = set(re.findall(r'(?:src|href)="(/static/ui/dist/[^"]+)"', page.content.decode()))
    assert linked <= set(shell())


class TestShell:
    def test_it_is_the_same_for_everybody(self, client, world):
        nobody = client.get("/field/").content
        client.force_login(world.mei)
        assert client.get("/field/").content == nobody
        assert "梅雪" not in nobody.decode()

    def test_it_can_be_installed(self, client, db):
        told = json.loads(client.get("/field/manifest.webmanifest").content)
        assert told["scope"] == told["start_url"] == "/field/"
        assert told["display"] == "standalone"

    def test_its_worker_rules_only_the_app_and_keeps_files_that_exist(self, client, db):
        for address, sends in (("/field/sw.js", False), ("/field/sw.js?sends", True)):
            response = client.get(address)
            assert response["Content-Type"].startswith("text/javascript")
            assert response.content.decode().startswith("// Keeps") is True
            assert ("import '" in response.content.decode()) is sends
        assert "Service-Worker-Allowed" not in response
        for url in shell():
            kept = client.get(url)
            kept.close()
            assert kept.status_code == 200, url

    def test_grid_workers_find_it_among_their_tabs(self, client, world):
        client.force_login(world.mei)
        assert 'href="/field/"' in client.get("/requests/orders/").content.decode()
        client.force_login(world.wang)
        assert 'href="/field/"' not in client.get("/requests/orders/").content.decode()
