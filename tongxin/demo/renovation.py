"""The demo's renovation of centres: every place of the district on the wall, the home street in all
states, three ledgers, a match that waits, leaders on the way. Everything goes through the actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.utils.timezone import localdate

from tongxin.accounts.actions import add_user
from tongxin.accounts.models import User
from tongxin.orgs.actions import give_post
from tongxin.orgs.models import Org, Post
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo
from tongxin.regions.models import Region
from tongxin.renovation import actions
from tongxin.renovation.models import Holding, RenovationCampaign, Site

from .cast import home_of, places_below
from .pictures import draw

DAY = timedelta(days=1)
STEPS = ("planned", "submitted", "building", "built", "accepted", "closed", "used")
PLANS = (
    "腾退一楼两间办公室，打通做议事厅和活动室。",
    "与物业置换临街用房，增设一站式大厅。",
    "二层加建活动室，一层改为便民大厅。",
)
TROUBLES = (("land", "用房产权在开发商手里，还没有移交"), ("funds", "改造资金还差 30 万元"))


def make_renovation(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the campaign; return how many places stand on its wall. Nothing without the district's people."""
    officer = User.objects.filter(username="district").first()
    street = home_of(district).parent
    desk = (
        Post.objects.filter(user=officer, role="officer", region=district)
        .select_related("org")
        .first()
    )
    committee = (
        Org.objects.units().filter(region=district, unit_kind="committee").order_by("path").first()
    )
    if officer is None or desk is None or committee is None or street is None:
        return 0
    began = at - 150 * DAY
    head = _head(committee, at)
    partner = (
        Org.objects.filter(region=district, kind="department")
        .exclude(pk=desk.org_id)
        .order_by("pk")
        .first()
    )
    campaign = actions.start_campaign(
        name="党群服务中心提升改造", programme="20项民心工程（样例）", region=district, org=desk.org, partner=partner,
        head=head, begun_on=localdate(began), final_on=localdate(at) + 210 * DAY, by=officer, at=began,
        text="每个社区和村都有达标的党群服务中心：面积达标、改造达标、规范使用（样例）。",
    )  # fmt: skip
    _lead(campaign, officer, head, began)
    sites = list(campaign.sites.select_related("campaign__region").order_by("path"))
    mine = [site for site in sites if site.path.startswith(street.path)]
    for site in dice.sample(
        [site for site in sites if site not in mine], min(4, len(sites) - len(mine))
    ):
        actions.exempt_site(
            site,
            reason="拆迁片，居民已搬离（样例）",
            document="样例〔2026〕1号",
            by=officer,
            at=began + 5 * DAY,
        )
    picture = keep_photo(data=draw("corridor", 0, done=True), by=officer, at=at - DAY)
    for n, site in enumerate(mine):
        _play(
            site,
            STEPS[min(n, len(STEPS) - 1) if n < 9 else n % 3],
            committee,
            officer,
            head,
            picture,
            dice,
            at,
        )
    _ledgers(campaign, street, officer, dice, at)
    return len(sites)


def _head(committee: Org, at: datetime) -> User:
    """Return the committee's secretary; the demo gives it one where it has none."""
    post = Post.objects.filter(org=committee, role="secretary").select_related("user").first()
    if post is not None:
        return post.user
    user = User.objects.filter(username="head").first() or add_user(
        username="head", name="段文涛", at=at
    )
    give_post(
        user=user, org=committee, role="secretary", at=at, from_date=localdate(at) - 400 * DAY
    )
    return User.objects.get(pk=user.pk)


def _lead(campaign: RenovationCampaign, officer: User, head: User, at: datetime) -> None:
    actions.seat_member(
        campaign, user=head, name="", part="head", duty="统筹调度，每月到现场", by=officer, at=at
    )
    actions.seat_member(
        campaign, user=officer, name="", part="office", duty="汇总进度，编发通报", by=officer, at=at
    )
    for kind, goal in (("function", "十项功能全部开起来"), ("rules", "管理使用制度上墙")):
        actions.set_follow_up(
            campaign, kind=kind, goal=goal, due_on=campaign.final_on, by=officer, at=at
        )


