"""What a person may ask about their own data, and how it is answered (PIPL §44 to §47, §50)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text

from ..models import CareFile, RightsRequest
from ..queries.rules import number
from .common import FileClosed, NoSuchFile, care_officers, must_have_duty, workers_of
from .files import NotByOneself, NotNow, end_file


class KeptByLaw(Invalid):
    """A file that rests on a duty of the law does not end by withdrawing consent (PIPL §13, §47)."""


def _own(file: CareFile, by: User) -> CareFile:
    rows = CareFile.objects.select_for_update(of=("self",)).select_related("community")
    found = rows.filter(pk=file.pk, user=by.pk, forgotten_at=None).first()
    if found is None:
        raise NoSuchFile(_("没有找到这份档案，或您看不到它。"))
    return found


@transaction.atomic
def ask_right(
    *, file: CareFile, kind: str, by: User, at: datetime, text: str = ""
) -> RightsRequest:
    """Ask about one's own data. Withdrawing acts at once; the rest is answered within the term.

    :raises NoSuchFile: for anybody else's file
    :raises KeptByLaw: withdrawing a consent where none was needed
    :raises NotNow: while the same is waiting for an answer
    """
    file = _own(file, by)
    if kind not in RightsRequest.Kind.values:
        raise Invalid(_("请选择要办的事。"), field="kind")
    today = localdate(at)
    wants_words = kind == RightsRequest.Kind.CORRECT
    text = clean_text(text, limit=500, field_label=_("说明"), required=wants_words, multiline=True)
    if file.rights.filter(kind=kind, answer="").exists():
        raise NotNow(_("同样的请求正在办理，请等待答复。"))
    asked = RightsRequest(
        file=file, kind=kind, asked_at=at, asked_by=by, text_sealed=sealer().seal(text),
        due_on=today + timedelta(number("rights_days", today, file.area)),
    )  # fmt: skip
    if kind == RightsRequest.Kind.WITHDRAW:
        _withdraw(file, by, at)
        asked.answer, asked.answered_at = RightsRequest.Answer.DONE, at
        asked.words = _("已停止使用，内容将于 %s 清除。") % file.forget_on
    asked.save()
    audit(actor=by, action=f"care.right.{kind}", object=file.object_word, at=at)
    tell(
        users=care_officers(file.area) or workers_of(file.area),
        title=_("关爱对象提出：%s") % asked.get_kind_display(),
        text=_("档案 %(number)s，请在 %(day)s 前答复")
        % {"number": file.number, "day": asked.due_on}
        if not asked.answer
        else _("档案 %s 已按本人意愿结束") % file.number,
        url=reverse("care:rights"),
        key=f"care.right:{asked.pk}",
        at=at,
    )
    return asked


def _withdraw(file: CareFile, by: User, at: datetime) -> None:
    if file.basis != CareFile.Basis.CONSENT:
        raise KeptByLaw(
            _("这份档案依据“%s”保存，不以同意为前提，不能撤回同意。") % file.statute,
            remedy=_("认为不该保存的，请提出删除请求。"),
        )
    if file.closed_at is not None:
        raise FileClosed(_("这份档案已经结束。"))
    soon = number("withdraw_forget_days", localdate(at), file.area)
    end_file(file, CareFile.End.WITHDRAWN, by=by, at=at, forget_days=soon)


@transaction.atomic
def take_withdrawal(*, file: CareFile, note: str, by: User, at: datetime) -> RightsRequest:
    """Write down that a person without an account withdrew their consent; acts at once.

    :raises NotYourCare: for anybody but the care officer
    :raises KeptByLaw, FileClosed:
    """
    file = (
        CareFile.objects.select_for_update(of=("self",)).select_related("community").get(pk=file.pk)
    )
    must_have_duty(by, file.area)
    note = clean_text(note, limit=300, field_label=_("怎样提出的"), required=True)
    _withdraw(file, by, at)
    asked = RightsRequest.objects.create(
        file=file, kind=RightsRequest.Kind.WITHDRAW, asked_at=at, asked_by=by,
        due_on=localdate(at), answer=RightsRequest.Answer.DONE, words=note, answered_at=at,
        answered_by=by,
    )  # fmt: skip
    audit(actor=by, action="care.right.withdraw", object=file.object_word, at=at)
    return asked


@transaction.atomic
def answer_right(
    *, asked: RightsRequest, grant: bool, words: str, by: User, at: datetime
) -> RightsRequest:
    """Answer what a person asked; a refusal says why. Granting a deletion closes the file.

    :raises NotYourCare: for anybody but the community's care officer
    :raises NotByOneself, NotNow:
    """
    asked = RightsRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    file = CareFile.objects.select_for_update(of=("self",)).get(pk=asked.file_id)
    must_have_duty(by, file.area)
    if by.pk == asked.asked_by_id:
        raise NotByOneself(_("自己的请求请由另一位专员答复。"))
    if asked.answer:
        raise NotNow(_("这个请求已经答复。"))
    asked.words = clean_text(words, limit=300, field_label=_("答复"), required=True)
    asked.answer = RightsRequest.Answer.DONE if grant else RightsRequest.Answer.REFUSED
    asked.answered_at, asked.answered_by = at, by
    if grant and asked.kind == RightsRequest.Kind.DELETE and file.closed_at is None:
        soon = number("withdraw_forget_days", localdate(at), file.area)
        end_file(file, CareFile.End.DELETED, by=by, at=at, forget_days=soon)
    asked.save(update_fields=["words", "answer", "answered_at", "answered_by"])
    audit(
        actor=by, action="care.right.answer", object=file.object_word, at=at,
        detail={"kind": asked.kind, "answer": asked.answer},
    )  # fmt: skip
    tell(
        users=[asked.asked_by],
        title=_("您的请求已答复：%s") % asked.get_kind_display(),
        text=asked.words,
        url=reverse("care:mine-file", args=[file.pk]),
        key=f"care.right.answer:{asked.pk}",
        at=at,
    )
    return asked
