"""Leaders take charge and go; teams walk every place; meetings come again; a bulletin says who is ahead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.documents.actions import draft
from tongxin.fieldwork.actions import plan_visit
from tongxin.fieldwork.models import Visit
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.meetings.actions import plan_gathering
from tongxin.meetings.queries import Invitee, gathers
from tongxin.orgs.models import Org, Post
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..models import (
    Bulletin,
    Charge,
    LeaderVisit,
    RenovationCampaign,
    ResearchTeam,
    Rhythm,
    Site,
    TeamMember,
    VisitDecision,
)
from ..models.campaigns import ISSUERS, OVERSEERS
from ..models.going import RhythmMeeting
from ..queries.board import board_of
from ..queries.going import SOURCE
from .common import MOST_PHOTOS, hold_campaign, hold_site, must_hold, note, past, scoped
from .troubles import open_part

CHINA = ZoneInfo("Asia/Shanghai")
AHEAD = timedelta(days=7)  # a meeting is planned a week before
MOST_DECISIONS = 10


class NotLeader(Refused):
    """Charge is taken, and places are overseen, by leaders (包保领导, S1.13)."""

    status = 422


class BadVisit(Invalid):
    """A visit needs words, a day, a team for research, a place that counts."""


class WentAlready(Refused):
    """The leader's visit of that day to the place is in the books."""


class BadTeam(Invalid):
    """A research team needs people and land within the campaign."""


class BadRhythm(Invalid):
    """Meetings that come again need days ahead and somebody who may call them."""


def is_leader(user: User, path: str, on: date) -> bool:
    """Say whether somebody leads over a place on a day: a leader, secretary or head of its land."""
    posts = Post.objects.held_on(on).filter(user=user, role__in=("leader", "secretary"))
    return any(path.startswith(land) for land in posts.values_list("region__path", flat=True))


@transaction.atomic
def charge(site: Site, *, leader: User, by: User, at: datetime) -> Charge:
    """Put a leader in charge of a community (S1.13); who was before stays in the history.

    :raises NotLeader: unless `leader` leads over it
    """
    site = hold_site(site)
    must_hold(by, ISSUERS, site.path, what=_("安排联系包保"))
    today = localdate(at)
    if not is_leader(leader, site.path, today):
        raise NotLeader(_("%s不是管这里的领导，不能包保。") % leader.name, field="leader")
    current = site.charges.filter(to_on=None).first()
    if current is not None:
        if current.leader_id == leader.pk:
            return current
        current.to_on = today
        current.save(update_fields=["to_on"])
    made = Charge.objects.create(site=site, leader=leader, from_on=today, by=by)
    note(site, "visit", _("%s联系包保") % leader.name, on=today, by=by, at=at)
    return made


@transaction.atomic
def record_visit(
    site: Site, *, leader: User, text: str, on: date, by: User, at: datetime,
    decisions: Sequence[dict[str, Any]] = (), photos: Iterable[Photo] = (),
    team: ResearchTeam | None = None, key: str = "",
) -> LeaderVisit:  # fmt: skip
    """Write down a leader's visit, or a research team's; what was decided on the spot becomes cases (S1.17).

    `decisions` are {"org": Org, "what": str, "due_on": date}.
    :raises NotLeader: for a leader's visit by nobody who leads there
    :raises BadVisit: for a team that was not given this place
    :raises WentAlready: for the same leader, place and day
    """
    kept = scoped(by, key)
    if kept and (old := LeaderVisit.objects.filter(key=kept).first()):
        return old
    site = hold_site(site)
    if by.pk != leader.pk and not _sits_in(team, by):
        must_hold(by, (*OVERSEERS, "organiser"), site.path, what=_("登记这里的督导"))
    past(on, at, since=site.campaign.begun_on)
    _check_who(site, leader, team, on)
    if len(decisions) > MOST_DECISIONS:
        raise BadVisit(_("一次最多登记 %d 项拍板事项。") % MOST_DECISIONS, field="decisions")
    words = clean_text(text, limit=500, field_label=_("现场情况"), required=True, multiline=True)
    kind = "research" if team else "leader"
    try:
        with transaction.atomic():
            visit = LeaderVisit.objects.create(
                site=site, kind=kind, leader=leader, team=team, on=on, text=words, by=by, at=at, key=kept
            )  # fmt: skip
    except IntegrityError as error:
        day = {"name": leader.name, "day": on, "place": site.name}
        raise WentAlready(_("%(name)s %(day)s 到%(place)s已登记过。") % day) from error
    photos = list(photos)
    if len(photos) > MOST_PHOTOS:
        raise BadVisit(_("一次最多 %d 张照片。") % MOST_PHOTOS, field="photos")
    visit.photos.set(photos)
    who = str(team) if team else leader.name
    note(
        site,
        "visit",
        _("%(who)s到现场：%(text)s") % {"who": who, "text": words},
        on=on,
        by=by,
        at=at,
    )
    for one in decisions:
        part = open_part(
            site, org=one["org"], what=one["what"], due_on=one["due_on"], by=by, at=at,
            data={"decided_by": leader.name, "decided_on": str(on)},
        )  # fmt: skip
        VisitDecision.objects.create(visit=visit, part=part)
    return visit


