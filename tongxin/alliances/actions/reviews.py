"""Several approvals decided in one session (联合审查审批, S1.43), and letters instead of permits (S1.44)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused

from ..models import ApprovalItem, Dossier, JointReview, JointVerdict, Letter
from ..queries.dossiers import covered_on
from ..queries.parts import decides, keeps_dossier
from .approvals import MustWait, locked, locked_item, not_before_start, settle
from .common import BadDay, lines, must, not_to_come, scoped, text
from .reminding import who_cares

LONGEST = 366  # days a letter may stand
MARKS = (1, 7, 30)  # days before the end at which it rings


class LetterExpired(Refused):
    """A letter that has run out is not renewed: a permit is due."""


class LetterStands(Refused):
    """One letter stands for a permit at a time."""


@dataclass(frozen=True)
class Verdict:
    """What a session decides on one approval."""

    item: ApprovalItem
    state: str
    conditions: str = ""
    document: str = ""


@transaction.atomic
def decide_jointly(
    dossier: Dossier, *, held_on: date, place: str, chair: str, verdicts: Sequence[Verdict],
    by: User, at: datetime, summary: str = "", meeting_url: str = "", key: str = "",
) -> JointReview:  # fmt: skip
    """Decide several approvals of a subject in one session, each with its own result and conditions.

    They are judged in the order of their prerequisites: one may rest on another of the same session.

    :raises NotYours: unless `by` leads the work
    :raises Invalid: for fewer than two, one twice, one of another subject
    :raises BadDay, MustWait, BeforeItsLetter, Refused: as for a single approval; then nothing is decided
    """
    kept = scoped(by, key)
    if kept and (before := JointReview.objects.filter(key=kept).first()):
        return before
    dossier = locked(dossier)
    must(keeps_dossier(by, dossier), what=_("组织联合会审"))
    not_to_come(held_on, at, field="held_on")
    not_before_start(dossier, held_on, field="held_on")
    codes = [one.item.code for one in verdicts]
    if len(codes) < 2 or len(set(codes)) < len(codes):
        raise Invalid(_("联合会审至少审两个事项，每个事项一个结论。"), field="verdicts")
    if any(one.item.dossier_id != dossier.pk for one in verdicts):
        raise Invalid(_("会审的事项应属于同一个对象。"), field="verdicts")
    review = JointReview.objects.create(
        dossier=dossier, held_on=held_on, place=text(place, _("地点"), limit=100),
        chair=text(chair, _("主持人"), limit=40), by=by, at=at, key=kept,
        summary=lines(summary, _("会审意见"), required=False),
        meeting_url=text(meeting_url, _("会议"), required=False),
    )  # fmt: skip
    left = list(verdicts)
    while left:
        waiting = {one.item.pk for one in left}
        ready = [one for one in left if not one.item.needs.filter(needed__in=waiting).exists()]
        for one in ready:
            _decide(review, one, by, at)
        left = [one for one in left if one not in ready]
    return review


def _decide(review: JointReview, verdict: Verdict, by: User, at: datetime) -> None:
    item = locked_item(verdict.item)
    settle(
        item, state=verdict.state, on=review.held_on, by=by, at=at, document=verdict.document,
        conditions=verdict.conditions,
    )  # fmt: skip
    JointVerdict.objects.create(
        review=review, item=item, state=item.state, conditions=item.conditions,
        document=item.document,
    )  # fmt: skip


# Letters.


@transaction.atomic
def issue_letter(
    item: ApprovalItem, *, number: str, conditions: str, issued_on: date, valid_until: date,
    by: User, at: datetime, issuer: str = "",
) -> Letter:  # fmt: skip
    """Let a letter stand for a permit until a day, with its conditions.

    :raises NotYours: unless `by` is of the department or leads the work
    :raises LetterStands, Refused: if one stands already, or the permit is there
    :raises BadDay, Invalid, MustWait: what the permit waits for must be there
    """
    item = locked_item(item)
    must(decides(by, item), what=_("登记以函代证"))
    if item.is_granted:
        raise Refused(_("“%s”已批准，不需要以函代证。") % item.name)
    not_to_come(issued_on, at, field="issued_on")
    not_before_start(item.dossier, issued_on, field="issued_on")
    _check_span(issued_on, valid_until)
    for link in item.needs.select_related("needed"):
        if not covered_on(link.needed, issued_on):
            raise MustWait(
                _("“%(item)s”要等“%(needed)s”，不能先出函。")
                % {"item": item.name, "needed": link.needed.name}
            )
    return _write(
        item, number=number, conditions=conditions, issued_on=issued_on, valid_until=valid_until,
        issuer=issuer, by=by, at=at,
    )  # fmt: skip


def _check_span(issued_on: date, valid_until: date) -> None:
    if not issued_on <= valid_until <= issued_on + timedelta(days=LONGEST):
        raise BadDay(_("有效期应在出具之后、一年以内。"), field="valid_until")


def _write(
    item: ApprovalItem, *, number: str, conditions: str, issued_on: date, valid_until: date,
    issuer: str, by: User, at: datetime, renews: Letter | None = None,
) -> Letter:  # fmt: skip
    try:
        with transaction.atomic():
            return Letter.objects.create(
                item=item, number=text(number, _("函号"), limit=60),
                issuer=text(issuer or item.department_name, _("出具单位"), limit=60),
                conditions=text(conditions, _("条件"), limit=300), issued_on=issued_on,
                valid_until=valid_until, renews=renews, by=by, at=at,
            )  # fmt: skip
    except IntegrityError:
        raise LetterStands(_("“%s”已有一份有效的函，请续期或换证。") % item.name) from None


@transaction.atomic
def renew_letter(
    letter: Letter, *, number: str, issued_on: date, valid_until: date, by: User, at: datetime,
    conditions: str = "",
) -> Letter:  # fmt: skip
    """Renew a letter before it runs out; the new one takes its place.

    :raises NotYours, BadDay, Invalid:
    :raises LetterExpired: once it has run out
    :raises Refused: once the permit is there, or it was renewed
    """
    item = locked_item(letter.item)
    must(decides(by, item), what=_("办理函的续期"))
    letter = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    if letter.replaced_on is not None:
        raise Refused(_("函 %s 已换证或已续期。") % letter.number)
    not_to_come(issued_on, at, field="issued_on")
    if issued_on > letter.valid_until or localdate(at) > letter.valid_until:
        raise LetterExpired(
            _("函 %(number)s 已于 %(day)s 到期，不能续期。")
            % {"number": letter.number, "day": letter.valid_until},
            remedy=_("请办理正式批文；确需以函代证的，取得批文前不得以此为依据。"),
        )
    if issued_on < letter.issued_on or valid_until <= letter.valid_until:
        raise BadDay(
            _("续期的函应晚于原函，有效期应长于 %s。") % letter.valid_until, field="valid_until"
        )
    _check_span(issued_on, valid_until)
    letter.replaced_on = issued_on
    letter.save(update_fields=["replaced_on"])
    return _write(
        item, number=number, conditions=conditions or letter.conditions, issued_on=issued_on,
        valid_until=valid_until, issuer=letter.issuer, by=by, at=at, renews=letter,
    )  # fmt: skip


def letters_due(*, at: datetime, limit: int = 100) -> int:
    """Ring before a letter runs out, 30, 7 and 1 days ahead, and once when it has; return how many rang.

    Any number of workers: each mark is taken by an update that only one wins.
    """
    today, done = localdate(at), 0
    rows = Letter.objects.filter(
        replaced_on=None, valid_until__lte=today + timedelta(days=max(MARKS))
    ).select_related("item__dossier__project__desk__head", "item__dossier__project__contact")
    for letter in rows.order_by("valid_until", "pk"):
        mark = _mark(letter, today)
        if done >= limit or mark <= letter.reminded:
            continue
        with transaction.atomic():
            if Letter.objects.filter(pk=letter.pk, reminded__lt=mark).update(reminded=mark):
                _ring(letter, today, mark, at)
                done += 1
    return done


def _mark(letter: Letter, today: date) -> int:
    """Return how many bells are due: 1 at thirty days, 2 at seven, 3 at one, 4 once it has run out."""
    left = (letter.valid_until - today).days
    if left < 0:
        return len(MARKS) + 1
    return sum(left <= mark for mark in MARKS)


def _ring(letter: Letter, today: date, mark: int, at: datetime) -> None:
    item, dossier = letter.item, letter.item.dossier
    left = (letter.valid_until - today).days
    words = {
        "item": item.name,
        "label": dossier.source_label,
        "number": letter.number,
        "day": letter.valid_until,
    }
    title = _("以函代证还有 %d 天到期") % left if left >= 0 else _("以函代证已到期")
    text_ = _("%(label)s · %(item)s：函 %(number)s 有效期至 %(day)s。") % words
    if left < 0:
        text_ += _("到期的函不能再作依据，请尽快取得批文。")
    people = who_cares(item, today)
    tell(
        users=people, title=title, text=text_, key=f"letter:{letter.pk}:{mark}", at=at,
        url=reverse("alliances:dossier", args=[dossier.pk]),
    )  # fmt: skip
