"""Publishing what a unit must publish: the text, from when to when, where, and the proof."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org

from ..models import Disclosure
from ..queries.disclosure import Expected, expected, gaps
from ..rules import disclosure_items
from .common import keep_paper, local, require_keeper, require_party, tell_keepers

State, Place = Disclosure.State, Disclosure.Place
PERSONAL = re.compile(r"(?<!\d)(1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")


class PersonalData(Invalid):
    """What is published names no telephone and no identity number."""


class TooShort(Invalid):
    """An item stays public for so many days."""


class NothingToSay(Invalid):
    """An item has a title and a text."""


class PublishedAlready(Refused):
    """An item of a period is published once."""


class NoProof(Invalid):
    """What hung on a board is proved by a photo of it."""


class NotPublic(Refused):
    """Only what is public can be finished or taken down."""


def due_by_event(*, unit: Org, trigger: str, period: str, on: date) -> None:
    """Make due what the rules want published after an event; once for a period."""
    for item in disclosure_items(on):
        if item.trigger == trigger:
            Disclosure.objects.get_or_create(
                unit=unit,
                code=item.code,
                period=period,
                defaults={
                    "version": item.version,
                    "title": f"{item.title}（{on:%Y-%m-%d}）",
                    "place": item.place,
                    "due_on": on + timedelta(days=item.within_days),
                    "least_days": item.least_days,
                },
            )


@transaction.atomic
def publish(
    *, unit: Org, code: str, period: str, title: str, content: str, place: str,
    public_from: date, public_to: date, at: datetime, by: User,
) -> Disclosure:  # fmt: skip
    """Publish an item: what the rule wants of a period, or (`code` "other") anything else.

    :raises PersonalData, TooShort, NothingToSay, PublishedAlready: as their names say
    """
    require_party(unit)
    require_keeper(by, unit)
    row = _row_for(unit, code, period, local(at))
    _check_words(title, content)
    days = (public_to - public_from).days + 1
    if days < row.least_days:
        words = {"days": days, "least": row.least_days}
        raise TooShort(
            _("公开 %(days)d 天，不少于 %(least)d 天，请推后截止日期") % words, field="public_to"
        )
    row.title, row.content, row.place = title, content, place
    row.public_from, row.public_to, row.state = public_from, public_to, State.PUBLIC
    row.published_by = by
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise PublishedAlready(_("这一期已经公开"), field="title") from error
    _log(row, _("公开：%s") % title, "public", at, by)
    return row


def _row_for(unit: Org, code: str, period: str, on: date) -> Disclosure:
    """Return the row that waits, or a new one as the rule wants it.

    :raises PublishedAlready: if it is public
    """
    row = Disclosure.objects.select_for_update().filter(unit=unit, code=code, period=period).first()
    if row is not None:
        if row.state != State.DUE:
            raise PublishedAlready(_("这一期已经公开"), field="title")
        return row
    rule = next((e for e in expected(on) if (e.item.code, e.period) == (code, period)), None)
    if rule is None:
        return Disclosure(unit=unit, code=code, period=period, due_on=on, least_days=1)
    return Disclosure(
        unit=unit,
        code=code,
        period=period,
        version=rule.item.version,
        due_on=rule.due_on,
        least_days=rule.item.least_days,
    )


def _check_words(title: str, content: str) -> None:
    if not title.strip() or not content.strip():
        raise NothingToSay(_("请填写标题和内容"), field="content" if title.strip() else "title")
    for field, text in (("title", title), ("content", content)):
        if found := PERSONAL.search(text):
            raise PersonalData(
                _("公开内容里有手机号或身份证号（%s…），请删去") % found[0][:4], field=field
            )


@transaction.atomic
def finish_disclosure(
    *, disclosure: Disclosure, papers: Iterable[tuple[str, bytes]], at: datetime, by: User
) -> Disclosure:
    """Close an item after its last day; what hung on a board needs a photo of it.

    :raises NotPublic: unless it is public and its days are over
    :raises NoProof: without a photo of the board
    """
    disclosure = _locked(disclosure, by)
    if disclosure.state != State.PUBLIC or disclosure.public_to is None:
        raise NotPublic(_("只有公开中的事项可以办结"))
    if local(at) < disclosure.public_to:
        raise NotPublic(_("公开到 %s，到期后再办结") % disclosure.public_to)
    for name, data in papers:
        keep_paper(unit=disclosure.unit, name=name, data=data, by=by, at=at, disclosure=disclosure)
    if disclosure.place != Place.ONLINE and not disclosure.papers.exists():
        raise NoProof(_("请上传公开栏的照片"), field="papers")
    disclosure.state = State.DONE
    disclosure.save(update_fields=["state"])
    _log(disclosure, _("公开办结：%s") % disclosure.title, "done", at, by)
    return disclosure


@transaction.atomic
def add_proof(
    *, disclosure: Disclosure, papers: Iterable[tuple[str, bytes]], at: datetime, by: User
) -> None:
    """Keep photos of the board while the item is public."""
    disclosure = _locked(disclosure, by)
    if disclosure.state != State.PUBLIC:
        raise NotPublic(_("只有公开中的事项可以办结"))
    for name, data in papers:
        keep_paper(unit=disclosure.unit, name=name, data=data, by=by, at=at, disclosure=disclosure)


@transaction.atomic
def withdraw_disclosure(*, disclosure: Disclosure, reason: str, at: datetime, by: User) -> None:
    """Take an item off the public page at once (a mistake in it); it is due again.

    :raises NotPublic: unless it is public
    """
    disclosure = _locked(disclosure, by)
    if disclosure.state != State.PUBLIC:
        raise NotPublic(_("只有公开中的事项可以撤下"))
    disclosure.state, disclosure.public_from, disclosure.public_to = State.DUE, None, None
    disclosure.save(update_fields=["state", "public_from", "public_to"])
    text = _("撤下：%(title)s（%(reason)s）") % {"title": disclosure.title, "reason": reason}
    _log(disclosure, text, f"withdrawn:{at.isoformat()}", at, by)


def _locked(disclosure: Disclosure, by: User) -> Disclosure:
    rows = Disclosure.objects.select_for_update(of=("self",)).select_related("unit")
    disclosure = rows.get(pk=disclosure.pk)
    require_keeper(by, disclosure.unit)
    return disclosure


def remind_disclosures(*, at: datetime, limit: int = 200) -> int:
    """Make due what a rule wants of a period that is over, and tell units once of what is late.

    Only units with a registered term are asked: they have begun to keep these registers.
    """
    today, done = local(at), 0
    units = list(
        Org.objects.filter(kind=Org.Kind.PARTY, dissolved_on__isnull=True, terms__isnull=False)
        .distinct()
        .order_by("pk")
    )
    for gap in gaps(units, today):
        if gap.rule is not None and done < limit and gap.is_late(today):
            done += _make_due(gap.unit, gap.title, gap.rule)
    with transaction.atomic():
        late = Disclosure.objects.select_for_update(of=("self",), skip_locked=True).filter(
            state=State.DUE, due_on__lt=today, told_on__isnull=True
        )
        for row in late.select_related("unit").order_by("due_on", "pk")[:limit]:
            _tell_late(row, today, at)
            done += 1
    return done


def _make_due(unit: Org, title: str, rule: Expected) -> int:
    _row, made = Disclosure.objects.get_or_create(
        unit=unit,
        code=rule.item.code,
        period=rule.period,
        defaults={
            "version": rule.item.version,
            "title": title,
            "place": rule.item.place,
            "due_on": rule.due_on,
            "least_days": rule.item.least_days,
        },
    )
    return int(made)


def _tell_late(row: Disclosure, today: date, at: datetime) -> None:
    words = {"unit": row.unit, "title": row.title, "due": row.due_on}
    tell_keepers(
        unit=row.unit,
        title=_("党务公开已超期"),
        text=_("%(unit)s：%(title)s，应在 %(due)s 前公开") % words,
        url=reverse("affairs:disclosure", args=[row.pk]),
        key=f"affairs.disclosure:{row.pk}:late",
        at=at,
    )
    row.told_on = today
    row.save(update_fields=["told_on"])


def _log(row: Disclosure, text: str, step: str, at: datetime, by: User) -> None:
    write_log(
        unit=row.unit,
        kind=LogEntry.Kind.DISCLOSURE,
        text=text,
        at=at,
        recorded_at=at,
        source=f"affairs.disclosure:{row.pk}",
        key=f"affairs.disclosure:{row.pk}:{step}:{row.public_from or ''}",
        actor=by,
    )
