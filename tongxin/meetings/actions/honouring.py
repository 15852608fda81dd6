"""“光荣在党50年”: listed when due, delivered with proof; party birthdays (S2.13, S2.14)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Membership, Post
from tongxin.orgs.scope import keeps_register

from ..models import Medal, Reminder
from ..queries.honours import full_years, jubilee, medal_terms, years_start
from .planning import NotYours
from .recording import prepare_photo

BEFORE = timedelta(days=7)


class NotYetFifty(Refused):
    """A member has not been one for fifty full years."""


class NoProof(Invalid):
    """A delivery without a photo or a signed slip."""


class MedalGiven(Refused):
    """A medal was listed or delivered before."""


@transaction.atomic
def list_for_medal(*, membership: Membership, by: User, at: datetime) -> Medal:
    """Put a member on the list for the medal, if the years are full on this day.

    :raises NotYours, NotYetFifty: saying how many years, and when, MedalGiven:
    """
    unit = membership.unit
    if not keeps_register(by, unit.path):
        raise NotYours(_("您不负责%s的名册。") % unit.name)
    on = localdate(at)
    years, field = medal_terms(on)
    start = years_start(membership, field)
    if start is None or membership.to_date is not None or membership.stage != "full":
        raise NotYetFifty(_("名册上没有%s的转正日期或入党日期。") % membership.person.name)
    reached, due = full_years(start, on), jubilee(start, years)
    if reached < years:
        raise NotYetFifty(
            _("%(name)s党龄 %(n)d 年，%(day)s满 %(years)d 年，现在不能列入名单。")
            % {
                "name": membership.person.name, "n": reached, "years": years,
                "day": _("%(y)d 年 %(m)d 月 %(d)d 日") % {"y": due.year, "m": due.month, "d": due.day},
            }
        )  # fmt: skip
    Membership.objects.select_for_update().only("pk").get(pk=membership.pk)
    if Medal.objects.filter(membership=membership).exists():
        raise MedalGiven(_("%s已在名单上。") % membership.person.name)
    return Medal.objects.create(membership=membership, eligible_on=due, listed_by=by, listed_at=at)


@transaction.atomic
def deliver_medal(
    *, medal: Medal, on: date, place: str, deliverer: str, proof: list[bytes], what: str,
    by: User, at: datetime,
) -> Medal:  # fmt: skip
    """Say that a medal came into its owner's hands; nothing counts without a photo or signed slip.

    :raises NotYours, MedalGiven, NoProof, Invalid:
    """
    medal = (
        Medal.objects.select_for_update(of=("self",))
        .select_related("membership__unit", "membership__person")
        .get(pk=medal.pk)
    )
    unit = medal.membership.unit
    if not keeps_register(by, unit.path):
        raise NotYours(_("您不负责%s的名册。") % unit.name)
    if medal.delivered_on:
        raise MedalGiven(_("这枚纪念章 %s 已送达。") % medal.delivered_on.isoformat())
    if not proof:
        raise NoProof(
            _("请上传颁发照片或签收单，才能登记送达。"),
            field="photos",
            remedy=_("现场颁发、送到手上：拍一张照片，或拍下本人签字的签收单。"),
        )
    if on > localdate(at) or on < medal.eligible_on:
        raise Invalid(_("送达日期应在满 50 年之后、今天之前。"), field="on")
    for data in proof:
        photo = prepare_photo(data=data, what=what, by=by, at=at)
        photo.medal = medal
        photo.save(force_insert=True)
    medal.delivered_on, medal.delivered_by, medal.recorded_at = on, by, at
    medal.place = clean_text(place, limit=100, field_label=_("颁发地点"))
    medal.deliverer = clean_text(deliverer, limit=40, field_label=_("颁发人"))
    medal.save()
    write_log(
        unit=unit, kind="honour", text=_("送达“光荣在党50年”纪念章 1 枚。"), at=at, recorded_at=at,
        source=f"meetings.medal:{medal.pk}", key=f"medal:{medal.pk}", actor=by,
    )  # fmt: skip
    return medal


def remind_birthdays(*, at: datetime, limit: int = 200) -> int:
    """Tell secretaries a week ahead, and members on the day, of a party birthday; once a year.

    Return how many were told. The birthday is the day of admission (入党纪念日); that of the 29th
    of February is kept on the 28th in other years.
    """
    on = localdate(at)
    told = 0
    for day, to_member in ((on, True), (on + BEFORE, False)):
        for row in _born_on(day, to_member, limit - told):
            told += _remind(row, day, to_member, at)
    return told


def _born_on(day: date, to_member: bool, most: int) -> list[Membership]:
    days = Q(admitted_on__month=day.month, admitted_on__day=day.day)
    if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
        days |= Q(admitted_on__month=2, admitted_on__day=29)
    done = Reminder.objects.filter(period=str(day.year), kind__startswith=_word(to_member))
    written = set(done.values_list("kind", flat=True))
    rows = Membership.objects.members().filter(days, admitted_on__year__lt=day.year)
    rows = rows.select_related("person__user", "unit").order_by("pk")
    return [row for row in rows if f"{_word(to_member)}{row.pk}" not in written][:most]


def _word(to_member: bool) -> str:
    return "birthday.me:" if to_member else "birthday:"


@transaction.atomic
def _remind(row: Membership, day: date, to_member: bool, at: datetime) -> int:
    kind, year = f"{_word(to_member)}{row.pk}", str(day.year)
    written = Reminder.objects.get_or_create(
        unit=row.unit, kind=kind, period=year, defaults={"at": at}
    )
    if not written[1]:  # another worker was here first
        return 0
    assert row.admitted_on is not None  # noqa: S101 (they were found by it)
    years = full_years(row.admitted_on, day)
    if to_member:
        users = [row.person.user] if row.person.user else []
        title = _("今天是您的政治生日")
        text = _("您入党 %d 周年了。不忘入党那一天，向您致敬。") % years
        url = reverse("meetings:mine")
    else:
        posts = Post.objects.held_on(localdate(at)).filter(org=row.unit, role="secretary")
        users = posts.people()
        title = _("政治生日提醒")
        text = _("%(name)s %(month)d 月 %(day)d 日入党 %(n)d 周年，请安排过政治生日。") % {
            "name": row.person.name, "month": day.month, "day": day.day, "n": years,
        }  # fmt: skip
        url = f"{reverse('meetings:honours')}?unit={row.unit_id}"
    tell(users=users, title=title, text=text, url=url, key=f"meetings.{kind}:{year}", at=at)
    return 1
