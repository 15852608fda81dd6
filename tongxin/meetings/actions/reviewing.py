"""民主评议党员 step by step, with figures that must agree, and 谈心谈话 (条例第十八条、第十九条)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit_look
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Membership, Org, Person
from tongxin.orgs.scope import keeps_register

from ..models import HeartTalk, Meeting, Review, ReviewResult
from ..queries.moves import runs
from ..queries.reviews import excellent_share, most_excellent, waiting_for
from ..queries.rules import LIFE, rules_on
from .planning import NotYours

Step, Grade = Review.Step, ReviewResult.Grade
GRADES = ("excellent", "qualified", "basic", "unqualified")


class StepSkipped(Refused):
    """A step was tried before the ones it follows."""


class StepUnfinished(Refused):
    """Somebody has not yet done what this step asks."""


class TallyWrong(Invalid):
    """The votes for a member are not as many as were returned."""


class TooManyExcellent(Refused):
    """More are graded excellent than the rule's share allows."""


class ReviewHeld(Refused):
    """The unit's review of the year is open, or over."""


class TalkTwice(Invalid):
    """Two people talked on that day already, or somebody with themselves."""


def _locked(review: Review, by: User) -> Review:
    review = Review.objects.select_for_update(of=("self",)).select_related("unit").get(pk=review.pk)
    if not keeps_register(by, review.unit.path):
        raise NotYours(_("您不负责%s的民主评议。") % review.unit.name)
    return review


def _at(review: Review, step: str) -> None:
    """Refuse what belongs to another step than the one the review stands in."""
    if review.step != step:
        order = [*Step.values]
        now, asked = Step(review.step), Step(step)
        if order.index(asked) > order.index(now):
            raise StepSkipped(
                _("现在是“%(now)s”，还不能进行“%(asked)s”。")
                % {"now": now.label, "asked": asked.label},
                remedy=_("请按个人自评、党员互评、民主测评、组织评定的顺序进行。"),
            )
        raise StepSkipped(_("“%s”已结束，不能再改。") % asked.label)


@transaction.atomic
def open_review(
    *, unit: Org, year: int, by: User, at: datetime, meeting: Meeting | None = None
) -> Review:
    """Open a year's review of a branch: every member of the register is in it.

    :raises NotYours, ReviewHeld, Invalid: if there is nobody to review
    """
    if not keeps_register(by, unit.path):
        raise NotYours(_("您不负责%s的民主评议。") % unit.name)
    Org.objects.select_for_update().only("pk").get(pk=unit.pk)  # two presses are one review
    if Review.objects.filter(unit=unit, year=year).exists():
        raise ReviewHeld(
            _("%(unit)s %(year)d 年的民主评议已经开始。") % {"unit": unit.name, "year": year}
        )
    members = list(Membership.objects.members().filter(unit__path__under=unit.path))
    if not members:
        raise Invalid(_("%s还没有登记党员，不能开展民主评议。") % unit.name, field="unit")
    review = Review.objects.create(
        unit=unit, year=year, meeting=meeting, rule_set=rules_on(LIFE, localdate(at)),
        opened_by=by, opened_at=at,
    )  # fmt: skip
    ReviewResult.objects.bulk_create(ReviewResult(review=review, membership=m) for m in members)
    return review


@transaction.atomic
def appraise_self(
    *, review: Review, user: User, text: str, grade: str, at: datetime
) -> ReviewResult:
    """Hand in what one thinks of oneself; sealed, and open until the step is over.

    :raises StepSkipped, NotFound: if one is not reviewed here
    """
    row = ReviewResult.objects.filter(review=review, membership__person__user=user).first()
    if row is None:
        raise NotFound(_("您不在这次民主评议的名单上。"))
    _at(Review.objects.select_for_update().get(pk=review.pk), Step.SELF)
    if grade not in GRADES:
        raise Invalid(_("请选择自评等次。"), field="grade")
    text = clean_text(text, limit=2000, field_label=_("自评内容"), multiline=True)
    row.self_sealed, row.self_grade, row.self_at = sealer().seal(text), grade, at
    row.save(update_fields=["self_sealed", "self_grade", "self_at"])
    return row


