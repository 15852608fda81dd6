"""Files with an approval: what was handed in, letters, permits (kept whole, with their hash)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.documents.actions.files import Upload, check_file
from tongxin.kit.errors import Invalid, Refused

from ..models import ApprovalFile, ApprovalItem
from ..queries.parts import decides
from .approvals import locked_item
from .common import must

MOST_FILES = 20


class TooManyFiles(Invalid):
    """An approval keeps a limited number of files."""


class FileFixed(Refused):
    """What a decision rests on is not taken out any more."""


@transaction.atomic
def attach_file(
    item: ApprovalItem, *, kind: str, upload: Upload, by: User, at: datetime
) -> ApprovalFile:
    """Put a file with an approval. The same file under the same kind is kept once.

    :raises NotYours: unless `by` registers its results (the department, the keeper)
    :raises TooManyFiles, Invalid:
    :raises FileTooLarge, FileNotTaken, MacroFile: as `documents.actions.files.check_file`
    """
    item = locked_item(item)
    must(decides(by, item), what=_("上传附件"))
    if kind not in ApprovalFile.Kind.values:
        raise Invalid(_("请选择附件类别。"), field="kind")
    check_file(upload)
    digest = hashlib.sha256(upload.data).hexdigest()
    if there := item.files.filter(kind=kind, sha256=digest).first():
        return there
    if item.files.count() >= MOST_FILES:
        raise TooManyFiles(_("一个事项最多 %d 个附件。") % MOST_FILES, field="upload")
    row = ApprovalFile(
        item=item, kind=kind, name=upload.name, size=len(upload.data), sha256=digest, by=by, at=at
    )
    row.file.save(upload.name, ContentFile(upload.data), save=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the same form came twice: the twin's row stands, our copy goes
        row.file.delete(save=False)
        return item.files.get(kind=kind, sha256=digest)
    return row


@transaction.atomic
def remove_file(file: ApprovalFile, *, by: User, at: datetime) -> None:
    """Take a file out that was put in by mistake. :raises NotYours: :raises FileFixed: once granted"""
    item = locked_item(file.item)
    must(decides(by, item), what=_("移除附件"))
    if item.is_granted:
        raise FileFixed(_("“%s”已批准，附件不能再移除。") % item.name)
    audit(actor=by, action="alliances.file_removed", object=f"{item.name} · {file.name}", at=at)
    kept = file.file
    file.delete()
    transaction.on_commit(lambda: kept.delete(save=False))
