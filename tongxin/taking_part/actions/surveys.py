"""A questionnaire is made, its sample drawn, answered once a token, closed, published, forgotten."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region

from ..models import Answer, AnswerText, IndexFormula, Invite, Questionnaire, Stratum
from ..queries.estimates import allocate
from ..queries.surveys import clean_answers, invite_of
from .common import must_keep, scoped
from .rules import DATA, _rows

State = Questionnaire.State
TEMPLATES = ("satisfaction", "wellbeing")
DOOR = ("grid_worker", "dispatcher", "verifier")
TEXT_DAYS = 180  # free words are kept so long after a survey ends
MOST_TOKENS = 50_000


class BadSurvey(Invalid):
    """A survey needs an area, days in order, questions that can be answered, a sample that exists."""


class WrongStage(Refused):
    """The survey is past that, or not yet there."""


class TokenUsed(Refused):
    """One answer a token."""


def hold(one: Questionnaire) -> Questionnaire:
    rows = Questionnaire.objects.select_for_update(of=("self",))
    return rows.select_related("region", "formula").get(pk=one.pk)


def draft_of(one: Questionnaire, by: User) -> Questionnaire:
    one = hold(one)
    must_keep(by, one.region.path, what=_("编制问卷"))
    if one.state != State.DRAFT:
        raise WrongStage(_("调查开始以后，问卷和样本不能再改。"))
    return one


@transaction.atomic
def make_survey(
    *, region: Region, title: str, wave: str, opens_on: date, closes_on: date, by: User,
    at: datetime, template: str = "", intro: str = "", series: str = "", takes_open: bool = False,
    key: str | None = None,
) -> Questionnaire:  # fmt: skip
    """Begin a questionnaire over an area, empty or from a sample (`satisfaction`, `wellbeing`).

    :raises BadSurvey: for days in the wrong order or past, or a template there is not
    :raises NotPermitted: unless `by` keeps the area
    """
    kept = scoped(by, key)
    if kept and (old := Questionnaire.objects.filter(key=kept).first()):
        return old
    must_keep(by, region.path, what=_("组织调查"))
    if closes_on < opens_on or closes_on < localdate(at):
        raise BadSurvey(_("截止日期应在开始之后，且还没有过。"), field="closes_on")
    if template and template not in TEMPLATES:
        raise BadSurvey(_("没有这个问卷样例。"), field="template")
    return Questionnaire.objects.create(
        region=region, created_by=by, created_at=at, key=kept, opens_on=opens_on,
        closes_on=closes_on, takes_open=takes_open,
        title=clean_text(title, limit=60, field_label=_("名称"), required=True),
        wave=clean_text(wave, limit=20, field_label=_("期次"), required=True),
        intro=clean_text(intro, limit=500, field_label=_("说明"), multiline=True),
        series=clean_text(series or template, limit=40, field_label=_("系列")),
        questions=_sample(template) if template else [],
        formula=IndexFormula.objects.in_force(template, localdate(at)) if template else None,
    )  # fmt: skip


def _sample(template: str) -> list[dict[str, Any]]:
    rows = _rows((DATA / "questions.csv").read_bytes(), "questions.csv")
    found = [row for _n, row in rows if row["template"] == template]
    return [
        {
            "code": f"q{n}", "kind": row["kind"], "text": row["text"], "show_if": None,
            "options": [{"code": f"a{k}", "text": text} for k, text in enumerate(str(row["options"]).split("|"), 1) if text],
            "required": row["required"] == "yes",
        }
        for n, row in enumerate(found, 1)
    ]  # fmt: skip


@transaction.atomic
def draw_sample(
    one: Questionnaire, *, populations: Mapping[int, int], total: int, by: User, at: datetime
) -> Questionnaire:
    """Share a sample out over communities in proportion to {community id: people or households}.

    :raises BadSurvey: for communities outside the area, or no people
    """
    one = draft_of(one, by)
    found = Region.objects.filter(pk__in=populations, level=Region.Level.COMMUNITY)
    inside = {land.pk: land for land in found if land.path.startswith(one.region.path)}
    there = {pk: n for pk, n in populations.items() if n > 0}
    if set(there) - set(inside) or not there:
        raise BadSurvey(_("请填范围内社区的总户数（人数）。"), field="total")
    if not 0 < total <= MOST_TOKENS:
        raise BadSurvey(_("抽样数应在 1 到 %d 之间。") % MOST_TOKENS, field="total")
    one.strata.all().delete()
    shares = allocate(total, there)
    Stratum.objects.bulk_create(
        [
            Stratum(questionnaire=one, community_id=pk, population=there[pk], wanted=shares[pk])
            for pk in sorted(there)
        ]
    )
    return one


@transaction.atomic
def open_survey(one: Questionnaire, *, by: User, at: datetime) -> Questionnaire:
    """Open a survey: questions and sample are settled, the invitations are numbered.

    :raises BadSurvey: without questions, or with neither a sample nor an open link
    """
    one = draft_of(one, by)
    if not one.questions:
        raise BadSurvey(_("问卷还没有题目。"))
    if one.formula and set(one.formula.weights) - {q["code"] for q in one.questions if q["kind"] == "scale"}:  # fmt: skip
        raise BadSurvey(
            _("指数公式用到的打分题被删了，请补回，或取消指数。"),
            remedy=_("公式要用的题：%s") % "、".join(one.formula.weights),
        )
    strata = list(one.strata.all())
    if not strata and not one.takes_open:
        raise BadSurvey(_("请先抽样，或开放链接。"))
    if one.closes_on < localdate(at):
        raise BadSurvey(_("截止日期已经过了。"), field="closes_on")
    Invite.objects.bulk_create(
        [Invite(stratum=one_, n=n) for one_ in strata for n in range(1, one_.wanted + 1)], 500
    )
    one.state = State.OPEN
    one.save(update_fields=["state"])
    audit(actor=by, action="taking_part.survey", object=f"survey {one.pk}", at=at)
    return one


def _must_run(one: Questionnaire, at: datetime) -> None:
    if one.state != State.OPEN or not one.opens_on <= localdate(at) <= one.closes_on:
        raise WrongStage(_("现在不在调查期内。"))


@transaction.atomic
def answer_by_token(token: str, given: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what somebody answered by the token of their invitation. Nobody can tell who it was.

    :raises NoSuchToken: for a token we did not sign
    :raises TokenUsed: the second time, also at the same moment
    :raises WrongStage: outside the survey's days
    :raises BadAnswer: naming the question
    """
    invite = invite_of(token)
    one = invite.stratum.questionnaire
    _must_run(one, at)
    values, words = clean_answers(one.questions, dict(given))
    _use(invite)
    _keep(one, values, words, invite.stratum.community_id, Answer.Way.INVITE)


