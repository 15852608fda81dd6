"""Letters of thanks: written by a link without signing in, looked at before anyone else reads them."""

from __future__ import annotations

from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound, Refused, TooMany
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import Thanks
from .common import VILLAGE, NotKeeper, check_keeper, impersonal, log, reason_of

SALT = "secretaries.thanks"
MOST_WAITING = 100  # letters of one village that nobody has looked at yet


class BadLink(NotFound):
    """The link is not one that we gave."""


class NoConsent(Refused):
    """A letter is public only if its writer agreed."""


class LookedAt(Refused):
    """A letter is judged once."""


class TooManyLetters(TooMany):
    """So many letters of a village wait that somebody must read first."""


def thanks_token(*, village: Org, to: User, case: Case | None = None) -> str:
    """Return the token of a link by which residents thank somebody, for a case or in general."""
    return signing.Signer(salt=SALT).sign(f"{village.pk}.{to.pk}.{case.pk if case else ''}")


def target_of_token(token: str) -> tuple[Org, User, Case | None]:
    """Return whom a link thanks, where, and for which case. :raises BadLink: if it is not ours"""
    try:
        village, to, case = signing.Signer(salt=SALT).unsign(token).split(".")
        return (
            Org.objects.select_related("region").get(pk=village),
            User.objects.get(pk=to, is_active=True),
            Case.objects.get(pk=case) if case else None,
        )
    except (signing.BadSignature, Org.DoesNotExist, User.DoesNotExist, Case.DoesNotExist):
        raise BadLink(_("这个链接不完整，请重新扫码，或向村里要一个新的链接。")) from None


@transaction.atomic
def send_thanks(
    *, token: str, text: str, consent: bool, at: datetime, key: str, signed: str = ""
) -> Thanks:
    """Hand in a letter; it waits until somebody of the village's party unit has looked at it.

    :raises BadLink, TooManyLetters, PersonalData: as their names say
    """
    village, to, case = target_of_token(token)
    Org.objects.select_for_update().only("pk").get(pk=village.pk)  # a retry waits for the first
    written = Thanks.objects.filter(key=f"{village.pk}:{key}").first()
    if written is not None:
        return written
    waiting = Thanks.objects.filter(village=village, state=Thanks.State.WAITING).count()
    if waiting >= MOST_WAITING:
        raise TooManyLetters(_("留言太多，村里还没有看完，请过几天再写。"))
    return Thanks.objects.create(
        village=village,
        to=to,
        case=case,
        text=impersonal(text, label=_("内容"), limit=1000, field="text"),
        signed=clean_text(signed, limit=20, field_label=_("署名")),
        consent=consent,
        at=at,
        key=f"{village.pk}:{key}",
    )


@transaction.atomic
def moderate_thanks(
    *, thanks: Thanks, state: str, by: User, at: datetime, reason: str = ""
) -> Thanks:
    """Make a letter public, keep it, or decline it with a reason; never one's own.

    :raises NotKeeper, NoConsent, LookedAt, ThinReason: as their names say
    """
    thanks = (
        Thanks.objects.select_for_update(of=("self",))
        .select_related("village", "to")
        .get(pk=thanks.pk)
    )
    check_keeper(by, thanks.village)
    if by.pk == thanks.to_id:
        raise NotKeeper(_("写给您本人的信，由其他人审核。"))
    if thanks.state != Thanks.State.WAITING:
        raise LookedAt(_("这封信已经审核过：%s。") % thanks.get_state_display())
    if state == Thanks.State.PUBLIC and not thanks.consent:
        raise NoConsent(_("写信人没有同意公开，只能留存。"))
    if state == Thanks.State.DECLINED:
        thanks.reason = reason_of(reason, label=_("理由"), limit=200)
    thanks.state, thanks.moderated_by, thanks.moderated_at = state, by, at
    thanks.save()
    if state != Thanks.State.DECLINED:
        log(
            thanks.village,
            _("收到群众写给%s的感谢信") % thanks.to,
            kind=VILLAGE,
            source=thanks,
            at=at,
            by=by,
        )
    return thanks
