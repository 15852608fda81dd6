"""The pages of the books: who sees what, the forms, how few queries they cost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tongxin.funds import actions
from tongxin.funds.models import Account, Allocation, Line, PayOrder, PayRule
from tongxin.testing import NOON

from .conftest import again


@pytest.fixture
def page(client, books):
    def get(who, name, *args, post=None, words=""):
        client.force_login(getattr(books, who))
        url = reverse(f"funds:{name}", args=args) + words
        return client.get(url) if post is None else client.post(url, post)

    return get


def test_who_sees_the_books(page, books, give):
    allocation = give()
    for who, name, args, status in (
        ("liu", "account", [books.account.pk], 200), ("shen", "account", [books.account.pk], 200),
        ("gao", "account", [books.account.pk], 200), ("wu", "account", [books.account.pk], 404),
        ("yue", "account", [books.account.pk], 404), ("sun", "home", [], 404),
        ("mei", "home", [], 404), ("yue", "allocation", [allocation.pk], 404),
        # who works in the place that got the money sees what it got, not the whole account
        ("qin", "allocation", [allocation.pk], 200), ("qin", "account", [books.account.pk], 404),
        ("shen", "receive", [books.account.pk], 404), ("shen", "pay", [allocation.pk], 404),
        ("liu", "check", [books.account.pk], 404), ("shen", "check", [books.account.pk], 200),
    ):  # fmt: skip
        assert page(who, name, *args).status_code == status, (who, name)
    assert reverse("funds:account", args=[books.account.pk]) not in page("qin", "allocation", allocation.pk).content.decode()  # fmt: skip


def test_every_view_draws(page, books, give, spend):
    actions.load_pay_rules()
    actions.set_budget(org=books.north_office, region=books.north, year=2026, source=books.fiscal,
                       name="阵地", amount_fen=100, for_base=True, by=again(books.liu), at=NOON)  # fmt: skip
    allocation = give(payables=[(date(2026, 2, 1), 300_000)])
    line = spend(allocation, 100_000)
    actions.freeze(account=books.account, month=date(2026, 1, 1), by=again(books.liu), at=NOON)
    actions.record_check(account=books.account, result="flawed", text="缺合同", on=date(2026, 3, 1),
                         mend_by=date(2026, 4, 1), by=again(books.shen), at=NOON)  # fmt: skip
    pk = books.account.pk
    for name, args in (
        *((n, []) for n in ("home", "new", "allocations", "overdue", "orders", "checks", "budget", "sources")),
        *((n, [pk]) for n in ("account", "receive", "allocate", "freeze", "close")),
        ("allocation", [allocation.pk]), ("pay", [allocation.pk]), ("payable", [allocation.pk]),
        ("reverse", [line.pk]), ("proof", [line.pk]),
    ):  # fmt: skip
        assert page("liu", name, *args).status_code == 200, name
    for name in ("new-source", "rule"):
        assert page("gao", name).status_code == 200
    assert "2,000.00" in page("shen", "overdue").content.decode()
    assert "缺凭证" in page("liu", "allocation", allocation.pk).content.decode()


@pytest.mark.mission("S1.46")
def test_money_is_received_given_and_paid_on_the_pages(page, books):
    pk = books.account.pk
    given = {
        "source": books.dues.pk,
        "amount": "1234.56",
        "on": "2026-02-01",
        "payer": "区委组织部",
        "key": "k1",
    }
    assert page("liu", "receive", pk, post=given).status_code == 302
    page("liu", "receive", pk, post=given)  # pressed twice
    assert Account.objects.get(pk=pk).balance_fen == 1_123_456
    given = {"source": books.dues.pk, "amount": "1000", "purpose": "村级阵地", "region": books.pine.pk,
             "due_on": "2026-02-15", "key": "k2"}  # fmt: skip
    page("liu", "allocate", pk, post=given)
    allocation = Allocation.objects.get()
    assert (allocation.amount_fen, allocation.region, allocation.payables.count()) == (
        100_000,
        books.pine,
        1,
    )
    answer = page(
        "liu",
        "pay",
        allocation.pk,
        post={"amount": "2000", "payee": "甲", "on": "2026-02-20", "key": "k3"},
    )
    assert answer.status_code == 409
    assert "1,000.00" in answer.content.decode()
    page(
        "liu",
        "pay",
        allocation.pk,
        post={"amount": "400.01", "payee": "甲", "on": "2026-02-20", "key": "k4"},
    )
    assert Line.objects.get(kind="pay").amount_fen == -40_001
    PayRule.objects.create(threshold_fen=100, effective_from=date(2026, 1, 1))
    page(
        "liu",
        "pay",
        allocation.pk,
        post={"amount": "500", "payee": "甲", "on": "2026-02-20", "key": "k5"},
    )
    order = PayOrder.objects.get()
    assert page("liu", "decide", order.pk, post={"approve": "yes"}).status_code == 404
    page("bai", "decide", order.pk, post={"approve": "yes"})
    assert Account.objects.get(pk=pk).balance_fen == 1_123_456 - 90_001


@pytest.mark.mission("S0.77")
def test_a_subject_shows_what_it_got_to_who_may_see_it(page, books, give):
    allocation = give(to=("village_project", "12", "羊角村大棚", "/economy/projects/12/"))
    words = "?kind=village_project&id=12"
    assert allocation.number in page("liu", "of", words=words).content.decode()
    for who in ("wu", "yue", "sun"):
        assert page(who, "of", words=words).content == b""
    assert page("liu", "of", words="?kind=&id=").content == b""


@pytest.mark.mission("S4.72", "S4.17")
def test_the_budget_says_how_much_reaches_the_base(page, books, give):
    for name, fen, base in (("阵地", 600, True), ("机关", 400, False)):
        actions.set_budget(org=books.north_office, region=books.north, year=2026, source=books.fiscal,
                           name=name, amount_fen=fen, for_base=base, by=again(books.liu), at=NOON)  # fmt: skip
    give(300)
    give(100, region=books.north)
    seen = page("liu", "budget", words="?year=2026").context["of_year"]
    assert (seen.planned_share, seen.given_share) == (60, 75)
    assert page("wu", "budget", words="?year=2026").status_code == 404


@pytest.mark.mission("S1.47")
def test_the_sheet_of_a_ledger_adds_up(page, books, give, spend):
    import io

    import openpyxl

    line = spend(give(), 12_345)
    actions.reverse(line=line, reason="写错", by=again(books.liu), at=NOON)
    spend(give(), 20_001)
    book = openpyxl.load_workbook(io.BytesIO(page("shen", "ledger", books.account.pk).content))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[-1][7:10] == (10_000, 200.01, 9799.99)
    assert round(sum(row[8] or 0 for row in rows[1:-1]), 2) == 200.01
    assert page("yue", "ledger", books.account.pk).status_code == 404


def test_lists_cost_few_queries_however_long(page, books, give, spend):
    for n in range(12):
        spend(give(1000 + n, payables=[(date(2026, 1, 15) + timedelta(days=n), 1000)]), 10)
    page("liu", "home")
    for name, args, most in (
        ("home", [], 8), ("account", [books.account.pk], 8), ("allocations", [], 8),
        ("allocation", [Allocation.objects.first().pk], 8), ("overdue", [], 8), ("orders", [], 8),
        ("checks", [], 8), ("budget", [], 8), ("sources", [], 8),
    ):  # fmt: skip
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert page("liu", name, *args).status_code == 200
        asked = [
            q["sql"]
            for q in caught
            if q["sql"].lstrip().startswith("SELECT") and "django_session" not in q["sql"]
        ]
        assert len(asked) <= most, (name, asked)


@pytest.fixture
def site(books):
    """The centre of Pine, which the street's people see."""
    from tongxin.places.models import Centre

    return Centre.objects.create(
        code="C-1", kind="community", name="松社区党群服务中心", region=books.pine, at=NOON
    )


