"""Taking back a whole import, as long as nothing that it wrote was changed since."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.kit.errors import Refused

from .. import blocks
from ..declaring import Entry, Job, Sheet
from ..models import SheetImport
from .uploading import may_import, sheet_of

State = SheetImport.State
SAID = 10


class CannotUndo(Refused):
    """The import was not done, or rows of it were changed or used since; `extra` lists lines."""


@transaction.atomic
def undo_import(*, taken: SheetImport, by, at: datetime) -> SheetImport:
    """Decide that an import is taken back; `work_off` or the worker does it, all or nothing.

    :raises CannotUndo: if it is not done, is too long ago, or rows were changed since
    """
    taken = SheetImport.objects.select_for_update().get(pk=taken.pk)
    if taken.state not in (State.DONE, State.FAILED) or not taken.decided_at:
        raise CannotUndo(_("这次导入现在是“%s”，不能撤销") % taken.get_state_display())
    if taken.forgotten_at:
        raise CannotUndo(_("导入已超过保留期，撤销所需的原值已删除"))
    sheet = sheet_of(taken.sheet, by)
    may_import(sheet, by)
    _refuse_if_changed(taken, sheet)
    taken.state, taken.trouble, taken.tries = State.UNDOING, "", 0
    taken.save(update_fields=["state", "trouble", "tries"])
    audit(actor=by, action="sheet.undo", object=f"{taken.sheet} {taken.name}", at=at)
    return taken


def undo_all(taken: SheetImport, at: datetime) -> None:
    """Take back every block, last first, within the caller's transaction: all of it or nothing."""
    sheet = sheet_of(taken.sheet, taken.by)
    _refuse_if_changed(taken, sheet)
    job = Job(actor=taken.by, at=at, source=f"{taken.pk}:undo")
    try:
        for block in taken.blocks.order_by("-number").iterator(chunk_size=4):
            entries = blocks.unpack_entries(block.undo)
            if entries:
                sheet.undo(entries[::-1], job)
    except ProtectedError as error:
        raise CannotUndo(_("导入的内容已被其他记录使用，不能整批撤销")) from error
    taken.blocks.update(undo="")
    taken.state, taken.undone_at = State.UNDONE, at
    taken.save(update_fields=["state", "undone_at"])


def _refuse_if_changed(taken: SheetImport, sheet: Sheet) -> None:
    lines: list[int] = []
    for block in taken.blocks.order_by("number").iterator(chunk_size=4):
        entries: list[Entry] = blocks.unpack_entries(block.undo)
        lines += sheet.changed_since(entries) if entries else []
    if lines:
        said = "、".join(str(line) for line in lines[:SAID])
        more = _("等 %d 行") % len(lines) if len(lines) > SAID else ""
        raise CannotUndo(
            _("第 %(lines)s 行%(more)s导入后又被修改过，不能整批撤销")
            % {"lines": said, "more": more},
            remedy=_("请逐条更正，或再导入一张改好的表"),
            lines=lines[:1000],
        )