def _sits_in(team: ResearchTeam | None, user: User) -> bool:
    return team is not None and team.members.filter(user=user).exists()


def _check_who(site: Site, leader: User, team: ResearchTeam | None, on: date) -> None:
    if team is None:
        if not is_leader(leader, site.path, on):
            raise NotLeader(_("%s不是管这里的领导。") % leader.name, field="leader")
        return
    roots = tuple(team.regions.values_list("path", flat=True))
    if team.campaign_id != site.campaign_id or not (roots and site.path.startswith(roots)):
        raise BadVisit(_("%(place)s不在%(team)s的走访范围。") % {"place": site.name, "team": team}, field="team")  # fmt: skip
    if not _sits_in(team, leader):
        raise BadVisit(_("%(name)s不在%(team)s。") % {"name": leader.name, "team": team}, field="leader")  # fmt: skip


@transaction.atomic
def found_team(
    campaign: RenovationCampaign, *, number: int, regions: Sequence[Region],
    members: Sequence[User], by: User, at: datetime,
) -> ResearchTeam:  # fmt: skip
    """Found a research team (S1.19): its first member leads, its land is its list.

    :raises BadTeam: without people or land, with land outside, for land another team walks, a number twice
    """
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("组建调研组"))
    people = list({user.pk: user for user in members}.values())
    if not people or not regions:
        raise BadTeam(_("调研组要有组员和走访范围。"), field="members")
    if not 1 <= number <= 99 or campaign.teams.filter(number=number).exists():
        raise BadTeam(_("组号应是 1 到 99 之间没有用过的数。"), field="number")
    if outside := [one for one in regions if not one.path.startswith(campaign.region.path)]:
        raise BadTeam(_("%s不在本次改造范围内。") % outside[0].name, field="regions")
    for other in campaign.teams.prefetch_related("regions"):
        for land in other.regions.all():
            for one in regions:
                if one.path.startswith(land.path) or land.path.startswith(one.path):
                    words = {"place": one.name, "team": other}
                    raise BadTeam(_("%(place)s已由%(team)s走访。") % words, field="regions")
    team = ResearchTeam.objects.create(campaign=campaign, number=number, at=at)
    team.regions.set(regions)
    TeamMember.objects.bulk_create(
        TeamMember(team=team, user=user, is_lead=not n) for n, user in enumerate(people)
    )
    return team


@transaction.atomic
def plan_unannounced(
    campaign: RenovationCampaign, *, sites: Sequence[Site], workers: Sequence[User], due_from: date,
    due_on: date, by: User, at: datetime, key: str = "",
) -> list[Visit]:  # fmt: skip
    """Plan unannounced visits (S1.41): those visited see nothing of them until they have begun.

    :raises BadVisit: for a place of another campaign or an exempt one
    """
    must_hold(by, (*ISSUERS, "inspector", "leader"), campaign.region.path, what=_("安排暗访"))
    scoped(by, key)
    made = []
    for site in sites:
        if site.campaign_id != campaign.pk or site.state == Site.State.EXEMPT:
            raise BadVisit(_("%s不在本次暗访范围。") % site.name, field="sites")
        made.append(
            plan_visit(
                kind="unannounced",
                title=_("阵地改造暗访 %s") % site.name,
                region=site.region,
                by=by,
                at=at,
                due_from=due_from,
                due_on=due_on,
                workers=workers,
                place_name=site.name,
                source=(SOURCE, str(campaign.pk)),
                unannounced=True,
                org=campaign.org,
                key=f"{key}:{site.pk}" if key else "",
            )  # fmt: skip
        )
    return made


