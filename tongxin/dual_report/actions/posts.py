"""Posts of service: offered, claimed by who is first, given back, confirmed by another (S3.27)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused, Stale
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import MemberReport, PostClaim, VolunteerPost
from ..queries.rules import checked_kind, number
from .common import only_another, only_community, only_desk
from .record import BadMinutes, write_service

State = PostClaim.State


class BadTimes(Invalid):
    """A post begins in the future, ends after it begins, within one day, for 1 to 200 people."""


class PostGone(Refused):
    """The post has begun or was called off."""


class PostFull(Refused):
    """All places are taken; there is a waiting list."""


class ClaimedAlready(Refused):
    """One claims a post once."""


class MembersOnly(NotPermitted):
    """The post is for members whose report the community has confirmed."""


class TooManyClaims(Refused):
    """Somebody holds as many posts to come as one may."""


class ClaimNotSo(Stale):
    """The claim is not in the state that this needs."""


class NotYourClaim(NotPermitted):
    """A place is given back by who holds it."""


@transaction.atomic
def offer_post(
    *,
    community: Region,
    title: str,
    service: str,
    place: str,
    starts_at: datetime,
    ends_at: datetime,
    wanted: int,
    by: User,
    at: datetime,
    who: str = VolunteerPost.Who.ALL,
    text: str = "",
    key: str | None = None,
) -> VolunteerPost:
    """Offer a post; the same `key` offers it once.

    :raises NotYourCommunity: for who acts elsewhere
    :raises BadTimes: for times or numbers that cannot be
    """
    only_community(community)
    only_desk(by, community.path)
    if key and (found := VolunteerPost.objects.filter(key=f"{by.pk}:{key}"[:80]).first()):
        return found
    if starts_at <= at or ends_at <= starts_at or localdate(ends_at) != localdate(starts_at):
        raise BadTimes(_("开始时间应在现在以后，结束应在当天并晚于开始。"), field="starts_at")
    if not 1 <= wanted <= 200:
        raise BadTimes(_("人数应为 1 到 200 人。"), field="wanted")
    return VolunteerPost.objects.create(
        community=community,
        title=clean_text(title, limit=40, field_label=_("岗位"), required=True),
        service=checked_kind("service", service, localdate(at), field="service"),
        text=clean_text(text, limit=300, field_label=_("做什么"), multiline=True),
        place=clean_text(place, limit=60, field_label=_("地点"), required=True),
        starts_at=starts_at,
        ends_at=ends_at,
        wanted=wanted,
        who=who,
        offered_at=at,
        offered_by=by,
        key=f"{by.pk}:{key}"[:80] if key else None,
    )


@transaction.atomic
def cancel_post(*, post: VolunteerPost, by: User, at: datetime) -> VolunteerPost:
    """Call off a post that has not begun; who held or waited is told.

    :raises NotYourCommunity: for who acts elsewhere
    :raises PostGone: once it has begun
    """
    post = _locked(post)
    only_desk(by, post.community.path)
    _refuse_gone(post, at)
    post.cancelled_at = at
    post.save(update_fields=["cancelled_at"])
    live = post.claims.filter(state__in=(State.HELD, State.WAITING)).select_related("user")
    tell(
        users=[claim.user for claim in live],
        title=_("岗位取消：%s") % post.title,
        text=_("社区取消了这个岗位，不用到场。"),
        url=reverse("dual_report:posts"),
        key=f"report-in.post-off:{post.pk}",
        at=at,
    )
    live.update(state=State.RELEASED)
    return post


@transaction.atomic
def claim_post(*, post: VolunteerPost, by: User, at: datetime, wait: bool = False) -> PostClaim:
    """Claim a place; when all are taken, `wait` joins the waiting list.

    :raises PostGone, MembersOnly, ClaimedAlready, TooManyClaims: if one may not
    :raises PostFull: if all places are taken and one does not wait
    """
    post = _locked(post)
    _refuse_gone(post, at)
    if post.claims.filter(user=by).exclude(state=State.RELEASED).exists():
        raise ClaimedAlready(_("您已经认领了这个岗位。"))
    _refuse_not_meant(post, by, at)
    if post.taken < post.wanted:
        post.taken += 1
        post.save(update_fields=["taken"])
        return PostClaim.objects.create(post=post, user=by, state=State.HELD, at=at)
    if not wait:
        raise PostFull(
            _("“%s”已经认领满了。") % post.title, remedy=_("可以排候补，有人退出时依次递补。")
        )
    return PostClaim.objects.create(post=post, user=by, state=State.WAITING, at=at)


def _refuse_not_meant(post: VolunteerPost, by: User, at: datetime) -> None:
    today = localdate(at)
    if post.who == VolunteerPost.Who.MEMBERS:
        mine = MemberReport.objects.standing(today).filter(
            person__user=by, community=post.community_id
        )
        if not mine.exists():
            raise MembersOnly(
                _("这个岗位限向%s报到的党员认领。") % post.community.short_name,
                remedy=_("先办报到，社区确认后就可以认领。"),
            )
    most = number("most_claims", today)
    held = PostClaim.objects.filter(user=by, state__in=(State.HELD, State.WAITING))
    if held.filter(post__starts_at__gt=at).count() >= most:
        raise TooManyClaims(_("同时最多认领 %d 个岗位，完成或退出后再认领。") % most)


@transaction.atomic
def release_claim(*, claim: PostClaim, by: User, at: datetime) -> PostClaim:
    """Give a place back before the post begins; the first who waits gets it, and is told.

    :raises NotYourClaim: for anybody else
    :raises PostGone: once it has begun
    """
    post = _locked(claim.post)
    claim = _claim(claim, State.HELD, State.WAITING)
    if claim.user_id != by.pk:
        raise NotYourClaim(_("只能退出自己认领的岗位。"))
    _refuse_gone(post, at)
    held = claim.state == State.HELD
    claim.state = State.RELEASED
    claim.save(update_fields=["state"])
    if not held:
        return claim
    waiting = post.claims.filter(state=State.WAITING).select_related("user").order_by("pk").first()
    if waiting is None:
        post.taken -= 1
        post.save(update_fields=["taken"])
        return claim
    waiting.state = State.HELD
    waiting.save(update_fields=["state"])
    tell(
        users=[waiting.user],
        title=_("候补成功：%s") % post.title,
        text=_("有人退出，岗位已留给您。去不了请及时退出。"),
        url=reverse("dual_report:posts"),
        key=f"report-in.claim:{waiting.pk}",
        at=at,
    )
    return claim


@transaction.atomic
def confirm_claim(*, claim: PostClaim, minutes: int, by: User, at: datetime) -> PostClaim:
    """Confirm how long somebody served (0: they did not come); it enters the record.

    :raises NotYourCommunity, NotOnesOwn: for who acts elsewhere, and oneself
    :raises PostGone: before the post has ended
    :raises BadMinutes: longer than the post lasted; travel is not counted
    """
    claim = _claim(claim, State.HELD)
    post = claim.post
    only_desk(by, post.community.path)
    only_another(by, claim.user_id)
    if at < post.ends_at:
        raise PostGone(_("岗位结束后才能确认时长。"))
    longest = round((post.ends_at - post.starts_at).total_seconds() / 60)
    if not 0 <= minutes <= longest:
        raise BadMinutes(
            _("时长应在 0 到 %d 分钟之间，不含路上的时间。") % longest, field="minutes"
        )
    claim.state = State.DONE if minutes else State.ABSENT
    claim.minutes, claim.confirmed_by, claim.confirmed_at = minutes, by, at
    claim.save(update_fields=["state", "minutes", "confirmed_by", "confirmed_at"])
    if minutes:
        write_service(
            user=claim.user, person=None, community=post.community, service=post.service,
            what=_("岗位：%s") % post.title, minutes=minutes, at=post.starts_at, recorded_at=at,
            source=f"claim:{claim.pk}", by=by,
        )  # fmt: skip
    return claim


def _locked(post: VolunteerPost) -> VolunteerPost:
    rows = VolunteerPost.objects.select_for_update(of=("self",))
    return rows.select_related("community").get(pk=post.pk)


def _claim(claim: PostClaim, *states: str) -> PostClaim:
    rows = PostClaim.objects.select_for_update(of=("self",))
    found = rows.select_related("post__community", "user").get(pk=claim.pk)
    if found.state not in states:
        raise ClaimNotSo(_("这次认领的状态已是“%s”，请刷新页面。") % found.get_state_display())
    return found


def _refuse_gone(post: VolunteerPost, at: datetime) -> None:
    if post.cancelled_at is not None:
        raise PostGone(_("这个岗位已取消。"))
    if at >= post.starts_at:
        raise PostGone(_("这个岗位已经开始，不能再认领或退出。"))
