"""Who may do what in a unit's affairs, whom to tell, and papers as evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.images import MEBI, check_photo
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import REGISTRARS, keeps_register

from ..models import Paper

MOST_PAPER = 15 * MEBI


class NotKeeper(NotPermitted):
    """Only who keeps the registers of a unit writes into them."""


class NotAbove(NotPermitted):
    """What a unit asks is decided by the unit above, what it reviews is recorded there."""


class NobodyAbove(Refused):
    """A unit at the top of the tree has nobody to ask."""


class NotYet(Invalid):
    """A fact that would lie in the future."""


class NotAPartyUnit(Invalid):
    """Terms, dues and the rest belong to party units."""


class BadPaper(Invalid):
    """Neither a picture nor a PDF, or too large."""


def require_keeper(by: User, unit: Org) -> None:
    """:raises NotKeeper: unless the actor keeps the registers of the unit"""
    if not keeps_register(by, unit.path):
        raise NotKeeper(_("只有“%s”的书记、组织员，或上级党务干部可以办理") % unit)


def above_of(unit: Org) -> Org:
    """Return the unit above.

    :raises NobodyAbove: if there is none
    """
    if unit.parent is None:
        raise NobodyAbove(
            _("“%s”没有登记上级党组织，无法请示") % unit, remedy=_("请先在组织管理里登记上级")
        )
    return unit.parent


def require_above(by: User, unit: Org) -> None:
    """:raises NotAbove: unless the actor keeps registers above the unit, not only in it"""
    if not keeps_register(by, above_of(unit).path):
        raise NotAbove(_("这一步由“%s”办理，本级不能代办") % unit.parent)


def require_past(day: date, at: datetime, field: str) -> None:
    """:raises NotYet: for a day after the day of recording"""
    if day > local(at):
        raise NotYet(_("日期不能晚于今天"), field=field)


def require_party(unit: Org) -> None:
    """:raises NotAPartyUnit: for an office, a team, a company"""
    if unit.kind != Org.Kind.PARTY:
        raise NotAPartyUnit(_("“%s”不是党组织") % unit, field="unit")


def local(at: datetime) -> date:
    """Return the day of a moment in China."""
    return localdate(at)


def keepers_of(units: Iterable[Org], on: date) -> list[User]:
    """Return who keeps the registers in these very units on a day."""
    posts = Post.objects.held_on(on).filter(org__in=list(units), role__in=REGISTRARS)
    return posts.people()


def tell_keepers(*, unit: Org, at: datetime, also_above: bool = False, **notice: Any) -> None:
    """Tell those who keep the registers of a unit; `notice` is title, text, url, key of `tell`."""
    units = [unit]
    if also_above and unit.parent is not None:
        units.append(unit.parent)
    tell(users=keepers_of(units, local(at)), at=at, **notice)


def keep_paper(*, unit: Org, name: str, data: bytes, by: User, at: datetime, **owner: Any) -> Paper:
    """Check a picture or PDF and keep it for its `owner` (step, election or disclosure).

    :raises BadPaper: for anything else, or more than 15 MB
    """
    is_pdf = data.startswith(b"%PDF-")
    if len(data) > MOST_PAPER:
        raise BadPaper(_("文件“%s”超过 15 MB，请压缩后再上传") % name[:40], field="papers")
    if is_pdf:
        media, clean = "application/pdf", data
    else:
        try:
            media, clean = "image/jpeg", check_photo(data).clean
        except Invalid as error:
            raise BadPaper(
                _("“%s”不是可以保存的图片或 PDF，请换 JPG、PNG 或 PDF") % name[:40], field="papers"
            ) from error
    paper = Paper(
        id=uuid7(),
        unit=unit,
        name=name[:80],
        media=media,
        sha256=sha256(data).hexdigest(),
        size=len(clean),
        by=by,
        at=at,
        **owner,
    )
    paper.file = ContentFile(clean, name="paper")
    paper.save(force_insert=True)
    return paper
