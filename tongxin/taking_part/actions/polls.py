"""A poll is set, its roll written and posted for objections, opened; it may be declared void."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.actions import system_move
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text, mask_name, normal_phone
from tongxin.orgs.models import Membership, Org
from tongxin.orgs.scope import keeps_register
from tongxin.regions.models import Region

from ..models import (
    Electorate,
    Motion,
    Poll,
    PollRule,
    RollEntry,
    RollObjection,
)
from ..models.common import MOST_OPTIONS
from ..queries.people import keepers_of
from ..queries.polls import DECISION
from .common import must_be_community, must_keep, scoped
from .motions import NoRule

State = Poll.State
MOST_ROLL, MOST_DAYS = 20_000, 60


class BadPoll(Invalid):
    """A poll needs something to decide, options, a window, and an electorate its rule is for."""


class WrongState(Refused):
    """The poll is past that, or not yet there."""


class RollFrozen(Refused):
    """Once it is open, nobody comes onto a roll and nobody leaves it."""


class OnTheRollAlready(Refused):
    """A household or person has one vote."""


class ObjectionsOpen(Refused):
    """A roll is not settled while its objections run or wait for an answer."""


def hold(poll: Poll) -> Poll:
    rows = Poll.objects.select_for_update(of=("self",))
    return rows.select_related("community", "rule", "motion__case", "unit").get(pk=poll.pk)


@transaction.atomic
def set_poll(
    *, community: Region, title: str, text: str, rule: str, is_secret: bool, opens_at: datetime,
    closes_at: datetime, by: User, at: datetime, motion: Motion | None = None,
    options: Sequence[str] = (), unit: Org | None = None, key: str | None = None,
) -> Poll:  # fmt: skip
    """Prepare a poll by the rule of a code in force; its roll is written next.

    Without `options` the choice is 赞成, 反对, 弃权. A motion must stand at 待表决; its final text is
    what is voted on. Members of a party unit are asked by `unit`, whose register `by` must keep.

    :raises NoRule: if no rule of that code is in force
    :raises BadPoll: for a window, options or secrecy that the rule does not allow
    :raises NotPermitted: unless `by` keeps the community
    """
    kept = scoped(by, key)
    if kept and (old := Poll.objects.filter(key=kept).first()):
        return old
    must_be_community(community)
    must_keep(by, community.path, what=_("组织表决"))
    found = PollRule.objects.in_force(rule, localdate(at))
    if found is None:
        raise NoRule(
            _("没有施行中的这条表决规则，不能组织表决。"), field="rule",
            remedy=_("请街镇管理员先装载议事规则，写明参加人数和通过票数。"),
        )  # fmt: skip
    _check_window(opens_at, closes_at, at)
    if is_secret and not found.may_be_secret:
        raise BadPoll(_("按面积计票会看出是谁投的，这类表决只能记名。"), field="is_secret")
    if (found.electorate == Electorate.MEMBERS) != (unit is not None):
        raise BadPoll(_("党员表决要选党组织，其他表决不用选。"), field="unit")
    if unit is not None and not keeps_register(by, unit.path):
        raise BadPoll(_("这个党组织的名册不归您管。"), field="unit")
    if motion is not None:
        title, text = _of_motion(motion, community)
    made, words = _options(options)
    return Poll.objects.create(
        community=community, motion=motion, unit=unit, rule=found, electorate=found.electorate,
        title=clean_text(title, limit=100, field_label=_("表决事项"), required=True),
        text=clean_text(text, limit=5000, field_label=_("表决内容"), required=True, multiline=True),
        kind=made, options=words, is_secret=is_secret, opens_at=opens_at, closes_at=closes_at,
        created_by=by, created_at=at, key=kept,
    )  # fmt: skip


def _check_window(opens_at: datetime, closes_at: datetime, at: datetime) -> None:
    if opens_at <= at:
        raise BadPoll(_("开始时间应在现在之后：名册要先公示。"), field="opens_at")
    if closes_at <= opens_at:
        raise BadPoll(_("截止时间应在开始之后。"), field="closes_at")
    if closes_at - opens_at > timedelta(days=MOST_DAYS):
        raise BadPoll(_("一次表决最长 %d 天。") % MOST_DAYS, field="closes_at")


def _of_motion(motion: Motion, community: Region) -> tuple[str, str]:
    motion = Motion.objects.select_for_update(of=("self",)).select_related("case").get(pk=motion.pk)
    if motion.case.step != "ready":
        raise WrongState(_("议题形成表决稿以后才能表决。"))
    if motion.community_id != community.pk:
        raise BadPoll(_("议题不在这个社区。"), field="community")
    if motion.polls.exclude(state__in=(State.VOID, State.PUBLISHED)).exists():
        raise WrongState(_("这个议题已经安排了表决。"))
    return motion.case.title, motion.final_text


def _options(texts: Sequence[str]) -> tuple[str, list[dict[str, str]]]:
    if not texts:
        return Poll.Kind.DECISION, [dict(one) for one in DECISION]
    clean = [clean_text(text, limit=60, field_label=_("方案"), required=True) for text in texts]
    if not 2 <= len(clean) <= MOST_OPTIONS:
        raise BadPoll(_("方案应有 2 到 %d 个。") % MOST_OPTIONS, field="options")
    if len(set(clean)) < len(clean):
        raise BadPoll(_("有两个方案一样。"), field="options")
    rows = [{"code": f"o{n}", "text": text} for n, text in enumerate(clean, 1)]
    return Poll.Kind.CHOICE, [*rows, {"code": "abstain", "text": "弃权"}]


# The roll.


def roll_key(poll: Poll, *, place: str, name: str, phone: str) -> str:
    """Return by what two entries are the same: the household, or the person; keyed, not readable."""
    if poll.electorate in (Electorate.HOUSEHOLDS, Electorate.OWNERS):
        said = f"place:{place}"
    else:
        said = f"person:{name}:{phone or place}"
    return sealer().index(f"roll:{poll.pk}:{said}")


def check_row(poll: Poll, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of an entry out of what a row says: name, place, phone, area (m²).

    :raises Invalid: for what is missing or wrong
    """
    name = clean_text(row.get("name") or "", limit=40, field_label=_("姓名"), required=True)
    place = clean_text(row.get("place") or "", limit=60, field_label=_("楼门户"))
    phone = normal_phone(row["phone"]) if row.get("phone") else ""
    area = row.get("area") or 0
    if poll.electorate in (Electorate.HOUSEHOLDS, Electorate.OWNERS) and not place:
        raise Invalid(_("请填楼门户：一户一票按户核对。"), field="place")
    if not place and not phone:
        raise Invalid(_("请填楼门户或手机号，否则分不清同名的人。"), field="phone")
    if poll.rule.by_area and not 0 < float(area) < 100_000:
        raise Invalid(_("请填专有部分面积（平方米）。"), field="area")
    box = sealer()
    return {
        "key_index": roll_key(poll, place=place, name=name, phone=phone), "place": place,
        "name_sealed": box.seal(name), "name_shown": mask_name(name),
        "phone_sealed": box.seal(phone), "phone_index": box.index(phone),
        "area": round(float(area) * 100),
    }  # fmt: skip


