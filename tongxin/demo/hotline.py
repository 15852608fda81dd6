"""The demo's hotline: a day of calls at the desk, quick answers, orders of the city's 12345."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from tongxin.accounts.models import User
from tongxin.cases.models import Topic
from tongxin.hotline import actions
from tongxin.hotline.models import Call
from tongxin.regions.models import Region

from .cast import home_of
from .replay import as_it_happens, stopped

# Who calls (numbers of nobody), what they say, the item, and what came of it.
CALLS = (
    ("13900000001", "弘泽城三号楼电梯口的灯不亮两天了，老人下楼看不清", "0401", "file"),
    ("13900010002", "水费在哪里能交，手机上怎么弄", "", "answer:A01"),
    ("", "喂？喂？", "", "drop"),
    ("13900010003", "小区门口井盖翘起来了，刚才有人差点绊倒", "0501", "file"),
    ("13900010004", "我妈八十了想办老年证，能不能代办", "", "answer:A05"),
    ("13900010005", "家里暖气不热，晚上才十六度", "0803", "file"),
    ("13900010006", "想问上个月说的那件事办得怎么样了，记不清单号", "", "later"),
    ("13900010007", "旧沙发放哪里，物业说不管", "", "answer:A07"),
    ("02266000008", "楼上漏水漏到我家厨房了", "0901", "file"),
)
ORDERS = (
    ("津12345-26-004711", "马路边路灯一排都不亮，晚上黑得很", "市政设施-路灯", 2),
    ("津12345-26-004802", "饭馆油烟对着窗户排，开不了窗", "环境保护-油烟", 5),
    ("津12345-26-004930", "公交站旁边的路面坑洼，一下雨全是水", "市政设施-道路", -1),
)


def make_hotline(district: Region, dice: Random, *, at: datetime) -> int:
    """Make what the desk of the hotline shows; return how many calls there were."""
    actions.load_answers()
    operator = User.objects.get(username="operator")
    home = home_of(district)
    places = list(Region.objects.filter(parent=home.parent, valid_to=None).order_by("path"))
    topics = {topic.code: topic for topic in Topic.objects.all()}
    start = at - timedelta(minutes=12 * len(CALLS) + 10)
    for n, (phone, said, code, end) in enumerate(CALLS):
        begun = start + timedelta(minutes=12 * n + dice.randrange(5))
        call = actions.start_call(region=district, operator=operator, at=begun, phone=phone)
        place = home if n == 0 else dice.choice(places)
        over = begun + timedelta(minutes=3)
        with as_it_happens(stopped(over)):
            _end(call, end, said=said, topic=topics.get(code), place=place, at=over)
    for n, (number, text, hint, days) in enumerate(ORDERS):
        received = at - timedelta(minutes=50 - 10 * n)
        given = {"id": number, "text": text, "topic_hint": hint, "region": dice.choice(places).code,
                 "deadline": at + timedelta(days=days), "at": received - timedelta(days=3)}  # fmt: skip
        with as_it_happens(stopped(received)):
            actions.take_order(given=given, by=operator, at=received)
    return len(CALLS)


def _end(
    call: Call, end: str, *, said: str, topic: Topic | None, place: Region, at: datetime
) -> None:
    kind, _sep, answer = end.partition(":")
    done: dict[str, Any] = {"call": call, "by": call.operator, "at": at}
    if kind == "file":
        actions.file_call(**done, text=said, region=place, topic=topic)
    elif kind == "answer":
        actions.answer_call(**done, asked=said, answer=actions.load_answers()[answer].text)
    elif kind == "later":
        actions.promise_call_back(**done, due_at=at + timedelta(hours=3), reason=said[:60])
    else:
        actions.drop_call(**done)
