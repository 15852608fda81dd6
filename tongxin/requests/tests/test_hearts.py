"""五心服务: each class of service is counted, and every figure leads to the cases it counts."""

import re
from datetime import date, timedelta
from html import unescape
from statistics import median

import pytest
from django.urls import reverse

from tongxin.cases.actions import change_topic, count_cases, make_move
from tongxin.cases.figures import stats
from tongxin.cases.models import Case, Event
from tongxin.orgs.models import Post
from tongxin.requests.actions import file_request
from tongxin.requests.hearts import hearts
from tongxin.testing import NOON

DAYS = {"since": date(2026, 2, 20), "until": date(2026, 3, 5)}
WORDS = "since=2026-02-20&until=2026-03-05"
HOUR = timedelta(hours=1)


def ask(world, topic, region, hours=0, **more):
    at = NOON - timedelta(days=3) + hours * HOUR
    return file_request(
        text="请帮忙", topic=topic, region=region, at=at, actor=more.pop("actor", world.sun), **more
    )


def serve(world, case, hours, stars=None):
    """Bring an errand to its end so many hours after it was asked for."""
    at = case.opened_at
    make_move(case, "dispatch", at=at, actor=world.zhang, holder=world.wang)
    make_move(case, "accept", at=at, actor=world.wang)
    make_move(case, "finish", at=at + hours * HOUR, actor=world.wang, note="办好了", minutes=5)
    if stars:
        make_move(case, "rate", at=at + (hours + 40) * HOUR, actor=world.sun, stars=stars)


@pytest.fixture
def lived(world):
    """Of 暖民心 five errands in Pine, four of them done, one late; 顺民心 in Pine, Reed and Salt; three of none."""
    change_topic(topic=world.errand, by=world.ann, at=NOON, service_class="warm")
    change_topic(topic=world.tap, by=world.ann, at=NOON, service_class="ease")
    for hours, stars in ((1, 5), (2, 4), (5, None), (9, 2)):
        serve(world, ask(world, world.errand, world.p1), hours, stars)
    late = Case.objects.filter(topic=world.errand, kind="request").order_by("-id")[:1].values("pk")
    Case.objects.filter(pk__in=late).update(is_late=True, is_counted=False)
    ask(world, world.errand, world.p2)
    for place in (world.p2, world.reed, world.salt):
        ask(world, world.tap, place)
    for place in (world.p1, world.reed):
        ask(world, world.pothole, place)
    ask(world, world.tap, world.p1, hours=-24 * 60)  # before the period
    return world


def figures(region, **words):
    from tongxin.regions.queries import get_land

    return hearts(get_land(region.code), **DAYS | words)


@pytest.mark.mission("S4.29")
class TestFigures:
    def test_each_class_is_counted(self, lived):
        of = {row.code: row for row in figures(lived.north).rows}
        assert [*of] == ["know", "ease", "warm", "calm", "gather", "none"]
        warm = of["warm"]
        assert (warm.asked, warm.done, warm.on_time, warm.rated, warm.mean) == (5, 4, 3, 3, 3.7)
        assert (warm.share, warm.punctual, warm.hours) == (55.6, 75.0, 3.5)
        assert (of["ease"].asked, of["ease"].done, of["ease"].hours) == (2, 0, None)
        assert (of["none"].asked, of["none"].share, of["know"].asked) == (2, 22.2, 0)

    @pytest.mark.parametrize("counted", [False, True], ids=["as it stands", "all counted"])
    def test_the_classes_and_what_has_none_sum_to_the_figures_there_are(self, lived, counted):
        while counted and count_cases():
            pass
        for region in (lived.tong, lived.north, lived.pine):
            found = figures(region)
            total = stats(path=region.path, **DAYS, kind="request")["total"]
            assert total > 0
            assert sum(row.asked for row in found.rows) == found.whole.asked == total
        by_class = {row.code: row.asked for row in figures(lived.tong).rows}
        streets = {one.land.code: one.asked for one in figures(lived.tong).places}
        assert streets[lived.north.code] == {"warm": 5, "ease": 2, "": 2}
        assert streets[lived.south.code] == {"ease": 1}
        assert by_class == {"know": 0, "ease": 3, "warm": 5, "calm": 0, "gather": 0, "none": 2}
        above = figures(lived.tong.parent)
        assert above.whole.asked == figures(lived.tong).whole.asked

    def test_the_sum_has_the_median_of_all(self, lived):
        """Recounted out of the events, with what another class took besides."""
        change_topic(topic=lived.pothole, by=lived.ann, at=NOON, service_class="")
        serve(lived, ask(lived, None, lived.p1), 30)
        Case.objects.filter(topic=None).update(step="verified")
        whole = figures(lived.north).whole
        took = [
            (end.at - end.case.opened_at) / HOUR
            for end in Event.objects.filter(name="finish").select_related("case")
        ]
        assert (whole.done, whole.hours) == (5, median(took))

    def test_a_kind_alone(self, lived):
        assert figures(lived.north, kind="wish").whole.asked == 0
        assert figures(lived.north, kind="request").whole.asked == 9


