"""One case, its timeline, its photos, the catalogue and the figures, over HTTP."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image

from tongxin.cases.actions import keep_evidence, make_move, open_case
from tongxin.cases.models import Case, Evidence
from tongxin.kit.chain import GENESIS
from tongxin.testing import NOON

from . import flows  # noqa: F401  registers the chore


def photo_with_place() -> bytes:
    """A photo whose EXIF says where and with what it was taken."""
    buffer = BytesIO()
    picture = Image.new("RGB", (64, 48), "teal")
    exif = picture.getexif()
    exif[0x010F], exif[0x0110] = "Huawei", "P60"
    exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 15.0, 0.0), 3: "E", 4: (117.0, 33.0, 0.0)})
    picture.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.fixture
def chore(world) -> Case:
    return open_case(
        kind="chore", title="扫雪", text="门口", region=world.p1, at=NOON, actor=world.sun,
        reporter=world.sun, lng=117.55, lat=39.25,
    )  # fmt: skip


@pytest.fixture
def photo(world, chore) -> Evidence:
    return keep_evidence(
        case=chore, data=photo_with_place(), kind="photo", actor=world.sun, at=NOON
    )


class TestOneCase:
    def test_by_id_and_by_number(self, api, chore):
        by_id = api("zhang", "GET", f"/cases/{chore.pk}").json()
        by_number = api("zhang", "GET", f"/cases/{chore.number}").json()
        assert by_id["id"] == by_number["id"] == str(chore.pk)
        assert by_id["region"]["name"].endswith("第一网格")

    def test_the_clock_explains_itself(self, api, chore):
        clock = api("zhang", "GET", f"/cases/{chore.pk}").json()["clock"]
        assert clock["norm"] == "2wh"
        assert "2 工作时" in clock["sentence"]
        assert clock["left"]

    def test_children_are_those_the_caller_sees(self, api, world, chore):
        for private in (False, True):
            open_case(
                kind="chore", title="铲", region=world.p1, at=NOON, parent=chore, is_private=private
            )
        assert len(api("zhang", "GET", f"/cases/{chore.pk}").json()["children"]) == 2
        assert len(api("mei", "GET", f"/cases/{chore.pk}").json()["children"]) == 1
        assert api("sun", "GET", f"/cases/{chore.pk}").json()["children"] == []

    def test_a_stranger_in_the_hall_reads_masked_names_and_no_timeline(self, api, world, chore):
        Case.objects.filter(pk=chore.pk).update(step="open", kind="request")
        Case.objects.filter(pk=chore.pk).update(step="hall")
        assert api("wang", "GET", f"/cases/{chore.pk}").json()["reporter"]["name"] == "孙*姨"
        assert api("zhang", "GET", f"/cases/{chore.pk}").json()["reporter"]["name"] == "孙阿姨"
        refused = api("wang", "GET", f"/cases/{chore.pk}/events")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")

    def test_it_costs_few_statements(self, api, chore, photo, django_assert_max_num_queries):
        api("zhang", "GET", f"/cases/{chore.pk}")
        with django_assert_max_num_queries(5):
            api("zhang", "GET", f"/cases/{chore.pk}")


class TestTimeline:
    @pytest.fixture
    def moved(self, world, chore) -> Case:
        hour = timedelta(hours=1)
        make_move(chore, "take", at=NOON + hour, actor=world.mei)
        make_move(chore, "close", at=NOON + 5 * hour, actor=world.mei, note="扫完了")
        return chore

    def test_each_event_is_chained_to_the_one_before(self, api, moved):
        events = api("sun", "GET", f"/cases/{moved.pk}/events").json()["items"]
        assert [one["move"] for one in events] == ["open", "take", "close"]
        assert [one["prev"] for one in events] == [GENESIS, events[0]["hash"], events[1]["hash"]]
        assert events[2]["actor"]["name"] == "梅雪"
        assert events[2]["note"] == "扫完了"

    def test_it_says_how_much_working_time_went_by(self, api, moved):
        events = api("sun", "GET", f"/cases/{moved.pk}/events").json()["items"]
        # From 10:00 to 11:00, and from 11:00 to 15:00 with the lunch of 12:00 to 14:00 between.
        assert [one["took"] for one in events] == [None, 60, 120]

    def test_it_comes_in_pages(self, api, moved, monkeypatch):
        monkeypatch.setattr("tongxin.cases.rest.cases.EVENTS_A_PAGE", 2)
        first = api("sun", "GET", f"/cases/{moved.pk}/events").json()
        assert [one["seq"] for one in first["items"]] == [1, 2]
        last = api("sun", "GET", f"/cases/{moved.pk}/events?cursor={first['next']}").json()
        assert [(one["seq"], one["took"]) for one in last["items"]] == [(3, 120)]
        assert last["next"] is None


class TestEvidence:
    @pytest.mark.parametrize("tail", ["", "/thumb"])
    def test_a_photo_is_shown_without_what_it_knew(self, api, chore, photo, tail):
        told = api("zhang", "GET", f"/cases/{chore.pk}").json()["evidence"][0]
        path = (told["thumb"] if tail else told["url"]).removeprefix("/api/v1")
        answer = api("zhang", "GET", path)
        content = b"".join(answer.streaming_content)
        assert Image.open(BytesIO(content)).getexif() == {}
        assert b"Huawei" not in content
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("inline")
        assert answer["Cache-Control"].startswith("private")

    def test_the_exif_is_kept_apart_and_never_told(self, api, chore, photo):
        assert photo.exif["camera"] == "Huawei P60"
        assert "Huawei" not in api("zhang", "GET", f"/cases/{chore.pk}").content.decode()

    def test_who_does_not_see_the_case_sees_no_photo(self, api, chore, photo):
        for who in ("wu", "ma"):
            assert api(who, "GET", f"/cases/{chore.pk}/evidence/{photo.pk}").status_code == 404
        assert api("", "GET", f"/cases/{chore.pk}/evidence/{photo.pk}").status_code == 401

    def test_a_photo_of_another_case_is_not_here(self, api, world, chore, photo):
        other = open_case(kind="chore", title="x", region=world.p1, at=NOON, reporter=world.sun)
        assert api("sun", "GET", f"/cases/{other.pk}/evidence/{photo.pk}").status_code == 404
        assert api("sun", "GET", f"/cases/{chore.pk}/evidence/{uuid4()}").status_code == 404
        assert api("sun", "GET", f"/cases/{chore.pk}/evidence/x").status_code == 422

    def test_a_file_that_is_gone_is_not_there(self, api, chore, photo):
        photo.file.delete(save=False)
        Evidence.objects.filter(pk=photo.pk).update(file="evidence/gone.jpg")
        assert api("sun", "GET", f"/cases/{chore.pk}/evidence/{photo.pk}").status_code == 404


class TestCatalogue:
    def test_active_topics_by_category(self, api, world):
        world.errand.is_active = False
        world.errand.save()
        [category] = api("", "GET", "/catalogue").json()["categories"]
        assert category["name"] == "便民维修"
        assert [topic["code"] for topic in category["topics"]] == ["0101", "0103"]
        assert category["topics"][0]["skills"] == ["水电"]
        assert category["topics"][0]["norm"] == "4wh"


class TestStats:
    PERIOD = "since=2026-03-01&until=2026-03-31"

    def test_counts_by_step_and_by_region_below(self, api, world, chore):
        open_case(kind="chore", title="x", region=world.reed, at=NOON, topic=world.tap)
        told = api("liu", "GET", f"/stats?region=120116001&{self.PERIOD}").json()
        assert (told["total"], told["open"], told["late"]) == (2, 2, 0)
        assert told["by_step"] == [{"kind": "chore", "step": "open", "label": "待领", "n": 2}]
        assert told["by_topic"] == [{"code": "0101", "name": "水管维修", "n": 1}]
        assert [(one["name"], one["total"]) for one in told["by_region"]] == [
            ("松社区", 1),
            ("苇社区", 1),
        ]

    def test_a_city_is_the_sum_of_its_districts(self, api, chore):
        assert api("gao", "GET", f"/stats?region=1201&{self.PERIOD}").json()["total"] == 1

    def test_another_period_or_kind_holds_nothing(self, api, chore):
        assert (
            api("gao", "GET", "/stats?region=120116&since=2025-01-01&until=2025-12-31").json()[
                "total"
            ]
            == 0
        )
        assert (
            api("gao", "GET", f"/stats?region=120116&{self.PERIOD}&kind=wish").json()["total"] == 0
        )

    @pytest.mark.parametrize(
        ("query", "status", "field"),
        [
            ("region=120116001001001", 422, "region"),
            ("region=999999", 404, None),
            ("", 422, "region"),
            ("region=120116&since=2026-04-01&until=2026-03-01", 422, "since"),
            ("region=120116&since=March", 422, "since"),
            ("region=120116&kind=%00", 422, None),
        ],
    )
    def test_what_cannot_be_counted_is_refused(self, api, world, query, status, field):
        answer = api("gao", "GET", f"/stats?{query}")
        assert answer.status_code == status, answer.content.decode()
        assert answer.json().get("field") == field
