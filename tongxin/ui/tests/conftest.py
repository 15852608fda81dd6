"""A real server and a real browser for the tests of the frame (no database)."""

import copy
import os
import shutil

import pytest
from django.test import override_settings
from django.test.testcases import LiveServerThread, _StaticFilesHandler

FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --disable-quic"


@pytest.fixture(autouse=True)
def _frame_alone(settings):
    """Pages of these tests know what the frame tells them, and nothing of the floors above."""
    settings.TONGXIN_DEMO = True
    settings.WHITENOISE_USE_FINDERS = True  # these tests ask for the files themselves
    templates = copy.deepcopy(settings.TEMPLATES)
    for engine in templates:
        engine["OPTIONS"]["context_processors"] = [
            name
            for name in engine["OPTIONS"]["context_processors"]
            if name.startswith(("django.", "tongxin.ui."))
        ]
    settings.TEMPLATES = templates


@pytest.fixture(scope="module")
def site():
    """Serve the house at a free port; yields its address."""
    thread = LiveServerThread("127.0.0.1", _StaticFilesHandler, connections_override={}, port=0)
    thread.daemon = True
    with override_settings(WHITENOISE_USE_FINDERS=True):  # read once, when the thread starts
        thread.start()
        thread.is_ready.wait()
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture(scope="module")
def chromium():
    """Headless Chromium; without one the test is skipped, unless TONGXIN_FULL=1 demands it."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path and os.environ.get("TONGXIN_FULL") != "1":
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site):
    """Return a function that opens a path at a width; any error of a script fails the test."""
    contexts, errors = [], []

    def go(path, width=390, care=False, **options):
        options.setdefault("service_workers", "block")
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, locale="zh-CN", **options
        )
        contexts.append(context)
        if care:
            context.add_cookies([{"name": "care", "value": "1", "url": site}])
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(site + path)
        page.wait_for_selector("html.js")
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []
