"""Messages of other systems, filed on the named world's land."""

from datetime import timedelta
from io import BytesIO

import pytest

from tongxin.cases.models import Case, Event, Topic
from tongxin.kit.tables import TableTooLarge, UnreadableTable, read_table, write_xlsx
from tongxin.regions.queries import get_land
from tongxin.requests.guessing import Guesser
from tongxin.requests.importing import SAMPLE_MESSAGES, import_messages
from tongxin.requests.messages import NoSuchColumn, read_messages
from tongxin.requests.models import ServiceRequest
from tongxin.testing import NOON

HEAD = "message_id,user_id,created_at,likes,dislikes,topic,detail\n"
GOOD = HEAD + (
    "1,A1,2026-02-28 11:25:05,3,0,水管漏水,厨房水管漏水流到楼下\n"
    "2,A2,2026/3/1 8:05,0,0,A3区路灯不亮,A3区东风路上的路灯坏了一个月\n"
)


def run(world, text: str | bytes, **options):
    data = text if isinstance(text, bytes) else text.encode()
    home = get_land(world.tong.code)
    return import_messages(**{"data": data, "name": "信.csv", "at": NOON, "home": home} | options)


class TestImport:
    def test_it_files_each_message_with_its_own_time(self, world):
        report = run(world, GOOD)
        assert (report.filed, report.known, report.refused) == (2, 0, [])
        first = Case.objects.select_related("request").earliest("opened_at")
        assert first.title == "水管漏水"
        assert first.opened_at.isoformat() == "2026-02-28T03:25:05+00:00"
        assert (first.request.likes, first.request.channel) == (3, "import")
        assert first.number == "120116-20260228-0001"
        assert first.due_at > first.opened_at

    def test_it_is_safe_to_run_twice(self, world):
        run(world, GOOD)
        report = run(world, GOOD, name="改了名.csv")
        assert (report.filed, report.known) == (0, 2)
        assert Case.objects.count() == 2

    def test_a_row_that_stands_twice_in_the_file_is_filed_once(self, world):
        report = run(world, GOOD + GOOD.removeprefix(HEAD))
        assert (report.filed, report.known) == (2, 2)

    def test_a_dry_run_says_the_same_and_writes_nothing(self, world):
        bad = GOOD + "3,A3,昨天,0,0,没有时间,内容\n"
        dry = run(world, bad, dry_run=True)
        assert Case.objects.count() == ServiceRequest.objects.count() == 0
        assert dry == run(world, bad)
        assert (dry.filed, len(dry.refused)) == (2, 1)

    def test_what_web_pages_leave_behind_is_dropped(self, world):
        run(world, HEAD + "1,A,2026-02-01 10:00,0,0,在A市\u200b办证,需要\u200b什么\n")
        assert Case.objects.get().title == "在A市办证"

    def test_it_stops_at_the_limit(self, world):
        assert run(world, GOOD, limit=1).filed == 1

    def test_history_is_not_news(self, world):
        run(world, GOOD)
        assert Event.objects.filter(settled_at=None).count() == 0
        run(world, HEAD + f"9,A,{NOON - timedelta(hours=1)},0,0,刚刚,刚刚发生的事\n")
        assert Event.objects.filter(settled_at=None).count() == 1

    def test_it_tells_how_far_it_is(self, world):
        heard = []
        rows = "".join(f"{n},A,2026-02-01 10:00,0,0,标题,内容{n}\n" for n in range(50))
        run(world, HEAD + rows, progress=lambda *told: heard.append(told))
        assert heard == [(20, 50), (40, 50)]


class TestBrokenRows:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (
                "1,A,2026-13-01 10:00,0,0,标题,内容",
                "“created_at”：“2026-13-01 10:00”不是时间",
            ),
            ("1,A,,0,0,标题,内容", "没有时间"),
            ("1,A,2030-01-01 10:00,0,0,标题,内容", "时间在将来"),
            ("1,A,2026-02-01 10:00,0,0,,", "“detail”：内容是空的"),
            ("1,A,2026-02-01 10:00,0,0,标题," + "长" * 10_001, "最多 10000 个字"),
            ("1,A,2026-02-01 10:00,0,0,标题,内\x07容", "看不见的特殊字符"),
            ("1,A,2026-02-01 10:00,很多,0,标题,内容", "“likes”：应是整数"),
            ("1,A,2026-02-01 10:00,0,0,标题,内容,多一格", "“H 列”"),
        ],
    )
    def test_each_is_told_and_the_others_are_filed(self, world, row, reason):
        report = run(world, f"{HEAD}{row}\n2,B,2026-02-01 11:00,0,0,好的,好的一行\n")
        assert report.filed == 1
        (refused,) = report.refused
        assert refused.line == 2
        assert reason in refused.reason

    def test_the_report_can_be_read_as_a_sheet(self, world, tmp_path):
        report = run(world, HEAD + "1,A,不知道,0,0,标题,内容\n")
        report.write(tmp_path / "报告.xlsx")
        table = read_table(tmp_path / "报告.xlsx", name="报告.xlsx")
        assert table.header == ["行号", "未导入的原因", "内容摘要"]
        assert next(table.rows)[1]["行号"] == 2

    @pytest.mark.parametrize("data", [b"\0\1\2", GOOD.encode() + b'3,"x'])
    def test_a_file_that_is_no_table_changes_nothing(self, world, data):
        with pytest.raises(UnreadableTable):
            run(world, data)
        assert Case.objects.count() == 0

    def test_too_many_rows_are_refused(self, world):
        with pytest.raises(TableTooLarge):
            run(world, b"x" * (51 * 1024 * 1024))


