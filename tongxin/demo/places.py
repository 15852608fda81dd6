"""The demo's centres: a street's, its communities', a park's; one of them with a whole life: rooms
booked, care, a hall with numbers, matters on every step, use counted. All through the actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.centres import actions as centres
from tongxin.centres.models import DelegatedService, Matter
from tongxin.centres.queries import services_on
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org
from tongxin.places import actions
from tongxin.places.models import Centre, PhaseItem, Room, RoomKind, SignStandard
from tongxin.regions.models import Region

from .cast import home_of, places_below
from .pictures import draw
from .replay import as_it_happens, stopped

HOURS = ["08:00-20:00"] * 5 + ["09:00-17:00"] * 2
ROOMS = (
    ("window_hall", "一站式服务大厅", 120, 60, False), ("party_room", "党员活动室", 90, 50, True),
    ("veterans", "退役军人服务站", 25, 8, False), ("culture", "文体活动室", 110, 40, True),
    ("day_care", "老年日间照料室", 80, 20, False), ("children", "儿童之家", 60, 15, False),
    ("library", "图书室", 45, 24, False), ("meeting_room", "居民议事室", 40, 20, True),
)  # fmt: skip
PARK_ROOMS = (
    ("gym", "悦动吧", 90, 30, True), ("oxygen", "红色氧吧", 40, 20, True),
    ("salon", "红色沙龙", 60, 25, True), ("volunteers", "泉心公益服务站", 30, 10, False),
)  # fmt: skip
SERVICES = (
    ("法律咨询", "律师坐班，不用预约", "周三 14:00-17:00", ""), ("助餐", "日间照料室午餐", "周一至周五 11:30", "每餐 10 元"),
    ("打印复印", "办事材料", "开放时间", ""), ("健康小屋", "量血压、测血糖", "开放时间", ""),
)  # fmt: skip
RULES = """一、功能室向居民、社会组织和驻区单位免费开放，使用前在手机上预约。
二、一次使用不超过 4 小时，最早提前 14 天、最晚提前 1 小时预约；约了不来的，请提前取消，让给候补的邻居。
三、爱护设备，用后归位，关灯关窗；有损坏的告诉值班人员。
四、不在中心从事经营、传销和封建迷信活动。
五、开放时间和临时安排提前公告；意见和建议可向窗口提出。"""
MANUAL = """一、选址：步行十五分钟可达，一楼为主，有无障碍通道。
二、面积：社区工作站不少于 500 平方米，办公面积最小化、服务面积最大化。
三、功能：政治功能和便民服务两类场所齐全，办事大厅、党员活动室、日间照料、儿童之家优先保障。
四、标识：门头、竖牌、门牌、开放时间牌按统一规范制作悬挂，拍照建档。
五、评分：建好、管好、用好三个阶段各 100 分，扣分写明原因，限期整改。"""


@dataclass(frozen=True)
class Cast:
    """Who acts in the story."""

    desk: User
    officer: User
    resident: User
    walker: User | None
    checker: User | None


def make_places(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the register and the life of the home community's station; return how many centres."""
    found = {user.username: user for user in User.objects.filter(username__in=(
        "dispatcher", "officer", "district", "resident", "grid_worker", "verifier",
    ))}  # fmt: skip
    if not {"dispatcher", "officer", "district", "resident"} <= found.keys():
        return 0
    actions.load_samples()
    centres.load_services()
    centres.load_powers(region=district, by=found["district"], at=at - timedelta(days=300))
    cast = Cast(
        found["dispatcher"], found["officer"], found["resident"], found.get("grid_worker"),
        found.get("verifier"),
    )  # fmt: skip
    home = home_of(district)
    _register(district, home, dice, at)
    _paper(
        district, None, kind="manual", title="党群服务中心标准化建设手册", text=MANUAL,
        by=found["district"], at=at,
    )  # fmt: skip
    station = Centre.objects.get(region=home, kind__in=("community", "village"))
    with as_it_happens(lambda: at):
        _furnish(station, cast, at)
        _rooms_in_use(station, cast, dice, at)
        _care(station, cast, at)
        _window(station, cast, at)
        _use(station, cast, dice, at)
    return Centre.objects.count()


