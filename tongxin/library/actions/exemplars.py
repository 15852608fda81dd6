"""An exemplar is written, handed in, checked, signed off by another, published, taken down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, open_case
from tongxin.documents.actions.files import Upload
from tongxin.documents.queries import may_review_for, may_sign_for
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.language.private import KINDS, kinds_of
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org
from tongxin.photos.actions import keep_photo

from ..models import (
    Exemplar,
    ExemplarFile,
    ExemplarKind,
    ExemplarOpinion,
    ExemplarPhoto,
    ExemplarVersion,
)
from ..queries import desks_for, parts_in
from .common import (
    WrongStep,
    clean_texts,
    digest,
    keep_file,
    must_write_for,
    scoped,
    tells_of,
)

MOST_TEXT, MOST_TAGS, MOST_PHOTOS, MOST_FILES = 8000, 8, 12, 10
LEAST_REASON = 4
State, Step = Exemplar.State, ExemplarOpinion.Step


class NotWritten(Invalid):
    """A section its kind asks for is empty."""


class NobodyChecks(Refused):
    """The unit it is sent to has not two people, one to check and another to sign."""


class OwnText(NotPermitted):
    """Nobody checks or signs what they wrote; who checked it does not sign it (S2.55)."""


class PrivateData(Refused):
    """The text still names people, telephones or doors."""


@transaction.atomic
def write_exemplar(
    *, kind: ExemplarKind, org: Org, desk: Org, title: str, by: User, at: datetime,
    texts: Mapping[str, str] | None = None, summary: str = "", authors: str = "",
    tags: Sequence[str] = (), source: Sequence[str] = (), key: str = "",
) -> Exemplar:  # fmt: skip
    """Begin an exemplar as a draft; `desk` is the unit that checks and signs it.

    `source` is (kind, id, label, url) of what it tells of: an alliance's project, an order, a site.

    :raises NotYourUnit: unless `by` writes for the unit
    :raises Invalid: for a desk that is not above the unit, an unknown section, a tag too many
    """
    kept = scoped(by, key)
    if kept and (old := Exemplar.objects.filter(key=kept).first()):
        return old
    must_write_for(by, org, what=_("报送案例"))
    _check_desk(org, desk, at)
    exemplar = Exemplar(
        kind=kind, org=org, desk=desk, by=by, at=at, year=localdate(at).year, key=kept,
        **tells_of(source),
    )  # fmt: skip
    _fill(exemplar, title=title, summary=summary, authors=authors, tags=tags, texts=texts or {})
    exemplar.case = open_case(
        kind="exemplar", title=exemplar.title, region=org.region, at=at, actor=by, reporter=by,
        handler=org, is_private=True,
    )  # fmt: skip
    exemplar.save(force_insert=True)
    return exemplar


def _check_desk(org: Org, desk: Org, at: datetime) -> None:
    if not desks_for(org, localdate(at)).filter(pk=desk.pk).exists():
        raise Invalid(
            _("不能报送给“%s”：应是本单位或上级单位，并且有一人审核、另一人签发。") % desk.name,
            field="desk",
        )


def _fill(exemplar: Exemplar, *, title: str, summary: str, authors: str, tags: Sequence[str], texts: Mapping[str, str]) -> None:  # fmt: skip
    exemplar.title = clean_text(title, limit=80, field_label=_("标题"), required=True)
    exemplar.summary = clean_text(summary, limit=300, field_label=_("摘要"))
    exemplar.authors = clean_text(authors, limit=100, field_label=_("作者"))
    words = [clean_text(tag, limit=12, field_label=_("标签")) for tag in tags]
    exemplar.tags = list(dict.fromkeys(word for word in words if word))
    if len(exemplar.tags) > MOST_TAGS:
        raise Invalid(_("标签最多 %d 个。") % MOST_TAGS, field="tags")
    exemplar.texts = clean_texts(texts, exemplar.kind.sections, limit=MOST_TEXT)


def locked(exemplar: Exemplar) -> Exemplar:
    rows = Exemplar.objects.select_for_update(of=("self",))
    related = ("kind", "org__region", "desk", "case", "by")
    return rows.select_related(*related).get(pk=exemplar.pk)


@transaction.atomic
def change_exemplar(
    exemplar: Exemplar, *, title: str, texts: Mapping[str, str], by: User, at: datetime,
    summary: str = "", authors: str = "", tags: Sequence[str] = (),
) -> Exemplar:  # fmt: skip
    """Go on writing a draft.

    :raises WrongStep: once it was handed in: the desk reads what was sent
    :raises NotYourUnit: unless `by` is its author or writes for its unit
    """
    exemplar = _draft(exemplar, by)
    _fill(exemplar, title=title, summary=summary, authors=authors, tags=tags, texts=texts)
    exemplar.save()
    return exemplar


def _draft(exemplar: Exemplar, by: User) -> Exemplar:
    exemplar = locked(exemplar)
    if "author" not in parts_in(by, exemplar):
        must_write_for(by, exemplar.org, what=_("修改这个案例"))
    if exemplar.state != State.DRAFT:
        raise WrongStep(_("案例%s，不能修改；退回后才能再改。") % exemplar.get_state_display())
    return exemplar


@transaction.atomic
def add_photo(exemplar: Exemplar, *, data: bytes, by: User, at: datetime, caption: str = "") -> ExemplarPhoto:  # fmt: skip
    """Put a picture with a draft. :raises Invalid: if it is no picture, or one too many"""
    exemplar = _draft(exemplar, by)
    n = exemplar.photos.count()
    if n >= MOST_PHOTOS:
        raise Invalid(_("最多 %d 张照片。") % MOST_PHOTOS, field="photos")
    photo = keep_photo(data=data, by=by, at=at)
    caption = clean_text(caption, limit=60, field_label=_("图注"))
    return ExemplarPhoto.objects.create(exemplar=exemplar, photo=photo, caption=caption, order=n)


@transaction.atomic
def add_file(exemplar: Exemplar, upload: Upload, *, by: User, at: datetime) -> ExemplarFile:
    """Put a file with a draft. :raises FileTooLarge, FileNotTaken, MacroFile: naming the file"""
    exemplar = _draft(exemplar, by)
    if exemplar.files.count() >= MOST_FILES:
        raise Invalid(_("最多 %d 个附件。") % MOST_FILES, field="files")
    row = ExemplarFile(
        exemplar=exemplar, name=upload.name, size=len(upload.data), sha256=digest(upload.data),
        by=by, at=at,
    )  # fmt: skip
    keep_file(row, upload)
    row.save()
    return row


@transaction.atomic
def submit_exemplar(exemplar: Exemplar, *, by: User, at: datetime, note: str = "") -> Exemplar:
    """Hand a draft in (报送): what was sent is kept as a version.

    :raises NotWritten: naming the sections that are empty
    :raises NobodyChecks: if the desk has nobody to check, or nobody else to sign
    """
    exemplar = locked(exemplar)
    empty = [s["title"] for s in exemplar.kind.sections if not exemplar.texts.get(s["code"])]
    if empty:
        raise NotWritten(_("“%s”还没有写。") % "、".join(empty), field="texts")
    _check_people(exemplar)
    exemplar.version += 1
    exemplar.state, exemplar.submitted_at = State.SUBMITTED, at
    exemplar.reviewed_by = exemplar.signed_by = exemplar.signed_at = None
    exemplar.private_checked = []
    kept = {"title": exemplar.title, "summary": exemplar.summary, "texts": exemplar.texts}
    ExemplarVersion.objects.create(
        exemplar=exemplar, number=exemplar.version, by=by, at=at, **kept,
        sha256=hashlib.sha256(
            json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()
        ).hexdigest(),
    )  # fmt: skip
    _step(exemplar, "submit", by=by, at=at, note=note)
    readers = may_review_for(exemplar.desk, but=exemplar.by_id)
    _tell(exemplar, readers, _("案例待审核"), f"review:{exemplar.version}", at)
    return exemplar


def _check_people(exemplar: Exemplar) -> None:
    checkers = set(may_review_for(exemplar.desk, but=exemplar.by_id).values_list("pk", flat=True))
    signers = set(may_sign_for(exemplar.desk, but=exemplar.by_id).values_list("pk", flat=True))
    if not checkers or not signers or len(checkers | signers) < 2:
        raise NobodyChecks(
            _("“%s”没有一人审核、另一人签发的岗位，案例无法送审。") % exemplar.desk.name,
            remedy=_(
                "审核由管理员、领导、监督员、书记、委员、组织员岗位办理，签发由领导或书记岗位办理；也可以改报上级单位。"
            ),
        )


def _step(exemplar: Exemplar, name: str, *, by: User, at: datetime, note: str = "", section: str = "") -> None:  # fmt: skip
    """Make the move of the case, keep what was said, save the row."""
    text = clean_text(note, limit=500, field_label=_("意见"), multiline=True)
    parts = parts_in(by, exemplar)
    tags = (
        [digest(text.encode())[:32]] if text and name not in ("submit", "publish", "reopen") else []
    )
    event = make_move(exemplar.case, name, at=at, actor=by, parts=parts, tags=tags)
    exemplar.case = event.case
    ExemplarOpinion.objects.create(
        exemplar=exemplar, step=name, section=section, version=exemplar.version, text=text, by=by,
        at=at,
    )  # fmt: skip
    exemplar.save()


def _tell(exemplar: Exemplar, users: Any, title: str, what: str, at: datetime) -> None:
    url = reverse("library:exemplar", args=[exemplar.pk])
    tell(users=users, title=title, text=exemplar.title, url=url, key=f"exemplar:{exemplar.pk}:{what}", at=at)  # fmt: skip


@transaction.atomic
def comment_exemplar(exemplar: Exemplar, *, note: str, by: User, at: datetime, section: str = "") -> None:  # fmt: skip
    """Say something on one section or on the whole, while it lies on the desk."""
    exemplar = locked(exemplar)
    if section and section not in {one["code"] for one in exemplar.kind.sections}:
        raise Invalid(_("没有这个章节。"), field="section")
    _must_say(note, _("意见"))
    _step(exemplar, "comment", by=by, at=at, note=note, section=section)


def _must_say(note: str, label: str) -> str:
    text = clean_text(note, limit=500, field_label=label, required=True, multiline=True)
    if len(text) < LEAST_REASON:
        raise Invalid(_("%(label)s至少 %(n)d 个字。") % {"label": label, "n": LEAST_REASON}, field="note")  # fmt: skip
    return text


@transaction.atomic
def review_exemplar(exemplar: Exemplar, *, by: User, at: datetime, note: str = "") -> Exemplar:
    """Pass a text that was checked on to whoever signs it.

    :raises OwnText: for its author
    """
    exemplar = locked(exemplar)
    _not_own(exemplar, by)
    exemplar.state, exemplar.reviewed_by = State.REVIEWED, by
    _step(exemplar, "review", by=by, at=at, note=note)
    signers = may_sign_for(exemplar.desk, but=exemplar.by_id).exclude(pk=by.pk)
    _tell(exemplar, signers, _("案例待签发"), f"sign:{exemplar.version}", at)
    return exemplar


def _not_own(exemplar: Exemplar, by: User) -> None:
    if by.pk == exemplar.by_id:
        raise OwnText(_("不能审核或签发自己写的案例。"), remedy=_("请受理单位的其他人员办理。"))


@transaction.atomic
def send_back(exemplar: Exemplar, *, note: str, by: User, at: datetime) -> Exemplar:
    """Give a text back to its author, saying what to mend. :raises Invalid: without a reason"""
    exemplar = locked(exemplar)
    _must_say(note, _("退回意见"))
    exemplar.state = State.DRAFT
    _step(exemplar, "send_back", by=by, at=at, note=note)
    _tell(exemplar, [exemplar.by], _("案例退回修改"), f"back:{exemplar.version}", at)
    return exemplar


@transaction.atomic
def sign_exemplar(exemplar: Exemplar, *, by: User, at: datetime, note: str = "") -> Exemplar:
    """Sign a text off (签发). Source: S2.55.

    :raises OwnText: for its author and for who checked it
    """
    exemplar = locked(exemplar)
    _not_own(exemplar, by)
    if by.pk == exemplar.reviewed_by_id:
        raise OwnText(_("审核人不能再签发，请由另一位领导或书记签发。"))
    exemplar.state, exemplar.signed_by, exemplar.signed_at = State.SIGNED, by, at
    _step(exemplar, "sign", by=by, at=at, note=note)
    return exemplar


@transaction.atomic
def publish_exemplar(exemplar: Exemplar, *, by: User, at: datetime, consent: str = "") -> Exemplar:
    """Put a signed text before the public.

    Private data in it is refused; `consent` (why it may stand: those named agreed) lets it stand,
    and is kept with the kinds it lets stand.

    :raises PrivateData: naming the kinds that stand in the text
    :raises NotPermitted: before it was signed, as the flow says
    """
    exemplar = locked(exemplar)
    if found := private_kinds(exemplar):
        words = "、".join(KINDS[kind] for kind in found)
        if not consent:
            raise PrivateData(
                _("文中还有%s，不能直接发布。") % words, field="consent",
                remedy=_("请退回作者隐去；本人书面同意公开的，写明情况后再发布。"), kinds=found,
            )  # fmt: skip
        consent = _must_say(consent, _("同意公开的情况"))
        exemplar.private_checked = found
    exemplar.state, exemplar.published_at = State.PUBLISHED, at
    _step(exemplar, "publish", by=by, at=at, note=consent)
    write_log(
        unit=exemplar.org, kind="honour", at=at, recorded_at=at, actor=by,
        text=_("案例《%s》发布到案例库。") % exemplar.title, source=f"library.exemplar:{exemplar.pk}",
        key=f"exemplar:{exemplar.pk}:{exemplar.version}",
    )  # fmt: skip
    _tell(exemplar, [exemplar.by], _("案例已发布"), f"published:{exemplar.version}", at)
    return exemplar


def private_kinds(exemplar: Exemplar) -> list[str]:
    """Return the kinds of private data in a text as it stands (`language.private.KINDS`)."""
    captions = exemplar.photos.values_list("caption", flat=True)
    words = [exemplar.title, exemplar.summary, *exemplar.texts.values(), *captions]
    return kinds_of("\n".join(words))


@transaction.atomic
def withdraw_exemplar(exemplar: Exemplar, *, note: str, by: User, at: datetime) -> Exemplar:
    """Take a text down, or give a draft up, saying why. :raises Invalid: without a reason"""
    exemplar = locked(exemplar)
    _must_say(note, _("撤下理由"))
    exemplar.state = State.WITHDRAWN
    _step(exemplar, "withdraw", by=by, at=at, note=note)
    return exemplar


@transaction.atomic
def reopen_exemplar(exemplar: Exemplar, *, by: User, at: datetime) -> Exemplar:
    """Take up again what was taken down; it goes the whole way anew."""
    exemplar = locked(exemplar)
    exemplar.state, exemplar.published_at = State.DRAFT, None
    _step(exemplar, "reopen", by=by, at=at)
    return exemplar
