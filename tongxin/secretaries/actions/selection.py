"""Selecting first secretaries: nominated by several channels, marked, decided with a reason (S4.53)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import give_post
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region

from ..models import Nomination, SelectionRound
from ..rules import in_force, of_version
from .common import UNIT, VILLAGE, NotKeeper, check_keeper, log, reason_of


class BadRound(Invalid):
    """A round begins before it ends, wants somebody, and belongs to a unit."""


class RoundClosed(Refused):
    """Outside the days in which names are put forward, or after the round was closed."""


class NominatedAlready(Refused):
    """Somebody is put forward once in a round; a second unit adds nothing."""


class NotYetDecidable(Refused):
    """A decision needs the nominations closed, marks by the criteria and a place on the shortlist."""


class Decided(Refused):
    """What was decided stays; a mistake is mended by ending the post."""


class BadPoints(Invalid):
    """Every criterion has points between nothing and its most."""


class BadVillage(Invalid):
    """A first secretary is sent to the party unit of a village below the deciding unit."""


class VillageTaken(Refused):
    """A village has one first secretary at a time."""


@transaction.atomic
def open_selection(
    *,
    unit: Org,
    title: str,
    opens_on: date,
    closes_on: date,
    wanted: int,
    by: User,
    at: datetime,
) -> SelectionRound:
    """Begin a round; the criteria of its first day hold to its end.

    :raises NotKeeper, BadRound: as their names say
    """
    check_keeper(by, unit)
    if closes_on < opens_on:
        raise BadRound(_("推荐截止日期不能早于开始日期"), field="closes_on")
    if wanted < 1:
        raise BadRound(_("选派人数至少为 1"), field="wanted")
    made = SelectionRound.objects.create(
        unit=unit,
        title=clean_text(title, limit=80, field_label=_("名称"), required=True),
        opens_on=opens_on,
        closes_on=closes_on,
        wanted=wanted,
        version=in_force("selection", opens_on).version,
        by=by,
        at=at,
    )
    log(
        unit,
        _("启动第一书记选派：%(title)s，计划选派 %(n)d 名") % {"title": made.title, "n": wanted},
        kind=UNIT,
        source=made,
        at=at,
        by=by,
        key="open",
    )
    return made


@transaction.atomic
def nominate(
    *,
    round: SelectionRound,
    candidate: User,
    by_unit: Org,
    channel: str,
    text: str,
    by: User,
    at: datetime,
) -> Nomination:
    """Put somebody forward: for a unit whose registers one keeps, or oneself.

    :raises RoundClosed, NominatedAlready, NotKeeper: as their names say
    """
    if round.closed_at or not round.opens_on <= localdate(at) <= round.closes_on:
        raise RoundClosed(
            _("推荐时间是 %(since)s 至 %(until)s，现在不能推荐。")
            % {"since": round.opens_on, "until": round.closes_on}
        )
    if channel == Nomination.Channel.SELF:
        if candidate.pk != by.pk or by_unit.pk not in {post.org_id for post in posts_of(by)}:
            raise NotKeeper(_("个人自荐由本人在自己的单位提出。"), field="channel")
    else:
        check_keeper(by, by_unit)
    text = reason_of(text, label=_("推荐理由"), field="text")
    try:
        with transaction.atomic():
            return Nomination.objects.create(
                round=round,
                candidate=candidate,
                by_unit=by_unit,
                channel=channel,
                text=text,
                by=by,
                at=at,
            )
    except IntegrityError as error:
        raise NominatedAlready(
            _("%s已在本轮被推荐，不必重复推荐。") % candidate, field="candidate"
        ) from error


@transaction.atomic
def mark_nomination(
    *, nomination: Nomination, points: Mapping[str, int], shortlist: bool, by: User, at: datetime
) -> None:
    """Give points by every criterion of the round, and say whether the name goes on the shortlist.

    :raises BadPoints, Decided, NotKeeper: as their names say
    """
    nomination = _locked(nomination)
    _check_judge(nomination, by)
    if nomination.outcome:
        raise Decided(_("已经决定，不能再改分。"))
    round = nomination.round
    nomination.marks = points_given(of_version("selection", round.version, round.opens_on), points)
    nomination.is_shortlisted = shortlist
    nomination.save(update_fields=["marks", "is_shortlisted"])
    audit(
        actor=by,
        action="selection.mark",
        object=nomination.candidate.username,
        detail={"marks": nomination.marks, "shortlist": shortlist},
        at=at,
    )


def points_given(rules, points: Mapping[str, int]) -> dict[str, int]:
    """Return points for every criterion. :raises BadPoints: for one missing or out of its range"""
    found = {}
    for row in rules:
        given, most = points.get(row["code"]), int(row["most"])
        if given is None or not 0 <= given <= most:
            raise BadPoints(
                _("“%(title)s”应打 0 到 %(most)d 分") % {"title": row["title"], "most": most},
                field=row["code"],
            )
        found[row["code"]] = int(given)
    return found


def _locked(nomination: Nomination) -> Nomination:
    rows = Nomination.objects.select_for_update(of=("self",))
    return rows.select_related("round__unit", "candidate", "by_unit").get(pk=nomination.pk)


def _check_judge(nomination: Nomination, by: User) -> None:
    check_keeper(by, nomination.round.unit)
    if by.pk == nomination.candidate_id:
        raise NotKeeper(_("您是人选本人，应由其他人评分和决定。"))


@transaction.atomic
def decide_nomination(
    *,
    nomination: Nomination,
    outcome: str,
    reason: str,
    by: User,
    at: datetime,
    village: Org | None = None,
) -> Nomination:
    """Send somebody to a village as first secretary, or say why not; the person is told.

    :raises NotYetDecidable, Decided, BadVillage, VillageTaken, ThinReason, NotKeeper: as their
        names say; and what `give_post` raises
    """
    nomination = _locked(nomination)
    _check_judge(nomination, by)
    _check_decidable(nomination, outcome, at)
    nomination.reason = reason_of(reason, label=_("决定理由"))
    nomination.outcome, nomination.decided_by, nomination.decided_at = outcome, by, at
    if outcome == Nomination.Outcome.CHOSEN:
        nomination.village = check_village(village, nomination.round.unit)
        check_free(nomination.village, at)
        nomination.post = give_post(
            user=nomination.candidate,
            org=nomination.village,
            role=Post.Role.FIRST_SECRETARY,
            at=at,
            by=by,
        )
        _announce(nomination, at, by)
    nomination.save()
    return nomination


def _check_decidable(nomination: Nomination, outcome: str, at: datetime) -> None:
    round = nomination.round
    if nomination.outcome:
        raise Decided(_("这个人选已经决定：%s。") % nomination.get_outcome_display())
    if round.closed_at:
        raise RoundClosed(_("本轮选派已结束。"))
    if localdate(at) <= round.closes_on:
        raise NotYetDecidable(_("推荐 %s 截止，之后才能决定。") % round.closes_on)
    if outcome == Nomination.Outcome.PASSED:
        return
    if not nomination.marks:
        raise NotYetDecidable(_("请先按选派条件评分，再决定。"))
    if not nomination.is_shortlisted:
        raise NotYetDecidable(_("没有入围的人选不能选派。请先列入入围名单。"))
    if round.nominations.filter(outcome=Nomination.Outcome.CHOSEN).count() >= round.wanted:
        raise NotYetDecidable(_("本轮计划选派 %d 名，已经选满。") % round.wanted)


def check_village(village: Org | None, unit: Org) -> Org:
    """Return a village's party unit below `unit`. :raises BadVillage: if it is none"""
    if village is None:
        raise BadVillage(_("请选择派驻的村"), field="village")
    is_village = village.kind == Org.Kind.PARTY and village.region.kind == Region.Kind.VILLAGE
    is_below = village.region.path.startswith(unit.region.path) or village.path.startswith(
        unit.path
    )
    if not is_village or not is_below or village.dissolved_on:
        raise BadVillage(_("“%s”不是辖区内的村党组织") % village, field="village")
    return village