def links(page):
    """Return the addresses of lists of cases, each with the figure it stands on."""
    found = re.findall(r'<a href="(/desk/\?[^"]+)">(?:<span[^>]*>[^<]*</span>)?([\d.]+)<', page)
    return {unescape(url): float(n) for url, n in found}


@pytest.mark.mission("S4.29")
class TestPage:
    def get(self, client, user, region="120116001", words=WORDS):
        client.force_login(user)
        return client.get(f"{reverse('requests:hearts')}?region={region}&{words}")

    def test_every_figure_leads_to_its_cases(self, client, lived):
        page = self.get(client, lived.liu).content.decode()
        for words in ("知民心", "未归类", "55.6%", "3.5 小时", "松社区", "苇社区", "样例"):
            assert words in page
        found = links(page)
        for url, n in found.items():
            if "came=rated" in url and n == 3.7:
                continue  # the mean leads to who rated
            listed = client.get(url).content.decode().count("data-row=")
            if "came=on_time" in url and n == 75.0:
                assert listed == 3
            elif "came" in url or "heart" in url:
                assert listed == n, url
        assert len([url for url in found if "heart=warm" in url]) >= 4

    def test_eight_statements_however_many_cases(
        self, client, lived, django_assert_max_num_queries
    ):
        client.force_login(lived.gao)
        with django_assert_max_num_queries(8):
            assert self.ask_district(client).status_code == 200

    def ask_district(self, client):
        return client.get(f"{reverse('requests:hearts')}?region=120116&{WORDS}")

    def test_who_leads_reads_it_and_nobody_else(self, client, lived):
        lead = lived.person("lei", "雷强", lived.north_office, "leader")
        assert self.get(client, lead).status_code == 200
        for user in (lived.sun, lived.zhang, lived.wu, lived.wang):
            assert self.get(client, user).status_code == 404
        assert self.get(client, lived.liu, region="120116002").status_code == 404
        assert self.get(client, lived.liu, region="9999").status_code == 404

    def test_nothing_asked_is_said(self, client, lived):
        page = self.get(client, lived.liu, words="since=2020-01-01&until=2020-01-31")
        assert "这段时间没有人提出服务" in page.content.decode()

    def test_those_who_lead_find_it(self, client, lived):
        client.force_login(lived.liu)
        assert reverse("requests:hearts") in client.get("/street/").content.decode()


@pytest.mark.mission("S4.29")
class TestRest:
    URL = f"/service-classes/figures?region=120116001&{WORDS}"

    def test_the_same_figures(self, lived, api):
        told = api("liu", "GET", self.URL).json()
        warm = next(row for row in told["classes"] if row["code"] == "warm")
        assert warm == {
            "code": "warm", "name": "暖民心", "asked": 5, "share": 55.6, "done": 4, "on_time": 3,
            "median_hours": 3.5, "rated": 3, "mean_stars": 3.7,
        }  # fmt: skip
        assert (told["total"]["asked"], told["classes"][-1]["code"]) == (9, "none")
        assert [one["code"] for one in told["regions"]] == [lived.pine.code, lived.reed.code]
        assert told["regions"][0]["asked"] == {"warm": 5, "ease": 1, "none": 1}

    def test_refusals(self, lived, api):
        assert api("sun", "GET", self.URL).status_code == 404
        assert api("", "GET", self.URL).status_code == 401
        turned = self.URL.replace("2026-02-20", "2026-03-06")
        assert api("liu", "GET", turned).status_code == 422
        assert api("liu", "GET", f"{self.URL}&kind=chore").status_code == 422
        assert Post.objects.filter(user=lived.sun).count() == 0