def _use(invite: Invite) -> None:
    if Invite.objects.filter(pk=invite.pk, is_used=False).update(is_used=True) != 1:
        raise TokenUsed(_("这个邀请码已经用过，一个码只能答一次。"), field="token")


def _keep(one: Questionnaire, values: dict, words: dict[str, str], community: int | None, way: str) -> None:  # fmt: skip
    Answer.objects.create(questionnaire=one, community_id=community, way=way, values=values)
    AnswerText.objects.bulk_create(
        [
            AnswerText(
                questionnaire=one, question=code,
                text=clean_text(text, limit=500, field_label=_("文字意见"), multiline=True),
            )
            for code, text in words.items()
        ]
    )  # fmt: skip


@transaction.atomic
def answer_at_the_door(
    stratum: Stratum, given: Mapping[str, Any], *, by: User, at: datetime
) -> None:
    """Keep what somebody said at the door; it takes one of the community's invitations.

    Who asked is not kept beside the answer.

    :raises NotPermitted: unless `by` works in the community
    :raises TokenUsed: if no invitation of the community is left
    """
    row = Stratum.objects.select_related("questionnaire", "community").get(pk=stratum.pk)
    one = row.questionnaire
    if not works_in(by, row.community.path):
        raise NotPermitted(_("这个社区不归您入户。"))
    _must_run(one, at)
    values, words = clean_answers(one.questions, dict(given))
    left = Invite.objects.select_for_update().filter(stratum=row, is_used=False).order_by("n").first()  # fmt: skip
    if left is None:
        raise TokenUsed(_("这个社区的样本已经答满。"))
    _use(left)
    _keep(one, values, words, row.community_id, Answer.Way.DOOR)


