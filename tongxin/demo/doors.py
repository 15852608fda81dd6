"""The demo's doors: a city app that files by Open311, a peer and a subscription that are switched off."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from tongxin.accounts.actions import publish
from tongxin.accounts.models import Delivery, Subscription, User
from tongxin.accounts.queries import sealer
from tongxin.cases.models import Topic
from tongxin.open311.actions import Handed, count_call, give_key, submit
from tongxin.open311.models import ForwardRule, Peer
from tongxin.regions.models import Region
from tongxin.regions.queries import world

# For trying the interface out in the demo; a demo holds nobody's data.
DEMO_KEY = "o3_demo-only-not-a-secret"
REPORTS = (
    "人行道地砖翘起来了，老人路过差点绊倒",
    "路灯连着三盏不亮，晚上看不清台阶",
    "垃圾桶满了没人收，有异味",
    "井盖松动，车一压就响",
    "绿化带被踩秃了，下雨全是泥",
    "公告栏玻璃碎了，怕划伤孩子",
)
EVENTS = 14


def make_open311(district: Region, dice: Random, *, at: datetime) -> None:
    """Write down a client with a few reports, counts of its calls, a peer, a subscription."""
    admin = User.objects.get(username="admin")
    app, _key = give_key(
        name="城市随手拍（样例）", contact="市政平台运维组（样例）", by=admin,
        at=at - timedelta(days=40), region=district, key=DEMO_KEY, may_update=True,
    )  # fmt: skip
    give_key(
        name="物业报修（样例）", contact="物业公司（样例）", by=admin, at=at - timedelta(days=12),
        region=district, publishes=False, per_minute=20, expires_at=at + timedelta(days=78),
    )  # fmt: skip
    topics = list(
        Topic.objects.filter(is_active=True, is_public=True, kind__in=["component", "event"])
    )
    spots = [land for land in world().lands if _is_spot(land, district)]
    for n, text in enumerate(REPORTS):
        spot, topic = dice.choice(spots), _unasking(dice.choice(topics))
        handed = Handed(
            print=f"demo-{n}", description=text, lat=spot.lat, long=spot.lng, account_id=f"demo{n}"
        )
        submit(client=app, topic=topic, handed=handed, at=at - timedelta(minutes=7 * n + 3))
    _count(app, dice, at)
    _make_peer(district, app, topics, at)
    _make_subscription(district, admin, dice, at)


def _unasking(topic: Topic) -> Topic | None:
    """Return a topic that can be filed without answering anything; else that for all else."""
    return None if any(one.get("required") for one in topic.questions) else topic


def _is_spot(land, district: Region) -> bool:
    inside = land.path.startswith(district.path) and land.level == Region.Level.COMMUNITY
    return inside and land.lng is not None and land.lat is not None


def _count(app, dice: Random, at: datetime) -> None:
    for days in range(1, 25):
        for _n in range(dice.randint(1, 7)):
            count_call(client=app, what="file", status=200, at=at - timedelta(days=days))
        if dice.random() < 0.2:
            count_call(client=app, what="file", status=400, at=at - timedelta(days=days))


def _make_peer(district: Region, app, topics: list[Topic], at: datetime) -> None:
    """A peer that is off: the demo calls nobody."""
    peer = Peer.objects.create(
        name="市政设施平台（样例）", url="https://311.example.cn/open311/v2", is_active=False,
        created_at=at - timedelta(days=30), key_sealed=sealer().seal("not-a-key"), client=app,
    )  # fmt: skip
    for topic in topics[:3]:
        ForwardRule.objects.create(
            peer=peer, topic=topic, region=district, service_code=f"M{topic.code}"
        )


def _make_subscription(district: Region, admin: User, dice: Random, at: datetime) -> None:
    """A subscription that is off, with what it was told while it was on."""
    target = Subscription.objects.create(
        name="区数据中台（样例）", url="https://data.example.cn/hook", words="request",
        area=district.path, is_active=True, secret_sealed=sealer().seal("a-sample-not-a-secret"),
    )  # fmt: skip
    for n in reversed(range(EVENTS)):
        when = at - timedelta(hours=5 * n + 1)
        event = {"id": n + 1, "kind": "request", "move": "finish", "at": when.isoformat()}
        key = f"event:demo{n}"
        publish(
            event=event, words={"request", "request.finish"}, area=district.path, key=key, at=when
        )
        failed = dice.random() < 0.15
        Delivery.objects.filter(subscription=target, key__endswith=f":{key}").update(
            state="dead" if failed else "sent", tries=6 if failed else 1, next_at=None,
            sent_at=None if failed else when, last_error="HTTP 503" if failed else "",
        )  # fmt: skip
    Subscription.objects.filter(pk=target.pk).update(is_active=False)
