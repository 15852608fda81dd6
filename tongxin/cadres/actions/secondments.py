"""Secondments begun, prolonged, transferred, recalled: the field line changes, the home line stays.

Membership and the posts of the home unit are never touched (S0.13); what the field line lets a
cadre do is one post in the community, from the first to the last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Person, Post
from tongxin.orgs.scope import keeps_register
from tongxin.regions.models import Region

from ..models import Operation, Secondment, SecondmentEvent
from ..scope import leads
from .ending import end_rows, log_units, tell_all, write_events
from .operations import LONGEST, check_leads, check_running
from .rules import NotYours


class NoOffice(Refused):
    """A community without a committee or a party unit has nobody who could receive."""


class AlreadyAway(Refused):
    """Somebody serves in one place at a time."""


class NotServing(Refused):
    """The secondment has ended."""


class BadDates(Invalid):
    """First and last day do not fit."""


class BadPlace(Invalid):
    """A transfer leads to another community of the operation's land."""


@dataclass(frozen=True)
class Sending:
    """One cadre on the way: who, from which unit, to which community, for which days."""

    person: Person
    unit: Org
    community: Region
    from_date: date
    to_date: date


@transaction.atomic
def begin_secondments(
    *,
    operation: Operation,
    sendings: Sequence[Sending],
    at: datetime,
    by: User,
    field_units: dict[int, Org] | None = None,
    key: str = "",
) -> list[Secondment]:
    """Send cadres into communities: both lines hold from the first day on (S0.13, S0.17, S0.18).

    Each gets a post in the receiving office, over the community; whoever has no account yet gets
    none. `field_units` names a temporary party unit by community. Thousands take seconds.

    :raises NotYours, NotRunning: as their names say
    :raises AlreadyAway: naming those who serve elsewhere; nobody is sent then
    :raises NoOffice: naming the communities that nobody answers for
    :raises BadDates: naming who would end before they begin
    """
    check_leads(by, operation)
    check_running(operation)
    offices = offices_of({one.community.pk: one.community for one in sendings})
    _check_sendings(operation, sendings, at)
    posts = _give_posts(sendings, offices, at)
    rows = Secondment.objects.bulk_create(
        [
            Secondment(
                operation=operation, person=one.person, from_unit=one.unit, post=post,
                community=one.community, office=offices[one.community.pk],
                field_unit=(field_units or {}).get(one.community.pk),
                from_date=one.from_date, to_date=one.to_date,
            )
            for one, post in zip(sendings, posts, strict=True)
        ],
        500,
    )  # fmt: skip
    for row, one in zip(rows, sendings, strict=True):
        row.person = one.person
    for days in {(row.from_date, row.to_date) for row in rows}:
        same = [row for row in rows if (row.from_date, row.to_date) == days]
        text = _("%(first)s 起，至 %(last)s") % {"first": days[0], "last": days[1]}
        write_events(same, SecondmentEvent.Kind.BEGUN, text, note="", at=at, by=by)
    key = key or f"{operation.pk}:{rows[0].pk if rows else 0}"
    log_units(rows, "begin", key, _("%(n)d 名干部下沉到岗"), at, by)
    for community in {row.community for row in rows}:
        mine = [row for row in rows if row.community_id == community.pk]
        text = _("您将下沉到%(place)s，自 %(day)s 起。请阅读工作指南。") % {
            "place": community, "day": min(row.from_date for row in mine),
        }  # fmt: skip
        tell_all(mine, _("下沉通知"), text, key=f"begin:{key}", at=at)
    return rows


def _check_sendings(operation: Operation, sendings: Sequence[Sending], at: datetime) -> None:
    wrong = [one for one in sendings if one.to_date < one.from_date]
    if wrong:
        raise BadDates(_("末日早于首日：%s") % named(one.person for one in wrong), field="to_date")
    outside = [one for one in sendings if not one.community.path.startswith(operation.region.path)]
    if outside:
        raise BadPlace(
            _("“%(place)s”不在%(land)s内")
            % {"place": outside[0].community, "land": operation.region},
            field="community",
        )
    people = [one.person.pk for one in sendings]
    if len(set(people)) < len(people):
        twice = [one.person for one in sendings if people.count(one.person.pk) > 1]
        raise AlreadyAway(_("同一人出现两次：%s") % named(twice[:1]))
    away = Secondment.objects.standing().filter(person__in=people).select_related("person")
    busy = [row.person for row in away[:6]]
    if busy:
        raise AlreadyAway(
            _("已在下沉：%s") % named(busy), remedy=_("请先召回，或从名单中去掉，再重新生成方案")
        )


