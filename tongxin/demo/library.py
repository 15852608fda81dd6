"""The demo's library: texts on their way and published, a contest judged, a volume, a policy set whose
clauses lead to rules, courses with hours, visits received, brands. Everything goes through the actions;
texts, names and figures are made up (样例)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.utils.timezone import localdate, localtime

from tongxin.accounts.models import User
from tongxin.library import actions
from tongxin.library.models import BrandFamily, Course, Exemplar, ExemplarKind, PolicySet
from tongxin.library.queries import related_units
from tongxin.meetings.actions import count_app
from tongxin.orgs.models import Membership, Org, Post
from tongxin.regions.models import Region

from .library_texts import BRANDS, CASES, EXPERIENCE, METHODS, POLICIES, STANDARDS, STORIES
from .replay import as_it_happens, stopped

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PUBLISHED_STORIES = 9


@dataclass(frozen=True)
class Cast:
    """The district committee: who checks and who signs; and the secretaries who write."""

    org: Org
    checker: User
    signer: User
    authors: list[tuple[User, Org]]


def make_library(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the library; return how many texts were handed in. Nothing without a committee of two."""
    cast = _cast(district)
    if cast is None:
        return 0
    actions.load_kinds()
    actions.load_families()
    kinds = {one.code: one for one in ExemplarKind.objects.all()}
    published = _texts(cast, kinds, dice, at)
    _volume(cast, published, at)
    _contest(cast, published, at)
    _policies(cast, at)
    _courses(cast, dice, at)
    _rates(cast, dice, at)
    _receptions(cast, dice, at)
    _brands(cast, published, dice, at)
    return Exemplar.objects.filter(version__gt=0).count()


def _cast(district: Region) -> Cast | None:
    posts = Post.objects.filter(org__region=district, org__kind=Org.Kind.PARTY).order_by("pk")
    held: dict[int, dict[str, User]] = {}
    for post in posts.select_related("user"):
        held.setdefault(post.org_id, {}).setdefault(post.role, post.user)
    found = next(
        (org for org, roles in held.items() if {"organiser", "leader"} <= set(roles)), None
    )
    if found is None:
        return None
    org = Org.objects.get(pk=found)
    rows = (
        Post.objects.filter(role="secretary", org__path__startswith=org.path, to_date=None)
        .exclude(org=org).select_related("user", "org__region").order_by("pk")
    )  # fmt: skip
    authors = [(post.user, post.org) for post in rows[:8]]
    return Cast(org, held[found]["organiser"], held[found]["leader"], authors) if authors else None


def _texts(
    cast: Cast, kinds: dict[str, ExemplarKind], dice: Random, at: datetime
) -> list[Exemplar]:
    """Write all texts; the older the further on its way. Returns those published, oldest first."""
    rows = [("case", *row) for row in CASES] + [("method", *row) for row in METHODS]
    rows += [("experience", *row) for row in EXPERIENCE] + [("story", *row) for row in STORIES]
    published, n_stories = [], 0
    for n, (kind, title, summary, tags, texts) in enumerate(rows):
        user, org = cast.authors[n % len(cast.authors)]
        begun = at - timedelta(days=len(rows) - n + 6, hours=dice.randrange(6))
        codes = [section["code"] for section in kinds[kind].sections]
        with as_it_happens(stopped(begun)):
            one = actions.write_exemplar(
                kind=kinds[kind], org=org, desk=cast.org, title=title, summary=summary, tags=tags,
                texts=dict(zip(codes, texts, strict=True)), by=user, at=begun,
            )  # fmt: skip
        if n >= len(rows) - 2:  # the newest are still being written
            continue
        one = _on(cast, one, begun, to="submit")
        n_stories += kind == "story"
        if kind != "story" or n_stories <= PUBLISHED_STORIES:
            published.append(_on(cast, one, begun + DAY, to="publish"))
        elif n == len(rows) - 4:
            one = _on(cast, one, begun + DAY, to="review")
        elif n == len(rows) - 5:
            with as_it_happens(stopped(begun + DAY)):
                actions.send_back(
                    one, note="时间、地点和人数再写具体一些。", by=cast.checker, at=begun + DAY
                )
    return published