def works_in(by: User, path: str) -> bool:
    """Say whether somebody works in a community or in a grid of it."""
    if not roles_over(by, path).isdisjoint(DOOR):
        return True
    return any(post.role == "grid_worker" and post.path.startswith(path) for post in posts_of(by))


@transaction.atomic
def answer_openly(one: Questionnaire, given: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what somebody answered by the open link; shown apart, since those who come are no sample.

    :raises WrongStage: unless the link is open
    """
    one = Questionnaire.objects.get(pk=one.pk)
    _must_run(one, at)
    if not one.takes_open:
        raise WrongStage(_("这次调查只凭邀请码回答。"))
    values, words = clean_answers(one.questions, dict(given))
    _keep(one, values, words, None, Answer.Way.OPEN)


@transaction.atomic
def close_survey(one: Questionnaire, *, at: datetime, by: User | None = None) -> Questionnaire:
    """End a survey; what the database remembers of the order of answers is destroyed.

    :raises WrongStage: unless it is open; without `by`, before its last day has passed
    """
    one = hold(one)
    if by is not None:
        must_keep(by, one.region.path, what=_("结束调查"))
    if one.state != State.OPEN or (by is None and localdate(at) <= one.closes_on):
        raise WrongStage(_("没有在进行的调查。"))
    stir_answers(one)
    one.state, one.closed_at = State.CLOSED, at
    one.texts_until = localdate(at) + timedelta(days=TEXT_DAYS)
    one.save(update_fields=["state", "closed_at", "texts_until"])
    return one


def stir_answers(one: Questionnaire) -> None:
    """Write answers, free words and marks of invitations anew, in random order, in one transaction."""
    models: tuple[Any, ...] = (Answer, AnswerText)
    for model in models:
        rows = list(model.objects.filter(questionnaire=one))
        secrets.SystemRandom().shuffle(rows)
        model.objects.filter(questionnaire=one).delete()
        for row in rows:
            row.pk = uuid.uuid4()
        model.objects.bulk_create(rows, 500)
    Invite.objects.filter(stratum__questionnaire=one).update(is_used=F("is_used"))


@transaction.atomic
def publish_survey(one: Questionnaire, *, by: User, at: datetime) -> Questionnaire:
    """Show the results of an ended survey to everybody.

    :raises WrongStage: unless it has ended
    """
    one = hold(one)
    must_keep(by, one.region.path, what=_("公布调查结果"))
    if one.state != State.CLOSED:
        raise WrongStage(_("调查结束以后才能公布。"))
    one.state = State.PUBLISHED
    one.save(update_fields=["state"])
    audit(actor=by, action="taking_part.survey_published", object=f"survey {one.pk}", at=at)
    return one


def surveys_due(*, at: datetime, limit: int = 20) -> int:
    """End surveys whose last day has passed; forget free words whose term has."""
    today, n = localdate(at), 0
    for one in Questionnaire.objects.filter(state=State.OPEN, closes_on__lt=today).order_by("pk")[:limit]:  # fmt: skip
        try:
            close_survey(one, at=at)
        except Refused:
            continue
        n += 1
    old = Questionnaire.objects.filter(texts_until__lt=today)
    n += AnswerText.objects.filter(questionnaire__in=old).delete()[0]
    return n