@transaction.atomic
def set_rhythm(
    campaign: RenovationCampaign, *, kind: str, region: Region, org: Org, chair: User, venue: str,
    every_days: int, next_on: date, by: User, at: datetime, hour: int = 9,
) -> Rhythm:  # fmt: skip
    """Let meetings come again: the regular one (S1.14), an area's push meeting (S1.18), the two
    departments' (S1.40). The worker plans each a week ahead.

    :raises BadRhythm: for days that do not move on, or an organisation whose meetings `by` may not call
    """
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, region.path, what=_("安排例会"))
    if kind not in Rhythm.Kind.values:
        raise BadRhythm(_("请选择会议类别。"), field="kind")
    if not region.path.startswith(campaign.region.path):
        raise BadRhythm(_("片区应在本次改造范围内。"), field="region")
    if not 1 <= every_days <= 120 or not 7 <= hour <= 20:
        raise BadRhythm(_("请写每隔 1 到 120 天，7 点到 20 点之间。"), field="every_days")
    if not localdate(at) <= next_on <= campaign.final_on:
        raise BadRhythm(_("首次日期应在今天到最后期限之间。"), field="next_on")
    if kind == Rhythm.Kind.JOINT and campaign.partner_id is None:
        raise BadRhythm(_("本次改造没有会同部门，不能安排两部门调度。"), field="kind")
    if not gathers(by, org):
        raise BadRhythm(_("您不能以%s的名义召集会议。") % org.name, field="org")
    return Rhythm.objects.create(
        campaign=campaign, kind=kind, region=region, org=org, chair=chair, every_days=every_days,
        next_on=next_on, hour=hour, by=by,
        venue=clean_text(venue, limit=80, field_label=_("地点"), required=True),
    )  # fmt: skip


@transaction.atomic
def end_rhythm(rhythm: Rhythm, *, by: User, at: datetime) -> None:
    """Let no more meetings come of a rhythm."""
    must_hold(by, ISSUERS, rhythm.region.path, what=_("停止例会"))
    Rhythm.objects.filter(pk=rhythm.pk, ended_on=None).update(ended_on=localdate(at))


def rhythms_due(*, at: datetime, limit: int = 20) -> int:
    """Plan the meetings that come within a week; each day once, any number of workers."""
    soon = localdate(at) + AHEAD
    rows = Rhythm.objects.filter(
        ended_on=None, next_on__lte=soon, campaign__state=RenovationCampaign.State.RUNNING
    )
    done = 0
    for pk in list(rows.order_by("next_on", "pk").values_list("pk", flat=True)[:limit]):
        done += _plan_next(pk, soon, at)
    return done


@transaction.atomic
def _plan_next(pk: int, soon: date, at: datetime) -> int:
    rows = Rhythm.objects.select_for_update(
        of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
    ).select_related("campaign__org", "campaign__partner", "campaign__head", "region", "org", "chair", "by")  # fmt: skip
    rhythm = rows.filter(pk=pk, ended_on=None, next_on__lte=soon).first()
    if rhythm is None:
        return 0
    on = rhythm.next_on
    while on < localdate(at):  # nobody was there to plan it
        on += timedelta(days=rhythm.every_days)
    rhythm.next_on = on + timedelta(days=rhythm.every_days)
    if rhythm.next_on > rhythm.campaign.final_on:
        rhythm.ended_on = localdate(at)
    rhythm.save(update_fields=["next_on", "ended_on"])
    if on > soon:
        return 0
    starts = datetime.combine(on, time(rhythm.hour), CHINA).astimezone(UTC)
    try:
        with transaction.atomic():
            meeting = plan_gathering(
                unit=rhythm.org, kind=rhythm.kind, starts_at=starts, venue=rhythm.venue,
                title=_("%(name)s%(kind)s（%(place)s）") % {"name": rhythm.campaign.name, "kind": rhythm.get_kind_display(), "place": rhythm.region.name},
                ends_at=starts + timedelta(hours=2), chair=rhythm.chair.name, by=rhythm.by, at=at,
                invited=_asked(rhythm, at), agenda=_("通报进度；研究难点；明确下一步"),
                key=f"renovation:{rhythm.pk}:{on}",
            )  # fmt: skip
            RhythmMeeting.objects.create(rhythm=rhythm, meeting=meeting, on=on)
    except (Refused, IntegrityError):
        return 0  # who arranged it may no longer call meetings: the rhythm goes on, the next try is theirs
    return 1


