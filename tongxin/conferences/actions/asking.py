"""Rounds of asking residents what they need (征求意见), and what became of their answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import Consultation, ListItem, ListKind, Opinion
from .common import made_once, must_keep, scoped
from .listing import BadItem, ItemSettled, add_to_list

Origin = ListItem.Origin


class RoundOver(Refused):
    """The round of asking has ended, or has not begun."""


@transaction.atomic
def open_round(
    *, region: Region, title: str, from_date: date, to_date: date, by: User, at: datetime,
    text: str = "", key: str | None = None,
) -> Consultation:  # fmt: skip
    """Ask the residents of a place what they need. A repeated key asks once.

    :raises NotYourLand, BadItem:
    """
    must_keep(by, region.path)
    known = scoped(by, key)
    if known and (made := Consultation.objects.filter(key=known).first()):
        return made
    if to_date < from_date or to_date < localdate(at):
        raise BadItem(_("截止日期应在开始日期之后，并且不早于今天。"), field="to_date")
    return made_once(Consultation, Consultation(
        region=region, title=clean_text(title, limit=60, field_label=_("题目"), required=True),
        text=clean_text(text, limit=500, field_label=_("说明"), multiline=True),
        from_date=from_date, to_date=to_date, by=by, at=at, key=known,
    ))[0]  # fmt: skip


@transaction.atomic
def give_opinion(*, consultation: Consultation, text: str, by: User, at: datetime) -> Opinion:
    """Answer a round; the same words once. :raises RoundOver, Invalid:"""
    if consultation.closed_at or not (
        consultation.from_date <= localdate(at) <= consultation.to_date
    ):
        raise RoundOver(_("“%s”不在征求意见的时间内。") % consultation.title)
    text = clean_text(text, limit=500, field_label=_("意见"), required=True, multiline=True)
    try:
        with transaction.atomic():
            return Opinion.objects.create(consultation=consultation, text=text, by=by, at=at)
    except IntegrityError:
        return Opinion.objects.get(consultation=consultation, by=by, text=text)


@transaction.atomic
def adopt_opinion(
    *, opinion: Opinion, by: User, at: datetime, need: dict[str, Any] | None = None,
    answer: str = "",
) -> Opinion:  # fmt: skip
    """Put an opinion on the list of needs (`need`: matter, title, quantity, dates), or answer it.

    :raises NotYourLand, ItemSettled:
    """
    opinion = (
        Opinion.objects.select_for_update(of=("self",))
        .select_related("consultation__region", "by")
        .get(pk=opinion.pk)
    )
    must_keep(by, opinion.consultation.region.path)
    if opinion.answered_at:
        raise ItemSettled(_("这条意见已答复。"))
    opinion.answer = clean_text(
        answer, limit=300, field_label=_("答复"), required=need is None, multiline=True
    )
    if need is not None:
        opinion.need = add_to_list(
            kind=ListKind.NEED, region=opinion.consultation.region, by=by, at=at,
            origin=Origin.CONSULTATION, party=_("居民意见"), **need,
        )  # fmt: skip
    opinion.answered_by, opinion.answered_at = by, at
    opinion.save()
    tell(
        users=[opinion.by], title=_("您的意见已答复：%s") % opinion.consultation.title,
        text=opinion.answer or _("已列入需求清单：%s") % (opinion.need.title if opinion.need else ""),
        url=f"/conferences/consultations/{opinion.consultation_id}/",
        key=f"opinion:{opinion.pk}", at=at,
    )  # fmt: skip
    return opinion


@transaction.atomic
def close_round(
    *, consultation: Consultation, summary: str, by: User, at: datetime
) -> Consultation:
    """End a round with what came of it. :raises NotYourLand, RoundOver:"""
    consultation = (
        Consultation.objects.select_for_update(of=("self",))
        .select_related("region")
        .get(pk=consultation.pk)
    )
    must_keep(by, consultation.region.path)
    if consultation.closed_at:
        raise RoundOver(_("这次征求意见已结束。"))
    consultation.summary = clean_text(
        summary, limit=2000, field_label=_("征求意见情况"), required=True, multiline=True
    )
    consultation.closed_at = at
    consultation.save(update_fields=["summary", "closed_at"])
    return consultation