def _play(  # noqa: PLR0917
    site: Site,
    step: str,
    committee: Org,
    officer: User,
    head: User,
    picture: Photo,
    dice: Random,
    at: datetime,
) -> None:
    """Take a place of the home street as far as its step."""
    lead = (
        User.objects.filter(posts__region=site.region_id, posts__role="dispatcher")
        .order_by("pk")
        .first()
        or head
    )
    began, reached = at - dice.randint(90, 120) * DAY, STEPS.index(step)
    actions.charge(site, leader=head, by=officer, at=began)
    plan = actions.make_plan(
        site, mode=dice.choice(("renovate", "renovate", "expand")), text=dice.choice(PLANS), lead=lead, by=officer, at=began,
        tasks=[{"what": "清理腾退", "who": lead.name, "by": "第一个月"}],
    )  # fmt: skip
    if reached < 1:
        kind, text = dice.choice(TROUBLES)
        actions.raise_difficulty(site, kind=kind, text=text, by=officer, at=at - 5 * DAY)
        return
    actions.submit_plan(plan, committee=committee, by=officer, at=began + DAY)
    if reached < 2:
        return
    actions.decide_plan(
        plan,
        approve=True,
        decision="同意，按期完成",
        on=localdate(began + 3 * DAY),
        by=head,
        at=began + 3 * DAY,
    )
    actions.start_work(plan, on=localdate(began + 5 * DAY), by=officer, at=began + 5 * DAY)
    for n, code in enumerate(("design", "permit", "build", "fit")[: 2 if reached < 3 else 4]):
        day = began + (8 + 12 * n) * DAY
        actions.finish_stage(plan, code=code, on=localdate(day), by=officer, at=day)
    actions.report(
        site,
        text="隔断拆完，水电改造过半",
        on=localdate(at - 20 * DAY),
        photos=[picture],
        by=officer,
        at=at - 20 * DAY,
    )
    _end(site, reached, officer, head, picture, at)


def _end(site: Site, reached: int, officer: User, head: User, picture: Photo, at: datetime) -> None:  # noqa: PLR0917
    """Accept, write off and move in, as far as it went."""
    if reached < 4:
        return
    actions.set_area(
        site, area_m2=site.needed_m2 + 40, reason="改造后实测", by=officer, at=at - 14 * DAY
    )
    judge = (
        User.objects.filter(posts__role="inspector", posts__region=site.campaign.region)
        .order_by("pk")
        .first()
    )
    if judge is None:
        return
    answers = {row.code: {"ok": True} for row in actions.criteria_on(site.campaign, localdate(at))}
    actions.accept_site(
        site,
        answers=answers,
        photos=[picture],
        on=localdate(at - 12 * DAY),
        by=judge,
        at=at - 12 * DAY,
    )
    if reached >= 5:
        actions.close_out(
            site, on=localdate(at - 10 * DAY), by=officer_of(site) or judge, at=at - 10 * DAY
        )
    if reached >= 6 and (site.centre is None or site.centre.address):
        actions.move_in(
            site,
            text="窗口、活动室、议事厅一起搬入",
            on=localdate(at - 8 * DAY),
            by=officer,
            at=at - 8 * DAY,
        )
        actions.check_use(
            site,
            is_open=True,
            is_own_use=True,
            is_posted=True,
            on=localdate(at - 2 * DAY),
            by=judge,
            at=at - 2 * DAY,
        )


def officer_of(site: Site) -> User | None:
    """Return the officer of a place's street, or of what lies above it."""
    posts = Post.objects.filter(
        role="officer",
        region__path__in=[site.region.ancestor_path("street"), site.campaign.region.path],
    )
    post = posts.select_related("user").order_by("-region__path", "pk").first()
    return post.user if post else None


def _ledgers(
    campaign: RenovationCampaign, street: Region, officer: User, dice: Random, at: datetime
) -> None:
    """Enter stock and ancillary rooms, check them by another, let the solver suggest."""
    places = places_below(street)
    second = next(
        (
            post.user
            for post in Post.objects.filter(role="officer", region=street)
            .select_related("user")
            .order_by("pk")
        ),
        None,
    )
    for n, place in enumerate(places[:8]):
        holding = actions.add_holding(
            ledger=dice.choice((Holding.Ledger.STOCK, Holding.Ledger.ANCILLARY)), region=place, owner="区城投公司（样例）",
            name=f"{place.short_name}{dice.choice(('底商', '物业用房', '闲置校舍'))}", area_m2=dice.choice((80, 120, 150, 200)),
            address=f"{place.short_name}{n + 1}号", lng=place.lng, lat=place.lat, by=officer, at=at - 60 * DAY,
        )  # fmt: skip
        if second is not None and n:
            read = holding.area_m2 - (14 if n == 1 else 0)
            actions.check_holding(
                holding, area_m2=read, by=second, at=at - 50 * DAY, note="到现场量过"
            )
    actions.suggest_matches(campaign, region=street, by=officer, at=at - 3 * DAY, most_m=3000)
