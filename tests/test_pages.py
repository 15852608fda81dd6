"""Every page answers every role, and no list asks more of the database the longer it is."""

import itertools

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver

from tongxin.accounts.models import Notice
from tongxin.cases.models import Case
from tongxin.meetings.actions import load_rules
from tongxin.orgs.models import Post
from tongxin.requests.actions import collect_wish, file_request
from tongxin.testing import NOON
from tongxin.ui.assets import DIST

pytestmark = pytest.mark.skipif(
    not (DIST / "manifest.json").exists(), reason="the front end is not built: make assets"
)
FINE = {200, 204, 301, 302, 304, 400, 401, 403, 404, 405, 422}
BUDGET = 8  # queries of a page that lists
ROLES = "sun wang mei li zhang chen liu gao qin he leader inspector ann".split()
OPEN_TO_ALL = (  # what needs no sign-in: the way in, the board, the frame, the documents of the API
    "/accounts/", "/admin/log", "/api/", "/ui/", "/requests/",
    "/report-in/pledges/",  # what people promise in public
    "/fieldwork/office-points/",  # where one may go without an appointment
    "/centres/public/", "/centres/follow/",  # where a centre is, and how a matter stands by its number
    "/library/public/", "/library/volumes/public/", "/library/policies/public/",
    "/library/brands/public/",  # what was published
)  # fmt: skip


# The shell of the app holds nothing of anybody: it is kept on phones that nobody has signed in on.
OPEN_SHELL = {"/field/", "/field/manifest.webmanifest", "/field/sw.js"}


def plain_paths(patterns=None, before: str = "/") -> list[str]:
    """Return the path of every page whose address takes no argument."""
    found = []
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = str(one.pattern)
        if any(mark in path for mark in "<("):
            continue
        path = before + path.removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if isinstance(one, URLPattern):
            found.append(path)
        else:
            found += plain_paths(one.url_patterns, path)
    return found


PATHS = plain_paths()


@pytest.fixture
def people(world):
    for role in ("leader", "inspector"):
        world.person(role, role, world.north_office, role)
    load_rules(at=NOON, by=world.ann)
    return world


def answer(client: Client, path: str) -> int | str:
    try:
        response = client.get(path)
        response.getvalue()  # read to the end: the client itself closes it then, and nothing else
        return response.status_code
    except Exception as error:
        return repr(error)


def test_the_house_has_the_pages_that_are_tried():
    assert {"/desk/", "/verify/", "/street/", "/whistle/", "/requests/", "/requests/hall/"} < set(
        PATHS
    )
    assert "/admin/cases/topic/" in PATHS


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_every_role(people, client, role):
    user = getattr(people, role, None) or Post.objects.get(role=role).user
    client.force_login(user)
    answers = {path: answer(client, path) for path in PATHS}
    assert {path: code for path, code in answers.items() if code not in FINE} == {}


def test_nobody_in_particular_is_asked_to_sign_in(people, client):
    asked = [path for path in PATHS if not path.startswith(OPEN_TO_ALL) and path not in OPEN_SHELL]
    answers = {path: client.get(path) for path in asked}
    let_in = [
        path
        for path, response in answers.items()
        if response.status_code == 200
        or (
            response.status_code == 302
            and not response.url.startswith(("/accounts/", "/admin/login/"))
        )
    ]
    assert let_in == []


# Lists.


def file_many(world, n: int, **changes) -> None:
    """File `n` requests, and set them where a list finds them."""
    for one in range(n):
        case = file_request(
            text=f"第 {one} 件：水管漏水", topic=world.tap, lng=117.55, lat=39.25, at=NOON, actor=world.sun
        )  # fmt: skip
        Case.objects.filter(pk=case.pk).update(**changes)


def wish_many(world, n: int, **changes) -> None:
    for one in range(n):
        case = collect_wish(
            title=f"心愿 {one}", text="想要一副老花镜", wisher="王奶奶", region=world.pine, at=NOON, actor=world.ma
        )  # fmt: skip
        Case.objects.filter(pk=case.pk).update(step="published", **changes)


def tell_many(world, n: int, **changes) -> None:
    Notice.objects.bulk_create(
        Notice(user=world.zhang, title=f"通知 {one}", url="/", at=NOON, key=f"{n}.{one}")
        for one in range(n)
    )


LISTS = {
    "desk": ("zhang", "/desk/", file_many, {}),
    "department": ("li", "/desk/", file_many, {"step": "dispatched", "handler": "roads"}),
    "verify": ("chen", "/verify/", file_many, {"step": "done", "holder": "wang"}),
    "street": ("liu", "/street/", file_many, {"is_late": True}),
    "district": ("gao", "/street/", file_many, {}),
    "points": ("liu", "/street/points/", file_many, {}),
    "hall": ("wang", "/requests/hall/", file_many, {"step": "hall"}),
    "orders": ("wang", "/requests/orders/", file_many, {"step": "accepted", "holder": "wang"}),
    "mine": ("sun", "/requests/mine/", file_many, {}),
    "home": ("sun", "/requests/", file_many, {}),
    "wishes": ("wang", "/requests/wishes/", wish_many, {}),
    "inbox": ("zhang", "/accounts/inbox/", tell_many, {}),
}
# The overview of a place: figures, cards, whistles, gaps and a period, each its own question.
BUDGETS = {"street": 16, "district": 16}


@pytest.mark.mission("S0.58")
@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_no_more_for_fifty_rows_than_for_five(world, client, name):
    who, path, fill, changes = LISTS[name]
    changes = {
        key: getattr(world, value, value) if isinstance(value, str) else value
        for key, value in changes.items()
    }
    client.force_login(getattr(world, who))
    counts = []
    for n in (5, 45):
        fill(world, n, **changes)
        client.get(path)  # what a process remembers is remembered
        with CaptureQueriesContext(
            connection,
        ) as asked:
            response = client.get(path)
        assert response.status_code == 200
        counts.append([query["sql"] for query in asked])
    few, many = counts
    grown = "\n".join(itertools.chain(["", *many[:40]]))
    assert len(many) <= len(few) + 1, grown  # a second page may have to be counted
    assert len(many) <= BUDGETS.get(name, BUDGET), grown