def _must_be_changeable(poll: Poll) -> None:
    if poll.state not in (State.DRAFT, State.POSTED):
        raise RollFrozen(_("表决已经开始，名册不能再改。"))


@transaction.atomic
def add_to_roll(
    poll: Poll, rows: Iterable[Mapping[str, Any]], *, by: User, at: datetime
) -> list[RollEntry]:
    """Write entries {"name", "place", "phone", "area"} on a roll, all or none.

    :raises RollFrozen: once the poll is open
    :raises OnTheRollAlready: for a household or person that has a vote
    :raises Invalid: for a row that is wrong
    """
    poll = hold(poll)
    must_keep(by, poll.community.path, what=_("编制表决名册"))
    _must_be_changeable(poll)
    made = [RollEntry(poll=poll, **check_row(poll, row)) for row in rows]
    if poll.roll.count() + len(made) > MOST_ROLL:
        raise Invalid(_("一次表决的名册最多 %d 人。") % MOST_ROLL)
    keys = [entry.key_index for entry in made]
    known = set(poll.roll.filter(key_index__in=keys).values_list("key_index", flat=True))
    seen: set[str] = set()
    for entry in made:
        if entry.key_index in known or entry.key_index in seen:
            raise OnTheRollAlready(
                _("%s 已在名册上，一户（人）只有一票。") % str(entry), field="place"
            )
        seen.add(entry.key_index)
    return RollEntry.objects.bulk_create(made, 500)


@transaction.atomic
def take_off_roll(ids: Sequence[int], *, by: User, at: datetime) -> None:
    """Take back entries that an import wrote, while their polls have not opened.

    :raises RollFrozen: once one of them is open
    """
    rows = RollEntry.objects.filter(pk__in=ids)
    for pk in sorted(set(rows.values_list("poll", flat=True))):
        poll = hold(Poll(pk=pk))
        must_keep(by, poll.community.path, what=_("编制表决名册"))
        _must_be_changeable(poll)
    rows.delete()


