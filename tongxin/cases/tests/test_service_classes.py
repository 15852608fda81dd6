"""五心服务: the classes are data, a topic carries one, the sheet and the form know them."""

from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse

from tongxin.accounts.models import AuditEntry
from tongxin.cases.actions import change_topic, keep_sample, word_class
from tongxin.cases.actions.catalogue import BadTopic
from tongxin.cases.actions.service_classes import BadServiceClass
from tongxin.cases.models import ServiceClass, Topic
from tongxin.cases.queries import classes_on, forget_topics
from tongxin.cases.spreadsheet import BadRows, read_catalogue
from tongxin.cases.topics import history_of
from tongxin.testing import NOON

from .test_spreadsheet import HEADER, ROW, exported, sheet

FIVE = ["知民心", "顺民心", "暖民心", "安民心", "聚民心"]


def wording(**changed) -> ServiceClass:
    given = {
        "code": "warm", "name": "暖心", "order": 3, "effective_from": date(2026, 7, 1),
        "source": "区委文件第三条",
    }  # fmt: skip
    return ServiceClass(**given | changed)


@pytest.mark.mission("S4.29")
class TestClasses:
    def test_a_house_without_any_has_the_five_of_the_sample(self, world):
        assert [one.name for one in classes_on()] == FIVE
        assert keep_sample() == 5
        assert [one.name for one in classes_on()] == FIVE
        assert all(one.is_sample for one in ServiceClass.objects.all())
        assert keep_sample() == 0

    def test_a_wording_counts_from_its_day_on(self, world):
        word_class(wording=wording(), by=world.ann, at=NOON)
        before, after = classes_on(date(2026, 6, 30)), classes_on(date(2026, 7, 1))
        assert [one.name for one in before] == FIVE
        assert [one.name for one in after] == [*FIVE[:2], "暖心", *FIVE[3:]]
        assert AuditEntry.objects.get(action="service_class.word").object == "warm"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"code": "暖"}, "code"),
            ({"code": "none"}, "code"),
            ({"name": " "}, "name"),
            ({"name": "知民心"}, "name"),
            ({"source": ""}, "source"),
            ({"order": 0}, "order"),
            ({"effective_from": date(2020, 1, 1)}, "effective_from"),
        ],
    )
    def test_one_that_cannot_stand_is_refused(self, world, changed, field):
        keep_sample()
        with pytest.raises(BadServiceClass) as refusal, transaction.atomic():
            word_class(wording=wording(**changed), by=world.ann, at=NOON)
        assert refusal.value.field == field
        assert ServiceClass.objects.count() == 5

    def test_the_administrator_adds_one_and_changes_none(self, client, world):
        client.force_login(world.ann)
        keep_sample()
        page = reverse("admin:cases_serviceclass_add")
        given = {
            "code": "warm", "name": "知民心", "text": "", "order": "3",
            "effective_from": "2026-07-01", "source": "区委文件第三条",
        }  # fmt: skip
        assert "已有一类叫" in client.post(page, given).content.decode()
        assert client.post(page, given | {"name": "暖心"}).status_code == 302
        made = ServiceClass.objects.get(name="暖心")
        client.post(reverse("admin:cases_serviceclass_change", args=[made.pk]), {"name": "冷"})
        made.refresh_from_db()
        assert made.name == "暖心"


@pytest.mark.mission("S4.29")
class TestTopics:
    def test_the_sheet_carries_the_class_and_refuses_one_there_is_not(self, world):
        change_topic(topic=world.tap, by=world.ann, at=NOON, service_class="ease")
        rows = {row["item_code"]: row for row in read_catalogue(exported(), "目录.xlsx")}
        assert (rows["0101"]["service_class"], rows["0102"]["service_class"]) == ("ease", "")
        header = [*HEADER, "五心服务"]
        (read,) = read_catalogue(sheet([*ROW, "安民心"], header=header), "目录.xlsx")
        assert read["service_class"] == "calm"
        with pytest.raises(BadRows, match="第 2 行“五心服务”：只能是：.*知民心、顺民心"):
            read_catalogue(sheet([*ROW, "开心"], header=header), "目录.xlsx")

    def test_a_class_there_is_not_is_refused_and_a_new_one_can_be_had(self, world):
        with pytest.raises(BadTopic) as refusal:
            change_topic(topic=world.tap, by=world.ann, at=NOON, service_class="glad")
        assert refusal.value.field == "service_class"
        assert Topic.objects.get(pk=world.tap.pk).service_class == ""
        word_class(wording=wording(code="glad", name="悦民心", order=6), by=world.ann, at=NOON)
        forget_topics()
        change_topic(topic=world.tap, by=world.ann, at=NOON, service_class="glad")
        assert Topic.objects.get(pk=world.tap.pk).service_class == "glad"

    def test_its_history_says_it_in_words(self, world):
        for one in ("ease", "calm"):
            change_topic(topic=world.tap, by=world.ann, at=NOON, service_class=one)
        assert history_of(world.tap)[0].changes == [("五心服务", "顺民心", "安民心")]