@transaction.atomic
def excuse(*, result: ReviewResult, by: User, at: datetime, reason: str) -> ReviewResult:
    """Leave somebody out of this year's review, with the reason (ill, abroad, just admitted)."""
    review = _locked(result.review, by)
    if review.step == Step.DONE:
        raise StepSkipped(_("民主评议已结束，不能再改。"))
    result.excused = clean_text(reason, limit=100, field_label=_("未参加原因"))
    result.save(update_fields=["excused"])
    return result


@transaction.atomic
def paper_self(*, result: ReviewResult, by: User, at: datetime, grade: str) -> ReviewResult:
    """Write down that somebody without a phone handed theirs in on paper. :raises StepSkipped:"""
    _at(_locked(result.review, by), Step.SELF)
    if grade not in GRADES:
        raise Invalid(_("请选择自评等次。"), field="grade")
    result.self_grade, result.self_at = grade, at
    result.save(update_fields=["self_grade", "self_at"])
    return result


@transaction.atomic
def start_mutual(*, review: Review, by: User, at: datetime) -> Review:
    """Go on to 党员互评 when everybody has appraised themselves or is excused.

    :raises StepSkipped, StepUnfinished: naming whom it waits for
    """
    review = _locked(review, by)
    _at(review, Step.SELF)
    if names := waiting_for(review):
        raise StepUnfinished(
            _("还有 %(n)d 人没有自评：%(names)s。")
            % {"n": len(names), "names": "、".join(names[:5])},
            remedy=_("请提醒本人填写，或登记纸质自评、未参加原因。"),
        )
    return _enter(review, Step.MUTUAL)


@transaction.atomic
def finish_mutual(*, review: Review, by: User, at: datetime) -> Review:
    """Say that the members have spoken of each other; go on to the ballots. :raises StepSkipped:"""
    review = _locked(review, by)
    _at(review, Step.MUTUAL)
    review.results.filter(excused="").update(mutual=True)
    return _enter(review, Step.TALLY)


@transaction.atomic
def tally(
    *, review: Review, issued: int, returned: int, votes: dict[int, tuple[int, int, int, int]],
    by: User, at: datetime,
) -> Review:  # fmt: skip
    """Write down the ballots: {result id: (excellent, qualified, basic, unqualified)} for all.

    :raises StepSkipped, TallyWrong: with the sum that does not agree
    """
    review = _locked(review, by)
    _at(review, Step.TALLY)
    rows = list(review.results.filter(excused="").select_related("membership__person"))
    if returned > issued:
        raise TallyWrong(
            _("收回 %(returned)d 张，多于发出 %(issued)d 张，测评无效，请重新测评。")
            % {"returned": returned, "issued": issued},
            field="returned",
        )
    for row in rows:
        given = votes.get(row.pk)
        if given is None or sum(given) != returned:
            raise TallyWrong(
                _("%(name)s的票数合计 %(sum)d，与收回 %(returned)d 张不符，请核对。")
                % {
                    "name": row.membership.person.name,
                    "sum": sum(given or ()),
                    "returned": returned,
                },
                field=f"excellent_{row.pk}",
            )
        row.excellent, row.qualified, row.basic, row.unqualified = given
    ReviewResult.objects.bulk_update(rows, GRADES)
    review.ballots, review.returned = issued, returned
    review.save(update_fields=["ballots", "returned"])
    return _enter(review, Step.SETTLE)