def _register(district: Region, home: Region, dice: Random, at: datetime) -> None:
    """Enter a centre for each street, stations for the home street and for some others."""
    since = at - timedelta(days=600)
    opened = localdate(since) + timedelta(days=40)
    for street in places_below(district):
        name = f"{street.short_name}党群服务中心"
        _centre(
            street, "street", name, area=dice.randrange(1200, 3200, 50), since=since, opened=opened,
            dice=dice,
        )  # fmt: skip
        communities = places_below(street)
        wanted = communities if street.pk == home.parent_id else communities[:2]
        for n, community in enumerate(wanted):
            kind = "village" if community.kind == Region.Kind.VILLAGE else "community"
            is_home = community.pk == home.pk
            if not is_home and n % 5 == 4:
                continue  # a gap, for the map of coverage to show
            made = _centre(
                community, kind, f"{community.short_name}党群服务工作站",
                area=680 if is_home else dice.randrange(300, 900, 20), since=since,
                opened=opened if is_home or n % 4 != 3 else None, dice=dice,
            )  # fmt: skip
            if made.state == Centre.State.OPEN:
                for code in dice.sample([f"S{n:02d}" for n in range(1, 24)], 4):
                    if not is_home:
                        centres.offer_service(
                            centre=made, code=code, way="take", on=opened, by=None, at=since
                        )
    above = home.parent
    assert above is not None  # noqa: S101 (a community stands in a street)
    park = _centre(
        above,
        "park",
        "装备制造产业园党群服务中心",
        area=700,
        since=since,
        opened=opened,
        dice=dice,
    )
    _fill(park, PARK_ROOMS, since)


def _centre(
    region: Region, kind: str, name: str, *, area: int, since: datetime, opened: date | None,
    dice: Random,
) -> Centre:  # fmt: skip
    lng, lat = region.lng, region.lat
    made = actions.register_centre(
        region=region, name=name, kind=kind, by=None, at=since, area_m2=area,
        address=f"{region.short_name}便民路 {dice.randrange(1, 99)} 号", lng=lng, lat=lat,
        phone=f"022-6{dice.randrange(10**6, 10**7)}",
    )  # fmt: skip
    later = since + timedelta(days=40)
    if opened is not None:
        return actions.open_centre(centre=made, on=opened, by=None, at=later)
    return actions.set_state(centre=made, state="building", on=localdate(later), by=None, at=later)


def _fill(centre: Centre, rooms: tuple, at: datetime) -> dict[str, Room]:
    kinds = {kind.code: kind for kind in RoomKind.objects.all()}
    return {
        code: actions.add_room(
            centre=centre, kind=kinds[code], name=name, area_m2=area, capacity=capacity,
            is_bookable=bookable, needs_approval=code == "party_room", by=None, at=at,
        )
        for code, name, area, capacity, bookable in rooms
    }  # fmt: skip


def _paper(region: Region, centre: Centre | None, *, kind: str, title: str, text: str, by: User, at: datetime) -> None:  # fmt: skip
    then = at - timedelta(days=120)
    made = actions.draft_paper(
        kind=kind, title=title, text=text, effective_from=localdate(then), by=by, at=then,
        centre=centre, region=None if centre else region,
    )  # fmt: skip
    actions.publish_paper(made, by=by, at=then)