def check_free(village: Org, at: datetime) -> None:
    """:raises VillageTaken: if somebody is first secretary there"""
    held = Post.objects.held_on(localdate(at)).filter(org=village, role=Post.Role.FIRST_SECRETARY)
    other = held.select_related("user").first()
    if other is not None:
        raise VillageTaken(
            _("%(village)s已有第一书记%(user)s，请先办理离任。")
            % {"village": village, "user": other.user},
            field="village",
        )


def _announce(nomination: Nomination, at: datetime, by: User) -> None:
    assert nomination.village is not None  # noqa: S101 (it was just chosen)
    words = {"user": nomination.candidate, "village": nomination.village}
    log(
        nomination.village,
        _("选派%(user)s任%(village)s第一书记") % words,
        kind=VILLAGE,
        source=nomination,
        at=at,
        by=by,
        key="chosen",
    )
    tell(
        users=[nomination.candidate],
        title=_("您被选派为%s第一书记") % nomination.village,
        text=_("请与村党组织联系，到岗后开始记驻村日志。"),
        url="/secretaries/village/",
        key=f"selection:{nomination.pk}",
        at=at,
    )


@transaction.atomic
def close_selection(*, round: SelectionRound, by: User, at: datetime) -> None:
    """End a round once every name has its decision.

    :raises NotYetDecidable: while somebody waits for one
    """
    round = SelectionRound.objects.select_for_update().get(pk=round.pk)
    check_keeper(by, round.unit)
    if round.closed_at:
        raise RoundClosed(_("本轮选派已结束。"))
    waiting = round.nominations.filter(outcome="").count()
    if waiting:
        raise NotYetDecidable(_("还有 %d 个人选没有决定，请逐一写明决定和理由。") % waiting)
    round.closed_at = at
    round.save(update_fields=["closed_at"])
    chosen = round.nominations.filter(outcome=Nomination.Outcome.CHOSEN).count()
    log(
        round.unit,
        _("第一书记选派结束：%(title)s，推荐 %(all)d 人，选派 %(n)d 人")
        % {"title": round.title, "all": round.nominations.count(), "n": chosen},
        kind=UNIT,
        source=round,
        at=at,
        by=by,
        key="close",
    )