def _asked(rhythm: Rhythm, at: datetime) -> list[Invitee]:
    """Return who is asked: the officers of the area's streets, or of both departments; the chair always."""
    posts = Post.objects.held_on(localdate(at)).select_related("user", "org")
    if rhythm.kind == Rhythm.Kind.JOINT:
        orgs = [rhythm.campaign.org_id, rhythm.campaign.partner_id]
        posts = posts.filter(org__in=orgs, role__in=(*OVERSEERS, "handler"))
    else:
        posts = posts.filter(
            region__path__under=rhythm.region.path, region__level__in=("district", "street"),
            role__in=("officer", "leader"),
        )  # fmt: skip
    people = [
        (rhythm.chair, rhythm.org.name),
        *((post.user, post.org.name) for post in posts[:200]),
    ]
    return [
        Invitee(name=user.name, person_id=None, user_id=user.pk, votes=False, part="department", agency=agency[:60])
        for user, agency in people
    ]  # fmt: skip


@transaction.atomic
def draft_bulletin(campaign: RenovationCampaign, *, by: User, at: datetime) -> Bulletin:
    """Draft the next bulletin (S1.15): figures of this moment, the order of finishing, what lags.

    The document then goes the way of every document.
    :raises NotPermitted: for who does not write for the department that leads
    """
    campaign = hold_campaign(campaign)
    must_hold(by, (*ISSUERS, "organiser"), campaign.region.path, what=_("编发工作通报"))
    today = localdate(at)
    number = campaign.bulletins.count() + 1
    document = draft(
        kind="bulletin", org=campaign.org, by=by, at=at,
        title=_("%(name)s工作通报（第%(n)d期）") % {"name": campaign.name, "n": number},
        context={"body": bulletin_body(campaign, today)},
        source=("renovation", str(campaign.pk), campaign.name, f"/renovation/{campaign.pk}/"),
        key=f"renovation:{campaign.pk}:bulletin:{number}",
    )  # fmt: skip
    return Bulletin.objects.create(campaign=campaign, number=number, on=today, document=document)


def bulletin_body(campaign: RenovationCampaign, day: date) -> str:
    """Return the words of a bulletin out of the figures of a day."""
    board = board_of(campaign, day)
    path = campaign.region.path
    whole, ranks = board.figures(path), board.ranking(path)
    words = {
        "day": day, "base": whole.base, "exempt": whole.exempt, "area": whole.area_ok, "closed": whole.closed,
        "in_use": whole.in_use, "share": whole.share("closed") or 0, "left": (campaign.final_on - day).days,
        "late": whole.late,
    }  # fmt: skip
    lines = [
        _("截至 %(day)s，应改造 %(base)d 个（另有免建 %(exempt)d 个），面积达标 %(area)d 个，销号 %(closed)d 个（%(share)d%%），"
          "投入使用 %(in_use)d 个。距最后期限还有 %(left)d 天，工序滞后 %(late)d 个。") % words,
        "", "# " + _("完成排名"), "",
    ]  # fmt: skip
    for row in ranks:
        one = row | {"day": row["finished_on"]}
        if row["finished_on"]:
            lines.append(_("第%(place)d名 %(name)s：%(base)d 个全部销号，%(day)s 完成。") % one)
        else:
            lines.append(
                _("第%(place)d名 %(name)s：%(base)d 个，销号 %(closed)d 个（%(share)d%%）。") % one
            )
    lines += [
        "",
        "# " + _("下一步要求"),
        "",
        _("最后期限不变。工序滞后的点位，包保领导一周内到现场。"),
    ]
    return "\n".join(lines)
