"""How satisfied the owner of a project is: asked after milestones and at the end, answered once (S0.10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound, Refused

from ..models import AllianceProject, Satisfaction
from ..queries.parts import speaks_for
from .common import must, text

SALT, DAYS = "alliance-satisfaction", 60


class LinkGone(NotFound):
    """The link is too old, or not one of ours."""


class AnsweredAlready(Refused):
    """An answer is given once."""


def ask_owner(project: AllianceProject, *, moment: str, label: str, at: datetime) -> Satisfaction:
    """Ask the owner once after a moment; its contact is told where."""
    made, is_new = Satisfaction.objects.get_or_create(
        project=project, moment=moment[:30], defaults={"label": label[:80], "asked_at": at}
    )
    if is_new and project.contact is not None:
        tell(
            users=[project.contact], title=_("请评价：%s") % made.label,
            text=_("“%s”的服务是否满意？一分钟即可完成。") % project.name,
            url=reverse("alliances:rate", args=[token_of(made)]),
            key=f"satisfaction:{made.pk}", at=at,
        )  # fmt: skip
    return made


def token_of(row: Satisfaction) -> str:
    """Return the token of the link by which the owner answers without signing in."""
    return signing.TimestampSigner(salt=SALT).sign(str(row.pk))


def by_token(token: str) -> Satisfaction:
    """:raises LinkGone: if the link is older than sixty days, or was tampered with"""
    try:
        pk = signing.TimestampSigner(salt=SALT).unsign(token, max_age=timedelta(days=DAYS))
        return Satisfaction.objects.select_related("project__desk__alliance").get(pk=pk)
    except (signing.BadSignature, Satisfaction.DoesNotExist):
        raise LinkGone(_("这个评价链接已过期或不完整，请联系项目的工作部重新发送。")) from None


def answer_by_link(*, token: str, stars: int, words: str, at: datetime) -> Satisfaction:
    """Answer by the signed link, once. :raises LinkGone, AnsweredAlready, Invalid:"""
    return _answer(by_token(token), stars, words, how="link", by=None, at=at)


def answer_as_owner(
    row: Satisfaction, *, stars: int, words: str, by: User, at: datetime
) -> Satisfaction:
    """Answer as the owner's user, once. :raises NotYours, AnsweredAlready, Invalid:"""
    must(speaks_for(by, row.project), what=_("代项目单位评价"))
    return _answer(row, stars, words, how="user", by=by, at=at)


@transaction.atomic
def _answer(
    row: Satisfaction, stars: int, words: str, *, how: str, by: User | None, at: datetime
) -> Satisfaction:
    row = Satisfaction.objects.select_for_update(of=("self",)).select_related("project__desk__head").get(
        pk=row.pk
    )  # fmt: skip
    if row.answered_at is not None:
        raise AnsweredAlready(_("这个环节已经评价过，谢谢您。"))
    if stars not in (1, 2, 3, 4, 5):
        raise Invalid(_("请选择 1 到 5 星。"), field="stars")
    row.stars, row.words = stars, text(words, _("评价"), limit=500, required=False)
    row.how, row.answered_by, row.answered_at = how, by, at
    row.save()
    if stars <= 2 and row.project.desk.head is not None:
        tell(
            users=[row.project.desk.head], title=_("项目单位不满意：%s") % row.project.name,
            text=_("%(label)s：%(stars)d 星。%(words)s") % {"label": row.label, "stars": stars, "words": row.words},
            url=reverse("alliances:project", args=[row.project_id]), key=f"unsatisfied:{row.pk}", at=at,
        )  # fmt: skip
    return row