def _furnish(station: Centre, cast: Cast, at: datetime) -> None:
    then = at - timedelta(days=120)
    unit = Org.objects.filter(region=station.region, kind="party").order_by("pk").first()
    actions.change_centre(
        station, by=cast.desk, at=then, org=unit, intro="离您最近的办事、活动、托老托小的地方。"
    )
    actions.set_week(
        centre=station, days=HOURS, holiday="09:00-12:00",
        effective_from=localdate(at) - timedelta(days=400), by=None, at=then,
    )  # fmt: skip
    _fill(station, ROOMS, then)
    actions.set_area(
        centre=station, area_m2=760, reason="二楼原办公室改作活动室", by=cast.desk, at=then
    )
    for name, text, hours, fee in SERVICES:
        actions.add_service(
            centre=station, name=name, text=text, hours=hours, fee=fee, by=cast.desk, at=then
        )
    _paper(
        station.region,
        station,
        kind="rules",
        title="功能室使用管理制度",
        text=RULES,
        by=cast.desk,
        at=at,
    )
    actions.announce_day(
        centre=station, day=localdate(at) + timedelta(days=5), spans="13:00-20:00",
        reason="上午消防设施检修", by=cast.desk, at=at,
    )  # fmt: skip
    for n, code in enumerate(("gate", "hours")):
        sign = actions.hang_sign(
            centre=station, standard=SignStandard.objects.get(code=code), photo=draw("wall", n, done=True),
            on=localdate(then), by=cast.desk, at=then,
        )  # fmt: skip
        if code == "gate":
            actions.judge_sign(sign, right=True, note="", by=cast.officer, at=then)
    actions.add_photo(
        centre=station, data=draw("visit", 2, done=True), kind="inside", caption="服务大厅", by=cast.desk, at=then
    )  # fmt: skip
    for phase, lost, why in (
        ("build", 5, "图书室还没有无障碍坡道"),
        ("manage", 0, ""),
        ("use", 10, "周末功能室预约偏少"),
    ):
        items = PhaseItem.objects.filter(phase=phase)
        given = {item.pk: (item.points, "") for item in items}
        last = items.last()
        if lost and last is not None:
            given[last.pk] = (last.points - lost, why)
        actions.score_phase(
            centre=station,
            phase=phase,
            given=given,
            note="",
            by=cast.officer,
            at=at - timedelta(days=30),
        )


def _moment(day: date, hour: int, minute: int = 0) -> datetime:
    return make_aware(datetime.combine(day, time(hour, minute)))


def _rooms_in_use(station: Centre, cast: Cast, dice: Random, at: datetime) -> None:
    """Book rooms: weekly by the desk, now and then by residents; some are over and counted."""
    rooms = {room.kind.code: room for room in station.rooms.select_related("kind")}
    monday = localdate(at) - timedelta(days=localdate(at).weekday())
    plan = (
        ("culture", 1, 9, 2, "合唱队排练", 24), ("culture", 3, 15, 2, "书画班", 16),
        ("party_room", 4, 14, 2, "主题党日", 30), ("meeting_room", 2, 10, 1, "楼门长议事", 12),
    )  # fmt: skip
    for week in (-3, -2, -1, 0, 1):
        for code, weekday, hour, hours, purpose, people in plan:
            starts_at = _moment(monday + timedelta(days=weekday, weeks=week), hour)
            asked = min(starts_at - timedelta(days=3), at)
            try:
                one = actions.book(
                    room=rooms[code], starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours),
                    purpose=purpose, people=people, by=cast.desk, at=asked, group=purpose[:2] + "组",
                )  # fmt: skip
            except Refused:
                continue  # a holiday, or the morning of the announced repair
            if one.ends_at < at:
                came = people - dice.randrange(0, 6) if dice.random() < 0.9 else 0
                actions.mark_use(one, came=came, by=cast.desk, at=one.ends_at)
    asked_for = ("party_room", "culture", "meeting_room")
    for n, code in enumerate(asked_for):
        starts_at = _moment(localdate(at) + timedelta(days=2 + n), 18)
        try:
            actions.book(
                room=rooms[code], starts_at=starts_at, ends_at=starts_at + timedelta(hours=1),
                purpose="楼道更新议事" if n else "读书会", people=10, by=cast.resident, at=at,
            )  # fmt: skip
        except Refused:
            continue


def _care(station: Centre, cast: Cast, at: datetime) -> None:
    """Offer care in the coming days; some places are taken, one session is full."""
    rooms = {room.kind.code: room for room in station.rooms.select_related("kind")}
    for n in range(1, 5):
        day = localdate(at) + timedelta(days=n)
        for code, title, hour, places in (
            ("day_care", "日间照料（含午餐）", 13, 12),
            ("children", "四点半课堂", 16, 3),
        ):
            session = actions.open_session(
                room=rooms[code], starts_at=_moment(day, hour), ends_at=_moment(day, hour + 1),
                title=title, places=places, by=cast.desk, at=at,
            )  # fmt: skip
            if n < 3:
                for m in range(4):
                    actions.sign_up(
                        session=session, name=f"示例{'甲乙丙丁'[m]}", phone=f"1380000{n}{m:03d}",
                        need="腿脚不便" if code == "day_care" else "", by=cast.desk, at=at, wait=True,
                    )  # fmt: skip


