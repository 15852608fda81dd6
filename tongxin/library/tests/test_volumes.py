"""A volume: chosen, ordered, issued; both files are read."""

from __future__ import annotations

import io
import re

import docx
import pypdfium2
import pytest

from tongxin.kit.errors import Invalid
from tongxin.library import actions
from tongxin.library.binding import bound, page_numbers
from tongxin.library.models import Volume
from tongxin.testing import NOON


def text_of(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    pages = [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document]
    document.close()
    return pages


@pytest.fixture
def volume(world, desk):
    return actions.begin_volume(
        org=desk, title="服务基层事例资料汇编", subtitle="双报到双服务", year=2026, by=world.bai, at=NOON,
        foreword="本书收入一年来的事例。\n供各单位学习。", parts=["暖心服务", "解难帮困"],
    )  # fmt: skip


@pytest.mark.mission("S2.34")
def test_of_the_collected_the_published_are_bound_with_page_numbers(world, volume, publish, write):
    first, second = volume.parts.all()
    bundle = [publish(title=f"事例之{n}") for n in "甲乙丙丁"]
    for n in "戊己":
        actions.submit_exemplar(write(title=f"事例之{n}"), by=world.qin, at=NOON)
    assert actions.bind(volume, part=first, exemplars=bundle[:3], by=world.bai, at=NOON) == 3
    assert actions.bind(volume, part=first, exemplars=bundle[:3], by=world.bai, at=NOON) == 0
    actions.bind(volume, part=second, exemplars=bundle[3:], by=world.bai, at=NOON)
    items = list(volume.items.filter(part=first))
    actions.move_item(items[2], step=-1, by=world.bai, at=NOON)
    issued = actions.issue_volume(volume, by=world.bai, at=NOON)
    assert issued.collected == 6

    with issued.pdf.open() as file:
        pages = text_of(file.read())
    assert "服务基层事例资料汇编" in pages[0] and "2026年3月" in pages[0]
    contents = next(page for page in pages if page.startswith("目录"))
    numbers = page_numbers(bound(Volume.objects.get()))
    assert contents.index("事例之丙") < contents.index("事例之乙")
    body = pages.index(contents) + 1
    for number, title in ((1, "事例之甲"), (2, "事例之丙"), (4, "事例之丁")):
        assert re.search(rf"{title}\.*{numbers[number]}(?!\d)", contents), contents
        assert title in pages[body + numbers[number] - 1]
    assert "共征集6个，收录4个" in pages[-1]

    with issued.docx.open() as file:
        document = docx.Document(io.BytesIO(file.read()))
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert f"事例之丙\t{numbers[2]}" in lines and "前言" in lines
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    assert heads == ["事例之甲", "事例之丙", "事例之乙", "事例之丁"]
    assert document.tables[0].cell(1, 0).text == "服务基层事例"


def test_what_is_not_published_is_not_bound_and_an_issued_volume_stands(
    world, volume, publish, write
):
    first, second = volume.parts.all()
    with pytest.raises(actions.NotPublished):
        actions.bind(volume, part=first, exemplars=[write()], by=world.bai, at=NOON)
    with pytest.raises(actions.EmptyVolume):
        actions.issue_volume(volume, by=world.bai, at=NOON)
    one = publish()
    actions.bind(volume, part=first, exemplars=[one], by=world.bai, at=NOON)
    with pytest.raises(actions.EmptyVolume, match="解难帮困"):
        actions.issue_volume(volume, by=world.bai, at=NOON)
    with pytest.raises(Invalid, match="移出"):
        actions.change_volume(
            volume, title="x", subtitle="", foreword="", parts=["解难帮困"], by=world.bai, at=NOON
        )
    actions.change_volume(
        volume, title="汇编", subtitle="", foreword="", parts=["暖心服务"], by=world.bai, at=NOON
    )
    actions.withdraw_exemplar(one, note="数字有误", by=world.bai, at=NOON)
    with pytest.raises(actions.NotPublished, match="撤下"):
        actions.issue_volume(volume, by=world.bai, at=NOON)
    with pytest.raises(actions.NotYourUnit):
        actions.bind(volume, part=first, exemplars=[], by=world.yue, at=NOON)
    one.refresh_from_db()
    assert Volume.objects.get().state == "draft" and one.state == "withdrawn"


@pytest.mark.slow
@pytest.mark.mission("S2.34", "S2.33")
def test_of_108_stories_38_are_published_and_bound(world, volume, write):
    first, second = volume.parts.all()
    made = [
        actions.submit_exemplar(write(title=f"事例第{n}号"), by=world.qin, at=NOON)
        for n in range(1, 109)
    ]
    published = []
    for one in made[:38]:
        checked = actions.review_exemplar(one, by=world.bai, at=NOON)
        signed = actions.sign_exemplar(checked, by=world.tang, at=NOON)
        published.append(actions.publish_exemplar(signed, by=world.bai, at=NOON))
    actions.bind(volume, part=first, exemplars=published[:20], by=world.bai, at=NOON)
    actions.bind(volume, part=second, exemplars=published[20:], by=world.bai, at=NOON)
    issued = actions.issue_volume(volume, by=world.bai, at=NOON)
    assert issued.collected == 108
    with issued.pdf.open() as file:
        pages = text_of(file.read())
    assert "共征集108个，收录38个" in pages[-1]
    numbers = page_numbers(bound(issued))
    start = next(n for n, page in enumerate(pages) if page.startswith("暖心服务"))
    for number, page in numbers.items():
        assert f"事例第{number}号" in pages[start + page - 1]
    with issued.docx.open() as file:
        document = docx.Document(io.BytesIO(file.read()))
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    assert heads == [f"事例第{n}号" for n in range(1, 39)]
