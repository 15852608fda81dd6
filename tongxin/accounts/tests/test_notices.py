import pytest

from tongxin.accounts import actions, queries
from tongxin.accounts.models import Delivery, Notice
from tongxin.kit.errors import BadCursor

pytestmark = pytest.mark.django_db


def tell(users, at, key="k1", **words):
    what = {"title": "订单已派给王海生", "text": "今天 16:00 前上门", "url": "/c/1", **words}
    actions.tell(users=users, key=key, at=at, **what)


class TestTelling:
    def test_each_is_told_once(self, sun, fang, at):
        tell([sun, fang, sun], at)
        tell([sun], at)
        assert Notice.objects.count() == 2
        assert queries.unread_count(sun) == 1
        tell([sun], at, key="k2")
        assert queries.unread_count(sun) == 2

    def test_nobody_is_told_nothing(self, sun, at):
        tell([], at)
        assert not Notice.objects.exists()

    def test_many_are_told_in_two_inserts(self, sun, fang, root, at, django_assert_max_num_queries):
        for user in (sun, fang, root):
            user.channels, user.email = "inbox email sms", "a@example.com"
        with django_assert_max_num_queries(4):  # two inserts and the savepoint around them
            tell([sun, fang, root], at)
        assert Delivery.objects.count() == 4  # only one of them has a phone

    @pytest.mark.mission("S4.43")
    def test_only_by_the_channels_chosen(self, sun, at):
        tell([sun], at)
        assert not Delivery.objects.exists()
        sun.channels = "inbox sms email"
        tell([sun], at, key="k2")
        assert [row.channel for row in Delivery.objects.all()] == ["sms"]  # no e-mail address
        tell([sun], at, key="k2")
        assert Delivery.objects.count() == 1

    def test_long_words_are_clipped(self, sun, at):
        tell([sun], at, title="长" * 200, text="长" * 500)
        notice = Notice.objects.get()
        assert (len(notice.title), notice.title[-1]) == (120, "…")
        assert len(notice.text) == 300


class TestInbox:
    @pytest.fixture(autouse=True)
    def _notices(self, sun, at):
        for n in range(25):
            tell([sun], at, key=f"k{n}", title=f"第 {n} 条")

    def test_pages_follow_each_other(self, sun):
        first, cursor = queries.inbox(sun)
        second, end = queries.inbox(sun, cursor)
        assert [notice.title for notice in first] == [f"第 {n} 条" for n in range(24, 4, -1)]
        assert [notice.title for notice in second] == [f"第 {n} 条" for n in range(4, -1, -1)]
        assert end == ""

    @pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "٣", "9" * 30])
    def test_a_made_up_cursor_is_refused(self, sun, cursor):
        with pytest.raises(BadCursor, match="第一页"):
            queries.inbox(sun, cursor)

    def test_reading_counts_once(self, sun, at):
        notice = Notice.objects.first()
        actions.read_notice(notice=notice, at=at)
        actions.read_notice(notice=notice, at=at.replace(hour=9))
        assert Notice.objects.get(pk=notice.pk).read_at == at
        assert queries.unread_count(sun) == 24

    def test_reading_all(self, sun, fang, at):
        tell([fang], at)
        assert actions.read_all(user=sun, at=at) == 25
        assert queries.unread_count(sun) == 0
        assert queries.unread_count(fang) == 1