@transaction.atomic
def add_members(poll: Poll, *, by: User, at: datetime) -> int:
    """Write the full members of the poll's party unit and those under it on its roll; return how many.

    Probationary members have no vote (《中国共产党章程》第七条).

    :raises BadPoll: for a poll that asks others
    :raises RollFrozen: once it is open
    """
    poll = hold(poll)
    must_keep(by, poll.community.path, what=_("编制表决名册"))
    _must_be_changeable(poll)
    unit = poll.unit
    if unit is None or not keeps_register(by, unit.path):
        raise BadPoll(_("只有党员表决才能从党员名册生成。"))
    members = Membership.objects.standing().filter(
        stage=Membership.Stage.FULL, unit__path__under=unit.path
    )
    known = set(poll.roll.values_list("key_index", flat=True))
    rows = []
    for one in members.select_related("person").order_by("pk"):
        key = sealer().index(f"roll:{poll.pk}:member:{one.person_id}")
        if key not in known:
            person = one.person
            rows.append(
                RollEntry(
                    poll=poll, key_index=key, name_sealed=sealer().seal(person.name),
                    name_shown=mask_name(person.name), user_id=person.user_id,
                    phone_index=person.phone_index, phone_sealed=person.phone_sealed,
                )
            )  # fmt: skip
    return len(RollEntry.objects.bulk_create(rows, 500))


@transaction.atomic
def strike_entry(entry: RollEntry, *, reason: str, by: User, at: datetime) -> RollEntry:
    """Take somebody off a roll that is not yet open, with the reason.

    :raises RollFrozen: once it is open
    """
    poll = hold(entry.poll)
    must_keep(by, poll.community.path, what=_("编制表决名册"))
    _must_be_changeable(poll)
    reason = clean_text(reason, limit=200, field_label=_("删除理由"), required=True)
    RollEntry.objects.filter(pk=entry.pk).update(struck_reason=reason)
    RollEntry.objects.filter(proxy=entry.pk).update(proxy=None, proxy_note="")
    audit(actor=by, action="taking_part.strike", object=f"poll {poll.pk}", at=at, reason=reason)
    entry.refresh_from_db()
    return entry


@transaction.atomic
def post_roll(poll: Poll, *, by: User, at: datetime) -> Poll:
    """Post the roll for objections, as many days as the rule says.

    :raises WrongState: unless it is a draft with a roll
    :raises BadPoll: if the days for objections do not end before the poll opens
    """
    poll = hold(poll)
    must_keep(by, poll.community.path, what=_("公示表决名册"))
    if poll.state != State.DRAFT:
        raise WrongState(_("名册已经公示过。"))
    if not poll.roll.standing().exists():
        raise WrongState(_("名册还是空的，请先录入或导入。"))
    until = localdate(at) + timedelta(days=poll.rule.roll_days)
    if poll.rule.roll_days and localdate(poll.opens_at) <= until:
        raise BadPoll(
            _("规则要求名册公示 %(days)d 天，到 %(until)s；表决最早在第二天开始。")
            % {"days": poll.rule.roll_days, "until": until},
            remedy=_("请作废这次表决，另定更晚的开始时间。"),
        )
    poll.state, poll.posted_at, poll.objections_until = State.POSTED, at, until
    poll.save(update_fields=["state", "posted_at", "objections_until"])
    audit(actor=by, action="taking_part.post_roll", object=f"poll {poll.pk}", at=at)
    return poll


@transaction.atomic
def object_to_roll(poll: Poll, *, text: str, by: User, at: datetime) -> RollObjection:
    """Say what is wrong with a posted roll: somebody is missing, somebody has no right.

    Who keeps the community's deliberations is told, once: an objection without an answer holds up
    the poll. The notice does not say who objects.

    :raises WrongState: outside the days for objections
    """
    poll = Poll.objects.select_related("community").get(pk=poll.pk)
    if poll.state != State.POSTED or localdate(at) > (poll.objections_until or localdate(at)):
        raise WrongState(_("现在不是名册公示期，不能提异议。"))
    text = clean_text(text, limit=300, field_label=_("异议"), required=True)
    kept = RollObjection.objects.filter(poll=poll, user=by, text=text, answered_at=None).first()
    if kept is not None:  # the same form, sent again
        return kept
    made = RollObjection.objects.create(poll=poll, user=by, text=text, at=at)
    tell(
        users=keepers_of(poll.community.path, localdate(at)), title=_("名册有异议：%s") % poll.title,
        text=_("%(text)s（表决开始前要答复）") % {"text": text[:60]},
        url=reverse("taking_part:poll-desk", args=[poll.pk]), key=f"objection-raised:{made.pk}", at=at,
    )  # fmt: skip
    return made


