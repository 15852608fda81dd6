"""关怀版: what residents open on a phone is large enough for every thumb, whole, and right for axe."""

from __future__ import annotations

import pytest
from django.utils.timezone import localdate, now

from tongxin.taking_part import actions

pytestmark = pytest.mark.browser
LEAST = 60  # pixels of a target in 关怀版
# What can be pressed and is smaller; a link inside a sentence, a row or a card has its surroundings.
SMALL = """least => [...document.querySelectorAll('a[href], button, select, input:not([type=hidden]), summary')]
  .filter(e => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e), after = getComputedStyle(e, '::after')
    if (box.width < 2 || box.bottom < 0 || style.visibility === 'hidden' || e.closest('[hidden], .visually-hidden')) return false
    if (after.position === 'absolute' && after.content !== 'none') return false
    if (e.tagName === 'A' && style.display === 'inline' && e.closest('p, li, dd')) return false
    if (e.closest('label, .form-check')) return false
    return box.height < least - 1 || box.width < least - 1
  }).map(e => `${e.tagName} ${(e.innerText || e.name || e.className).trim().slice(0, 20)} ${Math.round(e.getBoundingClientRect().width)}x${Math.round(e.getBoundingClientRect().height)}`)"""
PAGES = ("/requests/", "/requests/new/", "/requests/mine/", "/requests/wishes/", "/accounts/inbox/",
         "/accounts/me/", "/centres/public/", "/library/public/", "/care/mine/")  # fmt: skip


@pytest.fixture
def survey(world):
    """Who has a car is asked where it stands."""
    day, given = localdate(), {"by": world.zhang, "at": now()}
    one = actions.make_survey(
        region=world.pine, title="停车", wave="一", opens_on=day, closes_on=day, takes_open=True, **given
    )  # fmt: skip
    actions.add_question(one, kind="choice", text="家里有车吗", options=["有车", "没有"], **given)
    actions.add_question(one, kind="text", text="停在哪里", show_if=("q1", "a1"), **given)
    return actions.open_survey(one, **given)


@pytest.mark.parametrize("width", [390], indirect=True)
def test_the_pages_of_residents_in_large_type(visit, world, survey):
    sun = visit(world.sun, care=True)
    for path in (*PAGES, f"/taking-part/near/?community={world.pine.code}"):
        page = sun.go(path)
        sun.look()
        assert page.evaluate(SMALL, LEAST) == [], path


@pytest.mark.parametrize("width", [390], indirect=True)
def test_a_question_appears_when_it_is_asked(visit, survey):
    from playwright.sync_api import expect

    nobody = visit(care=True)
    page = nobody.go(f"/taking-part/surveys/{survey.pk}/open/")
    where = page.get_by_label("停在哪里")
    expect(where).to_be_hidden()
    page.get_by_label("有车").check()
    where.fill("路边")
    nobody.look()
    page.get_by_label("没有").check()
    expect(where).to_be_hidden()
    assert where.is_disabled()  # a browser does not send it
    nobody.press("提交")
    nobody.sees("谢谢您")
    assert survey.answers.get().values == {"q1": "a2"} and not survey.texts.exists()
