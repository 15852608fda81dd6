"""Village teams, the posts in them, and the diary of whoever is sent to a village."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import end_post, give_post
from tongxin.orgs.models import Org, Post

from ..models import DiaryEntry, TeamMember, VillageTeam
from ..rules import in_force
from ..sight import VILLAGE_ROLES
from .common import VILLAGE, check_keeper_above, impersonal, keep_proof, log, reason_of
from .selection import check_free, check_village

MOST_MEMBERS = 12


class DoublePost(Refused):
    """Where the rule asks for it, the first secretary leads the team of the village (S4.54)."""


class TeamThere(Refused):
    """A village has one team at a time."""


class TeamGone(Refused):
    """Nobody joins or leaves a team that was withdrawn, and nobody leaves twice."""


class BadMember(Invalid):
    """Somebody is in a team once, and the leader is not also a member."""


class NotSent(Refused):
    """Who writes a village's diary was sent there on that day."""


class BadDay(Invalid):
    """A diary is written on the day or soon after, never ahead."""


class NotOwnEntry(NotFound):
    """One adds to one's own entries only."""


@transaction.atomic
def send_first_secretary(
    *, village: Org, user: User, reason: str, by: User, at: datetime, from_date: date | None = None
) -> Post:
    """Send somebody without a round (接任、组织直接选派), with the reason.

    :raises VillageTaken, BadVillage, NotKeeper, ThinReason: as their names say
    """
    check_keeper_above(by, village)
    check_village(village, village.parent or village)
    check_free(village, at)
    reason = reason_of(reason, label=_("选派理由"))
    post = give_post(
        user=user,
        org=village,
        role=Post.Role.FIRST_SECRETARY,
        at=at,
        by=by,
        from_date=from_date,
    )
    log(
        village,
        _("选派%(user)s任%(village)s第一书记：%(reason)s")
        % {"user": user, "village": village, "reason": reason},
        kind=VILLAGE,
        source=post,
        at=at,
        by=by,
        key="sent",
    )
    return post


@transaction.atomic
def recall_first_secretary(*, post: Post, reason: str, by: User, at: datetime) -> None:
    """End a first secretary's post today, and the leadership of the team with it.

    :raises NotKeeper, ThinReason, PostOver: as their names say
    """
    village = post.org
    check_keeper_above(by, village)
    reason = reason_of(reason, label=_("离任原因"))
    today = localdate(at)
    end_post(post=post, on=today, at=at, by=by)
    team = village.village_teams.standing().filter(leader=post.user).first()
    if team is not None:
        _end_team(team, today, at=at, by=by)
    log(
        village,
        _("%(user)s不再担任%(village)s第一书记：%(reason)s")
        % {"user": post.user, "village": village, "reason": reason},
        kind=VILLAGE,
        source=post,
        at=at,
        by=by,
        key="recalled",
    )


@transaction.atomic
def station_team(
    *,
    village: Org,
    leader: User,
    sender: str,
    members: list[tuple[User, str]],
    by: User,
    at: datetime,
    from_date: date | None = None,
) -> VillageTeam:
    """Station a team in a village; its leader gets the post. `members` are (user, duty).

    :raises DoublePost, TeamThere, BadMember, NotKeeper, BadVillage: as their names say
    """
    check_keeper_above(by, village)
    check_village(village, village.parent or village)
    today = localdate(at)
    from_date = from_date or today
    _check_double(village, leader, today)
    users = [user.pk for user, _duty in members]
    if leader.pk in users or len(set(users)) < len(users) or len(users) > MOST_MEMBERS:
        raise BadMember(
            _("队员不能重复，也不能包括队长，最多 %d 名。") % MOST_MEMBERS, field="members"
        )
    try:
        with transaction.atomic():
            team = VillageTeam.objects.create(
                village=village,
                leader=leader,
                sender=clean_text(sender, limit=80, field_label=_("派出单位"), required=True),
                from_date=from_date,
            )
    except IntegrityError as error:
        raise TeamThere(_("%s已有驻村工作队，请先办理撤离。") % village, field="village") from error
    TeamMember.objects.bulk_create(
        TeamMember(team=team, user=user, duty=duty, from_date=from_date) for user, duty in members
    )
    held = Post.objects.held_on(today).filter(user=leader, org=village, role=Post.Role.TEAM_LEADER)
    if not held.exists():
        give_post(user=leader, org=village, role=Post.Role.TEAM_LEADER, at=at, by=by)
    log(
        village,
        _("驻村工作队进驻：队长%(leader)s，队员 %(n)d 名，%(sender)s派出")
        % {"leader": leader, "n": len(members), "sender": team.sender},
        kind=VILLAGE,
        source=team,
        at=at,
        by=by,
        key="in",
    )
    return team


def _check_double(village: Org, leader: User, today: date) -> None:
    if not in_force("village", today).number("double_post"):
        return
    first = (
        Post.objects.held_on(today)
        .filter(org=village, role=Post.Role.FIRST_SECRETARY)
        .select_related("user")
        .first()
    )
    if first is None:
        raise DoublePost(
            _("按规定队长由第一书记兼任，%s还没有第一书记，请先选派。") % village, field="leader"
        )
    if first.user_id != leader.pk:
        raise DoublePost(
            _("按规定队长由第一书记兼任，%(village)s的第一书记是%(user)s。")
            % {"village": village, "user": first.user},
            field="leader",
        )


