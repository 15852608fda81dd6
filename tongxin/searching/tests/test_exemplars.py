"""What the library has published is found by its words, and by nobody once it is taken down."""

from __future__ import annotations

from tongxin.library import actions
from tongxin.library.models import ExemplarKind
from tongxin.searching.models import Entry
from tongxin.searching.tests.test_finding import read
from tongxin.testing import NOON


def test_a_published_exemplar_is_found_by_everybody_until_it_is_withdrawn(world):
    actions.load_kinds()
    bai = world.person("bai", "白洁", world.north_party, "organiser")
    one = actions.write_exemplar(
        kind=ExemplarKind.objects.get(code="story"), org=world.branch, desk=world.north_party,
        title="停水之夜", texts={"story": "志愿者送水到十一楼。"}, by=world.qin, at=NOON,
    )  # fmt: skip
    one = actions.submit_exemplar(one, by=world.qin, at=NOON)
    one = actions.review_exemplar(one, by=bai, at=NOON)
    one = actions.sign_exemplar(one, by=world.tang, at=NOON)
    read()
    assert not Entry.objects.filter(kind="exemplar").exists()
    actions.publish_exemplar(one, by=bai, at=NOON)
    read()
    assert titles(world.wu) == ["停水之夜"]
    actions.withdraw_exemplar(one, note="数字有误", by=bai, at=NOON)
    assert titles(world.wu) == []


def titles(actor):
    rows = Entry.objects.visible_to(actor, ("exemplar",))
    return [entry.title for entry in rows.filter(title__contains="停水")]
