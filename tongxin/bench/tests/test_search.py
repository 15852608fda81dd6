"""The load of the search benchmark: what it writes is what the worker would write."""

import pytest

from tongxin.accounts.models import User
from tongxin.bench import search
from tongxin.bench.loading import load_world
from tongxin.cases.models import Case
from tongxin.searching.actions import entry_of
from tongxin.searching.queries import Narrowed, search_for

pytestmark = pytest.mark.django_db


def test_rows_are_those_of_the_worker():
    load_world(5)
    maker = search.Maker(40)
    for n in range(40):
        case, entry = maker.values(n)
        written = entry_of(Case(**case))
        assert set(entry["words"].replace("'", "").split()) == set(written.words)
        for name in (
            "kind",
            "case",
            "object",
            "flow",
            "step",
            "topic",
            "area",
            "label",
            "title",
            "text",
            "version",
        ):
            assert entry[name] == getattr(written, name), name
        assert entry["id"] >> 20 == written.id >> 20


def test_the_mix_is_asked_and_answered(monkeypatch):
    monkeypatch.setattr(search, "_settle", lambda: None)  # VACUUM wants no transaction around it
    monkeypatch.setattr(search, "MIX", search.MIX[:3])
    load_world(5)
    search.load(200, lambda n: None)
    figures = search.ask(rounds=2)
    assert figures["searches"] == 3 * 3 * 2
    assert figures["search_p95_ms"] >= figures["search_p50_ms"] > 0
    officer = User.objects.get(username="officer")
    expected = Case.objects.filter(text__contains="路灯").count()
    assert search_for(officer, "路灯", Narrowed())["cases"].count == expected > 0
