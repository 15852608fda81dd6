"""Hot topics of a district: found, named, merged, split and dismissed by people, who are remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, NotPermitted, TooMany
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.language import clusters
from tongxin.language.private import mask
from tongxin.orgs.models import Post
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region
from tongxin.requests.models import ServiceRequest

from ..models import HotCase, HotRun, HotTopic, Verdict
from ..queries import MENDS, joined, midnight, said

WINDOW = timedelta(
    days=28
)  # a weekly run looks back so far, so that what a person said still counts
KEPT_TOPICS = 30  # of a run
MOST_AT_ONCE = 5000  # requests that somebody may have grouped while they wait
TOLD = 5
TOLD_ROLES = ("officer", "leader")


class BadPeriod(Invalid):
    """The period ends before it begins, or is longer than a year."""


class TooManyMessages(TooMany):
    """More requests than can be grouped while somebody waits."""


class NotTheirTopic(NotPermitted):
    """Topics are mended by who dispatches or overlooks the whole area of the run."""


def _requests_of(region: Region, since: date, until: date) -> list[Case]:
    """Return the public requests of a period [since, until), oldest first."""
    rows = Case.objects.public().filter(
        kind="request",
        area__under=region.path,
        id__gte=uuid7(midnight(since)),
        id__lt=uuid7(midnight(until)),
    )
    return list(rows.order_by("id")[: clusters.MOST_MESSAGES])


def find_hot_topics(
    *, region: Region, since: date, until: date, at: datetime, actor: User | None = None
) -> HotRun:
    """Group the public requests of a period [since, until) and keep the hottest groups.

    What people said of two requests is kept to; a name or a dismissal stays with the group that
    holds most of the same requests. A second run of the same period takes the place of the first.

    :raises BadPeriod: for a period that is none
    :raises TooManyMessages: if somebody waits for more than 5,000 requests to be grouped
    :raises NotTheirTopic: if the actor has no say over the region
    """
    if actor is not None:
        _check_mends(actor, region)
    if not timedelta() < until - since <= timedelta(days=366):
        raise BadPeriod(_("请选择一段时间，最长一年。"), field="until")
    cases = _requests_of(region, since, until)
    if actor is not None and len(cases) > MOST_AT_ONCE:
        raise TooManyMessages(
            _("这段时间有 %d 件诉求，太多了，请选短一些的时间。") % len(cases), field="since"
        )
    topics = _grouped(cases, since, until)
    with transaction.atomic():
        earlier = _remembered(region)
        HotRun.objects.filter(region=region, since=since, until=until).delete()
        run = HotRun.objects.create(
            region=region, since=since, until=until, made_at=at, n=len(cases)
        )
        for topic in topics[:KEPT_TOPICS]:
            _keep(run, topic, cases, earlier)
    return run


def _grouped(cases: list[Case], since: date, until: date) -> list[clusters.HotTopic]:
    ids = [case.pk for case in cases]
    likes = dict(ServiceRequest.objects.filter(pk__in=ids).values_list("pk", "likes"))
    too = joined(ids)
    messages = [
        clusters.Message(
            id=case.pk,
            title=mask(case.title),
            text=mask(said(case)),
            at=case.opened_at,
            user=str(case.reporter_id or ""),
            likes=likes.get(case.pk, 0) + too.get(case.pk, 0),
        )
        for case in cases
    ]
    place = {pk: n for n, pk in enumerate(ids)}
    verdicts = Verdict.objects.filter(low__in=ids, high__in=ids).order_by("at")
    said_same: set[tuple[int, int]] = set()
    said_apart: set[tuple[int, int]] = set()
    for low, high, is_same in verdicts.values_list("low", "high", "is_same"):
        (said_same if is_same else said_apart).add((place[low], place[high]))
    return clusters.hot_topics(
        messages, since=midnight(since), until=midnight(until), same=said_same, apart=said_apart
    )


def _remembered(region: Region) -> list[tuple[HotTopic, set[Any]]]:
    """Return the topics that people named or dismissed, newest first, each with its requests."""
    spoken = HotTopic.objects.filter(run__region=region).filter(
        Q(is_named=True) | Q(state=HotTopic.State.DISMISSED)
    )
    rows = spoken.order_by("-run__until", "-id").prefetch_related("members")[:200]
    return [(one, {member.case_id for member in one.members.all()}) for one in rows]


def _keep(
    run: HotRun,
    topic: clusters.HotTopic,
    cases: list[Case],
    earlier: list[tuple[HotTopic, set[Any]]],
) -> None:
    mine = [cases[one] for one in topic.members]
    mine_at = sorted(case.opened_at for case in mine)
    kept = HotTopic(
        run=run, title=topic.title[:60], place=topic.place[:40], words=topic.words,
        n=len(mine), people=topic.heat.people, approval=topic.heat.approval,
        first_at=mine_at[0], last_at=mine_at[-1], heat=topic.heat.value,
        parts={
            "messages": topic.heat.messages, "people": topic.heat.people,
            "approval": topic.heat.approval, "recency": topic.heat.recency,
            "persistence": topic.heat.persistence,
        },
    )  # fmt: skip
    points = [(case.lng, case.lat) for case in mine if case.lng is not None]
    if points:
        kept.lng, kept.lat = (median(axis) for axis in zip(*points, strict=True))
    ids = {case.pk for case in mine}
    for one, before in earlier:
        if 2 * len(ids & before) >= min(len(ids), len(before)) > 0:
            kept.state = one.state if one.state == HotTopic.State.DISMISSED else ""
            if one.is_named:
                kept.title, kept.is_named = one.title, True
            break
    kept.save()
    HotCase.objects.bulk_create(
        HotCase(topic=kept, case=cases[one], centrality=topic.centrality[one])
        for one in topic.members
    )


def hot_topics_due(*, at: datetime, limit: int = 1) -> int:
    """Make this week's run for districts that have none yet, and tell of it once; return how many.

    A week begins on Monday; the run covers the four weeks before it. Safe beside itself: the
    period of a region is unique, and a notice is told once.
    """
    until = localdate(at) - timedelta(days=localdate(at).weekday())
    since = until - WINDOW
    done = HotRun.objects.filter(since=since, until=until).values("region")
    districts = Region.objects.filter(level=Region.Level.DISTRICT).exclude(pk__in=done)
    made = 0
    for district in districts.order_by("pk"):
        if made >= limit:
            break
        if not _requests_are_there(district, since, until):
            continue
        tell_of_run(run=find_hot_topics(region=district, since=since, until=until, at=at), at=at)
        made += 1
    return made


def _requests_are_there(region: Region, since: date, until: date) -> bool:
    return (
        Case.objects.public()
        .filter(
            kind="request", area__under=region.path,
            id__gte=uuid7(midnight(since)), id__lt=uuid7(midnight(until)),
        )
        .exists()
    )  # fmt: skip


@transaction.atomic
def tell_of_run(*, run: HotRun, at: datetime) -> None:
    """Tell the officers and leaders of the district and its streets what is hot this week, once."""
    topics = list(run.topics.filter(state="").order_by("-heat")[:TOLD])
    run.told_at = at
    run.save(update_fields=["told_at"])
    if not topics:
        return
    posts = Post.objects.held_on(localdate(at)).filter(
        role__in=TOLD_ROLES, region__path__under=run.region.path,
        region__level__in=(Region.Level.DISTRICT, Region.Level.STREET),
    )  # fmt: skip
    people = posts.people()
    listed = "；".join(f"{n}. {one.title}（{one.n}）" for n, one in enumerate(topics, 1))
    tell(
        users=people,
        title=_("%s本周热点") % run.region.name,
        text=listed,
        url=reverse("matters:hot"),
        key=f"hot:{run.region_id}:{run.since}:{run.until}",
        at=at,
    )


# What people say of topics.


def _check_mends(actor: User, region: Region) -> None:
    if not roles_over(actor, region.path) & MENDS:
        raise NotTheirTopic(_("热点由本级管理员或派单员整理，您可以查看。"))


def _mend(topic: HotTopic, actor: User, at: datetime, what: str, **detail: Any) -> None:
    _check_mends(actor, topic.run.region)
    audit(actor=actor, action=f"topic.{what}", object=f"{topic.pk} {topic.title}", at=at, **detail)


@transaction.atomic
def rename_topic(*, topic: HotTopic, title: str, actor: User, at: datetime) -> HotTopic:
    """Give a topic a name that stays with its requests.

    :raises Invalid: for an empty title, or one over 60 characters
    :raises NotTheirTopic: as `find_hot_topics`
    """
    title = clean_text(title, limit=60, field_label=_("标题"), required=True)
    _mend(topic, actor, at, "rename", detail={"title": title})
    topic.title, topic.is_named = title, True
    topic.save(update_fields=["title", "is_named"])
    return topic


@transaction.atomic
def dismiss_topic(*, topic: HotTopic, actor: User, at: datetime) -> HotTopic:
    """Take a topic off the board: it is none. The next run leaves it off too."""
    _mend(topic, actor, at, "dismiss")
    topic.state = HotTopic.State.DISMISSED
    topic.save(update_fields=["state"])
    return topic


@transaction.atomic
def restore_topic(*, topic: HotTopic, actor: User, at: datetime) -> HotTopic:
    """Put a dismissed topic back."""
    _mend(topic, actor, at, "restore")
    topic.state = HotTopic.State.SHOWN
    topic.save(update_fields=["state"])
    return topic


@transaction.atomic
def merge_topics(*, topic: HotTopic, other: HotTopic, actor: User, at: datetime) -> HotTopic:
    """Let another topic of the run go up in this one: their requests are one matter from now on.

    :raises Invalid: for topics of two runs, or one and the same
    """
    if other.pk == topic.pk or other.run_id != topic.run_id or other.state:
        raise Invalid(_("请选择同一期榜上的另一个热点。"), field="other")
    _mend(topic, actor, at, "merge", detail={"other": other.title})
    heart, others = _typical(topic), list(other.members.select_related("case"))
    _say(heart, [one.case_id for one in others], is_same=True, actor=actor, at=at)
    known = set(topic.members.values_list("case", flat=True))
    HotCase.objects.bulk_create(
        HotCase(topic=topic, case_id=one.case_id, centrality=one.centrality / 2)
        for one in others
        if one.case_id not in known
    )
    other.state, other.into = HotTopic.State.MERGED, topic
    other.save(update_fields=["state", "into"])
    return _recount(topic)


@transaction.atomic
def split_topic(
    *, topic: HotTopic, cases: Collection[Any], title: str, actor: User, at: datetime
) -> HotTopic:
    """Take requests (ids) out of a topic into one of their own: they are another matter.

    :raises Invalid: if none or all of the topic's requests are taken, or the title is no title
    """
    title = clean_text(title, limit=60, field_label=_("新热点的标题"), required=True)
    _mend(topic, actor, at, "split", detail={"title": title, "n": len(cases)})
    members = list(topic.members.all())
    out = [one for one in members if one.case_id in set(cases)]
    rest = [one for one in members if one not in out]
    if not out or not rest:
        raise Invalid(_("请勾选要拆出的诉求，至少留下一件。"), field="cases")
    first = out[0].case_id
    _say(first, [one.case_id for one in out[1:]], is_same=True, actor=actor, at=at)
    for one in out:
        _say(one.case_id, [other.case_id for other in rest], is_same=False, actor=actor, at=at)
    fresh = HotTopic.objects.create(
        run=topic.run, title=title, is_named=True, words=topic.words, n=len(out), people=0,
        heat=0, first_at=topic.first_at, last_at=topic.last_at,
    )  # fmt: skip
    HotCase.objects.filter(pk__in=[one.pk for one in out]).update(topic=fresh)
    _recount(topic)
    return _recount(fresh)


def _typical(topic: HotTopic) -> Any:
    return topic.members.order_by("-centrality", "case").values_list("case", flat=True).first()


MOST_SAID = 400  # pairs of one word of a person


def _say(one: Any, others: Iterable[Any], *, is_same: bool, actor: User, at: datetime) -> None:
    """Write down that requests are, or are not, one matter; a later word takes back an earlier."""
    pairs: Sequence[Verdict] = [
        Verdict(low_id=min(one, other), high_id=max(one, other), is_same=is_same, by=actor, at=at)
        for other in list(others)[:MOST_SAID]
        if other != one
    ]
    Verdict.objects.bulk_create(
        pairs, update_conflicts=True, unique_fields=["low", "high"],
        update_fields=["is_same", "by", "at"],
    )  # fmt: skip


def _recount(topic: HotTopic) -> HotTopic:
    """Set the figures of a topic anew, from the requests it holds now."""
    cases = list(Case.objects.filter(pk__in=topic.members.values("case")).order_by("id"))
    likes = dict(
        ServiceRequest.objects.filter(pk__in=[c.pk for c in cases]).values_list("pk", "likes")
    )
    too = joined([case.pk for case in cases])
    messages = [
        clusters.Message(
            case.pk, case.title, "", case.opened_at, str(case.reporter_id or ""),
            likes.get(case.pk, 0) + too.get(case.pk, 0),
        )
        for case in cases
    ]  # fmt: skip
    run = topic.run
    heat = clusters.heat_of(messages, since=midnight(run.since), until=midnight(run.until))
    topic.n, topic.people, topic.approval = len(cases), heat.people, heat.approval
    topic.heat = heat.value
    topic.parts = {
        "messages": heat.messages, "people": heat.people, "approval": heat.approval,
        "recency": heat.recency, "persistence": heat.persistence,
    }  # fmt: skip
    topic.first_at, topic.last_at = cases[0].opened_at, cases[-1].opened_at
    topic.save()
    return topic