@transaction.atomic
def settle(*, review: Review, grades: dict[int, str], by: User, at: datetime) -> Review:
    """Give everybody their grade; excellent at most the rule's share. Ends the review.

    :raises StepSkipped, TooManyExcellent, Invalid:
    """
    review = _locked(review, by)
    _at(review, Step.SETTLE)
    rows = list(review.results.filter(excused=""))
    for row in rows:
        if grades.get(row.pk) not in GRADES:
            raise Invalid(_("请给每名党员选择等次。"), field=f"grade_{row.pk}")
        row.grade = grades[row.pk]
    most = most_excellent(review, len(rows))
    excellent = sum(row.grade == Grade.EXCELLENT for row in rows)
    if excellent > most:
        raise TooManyExcellent(
            _("优秀 %(n)d 人，超过参评 %(all)d 人的 %(share)s（最多 %(most)d 人）。")
            % {"n": excellent, "all": len(rows), "share": excellent_share(review), "most": most},
            field="grades",
        )
    ReviewResult.objects.bulk_update(rows, ["grade"])
    review.step, review.done_at = Step.DONE, at
    review.save(update_fields=["step", "done_at"])
    write_log(
        unit=review.unit,
        kind="assessment",
        text=_("完成 %(year)d 年民主评议党员，参评 %(n)d 人。")
        % {"year": review.year, "n": len(rows)},
        at=at,
        recorded_at=at,
        source=f"meetings.review:{review.pk}",
        key=f"review:{review.pk}",
        actor=by,
    )
    return review


def _enter(review: Review, step: str) -> Review:
    review.step = step
    review.save(update_fields=["step"])
    return review


def open_self(*, result: ReviewResult, by: User, reason: str, at: datetime) -> str:
    """Return what somebody wrote of themselves: to them, or to the registrar for a reason.

    :raises NotPermitted, NoReason:
    """
    person = result.membership.person
    if person.user_id != by.pk:
        if not keeps_register(by, result.review.unit.path):
            raise NotPermitted(_("只有本人和负责名册的人可以查看自评。"))
        audit_look(
            actor=by, action="review.self", object=f"review {result.review_id} {person.pk}",
            reason=reason, at=at,
        )  # fmt: skip
    return sealer().open(result.self_sealed)


@transaction.atomic
def record_talk(
    *, unit: Org, who: Person, whom: Person, on: date, by: User, at: datetime, note: str = ""
) -> HeartTalk:
    """Write down that two people talked on a day; a short note is sealed.

    By who holds the unit's meetings, or by one of the two.

    :raises NotYours, TalkTwice, Invalid: for a day that has not come
    """
    if not (runs(by, unit.path) or by.pk in (who.user_id, whom.user_id)):
        raise NotYours(_("您不负责%s的谈心谈话。") % unit.name)
    if who.pk == whom.pk:
        raise TalkTwice(_("谈话人和谈话对象不能是同一个人。"), field="whom")
    if on > localdate(at):
        raise Invalid(_("谈话日期还没到。"), field="on")
    note = clean_text(note, limit=200, field_label=_("备注"), required=False)
    try:
        with transaction.atomic():
            return HeartTalk.objects.create(
                unit=unit, who=who, whom=whom, on=on, month=on.year * 100 + on.month,
                note_sealed=sealer().seal(note), by=by, at=at,
            )  # fmt: skip
    except IntegrityError:
        raise TalkTwice(_("这两位同志当天的谈心谈话已登记。"), field="on") from None


def open_talk(*, talk: HeartTalk, by: User, reason: str, at: datetime) -> str:
    """Return the note of a talk: to the two, or to who keeps the register for a reason.

    :raises NotPermitted, NoReason:
    """
    if by.pk not in (talk.who.user_id, talk.whom.user_id):
        if not keeps_register(by, talk.unit.path):
            raise NotPermitted(_("只有谈话双方和负责名册的人可以查看。"))
        audit_look(actor=by, action="talk.note", object=f"talk {talk.pk}", reason=reason, at=at)
    return sealer().open(talk.note_sealed)