@transaction.atomic
def withdraw_team(*, team: VillageTeam, reason: str, by: User, at: datetime) -> None:
    """Take a team out of its village; the leader's post ends, the row stays.

    :raises NotKeeper, ThinReason: as their names say
    """
    check_keeper_above(by, team.village)
    reason = reason_of(reason, label=_("撤离原因"))
    _end_team(team, localdate(at), at=at, by=by)
    log(
        team.village,
        _("驻村工作队撤离：%s") % reason,
        kind=VILLAGE,
        source=team,
        at=at,
        by=by,
        key="out",
    )


def _end_team(team: VillageTeam, on: date, *, at: datetime, by: User) -> None:
    team.to_date = on
    team.save(update_fields=["to_date"])
    team.members.filter(to_date=None).update(to_date=on)
    posts = Post.objects.held_on(on).filter(
        user=team.leader, org=team.village, role=Post.Role.TEAM_LEADER
    )
    for post in posts:
        end_post(post=post, on=on, at=at, by=by)


@transaction.atomic
def join_team(*, team: VillageTeam, user: User, duty: str, by: User, at: datetime) -> TeamMember:
    """Add a member to a standing team.

    :raises BadMember, TeamGone, NotKeeper: as their names say
    """
    team = (
        VillageTeam.objects.select_for_update(of=("self",))
        .select_related("village")
        .get(pk=team.pk)
    )
    check_keeper_above(by, team.village)
    if team.to_date:
        raise TeamGone(_("工作队已于 %s 撤离。") % team.to_date)
    standing = list(team.members.filter(to_date=None).values_list("user_id", flat=True))
    if user.pk == team.leader_id or user.pk in standing or len(standing) >= MOST_MEMBERS:
        raise BadMember(
            _("队员不能重复，也不能包括队长，最多 %d 名。") % MOST_MEMBERS, field="user"
        )
    member = TeamMember.objects.create(
        team=team,
        user=user,
        duty=clean_text(duty, limit=60, field_label=_("分工")),
        from_date=localdate(at),
    )
    log(
        team.village,
        _("%s加入驻村工作队") % user,
        kind=VILLAGE,
        source=member,
        at=at,
        by=by,
        key="in",
    )
    return member


@transaction.atomic
def leave_team(*, member: TeamMember, reason: str, by: User, at: datetime) -> None:
    """End somebody's time in a team, with the reason; the row stays.

    :raises TeamGone, NotKeeper, ThinReason: as their names say
    """
    rows = TeamMember.objects.select_for_update(of=("self",))
    member = rows.select_related("team__village", "user").get(pk=member.pk)
    village = member.team.village
    check_keeper_above(by, village)
    if member.to_date:
        raise TeamGone(
            _("%(user)s已于 %(day)s 离队。") % {"user": member.user, "day": member.to_date}
        )
    reason = reason_of(reason, label=_("离队原因"))
    member.to_date = localdate(at)
    member.save(update_fields=["to_date"])
    log(
        village,
        _("%(user)s离开驻村工作队：%(reason)s") % {"user": member.user, "reason": reason},
        kind=VILLAGE,
        source=member,
        at=at,
        by=by,
        key="out",
    )


@transaction.atomic
def write_diary(
    *,
    author: User,
    village: Org,
    day: date,
    text: str,
    at: datetime,
    place: str = "",
    photo: bytes | None = None,
    adds_to: DiaryEntry | None = None,
    key: str | None = None,
) -> DiaryEntry:
    """Write a day into one's diary, or add to an entry; what was written is never changed.

    :raises NotSent, BadDay, NotOwnEntry, PersonalData: as their names say
    """
    if key:
        User.objects.select_for_update().only("pk").get(pk=author.pk)  # a retry waits for the first
        key = f"{author.pk}:{key}"
        written = DiaryEntry.objects.filter(key=key).first()
        if written is not None:
            return written
    today = localdate(at)
    if adds_to is not None:
        if adds_to.author_id != author.pk:
            raise NotOwnEntry(_("没有找到这篇日志。"))
        village, day = adds_to.village, adds_to.day
    else:
        check_sent(author, village, day)
        most = in_force("village", today).number("diary_amend") or 30
        if day > today or day < today - timedelta(days=most):
            raise BadDay(_("日志可以记今天，或补记 %d 天以内的日子。") % most, field="day")
    entry = DiaryEntry.objects.create(
        author=author,
        village=village,
        day=day,
        text=impersonal(text, label=_("内容"), limit=2000, field="text"),
        place=clean_text(place, limit=60, field_label=_("地点")),
        at=at,
        photo=keep_proof(data=photo, unit=village, by=author, at=at, is_private=True)
        if photo
        else None,
        adds_to=adds_to,
        key=key,
    )
    if adds_to is None:
        log(
            village,
            _("%(user)s记驻村日志：%(day)s %(place)s")
            % {"user": author, "day": day, "place": entry.place or _("村内")},
            kind=VILLAGE,
            source=entry,
            at=at,
            by=author,
            key="",
        )
    return entry


def check_sent(user: User, village: Org, day: date) -> None:
    """:raises NotSent: unless the user was sent to the village on that day"""
    posts = Post.objects.held_on(day).filter(user=user, org=village, role__in=VILLAGE_ROLES)
    in_team = TeamMember.objects.filter(
        user=user, team__village=village, from_date__lte=day
    ).exclude(to_date__lte=day)
    if not posts.exists() and not in_team.exists():
        raise NotSent(
            _("%(day)s您不在%(village)s驻村，不能记这天的日志。")
            % {"day": day, "village": village},
            field="day",
        )