def _window(station: Centre, cast: Cast, at: datetime) -> None:
    """Open a hall: windows, an honour, numbers of the day, a matter on every step."""
    then = at - timedelta(days=110)
    codes = [one.code for one in services_on(localdate(at)) if one.code != "S22"]
    centres.offer_all(centre=station, codes=codes, on=localdate(then), by=cast.desk, at=then)
    windows = [
        centres.add_window(centre=station, number=n, name=name, by=cast.desk, at=then)
        for n, name in ((1, "综合受理"), (2, "综合受理"), (3, "退役军人"))
    ]
    today = localdate(at)
    centres.honour_window(
        window=windows[0], title="党员先锋岗", holder="综合受理岗", basis="上季度群众评议第一，街道党工委评定",
        pledge="材料一次讲清，能当场办的不让跑第二趟", from_date=today - timedelta(days=20),
        to_date=today + timedelta(days=160), by=cast.officer, at=at,
    )  # fmt: skip
    _matters(station, cast, at)
    queue = centres.draw_ticket
    centres.sit_down(windows[0], by=cast.desk, at=at)
    try:
        for n in range(5):
            queue(
                centre=station,
                at=at - timedelta(minutes=18 - 3 * n),
                by=cast.desk,
                is_priority=n == 3,
            )
    except Refused:
        return  # the demo was begun at night
    centres.call_next(windows[0], by=cast.desk, at=at - timedelta(minutes=4))


def _matters(station: Centre, cast: Cast, at: datetime) -> None:
    by_code = {one.code: one for one in DelegatedService.objects.all()}
    for n, (code, step) in enumerate(
        (("S03", "handed"), ("S13", "ready"), ("S06", "filed"), ("S01", "notice"), ("S10", "filed"))
    ):
        service = by_code[code]
        everything = set(range(len(service.materials)))
        begun = at - timedelta(days=9 - n, hours=2)
        with as_it_happens(stopped(begun)):
            one = centres.take_in(
                centre=station, service=service, name=f"示例{'一二三四五'[n]}", phone=f"1380001000{n}",
                has=everything - {0} if step == "notice" else everything, by=cast.desk, at=begun,
            )  # fmt: skip
            if step in ("handed", "ready"):
                _finish(one, cast, begun, step)
    away = by_code["S22"]
    street = Centre.objects.filter(kind="street", region=station.region.parent_id).first()
    centres.refer(
        centre=station, service=away, name="示例六", phone="13800010009", to=street, by=cast.desk,
        at=at - timedelta(days=3),
    )  # fmt: skip


def _finish(one: Matter, cast: Cast, at: datetime, step: str) -> None:
    """Work the request of a matter to its end, write its result down, hand it over."""
    if cast.walker is None or cast.checker is None or one.case is None:
        return
    case = one.case
    make_move(case, "dispatch", at=at, actor=cast.desk, holder=cast.walker)
    make_move(case, "accept", at=at, actor=cast.walker)
    make_move(case, "finish", at=at, actor=cast.walker, note="已到街道窗口办妥，证件取回")
    case.refresh_from_db()
    if case.step == "done":
        make_move(case, "verify", at=at, actor=cast.checker)
    later = at + timedelta(days=1)
    centres.record_result(one, result="证件一本", by=cast.desk, at=later)
    if step == "handed":
        centres.hand_over(one, to="本人", by=cast.desk, at=later + timedelta(hours=3))


def _use(station: Centre, cast: Cast, dice: Random, at: datetime) -> None:
    """Count people of the last weeks: the library by room, the square at large."""
    rooms = {room.kind.code: room for room in station.rooms.select_related("kind")}
    for n in range(28):
        day = localdate(at) - timedelta(days=n)
        centres.count_people(
            centre=station,
            day=day,
            people=dice.randrange(12, 48),
            room=rooms["library"],
            by=cast.desk,
            at=at,
        )
        centres.count_people(
            centre=station,
            day=day,
            people=dice.randrange(20, 90),
            use="convenience",
            by=cast.desk,
            at=at,
        )
        if day.weekday() in (2, 5):
            centres.count_people(
                centre=station,
                day=day,
                people=dice.randrange(15, 60),
                use="political",
                by=cast.desk,
                at=at,
            )
