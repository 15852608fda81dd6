"""The demo's secretaries: a town whose villages have first secretaries, all but one; help and letters;
surveys, honours and duties of the home street. Everything goes through the actions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from io import BytesIO
from random import Random

from django.db.models import Count, Q
from django.utils.timezone import localdate, make_aware
from PIL import Image

from tongxin.accounts.models import Notice, User
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.secretaries import actions
from tongxin.secretaries.models import DutyItem, SecretarySurvey
from tongxin.secretaries.queries import in_force, units_below

from .cast import Roster, home_of
from .names import a_name

VILLAGES = 13  # how many a town should have, as the article's (S4.54)
SENDERS = ("区农业农村委", "区水务局", "区文化和旅游局", "区市场监管局", "区国资委")
DUTIES = ("产业帮扶", "入户走访", "宣传和文书")
PLACES = ("一组", "二组", "三组", "村委会", "大棚", "文化广场", "田间路")
DAYS = (
    "走访老党员和困难户，了解过冬准备，记下两件要办的事。",
    "和村干部商量灌溉渠清淤，定下周末组织党员义务劳动。",
    "联系农技站到大棚看苗，教大家防病。",
    "帮两户整理土鸡蛋的包装，拍了照片，放到网上卖。",
    "召开村民代表会，讨论村规民约修改，意见已汇总。",
    "到区里跑修路项目，手续还差一份测绘图。",
    "组织志愿者打扫文化广场，清理三处堆物。",
    "调解两家宅基地界线，约定下周请司法所一起看。",
)
HOUSEHOLDS = (
    ("王金柱", 3, "想扩大养羊，缺圈舍和周转资金"),
    ("胡永梅", 2, "行动不便，养的鸡和鸡蛋卖不出去"),
    ("赵德发", 4, "大棚被风刮坏，春播前要修好"),
)
LETTERS = (
    ("第一书记跑前跑后，我家的羊圈半个月就盖好了，谢谢。", "二组一位养羊户", True),
    ("鸡蛋都卖完了，还教会我在手机上接单。", "", True),
    ("路灯修好了，晚上敢出门了。", "三组王女士", True),
)
MERITS = (
    "组织生活规范，服务群众有实效",
    "带头领办项目，群众满意度高",
    "网格治理有办法，矛盾化解在楼门",
)


def make_secretaries(district: Region, dice: Random, *, at: datetime) -> int:
    """Make what the pages of secretaries show; return how many villages have a first secretary."""
    today = localdate(at)
    _home_street(district, dice, today)
    town = _town(district)
    if town is None:
        return 0
    people = _staff(town, dice, at)
    sent = _send(town, people, dice, today)
    if sent:
        _help(sent[0], people, today)
        _letters(sent[0], people, at)
    # What was told weeks ago has been read since.
    old = Q(key__startswith="selection:") | Q(key__startswith="survey:")
    Notice.objects.filter(old, at__lt=at - timedelta(days=3)).delete()
    return len(sent)


def noon(day: date) -> datetime:
    return make_aware(datetime.combine(day, time(12)))


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), "#7a8b6f").save(out, "JPEG")
    return out.getvalue()


def _town(district: Region) -> Org | None:
    """Return the committee of the town or street whose number of villages is nearest to thirteen."""
    villages = Region.objects.filter(
        path__under=district.path, kind=Region.Kind.VILLAGE, valid_to=None
    )
    counts = villages.order_by().values_list("parent").annotate(n=Count("pk"))
    nearest = sorted(counts, key=lambda one: (abs(one[1] - VILLAGES), one[0]))
    if not nearest:
        return None
    rows = Org.objects.filter(region=nearest[0][0], kind=Org.Kind.PARTY, dissolved_on=None)
    return rows.select_related("region").order_by("pk").first()


def _staff(town: Org, dice: Random, at: datetime) -> dict[str, User]:
    """Return {"organiser", "second", "sent-01"…}: who decides, who pays, and who is sent."""
    roster = Roster(dice, at - timedelta(days=600))
    people = {
        "organiser": roster.add("town-organiser", "方慧"),
        "second": roster.add("town-organiser-2"),
    }
    for user in people.values():
        roster.post(user, town.pk, Post.Role.ORGANISER, town.region_id)
    villages = units_below(town).filter(region__kind=Region.Kind.VILLAGE)[:VILLAGES]
    for n, village in enumerate(villages, start=1):
        first = "first-secretary" if n == 1 else f"first-secretary-{n:02d}"
        people[f"sent-{n:02d}"] = roster.add(first, "凌云" if n == 1 else a_name(dice))
        leader = roster.add(f"village-secretary-{n:02d}")
        roster.post(leader, village.pk, Post.Role.SECRETARY, village.region_id)
    people["member"] = roster.add("village-member")
    roster.write()
    return people


def _send(town: Org, people: dict[str, User], dice: Random, today: date) -> list[Org]:
    """Choose and send them; the last village still waits, and one writes no diary."""
    begun = noon(today - timedelta(days=170))
    villages = list(
        units_below(town)
        .filter(region__kind=Region.Kind.VILLAGE)
        .select_related("region", "parent")[:VILLAGES]
    )
    covered = villages[:-1] if len(villages) > 1 else villages
    opened = actions.open_selection(
        unit=town, title=f"{today.year} 年第一书记选派", opens_on=localdate(begun),
        closes_on=localdate(begun) + timedelta(days=10), wanted=len(villages),
        by=people["organiser"], at=begun,
    )  # fmt: skip
    for n, village in enumerate(covered, start=1):
        user = people[f"sent-{n:02d}"]
        one = actions.nominate(
            round=opened, candidate=user, by_unit=town, channel=dice.choice(("unit", "superior")),
            text="政治素质好，熟悉农村工作，本人自愿", by=people["organiser"], at=begun,
        )  # fmt: skip
        later = begun + timedelta(days=12, minutes=n)
        actions.mark_nomination(
            nomination=one, points=_points(dice, "selection", today), shortlist=True,
            by=people["organiser"], at=later,
        )  # fmt: skip
        actions.decide_nomination(
            nomination=one, outcome="chosen", reason="考察合格，群众认可", village=village,
            by=people["organiser"], at=later,
        )  # fmt: skip
        actions.station_team(
            village=village, leader=user, sender=dice.choice(SENDERS),
            members=[(people["member"], dice.choice(DUTIES))] if n == 1 else [],
            by=people["organiser"], at=later + timedelta(days=1),
        )  # fmt: skip
        _diary(user, village, dice, today, silent=n == 3)
    return covered


def _points(dice: Random, kind: str, day: date, sector: str = "") -> dict[str, int]:
    rows = in_force(kind, day, sector)
    return {row["code"]: round(int(row["most"]) * dice.uniform(0.7, 1.0)) for row in rows}


def _diary(user: User, village: Org, dice: Random, today: date, *, silent: bool) -> None:
    first = 16 if silent else 1
    for days in range(28, first - 1, -dice.choice((4, 5, 6))):
        day = today - timedelta(days=days)
        actions.write_diary(
            author=user, village=village, day=day, place=dice.choice(PLACES),
            text=dice.choice(DAYS), at=noon(day) + timedelta(hours=7),
        )  # fmt: skip


def _help(village: Org, people: dict[str, User], today: date) -> None:
    """Three households: one subsidy paid, one waiting to be inspected, gifts and selling."""
    by, photo = people["sent-01"], picture()
    plans = [
        actions.open_plan(
            village=village, household=name, people=n, need=need, aim="年收入稳定增加",
            helper="区农业农村委", by=by, at=noon(today - timedelta(days=60 - k)),
        )
        for k, (name, n, need) in enumerate(HOUSEHOLDS)
    ]  # fmt: skip
    when = noon(today - timedelta(days=50))
    for k, (plan, kind, title, state) in enumerate(
        ((plans[0], "breeding", "羊圈 60 平方米", "paid"),
         (plans[2], "planting", "大棚修复 1 亩", "built"))
    ):  # fmt: skip
        one = actions.apply_subsidy(
            plan=plan, kind=kind, title=title, cost_fen=960_000, asked_fen=400_000 + k * 50_000,
            by=by, at=when,
        )  # fmt: skip
        one = actions.report_built(subsidy=one, photo=photo, by=by, at=when + timedelta(days=20))
        if state == "paid":
            actions.inspect_subsidy(
                subsidy=one, passed=True, granted_fen=400_000, finding="面积、结构与申请相符",
                by=people["organiser"], at=when + timedelta(days=25),
            )  # fmt: skip
            actions.pay_subsidy(
                subsidy=one, voucher="付字 12 号", by=people["second"],
                at=when + timedelta(days=30), key="demo",
            )  # fmt: skip
    for kind, title, quantity, worth, due, note in (
        ("gift", "送鸡苗", "40 只", 80_000, 30, "已送到，鸡舍已消毒"),
        ("sales", "网上帮卖土鸡蛋", "300 斤", 450_000, 12, "卖完，钱已结清"),
        ("training", "手机接单培训", "2 场", 0, -5, ""),
    ):
        item = actions.add_help(
            plan=plans[1], kind=kind, title=title, quantity=quantity, worth_fen=worth,
            due=today - timedelta(days=due), by=by, at=noon(today - timedelta(days=45)),
        )  # fmt: skip
        if note:
            actions.finish_help(
                item=item, note=note, photo=photo, by=by, at=noon(today - timedelta(days=due + 1))
            )


def _letters(village: Org, people: dict[str, User], at: datetime) -> None:
    token = actions.thanks_token(village=village, to=people["sent-01"])
    for n, (text, signed, consent) in enumerate(LETTERS):
        letter = actions.send_thanks(
            token=token, text=text, signed=signed, consent=consent,
            at=at - timedelta(days=20 - 9 * n), key=f"demo:{n}",
        )  # fmt: skip
        if n < len(LETTERS) - 1:
            actions.moderate_thanks(
                thanks=letter, state="public", by=people["organiser"],
                at=at - timedelta(days=19 - 9 * n),
            )  # fmt: skip


def _home_street(district: Region, dice: Random, today: date) -> None:
    """Last year's grades, this year's survey, honours and duties of the home street's branches."""
    street = home_of(district).parent
    unit = Org.objects.filter(region=street, kind=Org.Kind.PARTY).order_by("pk").first()
    by = User.objects.filter(username="organiser").first()
    if unit is None or by is None:
        return
    _survey(unit, by, dice, today)
    branches = list(
        Org.objects.filter(posts__role="secretary", path__under=unit.path, unit_kind="branch")
        .exclude(pk=unit.pk)
        .order_by("pk")
        .distinct()
    )
    year = noon(date(today.year - 1, 12, 20))
    for n, branch in enumerate(branches[:6]):
        code = ("good_branch", "model_group", "good_secretary")[n % 3]
        user = User.objects.filter(posts__org=branch, posts__role="secretary").first()
        actions.give_honour(
            code=code, year=today.year - 1, issuer=unit, unit=branch,
            user=user if code == "good_secretary" else None, reason=dice.choice(MERITS),
            document=f"杭党工发〔{today.year - 1}〕{30 + n}号", by=by, at=year,
        )  # fmt: skip
    _duties(branches[:4], by, dice, today)


