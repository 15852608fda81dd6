"""Checks of how money was used (抽查, S1.47): by somebody who does not keep it, with what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import LAND_ROLES, posts_of, roles_over
from tongxin.photos.models import Photo

from ..models import Account, Line, UseCheck, UseCheckPhoto
from ..queries.people import keepers_of
from .common import LONG, must_keep


class NotChecker(NotPermitted):
    """Money is checked by an officer or inspector over the place, never by its own keepers."""


class BadCheck(Invalid):
    """A check has a result, a day not to come, and a day by which a fault is mended."""


class AlreadyMended(Refused):
    """A fault is mended once."""


def may_check(actor: User, account: Account) -> bool:
    """Say whether the actor may check an account: over the land, and of another organisation."""
    own = any(post.org_id == account.org_id for post in posts_of(actor))
    return not own and not roles_over(actor, account.region.path).isdisjoint(LAND_ROLES)


@transaction.atomic
def record_check(
    *, account: Account, result: str, text: str, on: date, by: User, at: datetime,
    line: Line | None = None, mend_by: date | None = None, photos: Iterable[Photo] = (),
) -> UseCheck:  # fmt: skip
    """Write down a check of an account, or of one payment of it; a fault is told to its keepers.

    :raises NotChecker: for its own keepers, and for whoever does not overlook the place
    :raises BadCheck: for an unknown result, a day to come, a fault without a day
    """
    if not may_check(by, account):
        raise NotChecker(_("资金使用由上级管理员或监督员抽查，本单位的人不能抽查自己的账。"))
    if result not in UseCheck.Result.values:
        raise BadCheck(_("没有“%s”这个选项。") % result[:20], field="result")
    if on > localdate(at):
        raise BadCheck(_("抽查日期不能晚于今天。"), field="on")
    if line is not None and (line.account_id, line.kind) != (account.pk, Line.Kind.PAY):
        raise BadCheck(_("只能抽查这个账户里的付款。"), field="line")
    faulty = result != UseCheck.Result.PROPER
    if faulty and (mend_by is None or mend_by < localdate(at)):
        raise BadCheck(_("请写明整改期限，不早于今天。"), field="mend_by")
    check = UseCheck.objects.create(
        account=account, line=line, on=on, result=result, by=by, at=at,
        mend_by=mend_by if faulty else None,
        text=clean_text(text, limit=LONG, field_label=_("情况"), required=True),
    )  # fmt: skip
    UseCheckPhoto.objects.bulk_create([UseCheckPhoto(check_of=check, photo=one) for one in photos])
    if faulty:
        tell(
            users=keepers_of(account, localdate(at)),
            title=_("资金抽查：%s") % check.get_result_display(),
            text=_("%(account)s：%(text)s（%(day)s 前整改）")
            % {"account": account.name, "text": check.text[:120], "day": mend_by},
            url=reverse("funds:account", args=[account.pk]),
            key=f"use-check:{check.pk}",
            at=at,
        )
    return check


@transaction.atomic
def mend_check(*, check: UseCheck, text: str, by: User, at: datetime) -> UseCheck:
    """Say how a fault was mended; whoever checked is told. :raises AlreadyMended, NotKeeper"""
    check = UseCheck.objects.select_for_update(of=("self",)).select_related("account__org", "by").get(pk=check.pk)  # fmt: skip
    must_keep(by, check.account.org)
    if check.mended_on is not None or check.mend_by is None:
        raise AlreadyMended(_("这次抽查没有待整改的问题。"))
    check.mended_text = clean_text(text, limit=300, field_label=_("整改情况"), required=True)
    check.mended_on, check.mended_by = localdate(at), by
    check.save(update_fields=["mended_text", "mended_on", "mended_by"])
    tell(
        users=[check.by],
        title=_("资金抽查的问题已整改"),
        text=f"{check.account.name}：{check.mended_text[:200]}",
        url=reverse("funds:account", args=[check.account_id]),
        key=f"use-check-mended:{check.pk}",
        at=at,
    )
    return check