def test_what_money_is_for_is_searched_and_chosen(page, books, site):
    pk, key = books.account.pk, f"centre:{site.pk}"
    filled = {"source": books.dues.pk, "amount": "1000", "purpose": "粉刷", "region": books.pine.pk,
              "key": "k9"}  # fmt: skip
    found = page("liu", "subjects", words="?about=松+服务").content.decode()
    assert key in found and "松社区党群服务中心" in found
    assert "没有查到" in page("liu", "subjects", words="?about=松+没有的").content.decode()
    # without a script 查找 draws the page again: nothing is written, nothing filled in is lost
    again_drawn = page("liu", "allocate", pk, post=filled | {"about": "松社区", "find": "1"})
    words = again_drawn.content.decode()
    assert (again_drawn.status_code, key in words, "粉刷" in words) == (200, True, True)
    refused = page("liu", "allocate", pk, post=filled | {"about": "松社区"})
    assert refused.status_code == 422 and "请从查到的对象中选一项" in refused.content.decode()
    unseen = page("liu", "allocate", pk, post=filled | {"about": "", "to": "centre:999999"})
    assert unseen.status_code == 422 and "请重新查找" in unseen.content.decode()
    assert not Allocation.objects.exists()
    assert page("liu", "allocate", pk, post=filled | {"about": "松", "to": key}).status_code == 302
    made = Allocation.objects.get()
    assert (made.subject_kind, made.subject_id, made.subject_label, made.subject_url) == (
        "centre", str(site.pk), "松社区党群服务中心", f"/places/{site.pk}/",
    )  # fmt: skip
    assert made.number in page("liu", "of", words=f"?kind=centre&id={site.pk}").content.decode()


def test_subjects_are_offered_to_who_keeps_books_and_only_what_they_see(page, books, site):
    from tongxin.funds import gates

    assert page("shen", "subjects", words="?about=松").status_code == 404
    assert [one.label for one in gates.found(again(books.liu), "松社区")] == ["松社区党群服务中心"]
    assert gates.found(again(books.yue), "松社区") == []
    assert gates.chosen(again(books.yue), f"centre:{site.pk}") is None
    for wrong in ("centre:x", "key_task:1", "nothing:1", "centre:", ""):
        assert gates.chosen(again(books.liu), wrong) is None
    page("liu", "subjects")
    with CaptureQueriesContext(connection) as caught:
        page("liu", "subjects", words="?about=松")
    asked = [q for q in caught if "SAVEPOINT" not in q["sql"] and "django_session" not in q["sql"]]
    assert len(asked) <= 8, asked