def _survey(unit: Org, by: User, dice: Random, today: date) -> None:
    for year, is_old in ((today.year - 1, True), (today.year, False)):
        begun = noon(date(year, 11, 1) if is_old else today - timedelta(days=6))
        made = actions.open_survey(
            unit=unit, year=year, title=f"{year} 年度书记履职尽责摸底排查",
            opens_on=localdate(begun), closes_on=localdate(begun) + timedelta(days=15), by=by,
            at=begun,
        )  # fmt: skip
        rows = SecretarySurvey.objects.filter(round=made).select_related("user", "round", "unit")
        for n, one in enumerate(rows.order_by("pk")):
            if not is_old and n % 2:
                continue
            answers = {
                row["code"]: f"{row['title']}：按计划完成，有记录可查。"
                for row in actions.criteria_of(one)
            }
            actions.answer_survey(
                survey=one, answers=answers, by=one.user, at=begun + timedelta(days=3, minutes=n)
            )
            if is_old and one.user_id != by.pk:
                _grade(one, by, dice, begun + timedelta(days=20, minutes=n), poor=n == 5)


def _grade(one: SecretarySurvey, by: User, dice: Random, at: datetime, *, poor: bool) -> None:
    points = {
        row["code"]: round(int(row["most"]) * (0.65 if poor else dice.uniform(0.78, 0.98)))
        for row in actions.criteria_of(one)
    }
    actions.mark_survey(survey=one, points=points, by=by, at=at)
    share = sum(points.values())
    grade = "basic" if poor else "excellent" if share >= 90 else "competent"
    reason = "组织生活不经常，已约谈并限期整改" if poor else "履职扎实，群众评价好"
    actions.grade_survey(survey=one, grade=grade, reason=reason, by=by, at=at)


def _duties(branches: list[Org], by: User, dice: Random, today: date) -> None:
    """Duties of the year, drawn up in January; most of what is over was reported."""
    begun = noon(date(today.year, 1, 8))
    actions.draw_duty_lists(units=branches, year=today.year, by=by, at=begun)
    rows = DutyItem.objects.filter(list__unit__in=branches, due__lt=today).select_related("list")
    for item in rows.order_by("due", "pk"):
        if dice.random() < 0.93:
            actions.report_duty(
                item=item, evidence="按期完成，资料已归档", by=by,
                at=noon(item.due - timedelta(days=2)),
            )  # fmt: skip