@transaction.atomic
def answer_objection(
    objection: RollObjection, *, answer: str, by: User, at: datetime
) -> RollObjection:
    """Answer an objection; whoever made it is told. The roll itself is put right beside it.

    :raises WrongState: if it was answered
    """
    one = RollObjection.objects.select_for_update().get(pk=objection.pk)
    poll = Poll.objects.select_related("community").get(pk=one.poll_id)
    must_keep(by, poll.community.path, what=_("答复名册异议"))
    if one.answered_at:
        raise WrongState(_("这条异议已经答复。"))
    one.answer = clean_text(answer, limit=300, field_label=_("答复"), required=True)
    one.answered_by, one.answered_at = by, at
    one.save(update_fields=["answer", "answered_by", "answered_at"])
    people = User.objects.filter(pk=one.user_id)
    tell(
        users=people, title=_("名册异议有答复：%s") % poll.title, text=one.answer,
        url=reverse("taking_part:poll", args=[poll.pk]), key=f"objection:{one.pk}", at=at,
    )  # fmt: skip
    return one


@transaction.atomic
def open_poll(poll: Poll, *, at: datetime, by: User | None = None) -> Poll:
    """Open a poll whose time has come: the roll is frozen, its voters are told, the motion is in vote.

    The worker calls it at `opens_at`; `by` is kept in the audit.

    :raises WrongState: before its time, or unless its roll is posted
    :raises ObjectionsOpen: while objections run or wait for an answer
    """
    poll = hold(poll)
    if by is not None:
        must_keep(by, poll.community.path, what=_("开始表决"))
    if poll.state != State.POSTED or at < poll.opens_at:
        raise WrongState(_("名册公示以后、到了开始时间才能表决。"))
    if poll.objections.filter(answered_at__isnull=True).exists():
        raise ObjectionsOpen(_("还有名册异议没有答复，答复后才能开始表决。"))
    rows = list(poll.roll.standing().order_by("key_index").values_list("key_index", "area"))
    poll.roll_size, poll.roll_area = len(rows), sum(area for _key, area in rows)
    poll.roll_hash = hashlib.sha256("\n".join(key for key, _area in rows).encode()).hexdigest()
    poll.state = State.OPEN
    poll.save(update_fields=["state", "roll_size", "roll_area", "roll_hash"])
    audit(
        actor=by, action="taking_part.open_poll", object=f"poll {poll.pk}", at=at,
        detail={"roll": poll.roll_size, "hash": poll.roll_hash},
    )  # fmt: skip
    if poll.motion is not None:
        system_move(
            poll.motion.case, "vote", at=at, note=_("到 %s 截止") % localdate(poll.closes_at)
        )
    tell_voters(poll, title=_("请您表决：%s") % poll.title, key=f"poll-open:{poll.pk}", at=at)
    return poll


def tell_voters(poll: Poll, *, title: str, key: str, at: datetime) -> None:
    """Tell those on the roll who have an account, whether or not they have voted."""
    rows = poll.roll.standing()
    people = User.objects.filter(is_active=True, pk__in=rows.exclude(user=None).values("user"))
    phones = rows.exclude(phone_index="").values("phone_index")
    by_phone = User.objects.filter(is_active=True, phone_index__in=phones)
    tell(
        users=[*people, *by_phone], title=title, text=poll.title,
        url=reverse("taking_part:poll", args=[poll.pk]), key=key, at=at,
    )  # fmt: skip


@transaction.atomic
def void_poll(poll: Poll, *, reason: str, by: User, at: datetime) -> Poll:
    """Declare a poll void: nothing of it counts; its motion may be put to the vote again.

    :raises WrongState: once its result is published
    """
    poll = hold(poll)
    must_keep(by, poll.community.path, what=_("作废表决"))
    if poll.state in (State.PUBLISHED, State.VOID):
        raise WrongState(_("已公布或已作废的表决不能再作废。"))
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    poll.state, poll.void_reason = State.VOID, reason
    poll.save(update_fields=["state", "void_reason"])
    audit(actor=by, action="taking_part.void", object=f"poll {poll.pk}", at=at, reason=reason)
    if poll.motion is not None and poll.motion.case.step == "voting":
        system_move(poll.motion.case, "again", at=at, note=reason)
    return poll
