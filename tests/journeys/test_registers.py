"""党建: every page of the registers, as those who keep them see it, is whole and legible."""

import pytest
from playwright.sync_api import Error

from tests.test_pages import PATHS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PREFIXES = (
    "/orgs/", "/sheets/", "/meetings/", "/affairs/", "/secretaries/", "/cadres/", "/report-in/", "/todo/",
)  # fmt: skip
FILES = (".ics", ".xlsx", ".json", "/export/", "/print/", "/template/")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_page_of_the_registers_is_whole(visit, world, prefix):
    seen = set()
    for user in (world.he, world.qin, world.liu, world.wang):
        visitor = visit(user)
        visitor.allowed = {403, 404}
        for path in PATHS:
            if path in seen or not path.startswith(prefix) or any(end in path for end in FILES):
                continue
            try:
                answer = visitor.page.goto(visitor.stage.url + path)
            except Error:  # what only takes a form answers with no page at all
                continue
            kind = answer.headers.get("content-type", "") if answer else ""
            if answer and answer.status == 200 and kind.startswith("text/html"):
                seen.add(path)
                visitor.look()
            else:
                visitor.problems.clear()
    assert seen
