"""The demo's phones: handed out, one lost, one new; a morning on duty; something for the desk to decide."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Topic
from tongxin.mobile import actions
from tongxin.mobile.models import Device
from tongxin.mobile.queries import notice_on
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.requests.actions import file_request

from .cast import home_of
from .replay import as_it_happens, seeded_id

MODELS = ("ANA-AN00", "ELS-AN00", "TAS-AL00", "V2055A")
AGENT = "Mozilla/5.0 (Linux; Android 12; %s Build/X) AppleWebKit/537.36"
STEP = 0.0006  # degrees: some sixty metres between two points of a way
MOST = 8  # phones


def make_mobile(district: Region, dice: Random, *, at: datetime) -> int:
    """Hand out phones in the home street and let the first grid worker come back from a round.

    Returns how many phones there are; none on land without an officer, a dispatcher and a grid worker.
    """
    home = home_of(district)
    officer, desk, walker = (
        User.objects.filter(username=name).first()
        for name in ("officer", "dispatcher", "grid_worker")
    )
    if officer is None or desk is None or walker is None:
        return 0
    with as_it_happens(lambda: at):
        phones = _hand_out(home, officer, dice, at)
        if walker.pk in phones:
            _round(phones[walker.pk], walker, desk, dice, at)
    return len(phones)


def _hand_out(home: Region, officer: User, dice: Random, at: datetime) -> dict[int, Device]:
    """Give phones to the grid workers of the home street; one is new, one was lost last week."""
    street = home.path[: -len(home.path.split("/")[-2]) - 1]
    posts = Post.objects.filter(role="grid_worker", region__path__under=street)
    ids = sorted(set(posts.values_list("user", flat=True)))
    walkers = sorted(User.objects.filter(pk__in=ids), key=lambda u: (u.username != "grid_worker", u.pk))  # fmt: skip
    found = {}
    for n, user in enumerate(walkers[:MOST]):
        first = at - timedelta(days=dice.randrange(60, 300))
        given: dict[str, Any] = {"uid": seeded_id(first, dice), "user": user, "agent": AGENT % MODELS[n % len(MODELS)]}  # fmt: skip
        phone = actions.touch_device(at=first, app="1.0", **given)
        if n != MOST - 1:
            org = Org.objects.get(pk=posts.filter(user=user).values_list("org", flat=True)[0])
            phone = actions.give_device(
                device=phone, label=f"外勤-{n + 1:03d}", org=org, holder=user,
                on=localdate(first), by=officer, at=first,
            )  # fmt: skip
        heard = at - timedelta(minutes=dice.randrange(3, 2000)) if n else at
        found[user.pk] = actions.touch_device(at=heard, app="1.2", **given)
        if n == MOST - 2:
            actions.lose_device(
                device=found[user.pk],
                why="巡查时掉在公交车上",
                by=officer,
                at=at - timedelta(days=6),
            )
    return found


def _code(wanted: str) -> str:
    """Return the code of a topic, or of the first there is where the catalogue is another."""
    codes = Topic.objects.filter(is_active=True).order_by("code").values_list("code", flat=True)
    return wanted if wanted in codes else codes[0]


def _round(phone: Device, walker: User, desk: User, dice: Random, at: datetime) -> None:
    """A morning: on duty, a way, two reports, an order finished without a network that went on meanwhile."""
    beat = (
        Post.objects.filter(user=walker, role="grid_worker")
        .select_related("region")
        .order_by("pk")[0]
    )
    grid = beat.region
    if grid.lng is None or grid.lat is None:
        return
    lng, lat, begun = grid.lng, grid.lat, at - timedelta(hours=3)
    case = file_request(
        text="楼道灯不亮，晚上看不清台阶", region=grid, lng=lng, lat=lat, actor=desk, reporter=None,
        topic=Topic.objects.filter(code="0401").first(), at=at - timedelta(hours=20),
        answers={"floor": "2号楼1单元3层"},
    )  # fmt: skip
    make_move(case, "dispatch", at=at - timedelta(hours=19), actor=desk, holder=walker)
    make_move(case, "accept", at=at - timedelta(hours=18), actor=walker)
    make_move(case, "release", at=at - timedelta(hours=1), actor=desk, note="联系不上网格员")

    def act(kind: str, after: int, **data: Any) -> dict[str, Any]:
        moment = begun + timedelta(minutes=after)
        where = {"lng": lng + STEP * dice.uniform(-1, 1), "lat": lat, "accuracy": 12}
        extra = {"based_on": data.pop("based_on")} if "based_on" in data else {}
        return {
            "id": str(uuid.UUID(int=seeded_id(moment, dice).int)), "kind": kind,
            "at": moment.isoformat(), "place": where, "data": data, **extra,
        }  # fmt: skip

    way = [
        {
            "lng": lng + STEP * (n % 7), "lat": lat + STEP * (n // 7), "accuracy": 10,
            "at": (begun + timedelta(minutes=4 + 6 * n)).isoformat(),
        }
        for n in range(24)
    ]  # fmt: skip
    items = [
        act("notice.agree", 0, version=notice_on(localdate(begun)).version),
        act("duty.start", 1),
        act("report", 25, topic=_code("0504"), text="垃圾桶满了，边上也堆了"),
        act("report", 70, topic=_code("0702"), text="消防通道停了两辆车"),
        act("order.move", 110, case=str(case.pk), move="finish", note="换了灯泡，试了亮", based_on=3, minutes=15),
        act("track", 160, points=way),
    ]  # fmt: skip
    actions.receive_batch(user=walker, device=phone, items=items, skew=0, at=at)
