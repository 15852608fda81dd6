"""Campaigns of members by a list of items; discussion campaigns in rounds, with what they led to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Membership, Org
from tongxin.orgs.scope import keeps_register
from tongxin.photos.actions import keep_photo

from ..models import (
    AdoptedAction,
    CampaignItem,
    Contribution,
    Discussion,
    DiscussionRound,
    ItemCampaign,
    ItemPick,
)
from .common import scoped
from .rules import DATA, _rows

State = ItemCampaign.State
MOST_ITEMS = 60


class BadItems(Invalid):
    """A campaign needs items of different codes, days in order, and a number that can be picked."""


class NotAMember(NotPermitted):
    """Only members of the units that the campaign reaches pick items."""


class PickedAlready(Refused):
    """Everybody picks an item once."""


class NotRunning(Refused):
    """The campaign or discussion has not begun, or is over."""


def _must_keep_unit(by: User, org: Org, what: str) -> None:
    if org.kind != Org.Kind.PARTY or not keeps_register(by, org.path):
        raise NotPermitted(_("您不能以%(org)s的名义%(what)s。") % {"org": org.name, "what": what})


def sample_items() -> list[dict[str, str]]:
    """Return the sample of 十联十送十带头: thirty items in three groups, composed by us (S3.7)."""
    rows = _rows((DATA / "ten_items.csv").read_bytes(), "ten_items.csv")
    return [{name: str(row[name]) for name in ("group", "code", "text")} for _n, row in rows]


@transaction.atomic
def start_item_campaign(
    *, org: Org, name: str, from_on: date, due_on: date, by: User, at: datetime, text: str = "",
    least: int = 1, items: Sequence[dict[str, str]] | None = None, key: str | None = None,
) -> ItemCampaign:  # fmt: skip
    """Start a campaign for the members of a unit and those under it; without items the sample list.

    :raises BadItems: for a list that cannot be picked from, or days in the wrong order
    :raises NotPermitted: unless `by` keeps the unit's registers
    """
    kept = scoped(by, key)
    if kept and (old := ItemCampaign.objects.filter(key=kept).first()):
        return old
    _must_keep_unit(by, org, _("发起活动"))
    if due_on < from_on or due_on < localdate(at):
        raise BadItems(_("截止日期应在开始之后，且还没有过。"), field="due_on")
    rows = sample_items() if items is None else list(items)
    if not rows or len(rows) > MOST_ITEMS or len({row["code"] for row in rows}) < len(rows):
        raise BadItems(_("清单应有 1 到 %d 项，编号不能重复。") % MOST_ITEMS, field="items")
    if not 1 <= least <= len(rows):
        raise BadItems(_("每人至少认领的项数应在清单之内。"), field="least")
    made = ItemCampaign.objects.create(
        org=org, from_on=from_on, due_on=due_on, least=least, state=State.OPEN, key=kept,
        name=clean_text(name, limit=60, field_label=_("名称"), required=True),
        text=clean_text(text, limit=500, field_label=_("要求"), multiline=True),
        is_sample=items is None, created_by=by, created_at=at,
    )  # fmt: skip
    CampaignItem.objects.bulk_create([
        CampaignItem(
            campaign=made, group=clean_text(row["group"], limit=20, field_label=_("组")),
            code=clean_text(row["code"], limit=8, field_label=_("编号"), required=True),
            text=clean_text(row["text"], limit=100, field_label=_("内容"), required=True),
        )
        for row in rows
    ])  # fmt: skip
    _tell_members(made, at)
    _log(org, _("发起“%(name)s”，清单 %(n)d 项") % {"name": made.name, "n": len(rows)}, made, "start", at, by)  # fmt: skip
    return made


def _tell_members(made: ItemCampaign, at: datetime) -> None:
    members = Membership.objects.members().filter(unit__path__under=made.org.path)
    people = User.objects.filter(is_active=True, pk__in=members.values("person__user"))
    tell(
        users=people, title=_("请认领：%s") % made.name, text=made.text or made.name,
        url=reverse("taking_part:picks", args=[made.pk]), key=f"items:{made.pk}", at=at,
    )  # fmt: skip


def _log(org: Org, text: str, one: Any, what: str, at: datetime, by: User) -> None:
    name = type(one).__name__.lower()
    write_log(
        unit=org, kind=LogEntry.Kind.SERVICE, text=text, at=at, recorded_at=at, actor=by,
        source=f"taking_part.{name}:{one.pk}", key=f"taking_part.{name}:{one.pk}:{what}",
    )  # fmt: skip


def membership_in(user: User, org: Org) -> Membership:
    """Return somebody's membership in a unit or under it.

    :raises NotAMember: for all others
    """
    rows = Membership.objects.members().filter(person__user=user, unit__path__under=org.path)
    one = rows.select_related("unit").first()
    if one is None:
        raise NotAMember(_("这个活动面向%s的党员。") % org.name)
    return one


def _must_run(campaign: ItemCampaign, at: datetime) -> None:
    if campaign.state != State.OPEN or not campaign.from_on <= localdate(at) <= campaign.due_on:
        raise NotRunning(_("“%s”不在活动期内。") % campaign.name)


@transaction.atomic
def pick_item(item: CampaignItem, *, by: User, at: datetime) -> ItemPick:
    """Pick an item: one promises to do it.

    :raises NotAMember, NotRunning:
    :raises PickedAlready: the second time
    """
    item = CampaignItem.objects.select_related("campaign__org").get(pk=item.pk)
    _must_run(item.campaign, at)
    member = membership_in(by, item.campaign.org)
    try:
        with transaction.atomic():
            return ItemPick.objects.create(item=item, user=by, unit=member.unit, picked_at=at)
    except IntegrityError:
        raise PickedAlready(_("您已经认领了这一项。")) from None


@transaction.atomic
def put_back(pick: ItemPick, *, by: User, at: datetime) -> None:
    """Give an item back that one has not done.

    :raises NotPermitted: for another's
    :raises NotRunning: once it is done
    """
    one = ItemPick.objects.select_for_update().get(pk=pick.pk)
    if one.user_id != by.pk:
        raise NotPermitted(_("只能退回自己认领的。"))
    if one.done_at:
        raise NotRunning(_("已经完成的不能退回。"))
    one.delete()


@transaction.atomic
def finish_item(
    pick: ItemPick, *, note: str, on: date, by: User, at: datetime, photo: bytes | None = None,
) -> ItemPick:  # fmt: skip
    """Say what one did, on which day, with a photo if there is one; may be put right until it ends.

    :raises NotPermitted: for another's
    :raises BadItems: for a day to come, or before it was picked from the list
    """
    one = ItemPick.objects.select_for_update(of=("self",)).select_related("item__campaign", "unit__region").get(pk=pick.pk)  # fmt: skip
    if one.user_id != by.pk:
        raise NotPermitted(_("只能填自己认领的。"))
    _must_run(one.item.campaign, at)
    if not one.item.campaign.from_on <= on <= localdate(at):
        raise BadItems(_("完成日期应在活动开始以后、今天以前。"), field="on")
    one.note = clean_text(note, limit=300, field_label=_("做了什么"), required=True, multiline=True)
    one.done_at, one.done_on = at, on
    if photo:
        one.photo = keep_photo(data=photo, by=by, at=at)
    one.save(update_fields=["note", "done_at", "done_on", "photo"])
    return one


@transaction.atomic
def close_item_campaign(
    campaign: ItemCampaign, *, summary: str, by: User, at: datetime
) -> ItemCampaign:
    """End a campaign with its summary, in the life log of its unit; the figures stay.

    :raises NotRunning: if it has ended
    """
    one = ItemCampaign.objects.select_for_update(of=("self",)).select_related("org").get(pk=campaign.pk)  # fmt: skip
    _must_keep_unit(by, one.org, _("结束活动"))
    if one.state != State.OPEN:
        raise NotRunning(_("这个活动已经结束。"))
    one.summary = clean_text(summary, limit=2000, field_label=_("总结"), required=True, multiline=True)  # fmt: skip
    one.state, one.closed_at = State.CLOSED, at
    one.save(update_fields=["summary", "state", "closed_at"])
    done = ItemPick.objects.filter(item__campaign=one, done_at__isnull=False)
    words = {
        "name": one.name, "people": done.values("user").distinct().count(), "n": done.count(),
    }  # fmt: skip
    _log(one.org, _("“%(name)s”结束：%(people)d 人完成 %(n)d 项") % words, one, "close", at, by)
    return one


# Discussions.


@transaction.atomic
def start_discussion(
    *, org: Org, topic: str, rounds: Sequence[tuple[str, date]], by: User, at: datetime,
    text: str = "", key: str | None = None,
) -> Discussion:  # fmt: skip
    """Start a discussion (主题讨论, S2.51): a topic, and the question and last day of each round.

    :raises BadItems: without rounds, or with days that do not follow each other
    """
    kept = scoped(by, key)
    if kept and (old := Discussion.objects.filter(key=kept).first()):
        return old
    _must_keep_unit(by, org, _("发起讨论"))
    days = [until for _q, until in rounds]
    if not rounds or len(rounds) > 10 or days != sorted(set(days)) or days[0] < localdate(at):
        raise BadItems(_("每轮写一个问题和截止日期，一轮比一轮晚。"), field="rounds")
    made = Discussion.objects.create(
        org=org, topic=clean_text(topic, limit=100, field_label=_("主题"), required=True),
        text=clean_text(text, limit=500, field_label=_("讨论什么"), multiline=True),
        opened_on=localdate(at), created_by=by, created_at=at, key=kept,
    )  # fmt: skip
    DiscussionRound.objects.bulk_create([
        DiscussionRound(
            discussion=made, n=n, until=until,
            question=clean_text(question, limit=100, field_label=_("本轮问题"), required=True),
        )
        for n, (question, until) in enumerate(rounds, 1)
    ])  # fmt: skip
    _log(org, _("开展主题讨论“%s”") % made.topic, made, "start", at, by)
    return made


def round_now(rounds: Sequence[DiscussionRound], on: date) -> DiscussionRound | None:
    """Return the round that is running on a day: the first whose last day has not passed."""
    return next((one for one in sorted(rounds, key=lambda r: r.n) if on <= one.until), None)


@transaction.atomic
def contribute(
    round: DiscussionRound, *, text: str, by: User, at: datetime, key: str | None = None
) -> Contribution:
    """Say something in the round that is running.

    :raises NotAMember, NotRunning:
    """
    kept = scoped(by, key)
    if kept and (old := Contribution.objects.filter(key=kept).first()):
        return old
    one = DiscussionRound.objects.select_related("discussion__org").get(pk=round.pk)
    talk = one.discussion
    if not keeps_register(by, talk.org.path):
        membership_in(by, talk.org)
    current = round_now(list(talk.rounds.all()), localdate(at))
    if talk.closed_at or current is None or current.pk != one.pk:
        raise NotRunning(_("这一轮讨论不在进行。"))
    text = clean_text(text, limit=500, field_label=_("发言"), required=True, multiline=True)
    return Contribution.objects.create(round=one, user=by, text=text, at=at, key=kept)


@transaction.atomic
def adopt_action(
    talk: Discussion, *, text: str, doer: str, due_on: date, by: User, at: datetime
) -> AdoptedAction:
    """Write down what a discussion led to: who does what by when."""
    talk = Discussion.objects.select_related("org").get(pk=talk.pk)
    _must_keep_unit(by, talk.org, _("采纳措施"))
    if due_on < localdate(at):
        raise BadItems(_("期限应在今天以后。"), field="due_on")
    return AdoptedAction.objects.create(
        discussion=talk, due_on=due_on,
        text=clean_text(text, limit=200, field_label=_("措施"), required=True),
        doer=clean_text(doer, limit=60, field_label=_("责任人（单位）"), required=True),
    )  # fmt: skip


@transaction.atomic
def finish_adopted(action: AdoptedAction, *, result: str, by: User, at: datetime) -> AdoptedAction:
    """Say what became of an action that was adopted. :raises NotRunning: the second time"""
    one = AdoptedAction.objects.select_for_update(of=("self",)).select_related("discussion__org").get(pk=action.pk)  # fmt: skip
    _must_keep_unit(by, one.discussion.org, _("填写结果"))
    if one.done_on:
        raise NotRunning(_("这项措施已经完成。"))
    one.result = clean_text(result, limit=200, field_label=_("结果"), required=True)
    one.done_on = localdate(at)
    one.save(update_fields=["result", "done_on"])
    return one


@transaction.atomic
def close_discussion(talk: Discussion, *, summary: str, by: User, at: datetime) -> Discussion:
    """End a discussion with its summary. :raises NotRunning: if it has ended"""
    one = Discussion.objects.select_for_update(of=("self",)).select_related("org").get(pk=talk.pk)
    _must_keep_unit(by, one.org, _("结束讨论"))
    if one.closed_at:
        raise NotRunning(_("这次讨论已经结束。"))
    one.summary = clean_text(summary, limit=2000, field_label=_("讨论总结"), required=True, multiline=True)  # fmt: skip
    one.closed_at = at
    one.save(update_fields=["summary", "closed_at"])
    _log(one.org, _("主题讨论“%s”结束并总结") % one.topic, one, "close", at, by)
    return one