def _on(cast: Cast, one: Exemplar, at: datetime, *, to: str) -> Exemplar:
    steps: dict[str, list[tuple[Callable[..., Exemplar], User]]] = {
        "submit": [(actions.submit_exemplar, one.by)],
        "review": [(actions.review_exemplar, cast.checker)],
        "publish": [
            (actions.review_exemplar, cast.checker), (actions.sign_exemplar, cast.signer),
            (actions.publish_exemplar, cast.checker),
        ],
    }  # fmt: skip
    for n, (act, by) in enumerate(steps[to]):
        when = at + n * HOUR
        with as_it_happens(stopped(when)):
            one = act(one, by=by, at=when)
    return one


def _volume(cast: Cast, published: list[Exemplar], at: datetime) -> None:
    """A volume being put together; it is issued by whoever looks at the demo."""
    stories = [one for one in published if one.kind.code == "story"]
    volume = actions.begin_volume(
        org=cast.org, title="服务基层事例资料汇编", subtitle="我为群众办实事（样例）", year=localdate(at).year,
        foreword="一年来，各级党组织和党员走进社区，办了一件件看得见的小事。\n我们从征集到的事例中选出一部分，"
        "编成这本书，供各单位互相学习。", parts=["暖心服务", "解难帮困"], by=cast.checker, at=at - 5 * DAY,
    )  # fmt: skip
    first, second = volume.parts.all()
    half = (len(stories) + 1) // 2
    actions.bind(volume, part=first, exemplars=stories[:half], by=cast.checker, at=at - 5 * DAY)
    actions.bind(volume, part=second, exemplars=stories[half:], by=cast.checker, at=at - 5 * DAY)