class TestMapping:
    def test_columns_of_other_names_can_be_named(self, world):
        text = "when,what\n2026年3月1日 9时5分,厨房漏水\n"
        report = run(world, text, mapping={"when": "at", "what": "text"})
        assert report.filed == 1
        assert Case.objects.get().opened_at.isoformat() == "2026-03-01T01:05:00+00:00"

    def test_common_chinese_names_are_known(self, world):
        run(
            world,
            "留言时间,标题,内容,所属街道,社区,经度,纬度\n2026-03-01 09:05,漏水,漏了,北塘街道,苇社区,,\n",
        )
        assert Case.objects.get().region == world.reed

    @pytest.mark.parametrize(
        ("mapping", "sentence"),
        [
            ({"没有": "at"}, "文件里没有这些列：没有"),
            ({"when": "hour"}, "不认识的字段：hour"),
            ({"when": "at"}, "看不出哪一列是：text"),
        ],
    )
    def test_a_wrong_mapping_is_refused(self, world, mapping, sentence):
        with pytest.raises(NoSuchColumn) as caught:
            run(world, "when,what\n2026-03-01 09:05,漏水\n", mapping=mapping)
        assert sentence in caught.value.message

    def test_a_spreadsheet_is_read_as_well(self, world):
        out = BytesIO()
        write_xlsx(out, ["时间", "内容", "事项代码"], [[NOON, "漏水", "0101"]])
        assert run(world, out.getvalue()).filed == 1
        assert Case.objects.get().topic == world.tap


class TestPlaces:
    HEAD = "时间,内容,区域代码,街道,社区,经度,纬度\n"

    @pytest.mark.parametrize(
        ("where", "region"),
        [
            (",,,,", "tong"),
            ("120116001001,,,,", "pine"),
            ("120116001000,,,,", "north"),
            (",南港街道,,,", "south"),
            (",北塘街道,松社区,,", "pine"),
            (",,,117.55,39.25", "p1"),
        ],
    )
    def test_a_row_says_where_it_lies(self, world, where, region):
        run(world, f"{self.HEAD}2026-03-01 09:05,漏水,{where}\n")
        assert Case.objects.get().region == getattr(world, region)

    @pytest.mark.parametrize(
        ("where", "reason"),
        [
            ("999999,,,,", "没有代码为“999999”的区域"),
            (",,没有社区,,", "没有叫“没有社区”的地方"),
            (",,,100.0,20.0", "不在服务范围内"),
            (",,,东经,39", "不是经纬度"),
        ],
    )
    def test_a_place_that_is_none_is_refused(self, world, where, reason):
        report = run(world, f"{self.HEAD}2026-03-01 09:05,漏水,{where}\n")
        assert reason in report.refused[0].reason
        assert not Case.objects.exists()

    def test_messages_without_a_place_are_spread_the_same_way_every_time(self, world):
        rows = "".join(f"{n},A,2026-02-01 10:00,0,0,A3区第{n}件,{n}号路灯不亮\n" for n in range(20))
        report = run(world, HEAD + rows, spread_over=True)
        assert report.placed == 20
        first = list(Case.objects.order_by("title").values_list("region", "lng", "lat"))
        assert {world.pine.pk, world.reed.pk, world.salt.pk} >= {region for region, *_ in first}
        assert len({region for region, *_ in first}) > 1
        Event.objects.all().delete()
        ServiceRequest.objects.all().delete()
        Case.objects.all().delete()
        run(world, HEAD + rows, spread_over=True)
        assert list(Case.objects.order_by("title").values_list("region", "lng", "lat")) == first


class TestGuesses:
    LIGHT = Topic(pk=1, code="1", name="路灯不亮", keywords="路灯 灯杆 太黑")
    WATER = Topic(pk=2, code="2", name="水管维修", keywords="水管 漏水 水龙头")

    @pytest.mark.parametrize(
        ("title", "text", "topic"),
        [
            ("路灯坏了", "晚上太黑", LIGHT),
            ("厨房", "水管漏水，水龙头也松了", WATER),
            ("", "灯杆", None),
            ("路灯和水管", "", None),
            ("今天天气好", "没什么事", None),
        ],
    )
    def test_words_decide_and_doubt_is_none(self, title, text, topic):
        assert Guesser([self.LIGHT, self.WATER]).guess(title, text) == topic

    def test_an_imported_message_gets_its_topic(self, world):
        Topic.objects.filter(pk=world.tap.pk).update(keywords="水管 漏水")
        report = run(world, GOOD)
        assert report.guessed == 1
        assert Case.objects.filter(topic=world.tap).count() == 1


def test_the_sample_of_our_own_can_be_read():
    rows = list(read_messages(SAMPLE_MESSAGES.read_bytes(), name="sample"))
    assert len(rows) >= 400
    assert not [row for row in rows if isinstance(row, tuple)]
