"""Who sees which letters, and what they decide about those that wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.accounts.models import AuditEntry
from tongxin.cases.models import Case
from tongxin.mailbox import actions
from tongxin.mailbox.models import Letter
from tongxin.mailbox.tests.post import SALT, letter
from tongxin.mailbox.tests.test_receiving import sent, take, world  # noqa: F401
from tongxin.requests.actions import collect_wish
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(world):  # noqa: F811
    case = take(letter()).case
    sent()
    one = take(letter("还是漏水", subject=f"{case.number}", id="<9@x>", sender="x@else.example"))
    assert one.state == "held"
    return one


def post(client, user, one, **words):
    client.force_login(user)
    return client.post(f"/mailbox/{one.pk}/", words)


def test_each_place_sees_its_own(world, client, held):  # noqa: F811
    take(letter(to=SALT, id="<s@x>"))
    for who, seen in (
        (world.zhang, 2),
        (world.liu, 2),
        (world.gao, 3),
        (world.wu, 1),
        (world.ann, 3),
    ):
        assert Letter.objects.visible_to(who).count() == seen
    client.force_login(world.zhang)
    html = client.get("/mailbox/").content.decode()
    assert "不是原来的来信人" in html
    for stranger in (world.sun, world.li, world.wang, world.qin):
        client.force_login(stranger)
        assert client.get("/mailbox/").status_code in (302, 403)
    client.force_login(world.wu)
    assert client.get(f"/mailbox/{held.pk}/").status_code == 404


def test_filing_by_hand(world, client, held):  # noqa: F811
    words = {"do": "file", "region": world.pine.code, "title": "又漏水了"}
    assert post(client, world.zhang, held, **words).status_code == 302
    held.refresh_from_db()
    case = Case.objects.get(title="又漏水了")
    assert (held.state, held.case, held.decided_by, held.raw.name) == (
        "filed",
        case,
        world.zhang,
        "",
    )
    assert case.text == "还是漏水"
    (answer,) = sent(NOON + timedelta(days=365 * 5))
    assert answer.to == ["x@else.example"]
    assert AuditEntry.objects.filter(action="letter.file", actor=world.zhang).exists()


def test_only_places_of_ones_own(world, client, held):  # noqa: F811
    words = {"do": "file", "region": world.salt.code, "title": "x"}
    response = post(client, world.zhang, held, **words)
    assert response.status_code == 422
    held.refresh_from_db()
    assert held.state == "held"


def test_adding_by_hand(world, client, held):  # noqa: F811
    case = Case.objects.get()
    assert post(client, world.zhang, held, do="add", number=case.number).status_code == 302
    held.refresh_from_db()
    assert (held.state, held.case) == ("added", case)
    assert case.events.filter(name="add").exists()


def test_adding_to_what_one_does_not_see(world, client, held):  # noqa: F811
    other = take(letter(to=SALT, id="<s@x>")).case
    response = post(client, world.zhang, held, do="add", number=other.number)
    assert response.status_code == 422
    assert "没有找到编号" in response.content.decode()


def test_a_wish_takes_no_letters(world, client, held):  # noqa: F811
    wish = collect_wish(
        title="想要一副老花镜",
        text="想要一副老花镜",
        wisher="独居老人",
        region=world.pine,
        at=NOON,
        actor=world.zhang,
    )
    response = post(client, world.zhang, held, do="add", number=wish.number)
    assert response.status_code == 422
    assert "不能并入来信" in response.content.decode()


def test_refusing_needs_a_reason(world, client, held):  # noqa: F811
    assert post(client, world.zhang, held, do="refuse", reason="").status_code == 422
    assert post(client, world.zhang, held, do="refuse", reason="广告").status_code == 302
    held.refresh_from_db()
    assert (held.state, held.why) == ("refused", "广告")


def test_a_letter_is_decided_once(world, held):  # noqa: F811
    actions.refuse_letter(letter=held, reason="广告", by=world.zhang, at=NOON)
    with pytest.raises(actions.AlreadyDecided):
        actions.file_letter(letter=held, region=world.pine, by=world.zhang, at=NOON)
    assert Case.objects.count() == 1


def test_the_list_costs_eight_queries(world, client, held, django_assert_max_num_queries):  # noqa: F811
    for n in range(20):
        take(letter(f"第{n}封", id=f"<{n}@y>", sender=f"a{n}@x.example"))
    client.force_login(world.zhang)
    client.get("/mailbox/?state=all")
    with django_assert_max_num_queries(8):
        client.get("/mailbox/?state=all")
