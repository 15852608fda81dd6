"""Rules of the house that no linter knows."""

import ast
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tongxin"
FACE = {
    "brief",
    "store",
    "models",
    "actions",
    "queries",
    "flow",
    "scope",
    "figures",
    "gates",
    "clocks",
    "sight",
    "proof",
    "routing",
    "importing",
    "installing",
    "worker",
    "declaring",  # what a register says of itself to spreadsheets
}
SOURCES = [
    path
    for path in PACKAGE.rglob("*.py")
    if not {"migrations", "tests"} & set(path.relative_to(PACKAGE).parts)
]
EDGES = [
    p
    for p in SOURCES
    if p.stem in {"views", "rest", "open311"} or p.parent.name in {"views", "rest"}
]
MOST_LINES = 500


def app_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def reached_past_the_face(source: str, app: str) -> list[str]:
    """Return the imports that take something from inside another app."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tongxin."):
            _, other, *rest = [*node.module.split("."), *(a.name for a in node.names)]
            if other not in {app, "kit", "ui", "language"} and rest and rest[0] not in FACE:
                found.append(f"{node.module} (line {node.lineno})")
    return found


def unscoped_lookups(source: str) -> list[int]:
    """Return the lines that touch `.objects` without going through `visible_to` or `public`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "objects"
        and node.attr not in {"visible_to", "public"}
    ]


def clock_calls(source: str) -> list[int]:
    """Return the lines that ask what time it is."""
    names = {"now", "today", "utcnow", "localdate"}
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in names and not node.args)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in names and not node.args)
        )
    ]


def test_the_rules_themselves():
    assert unscoped_lookups("Case.objects.get(pk=1)") == [1]
    assert unscoped_lookups("Case.objects.visible_to(me).get(pk=1)") == []
    assert reached_past_the_face("from tongxin.cases.forms import MoveForm", "requests")
    assert reached_past_the_face("from tongxin.cases import forms", "requests")
    assert not reached_past_the_face("from tongxin.cases import actions, models", "requests")
    assert clock_calls("x = now()") == [1]
    assert clock_calls("x = localdate(at)") == []


APPS = [path for path in SOURCES if app_of(path) not in {"", "cli", "kit", "ui"}]


@pytest.mark.parametrize("path", APPS, ids=name_of)
def test_an_app_is_entered_through_its_face(path):
    assert reached_past_the_face(path.read_text(), app=app_of(path)) == []


@pytest.mark.parametrize("path", EDGES, ids=name_of)
def test_an_edge_looks_up_only_what_its_actor_may_see(path):
    assert unscoped_lookups(path.read_text()) == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_is_short_enough_to_be_read(path):
    assert len(path.read_text().splitlines()) <= MOST_LINES


def test_no_two_query_sets_share_a_name():
    """The type checker keeps their managers by name: which of two it means follows the order of files."""
    names = Counter(
        node.name
        for path in APPS
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("QuerySet")
    )
    assert [name for name, n in names.items() if n > 1] == []


# Where the clock may be read: the edges, and the two facts that are about this very moment.
MAY_ASK_THE_TIME = {
    "cases/actions/moves.py",  # `recorded_at`, and the check that nothing happened after now
    "cases/telling.py",  # who holds a post today
    "orgs/scope.py",  # what somebody may do depends on the posts of now
    "regions/queries.py",  # the snapshot is of the land valid today
}
RULES = [
    path
    for path in APPS
    if path.stem in {"actions", "hooks", "queries", "flow", "scope", "clocks", "figures", "telling"}
    or path.parent.name == "actions"
]


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_time_is_an_argument(path):
    if name_of(path) not in MAY_ASK_THE_TIME:
        assert clock_calls(path.read_text()) == []
