"""A stage and a browser for each worker; a world set back and new visitors for each journey."""

import os
import shutil

import pytest

from tongxin.ui.assets import DIST

FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --disable-quic"
PHONE, DESK = 390, 1440


@pytest.fixture(scope="package")
def chromium():
    """Headless Chromium; without one, or without built assets, the journeys are skipped."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("no Chromium on this machine")
    if not (DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: make assets")
    from playwright.sync_api import expect, sync_playwright

    from .visitor import PATIENCE

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def stage(chromium, tmp_path_factory, django_db_blocker):
    """The house, served. Playwright keeps a loop in this thread: Django must not mind."""
    from .stage import set_stage

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with set_stage(tmp_path_factory.mktemp("journeys")) as it:
            yield it


@pytest.fixture
def world(stage):
    """The named world, as it was before the last journey."""
    return stage.reset()


@pytest.fixture(params=[PHONE, DESK])
def width(request) -> int:
    return request.param


@pytest.fixture
def visit(chromium, stage, world, width):
    """Return a function that gives a person of the world a browser; None for nobody signed in."""
    from .visitor import Visitor

    visitors = []

    def come(user=None, **options) -> Visitor:
        visitor = Visitor(chromium, stage, user, **{"width": width, **options})
        visitors.append(visitor)
        return visitor

    yield come
    for visitor in visitors:
        visitor.leave()
    assert stage.errors == []