def named(people) -> str:
    """Return at most five names, and how many more there are."""
    names = [person.name for person in people]
    more = _("等 %d 人") % len(names) if len(names) > 5 else ""
    return "、".join(names[:5]) + more


def offices_of(communities: dict[int, Region]) -> dict[int, Org]:
    """Return who receives in each community: its committee of residents, else its party unit.

    :raises NoOffice: naming those without
    """
    found: dict[int, Org] = {}
    rows = Org.objects.public().filter(region__in=communities, kind__in=("community", "party"))
    for org in rows.order_by("-kind", "path"):  # party units first, then overwritten
        if org.kind == Org.Kind.COMMUNITY or org.region_id not in found:
            found[org.region_id] = org
    if missing := [place.name for pk, place in communities.items() if pk not in found]:
        raise NoOffice(
            _("这些社区还没有登记居委会或党组织，无法接收：%s") % "、".join(missing[:5]),
            remedy=_("请先在组织管理中登记"),
        )
    return found


def _give_posts(
    sendings: Sequence[Sending], offices: dict[int, Org], at: datetime
) -> list[Post | None]:
    """Give each cadre with an account the post of the field line.

    As `orgs.actions.give_post`, for thousands at once: the office answers for the community, the
    account is open, and nobody holds it yet, since nobody serves in two places.
    """
    users = [one.person.user_id for one in sendings if one.person.user_id]
    active = set(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
    made = {
        one.person.user_id: Post(
            user_id=one.person.user_id, org=offices[one.community.pk], role=Post.Role.CADRE,
            region=one.community, from_date=one.from_date,
            to_date=one.to_date + timedelta(days=1),
        )
        for one in sendings
        if one.person.user_id in active
    }  # fmt: skip
    Post.objects.bulk_create(made.values(), 500)
    return [made.get(one.person.user_id or 0) for one in sendings]


def may_direct(actor: User, row: Secondment) -> bool:
    """Say whether the actor prolongs, transfers and recalls this one: the operation's direction."""
    return leads(actor, row.operation)


def may_recall(actor: User, row: Secondment) -> bool:
    """Say whether the actor recalls this one: the direction, or who keeps the home unit."""
    return may_direct(actor, row) or keeps_register(actor, row.from_unit.path)


@transaction.atomic
def prolong(*, secondment: Secondment, until: date, note: str, at: datetime, by: User) -> None:
    """Let somebody serve until a later day (S0.22).

    :raises NotYours, NotServing: as their names say
    :raises BadDates: for a day not after the present last one
    """
    row = _locked(secondment)
    if not may_direct(by, row):
        raise NotYours(_("只有行动的指挥方可以延长"))
    if until <= row.to_date or until > localdate(at) + LONGEST:
        raise BadDates(_("新的末日应晚于现在的 %s，且不超过一年") % row.to_date, field="until")
    row.to_date = until
    row.save(update_fields=["to_date"])
    if row.post_id:
        Post.objects.filter(pk=row.post_id).update(to_date=until + timedelta(days=1))
    text = _("延长至 %s") % until
    _done(row, SecondmentEvent.Kind.PROLONGED, text, note, at, by)


@transaction.atomic
def transfer(
    *, secondment: Secondment, community: Region, note: str, at: datetime, by: User
) -> Secondment:
    """Move somebody to another community from tomorrow on; the last day stays. Return the new one.

    :raises NotYours, NotServing, NoOffice: as their names say
    :raises BadPlace: for the same community, or one outside the operation's land
    :raises BadDates: on the last day, when there is no tomorrow
    """
    row = _locked(secondment)
    today = localdate(at)
    if not may_direct(by, row):
        raise NotYours(_("只有行动的指挥方可以调整点位"))
    if community.pk == row.community_id or community.level != Region.Level.COMMUNITY:
        raise BadPlace(_("请选另一个社区"), field="community")
    if not community.path.startswith(row.operation.region.path):
        raise BadPlace(
            _("“%(place)s”不在%(land)s内") % {"place": community, "land": row.operation.region},
            field="community",
        )
    first = max(today + timedelta(days=1), row.from_date)
    if row.to_date < first:
        raise BadDates(_("今天就是最后一天，请先延长再调整"), field="community")
    offices = offices_of({community.pk: community})
    end_rows([row], last_day=today, end=Secondment.End.TRANSFERRED)
    one = Sending(row.person, row.from_unit, community, first, row.to_date)
    post = _give_posts([one], offices, at)[0]
    new = Secondment.objects.create(
        operation=row.operation, person=row.person, from_unit=row.from_unit, post=post,
        community=community, office=offices[community.pk], from_date=one.from_date,
        to_date=row.to_date, before=row,
    )  # fmt: skip
    words = {"old": row.community, "new": community, "day": one.from_date}
    text = _("由%(old)s调整到%(new)s，自 %(day)s 起") % words
    _done(row, SecondmentEvent.Kind.TRANSFERRED, text, note, at, by)
    write_events([new], SecondmentEvent.Kind.BEGUN, text, note=note, at=at, by=by)
    log_units([new], "begin", f"s{new.pk}", _("%(n)d 名下沉干部调整点位"), at, by)
    return new


@transaction.atomic
def recall(*, secondment: Secondment, reason: str, at: datetime, by: User) -> None:
    """End somebody's service today, for a reason; the home unit takes them back (S0.18).

    :raises NotYours, NotServing: as their names say
    :raises Blank: without a reason
    """
    row = _locked(secondment)
    if not may_recall(by, row):
        raise NotYours(_("只有行动的指挥方，或派出单位，可以召回"))
    reason = clean_text(reason, limit=200, field_label=_("召回理由"), required=True)
    end_rows([row], last_day=localdate(at), end=Secondment.End.RECALLED)
    text = _("召回派出单位，%s 为最后一天") % row.ended_on
    _done(row, SecondmentEvent.Kind.RECALLED, text, reason, at, by)


def _locked(secondment: Secondment) -> Secondment:
    rows = Secondment.objects.select_for_update(of=("self",)).select_related(
        "operation__region", "operation__ordered_by", "person__user", "from_unit", "office",
        "community",
    )  # fmt: skip
    row = rows.get(pk=secondment.pk)
    if row.ended_on:
        raise NotServing(_("%s 的这段下沉已经结束") % row.person)
    return row


def _done(row: Secondment, kind: str, text: str, note: str, at: datetime, by: User) -> None:
    write_events([row], kind, text, note=note, at=at, by=by)
    key = f"s{row.pk}:{kind}:{at:%Y%m%d%H%M%S}"
    words = {"prolonged": _("%(n)d 名下沉干部延长驻守"), "recalled": _("%(n)d 名下沉干部召回")}
    log_units([row], kind, key, words.get(kind, _("%(n)d 名下沉干部调整点位")), at, by)
    tell_all([row], _("您的下沉有变动"), text, key=key, at=at)
    _tell_lines(row, text, key, at)


def _tell_lines(row: Secondment, text: str, key: str, at: datetime) -> None:
    """Tell who keeps the home unit, and the field line of the community."""
    held = Post.objects.held_on(localdate(at))
    home = held.filter(org=row.from_unit, role__in=("secretary", "organiser"))
    field = held.filter(region=row.community, role__in=("secretary", "dispatcher"))
    users = {post.user for post in (home | field).select_related("user")}
    tell(
        users=users, title=_("下沉变动：%s") % row.person, text=text,
        url=f"/cadres/secondments/{row.pk}/", key=f"cadres:line:{key}"[:80], at=at,
    )  # fmt: skip
