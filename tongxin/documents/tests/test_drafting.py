"""A document is drafted from its kind's words and what is known; the rest is left to fill."""

from datetime import date

import pytest

from tongxin.documents.actions import (
    DeadlinePassed,
    NotADraft,
    RecipientTwice,
    UnknownKind,
    change,
    draft,
)
from tongxin.documents.filling import BrokenField, UnknownField, blanks, check_places, fill
from tongxin.documents.models import Document, DocumentKind
from tongxin.kit.errors import NotPermitted
from tongxin.testing import NOON

FINDINGS = ["未按规定公示党费收缴情况。3个支部均未公示。", "会议记录不完整。缺签到表2次。"]


def letter(world, **more):
    given = {
        "kind": "advice_letter",
        "org": world.north_office,
        "recipients": [world.roads],
        "context": {"source": "党建专项检查", "findings": FINDINGS},
        "by": world.liu,
        "at": NOON,
    }
    return draft(**given | more)


def test_a_template_is_filled_with_what_is_known(world):
    made = letter(
        world, reply_by=date(2026, 3, 20), source=("operation", "7", "党建专项检查", "/x/7/")
    )
    assert made.title == "关于党建专项检查发现问题的建议书"
    assert "（一）未按规定公示" in made.body and "2026年3月20日前" in made.body
    assert "检查时间" in blanks(made.body) and "问题清单" not in blanks(made.body)
    assert made.case.step == "drafted" and made.case.is_private
    assert "党建专项检查" not in made.case.title  # a case is read by more people than a letter
    assert [r.name for r in made.recipients.all()] == ["城市管理委"]
    assert (made.source_kind, made.source_url) == ("operation", "/x/7/")


def test_the_same_key_begins_one_document(world):
    assert letter(world, key="a").pk == letter(world, key="a").pk
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"kind": "poem"}, UnknownKind),
        ({"reply_by": date(2026, 3, 1)}, DeadlinePassed),
        ({"recipients": ["区委办", "区委办"]}, RecipientTwice),
    ],
)
def test_a_draft_that_cannot_be_is_refused(world, more, refusal):
    with pytest.raises(refusal):
        letter(world, **more)
    assert not Document.objects.exists()


def test_who_has_no_desk_in_the_unit_drafts_nothing_for_it(world):
    for who in (world.li, world.sun, world.ann, world.mei):
        with pytest.raises(NotPermitted, match="不能以它的名义"):
            letter(world, by=who)


def test_only_a_draft_is_changed_and_only_at_its_desk(world):
    made = letter(world)
    words = {"title": "新标题", "body": "正文。", "recipients": [world.water], "at": NOON}
    with pytest.raises(NotPermitted):
        change(made, by=world.li, **words)
    assert change(made, by=world.liu, **words).title == "新标题"
    made.case.step = "signing"
    made.case.save()
    with pytest.raises(NotADraft, match="待签发"):
        change(made, by=world.liu, **words)


def test_kinds_are_data_with_the_fifteen_of_the_regulation(world):
    letter(world)
    assert DocumentKind.objects.filter(is_statutory=True).count() == 15
    assert DocumentKind.objects.get(code="minutes").layout == "minutes"


class TestPlaces:
    def test_an_unknown_place_is_named(self):
        with pytest.raises(UnknownField, match="{{领导批示}}") as refusal:
            check_places("请按{{ 领导批示 }}办理")
        assert "问题清单" in str(refusal.value.remedy)

    def test_a_lonely_brace_is_shown(self):
        with pytest.raises(BrokenField, match="问题清单"):
            check_places("如下：{{问题清单")

    def test_a_list_becomes_paragraphs_or_a_clause(self):
        values = {"findings": ["甲。", "乙。"]}
        assert fill("{{问题清单}}", values) == "1.甲。\n2.乙。"
        assert fill("即{{findings}}。", values) == "即甲；乙。"

    def test_what_fills_a_place_cannot_open_another(self):
        assert fill("{{事由}}", {"source": "{{签发人}}"}) == "{ {签发人} }"