def _contest(cast: Cast, published: list[Exemplar], at: datetime) -> None:
    """One that was judged and published, one whose call is open."""
    today = localdate(at)
    begun = at - 4 * DAY
    entries = [one for one in published if one.kind.code == "case"]
    day = localdate(begun)
    contest = actions.call_contest(
        org=cast.org, title=f"{day.year}年基层治理创新案例征集评选", opens_on=day, closes_on=day,
        judging_until=day + 3 * DAY, criteria=[("创新性", 30), ("实效性", 40), ("可推广", 30)],
        prizes=[("一等奖", 1), ("二等奖", 2)], rules="征集各单位在基层治理中的创新做法，已送审的案例都可以参评。",
        least_marks=2, trims_from=5, by=cast.checker, at=begun,
    )  # fmt: skip
    judges = _judges(cast, entries)
    for user in judges:
        actions.appoint_judge(contest, user=user, by=cast.checker, at=begun)
    contest = actions.open_contest(contest, by=cast.checker, at=begun)
    for one in entries:
        actions.enter_contest(contest, exemplar=one, by=one.by, at=begun)
    if len(judges) < 2:
        return
    contest = actions.begin_judging(contest, by=cast.checker, at=begun)
    criteria = list(contest.criteria.all())
    for k, entry in enumerate(contest.entries.select_related("exemplar__org")):
        for j, user in enumerate(judges):
            points = {c.pk: Decimal(c.most) * (94 - 3 * k - j) // 100 for c in criteria}
            actions.mark_entry(
                entry,
                points=points,
                comment="做法具体，成效清楚，别处学得来。",
                by=user,
                at=begun + DAY,
            )
    actions.rank_entries(contest, by=cast.checker, at=begun + 2 * DAY)
    actions.publish_contest(contest, by=cast.checker, at=begun + 2 * DAY)
    following = actions.call_contest(
        org=cast.org, title="“一支部一工作法”征集", opens_on=today, closes_on=today + 30 * DAY,
        judging_until=today + 45 * DAY, criteria=[("管用", 60), ("好记", 40)], prizes=[("优秀工作法", 5)],
        is_blind=True, by=cast.checker, at=at,
    )  # fmt: skip
    actions.open_contest(following, by=cast.checker, at=at)


def _judges(cast: Cast, entries: list[Exemplar]) -> list[User]:
    """Return people of the departments, whose units are neither above nor below those who wrote."""
    rows = Post.objects.filter(
        role="handler", org__region=cast.org.region_id, to_date=None
    ).order_by("pk")
    found: dict[int, User] = {}
    for post in rows.select_related("user")[:12]:
        found.setdefault(post.org_id, post.user)
    free = [
        user
        for user in found.values()
        if not any(map(related_units(user), (e.org for e in entries)))
    ]
    return free[:3]


def _policies(cast: Cast, at: datetime) -> None:
    """ "1+8" and the three standards of building, with what some clauses cause."""
    since = at - 90 * DAY
    for kind, name, note, documents in (
        (
            PolicySet.Kind.POLICY,
            "城市基层党建“1+8”制度体系（样例）",
            "一个总纲，八个配套办法，每一条落实到任务或系统规则。",
            POLICIES,
        ),
        (
            PolicySet.Kind.STANDARD,
            "党群服务中心建设规范（样例）",
            "场所外观、建设流程、内部设计三个规范统一。",
            STANDARDS,
        ),
    ):
        made = actions.begin_set(
            org=cast.org, kind=kind, name=name, note=note, is_sample=True, by=cast.checker, at=since
        )
        for n, (title, subject, text) in enumerate(documents):
            role = "main" if n == 0 and kind == PolicySet.Kind.POLICY else "supporting"
            document = actions.add_document(
                made, role=role, title=title, issuer=cast.org.name, issued_on=localdate(since),
                effective_from=localdate(since), subject=subject, text=text, is_sample=True,
                by=cast.checker, at=since,
            )  # fmt: skip
            if n == 0 and kind == PolicySet.Kind.POLICY:
                _links(cast, document, since)
        actions.publish_set(made, by=cast.checker, at=since + DAY)
    main = PolicySet.objects.get(kind="policy").documents.get(role="main")
    orgs = [org for _user, org in cast.authors][:6]
    actions.ask_to_read(main, orgs=orgs, by=cast.checker, at=at - 3 * DAY)
    for user, _org in cast.authors[:3]:
        actions.confirm_read(main, by=user, at=at - 2 * DAY)


def _links(cast: Cast, document: object, at: datetime) -> None:
    clauses = list(document.clauses.all())  # type: ignore[attr-defined]
    land = cast.org.region.code
    for clause, given in zip(
        clauses,
        (
            {"what": "rule", "kind": "meeting_rules", "ref": "org_life", "label": "组织生活制度", "url": "/meetings/rules/"},
            {"what": "rule", "kind": "admission_list", "ref": land, "label": "社区事务准入目录", "url": "/campaigns/admission/"},
            {"what": "rule", "kind": "routing_rules", "ref": land, "label": "诉求流转规则", "url": "/cases/routing/"},
            {"what": "task", "kind": "key_task", "ref": "sample", "label": "重点任务清单", "url": "/projects/"},
        ),
        strict=False,
    ):  # fmt: skip
        actions.link_clause(clause, by=cast.checker, at=at, **given)


def _courses(cast: Cast, dice: Random, at: datetime) -> None:
    """Lectures that were held, with hours; one course one may sign up for, with a test."""
    for n, title in enumerate(
        (
            "党课开讲啦：从群众中来",
            "党课开讲啦：基层治理的账怎么算",
            "党课开讲啦：一名社区书记的一天",
        )
    ):
        user, org = cast.authors[n % len(cast.authors)]
        begun = at - (30 - 7 * n) * DAY
        course = actions.offer_course(
            org=org,
            kind="lecture",
            title=title,
            hours=Decimal(2),
            lecturer=user.name,
            by=user,
            at=begun,
        )
        course = actions.open_course(course, by=user, at=begun)
        starts = _nine(begun + 2 * DAY)
        session = actions.plan_session(
            course,
            starts_at=starts,
            ends_at=starts + 2 * HOUR,
            venue="党员活动室",
            places=60,
            by=user,
            at=begun,
        )
        members = Membership.objects.filter(
            unit__path__startswith=org.path, to_date=None, person__user__isnull=False
        )
        for one in members.select_related("person__user").order_by("pk")[:8]:
            member = one.person.user
            assert member is not None  # noqa: S101 (only who has an account was looked for)
            actions.sign_up(session, user=member, at=begun + HOUR)
        came = [row.pk for row in session.sign_ups.all() if dice.random() < 0.9]
        if came:
            actions.mark_present(session, present=came, by=user, at=starts)
            actions.close_session(session, by=user, at=starts + 2 * HOUR)
    course = actions.offer_course(
        org=cast.org, kind="course", title="社区工作者培训班", summary="政策、流程、沟通三天课，结业测试及格计学时。",
        hours=Decimal(12), lecturer="区委党校", by=cast.checker, at=at - 2 * DAY,
    )  # fmt: skip
    actions.set_questions(
        course, by=cast.checker, at=at - 2 * DAY,
        questions=[
            ("“街乡吹哨、部门报到”里吹哨的是谁？", ["街道（乡镇）", "区级部门", "居民"], [0]),
            ("下面哪些是支部的基本任务？", ["组织党员学习", "联系服务群众", "代替业主大会作决定"], [0, 1]),
        ],
    )  # fmt: skip
    actions.add_material(
        course,
        title="课前阅读",
        text="带着一个自己社区的真问题来上课。",
        by=cast.checker,
        at=at - 2 * DAY,
    )
    course = actions.open_course(course, by=cast.checker, at=at - 2 * DAY)
    starts = _nine(at + 10 * DAY)
    actions.plan_session(
        course, starts_at=starts, ends_at=starts + 8 * HOUR, venue="区委党校一号教室", places=80, by=cast.checker,
        at=at - 2 * DAY,
    )  # fmt: skip
    assert Course.objects.filter(state="open").exists()  # noqa: S101 (it was just opened)


def _nine(at: datetime) -> datetime:
    """Return nine in the morning of a day: courses do not begin at night."""
    return localtime(at).replace(hour=9, minute=0, second=0, microsecond=0)


def _rates(cast: Cast, dice: Random, at: datetime) -> None:
    """Some units have counted who is registered in the learning app (S4.42)."""
    below = Org.objects.filter(parent=cast.org, kind=Org.Kind.PARTY, dissolved_on=None).order_by(
        "pk"
    )
    for unit in below[:8]:
        members = Membership.objects.members().filter(unit__path__startswith=unit.path).count()
        if members:
            registered = members * dice.randrange(82, 101) // 100
            count_app(unit=unit, registered=registered, on=localdate(at), by=cast.checker, at=at)


def _receptions(cast: Cast, dice: Random, at: datetime) -> None:
    """Nine batches, more than five hundred people (S4.80)."""
    towns = ("甲市", "乙市", "丙区", "丁县", "戊市", "己区", "庚县", "辛市", "壬区")
    year = localdate(at).year
    for n, town in enumerate(towns):
        on = max(date(year, 1, 1), localdate(at) - timedelta(days=8 * (n + 1)))
        actions.record_reception(
            org=cast.org, from_name=f"{town}考察团（样例）", topic=dice.choice(("街乡吹哨、部门报到", "党群服务中心建设", "社区物业共治")),
            on=on, people=52 + dice.randrange(12), route="区党群服务中心、两个社区", reception="座谈一小时，看两个点",
            feedback="看得见、学得走。" if n % 3 == 0 else "", by=cast.checker, at=at,
        )  # fmt: skip


def _brands(cast: Cast, published: list[Exemplar], dice: Random, at: datetime) -> None:
    families = {one.code: one for one in BrandFamily.objects.all()}
    method = next((one for one in published if one.kind.code == "method"), None)
    taken: set[int] = set()
    for code, name, slogan, product, plan, story in BRANDS:
        family = families[code]
        rows = Org.objects.filter(kind=Org.Kind.PARTY, sector=family.sector, dissolved_on=None)
        org = (
            rows.filter(path__startswith=cast.org.path).exclude(pk__in=taken).order_by("pk").first()
        )
        if org is None:
            continue
        taken.add(org.pk)
        brand = actions.register_brand(
            family=family, org=org, name=name, slogan=slogan, product=product, plan=plan, story=story,
            since=localdate(at - timedelta(days=400)), method=method if code == "village" else None,
            indicators=[(one["name"], one["unit"], Decimal(dice.randrange(80, 200))) for one in family.indicators],
            by=cast.checker, at=at,
        )  # fmt: skip
        year = localdate(at).year
        for k, period in enumerate((str(year - 2), str(year - 1))):
            values = {
                one.pk: Decimal(dice.randrange(30, 60) + 30 * k) for one in brand.indicators.all()
            }
            actions.record_values(brand, period=period, values=values, by=cast.checker, at=at)
        if code in ("village", "heal"):
            actions.set_brand_state(
                brand, state="standing", reason="培育两年，指标达到要求", by=cast.checker, at=at
            )
